/* history_swf.c - jobs as a log in the Standard Workload Format, which tequio simulate replays */

#include "client/history_swf.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The format's own numbers for how a job ended. */
enum { STATUS_FAILED = 0, STATUS_COMPLETED = 1, STATUS_CANCELLED = 5 };

static int by_submission(const void *a, const void *b)
{
    const Wire__JobView *first = *(const Wire__JobView *const *)a;
    const Wire__JobView *second = *(const Wire__JobView *const *)b;

    if (first->submit_us != second->submit_us)
        return first->submit_us < second->submit_us ? -1 : 1;
    return first->id < second->id ? -1 : first->id > second->id;
}

/* The same for the same name, from 1 on. */
static size_t number_of(struct table *numbers, const char *name)
{
    uintptr_t number = (uintptr_t)table_get_text(numbers, name);

    if (number == 0) {
        number = table_count(numbers) + 1;
        table_put_text(numbers, name, (void *)number);
    }
    return number;
}

static int status_of(const Wire__JobView *job)
{
    if (strcmp(job->state, "COMPLETED") == 0)
        return STATUS_COMPLETED;
    return strcmp(job->state, "CANCELLED") == 0 ? STATUS_CANCELLED : STATUS_FAILED;
}

static int64_t seconds(int64_t from_us, int64_t to_us)
{
    return to_us > from_us ? (to_us - from_us) / US_PER_SECOND : 0;
}

/* What is not known is -1; a run shorter than a second is one. */
static void add_line(struct buffer *text, size_t number, const Wire__JobView *job,
                     int64_t origin_us, struct table *users, struct table *groups)
{
    int64_t run_s = seconds(job->start_us, job->end_us);
    int64_t limit_s =
        job->limit_us > 0 && job->limit_us != INT64_MAX ? job->limit_us / US_PER_SECOND : -1;

    buffer_print(text,
                 "%zu %" PRId64 " %" PRId64 " %" PRId64 " %" PRIu32 " -1 -1 %" PRIu32 " %" PRId64
                 " -1 %d %zu %zu -1 -1 -1 -1 -1\n",
                 number, seconds(origin_us, job->submit_us), seconds(job->submit_us, job->start_us),
                 run_s > 0 ? run_s : 1, job->cores, job->cores, limit_s, status_of(job),
                 number_of(users, job->user), number_of(groups, job->project));
}

static void add_all(struct buffer *text, const Wire__JobView *const *ran, size_t count)
{
    struct table *users = table_new(), *groups = table_new();

    for (size_t i = 0; i < count; i++)
        add_line(text, i + 1, ran[i], ran[0]->submit_us, users, groups);
    table_free(users);
    table_free(groups);
}

bool history_write_swf(const char *path, const struct jobs *jobs, uint32_t processors,
                       struct error *err)
{
    CLEANUP(memory_freep)
    const Wire__JobView **ran = NEW_ARRAY(const Wire__JobView *, jobs->count + 1);
    CLEANUP(buffer_clear) struct buffer text;
    size_t count = 0;

    buffer_init(&text);
    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->rows[i].view->start_us > 0 && jobs->rows[i].view->end_us > 0 &&
            jobs->rows[i].view->cores > 0)
            ran[count++] = jobs->rows[i].view;
    qsort(ran, count, sizeof(const Wire__JobView *), by_submission);
    buffer_print(&text, "; Version: 2.2\n; MaxJobs: %zu\n; MaxProcs: %" PRIu32 "\n", count,
                 processors);
    buffer_print(&text, "; UnixStartTime: %" PRId64 "\n",
                 count > 0 ? ran[0]->submit_us / US_PER_SECOND : 0);
    add_all(&text, ran, count);
    return file_replace(path, text.bytes, text.length, 0644, err);
}
