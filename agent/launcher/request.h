/* request.h - what the agent may ask of the launcher
 *
 * One request is one datagram (SOCK_SEQPACKET): this struct, in the machine's own byte
 * order, and for REQUEST_START a sealed memfd with the long texts (script,
 * arguments, environment, paths), passed as a descriptor.  The answer is one
 * struct answer, for what reads with the bytes behind it.  No pointers, no lengths that
 * are not checked against the limits below; texts end with NUL inside their
 * array.  The launcher believes nothing else: it maps the principal to an account by its
 * own configuration, makes paths from numbers, and knows which state of a task admits
 * which request.
 *
 * To add a request: its number and struct here, a row in request_check.c (its size and
 * what must hold in it) and one in serve.c (which state admits it, and what it does).
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_REQUEST_H
#define AGENT_LAUNCHER_REQUEST_H

#include "agent/runtime.h"

#include <assert.h>
#include <stdint.h>

#define REQUEST_MAGIC       UINT32_C(0x54514c32) /* "TQL2": another for each change of what follows */
#define REQUEST_TEXT_MAX    (5 << 20)            /* bytes of the memfd */
#define REQUEST_READ_MAX    (128 << 10)
#define REQUEST_INPUT_MAX   TASK_INPUT_MAX
#define REQUEST_CPUS_MAX    2048 /* "0-3,8-11": a cpu list as text */
#define REQUEST_CPU_LIMIT   8192 /* cpu numbers are below */
#define REQUEST_NAME_MAX    65
#define REQUEST_PATH_MAX    4096
#define REQUEST_TASKS_MAX   4096
#define REQUEST_DEVICES_MAX 256
#define REQUEST_WORDS_MAX   65536 /* arguments, and environment */

enum request_kind {
    REQUEST_MAKE_PART = 1, /* cgroup, directory, credential */
    REQUEST_START = 2,     /* a shepherd with a task set; the answer carries its pidfd */
    REQUEST_SIGNAL = 3,
    REQUEST_READ = 4, /* output of a task set, as the job's user */
    REQUEST_REMOVE_PART = 5,
    REQUEST_HELLO = 6,     /* what this launcher can do, and behind the answer its spool's path */
    REQUEST_FORGET = 7,    /* drop the record of an ended task set; has no answer */
    REQUEST_READ_FILE = 8, /* output of a job that has left the spool, as its user */
    REQUEST_INPUT = 9,     /* what somebody types into a task set's terminal */
    REQUEST_KIND_COUNT
};

struct request_head {
    uint32_t magic;
    uint32_t kind;
    uint64_t tag; /* repeated in the answer */
    uint64_t job;
    uint64_t step;
    uint32_t attempt;
    uint32_t part;
};

struct request_make_part {
    struct request_head head;
    char user[REQUEST_NAME_MAX]; /* principal */
    char node[REQUEST_NAME_MAX]; /* "" : the machine's own name */
    char cpus[REQUEST_CPUS_MAX]; /* "" : all */
    char memory_nodes[256];      /* "" : all */
    uint8_t credential[16];
    uint64_t memory_bytes;   /* 0: no limit */
    uint32_t processes_most; /* 0: no limit */
    uint32_t denied_count;
    struct device_number denied[REQUEST_DEVICES_MAX];
};

/* The memfd holds, one after the other: `script_size` bytes of script; then NUL-ended texts:
 * directory, output, error, input ("" = none), `argument_count` arguments,
 * `environment_count` "NAME=value", and, when per_task_cpus, `tasks` cpu lists; when
 * per_task_memory, as many lists of NUMA nodes ("" = any); when per_task_ranks, as many numbers.
 * Nothing may be left over.  Of STEP_PROLOG and STEP_EPILOG (runtime.h) only the environment
 * counts: the directory is /, the paths are empty, and in the environment no names but TEQUIO_, SLURM_ and SLURMD_ may be: the program, its account and its limit
 * are the launcher's own. */
struct request_start {
    struct request_head head;
    uint32_t tasks;
    uint32_t first_task;
    uint32_t argument_count;
    uint32_t words_before; /* so many arguments come before the script's interpreter */
    uint32_t environment_count;
    uint32_t script_size; /* 0: a step */
    uint32_t warning_signal;
    int64_t limit_us; /* INT64_MAX: none */
    int64_t warning_us;
    int64_t kill_wait_us;
    uint8_t append;
    uint8_t kill_on_failure;
    uint8_t warning_batch_only;
    uint8_t per_task_cpus;
    uint8_t per_task_memory;
    uint8_t per_task_ranks;   /* else from first_task on */
    uint8_t memory_preferred; /* other NUMA nodes, too, when those are full */
    uint8_t tell_binding;     /* each task into its error output */
    uint8_t tasks_alone;      /* signals are for the tasks, which see to what they have started;
                                 SIGKILL, SIGSTOP and SIGCONT are for all */
    uint8_t terminal;         /* rank 0 has one, and all it prints goes into the spool; the
                                 others of the step read and print nothing */
    uint16_t rows;
    uint16_t columns;
};

static_assert(sizeof(struct request_start) == 112, "a change of it takes another magic");

struct request_signal {
    struct request_head head;
    uint32_t signal; /* 0: end it */
    uint32_t batch_only;
};

struct request_read {
    struct request_head head;
    uint64_t offset;
    uint32_t most; /* <= REQUEST_READ_MAX */
    uint32_t error_stream;
};

struct request_read_file {
    struct request_read read;
    char user[REQUEST_NAME_MAX]; /* principal */
    char path[REQUEST_PATH_MAX];
};

/* The shepherd finds it in a file of the spool (launcher/input.h).  What stands there at `offset`
 * already is not written again; the answer's bytes are a uint64_t: how long the file is now. */
struct request_input {
    struct request_head head;
    uint64_t offset;
    uint32_t writer;
    uint16_t rows; /* 0: no other size of the window */
    uint16_t columns;
    uint32_t size;
    uint8_t bytes[REQUEST_INPUT_MAX];
};

/* In answer.facts of REQUEST_HELLO and REQUEST_MAKE_PART: what holds on this machine. */
enum launcher_fact {
    FACT_DISTINCT_HOSTS = 1, /* a part sees its node's name as the host's; without, tasks of
                                several nodes on one machine look like one host to MPI */
    FACT_MAPS_USERS = 2,     /* runs as root: each job as its own account */
    FACT_TRACKED = 4,        /* processes cannot leave their part: cgroup */
    FACT_CPUS = 8,           /* held to its cpus by the kernel, not only asked to stay there */
    FACT_MEMORY = 16,        /* memory limits hold */
    FACT_PROCESSES = 32,     /* limits on the number of processes hold */
    FACT_PROLOG = 64,        /* the site has one: a start of STEP_PROLOG runs it */
    FACT_EPILOG = 128,
    FACT_DEVICES = 256, /* devices that are denied cannot be opened */
};

struct answer {
    uint32_t magic;
    uint32_t code; /* enum error_code; 0 = done */
    uint64_t tag;  /* of the request */
    uint32_t size; /* of the bytes behind (REQUEST_READ, REQUEST_READ_FILE, REQUEST_HELLO,
                      REQUEST_INPUT) */
    uint32_t end;  /* REQUEST_READ: the task set has ended and this was the rest; REQUEST_INPUT: it
                      stands in the file */
    uint32_t facts;
    char text[200];
};

#endif
