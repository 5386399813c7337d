/* journal.h - what the agent must not forget, on disk
 *
 * An append-only file of batches: mark, length, sequence, records, CRC-32C over all of
 * these.  journal_add() puts a record into memory; journal_sync() writes what was
 * added as one batch and waits for the disk: only then may anything be acknowledged
 * that depends on it.  One sync serves all that a turn of the loop brought, and a crash
 * leaves all of it or nothing: a change and the report of it are never parted.
 *
 * What need only survive the agent's own end, since after the machine's end the boot id says
 * more than it could, is added with journal_add_later(): written with the rest, but nobody
 * waits for the disk on its behalf before journal_settle().
 *
 * Reading it back: an incomplete or broken end is what a crash leaves, and is cut off.
 * Broken bytes with good batches behind them are damage: a copy of the file is put
 * aside (journal.damaged-N) and the good batches are used.
 *
 * A write or sync that fails is final (the kernel may have dropped the bytes): the
 * journal refuses everything afterwards, and the program must end.
 *
 * Owns: the file, its bytes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_JOURNAL_H
#define AGENT_JOURNAL_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_RECORD_MAX (8u << 20)

struct journal;

/* One record of the file, oldest first.  False with *err stops the opening. */
typedef bool journal_fn(void *owner, const uint8_t *bytes, size_t size, struct error *err);

/* What was found when it was opened. */
struct journal_found {
    uint64_t records;
    uint64_t cut;      /* bytes of a broken end */
    char damaged[256]; /* where the damaged file was put; "" = it was good */
};

/* Open (or make) DIRECTORY/journal; ERROR_CONFLICT when another process has it. */
struct journal *journal_open(const char *directory, journal_fn *on_record, void *owner,
                             struct journal_found *ret_found, struct error *err);
void journal_free(struct journal *journal);
DEFINE_CLEANUP(struct journal *, journal_free)

/* A number that no call gave before, also not before a restart, once it was synced (of the
 * machine: settled). */
uint64_t journal_next_number(struct journal *journal);

void journal_add(struct journal *journal, const void *bytes, size_t size);
void journal_add_later(struct journal *journal, const void *bytes, size_t size);

/* Nothing added: true at once. */
bool journal_sync(struct journal *journal, struct error *err);

/* Is something written that the disk may not have yet?  Then settle it before long. */
bool journal_is_unsettled(const struct journal *journal);
bool journal_settle(struct journal *journal, struct error *err);

/* Has it grown enough since it was last rewritten? */
bool journal_wants_rewrite(const struct journal *journal);

/* Replace the file by what `fill` adds with journal_add(), in one rename: a crash leaves the
 * old or the new one. */
typedef void journal_fill_fn(void *owner);
bool journal_rewrite(struct journal *journal, journal_fill_fn *fill, void *owner,
                     struct error *err);

#endif
