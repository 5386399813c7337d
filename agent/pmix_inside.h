/* pmix_inside.h - what the files of tequio-pmix itself share, and nobody else sees
 *
 *   pmix.c        start, the ends of ranks, the end
 *   pmix_talk.c   what the ranks tell each other, here and on other nodes
 *
 * Threads: none of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_INSIDE_H
#define AGENT_PMIX_INSIDE_H

#include "agent/pmix_fence.h"
#include "agent/pmix_job.h"
#include "agent/pmix_link.h"
#include "agent/pmix_meet.h"
#include "agent/pmix_server.h"
#include "base/list.h"
#include "base/loop.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#define PMIX_NAME "tequio-pmix"

struct shim {
    struct pmix_job job;
    struct pmix_server *server;
    struct loop *loop;
    char **program;
    pid_t *ranks;   /* 0: ended */
    bool *speaking; /* has begun with MPI, and not said goodbye */
    uint32_t alive;
    int status; /* of the first that failed */
    bool keep;  /* the others go on when one fails */
    bool ending;
    bool torn; /* a rank was ended by SIGPIPE: another must have gone first */
    uint32_t torn_rank;
    int signals;
    sigset_t before; /* for the ranks */

    /* with more than one node */
    struct pmix_link *link;
    struct pmix_fences *fences;
    struct pmix_meet *meet;
    struct list asks; /* struct ask */
    uint32_t last_ask;
    size_t children_left;
    bool told_left;
    int64_t patience_us; /* boot clock: then the server above is given up */
};

/* --- pmix.c */
/* The step ends, here and on all nodes, with that status; the first that says so decides. */
void shim_end_step(struct shim *shim, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void shim_end_ranks(struct shim *shim, int status); /* here */

/* --- pmix_talk.c */
bool talk_start(struct shim *shim, struct error *err);
void talk_end(struct shim *shim);
void talk_take_news(struct shim *shim);           /* of the library */
void talk_end_all(struct shim *shim, int status); /* the servers of the other nodes are told */

/* All ranks here have ended well; true when the others know, so that the server may end. */
bool talk_leave(struct shim *shim);

#endif
