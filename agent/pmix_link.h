/* pmix_link.h - how the PMIx servers of a step speak to each other
 *
 * Each listens for those below it in the tree (pmix_job.h) and dials the one above, over TCP with
 * CURVE; all have one key pair, made of the step's key, and let in nobody else.  A note to another
 * server goes along the tree.  Notes between two neighbours come once and in order, also when
 * their connection was broken in between: what is not acknowledged is kept and sent again.
 *
 * Borrows: loop and job.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_PMIX_LINK_H
#define AGENT_PMIX_LINK_H

#include "agent/pmix_job.h"
#include "base/buffer.h"
#include "base/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pmix_note_kind {
    PMIX_NOTE_UP = 1,    /* a fence, to the server above */
    PMIX_NOTE_DOWN,      /* and to those below */
    PMIX_NOTE_MODEX_ASK, /* what a rank has to tell; status: which */
    PMIX_NOTE_MODEX,     /* status 0: the bytes are it */
    PMIX_NOTE_END,       /* to all: end the ranks; status: exit code, the bytes say why */
    PMIX_NOTE_LEFT,      /* to the server above: all ranks from here on down ended well */
    PMIX_NOTE_KINDS,
};

struct pmix_note {
    enum pmix_note_kind kind;
    uint32_t from, to; /* nodes; END: no matter */
    uint32_t number;   /* of an ask, repeated in its answer */
    uint32_t status;
    const void *bytes;
    size_t size;
};

struct pmix_link_calls {
    /* `node`: the neighbour that it came from. */
    void (*on_note)(void *owner, size_t node, const struct pmix_note *note);
    void (*on_trouble)(void *owner, const struct error *why); /* it can be used no more */
    void *owner;
};

struct pmix_link;

struct pmix_link *pmix_link_new(struct loop *loop, const struct pmix_job *job,
                                const struct pmix_link_calls *calls, struct error *err);
/* Waits, half a second at most, for what was sent. */
void pmix_link_free(struct pmix_link *link);
DEFINE_CLEANUP(struct pmix_link *, pmix_link_free)

/* Where those below reach it, for pmix_link_dial() there; "" when nobody is below. */
bool pmix_link_address(const struct pmix_link *link, struct buffer *text, struct error *err);
bool pmix_link_dial(struct pmix_link *link, const char *address, struct error *err);

bool pmix_link_has_parent(const struct pmix_link *link);   /* or needs none */
bool pmix_link_has_children(const struct pmix_link *link); /* all of them are there */

/* Tell the neighbour what has come from it: it waits for that. */
void pmix_link_acknowledge(struct pmix_link *link, size_t node);

/* What was sent to the server above has come there; so it may be closed. */
bool pmix_link_is_told(const struct pmix_link *link);

/* On its way, now or when the neighbour is there; END goes to all. */
void pmix_link_send(struct pmix_link *link, const struct pmix_note *note);

#endif
