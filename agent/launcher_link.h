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

/* Send `size` bytes that start with a request_head (magic and tag are filled in), with
 * `descriptor` (-1: none), and wait for the answer.  Bytes of the answer go to `buffer`
 * (NULL: there are none).  ERROR_UNAVAILABLE when the launcher does not answer: the request may
 * have been served. */
bool launcher_link_ask(struct launcher_link *link, struct request_head *request, size_t size,
                       int descriptor, struct buffer *buffer, struct launcher_answer *ret_answer,
                       struct error *err);

/* Send, and expect no answer; it may be lost. */
void launcher_link_tell(struct launcher_link *link, struct request_head *request, size_t size);

/* As the launcher said when it was connected; the spool is "" before. */
uint32_t launcher_link_facts(const struct launcher_link *link);
const char *launcher_link_spool(const struct launcher_link *link);

#endif
