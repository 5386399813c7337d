/* runtime_process.h - task sets as processes of this machine
 *
 * Implements runtime.h with the launcher's help: requests go to its socket, news come from
 * the records that shepherds write (record.h; one inotify watch for all) and from pidfds,
 * which tell of a shepherd that was killed.  The launcher may be restarted at any time; the
 * agent too, since list() finds everything again.
 *
 * What a job sees of it: TMPDIR and TEQUIO_CREDENTIAL in the part's directory
 * <spool>/<job>.<attempt>.<part>/, USER, LOGNAME, HOME and SHELL of the local account (always
 * when users are mapped, else where the environment does not have them).
 *
 * Owns: its connection, watches and descriptors.  Borrows: the loop.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RUNTIME_PROCESS_H
#define AGENT_RUNTIME_PROCESS_H

#include "agent/launcher/request.h"
#include "agent/runtime.h"

#include "base/loop.h"
#include "base/memory.h"

struct runtime_process;

struct runtime_process_options {
    const char *socket;  /* of the launcher; NULL: start one */
    const char *program; /* tequio-launcher, when there is no socket */
    const char *config;  /* for that one; NULL: none */
    const char *spool;   /* for that one; best in memory */
    const char *scratch; /* for that one, what jobs write; NULL: in the spool */
};

/* NULL when no launcher answers. */
struct runtime_process *runtime_process_new(struct loop *loop,
                                            const struct runtime_process_options *options,
                                            struct error *err);
void runtime_process_free(struct runtime_process *process);
DEFINE_CLEANUP(struct runtime_process *, runtime_process_free)

struct runtime runtime_process_seam(struct runtime_process *process);

/* enum launcher_fact: FACT_DISTINCT_HOSTS and others, as the launcher last said. */
uint32_t runtime_process_facts(const struct runtime_process *process);

#endif
