/* researcher.c - somebody who submits, cancels, holds, releases and requeues jobs, and waits */

#include "tests/simulation/researcher.h"

#include "base/parse.h"
#include "tests/simulation/chance.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE (4 * US_PER_MINUTE)

static agenda_fn on_next;

static void go_on(struct researcher *researcher)
{
    agenda_add(researcher->agenda,
               researcher->agenda->now_us + chance_wait(&researcher->random, researcher->pause_us),
               on_next, researcher, 0);
}

/* Some people do not wait for long. */
static int64_t any_patience(struct researcher *researcher)
{
    bool hasty = test_random_chance(&researcher->random, 20);

    return hasty ? chance_wait(&researcher->random, PATIENCE) : INT64_MAX;
}

static void ask(struct researcher *researcher, Wire__Envelope *envelope, answer_fn *on_answer)
{
    client_ask(researcher->client, envelope, any_patience(researcher), on_answer, researcher);
}

static ProtobufCBinaryData new_key(struct researcher *researcher)
{
    test_random_fill(&researcher->random, researcher->key, sizeof(researcher->key));
    return (ProtobufCBinaryData){sizeof(researcher->key), researcher->key};
}

/* --- submit ---------------------------------------------------------------------------------------- */

/* Of an array, the whole is what is asked about. */
static void add_jobs(struct researcher *researcher)
{
    for (uint32_t i = 0; i < researcher->copies; i++) {
        checks_accepted(researcher->checks, researcher->first_id + i);
        if (researcher->job_count < RESEARCHER_JOBS)
            researcher->jobs[researcher->job_count++] = researcher->first_id + i;
    }
}

static void on_submitted(void *owner, const Wire__Envelope *answer)
{
    struct researcher *researcher = owner;

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED) {
        researcher->first_id = answer->submitted->first_ids[0];
        add_jobs(researcher);
    } else {
        buffer_reset(&researcher->submit);
    }
    go_on(researcher);
}

/* Small counts, so that jobs meet on nodes; limits that are at times too short. */
static void fill_spec(struct researcher *researcher, Wire__JobSpec *spec)
{
    struct test_random *random = &researcher->random;
    static const char *const arrays[] = {"0", "0-7", "1-9:4", "3,5,6"};
    static char *clusters[] = {(char *)(uintptr_t) "c1", (char *)(uintptr_t) "c2"};

    spec->tasks = 1 + test_random_below(random, 6);
    spec->cpus_per_task = 1 + test_random_below(random, 2);
    if (test_random_chance(random, 40))
        spec->nodes_least = spec->nodes_most = 1 + test_random_below(random, 3);
    if (spec->tasks < spec->nodes_least)
        spec->tasks = spec->nodes_least;
    if (test_random_chance(random, 70)) {
        spec->n_clusters = 1;
        spec->clusters = &clusters[test_random_below(random, COUNT_OF(clusters))];
    }
    spec->exclusive = test_random_chance(random, 5);
    spec->limit_us = test_random_between(random, 5, 90) * US_PER_SECOND;
    spec->hold = test_random_chance(random, 5);
    spec->no_requeue = test_random_chance(random, 20);
    spec->copies = test_random_chance(random, 20) ? 1 + test_random_below(random, 4) : 1;
    spec->nice = (int32_t)test_random_below(random, 5);
    researcher->copies = spec->copies;
    if (!test_random_chance(random, 15))
        return;
    spec->copies = 0;
    researcher->copies = 1;
    spec->array = (char *)(uintptr_t)arrays[test_random_below(random, COUNT_OF(arrays))];
    spec->array_limit = test_random_below(random, 4);
}

/* The newest more often. */
static uint64_t any_job(struct researcher *researcher)
{
    uint32_t count = (uint32_t)researcher->job_count;
    uint32_t back = test_random_below(&researcher->random, count);

    return researcher->jobs[count - 1 - test_random_below(&researcher->random, back + 1)];
}

/* After one of the own jobs, or of all with the same name. */
static void fill_dependency(struct researcher *researcher, Wire__JobSpec *spec,
                            Wire__Dependency *dependency, Wire__Dependency **place)
{
    struct test_random *random = &researcher->random;

    if (researcher->job_count == 0 || !test_random_chance(random, 30))
        return;
    wire__dependency__init(dependency);
    dependency->kind = (Wire__DependencyKind)test_random_below(random, 6);
    if (dependency->kind != WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_SINGLETON)
        dependency->job = any_job(researcher);
    if (dependency->kind == WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER)
        dependency->delay_us = test_random_below(random, 30) * US_PER_SECOND;
    *place = dependency;
    spec->dependencies = place;
    spec->n_dependencies = 1;
}

static void pack_submit(struct researcher *researcher, const char *text, Wire__JobSpec *spec)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Submit submit = WIRE__SUBMIT__INIT;
    ProtobufCBinaryData script = {strlen(text), (uint8_t *)(uintptr_t)text};

    spec->project = (char *)(uintptr_t)researcher->project;
    spec->directory = (char *)(uintptr_t) "/";
    submit.key = new_key(researcher);
    submit.n_jobs = 1;
    submit.jobs = &spec;
    submit.n_scripts = 1;
    submit.scripts = &script;
    envelope.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    envelope.submit = &submit;
    buffer_reset(&researcher->submit);
    message_encode(&envelope, &researcher->submit);
}

/* What was packed last. */
static bool ask_submit(struct researcher *researcher, int64_t patience_us, answer_fn *on_answer)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;

    envelope =
        message_decode((const uint8_t *)researcher->submit.bytes, researcher->submit.length, &err);
    if (envelope)
        client_ask(researcher->client, envelope, patience_us, on_answer, researcher);
    return envelope != NULL;
}

static void send_submit(struct researcher *researcher)
{
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    Wire__Dependency dependency, *place;
    char text[40];

    snprintf(text, sizeof(text), "#!/bin/sh\nwork %u\n", test_random_below(&researcher->random, 5));
    fill_spec(researcher, &spec);
    fill_dependency(researcher, &spec, &dependency, &place);
    pack_submit(researcher, text, &spec);
    ask_submit(researcher, any_patience(researcher), on_submitted);
}

void researcher_submit(struct researcher *researcher, Wire__JobSpec *spec)
{
    researcher->first_id = 0;
    researcher->copies = 1;
    pack_submit(researcher, "#!/bin/sh\n", spec);
    ask_submit(researcher, INT64_MAX, on_submitted);
}

static void on_submitted_again(void *owner, const Wire__Envelope *answer)
{
    struct researcher *researcher = owner;
    bool given = answer && answer->body_case == WIRE__ENVELOPE__BODY_SUBMITTED;

    if (given && answer->submitted->first_ids[0] != researcher->first_id)
        findings_add(researcher->checks->findings,
                     "%s sent a submit again and got job %" PRIu64 ", first it was %" PRIu64,
                     researcher->name, answer->submitted->first_ids[0], researcher->first_id);
    else if (answer && !given)
        findings_add(researcher->checks->findings, "%s sent a submit again and was refused",
                     researcher->name);
    go_on(researcher);
}

static void send_submit_again(struct researcher *researcher)
{
    if (!ask_submit(researcher, any_patience(researcher), on_submitted_again))
        go_on(researcher); /* none was answered yet */
}

/* --- changes ----------------------------------------------------------------------------------------- */

static void note_change(struct researcher *researcher, uint64_t job)
{
    if (checks_is_array(researcher->checks, job))
        return; /* its elements end, or wait, one by one */
    if (researcher->verb == WIRE__JOB_VERB__JOB_VERB_CANCEL)
        checks_cancelled(researcher->checks, job);
    else if (researcher->verb == WIRE__JOB_VERB__JOB_VERB_HOLD)
        checks_held(researcher->checks, job);
}

static void on_changed(void *owner, const Wire__Envelope *answer)
{
    struct researcher *researcher = owner;
    const Wire__JobChanged *changed =
        answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_CHANGED ? answer->job_changed
                                                                        : NULL;

    if (changed && researcher->verb == WIRE__JOB_VERB__JOB_VERB_RELEASE)
        checks_release_answered(researcher->checks, researcher->about);
    if (changed && changed->n_codes == 1 && changed->codes[0] == ERROR_NONE)
        note_change(researcher, researcher->about);
    go_on(researcher);
}

static void send_change(struct researcher *researcher, Wire__JobVerb verb)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__JobChange change = WIRE__JOB_CHANGE__INIT;
    uint8_t key[16];

    researcher->about = any_job(researcher);
    researcher->verb = (int)verb;
    test_random_fill(&researcher->random, key, sizeof(key));
    change.key = (ProtobufCBinaryData){sizeof(key), key};
    change.verb = verb;
    change.n_jobs = 1;
    change.jobs = &researcher->about;
    change.signal = verb == WIRE__JOB_VERB__JOB_VERB_SIGNAL ? 10 : 0;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_CHANGE;
    envelope.job_change = &change;
    if (verb == WIRE__JOB_VERB__JOB_VERB_RELEASE)
        checks_release_asked(researcher->checks, researcher->about);
    ask(researcher, &envelope, on_changed);
}

/* --- waiting --------------------------------------------------------------------------------------------- */

static void on_ended(void *owner, const Wire__Envelope *answer)
{
    struct researcher *researcher = owner;

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_JOB_ENDED &&
        !answer->job_ended->timeout)
        checks_ended(researcher->checks, researcher->about, answer->job_ended->job->state);
    go_on(researcher);
}

static void send_wait(struct researcher *researcher)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__JobWait wait = WIRE__JOB_WAIT__INIT;

    researcher->about = any_job(researcher);
    wait.job = researcher->about;
    wait.wait_us = chance_wait(&researcher->random, US_PER_MINUTE);
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    envelope.job_wait = &wait;
    ask(researcher, &envelope, on_ended);
}

/* --- what to do next ---------------------------------------------------------------------------------------- */

static void on_next(void *owner, uint64_t word)
{
    struct researcher *researcher = owner;
    uint32_t what = test_random_below(&researcher->random, 100);

    (void)word;
    if (!researcher->working || researcher->client->busy)
        return;
    if (what < 50 || researcher->job_count == 0 || researcher->steady)
        send_submit(researcher);
    else if (what < 55)
        send_submit_again(researcher);
    else if (what < 67)
        send_change(researcher, WIRE__JOB_VERB__JOB_VERB_CANCEL);
    else if (what < 73)
        send_change(researcher, WIRE__JOB_VERB__JOB_VERB_HOLD);
    else if (what < 81)
        send_change(researcher, WIRE__JOB_VERB__JOB_VERB_RELEASE);
    else if (what < 87)
        send_change(researcher, WIRE__JOB_VERB__JOB_VERB_REQUEUE);
    else if (what < 89)
        send_change(researcher, WIRE__JOB_VERB__JOB_VERB_SIGNAL);
    else
        send_wait(researcher);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

void researcher_work(struct researcher *researcher)
{
    researcher->working = true;
    if (!researcher->client->busy)
        go_on(researcher);
}

void researcher_rest(struct researcher *researcher)
{
    researcher->working = false;
}

struct researcher *researcher_new(const char *name, uid_t uid, const char *project,
                                  struct checks *checks, struct network *network, uint64_t seed)
{
    struct researcher *researcher = NEW(struct researcher);

    researcher->name = name;
    researcher->project = project;
    researcher->agenda = checks->center->agenda;
    researcher->checks = checks;
    researcher->random = chance_stream(seed, 2000 + uid);
    researcher->pause_us = 20 * US_PER_SECOND;
    buffer_init(&researcher->submit);
    researcher->client =
        client_new(name, uid, researcher->agenda, checks->findings->trace, network, seed);
    return researcher;
}

void researcher_free(struct researcher *researcher)
{
    if (!researcher)
        return;
    client_free(researcher->client);
    buffer_clear(&researcher->submit);
    free(researcher);
}
