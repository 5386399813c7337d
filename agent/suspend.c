/* suspend.c - a part that stands still for a while, and goes on */

#include "agent/suspend.h"

#include "agent/course.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>

#define AGAIN_US (US_PER_SECOND / 2)

static alarm_fn on_turn_due;

/* True when the launcher took it for all of them. */
static bool signal_sets(struct agent *agent, const struct part *part, int number)
{
    const struct runtime *runtime = agent->seams.runtime;
    bool all = true;

    LIST_EACH(&part->sets, node) {
        const struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);
        struct task_key key = part_key(part, set->step);
        struct error err;

        if (set->state != SET_RUNNING || step_is_hook(set->step) ||
            runtime->signal(runtime->state, &key, number, false, &err))
            continue;
        log_warning("job=%" PRIu64 " step=%" PRIu64 " cannot be told to %s: %s; will try again",
                    key.job, key.step, number == SIGNAL_FREEZE ? "stop for a while" : "go on",
                    err.text);
        all = false;
    }
    return all;
}

static bool stand_still(struct agent *agent, struct part *part)
{
    if (!signal_sets(agent, part, SIGNAL_FREEZE))
        return false;
    if (!part_is_suspended(part))
        slots_give(agent->slots, part->cores);
    return true;
}

static bool go_on(struct agent *agent, struct part *part)
{
    if (part_is_suspended(part) && !slots_claim(agent->slots, part->cores))
        return false; /* whoever has them is ending */
    if (signal_sets(agent, part, SIGNAL_THAW))
        return true;
    if (part_is_suspended(part))
        slots_give(agent->slots, part->cores);
    return false;
}

static void do_turn(struct agent *agent, struct part *part)
{
    bool stops = part->turn % 2 == 1;

    if (part->turn == part->turn_done || part->state >= TASK_STOPPING)
        return;
    if (part->state < TASK_READY || !(stops ? stand_still(agent, part) : go_on(agent, part))) {
        alarm_set(&agent->alarms, &part->turning, agent_now(agent) + AGAIN_US);
        return;
    }
    part->turn_done = part->turn;
    note_turn(agent, part);
    course_report(agent, part,
                  stops ? WIRE__PART_EVENT__PART_EVENT_SUSPENDED
                        : WIRE__PART_EVENT__PART_EVENT_RESUMED);
    log_info("job=%" PRIu64 " part=%" PRIu32 " %s", part->key.job, part->key.part,
             stops ? "suspended" : "resumed");
}

static void on_turn_due(void *owner, struct alarm *alarm)
{
    do_turn(owner, CONTAINER_OF(alarm, struct part, turning));
}

void suspend_turn(struct agent *agent, struct part *part, uint32_t turn)
{
    if (turn == part->turn_done) {
        course_resend_part(agent, part);
        return;
    }
    if (turn <= part->turn || part->state >= TASK_STOPPING)
        return;
    part->turn = turn;
    part->turning.fire = on_turn_due;
    note_turn(agent, part);
    alarm_set(&agent->alarms, &part->turning, agent_now(agent)); /* behind the journal */
}

void suspend_set_started(struct agent *agent, const struct task_set *set)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(set->part, set->step);
    struct error err;

    if (part_is_suspended(set->part) && !step_is_hook(set->step) &&
        !runtime->signal(runtime->state, &key, SIGNAL_FREEZE, false, &err))
        log_warning("job=%" PRIu64 " step=%" PRIu64 " runs though its job is suspended: %s",
                    key.job, key.step, err.text);
}

void suspend_restore(struct agent *agent, struct part *part)
{
    part->turning.fire = on_turn_due;
    if (part->turn != part->turn_done)
        alarm_set(&agent->alarms, &part->turning, agent_now(agent));
}

/* Those of them that nobody has meanwhile. */
static struct idset *claim_wanted(struct agent *agent)
{
    struct idset *wanted = idset_new();

    LIST_EACH(&agent->parts, node) {
        const struct part *part = CONTAINER_OF(node, struct part, of_agent);

        if (!part_is_suspended(part) || task_state_is_final(part->state))
            continue;
        for (uint32_t id = idset_first(part->cores); id != IDSET_NONE;
             id = idset_after(part->cores, id)) {
            CLEANUP(idset_freep) struct idset *one = idset_new();

            idset_add(one, id);
            if (slots_claim(agent->slots, one))
                idset_add(wanted, id);
        }
    }
    return wanted;
}

struct idset *suspend_take_cores(struct agent *agent, uint32_t count)
{
    CLEANUP(idset_freep) struct idset *wanted = claim_wanted(agent);
    struct idset *cores = slots_take(agent->slots, count);

    slots_give(agent->slots, wanted);
    return cores ? cores : slots_take(agent->slots, count);
}
