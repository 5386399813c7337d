/* sample_store.h - a real database of a small university, written through the scheduler's store
 *
 * Institution "uni" with projects "astro" and "bio", and "otra" with nothing; "rosa" manages
 * uni, "ana" does research, "otto" manages otra, "audita" audits.  Each has a key.
 *
 * Owns: store, ledger.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_ACCOUNTING_SAMPLE_STORE_H
#define TESTS_UNIT_ACCOUNTING_SAMPLE_STORE_H

#include "accounting/core/ledger.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stdint.h>

#define SAMPLE_PEOPLE 4

struct store;

struct sample_store {
    char *directory;
    char *path; /* of the database, or its URL */
    struct store *store;
    struct ledger *ledger;
    int64_t last_txn;
    int64_t start_us; /* 2026-11-01 UTC */
    char keys[SAMPLE_PEOPLE][SOCKET_KEY_TEXT];
};

enum sample_person { SAMPLE_ROSA, SAMPLE_ANA, SAMPLE_OTTO, SAMPLE_AUDITA };

/* Those that are made from now on lie on a server (tests/lib/postgres_server.h), not in a file. */
void sample_store_use_server(bool server);

void sample_store_init(struct sample_store *sample, const char *name);
void sample_store_clear(struct sample_store *sample);

/* `count` attempts of project astro (every third of bio), one after the other, settled as of
 * at_us; every fifth is waived.  One commit. */
bool sample_store_charge(struct sample_store *sample, uint64_t first_job, unsigned count,
                         int64_t at_us);

/* That person's key is good for nothing any more. */
void sample_store_revoke(struct sample_store *sample, enum sample_person person);

/* SQL that the store itself would never run. */
bool sample_store_tamper(const struct sample_store *sample, const char *sql);

/* A copy of the other one's database in the place of this one's, as a restore leaves it. */
void sample_store_restore(const struct sample_store *sample, struct sample_store *other);

#endif
