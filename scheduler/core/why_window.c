/* why_window.c - windows (window.h) as what keeps a job from starting, and lifted on a copy */

#include "base/parse.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <stdlib.h>

/* The one that it names, unless that is over. */
static const struct window *named(const struct core *core, const struct job *job)
{
    const struct window *window = job->request.reservation
                                      ? windows_find(&core->plan.windows, job->request.reservation)
                                      : NULL;

    return window && window->until_us > 0 ? window : NULL;
}

static bool serves_job(const struct window *window, const struct job *job)
{
    return window && window_serves(window, job->user, job->project, job->institution);
}

const struct window *why_window(const struct core *core, const struct job *job)
{
    const struct window *window = named(core, job);

    return serves_job(window, job) && window_is_on(window, core->now_us) ? window : NULL;
}

/* It waits for its own: when that begins, unless it was changed and is too short now. */
void find_window(const struct question *question)
{
    const struct job *job = question->job;
    const struct window *window = named(question->core, job);
    bool serves = serves_job(window, job);
    int64_t limit_us = job->request.limit_us;
    struct blocker *blocker;

    if (!job->request.reservation || why_window(question->core, job))
        return;
    blocker = why_add(question, window ? REASON_RESERVATION : REASON_RESERVATION_GONE);
    if (!blocker)
        return;
    snprintf(blocker->place, sizeof(blocker->place), "reservation %.60s", job->request.reservation);
    if (serves && limit_us != INT64_MAX && limit_us > window->until_us - window->from_us) {
        why_say_duration(blocker->needs, sizeof(blocker->needs), limit_us);
        why_say_duration(blocker->has, sizeof(blocker->has), window->until_us - window->from_us);
    } else if (serves)
        blocker->free_us = window->from_us;
    else if (window)
        snprintf(blocker->has, sizeof(blocker->has), "others whom it is for");
}

/* It may begin where and when it likes. */
void lift_window(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)core;
    (void)blocker;
    free(job->request.reservation);
    job->request.reservation = NULL;
}

/* Of those that have nodes of the lane before the job could have ended, the first to begin. */
static const struct window *first_against(const struct question *question, int64_t limit_us)
{
    const struct core *core = question->core;
    const struct need *need = question->need;
    uint64_t bit = partition_bit(question->cluster, question->partition);
    const struct window *first = NULL;

    for (size_t i = 0; i < inventory_node_count(core->inventory); i++) {
        const struct node *node = inventory_node(core->inventory, i);
        const struct window *window;

        if (node->cluster != question->cluster || !(node->partitions & bit) ||
            !need_admits(need, node))
            continue;
        window = windows_against(&core->plan.windows, node, need->window, core->now_us,
                                 core->now_us + limit_us);
        if (window && (!first || window->from_us < first->from_us))
            first = window;
    }
    return first;
}

static void say_window(const struct question *question, struct blocker *blocker, int64_t limit_us)
{
    const struct window *window = first_against(question, limit_us);
    int64_t wait_us = window ? window->from_us - question->core->now_us : 0;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    why_say_duration(blocker->needs, sizeof(blocker->needs), limit_us);
    if (!window)
        return;
    buffer_print(&text, "reservation %.40s", window->facts.name);
    if (wait_us > 0) {
        buffer_add_text(&text, " begins in ");
        print_duration(wait_us, &text);
    }
    snprintf(blocker->has, sizeof(blocker->has), "%s", text.bytes);
}

/* There is room on the lane's nodes, or would be, but a window begins there too soon, its own
 * included. */
void find_kept(const struct question *question)
{
    const struct core *core = question->core;
    struct scratch *scratch = core->plan.scratch;
    int64_t limit_us = request_limit(question->need->request, question->partition);
    const struct window *own = question->need->window;
    struct blocker *blocker;

    if (question->possible == POSSIBLE_NEVER)
        return;
    if (own && core->now_us + limit_us > own->until_us) {
        if ((blocker = why_add(question, REASON_RESERVATION)))
            why_say_duration(blocker->has, sizeof(blocker->has), own->until_us - core->now_us);
        return;
    }
    scratch->kept_by = REASON_RESERVED;
    if (question->until_us > 0 || why_fits_beside_windows(question) ||
        !(blocker = why_add(question, scratch->kept_by)))
        return;
    say_window(question, blocker, limit_us);
    if (question->possible == POSSIBLE_NOW)
        blocker->free_us = why_free_at(question, question->need);
}

static void leave_others(struct window_list *list, struct window *own)
{
    bool has_own = false;

    for (uint32_t i = 0; i < list->count; i++)
        has_own |= list->all[i] == own;
    if (has_own)
        list->all[0] = own;
    list->count = has_own;
}

/* No node is in any window but the job's own, which does not end: it stays on its nodes. */
void lift_kept(struct core *core, struct job *job, const struct blocker *blocker)
{
    struct windows *windows = &core->plan.windows;

    (void)blocker;
    for (size_t i = 0; i < windows->known_nodes; i++)
        leave_others(&windows->of_nodes[i], job->window);
    if (job->window)
        job->window->until_us = INT64_MAX;
    plan_nodes_changed(core, true);
}
