/* pmix_server.h - the PMIx library as a server: what is the only file to know it
 *
 * The ranks connect to it for their numbers and for what they have to tell each other before MPI
 * can.  The library calls back on a thread of its own; what it wants is written into a
 * pipe and read by pmix_server_take() on ours.
 *
 * PMIx 4.2 may lock up for good after a client that it refused, or one that broke off: after any
 * failure the server is not ended in order, but left to the end of the process.
 *
 * Threads: the library's own, which only writes into the pipe.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_SERVER_H
#define AGENT_PMIX_SERVER_H

#include "agent/pmix_job.h"

#include <stdbool.h>
#include <stdint.h>

struct pmix_server;

enum pmix_news_kind {
    PMIX_NEWS_ABORT,
    PMIX_NEWS_FENCE,
    PMIX_NEWS_MODEX,    /* what a rank on another node has to tell */
    PMIX_NEWS_FOUND,    /* what pmix_server_fetch() asked for; no answer is wanted */
    PMIX_NEWS_JOINED,   /* rank, here, has begun; no answer is wanted */
    PMIX_NEWS_FINISHED, /* and has said goodbye; the same */
    PMIX_NEWS_SPAWN,    /* it wanted more ranks, and was refused; the same */
};

/* What a rank, or all of them together, want of us. */
struct pmix_news {
    enum pmix_news_kind kind;
    uint32_t rank;           /* which; MODEX, FOUND: whose data */
    int status;              /* ABORT */
    char text[200];          /* ABORT */
    struct pmix_ranks ranks; /* FENCE: whose */
    uint8_t *bytes;          /* FENCE: what the ranks here have to tell; FOUND: the data */
    size_t size;
    bool good;             /* FOUND: there are some */
    uint32_t node, number; /* FOUND: as they were given */
    void *answer;          /* the library's callback and its argument */
    void *answer_owner;
};

struct pmix_server *pmix_server_new(const struct pmix_job *job, struct error *err);

/* To be polled for reading. */
int pmix_server_descriptor(const struct pmix_server *server);
struct pmix_news *pmix_server_take(struct pmix_server *server); /* NULL: nothing (more) */

/* What the news wanted; frees it.  FENCE and MODEX: the bytes of all, or of the rank. */
void pmix_news_answer(struct pmix_news *news, bool good, const void *bytes, size_t size);

/* News to nobody: what wants no answer. */
void pmix_news_free(struct pmix_news *news);

/* What a rank here has to tell, as soon as it has: comes as FOUND. */
void pmix_server_fetch(struct pmix_server *server, uint32_t rank, uint32_t node, uint32_t number);

/* The environment of a rank: `ours` with what the library adds; free with its texts. */
char **pmix_server_environment(struct pmix_server *server, uint32_t rank, char *const *ours,
                               struct error *err);

/* In order; only when nothing has failed. */
void pmix_server_end(struct pmix_server *server);

#endif
