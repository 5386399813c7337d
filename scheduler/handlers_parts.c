/* handlers_parts.c - how the parts of jobs fare on their nodes, and what agents say to each other */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/core/suspend.h"

#include <inttypes.h>
#include <string.h>

#define RELAY_MAX       (1u << 20)
#define REPORT_TEXT_MAX 4096
#define EXIT_CODE_MAX   255
#define EXIT_SIGNAL_MAX 64

/* --- reports -------------------------------------------------------------------------------------- */

static bool check_report_texts(const Wire__PartReport *report, struct error *err)
{
    const char *const texts[] = {report->text,     report->core_list, report->cpu_list,
                                 report->gpu_list, report->output,    report->error,
                                 report->trouble};

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strlen(texts[i]) > REPORT_TEXT_MAX)
            return fail(err, ERROR_INVALID, "a text of the report has more than %d bytes",
                        REPORT_TEXT_MAX);
    return true;
}

/* What a node claims is bounded: it can lie about its own jobs, but not without measure. */
static struct part_news news_of(const Wire__PartReport *report)
{
    struct part_news news = {
        .job = report->job,
        .attempt = report->attempt,
        .part = report->part,
        .turn = report->turn,
        .token = report->token.data,
        .cause = (enum end_cause)report->cause,
        .exit_code = report->exit_code,
        .exit_signal = report->exit_signal,
        .wall_used_us = report->wall_used_us,
        .cpu_used_us = report->cpu_used_us,
        .memory_peak_bytes = report->memory_peak,
        .started_ago_us = report->ago_us > 0 ? report->ago_us : 0,
        .given_back = report->event == WIRE__PART_EVENT__PART_EVENT_GIVEN_BACK,
        .text = report->text,
        .trouble = report->trouble,
        .core_list = report->core_list,
        .cpu_list = report->cpu_list,
        .gpu_list = report->gpu_list,
        .output = report->output,
        .error_output = report->error,
    };

    if ((unsigned)news.cause >= END_CAUSE_COUNT)
        news.cause = END_UNKNOWN;
    if (news.exit_code > EXIT_CODE_MAX)
        news.exit_code = EXIT_CODE_MAX;
    if (news.exit_signal > EXIT_SIGNAL_MAX)
        news.exit_signal = 0;
    if (news.wall_used_us < 0 || news.cpu_used_us < 0) {
        log_warning("job=%" PRIu64 " part %" PRIu32 ": usage below zero is reported, taking none",
                    news.job, news.part);
        news.wall_used_us = 0;
        news.cpu_used_us = 0;
    }
    if (news.memory_peak_bytes > INT64_MAX)
        news.memory_peak_bytes = 0;
    return news;
}

/* What is none is no reason to doubt the end: it is left out. */
static void take_series(const Wire__PartReport *report, struct series *series,
                        struct part_news *news)
{
    struct error err;

    if (report->event != WIRE__PART_EVENT__PART_EVENT_ENDED || *report->samples == '\0')
        return;
    if (series_parse(report->samples, series, &err))
        news->series = series;
    else
        log_warning("job=%" PRIu64 " part=%" PRIu32 ": %s; it is not kept", news->job, news->part,
                    err.text);
}

static bool find_event(Wire__PartEvent event, enum event_kind *ret_kind)
{
    switch (event) {
    case WIRE__PART_EVENT__PART_EVENT_READY:
        *ret_kind = EVENT_PART_READY;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_STARTED:
        *ret_kind = EVENT_PART_STARTED;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_ENDED:
        *ret_kind = EVENT_PART_ENDED;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_REFUSED:
    case WIRE__PART_EVENT__PART_EVENT_GIVEN_BACK:
        *ret_kind = EVENT_PART_REFUSED;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_SUSPENDED:
        *ret_kind = EVENT_PART_PAUSED;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_RESUMED:
        *ret_kind = EVENT_PART_RESUMED;
        return true;
    case WIRE__PART_EVENT__PART_EVENT_NONE:
    default:
        return false;
    }
}

/* Is the report about the present attempt?  If not it is only acknowledged: it came too late. */
static bool is_current(const struct service *service, const Wire__PartReport *report,
                       const struct job **ret_job)
{
    const struct job *job = core_find_job(service->core, report->job);

    *ret_job = job;
    return job && job->attempt == report->attempt && report->part < job->part_count;
}

static bool check_report(struct service *service, const struct ask *ask, const struct job *job,
                         struct error *err)
{
    const Wire__PartReport *report = ask->envelope->part_report;
    const struct part *part = &job->parts[report->part];

    if (strcmp(part->node->name, ask->principal->name) != 0)
        return deny(service, ask, err, "part %" PRIu32 " of job %" PRIu64 " is not on node %s",
                    report->part, report->job, ask->principal->name);
    if (report->token.len != TOKEN_SIZE || !bytes_equal(report->token.data, job->token, TOKEN_SIZE))
        return deny(service, ask, err,
                    "the report on job %" PRIu64 " does not have the token of its launch",
                    report->job);
    return true;
}

/* Perhaps this network is older than its nodes: put back from a backup.  A node that makes such reports
 * up must not fill the table, which nothing is ever taken out of; an honest one sends them again. */
static bool keep_lost_report(struct service *service, struct ask *ask, struct error *err)
{
    const Wire__PartReport *report = ask->envelope->part_report;

    if (!audit_has_room(service, ask->principal)) {
        ask->retry_after_us = US_PER_SECOND;
        return fail(err, ERROR_EXHAUSTED,
                    "too many reports at once on jobs that were never given here: send them again");
    }
    log_warning("node=%s reports on job=%" PRIu64 ", which was never given here; the report "
                "is kept in the audit table",
                ask->principal->name, report->job);
    audit(service, ask->principal->name, "lost-report",
          "job %" PRIu64 " attempt %" PRIu32 " part %" PRIu32 " event %d wall_us %" PRId64,
          report->job, report->attempt, report->part, (int)report->event, report->wall_used_us);
    return true;
}

/* How long it ran is what is paid for.  An end that nobody saw is counted up to its news. */
static bool ran_for_less(const struct job *job, const struct part_news *news)
{
    int64_t kept_us = job->end_us - job->start_us - suspended_time(job, job->end_us);

    return job->start_us != 0 && job->end_us != 0 && news->cause != END_UNKNOWN &&
           news->wall_used_us < kept_us;
}

/* Is anything else told of the end than what is kept of it?  Times that cannot be were cut when they were
 * kept, so that of more than that nothing follows. */
static bool tells_otherwise(const struct job *job, const struct part_news *news)
{
    bool limit = news->cause == END_LIMIT && job->reason != REASON_TIME_LIMIT;
    bool memory = news->cause == END_MEMORY && job->reason != REASON_OUT_OF_MEMORY;

    if (news->cpu_used_us < job->parts[news->part].cpu_used_us)
        return true;
    if (news->part != 0)
        return false;
    return news->exit_code != job->exit_code || news->exit_signal != job->exit_signal ||
           ran_for_less(job, news) || ((limit || memory) && job->reason != REASON_NODE_DOWN);
}

/* A report that is sent again says the same.  One that does not is not believed, but an auditor shall
 * know that the node has told two tales. */
static void keep_conflict(struct service *service, const struct ask *ask, const struct job *job,
                          const struct event *event)
{
    const struct part_news *news = &event->part;

    if (event->kind != EVENT_PART_ENDED || job->parts[news->part].state != PART_ENDED ||
        !tells_otherwise(job, news) || !audit_has_room(service, ask->principal))
        return;
    log_warning("node=%s job=%" PRIu64 " part=%" PRIu32 " ended with %" PRIu32 ":%" PRIu32
                ", and is reported again otherwise, with %" PRIu32 ":%" PRIu32
                ", which does not count",
                ask->principal->name, job->id, news->part, job->exit_code, job->exit_signal,
                news->exit_code, news->exit_signal);
    audit(service, ask->principal->name, "other-end",
          "job %" PRIu64 " attempt %" PRIu32 " part %" PRIu32 " ended with %" PRIu32 ":%" PRIu32
          " cpu_us %" PRId64 "; reported again with %" PRIu32 ":%" PRIu32
          " cause %d wall_us %" PRId64 " cpu_us %" PRId64,
          job->id, job->attempt, news->part, job->exit_code, job->exit_signal,
          job->parts[news->part].cpu_used_us, news->exit_code, news->exit_signal, (int)news->cause,
          news->wall_used_us, news->cpu_used_us);
}

static bool on_part_report(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const Wire__PartReport *report = ask->envelope->part_report;
    struct event event = {0};
    const struct job *job;
    struct series series;

    if (!peer_of(service, ask, err))
        return false;
    if (!find_event(report->event, &event.kind))
        return fail(err, ERROR_INVALID, "a report of event %d", (int)report->event);
    if (!check_report_texts(report, err))
        return false;
    if (is_current(service, report, &job)) {
        if (!check_report(service, ask, job, err))
            return false;
        event.part = news_of(report);
        take_series(report, &series, &event.part);
        keep_conflict(service, ask, job, &event);
        service_step(service, &event);
    } else if (!job && report->job >= core_next_job(service->core) &&
               !keep_lost_report(service, ask, err)) {
        return false;
    }
    ANSWER(answer, keep, Wire__PartReported, wire__part_reported, part_reported,
           WIRE__ENVELOPE__BODY_PART_REPORTED)
        ->sequence = report->sequence;
    return true;
}

/* --- relay -------------------------------------------------------------------------------------------- */

static const struct part *part_on(const struct job *job, const char *node)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (strcmp(job->parts[i].node->name, node) == 0)
            return &job->parts[i];
    return NULL;
}

static bool is_gone(const struct part *part)
{
    return part->state == PART_ENDED || part->state == PART_LOST;
}

/* Both ends must belong to the present attempt; what they say to each other is theirs. */
static bool on_relay(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                     struct error *err)
{
    struct service *service = owner;
    const Wire__Relay *relay = ask->envelope->relay;
    const struct job *job = core_find_job(service->core, relay->job);
    Wire__Envelope message = WIRE__ENVELOPE__INIT;
    Wire__Relay passed = *relay;
    const struct part *from;
    const struct peer *peer;

    (void)answer;
    (void)keep;
    if (!peer_of(service, ask, err))
        return false;
    if (relay->body.len > RELAY_MAX)
        return fail(err, ERROR_INVALID, "a relayed message of %zu bytes; %u are the most",
                    relay->body.len, RELAY_MAX);
    if (!job || job->attempt != relay->attempt || job->part_count == 0)
        return fail(err, ERROR_NOT_FOUND, "job %" PRIu64 " has no attempt %" PRIu32, relay->job,
                    relay->attempt);
    from = part_on(job, ask->principal->name);
    if (!from)
        return deny(service, ask, err, "job %" PRIu64 " has nothing on node %s", relay->job,
                    ask->principal->name);
    if (relay->to_part >= job->part_count || is_gone(from) || is_gone(&job->parts[relay->to_part]))
        return fail(err, ERROR_NOT_FOUND, "job %" PRIu64 " has no part %" PRIu32 " any more",
                    relay->job, relay->to_part);
    peer = peers_find(service->peers, job->parts[relay->to_part].node->name);
    if (!peer || !peer->connected)
        return fail(err, ERROR_UNAVAILABLE, "node %s does not answer",
                    job->parts[relay->to_part].node->name);
    passed.from_part = from->number;
    message.body_case = WIRE__ENVELOPE__BODY_RELAY;
    message.relay = &passed;
    service_send(service, DOOR_AGENTS, &peer->to, 0, &message);
    ask->later = true; /* it may be lost: nobody waits for an answer */
    return true;
}

/* --- answers of agents to what was passed on to them ------------------------------------------------------ */

static bool pass_back(struct service *service, struct ask *ask)
{
    struct forward *forward = forwards_take(service->forwards, ask->request, ask->principal->name);
    Wire__Envelope message = *ask->envelope;

    ask->later = true;
    if (!forward)
        return true; /* too late: it was answered for the agent */
    service_send(service, forward->door, &forward->to, forward->request, &message);
    forward_free(forward);
    return true;
}

static bool on_passed_answer(void *owner, struct ask *ask, Wire__Envelope *answer,
                             struct arena *keep, struct error *err)
{
    (void)answer;
    (void)keep;
    return peer_of(owner, ask, err) && pass_back(owner, ask);
}

static bool on_failure(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    (void)answer;
    (void)keep;
    return peer_of(owner, ask, err) && pass_back(owner, ask);
}

const struct handler part_handlers[] = {
    {WIRE__ENVELOPE__BODY_PART_REPORT,  ROLE_AGENT, on_part_report  },
    {WIRE__ENVELOPE__BODY_RELAY,        ROLE_AGENT, on_relay        },
    {WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, ROLE_AGENT, on_passed_answer},
    {WIRE__ENVELOPE__BODY_BINDING_VIEW, ROLE_AGENT, on_passed_answer},
    {WIRE__ENVELOPE__BODY_STEP_LISTING, ROLE_AGENT, on_passed_answer},
    {WIRE__ENVELOPE__BODY_STEP_TAKEN,   ROLE_AGENT, on_passed_answer},
    {WIRE__ENVELOPE__BODY_FAILURE,      ROLE_AGENT, on_failure      },
    {0,                                 0,          NULL            },
};
