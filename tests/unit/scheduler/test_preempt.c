/* test_preempt.c - who is ended for whom, on random jobs, against a model that tries each subset's
 * neighbours
 *
 * Agents do at once what they are told; what is being stopped takes a while. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/match.h"
#include "scheduler/core/request.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RUNS   20
#define STEPS  400
#define NODES  6
#define START  INT64_C(1700000000000000)
#define EXEMPT (20 * US_PER_SECOND)

struct scene {
    struct test_random *random;
    struct core *core;
    struct effects effects;
    int64_t now_us;
    unsigned ended, preempted, clear, cancelled, by_qos;
};

static void tell(struct scene *scene, enum event_kind kind, uint64_t id, uint32_t part,
                 enum end_cause cause);

/* --- the model ------------------------------------------------------------------------------- */

/* Would the job fit on the partition's nodes if what is being stopped were gone, but for
 * `spared`? */
static bool fits(const struct scene *scene, const struct job *job, uint64_t spared)
{
    const struct inventory *inventory = core_inventory(scene->core);
    const struct cluster *cluster = inventory_cluster(inventory, 0);
    const struct partition *partition = request_partition(&job->request, cluster);
    const struct need need = {.request = &job->request, .partition = partition};
    struct spread spread;
    bool good;

    spread_init(&spread);
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);
        struct room room = room_of(node);

        LIST_EACH(&node->parts, each) {
            const struct part *part = CONTAINER_OF(each, struct part, of_node);

            if (part->job->state == JOB_COMPLETING && part->job->id != spared)
                room.cores += part->cores;
        }
        room.idle = room.cores == node->cores;
        if (node->partitions & partition_bit(cluster, partition))
            spread_add(&spread, need_capacity(&need, node, &room), 1);
    }
    good = spread_holds(&spread, &job->request);
    spread_clear(&spread);
    return good;
}

/* For whom the effect's job is ended; 0: it is no such effect. */
static uint64_t preemptor_of(const struct effect *effect)
{
    const char *text = effect->kind == EFFECT_WARN ? strstr(effect->text, "room for job ") : NULL;
    uint64_t job = 0;

    return text && sscanf(text, "room for job %" SCNu64, &job) == 1 ? job : 0;
}

/* Can it be seen afterwards what was free then?  Not where two were made room for, or somebody
 * started. */
static bool is_clear(const struct effects *effects)
{
    uint64_t only = 0;

    for (size_t i = 0; i < effects->count; i++) {
        uint64_t job = preemptor_of(&effects->all[i]);

        if (effects->all[i].kind == EFFECT_LAUNCH_PART || (job && only && job != only))
            return false;
        only = job ? job : only;
    }
    return true;
}

static bool has_qos(const struct job *job, const char *qos)
{
    return job->request.qos && strcmp(job->request.qos, qos) == 0;
}

/* By its tier, or by its quality of service, and then only who has run long enough. */
static void check_right(struct scene *scene, const struct job *job, const struct job *victim)
{
    if (victim->partition->preempt != PREEMPT_OFF &&
        victim->partition->tier < request_partition(&job->request, victim->cluster)->tier)
        return;
    CU_ASSERT_FATAL(has_qos(job, "urgent") && has_qos(victim, "scrap"));
    CU_ASSERT(victim->start_us + EXEMPT <= scene->now_us);
    scene->by_qos++;
}

/* Each that was ended in this step, and for whom. */
static void check_victims(struct scene *scene)
{
    for (size_t i = 0; i < scene->effects.count; i++) {
        uint64_t other = preemptor_of(&scene->effects.all[i]);
        const struct job *victim = scene->effects.all[i].job;
        const struct job *job = other ? core_find_job(scene->core, other) : NULL;

        if (!other)
            continue;
        CU_ASSERT_FATAL(job && victim->state == JOB_COMPLETING);
        check_right(scene, job, victim);
        scene->preempted++;
        if (!is_clear(&scene->effects))
            continue;
        CU_ASSERT_TRUE_FATAL(fits(scene, job, 0));
        CU_ASSERT_FALSE_FATAL(fits(scene, job, victim->id));
        scene->clear++;
    }
}

/* --- the network ----------------------------------------------------------------------------- */

static void step(struct scene *scene, struct event *event)
{
    uint64_t starts[256];
    size_t count = 0;

    event->at_us = scene->now_us;
    effects_reset(&scene->effects);
    core_step(scene->core, event, &scene->effects);
    core_check_invariants(scene->core);
    check_victims(scene);
    for (size_t i = 0; i < scene->effects.count; i++) {
        const struct effect *effect = &scene->effects.all[i];

        if (effect->kind == EFFECT_JOB_ENDED) {
            scene->ended++;
            scene->cancelled += effect->job->state == JOB_PREEMPTED;
        }
        if (effect->kind == EFFECT_LAUNCH_PART && count < COUNT_OF(starts) && effect->part == 0)
            starts[count++] = effect->job->id;
    }
    for (size_t i = 0; i < count; i++) {
        const struct job *job = core_find_job(scene->core, starts[i]);

        for (uint32_t j = 0; job && j < job->part_count && job->part_count > 1; j++)
            tell(scene, EVENT_PART_READY, job->id, j, END_BY_ITSELF);
        tell(scene, EVENT_PART_STARTED, starts[i], 0, END_BY_ITSELF);
    }
}

static void tell(struct scene *scene, enum event_kind kind, uint64_t id, uint32_t part,
                 enum end_cause cause)
{
    const struct job *job = core_find_job(scene->core, id);
    uint8_t token[TOKEN_SIZE];

    if (!job || part >= job->part_count)
        return;
    memcpy(token, job->token, TOKEN_SIZE);
    step(scene, &(struct event){
                    .kind = kind,
                    .part = {.job = id,
                             .attempt = job->attempt,
                             .part = part,
                             .token = token,
                             .cause = cause,
                             .wall_used_us = job->start_us ? scene->now_us - job->start_us : 0},
    });
}

static struct core *make_core(void)
{
    struct partition partitions[] = {
        {.name = (char *)"owners",   .is_default = true,         .up = true, .tier = 2},
        {.name = (char *)"few",                 .nodes = (char *)"n[1-2]",                                           .up = true, .tier = 3},
        {.name = (char *)"again",.up = true,.tier = 1, .preempt = PREEMPT_REQUEUE},
        {.name = (char *)"never",                          .up = true,                              .preempt = PREEMPT_CANCEL},
        {.name = (char *)"safe",                 .up = true                                                          },
    };
    struct qos qoses[] = {
        {.name = (char *)"urgent", .preempts = (char *[]){(char *)"scrap", NULL}},
        {.name = (char *)"scrap",  .preempt_exempt_us = EXEMPT                  },
    };
    struct cluster cluster = {.name = (char *)"alpha",
                              .institution = (char *)"unam",
                              .factor_ppm = 1000000,
                              .partition_count = COUNT_OF(partitions),
                              .partitions = partitions};
    struct core_settings settings = {
        .clusters = &cluster,
        .cluster_count = 1,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = 1000 * US_PER_DAY,
        .pending_most = 100000,
        .pending_most_per_user = 100000,
    };

    settings.qoses = (struct qos_list){COUNT_OF(qoses), qoses};
    for (size_t i = 0; i < COUNT_OF(partitions); i++)
        partitions[i].limit_us = partitions[i].default_limit_us = US_PER_DAY;
    return core_new(&settings);
}

static void open_network(struct scene *scene)
{
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
    for (unsigned i = 0; i < NODES; i++) {
        char name[8];

        snprintf(name, sizeof(name), "n%u", i + 1);
        step(scene, &(struct event){
                        .kind = EVENT_NODE_JOINED,
                        .node = {.name = name,
                                 .cluster = "alpha",
                                 .boot_id = "a",
                                 .cores = i % 2 ? 8 : 4,
                                 .memory_bytes = UINT64_C(16) << 30},
        });
    }
}

/* --- what happens ---------------------------------------------------------------------------- */

static void submit(struct scene *scene)
{
    static const char *const qoses[] = {"urgent", "scrap", "scrap", NULL, NULL};
    static const char *const names[] = {"owners", "few",   "again", "again",
                                        "never",  "never", "safe"};
    struct test_random *random = scene->random;
    struct request request = {
        .partition = (char *)(uintptr_t)names[test_random_below(random, COUNT_OF(names))],
        .tasks = 1 + test_random_below(random, test_random_chance(random, 30) ? 12 : 4),
        .nodes_least = test_random_chance(random, 20) ? 2 : 0,
        .exclusive = test_random_chance(random, 10),
        .limit_us = (1 + (int64_t)test_random_below(random, 120)) * US_PER_MINUTE,
        .requeue = test_random_chance(random, 80),
    };
    const char *qos = qoses[test_random_below(random, COUNT_OF(qoses))];
    struct error err;

    request.qos = (char *)(uintptr_t)qos;
    if (request.nodes_least > request.tasks)
        request.tasks = request.nodes_least;
    if (core_check_request(scene->core, &request, "ana", "astro", 1, &err))
        step(scene, &(struct event){
                        .kind = EVENT_JOB_SUBMITTED,
                        .submission = {.first = core_next_job(scene->core),
                                       .copies = 1,
                                       .user = "ana",
                                       .project = "astro",
                                       .request = &request},
        });
}

/* A random job that runs ends by itself, or one that is being stopped has stopped. */
static void end_one(struct scene *scene, bool all)
{
    uint64_t chosen = 0;
    unsigned seen = 0;
    const struct job *job = NULL;
    enum end_cause cause = END_BY_ITSELF;

    while ((job = core_job_after(scene->core, job ? job->id : 0)))
        if ((job->state == JOB_RUNNING || job->state == JOB_COMPLETING) &&
            test_random_below(scene->random, ++seen) == 0) {
            chosen = job->id;
            cause = job->state == JOB_COMPLETING ? END_STOPPED : END_BY_ITSELF;
        }
    if (chosen == 0 || (!all && test_random_chance(scene->random, 50)))
        return;
    for (uint32_t i = core_find_job(scene->core, chosen)->part_count; i-- > 0;) {
        job = core_find_job(scene->core, chosen);
        if (job->state == JOB_RUNNING || job->state == JOB_COMPLETING)
            tell(scene, EVENT_PART_ENDED, chosen, i == 0 ? 0 : i, cause);
    }
}

static void pass_time(struct scene *scene, int64_t time_us)
{
    int64_t until_us = scene->now_us + time_us;

    while (core_next_time(scene->core) <= until_us) {
        if (core_next_time(scene->core) > scene->now_us)
            scene->now_us = core_next_time(scene->core);
        step(scene, &(struct event){.kind = EVENT_TIME_PASSED});
    }
    scene->now_us = until_us;
}

static void test_no_more_than_needed(void)
{
    struct test_random random = test_random_from_environment();
    unsigned preempted = 0, clear = 0, cancelled = 0, by_qos = 0;

    for (unsigned run = 0; run < RUNS; run++) {
        struct scene scene = {.random = &random, .now_us = START, .core = make_core()};
        struct error err;

        effects_init(&scene.effects);
        open_network(&scene);
        for (unsigned i = 0; i < STEPS; i++) {
            if (test_random_chance(&random, 45))
                submit(&scene);
            else
                end_one(&scene, false);
            pass_time(&scene, test_random_below(&random, 5 * US_PER_SECOND));
        }
        /* What was ended is charged as it ran: the books agree. */
        CU_ASSERT(ledger_check(core_ledger(scene.core), &err));
        preempted += scene.preempted;
        clear += scene.clear;
        cancelled += scene.cancelled;
        by_qos += scene.by_qos;
        core_free(scene.core);
        effects_clear(&scene.effects);
    }
    CU_ASSERT(preempted > 50);
    CU_ASSERT(clear > 20);
    CU_ASSERT(cancelled > 10);
    CU_ASSERT(by_qos > 20);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no more are ended than needed, and none without a right to it", test_no_more_than_needed},
        CU_TEST_INFO_NULL,
    };

    return run_suite("preempt", tests);
}
