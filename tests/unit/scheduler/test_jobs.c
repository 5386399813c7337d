/* test_jobs.c - jobs listed, shown, awaited and changed, by those who may */

#include "base/parse.h"
#include "base/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/agent_scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const manager_role[] = {"institution-manager", NULL};
static const char *const auditor_role[] = {"auditor", NULL};
static const char *const cluster_role[] = {"cluster-admin", NULL};

/* --- asks -------------------------------------------------------------------------------------------------- */

/* The code for the one job changed; ERROR_NONE: done.  The text goes to *ret_text. */
static enum error_code change_as(struct scene *scene, struct caller *caller, Wire__JobVerb verb,
                                 uint64_t job, char *ret_text)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16];

    random_fill(key, sizeof(key));
    change.key = (ProtobufCBinaryData){16, key};
    change.verb = verb;
    change.jobs = &job;
    change.n_jobs = 1;
    change.signal = 10;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    answer = bench_ask(&scene->bench, caller, &ask);
    *ret_text = '\0';
    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_JOB_CHANGED)
        return ERROR_INTERNAL;
    snprintf(ret_text, 200, "%s", answer->job_changed->texts[0]);
    return (enum error_code)answer->job_changed->codes[0];
}

static bool changes(struct scene *scene, struct caller *caller, Wire__JobVerb verb, uint64_t job)
{
    char text[200];
    enum error_code code = change_as(scene, caller, verb, job, text);

    if (code != ERROR_NONE)
        printf("# %s\n", text);
    return code == ERROR_NONE;
}

static bool changes_not(struct scene *scene, struct caller *caller, Wire__JobVerb verb,
                        uint64_t job, enum error_code code, const char *words)
{
    char text[200];
    enum error_code found = change_as(scene, caller, verb, job, text);

    if (found == code && strstr(text, words))
        return true;
    printf("# %d %s\n", (int)found, text);
    return false;
}

static Wire__Envelope *list_as(struct scene *scene, struct caller *caller, Wire__JobFilter *filter,
                               bool history)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList list = WIRE__JOB_LIST__INIT;

    list.filter = filter;
    list.history = history;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &list;
    return bench_ask(&scene->bench, caller, &ask);
}

/* How many jobs the caller sees; -1: refused. */
static int count_as(struct scene *scene, struct caller *caller, Wire__JobFilter *filter,
                    bool history)
{
    CLEANUP(message_freep) Wire__Envelope *answer = list_as(scene, caller, filter, history);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_JOB_LISTING)
        return -1;
    return (int)answer->job_listing->n_jobs;
}

static Wire__Envelope *show_as(struct scene *scene, struct caller *caller, uint64_t job,
                               bool script)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobShow show = WIRE__JOB_SHOW__INIT;

    show.job = job;
    show.script = script;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_SHOW;
    ask.job_show = &show;
    return bench_ask(&scene->bench, caller, &ask);
}

static bool is_failure(const Wire__Envelope *answer, enum error_code code)
{
    return answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
           answer->failure->code == (uint32_t)code;
}

/* --- tests ------------------------------------------------------------------------------------------------- */

static void test_whose_jobs_one_may_change(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct caller *eva, *manager, *auditor, *admin;

    scene_init(&scene);
    eva = bench_person(&scene.bench, "eva", NULL, NULL, NULL);
    manager = bench_person(&scene.bench, "rector", manager_role, "uni", NULL);
    auditor = bench_person(&scene.bench, "aud", auditor_role, NULL, NULL);
    admin = bench_person(&scene.bench, "admin", cluster_role, NULL, "sur");
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 4), 1);
    CU_ASSERT(changes_not(&scene, eva, WIRE__JOB_VERB__JOB_VERB_CANCEL, 1, ERROR_DENIED,
                          "somebody else"));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_PENDING);
    CU_ASSERT(changes_not(&scene, admin, WIRE__JOB_VERB__JOB_VERB_CANCEL, 1, ERROR_DENIED,
                          "somebody else")); /* it is on no cluster yet */
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 1));
    CU_ASSERT(changes(&scene, manager, WIRE__JOB_VERB__JOB_VERB_CANCEL, 2));
    CU_ASSERT(changes(&scene, &scene.bench.root, WIRE__JOB_VERB__JOB_VERB_CANCEL, 3));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT(changes(&scene, admin, WIRE__JOB_VERB__JOB_VERB_CANCEL, 4));
    CU_ASSERT_EQUAL(count_as(&scene, auditor, NULL, false), 4);
    CU_ASSERT_STRING_EQUAL(job_of(&scene, 2)->ended_by, "rector");
}

static void test_what_cannot_be_changed_any_more(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16] = {3};

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(changes_not(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 99, ERROR_NOT_FOUND,
                          "no job 99"));
    CU_ASSERT(changes_not(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_SIGNAL, 1, ERROR_CONFLICT,
                          "does not run"));
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 1));
    CU_ASSERT(changes_not(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 1, ERROR_CONFLICT,
                          "already"));
    bench_restart(&scene.bench);
    CU_ASSERT(changes_not(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_HOLD, 1, ERROR_CONFLICT,
                          "already ended (CANCELLED)"));
    change.key = (ProtobufCBinaryData){16, key};
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_INVALID, "no filter"));
    change.verb = 77;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_INVALID, "no verb 77"));
}

static void test_hold_and_release(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct caller *manager;

    scene_init(&scene);
    manager = bench_person(&scene.bench, "rector", manager_role, "uni", NULL);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_HOLD, 1));
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_PENDING);
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_RELEASE, 1));
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_CONFIGURING);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));

    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 30), 2); /* more than fit */
    CU_ASSERT(changes(&scene, manager, WIRE__JOB_VERB__JOB_VERB_HOLD, 31));
    CU_ASSERT(changes_not(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_RELEASE, 31, ERROR_DENIED,
                          "administrator"));
    CU_ASSERT(changes(&scene, manager, WIRE__JOB_VERB__JOB_VERB_RELEASE, 31));
}

static void test_signals_reach_the_parts(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *launch = NULL;
    CLEANUP(message_freep) Wire__Envelope *stop = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    launch = take_launch(&scene, scene.n1);
    CU_ASSERT_FATAL(launch != NULL);
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_READY, 0));
    CU_ASSERT(bench_report(&scene.bench, scene.n1, launch->part_launch,
                           WIRE__PART_EVENT__PART_EVENT_STARTED, 0));
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_SIGNAL, 1));
    stop = bench_take(&scene.bench, scene.n1, 0, WIRE__ENVELOPE__BODY_PART_STOP);
    CU_ASSERT_FATAL(stop != NULL);
    CU_ASSERT_EQUAL(stop->part_stop->signal, 10);
    CU_ASSERT_EQUAL(job_of(&scene, 1)->state, JOB_RUNNING);
}

static void test_a_filter_means_many(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    Wire__JobFilter filter = WIRE__JOB_FILTER__INIT;
    char *states[] = {(char *)"PD"}, *wrong[] = {(char *)"PENDNG"};
    uint8_t key[16] = {5};

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 50), 1);
    filter.user = (char *)"ana";
    filter.states = wrong;
    filter.n_states = 1;
    change.key = (ProtobufCBinaryData){16, key};
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    change.filter = &filter;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_INVALID, "did you mean PENDING?"));
    filter.states = states;
    answer = bench_ask(&scene.bench, scene.ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_CHANGED);
    CU_ASSERT_EQUAL(answer->job_changed->n_jobs, 50);
    for (uint64_t job = 1; job <= 50; job++)
        CU_ASSERT_EQUAL(job_of(&scene, job)->state, JOB_CANCELLED);
}

/* As many as there are, in requests that are each bounded. */
static void test_a_filter_means_any_number(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    Wire__JobFilter filter = WIRE__JOB_FILTER__INIT;
    const size_t expected[] = {4096, 154};
    uint8_t key[16] = {5};

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 4000), 1);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 250), 4001);
    filter.user = (char *)"ana";
    change.verb = WIRE__JOB_VERB__JOB_VERB_CANCEL;
    change.filter = &filter;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    ask.job_change = &change;
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        CLEANUP(message_freep) Wire__Envelope *answer = NULL;
        const Wire__JobChanged *changed;

        key[0]++;
        change.key = (ProtobufCBinaryData){16, key};
        answer = bench_ask(&scene.bench, scene.ana, &ask);
        CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_CHANGED);
        changed = answer->job_changed;
        CU_ASSERT_EQUAL_FATAL(changed->n_jobs, expected[i]);
        CU_ASSERT_EQUAL(changed->more, i == 0);
        change.after = changed->jobs[changed->n_jobs - 1];
    }
    CU_ASSERT_EQUAL(change.after, 4250);
    for (uint64_t job = 1; job <= 4250; job++)
        CU_ASSERT_EQUAL_FATAL(job_of(&scene, job)->state, JOB_CANCELLED);
}

/* In the queue, after a restart, and in the history. */
static void test_comment_and_nice_are_listed(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct asked asked;

    scene_init(&scene);
    asked_init(&asked);
    asked.spec.comment = (char *)"night run";
    asked.spec.nice = 7;
    CU_ASSERT(bench_does(&scene.bench, scene.ana, &asked.ask, WIRE__ENVELOPE__BODY_SUBMITTED));
    for (int i = 0; i < 3; i++) {
        CLEANUP(message_freep) Wire__Envelope *answer = list_as(&scene, scene.ana, NULL, i == 2);

        CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_LISTING);
        CU_ASSERT_EQUAL_FATAL(answer->job_listing->n_jobs, 1);
        CU_ASSERT_STRING_EQUAL(answer->job_listing->jobs[0]->comment, "night run");
        CU_ASSERT_EQUAL(answer->job_listing->jobs[0]->nice, 7);
        if (i == 0)
            bench_restart(&scene.bench);
    }
}

static void test_what_one_sees(void)
{
    CLEANUP(scene_clear) struct scene scene;
    struct caller *eva, *manager, *dean;
    Wire__JobFilter filter = WIRE__JOB_FILTER__INIT;
    Wire__Envelope *answer;
    uint8_t key[16] = {9};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd add = WIRE__INSTITUTION_ADD__INIT;

    scene_init(&scene);
    add.key = (ProtobufCBinaryData){16, key};
    add.name = (char *)"otra";
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &add;
    CU_ASSERT(bench_does(&scene.bench, &scene.bench.root, &ask, WIRE__ENVELOPE__BODY_DONE));
    eva = bench_person(&scene.bench, "eva", NULL, NULL, NULL);
    manager = bench_person(&scene.bench, "rector", manager_role, "uni", NULL);
    dean = bench_person(&scene.bench, "dean", manager_role, "otra", NULL);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 5), 1);
    for (int history = 0; history < 2; history++) {
        CU_ASSERT_EQUAL(count_as(&scene, scene.ana, NULL, history), 5);
        CU_ASSERT_EQUAL(count_as(&scene, manager, NULL, history), 5);
        CU_ASSERT_EQUAL(count_as(&scene, &scene.bench.root, NULL, history), 5);
        CU_ASSERT_EQUAL(count_as(&scene, eva, NULL, history), 0);
        CU_ASSERT_EQUAL(count_as(&scene, dean, NULL, history), 0);
        filter.user = (char *)"' OR 1=1 --";
        CU_ASSERT_EQUAL(count_as(&scene, &scene.bench.root, &filter, history), 0);
    }
    answer = show_as(&scene, eva, 1, false);
    CU_ASSERT(is_failure(answer, ERROR_DENIED));
    message_free(answer);
    answer = show_as(&scene, manager, 1, true);
    CU_ASSERT(is_failure(answer, ERROR_DENIED)); /* a script is its owner's */
    message_free(answer);
    answer = show_as(&scene, scene.ana, 1, true);
    CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN &&
              answer->job_shown->script.len > 2);
    message_free(answer);
    answer = show_as(&scene, scene.ana, 77, false);
    CU_ASSERT(is_failure(answer, ERROR_NOT_FOUND));
    message_free(answer);
}

static void test_pages(void)
{
    CLEANUP(scene_clear) struct scene scene;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList list = WIRE__JOB_LIST__INIT;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 25), 1);
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &list;
    list.most = 10;
    for (int history = 0; history < 2; history++) {
        size_t seen = 0;
        bool more = true;

        list.history = history;
        list.after = 0;
        while (more) {
            CLEANUP(message_freep)
            Wire__Envelope *answer = bench_ask(&scene.bench, scene.ana, &ask);

            CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_LISTING);
            for (size_t i = 0; i < answer->job_listing->n_jobs; i++)
                CU_ASSERT_EQUAL(answer->job_listing->jobs[i]->id, ++seen);
            more = answer->job_listing->more;
            list.after = seen;
        }
        CU_ASSERT_EQUAL(seen, 25);
    }
    list.since_us = 5;
    list.until_us = 4;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_INVALID, "ends before"));
}

static uint64_t send_wait(struct scene *scene, struct caller *caller, uint64_t job)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait wait = WIRE__JOB_WAIT__INIT;

    wait.job = job;
    wait.wait_us = INT64_MAX;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &wait;
    return bench_send(&scene->bench, caller, &ask);
}

static void test_waiting(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *timeout = NULL;
    CLEANUP(message_freep) Wire__Envelope *ended = NULL;
    CLEANUP(message_freep) Wire__Envelope *later = NULL;
    uint64_t request;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    request = send_wait(&scene, scene.ana, 1);
    bench_pass(&scene.bench, 59 * US_PER_SECOND);
    CU_ASSERT_PTR_NULL(bench_take(&scene.bench, scene.ana, request, 0));
    bench_pass(&scene.bench, 2 * US_PER_SECOND);
    timeout = bench_take(&scene.bench, scene.ana, request, 0);
    CU_ASSERT(timeout && timeout->job_ended->timeout);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    request = send_wait(&scene, scene.ana, 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 5));
    ended = bench_take(&scene.bench, scene.ana, request, 0);
    CU_ASSERT_FATAL(ended && !ended->job_ended->timeout);
    CU_ASSERT_EQUAL(ended->job_ended->job->exit_code, 5);
    bench_restart(&scene.bench);
    request = send_wait(&scene, scene.ana, 1);
    bench_run(&scene.bench);
    later = bench_take(&scene.bench, scene.ana, request, 0);
    CU_ASSERT(later && !later->job_ended->timeout && later->job_ended->job->exit_code == 5);
}

static void test_ended_jobs_leave_the_memory(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *shown = NULL;

    scene_init(&scene);
    CU_ASSERT(bench_join(&scene.bench, scene.n1, "n1"));
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(bench_run_job(&scene.bench, scene.n1, 0));
    CU_ASSERT_PTR_NOT_NULL(job_of(&scene, 1));
    bench_pass(&scene.bench, 6 * US_PER_MINUTE);
    CU_ASSERT_PTR_NULL(job_of(&scene, 1));
    shown = show_as(&scene, scene.ana, 1, true);
    CU_ASSERT_FATAL(shown && shown->body_case == WIRE__ENVELOPE__BODY_JOB_SHOWN);
    CU_ASSERT_STRING_EQUAL(shown->job_shown->job->state, "COMPLETED");
    CU_ASSERT_EQUAL(shown->job_shown->n_parts, 1);
    CU_ASSERT_STRING_EQUAL(shown->job_shown->output, "/tmp/out");
    CU_ASSERT(shown->job_shown->script.len > 2);
}

static void test_why(void)
{
    CLEANUP(scene_clear) struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWhy why = WIRE__JOB_WHY__INIT;

    scene_init(&scene);
    CU_ASSERT_EQUAL(bench_submit(&scene.bench, scene.ana, 1), 1);
    CU_ASSERT(changes(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_HOLD, 1));
    why.job = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WHY;
    ask.job_why = &why;
    answer = bench_ask(&scene.bench, scene.ana, &ask);
    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_REASONS);
    CU_ASSERT_STRING_EQUAL(answer->job_reasons->reason, "JobHeldUser");
    CU_ASSERT(answer->job_reasons->n_blockers >= 1);
    CU_ASSERT(answer->job_reasons->n_advice >= 1 &&
              strstr(answer->job_reasons->advice[0], "release"));
    why.job = 8;
    CU_ASSERT(bench_refuses(&scene.bench, scene.ana, &ask, ERROR_NOT_FOUND, "no job 8"));
}

static void test_changes_have_a_pace(void)
{
    CLEANUP(scene_clear) struct scene scene;
    char text[200];
    unsigned answered = 0;

    scene_init(&scene);
    scene.bench.settings.submissions_per_second = 2;
    for (int i = 0; i < 30; i++)
        answered += change_as(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 7, text) ==
                    ERROR_NOT_FOUND;
    CU_ASSERT_EQUAL(answered, 20); /* 10 seconds' worth at once */
    bench_pass(&scene.bench, US_PER_SECOND);
    CU_ASSERT_EQUAL(change_as(&scene, scene.ana, WIRE__JOB_VERB__JOB_VERB_CANCEL, 7, text),
                    ERROR_NOT_FOUND);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"whose jobs one may change",       test_whose_jobs_one_may_change      },
        {"what cannot be changed any more", test_what_cannot_be_changed_any_more},
        {"changes have a pace",             test_changes_have_a_pace            },
        {"hold and release",                test_hold_and_release               },
        {"signals reach the parts",         test_signals_reach_the_parts        },
        {"a filter means many",             test_a_filter_means_many            },
        {"a filter means any number",       test_a_filter_means_any_number      },
        {"comment and nice are listed",     test_comment_and_nice_are_listed    },
        {"what one sees",                   test_what_one_sees                  },
        {"pages",                           test_pages                          },
        {"waiting",                         test_waiting                        },
        {"ended jobs leave the memory",     test_ended_jobs_leave_the_memory    },
        {"why",                             test_why                            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("jobs", tests);
}
