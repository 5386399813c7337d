/* agent_scene.c - a researcher and two nodes, for tests of what agents say */

#include "tests/unit/scheduler/agent_scene.h"

#include "base/random.h"
#include "tests/lib/runner.h"

#include <string.h>

void scene_init(struct scene *scene)
{
    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->n1 = bench_node_key(&scene->bench, "n1", "sur");
    scene->n2 = bench_node_key(&scene->bench, "n2", "sur");
}

void scene_clear(struct scene *scene)
{
    bench_clear(&scene->bench);
}

const struct job *job_of(const struct scene *scene, uint64_t id)
{
    return core_find_job(service_core(scene->bench.service), id);
}

const struct node *node_of(const struct scene *scene, const char *name)
{
    return inventory_find_node(core_inventory(service_core(scene->bench.service)), name);
}

Wire__Envelope *take_launch(struct scene *scene, const struct caller *node)
{
    return bench_take(&scene->bench, node, 0, WIRE__ENVELOPE__BODY_PART_LAUNCH);
}

void run_a_job(struct scene *scene, Wire__Envelope **ret_launch)
{
    CU_ASSERT_EQUAL(bench_submit(&scene->bench, scene->ana, 1), 1);
    *ret_launch = take_launch(scene, scene->n1);
    CU_ASSERT_FATAL(*ret_launch != NULL);
    CU_ASSERT(bench_report(&scene->bench, scene->n1, (*ret_launch)->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_READY, 0));
    CU_ASSERT(bench_report(&scene->bench, scene->n1, (*ret_launch)->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_STARTED, 0));
    CU_ASSERT_EQUAL(job_of(scene, 1)->state, JOB_RUNNING);
}

uint64_t send_heartbeat(struct scene *scene, struct caller *node, uint8_t incarnation)
{
    uint8_t bytes[16] = {incarnation};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Heartbeat beat = WIRE__HEARTBEAT__INIT;

    beat.incarnation = (ProtobufCBinaryData){16, bytes};
    ask.body_case = WIRE__ENVELOPE__BODY_HEARTBEAT;
    ask.heartbeat = &beat;
    return bench_send(&scene->bench, node, &ask);
}

bool beat(struct scene *scene, struct caller *node)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = bench_take(&scene->bench, node, send_heartbeat(scene, node, 2), 0);

    return answer && answer->body_case == WIRE__ENVELOPE__BODY_DONE;
}

void asked_init(struct asked *asked)
{
    static char script[] = "#!/bin/sh\n";

    wire__envelope__init(&asked->ask);
    wire__submit__init(&asked->submit);
    wire__job_spec__init(&asked->spec);
    random_fill(asked->key, sizeof(asked->key));
    asked->specs[0] = &asked->spec;
    asked->scripts[0] = (ProtobufCBinaryData){sizeof(script) - 1, (uint8_t *)script};
    asked->submit.key = (ProtobufCBinaryData){sizeof(asked->key), asked->key};
    asked->submit.jobs = asked->specs;
    asked->submit.scripts = asked->scripts;
    asked->submit.n_jobs = asked->submit.n_scripts = 1;
    asked->ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    asked->ask.submit = &asked->submit;
}
