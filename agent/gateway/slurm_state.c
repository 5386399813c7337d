/* slurm_state.c - Slurm's words for the states of jobs and nodes, and ours for them */

#include "agent/gateway/slurm_state.h"

#include "base/memory.h"

#include <string.h>

static const struct slurm_job_state jobs[] = {
    {"PENDING",       SLURM_WAITS, TASK_UNKNOWN  },
    {"CONFIGURING",   SLURM_WAITS, TASK_UNKNOWN  }, /* its nodes boot */
    {"REQUEUED",      SLURM_WAITS, TASK_UNKNOWN  },
    {"REQUEUE_FED",   SLURM_WAITS, TASK_UNKNOWN  },
    {"REQUEUE_HOLD",  SLURM_WAITS, TASK_UNKNOWN  },
    {"SPECIAL_EXIT",  SLURM_WAITS, TASK_UNKNOWN  },
    {"RESV_DEL_HOLD", SLURM_WAITS, TASK_UNKNOWN  },
    {"RUNNING",       SLURM_RUNS,  TASK_UNKNOWN  },
    {"SUSPENDED",     SLURM_RUNS,  TASK_UNKNOWN  },
    {"STOPPED",       SLURM_RUNS,  TASK_UNKNOWN  },
    {"SIGNALING",     SLURM_RUNS,  TASK_UNKNOWN  },
    {"RESIZING",      SLURM_RUNS,  TASK_UNKNOWN  },
    {"STAGE_OUT",     SLURM_RUNS,  TASK_UNKNOWN  },
    {"COMPLETING",    SLURM_RUNS,  TASK_UNKNOWN  }, /* how it ended is said once it is done */
    {"COMPLETED",     SLURM_ENDED, TASK_BY_ITSELF},
    {"FAILED",        SLURM_ENDED, TASK_BY_ITSELF},
    {"TIMEOUT",       SLURM_ENDED, TASK_LIMIT    },
    {"DEADLINE",      SLURM_ENDED, TASK_LIMIT    },
    {"CANCELLED",     SLURM_ENDED, TASK_STOPPED  },
    {"PREEMPTED",     SLURM_ENDED, TASK_STOPPED  },
    {"REVOKED",       SLURM_ENDED, TASK_STOPPED  },
    {"NODE_FAIL",     SLURM_ENDED, TASK_REBOOT   },
    {"BOOT_FAIL",     SLURM_ENDED, TASK_REBOOT   },
    {"OUT_OF_MEMORY", SLURM_ENDED, TASK_MEMORY   },
};

const struct slurm_job_state *slurm_job_state(const char *name)
{
    static const struct slurm_job_state unknown = {NULL, SLURM_WAITS, TASK_UNKNOWN};

    for (size_t i = 0; i < COUNT_OF(jobs); i++)
        if (strcmp(jobs[i].name, name) == 0)
            return &jobs[i];
    return &unknown;
}

/* "planned": idle, and kept for a job of the site's own that is next. */
bool slurm_node_is_fit(const char *state)
{
    static const char *const fit[] = {"idle", "mixed", "allocated", "completing"};
    size_t size = strcspn(state, "*~#!%$@^+-");

    /* Asleep or waking, it comes for whoever wants it; every other sign is of somebody's plan for it,
     * or that it does not answer. */
    if (state[size] != '\0' && !strchr("~#", state[size]))
        return false;
    for (size_t i = 0; i < COUNT_OF(fit); i++)
        if (strlen(fit[i]) == size && strncmp(fit[i], state, size) == 0)
            return true;
    return false;
}
