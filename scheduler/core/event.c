/* event.c - what happens to the core, by name and as a line of text */

#include "scheduler/core/event.h"

#include "scheduler/core/constraints.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"

#include <assert.h>
#include <inttypes.h>

static const char *const names[] = {
    [EVENT_JOB_SUBMITTED] = "submit",  [EVENT_JOB_CANCELLED] = "cancel",
    [EVENT_JOB_HELD] = "hold",         [EVENT_JOB_RELEASED] = "release",
    [EVENT_JOB_REQUEUED] = "requeue",  [EVENT_ARRAY_LIMITED] = "array-limit",
    [EVENT_NODE_JOINED] = "join",      [EVENT_NODE_SILENT] = "silent",
    [EVENT_NODE_LOST] = "lost",        [EVENT_NODE_DRAINED] = "drain",
    [EVENT_NODE_RESUMED] = "resume",   [EVENT_PART_READY] = "ready",
    [EVENT_PART_STARTED] = "started",  [EVENT_PART_ENDED] = "ended",
    [EVENT_PART_REFUSED] = "refused",  [EVENT_INSTITUTION_ADDED] = "institution",
    [EVENT_PROJECT_ADDED] = "project", [EVENT_GRANTED] = "grant",
    [EVENT_GRANT_ENDED] = "grant-end", [EVENT_TRANSFERRED] = "transfer",
    [EVENT_REFUNDED] = "refund",       [EVENT_SHARE_SET] = "share",
    [EVENT_WINDOW_SET] = "reserve",    [EVENT_WINDOW_REMOVED] = "unreserve",
    [EVENT_LIMIT_SET] = "limit",       [EVENT_RATE_ADDED] = "rate",
    [EVENT_RATE_ENDED] = "rate-end",   [EVENT_TIME_PASSED] = "time",
    [EVENT_JOB_SUSPENDED] = "suspend", [EVENT_JOB_RESUMED] = "continue",
    [EVENT_PART_PAUSED] = "paused",    [EVENT_PART_RESUMED] = "continued",
};
static_assert(COUNT_OF(names) == EVENT_KIND_COUNT, "one name for each event");

static const char *const causes[] = {"itself", "stopped", "limit", "memory", "unknown", "reboot"};
static_assert(COUNT_OF(causes) == END_CAUSE_COUNT, "one name for each cause");

const char *event_kind_name(enum event_kind kind)
{
    assert(kind < EVENT_KIND_COUNT);
    return names[kind];
}

const char *end_cause_name(enum end_cause cause)
{
    assert(cause < END_CAUSE_COUNT);
    return causes[cause];
}

static void add_word(struct buffer *buffer, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_print(buffer, " %s=", name);
    buffer_add_escaped(buffer, value);
}

static void add_number(struct buffer *buffer, const char *name, uint64_t value)
{
    if (value)
        buffer_print(buffer, " %s=%" PRIu64, name, value);
}

static void print_constraints(const struct request *request, struct buffer *buffer)
{
    const struct constraints *constraints = request->constraints;

    if (!constraints)
        return;
    add_word(buffer, "gpu-type", constraints->gpu_type);
    add_number(buffer, "gpus-per-node", constraints->gpus_per_node);
    add_number(buffer, "gpus-per-task", constraints->gpus_per_task);
    add_word(buffer, "features", constraints->features);
    add_word(buffer, "licenses", constraints->licenses);
    add_number(buffer, "switches", constraints->switches);
}

static void add_elements(struct buffer *buffer, const struct elements *elements)
{
    if (!elements)
        return;
    buffer_add_text(buffer, " array=");
    elements_print(elements, buffer);
}

static void print_shape(const struct request *request, struct buffer *buffer)
{
    buffer_print(buffer, " nodes=%" PRIu32 "-%" PRIu32 " tasks=%" PRIu32 " cpus=%" PRIu32,
                 request->nodes_least, request->nodes_most, request->tasks, request->cpus_per_task);
    add_number(buffer, "tasks-per-node", request->tasks_per_node);
    add_number(buffer, "memory", request->memory_per_node);
    add_number(buffer, "memory-per-cpu", request->memory_per_cpu);
    print_constraints(request, buffer);
}

static void print_component(const struct request *request, struct buffer *buffer)
{
    buffer_add_text(buffer, " :");
    add_word(buffer, "partition", request->partition);
    print_shape(request, buffer);
    add_word(buffer, "list", request->node_list);
    add_word(buffer, "exclude", request->node_exclude);
    if (request->exclusive)
        buffer_add_text(buffer, " exclusive");
}

static void print_submission(const struct submission *submission, struct buffer *buffer)
{
    const struct request *request = submission->request;

    buffer_print(buffer, " %" PRIu64, submission->first);
    add_number(buffer, "copies", submission->copies > 1 ? submission->copies : 0);
    add_elements(buffer, submission->elements);
    add_number(buffer, "throttle", submission->throttle);
    add_word(buffer, "user", submission->user);
    add_word(buffer, "project", submission->project);
    add_word(buffer, "partition", request->partition);
    add_word(buffer, "qos", request->qos);
    print_shape(request, buffer);
    buffer_print(buffer, " limit=%" PRId64, request->limit_us);
    add_number(buffer, "begin", (uint64_t)request->begin_us);
    add_number(buffer, "least", (uint64_t)request->limit_least_us);
    add_number(buffer, "deadline", (uint64_t)request->deadline_us);
    add_word(buffer, "list", request->node_list);
    add_word(buffer, "exclude", request->node_exclude);
    add_word(buffer, "reservation", request->reservation);
    if (request->nice)
        buffer_print(buffer, " nice=%" PRId32, request->nice);
    if (request->exclusive)
        buffer_add_text(buffer, " exclusive");
    if (request->dependencies) {
        buffer_add_text(buffer, " depend=");
        dependencies_print(request->dependencies, buffer);
    }
    if (submission->hold || submission->hold_admin)
        buffer_add_text(buffer, " hold");
    for (uint32_t i = 1; i < het_size(request); i++)
        print_component(het_request(request, i), buffer);
}

static void print_news(const struct event *event, struct buffer *buffer)
{
    const struct part_news *news = &event->part;

    buffer_print(buffer, " job=%" PRIu64 " attempt=%" PRIu32 " part=%" PRIu32, news->job,
                 news->attempt, news->part);
    if (event->kind == EVENT_PART_ENDED) {
        buffer_print(buffer, " cause=%s exit=%" PRIu32 ":%" PRIu32,
                     news->cause < END_CAUSE_COUNT ? causes[news->cause] : "?", news->exit_code,
                     news->exit_signal);
        buffer_print(buffer, " wall=%" PRId64, news->wall_used_us);
    }
    add_word(buffer, "cores", news->core_list);
    add_word(buffer, "text", news->text);
    add_word(buffer, "trouble", news->trouble);
}

static void print_grant(const struct grant *grant, struct buffer *buffer)
{
    buffer_print(buffer, " %" PRIu64, grant->id);
    add_word(buffer, "institution", grant->institution);
    add_word(buffer, "project", grant->project);
    buffer_print(buffer, " amount=%" PRId64 " start=%" PRId64 " end=%" PRId64, grant->amount_micro,
                 grant->start_us, grant->end_us);
}

static void print_correction(const struct event *event, struct buffer *buffer)
{
    if (event->kind == EVENT_GRANT_ENDED) {
        buffer_print(buffer, " %" PRIu64, event->grant.id);
    } else if (event->kind == EVENT_TRANSFERRED) {
        buffer_print(buffer, " %" PRIu64 " to=%" PRIu64, event->transfer.from,
                     event->transfer.to.id);
        add_word(buffer, "project", event->transfer.to.project);
        buffer_print(buffer, " amount=%" PRId64, event->transfer.to.amount_micro);
    } else if (event->kind == EVENT_REFUNDED) {
        buffer_print(buffer, " %" PRIu64, event->refund.job);
        add_word(buffer, "project", event->refund.project);
        buffer_print(buffer, " amount=%" PRId64, event->refund.amount_micro);
    }
}

static void print_share(const struct share_change *share, struct buffer *buffer)
{
    add_word(buffer, "institution", share->institution);
    add_word(buffer, "project", *share->project ? share->project : NULL);
    add_word(buffer, "user", *share->user ? share->user : NULL);
    buffer_print(buffer, " shares=%" PRIu32, share->shares);
}

static void print_window(const struct event *event, struct buffer *buffer)
{
    const struct window_facts *window = &event->window;

    buffer_print(buffer, " %s", window->name);
    if (event->kind == EVENT_WINDOW_REMOVED)
        return;
    add_word(buffer, "cluster", window->cluster);
    add_word(buffer, "nodes", window->nodes);
    buffer_print(buffer, " start=%" PRId64 " end=%" PRId64 " repeat=%s", window->start_us,
                 window->end_us, window_repeat_name(window->repeat));
    add_word(buffer, "users", window->users);
    add_word(buffer, "projects", window->projects);
    add_word(buffer, "institutions", window->institutions);
    if (window->maintenance)
        buffer_add_text(buffer, " maintenance");
}

static void print_limit(const struct limit *limit, struct buffer *buffer)
{
    add_word(buffer, "of", limit_of_name(limit->of));
    add_word(buffer, "name", *limit->name ? limit->name : NULL);
    buffer_print(buffer, " %s %s=", limit_form_name(limit->form), limit_what_name(limit->what));
    if (limit->amount == LIMIT_NONE)
        buffer_add_text(buffer, "none");
    else
        buffer_print(buffer, "%" PRId64, limit->amount);
}

static void print_rate(const struct event *event, struct buffer *buffer)
{
    const struct rate *rate = &event->rate;

    buffer_print(buffer, " %" PRIu64, rate->id);
    if (event->kind == EVENT_RATE_ENDED) {
        buffer_print(buffer, " end=%" PRId64, rate->end_us);
        return;
    }
    add_word(buffer, "cluster", *rate->cluster ? rate->cluster : NULL);
    add_word(buffer, "partition", *rate->partition ? rate->partition : NULL);
    add_word(buffer, "qos", *rate->qos ? rate->qos : NULL);
    buffer_print(buffer,
                 " %s core=%" PRIu32 " gib=%" PRIu32 " gpu=%" PRIu32 " node=%" PRIu32
                 " start=%" PRId64 " end=%" PRId64,
                 rate_mode_name(rate->mode), rate->prices.core, rate->prices.gib, rate->prices.gpu,
                 rate->prices.node, rate->start_us, rate->end_us);
    if (rate->listed)
        buffer_add_text(buffer, " listed");
}

void event_print(const struct event *event, struct buffer *buffer)
{
    buffer_print(buffer, "%" PRId64 " %s", event->at_us, event_kind_name(event->kind));
    if (event->kind == EVENT_JOB_SUBMITTED) {
        print_submission(&event->submission, buffer);
    } else if (event->kind <= EVENT_JOB_REQUEUED) {
        buffer_print(buffer, " %" PRIu64, event->job);
        add_elements(buffer, event->elements);
    } else if (event->kind == EVENT_ARRAY_LIMITED) {
        buffer_print(buffer, " %" PRIu64 " most=%" PRIu32, event->limit.array, event->limit.most);
    } else if (event->kind == EVENT_NODE_JOINED) {
        add_word(buffer, "node", event->node.name);
        add_word(buffer, "cluster", event->node.cluster);
        add_word(buffer, "boot", event->node.boot_id);
        buffer_print(buffer, " cores=%" PRIu32 " memory=%" PRIu64, event->node.cores,
                     event->node.memory_bytes);
        if (event->node.gpu_stock.kind_count > 0) {
            buffer_add_text(buffer, " gpus=");
            gpu_stock_print(&event->node.gpu_stock, buffer);
        }
        add_word(buffer, "features", event->node.features);
    } else if (event->kind <= EVENT_NODE_RESUMED) {
        add_word(buffer, "node", event->node_change.name);
        add_word(buffer, "reason", event->node_change.reason);
    } else if (event->kind <= EVENT_PART_REFUSED) {
        print_news(event, buffer);
    } else if (event->kind <= EVENT_PROJECT_ADDED) {
        add_word(buffer, "institution", event->books.institution);
        add_word(buffer, "project", event->books.project);
    } else if (event->kind == EVENT_GRANTED) {
        print_grant(&event->grant, buffer);
    } else if (event->kind == EVENT_SHARE_SET) {
        print_share(&event->share, buffer);
    } else if (event->kind == EVENT_WINDOW_SET || event->kind == EVENT_WINDOW_REMOVED) {
        print_window(event, buffer);
    } else if (event->kind == EVENT_LIMIT_SET) {
        print_limit(&event->limit_set, buffer);
    } else if (event->kind == EVENT_RATE_ADDED || event->kind == EVENT_RATE_ENDED) {
        print_rate(event, buffer);
    } else {
        print_correction(event, buffer);
    }
    add_word(buffer, "by", event->by);
    buffer_add_char(buffer, '\n');
}
