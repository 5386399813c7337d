/* test_backfill.c - who was promised a start by a reservation starts by then
 *
 * Agents here do at once what they are told, and jobs end at their limits or before. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define RUNS  10
#define JOBS  400
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
    unsigned promises, backfilled;
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

static void start(struct scene *scene, uint64_t id)
{
    const struct job *job = core_find_job(scene->core, id);
    int64_t limit_us = job_limit(job);

    if (scene->promised_us[id]) {
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

static void end_next(struct scene *scene)
{
    uint64_t id = next_to_end(scene);

    scene->now_us = scene->end_us[id];
    scene->end_us[id] = 0;
    tell(scene, EVENT_PART_ENDED, id, 0);
    obey(scene);
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

    if (test_random_chance(random, 40))
        request.clusters[request.cluster_count++] =
            (char *)(test_random_chance(random, 50) ? "alpha" : "beta");
    if (!core_check_request(scene->core, &request, "ana", "astro", 1, &err))
        return;
    step(scene, &event);
    obey(scene);
}

/* Partitions that share no node: where they do, one's reservation does not bind the other. */
static struct core *make_core(void)
{
    struct partition alpha[] = {
        {(char *)"batch", (char *)"a[1-4]", true,  true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0,
         0                                                                                          },
        {(char *)"few",   (char *)"a[5-6]", false, true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0, 0},
    };
    struct partition beta[] = {
        {(char *)"batch", NULL, true, true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0, 0},
    };
    struct cluster clusters[] = {
        {(char *)"alpha", (char *)"unam", 1000000, COUNT_OF(alpha), alpha},
        {(char *)"beta",  (char *)"unam", 1000000, COUNT_OF(beta),  beta },
    };
    struct core_settings settings = {
        .clusters = clusters,
        .cluster_count = COUNT_OF(clusters),
        .keep_ended_us = 1000 * US_PER_DAY,
        .backfill_depth = 20,
        .pending_most = 100000,
        .pending_most_per_user = 100000,
    };

    return core_new(&settings);
}

static void open_network(struct scene *scene)
{
    static const char *const nodes[] = {"a1", "a2", "a3", "a4", "a5", "a6", "b1", "b2", "b3"};

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
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        step(scene, &(struct event){
                        .kind = EVENT_NODE_JOINED,
                        .node = {.name = nodes[i],
                                 .cluster = nodes[i][0] == 'a' ? "alpha" : "beta",
                                 .boot_id = "a",
                                 .cores = i % 3 ? 8 : 4,
                                 .memory_bytes = UINT64_C(16) << 30},
        });
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
            scene->now_us += test_random_below(scene->random, US_PER_MINUTE);
        submit(scene);
    }
    while (next_to_end(scene))
        end_next(scene);
}

static void test_promises_are_kept(void)
{
    struct test_random random = test_random_from_environment();
    unsigned promises = 0, backfilled = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        struct scene *scene = NEW(struct scene);
        uint64_t pending, running;

        scene->random = &random;
        scene->now_us = START;
        scene->core = make_core();
        effects_init(&scene->effects);
        open_network(scene);
        play(scene);
        core_count(scene->core, &pending, &running);
        CU_ASSERT_EQUAL(pending, 0);
        CU_ASSERT_EQUAL(running, 0);
        promises += scene->promises;
        backfilled += scene->backfilled;
        core_free(scene->core);
        effects_clear(&scene->effects);
        free(scene);
    }
    /* Both things happened, or the test says nothing. */
    CU_ASSERT(promises > 100);
    CU_ASSERT(backfilled > 100);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a reserved start is never later than promised", test_promises_are_kept},
        CU_TEST_INFO_NULL,
    };

    return run_suite("backfill", tests);
}
