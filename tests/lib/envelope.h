/* envelope.h - envelopes of every kind, filled at random
 *
 * They follow the message descriptors, so a new message or field is in the tests as soon as
 * it is in its .proto file.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_ENVELOPE_H
#define TESTS_LIB_ENVELOPE_H

#include "proto/arena.h"
#include "proto/message.h"
#include "tests/lib/random.h"

#include <stddef.h>

/* Kinds of body there are, and the kind of the index-th. */
size_t envelope_kind_count(void);
Wire__Envelope__BodyCase envelope_kind(size_t index);

/* The field of Envelope that holds bodies of this kind. */
const ProtobufCFieldDescriptor *envelope_field(Wire__Envelope__BodyCase kind);

/* All of its fields at random, in the arena.  Repeated ones have 0 to 3 items. */
Wire__Envelope *envelope_random(struct test_random *random, Wire__Envelope__BodyCase kind,
                                struct arena *arena);

/* An envelope with a body of that kind in which nothing is set. */
Wire__Envelope *envelope_empty(Wire__Envelope__BodyCase kind, struct arena *arena);

#endif
