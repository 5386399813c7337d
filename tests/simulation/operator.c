/* operator.c - who sets up the books and looks after the nodes */

#include "tests/simulation/operator.h"

#include "base/list.h"
#include "tests/simulation/chance.h"

#include <stdlib.h>
#include <string.h>

struct errand {
    struct list_node of_operator;
    struct buffer bytes; /* the packed ask */
};

struct operator
{
    struct checks *checks;
    struct client *client;
    struct test_random random;
    struct list orders;
    uint8_t key[16];
};

static char *text(const char *from)
{
    return (char *)(uintptr_t)from;
}

/* --- one after another --------------------------------------------------------------------------------- */

static void drop(struct operator* operator, struct errand * order)
{
    list_remove(&operator->orders, &order->of_operator);
    buffer_clear(&order->bytes);
    free(order);
}

static answer_fn on_answer;

static void send_next(struct operator* operator)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct list_node *first = list_first(&operator->orders);
    struct errand *order;
    struct error err;

    if (!first || operator->client->busy)
        return;
    order = CONTAINER_OF(first, struct errand, of_operator);
    envelope = message_decode((const uint8_t *)order->bytes.bytes, order->bytes.length, &err);
    drop(operator, order);
    client_ask(operator->client, envelope, INT64_MAX, on_answer, operator);
}

static void on_answer(void *owner, const Wire__Envelope *answer)
{
    struct operator* operator= owner;

    if (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        trace_say(operator->checks->findings->trace, "op", "refused: %s", answer->failure->text);
    send_next(operator);
}

static void put(struct operator* operator, Wire__Envelope * envelope)
{
    struct errand *order = NEW(struct errand);

    buffer_init(&order->bytes);
    message_encode(envelope, &order->bytes);
    list_add_last(&operator->orders, &order->of_operator);
    send_next(operator);
}

static ProtobufCBinaryData new_key(struct operator* operator)
{
    test_random_fill(&operator->random, operator->key, sizeof(operator->key));
    return (ProtobufCBinaryData){sizeof(operator->key), operator->key };
}

/* --- the books ------------------------------------------------------------------------------------------- */

void operator_grant(struct operator* operator, const char * institution, const char *project,
                    int64_t amount)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__GrantAdd grant = WIRE__GRANT_ADD__INIT;

    grant.key = new_key(operator);
    grant.institution = text(institution);
    grant.project = text(project);
    grant.amount = amount;
    grant.reason = text("a simulation");
    envelope.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    envelope.grant_add = &grant;
    put(operator, & envelope);
}

void operator_add_institution(struct operator* operator, const char * name, int64_t granted)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;

    add.key = new_key(operator);
    add.name = text(name);
    envelope.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    envelope.institution_add = &add;
    put(operator, & envelope);
    operator_grant(operator, name, "", granted);
}

void operator_add_project(struct operator* operator, const struct operator_project * project)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__ProjectAdd add = WIRE__PROJECT_ADD__INIT;

    add.key = new_key(operator);
    add.name = text(project->name);
    add.institution = text(project->institution);
    envelope.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    envelope.project_add = &add;
    put(operator, & envelope);
    if (project->granted > 0)
        operator_grant(operator, project->institution, project->name, project->granted);
}

void operator_add_user(struct operator* operator, const struct operator_user * user)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;
    uint32_t uid = user->uid;

    add.key = new_key(operator);
    add.name = text(user->name);
    add.project = text(user->project);
    add.n_local_uids = 1;
    add.local_uids = &uid;
    envelope.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    envelope.user_add = &add;
    put(operator, & envelope);
}

/* --- the nodes ---------------------------------------------------------------------------------------------- */

static void change_node(struct operator* operator, const char * node, Wire__NodeVerb verb)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__NodeChange change = WIRE__NODE_CHANGE__INIT;

    change.key = new_key(operator);
    change.verb = verb;
    change.nodes = text(node);
    change.reason = text("a simulation");
    envelope.body_case = WIRE__ENVELOPE__BODY_NODE_CHANGE;
    envelope.node_change = &change;
    put(operator, & envelope);
}

void operator_drain(struct operator* operator, const char * node)
{
    change_node(operator, node, WIRE__NODE_VERB__NODE_VERB_DRAIN);
}

void operator_resume(struct operator* operator, const char * node)
{
    change_node(operator, node, WIRE__NODE_VERB__NODE_VERB_RESUME);
}

void operator_declare_lost(struct operator* operator, const char * node)
{
    change_node(operator, node, WIRE__NODE_VERB__NODE_VERB_LOST);
}

/* --- jobs ------------------------------------------------------------------------------------------------------ */

void operator_release_all(struct operator* operator)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    Wire__JobFilter filter = WIRE__JOB_FILTER__INIT;
    char *states[] = {text("PENDING")};
    const struct promise *promise;

    for (size_t place = 0; (promise = table_next(operator->checks->promises, &place));)
        checks_release_asked(operator->checks, promise->id);
    filter.n_states = 1;
    filter.states = states;
    change.key = new_key(operator);
    change.verb = WIRE__JOB_VERB__JOB_VERB_RELEASE;
    change.filter = &filter;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    envelope.job_change = &change;
    put(operator, & envelope);
}

static void change_job(struct operator* operator, uint64_t job, Wire__JobVerb verb)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;

    change.key = new_key(operator);
    change.verb = verb;
    change.n_jobs = 1;
    change.jobs = &job;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    envelope.job_change = &change;
    put(operator, & envelope);
}

void operator_cancel(struct operator* operator, uint64_t job)
{
    change_job(operator, job, WIRE__JOB_VERB__JOB_VERB_CANCEL);
}

void operator_requeue(struct operator* operator, uint64_t job)
{
    change_job(operator, job, WIRE__JOB_VERB__JOB_VERB_REQUEUE);
}

/* --- life ------------------------------------------------------------------------------------------------------- */

void operator_set_weather(struct operator* operator, const struct weather * weather)
{
    link_set_weather(operator->client->link, weather);
}

bool operator_is_done(const struct operator* operator)
{
    return operator->orders.count == 0 && !operator->client->busy;
}

struct operator* operator_new(struct checks *checks, struct network *network, uint64_t seed)
{
    struct operator* operator= NEW(struct operator);

    operator->checks = checks;
    operator->random = chance_stream(seed, 3);
    list_init(&operator->orders);
    operator->client = client_new("op", OPERATOR_UID, checks->center->agenda,
                                  checks->findings->trace, network, seed);
    return operator;
}

void operator_free(struct operator* operator)
{
    if (!operator)
        return;
    LIST_EACH(&operator->orders, node)
        drop(operator, CONTAINER_OF(node, struct errand, of_operator));
    client_free(operator->client);
    free(operator);
}
