/* correct.c - refunds, transfers and ends of grants: entries of their own, nothing is overwritten */

#include "accounting/core/books.h"
#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static bool check_amount(int64_t amount_micro, const char *what, struct error *err)
{
    if (amount_micro > 0 && amount_micro <= LEDGER_AMOUNT_MAX)
        return true;
    return fail(err, ERROR_INVALID, "a %s of %" PRId64 " micro SU is not between 1 and %" PRId64,
                what, amount_micro, LEDGER_AMOUNT_MAX);
}

static bool fail_less(struct error *err, const char *what, int64_t wanted_micro,
                      __int128 there_micro)
{
    CLEANUP(buffer_clear) struct buffer wanted;
    CLEANUP(buffer_clear) struct buffer there;

    buffer_init(&wanted);
    buffer_init(&there);
    print_amount(wanted_micro, &wanted);
    print_amount(amount_saturate(there_micro), &there);
    return fail(err, ERROR_EXHAUSTED, "%s SU: %s has only %s SU", wanted.bytes, what, there.bytes);
}

bool ledger_refund(struct ledger *ledger, const struct refund *refund, int64_t now_us,
                   struct txn *ret_txn, struct error *err)
{
    struct account *project = ledger_find_project(ledger, refund->project);
    struct txn txn = {.kind = TXN_REFUND, .at_us = now_us};
    int64_t amount_micro = refund->amount_micro;

    if (!project)
        return fail(err, ERROR_NOT_FOUND, "no project %s", refund->project);
    if (!check_amount(amount_micro, "refund", err))
        return false;
    if (amount_micro > project->charged_micro)
        return fail_less(err, "what the project was charged", amount_micro, project->charged_micro);
    snprintf(txn.key, sizeof(txn.key), "RFD/%" PRIu64 "/%" PRIu64, refund->job, refund->id);
    posting_add(&txn, "inst", project->above->name, amount_micro);
    posting_add(&txn, "used", project->above->name, -amount_micro);
    posting_add(&txn, "limit", project->name, amount_micro);
    posting_add(&txn, "limit_contra", project->name, -amount_micro);
    account_refund(project, amount_micro, now_us);
    account_refund(project->above, amount_micro, now_us);
    posting_seal(ledger, &txn, NULL, project->above);
    *ret_txn = txn;
    return true;
}

/* The account and the grant in it that `of` names. */
static bool find_grant(const struct ledger *ledger, const struct grant *of,
                       struct account **ret_account, struct allotment **ret_grant,
                       struct error *err)
{
    struct account *account = of->project ? ledger_find_project(ledger, of->project)
                                          : ledger_find_institution(ledger, of->institution);
    struct allotment *grant = account ? account_find_grant(account, of->id) : NULL;

    if (!grant)
        return fail(err, ERROR_NOT_FOUND, "no grant %" PRIu64 " to %s", of->id,
                    of->project ? of->project : of->institution);
    *ret_account = account;
    *ret_grant = grant;
    return true;
}

static bool check_transfer(const struct transfer *transfer, const struct account *from,
                           const struct allotment *grant, const struct account *to, int64_t now_us,
                           struct error *err)
{
    int64_t amount_micro = transfer->to.amount_micro;
    __int128 left_micro = grant->amount_micro - grant->drawn_micro;
    __int128 free_micro = account_available(from, now_us);

    if (to->above != from->above)
        return fail(err, ERROR_INVALID, "%s and %s are not of one institution", from->name,
                    to->name);
    if (to == from)
        return fail(err, ERROR_INVALID, "%s has the grant already", to->name);
    if (grant->end_us <= now_us)
        return fail(err, ERROR_CONFLICT, "grant %" PRIu64 " has ended", grant->id);
    if (amount_micro > left_micro)
        return fail_less(err, "the grant", amount_micro, left_micro);
    if (grant->start_us <= now_us && amount_micro > free_micro)
        return fail_less(err, "the project, besides what its running jobs hold,", amount_micro,
                         free_micro);
    return true;
}

bool ledger_transfer(struct ledger *ledger, struct transfer *transfer, int64_t now_us,
                     struct txn *ret_txn, struct error *err)
{
    const struct grant of = {.id = transfer->from, .project = transfer->from_project};
    struct account *to = ledger_find_project(ledger, transfer->to.project), *from;
    struct txn txn = {.kind = TXN_TRANSFER, .at_us = now_us};
    int64_t amount_micro = transfer->to.amount_micro;
    struct allotment *grant;

    if (!to)
        return fail(err, ERROR_NOT_FOUND, "no project %s", transfer->to.project);
    if (!check_amount(amount_micro, "transfer", err) ||
        !find_grant(ledger, &of, &from, &grant, err))
        return false;
    account_advance(from, now_us);
    if (!check_transfer(transfer, from, grant, to, now_us, err))
        return false;
    transfer->to.institution = to->above->name;
    transfer->to.start_us = grant->start_us > now_us ? grant->start_us : now_us;
    transfer->to.end_us = grant->end_us == INT64_MAX ? 0 : grant->end_us;
    if (!ledger_restore_grant(ledger, &transfer->to, now_us, err))
        return false;
    account_cut_grant(from, grant, amount_micro);
    snprintf(txn.key, sizeof(txn.key), "TRF/%" PRIu64 "/%" PRIu64, transfer->to.id, transfer->from);
    posting_add(&txn, "limit", from->name, -amount_micro);
    posting_add(&txn, "limit_contra", from->name, amount_micro);
    posting_add(&txn, "limit_contra", to->name, -amount_micro);
    posting_add(&txn, "limit", to->name, amount_micro);
    posting_seal(ledger, &txn, NULL, from->above);
    *ret_txn = txn;
    return true;
}

bool ledger_end_grant(struct ledger *ledger, const struct grant *of, int64_t now_us,
                      struct txn *ret_txn, struct error *err)
{
    struct txn txn = {.kind = TXN_GRANT_END, .at_us = now_us};
    struct allotment *grant;
    struct account *account;
    int64_t rest_micro;

    if (!find_grant(ledger, of, &account, &grant, err))
        return false;
    account_advance(account, now_us);
    if (grant->end_us <= now_us || grant->amount_micro == grant->drawn_micro)
        return fail(err, ERROR_CONFLICT, "grant %" PRIu64 " has ended, or all of it is used",
                    of->id);
    rest_micro = grant->amount_micro - grant->drawn_micro;
    account_cut_grant(account, grant, rest_micro);
    snprintf(txn.key, sizeof(txn.key), "END/%" PRIu64, of->id);
    if (account->above) {
        posting_add(&txn, "limit", account->name, -rest_micro);
        posting_add(&txn, "limit_contra", account->name, rest_micro);
    } else {
        posting_add(&txn, "inst", account->name, -rest_micro);
        posting_add(&txn, "expired", account->name, rest_micro);
    }
    posting_seal(ledger, &txn, NULL, account->above ? account->above : account);
    *ret_txn = txn;
    return true;
}

bool ledger_grant_left(const struct ledger *ledger, const struct grant *of, int64_t now_us,
                       int64_t *ret_left_micro)
{
    struct allotment *grant;
    struct account *account;
    struct error ignored;

    if (!find_grant(ledger, of, &account, &grant, &ignored))
        return false;
    account_advance(account, now_us);
    *ret_left_micro = grant->end_us > now_us ? grant->amount_micro - grant->drawn_micro : 0;
    return true;
}

bool ledger_restore_cut(struct ledger *ledger, const struct grant *of, int64_t amount_micro,
                        struct error *err)
{
    struct allotment *grant;
    struct account *account;

    if (!find_grant(ledger, of, &account, &grant, err))
        return false;
    if (amount_micro < 0 || amount_micro > grant->amount_micro)
        return fail(err, ERROR_INVALID, "%" PRId64 " micro SU were never in grant %" PRIu64,
                    amount_micro, of->id);
    account_cut_grant(account, grant, amount_micro);
    return true;
}

const char *txn_project(const struct txn *txn)
{
    for (unsigned i = 0; i < txn->entry_count; i++)
        if (strncmp(txn->entries[i].account, "limit:", 6) == 0)
            return txn->entries[i].account + 6;
    return NULL;
}

bool txn_next_entry(const char **place, struct entry *ret_entry)
{
    static const char start[] = "\nentry ";
    const char *line = strstr(*place, start), *behind;
    struct entry entry = {0};
    size_t length;
    char *end;

    if (!line)
        return false;
    line += sizeof(start) - 1;
    length = strcspn(line, " \n");
    behind = line + length;
    if (length == 0 || length >= sizeof(entry.account) || *behind != ' ')
        return false;
    memcpy(entry.account, line, length);
    errno = 0;
    entry.amount_micro = strtoll(behind + 1, &end, 10);
    if (errno != 0 || end == behind + 1 || *end != '\n')
        return false;
    *place = end;
    *ret_entry = entry;
    return true;
}

bool txn_first_amount(const char *canonical, int64_t *ret_amount_micro)
{
    struct entry entry;

    if (!txn_next_entry(&canonical, &entry) || entry.amount_micro == INT64_MIN)
        return false;
    *ret_amount_micro = entry.amount_micro < 0 ? -entry.amount_micro : entry.amount_micro;
    return true;
}
