/* check_books.h - do budgets, jobs and postings agree
 *
 * Part of check.c: grants are given first, then transactions, then jobs.  Nothing is kept for each
 * transaction or job.
 *
 * Owns: its sums.  Borrows: store, finder.  Threads: as check.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CHECK_BOOKS_H
#define SCHEDULER_CHECK_BOOKS_H

#include "base/error.h"
#include "base/memory.h"
#include "scheduler/check.h"
#include "scheduler/store.h"

#include <stdbool.h>

struct check_books;

struct check_books *check_books_new(struct store *store, const struct finder *finder);
void check_books_free(struct check_books *books);
DEFINE_CLEANUP(struct check_books *, check_books_free)

/* I17: each seal is that of its name and salt, and no posting names who has one; before the postings. */
void check_books_seal(struct check_books *books, const struct seal_row *seal);

void check_books_grant(struct check_books *books, const struct grant_row *grant);
void check_books_txn(struct check_books *books, const struct txn_row *txn);

/* I4: what a job was charged is what was posted for it.  I5: for each attempt once.  I6: and the
 * posting tells of this job.  False: reading failed. */
bool check_books_job(struct check_books *books, const struct job_row *job, struct error *err);

/* Jobs with a seal instead of a name that can still be told: the erasing of a person leaves none. */
uint64_t check_books_half_erased(const struct check_books *books);

/* When all is given.  I3: no institution was admitted more than it was ever granted.  I14: nor a
 * project that has grants of its own, whatever is left above it.  I4: no posting without its job. */
void check_books_end(struct check_books *books);

#endif
