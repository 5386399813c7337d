/* explain.c - why a job waits, what would help, and when it starts: found by trying */

#include "scheduler/explain.h"

#include "base/twin.h"
#include "scheduler/core/core_inside.h"
#include "scheduler/core/foresee.h"
#include "scheduler/core/price.h"
#include "scheduler/core/request.h"

#include <string.h>
#include <time.h>

/* Guesses that are decided; beside them only what is certain is told. */
#define GUESSES_MOST 24
/* Steps of the core between two looks at the clock. */
#define STEPS_AT_ONCE 64

static int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- trials ------------------------------------------------------------------------------------- */

struct lifting {
    struct core *core;
    uint64_t job;
    struct lane_name lane;
    struct blocker blockers[BLOCKER_MAX];
    unsigned count;
};

static void lift(void *owner, int output)
{
    struct lifting *lifting = owner;
    bool started =
        core_lift(lifting->core, lifting->job, &lifting->lane, lifting->blockers, lifting->count);

    (void)twin_write(output, &started, sizeof(started));
}

/* Would it start in the guess's lane if all others there were gone?  Then it is none. */
static bool starts_despite(struct core *core, uint64_t job, const struct blocker *guess,
                           const struct blocker *blockers, unsigned count)
{
    struct lifting lifting = {
        .core = core, .job = job, .lane = {guess->cluster, guess->partition}
    };
    struct error ignored;
    bool started;

    for (unsigned i = 0; i < count; i++)
        if (&blockers[i] != guess && blockers[i].reason != REASON_NONE &&
            blocker_is_of(&blockers[i], &lifting.lane))
            lifting.blockers[lifting.count++] = blockers[i];
    return !twin_ask(lift, &lifting, &started, sizeof(started), &ignored) || started;
}

void explain_blockers(struct core *core, uint64_t job, struct blocker *blockers, unsigned *count)
{
    unsigned kept = 0, tried = 0;

    for (unsigned i = 0; i < *count; i++)
        if (blockers[i].guess &&
            (tried++ >= GUESSES_MOST || starts_despite(core, job, &blockers[i], blockers, *count)))
            blockers[i].reason = REASON_NONE;
    for (unsigned i = 0; i < *count; i++) {
        if (blockers[i].reason == REASON_NONE)
            continue;
        blockers[kept] = blockers[i];
        blockers[kept++].guess = false;
    }
    *count = kept;
}

/* --- when ----------------------------------------------------------------------------------------- */

struct forecast {
    struct core *core;
    uint64_t job;
    enum foresee_ends ends;
    bool last;
    int64_t until_us;
};

static void forecast(void *owner, int output)
{
    struct forecast *forecast = owner;
    CLEANUP(foresee_freep)
    struct foresight *foresight = foresee_new(forecast->core, forecast->ends);
    struct expected expected = {0};
    const struct job *started;
    enum foreseen foreseen;

    if (forecast->last)
        foresee_last(foresight);
    do
        foreseen = foresee_run(foresight, forecast->job, STEPS_AT_ONCE, &expected.at_us);
    while (foreseen == FORESEEN_MORE && monotonic_us() < forecast->until_us);
    expected.known = foreseen == FORESEEN_START;
    expected.never = foreseen == FORESEEN_NEVER;
    started = expected.known ? foresee_started(foresight, forecast->job) : NULL;
    if (started)
        tried_fill(&expected.where, started);
    (void)twin_write(output, &expected, sizeof(expected));
}

static struct expected expect(struct forecast forecast_of, int64_t patience_us)
{
    struct expected expected = {0};
    struct error ignored;

    forecast_of.until_us = monotonic_us() + patience_us;
    (void)twin_ask(forecast, &forecast_of, &expected, sizeof(expected), &ignored);
    return expected;
}

/* --- what it costs -------------------------------------------------------------------------------- */

static struct cost cost_in(const struct core *core, const struct job *job,
                           const struct cluster *cluster, const struct partition *partition)
{
    const struct lane_name lane = {cluster, partition};
    const struct quantities quantities = quantities_of_job(job);
    struct cost cost = {.cluster = cluster, .cores = quantities.cores};
    struct tariff tariff = tariff_of(core->rates, &lane, &job->request, &quantities, core->now_us);
    struct balance balance;

    cost.limit_us = request_limit(&job->request, partition);
    cost.factor_ppm = tariff.factor_ppm;
    cost.card = tariff.card ? tariff.card->id : 0;
    cost.listed = tariff.card && tariff.card->listed;
    cost.price_micro = ledger_price(cost.cores, cost.limit_us, cost.factor_ppm);
    cost.hold_micro = price_to_hold(core, &lane, &job->request, &quantities, cost.limit_us);
    if (ledger_balance(core->ledger, job->institution, job->project, core->now_us, &balance))
        cost.available_micro = balance.available_micro;
    return cost;
}

/* Where it is; else in the first cluster, and its first partition, in which it may be. */
static struct cost find_cost(const struct core *core, const struct job *job)
{
    if (job->part_count > 0)
        return cost_in(core, job, job->cluster, job->partition);
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        const struct partition *partition = request_partition(&job->request, cluster);

        if (partition)
            return cost_in(core, job, cluster, partition);
    }
    return (struct cost){0};
}

/* --- what would help ------------------------------------------------------------------------------ */

struct attempt_at {
    struct core *core;
    uint64_t job;
    const struct request *request;
    bool instead;
};

static void try_it(void *owner, int output)
{
    struct attempt_at *attempt = owner;
    struct tried tried;

    core_try(attempt->core, attempt->job, attempt->request, attempt->instead, &tried);
    (void)twin_write(output, &tried, sizeof(tried));
}

/* Beside the job, or else in its place. */
static bool would_start(struct core *core, uint64_t job, const struct request *request,
                        struct tried *tried)
{
    for (int instead = 0; instead < 2; instead++) {
        struct attempt_at attempt = {core, job, request, instead != 0};
        struct error ignored;

        if (twin_ask(try_it, &attempt, tried, sizeof(*tried), &ignored) && tried->started)
            return true;
    }
    return false;
}

/* No other request helps a job that somebody holds, or that waits for its own time. */
static bool may_be_advised(const struct explanation *explanation)
{
    for (unsigned i = 0; i < explanation->blocker_count; i++)
        if (explanation->blockers[i].tier == BLOCKER_WAIT || !explanation->blockers[i].cluster)
            return false;
    return explanation->blocker_count > 0;
}

void explain_advise(struct core *core, struct explanation *explanation, int64_t until_us)
{
    struct proposal proposals[PROPOSAL_MAX];
    unsigned count;

    memset(proposals, 0, sizeof(proposals));
    count = core_propose(core, explanation->job, proposals);
    for (unsigned i = 0; i < count && explanation->advice_count < ADVICE_MAX; i++) {
        struct advice *advice = &explanation->advice[explanation->advice_count];

        if (monotonic_us() >= until_us)
            break;
        if (!would_start(core, explanation->job, &proposals[i].request, &advice->tried))
            continue;
        memcpy(advice->change, proposals[i].change, sizeof(advice->change));
        explanation->advice_count++;
    }
    proposals_clear(proposals, count);
}

/* --- all of it ------------------------------------------------------------------------------------ */

static void note_blockers(const struct core *core, struct explanation *explanation)
{
    explanation->blocker_count = core_why(core, explanation->job, explanation->blockers);
}

/* Without what is only a guess. */
void explain_at_once(const struct core *core, uint64_t id, struct explanation *ret_explanation)
{
    const struct job *job = core_find_job(core, id);
    unsigned kept = 0;

    memset(ret_explanation, 0, sizeof(*ret_explanation));
    ret_explanation->job = id;
    if (!job)
        return;
    note_blockers(core, ret_explanation);
    for (unsigned i = 0; i < ret_explanation->blocker_count; i++)
        if (!ret_explanation->blockers[i].guess)
            ret_explanation->blockers[kept++] = ret_explanation->blockers[i];
    ret_explanation->blocker_count = kept;
    if (job->state != JOB_PENDING)
        return;
    ret_explanation->planned_us = job->planned_us;
    ret_explanation->cost = find_cost(core, job);
}

/* Where it is foreseen to start, not where it might. */
static void cost_where_foreseen(const struct core *core, const struct job *job,
                                struct explanation *explanation)
{
    const struct inventory *inventory = core->inventory;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);
        const struct partition *partition;

        for (size_t j = 0; (partition = request_partition_at(&job->request, cluster, j)); j++) {
            char place[sizeof(explanation->latest.where.place)];

            snprintf(place, sizeof(place), "%.46s/%.46s", cluster->name, partition->name);
            if (strcmp(place, explanation->latest.where.place) == 0)
                explanation->cost = cost_in(core, job, cluster, partition);
        }
    }
}

/* All of a job that waits: written as far as it is known, again and again. */
static void explain_waiting(struct core *core, uint64_t id, int64_t patience_us, int output,
                            struct explanation *all)
{
    int64_t until_us = monotonic_us() + patience_us;

    core_front(core, id, &all->front);
    all->finish_count = finish_list(core, core_find_job(core, id), FINISH_MAX, all->finishes);
    note_blockers(core, all);
    explain_blockers(core, id, all->blockers, &all->blocker_count);
    (void)twin_write(output, all, sizeof(*all));
    if (may_be_advised(all))
        explain_advise(core, all, until_us - patience_us / 2);
    (void)twin_write(output, all, sizeof(*all));
    all->latest = expect((struct forecast){core, id, FORESEE_LIMITS, false, 0}, patience_us / 4);
    all->earliest =
        expect((struct forecast){core, id, FORESEE_PREDICTED, false, 0}, patience_us / 4);
    cost_where_foreseen(core, core_find_job(core, id), all);
}

void explain(struct core *core, uint64_t id, int64_t patience_us, int output,
             struct explanation *ret_explanation)
{
    const struct job *job;

    explain_at_once(core, id, ret_explanation);
    job = core_find_job(core, id);
    if (job && job->state == JOB_PENDING)
        explain_waiting(core, id, patience_us, output, ret_explanation);
    ret_explanation->complete = true;
    (void)twin_write(output, ret_explanation, sizeof(*ret_explanation));
}

/* --- of what was only tried ----------------------------------------------------------------------- */

struct found {
    uint64_t waiting, last; /* the first and the last that wait; 0: none */
    uint64_t placed;        /* the first that has its nodes */
    uint32_t starting, count;
    int64_t held_micro;
};

static struct found find_jobs(const struct core *core, const struct outline *outline)
{
    struct found found = {0};

    for (const struct job *job = core_job_after(core, outline->first - 1);
         job && job->id < outline->next; job = core_job_after(core, job->id)) {
        found.count += job_element_count(job);
        found.held_micro += job->held_micro;
        if (job->part_count > 0) {
            found.starting++;
            found.placed = found.placed ? found.placed : job->id;
        } else {
            found.waiting = found.waiting ? found.waiting : job->id;
            found.last = job->id;
        }
    }
    return found;
}

static void explain_outline(struct core *core, const struct outline *outline, int64_t patience_us,
                            int output, struct explanation *all)
{
    const struct found found = find_jobs(core, outline);
    uint32_t number = all->number;

    explain_at_once(core, found.waiting ? found.waiting : found.placed, all);
    all->number = number;
    all->count = found.count;
    all->starting = found.starting;
    if (found.placed)
        tried_fill(&all->now, core_find_job(core, found.placed));
    if (found.placed && !found.waiting)
        all->cost = find_cost(core, core_find_job(core, found.placed));
    if (found.waiting)
        explain_waiting(core, found.waiting, patience_us, output, all);
    if (found.waiting && found.count > 1)
        all->last =
            expect((struct forecast){core, found.last, FORESEE_LIMITS, true, 0}, patience_us / 4);
    all->cost.available_micro += found.held_micro; /* as before any of them started */
    all->complete = true;
    (void)twin_write(output, all, sizeof(*all));
}

void explain_outlines(struct core *core, const struct outline *outlines, uint32_t count,
                      int64_t patience_us, int output)
{
    CLEANUP(memory_freep) struct explanation *all = NEW(struct explanation);

    for (uint32_t i = 0; i < count; i++) {
        memset(all, 0, sizeof(*all));
        all->number = i;
        explain_outline(core, &outlines[i], patience_us / count, output, all);
    }
}

bool explanation_read(const void *bytes, size_t size, uint32_t number,
                      struct explanation *ret_explanation)
{
    for (size_t i = size / sizeof(*ret_explanation); i > 0; i--) {
        memcpy(ret_explanation, (const char *)bytes + (i - 1) * sizeof(*ret_explanation),
               sizeof(*ret_explanation));
        if (ret_explanation->number == number)
            return true;
    }
    return false;
}
