/* launcher_link.h - ask the launcher, whether it was restarted meanwhile or not
 *
 * One request at a time, and its answer.  A connection that broke is made again before the
 * next request; a launcher that the agent has started itself is started again.
 *
 * Owns: the connection.  Borrows: the loop.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_LINK_H
#define AGENT_LAUNCHER_LINK_H

#include "agent/runtime_process.h"

struct launcher_link;

struct launcher_answer {
    uint32_t facts;
    bool end;
    size_t size;    /* bytes put behind the buffer's length */
    int descriptor; /* -1: none; the caller closes it */
};

struct launcher_link *launcher_link_new(struct loop *loop,
                                        const struct runtime_process_options *options);
void launcher_link_free(struct launcher_link *link);
DEFINE_CLEANUP(struct launcher_link *, launcher_link_free)

/* Connect, if it is not; so that facts and spool are known. */
bool launcher_link_hello(struct launcher_link *link, struct error *err);

struct launcher_request {
    struct request_head *head; /* magic and tag are filled in */
    size_t size;               /* of the request that starts with it */
    int descriptor;            /* goes with it; -1: none */
    struct buffer *buffer;     /* for bytes of the answer; NULL: there are none */
};

/* Send it, and wait for the answer.  ERROR_UNAVAILABLE when the launcher does not answer: the
 * request may have been served. */
bool launcher_link_ask(struct launcher_link *link, const struct launcher_request *request,
                       struct launcher_answer *ret_answer, struct error *err);

/* Send, and expect no answer; false when there is nobody to take it. */
bool launcher_link_tell(struct launcher_link *link, struct request_head *head, size_t size);

/* As the launcher said when it was connected; the spool is "" before. */
uint32_t launcher_link_facts(const struct launcher_link *link);
const char *launcher_link_spool(const struct launcher_link *link);

#endif
