/* restore.c - put back into the ledger what the database has, and check the whole */

#include "accounting/core/books.h"

#include <inttypes.h>

/* The name behind "kind:" in the entry that begins so, or NULL. */
static const struct entry *find_entry(const struct txn *txn, const char *kind)
{
    size_t length = strlen(kind);

    for (unsigned i = 0; i < txn->entry_count; i++)
        if (strncmp(txn->entries[i].account, kind, length) == 0 &&
            txn->entries[i].account[length] == ':')
            return &txn->entries[i];
    return NULL;
}

static bool restore_charge(struct ledger *ledger, const struct txn *txn, struct error *err)
{
    const struct entry *used = find_entry(txn, "used");
    const struct entry *limit = find_entry(txn, "limit");
    struct account *project;

    if (!used || !limit || used->amount_micro < 0)
        return fail(err, ERROR_INVALID, "%s: not the entries of a charge", txn->key);
    project = ledger_find_project(ledger, limit->account + strlen("limit:"));
    if (!project || strcmp(project->above->name, txn->institution) != 0)
        return fail(err, ERROR_NOT_FOUND, "%s: institution %s has no such project as in %s",
                    txn->key, txn->institution, limit->account);
    account_charge(project, used->amount_micro, txn->at_us);
    account_charge(project->above, used->amount_micro, txn->at_us);
    return true;
}

static void restore_head(struct ledger *ledger, struct account *institution, const struct txn *last)
{
    institution->chain = last->chain;
    institution->sequence = last->sequence;
    institution->head = last->head;
    if (last->chain > ledger->last_chain)
        ledger->last_chain = last->chain;
}

bool ledger_restore_txn(struct ledger *ledger, const struct txn *txn, const struct grant *grant,
                        struct error *err)
{
    struct account *institution = ledger_find_institution(ledger, txn->institution);
    bool is_grant = txn->kind == TXN_GRANT_INSTITUTION || txn->kind == TXN_GRANT_PROJECT;

    if (!institution)
        return fail(err, ERROR_NOT_FOUND, "%s: no institution %s", txn->key, txn->institution);
    if (is_grant != (grant != NULL))
        return fail(err, ERROR_INVALID, "%s: a grant's transaction comes with its grant", txn->key);
    if (grant && !ledger_restore_grant(ledger, grant, txn->at_us, err))
        return false;
    if (txn->kind == TXN_CHARGE && !restore_charge(ledger, txn, err))
        return false;
    if (txn->sequence > institution->sequence)
        restore_head(ledger, institution, txn);
    return true;
}

bool ledger_restore_hold(struct ledger *ledger, uint64_t job, uint32_t attempt, const char *project,
                         int64_t amount_micro, struct error *err)
{
    struct account *account = ledger_find_project(ledger, project);

    if (!account)
        return fail(err, ERROR_NOT_FOUND, "hold of job %" PRIu64 ": no project %s", job, project);
    if (amount_micro < 0 || amount_micro > LEDGER_AMOUNT_MAX)
        return fail(err, ERROR_INVALID, "hold of job %" PRIu64 ": amount %" PRId64, job,
                    amount_micro);
    if (ledger_find_hold(ledger, job, attempt))
        return fail(err, ERROR_CONFLICT, "hold of job %" PRIu64 " attempt %" PRIu32 " is there",
                    job, attempt);
    ledger_put_hold(ledger, (struct hold){job, attempt, amount_micro, account});
    return true;
}

bool ledger_restore_balance(struct ledger *ledger, const char *institution, const char *project,
                            int64_t charged_micro, struct error *err)
{
    struct account *above = ledger_find_institution(ledger, institution);

    if (!above)
        return fail(err, ERROR_NOT_FOUND, "balance: no institution %s", institution);
    if (charged_micro < 0)
        return fail(err, ERROR_INVALID, "balance of %s: charged %" PRId64 " is below zero",
                    institution, charged_micro);
    if (project) {
        struct account *account = ledger_find_project(ledger, project);

        if (!account || account->above != above)
            return fail(err, ERROR_NOT_FOUND, "balance: institution %s has no project %s",
                        institution, project);
        account_restore_charge(account, charged_micro);
    }
    account_restore_charge(above, charged_micro);
    return true;
}

bool ledger_restore_head(struct ledger *ledger, const struct txn *last, struct error *err)
{
    struct account *account = ledger_find_institution(ledger, last->institution);

    if (!account)
        return fail(err, ERROR_NOT_FOUND, "chain head: no institution %s", last->institution);
    restore_head(ledger, account, last);
    return true;
}

/* The sums of the projects of one institution. */
struct sums {
    __int128 charged_micro;
    __int128 held_micro;
};

static struct sums sum_projects(const struct ledger *ledger, const struct account *institution)
{
    struct sums sums = {0};
    const struct account *project;
    size_t place = 0;

    while ((project = table_next(ledger->projects, &place)))
        if (project->above == institution) {
            sums.charged_micro += project->charged_micro;
            sums.held_micro += project->held_micro;
        }
    return sums;
}

static bool check_holds(const struct ledger *ledger, const struct account *project,
                        struct error *err)
{
    __int128 held_micro = 0;
    const struct hold *hold;
    size_t place = 0;

    while ((hold = table_next(ledger->holds, &place)))
        if (hold->project == project)
            held_micro += hold->amount_micro;
    if (held_micro != project->held_micro)
        return fail(err, ERROR_INTERNAL, "project %s: its holds do not add up", project->name);
    return account_check(project, err);
}

bool ledger_check(const struct ledger *ledger, struct error *err)
{
    const struct account *account;
    size_t place = 0;

    while ((account = table_next(ledger->projects, &place)))
        if (!check_holds(ledger, account, err))
            return false;
    place = 0;
    while ((account = table_next(ledger->institutions, &place))) {
        struct sums sums = sum_projects(ledger, account);

        if (!account_check(account, err))
            return false;
        /* A sum restored without a project counts in the institution alone. */
        if (sums.charged_micro > account->charged_micro || sums.held_micro != account->held_micro)
            return fail(err, ERROR_INTERNAL, "institution %s: its projects do not add up",
                        account->name);
    }
    return true;
}
