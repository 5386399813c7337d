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

static enum txn_kind kind_of(enum settle_as as)
{
    static const enum txn_kind kinds[] = {
        [SETTLE_CHARGE] = TXN_CHARGE, [SETTLE_WAIVE] = TXN_WAIVE, [SETTLE_LIST] = TXN_LIST};

    return kinds[as];
}

/* NOLINTNEXTLINE(readability-function-size): a settlement has so many sides */
bool ledger_settle(struct ledger *ledger, struct usage *usage, enum settle_as as, int64_t now_us,
                   struct txn *ret_txn, struct error *err)
{
    struct hold *hold = ledger_find_hold(ledger, usage->job, usage->attempt);
    struct account *project;
    struct txn txn = {0};
    const char *seal;
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
    seal = ledger_seal_of(ledger, usage->user);
    if (seal)
        memory_put_text(usage->user, sizeof(usage->user), seal);

    txn_of_usage(kind_of(as), usage, now_us, &txn);
    ledger_drop_hold(ledger, hold);
    if (as == SETTLE_CHARGE) {
        account_charge(project, price_micro, now_us);
        account_charge(project->above, price_micro, now_us);
    }
    posting_seal(ledger, &txn, usage, project->above);
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
