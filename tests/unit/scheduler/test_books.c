/* test_books.c - grants, usage and quota: who may, what is refused, what is shown */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <string.h>

#define SU INT64_C(1000000)

/* uni: ana of fisica, rosa its manager; otra: otto its manager; all people have keys. */
struct scene {
    struct bench bench;
    struct caller *ana, *eva, *rosa, *otto, *audita, *node;
};

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static void add_institution(struct bench *bench, const char *name, const char *project)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd institution = WIRE__INSTITUTION_ADD__INIT;
    Wire__ProjectAdd add = WIRE__PROJECT_ADD__INIT;
    uint8_t key[16], other[16];

    institution.key = fresh_key(key);
    institution.name = (char *)(uintptr_t)name;
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &institution;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
    add.key = fresh_key(other);
    add.name = (char *)(uintptr_t)project;
    add.institution = (char *)(uintptr_t)name;
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &add;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};
    static const char *const auditor[] = {"auditor", NULL};

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    add_institution(&scene->bench, "otra", "quimica");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->eva = bench_person(&scene->bench, "eva", NULL, NULL, NULL);
    scene->rosa = bench_person(&scene->bench, "rosa", manager, "uni", NULL);
    scene->otto = bench_person(&scene->bench, "otto", manager, "otra", NULL);
    scene->audita = bench_person(&scene->bench, "audita", auditor, NULL, NULL);
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
}

static Wire__GrantAdd grant_of(const char *institution, const char *project, int64_t amount)
{
    static uint8_t key[16];
    Wire__GrantAdd grant = WIRE__GRANT_ADD__INIT;

    grant.key = fresh_key(key);
    grant.institution = (char *)(uintptr_t)institution;
    grant.project = (char *)(uintptr_t)project;
    grant.amount = amount;
    return grant;
}

static Wire__Envelope asking_grant(Wire__GrantAdd *grant)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = grant;
    return ask;
}

static bool grants(struct scene *scene, struct caller *by, Wire__GrantAdd grant)
{
    Wire__Envelope ask = asking_grant(&grant);

    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool grant_fails(struct scene *scene, struct caller *by, Wire__GrantAdd grant,
                        enum error_code code, const char *words)
{
    Wire__Envelope ask = asking_grant(&grant);

    return bench_refuses(&scene->bench, by, &ask, code, words);
}

static Wire__Envelope *ask_quota(struct scene *scene, struct caller *by, const char *institution,
                                 const char *project)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk quota = WIRE__QUOTA_ASK__INIT;

    quota.institution = (char *)(uintptr_t)institution;
    quota.project = (char *)(uintptr_t)project;
    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &quota;
    return bench_ask(&scene->bench, by, &ask);
}

static bool quota_fails(struct scene *scene, struct caller *by, const char *institution,
                        const char *project, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk quota = WIRE__QUOTA_ASK__INIT;

    quota.institution = (char *)(uintptr_t)institution;
    quota.project = (char *)(uintptr_t)project;
    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &quota;
    return bench_refuses(&scene->bench, by, &ask, ERROR_NOT_FOUND, words);
}

static const Wire__QuotaRow *quota_row(const Wire__Envelope *answer, const char *institution,
                                       const char *project)
{
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_QUOTA_TABLE)
        return NULL;
    for (size_t i = 0; i < answer->quota_table->n_rows; i++) {
        const Wire__QuotaRow *row = answer->quota_table->rows[i];

        if (strcmp(row->institution, institution) == 0 && strcmp(row->project, project) == 0)
            return row;
    }
    return NULL;
}

static Wire__Envelope *ask_usage(struct scene *scene, struct caller *by, Wire__UsageAsk usage)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &usage;
    return bench_ask(&scene->bench, by, &ask);
}

/* --- grants --------------------------------------------------------------------------------------------- */

static void test_who_may_grant(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(grants(&scene, &scene.bench.root, grant_of("otra", "", 5 * SU)));
    CU_ASSERT(grants(&scene, scene.rosa, grant_of("", "fisica", 7 * SU)));
    CU_ASSERT(grants(&scene, scene.rosa, grant_of("uni", "fisica", 7 * SU)));
    CU_ASSERT(grant_fails(&scene, scene.rosa, grant_of("uni", "", SU), ERROR_DENIED,
                          "only the network's operator"));
    CU_ASSERT(grant_fails(&scene, scene.otto, grant_of("", "fisica", SU), ERROR_DENIED,
                          "you do not manage institution uni"));
    CU_ASSERT(grant_fails(&scene, scene.ana, grant_of("", "fisica", SU), ERROR_DENIED, ""));
    CU_ASSERT(grant_fails(&scene, scene.audita, grant_of("", "fisica", SU), ERROR_DENIED, ""));
    bench_clear(&scene.bench);
}

static void test_grants_that_make_no_sense(void)
{
    struct scene scene;
    Wire__GrantAdd grant;
    char reason[400];

    scene_init(&scene);
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("", "nada", SU), ERROR_NOT_FOUND,
                          "no project nada"));
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("nada", "", SU), ERROR_NOT_FOUND,
                          "no institution nada"));
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("otra", "fisica", SU), ERROR_INVALID,
                          "belongs to uni"));
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("uni", "", 0), ERROR_INVALID,
                          "above zero"));
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("uni", "", -SU), ERROR_INVALID,
                          "above zero"));
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant_of("uni", "", INT64_MAX), ERROR_INVALID,
                          "at most"));
    grant = grant_of("uni", "", SU);
    grant.end_us = 1;
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant, ERROR_INVALID, "end after it starts"));
    grant.end_us = -1;
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant, ERROR_INVALID, "before 1970"));
    memset(reason, 'x', sizeof(reason));
    reason[sizeof(reason) - 1] = '\0';
    grant = grant_of("uni", "", SU);
    grant.reason = reason;
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant, ERROR_INVALID, "reason"));
    bench_clear(&scene.bench);
}

/* A lost answer: the same request comes again. */
static void test_a_grant_sent_twice_is_one(void)
{
    struct scene scene;
    Wire__GrantAdd grant = grant_of("uni", "", 11 * SU);
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__QuotaRow *row;

    scene_init(&scene);
    CU_ASSERT(grants(&scene, &scene.bench.root, grant));
    CU_ASSERT(grants(&scene, &scene.bench.root, grant));
    answer = ask_quota(&scene, scene.rosa, "uni", "");
    row = quota_row(answer, "uni", "");
    CU_ASSERT(row && row->granted == 1011 * SU);
    grant.amount++;
    CU_ASSERT(grant_fails(&scene, &scene.bench.root, grant, ERROR_CONFLICT, ""));
    bench_clear(&scene.bench);
}

/* --- quota ---------------------------------------------------------------------------------------------- */

static void test_who_sees_which_quota(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *ana = NULL;
    CLEANUP(message_freep) Wire__Envelope *eva = NULL;
    CLEANUP(message_freep) Wire__Envelope *rosa = NULL;
    CLEANUP(message_freep) Wire__Envelope *audita = NULL;

    scene_init(&scene);
    ana = ask_quota(&scene, scene.ana, "", "");
    eva = ask_quota(&scene, scene.eva, "", "");
    rosa = ask_quota(&scene, scene.rosa, "", "");
    audita = ask_quota(&scene, scene.audita, "", "");
    CU_ASSERT(quota_row(ana, "uni", "fisica") && !quota_row(ana, "uni", ""));
    CU_ASSERT_EQUAL(eva->quota_table->n_rows, 0);
    CU_ASSERT(quota_row(rosa, "uni", "") && quota_row(rosa, "uni", "fisica"));
    CU_ASSERT(!quota_row(rosa, "otra", "") && !quota_row(rosa, "otra", "quimica"));
    CU_ASSERT_EQUAL(audita->quota_table->n_rows, 4);
    CU_ASSERT(quota_fails(&scene, scene.audita, "", "nosuch", "no project nosuch"));
    CU_ASSERT(quota_fails(&scene, scene.audita, "nosuch", "", "no institution nosuch"));
    CU_ASSERT(quota_fails(&scene, scene.rosa, "", "quimica", "no project quimica"));
    bench_clear(&scene.bench);
}

/* granted = charged + held + available, before, while and after a job runs. */
static void test_the_quota_of_a_job_s_life(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *queued = NULL;
    CLEANUP(message_freep) Wire__Envelope *after = NULL;
    const Wire__QuotaRow *row;

    scene_init(&scene);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 9) == 1); /* 8 cores: one waits */
    queued = ask_quota(&scene, scene.rosa, "uni", "");
    row = quota_row(queued, "uni", "");
    CU_ASSERT_FATAL(row != NULL);
    CU_ASSERT(row->held > 0 && row->queued > 0 && row->charged == 0);
    CU_ASSERT(row->held >= 8 * row->queued); /* a hold has the grace of its end in it */
    CU_ASSERT_EQUAL(row->granted, row->charged + row->held + row->available);
    for (int i = 0; i < 9; i++)
        CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    after = ask_quota(&scene, scene.rosa, "uni", "");
    row = quota_row(after, "uni", "");
    CU_ASSERT_FATAL(row != NULL);
    CU_ASSERT(row->held == 0 && row->queued == 0 && row->charged > 0);
    CU_ASSERT_EQUAL(row->granted, 1000 * SU);
    CU_ASSERT_EQUAL(row->available, 1000 * SU - row->charged);
    bench_clear(&scene.bench);
}

static int64_t queued_of_uni(struct scene *scene)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_quota(scene, scene->rosa, "uni", "");
    const Wire__QuotaRow *row = quota_row(answer, "uni", "");

    return row ? row->queued : -1;
}

/* The sums over n jobs are good for 2 n microseconds, and not longer. */
static void test_what_is_queued_is_up_to_date(void)
{
    struct scene scene;
    int64_t before, after;

    scene_init(&scene);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 9) == 1); /* 8 cores: one waits */
    before = queued_of_uni(&scene);
    CU_ASSERT(before > 0);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 2) == 10);
    bench_pass(&scene.bench, 100);
    after = queued_of_uni(&scene);
    CU_ASSERT_EQUAL(after, 3 * before);
    bench_clear(&scene.bench);
}

static void test_the_end_of_a_grant_is_shown(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *before = NULL;
    CLEANUP(message_freep) Wire__Envelope *after = NULL;
    Wire__GrantAdd grant = grant_of("", "fisica", 3 * SU);
    const Wire__QuotaRow *row;

    scene_init(&scene);
    grant.end_us = scene.bench.time.wall_us + US_PER_DAY;
    CU_ASSERT(grants(&scene, scene.rosa, grant));
    before = ask_quota(&scene, scene.ana, "", "fisica");
    row = quota_row(before, "uni", "fisica");
    CU_ASSERT(row && row->available == 3 * SU && row->end_us == grant.end_us);
    bench_pass(&scene.bench, 2 * US_PER_DAY);
    after = ask_quota(&scene, scene.ana, "", "fisica");
    row = quota_row(after, "uni", "fisica");
    CU_ASSERT(row && row->available == 0 && row->end_us == 0);
    bench_clear(&scene.bench);
}

/* --- usage ---------------------------------------------------------------------------------------------- */

static void test_usage_by_what_is_asked(void)
{
    static const struct {
        const char *by, *institution, *project, *user;
        bool cluster;
    } cases[] = {
        {"",                    "uni", "",       "",    false},
        {"institution",         "uni", "",       "",    false},
        {"project",             "uni", "fisica", "",    false},
        {"user",                "uni", "fisica", "ana", false},
        {"cluster",             "",    "",       "",    true },
        {"cluster,institution", "uni", "",       "",    true },
        {"user,cluster",        "uni", "fisica", "ana", true },
    };
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 2) == 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 1));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(message_freep) Wire__Envelope *answer = NULL;
        Wire__UsageAsk ask = WIRE__USAGE_ASK__INIT;
        const Wire__UsageRow *row;

        ask.by = (char *)(uintptr_t)cases[i].by;
        answer = ask_usage(&scene, scene.rosa, ask);
        CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_USAGE_TABLE &&
                        answer->usage_table->n_rows == 1);
        row = answer->usage_table->rows[0];
        CU_ASSERT_STRING_EQUAL(row->institution, cases[i].institution);
        CU_ASSERT_EQUAL(*row->cluster != '\0', cases[i].cluster);
        CU_ASSERT_STRING_EQUAL(row->project, cases[i].project);
        CU_ASSERT_STRING_EQUAL(row->user, cases[i].user);
        CU_ASSERT(row->jobs == 2 && row->charged > 0 && row->cpu_used_us == 4 * US_PER_SECOND);
        CU_ASSERT_EQUAL(row->core_us, 6 * US_PER_SECOND);
    }
    bench_clear(&scene.bench);
}

static size_t usage_rows(struct scene *scene, struct caller *by, Wire__UsageAsk ask)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_usage(scene, by, ask);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_USAGE_TABLE)
        return SIZE_MAX;
    return answer->usage_table->n_rows;
}

static void test_who_sees_whose_usage(void)
{
    struct scene scene;
    Wire__UsageAsk ask = WIRE__USAGE_ASK__INIT, later = WIRE__USAGE_ASK__INIT;

    scene_init(&scene);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 1) == 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.ana, ask), 1);
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.eva, ask), 0);
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.rosa, ask), 1);
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.otto, ask), 0);
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, ask), 1);
    later.since_us = scene.bench.time.wall_us + US_PER_HOUR;
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, later), 0);
    later.until_us = later.since_us - 1;
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, later), SIZE_MAX);
    later = ask;
    later.by = (char *)"moon";
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, later), SIZE_MAX);
    later.by = (char *)"cluster,moon";
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, later), SIZE_MAX);
    later.by = (char *)"clusters";
    CU_ASSERT_EQUAL(usage_rows(&scene, scene.audita, later), SIZE_MAX);
    bench_clear(&scene.bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who may grant",                          test_who_may_grant               },
        {"grants that make no sense are refused",  test_grants_that_make_no_sense   },
        {"a grant that was sent twice is one",     test_a_grant_sent_twice_is_one   },
        {"who sees which quota",                   test_who_sees_which_quota        },
        {"granted is charged, held and available", test_the_quota_of_a_job_s_life   },
        {"what is queued is up to date",           test_what_is_queued_is_up_to_date},
        {"a grant's end is shown, and comes",      test_the_end_of_a_grant_is_shown },
        {"usage by institution, project or user",  test_usage_by_what_is_asked      },
        {"who sees whose usage",                   test_who_sees_whose_usage        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("books", tests);
}
