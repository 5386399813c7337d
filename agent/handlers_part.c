/* handlers_part.c - launches, stops, receipts; and the runtime's news */

#include "agent/course.h"
#include "agent/handlers.h"
#include "agent/hook.h"
#include "agent/run.h"
#include "agent/suspend.h"
#include "base/hostlist.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/random.h"
#include "proto/layout.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SIGNAL_AGAIN_US (US_PER_SECOND / 2)

/* --- a launch, checked -------------------------------------------------------------------- */

/* Names become host files and environment; each may be there once. */
static bool check_nodes(const struct agent *agent, const Wire__PartLaunch *launch,
                        struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();

    if (launch->part >= launch->n_nodes || launch->n_node_cores != launch->n_nodes ||
        launch->n_node_tasks != launch->n_nodes)
        return fail(err, ERROR_INVALID,
                    "part %" PRIu32 " of %zu nodes with %zu core and %zu task counts", launch->part,
                    launch->n_nodes, launch->n_node_cores, launch->n_node_tasks);
    for (size_t i = 0; i < launch->n_nodes; i++)
        if (!hostlist_add(list, launch->nodes[i], err))
            return false;
    if (strcmp(launch->nodes[launch->part], agent->facts.node) != 0)
        return fail(err, ERROR_INVALID, "part %" PRIu32 " is for node %s, this is %s", launch->part,
                    launch->nodes[launch->part], agent->facts.node);
    return true;
}

/* Each part is of one component. */
static bool check_groups(const Wire__PartLaunch *launch, struct error *err)
{
    size_t parts = 0;

    for (size_t i = 0; i < launch->n_het; i++)
        parts += launch->het[i]->parts;
    return launch->n_het == 0 || parts == launch->n_nodes ||
           fail(err, ERROR_INVALID, "%zu components with %zu parts of %zu nodes", launch->n_het,
                parts, launch->n_nodes);
}

static bool check_launch(const struct agent *agent, const Wire__PartLaunch *launch,
                         struct error *err)
{
    if (launch->token.len != TOKEN_SIZE)
        return fail(err, ERROR_INVALID, "its token has %zu bytes, not %d", launch->token.len,
                    TOKEN_SIZE);
    if (launch->job == 0 || launch->attempt == 0 || !*launch->user)
        return fail(err, ERROR_INVALID, "it names no job, attempt or user");
    if (launch->cores == 0 || launch->cores > slots_count(agent->slots))
        return fail(err, ERROR_INVALID, "it wants %" PRIu32 " cores, this node has %" PRIu32,
                    launch->cores, slots_count(agent->slots));
    if (launch->start_batch && (launch->part != 0 || launch->script.len == 0))
        return fail(err, ERROR_INVALID, "a batch script is part 0's to start, and not empty");
    if (launch->limit_us <= 0 || launch->lease_us < 0 || launch->warning_us < 0)
        return fail(err, ERROR_INVALID, "a time in it is below zero");
    return layout_check(launch->layout, err) && check_nodes(agent, launch, err) &&
           check_groups(launch, err) && run_check_stages(agent, launch, err);
}

/* --- a launch, taken ---------------------------------------------------------------------- */

/* With the devices that were chosen here, whatever the scheduler says of them. */
static Wire__Envelope *copy_launch(const Wire__Envelope *launch, const struct idset *gpus,
                                   struct error *err)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    CLEANUP(buffer_clear) struct buffer list = {0};
    Wire__Envelope whole = *launch;
    Wire__PartLaunch part = *launch->part_launch;

    buffer_init(&bytes);
    buffer_init(&list);
    if (gpus)
        idset_print(gpus, &list);
    part.gpu_list = list.bytes;
    whole.part_launch = &part;
    message_encode(&whole, &bytes);
    return message_decode((const uint8_t *)bytes.bytes, bytes.length, err);
}

static void name_cores(const struct agent *agent, struct part *part)
{
    CLEANUP(idset_freep) struct idset *cpus = topology_cpus(agent->facts.topology, part->cores);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    idset_print(part->cores, &text);
    free(part->core_list);
    part->core_list = buffer_steal(&text);
    idset_print(cpus, &text);
    free(part->cpu_list);
    part->cpu_list = buffer_steal(&text);
}

static struct part *new_part(struct agent *agent, const struct task_key *key,
                             const Wire__Envelope *envelope, const struct idset *gpus,
                             struct error *err)
{
    CLEANUP(part_freep) struct part *part = part_new(key);
    struct part *added;

    memcpy(part->token, envelope->part_launch->token.data, TOKEN_SIZE);
    memcpy(part->lineage, agent->lineage, LINEAGE_SIZE);
    random_fill(part->credential, CREDENTIAL_SIZE);
    snprintf(part->boot_id, sizeof(part->boot_id), "%s", agent->facts.boot_id);
    part->launch = copy_launch(envelope, gpus, err);
    if (!part->launch)
        return NULL;
    part_prepare(part);
    added = part;
    agent_add_part(agent, STEAL(part));
    return added;
}

/* A part that cannot be held is told of all the same, so that the scheduler need not wait. */
static bool tell_refusal(struct agent *agent, const struct task_key *key,
                         const Wire__PartLaunch *launch, const struct error *why)
{
    CLEANUP(part_freep) struct part *part = part_new(key);

    log_warning("job=%" PRIu64 " part=%" PRIu32 " refused: %s; told the scheduler", key->job,
                key->part, why->text);
    if (launch->token.len != TOKEN_SIZE)
        return false; /* nobody could prove that it was meant for us */
    memcpy(part->token, launch->token.data, TOKEN_SIZE);
    memcpy(part->lineage, agent->lineage, LINEAGE_SIZE);
    report_set_text(&part->text, why->text);
    course_report(agent, part, WIRE__PART_EVENT__PART_EVENT_REFUSED);
    return true;
}

/* It leaves no part behind. */
static void refuse(struct agent *agent, const struct task_key *key, const Wire__PartLaunch *launch,
                   const struct error *why)
{
    CLEANUP(part_freep) struct part *part = part_new(key);

    if (!tell_refusal(agent, key, launch, why))
        return;
    agent_add_gone(agent, key);
    note_forgotten(agent, part);
}

/* What a launch takes of the node, until the part has it. */
struct taking {
    struct agent *agent;
    struct idset *cores, *gpus;
};

static void give_back(struct taking *taking)
{
    if (taking->cores)
        slots_give(taking->agent->slots, taking->cores);
    if (taking->gpus)
        devices_give(taking->agent->devices, taking->gpus);
    idset_free(taking->cores);
    idset_free(taking->gpus);
}

static bool take(struct taking *taking, const Wire__PartLaunch *launch, struct error *err)
{
    const struct agent *agent = taking->agent;

    taking->cores = suspend_take_cores(taking->agent, launch->cores);
    if (!taking->cores)
        return fail(err, ERROR_EXHAUSTED,
                    "%" PRIu32 " cores are wanted, %" PRIu32 " of %s are free", launch->cores,
                    slots_left(agent->slots), agent->facts.node);
    if (launch->gpus == 0)
        return true;
    taking->gpus = devices_take(agent->devices, launch->gpu_type, launch->gpus,
                                agent->facts.topology->places, taking->cores);
    if (!taking->gpus)
        return fail(err, ERROR_EXHAUSTED,
                    "%" PRIu32 " GPUs %.31s are wanted, %" PRIu32 " of %s are free", launch->gpus,
                    launch->gpu_type, devices_left(agent->devices, launch->gpu_type),
                    agent->facts.node);
    return true;
}

static void begin(struct agent *agent, const struct task_key *key, const Wire__Envelope *envelope)
{
    const Wire__PartLaunch *launch = envelope->part_launch;
    CLEANUP(give_back) struct taking taking = {.agent = agent};
    struct part *part;
    struct error err;

    if (!check_launch(agent, launch, &err) || !take(&taking, launch, &err) ||
        !(part = new_part(agent, key, envelope, taking.gpus, &err))) {
        refuse(agent, key, launch, &err);
        return;
    }
    part->cores = STEAL(taking.cores);
    part->gpus = STEAL(taking.gpus);
    name_cores(agent, part);
    note_part(agent, part);
    course_act_now(agent, part);
    course_lease(agent, part);
}

/* Does a report of it wait that the scheduler will hear? */
static bool is_reported(const struct agent *agent, const struct task_key *key)
{
    LIST_EACH(&agent->reports, node) {
        const struct report *report = CONTAINER_OF(node, struct report, of_agent);

        if (part_key_equal(&report->key, key) &&
            memcmp(report->lineage, agent->lineage, LINEAGE_SIZE) == 0)
            return true;
    }
    return false;
}

/* Who asks for what was told and heard has not kept it: its database was put back from a copy. */
static void tell_again(struct agent *agent, struct part *part, bool start_batch)
{
    if (is_reported(agent, &part->key))
        course_resend_part(agent, part);
    else if (start_batch && part->started_us > 0 && part->state == TASK_RUNNING)
        course_report(agent, part, WIRE__PART_EVENT__PART_EVENT_STARTED);
    else if (!start_batch && part->state >= TASK_READY && part->state <= TASK_RUNNING)
        course_report(agent, part, WIRE__PART_EVENT__PART_EVENT_READY);
}

/* A stranger has this very number here.  One that has ended makes way; its reports are kept. */
static void begin_beside(struct agent *agent, struct part *part, const Wire__Envelope *envelope)
{
    const struct task_key key = part->key;
    struct error why;

    if (part->state >= TASK_ENDED) {
        course_forget(agent, part);
        begin(agent, &key, envelope);
        return;
    }
    fail(&why, ERROR_CONFLICT, "a job of another database is here under its number");
    if (!is_reported(agent, &key))
        (void)tell_refusal(agent, &key, envelope->part_launch, &why);
}

/* The same part again: its batch script is to start, or our report was lost. */
static void go_on(struct agent *agent, struct part *part, const Wire__Envelope *envelope)
{
    Wire__Envelope *copy;
    struct error err;

    if (memcmp(part->token, envelope->part_launch->token.data, TOKEN_SIZE) != 0) {
        log_error("job=%" PRIu64 " part=%" PRIu32 " launched with another token; kept the part "
                  "that is here",
                  part->key.job, part->key.part);
        return;
    }
    tell_again(agent, part, envelope->part_launch->start_batch);
    if (!envelope->part_launch->start_batch || part->state > TASK_READY ||
        part_launch(part)->start_batch)
        return;
    if (!check_launch(agent, envelope->part_launch, &err) ||
        !(copy = copy_launch(envelope, part->gpus, &err))) {
        course_failed(agent, part, err.text);
        return;
    }
    message_free(part->launch);
    part->launch = copy;
    note_part(agent, part);
    course_act_now(agent, part);
}

/* Its end was told, and heard.  Who asks for it all the same may have taken what was told for
 * late, as something else had said that it runs: it waits for an end until it is told again. */
static void tell_gone(struct agent *agent, const struct task_key *key,
                      const Wire__PartLaunch *launch)
{
    struct error why;

    if (is_reported(agent, key))
        return;
    fail(&why, ERROR_CONFLICT, "it has ended here already");
    refuse(agent, key, launch, &why);
}

void on_part_launch(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__PartLaunch *launch = envelope->part_launch;
    const struct task_key key = {
        .job = launch->job, .attempt = launch->attempt, .part = launch->part};
    struct part *part = agent_find_part(agent, &key);

    if (part && lineage_is_strange(agent, part))
        begin_beside(agent, part, envelope);
    else if (part && launch->token.len == TOKEN_SIZE)
        go_on(agent, part, envelope);
    else if (!part && !agent_is_gone(agent, &key))
        begin(agent, &key, envelope);
    else if (!part)
        tell_gone(agent, &key, launch);
}

/* --- stops and receipts ------------------------------------------------------------------- */

static void signal_set(struct agent *agent, struct task_set *set, uint32_t signal, bool batch_only);

static void on_signal_due(void *owner, struct alarm *alarm)
{
    struct task_set *set = CONTAINER_OF(alarm, struct task_set, signal);

    if (set->state != SET_ENDED)
        signal_set(owner, set, set->held_signal, set->held_batch_only);
}

static void signal_set(struct agent *agent, struct task_set *set, uint32_t signal, bool batch_only)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(set->part, set->step);
    bool held;
    struct error err;

    if (runtime->signal(runtime->state, &key, (int)signal, batch_only, &err))
        return;
    held = err.code == ERROR_UNAVAILABLE;
    log_warning("job=%" PRIu64 " step=%" PRIu64 " signal %" PRIu32 ": %s; %s", key.job, key.step,
                signal, err.text, held ? "will try again" : "it is lost");
    if (!held)
        return;
    set->held_signal = signal;
    set->held_batch_only = batch_only;
    set->signal.fire = on_signal_due;
    alarm_set(&agent->alarms, &set->signal, agent_now(agent) + SIGNAL_AGAIN_US);
}

static void signal_part(struct agent *agent, const struct part *part, const Wire__PartStop *stop)
{
    LIST_EACH(&part->sets, node) {
        struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);

        if (set->state != SET_ENDED && !step_is_hook(set->step) &&
            (!stop->batch_only || set->step == 0))
            signal_set(agent, set, stop->signal, stop->batch_only);
    }
}

void on_part_stop(struct agent *agent, const Wire__Envelope *envelope)
{
    const Wire__PartStop *stop = envelope->part_stop;
    const struct task_key key = {.job = stop->job, .attempt = stop->attempt, .part = stop->part};
    struct part *part = agent_find_part(agent, &key);

    if (!part) {
        log_info("job=%" PRIu64 " attempt=%" PRIu32 " is not here; nothing to stop", key.job,
                 key.attempt);
        return;
    }
    if (stop->unknown || lineage_is_strange(agent, part))
        lineage_stop(agent, part, stop);
    else if (stop->turn > 0)
        suspend_turn(agent, part, stop->turn);
    else if (stop->signal > 64)
        log_warning("job=%" PRIu64 " signal %" PRIu32 " is none; ignored", key.job, stop->signal);
    else if (stop->signal > 0)
        signal_part(agent, part, stop);
    else if (part->state >= TASK_ENDED)
        course_resend_part(agent, part);
    else
        course_stop(agent, part, "stopped by the scheduler");
}

void on_part_reported(struct agent *agent, const Wire__Envelope *envelope)
{
    uint64_t number = envelope->part_reported->sequence;

    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);
        struct part *part = agent_find_part(agent, &report->key);
        bool final = report->event == WIRE__PART_EVENT__PART_EVENT_ENDED ||
                     report->event == WIRE__PART_EVENT__PART_EVENT_REFUSED ||
                     report->event == WIRE__PART_EVENT__PART_EVENT_GIVEN_BACK;

        if (report->number != number)
            continue;
        note_reported(agent, report);
        if (part && final && memcmp(report->lineage, part->lineage, LINEAGE_SIZE) == 0)
            course_reported(agent, part);
        alarm_clear(&agent->alarms, &report->resend);
        list_remove(&agent->reports, node);
        report_free(report);
        return;
    }
}

/* --- the runtime's news ------------------------------------------------------------------- */

/* A step's tasks on this node: whoever asked for them is told. */
void task_set_news(struct agent *agent, struct task_set *set)
{
    uint32_t asker = (uint32_t)(set->step >> 32);
    struct step *step;

    note_set(agent, set);
    if (asker != set->part->key.part) {
        relay_set_news(agent, set);
        return;
    }
    step = step_find(&set->part->steps, set->step);
    if (step)
        step_part_news(agent, step_find_part(step, asker),
                       set->state == SET_ENDED ? STEP_PART_ENDED : STEP_PART_RUNNING,
                       task_end_code(&set->end));
}

static struct task_set *find_set(struct agent *agent, const struct task_key *key)
{
    struct part *part = agent_find_part(agent, key);
    struct task_set *set = part ? part_find_set(part, key->step) : NULL;

    if (!set)
        log_debug("job=%" PRIu64 " step=%" PRIu64 " news of tasks not known here; ignored",
                  key->job, key->step);
    return set;
}

void on_task_started(void *owner, const struct task_key *key, int64_t at_us)
{
    struct task_set *set = find_set(owner, key);

    if (!set || set->state != SET_STARTING)
        return;
    set->state = SET_RUNNING;
    suspend_set_started(owner, set);
    if (key->step == 0)
        course_started(owner, set->part, at_us);
    else if (step_is_hook(key->step))
        hook_started(owner, set);
    else
        task_set_news(owner, set);
}

void on_task_ended(void *owner, const struct task_key *key, const struct task_end *end)
{
    struct task_set *set = find_set(owner, key);
    struct part *part;

    if (!set || set->state == SET_ENDED)
        return;
    part = set->part;
    if (step_is_hook(key->step)) {
        hook_ended(owner, set, end, NULL);
        return;
    }
    set->state = SET_ENDED;
    set->end = *end;
    if (key->step == 0) {
        course_ended(owner, part, end);
        return;
    }
    part_add_usage(part, end);
    task_set_news(owner, set);
    if (part->state == TASK_STOPPING && !part_has_live_set(part))
        course_over(owner, part);
}

void on_task_failed(void *owner, const struct task_key *key, const struct error *why)
{
    const struct task_end failed = {.exit_code = 127};
    struct task_set *set = find_set(owner, key);

    if (!set || set->state == SET_ENDED)
        return;
    if (step_is_hook(key->step)) {
        hook_ended(owner, set, &failed, why);
        return;
    }
    if (key->step == 0) {
        log_warning("job=%" PRIu64 " cannot start: %s; told the scheduler", key->job, why->text);
        set->state = SET_ENDED;
        course_failed(owner, set->part, why->text);
        return;
    }
    step_set_failed(owner, set, why);
}

void on_task_given_back(void *owner, const struct task_key *key, const struct error *why)
{
    struct task_set *set = find_set(owner, key);

    if (set && set->state == SET_STARTING)
        set->part->given_back = true;
    on_task_failed(owner, key, why);
}
