/* test_erasing.c - a person is forgotten: who may ask, what waits, and that the name is gone */

#include "base/clock.h"
#include "base/parse.h"
#include "base/random.h"
#include "scheduler/check.h"
#include "scheduler/erasing.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"
#include "tests/unit/scheduler/store_scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHO "zacarias"

/* uni: zacarias and ana of fisica, rosa its manager; otto manages otra. */
struct scene {
    struct bench bench;
    struct caller *who, *ana, *rosa, *otto, *node;
};

static bool add_user(struct scene *scene, const char *name, bool manager)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){sizeof(key), key};
    add.name = (char *)(uintptr_t)name;
    add.project = (char *)"fisica";
    add.manager = manager;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &add;
    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool add_otra(struct scene *scene)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){sizeof(key), key};
    add.name = (char *)"otra";
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};
    struct bench *bench = &scene->bench;

    bench_init(bench);
    bench_books(bench, WHO);
    CU_ASSERT(add_user(scene, "ana", false));
    scene->who = bench_person(bench, WHO, NULL, NULL, NULL);
    scene->ana = bench_person(bench, "ana", NULL, NULL, NULL);
    scene->rosa = bench_person(bench, "rosa", manager, "uni", NULL);
    scene->node = bench_node_key(bench, "n1", "sur");
    CU_ASSERT(bench_join(bench, scene->node, "n1"));
}

/* NULL: no answer of that kind. */
static Wire__Envelope *ask_erase(struct scene *scene, struct caller *by, bool dry_run)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PrivacyErase body = WIRE__PRIVACY_ERASE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.user = (char *)WHO;
    body.reason = (char *)"asked for it";
    body.dry_run = dry_run;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIVACY_ERASE;
    ask.privacy_erase = &body;
    answer = bench_ask(&scene->bench, by, &ask);
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_PRIVACY_ERASING)
        return NULL;
    return STEAL(answer);
}

static bool cancels(struct scene *scene, struct caller *by, const char *reason, bool dry_run)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PrivacyErase body = WIRE__PRIVACY_ERASE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.user = (char *)WHO;
    body.reason = (char *)(uintptr_t)reason;
    body.dry_run = dry_run;
    body.cancel = true;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIVACY_ERASE;
    ask.privacy_erase = &body;
    answer = bench_ask(&scene->bench, by, &ask);
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_PRIVACY_ERASING &&
           answer->privacy_erasing->cancelled;
}

static bool is_noted(struct scene *scene, struct caller *by)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_erase(scene, by, false);

    return answer && answer->privacy_erasing->noted;
}

/* Nothing is noted, and the words say for what it waits; "": for nothing. */
static bool waits_for(struct scene *scene, struct caller *by, bool dry_run, const char *words)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_erase(scene, by, dry_run);
    const Wire__PrivacyErasing *erasing = answer ? answer->privacy_erasing : NULL;

    if (!erasing || erasing->noted)
        return false;
    for (size_t i = 0; i < erasing->n_waits; i++)
        if (strstr(erasing->waits[i], words))
            return *words != '\0';
    return erasing->n_waits == 0 && *words == '\0';
}

static void pass_months(struct scene *scene)
{
    clock_simulated_pass(&scene->bench.time, 40 * US_PER_DAY);
}

/* --- asking ------------------------------------------------------------------------------------- */

static void test_who_may_ask(void)
{
    static const char *const manager[] = {"institution-manager", NULL};
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(add_otra(&scene));
    scene.otto = bench_person(&scene.bench, "otto", manager, "otra", NULL);
    CU_ASSERT_PTR_NULL(ask_erase(&scene, scene.ana, true));
    CU_ASSERT_PTR_NULL(ask_erase(&scene, scene.otto, true));
    CU_ASSERT(waits_for(&scene, scene.rosa, true, ""));
    CU_ASSERT(waits_for(&scene, &scene.bench.root, true, ""));
    CU_ASSERT(waits_for(&scene, scene.who, true, ""));
    CU_ASSERT(is_noted(&scene, scene.rosa));
    bench_clear(&scene.bench);
}

static void test_what_is_in_the_way(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(bench_submit(&scene.bench, scene.who, 1) == 1);
    CU_ASSERT(waits_for(&scene, scene.rosa, false, "1 jobs wait or run, the first is 1"));
    CU_ASSERT(bench_run_job(&scene.bench, scene.node, 0));
    CU_ASSERT(waits_for(&scene, scene.rosa, false, "the month of the last job"));
    pass_months(&scene);
    CU_ASSERT(waits_for(&scene, scene.rosa, true, ""));
    CU_ASSERT(add_user(&scene, WHO, true));
    CU_ASSERT(waits_for(&scene, scene.rosa, false, "manages project fisica"));
    bench_clear(&scene.bench);
}

/* Between the asking and the next start. */
static void test_who_waits_can_do_nothing(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(is_noted(&scene, scene.who));
    CU_ASSERT(is_noted(&scene, scene.rosa));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.who, 1), 0);
    CU_ASSERT_FALSE(add_user(&scene, WHO, false));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    bench_clear(&scene.bench);
}

static void test_it_is_taken_back(void)
{
    static const char *const manager[] = {"institution-manager", NULL};
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(add_otra(&scene));
    scene.otto = bench_person(&scene.bench, "otto", manager, "otra", NULL);
    CU_ASSERT_FALSE(cancels(&scene, scene.rosa, "not asked for yet", false));
    CU_ASSERT(is_noted(&scene, scene.who));
    CU_ASSERT_FALSE(cancels(&scene, scene.otto, "not theirs", false));
    CU_ASSERT_FALSE(cancels(&scene, scene.who, "can do nothing", false));
    CU_ASSERT_FALSE(cancels(&scene, scene.rosa, "", false));
    CU_ASSERT_FALSE(cancels(&scene, scene.rosa, "changes nothing", true));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.who, 1), 0);
    CU_ASSERT(cancels(&scene, scene.rosa, "stays", false));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.who, 1), 1);
    bench_restart(&scene.bench);
    CU_ASSERT_FALSE(cancels(&scene, scene.rosa, "is taken back", false));
    bench_clear(&scene.bench);
}

/* --- erased --------------------------------------------------------------------------------------- */

/* In the database, and in its log. */
static bool is_in_files(const char *directory, const char *text)
{
    static const char *const files[] = {"tequio.db", "tequio.db-wal"};
    bool found = false;

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, files[i]);
        CLEANUP(memory_freep) char *bytes = NULL;
        size_t size = 0;

        if (access(path, F_OK) != 0)
            continue;
        bytes = read_whole(path, &size);
        found = found || memmem(bytes, size, text, strlen(text));
    }
    return found;
}

static bool note_user(void *owner, const struct row *row, bool good)
{
    CU_ASSERT(good);
    memory_put_text(owner, LEDGER_NAME_MAX, row->job.user);
    return true;
}

static void read_user(struct scene *scene, int64_t after, char user[LEDGER_NAME_MAX])
{
    const struct query query = {.kind = QUERY_JOBS_AFTER, .lane = LANE_SLOW, .after = after};
    struct error err;

    *user = '\0';
    CU_ASSERT(scene->bench.store->query(scene->bench.store, &query, note_user, user, &err));
}

/* The size of what the job's script was. */
static size_t script_size(struct scene *scene, int64_t job)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = scene->bench.store;
    struct row row = {.kind = ROW_JOB, .job.id = job};
    struct error err;
    bool found;

    CU_ASSERT_FATAL(store->find(store, &row, arena, &found, &err) && found);
    row = (struct row){.kind = ROW_SPEC, .spec.id = row.job.spec};
    CU_ASSERT_FATAL(store->find(store, &row, arena, &found, &err) && found);
    row = (struct row){.kind = ROW_SCRIPT, .script.id = row.spec.script};
    CU_ASSERT_FATAL(store->find(store, &row, arena, &found, &err) && found);
    return row.script.bytes.size;
}

/* As the operator does it, and then starts the scheduler. */
static void carry_out(struct scene *scene, uint64_t waiting)
{
    const struct erasing_way way = {.now_us = 1, .chunk = ERASING_CHUNK};
    struct error err = {.text = ""};
    struct erased erased;

    bench_restart(&scene->bench);
    CU_ASSERT(is_in_files(scene->bench.directory, WHO)); /* no start erases */
    CU_ASSERT(erase_all(scene->bench.store, &way, &erased, &err));
    CU_ASSERT_EQUAL(erased.waiting, waiting);
    bench_restart(&scene->bench);
}

/* After one that was broken off: the scheduler starts between the two. */
static void carry_out_rest(struct scene *scene)
{
    const struct erasing_way way = {.now_us = 2, .chunk = ERASING_CHUNK};
    struct error err = {.text = ""};
    struct erased erased;

    bench_restart(&scene->bench);
    CU_ASSERT(erase_all(scene->bench.store, &way, &erased, &err));
    CU_ASSERT_EQUAL(erased.waiting, 0);
    bench_restart(&scene->bench);
}

static bool checks(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer findings;
    struct error err;
    uint64_t rows;

    buffer_init(&findings);
    CU_ASSERT(store_check(scene->bench.store, note_finding, &findings, &rows, &err));
    printf("%s", findings.bytes);
    return findings.length == 0;
}

/* Jobs of theirs and of ana, whose script is the same text. */
static void make_past(struct scene *scene)
{
    scene_init(scene);
    CU_ASSERT_EQUAL(bench_submit(&scene->bench, scene->who, 2), 1);
    CU_ASSERT_EQUAL(bench_submit(&scene->bench, scene->ana, 1), 3);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(bench_run_job(&scene->bench, scene->node, 0));
    pass_months(scene);
}

/* As it is where SQLite was not built to overwrite what is deleted. */
static const char leave_in_free_pages[] =
    "PRAGMA secure_delete = OFF; CREATE TABLE past (what TEXT);"
    "INSERT INTO past VALUES ('" WHO " was here'); DROP TABLE past;";

static void test_the_name_is_gone(void)
{
    char user[LEDGER_NAME_MAX];
    struct scene scene;

    make_past(&scene);
    CU_ASSERT(is_in_files(scene.bench.directory, WHO));
    CU_ASSERT(is_noted(&scene, scene.rosa));
    CU_ASSERT(tamper(scene.bench.directory, leave_in_free_pages));
    carry_out(&scene, 0);
    CU_ASSERT_FALSE(is_in_files(scene.bench.directory, WHO));
    CU_ASSERT(is_in_files(scene.bench.directory, "rosa"));
    CU_ASSERT(checks(&scene));
    read_user(&scene, 2, user);
    CU_ASSERT_STRING_EQUAL(user, "ana");
    CU_ASSERT(script_size(&scene, 3) > 0); /* ana's: the same text */
    bench_restart(&scene.bench);
    CU_ASSERT(checks(&scene));
    bench_clear(&scene.bench);
}

/* Somebody of that name who comes later is another person. */
static void test_the_name_can_come_again(void)
{
    struct scene scene;
    struct row seal = {.kind = ROW_SEAL, .seal = {.name = WHO}};
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error err;
    bool found;

    make_past(&scene);
    CU_ASSERT(is_noted(&scene, scene.who));
    carry_out(&scene, 0);
    CU_ASSERT(scene.bench.store->find(scene.bench.store, &seal, arena, &found, &err));
    CU_ASSERT_FALSE(found);
    CU_ASSERT(add_user(&scene, WHO, false));
    scene.who = bench_person(&scene.bench, WHO, NULL, NULL, NULL);
    CU_ASSERT(bench_submit(&scene.bench, scene.who, 1) > 0);
    CU_ASSERT(checks(&scene));
    bench_clear(&scene.bench);
}

/* --- broken off ------------------------------------------------------------------------------------ */

/* The commits of the real store, until the one that is not made any more. */
static bool (*commit_in_file)(struct store *store, const struct batch *batch, struct error *err);
static unsigned commits_left;

static bool commit_until_killed(struct store *store, const struct batch *batch, struct error *err)
{
    if (commits_left == 0)
        return fail(err, ERROR_IO, "killed");
    commits_left--;
    return commit_in_file(store, batch, err);
}

/* Before its commit number `at`, each write being one of its own; false: there are fewer. */
static bool is_killed(struct scene *scene, unsigned at)
{
    struct store *store = scene->bench.store;
    struct error err = {.text = ""};
    struct erased erased;
    bool done;

    commit_in_file = store->commit;
    commits_left = at;
    store->commit = commit_until_killed;
    done = erase_all(store, &(struct erasing_way){.now_us = 1, .chunk = 1}, &erased, &err);
    store->commit = commit_in_file;
    CU_ASSERT(done || strstr(err.text, "killed"));
    return !done;
}

/* Every finding says what ends it. */
static unsigned count_half_done(struct scene *scene)
{
    CLEANUP(buffer_clear) struct buffer findings;
    struct error err;
    uint64_t rows;
    unsigned count = 0;
    char *place = NULL;

    buffer_init(&findings);
    CU_ASSERT(store_check(scene->bench.store, note_finding, &findings, &rows, &err));
    for (char *line = findings.bytes; (line = strtok_r(line, "\n", &place)); line = NULL) {
        CU_ASSERT(strstr(line, "broken off") && strstr(line, "--erase does the rest"));
        count++;
    }
    return count;
}

static void test_it_is_killed_anywhere(void)
{
    unsigned at = 0, half_done = 0;

    for (bool killed = true; killed; at++) {
        struct scene scene;

        make_past(&scene);
        CU_ASSERT(is_noted(&scene, scene.rosa));
        CU_ASSERT(tamper(scene.bench.directory, leave_in_free_pages));
        bench_restart(&scene.bench);
        killed = is_killed(&scene, at);
        half_done += count_half_done(&scene);
        carry_out_rest(&scene);
        CU_ASSERT_FALSE(is_in_files(scene.bench.directory, WHO));
        CU_ASSERT(is_in_files(scene.bench.directory, "rosa"));
        CU_ASSERT(checks(&scene));
        bench_clear(&scene.bench);
    }
    printf("# killed before each of %u commits\n", at - 1);
    CU_ASSERT(at > 10 && half_done > 1);
}

static void note_stage(void *owner, const struct erasing_stage *stage)
{
    buffer_print(owner, "%" PRIu64 "/%" PRIu64 " %s %" PRIu64 "\n", stage->person, stage->persons,
                 stage->person ? stage->table : "files", stage->rows);
}

static void test_it_tells_how_far_it_is(void)
{
    CLEANUP(buffer_clear) struct buffer told;
    struct erasing_way way = {1, ERASING_CHUNK, note_stage, &told};
    struct scene scene;
    struct erased erased;
    struct error err;

    buffer_init(&told);
    make_past(&scene);
    CU_ASSERT(is_noted(&scene, scene.rosa));
    bench_restart(&scene.bench);
    CU_ASSERT(erase_all(scene.bench.store, &way, &erased, &err));
    CU_ASSERT(strstr(told.bytes, "1/1 job 1\n") &&
              strstr(told.bytes, "1/1 audit 1\n0/0 files 0\n"));
    bench_clear(&scene.bench);
}

/* What would have to be written anew was changed by somebody: it is not made good by that. */
static void test_an_edited_row_stops_it(void)
{
    struct scene scene;

    make_past(&scene);
    CU_ASSERT(is_noted(&scene, scene.rosa));
    CU_ASSERT(tamper(scene.bench.directory, "UPDATE job SET charged_micro = 7 WHERE id = 1"));
    carry_out(&scene, 1);
    CU_ASSERT(is_in_files(scene.bench.directory, WHO));
    CU_ASSERT_FALSE(checks(&scene));
    CU_ASSERT_FALSE(add_user(&scene, WHO, false));
    bench_clear(&scene.bench);
}

/* The digest of an erased line is in its chain as the line was. */
static void test_the_chain_goes_on(void)
{
    CLEANUP(memory_freep) char *directory = NULL;
    struct scene scene;

    make_past(&scene);
    CU_ASSERT(is_noted(&scene, scene.rosa));
    carry_out(&scene, 0);
    directory = memory_copy(scene.bench.directory);
    bench_clear(&scene.bench);
    CU_ASSERT(check_finds(directory, NULL));
    CU_ASSERT_FALSE(tamper(directory, "UPDATE audit SET text = 'nothing' WHERE id = 1"));
    CU_ASSERT(tamper(directory, "UPDATE audit SET text = substr(text, 3) || '00'"
                                " WHERE act = 'erased'"));
    CU_ASSERT(check_finds(directory, "the chain of table audit breaks"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who may ask",                        test_who_may_ask             },
        {"what is in the way is told",         test_what_is_in_the_way      },
        {"who waits for it can do nothing",    test_who_waits_can_do_nothing},
        {"it is taken back",                   test_it_is_taken_back        },
        {"the name is gone from the files",    test_the_name_is_gone        },
        {"the name can come again",            test_the_name_can_come_again },
        {"it is killed anywhere",              test_it_is_killed_anywhere   },
        {"it tells how far it is",             test_it_tells_how_far_it_is  },
        {"an edited row stops it",             test_an_edited_row_stops_it  },
        {"the chain of the audit log goes on", test_the_chain_goes_on       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("erasing", tests);
}
