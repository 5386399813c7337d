/* test_limits.c - limits hold at every step, and who waits for one is in nobody's way */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/property/core_world.h"

#include <stdlib.h>
#include <string.h>

#define RUNS  10
#define STEPS 400

static const char *const users[] = {"ana", "beto", "eva"};
static const char *const projects[] = {"astro", "bio", "cfd"};

static uint32_t below(struct world *world, uint32_t limit)
{
    return test_random_below(world->random, limit);
}

/* --- a slow model: sums over all jobs ------------------------------------------------------------ */

/* Of a heterogeneous one: a component of it. */
static bool is_there(const struct limit *limit, const struct job *job, uint32_t component)
{
    char text[128];

    if (!job->cluster)
        return false;
    snprintf(text, sizeof(text), "%s/%s", job->cluster->name, het_partition(job, component)->name);
    return strcmp(text, limit->name) == 0;
}

static bool is_of(const struct limit *limit, const char *user, const struct job *job)
{
    char text[128];

    if (user && strcmp(user, job->user) != 0)
        return false;
    switch (limit->of) {
    case LIMIT_OF_NETWORK:
        return true;
    case LIMIT_OF_INSTITUTION:
        return strcmp(job->institution, limit->name) == 0;
    case LIMIT_OF_PROJECT:
        return strcmp(job->project, limit->name) == 0;
    case LIMIT_OF_MEMBER:
        snprintf(text, sizeof(text), "%s/%s", job->project, job->user);
        return strcmp(text, limit->name) == 0;
    case LIMIT_OF_USER:
        return strcmp(job->user, limit->name) == 0;
    case LIMIT_OF_QOS:
        return job->request.qos && strcmp(job->request.qos, limit->name) == 0;
    case LIMIT_OF_CLUSTER:
        return job->cluster && strcmp(job->cluster->name, limit->name) == 0;
    case LIMIT_OF_LENT:
        return job->cluster && strcmp(job->cluster->name, limit->name) == 0 &&
               strcmp(job->cluster->institution, job->institution) != 0;
    case LIMIT_OF_PARTITION:
    default:
        for (uint32_t i = 0; i < het_size(&job->request); i++)
            if (is_there(limit, job, i))
                return true;
        return false;
    }
}

static int64_t amount_of_part(const struct part *part, enum limit_what what, int64_t left_us)
{
    if (what == LIMIT_CORES)
        return part->cores;
    if (what == LIMIT_GPUS)
        return part->gpus;
    if (what == LIMIT_NODES)
        return 1;
    if (what == LIMIT_MEMORY)
        return (int64_t)part->memory_bytes;
    return left_us > 0 ? part->cores * (left_us / 1000000) : 0;
}

/* A limit of a partition counts what a job has there, any other all of it. */
static int64_t amount_of(const struct limit *limit, const struct job *job, int64_t now_us)
{
    int64_t sum = 0;

    if (limit->what == LIMIT_SUBMITTED)
        return 1;
    if (job->state == JOB_PENDING)
        return 0;
    if (limit->what == LIMIT_JOBS)
        return 1;
    for (uint32_t i = 0; i < job->part_count; i++)
        if (limit->of != LIMIT_OF_PARTITION || is_there(limit, job, job->parts[i].component))
            sum += amount_of_part(&job->parts[i], limit->what, job->expected_us - now_us);
    return sum;
}

static int64_t sum_of(const struct world *world, const struct limit *limit, const char *user)
{
    int64_t sum = 0;

    for (const struct job *job = core_job_after(world->core, 0); job;
         job = core_job_after(world->core, job->id))
        if (!job_state_is_final(job->state) && is_of(limit, user, job))
            sum += amount_of(limit, job, world->now_us);
    return sum;
}

/* What a limit counted before a step and after: it may be above, but not go up there. */
struct watch {
    struct limit limit;
    const char *user;
    int64_t before;
};

struct watches {
    size_t count;
    struct watch all[64];
};

static void add_watch(struct watches *watches, struct limit limit, const char *user)
{
    if (watches->count < COUNT_OF(watches->all))
        watches->all[watches->count++] = (struct watch){limit, user, 0};
}

static void watch(struct watches *watches, struct limit limit)
{
    for (size_t i = 0; i < watches->count;)
        if (watches->all[i].limit.of == limit.of && watches->all[i].limit.what == limit.what &&
            watches->all[i].limit.form == limit.form &&
            strcmp(watches->all[i].limit.name, limit.name) == 0)
            watches->all[i] = watches->all[--watches->count];
        else
            i++;
    if (limit.amount == LIMIT_NONE)
        return;
    if (limit.form != LIMIT_PER_USER) {
        add_watch(watches, limit, NULL);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(users); i++)
        add_watch(watches, limit, users[i]);
}

static void look_before(const struct world *world, struct watches *watches)
{
    for (size_t i = 0; i < watches->count; i++)
        watches->all[i].before = sum_of(world, &watches->all[i].limit, watches->all[i].user);
}

/* Whoever starts later than placed ends later: that is no new start. */
static void look_after(const struct world *world, const struct watches *watches,
                       enum event_kind kind)
{
    for (size_t i = 0; i < watches->count; i++) {
        const struct watch *watch = &watches->all[i];
        int64_t after = sum_of(world, &watch->limit, watch->user);

        if (after <= watch->limit.amount || after <= watch->before ||
            (kind == EVENT_PART_STARTED && watch->limit.what == LIMIT_CORE_SECONDS))
            continue;
        printf("# %s %s %s: %lld of %lld, %lld before\n", limit_of_name(watch->limit.of),
               watch->limit.name, limit_what_name(watch->limit.what), (long long)after,
               (long long)watch->limit.amount, (long long)watch->before);
        CU_FAIL_FATAL("a limit was passed");
    }
}

/* --- a random history ------------------------------------------------------------------------------ */

static void step(struct world *world, struct watches *watches, struct event *event)
{
    look_before(world, watches);
    world_step(world, event);
    look_after(world, watches, event->kind);
}

static void set_limit(struct world *world, struct watches *watches)
{
    static const struct {
        enum limit_of of;
        const char *name;
    } places[] = {
        {LIMIT_OF_NETWORK,     ""           },
        {LIMIT_OF_INSTITUTION, "unam"       },
        {LIMIT_OF_PROJECT,     "bio"        },
        {LIMIT_OF_PROJECT,     "cfd"        },
        {LIMIT_OF_MEMBER,      "astro/ana"  },
        {LIMIT_OF_USER,        "eva"        },
        {LIMIT_OF_QOS,         "high"       },
        {LIMIT_OF_CLUSTER,     "alpha"      },
        {LIMIT_OF_LENT,        "alpha"      },
        {LIMIT_OF_LENT,        "beta"       },
        {LIMIT_OF_PARTITION,   "beta/batch" },
        {LIMIT_OF_PARTITION,   "alpha/lent" },
        {LIMIT_OF_PARTITION,   "alpha/batch"},
    };
    static const enum limit_what things[] = {LIMIT_JOBS, LIMIT_CORES, LIMIT_NODES, LIMIT_MEMORY,
                                             LIMIT_CORE_SECONDS};
    static const int64_t amounts[] = {3, 6, 4, INT64_C(8) << 30, 4 * 3600};
    uint32_t place = below(world, COUNT_OF(places)), what = below(world, COUNT_OF(things));
    struct limit limit = {places[place].of, places[place].name,
                          below(world, 3) ? LIMIT_TOTAL : LIMIT_PER_USER, things[what],
                          amounts[what] * (1 + below(world, 3)) / (1 + below(world, 2))};
    struct error err;

    if (below(world, 3) == 0)
        limit.amount = LIMIT_NONE;
    if (!limit_check(&limit, &err))
        return;
    watch(watches, limit);
    world_limit(world, &limit);
    look_before(world, watches);
}

/* One in four has another component, which may be in another partition. */
static struct het *any_component(struct world *world)
{
    static const char *const partitions[] = {NULL, "lent", "lent", "batch,lent"};
    const char *partition = partitions[below(world, COUNT_OF(partitions))];
    struct het *het;

    if (below(world, 4))
        return NULL;
    het = het_new(1);
    het->more[0].tasks = 1 + below(world, 4);
    het->more[0].partition = partition ? memory_copy(partition) : NULL;
    return het;
}

static void submit(struct world *world, struct watches *watches)
{
    struct request request = {
        .tasks = 1 + below(world, 6),
        .nodes_least = below(world, 4) ? 0 : 1 + below(world, 2),
        .memory_per_cpu = below(world, 2) ? 0 : UINT64_C(1) << 29,
        .exclusive = below(world, 10) == 0,
        .limit_us = (1 + below(world, 90)) * US_PER_MINUTE,
        .qos = below(world, 3) ? NULL : memory_copy(below(world, 2) ? "high" : "low"),
        .partition = below(world, 5) ? NULL : memory_copy("lent"),
        .het = any_component(world),
    };
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(world->core),
                       .copies = request.het ? 1 : 1 + below(world, 3),
                       .name = "job",
                       .user = users[below(world, COUNT_OF(users))],
                       .project = projects[below(world, COUNT_OF(projects))],
                       .request = &request},
    };
    struct error err;

    if (core_check_request(world->core, &request, event.submission.user, event.submission.project,
                           event.submission.copies, &err))
        step(world, watches, &event);
    request_clear(&request);
}

static void agent_acts(struct world *world, struct watches *watches)
{
    struct held *held;
    struct event event;
    size_t place;

    if (world->held_count == 0)
        return;
    place = below(world, (uint32_t)world->held_count);
    held = &world->held[place];
    event = (struct event){
        .part = {.job = held->job,
                 .attempt = held->attempt,
                 .part = held->part,
                 .token = held->token,
                 .core_list = "0"}
    };
    if (!held->ready) {
        held->ready = true;
        event.kind = held->start ? EVENT_PART_STARTED : EVENT_PART_READY;
        held->started = held->start;
    } else if (held->start && !held->started) {
        held->started = true;
        event.kind = EVENT_PART_STARTED;
    } else if (held->started || held->stop) {
        uint8_t token[TOKEN_SIZE];

        memcpy(token, held->token, sizeof(token));
        event.kind = EVENT_PART_ENDED;
        event.part.token = token;
        event.part.cause = held->stop ? END_STOPPED : END_BY_ITSELF;
        world->held[place] = world->held[--world->held_count];
        step(world, watches, &event);
        return;
    } else {
        return;
    }
    step(world, watches, &event);
}

static void pass_time(struct world *world, struct watches *watches, int64_t until_us)
{
    while (core_next_time(world->core) <= until_us) {
        int64_t next_us = core_next_time(world->core);

        world->now_us = next_us > world->now_us ? next_us : world->now_us;
        step(world, watches, &(struct event){.kind = EVENT_TIME_PASSED});
    }
    world->now_us = until_us;
}

static void grant(struct world *world)
{
    static const char *const institutions[] = {"unam", "ipn"};

    for (size_t i = 0; i < COUNT_OF(institutions); i++) {
        struct grant grant = {++world->next_grant,        institutions[i], NULL,
                              INT64_C(1000000) * 1000000, world->now_us,   0};

        world->grants[grant.id] = grant;
        world_step(world, &(struct event){.kind = EVENT_GRANTED, .grant = grant});
    }
}

/* No limit any more: then all that waits must run and end, whatever it waited for. */
static void run_out(struct world *world, struct watches *watches)
{
    uint64_t pending = 1, running = 1;

    while (watches->count > 0) {
        struct limit limit = watches->all[0].limit;

        limit.amount = LIMIT_NONE;
        watch(watches, limit);
        world_limit(world, &limit);
    }
    for (unsigned i = 0; i < 100000 && pending + running > 0; i++) {
        if (world->held_count == 0 || i % 8 == 0)
            pass_time(world, watches, world->now_us + US_PER_MINUTE / 4);
        agent_acts(world, watches);
        core_count(world->core, &pending, &running);
    }
    CU_ASSERT_EQUAL(pending, 0);
    CU_ASSERT_EQUAL(running, 0);
}

static void run(struct test_random *random, const struct policy *policy, bool restarts)
{
    struct world *world = world_new(random, policy, false);
    struct watches watches = {0};

    grant(world);
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t what = below(world, 100);

        if (what < 25)
            submit(world, &watches);
        else if (what < 85)
            agent_acts(world, &watches);
        else if (what < 90)
            set_limit(world, &watches);
        else if (what < 91 && restarts)
            (void)world_restart(world);
        else
            pass_time(world, &watches, world->now_us + below(world, 300) * US_PER_SECOND);
    }
    run_out(world, &watches);
    world_free(world);
}

static void test_limits_hold_under(const char *policy, bool restarts)
{
    struct test_random random = test_random_from_environment();

    for (unsigned i = 0; i < RUNS; i++)
        run(&random, policy_find(policy), restarts);
}

static void test_limits_hold(void)
{
    test_limits_hold_under("easy", true);
}

static void test_limits_hold_in_plans(void)
{
    test_limits_hold_under("conservative", false);
}

static void test_limits_hold_by_ranks(void)
{
    test_limits_hold_under("default", false);
}

/* --- nobody starves for another's limit -------------------------------------------------------------- */

static void test_nobody_starves_for_another(void)
{
    struct test_random random;
    struct world *world;
    struct limit limit = {LIMIT_OF_USER, "ana", LIMIT_TOTAL, LIMIT_JOBS, 1};
    struct request request = {.tasks = 1, .limit_us = US_PER_HOUR};
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.copies = 1, .name = "job", .project = "astro", .request = &request},
    };
    struct error err;

    random = test_random_from_environment();
    world = world_new(&random, NULL, false);
    grant(world);
    world_limit(world, &limit);
    for (unsigned i = 0; i < 100; i++) {
        request.limit_us = (1 + i) * US_PER_MINUTE; /* each of its own shape */
        event.submission.first = core_next_job(world->core);
        event.submission.user = i % 5 == 4 ? "eva" : "ana";
        CU_ASSERT(
            core_check_request(world->core, &request, event.submission.user, "astro", 1, &err));
        world_step(world, &event);
        if (i % 5 == 4)
            CU_ASSERT_EQUAL(core_find_job(world->core, event.submission.first)->state,
                            JOB_CONFIGURING);
    }
    world_free(world);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"limits hold, over restarts too",        test_limits_hold               },
        {"limits hold where starts are planned",  test_limits_hold_in_plans      },
        {"limits hold where ranks move",          test_limits_hold_by_ranks      },
        {"nobody waits for the limit of another", test_nobody_starves_for_another},
        CU_TEST_INFO_NULL,
    };

    return run_suite("limits", tests);
}
