/* job_state.c - the states of a job and the moves between them */

#include "scheduler/core/job_state.h"

#include "base/memory.h"

#include <assert.h>
#include <strings.h>

static const struct {
    enum job_state state;
    const char *name;
    const char *compact;
    bool final;
} states[] = {
    {JOB_PENDING,       "PENDING",       "PD",  false},
    {JOB_CONFIGURING,   "CONFIGURING",   "CF",  false},
    {JOB_RUNNING,       "RUNNING",       "R",   false},
    {JOB_COMPLETING,    "COMPLETING",    "CG",  false},
    {JOB_COMPLETED,     "COMPLETED",     "CD",  true },
    {JOB_FAILED,        "FAILED",        "F",   true },
    {JOB_CANCELLED,     "CANCELLED",     "CA",  true },
    {JOB_TIMEOUT,       "TIMEOUT",       "TO",  true },
    {JOB_OUT_OF_MEMORY, "OUT_OF_MEMORY", "OOM", true },
    {JOB_NODE_FAIL,     "NODE_FAIL",     "NF",  true },
    {JOB_DEADLINE,      "DEADLINE",      "DL",  true },
    {JOB_PREEMPTED,     "PREEMPTED",     "PR",  true },
    {JOB_SUSPENDED,     "SUSPENDED",     "S",   false},
};
static_assert(COUNT_OF(states) == JOB_STATE_COUNT, "one row for each state, in their order");

/* What was placed ends through COMPLETING, be it for an instant. */
static const struct {
    enum job_state from;
    enum job_event event;
    enum job_state to;
} transitions[] = {
    {JOB_PENDING,     JOB_ON_PLACE,     JOB_CONFIGURING  },
    {JOB_PENDING,     JOB_ON_CANCEL,    JOB_CANCELLED    },
    {JOB_PENDING,     JOB_ON_DEADLINE,  JOB_DEADLINE     },
    {JOB_PENDING,     JOB_ON_LAST_GOOD, JOB_COMPLETED    },
    {JOB_PENDING,     JOB_ON_LAST,      JOB_FAILED       },
    {JOB_CONFIGURING, JOB_ON_START,     JOB_RUNNING      },
    {JOB_CONFIGURING, JOB_ON_STOP,      JOB_COMPLETING   },
    {JOB_RUNNING,     JOB_ON_STOP,      JOB_COMPLETING   },
    {JOB_RUNNING,     JOB_ON_SUSPEND,   JOB_SUSPENDED    },
    {JOB_SUSPENDED,   JOB_ON_RESUME,    JOB_RUNNING      },
    {JOB_SUSPENDED,   JOB_ON_STOP,      JOB_COMPLETING   },
    {JOB_COMPLETING,  JOB_ON_REQUEUE,   JOB_PENDING      },
    {JOB_COMPLETING,  JOB_ON_COMPLETE,  JOB_COMPLETED    },
    {JOB_COMPLETING,  JOB_ON_FAIL,      JOB_FAILED       },
    {JOB_COMPLETING,  JOB_ON_CANCEL,    JOB_CANCELLED    },
    {JOB_COMPLETING,  JOB_ON_TIMEOUT,   JOB_TIMEOUT      },
    {JOB_COMPLETING,  JOB_ON_MEMORY,    JOB_OUT_OF_MEMORY},
    {JOB_COMPLETING,  JOB_ON_NODE_FAIL, JOB_NODE_FAIL    },
    {JOB_COMPLETING,  JOB_ON_DEADLINE,  JOB_DEADLINE     },
    {JOB_COMPLETING,  JOB_ON_PREEMPT,   JOB_PREEMPTED    },
};

static const char *const events[] = {
    "place",  "start",     "stop",     "requeue",   "complete", "fail",    "cancel",  "timeout",
    "memory", "node-fail", "deadline", "last-good", "last",     "preempt", "suspend", "resume",
};
static_assert(COUNT_OF(events) == JOB_EVENT_COUNT, "one name for each event, in their order");

const char *job_state_name(enum job_state state)
{
    assert(state < JOB_STATE_COUNT);
    return states[state].name;
}

const char *job_state_compact(enum job_state state)
{
    assert(state < JOB_STATE_COUNT);
    return states[state].compact;
}

bool job_state_parse(const char *text, enum job_state *ret_state)
{
    for (size_t i = 0; i < COUNT_OF(states); i++) {
        if (strcasecmp(text, states[i].name) == 0 || strcasecmp(text, states[i].compact) == 0) {
            *ret_state = states[i].state;
            return true;
        }
    }
    return false;
}

bool job_state_is_final(enum job_state state)
{
    assert(state < JOB_STATE_COUNT);
    return states[state].final;
}

bool job_state_move(enum job_state *state, enum job_event event)
{
    assert(*state < JOB_STATE_COUNT);
    assert(event < JOB_EVENT_COUNT);

    for (size_t i = 0; i < COUNT_OF(transitions); i++) {
        if (transitions[i].from == *state && transitions[i].event == event) {
            *state = transitions[i].to;
            return true;
        }
    }
    return false;
}

void job_state_print_dot(struct buffer *buffer)
{
    buffer_add_text(buffer, "digraph job {\n");
    for (size_t i = 0; i < COUNT_OF(states); i++)
        buffer_print(buffer, "    %s [shape=%s];\n", states[i].name,
                     states[i].final ? "doublecircle" : "circle");
    for (size_t i = 0; i < COUNT_OF(transitions); i++)
        buffer_print(buffer, "    %s -> %s [label=\"%s\"];\n", states[transitions[i].from].name,
                     states[transitions[i].to].name, events[transitions[i].event]);
    buffer_add_text(buffer, "}\n");
}
