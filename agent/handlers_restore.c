/* handlers_restore.c - after a start: journal and runtime brought to agree
 *
 *   journal says        the runtime has       then
 *   (any, other boot)   -                     it went down with the machine: ENDED REBOOT
 *   received            -                     made again
 *   received, clearing  a prolog, an epilog   goes on; one of them that is not there starts once more
 *   ready               -                     goes on
 *   starting            the batch script      it was started; its news follow
 *   starting            nothing               asked for again once the scheduler says that it
 *                                             wants it still; the launcher may be just about to
 *                                             start it, and starts nothing twice
 *   running, stopping   the batch script      goes on
 *   running, stopping   nothing               the shepherd is gone: ENDED UNKNOWN
 *   clearing, ended     (any)                 goes on
 *   received, ready     the batch script      it was started, and the journal has lost that
 *   nothing             something             kept, and told in the log: never a reason to kill
 *
 * A journal whose disk failed may have lost an end that the scheduler has heard of, and acted on: the
 * job may run elsewhere by now.  So what has not started does not start on the journal's word alone.
 */

#include "agent/course.h"
#include "agent/handlers.h"
#include "agent/run.h"
#include "agent/suspend.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

static void on_found(void *owner, const struct task_found *found)
{
    struct part *part = agent_find_part(owner, &found->key);
    struct agent *agent = owner;
    struct task_set *set;

    if (!part && agent_is_gone(agent, &found->key)) { /* it was told so, but was killed then */
        agent->seams.runtime->forget(agent->seams.runtime->state, &found->key);
        return;
    }
    if (!part) {
        log_warning("job=%" PRIu64 " attempt=%" PRIu32 " part=%" PRIu32 " step=%" PRIu64
                    " is on this node but not in the journal; left as it is",
                    found->key.job, found->key.attempt, found->key.part, found->key.step);
        return;
    }
    if (part_has_forgotten(part, found->key.step))
        return;
    set = part_find_set(part, found->key.step);
    if (!set)
        set = part_add_set(part, found->key.step);
    set->found = true;
    set->found_started_us = found->started_us;
    if (!found->ended && set->state == SET_STARTING)
        set->state = SET_RUNNING;
}

/* Tasks of steps whose shepherds are gone have ended, nobody knows how.  Of those that run the news
 * may be lost, which the agent before this one had not noted: whoever asked for them hears it now. */
static void tell_of_sets(struct agent *agent, struct part *part)
{
    const struct task_end lost = {
        .cause = TASK_UNKNOWN, .exit_signal = 9, .ended_us = agent_wall(agent)};

    LIST_EACH(&part->sets, node) {
        struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);
        struct task_key key = part_key(part, set->step);

        if (step_is_hook(set->step) && set->state != SET_RUNNING)
            continue; /* it is started once more, or has ended */
        if (!set->found && set->state != SET_ENDED && set->step != 0)
            on_task_ended(agent, &key, &lost);
        else if (set->state != SET_STARTING && set->step != 0 && !step_is_hook(set->step))
            task_set_news(agent, set);
    }
}

static void end_lost_part(struct agent *agent, struct part *part, enum task_end_cause cause,
                          const char *why)
{
    log_warning("job=%" PRIu64 " part=%" PRIu32 ": %s; told the scheduler", part->key.job,
                part->key.part, why);
    if (part->state >= TASK_CLEARING)
        return;
    part->end.cause = cause;
    part->end.ended_us = agent_wall(agent);
    report_set_text(&part->text, why);
    course_over(agent, part);
}

/* Whatever ran here went down with the machine; its cgroups and processes with it. */
static void end_rebooted(struct agent *agent, struct part *part)
{
    LIST_EACH(&part->sets, node)
        agent_drop_set(agent, CONTAINER_OF(node, struct task_set, of_part));
    part->ready_boot_us = 0;
    end_lost_part(agent, part, TASK_REBOOT, "the node went down with it");
}

static void check_batch(struct agent *agent, struct part *part)
{
    struct task_set *batch = part_find_set(part, 0);
    bool found = batch && batch->found;

    part->unsure = part->state < TASK_RUNNING && !found;
    if (part->key.part != 0)
        return;
    if (found)
        course_catch_up(agent, part);
    if (found && part->state == TASK_STARTING && batch->state == SET_RUNNING)
        course_started(agent, part, batch->found_started_us);
    else if (found)
        return; /* goes on, or its end follows */
    else if (part->state == TASK_STARTING && batch)
        agent_drop_set(agent, batch);
    else if (part->state == TASK_RUNNING)
        end_lost_part(agent, part, TASK_UNKNOWN, "its shepherd is gone, and how it ended is lost");
}

/* The machine may have changed, or its description, since the launch. */
static void claim_cores(struct agent *agent, struct part *part)
{
    if (slots_claim(agent->slots, part->cores))
        return;
    log_error("job=%" PRIu64 " part=%" PRIu32 " had cores %s, which are not free or not there any "
              "more; it goes on, drain the node",
              part->key.job, part->key.part, part->core_list);
    idset_free(part->cores);
    part->cores = idset_new();
}

static void claim_gpus(struct agent *agent, struct part *part)
{
    part_name_gpus(part);
    if (!part->gpus || devices_claim(agent->devices, part->gpus))
        return;
    log_error("job=%" PRIu64 " part=%" PRIu32 " had GPUs %s, which are not free or not there any "
              "more; it goes on, drain the node",
              part->key.job, part->key.part, part_launch(part)->gpu_list);
    idset_free(part->gpus);
    part->gpus = NULL;
}

static void restore_part(struct agent *agent, struct part *part)
{
    part_prepare(part);
    if (!task_state_is_final(part->state)) {
        if (!part_is_suspended(part))
            claim_cores(agent, part);
        claim_gpus(agent, part);
    }
    if (!task_state_is_final(part->state) && strcmp(part->boot_id, agent->facts.boot_id) != 0) {
        end_rebooted(agent, part);
        course_act_now(agent, part); /* it may have been clearing when it went down before */
        return;
    }
    suspend_restore(agent, part);
    steps_restore(agent, part);
    check_batch(agent, part);
    tell_of_sets(agent, part);
    course_act_now(agent, part);
}

void restore_parts(struct agent *agent)
{
    const struct runtime *runtime = agent->seams.runtime;

    LIST_EACH(&agent->reports, node)
        report_prepare(CONTAINER_OF(node, struct report, of_agent));
    runtime->list(runtime->state, on_found, agent);
    LIST_EACH(&agent->parts, node)
        restore_part(agent, CONTAINER_OF(node, struct part, of_agent));
    if (agent->parts.count > 0)
        log_info("parts=%zu reports=%zu read back from the journal", agent->parts.count,
                 agent->reports.count);
}
