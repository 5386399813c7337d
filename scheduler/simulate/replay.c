/* replay.c - the jobs of a log go through the scheduler's core under a simulated clock */

#include "scheduler/simulate/replay_inside.h"

#include "base/parse.h"
#include "scheduler/simulate/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The log's second 0; so that jobs which were shaken to before it have their time too. */
#define ORIGIN_US (1000 * US_PER_DAY)
/* Of one second: then the core does not come to rest, which is a bug. */
#define PASSES_MOST    1000000
#define PROGRESS_EVERY 1024

uint32_t replay_processors(const struct replay_settings *settings)
{
    return (settings->nodes ? settings->nodes : 1) * settings->cores_per_node;
}

static struct running *running_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct running, of_ends);
}

/* Of one second by submission, so that a replay can be repeated. */
static bool ends_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct running *first = running_of(a), *second = running_of(b);

    return first->end_s != second->end_s ? first->end_s < second->end_s : first < second;
}

static int64_t next_end(const struct replay *replay)
{
    const struct heap_node *first = heap_first(&replay->ends);

    return first ? running_of(first)->end_s : INT64_MAX;
}

static int64_t moment_us(int64_t at_s)
{
    return ORIGIN_US + at_s * US_PER_SECOND;
}

/* --- the nodes' agents ----------------------------------------------------------------------- */

static void add_demand(struct replay *replay, const struct effect *effect, enum event_kind answer)
{
    if (replay->demand_count == replay->demand_capacity) {
        replay->demand_capacity = replay->demand_capacity ? 2 * replay->demand_capacity : 64;
        replay->demands =
            memory_resize(replay->demands, replay->demand_capacity, sizeof(*replay->demands));
    }
    replay->demands[replay->demand_count++] =
        (struct demand){effect->job->id, effect->part, answer};
}

static void note_effect(struct replay *replay, const struct effect *effect)
{
    if (effect->kind == EFFECT_LAUNCH_PART)
        add_demand(replay, effect,
                   effect->job->parts[effect->part].state == PART_STARTING ? EVENT_PART_STARTED
                                                                           : EVENT_PART_READY);
    else if (effect->kind == EFFECT_STOP_PART)
        add_demand(replay, effect, EVENT_PART_ENDED);
    else if (effect->kind == EFFECT_JOB_ENDED)
        replay->ended++;
}

void replay_step(struct replay *replay, struct event *event)
{
    event->at_us = moment_us(replay->now_s);
    effects_reset(&replay->effects);
    core_step(replay->core, event, &replay->effects);
    replay->counts.steps++;
    for (size_t i = 0; i < replay->effects.count; i++)
        note_effect(replay, &replay->effects.all[i]);
    for (size_t i = 0; replay->settings->booked && i < replay->effects.booking_count; i++)
        replay->settings->booked(replay->settings->context, &replay->effects.bookings[i]);
}

static void tell(struct replay *replay, uint64_t id, uint32_t part, struct event event)
{
    const struct job *job = core_find_job(replay->core, id);
    uint8_t token[TOKEN_SIZE];

    assert(job && part < job->part_count);
    memcpy(token, job->token, sizeof(token));
    event.part.job = id;
    event.part.attempt = job->attempt;
    event.part.part = part;
    event.part.token = token;
    replay_step(replay, &event);
}

/* The job runs from this second on. */
static void note_start(struct replay *replay, uint64_t id)
{
    size_t index = id - 1;

    replay->starts_s[index] = replay->now_s;
    replay->counts.decisions++;
    replay->running[index].end_s = replay->now_s + replay->jobs[index].run_s;
    heap_add(&replay->ends, &replay->running[index].of_ends);
}

/* Answer all that was asked; each answer may bring more.  None of it frees anything but the
 * stopped parts of a job whose end is being told, so no pass is due before the last. */
static void answer_demands(struct replay *replay, bool more)
{
    for (size_t i = 0; i < replay->demand_count; i++) {
        struct demand demand = replay->demands[i];

        if (demand.answer == EVENT_PART_STARTED)
            note_start(replay, demand.job);
        tell(replay, demand.job, demand.part,
             (struct event){
                 .kind = demand.answer,
                 .more = more || demand.answer != EVENT_PART_ENDED || i + 1 < replay->demand_count,
                 .part = {.cause = END_STOPPED, .core_list = "-"},
        });
    }
    replay->demand_count = 0;
}

/* --- what happens ---------------------------------------------------------------------------- */

static void submit(struct replay *replay, struct error *err)
{
    const struct work *work = &replay->jobs[replay->submitted];
    bool is_pool = replay->settings->nodes == 0;
    int64_t limit_s = replay->settings->clairvoyant ? work->run_s : work->limit_s;
    char user[REPLAY_NAME_SIZE], project[REPLAY_NAME_SIZE], home[REPLAY_NAME_SIZE];
    struct request request = {
        .nodes_least = is_pool,
        .nodes_most = is_pool,
        .tasks = is_pool ? 1 : work->processors,
        .cpus_per_task = is_pool ? work->processors : 1,
        .limit_us = limit_s * US_PER_SECOND,
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = replay->submitted + 1,
                       .copies = 1,
                       .user = user,
                       .project = project,
                       .request = &request},
    };

    replay_write_name(user, 'u', work->user);
    replay_write_project(replay, work, project);
    replay_write_name(home, REPLAY_CLUSTER, work->site + 1);
    if (replay->settings->sites > 0 && work->at_home)
        request.clusters = home;
    /* Whose jobs nobody knows has no habits. */
    if (work->user < 0)
        event.submission.predicted_us = request.limit_us;
    replay->submitted++;
    if (!core_check_request(replay->core, &request, user, project, 1, err)) {
        fail_in(err, _("job %" PRId64), work->number);
        return;
    }
    replay_step(replay, &event);
    answer_demands(replay, true);
}

static void end(struct replay *replay, size_t index, bool more)
{
    bool has_more_parts = core_find_job(replay->core, index + 1)->part_count > 1;

    tell(replay, index + 1, 0,
         (struct event){
             .kind = EVENT_PART_ENDED,
             .more = more || has_more_parts,
             .part = {.cause = END_BY_ITSELF,
                      .wall_used_us = replay->jobs[index].run_s * US_PER_SECOND},
    });
    answer_demands(replay, more); /* with what the pass after the last part started */
    if (replay->settings->progress && replay->ended % PROGRESS_EVERY == 0)
        replay->settings->progress(replay->ended, replay->count);
}

static bool ends_by_limit(const struct replay *replay, size_t index)
{
    return replay->settings->clairvoyant ||
           replay->jobs[index].run_s == replay->jobs[index].limit_s;
}

static void add_due(struct replay *replay, size_t index)
{
    if (replay->due_count == replay->due_capacity) {
        replay->due_capacity = replay->due_capacity ? 2 * replay->due_capacity : 64;
        replay->due = memory_resize(replay->due, replay->due_capacity, sizeof(*replay->due));
    }
    replay->due[replay->due_count++] = index;
}

static void pass_time(struct replay *replay)
{
    replay_step(replay, &(struct event){.kind = EVENT_TIME_PASSED});
    answer_demands(replay, true);
}

/* All of one second; see replay.h for the order. */
static bool run_second(struct replay *replay, struct error *err)
{
    unsigned passes = 0;
    bool undecided = false;

    replay->due_count = 0;
    while (next_end(replay) == replay->now_s) {
        struct heap_node *first = heap_first(&replay->ends);
        size_t index = (size_t)(running_of(first) - replay->running);

        heap_remove(&replay->ends, first);
        if (!ends_by_limit(replay, index)) {
            add_due(replay, index);
            continue;
        }
        end(replay, index, true);
        undecided = true;
    }
    err->code = ERROR_NONE;
    while (replay->submitted < replay->count &&
           replay->jobs[replay->submitted].submit_s == replay->now_s) {
        submit(replay, err);
        if (err->code != ERROR_NONE)
            return false;
        undecided = false;
    }
    for (size_t i = 0; i < replay->due_count; i++) {
        end(replay, replay->due[i], false);
        undecided = false;
    }
    while (undecided || core_next_time(replay->core) <= moment_us(replay->now_s)) {
        undecided = false;
        if (passes++ == PASSES_MOST)
            return fail(err, ERROR_INTERNAL, "the core does not come to rest at second %" PRId64,
                        replay->now_s);
        pass_time(replay);
    }
    if (replay->settings->rested)
        replay->settings->rested(replay->settings->context, replay->core, replay->now_s);
    return true;
}

/* The next second in which anything happens; INT64_MAX: none. */
static int64_t next_second(const struct replay *replay)
{
    int64_t next_s = next_end(replay);
    int64_t timer_us = core_next_time(replay->core);

    if (replay->submitted < replay->count && replay->jobs[replay->submitted].submit_s < next_s)
        next_s = replay->jobs[replay->submitted].submit_s;
    if (timer_us != INT64_MAX) {
        int64_t timer_s = (timer_us - ORIGIN_US + US_PER_SECOND - 1) / US_PER_SECOND;

        if (timer_s < next_s)
            next_s = timer_s;
    }
    return next_s;
}

/* --- all of it ------------------------------------------------------------------------------- */

static bool run(struct replay *replay, struct error *err)
{
    if (replay->count > 0)
        replay->now_s = replay->jobs[0].submit_s;
    replay_open_network(replay);
    while (replay->ended < replay->count) {
        int64_t next_s = next_second(replay);

        if (next_s == INT64_MAX)
            return fail(err, ERROR_INTERNAL, "%zu jobs wait and nothing will happen any more",
                        replay->count - replay->ended);
        replay->now_s = next_s > replay->now_s ? next_s : replay->now_s;
        if (!run_second(replay, err))
            return false;
    }
    return true;
}

static int64_t cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * US_PER_SECOND + used.tv_nsec / 1000;
}

bool replay(const struct replay_settings *settings, const struct work *jobs, size_t count,
            int64_t *starts_s, struct replay_counts *ret_counts, struct error *err)
{
    struct replay all = {
        .settings = settings,
        .jobs = jobs,
        .count = count,
        .starts_s = starts_s,
        .core = replay_make_core(settings),
        .running = NEW_ARRAY(struct running, count + 1),
    };
    int64_t before_us = cpu_us();
    bool good;

    effects_init(&all.effects);
    heap_init(&all.ends, ends_before);
    good = run(&all, err);
    all.counts.cpu_us = cpu_us() - before_us;
    if (good)
        *ret_counts = all.counts;
    core_free(all.core);
    effects_clear(&all.effects);
    heap_clear(&all.ends);
    free(all.running);
    free(all.demands);
    free(all.due);
    return good;
}
