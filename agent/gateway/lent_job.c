/* lent_job.c - an attempt of a job on the nodes of a Slurm cluster: what must not be forgotten of it */

#include "agent/gateway/lent_job.h"

#include "agent/gateway/handover.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define STATE_MAX   (8u << 20)
#define HEAD        "tequio lent job 1\n"
#define PARTS_MAX   65536
#define FOLDER_MODE 0700

enum kind { A_TEXT, A_NUMBER, A_TIME, A_SMALL, A_FLAG, A_STAGE, A_CAUSE };

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
} fields[] = {
    {"job",          A_NUMBER, offsetof(struct lent_job, job)                  },
    {"attempt",      A_SMALL,  offsetof(struct lent_job, attempt)              },
    {"parts",        A_SMALL,  offsetof(struct lent_job, part_count)           },
    {"stage",        A_STAGE,  offsetof(struct lent_job, stage)                },
    {"name",         A_TEXT,   offsetof(struct lent_job, name)                 },
    {"id",           A_NUMBER, offsetof(struct lent_job, id)                   },
    {"user",         A_TEXT,   offsetof(struct lent_job, user)                 },
    {"project",      A_TEXT,   offsetof(struct lent_job, project)              },
    {"memory",       A_NUMBER, offsetof(struct lent_job, memory_bytes)         },
    {"limit",        A_TIME,   offsetof(struct lent_job, limit_us)             },
    {"kill-wait",    A_TIME,   offsetof(struct lent_job, kill_wait_us)         },
    {"submitted",    A_TIME,   offsetof(struct lent_job, submitted_us)         },
    {"started",      A_TIME,   offsetof(struct lent_job, started_us)           },
    {"stop",         A_FLAG,   offsetof(struct lent_job, stop)                 },
    {"given-back",   A_FLAG,   offsetof(struct lent_job, given_back)           },
    {"end-cause",    A_CAUSE,  offsetof(struct lent_job, end.cause)            },
    {"end-code",     A_SMALL,  offsetof(struct lent_job, end.exit_code)        },
    {"end-signal",   A_SMALL,  offsetof(struct lent_job, end.exit_signal)      },
    {"end-wall",     A_TIME,   offsetof(struct lent_job, end.wall_used_us)     },
    {"end-cpu",      A_TIME,   offsetof(struct lent_job, end.cpu_used_us)      },
    {"end-memory",   A_NUMBER, offsetof(struct lent_job, end.memory_peak_bytes)},
    {"ended",        A_TIME,   offsetof(struct lent_job, end.ended_us)         },
    {"why",          A_TEXT,   offsetof(struct lent_job, why)                  },
    {"output",       A_TEXT,   offsetof(struct lent_job, output)               },
    {"error-output", A_TEXT,   offsetof(struct lent_job, error_output)         },
};

static void *place_of(const struct lent_job *job, const struct field *field)
{
    return (char *)(uintptr_t)job + field->offset;
}

void lent_job_set(char **place, const char *text)
{
    CLEANUP(buffer_clear) struct buffer line = {0};

    buffer_init(&line);
    buffer_add_escaped(&line, text);
    free(*place);
    *place = buffer_steal(&line);
}

static struct lent_job *make(const char *folder)
{
    struct lent_job *job = NEW(struct lent_job);

    job->folder = memory_copy(folder);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].kind == A_TEXT)
            *(char **)place_of(job, &fields[i]) = memory_copy("");
    return job;
}

void lent_job_free(struct lent_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].kind == A_TEXT)
            free(*(char **)place_of(job, &fields[i]));
    free(job->parts);
    free(job->folder);
    free(job);
}

bool lent_job_is_over(const struct lent_job *job)
{
    return job->stage == LENT_ENDED || job->stage == LENT_FAILED;
}

bool lent_job_is_live(const struct lent_job *job)
{
    return job->stage == LENT_SUBMITTING || job->stage == LENT_WAITS || job->stage == LENT_RUNS;
}

/* --- written ---------------------------------------------------------------------------------------- */

static uint64_t number_of(const struct lent_job *job, const struct field *field)
{
    const void *place = place_of(job, field);

    switch (field->kind) {
    case A_NUMBER:
        return *(const uint64_t *)place;
    case A_TIME:
        return (uint64_t) * (const int64_t *)place;
    case A_SMALL:
        return *(const uint32_t *)place;
    case A_FLAG:
        return *(const bool *)place;
    case A_STAGE:
        return *(const enum lent_stage *)place;
    case A_CAUSE:
        return *(const enum task_end_cause *)place;
    case A_TEXT:
    default:
        return 0;
    }
}

bool lent_job_save(const struct lent_job *job, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/state", job->folder);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    buffer_add_text(&text, HEAD);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (fields[i].kind == A_TEXT)
            buffer_print(&text, "%s %s\n", fields[i].name, *(char **)place_of(job, &fields[i]));
        else
            buffer_print(&text, "%s %" PRIu64 "\n", fields[i].name, number_of(job, &fields[i]));
    for (uint32_t i = 0; i < job->part_count; i++)
        if (*job->parts[i].node)
            buffer_print(&text, "part %" PRIu32 " %" PRIu32 " %" PRIu32 " %d %s\n", i,
                         job->parts[i].cores, job->parts[i].tasks, job->parts[i].there,
                         job->parts[i].node);
    return file_replace(path, text.bytes, text.length, 0600, err);
}

struct lent_job *lent_job_new(const char *spool, const struct task_key *key, uint32_t parts,
                              struct error *err)
{
    CLEANUP(memory_freep)
    char *folder = memory_format("%s/%" PRIu64 ".%" PRIu32, spool, key->job, key->attempt);
    CLEANUP(lent_job_freep) struct lent_job *job = make(folder);

    if (parts == 0 || parts > PARTS_MAX) {
        fail(err, ERROR_INVALID, "a job of %" PRIu32 " parts", parts);
        return NULL;
    }
    job->job = key->job;
    job->attempt = key->attempt;
    job->part_count = parts;
    job->parts = NEW_ARRAY(struct lent_part, parts);
    if (!file_make_directory(folder, FOLDER_MODE, err) || !lent_job_save(job, err))
        return NULL;
    return STEAL(job);
}

/* --- read back ---------------------------------------------------------------------------------------- */

static bool take_part(struct lent_job *job, char *words, struct error *err)
{
    uint32_t numbers[4] = {0};
    char *rest = words;

    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        const char *word = strsep(&rest, " ");

        if (!parse_u32(word ? word : "", 0, UINT32_MAX, &numbers[i], err))
            return false;
    }
    if (numbers[0] >= job->part_count || !rest || !*rest || strlen(rest) >= SLURM_NAME_SIZE)
        return fail(err, ERROR_INVALID, "part %" PRIu32 " of %" PRIu32, numbers[0],
                    job->part_count);
    job->parts[numbers[0]] =
        (struct lent_part){.cores = numbers[1], .tasks = numbers[2], .there = numbers[3] != 0};
    memory_put_text(job->parts[numbers[0]].node, SLURM_NAME_SIZE, rest);
    return true;
}

static bool put_number(struct lent_job *job, const struct field *field, const char *text,
                       struct error *err)
{
    static const uint64_t most[] = {
        [A_NUMBER] = UINT64_MAX,          [A_TIME] = INT64_MAX,
        [A_SMALL] = UINT32_MAX,           [A_FLAG] = 1,
        [A_CAUSE] = TASK_REBOOT,          [A_TEXT] = 0,
        [A_STAGE] = LENT_STAGE_COUNT - 1,
    };
    void *place = place_of(job, field);
    uint64_t number;

    if (!parse_u64(text, 0, most[field->kind], &number, err))
        return fail_in(err, "%s", field->name);
    if (field->kind == A_NUMBER)
        *(uint64_t *)place = number;
    else if (field->kind == A_TIME)
        *(int64_t *)place = (int64_t)number;
    else if (field->kind == A_SMALL)
        *(uint32_t *)place = (uint32_t)number;
    else if (field->kind == A_FLAG)
        *(bool *)place = number == 1;
    else if (field->kind == A_CAUSE)
        *(enum task_end_cause *)place = (enum task_end_cause)number;
    else
        *(enum lent_stage *)place = (enum lent_stage)number;
    return true;
}

static bool take_field(struct lent_job *job, const struct field *field, const char *value,
                       struct error *err)
{
    char **place = place_of(job, field);

    if (field->kind != A_TEXT) {
        if (!put_number(job, field, value, err))
            return false;
        if (field->offset != offsetof(struct lent_job, part_count))
            return true;
        if (job->parts || job->part_count == 0 || job->part_count > PARTS_MAX)
            return fail(err, ERROR_INVALID, "%" PRIu32 " parts", job->part_count);
        job->parts = NEW_ARRAY(struct lent_part, job->part_count);
        return true;
    }
    free(*place);
    *place = memory_copy(value);
    return true;
}

static bool take_line(struct lent_job *job, char *line, struct error *err)
{
    char *value = strchr(line, ' ');

    if (!value)
        return fail(err, ERROR_INVALID, "%.40s stands alone", line);
    *value++ = '\0';
    if (strcmp(line, "part") == 0)
        return take_part(job, value, err);
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (strcmp(fields[i].name, line) == 0)
            return take_field(job, &fields[i], value, err);
    return fail(err, ERROR_INVALID, "%.40s is not known", line);
}

struct lent_job *lent_job_read(const char *folder, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/state", folder);
    CLEANUP(lent_job_freep) struct lent_job *job = make(folder);
    CLEANUP(buffer_clear) struct buffer text = {0};
    char *rest, *line;

    buffer_init(&text);
    if (!file_read(path, STATE_MAX, &text, err))
        return NULL;
    if (strncmp(text.bytes, HEAD, strlen(HEAD)) != 0) {
        fail(err, ERROR_INVALID, "%s does not begin as such a file does", path);
        return NULL;
    }
    rest = text.bytes + strlen(HEAD);
    while ((line = slurm_next_line(&rest)) != NULL)
        if (!take_line(job, line, err)) {
            fail_in(err, "%s", path);
            return NULL;
        }
    if (job->job == 0 || !job->parts) {
        fail(err, ERROR_INVALID, "%s is not whole", path);
        return NULL;
    }
    return STEAL(job);
}
