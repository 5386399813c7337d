/* test_register.c - who may change and end what is registered, and what an end stops */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <string.h>

/* uni: ana of fisica, rosa its manager; pia manages fisica alone; otto manages otra. */
struct scene {
    struct bench bench;
    struct caller *ana, *pia, *rosa, *otto, *audita;
};

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static bool add_user(struct scene *scene, struct caller *by, const char *name, const char *project,
                     bool manager)
{
    static uint8_t key[16];
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;

    add.key = fresh_key(key);
    add.name = (char *)(uintptr_t)name;
    add.project = (char *)(uintptr_t)project;
    add.manager = manager;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &add;
    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static void add_otra(struct bench *bench)
{
    static uint8_t key[16];
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;

    add.key = fresh_key(key);
    add.name = (char *)"otra";
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    CU_ASSERT(bench_does(bench, &bench->root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};
    static const char *const auditor[] = {"auditor", NULL};

    bench_init(&scene->bench);
    bench_books(&scene->bench, "ana");
    add_otra(&scene->bench);
    scene->ana = bench_person(&scene->bench, "ana", NULL, NULL, NULL);
    scene->rosa = bench_person(&scene->bench, "rosa", manager, "uni", NULL);
    scene->otto = bench_person(&scene->bench, "otto", manager, "otra", NULL);
    scene->audita = bench_person(&scene->bench, "audita", auditor, NULL, NULL);
    CU_ASSERT(add_user(scene, scene->rosa, "pia", "fisica", true));
    scene->pia = bench_person(&scene->bench, "pia", NULL, NULL, NULL);
}

static Wire__RegisterChange change_of(const char *what, const char *name, const char *project)
{
    Wire__RegisterChange change = WIRE__REGISTER_CHANGE__INIT;

    change.what = (char *)(uintptr_t)what;
    change.name = (char *)(uintptr_t)name;
    change.project = (char *)(uintptr_t)project;
    change.reason = (char *)"as agreed";
    return change;
}

static bool changes(struct scene *scene, struct caller *by, Wire__RegisterChange change)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    uint8_t key[16];

    change.key = fresh_key(key);
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_CHANGE;
    ask.register_change = &change;
    return bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static bool change_fails(struct scene *scene, struct caller *by, Wire__RegisterChange change,
                         enum error_code code, const char *words)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    uint8_t key[16];

    change.key = fresh_key(key);
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_CHANGE;
    ask.register_change = &change;
    return bench_refuses(&scene->bench, by, &ask, code, words);
}

static Wire__Envelope *list(struct scene *scene, struct caller *by, const char *what, bool ended)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RegisterAsk body = WIRE__REGISTER_ASK__INIT;

    body.what = (char *)(uintptr_t)what;
    body.ended = ended;
    ask.body_case = WIRE__ENVELOPE__BODY_REGISTER_ASK;
    ask.register_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

static size_t count_rows(struct scene *scene, struct caller *by, const char *what, bool ended)
{
    CLEANUP(message_freep) Wire__Envelope *answer = list(scene, by, what, ended);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_REGISTER_TABLE)
        return SIZE_MAX;
    return answer->register_table->n_rows;
}

static Wire__RegisterChange ended(Wire__RegisterChange change, int64_t until_us)
{
    change.until_us = until_us;
    return change;
}

static Wire__RegisterChange titled(Wire__RegisterChange change, const char *title)
{
    change.title = (char *)(uintptr_t)title;
    return change;
}

static Wire__RegisterChange managing(Wire__RegisterChange change, Wire__Setting manager)
{
    change.manager = manager;
    return change;
}

/* --- who ------------------------------------------------------------------------------------- */

static void test_who_may_change(void)
{
    struct scene scene;
    struct caller *root = &scene.bench.root;
    Wire__RegisterChange uni = titled(change_of("institution", "uni", ""), "Universidad de Todos");
    Wire__RegisterChange fisica = titled(change_of("project", "fisica", ""), "Física");
    Wire__RegisterChange ana = ended(change_of("user", "ana", "fisica"), -1);

    scene_init(&scene);
    CU_ASSERT(change_fails(&scene, scene.otto, uni, ERROR_DENIED, "do not manage institution"));
    CU_ASSERT(change_fails(&scene, scene.ana, uni, ERROR_DENIED, "do not manage institution"));
    CU_ASSERT(change_fails(&scene, scene.audita, uni, ERROR_DENIED, ""));
    CU_ASSERT(changes(&scene, scene.rosa, uni));
    CU_ASSERT(change_fails(&scene, scene.rosa, ended(change_of("institution", "uni", ""), 5),
                           ERROR_DENIED, "only the network's operator"));
    CU_ASSERT(change_fails(&scene, scene.otto, fisica, ERROR_DENIED, "you do not manage"));
    CU_ASSERT(change_fails(&scene, scene.pia, fisica, ERROR_DENIED, "you do not manage"));
    CU_ASSERT(changes(&scene, scene.rosa, fisica));
    CU_ASSERT(change_fails(&scene, scene.otto, ana, ERROR_DENIED, "you manage neither"));
    CU_ASSERT(change_fails(&scene, scene.ana, ana, ERROR_DENIED, "you manage neither"));
    CU_ASSERT(changes(&scene, scene.pia, ana));
    CU_ASSERT(change_fails(&scene, scene.pia,
                           managing(change_of("user", "ana", "fisica"), WIRE__SETTING__SETTING_YES),
                           ERROR_DENIED, "only a manager of uni"));
    CU_ASSERT(change_fails(&scene, scene.pia, ended(change_of("user", "pia", "fisica"), 5),
                           ERROR_DENIED, "only a manager of uni"));
    CU_ASSERT(changes(&scene, root, uni));
    bench_clear(&scene.bench);
}

static void test_a_projects_manager_adds_researchers(void)
{
    struct scene scene;
    static uint8_t key[16];
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;

    scene_init(&scene);
    bench_person(&scene.bench, "eva", NULL, NULL, NULL);
    CU_ASSERT(add_user(&scene, scene.pia, "eva", "fisica", false));
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &add;
    add.project = (char *)"fisica";
    add.name = (char *)"eva";
    add.manager = true;
    add.key = fresh_key(key);
    CU_ASSERT(bench_refuses(&scene.bench, scene.pia, &ask, ERROR_DENIED, "only a manager of uni"));
    add.manager = false;
    add.name = (char *)"nobody";
    add.key = fresh_key(key);
    CU_ASSERT(bench_refuses(&scene.bench, scene.pia, &ask, ERROR_DENIED, "is no researcher"));
    add.name = (char *)"eva";
    add.key = fresh_key(key);
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_DENIED, "do not manage"));
    bench_clear(&scene.bench);
}

static void test_who_sees_what(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.ana, "institution", false), 2);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.ana, "project", false), 1);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.otto, "project", false), 0);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.ana, "user", false), 1);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.pia, "user", false), 2);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.rosa, "user", false), 2);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.otto, "user", false), 0);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.audita, "user", false), 2);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.ana, "nonsense", false), SIZE_MAX);
    bench_clear(&scene.bench);
}

/* --- ends ------------------------------------------------------------------------------------ */

static void test_an_end_stops_what_is_new(void)
{
    struct scene scene;
    int64_t soon_us;

    scene_init(&scene);
    soon_us = clock_wall_us(&scene.bench.clock) + US_PER_MINUTE;
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(changes(&scene, scene.rosa, ended(change_of("project", "fisica", ""), soon_us)));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 2);
    bench_pass(&scene.bench, 2 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 0);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.rosa, "project", false), 0);
    bench_restart(&scene.bench);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 0);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.rosa, "project", true), 1);
    CU_ASSERT(changes(&scene, scene.rosa, ended(change_of("project", "fisica", ""), -1)));
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 1) > 2);
    CU_ASSERT(changes(&scene, &scene.bench.root, ended(change_of("institution", "uni", ""), 5)));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 0);
    bench_clear(&scene.bench);
}

/* What is held is charged later: to a budget that is still open. */
static void test_open_holds(void)
{
    struct scene scene;
    struct caller *node;
    int64_t now_us;

    scene_init(&scene);
    node = bench_node_key(&scene.bench, "n1", "sur");
    CU_ASSERT(bench_join(&scene.bench, node, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    now_us = clock_wall_us(&scene.bench.clock);
    CU_ASSERT(change_fails(&scene, &scene.bench.root,
                           ended(change_of("institution", "uni", ""), now_us), ERROR_CONFLICT,
                           "run on its budget"));
    CU_ASSERT(change_fails(&scene, &scene.bench.root,
                           ended(change_of("institution", "uno", ""), now_us), ERROR_NOT_FOUND,
                           "did you mean uni?"));
    CU_ASSERT(bench_run_job(&scene.bench, node, 0));
    CU_ASSERT(
        changes(&scene, &scene.bench.root, ended(change_of("institution", "uni", ""), now_us)));
    bench_clear(&scene.bench);
}

static void test_who_leaves_a_project(void)
{
    struct scene scene;

    scene_init(&scene);
    CU_ASSERT(changes(&scene, scene.pia, ended(change_of("user", "ana", "fisica"), 5)));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 0);
    CU_ASSERT(changes(&scene, scene.rosa, ended(change_of("user", "pia", "fisica"), 5)));
    bench_restart(&scene.bench);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 0);
    CU_ASSERT(change_fails(&scene, scene.pia, ended(change_of("user", "ana", "fisica"), -1),
                           ERROR_DENIED, "you manage neither"));
    CU_ASSERT_EQUAL(count_rows(&scene, scene.rosa, "user", false), 0);
    CU_ASSERT_EQUAL(count_rows(&scene, scene.rosa, "user", true), 2);
    CU_ASSERT(add_user(&scene, scene.rosa, "ana", "fisica", false));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    bench_restart(&scene.bench);
    CU_ASSERT(bench_submit(&scene.bench, scene.ana, 1) > 0);
    bench_clear(&scene.bench);
}

static void test_titles_are_kept(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    scene_init(&scene);
    CU_ASSERT(changes(&scene, scene.rosa,
                      titled(change_of("institution", "uni", ""), "Universidad de Todos")));
    bench_restart(&scene.bench);
    answer = list(&scene, scene.ana, "institution", false);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_REGISTER_TABLE);
    CU_ASSERT_STRING_EQUAL(answer->register_table->rows[1]->institution, "uni");
    CU_ASSERT_STRING_EQUAL(answer->register_table->rows[1]->title, "Universidad de Todos");
    bench_clear(&scene.bench);
}

static void test_what_is_refused(void)
{
    struct scene scene;
    struct caller *root;
    Wire__RegisterChange silent = titled(change_of("project", "fisica", ""), "x");

    scene_init(&scene);
    root = &scene.bench.root;
    silent.reason = (char *)"";
    CU_ASSERT(change_fails(&scene, root, silent, ERROR_INVALID, "needs a reason"));
    CU_ASSERT(change_fails(&scene, root, change_of("project", "fisica", ""), ERROR_INVALID,
                           "nothing is to be changed"));
    CU_ASSERT(change_fails(&scene, root, ended(change_of("planet", "x", ""), 5), ERROR_INVALID,
                           "is not institution, project or user"));
    CU_ASSERT(change_fails(&scene, root, ended(change_of("project", "none", ""), 5),
                           ERROR_NOT_FOUND, "no project none"));
    CU_ASSERT(change_fails(&scene, root, ended(change_of("user", "otto", "fisica"), 5),
                           ERROR_NOT_FOUND, "otto is not in project"));
    CU_ASSERT(change_fails(&scene, root, ended(change_of("user", "ana", "none"), 5),
                           ERROR_NOT_FOUND, "no project none"));
    CU_ASSERT(change_fails(&scene, root, ended(change_of("project", "fisica", ""), -7),
                           ERROR_INVALID, "before 1970"));
    bench_clear(&scene.bench);
}

/* --- what a change would do ------------------------------------------------------------------ */

/* How many jobs it would concern, and whether the first could start then; nothing changes. */
static size_t foreseen(struct scene *scene, struct caller *by, Wire__Envelope *ask,
                       bool *ret_affordable)
{
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(&scene->bench, by, ask);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_FORESEEN)
        return SIZE_MAX;
    if (answer->foreseen->n_jobs)
        *ret_affordable = answer->foreseen->jobs[0]->affordable;
    return answer->foreseen->n_jobs;
}

static void test_grants_are_tried(void)
{
    struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__GrantAdd add = WIRE__GRANT_ADD__INIT;
    Wire__GrantChange end = WIRE__GRANT_CHANGE__INIT;
    uint8_t keys[3][16];
    bool affordable = true;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 2), 1);
    end.key = fresh_key(keys[0]);
    end.grant = 1;
    end.reason = (char *)"what if";
    end.dry_run = true;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_CHANGE;
    ask.grant_change = &end;
    for (int i = 0; i < 2; i++) { /* the second time as the first: nothing has changed */
        CU_ASSERT_EQUAL(foreseen(&scene, &scene.bench.root, &ask, &affordable), 2);
        CU_ASSERT(!affordable);
    }
    CU_ASSERT(bench_refuses(&scene.bench, scene.rosa, &ask, ERROR_DENIED, "only the network's"));
    ask = (Wire__Envelope)WIRE__ENVELOPE__INIT;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &add;
    add.key = fresh_key(keys[1]);
    add.project = (char *)"fisica";
    add.amount = 1; /* from now on no more than that */
    add.dry_run = true;
    CU_ASSERT_EQUAL(foreseen(&scene, scene.rosa, &ask, &affordable), 2);
    CU_ASSERT(!affordable);
    add.dry_run = false;
    CU_ASSERT(bench_does(&scene.bench, scene.rosa, &ask, WIRE__ENVELOPE__BODY_DONE));
    add.key = fresh_key(keys[2]);
    add.amount = INT64_C(500000000);
    add.dry_run = true;
    CU_ASSERT_EQUAL(foreseen(&scene, scene.rosa, &ask, &affordable), 2);
    CU_ASSERT(affordable);
    bench_clear(&scene.bench);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who may change",                              test_who_may_change                     },
        {"a project's manager adds",                    test_a_projects_manager_adds_researchers},
        {"who sees what",                               test_who_sees_what                      },
        {"an end stops what is new",                    test_an_end_stops_what_is_new           },
        {"an institution with open holds does not end", test_open_holds                         },
        {"who leaves a project",                        test_who_leaves_a_project               },
        {"titles are kept",                             test_titles_are_kept                    },
        {"what is refused",                             test_what_is_refused                    },
        {"grants are tried",                            test_grants_are_tried                   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("register", tests);
}
