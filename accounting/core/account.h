/* account.h - one budget: its grants, what was charged to it, what is held
 *
 * A charge is drawn from the grants that are valid at its time, the one that ends
 * first before the others; what no grant covers is a debt, which the next grant
 * covers as soon as it begins.  When a grant ends, only what was not drawn from it goes away:
 *
 *     granted   = valid grants + what was drawn from ended ones
 *     available = granted - charged - held = rest of valid grants - debt - held
 *
 * Sums are 128 bits wide: they cannot overflow with single amounts up to
 * LEDGER_AMOUNT_MAX.
 *
 * Owns: its grants.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_ACCOUNT_H
#define ACCOUNTING_CORE_ACCOUNT_H

#include "accounting/core/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allotment {
    uint64_t id;
    int64_t amount_micro;
    int64_t start_us;
    int64_t end_us; /* INT64_MAX: no end */
    int64_t drawn_micro;
};

struct account {
    char name[LEDGER_NAME_MAX + 1];
    struct account *above; /* a project's institution; NULL: this is one */
    __int128 charged_micro;
    __int128 held_micro;
    __int128 debt_micro;    /* charged, and drawn from no grant */
    __int128 undated_micro; /* restored as a sum: drawn at the first known time */
    int64_t at_us;          /* known up to here */
    int64_t valid_until_us; /* rest_micro holds in [at_us, valid_until_us) */
    __int128 rest_micro;    /* of the grants valid at at_us */
    size_t count, capacity;
    struct allotment *grants; /* by end, then start, then id */

    /* an institution's chain; its number is 0 before its first transaction */
    uint64_t chain;
    uint64_t sequence;
    struct digest head;
};

void account_init(struct account *account, const char *name, struct account *above);
void account_clear(struct account *account);

/* A copy of its own; `above` stays the same pointer. */
struct account account_copy(const struct account *account);

/* Before it, the account is brought up to now_us. */
void account_add_grant(struct account *account, const struct allotment *grant, int64_t now_us);
void account_charge(struct account *account, int64_t amount_micro, int64_t now_us);

/* Take back a charge: debt first, then what was drawn from valid grants, the last to end first,
 * then what was drawn from those that ended (and is gone with them). */
void account_refund(struct account *account, int64_t amount_micro, int64_t now_us);

struct allotment *account_find_grant(struct account *account, uint64_t id); /* or NULL */

/* Make a grant smaller, at most by what was not drawn from it (as far as that is known). */
void account_cut_grant(struct account *account, struct allotment *grant, int64_t amount_micro);

/* Let time pass: grants begin and end. */
void account_advance(struct account *account, int64_t now_us);

/* A charge whose time is not known; grants may still be added to the account. */
void account_restore_charge(struct account *account, int64_t amount_micro);

__int128 account_available(const struct account *account, int64_t now_us);

/* When the first grant ends of which something is left; INT64_MAX: none does. */
int64_t account_first_end(const struct account *account);

/* When a grant begins that is not yet valid; INT64_MAX: none. */
int64_t account_next_start(const struct account *account);

bool account_check(const struct account *account, struct error *err);

/* The nearest 64-bit number. */
int64_t amount_saturate(__int128 amount_micro);

#endif
