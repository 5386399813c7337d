/* job_columns.c - what can be printed of a job, with the names of sacct and squeue's letters */

#include "base/hostlist.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/job_names.h"
#include "client/jobs.h"

#include <inttypes.h>
#include <string.h>

#define VIEW(row) (((const struct job_row *)(row))->view)

/* 0 stands for a time that is not known. */
static void set_time(struct cell *cell, int64_t time_us)
{
    cell->absent = "N/A";
    if (time_us > 0)
        cell_set(cell, CELL_TIME, time_us);
}

/* The cells that are a field as it is. */
#define TEXT_CELL(name, field)                                                          \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_set_text(cell, VIEW(row)->field);                                          \
    }
#define NUMBER_CELL(name, field)                                                        \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_set(cell, CELL_NUMBER, (int64_t)VIEW(row)->field);                         \
    }
#define TIME_CELL(name, field)                                                          \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        set_time(cell, VIEW(row)->field);                                               \
    }
#define KIND_CELL(name, kind, field)                                                    \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_set(cell, kind, (int64_t)VIEW(row)->field);                                \
    }

NUMBER_CELL(raw_id, id)
TEXT_CELL(name, name)
TEXT_CELL(user, user)
TEXT_CELL(project, project)
TEXT_CELL(institution, institution)
TEXT_CELL(cluster, cluster)
TEXT_CELL(partition, partition)
TEXT_CELL(reason, reason)
TEXT_CELL(refusal, refusal)
TEXT_CELL(comment, comment)
TEXT_CELL(reservation, reservation)
TEXT_CELL(qos, qos)
NUMBER_CELL(nodes, nodes)
NUMBER_CELL(cores, cores)
NUMBER_CELL(tasks, tasks)
NUMBER_CELL(attempt, attempt)
NUMBER_CELL(priority, priority)
NUMBER_CELL(nice, nice)
KIND_CELL(memory, CELL_SIZE, memory)
KIND_CELL(held, CELL_AMOUNT, held)
KIND_CELL(charged, CELL_AMOUNT, charged)
TIME_CELL(submit, submit_us)
TIME_CELL(eligible, eligible_us)
TIME_CELL(end, end_us)
TIME_CELL(deadline, deadline_us)

/* A number, and of arrays the name that people use. */
static void cell_id(const void *row, struct cell *cell, struct buffer *scratch)
{
    if (VIEW(row)->het_job == 0 && (VIEW(row)->array == 0 || VIEW(row)->array == VIEW(row)->id)) {
        cell_set(cell, CELL_NUMBER, (int64_t)VIEW(row)->id);
        return;
    }
    job_name_print(VIEW(row), scratch);
    cell_set_text(cell, scratch->bytes);
}

/* Of a job that is in no array, its own. */
static void cell_array(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_NUMBER, (int64_t)(VIEW(row)->array ? VIEW(row)->array : VIEW(row)->id));
}

static void cell_elements(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->absent = "N/A";
    if (VIEW(row)->array)
        cell_set_text(cell, VIEW(row)->elements);
}

/* How far an array is. */
static void cell_counts(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ArrayCounts *counts = VIEW(row)->array_counts;

    if (!counts)
        return;
    buffer_print(scratch,
                 _("%" PRIu32 " in all: %" PRIu32 " waiting, %" PRIu32 " running, %" PRIu32
                   " completed, %" PRIu32 " failed, %" PRIu32 " cancelled"),
                 counts->all, counts->waiting, counts->running, counts->completed, counts->failed,
                 counts->cancelled);
    cell_set_text(cell, scratch->bytes);
}

static void cell_array_limit(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->array_limit > 0)
        cell_set(cell, CELL_NUMBER, VIEW(row)->array_limit);
}

static void cell_time_min(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->limit_least_us > 0)
        cell_set(cell, CELL_DURATION, VIEW(row)->limit_least_us);
}

static enum tone tone_of(const char *state)
{
    if (strcmp(state, "RUNNING") == 0 || strcmp(state, "COMPLETED") == 0)
        return TONE_GOOD;
    if (strcmp(state, "PENDING") == 0 || strcmp(state, "CONFIGURING") == 0 ||
        strcmp(state, "COMPLETING") == 0 || strcmp(state, "SUSPENDED") == 0)
        return TONE_WAIT;
    return TONE_BAD;
}

static void cell_state_code(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, VIEW(row)->state_code);
    cell->tone = tone_of(VIEW(row)->state);
}

/* As sacct has it: parsers take the first word. */
static void cell_state(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);

    cell->tone = tone_of(job->state);
    cell_set_text(cell, job->state);
    if (strcmp(job->state, "CANCELLED") == 0 && *job->ended_by) {
        buffer_print(scratch, "%s by %s", job->state, job->ended_by);
        cell_set_text(cell, scratch->bytes);
    }
    if (strcmp(job->state, "PREEMPTED") == 0 && job->preempted_by > 0) {
        buffer_print(scratch, "%s by %" PRIu64, job->state, job->preempted_by);
        cell_set_text(cell, scratch->bytes);
    }
}

static void cell_node_list(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, VIEW(row)->node_list);
}

/* Where it runs, or why it does not. */
static void cell_place(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);

    if (*job->node_list) {
        cell_set_text(cell, job->node_list);
        return;
    }
    if (*job->refusal)
        buffer_print(scratch, "(%s: %s)", job->reason, job->refusal);
    else
        buffer_print(scratch, "(%s)", job->reason);
    cell_set_text(cell, scratch->bytes);
}

static void cell_first_node(const void *row, struct cell *cell, struct buffer *scratch)
{
    struct error ignored;
    CLEANUP(hostlist_freep) struct hostlist *nodes = hostlist_parse(VIEW(row)->node_list, &ignored);

    if (!nodes || hostlist_count(nodes) == 0)
        return;
    buffer_add_text(scratch, hostlist_at(nodes, 0));
    cell_set_text(cell, scratch->bytes);
}

int64_t job_elapsed(const struct job_row *row)
{
    const Wire__JobView *job = row->view;
    int64_t until_us = job->end_us > 0 ? job->end_us : row->now_us;
    int64_t from_us = job->start_us + job->suspended_us;

    return job->start_us > 0 && until_us > from_us ? until_us - from_us : 0;
}

static void cell_elapsed(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_DURATION, job_elapsed(row));
}

static void cell_limit(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->absent = "N/A";
    if (VIEW(row)->limit_us > 0)
        cell_set(cell, CELL_DURATION, VIEW(row)->limit_us);
}

static void cell_left(const void *row, struct cell *cell, struct buffer *scratch)
{
    int64_t limit_us = VIEW(row)->limit_us, gone_us = job_elapsed(row);

    (void)scratch;
    cell->absent = "N/A";
    if (limit_us == PARSE_UNLIMITED)
        cell_set(cell, CELL_DURATION, limit_us);
    else if (limit_us > 0)
        cell_set(cell, CELL_DURATION, limit_us > gone_us ? limit_us - gone_us : 0);
}

/* From when it could be considered until its start: what it waited for others. */
static void cell_waited(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);
    int64_t until_us = job->start_us > 0 ? job->start_us : ((const struct job_row *)row)->now_us;

    (void)scratch;
    if (job->end_us > 0 && job->start_us == 0)
        until_us = job->end_us;
    if (job->eligible_us > 0 && until_us >= job->eligible_us)
        cell_set(cell, CELL_DURATION, until_us - job->eligible_us);
}

/* The start, or the planner's for a job that waits. */
static void cell_start(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);

    (void)scratch;
    set_time(cell, job->start_us > 0 ? job->start_us : job->planned_us);
}

static void cell_planned(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->start_us == 0)
        set_time(cell, VIEW(row)->planned_us);
}

static void cell_exit(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);

    buffer_print(scratch, "%" PRIu32 ":%" PRIu32, job->exit_code, job->exit_signal);
    cell_set_text(cell, scratch->bytes);
}

static void cell_cpu_time(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->cpu_used_us > 0)
        cell_set(cell, CELL_DURATION, VIEW(row)->cpu_used_us);
}

static void cell_memory_peak(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->memory_peak > 0)
        cell_set(cell, CELL_SIZE, (int64_t)VIEW(row)->memory_peak);
}

/* Measured time of cores, of what was allocated. */
static void cell_efficiency(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);
    double allocated = (double)job_elapsed(row) * job->cores;

    if (job->cpu_used_us <= 0 || allocated <= 0)
        return;
    buffer_print(scratch, "%.0f%%", 100.0 * (double)job->cpu_used_us / allocated);
    cell_set_text(cell, scratch->bytes);
}

static void cell_ended_by(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, VIEW(row)->ended_by);
}

static void cell_preempted_by(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->preempted_by > 0)
        cell_set(cell, CELL_NUMBER, (int64_t)VIEW(row)->preempted_by);
}

static void cell_preempted(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->preempted_us > 0)
        cell_set(cell, CELL_TIME, VIEW(row)->preempted_us);
}

static void cell_suspended(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->suspended_us > 0)
        cell_set(cell, CELL_DURATION, VIEW(row)->suspended_us);
}

static void cell_dependency(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, VIEW(row)->dependency);
}

/* The time of all its cores, whether they did anything or not: sacct's CPUTime. */
static int64_t cores_us(const struct job_row *row)
{
    return job_elapsed(row) * row->view->cores;
}

static void cell_cores_time(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_DURATION, cores_us(row));
}

/* In whole seconds, and the limit in minutes: as sacct's "raw" fields are. */
static void cell_cores_seconds(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_NUMBER, cores_us(row) / US_PER_SECOND);
}

static void cell_elapsed_seconds(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_NUMBER, job_elapsed(row) / US_PER_SECOND);
}

static void cell_limit_minutes(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (VIEW(row)->limit_us == PARSE_UNLIMITED)
        cell_set_text(cell, "UNLIMITED");
    else if (VIEW(row)->limit_us > 0)
        cell_set(cell, CELL_NUMBER, VIEW(row)->limit_us / US_PER_MINUTE);
}

static void cell_tres(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);

    buffer_print(scratch, "cpu=%" PRIu32 ",mem=%" PRIu64 "M,node=%" PRIu32, job->cores,
                 (uint64_t)job->memory >> 20, job->nodes);
    cell_set_text(cell, scratch->bytes);
}

/* Fields of Slurm for what is not offered: present, so that tools' formats work, and empty. */
static void cell_nothing(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)row;
    (void)scratch;
    cell->absent = "N/A";
}

const struct column job_columns[] = {
    {"jobid",           NULL,                "JOBID",            'i', COLUMN_RIGHT, cell_id             },
    {"partition",       NULL,                "PARTITION",        'P', COLUMN_CUT,   cell_partition      },
    {"name",            "jobname",           "NAME",             'j', COLUMN_CUT,   cell_name           },
    {"user",            "username",          "USER",             'u', COLUMN_CUT,   cell_user           },
    {"st",              "statecompact",      "ST",               't', 0,            cell_state_code     },
    {"state",           NULL,                "STATE",            'T', 0,            cell_state          },
    {"time",            "elapsed",           "TIME",             'M', COLUMN_RIGHT, cell_elapsed        },
    {"nodes",           "nnodes",            "NODES",            'D', COLUMN_RIGHT, cell_nodes          },
    {"place",           "reasonlist",        "NODELIST(REASON)", 'R', COLUMN_CUT,   cell_place          },
    {"account",         "project",           "ACCOUNT",          'a', COLUMN_CUT,   cell_project        },
    {"institution",     NULL,                "INSTITUTION",      0,   COLUMN_CUT,   cell_institution    },
    {"cluster",         NULL,                "CLUSTER",          0,   COLUMN_CUT,   cell_cluster        },
    {"cpus",            "alloccpus",         "CPUS",             'C', COLUMN_RIGHT, cell_cores          },
    {"tasks",           "ntasks",            "TASKS",            0,   COLUMN_RIGHT, cell_tasks          },
    {"memory",          "reqmem",            "MEMORY",           'm', COLUMN_RIGHT, cell_memory         },
    {"nodelist",        NULL,                "NODELIST",         'N', COLUMN_CUT,   cell_node_list      },
    {"batchhost",       NULL,                "EXEC_HOST",        'B', 0,            cell_first_node     },
    {"reason",          NULL,                "REASON",           'r', COLUMN_CUT,   cell_reason         },
    {"refusal",         NULL,                "REFUSAL",          0,   COLUMN_CUT,   cell_refusal        },
    {"timelimit",       NULL,                "TIME_LIMIT",       'l', COLUMN_RIGHT, cell_limit          },
    {"timeleft",        NULL,                "TIME_LEFT",        'L', COLUMN_RIGHT, cell_left           },
    {"waited",          NULL,                "WAITED",           0,   COLUMN_RIGHT, cell_waited         },
    {"submit",          "submittime",        "SUBMIT_TIME",      'V', 0,            cell_submit         },
    {"eligible",        "eligibletime",      "ELIGIBLE_TIME",    0,   0,            cell_eligible       },
    {"start",           "starttime",         "START_TIME",       'S', 0,            cell_start          },
    {"planned",         "planstart",         "PLANNED",          0,   0,            cell_planned        },
    {"end",             "endtime",           "END_TIME",         'e', 0,            cell_end            },
    {"exitcode",        NULL,                "EXITCODE",         0,   COLUMN_RIGHT, cell_exit           },
    {"priority",        NULL,                "PRIORITY",         'Q', COLUMN_RIGHT, cell_priority       },
    {"nice",            NULL,                "NICE",             'y', COLUMN_RIGHT, cell_nice           },
    {"attempt",         NULL,                "ATTEMPT",          0,   COLUMN_RIGHT, cell_attempt        },
    {"totalcpu",        NULL,                "CPU_TIME",         0,   COLUMN_RIGHT, cell_cpu_time       },
    {"efficiency",      NULL,                "EFFICIENCY",       0,   COLUMN_RIGHT, cell_efficiency     },
    {"maxrss",          NULL,                "MEMORY_PEAK",      0,   COLUMN_RIGHT, cell_memory_peak    },
    {"held",            NULL,                "HELD",             0,   COLUMN_RIGHT, cell_held           },
    {"charged",         NULL,                "CHARGED",          0,   COLUMN_RIGHT, cell_charged        },
    {"comment",         NULL,                "COMMENT",          'k', COLUMN_CUT,   cell_comment        },
    {"endedby",         NULL,                "ENDED_BY",         0,   0,            cell_ended_by       },
    {"preemptedby",     NULL,                "PREEMPTED_BY",     0,   COLUMN_RIGHT, cell_preempted_by   },
    {"preempttime",     NULL,                "PREEMPT_TIME",     0,   0,            cell_preempted      },
    {"suspended",       NULL,                "SUSPENDED",        0,   COLUMN_RIGHT, cell_suspended      },
    {"jobidraw",        NULL,                "JOBID",            'A', COLUMN_RIGHT, cell_raw_id         },
    {"jobarrayid",      NULL,                "JOBID",            0,   COLUMN_RIGHT, cell_id             },
    {"arrayjobid",      NULL,                "ARRAY_JOB_ID",     'F', COLUMN_RIGHT, cell_array          },
    {"arraytaskid",     NULL,                "ARRAY_TASK_ID",    'K', COLUMN_CUT,   cell_elements       },
    {"arraytasks",      NULL,                "ARRAY_TASKS",      0,   0,            cell_counts         },
    {"arraylimit",      NULL,                "ARRAY_LIMIT",      0,   COLUMN_RIGHT, cell_array_limit    },
    {"timemin",         "mintime",           "TIME_MIN",         0,   COLUMN_RIGHT, cell_time_min       },
    {"deadline",        NULL,                "DEADLINE",         0,   0,            cell_deadline       },
    {"schednodes",      NULL,                "SCHEDNODES",       'Y', 0,            cell_nothing        },
    {"qos",             NULL,                "QOS",              'q', 0,            cell_qos            },
    {"gres",            "tres",              "TRES_PER_NODE",    'b', 0,            cell_nothing        },
    {"features",        NULL,                "FEATURES",         'f', 0,            cell_nothing        },
    {"dependency",      NULL,                "DEPENDENCY",       'E', COLUMN_CUT,   cell_dependency     },
    {"reservation",     NULL,                "RESERVATION",      'v', 0,            cell_reservation    },
    {"cputime",         NULL,                "CPUTIME",          0,   COLUMN_RIGHT, cell_cores_time     },
    {"cputimeraw",      NULL,                "CPUTIMERAW",       0,   COLUMN_RIGHT, cell_cores_seconds  },
    {"elapsedraw",      NULL,                "ELAPSEDRAW",       0,   COLUMN_RIGHT, cell_elapsed_seconds},
    {"timelimitraw",    NULL,                "TIMELIMITRAW",     0,   COLUMN_RIGHT, cell_limit_minutes  },
    {"ncpus",           "reqcpus",           "NCPUS",            0,   COLUMN_RIGHT, cell_cores          },
    {"allocnodes",      "reqnodes",          "ALLOCNODES",       0,   COLUMN_RIGHT, cell_nodes          },
    {"alloctres",       "reqtres",           "ALLOCTRES",        0,   COLUMN_CUT,   cell_tres           },
    {"avecpu",          "mincpu",            "AVECPU",           0,   COLUMN_RIGHT, cell_nothing        },
    {"usercpu",         "systemcpu",         "USERCPU",          0,   COLUMN_RIGHT, cell_nothing        },
    {"averss",          "maxrssnode",        "AVERSS",           0,   COLUMN_RIGHT, cell_nothing        },
    {"maxvmsize",       "avevmsize",         "MAXVMSIZE",        0,   COLUMN_RIGHT, cell_nothing        },
    {"maxdiskread",     "avediskread",       "MAXDISKREAD",      0,   COLUMN_RIGHT, cell_nothing        },
    {"maxdiskwrite",    "avediskwrite",      "MAXDISKWRITE",     0,   COLUMN_RIGHT, cell_nothing        },
    {"consumedenergy",  "consumedenergyraw", "CONSUMEDENERGY",   0,   COLUMN_RIGHT, cell_nothing        },
    {"derivedexitcode", NULL,                "DERIVEDEXITCODE",  0,   COLUMN_RIGHT, cell_exit           },
    {"associd",         "wckey",             "ASSOCID",          0,   0,            cell_nothing        },
    {"uid",             "gid",               "UID",              0,   COLUMN_RIGHT, cell_nothing        },
    {"group",           NULL,                "GROUP",            0,   0,            cell_nothing        },
    {"admincomment",    "systemcomment",     "ADMINCOMMENT",     0,   0,            cell_nothing        },
    {NULL,              NULL,                NULL,               0,   0,            NULL                },
};
