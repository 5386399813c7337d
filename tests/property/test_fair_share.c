/* test_fair_share.c - who gets how much of a network that is always too small
 *
 * Three institutions with projects and people, with shares drawn at random, ask for more than
 * there is, some for three times their share, in bursts, for seven simulated weeks.  One of them
 * comes a week late, when the others have used what was its own.  Twelve half-lives later, over three weeks, what each used is
 * held against its shares: of the network, of its institution, of its project.
 *
 * How far they may be apart follows from what fair share cannot see: a job counts when it has
 * ended.  So all cores may have been given to one who has had enough, for as long as the longest
 * job: at the beginning of those weeks, at their end, and once more for what fades between. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RUNS         2
#define INSTITUTIONS 3
#define PROJECTS     2 /* of each */
#define PEOPLE       2 /* in each */
#define PERSONS      (INSTITUTIONS * PROJECTS * PEOPLE)
#define NODES        8
#define NODE_CORES   16
#define CORES        (NODES * NODE_CORES)
#define TASKS_MOST   8
#define RUN_MOST_US  (3 * US_PER_HOUR)
#define WEEK_US      (7 * US_PER_DAY)
#define START_US     WEEK_US
#define LATE_US      (START_US + WEEK_US)
#define FROM_US      (START_US + 4 * WEEK_US) /* measured from here */
#define UNTIL_US     (FROM_US + 3 * WEEK_US)
#define HALF_LIFE_US (WEEK_US / 4)

struct person {
    char name[64], project[32];
    unsigned institution;
    double fraction; /* of the network, by the shares */
    double greed;    /* asks for so many times as much: with that alone use is not as shares are */
    double used;     /* core microseconds, in the weeks that are measured */
    int64_t next_us; /* submits then */
};

struct running {
    uint64_t job;
    int64_t start_us, end_us;
    struct person *person;
};

struct economy {
    struct test_random *random;
    struct core *core;
    struct effects effects;
    int64_t now_us;
    char institutions[INSTITUTIONS][16];
    uint32_t institution_shares[INSTITUTIONS];
    uint32_t project_shares[INSTITUTIONS][PROJECTS];
    struct person people[PERSONS];
    size_t running_count;
    struct running running[CORES];
};

/* --- the network -------------------------------------------------------------------------------- */

static struct person *find_person(struct economy *economy, const char *name)
{
    for (size_t i = 0; i < PERSONS; i++)
        if (strcmp(economy->people[i].name, name) == 0)
            return &economy->people[i];
    return NULL;
}

static void step(struct economy *economy, struct event event)
{
    event.at_us = economy->now_us;
    effects_reset(&economy->effects);
    core_step(economy->core, &event, &economy->effects);
    for (size_t i = 0; i < economy->effects.count; i++) {
        const struct effect *effect = &economy->effects.all[i];
        int64_t run_us;

        if (effect->kind != EFFECT_LAUNCH_PART)
            continue;
        CU_ASSERT_FATAL(economy->running_count < COUNT_OF(economy->running));
        run_us = test_random_between(economy->random, US_PER_MINUTE, effect->job->request.limit_us);
        economy->running[economy->running_count++] = (struct running){
            effect->job->id, 0, economy->now_us + run_us, find_person(economy, effect->job->user)};
    }
}

static void tell(struct economy *economy, enum event_kind kind, uint64_t id)
{
    const struct job *job = core_find_job(economy->core, id);
    uint8_t token[TOKEN_SIZE];

    memcpy(token, job->token, sizeof(token));
    step(economy, (struct event){
                      .kind = kind,
                      .part = {.job = id,
                               .attempt = job->attempt,
                               .token = token,
                               .wall_used_us = economy->now_us - job->start_us,
                               .core_list = "0"}
    });
}

/* Those that were launched start at once; what follows may launch more. */
static void start_launched(struct economy *economy)
{
    for (size_t i = 0; i < economy->running_count; i++) {
        struct running *running = &economy->running[i];

        if (running->start_us != 0)
            continue;
        running->start_us = economy->now_us;
        tell(economy, EVENT_PART_STARTED, running->job);
    }
    while (core_next_time(economy->core) <= economy->now_us)
        step(economy, (struct event){.kind = EVENT_TIME_PASSED});
}

static struct core *make_core(void)
{
    struct partition batch = {
        .name = (char *)"batch",
        .is_default = true,
        .up = true,
        .limit_us = US_PER_DAY,
        .default_limit_us = US_PER_HOUR,
    };
    struct cluster cluster = {
        .name = (char *)"tlamatini",
        .institution = (char *)"i0",
        .factor_ppm = 1000000,
        .partition_count = 1,
        .partitions = &batch,
    };

    return core_new(&(struct core_settings){
        .clusters = &cluster,
        .cluster_count = 1,
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = US_PER_SECOND,
        .launch_failures_most = 3,
        .policy = policy_find("multifactor"),
        .priority = {.weights = {[PRIORITY_FAIR_SHARE] = 10000, [PRIORITY_NICE] = 1},
                     .age_most_us = WEEK_US,
                     .half_life_us = HALF_LIFE_US},
        .pending_most = 1000000,
        .pending_most_per_user = 1000000,
    });
}

static void join_nodes(struct economy *economy)
{
    for (unsigned i = 0; i < NODES; i++) {
        char name[8];

        snprintf(name, sizeof(name), "n%u", i);
        step(economy, (struct event){
                          .kind = EVENT_NODE_JOINED,
                          .node = {.name = name,
                                   .cluster = "tlamatini",
                                   .boot_id = "a",
                                   .cores = NODE_CORES,
                                   .memory_bytes = UINT64_C(64) << 30}
        });
    }
}

static uint32_t give_shares(struct economy *economy, const char *institution, const char *project,
                            const char *user)
{
    uint32_t shares = 1 + test_random_below(economy->random, 4);

    step(economy, (struct event){
                      .kind = EVENT_SHARE_SET, .share = {institution, project, user, shares}
    });
    return shares;
}

/* A project and its people; what they have of the project. */
static void add_project(struct economy *economy, unsigned institution, unsigned project)
{
    size_t first = ((size_t)institution * PROJECTS + project) * PEOPLE;
    const char *owner = economy->institutions[institution];
    uint32_t sum = 0;
    char name[32];

    snprintf(name, sizeof(name), "%s-p%u", owner, project);
    step(economy, (struct event){
                      .kind = EVENT_PROJECT_ADDED, .books = {owner, name}
    });
    economy->project_shares[institution][project] = give_shares(economy, owner, name, "");
    for (unsigned i = 0; i < PEOPLE; i++) {
        struct person *person = &economy->people[first + i];
        uint32_t shares;

        snprintf(person->name, sizeof(person->name), "%s-u%u", name, i);
        memcpy(person->project, name, sizeof(name));
        person->institution = institution;
        shares = give_shares(economy, owner, name, person->name);
        person->fraction = shares;
        sum += shares;
    }
    for (unsigned i = 0; i < PEOPLE; i++)
        economy->people[first + i].fraction /= sum;
}

static void found(struct economy *economy)
{
    for (unsigned i = 0; i < INSTITUTIONS; i++) {
        char *name = economy->institutions[i];

        snprintf(name, sizeof(economy->institutions[i]), "i%u", i);
        step(economy, (struct event){
                          .kind = EVENT_INSTITUTION_ADDED, .books = {name, NULL}
        });
        step(economy,
             (struct event){
                 .kind = EVENT_GRANTED,
                 .grant = {
                           .id = i + 1, .institution = name, .amount_micro = LEDGER_AMOUNT_MAX / 8}
        });
        economy->institution_shares[i] = give_shares(economy, name, "", "");
        for (unsigned j = 0; j < PROJECTS; j++)
            add_project(economy, i, j);
    }
}

static uint32_t sum_of(const uint32_t *shares, size_t count)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += shares[i];
    return sum;
}

/* What each has of the network, by the shares at all levels. */
static void reckon_fractions(struct economy *economy)
{
    uint32_t all = sum_of(economy->institution_shares, INSTITUTIONS);

    for (size_t i = 0; i < PERSONS; i++) {
        struct person *person = &economy->people[i];
        const uint32_t *projects = economy->project_shares[person->institution];

        person->fraction *= (double)projects[i / PEOPLE % PROJECTS] / sum_of(projects, PROJECTS) *
                            economy->institution_shares[person->institution] / all;
        person->greed = 1.25 + test_random_below(economy->random, 8) / 4.0;
        person->next_us = person->institution == 0 ? LATE_US : START_US;
    }
}

/* --- what happens ------------------------------------------------------------------------------- */

static void submit(struct economy *economy, const struct person *person)
{
    struct request request = {
        .nodes_least = 1,
        .nodes_most = 1,
        .tasks = 1 + test_random_below(economy->random, TASKS_MOST),
        .limit_us = (1 + test_random_below(economy->random, 3)) * (RUN_MOST_US / 3),
    };
    struct error err = {0};

    CU_ASSERT_FATAL(
        core_check_request(economy->core, &request, person->name, person->project, 1, &err));
    step(economy, (struct event){
                      .kind = EVENT_JOB_SUBMITTED,
                      .submission = {.first = core_next_job(economy->core),
                                     .copies = 1,
                                     .name = "job",
                                     .user = person->name,
                                     .project = person->project,
                                     .request = &request}
    });
}

/* Up to eight jobs at once, then a pause by which all that is asked for is so much more than the
 * person's share as the person wants. */
static void submit_burst(struct economy *economy, struct person *person)
{
    double mean_work_us = (1 + TASKS_MOST) / 2.0 * (RUN_MOST_US * 2 / 3.0) / 2;
    uint32_t count = 1 + test_random_below(economy->random, 8);
    double pause_us = count * mean_work_us / (person->greed * person->fraction * CORES);

    for (uint32_t i = 0; i < count; i++)
        submit(economy, person);
    person->next_us =
        economy->now_us + 1 + test_random_between(economy->random, 0, (int64_t)(2 * pause_us));
}

/* Of the weeks that are measured. */
static void count_use(struct economy *economy, const struct running *running)
{
    const struct job *job = core_find_job(economy->core, running->job);
    int64_t from_us = running->start_us > FROM_US ? running->start_us : FROM_US;
    int64_t until_us = economy->now_us < UNTIL_US ? economy->now_us : UNTIL_US;

    if (until_us > from_us)
        running->person->used += (double)(until_us - from_us) * job_cores(job);
}

static void end_job(struct economy *economy, size_t place)
{
    struct running running = economy->running[place];

    count_use(economy, &running);
    economy->running[place] = economy->running[--economy->running_count];
    tell(economy, EVENT_PART_ENDED, running.job);
}

/* What comes next: an end (its place), or else somebody's burst. */
static int64_t next_time(const struct economy *economy, size_t *ret_end, size_t *ret_person)
{
    int64_t next_us = INT64_MAX;

    *ret_end = SIZE_MAX;
    for (size_t i = 0; i < economy->running_count; i++)
        if (economy->running[i].end_us < next_us)
            next_us = economy->running[ *ret_end = i].end_us;
    for (size_t i = 0; i < PERSONS; i++)
        if (economy->people[i].next_us < next_us) {
            next_us = economy->people[ *ret_person = i].next_us;
            *ret_end = SIZE_MAX;
        }
    return next_us;
}

static void live(struct economy *economy)
{
    while (economy->now_us < UNTIL_US) {
        size_t end, person = 0;

        economy->now_us = next_time(economy, &end, &person);
        if (end != SIZE_MAX)
            end_job(economy, end);
        else
            submit_burst(economy, &economy->people[person]);
        start_launched(economy);
    }
    for (size_t i = 0; i < economy->running_count; i++)
        count_use(economy, &economy->running[i]);
}

/* --- what came of it ---------------------------------------------------------------------------- */

/* Those from `first` on used what of the network is theirs, as near as it can be told. */
static void check_group(const struct economy *economy, size_t first, size_t count)
{
    double all = (double)(UNTIL_US - FROM_US) * CORES, used = 0, fraction = 0;
    double bound = 3.0 * RUN_MOST_US / (double)(UNTIL_US - FROM_US);

    for (size_t i = first; i < first + count; i++) {
        used += economy->people[i].used / all;
        fraction += economy->people[i].fraction;
    }
    if (used > fraction - bound && used < fraction + bound)
        return;
    printf("# seed %" PRIu64 ": %zu from %s on used %.4f, their share is %.4f\n",
           economy->random->seed, count, economy->people[first].name, used, fraction);
    CU_FAIL("usage is not as shares are");
}

static void run_once(struct test_random random)
{
    struct economy *economy = NEW(struct economy);
    double used = 0;

    economy->random = &random;
    economy->core = make_core();
    economy->now_us = START_US;
    effects_init(&economy->effects);
    found(economy);
    join_nodes(economy);
    reckon_fractions(economy);
    live(economy);
    for (size_t i = 0; i < PERSONS; i++)
        used += economy->people[i].used;
    CU_ASSERT(used > 0.97 * CORES * (double)(UNTIL_US - FROM_US));
    for (size_t i = 0; i < PERSONS; i++)
        check_group(economy, i, 1);
    for (size_t i = 0; i < PERSONS; i += PEOPLE)
        check_group(economy, i, PEOPLE);
    for (size_t i = 0; i < PERSONS; i += PEOPLE * PROJECTS)
        check_group(economy, i, PEOPLE * PROJECTS);
    core_free(economy->core);
    effects_clear(&economy->effects);
    free(economy);
}

static void test_usage_converges_to_shares(void)
{
    struct test_random random = test_random_from_environment();

    for (unsigned i = 0; i < RUNS; i++)
        run_once(test_random_from_seed(random.seed + i));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"usage converges to shares", test_usage_converges_to_shares},
        CU_TEST_INFO_NULL,
    };

    return run_suite("fair_share", tests);
}
