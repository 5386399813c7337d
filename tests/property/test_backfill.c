/* test_backfill.c - who was promised a start by a reservation starts by then, and windows are kept
 *
 * Agents here do at once what they are told, and jobs end at their limits or before.  Windows
 * are made before the first job; a model that knows nothing of the planner looks at each start:
 * nobody outside may still run when a window begins, whoever is in one runs in its time and on
 * its nodes, and the first who waits in one does so only while there is no room. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/match.h"
#include "scheduler/core/request.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define RUNS  10
#define JOBS  400
#define NODES 40
#define START INT64_C(1700000000000000)

/* What an agent was told and has not done yet. */
struct command {
    uint64_t job;
    uint32_t part;
    enum { TO_MAKE_READY, TO_START, TO_STOP } what;
};

struct scene {
    struct test_random *random;
    struct core *core;
    struct effects effects;
    int64_t now_us;
    int64_t end_us[JOBS + 1]; /* when a running job will end; 0: it does not run */
    int64_t promised_us[JOBS + 1];
    unsigned promises, backfilled, kept, inside;
    const struct policy *policy;
    unsigned nodes;
    char names[NODES][8];
    bool windows;
    size_t command_count, command_done;
    struct command commands[8 * JOBS];
};

static void note_promises(struct scene *scene)
{
    const struct job *job = NULL;

    while ((job = core_job_after(scene->core, job ? job->id : 0)))
        if (job->planned_us && !scene->promised_us[job->id])
            scene->promised_us[job->id] = job->planned_us;
}

static void step(struct scene *scene, struct event *event)
{
    event->at_us = scene->now_us;
    effects_reset(&scene->effects);
    core_step(scene->core, event, &scene->effects);
    core_check_invariants(scene->core);
    note_promises(scene);
    for (size_t i = 0; i < scene->effects.count; i++) {
        const struct effect *effect = &scene->effects.all[i];
        struct command command = {effect->job ? effect->job->id : 0, effect->part, TO_STOP};

        if (effect->kind != EFFECT_LAUNCH_PART && effect->kind != EFFECT_STOP_PART)
            continue;
        if (effect->kind == EFFECT_LAUNCH_PART)
            command.what =
                effect->job->parts[effect->part].state == PART_STARTING ? TO_START : TO_MAKE_READY;
        CU_ASSERT_FATAL(scene->command_count < COUNT_OF(scene->commands));
        scene->commands[scene->command_count++] = command;
    }
}

static void tell(struct scene *scene, enum event_kind kind, uint64_t id, uint32_t part)
{
    const struct job *job = core_find_job(scene->core, id);
    uint8_t token[TOKEN_SIZE];
    struct event event = {
        .kind = kind,
        .part = {.job = id, .attempt = 1, .part = part, .token = token},
    };

    if (kind == EVENT_PART_ENDED && part == 0)
        event.part.wall_used_us = scene->now_us - job->start_us;
    memcpy(token, job->token, TOKEN_SIZE);
    step(scene, &event);
}

/* --- windows: the model ----------------------------------------------------------------------- */

/* Is any moment of [from_us, until_us) in the window's times? */
static bool touches(const struct window_facts *facts, int64_t from_us, int64_t until_us)
{
    int64_t period_us = window_period(facts->repeat);
    int64_t at_us = facts->start_us, length_us = facts->end_us - facts->start_us;

    for (; at_us < until_us; at_us += period_us) {
        if (at_us + length_us > from_us)
            return true;
        if (period_us == 0)
            return false;
    }
    return false;
}

/* All of [from_us, until_us) in one of them? */
static bool covers(const struct window_facts *facts, int64_t from_us, int64_t until_us)
{
    int64_t period_us = window_period(facts->repeat);
    int64_t at_us = facts->start_us, length_us = facts->end_us - facts->start_us;

    while (period_us > 0 && at_us + length_us < until_us)
        at_us += period_us;
    return at_us <= from_us && until_us <= at_us + length_us;
}

static bool is_free_of_windows(const struct scene *scene, const struct node *node,
                               const struct window *own, int64_t until_us)
{
    const struct window *window;
    size_t place = 0;

    while ((window = core_window_next(scene->core, &place)))
        if (window != own && hostlist_has(window->nodes, node->name) &&
            touches(&window->facts, scene->now_us, until_us))
            return false;
    return true;
}

static void check_windows(struct scene *scene, const struct job *job)
{
    int64_t until_us = scene->now_us + job_limit(job);
    const struct window *own = NULL;

    if (job->request.reservation) {
        own = core_window(scene->core, job->request.reservation);
        CU_ASSERT_FATAL(own && covers(&own->facts, scene->now_us, until_us));
        scene->inside++;
    }
    for (uint32_t i = 0; i < job->part_count; i++) {
        CU_ASSERT_FATAL(is_free_of_windows(scene, job->parts[i].node, own, until_us));
        CU_ASSERT_FATAL(!own || hostlist_has(own->nodes, job->parts[i].node->name));
    }
}

/* Of one node, and whether there is room on one for it now. */
static bool fits(const struct scene *scene, const struct job *job, const struct window *window)
{
    int64_t until_us = scene->now_us + job_limit(job);
    const struct need need = {.request = &job->request};

    if (!covers(&window->facts, scene->now_us, until_us))
        return false;
    for (size_t i = 0; i < hostlist_count(window->nodes); i++) {
        const struct node *node =
            inventory_find_node(core_inventory(scene->core), hostlist_at(window->nodes, i));
        struct room room = room_of(node);

        if (request_partition(&job->request, node->cluster) &&
            (node->partitions &
             partition_bit(node->cluster, request_partition(&job->request, node->cluster))) &&
            is_free_of_windows(scene, node, window, until_us) &&
            need_capacity(&need, node, &room) >= job->request.tasks)
            return true;
    }
    return false;
}

/* None is kept out of its window that fits. */
static void check_first(struct scene *scene)
{
    const struct window *window;
    size_t place = 0;

    if (core_next_time(scene->core) <= scene->now_us)
        return; /* it has not come to rest */
    while ((window = core_window_next(scene->core, &place))) {
        const struct job *job = core_job_after(scene->core, 0);

        while (job && (job->state != JOB_PENDING || !job->request.reservation ||
                       strcmp(job->request.reservation, window->facts.name) != 0 ||
                       !covers(&window->facts, scene->now_us, scene->now_us + job_limit(job))))
            job = core_job_after(scene->core, job->id);
        if (job && job->request.nodes_most == 1) {
            scene->kept++;
            CU_ASSERT_FALSE_FATAL(fits(scene, job, window));
        }
    }
}

static void make_window(struct scene *scene, unsigned number)
{
    static const int64_t hours[] = {1, 2, 3, 8};
    struct test_random *random = scene->random;
    CLEANUP(hostlist_freep) struct hostlist *nodes = hostlist_new();
    CLEANUP(buffer_clear) struct buffer list;
    char name[8];
    struct event event = {.kind = EVENT_WINDOW_SET, .window = {.name = name}};
    struct window_facts *facts = &event.window;
    struct error err;

    snprintf(name, sizeof(name), "w%u", number);
    facts->cluster = test_random_chance(random, 70) ? "alpha" : "beta";
    for (unsigned i = 0; i < scene->nodes; i++)
        if (scene->names[i][0] == facts->cluster[0] && test_random_chance(random, 40))
            (void)hostlist_add(nodes, scene->names[i], &err);
    buffer_init(&list);
    hostlist_print(nodes, &list);
    facts->nodes = list.bytes;
    facts->start_us = START + test_random_between(random, 1, US_PER_DAY / 2);
    facts->end_us =
        facts->start_us + hours[test_random_below(random, COUNT_OF(hours))] * US_PER_HOUR;
    facts->repeat = test_random_chance(random, 40) ? WINDOW_DAILY : WINDOW_ONCE;
    facts->maintenance = number > 1 && test_random_chance(random, 60);
    facts->users = facts->maintenance ? "" : "ana";
    facts->projects = facts->institutions = "";
    if (core_check_window(scene->core, facts, &err))
        step(scene, &event);
}

/* --- what jobs do ------------------------------------------------------------------------------ */

static void start(struct scene *scene, uint64_t id)
{
    const struct job *job = core_find_job(scene->core, id);
    int64_t limit_us = job_limit(job);

    check_windows(scene, job);
    if (scene->promised_us[id] && scene->policy->backfill == BACKFILL_EASY) {
        CU_ASSERT_FATAL(scene->now_us <= scene->promised_us[id]);
        scene->promises++;
    }
    for (uint64_t i = 1; i < id; i++)
        if (core_find_job(scene->core, i)->state == JOB_PENDING) {
            scene->backfilled++;
            break;
        }
    scene->end_us[id] = scene->now_us + (test_random_chance(scene->random, 40)
                                             ? limit_us
                                             : test_random_between(scene->random, 1, limit_us));
    tell(scene, EVENT_PART_STARTED, id, 0);
}

static void obey(struct scene *scene)
{
    while (scene->command_done < scene->command_count) {
        struct command command = scene->commands[scene->command_done++];

        if (command.what == TO_MAKE_READY)
            tell(scene, EVENT_PART_READY, command.job, command.part);
        else if (command.what == TO_START)
            start(scene, command.job);
        else
            tell(scene, EVENT_PART_ENDED, command.job, command.part);
    }
}

/* The job that ends next, or 0. */
static uint64_t next_to_end(const struct scene *scene)
{
    uint64_t next = 0;

    for (uint64_t id = 1; id <= JOBS; id++)
        if (scene->end_us[id] && (!next || scene->end_us[id] < scene->end_us[next]))
            next = id;
    return next;
}

/* What is due until then happens: windows begin and end. */
static void pass_time(struct scene *scene, int64_t until_us)
{
    while (scene->windows && core_next_time(scene->core) <= until_us) {
        if (core_next_time(scene->core) > scene->now_us)
            scene->now_us = core_next_time(scene->core);
        step(scene, &(struct event){.kind = EVENT_TIME_PASSED});
        obey(scene);
        if (next_to_end(scene) && scene->end_us[next_to_end(scene)] < until_us)
            until_us = scene->end_us[next_to_end(scene)]; /* of one that started meanwhile */
    }
    scene->now_us = until_us;
    check_first(scene);
}

static void end_next(struct scene *scene)
{
    uint64_t id;

    pass_time(scene, scene->end_us[next_to_end(scene)]);
    id = next_to_end(scene);
    scene->end_us[id] = 0;
    tell(scene, EVENT_PART_ENDED, id, 0);
    obey(scene);
    check_first(scene);
}

static void submit(struct scene *scene)
{
    struct test_random *random = scene->random;
    struct request request = {
        .tasks = 1 + test_random_below(random, test_random_chance(random, 30) ? 24 : 6),
        .nodes_least = test_random_chance(random, 30) ? 1 + test_random_below(random, 4) : 0,
        .cpus_per_task = test_random_chance(random, 20) ? 2 : 0,
        .memory_per_node =
            test_random_chance(random, 20) ? (uint64_t)(1 + test_random_below(random, 8)) << 30 : 0,
        .exclusive = test_random_chance(random, 10),
        .limit_us = (1 + (int64_t)test_random_below(random, 120)) * US_PER_MINUTE,
        .partition = (char *)(test_random_chance(random, 25) ? "few" : NULL),
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(scene->core),
                       .copies = 1,
                       .user = "ana",
                       .project = "astro",
                       .request = &request},
    };
    struct error err;

    if (scene->windows && test_random_chance(random, 30))
        request.reservation = (char *)(test_random_chance(random, 50) ? "w0" : "w1");
    if (test_random_chance(random, 40))
        request.clusters = (char *)(test_random_chance(random, 50) ? "alpha" : "beta");
    if (!core_check_request(scene->core, &request, "ana", "astro", 1, &err))
        return;
    step(scene, &event);
    obey(scene);
    check_first(scene);
}

/* Partitions that share no node: where they do, one's reservation does not bind the other. */
static struct core *make_core(const struct policy *policy)
{
    struct partition alpha[] = {
        {(char *)"batch", (char *)"a[1-30]",  true,  true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0,
         0, 0, PREEMPT_OFF, 0, 0},
        {(char *)"few",   (char *)"a[31-40]", false, true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0,
         0, 0, PREEMPT_OFF, 0, 0},
    };
    struct partition beta[] = {
        {(char *)"batch", NULL, true, true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0, 0, 0,
         PREEMPT_OFF, 0, 0},
    };
    struct cluster clusters[] = {
        {.name = (char *)"alpha",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = COUNT_OF(alpha),
         .partitions = alpha},
        {.name = (char *)"beta",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = COUNT_OF(beta),
         .partitions = beta },
    };
    struct core_settings settings = {
        .clusters = clusters,
        .cluster_count = COUNT_OF(clusters),
        .keep_ended_us = 1000 * US_PER_DAY,
        .backfill_depth = 20,
        .policy = policy,
        .pending_most = 100000,
        .pending_most_per_user = 100000,
    };

    return core_new(&settings);
}

static void join(struct scene *scene, const char *name, uint32_t cores)
{
    step(scene, &(struct event){
                    .kind = EVENT_NODE_JOINED,
                    .node = {.name = name,
                             .cluster = name[0] == 'a' ? "alpha" : "beta",
                             .boot_id = "a",
                             .cores = cores,
                             .memory_bytes = UINT64_C(16) << 30},
    });
}

static void open_network(struct scene *scene)
{
    scene->nodes = 9 + test_random_below(scene->random, NODES - 8);
    step(scene, &(struct event){
                    .kind = EVENT_INSTITUTION_ADDED, .books = {"unam", NULL}
    });
    step(scene, &(struct event){
                    .kind = EVENT_PROJECT_ADDED, .books = {"unam", "astro"}
    });
    step(scene,
         &(struct event){
             .kind = EVENT_GRANTED, .grant = {1, "unam", NULL, LEDGER_AMOUNT_MAX, START, 0}
    });
    for (unsigned i = 0; i < scene->nodes; i++) {
        static const char kinds[] = "aaaaaabbb";
        static const unsigned first[] = {1, 2, 3, 4, 31, 32, 1, 2, 3};
        static const unsigned steps[] = {4, 4, 4, 4, 2, 2, 3, 3, 3};

        snprintf(scene->names[i], sizeof(scene->names[i]), "%c%u", kinds[i % 9],
                 first[i % 9] + i / 9 * steps[i % 9]);
        join(scene, scene->names[i], i % 3 ? 8 : 4);
    }
    for (unsigned i = 0; scene->windows && i < 6; i++)
        make_window(scene, i);
}

/* Nothing runs, and somebody waits for a window to end: when that is; 0: nobody does. */
static int64_t later_start(const struct scene *scene)
{
    const struct job *job = NULL;

    while ((job = core_job_after(scene->core, job ? job->id : 0)))
        if (job->state == JOB_PENDING && !job->request.reservation)
            return core_next_time(scene->core);
    return 0;
}

static void play(struct scene *scene)
{
    while (core_next_job(scene->core) <= JOBS) {
        uint64_t next = next_to_end(scene);

        if (next && test_random_chance(scene->random, 45)) {
            end_next(scene);
            continue;
        }
        if (!next || scene->end_us[next] > scene->now_us + US_PER_MINUTE)
            pass_time(scene, scene->now_us + test_random_below(scene->random, US_PER_MINUTE));
        submit(scene);
    }
    while (next_to_end(scene) || later_start(scene)) {
        if (next_to_end(scene))
            end_next(scene);
        else
            pass_time(scene, later_start(scene));
    }
}

/* Runs, and what happened in them. */
static struct scene play_runs(bool windows, const struct policy *policy)
{
    struct test_random random = test_random_from_environment();
    struct scene all = {0};

    for (unsigned i = 0; i < RUNS; i++) {
        struct scene *scene = NEW(struct scene);
        uint64_t pending, running;

        *scene = (struct scene){
            .windows = windows, .random = &random, .now_us = START, .policy = policy};
        scene->core = make_core(policy);
        effects_init(&scene->effects);
        open_network(scene);
        play(scene);
        core_count(scene->core, &pending, &running);
        CU_ASSERT(pending == 0 || windows);
        CU_ASSERT_EQUAL(running, 0);
        all.promises += scene->promises;
        all.backfilled += scene->backfilled;
        all.kept += scene->kept;
        all.inside += scene->inside;
        core_free(scene->core);
        effects_clear(&scene->effects);
        free(scene);
    }
    return all;
}

/* What is looked for happened, or the tests say nothing. */
static void test_promises_are_kept(void)
{
    struct scene all = play_runs(false, policy_find("easy"));

    CU_ASSERT(all.promises > 100);
    CU_ASSERT(all.backfilled > 100);
}

/* Plans for all who wait are of cores, and no promises of nodes. */
static void test_windows_are_kept(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct scene all = play_runs(true, policy_find(i ? "conservative" : "easy"));

        CU_ASSERT(i || all.promises > 100);
        CU_ASSERT(all.inside > 50 && all.kept > 20);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a reserved start is never later than promised", test_promises_are_kept},
        {"windows are kept, and promises beside them",    test_windows_are_kept },
        CU_TEST_INFO_NULL,
    };

    return run_suite("backfill", tests);
}
