/* agenda.h - what happens when, in virtual time
 *
 * Of what is due at the same instant, what was put down first comes first.
 *
 * Owns: the entries.  Borrows: their owners.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_AGENDA_H
#define TESTS_SIMULATION_AGENDA_H

#include "base/heap.h"

#include <stdbool.h>
#include <stdint.h>

/* word: what was given to agenda_add(), to tell an entry that nobody waits for any more. */
typedef void agenda_fn(void *owner, uint64_t word);

struct agenda {
    struct heap heap;
    uint64_t added;
    int64_t now_us;
};

void agenda_init(struct agenda *agenda);
void agenda_clear(struct agenda *agenda);
void agenda_add(struct agenda *agenda, int64_t at_us, agenda_fn *fn, void *owner, uint64_t word);

/* The next entry; time jumps to it.  False when there is none, or none before until_us (then
 * it is until_us). */
bool agenda_step(struct agenda *agenda, int64_t until_us);

#endif
