/* test_policy_asks.c - priorities and shares, asked of the real service */

#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <string.h>

/* uni with fisica, in which ana is; rosa manages it, otto another. */
struct scene {
    struct bench bench;
    struct caller *ana, *eva, *rosa, *otto, *node;
};

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;
    uint8_t key[16];

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    add.key = fresh_key(key);
    add.name = (char *)"otra";
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    CU_ASSERT(bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE));
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->eva = bench_person(&scene->bench, "eva", NULL, NULL, NULL);
    scene->rosa = bench_person(&scene->bench, "rosa", manager, "uni", NULL);
    scene->otto = bench_person(&scene->bench, "otto", manager, "otra", NULL);
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
}

/* --- priorities ------------------------------------------------------------------------------ */

static Wire__Envelope *ask_priority(struct scene *scene, struct caller *by, uint64_t *jobs,
                                    size_t count)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PriorityAsk body = WIRE__PRIORITY_ASK__INIT;

    body.jobs = jobs;
    body.n_jobs = count;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIORITY_ASK;
    ask.priority_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

/* Under the policy of the bench ranks rest on something that is told. */
static void test_what_waits_is_told(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(message_freep) Wire__Envelope *hers = NULL;
    const Wire__PriorityTable *table;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 12), 1); /* 8 of them start */
    answer = ask_priority(&scene, scene.ana, NULL, 0);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_PRIORITY_TABLE);
    table = answer->priority_table;
    CU_ASSERT_EQUAL(table->n_rows, 4);
    CU_ASSERT_FALSE(table->weighed);
    CU_ASSERT(strlen(table->order) > 0);
    CU_ASSERT_STRING_EQUAL(table->factors[0]->name, "age");
    CU_ASSERT_EQUAL(table->rows[0]->job, 9);
    CU_ASSERT(table->rows[0]->ranked && table->rows[0]->since_us > 0);
    CU_ASSERT(table->rows[0]->n_parts == table->n_factors);
    CU_ASSERT_EQUAL(table->rows[0]->cores, 1);
    hers = ask_priority(&scene, scene.eva, NULL, 0);
    CU_ASSERT(hers && hers->priority_table && hers->priority_table->n_rows == 0);
    bench_clear(&scene.bench);
}

static bool priority_fails(struct scene *scene, struct caller *by, uint64_t job, const char *words)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_priority(scene, by, &job, 1);

    return answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
           strstr(answer->failure->text, words);
}

static void test_only_what_waits_has_a_priority(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 9), 1);
    CU_ASSERT(priority_fails(&scene, scene.ana, 1, "only what waits"));
    CU_ASSERT(priority_fails(&scene, scene.ana, 77, "no job 77"));
    CU_ASSERT(priority_fails(&scene, scene.eva, 9, "somebody else"));
    bench_clear(&scene.bench);
}

/* --- shares ---------------------------------------------------------------------------------- */

static Wire__Envelope *ask_shares(struct scene *scene, struct caller *by)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ShareAsk body = WIRE__SHARE_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_SHARE_ASK;
    ask.share_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

static const Wire__ShareRow *row_of(const Wire__Envelope *answer, const char *institution,
                                    const char *project, const char *user)
{
    const Wire__ShareTable *table = answer && answer->body_case == WIRE__ENVELOPE__BODY_SHARE_TABLE
                                        ? answer->share_table
                                        : NULL;

    for (size_t i = 0; table && i < table->n_rows; i++)
        if (strcmp(table->rows[i]->institution, institution) == 0 &&
            strcmp(table->rows[i]->project, project) == 0 &&
            strcmp(table->rows[i]->user, user) == 0)
            return table->rows[i];
    return NULL;
}

static Wire__ShareSet share_of(const char *institution, const char *project, const char *user,
                               uint32_t shares)
{
    static uint8_t key[16];
    Wire__ShareSet set = WIRE__SHARE_SET__INIT;

    set.key = fresh_key(key);
    set.institution = (char *)(uintptr_t)institution;
    set.project = (char *)(uintptr_t)project;
    set.user = (char *)(uintptr_t)user;
    set.shares = shares;
    set.reason = (char *)"agreed in June";
    return set;
}

static bool sets(struct scene *scene, struct caller *by, Wire__ShareSet set)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_SHARE_SET;
    ask.share_set = &set;
    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool set_fails(struct scene *scene, struct caller *by, Wire__ShareSet set,
                      enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_SHARE_SET;
    ask.share_set = &set;
    return bench_refuses(&scene->bench, by, &ask, code, words);
}

static void check_uni(const Wire__Envelope *answer)
{
    const Wire__ShareRow *uni = row_of(answer, "uni", "", "");

    CU_ASSERT_FATAL(uni != NULL);
    CU_ASSERT_EQUAL(uni->shares, 3);
    CU_ASSERT_EQUAL(uni->norm_shares, 0.75);
    CU_ASSERT_STRING_EQUAL(uni->made_by, "root");
    CU_ASSERT_STRING_EQUAL(uni->reason, "agreed in June");
    CU_ASSERT(uni->made_us > 0);
}

/* What was set survives, with who set it. */
static void test_shares_are_kept(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *before = NULL;
    CLEANUP(message_freep) Wire__Envelope *after = NULL;

    scene_init(&scene);
    CU_ASSERT(sets(&scene, &scene.bench.root, share_of("uni", "", "", 3)));
    CU_ASSERT(sets(&scene, scene.rosa, share_of("uni", "fisica", "", 7)));
    CU_ASSERT(sets(&scene, scene.rosa, share_of("uni", "fisica", "ana", 2)));
    before = ask_shares(&scene, &scene.bench.root);
    check_uni(before);
    bench_restart(&scene.bench);
    after = ask_shares(&scene, &scene.bench.root);
    check_uni(after);
    CU_ASSERT(row_of(after, "uni", "fisica", "") &&
              row_of(after, "uni", "fisica", "")->shares == 7);
    CU_ASSERT(row_of(after, "uni", "fisica", "ana") &&
              row_of(after, "uni", "fisica", "ana")->shares == 2);
    bench_clear(&scene.bench);
}

static void test_who_may_set_shares(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(set_fails(&scene, scene.rosa, share_of("uni", "", "", 9), ERROR_DENIED, "operator"));
    CU_ASSERT(set_fails(&scene, scene.otto, share_of("uni", "fisica", "", 9), ERROR_DENIED,
                        "do not manage"));
    CU_ASSERT(set_fails(&scene, scene.ana, share_of("uni", "fisica", "ana", 9), ERROR_DENIED, ""));
    CU_ASSERT(set_fails(&scene, &scene.bench.root, share_of("none", "", "", 9), ERROR_NOT_FOUND,
                        "no institution none"));
    CU_ASSERT(set_fails(&scene, &scene.bench.root, share_of("otra", "fisica", "", 9),
                        ERROR_NOT_FOUND, "has no project fisica"));
    CU_ASSERT(set_fails(&scene, &scene.bench.root, share_of("uni", "fisica", "eva", 9),
                        ERROR_NOT_FOUND, "eva is not in"));
    CU_ASSERT(set_fails(&scene, &scene.bench.root, share_of("uni", "", "", 2000000), ERROR_INVALID,
                        "are the most"));
    bench_clear(&scene.bench);
}

/* Usage of others is seen by institution alone. */
static void test_who_sees_what(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *all = NULL;
    CLEANUP(message_freep) Wire__Envelope *hers = NULL;
    CLEANUP(message_freep) Wire__Envelope *strange = NULL;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    all = ask_shares(&scene, scene.rosa);
    CU_ASSERT(row_of(all, "uni", "fisica", "ana") && row_of(all, "otra", "", ""));
    hers = ask_shares(&scene, scene.ana);
    CU_ASSERT(row_of(hers, "uni", "fisica", "ana") != NULL);
    CU_ASSERT(row_of(hers, "uni", "fisica", "ana")->factor == 1);
    strange = ask_shares(&scene, scene.otto);
    CU_ASSERT(row_of(strange, "uni", "", "") && !row_of(strange, "uni", "fisica", "") &&
              !row_of(strange, "uni", "fisica", "ana"));
    bench_clear(&scene.bench);
}

/* --- limits ---------------------------------------------------------------------------------- */

static bool limit(struct scene *scene, struct caller *by, const char *place, const char *form,
                  const char *amount, const char *refusal)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__LimitSet set = WIRE__LIMIT_SET__INIT;
    Wire__LimitAmount each = WIRE__LIMIT_AMOUNT__INIT, *all[] = {&each};
    char scope[32];
    uint8_t key[16];

    snprintf(scope, sizeof(scope), "%.*s", (int)strcspn(place, ":"), place);
    set.key = fresh_key(key);
    set.scope = scope;
    set.name = (char *)(uintptr_t)(strchr(place, ':') ? strchr(place, ':') + 1 : "");
    set.form = (char *)(uintptr_t)form;
    each.what = (char *)"jobs";
    each.amount = (char *)(uintptr_t)amount;
    set.limits = all;
    set.n_limits = 1;
    set.reason = (char *)"a test";
    ask.body_case = WIRE__ENVELOPE__BODY_LIMIT_SET;
    ask.limit_set = &set;
    if (!refusal)
        return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
    {
        CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(&scene->bench, by, &ask);

        return answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
               strstr(answer->failure->text, refusal);
    }
}

static Wire__Envelope *ask_limits(struct scene *scene, struct caller *by)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__LimitsAsk body = WIRE__LIMITS_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_LIMITS_ASK;
    ask.limits_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

static size_t count_limits(struct scene *scene, struct caller *by)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_limits(scene, by);

    return answer && answer->body_case == WIRE__ENVELOPE__BODY_LIMIT_TABLE
               ? answer->limit_table->n_rows
               : SIZE_MAX;
}

/* They hold over a restart, with who set them; and what is cleared is gone. */
static void test_limits_are_kept(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *shown = NULL;
    const Wire__LimitRow *row;

    scene_init(&scene);
    CU_ASSERT(limit(&scene, scene.rosa, "project:fisica", "total", "2", NULL));
    CU_ASSERT(limit(&scene, &scene.bench.root, "network", "per-user", "5", NULL));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 4), 1);
    CU_ASSERT_STRING_EQUAL(
        job_reason_name(core_find_job(service_core(scene.bench.service), 3)->reason),
        "AssocGrpJobsLimit");
    bench_restart(&scene.bench);
    shown = ask_limits(&scene, scene.ana);
    CU_ASSERT_FATAL(shown && shown->limit_table && shown->limit_table->n_rows == 2);
    row = shown->limit_table->rows[1];
    CU_ASSERT_STRING_EQUAL(row->scope, "project");
    CU_ASSERT_STRING_EQUAL(row->amount, "2");
    CU_ASSERT_STRING_EQUAL(row->used, "2");
    CU_ASSERT_STRING_EQUAL(row->made_by, "rosa");
    CU_ASSERT_FALSE(row->configured);
    CU_ASSERT_EQUAL(count_limits(&scene, scene.eva), 1);
    CU_ASSERT(limit(&scene, scene.rosa, "project:fisica", "total", "", NULL));
    bench_restart(&scene.bench);
    CU_ASSERT_EQUAL(count_limits(&scene, &scene.bench.root), 1);
    bench_clear(&scene.bench);
}

static void test_who_may_set_limits(void)
{
    static const char *const admin[] = {"cluster-admin", NULL};
    struct scene scene;
    struct caller *caro;

    scene_init(&scene);
    caro = bench_person(&scene.bench, "caro", admin, NULL, "sur");
    CU_ASSERT(limit(&scene, scene.rosa, "network", "total", "2", "not yours"));
    CU_ASSERT(limit(&scene, scene.rosa, "institution:uni", "total", "2", "not yours"));
    CU_ASSERT(limit(&scene, scene.otto, "project:fisica", "total", "2", "not yours"));
    CU_ASSERT(limit(&scene, scene.rosa, "member:fisica/ana", "total", "2", NULL));
    CU_ASSERT(limit(&scene, scene.rosa, "member:fisica/eva", "total", "2", "no member"));
    CU_ASSERT(limit(&scene, caro, "cluster:sur", "total", "2", NULL));
    CU_ASSERT(limit(&scene, caro, "partition:sur/batch", "per-user", "2", NULL));
    CU_ASSERT(limit(&scene, caro, "partition:norte/batch", "total", "2", "not yours"));
    CU_ASSERT(limit(&scene, &scene.bench.root, "user:nobody", "total", "2", "no user nobody"));
    CU_ASSERT(limit(&scene, &scene.bench.root, "qos:none", "total", "2", "no qos none"));
    CU_ASSERT(limit(&scene, &scene.bench.root, "moon", "total", "2", "limits of moon"));
    CU_ASSERT(limit(&scene, &scene.bench.root, "network", "per-job", "2", "cannot be limited"));
    CU_ASSERT(limit(&scene, &scene.bench.root, "network", "total", "many", "jobs"));
    bench_clear(&scene.bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what waits is told with its rank",   test_what_waits_is_told            },
        {"only what waits has a priority",     test_only_what_waits_has_a_priority},
        {"shares are kept, with who set them", test_shares_are_kept               },
        {"who may set shares",                 test_who_may_set_shares            },
        {"who sees whose usage",               test_who_sees_what                 },
        {"limits are kept, with who set them", test_limits_are_kept               },
        {"who may set limits",                 test_who_may_set_limits            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("policy_asks", tests);
}
