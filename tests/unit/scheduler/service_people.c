/* service_people.c - who speaks to the service on the bench: people, nodes, their jobs */

#include "tests/unit/scheduler/service_bench.h"

#include "base/digest.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/worker.h"
#include "tests/lib/scratch.h"
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- people and nodes ------------------------------------------------------------------------------------------ */

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static struct caller *new_caller(struct bench *bench, enum door door)
{
    struct caller *caller = &bench->people[bench->people_count++];
    struct key_pair pair;

    key_pair_make(&pair);
    *caller = (struct caller){
        .door = door, .sender = {.uid = (uid_t)-1, .route_size = 5}
    };
    memcpy(caller->sender.key, pair.public, sizeof(caller->sender.key));
    random_fill(caller->sender.route, 5);
    return caller;
}

static bool enrol(struct bench *bench, struct caller *caller, ProtobufCBinaryData token)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Enrol enrol = WIRE__ENROL__INIT;

    enrol.token = token;
    enrol.public_key = caller->sender.key;
    ask.body_case = WIRE__ENVELOPE__BODY_ENROL;
    ask.enrol = &enrol;
    return bench_does(bench, caller, &ask, WIRE__ENVELOPE__BODY_ENROLLED);
}

static struct caller *make_caller(struct bench *bench, enum door door, Wire__TokenCreate *create)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    struct caller *caller = new_caller(bench, door);
    uint8_t key[16];

    create->key = fresh_key(key);
    ask.body_case = WIRE__ENVELOPE__BODY_TOKEN_CREATE;
    ask.token_create = create;
    answer = bench_ask(bench, &bench->root, &ask);
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_TOKEN_CREATED) {
        printf("# no token for %s: %s\n", create->name,
               answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE ? answer->failure->text
                                                                           : "?");
        abort();
    }
    CU_ASSERT(enrol(bench, caller, answer->token_created->token));
    return caller;
}

struct caller *bench_person(struct bench *bench, const char *name, const char *const *roles,
                            const char *institution, const char *cluster)
{
    Wire__TokenCreate create = WIRE__TOKEN_CREATE__INIT;

    create.kind = (char *)"user";
    create.name = (char *)(uintptr_t)name;
    create.institution = (char *)(uintptr_t)(institution ? institution : "");
    create.cluster = (char *)(uintptr_t)(cluster ? cluster : "");
    create.roles = (char **)(uintptr_t)roles;
    while (roles && roles[create.n_roles])
        create.n_roles++;
    return make_caller(bench, DOOR_CLIENTS, &create);
}

struct caller *bench_node_key(struct bench *bench, const char *name, const char *cluster)
{
    Wire__TokenCreate create = WIRE__TOKEN_CREATE__INIT;

    create.kind = (char *)"node";
    create.name = (char *)(uintptr_t)name;
    create.cluster = (char *)(uintptr_t)cluster;
    return make_caller(bench, DOOR_AGENTS, &create);
}

struct caller *bench_service_key(struct bench *bench, const char *name)
{
    Wire__TokenCreate create = WIRE__TOKEN_CREATE__INIT;

    create.kind = (char *)"service";
    create.name = (char *)(uintptr_t)name;
    return make_caller(bench, DOOR_CLIENTS, &create);
}

struct caller *bench_stranger(struct bench *bench)
{
    return new_caller(bench, DOOR_CLIENTS);
}

void bench_books(struct bench *bench, const char *user)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd institution = WIRE__INSTITUTION_ADD__INIT;
    Wire__ProjectAdd project = WIRE__PROJECT_ADD__INIT;
    Wire__UserAdd member = WIRE__USER_ADD__INIT;
    Wire__GrantAdd grant = WIRE__GRANT_ADD__INIT;
    uint8_t keys[4][16];

    institution.key = fresh_key(keys[0]);
    institution.name = (char *)"uni";
    institution.title = (char *)"Universidad";
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &institution;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));

    project.key = fresh_key(keys[1]);
    project.name = (char *)"fisica";
    project.institution = (char *)"uni";
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &project;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));

    member.key = fresh_key(keys[2]);
    member.name = (char *)(uintptr_t)user;
    member.project = (char *)"fisica";
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &member;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));

    grant.key = fresh_key(keys[3]);
    grant.institution = (char *)"uni";
    grant.amount = INT64_C(1000) * 1000000;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &grant;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

uint64_t bench_submit(struct bench *bench, struct caller *caller, uint32_t copies)
{
    static char script[] = "#!/bin/sh\ntrue\n";
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    ProtobufCBinaryData scripts[] = {
        {sizeof(script) - 1, (uint8_t *)script}
    };
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT, *specs[] = {&spec};
    uint8_t key[16];

    spec.name = (char *)"job";
    spec.copies = copies;
    spec.limit_us = 10 * US_PER_MINUTE;
    submit.key = fresh_key(key);
    submit.jobs = specs;
    submit.n_jobs = 1;
    submit.scripts = scripts;
    submit.n_scripts = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    ask.submit = &submit;
    answer = bench_ask(bench, caller, &ask);
    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED)
        return answer->submitted->first_ids[0];
    printf("# not submitted: %s\n", answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                                        ? answer->failure->text
                                        : "no answer");
    return 0;
}

/* --- an agent --------------------------------------------------------------------------------------------------- */

bool bench_greet(struct bench *bench, struct caller *node, const char *name, const char *boot_id)
{
    static uint8_t digest[32] = {1}, incarnation[16] = {2};
    CLEANUP(message_freep) Wire__Envelope *welcome = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__AgentHello hello = WIRE__AGENT_HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.node = (char *)(uintptr_t)name;
    hello.boot_id = (char *)(uintptr_t)boot_id;
    hello.incarnation = (ProtobufCBinaryData){16, incarnation};
    hello.cores = 8;
    hello.threads = 16;
    hello.memory = UINT64_C(16) << 30;
    hello.packages = hello.numa_nodes = 1;
    hello.topology = (ProtobufCBinaryData){32, digest};
    hello.wall_us = bench->time.wall_us;
    ask.body_case = WIRE__ENVELOPE__BODY_AGENT_HELLO;
    ask.agent_hello = &hello;
    node->greeted = true;
    welcome = bench_ask(bench, node, &ask);
    if (!welcome || welcome->body_case != WIRE__ENVELOPE__BODY_AGENT_WELCOME)
        return false;
    node->session = welcome->agent_welcome->session;
    return true;
}

Wire__Envelope *bench_inventory(struct bench *bench, struct caller *node, Wire__PartHeld **parts,
                                size_t count)
{
    uint8_t incarnation[16] = {2};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Inventory inventory = WIRE__INVENTORY__INIT;

    inventory.incarnation = (ProtobufCBinaryData){16, incarnation};
    inventory.session = node->session;
    inventory.parts = parts;
    inventory.n_parts = count;
    ask.body_case = WIRE__ENVELOPE__BODY_INVENTORY;
    ask.inventory = &inventory;
    return bench_ask(bench, node, &ask);
}

/* Parts that never were confirmed may not have come. */
static size_t hold_parts(const struct bench *bench, const char *name, struct arena *arena,
                         Wire__PartHeld ***ret_parts)
{
    const struct node *node =
        inventory_find_node(core_inventory(service_core(bench->service)), name);
    size_t count = 0;

    *ret_parts = ARENA_NEW_ARRAY(arena, Wire__PartHeld *, node ? node->parts.count + 1 : 1);
    if (!node)
        return 0;
    LIST_EACH(&node->parts, each) {
        const struct part *part = CONTAINER_OF(each, struct part, of_node);
        struct digest *digest = ARENA_NEW(arena, struct digest);
        Wire__PartHeld *held = ARENA_NEW(arena, Wire__PartHeld);

        if (!part->core_list)
            continue;
        *digest = digest_of(part->job->token, TOKEN_SIZE);
        wire__part_held__init(held);
        held->job = part->job->id;
        held->attempt = part->job->attempt;
        held->part = part->number;
        held->token_digest = (ProtobufCBinaryData){DIGEST_SIZE, digest->bytes};
        (*ret_parts)[count++] = held;
    }
    return count;
}

bool bench_join(struct bench *bench, struct caller *node, const char *name)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *verdicts = NULL;
    Wire__PartHeld **parts;
    size_t count;

    if (!bench_greet(bench, node, name, "boot-1"))
        return false;
    count = hold_parts(bench, name, arena, &parts);
    verdicts = bench_inventory(bench, node, parts, count);
    return verdicts && verdicts->body_case == WIRE__ENVELOPE__BODY_INVENTORY_VERDICT;
}

bool bench_report(struct bench *bench, struct caller *node, const Wire__PartLaunch *launch,
                  Wire__PartEvent event, uint32_t exit_code)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PartReport report = WIRE__PART_REPORT__INIT;

    report.sequence = bench->last_request;
    report.job = launch->job;
    report.attempt = launch->attempt;
    report.part = launch->part;
    report.token = launch->token;
    report.event = event;
    report.exit_code = exit_code;
    report.cause = bench->cause;
    report.wall_used_us = bench->wall_us;
    report.cpu_used_us = 2 * US_PER_SECOND;
    report.core_list = (char *)"0";
    report.cpu_list = (char *)"0";
    report.output = (char *)"/tmp/out";
    ask.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    ask.part_report = &report;
    return bench_does(bench, node, &ask, WIRE__ENVELOPE__BODY_PART_REPORTED);
}

bool bench_run_job(struct bench *bench, struct caller *node, uint32_t exit_code)
{
    for (int i = 0; i < 3; i++) {
        CLEANUP(message_freep)
        Wire__Envelope *message = bench_take(bench, node, 0, WIRE__ENVELOPE__BODY_PART_LAUNCH);

        if (!message)
            return false;
        if (!message->part_launch->start_batch) {
            if (!bench_report(bench, node, message->part_launch, WIRE__PART_EVENT__PART_EVENT_READY,
                              0))
                return false;
            continue;
        }
        clock_simulated_pass(&bench->time, US_PER_SECOND);
        return bench_report(bench, node, message->part_launch, WIRE__PART_EVENT__PART_EVENT_STARTED,
                            0) &&
               (clock_simulated_pass(&bench->time, 3 * US_PER_SECOND), true) &&
               bench_report(bench, node, message->part_launch, WIRE__PART_EVENT__PART_EVENT_ENDED,
                            exit_code);
    }
    return false;
}
