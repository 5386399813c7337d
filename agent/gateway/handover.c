/* handover.c - what the gateway and tequio-slurm-job leave each other in a job's folder */

#include "agent/gateway/handover.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define START_MAX   (6u << 20)
#define END_MAX     512
#define SIGNAL_MOST 64

enum kind { A_TEXT, A_TIME, A_SIGNAL, A_FLAG };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
} fields[] = {
    {"directory",          A_TEXT,   offsetof(struct handover, directory)         },
    {"output",             A_TEXT,   offsetof(struct handover, output)            },
    {"error",              A_TEXT,   offsetof(struct handover, error)             },
    {"input",              A_TEXT,   offsetof(struct handover, input)             },
    {"limit-us",           A_TIME,   offsetof(struct handover, limit_us)          },
    {"warning-us",         A_TIME,   offsetof(struct handover, warning_us)        },
    {"kill-wait-us",       A_TIME,   offsetof(struct handover, kill_wait_us)      },
    {"warning-signal",     A_SIGNAL, offsetof(struct handover, warning_signal)    },
    {"warning-batch-only", A_FLAG,   offsetof(struct handover, warning_batch_only)},
    {"append",             A_FLAG,   offsetof(struct handover, append)            },
};

static char *path_of(const char *folder, const char *name)
{
    return memory_format("%s/%s", folder, name);
}

static bool replace(const char *folder, const char *name, const struct buffer *bytes, mode_t mode,
                    struct error *err)
{
    CLEANUP(memory_freep) char *path = path_of(folder, name);

    return file_replace(path, bytes->bytes, bytes->length, mode, err);
}

/* --- start: "name=value" with a NUL behind each ----------------------------------------------- */

static void add_field(struct buffer *bytes, const struct handover *handover,
                      const struct field *field)
{
    const char *place = (const char *)handover + field->offset;

    buffer_print(bytes, "%s=", field->name);
    switch (field->kind) {
    case A_TEXT:
        buffer_add_text(bytes, *(const char *const *)(const void *)place);
        break;
    case A_TIME:
        buffer_print(bytes, "%" PRId64, *(const int64_t *)(const void *)place);
        break;
    case A_SIGNAL:
        buffer_print(bytes, "%" PRIu32, *(const uint32_t *)(const void *)place);
        break;
    case A_FLAG:
        buffer_print(bytes, "%d", *(const bool *)(const void *)place);
        break;
    }
    buffer_add_char(bytes, '\0');
}

static void add_all(struct buffer *bytes, const char *name, const char *const *list)
{
    for (size_t i = 0; list[i]; i++) {
        buffer_print(bytes, "%s=", name);
        buffer_add(bytes, list[i], strlen(list[i]) + 1);
    }
}

bool handover_write(const char *folder, const struct handover *handover, const void *script,
                    size_t script_size, struct error *err)
{
    const struct buffer text = {.bytes = (char *)(uintptr_t)script, .length = script_size};
    CLEANUP(buffer_clear) struct buffer bytes = {0};

    buffer_init(&bytes);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        add_field(&bytes, handover, &fields[i]);
    add_all(&bytes, "argument", handover->arguments);
    add_all(&bytes, "environment", handover->environment);
    return replace(folder, "script", &text, 0700, err) &&
           replace(folder, "start", &bytes, 0600, err);
}

static bool take_field(struct handover *handover, const struct field *field, const char *value,
                       struct error *err)
{
    char *place = (char *)handover + field->offset;
    uint64_t number = 0;
    uint64_t most = field->kind == A_FLAG ? 1 : field->kind == A_SIGNAL ? SIGNAL_MOST : INT64_MAX;

    if (field->kind == A_TEXT) {
        *(const char **)(void *)place = value;
        return true;
    }
    if (!parse_u64(value, 0, most, &number, err))
        return fail_in(err, "%s", field->name);
    if (field->kind == A_FLAG)
        *(bool *)(void *)place = number == 1;
    else if (field->kind == A_SIGNAL)
        *(uint32_t *)(void *)place = (uint32_t)number;
    else
        *(int64_t *)(void *)place = (int64_t)number;
    return true;
}

/* What of the file's bytes there is more of. */
struct lists {
    size_t arguments, variables;
};

static bool take_line(struct handover *handover, struct lists *lists, char *line, struct error *err)
{
    char *value = strchr(line, '=');
    char shown[TEXT_SHOWN_SIZE];

    if (!value)
        return fail(err, ERROR_INVALID, "%s is not NAME=VALUE", text_show(line, shown));
    *value++ = '\0';
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (strcmp(fields[i].name, line) == 0)
            return take_field(handover, &fields[i], value, err);
    if (strcmp(line, "argument") == 0)
        handover->arguments[lists->arguments++] = value;
    else if (strcmp(line, "environment") == 0)
        handover->environment[lists->variables++] = value;
    else
        return fail(err, ERROR_INVALID, "%s is not known here", text_show(line, shown));
    return true;
}

static size_t count_lines(const struct buffer *bytes)
{
    size_t count = 0;

    for (size_t i = 0; i < bytes->length; i++)
        count += bytes->bytes[i] == '\0';
    return count;
}

static bool read_start(const char *folder, struct buffer *bytes, struct error *err)
{
    CLEANUP(memory_freep) char *path = path_of(folder, "start");

    if (!file_read(path, START_MAX, bytes, err))
        return false;
    return (bytes->length > 0 && bytes->bytes[bytes->length - 1] == '\0') ||
           fail(err, ERROR_INVALID, "%s is not whole", path);
}

bool handover_read(const char *folder, struct handover *ret_handover, char **ret_bytes,
                   struct error *err)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct handover handover = {.directory = "/", .output = "", .error = "", .input = ""};
    struct lists lists = {0};
    bool good = true;
    size_t room;

    buffer_init(&bytes);
    if (!read_start(folder, &bytes, err))
        return false;
    room = count_lines(&bytes) + 1;
    handover.arguments = NEW_ARRAY(const char *, room);
    handover.environment = NEW_ARRAY(const char *, room);
    for (size_t at = 0; at < bytes.length && good;) {
        size_t size = strlen(bytes.bytes + at);

        good = take_line(&handover, &lists, bytes.bytes + at, err);
        at += size + 1;
    }
    if (!good) {
        free(handover.arguments);
        free(handover.environment);
        return fail_in(err, "%s/start", folder);
    }
    *ret_bytes = buffer_steal(&bytes);
    *ret_handover = handover;
    return true;
}

/* --- claim, begun ------------------------------------------------------------------------------ */

bool handover_claim(const char *folder, const char *slurm_id, struct error *err)
{
    CLEANUP(memory_freep) char *path = path_of(folder, "claim");
    CLEANUP(file_closep)
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (descriptor < 0 && errno == EEXIST)
        return fail(err, ERROR_CONFLICT, "%s: it has run, or runs, already", path);
    if (descriptor < 0)
        return fail_errno(err, "%s", path);
    return file_write_all(descriptor, slurm_id, strlen(slurm_id), err) || fail_in(err, "%s", path);
}

bool handover_write_begun(const char *folder, int64_t started_us, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    buffer_print(&text, "%" PRId64 "\n", started_us);
    return replace(folder, "begun", &text, 0600, err);
}

bool handover_has_begun(const char *folder)
{
    CLEANUP(memory_freep) char *path = path_of(folder, "begun");

    return access(path, F_OK) == 0;
}

/* --- end: seven numbers ------------------------------------------------------------------------- */

bool handover_write_end(const char *folder, const struct task_end *end, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    buffer_print(&text,
                 "%d %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRId64 " %" PRIu64 " %" PRId64 "\n",
                 (int)end->cause, end->exit_code, end->exit_signal, end->wall_used_us,
                 end->cpu_used_us, end->memory_peak_bytes, end->ended_us);
    return replace(folder, "end", &text, 0600, err);
}

static bool read_numbers(char *text, uint64_t numbers[7], struct error *err)
{
    static const uint64_t most[7] = {
        TASK_REBOOT, 255, SIGNAL_MOST, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX,
    };
    char *rest = text;

    text[strcspn(text, "\n")] = '\0';
    for (size_t i = 0; i < 7; i++) {
        const char *word = strsep(&rest, " ");

        if (!parse_u64(word ? word : "", 0, most[i], &numbers[i], err))
            return false;
    }
    return !rest || fail(err, ERROR_INVALID, "more than seven numbers");
}

bool handover_read_end(const char *folder, struct task_end *ret_end, struct error *err)
{
    CLEANUP(memory_freep) char *path = path_of(folder, "end");
    CLEANUP(buffer_clear) struct buffer text = {0};
    uint64_t numbers[7];

    buffer_init(&text);
    if (!file_read(path, END_MAX, &text, err))
        return false;
    if (!read_numbers(text.bytes, numbers, err))
        return fail_in(err, "%s", path);
    *ret_end = (struct task_end){
        .cause = (enum task_end_cause)numbers[0],
        .exit_code = (uint32_t)numbers[1],
        .exit_signal = (uint32_t)numbers[2],
        .wall_used_us = (int64_t)numbers[3],
        .cpu_used_us = (int64_t)numbers[4],
        .memory_peak_bytes = numbers[5],
        .ended_us = (int64_t)numbers[6],
    };
    return true;
}

/* --- signals -------------------------------------------------------------------------------------- */

static char *signal_path(const char *folder, int number)
{
    return memory_format("%s/signals/%d", folder, number);
}

bool handover_mark_signal(const char *folder, int number, struct error *err)
{
    CLEANUP(memory_freep) char *signals = path_of(folder, "signals");
    CLEANUP(memory_freep) char *path = signal_path(folder, number);

    return file_make_directory(signals, 0700, err) && file_replace(path, "", 0, 0600, err);
}

bool handover_take_signal(const char *folder, int number)
{
    CLEANUP(memory_freep) char *path = signal_path(folder, number);

    return unlink(path) == 0;
}

/* --- its end -------------------------------------------------------------------------------------- */

static void remove_signals(const char *folder)
{
    CLEANUP(memory_freep) char *signals = path_of(folder, "signals");

    for (int i = 1; i <= SIGNAL_MOST; i++)
        (void)handover_take_signal(folder, i);
    rmdir(signals);
}

bool handover_remove(const char *folder, struct error *err)
{
    static const char *const names[] = {"batch", "start", "script", "claim",
                                        "begun", "end",   "log",    "state"};

    /* Without `start` no late twin of the job can begin. */
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP(memory_freep) char *path = path_of(folder, names[i]);

        unlink(path);
    }
    remove_signals(folder);
    return rmdir(folder) == 0 || errno == ENOENT || fail_errno(err, "%s", folder);
}
