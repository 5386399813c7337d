/* job_end.c - how a job has ended, in a sentence */

#include "client/job_end.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/text.h"

#include <inttypes.h>
#include <string.h>

static void add_completed(const Wire__JobView *job, struct buffer *sentence)
{
    (void)job;
    buffer_add_text(sentence, _("its program ended by itself, with success"));
}

static void add_failed(const Wire__JobView *job, struct buffer *sentence)
{
    const char *name = signal_name((int)job->exit_signal);

    if (*job->refusal) /* not the script's doing */
        buffer_add_text(sentence, job->refusal);
    else if (strcmp(job->reason, "ExitUnknown") == 0)
        buffer_add_text(sentence, _("nobody saw how it ended, perhaps in the middle"));
    else if (strcmp(job->reason, "DependencyNeverSatisfied") == 0)
        buffer_add_text(sentence, _("what it waited for cannot come about any more"));
    else if (job->exit_signal > 0 && name)
        buffer_print(sentence, _("its program was ended by signal %s"), name);
    else if (job->exit_signal > 0)
        buffer_print(sentence, _("its program was ended by signal %" PRIu32), job->exit_signal);
    else
        buffer_print(sentence, _("its program ended with exit code %" PRIu32), job->exit_code);
}

static void add_cancelled(const Wire__JobView *job, struct buffer *sentence)
{
    if (*job->ended_by)
        buffer_print(sentence, _("it was ended by %s"), job->ended_by);
    else
        buffer_add_text(sentence, _("it was cancelled"));
    if (job->start_us == 0)
        buffer_add_text(sentence, _(" before it had begun"));
}

static void add_timeout(const Wire__JobView *job, struct buffer *sentence)
{
    CLEANUP(buffer_clear) struct buffer limit;

    buffer_init(&limit);
    print_duration(job->limit_us, &limit);
    buffer_print(sentence, _("its time limit of %s was over: --time asks for more"), limit.bytes);
}

static void add_memory(const Wire__JobView *job, struct buffer *sentence)
{
    CLEANUP(buffer_clear) struct buffer had;

    buffer_init(&had);
    if (job->memory > 0 && job->nodes > 0)
        print_size(job->memory / job->nodes, &had);
    if (had.length > 0)
        buffer_print(sentence, _("its memory of %s on a node was full: --mem asks for more"),
                     had.bytes);
    else
        buffer_add_text(sentence, _("the memory of a node was full: --mem asks for more"));
}

static void add_node_lost(const Wire__JobView *job, struct buffer *sentence)
{
    buffer_print(sentence, _("a node was lost while it ran there (%s)"), job->node_list);
}

static void add_deadline(const Wire__JobView *job, struct buffer *sentence)
{
    (void)job;
    buffer_add_text(sentence, _("it could not end before its deadline any more"));
}

static void add_preempted(const Wire__JobView *job, struct buffer *sentence)
{
    if (job->preempted_by > 0)
        buffer_print(sentence, _("it made room for job %" PRIu64), job->preempted_by);
    else
        buffer_add_text(sentence, _("it made room for others"));
}

static const struct {
    const char *state;
    void (*add)(const Wire__JobView *job, struct buffer *sentence);
} ends[] = {
    {"COMPLETED",     add_completed},
    {"FAILED",        add_failed   },
    {"CANCELLED",     add_cancelled},
    {"TIMEOUT",       add_timeout  },
    {"OUT_OF_MEMORY", add_memory   },
    {"NODE_FAIL",     add_node_lost},
    {"DEADLINE",      add_deadline },
    {"PREEMPTED",     add_preempted},
};

void job_end_print(const Wire__JobView *job, struct buffer *sentence)
{
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (strcmp(job->state, ends[i].state) == 0)
            ends[i].add(job, sentence);
}
