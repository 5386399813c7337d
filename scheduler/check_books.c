/* check_books.c - do budgets, jobs and postings agree */

#include "scheduler/check_books.h"

#include "accounting/core/ledger.h"
#include "base/table.h"
#include "scheduler/booking_rows.h"
#include "scheduler/core/job_state.h"
#include "scheduler/sealing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All that was ever granted, and what came of it.  What a grant's end takes away is not taken off:
 * jobs that run keep their holds. */
struct budget {
    __int128 granted, used; /* used: charged less refunds, and held */
    int64_t since_us;       /* what started from then on was admitted under it */
    char name[2 * LEDGER_NAME_MAX + 4];
};

struct refunds {
    int64_t amount;
};

struct check_books {
    struct store *store;
    const struct finder *finder;
    struct table *budgets; /* struct budget by "institution" or "institution/project" */
    struct table *refunds; /* struct refunds by job */
    struct openings *openings;
    struct table *sealed; /* int64_t: since when, by name */
    uint64_t postings;    /* of attempts */
    uint64_t found;       /* by their jobs */
    uint64_t half_erased; /* jobs */
};

struct check_books *check_books_new(struct store *store, const struct finder *finder)
{
    struct check_books *books = NEW(struct check_books);

    *books = (struct check_books){
        .store = store, .finder = finder, .budgets = table_new(), .refunds = table_new()};
    books->openings = openings_new();
    books->sealed = table_new();
    return books;
}

static void free_all(struct table *table)
{
    void *item;

    for (size_t place = 0; (item = table_next(table, &place));)
        free(item);
    table_free(table);
}

void check_books_free(struct check_books *books)
{
    if (!books)
        return;
    free_all(books->budgets);
    free_all(books->refunds);
    free_all(books->sealed);
    openings_free(books->openings);
    free(books);
}

static void name_budget(const char *institution, const char *project, struct budget *budget)
{
    snprintf(budget->name, sizeof(budget->name), "%s%s%s", institution, *project ? "/" : "",
             project);
}

/* --- budgets --------------------------------------------------------------------------------------------- */

void check_books_grant(struct check_books *books, const struct grant_row *grant)
{
    struct budget wanted = {.since_us = INT64_MAX}, *budget;

    name_budget(grant->institution, grant->project, &wanted);
    budget = table_get_text(books->budgets, wanted.name);
    if (!budget) {
        budget = memory_copy_bytes(&wanted, sizeof(wanted));
        table_put_text(books->budgets, budget->name, budget);
    }
    budget->granted += grant->amount;
    if (grant->made_us < budget->since_us)
        budget->since_us = grant->made_us;
}

/* A project without grants draws on its institution alone; one that has them was bound by them
 * from the first one on. */
static void use(struct check_books *books, const char *institution, const char *project,
                int64_t amount, int64_t at_us)
{
    struct budget wanted, *budget;

    name_budget(institution, project, &wanted);
    budget = table_get_text(books->budgets, wanted.name);
    if (budget && (at_us >= budget->since_us || amount < 0))
        budget->used += amount;
}

static void use_of_both(struct check_books *books, const char *institution, const char *project,
                        int64_t amount, int64_t at_us)
{
    use(books, institution, "", amount, at_us);
    use(books, institution, project, amount, at_us);
}

/* "RFD/job/id". */
static void take_refund(struct check_books *books, const struct txn_row *txn)
{
    const struct txn_row *row = txn;
    struct refunds *refunds;
    struct entry entry;
    const char *place = row->text;
    uint64_t job;

    if (sscanf(row->txn_key, "RFD/%" SCNu64, &job) != 1)
        return;
    while (txn_next_entry(&place, &entry)) {
        if (strncmp(entry.account, "limit:", 6) != 0)
            continue;
        use_of_both(books, row->institution, entry.account + 6, -entry.amount_micro, row->at_us);
        refunds = table_get_number(books->refunds, job);
        if (!refunds) {
            refunds = NEW(struct refunds);
            table_put_number(books->refunds, job, refunds);
        }
        refunds->amount += entry.amount_micro;
    }
}

/* --- seals ----------------------------------------------------------------------------------------------- */

void check_books_seal(struct check_books *books, const struct seal_row *seal)
{
    if (!openings_add_row(books->openings, seal))
        find(books->finder, "I17: the seal of %s is not that of its salt", seal->name);
    if (!table_get_text(books->sealed, seal->name))
        table_put_text(books->sealed, seal->name,
                       memory_copy_bytes(&seal->made_us, sizeof(seal->made_us)));
}

static void check_name(struct check_books *books, const struct txn_row *txn)
{
    const int64_t *since_us = table_get_text(books->sealed, txn->user);

    if (since_us && txn->at_us > *since_us)
        find(books->finder, "I17: transaction %" PRId64 " names a person who has a seal", txn->id);
}

/* --- postings -------------------------------------------------------------------------------------------- */

void check_books_txn(struct check_books *books, const struct txn_row *txn)
{
    if (txn->kind == TXN_REFUND)
        take_refund(books, txn);
    if (!booking_has_usage(txn))
        return;
    books->postings++;
    check_name(books, txn);
    use_of_both(books, txn->institution, txn->project, txn->charged, txn->start_us);
}

/* --- jobs ------------------------------------------------------------------------------------------------ */

struct postings {
    struct check_books *books;
    const struct job_row *job;
    uint64_t count;
    int64_t charged, attempt, slice; /* the last two of the one before */
};

static bool is_of(const struct check_books *books, const struct txn_row *txn,
                  const struct job_row *job)
{
    return (strcmp(txn->user, job->user) == 0 ||
            strcmp(openings_name(books->openings, txn->user), job->user) == 0) &&
           strcmp(txn->project, job->project) == 0 &&
           strcmp(txn->institution, job->institution) == 0 && txn->submit_us == job->submit_us;
}

static bool on_posting(void *owner, const struct row *row, bool good)
{
    struct postings *postings = owner;
    const struct finder *finder = postings->books->finder;
    const struct job_row *job = postings->job;
    const struct txn_row *txn = &row->txn;

    (void)good;
    if (postings->count > 0 && txn->attempt == postings->attempt && txn->slice == postings->slice)
        find(finder, "I5: job %" PRId64 " attempt %" PRId64 " is posted twice", job->id,
             txn->attempt);
    if (!is_of(postings->books, txn, job))
        find(finder,
             "I6: job %" PRId64 " attempt %" PRId64 ": the books have another user, project, "
             "institution or time of submission than the job",
             job->id, txn->attempt);
    postings->count++;
    postings->charged += txn->charged;
    postings->attempt = txn->attempt;
    postings->slice = txn->slice;
    return true;
}

bool check_books_job(struct check_books *books, const struct job_row *job, struct error *err)
{
    const struct query query = {.kind = QUERY_TXNS_OF_JOB, .lane = LANE_SLOW, .from = job->id};
    const struct refunds *refunds = table_get_number(books->refunds, (uint64_t)job->id);
    struct postings postings = {.books = books, .job = job};
    int64_t charged;

    if (!books->store->query(books->store, &query, on_posting, &postings, err))
        return false;
    books->found += postings.count;
    books->half_erased += strcmp(openings_name(books->openings, job->user), job->user) != 0;
    use_of_both(books, job->institution, job->project, job->held_micro, job->start_us);
    charged = postings.charged - (refunds ? refunds->amount : 0);
    if (charged != job->charged_micro)
        find(books->finder,
             "I4: job %" PRId64 " was charged %" PRId64 " micro SU, the books say %" PRId64,
             job->id, job->charged_micro, charged);
    /* The head of an array has the times of its elements, and ran itself never. */
    if (postings.count == 0 && job->attempt > 0 && job->start_us > 0 &&
        job_state_is_final((enum job_state)job->state))
        find(books->finder, "I4: job %" PRId64 " ran and ended, and the books have nothing of it",
             job->id);
    return true;
}

uint64_t check_books_half_erased(const struct check_books *books)
{
    return books->half_erased;
}

/* --- the end ---------------------------------------------------------------------------------------------- */

void check_books_end(struct check_books *books)
{
    const struct budget *budget;

    for (size_t place = 0; (budget = table_next(books->budgets, &place));)
        if (budget->used > budget->granted)
            find(books->finder,
                 "%s: %s: %" PRId64 " micro SU are charged and held, all its grants were %" PRId64,
                 strchr(budget->name, '/') ? "I14" : "I3", budget->name, (int64_t)budget->used,
                 (int64_t)budget->granted);
    if (books->found != books->postings)
        find(books->finder,
             "I4: %" PRIu64 " attempts are in the books, %" PRIu64 " of jobs that there are",
             books->postings, books->found);
}
