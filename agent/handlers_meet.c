/* handlers_meet.c - the PMIx servers of a step find each other
 *
 * Each tells its agent where it listens; of a server on another node that node's agent is asked,
 * again until it answers.  Who asks before the server has told is answered when it does.  Nothing
 * of this is in the journal: after a restart the servers ask again. */

#include "agent/handlers.h"
#include "agent/relay.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MOST_US  (30 * US_PER_SECOND)
#define ADDRESS_MOST  4096
#define MEETINGS_MOST 4096
#define WANTING_MOST  64 /* parts that ask for one address; a server has at most 16 below it */

struct meeting {
    struct list_node of_agent;
    struct part *part;
    uint64_t step;
    char *address; /* of the server here; NULL: not told yet */
    size_t wanting_count;
    uint32_t wanting[WANTING_MOST]; /* parts to be told then */
    struct alarm again; /* the other part is asked again; or the asker has waited long enough */
    int64_t pause_us;
    int64_t until_us;
    bool is_asked; /* by the server here, and not answered */
    bool is_other; /* for the address on another part */
    uint32_t other;
    struct sender to;
    uint64_t request;
};

static alarm_fn on_again;

static struct meeting *find_meeting(const struct agent *agent, const struct part *part,
                                    uint64_t step)
{
    LIST_EACH(&agent->meetings, node) {
        struct meeting *meeting = CONTAINER_OF(node, struct meeting, of_agent);

        if (meeting->part == part && meeting->step == step)
            return meeting;
    }
    return NULL;
}

/* NULL: there are too many. */
static struct meeting *make_meeting(struct agent *agent, struct part *part, uint64_t step)
{
    struct meeting *meeting = find_meeting(agent, part, step);

    if (meeting || agent->meetings.count >= MEETINGS_MOST)
        return meeting;
    meeting = NEW(struct meeting);
    meeting->part = part;
    meeting->step = step;
    meeting->again.fire = on_again;
    list_add_last(&agent->meetings, &meeting->of_agent);
    return meeting;
}

void meetings_drop(struct agent *agent, const struct part *part, uint64_t step)
{
    LIST_EACH(&agent->meetings, node) {
        struct meeting *meeting = CONTAINER_OF(node, struct meeting, of_agent);

        if (meeting->part != part || (step != 0 && meeting->step != step))
            continue;
        alarm_clear(&agent->alarms, &meeting->again);
        list_remove(&agent->meetings, node);
        free(meeting->address);
        free(meeting);
    }
}

/* --- between the agents --------------------------------------------------------------------------- */

static void ask_other(struct agent *agent, const struct meeting *meeting)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskMeet meet = WIRE__TASK_MEET__INIT;

    meet.step = meeting->step;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_MEET;
    body.task_meet = &meet;
    relay_send(agent, meeting->part, meeting->other, &body);
}

static void tell_other(struct agent *agent, const struct meeting *meeting, uint32_t to)
{
    Wire__RelayBody body = WIRE__RELAY_BODY__INIT;
    Wire__TaskMet met = WIRE__TASK_MET__INIT;

    met.step = meeting->step;
    met.address = meeting->address;
    body.body_case = WIRE__RELAY_BODY__BODY_TASK_MET;
    body.task_met = &met;
    relay_send(agent, meeting->part, to, &body);
}

void on_task_meet(struct agent *agent, struct part *part, const Wire__Relay *relay,
                  const Wire__RelayBody *body)
{
    uint64_t step = body->task_meet->step;
    struct meeting *meeting =
        part_has_forgotten(part, step) ? NULL : make_meeting(agent, part, step);

    if (!meeting)
        return;
    if (meeting->address) {
        tell_other(agent, meeting, relay->from_part);
        return;
    }
    for (size_t i = 0; i < meeting->wanting_count; i++)
        if (meeting->wanting[i] == relay->from_part)
            return;
    if (meeting->wanting_count < WANTING_MOST) /* else it asks again */
        meeting->wanting[meeting->wanting_count++] = relay->from_part;
}

/* --- with the server here --------------------------------------------------------------------------- */

static void answer(struct agent *agent, struct meeting *meeting, const char *address)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__StepMet met = WIRE__STEP_MET__INIT;

    met.address = (char *)address;
    envelope.request = meeting->request;
    envelope.body_case = WIRE__ENVELOPE__BODY_STEP_MET;
    envelope.step_met = &met;
    agent_send_local(agent, &meeting->to, &envelope);
    meeting->is_asked = meeting->is_other = false;
    alarm_clear(&agent->alarms, &meeting->again);
}

static void on_again(void *owner, struct alarm *alarm)
{
    struct meeting *meeting = CONTAINER_OF(alarm, struct meeting, again);
    struct agent *agent = owner;
    int64_t now = agent_now(agent), due = meeting->until_us;

    if (now >= due) {
        answer(agent, meeting, "");
        return;
    }
    if (meeting->is_other) {
        int64_t next = now + relay_pause(agent, &meeting->pause_us);

        ask_other(agent, meeting);
        due = next < due ? next : due;
    }
    alarm_set(&agent->alarms, alarm, due);
}

void on_task_met(struct agent *agent, struct part *part, const Wire__Relay *relay,
                 const Wire__RelayBody *body)
{
    struct meeting *meeting = find_meeting(agent, part, body->task_met->step);

    if (meeting && meeting->is_asked && meeting->is_other && meeting->other == relay->from_part)
        answer(agent, meeting, body->task_met->address);
}

static void set_address(struct agent *agent, struct meeting *meeting, const char *address)
{
    free(meeting->address);
    meeting->address = memory_copy(address);
    for (size_t i = 0; i < meeting->wanting_count; i++)
        tell_other(agent, meeting, meeting->wanting[i]);
    meeting->wanting_count = 0;
}

/* Which part has the node; the number of parts: none. */
static uint32_t part_on(const Wire__PartLaunch *launch, const char *node)
{
    uint32_t i = 0;

    while (i < launch->n_nodes && strcmp(launch->nodes[i], node) != 0)
        i++;
    return i;
}

bool on_step_meet(void *owner, struct ask *ask, Wire__Envelope *reply, struct arena *keep,
                  struct error *err)
{
    const Wire__StepMeet *meet = ask->envelope->step_meet;
    struct agent *agent = owner;
    struct part *part = local_find_part(agent, meet->job, &meet->credential, err);
    uint32_t other = part && *meet->node ? part_on(part_launch(part), meet->node) : 0;
    int64_t wait_us = meet->wait_us;
    struct meeting *meeting;

    (void)reply;
    (void)keep;
    if (!part)
        return false;
    if (!part_find_set(part, meet->step))
        return fail(err, ERROR_NOT_FOUND, "step %" PRIu64 " of job %" PRIu64 " has no tasks here",
                    meet->step, meet->job);
    if (*meet->node && (other == part->key.part || other >= part_launch(part)->n_nodes))
        return fail(err, ERROR_INVALID, "%.64s is not another node of the job", meet->node);
    if (strlen(meet->address) > ADDRESS_MOST)
        return fail(err, ERROR_INVALID, "the address has more than %d bytes", ADDRESS_MOST);
    meeting = make_meeting(agent, part, meet->step);
    if (!meeting)
        return fail(err, ERROR_EXHAUSTED, "%d steps meet here already", MEETINGS_MOST);
    if (*meet->address)
        set_address(agent, meeting, meet->address);
    if (wait_us < 0 || wait_us > WAIT_MOST_US)
        wait_us = WAIT_MOST_US;
    meeting->is_asked = true;
    meeting->is_other = *meet->node != '\0';
    meeting->other = other;
    meeting->to = ask->to;
    meeting->request = ask->request;
    meeting->until_us = agent_now(agent) + wait_us;
    meeting->pause_us = 0;
    alarm_set(&agent->alarms, &meeting->again, agent_now(agent));
    ask->later = true;
    return true;
}
