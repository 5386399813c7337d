/* test_preemption.c - guests make room for owners, and owners' promises hold beside guests
 *
 * Owners and guests share the nodes of one cluster, with maintenance now and then.  Agents need a
 * while to end what is to end.  A model that knows nothing of the planner looks at each job that
 * is pushed aside: it is a guest's, for an owner's that waits.  Under EASY that one starts when
 * those that make room have had their time, and no owner's job starts later than was promised,
 * but for that while, whatever guests wait for; and nobody runs into maintenance.  In the end all
 * have run. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/preemption.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdlib.h>
#include <string.h>

#define RUNS      12
#define JOBS      250
#define START     INT64_C(1700000000000000)
#define KILL_WAIT (30 * US_PER_SECOND)
#define GRACE     (20 * US_PER_SECOND)

struct job_model {
    int64_t end_us;  /* when it will end by itself; 0: it does not run */
    int64_t stop_us; /* when what was to stop will have; 0: nothing is */
    int64_t promised_us;
    int64_t due_us;    /* then all that make room for it have gone; 0: nobody did */
    int64_t pushed_us; /* when it was pushed aside last, as seen */
};

struct scene {
    struct test_random *random;
    struct core *core;
    struct effects effects;
    const struct policy *policy;
    int64_t now_us;
    unsigned pushes, starts, promises, waits;
    struct job_model jobs[JOBS + 1];
};

static const struct job *find(const struct scene *scene, uint64_t id)
{
    return core_find_job(scene->core, id);
}

static bool is_owners(const struct job *job)
{
    return strcmp(job->request.partition, "owners") == 0;
}

static void step(struct scene *scene, struct event *event);

static void tell(struct scene *scene, enum event_kind kind, uint64_t id, uint32_t part)
{
    const struct job *job = find(scene, id);
    uint8_t token[TOKEN_SIZE];
    struct event event = {
        .kind = kind,
        .part = {.job = id, .attempt = job->attempt, .part = part, .token = token},
    };

    memcpy(token, job->token, TOKEN_SIZE);
    step(scene, &event);
}

/* --- what is looked at ---------------------------------------------------------------------------- */

static void check_push(struct scene *scene, const struct job *job)
{
    struct job_model *model = &scene->jobs[job->id];
    const struct interruption *seen = job->interruption;
    const struct job *by;

    if (!seen || seen->at_us == model->pushed_us)
        return;
    by = find(scene, seen->by);
    CU_ASSERT_FATAL(by && is_owners(by) && !is_owners(job));
    CU_ASSERT_FATAL(by->state == JOB_PENDING);
    model->pushed_us = seen->at_us;
    scene->jobs[by->id].due_us = scene->now_us + GRACE + KILL_WAIT;
    scene->pushes++;
}

static void check_start(struct scene *scene, const struct job *job)
{
    int64_t promised_us = scene->jobs[job->id].promised_us;
    int64_t due_us = scene->jobs[job->id].due_us;
    const struct window *window;
    size_t place = 0;

    scene->starts++;
    while ((window = core_window_next(scene->core, &place)))
        CU_ASSERT_FATAL(scene->now_us >= window->facts.end_us ||
                        scene->now_us + job_limit(job) <= window->facts.start_us);
    if (!is_owners(job) || scene->policy->backfill != BACKFILL_EASY)
        return;
    if (due_us > 0 && scene->now_us > due_us)
        printf("# job %u starts %lld s after it was due\n", (unsigned)job->id,
               (long long)(scene->now_us - due_us) / 1000000);
    CU_ASSERT_FATAL(due_us == 0 || scene->now_us <= due_us);
    if (promised_us == 0)
        return;
    scene->promises++;
    if (scene->now_us > promised_us + GRACE + KILL_WAIT)
        printf("# job %u starts %lld s late\n", (unsigned)job->id,
               (long long)(scene->now_us - promised_us) / 1000000);
    CU_ASSERT_FATAL(scene->now_us <= promised_us + GRACE + KILL_WAIT);
}

/* --- agents --------------------------------------------------------------------------------------- */

static void look(struct scene *scene)
{
    for (uint64_t id = 1; id < core_next_job(scene->core); id++) {
        const struct job *job = find(scene, id);
        struct job_model *model = &scene->jobs[id];

        if (job->planned_us && !model->promised_us)
            model->promised_us = job->planned_us;
        if (job->planned_us && job->state == JOB_PENDING)
            scene->waits++;
        check_push(scene, job);
        if (job->state == JOB_COMPLETING && model->stop_us == 0)
            model->stop_us = scene->now_us + test_random_below(scene->random, KILL_WAIT);
    }
}

static void step(struct scene *scene, struct event *event)
{
    event->at_us = scene->now_us;
    effects_reset(&scene->effects);
    core_step(scene->core, event, &scene->effects);
    core_check_invariants(scene->core);
    look(scene);
}

/* What was launched starts: first all parts are ready, then the first one begins. */
static void obey(struct scene *scene)
{
    for (uint64_t id = 1; id < core_next_job(scene->core); id++) {
        const struct job *job = find(scene, id);
        struct job_model *model = &scene->jobs[id];

        if (job->state != JOB_CONFIGURING)
            continue;
        check_start(scene, job);
        for (uint32_t i = 0; job->part_count > 1 && i < job->part_count; i++)
            tell(scene, EVENT_PART_READY, id, i);
        tell(scene, EVENT_PART_STARTED, id, 0);
        model->end_us =
            scene->now_us + (test_random_chance(scene->random, 40)
                                 ? job_limit(job)
                                 : 1 + test_random_below(scene->random, (uint32_t)job_limit(job)));
        id = 0; /* who starts may let others start */
    }
}

static void end_parts(struct scene *scene, uint64_t id)
{
    uint32_t count = find(scene, id)->part_count;

    scene->jobs[id].end_us = scene->jobs[id].stop_us = 0;
    for (uint32_t i = 0; i < count; i++)
        tell(scene, EVENT_PART_ENDED, id, i);
    obey(scene);
}

/* The job whose end comes next, or 0. */
static uint64_t next_to_end(const struct scene *scene, int64_t *ret_at_us)
{
    uint64_t next = 0;

    *ret_at_us = INT64_MAX;
    for (uint64_t id = 1; id < core_next_job(scene->core); id++) {
        const struct job_model *model = &scene->jobs[id];
        int64_t at_us = model->stop_us > 0 ? model->stop_us : model->end_us;

        if (at_us > 0 && at_us < *ret_at_us) {
            *ret_at_us = at_us;
            next = id;
        }
    }
    return next;
}

/* One thing after another, what the core waits for among them. */
static void pass_time(struct scene *scene, int64_t until_us)
{
    for (;;) {
        int64_t end_us, next_us = core_next_time(scene->core);
        uint64_t id = next_to_end(scene, &end_us);

        if ((end_us < next_us ? end_us : next_us) > until_us)
            break;
        if (end_us < next_us) {
            scene->now_us = end_us > scene->now_us ? end_us : scene->now_us;
            end_parts(scene, id);
            continue;
        }
        scene->now_us = next_us > scene->now_us ? next_us : scene->now_us;
        step(scene, &(struct event){.kind = EVENT_TIME_PASSED});
        obey(scene);
    }
    scene->now_us = until_us;
}

/* --- a random history ----------------------------------------------------------------------------- */

static void submit(struct scene *scene)
{
    struct test_random *random = scene->random;
    bool owners = test_random_chance(random, 35);
    struct request request = {
        .tasks = 1 + test_random_below(random, test_random_chance(random, 30) ? 16 : 4),
        .nodes_least = test_random_chance(random, 20) ? 1 + test_random_below(random, 3) : 0,
        .exclusive = test_random_chance(random, 10),
        .requeue = test_random_chance(random, 80),
        .limit_us = (1 + (int64_t)test_random_below(random, 60)) * US_PER_MINUTE,
        .partition = (char *)(owners ? "owners" : "guests"),
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

    if (!core_check_request(scene->core, &request, "ana", "astro", 1, &err))
        return;
    step(scene, &event);
    obey(scene);
}

static void make_maintenance(struct scene *scene, unsigned nodes)
{
    char names[16];
    struct event event = {
        .kind = EVENT_WINDOW_SET,
        .window = {.name = "fans",
                   .cluster = "alpha",
                   .nodes = names,
                   .start_us =
                       START + test_random_between(scene->random, US_PER_HOUR, 4 * US_PER_HOUR),
                   .maintenance = true,
                   .users = "",
                   .projects = "",
                   .institutions = ""},
    };
    struct error err;

    snprintf(names, sizeof(names), "n[1-%u]", nodes);
    event.window.end_us = event.window.start_us + US_PER_HOUR;
    CU_ASSERT_FATAL(core_check_window(scene->core, &event.window, &err));
    step(scene, &event);
}

static struct core *make_core(struct test_random *random, const struct policy *policy)
{
    struct partition owners = {
        .name = (char *)"owners",
        .is_default = true,
        .up = true,
        .limit_us = US_PER_DAY,
        .default_limit_us = US_PER_HOUR,
        .tier = 1,
    };
    struct partition partitions[] = {owners, owners};
    struct cluster cluster = {
        .name = (char *)"alpha",
        .institution = (char *)"unam",
        .factor_ppm = 1000000,
        .partition_count = COUNT_OF(partitions),
        .partitions = partitions,
    };

    partitions[1].name = (char *)"guests";
    partitions[1].is_default = false;
    partitions[1].tier = 0;
    partitions[1].preempt = test_random_chance(random, 80) ? PREEMPT_REQUEUE : PREEMPT_CANCEL;
    partitions[1].preempt_grace_us = test_random_chance(random, 50) ? GRACE : 0;
    return core_new(&(struct core_settings){
        .clusters = &cluster,
        .cluster_count = 1,
        .kill_wait_us = KILL_WAIT,
        .keep_ended_us = 1000 * US_PER_DAY,
        .launch_failures_most = 3,
        .policy = policy,
        .backfill_depth = 20,
        .pending_most = 1000,
        .pending_most_per_user = 1000,
    });
}

static void open_network(struct scene *scene, bool maintenance)
{
    unsigned nodes = 3 + test_random_below(scene->random, 5);

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
    for (unsigned i = 1; i <= nodes; i++) {
        char name[8];

        snprintf(name, sizeof(name), "n%u", i);
        step(scene, &(struct event){
                        .kind = EVENT_NODE_JOINED,
                        .node = {.name = name,
                                 .cluster = "alpha",
                                 .boot_id = "a",
                                 .cores = i % 3 ? 4 : 8,
                                 .memory_bytes = UINT64_C(16) << 30},
        });
    }
    if (maintenance)
        make_maintenance(scene, nodes);
}

static void play(struct scene *all, struct test_random *random, bool maintenance)
{
    struct scene *scene = NEW(struct scene);

    *scene = (struct scene){.random = random, .policy = all->policy, .now_us = START};
    scene->core = make_core(random, all->policy);
    effects_init(&scene->effects);
    open_network(scene, maintenance);
    while (core_next_job(scene->core) <= JOBS) {
        submit(scene);
        if (test_random_chance(random, 60))
            pass_time(scene, scene->now_us + test_random_below(random, 4 * US_PER_MINUTE));
    }
    pass_time(scene, scene->now_us + 30 * US_PER_DAY);
    for (uint64_t id = 1; id <= JOBS; id++)
        CU_ASSERT_FATAL(job_state_is_final(find(scene, id)->state));
    all->pushes += scene->pushes;
    all->starts += scene->starts;
    all->promises += scene->promises;
    all->waits += scene->waits;
    core_free(scene->core);
    effects_clear(&scene->effects);
    free(scene);
}

/* What is looked for happened, or the test says nothing. */
static void play_all(const char *policy, bool maintenance)
{
    struct test_random random = test_random_from_environment();
    struct scene all = {.policy = policy_find(policy)};

    for (unsigned i = 0; i < RUNS; i++)
        play(&all, &random, maintenance);
    CU_ASSERT(all.pushes > 100);
    CU_ASSERT(all.starts >= RUNS * JOBS - all.pushes);
    CU_ASSERT(all.waits > 100);
    CU_ASSERT(all.policy->backfill != BACKFILL_EASY || all.promises > 100);
}

static void test_promises_beside_guests(void)
{
    play_all("easy", false);
}

static void test_planned_starts(void)
{
    play_all("conservative", false);
}

static void test_beside_maintenance(void)
{
    play_all("easy", true);
    play_all("conservative", true);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"promises to owners hold beside guests",          test_promises_beside_guests},
        {"guests make room where all have planned starts", test_planned_starts        },
        {"maintenance is kept beside it",                  test_beside_maintenance    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("preemption", tests);
}
