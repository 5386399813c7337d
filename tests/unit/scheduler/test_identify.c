/* test_identify.c - who speaks for a uid of the scheduler's machine */

#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <pwd.h>
#include <unistd.h>

static const char *const manager_role[] = {"institution-manager", NULL};

static bool status_answers(struct bench *bench, struct caller *caller)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StatusAsk status = WIRE__STATUS_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &status;
    return bench_does(bench, caller, &ask, WIRE__ENVELOPE__BODY_STATUS);
}

static bool adds_user(struct bench *bench, struct caller *caller, const char *name, uint32_t uid,
                      enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;
    uint8_t bytes[16];

    random_fill(bytes, sizeof(bytes));
    add.key = (ProtobufCBinaryData){16, bytes};
    add.name = (char *)(uintptr_t)name;
    add.project = (char *)"fisica";
    add.local_uids = &uid;
    add.n_local_uids = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &add;
    if (code == ERROR_NONE)
        return bench_does(bench, caller, &ask, WIRE__ENVELOPE__BODY_DONE);
    return bench_refuses(bench, caller, &ask, code, words);
}

static void test_uids_of_the_local_socket(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller local = {
        .door = DOOR_LOCAL, .sender = {.uid = 4711, .route_size = 6}
    };
    struct caller *manager;

    bench_init(&bench);
    bench_books(&bench, "ana");
    manager = bench_person(&bench, "rector", manager_role, "uni", NULL);
    CU_ASSERT(!status_answers(&bench, &local)); /* a stranger */
    CU_ASSERT(adds_user(&bench, manager, "ana", 4711, ERROR_DENIED, "only an operator"));
    CU_ASSERT(adds_user(&bench, &bench.root, "ana", UINT32_MAX, ERROR_INVALID, "nobody"));
    CU_ASSERT(adds_user(&bench, &bench.root, "ana", 4711, ERROR_NONE, ""));
    CU_ASSERT(adds_user(&bench, &bench.root, "eva", 4711, ERROR_CONFLICT, "belongs to ana"));
    CU_ASSERT(status_answers(&bench, &local));
    CU_ASSERT_EQUAL(bench_submit(&bench, &local, 1), 1);
    bench_restart(&bench);
    local.greeted = false;
    CU_ASSERT(status_answers(&bench, &local));
}

/* The machine's own operator becomes a researcher as well, and stays an operator. */
static void test_an_operator_who_submits(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller own = {
        .door = DOOR_LOCAL, .sender = {.uid = geteuid(), .route_size = 7}
    };

    bench_init(&bench);
    bench_books(&bench, "ana");
    CU_ASSERT(adds_user(&bench, &own, "ana", geteuid(), ERROR_NONE, ""));
    CU_ASSERT_EQUAL(bench_submit(&bench, &own, 1), 1);
    CU_ASSERT(adds_user(&bench, &own, "eva", 4712, ERROR_NONE, ""));
    bench_restart(&bench);
    own.greeted = false;
    CU_ASSERT_EQUAL(bench_submit(&bench, &own, 1), 2);
    CU_ASSERT(adds_user(&bench, &own, "eva", 4713, ERROR_NONE, ""));
}

/* Root is an operator on the local socket; a key of that name is what its token says, and no more. */
static void test_the_name_of_an_operator(void)
{
    CLEANUP(bench_clear) struct bench bench;
    const struct passwd *own = getpwuid(geteuid());
    struct caller *far;

    CU_ASSERT_PTR_NOT_NULL_FATAL(own);
    bench_init(&bench);
    bench_books(&bench, "ana");
    far = bench_person(&bench, own->pw_name, NULL, NULL, NULL);
    CU_ASSERT(adds_user(&bench, far, "eva", 4711, ERROR_DENIED, ""));
    CU_ASSERT(adds_user(&bench, &bench.root, "eva", 4711, ERROR_NONE, ""));
    bench_restart(&bench);
    far->greeted = bench.root.greeted = false;
    CU_ASSERT(adds_user(&bench, far, "eva", 4712, ERROR_DENIED, ""));
    CU_ASSERT(adds_user(&bench, &bench.root, "eva", 4712, ERROR_NONE, ""));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"uids of the local socket", test_uids_of_the_local_socket},
        {"an operator who submits",  test_an_operator_who_submits },
        {"the name of an operator",  test_the_name_of_an_operator },
        CU_TEST_INFO_NULL,
    };

    return run_suite("identify", tests);
}
