/* notice_store.h - which thresholds were crossed, and who is still to be told
 *
 * A database of the accounting service's own, beside its reports: the scheduler's is only read.  A
 * crossing, its messages and the level that was reached are written in one transaction, so that
 * each crossing is told once, and each message is tried until it is taken.
 *
 * Owns: its connection.  Threads: each connection is one thread's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_NOTICE_STORE_H
#define ACCOUNTING_NOTICE_STORE_H

#include "accounting/core/ledger.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTICE_CHANNEL_MAX 16
#define NOTICE_ADDRESS_MAX 512

struct notice {
    uint64_t id;
    int64_t at_us;
    char institution[LEDGER_NAME_MAX + 1];
    char project[LEDGER_NAME_MAX + 1]; /* "": the institution's own budget */
    unsigned percent;                  /* the highest threshold that was reached */
    int64_t granted_micro;
    int64_t used_micro;
    unsigned sent, waiting; /* messages */
};

/* To whom, and how: "mail" or "webhook". */
struct notice_target {
    const char *channel;
    const char *address;
};

/* A message that is due. */
struct delivery {
    uint64_t id;
    char channel[NOTICE_CHANNEL_MAX];
    char address[NOTICE_ADDRESS_MAX];
    unsigned tries; /* before this one */
    struct notice notice;
};

struct notice_store;

/* The file's name; free() it. */
char *notice_store_path(const char *state_directory);

/* Made when it is not there. */
struct notice_store *notice_store_open(const char *path, struct error *err);
void notice_store_free(struct notice_store *store);
DEFINE_CLEANUP(struct notice_store *, notice_store_free)

/* The level that was told last of the budget, 0: none. */
bool notice_store_level(struct notice_store *store, const struct notice *of, unsigned *ret_percent,
                        struct error *err);

/* The budget is at notice->percent now; with targets it has risen, and each is to be told. */
bool notice_store_put(struct notice_store *store, const struct notice *notice,
                      const struct notice_target *targets, size_t count, struct error *err);

/* The message that waits longest of those due; false: none, or *err. */
bool notice_store_due(struct notice_store *store, int64_t now_us, struct delivery *ret_delivery,
                      struct error *err);
bool notice_store_sent(struct notice_store *store, uint64_t delivery, int64_t at_us,
                       struct error *err);
bool notice_store_failed(struct notice_store *store, uint64_t delivery, int64_t next_us,
                         const char *why, struct error *err);

struct notice_query {
    const char *institution; /* "": of all */
    uint64_t after;          /* its number */
    unsigned most;
};

/* Notices behind number `after`, in order, at most so many; institution "": of all. */
typedef void notice_fn(void *owner, const struct notice *notice);
bool notice_store_list(struct notice_store *store, const struct notice_query *query,
                       notice_fn *each, void *owner, struct error *err);

#endif
