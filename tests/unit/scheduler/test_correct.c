/* test_correct.c - refunds, moves and ends of grants, asked of the real service */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/check.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <string.h>

#define SU INT64_C(1000000)

/* uni: fisica with ana, biologia; rosa manages it, otto another.  One job of ana's has ended. */
struct scene {
    struct bench bench;
    struct caller *ana, *rosa, *otto, *node;
};

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static void add_institution(struct bench *bench, const char *name)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;
    uint8_t key[16];

    add.key = fresh_key(key);
    add.name = (char *)(uintptr_t)name;
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void add_project(struct bench *bench, const char *name)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ProjectAdd add = WIRE__PROJECT_ADD__INIT;
    uint8_t key[16];

    add.key = fresh_key(key);
    add.name = (char *)(uintptr_t)name;
    add.institution = (char *)"uni";
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &add;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    add_project(&scene->bench, "biologia");
    add_institution(&scene->bench, "otra");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->rosa = bench_person(&scene->bench, "rosa", manager, "uni", NULL);
    scene->otto = bench_person(&scene->bench, "otto", manager, "otra", NULL);
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
    CU_ASSERT(bench_submit(&scene->bench, scene->ana, 1) == 1);
    CU_ASSERT(bench_run_job(&scene->bench, scene->node, 0));
}

static Wire__Refund refund_of(uint64_t job, int64_t amount, const char *reason)
{
    static uint8_t key[16];
    Wire__Refund refund = WIRE__REFUND__INIT;

    refund.key = fresh_key(key);
    refund.job = job;
    refund.amount = amount;
    refund.reason = (char *)(uintptr_t)reason;
    return refund;
}

static Wire__Envelope asking_refund(Wire__Refund *refund)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_REFUND;
    ask.refund = refund;
    return ask;
}

static bool refunds(struct scene *scene, Wire__Refund refund)
{
    Wire__Envelope ask = asking_refund(&refund);

    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool refund_fails(struct scene *scene, struct caller *by, Wire__Refund refund,
                         const char *words)
{
    Wire__Envelope ask = asking_refund(&refund);
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(&scene->bench, by, &ask);

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
        strstr(answer->failure->text, words))
        return true;
    printf("# %s\n", answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                         ? answer->failure->text
                         : "not refused");
    return false;
}

static Wire__GrantChange change_of(uint64_t grant, const char *project, int64_t amount)
{
    static uint8_t key[16];
    Wire__GrantChange change = WIRE__GRANT_CHANGE__INIT;

    change.key = fresh_key(key);
    change.grant = grant;
    change.project = (char *)(uintptr_t)project;
    change.amount = amount;
    change.reason = (char *)"for a test";
    return change;
}

static Wire__Envelope asking_change(Wire__GrantChange *change)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_CHANGE;
    ask.grant_change = change;
    return ask;
}

static bool changes(struct scene *scene, struct caller *by, Wire__GrantChange change)
{
    Wire__Envelope ask = asking_change(&change);

    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool change_fails(struct scene *scene, struct caller *by, Wire__GrantChange change,
                         enum error_code code, const char *words)
{
    Wire__Envelope ask = asking_change(&change);

    return bench_refuses(&scene->bench, by, &ask, code, words);
}

/* Amounts of the quota's line: charged, available. */
static bool budget(struct scene *scene, const char *project, int64_t *ret_charged,
                   int64_t *ret_available)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QuotaAsk quota = WIRE__QUOTA_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    quota.project = (char *)(uintptr_t)project;
    quota.institution = (char *)"uni";
    ask.body_case = WIRE__ENVELOPE__BODY_QUOTA_ASK;
    ask.quota_ask = &quota;
    answer = bench_ask(&scene->bench, scene->rosa, &ask);
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_QUOTA_TABLE)
        return false;
    for (size_t i = 0; i < answer->quota_table->n_rows; i++) {
        const Wire__QuotaRow *row = answer->quota_table->rows[i];

        if (strcmp(row->project, project) != 0)
            continue;
        *ret_charged = row->charged;
        *ret_available = row->available;
        return true;
    }
    return false;
}

static void tell(void *owner, const char *text)
{
    printf("# %s\n", text);
    ++*(unsigned *)owner;
}

static bool store_is_good(struct scene *scene)
{
    unsigned findings = 0;
    struct error err;
    uint64_t rows;

    bench_run(&scene->bench);
    return store_check(scene->bench.store, tell, &findings, &rows, &err) && findings == 0;
}

static void test_a_job_is_refunded_once(void)
{
    struct scene scene;
    int64_t charge = 0, charged = 0, available = 0;

    scene_init(&scene);
    CU_ASSERT(budget(&scene, "", &charge, &available) && charge > 0);
    CU_ASSERT(refunds(&scene, refund_of(1, charge / 4, "the disk was slow")));
    CU_ASSERT(budget(&scene, "", &charged, &available));
    CU_ASSERT_EQUAL(charged, charge - charge / 4);
    CU_ASSERT_EQUAL(available, 1000 * SU - charged);
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(1, charge, "more"), "are left"));
    CU_ASSERT(refunds(&scene, refund_of(1, 0, "the rest")));
    CU_ASSERT(
        refund_fails(&scene, &scene.bench.root, refund_of(1, 0, "again"), "all of it is refunded"));
    CU_ASSERT(budget(&scene, "", &charged, &available) && charged == 0);
    CU_ASSERT(store_is_good(&scene));
    bench_restart(&scene.bench);
    CU_ASSERT(budget(&scene, "", &charged, &available));
    CU_ASSERT(charged == 0 && available == 1000 * SU);
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(1, 1, "after a restart"),
                           "all of it is refunded"));
    bench_clear(&scene.bench);
}

static void test_refunds_that_cannot_be(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(1, 0, ""), "needs a reason"));
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(1, -1, "x"), "above zero"));
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(99, 0, "x"), "no job 99"));
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(UINT64_MAX, 0, "x"), "no job"));
    CU_ASSERT(refund_fails(&scene, scene.rosa, refund_of(1, 0, "x"), "refund"));
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 1) == 2);
    CU_ASSERT(refund_fails(&scene, &scene.bench.root, refund_of(2, 0, "x"), "has not ended"));
    bench_clear(&scene.bench);
}

/* Both are asked before either is committed. */
static void test_two_refunds_at_once(void)
{
    struct scene scene;
    Wire__Refund first = refund_of(1, 0, "first"), second;
    Wire__Envelope ask = asking_refund(&first), other;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint8_t key[16];
    uint64_t request;

    scene_init(&scene);
    bench_send(&scene.bench, &scene.bench.root, &ask);
    second = refund_of(1, 0, "second");
    second.key = fresh_key(key);
    other = asking_refund(&second);
    request = bench_send(&scene.bench, &scene.bench.root, &other);
    bench_run(&scene.bench);
    answer = bench_take(&scene.bench, &scene.bench.root, request, WIRE__ENVELOPE__BODY__NOT_SET);
    CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT(store_is_good(&scene));
    bench_clear(&scene.bench);
}

static bool grant_to(struct scene *scene, const char *project, int64_t amount)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantAdd grant = WIRE__GRANT_ADD__INIT;
    uint8_t key[16];

    grant.key = fresh_key(key);
    grant.project = (char *)(uintptr_t)project;
    grant.amount = amount;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &grant;
    return bench_does(&scene->bench, scene->rosa, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static void test_a_grant_is_moved(void)
{
    struct scene scene;
    int64_t charged, available = 0;

    scene_init(&scene);
    CU_ASSERT(grant_to(&scene, "fisica", 100 * SU));
    CU_ASSERT(change_fails(&scene, scene.otto, change_of(2, "biologia", SU), ERROR_DENIED,
                           "do not manage"));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(2, "nada", SU), ERROR_NOT_FOUND,
                           "no project nada"));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(2, "biologia", 101 * SU), ERROR_EXHAUSTED,
                           "the grant has only"));
    CU_ASSERT(changes(&scene, scene.rosa, change_of(2, "biologia", 30 * SU)));
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 30 * SU);
    CU_ASSERT(store_is_good(&scene));
    bench_restart(&scene.bench);
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 30 * SU);
    CU_ASSERT(changes(&scene, scene.rosa, change_of(3, "fisica", 0))); /* and back again */
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 0);
    CU_ASSERT(store_is_good(&scene));
    bench_clear(&scene.bench);
}

static void test_a_grant_is_ended(void)
{
    struct scene scene;
    int64_t charged, available = -1, after = -1;

    scene_init(&scene);
    CU_ASSERT(grant_to(&scene, "biologia", 100 * SU));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(1, "", 0), ERROR_DENIED, "operator"));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(9, "", 0), ERROR_NOT_FOUND, "no grant 9"));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(2, "", 5), ERROR_INVALID, "ended whole"));
    CU_ASSERT(changes(&scene, scene.rosa, change_of(2, "", 0)));
    CU_ASSERT(change_fails(&scene, scene.rosa, change_of(2, "", 0), ERROR_CONFLICT, "has ended"));
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 0);
    CU_ASSERT(changes(&scene, &scene.bench.root, change_of(1, "", 0)));
    CU_ASSERT(budget(&scene, "", &charged, &available) && available == 0);
    CU_ASSERT(store_is_good(&scene));
    bench_restart(&scene.bench);
    CU_ASSERT(budget(&scene, "", &charged, &after) && after == 0);
    bench_clear(&scene.bench);
}

static Wire__GrantChange carried(Wire__GrantChange change, int64_t until_us)
{
    change.carry_until_us = until_us;
    return change;
}

static void test_a_grant_is_carried_over(void)
{
    struct scene scene;
    int64_t charged, available = -1, soon_us, later_us;

    scene_init(&scene);
    soon_us = clock_wall_us(&scene.bench.clock) + US_PER_HOUR;
    later_us = soon_us + US_PER_DAY;
    CU_ASSERT(grant_to(&scene, "biologia", 100 * SU));
    CU_ASSERT(change_fails(&scene, scene.rosa, carried(change_of(2, "fisica", 0), later_us),
                           ERROR_INVALID, "not both"));
    CU_ASSERT(change_fails(&scene, scene.rosa, carried(change_of(2, "", 0), 5), ERROR_INVALID,
                           "to come"));
    CU_ASSERT(change_fails(&scene, scene.rosa, carried(change_of(2, "", 101 * SU), later_us),
                           ERROR_EXHAUSTED, "has less left"));
    CU_ASSERT(change_fails(&scene, scene.otto, carried(change_of(2, "", 0), later_us), ERROR_DENIED,
                           "do not manage"));
    CU_ASSERT(change_fails(&scene, scene.rosa, carried(change_of(1, "", 0), later_us), ERROR_DENIED,
                           "operator"));
    CU_ASSERT(changes(&scene, scene.rosa, carried(change_of(2, "", 40 * SU), soon_us)));
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 40 * SU);
    CU_ASSERT(changes(&scene, scene.rosa, carried(change_of(3, "", 0), later_us)));
    CU_ASSERT(store_is_good(&scene));
    bench_restart(&scene.bench);
    bench_pass(&scene.bench, 2 * US_PER_HOUR);
    CU_ASSERT(budget(&scene, "biologia", &charged, &available) && available == 40 * SU);
    CU_ASSERT(changes(&scene, &scene.bench.root, carried(change_of(1, "", 0), later_us)));
    CU_ASSERT(store_is_good(&scene));
    bench_clear(&scene.bench);
}

static void test_the_list_of_grants(void)
{
    struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantsAsk grants = WIRE__GRANTS_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *rosa = NULL;
    CLEANUP(message_freep) Wire__Envelope *ana = NULL;
    CLEANUP(message_freep) Wire__Envelope *otto = NULL;

    scene_init(&scene);
    CU_ASSERT(grant_to(&scene, "fisica", 100 * SU));
    CU_ASSERT(changes(&scene, scene.rosa, change_of(2, "biologia", 30 * SU)));
    ask.body_case = WIRE__ENVELOPE__BODY_GRANTS_ASK;
    ask.grants_ask = &grants;
    rosa = bench_ask(&scene.bench, scene.rosa, &ask);
    ana = bench_ask(&scene.bench, scene.ana, &ask);
    otto = bench_ask(&scene.bench, scene.otto, &ask);
    CU_ASSERT_FATAL(rosa && rosa->body_case == WIRE__ENVELOPE__BODY_GRANT_TABLE);
    CU_ASSERT_EQUAL(rosa->grant_table->n_rows, 3);
    CU_ASSERT(rosa->grant_table->rows[1]->amount == 100 * SU);
    /* The job had run before there was a grant: it pays that debt. */
    CU_ASSERT(rosa->grant_table->rows[1]->left < 70 * SU &&
              rosa->grant_table->rows[1]->left > 69 * SU);
    CU_ASSERT_STRING_EQUAL(rosa->grant_table->rows[2]->project, "biologia");
    CU_ASSERT_STRING_EQUAL(rosa->grant_table->rows[2]->reason, "for a test");
    CU_ASSERT_STRING_EQUAL(rosa->grant_table->rows[2]->made_by, "rosa");
    CU_ASSERT(ana && ana->grant_table->n_rows == 1 && ana->grant_table->rows[0]->id == 2);
    CU_ASSERT(otto && otto->grant_table->n_rows == 0);
    bench_clear(&scene.bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job is refunded, never more than its charge", test_a_job_is_refunded_once },
        {"refunds that cannot be",                        test_refunds_that_cannot_be },
        {"two refunds at once are one",                   test_two_refunds_at_once    },
        {"a grant is carried over",                       test_a_grant_is_carried_over},
        {"a grant is moved, and back",                    test_a_grant_is_moved       },
        {"a grant is ended",                              test_a_grant_is_ended       },
        {"who sees which grants",                         test_the_list_of_grants     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("corrections", tests);
}
