/* test_reservations.c - nodes kept for a time, asked of the real service */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <string.h>

/* Node n1 of cluster sur; ana is in fisica, tere administers sur, nora norte. */
struct scene {
    struct bench bench;
    struct caller *ana, *tere, *nora, *node;
};

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static void scene_init(struct scene *scene)
{
    static const char *const admin[] = {"cluster-admin", NULL};

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->tere = bench_person(&scene->bench, "tere", admin, NULL, "sur");
    scene->nora = bench_person(&scene->bench, "nora", admin, NULL, "norte");
    scene->node = bench_node_key(&scene->bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene->bench, scene->node, "n1"));
}

static int64_t now_us(struct scene *scene)
{
    return clock_wall_us(&scene->bench.clock);
}

/* From in five minutes on for two hours, of n1. */
static Wire__ReservationSet set_of(struct scene *scene, const char *users)
{
    static uint8_t key[16];
    Wire__ReservationSet set = WIRE__RESERVATION_SET__INIT;

    set.key = fresh_key(key);
    set.create = true;
    set.name = (char *)"taller";
    set.cluster = (char *)"sur";
    set.nodes = (char *)"n1";
    set.start_us = now_us(scene) + 5 * US_PER_MINUTE;
    set.end_us = set.start_us + 2 * US_PER_HOUR;
    set.users = (char *)(uintptr_t)users;
    set.maintenance = *users == '\0';
    set.reason = (char *)"curso";
    return set;
}

static bool sets(struct scene *scene, struct caller *by, Wire__ReservationSet set)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_SET;
    ask.reservation_set = &set;
    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool set_fails(struct scene *scene, struct caller *by, Wire__ReservationSet set,
                      enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_SET;
    ask.reservation_set = &set;
    return bench_refuses(&scene->bench, by, &ask, code, words);
}

static bool removes(struct scene *scene, struct caller *by)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReservationRemove body = WIRE__RESERVATION_REMOVE__INIT;
    uint8_t key[16];

    body.key = fresh_key(key);
    body.name = (char *)"taller";
    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_REMOVE;
    ask.reservation_remove = &body;
    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static Wire__Envelope *ask_table(struct scene *scene, struct caller *by)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReservationAsk body = WIRE__RESERVATION_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_ASK;
    ask.reservation_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

static Wire__Envelope *show_job(struct scene *scene, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow body = WIRE__JOB_SHOW__INIT;

    body.job = job;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &body;
    return bench_ask(&scene->bench, &scene->bench.root, &ask);
}

static bool has_reason(struct scene *scene, uint64_t job, const char *reason)
{
    CLEANUP(message_freep) Wire__Envelope *answer = show_job(scene, job);

    return answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN &&
           strcmp(answer->job_shown->job->reason, reason) == 0;
}

/* What was made survives, with who made it. */
static void test_it_is_kept(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__ReservationView *view;

    scene_init(&scene);
    CU_ASSERT(sets(&scene, scene.tere, set_of(&scene, "ana")));
    bench_restart(&scene.bench);
    answer = ask_table(&scene, scene.ana);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_RESERVATION_TABLE &&
                    answer->reservation_table->n_rows == 1);
    view = answer->reservation_table->rows[0];
    CU_ASSERT_STRING_EQUAL(view->name, "taller");
    CU_ASSERT_STRING_EQUAL(view->nodes, "n1");
    CU_ASSERT_STRING_EQUAL(view->users, "ana");
    CU_ASSERT_STRING_EQUAL(view->state, "waiting");
    CU_ASSERT_STRING_EQUAL(view->made_by, "tere");
    CU_ASSERT_STRING_EQUAL(view->reason, "curso");
    CU_ASSERT_EQUAL(view->until_us - view->from_us, 2 * US_PER_HOUR);
    CU_ASSERT(removes(&scene, scene.tere));
    bench_restart(&scene.bench);
    message_free(STEAL(answer));
    answer = ask_table(&scene, scene.ana);
    CU_ASSERT(answer && answer->reservation_table && answer->reservation_table->n_rows == 0);
    bench_clear(&scene.bench);
}

/* Jobs have a limit of ten minutes here: nothing more begins on the only node, also after a restart,
 * and whoever ran is not harmed. */
static void test_jobs_wait_for_maintenance(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(sets(&scene, scene.tere, set_of(&scene, "")));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(has_reason(&scene, 1, "ReservedForMaintenance"));
    bench_restart(&scene.bench);
    CU_ASSERT(bench_join(&scene.bench, scene.node, "n1"));
    CU_ASSERT(has_reason(&scene, 1, "ReservedForMaintenance"));
    CU_ASSERT(removes(&scene, &scene.bench.root));
    CU_ASSERT(has_reason(&scene, 1, "None"));
    bench_clear(&scene.bench);
}

static void test_who_may_make_what(void)
{
    struct scene scene;
    Wire__ReservationSet set;

    scene_init(&scene);
    CU_ASSERT(set_fails(&scene, scene.ana, set_of(&scene, "ana"), ERROR_DENIED, ""));
    CU_ASSERT(set_fails(&scene, scene.nora, set_of(&scene, "ana"), ERROR_DENIED, "administer"));
    set = set_of(&scene, "ana");
    set.nodes = (char *)"n7";
    CU_ASSERT(set_fails(&scene, scene.tere, set, ERROR_NOT_FOUND, "no node n7"));
    set = set_of(&scene, "ana");
    set.users = (char *)"ana,,eva";
    CU_ASSERT(set_fails(&scene, scene.tere, set, ERROR_INVALID, "user name"));
    set = set_of(&scene, "ana");
    set.end_us = set.start_us;
    CU_ASSERT(set_fails(&scene, scene.tere, set, ERROR_INVALID, "before it begins"));
    set = set_of(&scene, "ana");
    set.create = false;
    CU_ASSERT(set_fails(&scene, scene.tere, set, ERROR_NOT_FOUND, "no reservation"));
    CU_ASSERT(sets(&scene, scene.tere, set_of(&scene, "ana")));
    CU_ASSERT(set_fails(&scene, scene.tere, set_of(&scene, "ana"), ERROR_CONFLICT, "already"));
    /* Cluster norte's administrator cannot take it over. */
    set = set_of(&scene, "ana");
    set.create = false;
    set.cluster = (char *)"norte";
    CU_ASSERT(set_fails(&scene, scene.nora, set, ERROR_DENIED, "administer"));
    bench_clear(&scene.bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it is kept, with who made it",   test_it_is_kept               },
        {"jobs wait for maintenance",      test_jobs_wait_for_maintenance},
        {"who may make what, and of what", test_who_may_make_what        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("reservations", tests);
}
