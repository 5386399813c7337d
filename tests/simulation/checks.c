/* checks.c - what must hold in a simulated world: jobs, promises, attempts */

#include "tests/simulation/checks.h"

#include "proto/message.h"
#include "tests/lib/store_memory.h"
#include "tests/simulation/machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct promise *checks_promise(struct checks *checks, uint64_t job)
{
    struct promise *promise = table_get_number(checks->promises, job);

    if (promise)
        return promise;
    promise = NEW(struct promise);
    promise->id = job;
    table_put_number(checks->promises, job, promise);
    return promise;
}

static const struct job_row *find_job(const struct checks *checks, uint64_t id)
{
    const struct row key = {ROW_JOB, .job.id = (int64_t)id};
    const struct row *row = store_memory_find(checks->center->store, &key);

    return row ? &row->job : NULL;
}

/* --- what a client was told ------------------------------------------------------------------------ */

/* What is told is committed. */
static const struct job_row *told_job(struct checks *checks, uint64_t id, const char *what)
{
    const struct job_row *row = find_job(checks, id);

    if (!row)
        findings_add(checks->findings, "job %" PRIu64 " was told to be %s and is not stored", id,
                     what);
    return row;
}

void checks_accepted(struct checks *checks, uint64_t job)
{
    struct promise *promise = checks_promise(checks, job);

    if (!told_job(checks, job, "accepted"))
        return;
    if (promise->accepted)
        findings_add(checks->findings, "job %" PRIu64 " was given to two submissions", job);
    promise->accepted = true;
}

void checks_cancelled(struct checks *checks, uint64_t job)
{
    const struct job_row *row = told_job(checks, job, "cancelled");
    struct promise *promise = checks_promise(checks, job);

    if (!row || promise->cancelled)
        return;
    promise->cancelled = true;
    promise->cancelled_at = (uint32_t)row->attempt;
    if (row->state == JOB_PENDING)
        findings_add(checks->findings, "job %" PRIu64 " was told to be cancelled and is pending",
                     job);
}

/* A release that was given up may still come. */
void checks_held(struct checks *checks, uint64_t job)
{
    const struct job_row *row = told_job(checks, job, "held");
    struct promise *promise = checks_promise(checks, job);

    if (!row || row->state != JOB_PENDING || row->hold == 0 || promise->releases > 0)
        return;
    promise->held = true;
    promise->held_at = (uint32_t)row->attempt;
}

void checks_release_asked(struct checks *checks, uint64_t job)
{
    checks_promise(checks, job)->held = false;
    checks_promise(checks, job)->releases++;
}

void checks_release_answered(struct checks *checks, uint64_t job)
{
    checks_promise(checks, job)->releases--;
}

void checks_ended(struct checks *checks, uint64_t job, const char *state)
{
    const struct job_row *row = told_job(checks, job, "ended");
    struct promise *promise = checks_promise(checks, job);

    if (!row)
        return;
    if (strcmp(job_state_name((enum job_state)row->state), state) != 0)
        findings_add(checks->findings, "job %" PRIu64 " was told to be %s and is %s", job, state,
                     job_state_name((enum job_state)row->state));
    promise->ended = true;
    snprintf(promise->end, sizeof(promise->end), "%s", state);
}

/* --- what is committed ------------------------------------------------------------------------------- */

bool checks_is_array(struct checks *checks, uint64_t job)
{
    return checks_promise(checks, job)->is_array;
}

/* Of which array; 0: of none. */
static uint64_t array_of(const struct job_row *row)
{
    Wire__JobSpec *spec = wire__job_spec__unpack(NULL, row->request.size, row->request.bytes);
    uint64_t array = spec && spec->array_row ? spec->array_row->array : 0;

    wire__job_spec__free_unpacked(spec, NULL);
    return array;
}

/* The ids of elements were given with that of their array. */
static void check_first(struct checks *checks, const struct job_row *row)
{
    uint64_t array = array_of(row), id = (uint64_t)row->id;

    checks_promise(checks, id)->is_array = array == id;
    if (array > 0 && array != id && checks_is_array(checks, array)) {
        if (id > checks->highest)
            checks->highest = id;
        return;
    }
    if (id <= checks->highest)
        findings_add(checks->findings, "job %" PRId64 " is new, but ids were given up to %" PRIu64,
                     row->id, checks->highest);
    checks->highest = id;
}

static void check_move(struct checks *checks, const struct promise *before,
                       const struct job_row *row)
{
    enum job_state state = (enum job_state)row->state;

    if (!checks->legal[before->state][state])
        findings_add(checks->findings, "job %" PRId64 " went from %s to %s", row->id,
                     job_state_name(before->state), job_state_name(state));
    if (row->attempt < before->attempt)
        findings_add(checks->findings, "job %" PRId64 " went from attempt %" PRIu32 " to %" PRId64,
                     row->id, before->attempt, row->attempt);
    if (row->attempt == before->attempt && before->attempt > 0 &&
        memcmp(row->token.bytes, before->token, sizeof(before->token)) != 0)
        findings_add(checks->findings, "job %" PRId64 " has two tokens for attempt %" PRId64,
                     row->id, row->attempt);
}

static void check_promise(struct checks *checks, const struct promise *promise,
                          const struct job_row *row)
{
    bool pending = row->state == JOB_PENDING;

    if (promise->cancelled && (row->attempt > promise->cancelled_at || pending))
        findings_add(checks->findings,
                     "job %" PRId64 " goes on (attempt %" PRId64
                     ") after it was told to be cancelled",
                     row->id, row->attempt);
    if (promise->held && row->attempt > promise->held_at)
        findings_add(checks->findings,
                     "job %" PRId64 " starts attempt %" PRId64 " after it was told to be held",
                     row->id, row->attempt);
}

static void check_job(struct checks *checks, const struct job_row *row)
{
    struct promise *promise = checks_promise(checks, (uint64_t)row->id);

    if (!promise->stored)
        check_first(checks, row);
    else
        check_move(checks, promise, row);
    check_promise(checks, promise, row);
    checks->ended += job_state_is_final((enum job_state)row->state) &&
                     !(promise->stored && job_state_is_final(promise->state));
    promise->stored = true;
    promise->state = (enum job_state)row->state;
    promise->attempt = (uint32_t)row->attempt;
    memcpy(promise->token, row->token.bytes, sizeof(promise->token));
}

static void after_commit(void *owner, const struct batch *batch)
{
    struct checks *checks = owner;

    for (size_t i = 0; i < batch->count; i++)
        if (batch->writes[i].verb == WRITE_PUT && batch->writes[i].row.kind == ROW_JOB)
            check_job(checks, &batch->writes[i].row.job);
    checks_books(checks, batch);
}

/* --- at each start ------------------------------------------------------------------------------------- */

static void check_kept(struct checks *checks, const struct promise *promise)
{
    const struct core *core = service_core(checks->center->service);
    const struct job_row *row = find_job(checks, promise->id);
    bool final = row && job_state_is_final((enum job_state)row->state);

    if (!row)
        findings_add(checks->findings, "job %" PRIu64 " is lost", promise->id);
    else if (!final && !core_find_job(core, promise->id))
        findings_add(checks->findings, "job %" PRIu64 " is %s in the store and not in the core",
                     promise->id, job_state_name((enum job_state)row->state));
    if (row && promise->ended &&
        strcmp(job_state_name((enum job_state)row->state), promise->end) != 0)
        findings_add(checks->findings, "job %" PRIu64 " was told to be %s and is %s", promise->id,
                     promise->end, job_state_name((enum job_state)row->state));
}

static void started(void *owner)
{
    struct checks *checks = owner;
    const struct promise *promise;

    for (size_t place = 0; (promise = table_next(checks->promises, &place));)
        if (promise->accepted || promise->stored)
            check_kept(checks, promise);
}

/* --- after each step ------------------------------------------------------------------------------------- */

/* An agent that is down cannot end a part whose lease is over; and who declares a node lost that
 * is not gets two attempts. */
static bool is_excused(const struct machine *machine, const struct warded *part)
{
    bool was_down = machine->down_us >= part->made_us || !machine->agent;

    return (machine->is.lease && was_down) || machine->agenda->now_us < machine->declared_us;
}

static void check_pair(struct checks *checks, const struct machine *machine,
                       const struct warded *part, const struct machine *other_machine)
{
    LIST_EACH(&other_machine->warden->parts, node) {
        const struct warded *other = CONTAINER_OF(node, struct warded, of_warden);

        if (other->key.job == part->key.job && other->key.attempt > part->key.attempt &&
            !is_excused(machine, part))
            findings_add(checks->findings,
                         "job %" PRIu64 ": attempt %" PRIu32 " on %s and %" PRIu32
                         " on %s at the same time",
                         part->key.job, part->key.attempt, machine->is.name, other->key.attempt,
                         other_machine->is.name);
    }
}

static void check_attempts(struct checks *checks)
{
    for (size_t i = 0; i < checks->machine_count; i++)
        LIST_EACH(&checks->machines[i]->warden->parts, node)
            for (size_t j = 0; j < checks->machine_count; j++)
                check_pair(checks, checks->machines[i],
                           CONTAINER_OF(node, struct warded, of_warden), checks->machines[j]);
}

/* Only who was at work can have gone wrong. */
void checks_step(struct checks *checks)
{
    bool worked = false;

    if (checks->center->service && checks->center->turns != checks->center_turns)
        core_check_invariants(service_core(checks->center->service));
    checks->center_turns = checks->center->turns;
    for (size_t i = 0; i < checks->machine_count; i++) {
        const struct machine *machine = checks->machines[i];

        if (machine->turns == checks->machine_turns[i])
            continue;
        checks->machine_turns[i] = machine->turns;
        machine_check(machine);
        worked = true;
    }
    if (worked)
        check_attempts(checks);
}

/* --- at the end --------------------------------------------------------------------------------------------- */

bool checks_is_over(const struct checks *checks)
{
    const struct store *store = checks->center->store;

    if (store_memory_count(store, ROW_HOLD) > 0 ||
        checks->ended < store_memory_count(store, ROW_JOB))
        return false;
    for (size_t i = 0; i < checks->machine_count; i++)
        if (!machine_is_clean(checks->machines[i]))
            return false;
    return true;
}

void checks_tell_rest(const struct checks *checks)
{
    const struct store *store = checks->center->store;

    for (size_t i = 0; i < store_memory_count(store, ROW_JOB); i++) {
        const struct job_row *row = &store_memory_row(store, ROW_JOB, i)->job;

        if (!job_state_is_final((enum job_state)row->state))
            findings_add(checks->findings,
                         "job %" PRId64 " never ends: %s, %s, attempt %" PRId64 ", on '%s'",
                         row->id, job_state_name((enum job_state)row->state),
                         job_reason_name((enum job_reason)row->reason), row->attempt,
                         row->node_list);
    }
    for (size_t i = 0; i < checks->machine_count; i++)
        if (!machine_is_clean(checks->machines[i]))
            machine_tell_rest(checks->machines[i]);
    if (store_memory_count(store, ROW_HOLD) > 0)
        findings_add(checks->findings, "%zu holds are never ended",
                     store_memory_count(store, ROW_HOLD));
}

/* --- life ------------------------------------------------------------------------------------------------------ */

/* One commit may hold several moves of a job. */
static void fill_legal(struct checks *checks)
{
    for (int state = 0; state < JOB_STATE_COUNT; state++) {
        checks->legal[state][state] = true;
        for (int event = 0; event < JOB_EVENT_COUNT; event++) {
            enum job_state to = (enum job_state)state;

            if (job_state_move(&to, (enum job_event)event))
                checks->legal[state][to] = true;
        }
    }
    for (int by = 0; by < JOB_STATE_COUNT; by++)
        for (int from = 0; from < JOB_STATE_COUNT; from++)
            for (int to = 0; to < JOB_STATE_COUNT; to++)
                checks->legal[from][to] |= checks->legal[from][by] && checks->legal[by][to];
}

struct checks *checks_new(struct findings *findings, struct center *center,
                          struct machine *const *machines, size_t machine_count)
{
    struct checks *checks = NEW(struct checks);

    checks->findings = findings;
    checks->center = center;
    checks->machines = machines;
    checks->machine_count = machine_count;
    checks->machine_turns = NEW_ARRAY(uint64_t, machine_count);
    checks->promises = table_new();
    checks->holds = table_new();
    checks->charges = table_new();
    fill_legal(checks);
    center->watch =
        (struct center_watch){.after_commit = after_commit, .started = started, .owner = checks};
    return checks;
}

void checks_free(struct checks *checks)
{
    struct promise *promise;

    if (!checks)
        return;
    for (size_t place = 0; (promise = table_next(checks->promises, &place));)
        free(promise);
    table_free(checks->promises);
    checks_books_free(checks);
    free(checks->machine_turns);
    free(checks);
}
