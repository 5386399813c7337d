/* test_guarantee.c - owners who want no more than is guaranteed to them have it in time
 *
 * One cluster, work of its owners and of guests of all kinds, in random order.  Agents do at once what
 * they are told, but to end a job may take them all of kill-wait.  A model that knows nothing of the
 * planner counts the nodes that the owners have and wait for: while these are no more than are
 * guaranteed, none of their jobs may wait longer than was said. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define RUNS       30
#define JOBS       300
#define BURST_MOST 5
#define NODES_MOST 24
#define CORES      4
#define START      INT64_C(1700000000000000)
#define KILL_WAIT  (30 * US_PER_SECOND)
#define NEVER      INT64_MAX

/* What an agent will say. */
struct news {
    int64_t at_us; /* NEVER: it was said */
    enum event_kind kind;
    uint64_t job;
    uint32_t part, attempt;
};

struct scene {
    struct test_random *random;
    struct core *core;
    struct effects effects;
    int64_t now_us, within_us;
    unsigned nodes, guarantee;
    int64_t entitled_us[JOBS + 1]; /* since when; 0: it is not */
    unsigned waited, pushed, kept;
    size_t news_count;
    struct news news[64 * JOBS];
};

static bool is_owners(const struct job *job)
{
    return strcmp(job->institution, "unam") == 0;
}

/* --- the model --------------------------------------------------------------------------------- */

static unsigned nodes_had(const struct scene *scene)
{
    const struct inventory *inventory = core_inventory(scene->core);
    const struct job *job = NULL;
    bool had[NODES_MOST] = {false};
    unsigned count = 0;

    while ((job = core_job_after(scene->core, job ? job->id : 0)))
        for (uint32_t i = 0; is_owners(job) && i < job->part_count; i++)
            if (job->parts[i].state != PART_ENDED && job->parts[i].state != PART_LOST)
                had[job->parts[i].node->index] = true;
    for (size_t i = 0; i < inventory_node_count(inventory); i++)
        count += had[i];
    return count;
}

/* If each has nodes of its own. */
static unsigned nodes_wanted(const struct job *job)
{
    unsigned nodes = (job->request.tasks + CORES - 1) / CORES;

    return nodes > job->request.nodes_least ? nodes : job->request.nodes_least;
}

static void check_promise(struct scene *scene)
{
    const struct job *job = NULL;
    unsigned nodes = nodes_had(scene);

    if (core_next_time(scene->core) <= scene->now_us)
        return; /* it has not come to rest */
    while ((job = core_job_after(scene->core, job ? job->id : 0)))
        if (is_owners(job) && job->state == JOB_PENDING)
            nodes += nodes_wanted(job);
    while ((job = core_job_after(scene->core, job ? job->id : 0))) {
        int64_t *since_us = &scene->entitled_us[job->id];

        scene->kept += job->reason == REASON_GUARANTEED;
        if (!is_owners(job) || job->state != JOB_PENDING || nodes > scene->guarantee)
            *since_us = 0;
        else if (*since_us == 0)
            *since_us = scene->now_us;
        CU_ASSERT_FATAL(*since_us == 0 || scene->now_us <= *since_us + scene->within_us);
    }
}

/* --- agents ------------------------------------------------------------------------------------ */

static void expect(struct scene *scene, enum event_kind kind, const struct job *job, uint32_t part,
                   int64_t at_us)
{
    CU_ASSERT_FATAL(scene->news_count < COUNT_OF(scene->news));
    scene->news[scene->news_count++] = (struct news){at_us, kind, job->id, part, job->attempt};
}

static void obey(struct scene *scene, const struct effect *effect)
{
    const struct job *job = effect->job;

    if (effect->kind == EFFECT_LAUNCH_PART)
        expect(scene,
               job->parts[effect->part].state == PART_STARTING ? EVENT_PART_STARTED
                                                               : EVENT_PART_READY,
               job, effect->part, scene->now_us);
    else if (effect->kind == EFFECT_STOP_PART)
        expect(scene, EVENT_PART_ENDED, job, effect->part,
               scene->now_us + test_random_between(scene->random, 0, KILL_WAIT));
    if (effect->kind == EFFECT_STOP_PART && job->reason == REASON_PREEMPTED)
        scene->pushed++;
}

static void step(struct scene *scene, struct event *event)
{
    event->at_us = scene->now_us;
    effects_reset(&scene->effects);
    core_step(scene->core, event, &scene->effects);
    core_check_invariants(scene->core);
    for (size_t i = 0; i < scene->effects.count; i++)
        obey(scene, &scene->effects.all[i]);
}

/* It runs for its limit, or for less. */
static void note_start(struct scene *scene, const struct job *job)
{
    int64_t run_us = job_limit(job);

    if (scene->entitled_us[job->id] > 0 && scene->entitled_us[job->id] < scene->now_us)
        scene->waited++;
    if (test_random_chance(scene->random, 50))
        run_us = test_random_between(scene->random, 1, run_us);
    expect(scene, EVENT_PART_ENDED, job, 0, scene->now_us + run_us);
}

static void tell(struct scene *scene, struct news *news)
{
    const struct job *job = core_find_job(scene->core, news->job);
    uint8_t token[TOKEN_SIZE];
    struct event event = {
        .kind = news->kind,
        .part = {.job = news->job, .attempt = news->attempt, .part = news->part, .token = token},
    };

    news->at_us = NEVER;
    if (job->attempt != news->attempt || job_state_is_final(job->state))
        return;
    memcpy(token, job->token, TOKEN_SIZE);
    if (news->kind == EVENT_PART_ENDED && news->part == 0 && job->start_us > 0)
        event.part.wall_used_us = scene->now_us - job->start_us;
    if (news->kind == EVENT_PART_STARTED && news->part == 0)
        note_start(scene, job);
    step(scene, &event);
}

static struct news *next_news(struct scene *scene)
{
    struct news *next = NULL;

    for (size_t i = 0; i < scene->news_count; i++)
        if (scene->news[i].at_us != NEVER && (!next || scene->news[i].at_us < next->at_us))
            next = &scene->news[i];
    return next;
}

/* All that is due until then; at one moment agents speak before the clock does. */
static void pass_time(struct scene *scene, int64_t until_us)
{
    for (;;) {
        struct news *news = next_news(scene);
        int64_t timer_us = core_next_time(scene->core);

        if ((!news || news->at_us > until_us) && timer_us > until_us)
            break;
        if (news && news->at_us <= timer_us) {
            if (news->at_us > scene->now_us)
                scene->now_us = news->at_us;
            tell(scene, news);
        } else {
            if (timer_us > scene->now_us)
                scene->now_us = timer_us;
            step(scene, &(struct event){.kind = EVENT_TIME_PASSED});
        }
        if (!next_news(scene) || next_news(scene)->at_us > scene->now_us)
            check_promise(scene);
    }
    scene->now_us = until_us;
}

/* --- what is asked for ------------------------------------------------------------------------- */

static void submit(struct scene *scene, bool owners)
{
    static const char *const qoses[] = {"scrap", "scrap", "slow", "stopped", NULL, NULL, NULL};
    struct test_random *random = scene->random;
    const char *qos = owners ? NULL : qoses[test_random_below(random, COUNT_OF(qoses))];
    struct request request = {
        .tasks = 1 + test_random_below(random, owners ? 6 : 12),
        .nodes_least = test_random_chance(random, 20) ? 1 + test_random_below(random, 3) : 0,
        .exclusive = test_random_chance(random, 10),
        .limit_us = (1 + (int64_t)test_random_below(random, 120)) * US_PER_MINUTE,
        .clusters = (char *)"alpha",
        .requeue = test_random_chance(random, 50),
        .qos = (char *)(uintptr_t)qos,
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(scene->core),
                       .copies = 1,
                       .user = test_random_chance(random, 50) ? "ana" : "eva",
                       .project = owners ? "astro" : "bio",
                       .request = &request},
    };
    struct error err;

    if (core_check_request(scene->core, &request, event.submission.user, event.submission.project,
                           1, &err))
        step(scene, &event);
}

static struct core *make_core(struct scene *scene)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_HOUR};
    struct cluster alpha = {.name = (char *)"alpha",
                            .institution = (char *)"unam",
                            .owners_first = true,
                            .guarantee = scene->guarantee,
                            .guarantee_within_us = scene->within_us,
                            .factor_ppm = 1000000,
                            .partition_count = 1,
                            .partitions = &batch};
    struct qos qoses[] = {
        {.name = (char *)"scrap",
         .opportunistic = true,
         .preempt_grace_us = US_PER_MINUTE,
         .preempt_exempt_us = US_PER_MINUTE},
        {.name = (char *)"slow",                       .opportunistic = true,    .preempt_grace_us = US_PER_HOUR   },
        {.name = (char *)"stopped",                       .opportunistic = true, .preempt_mode = QOS_PREEMPT_SUSPEND},
    };
    struct core_settings settings = {
        .clusters = &alpha,
        .cluster_count = 1,
        .kill_wait_us = KILL_WAIT,
        .keep_ended_us = 1000 * US_PER_DAY,
        .policy = policy_find("easy"),
        .pending_most = 100000,
        .pending_most_per_user = 100000,
        .qoses = {COUNT_OF(qoses), qoses},
    };

    return core_new(&settings);
}

static void open_network(struct scene *scene)
{
    static const char *const members[][2] = {
        {"unam", "astro"},
        {"ipn",  "bio"  },
    };

    for (uint64_t i = 0; i < COUNT_OF(members); i++) {
        step(scene, &(struct event){
                        .kind = EVENT_INSTITUTION_ADDED, .books = {members[i][0], NULL}
        });
        step(scene, &(struct event){
                        .kind = EVENT_PROJECT_ADDED, .books = {members[i][0], members[i][1]}
        });
        step(scene, &(struct event){
                        .kind = EVENT_GRANTED,
                        .grant = {i + 1, members[i][0], NULL, LEDGER_AMOUNT_MAX / 4, START, 0}
        });
    }
    for (unsigned i = 0; i < scene->nodes; i++) {
        char name[16];

        snprintf(name, sizeof(name), "n%u", i);
        step(scene, &(struct event){
                        .kind = EVENT_NODE_JOINED,
                        .node = {.name = name,
                                 .cluster = "alpha",
                                 .boot_id = "a",
                                 .cores = CORES,
                                 .memory_bytes = UINT64_C(16) << 30},
        });
    }
}

static void play(struct scene *scene)
{
    while (core_next_job(scene->core) <= JOBS - BURST_MOST) {
        bool owners = test_random_chance(scene->random, 25);
        int64_t jobs = test_random_between(scene->random, 1, BURST_MOST);

        for (int64_t i = 0; i < jobs; i++)
            submit(scene, owners);
        pass_time(scene, scene->now_us + test_random_between(scene->random, 0,
                                                             test_random_chance(scene->random, 20)
                                                                 ? 90 * US_PER_MINUTE
                                                                 : 8 * US_PER_MINUTE));
    }
    pass_time(scene, scene->now_us + 1000 * US_PER_HOUR);
}

static void look_at_runs(struct test_random random)
{
    unsigned waited = 0, pushed = 0, kept = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        struct scene *scene = NEW(struct scene);
        uint64_t pending, running;

        *scene = (struct scene){
            .random = &random,
            .now_us = START,
            .within_us = test_random_between(&random, 3, 30) * US_PER_MINUTE,
            .nodes = (unsigned)test_random_between(&random, 4, NODES_MOST),
        };
        scene->guarantee = 1 + test_random_below(&random, scene->nodes);
        scene->core = make_core(scene);
        effects_init(&scene->effects);
        open_network(scene);
        play(scene);
        core_count(scene->core, &pending, &running);
        CU_ASSERT_EQUAL(running, 0);
        waited += scene->waited;
        pushed += scene->pushed;
        kept += scene->kept;
        core_free(scene->core);
        effects_clear(&scene->effects);
        free(scene);
    }
    printf("# %u waited, %u were pushed, %u looks found guests kept\n", waited, pushed, kept);
    /* What is looked for happened, or the test says nothing. */
    CU_ASSERT(waited > 40);
    CU_ASSERT(pushed > 100);
    CU_ASSERT(kept > 100);
}

static void test_owners_have_in_time_what_is_guaranteed(void)
{
    look_at_runs(test_random_from_environment());
}

/* Who was warned long before stays longer than the owners may wait. */
static void test_rare_runs(void)
{
    look_at_runs(test_random_from_seed(222));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"owners have in time what is guaranteed", test_owners_have_in_time_what_is_guaranteed},
        {"so they have in rare runs",              test_rare_runs                             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("guarantee", tests);
}
