/* test_keys.c - tokens, enrolment, revocation: nobody gives what they do not have */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/service_cloud.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <string.h>

static const char *const manager_role[] = {"institution-manager", NULL};
static const char *const operator_role[] = {"operator", NULL};
static const char *const cluster_role[] = {"cluster-admin", NULL};

/* --- asks -------------------------------------------------------------------------------------------------- */

struct create {
    Wire__Envelope ask;
    Wire__TokenCreate wire;
    char *roles[4];
    uint8_t key[16];
};

static void create_init(struct create *create, const char *kind, const char *name, const char *role)
{
    wire__envelope__init(&create->ask);
    wire__token_create__init(&create->wire);
    random_fill(create->key, sizeof(create->key));
    create->wire.key = (ProtobufCBinaryData){16, create->key};
    create->wire.kind = (char *)(uintptr_t)kind;
    create->wire.name = (char *)(uintptr_t)name;
    create->roles[0] = (char *)(uintptr_t)role;
    create->wire.roles = create->roles;
    create->wire.n_roles = role ? 1 : 0;
    create->ask.body_case = WIRE__ENVELOPE__BODY_TOKEN_CREATE;
    create->ask.token_create = &create->wire;
}

static bool makes_token(struct bench *bench, struct caller *caller, struct create *create,
                        uint8_t ret_token[32])
{
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(bench, caller, &create->ask);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_TOKEN_CREATED)
        return false;
    memcpy(ret_token, answer->token_created->token.data, 32);
    return true;
}

static Wire__Envelope *ask_enrol(struct bench *bench, struct caller *caller, const uint8_t *token,
                                 const char *key)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Enrol enrol = WIRE__ENROL__INIT;

    enrol.token = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)token};
    enrol.public_key = (char *)(uintptr_t)key;
    ask.body_case = WIRE__ENVELOPE__BODY_ENROL;
    ask.enrol = &enrol;
    return bench_ask(bench, caller, &ask);
}

static bool enrols(struct bench *bench, struct caller *caller, const uint8_t *token)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = ask_enrol(bench, caller, token, caller->sender.key);

    return answer && answer->body_case == WIRE__ENVELOPE__BODY_ENROLLED;
}

static bool enrols_not(struct bench *bench, struct caller *caller, const uint8_t *token,
                       const char *key, const char *words)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_enrol(bench, caller, token, key);

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
        strstr(answer->failure->text, words))
        return true;
    printf("# %s\n", answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                         ? answer->failure->text
                         : "not refused");
    return false;
}

static bool revokes(struct bench *bench, struct caller *caller, const char *key,
                    enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__KeyRevoke revoke = WIRE__KEY_REVOKE__INIT;
    uint8_t bytes[16];

    random_fill(bytes, sizeof(bytes));
    revoke.key = (ProtobufCBinaryData){16, bytes};
    revoke.public_key = (char *)(uintptr_t)key;
    ask.body_case = WIRE__ENVELOPE__BODY_KEY_REVOKE;
    ask.key_revoke = &revoke;
    if (code == ERROR_NONE)
        return bench_does(bench, caller, &ask, WIRE__ENVELOPE__BODY_DONE);
    return bench_refuses(bench, caller, &ask, code, words);
}

static bool status_answers(struct bench *bench, struct caller *caller)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StatusAsk status = WIRE__STATUS_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &status;
    return bench_does(bench, caller, &ask, WIRE__ENVELOPE__BODY_STATUS);
}

/* --- tokens ------------------------------------------------------------------------------------------------- */

static void test_a_token_is_good_once(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *first, *second;
    struct create create;
    uint8_t token[32], other[32] = {0};

    bench_init(&bench);
    first = bench_stranger(&bench);
    second = bench_stranger(&bench);
    create_init(&create, "user", "eva", NULL);
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    CU_ASSERT(enrols_not(&bench, first, other, first->sender.key, "not (or no longer) good"));
    CU_ASSERT(enrols_not(&bench, first, token, second->sender.key, "only enrol itself"));
    CU_ASSERT(enrols(&bench, first, token));
    CU_ASSERT(enrols(&bench, first, token)); /* its answer was lost, and it asks again */
    CU_ASSERT(enrols_not(&bench, second, token, second->sender.key, "used already"));
    CU_ASSERT(status_answers(&bench, first));
    bench_restart(&bench);
    CU_ASSERT(status_answers(&bench, first));
    CU_ASSERT(enrols_not(&bench, second, token, second->sender.key, "used already"));
}

/* A further token gives its roles to the key that they have; nobody else's key may have them. */
static void test_a_further_token(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *eva, *ana;
    struct create create;
    uint8_t token[32];

    bench_init(&bench);
    eva = bench_stranger(&bench);
    ana = bench_stranger(&bench);
    create_init(&create, "user", "eva", NULL);
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    CU_ASSERT(enrols(&bench, eva, token));
    create_init(&create, "user", "ana", NULL);
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    CU_ASSERT(enrols(&bench, ana, token));
    create_init(&create, "user", "eva", "auditor");
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    CU_ASSERT(enrols_not(&bench, ana, token, ana->sender.key, "belongs to ana already"));
    for (int i = 0; i < 2; i++) { /* the answer was lost */
        CLEANUP(message_freep)
        Wire__Envelope *answer = ask_enrol(&bench, eva, token, eva->sender.key);

        CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_ENROLLED);
        CU_ASSERT_EQUAL(answer->enrolled->n_roles, 2);
    }
    CU_ASSERT(enrols_not(&bench, ana, token, ana->sender.key, "used already"));
    bench_restart(&bench);
    CU_ASSERT(status_answers(&bench, eva));
}

static void test_a_token_ends(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *late;
    struct create create;
    uint8_t token[32];

    bench_init(&bench);
    late = bench_stranger(&bench);
    create_init(&create, "user", "eva", NULL);
    create.wire.life_us = 8 * US_PER_DAY;
    CU_ASSERT(bench_refuses(&bench, &bench.root, &create.ask, ERROR_INVALID, "7 days"));
    create.wire.life_us = 0;
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    bench_pass(&bench, 16 * US_PER_MINUTE);
    CU_ASSERT(enrols_not(&bench, late, token, late->sender.key, "no longer"));
}

static void test_what_a_token_can_be_for(void)
{
    static const struct {
        const char *kind, *name, *role, *cluster, *institution;
        enum error_code code;
        const char *words;
    } cases[] = {
        {"robot", "x",   NULL,                  "",        "",     ERROR_INVALID,   "user, node or service"},
        {"user",  "",    NULL,                  "",        "",     ERROR_INVALID,   "name"                 },
        {"user",  "-rf", NULL,                  "",        "",     ERROR_INVALID,   "name"                 },
        {"user",  "x",   "oprator",             "",        "",     ERROR_INVALID,   "did you mean operator"},
        {"user",  "x",   "emperor",             "",        "",     ERROR_INVALID,   "no role emperor"      },
        {"user",  "x",   "agent",               "",        "",     ERROR_INVALID,   "cannot be agent"      },
        {"node",  "x",   NULL,                  "",        "",     ERROR_INVALID,   "name the cluster"     },
        {"node",  "x",   NULL,                  "nowhere", "",     ERROR_NOT_FOUND, "no cluster nowhere"   },
        {"node",  "x",   "operator",            "sur",     "",     ERROR_INVALID,   "cannot be operator"   },
        {"user",  "x",   "cluster-admin",       "",        "",     ERROR_INVALID,   "name the cluster"     },
        {"user",  "x",   "institution-manager", "",        "",     ERROR_INVALID,   "name the institution" },
        {"user",  "x",   "institution-manager", "",        "none", ERROR_NOT_FOUND, "no institution none"  },
        {"user",  "x",   NULL,                  "",        "uni",  ERROR_INVALID,   "only an institution"  },
        {"user",  "x",   NULL,                  "sur",     "",     ERROR_INVALID,   "only a node"          },
    };
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    bench_books(&bench, "ana");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct create create;

        create_init(&create, cases[i].kind, cases[i].name, cases[i].role);
        create.wire.cluster = (char *)(uintptr_t)cases[i].cluster;
        create.wire.institution = (char *)(uintptr_t)cases[i].institution;
        CU_ASSERT(bench_refuses(&bench, &bench.root, &create.ask, cases[i].code, cases[i].words));
    }
}

static void add_institution(struct bench *bench, const char *name)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;
    uint8_t bytes[16];

    random_fill(bytes, sizeof(bytes));
    add.key = (ProtobufCBinaryData){16, bytes};
    add.name = (char *)(uintptr_t)name;
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void test_nobody_gives_what_they_lack(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *manager, *stranger, *admin, *operator;
    struct create create;
    uint8_t token[32];

    bench_init(&bench);
    bench_books(&bench, "ana");
    add_institution(&bench, "otra");
    manager = bench_person(&bench, "rector", manager_role, "uni", NULL);
    admin = bench_person(&bench, "admin", cluster_role, NULL, "sur");
    stranger = bench_person(&bench, "dean", manager_role, "otra", NULL);
    operator= bench_person(&bench, "op", operator_role, NULL, NULL);
    create_init(&create, "user", "eva", NULL);
    CU_ASSERT(makes_token(&bench, manager, &create, token));
    create_init(&create, "user", "eva", "operator");
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "do not have"));
    create_init(&create, "user", "eva", "institution-manager");
    create.wire.institution = (char *)"uni";
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "do not have"));
    create_init(&create, "node", "n9", NULL);
    create.wire.cluster = (char *)"sur";
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "not yours"));
    CU_ASSERT(makes_token(&bench, admin, &create, token));
    create.wire.cluster = (char *)"norte";
    CU_ASSERT(bench_refuses(&bench, admin, &create.ask, ERROR_DENIED, "not yours"));
    /* A token for somebody who is there would hand over what they are. */
    create_init(&create, "user", "rector", NULL);
    CU_ASSERT(makes_token(&bench, manager, &create, token));
    create_init(&create, "user", "ana", NULL);
    CU_ASSERT(makes_token(&bench, manager, &create, token));
    CU_ASSERT(bench_refuses(&bench, stranger, &create.ask, ERROR_DENIED, "not of your"));
    create_init(&create, "user", "op", NULL);
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "as many rights"));
    create_init(&create, "user", "op2", "operator");
    CU_ASSERT(makes_token(&bench, operator, & create, token));
}

/* Whose institution or cluster somebody has is not for themselves to say. */
static void test_nobody_moves_elsewhere(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *manager, *admin, *mine;
    struct create create;
    uint8_t token[32];

    bench_init(&bench);
    bench_books(&bench, "ana");
    add_institution(&bench, "otra");
    manager = bench_person(&bench, "rector", manager_role, "uni", NULL);
    admin = bench_person(&bench, "admin", cluster_role, NULL, "norte");
    bench_node_key(&bench, "n1", "sur");
    create_init(&create, "user", "rector", NULL);
    create.wire.institution = (char *)"otra";
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_INVALID, "only an institution"));
    create_init(&create, "node", "n1", NULL);
    create.wire.cluster = (char *)"norte";
    CU_ASSERT(bench_refuses(&bench, admin, &create.ask, ERROR_DENIED, "belongs to cluster sur"));
    CU_ASSERT(makes_token(&bench, &bench.root, &create, token));
    mine = bench_stranger(&bench);
    mine->door = DOOR_AGENTS;
    CU_ASSERT(enrols(&bench, mine, token)); /* an operator may */
    CU_ASSERT(makes_token(&bench, admin, &create, token));
}

/* What was right when a token was made may not be when it is used. */
static void test_a_token_is_asked_again(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *manager, *admin, *stranger;
    struct create for_eva, for_node, create;
    uint8_t token[32], node_token[32], other[32];

    bench_init(&bench);
    bench_books(&bench, "ana");
    manager = bench_person(&bench, "rector", manager_role, "uni", NULL);
    admin = bench_person(&bench, "admin", cluster_role, NULL, "norte");
    stranger = bench_stranger(&bench);
    create_init(&for_eva, "user", "eva", NULL);
    CU_ASSERT(makes_token(&bench, manager, &for_eva, token));
    create_init(&for_node, "node", "n9", NULL);
    for_node.wire.cluster = (char *)"norte";
    CU_ASSERT(makes_token(&bench, admin, &for_node, node_token));
    bench_person(&bench, "eva", operator_role, NULL, NULL);
    bench_node_key(&bench, "n9", "sur");
    bench_restart(&bench);
    CU_ASSERT(enrols_not(&bench, stranger, token, stranger->sender.key, "could not make it now"));
    stranger->door = DOOR_AGENTS;
    stranger->greeted = false;
    CU_ASSERT(enrols_not(&bench, stranger, node_token, stranger->sender.key, "could not make it"));
    /* Somebody whom another made, and who has no project yet, is not the manager's. */
    bench_person(&bench, "luz", NULL, NULL, NULL);
    create_init(&create, "user", "luz", NULL);
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "not of your institution"));
    create_init(&create, "user", "sol", NULL);
    CU_ASSERT(makes_token(&bench, manager, &create, other));
    stranger->door = DOOR_CLIENTS;
    stranger->greeted = false;
    CU_ASSERT(enrols(&bench, stranger, other));
    CU_ASSERT(makes_token(&bench, manager, &create, other)); /* whom they made themselves is */
}

/* A cloud's nodes: its own, of its own cluster. */
static void test_nodes_of_a_cloud(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *first, *second;
    char hex[SERVICE_TOKEN_SIZE];
    uint8_t token[32];
    struct error err;

    bench_init(&bench);
    first = bench_stranger(&bench);
    second = bench_stranger(&bench);
    first->door = second->door = DOOR_AGENTS;
    service_admit_node(bench.service, "nube1", "sur", "cloud nube", US_PER_HOUR, hex);
    bench_run(&bench);
    CU_ASSERT(hex_parse(hex, token, sizeof(token), &err));
    CU_ASSERT(enrols(&bench, first, token));
    service_admit_node(bench.service, "nube1", "norte", "cloud nube", US_PER_HOUR, hex);
    bench_run(&bench);
    CU_ASSERT(hex_parse(hex, token, sizeof(token), &err));
    CU_ASSERT(enrols_not(&bench, second, token, second->sender.key, "could not make it now"));
}

/* --- revocation --------------------------------------------------------------------------------------------------- */

static void test_a_revoked_key_is_refused_at_once(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StatusAsk status = WIRE__STATUS_ASK__INIT;

    bench_init(&bench);
    bench_books(&bench, "ana");
    ana = bench_person(&bench, "ana", NULL, NULL, NULL);
    CU_ASSERT(status_answers(&bench, ana));
    CU_ASSERT(service_admits(bench.service, ana->sender.key));
    CU_ASSERT(revokes(&bench, &bench.root, ana->sender.key, ERROR_NONE, ""));
    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &status;
    CU_ASSERT(bench_refuses(&bench, ana, &ask, ERROR_DENIED, "revoked"));
    CU_ASSERT(!service_admits(bench.service, ana->sender.key));
    CU_ASSERT(revokes(&bench, &bench.root, ana->sender.key, ERROR_CONFLICT, "already by"));
    bench_restart(&bench);
    CU_ASSERT(!service_admits(bench.service, ana->sender.key));
}

static void test_who_may_revoke(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *ana, *eva, *op, *other, *admin, *node;

    bench_init(&bench);
    bench_books(&bench, "ana");
    ana = bench_person(&bench, "ana", NULL, NULL, NULL);
    eva = bench_person(&bench, "eva", NULL, NULL, NULL);
    op = bench_person(&bench, "op", operator_role, NULL, NULL);
    other = bench_person(&bench, "other", operator_role, NULL, NULL);
    admin = bench_person(&bench, "admin", cluster_role, NULL, "norte");
    node = bench_node_key(&bench, "n1", "sur");
    CU_ASSERT(revokes(&bench, ana, eva->sender.key, ERROR_DENIED, "not yours"));
    CU_ASSERT(revokes(&bench, ana, "nonsense", ERROR_NOT_FOUND, "no key"));
    CU_ASSERT(revokes(&bench, op, other->sender.key, ERROR_DENIED, "as many rights"));
    CU_ASSERT(revokes(&bench, admin, node->sender.key, ERROR_DENIED, "not yours"));
    CU_ASSERT(revokes(&bench, op, node->sender.key, ERROR_NONE, ""));
    CU_ASSERT(revokes(&bench, eva, eva->sender.key, ERROR_NONE, ""));
    CU_ASSERT(revokes(&bench, &bench.root, other->sender.key, ERROR_NONE, "")); /* the machine's */
}

/* --- what is denied ------------------------------------------------------------------------------------------------ */

struct denied {
    const char *principal;
    unsigned count;
};

static bool count_denied(void *owner, const struct row *row, bool good)
{
    struct denied *denied = owner;

    CU_ASSERT(good);
    if (strcmp(row->audit.act, "denied") == 0 &&
        strcmp(row->audit.principal, denied->principal) == 0)
        denied->count++;
    return true;
}

static unsigned denied_to(struct bench *bench, const char *principal)
{
    const struct query query = {.kind = QUERY_ALL, .row = ROW_AUDIT};
    struct denied denied = {principal, 0};
    struct error err;

    bench_run(bench);
    CU_ASSERT(bench->store->query(bench->store, &query, count_denied, &denied, &err));
    return denied.count;
}

/* Nobody fills the audit log, nor hides behind a flood what another one tries. */
static void test_a_flood_hides_nobody(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct caller *stranger, *manager, *other;
    struct create create;
    uint8_t none[32] = {0};

    bench_init(&bench);
    bench_books(&bench, "ana");
    manager = bench_person(&bench, "rector", manager_role, "uni", NULL);
    other = bench_person(&bench, "admin", cluster_role, NULL, "norte");
    stranger = bench_stranger(&bench);
    create_init(&create, "user", "eva", "operator");
    for (int i = 0; i < 50; i++) {
        CU_ASSERT(enrols_not(&bench, stranger, none, stranger->sender.key, "good"));
        CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "do not have"));
    }
    CU_ASSERT(bench_refuses(&bench, other, &create.ask, ERROR_DENIED, "do not have"));
    CU_ASSERT_EQUAL(denied_to(&bench, ""), 0);
    CU_ASSERT_EQUAL(denied_to(&bench, "rector"), 10);
    CU_ASSERT_EQUAL(denied_to(&bench, "admin"), 1);
    bench_pass(&bench, 2 * US_PER_SECOND);
    CU_ASSERT(bench_refuses(&bench, manager, &create.ask, ERROR_DENIED, "do not have"));
    CU_ASSERT_EQUAL(denied_to(&bench, "rector"), 11);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a token is good once",             test_a_token_is_good_once            },
        {"a further token",                  test_a_further_token                 },
        {"a token ends",                     test_a_token_ends                    },
        {"what a token can be for",          test_what_a_token_can_be_for         },
        {"nobody gives what they lack",      test_nobody_gives_what_they_lack     },
        {"nobody moves elsewhere",           test_nobody_moves_elsewhere          },
        {"a token is asked again",           test_a_token_is_asked_again          },
        {"nodes of a cloud",                 test_nodes_of_a_cloud                },
        {"a revoked key is refused at once", test_a_revoked_key_is_refused_at_once},
        {"who may revoke",                   test_who_may_revoke                  },
        {"a flood hides nobody",             test_a_flood_hides_nobody            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("keys", tests);
}
