/* test_roles.c - every message from every role at every door, held against roles.golden
 *
 * Each message is sent, empty, by somebody who has one role; what counts is whether its
 * handler ran.  After a change that is meant: TEQUIO_GOLDEN=write tests/unit/scheduler/test_roles,
 * and the difference is reviewed. */

#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/envelope.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"stranger",      "researcher", "institution-manager",
                                      "cluster-admin", "operator",   "auditor",
                                      "agent",         "accounting"};

static const struct {
    enum door door;
    const char *name;
} doors[] = {
    {DOOR_AGENTS,  "agents" },
    {DOOR_CLIENTS, "clients"},
    {DOOR_ADMINS,  "admins" },
    {DOOR_LOCAL,   "local"  },
};

/* 'y': its handler ran; '-': refused for its role; '.': not answered at this door. */
static char ask_empty(struct bench *bench, const struct caller *who, enum door door,
                      Wire__Envelope__BodyCase kind)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope *ask = envelope_empty(kind, arena);
    struct caller caller = *who;

    if (kind == WIRE__ENVELOPE__BODY_AGENT_HELLO) /* it negotiates before anything else */
        ask->agent_hello->version_least = ask->agent_hello->version_most = PROTOCOL_VERSION;
    caller.door = door;
    caller.greeted = false;
    caller.sender.route[0] = (uint8_t)door;
    answer = bench_ask(bench, &caller, ask);
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_FAILURE)
        return 'y';
    if (strstr(answer->failure->text, "is not answered here"))
        return '.';
    if (answer->failure->code == ERROR_DENIED && strstr(answer->failure->text, "; you are "))
        return '-';
    return 'y';
}

static void add_line(struct bench *bench, struct caller *const *callers,
                     Wire__Envelope__BodyCase kind, struct buffer *table)
{
    bool answered = false;
    char line[64] = "";

    for (size_t door = 0; door < COUNT_OF(doors); door++)
        for (size_t role = 0; role < COUNT_OF(columns); role++) {
            char cell = ask_empty(bench, callers[role], doors[door].door, kind);

            if (door > 0 && role == 0)
                line[strlen(line)] = ' ';
            line[strlen(line)] = cell;
            answered = answered || cell != '.';
        }
    if (answered)
        buffer_print(table, "%-18s %s\n", message_name(kind), line);
}

static void make_table(struct bench *bench, struct buffer *table)
{
    static const char *const manager[] = {"institution-manager", NULL};
    static const char *const cluster[] = {"cluster-admin", NULL};
    static const char *const operator[] = {"operator", NULL};
    static const char *const auditor[] = {"auditor", NULL};
    struct caller *callers[COUNT_OF(columns)] = {
        bench_stranger(bench),
        bench_person(bench, "ana", NULL, NULL, NULL),
        bench_person(bench, "manager", manager, "uni", NULL),
        bench_person(bench, "admin", cluster, NULL, "sur"),
        bench_person(bench, "operator", operator, NULL, NULL),
        bench_person(bench, "auditor", auditor, NULL, NULL),
        bench_node_key(bench, "n1", "sur"),
        bench_service_key(bench, "books"),
    };

    buffer_print(table, "# columns of each door, left to right:");
    for (size_t role = 0; role < COUNT_OF(columns); role++)
        buffer_print(table, " %s", columns[role]);
    buffer_print(table, "\n# y: may ask; -: refused; .: not answered at this door\n%-18s", "#");
    for (size_t door = 0; door < COUNT_OF(doors); door++)
        buffer_print(table, door + 1 < COUNT_OF(doors) ? " %-8s" : " %s", doors[door].name);
    buffer_print(table, "\n");
    for (size_t i = 0; i < envelope_kind_count(); i++)
        if (envelope_kind(i) != WIRE__ENVELOPE__BODY_HELLO &&
            envelope_kind(i) != WIRE__ENVELOPE__BODY_FAILURE)
            add_line(bench, callers, envelope_kind(i), table);
}

static void test_matrix_is_the_golden_one(void)
{
    CLEANUP(bench_clear) struct bench bench;
    CLEANUP(buffer_clear) struct buffer table = {0};
    CLEANUP(buffer_clear) struct buffer golden = {0};
    const char *source = getenv("TEQUIO_SOURCE"), *mode = getenv("TEQUIO_GOLDEN");
    CLEANUP(memory_freep)
    char *path = memory_format("%s/tests/unit/scheduler/roles.golden", source ? source : ".");
    struct error err;

    bench_init(&bench);
    bench_books(&bench, "ana");
    buffer_init(&table);
    buffer_init(&golden);
    make_table(&bench, &table);
    if (mode && strcmp(mode, "write") == 0)
        CU_ASSERT(file_replace(path, table.bytes, table.length, 0644, &err));
    CU_ASSERT(file_read(path, 1 << 20, &golden, &err));
    CU_ASSERT_STRING_EQUAL(table.bytes, golden.bytes);
    if (strcmp(table.bytes, golden.bytes) != 0)
        printf("# is now:\n%s", table.bytes);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the matrix is the golden one", test_matrix_is_the_golden_one},
        CU_TEST_INFO_NULL,
    };

    return run_suite("roles", tests);
}
