/* core_parts.c - news of the parts of jobs from the agents of their nodes */

#include "base/digest.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/suspend.h"

#include <stdlib.h>

#define REFUSAL_MAX 300    /* bytes of what is kept of a node's refusal */
#define NODE_ITSELF "node" /* who drains one whose prolog or epilog has failed */

/* The part that the news is about, or NULL when it is late, doubled or forged: then nothing
 * changes at all.  That the sender is the part's node is checked by the service. */
struct part *core_seek_part(const struct core *core, const struct part_news *news)
{
    struct job *job = core_seek_job(core, news->job);
    struct part *part;

    if (!job || job->state == JOB_PENDING || job_state_is_final(job->state))
        return NULL;
    if (news->attempt != job->attempt || news->part >= job->part_count || !news->token ||
        !bytes_equal(news->token, job->token, TOKEN_SIZE))
        return NULL;
    part = &job->parts[news->part];
    return part_is_over(part) ? NULL : part;
}

static void set_text(char **place, const char *text)
{
    if (!text || !text[0])
        return;
    free(*place);
    *place = memory_copy(text);
}

static void note_binding(struct part *part, const struct part_news *news)
{
    set_text(&part->core_list, news->core_list ? news->core_list : "-");
    set_text(&part->cpu_list, news->cpu_list);
    if (part->gpus > 0)
        set_text(&part->gpu_list, news->gpu_list);
}

void on_part_ready(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);

    if (!part || part->core_list)
        return;
    note_binding(part, &event->part);
    attempt_part_ready(core, part);
    core_save_job(core, part->job);
}

/* A node that another scheduler lends hears of it late; it was not before the job was placed. */
static int64_t start_of(const struct core *core, const struct job *job,
                        const struct part_news *news)
{
    int64_t most_us = core->now_us - job->placed_us;

    return core->now_us - (news->started_ago_us < most_us ? news->started_ago_us : most_us);
}

void on_part_started(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);

    if (!part || part->number != 0 || part->job->start_us != 0 ||
        (part->state != PART_STARTING && part->state != PART_STOPPING))
        return;
    note_binding(part, &event->part);
    set_text(&part->job->output, event->part.output);
    set_text(&part->job->error_output, event->part.error_output);
    attempt_started(core, part->job, start_of(core, part->job, &event->part));
    core_save_job(core, part->job);
}

/* How long the batch script ran: by the agent's clock, bounded by ours. */
static void note_wall(struct core *core, struct job *job, const struct part_news *news)
{
    int64_t wall_us = news->wall_used_us > 0 ? news->wall_used_us : 0;
    int64_t suspended_us = suspended_time(job, core->now_us);
    int64_t span_us;

    if (job->start_us == 0) {
        if (wall_us == 0)
            return; /* it never started */
        span_us = core->now_us - job->placed_us;
        job->start_us = core->now_us - (wall_us < span_us ? wall_us : span_us);
        array_started(core, job);
    }
    span_us = core->now_us - job->start_us - suspended_us;
    if (news->cause == END_UNKNOWN && wall_us == 0)
        wall_us = span_us; /* whoever kills the shepherd does not run for nothing */
    if (wall_us > span_us + CLOCK_SLACK_US)
        wall_us = span_us + CLOCK_SLACK_US;
    job->end_us = job->start_us + wall_us + suspended_us;
}

/* Was the limit cut down to what the deadline left? Then who ends it first is a matter of luck. */
static bool limit_is_deadline(const struct job *job)
{
    return job->request.deadline_us > 0 && job->limit_cut_us > 0 &&
           job->placed_us + job->limit_cut_us >= job->request.deadline_us;
}

/* How the end of a part looks that nobody asked for. */
static enum job_reason reason_of(const struct job *job, const struct part_news *news)
{
    switch (news->cause) {
    case END_BY_ITSELF:
        return news->exit_code || news->exit_signal ? REASON_NON_ZERO_EXIT : REASON_NONE;
    case END_LIMIT:
        return limit_is_deadline(job) ? REASON_DEADLINE : REASON_TIME_LIMIT;
    case END_MEMORY:
        return REASON_OUT_OF_MEMORY;
    case END_STOPPED: /* its node gave it up */
    case END_REBOOT:
        return REASON_NODE_DOWN;
    default:
        return REASON_EXIT_UNKNOWN;
    }
}

/* The batch script has ended while the job was being stopped: does that change what
 * becomes of it? */
static bool overrides(const struct job *job, const struct part_news *news)
{
    if (news->cause == END_STOPPED || news->cause == END_REBOOT)
        return false;
    /* Ranks fail when one of their nodes is lost: that is not the job's fault. */
    return job->reason != REASON_NODE_DOWN || reason_of(job, news) == REASON_NONE;
}

static void batch_ended(struct core *core, struct job *job, const struct part_news *news)
{
    enum job_reason reason = reason_of(job, news);

    job->exit_code = news->exit_code;
    job->exit_signal = news->exit_signal;
    note_wall(core, job, news);
    if (job->state == JOB_COMPLETING && overrides(job, news)) {
        job->reason = reason;
        if (news->cause == END_BY_ITSELF)
            job->cancelled = job->requeue_after = false; /* they lost the race */
    }
    attempt_stop(core, job, reason);
}

/* Hardware threads: what a core can give more than its own time. */
static uint32_t part_cpus(const struct part *part)
{
    const struct node *node = part->node;
    uint32_t threads = node->cores ? (node->threads + node->cores - 1) / node->cores : 1;

    return part->cores * (threads ? threads : 1);
}

/* So long a part of it can have run.  After a restart it was placed just now, but not started. */
static int64_t longest_span(const struct core *core, const struct job *job)
{
    bool restored = job->start_us > 0 && job->start_us < job->placed_us;

    return core->now_us - (restored ? job->start_us : job->placed_us) + CLOCK_SLACK_US;
}

/* The node's clock may be wrong: what begins before the job, or ends behind now, began with it.  Is it longer
 * than the part can have been, it is none. */
static void note_series(const struct core *core, const struct part *part, const struct series *told)
{
    struct job *job = part->job;
    int64_t span_us = longest_span(core, job);
    struct series series;

    if (!told || series_span(told) > span_us)
        return;
    series = *told;
    if (series.start_us > core->now_us + CLOCK_SLACK_US - series_span(told) ||
        series.start_us < core->now_us - span_us)
        series.start_us = core->now_us - span_us;
    series_bound(&series, part_cpus(part), part->node->memory_bytes);
    if (!job->series)
        job->series = NEW(struct series);
    series_join(job->series, &series, false);
}

/* A node can lie about its own jobs, but not without measure: what is charged and kept for ever
 * is no more than the part's cores could give since it was placed, and the node's memory. */
static void note_use(const struct core *core, struct part *part, const struct part_news *news)
{
    const struct node *node = part->node;
    int64_t most_us;

    if (__builtin_mul_overflow(longest_span(core, part->job), (int64_t)part_cpus(part), &most_us))
        most_us = INT64_MAX;
    part->cpu_used_us = news->cpu_used_us > 0 ? news->cpu_used_us : 0;
    if (part->cpu_used_us > most_us)
        part->cpu_used_us = most_us;
    part->memory_peak_bytes = news->memory_peak_bytes;
    if (part->memory_peak_bytes > node->memory_bytes)
        part->memory_peak_bytes = node->memory_bytes;
    note_series(core, part, news->series);
}

/* For the job's owner, who cannot read the logs. */
static void note_word(struct job *job, const struct node *node, const char *text)
{
    free(job->refusal);
    job->refusal = memory_format("%s: %.*s", node->name, REFUSAL_MAX,
                                 text && *text ? text : "it says no more");
}

static void part_ended(struct core *core, struct part *part, const struct part_news *news)
{
    struct job *job = part->job;
    bool expected = part->state == PART_STOPPING;

    note_use(core, part, news);
    attempt_part_over(core, part, news->cause == END_REBOOT ? PART_LOST : PART_ENDED);
    if (part->number == 0) { /* the news of its start may have been overtaken */
        if (reason_of(job, news) == REASON_NON_ZERO_EXIT && news->text && *news->text)
            note_word(job, part->node, news->text);
        set_text(&job->output, news->output);
        set_text(&job->error_output, news->error_output);
        batch_ended(core, job, news);
        return;
    }
    /* A part that ends before the batch script takes the job with it. */
    if (expected || reason_of(job, news) != REASON_NONE)
        attempt_stop(core, job, reason_of(job, news));
    else
        attempt_stop(core, job, REASON_EXIT_UNKNOWN);
}

/* Before its place is given to another.  What an administrator has said of it stands. */
static void take_trouble(struct core *core, const struct part *part, const struct part_news *news)
{
    if (news->trouble && news->trouble[0] && !part->node->drained)
        core_drain_node(core, part->node, news->trouble, NODE_ITSELF);
}

void on_part_ended(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);

    if (!part)
        return;
    take_trouble(core, part, &event->part);
    part_ended(core, part, &event->part);
}

/* Late, or not true: the part has said that it was there. */
static bool contradicts(const struct part *part)
{
    return part->state == PART_RUNNING || part->state == PART_PAUSING ||
           part->state == PART_PAUSED || part->state == PART_RESUMING ||
           (part->state == PART_READY && part->job->state == JOB_RUNNING);
}

void on_part_refused(struct core *core, const struct event *event)
{
    struct part *part = core_seek_part(core, &event->part);
    struct part_news news = event->part;
    struct job *job;

    if (!part || contradicts(part))
        return;
    take_trouble(core, part, &news);
    job = part->job;
    if (part->number == 0 && job->start_us != 0) {
        news.cause = END_UNKNOWN;
        news.series = NULL; /* only who tells of the end knows what was used until then */
        part_ended(core, part, &news);
        return;
    }
    core_warn(core, job, part->node, "%s: %.90s",
              news.given_back ? "gave it back" : "refused the launch", news.text ? news.text : "");
    if (job->state == JOB_CONFIGURING) {
        job->launch_failures += news.given_back ? 0 : 1;
        if (news.never)
            job->launch_failures = core->settings.launch_failures_most;
        job->avoid = part->node;
        note_word(job, part->node, news.text);
    }
    attempt_part_over(core, part, PART_ENDED);
    attempt_stop(core, job, news.given_back ? REASON_GIVEN_BACK : REASON_LAUNCH_FAILURE);
}
