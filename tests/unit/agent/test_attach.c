/* test_attach.c - what others see of a job's steps, and what is typed into them */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <string.h>

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:1";

/* Job 17 on two nodes; step 1 has its terminal on `node`, or on neither. */
static struct scene *step_scene(const char *node, bool terminal)
{
    struct scene *scene = scene_new(2, machine, NULL, NULL);
    const struct task_key part = scene_key(17, 0, 0);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    char *words[] = {(char *)"sh", (char *)"-l"};
    uint8_t key[16] = {1}, credential[16];

    scene_launch(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    CU_ASSERT(runtime_simulated_credential(scene->nodes[0].simulated, &part, credential));
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    start.job = 17;
    start.nodes = (char *)node;
    start.tasks = 1;
    start.n_arguments = 2;
    start.arguments = words;
    start.terminal = terminal;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    scene_ask(scene, 0, &envelope);
    scene_run(scene, SECOND);
    return scene;
}

/* From the scheduler; credential: from inside the job instead. */
static void type_at(struct scene *scene, uint32_t writer, uint64_t offset, const char *text,
                    const uint8_t *credential)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepInput input = WIRE__STEP_INPUT__INIT;

    input.job = 17;
    input.step = 1;
    input.writer = writer;
    input.offset = offset;
    input.bytes = (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)text};
    if (credential)
        input.credential = (ProtobufCBinaryData){.len = 16, .data = (uint8_t *)credential};
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_INPUT;
    envelope.step_input = &input;
    if (credential)
        scene_ask(scene, 0, &envelope);
    else
        scene_send(scene, 0, &envelope);
    scene_run(scene, SECOND);
}

static bool was_taken(const Wire__Envelope *answer, bool taken, uint64_t offset)
{
    return answer && answer->step_taken->taken == taken && answer->step_taken->offset == offset;
}

static const Wire__Envelope *told(const struct scene *scene)
{
    return scene_last(scene, WIRE__ENVELOPE__BODY_STEP_TAKEN);
}

static bool is_refused(const struct scene *scene, enum error_code code, const char *words)
{
    const Wire__Envelope *answer = scene_last(scene, WIRE__ENVELOPE__BODY_FAILURE);

    return answer && answer->failure->code == code && strstr(answer->failure->text, words);
}

static void check_typing(const char *node)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene((char *)node, true);

    type_at(scene, 7, 0, "ls\r", NULL);
    CU_ASSERT(was_taken(told(scene), true, 3));
    /* the same, whose answer was lost */
    type_at(scene, 7, 0, "ls\r", NULL);
    CU_ASSERT(was_taken(told(scene), true, 3));
    /* somebody else, who has not seen it */
    type_at(scene, 8, 0, "rm", NULL);
    CU_ASSERT(was_taken(told(scene), false, 3));
    type_at(scene, 8, 3, "rm", NULL);
    CU_ASSERT(was_taken(told(scene), true, 5));
}

static void test_input_counts_once(void)
{
    check_typing("n0");
}

static void test_input_for_another_node(void)
{
    check_typing("n1");
}

static void test_lost_input_is_asked_again(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene("n1", true);

    scene->nodes[1].cut = true;
    type_at(scene, 7, 0, "ls\r", NULL);
    CU_ASSERT_PTR_NULL(told(scene));
    CU_ASSERT_FALSE(is_refused(scene, ERROR_UNAVAILABLE, "does not answer"));
    scene_run(scene, 5 * SECOND);
    CU_ASSERT(is_refused(scene, ERROR_UNAVAILABLE, "does not answer"));
    scene->nodes[1].cut = false;
    scene_run(scene, 15 * SECOND);
    type_at(scene, 7, 0, "ls\r", NULL);
    CU_ASSERT(was_taken(told(scene), true, 3));
}

static void test_echo_comes_at_once(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene("n0", true);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__OutputRead read = WIRE__OUTPUT_READ__INIT;

    read.job = 17;
    read.step = 1;
    read.wait_us = 20 * SECOND;
    envelope.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    envelope.output_read = &read;
    scene_send(scene, 0, &envelope);
    scene_run(scene, 5 * SECOND); /* by now it looks but four times a second */
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_INPUT;
    envelope.step_input = &(Wire__StepInput){
        PROTOBUF_C_MESSAGE_INIT(&wire__step_input__descriptor),
        .job = 17,
        .step = 1,
        .bytes = {.len = 1, .data = (uint8_t *)(uintptr_t) "x"},
    };
    envelope.request = 0;
    scene_send(scene, 0, &envelope);
    scene_run(scene, SECOND / 20);
    CU_ASSERT_PTR_NOT_NULL(scene_last(scene, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK));
}

static void test_only_a_terminal_is_typed_into(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene("n0", false);
    CLEANUP(scene_freep) struct scene *other = step_scene("n0", true);
    const struct task_key key = scene_key(17, 0, 1);

    type_at(scene, 7, 0, "ls\r", NULL);
    CU_ASSERT(is_refused(scene, ERROR_INVALID, "no terminal"));
    runtime_simulated_end(other->nodes[0].simulated, &key, 0, 0);
    scene_run(other, SECOND);
    type_at(other, 7, 0, "ls\r", NULL);
    CU_ASSERT(is_refused(other, ERROR_CONFLICT, "has ended"));
    CU_ASSERT_PTR_NULL(told(scene));
    CU_ASSERT_PTR_NULL(told(other));
}

static void test_from_inside_it_takes_the_credential(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene("n0", true);
    const struct task_key part = scene_key(17, 0, 0);
    uint8_t credential[16];

    CU_ASSERT(runtime_simulated_credential(scene->nodes[0].simulated, &part, credential));
    type_at(scene, 7, 0, "ls", credential);
    CU_ASSERT(was_taken(scene_answer(scene, WIRE__ENVELOPE__BODY_STEP_TAKEN), true, 2));
    credential[0] ^= 1;
    type_at(scene, 7, 2, "rm", credential);
    CU_ASSERT_EQUAL(scene_answer(scene, WIRE__ENVELOPE__BODY_FAILURE)->failure->code, ERROR_DENIED);
    type_at(scene, 7, 2, "ok", NULL);
    CU_ASSERT(was_taken(told(scene), true, 4));
}

static void test_steps_are_listed(void)
{
    CLEANUP(scene_freep) struct scene *scene = step_scene("n1", true);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepList list = WIRE__STEP_LIST__INIT;
    const Wire__StepListing *listing;

    list.job = 17;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_LIST;
    envelope.step_list = &list;
    scene_send(scene, 0, &envelope);
    scene_run(scene, SECOND);
    listing = scene_last(scene, WIRE__ENVELOPE__BODY_STEP_LISTING)->step_listing;
    CU_ASSERT_EQUAL_FATAL(listing->n_steps, 1);
    CU_ASSERT_EQUAL(listing->steps[0]->step, 1);
    CU_ASSERT(listing->steps[0]->terminal && !listing->steps[0]->ended);
    CU_ASSERT_STRING_EQUAL(listing->steps[0]->program, "sh");
    CU_ASSERT_STRING_EQUAL(listing->steps[0]->parts[0]->node, "n1");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"input counts once",                   test_input_counts_once                  },
        {"input for another node",              test_input_for_another_node             },
        {"lost input is asked again",           test_lost_input_is_asked_again          },
        {"an echo comes at once",               test_echo_comes_at_once                 },
        {"only a terminal is typed into",       test_only_a_terminal_is_typed_into      },
        {"from inside it takes the credential", test_from_inside_it_takes_the_credential},
        {"steps are listed",                    test_steps_are_listed                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("attach", tests);
}
