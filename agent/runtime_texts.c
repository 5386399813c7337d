/* runtime_texts.c - the long texts of a start, sealed in a memfd (launcher/request.h) */

#include "agent/runtime_texts.h"

#include "base/buffer.h"
#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void add_text(struct buffer *texts, const char *text)
{
    buffer_add(texts, text ? text : "", (text ? strlen(text) : 0) + 1);
}

static uint32_t add_all(struct buffer *texts, const char *const *list)
{
    uint32_t count = 0;

    for (; list && list[count]; count++)
        add_text(texts, list[count]);
    return count;
}

static int seal(const struct buffer *texts, struct error *err)
{
    CLEANUP(file_closep) int descriptor = memfd_create("tequio", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (descriptor < 0) {
        fail_errno(err, "texts of a start");
        return -1;
    }
    if (!file_write_all(descriptor, texts->bytes, texts->length, err))
        return -1;
    if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) !=
        0) {
        fail_errno(err, "seal the texts of a start");
        return -1;
    }
    return file_steal(&descriptor);
}

static void add_per_task(struct buffer *texts, const struct task_start *start)
{
    for (uint32_t i = 0; start->task_cpus && i < start->tasks; i++)
        add_text(texts, start->task_cpus[i]);
    for (uint32_t i = 0; start->task_memory && i < start->tasks; i++)
        add_text(texts, start->task_memory[i]);
    for (uint32_t i = 0; start->task_ranks && i < start->tasks; i++) {
        buffer_print(texts, "%" PRIu32, start->task_ranks[i]);
        buffer_add(texts, "", 1);
    }
}

int runtime_texts_make(const struct task_start *start, struct request_start *ret_request,
                       struct error *err)
{
    CLEANUP(buffer_clear) struct buffer texts;
    struct request_start request = {
        .tasks = start->tasks,
        .first_task = start->first_task,
        .warning_signal = start->warning_signal,
        .limit_us = start->limit_us,
        .warning_us = start->warning_us,
        .kill_wait_us = start->kill_wait_us,
        .append = start->append,
        .kill_on_failure = start->kill_on_failure,
        .warning_batch_only = start->warning_batch_only,
        .per_task_cpus = start->task_cpus != NULL,
        .per_task_memory = start->task_memory != NULL,
        .per_task_ranks = start->task_ranks != NULL,
        .memory_preferred = start->memory_preferred,
        .tell_binding = start->tell_binding,
        .tasks_alone = start->tasks_alone,
        .terminal = start->terminal,
        .rows = start->rows,
        .columns = start->columns,
    };

    buffer_init(&texts);
    if (start->script) {
        buffer_add(&texts, start->script, start->script_size);
        request.script_size = (uint32_t)start->script_size;
    }
    add_text(&texts, start->directory);
    add_text(&texts, start->output);
    add_text(&texts, start->error);
    add_text(&texts, start->input);
    request.argument_count = add_all(&texts, start->arguments);
    request.words_before = start->words_before;
    request.environment_count = add_all(&texts, start->environment);
    add_per_task(&texts, start);
    if (texts.length > REQUEST_TEXT_MAX) {
        fail(err, ERROR_INVALID,
             "script, arguments and environment have %zu bytes, at most %d "
             "are allowed",
             texts.length, REQUEST_TEXT_MAX);
        return -1;
    }
    *ret_request = request;
    return seal(&texts, err);
}
