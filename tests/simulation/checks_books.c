/* checks_books.c - what must hold in a simulated world: holds, charges, ledger */

#include "accounting/core/ledger.h"
#include "scheduler/booking_rows.h"
#include "tests/lib/store_memory.h"
#include "tests/simulation/checks.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hold_record {
    uint64_t job;
    uint32_t attempt;
    bool open;
    bool settled;
};

/* A key without padding. */
struct hold_name {
    uint64_t job, attempt;
};

static struct hold_record *find_hold(const struct checks *checks, int64_t job, int64_t attempt)
{
    const struct hold_name name = {(uint64_t)job, (uint64_t)attempt};

    return table_get(checks->holds, &name, sizeof(name));
}

/* --- holds ---------------------------------------------------------------------------------------- */

static void open_hold(struct checks *checks, const struct hold_row *row)
{
    const struct hold_name name = {(uint64_t)row->job, (uint64_t)row->attempt};
    struct hold_record *record;

    if (find_hold(checks, row->job, row->attempt)) {
        findings_add(checks->findings,
                     "the hold of job %" PRId64 " attempt %" PRId64 " is opened twice", row->job,
                     row->attempt);
        return;
    }
    record = NEW(struct hold_record);
    *record =
        (struct hold_record){.job = name.job, .attempt = (uint32_t)name.attempt, .open = true};
    table_put(checks->holds, &name, sizeof(name), record);
}

static void end_hold(struct checks *checks, const struct hold_row *row)
{
    struct hold_record *record = find_hold(checks, row->job, row->attempt);

    if (!record || !record->open)
        findings_add(checks->findings, "the hold of job %" PRId64 " attempt %" PRId64 " is %s",
                     row->job, row->attempt, record ? "ended twice" : "ended and never opened");
    else
        record->open = false;
}

/* What a live job is said to hold is what is held for it. */
static void check_held(struct checks *checks, const struct job_row *job)
{
    const struct row key = {
        ROW_HOLD, .hold = {.job = job->id, .attempt = job->attempt}
    };
    const struct row *row = store_memory_find(checks->center->store, &key);
    int64_t held_micro = row ? row->hold.amount : 0;

    if (held_micro != job->held_micro)
        findings_add(checks->findings, "job %" PRId64 " holds %" PRId64 ", the books %" PRId64,
                     job->id, job->held_micro, held_micro);
}

/* --- charges ----------------------------------------------------------------------------------------- */

static void settle(struct checks *checks, const struct txn_row *usage)
{
    struct hold_record *record = find_hold(checks, usage->job, usage->attempt);
    struct promise *promise = checks_promise(checks, (uint64_t)usage->job);
    int64_t *charged_micro = table_get_text(checks->charges, usage->project);

    if (!record || record->open || record->settled)
        findings_add(checks->findings, "job %" PRId64 " attempt %" PRId64 " is settled %s",
                     usage->job, usage->attempt,
                     record && record->settled ? "twice" : "without the end of its hold");
    if (record)
        record->settled = true;
    if (usage->charged < 0 || usage->waived < 0 || usage->wall_us < 0)
        findings_add(checks->findings, "job %" PRId64 " is charged less than nothing", usage->job);
    promise->charged_micro += usage->charged;
    if (!charged_micro) {
        charged_micro = NEW(int64_t);
        table_put_text(checks->charges, usage->project, charged_micro);
    }
    *charged_micro += usage->charged;
}

static void check_charged(struct checks *checks, const struct job_row *job)
{
    const struct promise *promise = checks_promise(checks, (uint64_t)job->id);

    if (promise->charged_micro != job->charged_micro)
        findings_add(checks->findings, "job %" PRId64 " is charged %" PRId64 ", its usage %" PRId64,
                     job->id, job->charged_micro, promise->charged_micro);
}

static void check_balance(struct checks *checks, const struct balance_row *balance)
{
    const int64_t *charged_micro = table_get_text(checks->charges, balance->project);

    if (balance->charged != (charged_micro ? *charged_micro : 0))
        findings_add(checks->findings, "the balance of %s is %" PRId64 ", its usage %" PRId64,
                     balance->project, balance->charged, charged_micro ? *charged_micro : 0);
}

/* --- transactions --------------------------------------------------------------------------------------- */

static int64_t sum_of(const char *canonical)
{
    struct entry entry;
    int64_t sum = 0;

    while (txn_next_entry(&canonical, &entry))
        sum += entry.amount_micro;
    return sum;
}

/* The transaction before it in the institution's chain; NULL: it is the first. */
static const struct txn_row *before(const struct checks *checks, const struct txn_row *txn)
{
    const struct store *store = checks->center->store;

    for (size_t i = store_memory_count(store, ROW_TXN); i > 0; i--) {
        const struct txn_row *row = &store_memory_row(store, ROW_TXN, i - 1)->txn;

        if (strcmp(row->institution, txn->institution) == 0 && row->sequence == txn->sequence - 1)
            return row;
    }
    return NULL;
}

static void check_txn(struct checks *checks, const struct txn_row *txn)
{
    const struct txn_row *last = before(checks, txn);
    CLEANUP(buffer_clear) struct buffer text;
    struct digest head = {0}, leaf;

    buffer_init(&text);
    booking_print_text(txn, &text);
    leaf = chain_leaf(text.bytes, text.length);
    if (sum_of(text.bytes) != 0)
        findings_add(checks->findings, "transaction %" PRId64 " does not sum to zero", txn->id);
    if (!last && txn->sequence != 1)
        findings_add(checks->findings,
                     "transaction %" PRId64 " is number %" PRId64 " of %s, without one "
                     "before it",
                     txn->id, txn->sequence, txn->institution);
    if (last)
        memcpy(head.bytes, last->head.bytes, DIGEST_SIZE);
    head = chain_next(&head, (uint64_t)txn->sequence, &leaf);
    if (memcmp(head.bytes, txn->head.bytes, DIGEST_SIZE) != 0)
        findings_add(checks->findings, "transaction %" PRId64 " does not fit into its chain",
                     txn->id);
}

/* --- the batch --------------------------------------------------------------------------------------------- */

static void follow(struct checks *checks, const struct write *write)
{
    if (write->row.kind == ROW_HOLD && write->verb == WRITE_PUT)
        open_hold(checks, &write->row.hold);
    else if (write->row.kind == ROW_HOLD)
        end_hold(checks, &write->row.hold);
    else if (write->row.kind == ROW_TXN)
        check_txn(checks, &write->row.txn);
}

/* When all of the batch is followed. */
static void check(struct checks *checks, const struct row *row)
{
    if (row->kind == ROW_JOB) {
        check_held(checks, &row->job);
        check_charged(checks, &row->job);
    } else if (row->kind == ROW_BALANCE) {
        check_balance(checks, &row->balance);
    }
}

void checks_books(struct checks *checks, const struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        follow(checks, &batch->writes[i]);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->writes[i].row.kind == ROW_TXN && batch->writes[i].row.txn.job > 0)
            settle(checks, &batch->writes[i].row.txn);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->writes[i].verb == WRITE_PUT)
            check(checks, &batch->writes[i].row);
}

void checks_books_free(struct checks *checks)
{
    void *record;

    for (size_t place = 0; (record = table_next(checks->holds, &place));)
        free(record);
    for (size_t place = 0; (record = table_next(checks->charges, &place));)
        free(record);
    table_free(checks->holds);
    table_free(checks->charges);
}
