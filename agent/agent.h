/* agent.h - the node's agent, without its sockets
 *
 * It keeps the parts that jobs have on this node: journal first, then runtime, then
 * answer.  Everything it needs of the world comes through four seams, so that the
 * simulator of the tests runs many of them on one clock.  Whoever drives it gives it
 * messages and the runtime's news as they come, then calls agent_turn(): that writes
 * the journal, does what is due, and only then sends.
 *
 * Owns: parts, reports, steps, journal.  Borrows: facts and seams.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include "agent/runtime.h"
#include "agent/topology.h"
#include "agent/transport.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct agent_seams {
    struct agent_transport transport;
    const struct runtime *runtime;
    const struct clock *clock;
    const char *directory; /* of the journal; there, and ours */
};

/* What is true as long as it runs.  Borrowed: must outlive the agent. */
struct agent_facts {
    const char *node;
    const char *program;
    const char *boot_id;
    int64_t boot_us; /* wall clock of the machine's start */
    const struct topology *topology;
    const char *features;  /* names with commas; or NULL */
    const char *vm_images; /* folder with images of virtual machines; or NULL */
    const char
        *stage_protocols;     /* that files of jobs may come and go by; NULL: tequio-stage's own */
    uint64_t stage_bytes;     /* such a file has at most; 0: any */
    uint32_t stage_silence_s; /* a server may say nothing for so long; 0: tequio-stage's own */
    uint32_t reserved_cores;  /* the last ones: not for jobs */
    uint32_t processes_per_core; /* a part may have at once; 0: no limit */
    uint64_t memory_bytes;       /* that jobs may have */
    bool bind;                   /* give parts real cpus */
    bool own_name;               /* jobs see the node's name as the host's */
    bool as_root;                /* jobs may run as root */
    bool denies_devices;         /* other parts' GPUs cannot be opened, if their files are known */
    bool lent;         /* another scheduler has it: places, environment and ranks are its own */
    const char *agent; /* endpoint of the local socket, for jobs */
    const char *libexec;
    const char *hosts_directory; /* where host files are written, readable for jobs; NULL: none */
    uint8_t incarnation[16];
    uint64_t seed; /* of the jitter */
};

struct agent;

/* Reads the journal, looks at what the runtime still has, and makes the two agree. */
struct agent *agent_new(const struct agent_facts *facts, const struct agent_seams *seams,
                        struct error *err);
void agent_free(struct agent *agent);
DEFINE_CLEANUP(struct agent *, agent_free)

void agent_from_scheduler(struct agent *agent, const uint8_t *bytes, size_t size);
void agent_from_local(struct agent *agent, const struct sender *from, const uint8_t *bytes,
                      size_t size);

/* What heartbeats tell. */
void agent_set_load(struct agent *agent, double load, uint64_t memory_free);

/* The same of what the site's health check says; trouble: why it is not fit. */
void agent_set_health(struct agent *agent, bool fit, const char *trouble);

/* Why it has no room for new work at present, whatever its health: those whose it is use it; NULL: it
 * has.  Told at once. */
void agent_set_occupied(struct agent *agent, const char *why);

/* Write, act, send.  False with *err: the journal cannot be written; end the program, jobs run
 * on.  *ret_next_us: call again at that boot time at the latest. */
bool agent_turn(struct agent *agent, int64_t *ret_next_us, struct error *err);

/* For tests and `status`. */
size_t agent_part_count(const struct agent *agent);
uint32_t agent_cores_left(const struct agent *agent);
size_t agent_reports_waiting(const struct agent *agent);

#endif
