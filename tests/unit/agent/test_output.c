/* test_output.c - reading what jobs and steps write */

#include "tests/lib/runner.h"
#include "tests/unit/agent/scene.h"

#include <string.h>

static const char machine[] = "synthetic:package:2 numa:1 core:4 pu:1";

/* Job 17 on two nodes; its script runs for ever. */
static struct scene *job_scene(void)
{
    struct scene *scene = scene_new(2, machine, NULL, NULL);

    scene_launch(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    scene_start(scene, 17, 2, 4);
    scene_run(scene, SECOND);
    return scene;
}

static void fill_read(Wire__Envelope *envelope, Wire__OutputRead *read, uint64_t offset,
                      int64_t wait_us)
{
    wire__envelope__init(envelope);
    wire__output_read__init(read);
    read->job = 17;
    read->offset = offset;
    read->wait_us = wait_us;
    envelope->body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    envelope->output_read = read;
}

static void read_batch(struct scene *scene, uint64_t offset, int64_t wait_us)
{
    Wire__Envelope envelope;
    Wire__OutputRead read;

    fill_read(&envelope, &read, offset, wait_us);
    scene_send(scene, 0, &envelope);
}

static void read_step(struct scene *scene, uint64_t step, uint32_t part, uint64_t offset,
                      int64_t wait_us)
{
    Wire__Envelope envelope;
    Wire__OutputRead read;

    fill_read(&envelope, &read, offset, wait_us);
    read.step = step;
    read.part = part;
    scene_ask(scene, 0, &envelope);
}

static bool is_chunk(const Wire__Envelope *answer, const char *text, uint64_t offset, bool end)
{
    const Wire__OutputChunk *chunk = answer ? answer->output_chunk : NULL;

    return chunk && chunk->bytes.len == strlen(text) &&
           memcmp(chunk->bytes.data ? (const char *)chunk->bytes.data : "", text,
                  chunk->bytes.len) == 0 &&
           chunk->offset == offset && chunk->end == end;
}

static const Wire__Envelope *told(const struct scene *scene)
{
    return scene_last(scene, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK);
}

static const Wire__Envelope *told_here(const struct scene *scene)
{
    return scene_answer(scene, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK);
}

static void test_batch_output_is_read(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();
    const struct task_key key = scene_key(17, 0, 0);
    struct runtime_simulated *runtime = scene->nodes[0].simulated;

    runtime_simulated_write(runtime, &key, false, "hello ");
    read_batch(scene, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told(scene), "hello ", 0, false));
    CU_ASSERT_STRING_EQUAL(told(scene)->output_chunk->path, "/home/ana/salida-17.txt");

    /* nothing yet: it waits until there is something */
    read_batch(scene, 6, 10 * SECOND);
    scene_run(scene, 3 * SECOND);
    CU_ASSERT(is_chunk(told(scene), "hello ", 0, false));
    runtime_simulated_write(runtime, &key, false, "world");
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told(scene), "world", 6, false));

    /* or until its time is up */
    read_batch(scene, 11, 2 * SECOND);
    scene_run(scene, 3 * SECOND);
    CU_ASSERT(is_chunk(told(scene), "", 11, false));

    /* the end comes at once, and can still be read for a while */
    read_batch(scene, 11, 30 * SECOND);
    scene_run(scene, SECOND);
    runtime_simulated_end(runtime, &key, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told(scene), "", 11, true));
    read_batch(scene, 6, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told(scene), "world", 6, true));
}

/* The scheduler says where it is, of a job that has left the agent. */
static void test_output_of_an_ended_job_is_read(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();
    const struct task_key key = scene_key(17, 0, 0);
    char path[] = "/home/ana/salida-17.txt", user[] = "ana";
    Wire__Envelope envelope;
    Wire__OutputRead read;

    runtime_simulated_write(scene->nodes[0].simulated, &key, false, "hello world");
    runtime_simulated_end(scene->nodes[0].simulated, &key, 0, 0);
    scene_run(scene, 60 * SECOND);
    fill_read(&envelope, &read, 6, 10 * SECOND);
    read.path = path;
    read.user = user;
    read.most = 3;
    scene_send(scene, 0, &envelope);
    scene_run(scene, 0);
    CU_ASSERT(is_chunk(told(scene), "wor", 6, false));
    CU_ASSERT_STRING_EQUAL(told(scene)->output_chunk->path, path);
    read.offset = 9;
    scene_send(scene, 0, &envelope);
    scene_run(scene, 0);
    CU_ASSERT(is_chunk(told(scene), "ld", 9, true));

    read_batch(scene, 0, 0); /* without a path nobody knows */
    scene_run(scene, 0);
    CU_ASSERT_EQUAL(scene_last(scene, WIRE__ENVELOPE__BODY_FAILURE)->failure->code,
                    ERROR_NOT_FOUND);
    path[1] = 'X';
    scene_send(scene, 0, &envelope);
    scene_run(scene, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(scene_last(scene, WIRE__ENVELOPE__BODY_FAILURE)->failure->text,
                                  "/Xome/ana/salida-17.txt"));
}

static void test_unknown_job_has_no_output(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();
    Wire__Envelope envelope;
    Wire__OutputRead read;

    fill_read(&envelope, &read, 0, 0);
    read.job = 99;
    scene_send(scene, 0, &envelope);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL(scene_last(scene, WIRE__ENVELOPE__BODY_FAILURE));
    fill_read(&envelope, &read, 0, 0);
    scene_send(scene, 1, &envelope); /* part 1 has no batch script */
    scene_run(scene, SECOND);
    CU_ASSERT_EQUAL(scene->heard_of[WIRE__ENVELOPE__BODY_FAILURE], 2);
}

static void start_step(struct scene *scene)
{
    const struct task_key part = scene_key(17, 0, 0);
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepStart start = WIRE__STEP_START__INIT;
    char *words[] = {(char *)"sleep"};
    uint8_t key[16] = {1}, credential[16];

    CU_ASSERT(runtime_simulated_credential(scene->nodes[0].simulated, &part, credential));
    start.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    start.credential = (ProtobufCBinaryData){.len = sizeof(credential), .data = credential};
    start.job = 17;
    start.n_arguments = 1;
    start.arguments = words;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    envelope.step_start = &start;
    scene_ask(scene, 0, &envelope);
    scene_run(scene, SECOND);
}

static void test_step_output_of_both_nodes(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();
    const struct task_key here = scene_key(17, 0, 1), there = scene_key(17, 1, 1);

    start_step(scene);
    runtime_simulated_write(scene->nodes[0].simulated, &here, false, "from here");
    runtime_simulated_write(scene->nodes[1].simulated, &there, false, "from there");
    read_step(scene, 1, 0, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "from here", 0, false));
    read_step(scene, 1, 1, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "from there", 0, false));
    read_step(scene, 1, 1, 10, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "", 10, false));
    read_step(scene, 1, 1, 10, 20 * SECOND);
    scene_run(scene, 7 * SECOND);
    runtime_simulated_write(scene->nodes[1].simulated, &there, false, ", later");
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told_here(scene), ", later", 10, false));
    runtime_simulated_end(scene->nodes[1].simulated, &there, 0, 0);
    scene_run(scene, SECOND);
    read_step(scene, 1, 1, 17, 0);
    scene_run(scene, SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "", 17, true));
}

static void test_lost_answers_are_asked_again(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();
    const struct task_key there = scene_key(17, 1, 1);

    start_step(scene);
    runtime_simulated_write(scene->nodes[1].simulated, &there, false, "from there");
    scene->nodes[1].cut = true;
    read_step(scene, 1, 1, 0, 20 * SECOND);
    scene_run(scene, 5 * SECOND);
    CU_ASSERT_PTR_NULL(told_here(scene));
    scene->nodes[1].cut = false;
    scene_run(scene, 10 * SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "from there", 0, false));
    /* and when the node stays away, the reader is let go */
    scene->nodes[1].cut = true;
    read_step(scene, 1, 1, 10, SECOND);
    scene_run(scene, 10 * SECOND);
    CU_ASSERT(is_chunk(told_here(scene), "", 10, false));
}

static void test_only_the_asker_reads_a_step(void)
{
    CLEANUP(scene_freep) struct scene *scene = job_scene();

    start_step(scene);
    read_step(scene, 2, 0, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NOT_NULL(scene_answer(scene, WIRE__ENVELOPE__BODY_FAILURE));
    read_step(scene, 0, 0, 0, 0); /* the batch script's is read through the scheduler */
    scene_run(scene, SECOND);
    read_step(scene, 1, 7, 0, 0);
    scene_run(scene, SECOND);
    CU_ASSERT_PTR_NULL(told_here(scene));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"batch output is read",           test_batch_output_is_read          },
        {"output of an ended job is read", test_output_of_an_ended_job_is_read},
        {"an unknown job has no output",   test_unknown_job_has_no_output     },
        {"step output of both nodes",      test_step_output_of_both_nodes     },
        {"lost answers are asked again",   test_lost_answers_are_asked_again  },
        {"only the asker reads a step",    test_only_the_asker_reads_a_step   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("output", tests);
}
