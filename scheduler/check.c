/* check.c - is the database what it must be */

#include "scheduler/check.h"

#include "accounting/core/ledger.h"
#include "base/table.h"
#include "scheduler/audit_line.h"
#include "scheduler/booking_rows.h"
#include "scheduler/check_books.h"
#include "scheduler/check_rates.h"
#include "scheduler/core/job_state.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A running sum by name. */
struct sum {
    int64_t amount;
    bool seen; /* the other side of the comparison has it too */
    char name[2 * LEDGER_NAME_MAX + 4];
};

struct check {
    struct store *store;
    struct finder finder;
    struct error *err; /* filled when `failed` */
    bool failed;
    struct buffer text; /* of the transaction at hand */
    struct check_books *books;
    uint64_t rows;
    uint64_t txns; /* rows of txn, and the highest number of one */
    int64_t last_txn;
    struct table *charged; /* struct sum by institution/project, from transactions */
    struct table *holds;   /* struct sum by job and attempt */
    struct table *used;    /* struct sum by institution: entries less usage, with refunds 0 */
    struct table *homes;   /* struct sum by "institution/project": the projects there are */
    struct rates *rates;
    struct digest head; /* of the chain at hand */
    struct digest root; /* the same, replayed from its first transaction whatever the rows say */
    int64_t sequence;
    uint64_t erased, told_erased; /* lines of audit, and how many the ends of persons account for */
    uint64_t erasures;            /* persons who are to be erased */
    bool wipes;                   /* somebody was, and the files are not wiped yet */
    char institution[LEDGER_NAME_MAX + 1];
};

void find(const struct finder *finder, const char *format, ...)
{
    char text[400];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    finder->on_finding(finder->owner, text);
}

static struct sum *sum_at(struct table *table, const char *name)
{
    struct sum *sum = table_get_text(table, name);

    if (!sum) {
        sum = NEW(struct sum);
        snprintf(sum->name, sizeof(sum->name), "%s", name);
        table_put_text(table, name, sum);
    }
    return sum;
}

static void free_sums(struct table *table)
{
    struct sum *sum;

    for (size_t place = 0; (sum = table_next(table, &place));)
        free(sum);
    table_free(table);
}

/* --- one row ------------------------------------------------------------------------------------------ */

static void name_row(const struct row *row, struct buffer *buffer)
{
    const struct row_shape *shape = row_shape(row->kind);

    buffer_print(buffer, "table %s, row", shape->table);
    for (unsigned i = 0; i < shape->key_count; i++) {
        const struct column *column = &shape->columns[i];

        buffer_add_char(buffer, ' ');
        if (column->kind == COLUMN_NUMBER)
            buffer_print(buffer, "%" PRId64, *row_number(row, column));
        else if (column->kind == COLUMN_TEXT)
            buffer_add_escaped(buffer, *row_text(row, column));
        else
            hex_print(row_bytes(row, column)->bytes, row_bytes(row, column)->size, buffer);
    }
}

static void check_hold(struct check *check, const struct hold_row *hold)
{
    char name[64];

    snprintf(name, sizeof(name), "%" PRId64 "/%" PRId64, hold->job, hold->attempt);
    sum_at(check->holds, name)->amount += hold->amount;
}

/* A job that runs and its hold belong together. */
static void check_job(struct check *check, const struct job_row *job)
{
    char name[64];
    struct sum *hold;

    snprintf(name, sizeof(name), "%" PRId64 "/%" PRId64, job->id, job->attempt);
    hold = table_get_text(check->holds, name);
    if (hold)
        hold->seen = true;
    if (job->held_micro != (hold ? hold->amount : 0))
        find(&check->finder,
             "I2: job %" PRId64 " holds %" PRId64 " micro SU, table hold says %" PRId64, job->id,
             job->held_micro, hold ? hold->amount : 0);
    if (hold && job_state_is_final((enum job_state)job->state))
        find(&check->finder, "I2: job %" PRId64 " has ended and still holds %" PRId64 " micro SU",
             job->id, hold->amount);
}

static void check_entries(struct check *check, const struct txn_row *txn, const char *text)
{
    const char *place = text;
    struct entry entry;
    __int128 sum = 0;
    unsigned count = 0;

    for (; txn_next_entry(&place, &entry); count++) {
        sum += entry.amount_micro;
        if (strncmp(entry.account, "used:", 5) == 0)
            sum_at(check->used, entry.account + 5)->amount += entry.amount_micro;
    }
    if (sum != 0 || count < 2)
        find(&check->finder, "I1: transaction %" PRId64 " %s: its entries do not sum to zero",
             txn->id, txn->txn_key);
}

/* Also before the first chain, when there is nothing to end. */
static void end_chain(struct check *check)
{
    if (!digest_equal(&check->root, &check->head))
        find(&check->finder,
             "I16: the transactions of %s, replayed from the first one, have another root than "
             "the books go on from",
             check->institution);
    memset(&check->root, 0, sizeof(check->root));
    memset(&check->head, 0, sizeof(check->head));
    check->institution[0] = '\0';
    check->sequence = 0;
}

static void start_chain(struct check *check, const char *institution)
{
    if (strcmp(check->institution, institution) == 0)
        return;
    end_chain(check);
    snprintf(check->institution, sizeof(check->institution), "%s", institution);
}

static bool is_digest(struct bytes bytes, const struct digest *digest)
{
    return bytes.size == DIGEST_SIZE && memcmp(bytes.bytes, digest->bytes, DIGEST_SIZE) == 0;
}

/* What was given back is no charge any more: "entry limit:PROJECT AMOUNT". */
static void count_refund(struct check *check, const struct txn_row *txn)
{
    const char *entry = strstr(txn->text, "\nentry limit:");
    char project[LEDGER_NAME_MAX + 1];
    CLEANUP(memory_freep) char *name = NULL;
    int64_t amount;

    static_assert(LEDGER_NAME_MAX == 64, "the width below");
    if (!entry || sscanf(entry, "\nentry limit:%64s %" SCNd64, project, &amount) != 2) {
        find(&check->finder, "I1: transaction %s is no refund of a project", txn->txn_key);
        return;
    }
    name = memory_format("%s/%s", txn->institution, project);
    sum_at(check->charged, name)->amount -= amount;
    sum_at(check->used, txn->institution)->amount += amount;
}

static void check_usage(struct check *check, const struct txn_row *txn)
{
    char name[2 * LEDGER_NAME_MAX + 4];

    snprintf(name, sizeof(name), "%s/%s", txn->institution, txn->project);
    sum_at(check->charged, name)->amount += txn->charged;
    sum_at(check->used, txn->institution)->amount -= txn->charged;
    if (!table_get_text(check->homes, name))
        find(&check->finder, "I15: job %" PRId64 " attempt %" PRId64 ": no project %s", txn->job,
             txn->attempt, name);
    check_rates_usage(check->rates, txn, &check->finder);
}

static void check_link(struct check *check, const struct txn_row *txn, const struct buffer *text)
{
    struct digest leaf = chain_leaf(text->bytes, text->length);

    start_chain(check, txn->institution);
    check->sequence++;
    if (txn->sequence != check->sequence)
        find(&check->finder, "chain of %s: transaction %" PRId64 " follows %" PRId64,
             txn->institution, txn->sequence, check->sequence - 1);
    check->sequence = txn->sequence;
    check->head = chain_next(&check->head, (uint64_t)txn->sequence, &leaf);
    check->root = chain_next(&check->root, (uint64_t)txn->sequence, &leaf);
    if (!is_digest(txn->head, &check->head))
        find(&check->finder, "chain of %s breaks at transaction %" PRId64 ": it was changed",
             txn->institution, txn->sequence);
    if (txn->head.size == DIGEST_SIZE) /* one broken link is one finding */
        memcpy(check->head.bytes, txn->head.bytes, DIGEST_SIZE);
}

static void check_txn(struct check *check, const struct txn_row *txn)
{
    struct buffer *text = &check->text;

    buffer_reset(text);
    booking_print_text(txn, text);
    check_link(check, txn, text);
    check_entries(check, txn, text->bytes);
    check->txns++;
    if (txn->id > check->last_txn)
        check->last_txn = txn->id;
    if (txn->kind == TXN_REFUND)
        count_refund(check, txn);
    check_books_txn(check->books, txn);
    if (booking_has_usage(txn))
        check_usage(check, txn);
    else if (txn->job != 0)
        find(&check->finder,
             "I4: transaction %" PRId64 " is of an attempt, and posts nothing for it", txn->id);
}

static void check_audit(struct check *check, const struct audit_row *row)
{
    const struct digest leaf = audit_line_leaf(row);

    check->erased += audit_line_is_erased(row);
    check->told_erased += audit_line_erased_count(row);
    check->head = chain_next(&check->head, (uint64_t)row->id, &leaf);
    if (row->id != ++check->sequence || !is_digest(row->head, &check->head))
        find(&check->finder, "the chain of table audit breaks at row %" PRId64, row->id);
    check->sequence = row->id;
    if (row->head.size == DIGEST_SIZE)
        memcpy(check->head.bytes, row->head.bytes, DIGEST_SIZE);
}

static void check_erasure(struct check *check, const struct erasure_row *erasure)
{
    if (*erasure->name == '\0')
        check->wipes = true;
    else
        check->erasures++;
}

/* What `--erase` had done when it was broken off is no sign of a thief, and only its end tells the two
 * apart. */
static void check_erased(struct check *check)
{
    uint64_t lines = check->erased > check->told_erased ? check->erased - check->told_erased : 0;
    uint64_t jobs = check_books_half_erased(check->books);

    if (check->wipes)
        find(&check->finder, "erasing was broken off before names were wiped from the files: "
                             "tequio-scheduler --erase does the rest");
    if (lines + jobs > 0 && check->erasures > 0) {
        find(&check->finder,
             "erasing was broken off: %" PRIu64 " jobs and %" PRIu64 " lines of table audit are "
             "without a person who is still to be erased, and tequio-scheduler --erase does the "
             "rest; what is then told of lines or jobs was done by somebody else",
             jobs, lines);
        return;
    }
    if (lines > 0)
        find(&check->finder,
             "%" PRIu64 " lines of table audit are erased, for %" PRIu64
             " of which a person was: the others were hidden",
             check->erased, check->told_erased);
    if (jobs > 0)
        find(&check->finder,
             "I6: %" PRIu64 " jobs have the seal of a person who is not erased, not the name",
             jobs);
}

static void check_project(struct check *check, const struct project_row *project)
{
    CLEANUP(memory_freep) char *name = memory_format("%s/%s", project->institution, project->name);

    sum_at(check->homes, name);
}

static void check_balance(struct check *check, const struct balance_row *balance)
{
    char name[2 * LEDGER_NAME_MAX + 4];
    struct sum *sum;

    snprintf(name, sizeof(name), "%s/%s", balance->institution, balance->project);
    sum = sum_at(check->charged, name);
    sum->seen = true;
    if (sum->amount != balance->charged)
        find(&check->finder,
             "I2: balance of %s says %" PRId64 " micro SU, its charges add up to %" PRId64, name,
             balance->charged, sum->amount);
}

static bool on_row(void *owner, const struct row *row, bool good)
{
    struct check *check = owner;

    check->rows++;
    if (!good) {
        CLEANUP(buffer_clear) struct buffer name;

        buffer_init(&name);
        name_row(row, &name);
        find(&check->finder, "%s: changed by something else than tequio-scheduler", name.bytes);
    }
    switch (row->kind) {
    case ROW_HOLD:
        check_hold(check, &row->hold);
        break;
    case ROW_GRANT:
        check_books_grant(check->books, &row->grant);
        break;
    case ROW_JOB:
        check_job(check, &row->job);
        check->failed = !check_books_job(check->books, &row->job, check->err);
        break;
    case ROW_PROJECT:
        check_project(check, &row->project);
        break;
    case ROW_TXN:
        check_txn(check, &row->txn);
        break;
    case ROW_AUDIT:
        check_audit(check, &row->audit);
        break;
    case ROW_BALANCE:
        check_balance(check, &row->balance);
        break;
    case ROW_ERASURE:
        check_erasure(check, &row->erasure);
        break;
    case ROW_SEAL:
        check_books_seal(check->books, &row->seal);
        break;
    case ROW_RATE:
        check_rates_card(check->rates, &row->rate, &check->finder);
        break;
    default:
        break; /* its MAC is all there is to check */
    }
    return !check->failed;
}

/* --- the whole ------------------------------------------------------------------------------------------ */

/* What is compared comes after what it is compared with. */
static const enum row_kind order[] = {
    ROW_META,    ROW_REQUEST, ROW_SCRIPT,    ROW_SPEC,      ROW_TOPOLOGY,   ROW_INSTITUTION,
    ROW_PROJECT, ROW_MEMBER,  ROW_PRINCIPAL, ROW_LOCAL_UID, ROW_PUBLIC_KEY, ROW_TOKEN,
    ROW_NODE,    ROW_PART,    ROW_GRANT,     ROW_HOLD,      ROW_RATE,       ROW_SEAL,
    ROW_TXN,     ROW_JOB,     ROW_BALANCE,   ROW_AUDIT,     ROW_SHARE,      ROW_LIMIT,
    ROW_CLOSING, ROW_WINDOW,  ROW_SERVER,    ROW_ERASURE,   ROW_SERIES,
};

static bool walk(struct check *check, struct store *store, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = order[i]};

        memset(&check->head, 0, sizeof(check->head));
        check->sequence = 0;
        if (!store->query(store, &query, on_row, check, err) || check->failed)
            return false;
        if (order[i] == ROW_TXN)
            end_chain(check);
    }
    return true;
}

static void find_unseen(struct check *check, struct table *table, const char *what)
{
    const struct sum *sum;

    for (size_t place = 0; (sum = table_next(table, &place));)
        if (!sum->seen && sum->amount != 0)
            find(&check->finder, "%s %s: %" PRId64 " micro SU", what, sum->name, sum->amount);
}

static bool check_all(struct check *check, struct store *store, struct error *err)
{
    bool good;

    if (store->hold_still && !store->hold_still(store, err))
        return false;
    good = store->check(store, check->finder.on_finding, check->finder.owner, err) &&
           walk(check, store, err);
    if (store->go_on)
        store->go_on(store);
    return good;
}

bool store_check(struct store *store, finding_fn *on_finding, void *owner, uint64_t *ret_rows,
                 struct error *err)
{
    struct check check = {
        .store = store,
        .err = err,
        .finder = {on_finding, owner},
        .charged = table_new(),
        .holds = table_new(),
        .used = table_new(),
        .homes = table_new(),
        .rates = rates_new(),
    };
    bool good;

    check.books = check_books_new(store, &check.finder);
    buffer_init(&check.text);
    good = check_all(&check, store, err);
    if (good) {
        check_erased(&check);
        if ((uint64_t)check.last_txn != check.txns)
            find(&check.finder, "I10: %" PRIu64 " transactions are there, numbered up to %" PRId64,
                 check.txns, check.last_txn);
        find_unseen(&check, check.holds, "I2: a hold without its job:");
        find_unseen(&check, check.charged, "I2: charges without a balance:");
        check_books_end(check.books);
        find_unseen(&check, check.used, "I8: the ledger and the records of use differ for");
    }
    free_sums(check.charged);
    free_sums(check.holds);
    free_sums(check.used);
    free_sums(check.homes);
    rates_free(check.rates);
    check_books_free(check.books);
    buffer_clear(&check.text);
    *ret_rows = check.rows;
    return good;
}
