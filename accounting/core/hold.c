/* hold.c - what a job's attempt does to the books: hold, settle, release */

#include "accounting/core/books.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

struct hold_key {
    uint64_t job;
    uint64_t attempt; /* as wide as job: a key without padding */
};

struct hold *ledger_find_hold(const struct ledger *ledger, uint64_t job, uint32_t attempt)
{
    struct hold_key key = {.job = job, .attempt = attempt};

    return table_get(ledger->holds, &key, sizeof(key));
}

void ledger_put_hold(struct ledger *ledger, struct hold hold)
{
    struct hold_key key = {.job = hold.job, .attempt = hold.attempt};
    struct hold *kept = NEW(struct hold);

    *kept = hold;
    kept->project->held_micro += hold.amount_micro;
    kept->project->above->held_micro += hold.amount_micro;
    table_put(ledger->holds, &key, sizeof(key), kept);
}

void ledger_drop_hold(struct ledger *ledger, struct hold *hold)
{
    struct hold_key key = {.job = hold->job, .attempt = hold->attempt};

    hold->project->held_micro -= hold->amount_micro;
    hold->project->above->held_micro -= hold->amount_micro;
    table_remove(ledger->holds, &key, sizeof(key));
    free(hold);
}

static bool fail_short(struct error *err, const struct account *account, int64_t needed_micro,
                       __int128 available_micro)
{
    CLEANUP(buffer_clear) struct buffer needs;
    CLEANUP(buffer_clear) struct buffer has;

    buffer_init(&needs);
    buffer_init(&has);
    print_amount(needed_micro, &needs);
    print_amount(amount_saturate(available_micro), &has);
    return fail(err, ERROR_EXHAUSTED, "%s %s: needs %s SU, has %s SU available",
                account->above ? "project" : "institution", account->name, needs.bytes, has.bytes);
}

bool ledger_can_hold(const struct ledger *ledger, const char *project, int64_t amount_micro,
                     int64_t now_us, struct error *err)
{
    const struct account *account = ledger_find_project(ledger, project);
    __int128 available_micro;

    if (!account)
        return fail(err, ERROR_NOT_FOUND, "no project %s", project);
    assert(amount_micro >= 0);
    if (amount_micro == 0)
        return true;
    if (account->count > 0) {
        available_micro = account_available(account, now_us);
        if (available_micro < amount_micro)
            return fail_short(err, account, amount_micro, available_micro);
    }
    available_micro = account_available(account->above, now_us);
    if (available_micro < amount_micro)
        return fail_short(err, account->above, amount_micro, available_micro);
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): a hold has so many sides */
bool ledger_hold(struct ledger *ledger, uint64_t job, uint32_t attempt, const char *project,
                 int64_t amount_micro, int64_t now_us, struct error *err)
{
    struct account *account = ledger_find_project(ledger, project);

    if (!account)
        return fail(err, ERROR_NOT_FOUND, "no project %s", project);
    if (ledger_find_hold(ledger, job, attempt))
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " attempt %" PRIu32 " has a hold already",
                    job, attempt);
    account_advance(account, now_us);
    account_advance(account->above, now_us);
    if (!ledger_can_hold(ledger, project, amount_micro, now_us, err))
        return false;
    ledger_put_hold(ledger, (struct hold){job, attempt, amount_micro, account});
    return true;
}

/* "CHG/job/attempt/slice".  Each end of a job passes here: no printf. */
static void name_posting(struct txn *txn, const char *word, const struct usage *usage)
{
    const uint64_t numbers[] = {usage->job, usage->attempt, usage->slice};
    CLEANUP(buffer_clear) struct buffer key;

    buffer_init(&key);
    buffer_add_text(&key, word);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        buffer_add_char(&key, '/');
        buffer_add_unsigned(&key, numbers[i]);
    }
    memory_put_text(txn->key, sizeof(txn->key), key.bytes);
}

static void post_charge(struct txn *txn, const struct usage *usage)
{
    int64_t amount_micro = usage->charged_micro;

    txn->kind = TXN_CHARGE;
    name_posting(txn, "CHG", usage);
    posting_add(txn, "inst", usage->institution, -amount_micro);
    posting_add(txn, "used", usage->institution, amount_micro);
    posting_add(txn, "limit", usage->project, -amount_micro);
    posting_add(txn, "limit_contra", usage->project, amount_micro);
}

static void post_waiver(struct txn *txn, const struct usage *usage)
{
    txn->kind = TXN_WAIVE;
    name_posting(txn, "WAV", usage);
    posting_add(txn, "waived", usage->cluster, usage->waived_micro);
    posting_add(txn, "waived_contra", usage->cluster, -usage->waived_micro);
}

static void post_listing(struct txn *txn, const struct usage *usage)
{
    txn->kind = TXN_LIST;
    name_posting(txn, "LST", usage);
    posting_add(txn, "listed", usage->institution, usage->listed_micro);
    posting_add(txn, "listed_contra", usage->institution, -usage->listed_micro);
}

/* NOLINTNEXTLINE(readability-function-size): a settlement has so many sides */
bool ledger_settle(struct ledger *ledger, struct usage *usage, enum settle_as as, int64_t now_us,
                   struct txn *ret_txn, struct error *err)
{
    struct hold *hold = ledger_find_hold(ledger, usage->job, usage->attempt);
    struct txn txn = {.at_us = now_us};
    struct account *project;
    int64_t price_micro;

    if (!hold)
        return fail(err, ERROR_CONFLICT,
                    "job %" PRIu64 " attempt %" PRIu32 " has no open hold: settled before?",
                    usage->job, usage->attempt);
    project = hold->project;
    price_micro = ledger_price(usage->cores, usage->wall_us, usage->factor_ppm);
    usage->charged_micro = as == SETTLE_CHARGE ? price_micro : 0;
    usage->waived_micro = as == SETTLE_WAIVE ? price_micro : 0;
    usage->listed_micro = as == SETTLE_LIST ? price_micro : 0;
    memory_put_text(usage->project, sizeof(usage->project), project->name);
    memory_put_text(usage->institution, sizeof(usage->institution), project->above->name);

    if (as == SETTLE_LIST)
        post_listing(&txn, usage);
    else if (as == SETTLE_WAIVE)
        post_waiver(&txn, usage);
    else
        post_charge(&txn, usage);
    ledger_drop_hold(ledger, hold);
    if (as == SETTLE_CHARGE) {
        account_charge(project, price_micro, now_us);
        account_charge(project->above, price_micro, now_us);
    }
    posting_seal(&txn, usage, project->above);
    *ret_txn = txn;
    return true;
}

bool ledger_release(struct ledger *ledger, uint64_t job, uint32_t attempt, struct error *err)
{
    struct hold *hold = ledger_find_hold(ledger, job, attempt);

    if (!hold)
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " attempt %" PRIu32 " has no open hold",
                    job, attempt);
    ledger_drop_hold(ledger, hold);
    return true;
}
