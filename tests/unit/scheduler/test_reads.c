/* test_reads.c - who looked at a person is noted, and shown to that person */

#include "base/parse.h"
#include "base/random.h"
#include "scheduler/reads.h"
#include "scheduler/service_inside.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdlib.h>
#include <string.h>

/* uni: ana of fisica, rosa its manager; pia manages fisica alone; audita sees all. */
struct scene {
    struct bench bench;
    struct caller *ana, *pia, *rosa, *audita;
};

static bool add_pia(struct scene *scene)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UserAdd add = WIRE__USER_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){sizeof(key), key};
    add.name = (char *)"pia";
    add.project = (char *)"fisica";
    add.manager = true;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &add;
    return bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE);
}

static void scene_init(struct scene *scene)
{
    static const char *const manager[] = {"institution-manager", NULL};
    static const char *const auditor[] = {"auditor", NULL};
    struct bench *bench = &scene->bench;

    bench_init(bench);
    bench_books(bench, "ana");
    CU_ASSERT(add_pia(scene));
    scene->ana = bench_person(bench, "ana", NULL, NULL, NULL);
    scene->pia = bench_person(bench, "pia", NULL, NULL, NULL);
    scene->rosa = bench_person(bench, "rosa", manager, "uni", NULL);
    scene->audita = bench_person(bench, "audita", auditor, NULL, NULL);
    CU_ASSERT_EQUAL(bench_submit(bench, scene->ana, 1), 1);
}

/* --- looking ------------------------------------------------------------------------------------ */

static void ask_usage(struct scene *scene, struct caller *by, const char *user)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UsageAsk body = WIRE__USAGE_ASK__INIT;

    body.user = (char *)(uintptr_t)user;
    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &body;
    CU_ASSERT(bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_USAGE_TABLE));
}

/* Without waiting for the answer. */
static void send_usage_of_project(struct scene *scene, struct caller *by, const char *project)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UsageAsk body = WIRE__USAGE_ASK__INIT;

    body.project = (char *)(uintptr_t)project;
    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &body;
    bench_send(&scene->bench, by, &ask);
}

static void list_jobs(struct scene *scene, struct caller *by, bool history)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList body = WIRE__JOB_LIST__INIT;

    body.history = history;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &body;
    CU_ASSERT(bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_JOB_LISTING));
}

static void show_job(struct scene *scene, struct caller *by)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow body = WIRE__JOB_SHOW__INIT;

    body.job = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &body;
    CU_ASSERT(bench_does(&scene->bench, by, &ask, WIRE__ENVELOPE__BODY_JOB_SHOWN));
}

/* --- what is shown of it ---------------------------------------------------------------------- */

static Wire__Envelope *ask_log(struct scene *scene, struct caller *by, const char *user)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__PrivacyLogAsk body = WIRE__PRIVACY_LOG_ASK__INIT;

    body.user = (char *)(uintptr_t)user;
    ask.body_case = WIRE__ENVELOPE__BODY_PRIVACY_LOG_ASK;
    ask.privacy_log_ask = &body;
    return bench_ask(&scene->bench, by, &ask);
}

/* "READER WHAT USER PROJECT INSTITUTION;" for each line. */
static bool log_is(struct scene *scene, struct caller *by, const char *user, const char *wanted)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_log(scene, by, user);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_PRIVACY_LOG)
        return false;
    for (size_t i = 0; i < answer->privacy_log->n_rows; i++) {
        const Wire__PrivacyRead *row = answer->privacy_log->rows[i];

        buffer_print(&text, "%s %s %s %s %s;", row->reader, row->what, row->user, row->project,
                     row->institution);
    }
    if (strcmp(text.bytes, wanted) != 0)
        printf("# %s\n", text.bytes);
    return strcmp(text.bytes, wanted) == 0;
}

static void test_others_are_noted(void)
{
    struct scene scene;

    scene_init(&scene);
    list_jobs(&scene, scene.rosa, false);
    show_job(&scene, scene.pia);
    ask_usage(&scene, scene.audita, "");
    ask_usage(&scene, scene.rosa, "ana");
    CU_ASSERT(log_is(&scene, scene.ana, "ana",
                     "rosa jobs   uni;pia job ana fisica uni;audita usage   ;"
                     "rosa usage ana  uni;"));
    bench_clear(&scene.bench);
}

static void test_ones_own_is_not(void)
{
    struct scene scene;

    scene_init(&scene);
    list_jobs(&scene, scene.ana, false);
    list_jobs(&scene, scene.ana, true);
    show_job(&scene, scene.ana);
    ask_usage(&scene, scene.ana, "");
    ask_usage(&scene, scene.rosa, "rosa");
    CU_ASSERT(log_is(&scene, scene.ana, "ana", ""));
    CU_ASSERT(log_is(&scene, scene.rosa, "rosa", ""));
    bench_clear(&scene.bench);
}

/* What is asked again and again would fill the log. */
static void test_a_day_has_each_once(void)
{
    struct scene scene;

    scene_init(&scene);
    for (int i = 0; i < 3; i++)
        list_jobs(&scene, scene.rosa, i == 1);
    CU_ASSERT(log_is(&scene, scene.ana, "ana", "rosa jobs   uni;"));
    clock_simulated_pass(&scene.bench.time, US_PER_DAY);
    list_jobs(&scene, scene.rosa, false);
    CU_ASSERT(log_is(&scene, scene.ana, "ana", "rosa jobs   uni;rosa jobs   uni;"));
    bench_clear(&scene.bench);
}

static void test_who_may_see_it(void)
{
    struct scene scene;

    scene_init(&scene);
    ask_usage(&scene, scene.rosa, "ana");
    CU_ASSERT(log_is(&scene, scene.audita, "ana", "rosa usage ana  uni;"));
    CU_ASSERT(log_is(&scene, &scene.bench.root, "ana", "rosa usage ana  uni;"));
    CU_ASSERT_FALSE(log_is(&scene, scene.rosa, "ana", "rosa usage ana  uni;"));
    CU_ASSERT_FALSE(log_is(&scene, scene.pia, "ana", "rosa usage ana  uni;"));
    CU_ASSERT(log_is(&scene, scene.pia, "pia", ""));
    bench_clear(&scene.bench);
}

static void add_project(struct scene *scene, const char *name)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ProjectAdd add = WIRE__PROJECT_ADD__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    add.key = (ProtobufCBinaryData){sizeof(key), key};
    add.name = (char *)(uintptr_t)name;
    add.institution = (char *)"uni";
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &add;
    CU_ASSERT(bench_does(&scene->bench, &scene->bench.root, &ask, WIRE__ENVELOPE__BODY_DONE));
}

/* Who asks for ever others fills neither the log nor what others may ask in a day. */
static void test_a_flood_is_the_widest(void)
{
    enum { PROJECTS = 1010 };
    struct scene scene;
    char name[24];

    scene_init(&scene);
    for (int i = 0; i < PROJECTS; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        add_project(&scene, name);
    }
    for (int i = 0; i < PROJECTS; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        clock_simulated_pass(&scene.bench.time, US_PER_SECOND);
        send_usage_of_project(&scene, scene.rosa, name);
        if (i % 200 == 0)
            bench_run(&scene.bench);
    }
    bench_run(&scene.bench);
    ask_usage(&scene, scene.audita, "ana");
    CU_ASSERT(log_is(&scene, scene.ana, "ana", "rosa usage   uni;audita usage ana  ;"));
    bench_clear(&scene.bench);
}

/* Nothing of anybody is seen. */
static void test_who_is_nobody_is_not_noted(void)
{
    struct scene scene;

    scene_init(&scene);
    ask_usage(&scene, scene.audita, "nobody");
    send_usage_of_project(&scene, scene.audita, "nothing");
    bench_run(&scene.bench);
    CU_ASSERT(log_is(&scene, scene.ana, "ana", ""));
    CU_ASSERT(log_is(&scene, scene.audita, "nobody", ""));
    bench_clear(&scene.bench);
}

/* Whatever shows something of a job. */
static void test_each_look_at_a_job_is_noted(void)
{
    Wire__Envelope why = WIRE__ENVELOPE__INIT, wait = WIRE__ENVELOPE__INIT,
                   priority = WIRE__ENVELOPE__INIT;
    Wire__JobWhy job_why = WIRE__JOB_WHY__INIT;
    Wire__JobWait job_wait = WIRE__JOB_WAIT__INIT;
    Wire__PriorityAsk priority_ask = WIRE__PRIORITY_ASK__INIT;
    uint64_t jobs[] = {1};
    struct scene scene;

    scene_init(&scene);
    job_why.job = job_wait.job = 1;
    priority_ask.n_jobs = 1;
    priority_ask.jobs = jobs;
    why.body_case = WIRE__ENVELOPE__BODY_JOB_WHY;
    why.job_why = &job_why;
    wait.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    wait.job_wait = &job_wait;
    priority.body_case = WIRE__ENVELOPE__BODY_PRIORITY_ASK;
    priority.priority_ask = &priority_ask;
    bench_send(&scene.bench, scene.rosa, &why);
    bench_send(&scene.bench, scene.pia, &wait);
    bench_send(&scene.bench, scene.audita, &priority);
    bench_run(&scene.bench);
    CU_ASSERT(log_is(&scene, scene.ana, "ana",
                     "rosa job ana fisica uni;pia job ana fisica uni;audita job ana fisica uni;"));
    bench_clear(&scene.bench);
}

/* The oldest are left out, and it is said. */
static void test_a_long_log(void)
{
    enum { SHOWN = 8000, MORE = 7 };
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct scene scene;

    scene_init(&scene);
    for (int i = 0; i < SHOWN + MORE; i++)
        audit(scene.bench.service, i < MORE ? "old" : "new", READ_ACT,
              "usage user=ana project=- institution=- cluster=-");
    ask_usage(&scene, scene.rosa, "ana");
    answer = ask_log(&scene, scene.ana, "ana");
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_PRIVACY_LOG);
    CU_ASSERT_EQUAL_FATAL(answer->privacy_log->n_rows, SHOWN);
    CU_ASSERT_EQUAL(answer->privacy_log->older, MORE + 1);
    CU_ASSERT_STRING_EQUAL(answer->privacy_log->rows[0]->reader, "new");
    CU_ASSERT_STRING_EQUAL(answer->privacy_log->rows[SHOWN - 1]->reader, "rosa");
    bench_clear(&scene.bench);
}

static void test_whom_a_line_concerns(void)
{
    static const char *const places[] = {"fisica", "uni", "quimica", "otra", NULL};
    static const struct {
        const char *text;
        bool read, concerns;
    } cases[] = {
        {"usage user=ana project=- institution=- cluster=-",      true,  true },
        {"usage user=eva project=- institution=- cluster=-",      true,  false},
        {"jobs user=- project=- institution=- cluster=-",         true,  true },
        {"jobs user=- project=- institution=uni cluster=-",       true,  true },
        {"jobs user=- project=- institution=nowhere cluster=-",   true,  false},
        {"jobs user=- project=quimica institution=- cluster=-",   true,  true },
        {"jobs user=- project=quimica institution=uni cluster=-", true,  false},
        {"jobs user=- project=musica institution=- cluster=-",    true,  false},
        {"something else",                                        false, false},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct read_line line;

        CU_ASSERT_EQUAL(read_line_parse(cases[i].text, &line), cases[i].read);
        if (cases[i].read)
            CU_ASSERT_EQUAL(read_concerns(&line, "ana", places), cases[i].concerns);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"others are noted",            test_others_are_noted           },
        {"one's own looks are not",     test_ones_own_is_not            },
        {"a day has each line once",    test_a_day_has_each_once        },
        {"who may see it",              test_who_may_see_it             },
        {"a flood is noted as widest",  test_a_flood_is_the_widest      },
        {"who is nobody is not noted",  test_who_is_nobody_is_not_noted },
        {"each look at a job is noted", test_each_look_at_a_job_is_noted},
        {"a long log",                  test_a_long_log                 },
        {"whom a line concerns",        test_whom_a_line_concerns       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("reads", tests);
}
