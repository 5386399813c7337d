/* why_limits.c - the limits and the quality of service that keep a job from starting */

#include "scheduler/core/why.h"

#include <string.h>

static void say_hit(struct blocker *blocker, const struct limit_hit *hit)
{
    CLEANUP(buffer_clear) struct buffer text;

    limit_hit_place(hit, blocker->place, sizeof(blocker->place));
    buffer_init(&text);
    limit_amount_print(hit->what, hit->needs, &text);
    snprintf(blocker->needs, sizeof(blocker->needs), "%s %s", limit_what_name(hit->what),
             text.bytes);
    buffer_reset(&text);
    if (hit->form != LIMIT_PER_JOB) {
        limit_amount_print(hit->what, hit->used, &text);
        buffer_add_text(&text, " used of ");
    }
    limit_amount_print(hit->what, hit->most, &text);
    snprintf(blocker->has, sizeof(blocker->has), "%s%s", text.bytes,
             hit->form == LIMIT_PER_JOB ? " in each job" : "");
    blocker->meter = hit->meter;
    blocker->number = (uint32_t)hit->form * LIMIT_WHAT_COUNT + hit->what;
}

static bool is_of_place(const struct limit_hit *hit)
{
    enum limit_of of = hit->meter->holder->of;

    return limit_is_of_place(of);
}

/* What a job that runs as long as the partition allows takes of time is seen there alone. */
static bool is_of_lane(const struct question *question, const struct limit_hit *hit)
{
    return is_of_place(hit) || (question->job->request.limit_us == INT64_MAX &&
                                (hit->what == LIMIT_WALL || hit->what == LIMIT_CORE_SECONDS));
}

struct hits {
    struct limit_place place;
    struct charge charge;
    struct shares shares;
    const struct charge *told; /* what is hit by that, and not of the lane, is not told again */
    /* What is hit by more alone is a guess: it may get other nodes. */
    const struct charge *least;
    const struct shares *least_shares;
};

static bool is_hit_by(const struct limit_hit *hit, const struct charge *charge)
{
    int64_t needs = charge ? charge->amounts[hit->what] : 0;

    return needs > 0 && (needs > hit->most || hit->used > hit->most - needs);
}

/* What it would have at least of what the hit counts. */
static const struct charge *least_of(const struct question *question, const struct hits *hits,
                                     const struct limit_hit *hit)
{
    struct limit_place place = hits->place;

    if (hit->meter->holder->of != LIMIT_OF_PARTITION || hits->least_shares->count == 0)
        return hits->least;
    for (unsigned i = 0; i < hits->least_shares->count; i++) {
        place.partition = hits->least_shares->all[i].partition;
        if (limits_place(question->core->limits, place)->partition->holder == hit->meter->holder)
            return &hits->least_shares->all[i].charge;
    }
    return NULL;
}

static void find_hits(const struct question *question, const struct hits *hits)
{
    const struct core *core = question->core;
    struct limit_wish wish = {question->job->association, hits->place, &hits->charge, core->now_us,
                              &hits->shares};
    struct limit_hit hit;

    for (unsigned nth = 0; !limits_admit(core->limits, &wish, nth, &hit); nth++) {
        struct blocker *blocker;

        if (!is_of_lane(question, &hit) && is_hit_by(&hit, hits->told))
            continue;
        blocker = why_add(question, limit_hit_reason(&hit));
        if (!blocker)
            return;
        say_hit(blocker, &hit);
        blocker->guess = hits->least && !is_hit_by(&hit, least_of(question, hits, &hit));
    }
}

void find_counts(const struct question *question)
{
    const struct hits hits = {.charge = limits_charge(&question->job->request, NULL)};

    find_hits(question, &hits);
}

/* On the nodes that it would get: of whole ones, of several, it may have more than it asks for. */
void find_lane_counts(const struct question *question)
{
    const struct request *request = &question->job->request;
    const struct charge told = limits_charge(request, NULL);
    const struct charge least = limits_charge(request, question->partition);
    const struct placement *placement;
    struct shares least_shares;
    struct hits hits = {
        .place = {question->cluster, question->partition},
        .charge = least,
        .told = &told,
    };

    if (!question->core->limits->has_any)
        return;
    limits_shares(request, &hits.place, &least_shares);
    hits.shares = least_shares;
    placement = why_placement(question);
    if (placement) {
        hits.charge = limits_charge_placed(placement, question->need);
        limits_shares_placed(placement, question->need, &hits.place, &hits.shares);
    }
    if (question->nodes_left > 0)
        hits.charge.amounts[LIMIT_NODES] = question->nodes_left + 1;
    else if (!question->fits || question->possible != POSSIBLE_NOW) {
        hits.least = &least;
        hits.least_shares = &least_shares;
    }
    find_hits(question, &hits);
}

void lift_count(struct core *core, struct job *job, const struct blocker *blocker)
{
    enum limit_form form = blocker->number / LIMIT_WHAT_COUNT;
    enum limit_what what = blocker->number % LIMIT_WHAT_COUNT;

    (void)job;
    blocker->meter->holder->most[form][what] = LIMIT_NONE;
    queue_all_changed(&core->queue);
    plan_changed(core);
}

void find_qos(const struct question *question)
{
    const struct job *job = question->job;
    struct blocker *blocker;

    if (!job->request.qos || job->association->qos ||
        !(blocker = why_add(question, REASON_INVALID_QOS)))
        return;
    snprintf(blocker->needs, sizeof(blocker->needs), "QOS %.64s", job->request.qos);
    snprintf(blocker->has, sizeof(blocker->has), "no such QOS any more");
}
