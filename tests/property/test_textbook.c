/* test_textbook.c - on one pool of processors, every start is that of the textbook
 *
 * The models below are the algorithms as they are told in papers, written to be read, not
 * to be fast.  Whatever the planner does to be fast must not move a single start. */

#include "base/parse.h"
#include "scheduler/core/core.h"
#include "scheduler/core/policy.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

#define CASES 1500
#define JOBS  40
#define START INT64_C(1700000000)

/* Times are in seconds after START. */
struct model_job {
    int64_t submit, run, limit;
    int64_t start; /* -1: not yet */
    int64_t plan;  /* conservative: its planned start, -1: none */
    uint32_t cores;
};

struct scene {
    uint32_t cores;
    size_t count;
    struct model_job jobs[JOBS];
    int64_t starts[JOBS]; /* as the core decided; -1: not yet */
};

/* --- the models --------------------------------------------------------------------------- */

static bool runs(const struct model_job *job, int64_t now)
{
    return job->start >= 0 && job->start + job->run > now;
}

static bool waits(const struct model_job *job, int64_t now)
{
    return job->start < 0 && job->submit <= now;
}

static uint32_t free_now(const struct scene *scene, int64_t now)
{
    uint32_t cores = scene->cores;

    for (size_t i = 0; i < scene->count; i++)
        if (runs(&scene->jobs[i], now))
            cores -= scene->jobs[i].cores;
    return cores;
}

/* Free at a time to come if all that runs now goes on to its limit and nothing else starts. */
static uint32_t free_then(const struct scene *scene, int64_t now, int64_t then)
{
    uint32_t cores = scene->cores;

    for (size_t i = 0; i < scene->count; i++)
        if (runs(&scene->jobs[i], now) && scene->jobs[i].start + scene->jobs[i].limit > then)
            cores -= scene->jobs[i].cores;
    return cores;
}

static void pass_easy(struct scene *scene, int64_t now, bool backfill, bool shortest_first)
{
    struct model_job *first = NULL, *tried[JOBS];
    int64_t shadow = now;
    uint32_t extra;
    size_t count = 0;

    for (size_t i = 0; i < scene->count; i++) {
        struct model_job *job = &scene->jobs[i];

        if (!waits(job, now))
            continue;
        if (!first && job->cores <= free_now(scene, now))
            job->start = now;
        else if (!first)
            first = job;
        else
            tried[count++] = job;
    }
    if (!first || !backfill)
        return;
    while (free_then(scene, now, shadow) < first->cores)
        shadow++;
    extra = free_then(scene, now, shadow) - first->cores;
    for (size_t i = 1; shortest_first && i < count; i++)
        for (size_t j = i; j > 0 && tried[j]->limit < tried[j - 1]->limit; j--) {
            struct model_job *kept = tried[j];

            tried[j] = tried[j - 1];
            tried[j - 1] = kept;
        }
    for (size_t i = 0; i < count; i++) {
        bool ends_in_time = now + tried[i]->limit <= shadow;

        if (tried[i]->cores > free_now(scene, now) || (!ends_in_time && tried[i]->cores > extra))
            continue;
        tried[i]->start = now;
        if (!ends_in_time)
            extra -= tried[i]->cores;
    }
}

/* Free at a time to come beside all that is planned, but for one job. */
static int64_t free_beside(const struct scene *scene, const struct model_job *but, int64_t now,
                           int64_t then)
{
    int64_t cores = free_then(scene, now, then);

    for (size_t i = 0; i < scene->count; i++) {
        const struct model_job *job = &scene->jobs[i];

        if (job != but && job->start < 0 && job->plan >= 0 && job->plan <= then &&
            then < job->plan + job->limit)
            cores -= job->cores;
    }
    return cores;
}

static bool fits_at(const struct scene *scene, const struct model_job *job, int64_t now,
                    int64_t start)
{
    for (int64_t then = start; then < start + job->limit; then++)
        if (free_beside(scene, job, now, then) < job->cores)
            return false;
    return true;
}

static void plan(const struct scene *scene, struct model_job *job, int64_t now)
{
    for (int64_t start = now; job->plan < 0 || start < job->plan; start++)
        if (fits_at(scene, job, now, start))
            job->plan = start;
    if (job->plan == now)
        job->start = now;
}

static void pass_conservative(struct scene *scene, int64_t now, bool ended)
{
    for (size_t i = 0; ended && i < scene->count; i++)
        if (waits(&scene->jobs[i], now) && scene->jobs[i].plan >= 0)
            plan(scene, &scene->jobs[i], now);
    for (size_t i = 0; i < scene->count; i++)
        if (waits(&scene->jobs[i], now) && scene->jobs[i].plan < 0)
            plan(scene, &scene->jobs[i], now);
}

static bool run_model(struct scene *scene, const char *policy, int64_t now)
{
    bool happens = false, ended = false;

    for (size_t i = 0; i < scene->count; i++) {
        const struct model_job *job = &scene->jobs[i];

        ended = ended || (job->start >= 0 && job->start + job->run == now);
        happens = happens || job->submit == now;
    }
    if (!happens && !ended)
        return false;
    if (strcmp(policy, "conservative") == 0)
        pass_conservative(scene, now, ended);
    else
        pass_easy(scene, now, strcmp(policy, "fcfs") != 0, strcmp(policy, "easy-sjbf") == 0);
    return true;
}

/* --- the core ------------------------------------------------------------------------------ */

struct player {
    struct core *core;
    struct effects effects;
    struct scene *scene;
    int64_t now;
};

static void step(struct player *player, struct event event)
{
    event.at_us = (START + player->now) * US_PER_SECOND;
    effects_reset(&player->effects);
    core_step(player->core, &event, &player->effects);
    for (size_t i = 0; i < player->effects.count; i++)
        if (player->effects.all[i].kind == EFFECT_LAUNCH_PART)
            player->scene->starts[player->effects.all[i].job->id - 1] = player->now;
}

static void tell(struct player *player, enum event_kind kind, uint64_t id)
{
    const struct job *job = core_find_job(player->core, id);
    uint8_t token[TOKEN_SIZE];

    memcpy(token, job->token, TOKEN_SIZE);
    step(player, (struct event){
                     .kind = kind,
                     .more = true,
                     .part = {.job = id, .attempt = 1, .token = token, .core_list = "0"}
    });
}

static void submit(struct player *player, const struct model_job *job)
{
    struct request request = {.tasks = job->cores,
                              .nodes_least = 1,
                              .nodes_most = 1,
                              .limit_us = job->limit * US_PER_SECOND};
    struct error err;

    CU_ASSERT_FATAL(core_check_request(player->core, &request, "ana", "astro", 1, &err));
    step(player, (struct event){
                     .kind = EVENT_JOB_SUBMITTED,
                     .more = true,
                     .submission = {.first = core_next_job(player->core),
                                    .copies = 1,
                                    .user = "ana",
                                    .project = "astro",
                                    .request = &request}
    });
}

static void make_core(struct player *player, const char *policy)
{
    struct partition batch = {.name = (char *)"batch",
                              .is_default = true,
                              .up = true,
                              .limit_us = US_PER_DAY,
                              .default_limit_us = US_PER_DAY};
    struct cluster alpha = {.name = (char *)"alpha",
                            .institution = (char *)"unam",
                            .factor_ppm = 1000000,
                            .partition_count = 1,
                            .partitions = &batch};
    struct core_settings settings = {.clusters = &alpha,
                                     .cluster_count = 1,
                                     .keep_ended_us = US_PER_DAY,
                                     .launch_failures_most = 3,
                                     .policy = policy_find(policy),
                                     .pending_most = 1000,
                                     .pending_most_per_user = 1000};

    player->core = core_new(&settings);
    effects_init(&player->effects);
    step(player, (struct event){
                     .kind = EVENT_INSTITUTION_ADDED, .books = {"unam", NULL}
    });
    step(player, (struct event){
                     .kind = EVENT_PROJECT_ADDED, .books = {"unam", "astro"}
    });
    step(player, (struct event){
                     .kind = EVENT_GRANTED,
                     .grant = {.id = 1, .institution = "unam", .amount_micro = LEDGER_AMOUNT_MAX}
    });
    step(player, (struct event){
                     .kind = EVENT_NODE_JOINED,
                     .node = {.name = "pool",
                              .cluster = "alpha",
                              .boot_id = "x",
                              .cores = player->scene->cores,
                              .memory_bytes = 1}
    });
}

static void run_core(struct player *player)
{
    struct scene *scene = player->scene;

    for (size_t i = 0; i < scene->count; i++)
        if (scene->jobs[i].submit == player->now)
            submit(player, &scene->jobs[i]);
    for (size_t i = 0; i < scene->count; i++)
        if (scene->starts[i] >= 0 && scene->starts[i] + scene->jobs[i].run == player->now)
            tell(player, EVENT_PART_ENDED, i + 1);
    do
        step(player, (struct event){.kind = EVENT_TIME_PASSED});
    while (core_next_time(player->core) <= (START + player->now) * US_PER_SECOND);
    for (size_t i = 0; i < scene->count; i++)
        if (scene->starts[i] == player->now)
            tell(player, EVENT_PART_STARTED, i + 1);
    core_check_invariants(player->core);
}

/* --- both ------------------------------------------------------------------------------------- */

static void make_scene(struct scene *scene, struct test_random *random)
{
    int64_t now = 0;

    *scene = (struct scene){.cores = 1 + test_random_below(random, 20)};
    scene->count = 2 + test_random_below(random, JOBS - 2);
    for (size_t i = 0; i < scene->count; i++) {
        struct model_job *job = &scene->jobs[i];

        now += test_random_chance(random, 50) ? 0 : test_random_below(random, 6);
        job->submit = now;
        job->limit = 1 + test_random_below(random, 20);
        job->run = test_random_chance(random, 40) ? job->limit
                                                  : test_random_between(random, 1, job->limit);
        job->cores = 1 + test_random_below(random, scene->cores);
        job->start = job->plan = scene->starts[i] = -1;
    }
}

static bool agrees(struct scene *scene, const char *policy)
{
    struct player player = {.scene = scene};
    bool same = true;

    make_core(&player, policy);
    for (int64_t now = 0; same && now < 20 * (int64_t)scene->count + 300; now++) {
        player.now = now;
        if (!run_model(scene, policy, now))
            continue;
        run_core(&player);
        for (size_t i = 0; i < scene->count; i++)
            same = same && scene->starts[i] == scene->jobs[i].start;
    }
    for (size_t i = 0; i < scene->count; i++)
        same = same && scene->starts[i] >= 0;
    core_free(player.core);
    effects_clear(&player.effects);
    return same;
}

static void check_policy(const char *policy)
{
    struct test_random random = test_random_from_environment();

    for (unsigned i = 0; i < CASES; i++) {
        static struct scene scene;

        make_scene(&scene, &random);
        CU_ASSERT_FATAL(agrees(&scene, policy));
    }
}

static void test_fcfs(void)
{
    check_policy("fcfs");
}

static void test_easy(void)
{
    check_policy("easy");
}

static void test_easy_shortest_first(void)
{
    check_policy("easy-sjbf");
}

static void test_conservative(void)
{
    check_policy("conservative");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"first come, first served",               test_fcfs               },
        {"EASY",                                   test_easy               },
        {"EASY, the shortest of the others first", test_easy_shortest_first},
        {"conservative",                           test_conservative       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("textbook", tests);
}
