/* task_state.c - where a part of a job is on its node */

#include "agent/core/task_state.h"

#include "base/memory.h"

#include <assert.h>

static const struct {
    enum task_state state;
    const char *name;
    bool final;
} states[] = {
    {TASK_RECEIVED, "received", false},
    {TASK_READY,    "ready",    false},
    {TASK_STARTING, "starting", false},
    {TASK_RUNNING,  "running",  false},
    {TASK_STOPPING, "stopping", false},
    {TASK_CLEARING, "clearing", false},
    {TASK_ENDED,    "ended",    true },
    {TASK_REPORTED, "reported", true },
};
static_assert(COUNT_OF(states) == TASK_STATE_COUNT, "one row for each state, in their order");

static const char *const event_names[] = {"made", "start",   "started", "stop",
                                          "over", "cleared", "reported"};
static_assert(COUNT_OF(event_names) == TASK_EVENT_COUNT, "one name for each event");

static const struct {
    enum task_state from;
    enum task_event event;
    enum task_state to;
} transitions[] = {
    {TASK_RECEIVED, TASK_ON_MADE,     TASK_READY   },
    {TASK_RECEIVED, TASK_ON_STOP,     TASK_STOPPING},
    {TASK_RECEIVED, TASK_ON_OVER,     TASK_CLEARING},
    {TASK_READY,    TASK_ON_START,    TASK_STARTING},
    {TASK_READY,    TASK_ON_STOP,     TASK_STOPPING},
    {TASK_READY,    TASK_ON_OVER,     TASK_CLEARING},
    {TASK_STARTING, TASK_ON_STARTED,  TASK_RUNNING },
    {TASK_STARTING, TASK_ON_STOP,     TASK_STOPPING},
    {TASK_STARTING, TASK_ON_OVER,     TASK_CLEARING},
    {TASK_RUNNING,  TASK_ON_STOP,     TASK_STOPPING},
    {TASK_RUNNING,  TASK_ON_OVER,     TASK_CLEARING},
    {TASK_STOPPING, TASK_ON_STARTED,  TASK_STOPPING},
    {TASK_STOPPING, TASK_ON_OVER,     TASK_CLEARING},
    {TASK_CLEARING, TASK_ON_CLEARED,  TASK_ENDED   },
    {TASK_ENDED,    TASK_ON_REPORTED, TASK_REPORTED},
};

bool task_state_move(enum task_state *state, enum task_event event)
{
    assert(*state < TASK_STATE_COUNT);
    assert(event < TASK_EVENT_COUNT);

    for (size_t i = 0; i < COUNT_OF(transitions); i++) {
        if (transitions[i].from == *state && transitions[i].event == event) {
            *state = transitions[i].to;
            return true;
        }
    }
    return false;
}

const char *task_state_name(enum task_state state)
{
    return state < TASK_STATE_COUNT ? states[state].name : "unknown";
}

bool task_state_is_final(enum task_state state)
{
    assert(state < TASK_STATE_COUNT);
    return states[state].final;
}

void task_state_print(struct buffer *buffer)
{
    buffer_add_text(buffer, "digraph task {\n");
    for (size_t i = 0; i < COUNT_OF(transitions); i++)
        buffer_print(buffer, "    %s -> %s [label=\"%s\"];\n", states[transitions[i].from].name,
                     states[transitions[i].to].name, event_names[transitions[i].event]);
    buffer_add_text(buffer, "}\n");
}
