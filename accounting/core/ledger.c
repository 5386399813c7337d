/* ledger.c - the books: institutions, projects, grants, balances */

#include "accounting/core/books.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

struct ledger *ledger_new(void)
{
    struct ledger *ledger = NEW(struct ledger);

    ledger->institutions = table_new();
    ledger->projects = table_new();
    ledger->holds = table_new();
    ledger->seals = table_new();
    ledger->next_start_us = INT64_MAX;
    return ledger;
}

static void free_accounts(struct table *accounts)
{
    struct account *account;
    size_t place = 0;

    while ((account = table_next(accounts, &place))) {
        account_clear(account);
        free(account);
    }
    table_free(accounts);
}

static void free_seals(struct table *seals)
{
    struct sealed *sealed;

    for (size_t place = 0; (sealed = table_next(seals, &place));)
        free(sealed);
    table_free(seals);
}

void ledger_free(struct ledger *ledger)
{
    struct hold *hold;
    size_t place = 0;

    if (!ledger)
        return;
    while ((hold = table_next(ledger->holds, &place)))
        free(hold);
    table_free(ledger->holds);
    free_seals(ledger->seals);
    free_accounts(ledger->projects);
    free_accounts(ledger->institutions);
    free(ledger);
}

static struct account *add_copy(struct table *accounts, const struct account *account)
{
    struct account *copy = NEW(struct account);

    *copy = account_copy(account);
    table_put_text(accounts, copy->name, copy);
    return copy;
}

struct ledger *ledger_copy(const struct ledger *ledger)
{
    struct ledger *copy = ledger_new();
    const struct account *account;
    const struct hold *hold;
    const struct sealed *sealed;
    size_t place = 0;

    while ((account = table_next(ledger->institutions, &place)))
        add_copy(copy->institutions, account);
    place = 0;
    while ((account = table_next(ledger->projects, &place)))
        add_copy(copy->projects, account)->above =
            ledger_find_institution(copy, account->above->name);
    place = 0;
    while ((hold = table_next(ledger->holds, &place))) {
        struct hold again = *hold;

        /* put_hold would count the amount once more in the accounts. */
        again.project = ledger_find_project(copy, hold->project->name);
        again.project->held_micro -= hold->amount_micro;
        again.project->above->held_micro -= hold->amount_micro;
        ledger_put_hold(copy, again);
    }
    place = 0;
    while ((sealed = table_next(ledger->seals, &place)))
        ledger_seal(copy, sealed->name, sealed->seal);
    copy->next_start_us = ledger->next_start_us;
    copy->last_chain = ledger->last_chain;
    return copy;
}

struct account *ledger_find_institution(const struct ledger *ledger, const char *name)
{
    return table_get_text(ledger->institutions, name);
}

struct account *ledger_find_project(const struct ledger *ledger, const char *name)
{
    return table_get_text(ledger->projects, name);
}

static void add_account(struct table *accounts, const char *name, struct account *above)
{
    struct account *account = NEW(struct account);

    account_init(account, name, above);
    table_put_text(accounts, name, account);
}

bool ledger_add_institution(struct ledger *ledger, const char *name, struct error *err)
{
    if (!parse_name(name, "institution name", LEDGER_NAME_MAX, err))
        return false;
    if (ledger_find_institution(ledger, name))
        return fail(err, ERROR_CONFLICT, "institution %s exists already", name);
    add_account(ledger->institutions, name, NULL);
    return true;
}

bool ledger_add_project(struct ledger *ledger, const char *name, const char *institution,
                        struct error *err)
{
    struct account *above = ledger_find_institution(ledger, institution);

    if (!parse_name(name, "project name", LEDGER_NAME_MAX, err))
        return false;
    if (!above)
        return fail(err, ERROR_NOT_FOUND, "no institution %s", institution);
    if (ledger_find_project(ledger, name))
        return fail(err, ERROR_CONFLICT, "project %s exists already", name);
    add_account(ledger->projects, name, above);
    return true;
}

void ledger_seal(struct ledger *ledger, const char *name, const char *seal)
{
    struct sealed *sealed;

    free(table_remove_text(ledger->seals, name));
    if (!seal)
        return;
    sealed = NEW(struct sealed);
    memory_put_text(sealed->name, sizeof(sealed->name), name);
    memory_put_text(sealed->seal, sizeof(sealed->seal), seal);
    table_put_text(ledger->seals, sealed->name, sealed);
}

const char *ledger_seal_of(const struct ledger *ledger, const char *name)
{
    const struct sealed *sealed = table_get_text(ledger->seals, name);

    return sealed ? sealed->seal : NULL;
}

const char *ledger_institution_of(const struct ledger *ledger, const char *project)
{
    const struct account *account = ledger_find_project(ledger, project);

    return account ? account->above->name : NULL;
}

static bool check_grant(const struct ledger *ledger, const struct grant *grant,
                        struct account **ret_account, struct error *err)
{
    struct account *institution = ledger_find_institution(ledger, grant->institution);
    struct account *account = institution;

    if (!institution)
        return fail(err, ERROR_NOT_FOUND, "no institution %s", grant->institution);
    if (grant->project) {
        account = ledger_find_project(ledger, grant->project);
        if (!account || account->above != institution)
            return fail(err, ERROR_NOT_FOUND, "institution %s has no project %s",
                        grant->institution, grant->project);
    }
    if (grant->amount_micro <= 0 || grant->amount_micro > LEDGER_AMOUNT_MAX)
        return fail(err, ERROR_INVALID,
                    "a grant of %" PRId64 " micro SU is not between 1 and %" PRId64,
                    grant->amount_micro, LEDGER_AMOUNT_MAX);
    if (grant->end_us != 0 && grant->end_us <= grant->start_us)
        return fail(err, ERROR_INVALID, "a grant must end after it starts");
    for (size_t i = 0; i < account->count; i++)
        if (account->grants[i].id == grant->id)
            return fail(err, ERROR_CONFLICT, "grant %" PRIu64 " is in the books already",
                        grant->id);
    *ret_account = account;
    return true;
}

/* Also the way back from the database, where the transaction exists already. */
static void add_grant(struct ledger *ledger, struct account *account, const struct grant *grant,
                      int64_t now_us)
{
    struct allotment allotment = {
        .id = grant->id,
        .amount_micro = grant->amount_micro,
        .start_us = grant->start_us,
        .end_us = grant->end_us ? grant->end_us : INT64_MAX,
    };

    account_add_grant(account, &allotment, now_us);
    if (grant->start_us > now_us && grant->start_us < ledger->next_start_us)
        ledger->next_start_us = grant->start_us;
}

bool ledger_grant(struct ledger *ledger, const struct grant *grant, int64_t now_us,
                  struct txn *ret_txn, struct error *err)
{
    struct txn txn = {.at_us = now_us};
    struct account *account;

    if (!check_grant(ledger, grant, &account, err))
        return false;
    snprintf(txn.key, sizeof(txn.key), "GRT/%" PRIu64, grant->id);
    if (grant->project) {
        txn.kind = TXN_GRANT_PROJECT;
        posting_add(&txn, "limit_contra", grant->project, -grant->amount_micro);
        posting_add(&txn, "limit", grant->project, grant->amount_micro);
    } else {
        txn.kind = TXN_GRANT_INSTITUTION;
        posting_add(&txn, "pool", NULL, -grant->amount_micro);
        posting_add(&txn, "inst", grant->institution, grant->amount_micro);
    }
    add_grant(ledger, account, grant, now_us);
    posting_seal(ledger, &txn, NULL, account->above ? account->above : account);
    *ret_txn = txn;
    return true;
}

bool ledger_restore_grant(struct ledger *ledger, const struct grant *grant, int64_t at_us,
                          struct error *err)
{
    struct account *account;

    if (!check_grant(ledger, grant, &account, err))
        return fail_in(err, "grant %" PRIu64, grant->id);
    add_grant(ledger, account, grant, at_us);
    return true;
}

int64_t ledger_next_start(const struct ledger *ledger)
{
    return ledger->next_start_us;
}

static void advance_all(struct table *accounts, int64_t now_us, int64_t *next_us)
{
    struct account *account;
    size_t place = 0;

    while ((account = table_next(accounts, &place))) {
        int64_t start_us;

        account_advance(account, now_us);
        start_us = account_next_start(account);
        if (start_us < *next_us)
            *next_us = start_us;
    }
}

void ledger_advance(struct ledger *ledger, int64_t now_us)
{
    int64_t next_us = INT64_MAX;

    if (now_us < ledger->next_start_us)
        return;
    advance_all(ledger->institutions, now_us, &next_us);
    advance_all(ledger->projects, now_us, &next_us);
    ledger->next_start_us = next_us;
}

int64_t ledger_first_end(const struct ledger *ledger, const char *institution, const char *project,
                         int64_t now_us)
{
    struct account *account = project ? ledger_find_project(ledger, project)
                                      : ledger_find_institution(ledger, institution);
    int64_t end_us;

    if (!account)
        return 0;
    account_advance(account, now_us);
    end_us = account_first_end(account);
    return end_us == INT64_MAX ? 0 : end_us;
}

bool ledger_has_grants(const struct ledger *ledger, const char *project)
{
    const struct account *account = ledger_find_project(ledger, project);

    return account && account->count > 0;
}

bool ledger_balance(const struct ledger *ledger, const char *institution, const char *project,
                    int64_t now_us, struct balance *ret_balance)
{
    const struct account *account = ledger_find_institution(ledger, institution);
    __int128 available_micro;

    if (!account)
        return false;
    available_micro = account_available(account, now_us);
    if (project) {
        const struct account *own = ledger_find_project(ledger, project);

        if (!own || own->above != account)
            return false;
        account = own;
        if (own->count > 0)
            available_micro = account_available(own, now_us);
    }
    *ret_balance = (struct balance){
        .granted_micro =
            amount_saturate(account->charged_micro + account->held_micro + available_micro),
        .charged_micro = amount_saturate(account->charged_micro),
        .held_micro = amount_saturate(account->held_micro),
        .available_micro = amount_saturate(available_micro),
    };
    return true;
}
