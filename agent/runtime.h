/* runtime.h - how the agent runs things (a seam)
 *
 * A *task set* is what one shepherd runs on this node: the batch script of a job (step
 * 0, one task), or the tasks of a step.  It outlives the agent: list() finds what is there
 * after a restart.  The real implementation (runtime_process.c) talks to the launcher; the tests
 * put a simulated one here; virtual machines become another.
 *
 * Calls never block longer than a local request takes.  News come through the callbacks, on the
 * loop's thread, never from inside a call.
 *
 * Owns: nothing.  Borrows: what a call is given, for the call.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RUNTIME_H
#define AGENT_RUNTIME_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/series.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The site's own programs before the first task of a part and after the last are task sets, too. */
#define STEP_EPILOG UINT64_MAX
#define STEP_PROLOG (UINT64_MAX - 1)

struct task_key {
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
    uint64_t step; /* 0: the batch script; STEP_PROLOG, STEP_EPILOG */
};

/* Beyond the system's signals: stop all its processes where they are, and its limit; let them go on. */
enum { SIGNAL_FREEZE = 65, SIGNAL_THAW = 66 };

static inline bool step_is_hook(uint64_t step)
{
    return step >= STEP_PROLOG;
}

/* A character device. */
struct device_number {
    uint32_t file_major;
    uint32_t file_minor;
};

/* What the job holds on this node: made before its first task set, removed after the last. */
struct part_limits {
    const char *user; /* principal; the launcher maps it to a local account */
    const char *node; /* host name the job sees, when it is not the machine's own; else NULL */
    const char *cpus; /* operating system's numbers, "0-3"; NULL: no binding */
    const char *memory_nodes;           /* "0"; NULL: all */
    uint64_t memory_bytes;              /* 0: no limit */
    uint32_t processes_most;            /* 0: no limit */
    const struct device_number *denied; /* its processes cannot open these */
    uint32_t denied_count;
    const uint8_t *credential; /* 16 bytes, put into the file that TEQUIO_CREDENTIAL names */

    /* for a runtime that asks another scheduler for all of this */
    const char *project;
    uint32_t parts; /* of the whole job */
    uint32_t cores; /* here */
    uint32_t tasks; /* here */
    int64_t limit_us;
};

struct task_start {
    struct task_key key;
    uint32_t tasks;
    const char *const *task_cpus;   /* per task, or NULL: all of the part's */
    const char *const *task_memory; /* per task lists of NUMA nodes, or NULL: as the system likes */
    const uint32_t *task_ranks;     /* per task, or NULL: from first_task on */
    bool memory_preferred;
    bool tell_binding;
    const void *script; /* batch script; NULL for a step */
    size_t script_size;
    const char *const *arguments;   /* of the script, or program and arguments; NULL-ended */
    uint32_t words_before;          /* so many of them start the script's interpreter: program and
                                       arguments of its own */
    const char *const *environment; /* whole; per-task names are added by the shepherd:
                                       TEQUIO_PROCID, SLURM_PROCID, …_LOCALID */
    uint32_t first_task;
    const char *directory;
    const char *output; /* path, patterns replaced; NULL: into the spool (a step) */
    const char *error;  /* NULL: joins output */
    const char *input;  /* NULL: /dev/null */
    bool append;
    bool kill_on_failure;    /* the first task that fails ends the others */
    bool tasks_alone;        /* have its signals, not what they have started; but all are killed,
                                stopped and let go on */
    int64_t limit_us;        /* INT64_MAX: none; the shepherd holds it, also without an agent */
    uint32_t warning_signal; /* 0: none */
    int64_t warning_us;      /* so long before the limit */
    bool warning_batch_only;
    int64_t kill_wait_us; /* between SIGTERM and SIGKILL */
    bool terminal;        /* of a step: rank 0 has one, and is heard alone */
    uint16_t rows, columns;
};

/* What is typed into a terminal. */
struct task_input {
    uint64_t offset; /* of what was typed before; the same there is the same, however often */
    uint32_t writer;
    uint16_t rows, columns; /* 0: of the same size as before */
    const void *bytes;
    size_t size; /* <= TASK_INPUT_MAX */
};

#define TASK_INPUT_MAX 4096

struct task_taken {
    bool taken; /* else something else stands at its offset */
    uint64_t offset;
};

enum task_end_cause { /* the numbers are the wire's EndCause */
                      TASK_BY_ITSELF = 0,
                      TASK_STOPPED = 1,
                      TASK_LIMIT = 2,
                      TASK_MEMORY = 3,
                      TASK_UNKNOWN = 4,
                      TASK_REBOOT = 5,
};

/* In a job's scratch directory, by what starts its batch script: one line, why it fails. */
#define LAST_WORD_FILE ".tequio-end"
#define LAST_WORD_SIZE 200

struct task_end {
    enum task_end_cause cause;
    uint32_t exit_code; /* the first task that failed decides */
    uint32_t exit_signal;
    int64_t wall_used_us; /* boot clock, start to end */
    int64_t cpu_used_us;
    uint64_t memory_peak_bytes;
    int64_t ended_us;          /* wall clock */
    char word[LAST_WORD_SIZE]; /* the last, of a batch script's starter; "" : it said nothing */
};

struct task_news {
    void (*on_started)(void *owner, const struct task_key *key, int64_t at_us);
    void (*on_ended)(void *owner, const struct task_key *key, const struct task_end *end);
    /* Nothing runs: why.  Instead of on_started. */
    void (*on_failed)(void *owner, const struct task_key *key, const struct error *why);
    /* Nothing has run, nor can it soon: it is to be given to others.  Instead of on_failed. */
    void (*on_given_back)(void *owner, const struct task_key *key, const struct error *why);
    void *owner;
};

/* A task set found after the agent's restart. */
struct task_found {
    struct task_key key;
    bool ended;         /* then on_ended follows */
    int64_t started_us; /* wall clock; 0: not known */
};

/* The output of a batch script that has ended. */
struct output_file {
    const char *user; /* principal: read with the rights of its account */
    const char *path;
    uint64_t offset;
    size_t most;
};

struct runtime {
    void *state;
    void (*listen)(void *state, const struct task_news *news);
    bool (*part_make)(void *state, const struct task_key *part, const struct part_limits *limits,
                      struct error *err);
    /* Kill whatever is left in it, then remove; false and CONFLICT while something resists. */
    bool (*part_remove)(void *state, const struct task_key *part, struct error *err);
    bool (*start)(void *state, const struct task_start *start, struct error *err);
    /* Is there such a program on this node?  Of its start all but key and environment is set by the
     * node; an epilog is UNAVAILABLE while something of the job is left. */
    bool (*has_hook)(void *state, uint64_t step);
    /* Signal 0: end it (SIGCONT, SIGTERM, kill-wait, SIGKILL).  Or SIGNAL_FREEZE, SIGNAL_THAW. */
    bool (*signal)(void *state, const struct task_key *key, int signal, bool batch_only,
                   struct error *err);
    /* Into the terminal of a set that has one (else INVALID) and runs (else CONFLICT). */
    bool (*input)(void *state, const struct task_key *key, const struct task_input *input,
                  struct task_taken *ret_taken, struct error *err);
    /* Add up to `most` bytes of output from `offset`; *ret_end: it has ended and this was
     * the rest. */
    bool (*read)(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                 size_t most, struct buffer *buffer, bool *ret_end, struct error *err);
    /* The same of a file, whose job need not be known any more. */
    bool (*read_file)(void *state, const struct output_file *file, struct buffer *buffer,
                      bool *ret_end, struct error *err);
    /* The file that it writes, by the name that leads to it without links; false when there is
     * none, or it was not opened yet. */
    bool (*find_file)(void *state, const struct task_key *key, bool error_stream,
                      struct buffer *path);
    /* What the part used over its time, until it is removed; false: not known.  NULL: never is. */
    bool (*measured)(void *state, const struct task_key *part, struct series *ret_series);
    /* Its end is acknowledged: drop the record. */
    void (*forget)(void *state, const struct task_key *key);
    /* Call found() for each task set on the node. */
    void (*list)(void *state, void (*found)(void *owner, const struct task_found *task),
                 void *owner);
};

#endif
