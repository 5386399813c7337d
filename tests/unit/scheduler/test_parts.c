/* test_parts.c - what agents report of parts, hold of them, and say to each other */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

#include <stdio.h>
#include <string.h>

/* --- reports ---------------------------------------------------------------------------------------------------- */

struct named_part {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
    const uint8_t *token;
};

/* Without words: it is acknowledged. */
static bool refuses_report(struct scene *scene, struct caller *node, struct named_part named,
                           const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;

    report.job = named.job;
    report.attempt = named.attempt;
    report.part = named.part;
    report.token = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)named.token};
    report.event = WIRE__PART_EVENT__PART_EVENT_ENDED;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    if (words)
        return bench_refuses(&scene->bench, node, &ask, ERROR_DENIED, words);
    return bench_does(&scene->bench, node, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED);
}

static void test_reports_must_prove_their_launch(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    static const uint8_t wrong[16];
    const uint8_t *token;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_join(&scene.bench, scene.n2, "n2"));
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    token = launch->part_launch->token.data;
    CU_ASSERT(refuses_report(&scene, scene.n1, (struct named_part){1, 1, 0, wrong},
                             "token of its launch"));
    CU_ASSERT(
        refuses_report(&scene, scene.n2, (struct named_part){1, 1, 0, token}, "is not on node n2"));
    /* Too late, or of a part that never was: acknowledged, and nothing happens. */
    CU_ASSERT(refuses_report(&scene, scene.n1, (struct named_part){1, 2, 0, token}, NULL));
    CU_ASSERT(refuses_report(&scene, scene.n1, (struct named_part){1, 1, 7, token}, NULL));
    CU_ASSERT(refuses_report(&scene, scene.n1, (struct named_part){999, 1, 0, token}, NULL));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CONFIGURING);
}

struct acts {
    const char *name;
    unsigned count;
};

static bool count_act(void *owner, const struct row *row, bool good)
{
    struct acts *acts = owner;

    CU_ASSERT(good);
    acts->count += strcmp(row->audit.act, acts->name) == 0;
    return true;
}

static unsigned audited(struct scene *scene, const char *act)
{
    const struct query query = {.kind = QUERY_ALL, .row = ROW_AUDIT};
    struct acts acts = {.name = act};
    struct error err;

    bench_run(&scene->bench);
    CU_ASSERT(scene->bench.store->query(scene->bench.store, &query, count_act, &acts, &err));
    return acts.count;
}

/* A node that makes up reports cannot fill the table; what is refused it sends again later. */
static void test_lost_reports_are_kept_so_many_a_second(void)
{
    CLEANUP(scene_clear) struct scene scene;
    const struct named_part lost = {999, 1, 0, (const uint8_t[16]){0}};
    unsigned taken = 0;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    for (int i = 0; i < 50; i++)
        taken += refuses_report(&scene, scene.n1, lost, NULL);
    CU_ASSERT_EQUAL(taken, 10);
    bench_pass(&scene.bench, 2 * US_PER_SECOND);
    CU_ASSERT(refuses_report(&scene, scene.n1, lost, NULL));
    CU_ASSERT_EQUAL(audited(&scene, "lost-report"), 11);
}

static void test_a_report_is_acknowledged_after_its_commit(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;
    uint64_t request;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    report.job = report.attempt = 1;
    report.sequence = 42;
    report.token = launch->part_launch->token;
    report.event = WIRE__PART_EVENT__PART_EVENT_READY;
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    request = bench_send(&scene.bench, scene.n1, &ask);
    bench_turn(&scene.bench);
    CU_ASSERT_PTR_NULL(bench_take(&scene.bench, scene.n1, request, 0));
    bench_run(&scene.bench);
    answer = bench_take(&scene.bench, scene.n1, request, 0);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_PART_REPORTED);
    CU_ASSERT_EQUAL(answer->part_reported->sequence, 42);
}

/* The second exit with another code changes nothing. */
static void test_the_first_end_stays(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    for (Wire__PartEvent event = WIRE__PART_EVENT__PART_EVENT_READY;
         event <= WIRE__PART_EVENT__PART_EVENT_ENDED; event++)
        CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch, event, 3));
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 3));
    CU_ASSERT_EQUAL(audited(&scene, "other-end"), 0);
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 9));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_FAILED);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->exit_code, 3);
    CU_ASSERT_EQUAL(audited(&scene, "other-end"), 1);
    scene.bench.cause = WIRE__END_CAUSE__END_CAUSE_LIMIT; /* the same code, for another cause */
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 3));
    CU_ASSERT_EQUAL(audited(&scene, "other-end"), 2);
    scene.bench.cause = WIRE__END_CAUSE__END_CAUSE_EXIT;
    scene.bench.wall_us = 1; /* less to pay for */
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_ENDED, 3));
    CU_ASSERT_EQUAL(audited(&scene, "other-end"), 3);
}

/* --- inventory ---------------------------------------------------------------------------------------------------- */

static void test_verdicts(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__PartHeld held[3], *parts[] = {&held[0], &held[1], &held[2]};
    struct digest digest;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    digest = digest_of(launch->part_launch->token.data, 16);
    for (int i = 0; i < 3; i++) {
        wire__part_held__init(&held[i]);
        held[i].job = held[i].attempt = 1;
        held[i].token_digest = (ProtobufCBinaryData){32, digest.bytes};
    }
    held[1].job = 777;
    held[2].token_digest.len = 31;
    answer = bench_inventory(&scene.bench, scene.n1, parts, 3);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[0], WIRE__VERDICT__VERDICT_KEEP);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[1], WIRE__VERDICT__VERDICT_UNKNOWN);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[2], WIRE__VERDICT__VERDICT_UNKNOWN);
}

/* A running part that its node has lost ends as unknown, but only if the node had said that it
 * has it before its hello. */
static void test_what_a_node_has_lost(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *first = NULL;
    CLEANUP(message_freep) Wire__Envelope *second = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_READY, 0));
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_STARTED, 0));
    first = bench_inventory(&scene.bench, scene.n1, NULL, 0); /* of before the reports */
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
    CU_ASSERT(bench_greet(&scene.bench, scene.n1, "n1", "boot-1"));
    second = bench_inventory(&scene.bench, scene.n1, NULL, 0);
    CU_ASSERT(first && second);
    CU_ASSERT(job_state_is_final(job_of(&scene, 1)->state));
}

static void test_an_ended_job_may_be_forgotten(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__PartHeld held = WIRE__PART_HELD__INIT, *parts[] = {&held};
    uint8_t digest[32] = {0};

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));
    bench_restart(&scene.bench); /* only the store knows it now */
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    held.job = held.attempt = 1;
    held.token_digest = (ProtobufCBinaryData){32, digest};
    answer = bench_inventory(&scene.bench, scene.n1, parts, 1);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT);
    CU_ASSERT_EQUAL(answer->inventory_verdict->verdicts[0], WIRE__VERDICT__VERDICT_FORGET);
}

/* --- between agents, and to them ----------------------------------------------------------------------------------- */

static uint64_t send_relay(struct scene *scene, struct caller *node, uint64_t job, uint32_t to)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Relay relay = WIRE__RELAY__INIT;

    relay.job = job;
    relay.attempt = 1;
    relay.from_part = 77; /* a claim */
    relay.to_part = to;
    relay.body = (ProtobufCBinaryData){5, (uint8_t *)(uintptr_t) "bytes"};
    ask.body_case = WIRE__ENVELOPE__BODY_RELAY;
    ask.relay = &relay;
    return bench_send(&scene->bench, node, &ask);
}

static bool submit_two_nodes(struct scene *scene)
{
    struct asked asked;

    asked_init(&asked);
    asked.spec.nodes_least = asked.spec.nodes_most = 2;
    return bench_does(&scene->bench, scene->ana, &asked.ask, WIRE__ENVELOPE__BODY_SUBMITTED);
}

static void test_relay(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *passed = NULL;
    CLEANUP(message_freep) Wire__Envelope *refused = NULL;
    struct caller *n3;
    bool first_is_n1;

    scene_init(&scene);
    n3 = bench_node_key(&scene.bench, "n3", "norte");
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_join(&scene.bench, scene.n2, "n2"));
    CU_ASSERT(bench_join(&scene.bench, n3, "n3"));
    CU_ASSERT(submit_two_nodes(&scene));
    first_is_n1 = strcmp(job_of(&scene, 1)->parts[0].node->name, "n1") == 0;
    send_relay(&scene, first_is_n1 ? scene.n1 : scene.n2, 1, 1);
    passed =
        bench_take(&scene.bench, first_is_n1 ? scene.n2 : scene.n1, 0, WIRE__ENVELOPE__BODY_RELAY);
    CU_ASSERT_FATAL(passed != NULL);
    CU_ASSERT_EQUAL(passed->relay->from_part, 0);
    CU_ASSERT_EQUAL(passed->relay->body.len, 5);
    refused = bench_take(&scene.bench, n3, (send_relay(&scene, n3, 1, 1), 0), 0);
    CU_ASSERT_PTR_NULL(refused);
    bench_run(&scene.bench);
    refused = bench_take(&scene.bench, n3, 0, WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT(refused && refused->failure->code == ERROR_DENIED);
}

static void test_output_is_passed_on(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *read = NULL;
    CLEANUP(message_freep) Wire__Envelope *chunk = NULL;
    CLEANUP(message_freep) Wire__Envelope *late = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT, answer = WIRE__ENVELOPE__INIT;
    Wire__OutputRead wanted = WIRE__OUTPUT_READ__INIT;
    Wire__OutputChunk bytes = WIRE__OUTPUT_CHUNK__INIT;
    CLEANUP(buffer_clear) struct buffer packed = {0};
    uint64_t request;

    scene_init(&scene);
    buffer_init(&packed);
    wanted.job = 1;
    wanted.wait_us = US_PER_SECOND;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &wanted;
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_CONFLICT, "not started"));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));
    CU_ASSERT(bench_refuses(&scene.bench, &scene.bench.root, &ask, ERROR_DENIED, "its owner"));
    request = bench_send(&scene.bench, scene.ana, &ask);
    read = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_OUTPUT_READ);
    CU_ASSERT_FATAL(read && read->request != 0);
    CU_ASSERT_EQUAL(read->output_read->most, 262144);
    CU_ASSERT_STRING_EQUAL(read->output_read->path, "/tmp/out"); /* it has ended */

    bytes.bytes = (ProtobufCBinaryData){2, (uint8_t *)(uintptr_t) "hi"};
    answer.body_case = WIRE__ENVELOPE__BODY_OUTPUT_CHUNK;
    answer.output_chunk = &bytes;
    answer.request = read->request;
    message_encode(&answer, &packed);
    service_receive(scene.bench.service, DOOR_AGENTS, &scene.n1->sender, (uint8_t *)packed.bytes,
                    packed.length);
    chunk = bench_take(&scene.bench, scene.ana, request, 0);
    CU_ASSERT_FATAL(chunk && chunk->body_case == WIRE__ENVELOPE__BODY_OUTPUT_CHUNK);
    CU_ASSERT_EQUAL(chunk->output_chunk->bytes.len, 2);

    request = bench_send(&scene.bench, scene.ana, &ask); /* and nobody answers */
    bench_pass(&scene.bench, 7 * US_PER_SECOND);
    late = bench_take(&scene.bench, scene.ana, request, 0);
    CU_ASSERT_FATAL(late && late->body_case == WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT_EQUAL(late->failure->code, ERROR_UNAVAILABLE);
}

/* Path and user are the scheduler's to say, whatever the asker writes there. */
static void test_output_of_an_ended_job_is_passed_on(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *read = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__OutputRead wanted = WIRE__OUTPUT_READ__INIT;
    char path[] = "/etc/shadow", user[] = "root";

    scene_init(&scene);
    wanted.job = 1;
    wanted.path = path;
    wanted.user = user;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &wanted;
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));
    bench_restart(&scene.bench); /* only the store knows it now */
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_UNAVAILABLE, "node n1"));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(bench_refuses(&scene.bench, &scene.bench.root, &ask, ERROR_DENIED, "its owner"));
    bench_send(&scene.bench, scene.ana, &ask);
    read = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_OUTPUT_READ);
    CU_ASSERT_FATAL(read != NULL);
    CU_ASSERT_STRING_EQUAL(read->output_read->path, "/tmp/out");
    CU_ASSERT_STRING_EQUAL(read->output_read->user, "ana");
}

static void test_a_job_that_never_ran_has_no_output(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT, cancel = WIRE__ENVELOPE__INIT;
    Wire__OutputRead wanted = WIRE__OUTPUT_READ__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16] = {7};

    scene_init(&scene);
    wanted.job = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &wanted;
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    change.key = (ProtobufCBinaryData){sizeof(key), key};
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    change.n_jobs = 1;
    change.jobs = &wanted.job;
    cancel.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    cancel.job_change = &change;
    CU_ASSERT(bench_does(&scene.bench, scene.ana, &cancel, WIRE__ENVELOPE__BODY_JOB_CHANGED));
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_NOT_FOUND, "before it could"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"reports must prove their launch",           test_reports_must_prove_their_launch       },
        {"a report is acknowledged after its commit",
         test_a_report_is_acknowledged_after_its_commit                                          },
        {"lost reports are kept so many a second",    test_lost_reports_are_kept_so_many_a_second},
        {"the first end stays",                       test_the_first_end_stays                   },
        {"verdicts",                                  test_verdicts                              },
        {"what a node has lost",                      test_what_a_node_has_lost                  },
        {"an ended job may be forgotten",             test_an_ended_job_may_be_forgotten         },
        {"output of an ended job is passed on",       test_output_of_an_ended_job_is_passed_on   },
        {"a job that never ran has no output",        test_a_job_that_never_ran_has_no_output    },
        {"relay",                                     test_relay                                 },
        {"output is passed on",                       test_output_is_passed_on                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("parts", tests);
}
