/* typing.h - what a person types, sent into a step that has a terminal
 *
 * A process of its own reads the keys and sends them, so that whoever shows what the step prints
 * can wait for that alone.  While it does, the person's terminal passes on every key as it is; it
 * is put back in order by whichever of the two processes sees the end, whatever became of the
 * other.  Input that is no terminal is sent too, and its end as Ctrl-D.
 *
 * Owns: the process.  Borrows: the session.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_TYPING_H
#define CLIENT_TYPING_H

#include "base/error.h"
#include "base/memory.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
struct typing;

struct typing_options {
    const ProtobufCBinaryData *credential; /* inside the job; NULL: by the scheduler */
    bool detachable;                       /* Ctrl-] ends it, and leaves the step alone */
};

/* Before the session has asked anything: it is used by both processes.  NULL with *err. */
struct typing *typing_start(struct session *session, const struct typing_options *options,
                            struct error *err);

/* The terminal is as it was. */
void typing_end(struct typing *typing);
DEFINE_CLEANUP(struct typing *, typing_end)

struct typing_place {
    uint64_t job;
    uint64_t array; /* as in struct follow */
    uint64_t step;  /* 0: the first of the job that has a terminal, once there is one */
};

/* Into this one, from now on. */
void typing_into(const struct typing *typing, const struct typing_place *place);

/* The person has left. */
bool typing_is_over(struct typing *typing);

/* The size of the window; 0 and 0 when there is none. */
void typing_size(uint32_t *ret_rows, uint32_t *ret_columns);

#endif
