/* test_agents.c - nodes join, fall silent and come back; commands come again until confirmed */

#include "base/digest.h"
#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

#include <stdio.h>
#include <string.h>

/* --- hello ------------------------------------------------------------------------------------------------ */

static Wire__AgentHello right_hello(const char *name)
{
    static uint8_t digest[32] = {1}, incarnation[16] = {2};
    Wire__AgentHello hello = WIRE__AGENT_HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.node = (char *)(uintptr_t)name;
    hello.boot_id = (char *)"boot-1";
    hello.incarnation = (ProtobufCBinaryData){16, incarnation};
    hello.cores = hello.threads = 8;
    hello.memory = 1 << 30;
    hello.topology = (ProtobufCBinaryData){32, digest};
    return hello;
}

static bool refuses_hello(struct scene *scene, Wire__AgentHello *hello, enum error_code code,
                          const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_AGENT_HELLO;
    ask.agent_hello = hello;
    scene->n1->greeted = true;
    return bench_refuses(&scene->bench, scene->n1, &ask, code, words);
}

static void test_a_hello_must_be_true(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__AgentHello hello;

    scene_init(&scene);
    hello = right_hello("n2");
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_DENIED, "belongs to node n1, not to n2"));
    hello = right_hello("n1");
    hello.cores = 0;
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "makes no sense"));
    hello = right_hello("n1");
    hello.threads = 4;
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "makes no sense"));
    hello = right_hello("n1");
    hello.memory = UINT64_MAX;
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "makes no sense"));
    hello = right_hello("n1");
    hello.incarnation.len = 15;
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "16 bytes"));
    hello = right_hello("n1");
    hello.boot_id = (char *)"";
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "boot id"));
    hello = right_hello("n1");
    hello.version_least = hello.version_most = 99;
    CU_ASSERT(refuses_hello(&scene, &hello, ERROR_INVALID, "versions 99 to 99"));
    CU_ASSERT_PTR_NULL(node_of(&scene, "n1"));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(node_of(&scene, "n1") && node_of(&scene, "n1")->state == NODE_UP);
}

static void test_topology_is_asked_for_once(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Topology topology = WIRE__TOPOLOGY__INIT;
    Wire__AgentHello hello = right_hello("n1");
    static char xml[] = "<topology/>";
    struct digest digest = digest_of(xml, sizeof(xml) - 1);

    scene_init(&scene);
    hello.topology = (ProtobufCBinaryData){32, digest.bytes};
    scene.n1->greeted = true;
    for (int i = 0; i < 2; i++) {
        CLEANUP(message_freep) Wire__Envelope *welcome = NULL;

        ask.body_case = WIRE__ENVELOPE__BODY_AGENT_HELLO;
        ask.agent_hello = &hello;
        welcome = bench_ask(&scene.bench, scene.n1, &ask);
        CU_ASSERT_FATAL(welcome && welcome->body_case == WIRE__ENVELOPE__BODY_AGENT_WELCOME);
        CU_ASSERT_EQUAL(welcome->agent_welcome->topology, i == 0);
        topology.digest = hello.topology;
        topology.xml = (ProtobufCBinaryData){sizeof(xml) - 2, (uint8_t *)xml};
        ask.body_case = WIRE__ENVELOPE__BODY_TOPOLOGY;
        ask.topology = &topology;
        CU_ASSERT(bench_refuses(&scene.bench, scene.n1, &ask, ERROR_INVALID, "announced"));
        topology.xml.len = sizeof(xml) - 1;
        CU_ASSERT(bench_does(&scene.bench, scene.n1, &ask, WIRE__ENVELOPE__BODY_DONE));
    }
}

/* --- joining ------------------------------------------------------------------------------------------------- */

/* A hello of the boot before comes late: nobody sends the inventory that would follow it. */
static void test_a_late_hello_changes_nothing(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    uint64_t session;

    scene_init(&scene);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    CU_ASSERT_PTR_NULL(node_of(&scene, "n1"));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    run_a_job(&scene, &launch);
    session = scene.n1->session;
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-0"));
    CU_ASSERT(scene.n1->session > session);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
    CU_ASSERT_STRING_EQUAL(node_of(&scene, "n1")->boot_id, "boot-1");
    CU_ASSERT(beat(&scene, scene.n1));
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 0));
    CU_ASSERT(job_state_is_final(job_of(&scene, 1)->state));
}

/* What it tells may be older than what the scheduler has expected since. */
static void test_an_inventory_of_another_session_is_refused(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *late = NULL;
    CLEANUP(message_freep) Wire__Envelope *right = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    run_a_job(&scene, &launch);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    scene.n1->session -= 2;
    late = bench_inventory(&scene.bench, scene.n1, NULL, 0);
    CU_ASSERT_FATAL(late && late->body_case == WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT(late->failure->hello);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
    scene.n1->session += 2;
    right = bench_inventory(&scene.bench, scene.n1, NULL, 0);
    CU_ASSERT_FATAL(right && right->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT(job_state_is_final(job_of(&scene, 1)->state));
}

/* Its verdicts were lost. */
static void test_an_inventory_may_come_again(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    for (int i = 0; i < 2; i++) {
        CLEANUP(message_freep)
        Wire__Envelope *answer = bench_inventory(&scene.bench, scene.n1, NULL, 0);

        CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    }
}

/* Its node comes with a new boot id before the launch could leave. */
static void test_what_is_lost_is_not_launched(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *verdicts = NULL;
    struct asked asked;

    scene_init(&scene);
    asked_init(&asked);
    asked.spec.nodes_least = asked.spec.nodes_most = asked.spec.tasks = 2;
    asked.spec.no_requeue = true;
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_join(&scene.bench, scene.n2, "n2"));
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-2"));
    bench_send(&scene.bench, scene.ana, &asked.ask);
    bench_turn(&scene.bench); /* its commit is under way */
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CONFIGURING);
    verdicts = bench_inventory(&scene.bench, scene.n1, NULL, 0);
    CU_ASSERT(verdicts && verdicts->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_COMPLETING);
    CU_ASSERT_PTR_NULL(take_launch(&scene, scene.n1));
}

static bool cancel(struct scene *scene, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    change.key = (ProtobufCBinaryData){16, key};
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    change.jobs = &job;
    change.n_jobs = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    return bench_does(&scene->bench, scene->ana, &ask, WIRE__ENVELOPE__BODY_JOB_CHANGED);
}

static int64_t held_by(const struct scene *scene, const char *project)
{
    const struct core *core = service_core(scene->bench.service);
    struct balance balance = {0};

    CU_ASSERT(ledger_balance(core_ledger(core), "uni", project, clock_wall_us(&scene->bench.clock),
                             &balance));
    return balance.held_micro;
}

/* What is cancelled while its launch waits for the commit is not even started. */
static void test_what_is_cancelled_is_not_started(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *stop = NULL;
    struct asked asked;
    int64_t charged = 0;

    scene_init(&scene);
    asked_init(&asked);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    bench_send(&scene.bench, scene.ana, &asked.ask);
    bench_turn(&scene.bench);
    CU_ASSERT(cancel(&scene, 1));
    launch = take_launch(&scene, scene.n1);
    stop = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_PART_STOP);
    CU_ASSERT_FATAL(launch && stop);
    CU_ASSERT(!launch->part_launch->start_batch);
    CU_ASSERT(stop->part_stop->session == scene.n1->session);
    CU_ASSERT(job_of(&scene, 1)->held_micro > 0);
    CU_ASSERT(held_by(&scene, "fisica") == job_of(&scene, 1)->held_micro);
    scene.bench.cause = WIRE__END_CAUSE__END_CAUSE_STOPPED;
    for (int i = 0; i < 2; i++) { /* told twice, it is released once */
        CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                               WIRE__PART_EVENT__PART_EVENT_ENDED, 0));
        CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CANCELLED);
        CU_ASSERT_EQUAL(job_of(&scene, 1)->held_micro, 0);
        charged = i == 0 ? job_of(&scene, 1)->charged_micro : charged;
        CU_ASSERT_EQUAL(job_of(&scene, 1)->charged_micro, charged);
        CU_ASSERT_EQUAL(held_by(&scene, "fisica"), 0);
    }
}

/* --- silence ------------------------------------------------------------------------------------------------ */

static bool is_told_to_greet(struct scene *scene, struct caller *node)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint64_t request = send_heartbeat(scene, node, 2);

    bench_run(&scene->bench);
    answer = bench_take(&scene->bench, node, request, 0);
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE && answer->failure->hello;
}

static void test_silence_and_return(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    for (int i = 0; i < 10; i++) {
        bench_pass(&scene.bench, 5 * US_PER_SECOND);
        CU_ASSERT(beat(&scene, scene.n1));
    }
    CU_ASSERT_EQUAL(node_of(&scene, "n1")->state, NODE_UP);
    bench_pass(&scene.bench, 29 * US_PER_SECOND);
    CU_ASSERT_EQUAL(node_of(&scene, "n1")->state, NODE_UP);
    bench_pass(&scene.bench, 3 * US_PER_SECOND);
    CU_ASSERT_EQUAL(node_of(&scene, "n1")->state, NODE_SILENT);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_PENDING);
    CU_ASSERT(is_told_to_greet(&scene, scene.n1)); /* the agent never noticed */
    CU_ASSERT_EQUAL(node_of(&scene, "n1")->state, NODE_SILENT);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(node_of(&scene, "n1")->state, NODE_UP);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CONFIGURING);
}

static void test_a_heartbeat_of_another_incarnation(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint64_t request;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    request = send_heartbeat(&scene, scene.n1, 9);
    bench_run(&scene.bench);
    answer = bench_take(&scene.bench, scene.n1, request, 0);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT(strstr(answer->failure->text, "another incarnation") != NULL);
}

/* In its heartbeat the node says whether those who lend it use it themselves; its state then. */
static const char *state_of_lent(struct scene *scene, bool lent, const char *occupied)
{
    uint8_t incarnation[16] = {2};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Heartbeat beat = WIRE__HEARTBEAT__INIT;

    beat.incarnation = (ProtobufCBinaryData){16, incarnation};
    beat.lent = lent;
    beat.occupied = (char *)(uintptr_t)occupied;
    ask.body_case = WIRE__ENVELOPE__BODY_HEARTBEAT;
    ask.heartbeat = &beat;
    bench_send(&scene->bench, scene->n1, &ask);
    bench_run(&scene->bench);
    return node_state_text(node_of(scene, "n1"));
}

static void test_a_lent_node_is_occupied_and_free_again(void)
{
    CLEANUP(scene_clear) struct scene scene;
    const struct node *node;

    scene_init(&scene);
    CU_ASSERT_FATAL(bench_join(&scene.bench, scene.n1, "n1"));
    node = node_of(&scene, "n1");
    CU_ASSERT_STRING_EQUAL(state_of_lent(&scene, false, "by nobody"), "idle");
    CU_ASSERT_STRING_EQUAL(state_of_lent(&scene, true, "the site uses it"), "occupied");
    CU_ASSERT_STRING_EQUAL(node->drain_reason, "the site uses it");
    CU_ASSERT_STRING_EQUAL(state_of_lent(&scene, true, "down"), "occupied");
    CU_ASSERT_STRING_EQUAL(node->drain_reason, "down");
    CU_ASSERT_STRING_EQUAL(state_of_lent(&scene, false, ""), "occupied"); /* says nothing of it */
    CU_ASSERT_STRING_EQUAL(state_of_lent(&scene, true, ""), "idle");
}

/* Leases count on heartbeats being answered even when the disk stands still. */
static void test_heartbeats_do_not_wait_for_the_disk(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct asked asked;
    uint64_t request;

    scene_init(&scene);
    asked_init(&asked);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    request = bench_send(&scene.bench, scene.ana, &asked.ask);
    bench_turn(&scene.bench); /* its commit is under way, and stays so */
    CU_ASSERT(beat(&scene, scene.n1));
    CU_ASSERT_PTR_NULL(bench_take(&scene.bench, scene.ana, request, 0));
}

/* --- commands -------------------------------------------------------------------------------------------------- */

static void test_a_launch_leaves_after_its_commit(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    struct asked asked;

    scene_init(&scene);
    asked_init(&asked);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    bench_send(&scene.bench, scene.ana, &asked.ask);
    bench_turn(&scene.bench);
    CU_ASSERT_PTR_NULL(take_launch(&scene, scene.n1));
    bench_run(&scene.bench);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    CU_ASSERT_EQUAL(launch->epoch, service_epoch(scene.bench.service));
    CU_ASSERT_EQUAL(launch->part_launch->job, 1);
    CU_ASSERT_EQUAL(launch->part_launch->token.len, 16);
    CU_ASSERT_STRING_EQUAL(launch->part_launch->user, "ana");
    CU_ASSERT_STRING_EQUAL(launch->part_launch->project, "fisica");
    CU_ASSERT_STRING_EQUAL(launch->part_launch->nodes[0], "n1");
}

static void test_a_lost_launch_comes_again(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *first = NULL;
    CLEANUP(message_freep) Wire__Envelope *second = NULL;
    CLEANUP(message_freep) Wire__Envelope *third = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    first = take_launch(&scene, scene.n1);
    bench_pass(&scene.bench, 4 * US_PER_SECOND);
    CU_ASSERT(beat(&scene, scene.n1));
    second = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(first && second);
    CU_ASSERT(memcmp(first->part_launch->token.data, second->part_launch->token.data, 16) == 0);
    bench_restart(&scene.bench);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    third = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(third != NULL);
    CU_ASSERT(memcmp(first->part_launch->token.data, third->part_launch->token.data, 16) == 0);
    CU_ASSERT(third->epoch > first->epoch);
    CU_ASSERT(bench_report(&scene.bench, scene.n1, third->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_READY, 0));
}

/* An agent that never got the launch must learn from it which token to report with. */
static void test_a_stop_sent_again_follows_its_launch(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *stop = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(cancel(&scene, 1));
    bench_restart(&scene.bench); /* whatever was sent is lost */
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    launch = take_launch(&scene, scene.n1);
    stop = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_PART_STOP);
    CU_ASSERT_FATAL(launch && stop);
    CU_ASSERT(!launch->part_launch->start_batch);
    scene.bench.cause = WIRE__END_CAUSE__END_CAUSE_STOPPED;
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 0));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CANCELLED);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a hello must be true",                       test_a_hello_must_be_true                  },
        {"topology is asked for once",                 test_topology_is_asked_for_once            },
        {"a late hello changes nothing",               test_a_late_hello_changes_nothing          },
        {"an inventory of another session is refused",
         test_an_inventory_of_another_session_is_refused                                          },
        {"an inventory may come again",                test_an_inventory_may_come_again           },
        {"what is lost is not launched",               test_what_is_lost_is_not_launched          },
        {"what is cancelled is not started",           test_what_is_cancelled_is_not_started      },
        {"silence and return",                         test_silence_and_return                    },
        {"a heartbeat of another incarnation",         test_a_heartbeat_of_another_incarnation    },
        {"a lent node is occupied, and free again",    test_a_lent_node_is_occupied_and_free_again},
        {"heartbeats do not wait for the disk",        test_heartbeats_do_not_wait_for_the_disk   },
        {"a launch leaves after its commit",           test_a_launch_leaves_after_its_commit      },
        {"a lost launch comes again",                  test_a_lost_launch_comes_again             },
        {"a stop sent again follows its launch",       test_a_stop_sent_again_follows_its_launch  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("agents", tests);
}
