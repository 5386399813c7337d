/* account.c - one budget: its grants, what was charged to it, what is held */

#include "accounting/core/account.h"

#include <assert.h>
#include <stdlib.h>

static bool is_valid_at(const struct allotment *grant, int64_t at_us)
{
    return grant->start_us <= at_us && at_us < grant->end_us;
}

static bool comes_before(const struct allotment *a, const struct allotment *b)
{
    if (a->end_us != b->end_us)
        return a->end_us < b->end_us;
    if (a->start_us != b->start_us)
        return a->start_us < b->start_us;
    return a->id < b->id;
}

static __int128 draw_from(struct allotment *grant, __int128 wanted_micro)
{
    int64_t rest_micro = grant->amount_micro - grant->drawn_micro;
    int64_t taken_micro = wanted_micro < rest_micro ? (int64_t)wanted_micro : rest_micro;

    grant->drawn_micro += taken_micro;
    return taken_micro;
}

static void draw_debt(struct account *account, int64_t at_us)
{
    assert(account->grants || account->count == 0);
    for (size_t i = 0; i < account->count && account->debt_micro > 0; i++)
        if (is_valid_at(&account->grants[i], at_us))
            account->debt_micro -= draw_from(&account->grants[i], account->debt_micro);
}

/* What was charged at unknown times is put where it leaves least to spend: on the
 * grants that are still valid, the last to end first; then on those that ended. */
static void draw_undated(struct account *account, int64_t now_us)
{
    __int128 left_micro = account->undated_micro;

    assert(account->grants || account->count == 0);
    for (size_t i = account->count; i-- > 0;)
        if (is_valid_at(&account->grants[i], now_us))
            left_micro -= draw_from(&account->grants[i], left_micro);
    for (size_t i = account->count; i-- > 0;)
        if (account->grants[i].end_us <= now_us)
            left_micro -= draw_from(&account->grants[i], left_micro);
    account->debt_micro += left_micro;
    account->undated_micro = 0;
}

static void find_rest(struct account *account)
{
    account->rest_micro = 0;
    account->valid_until_us = INT64_MAX;
    for (size_t i = 0; i < account->count; i++) {
        const struct allotment *grant = &account->grants[i];
        int64_t change_us = INT64_MAX;

        if (grant->start_us > account->at_us) {
            change_us = grant->start_us;
        } else if (grant->end_us > account->at_us) {
            change_us = grant->end_us;
            account->rest_micro += grant->amount_micro - grant->drawn_micro;
        }
        if (change_us < account->valid_until_us)
            account->valid_until_us = change_us;
    }
}

/* Sorted by end: the first that is left. */
int64_t account_first_end(const struct account *account)
{
    assert(account->grants || account->count == 0);
    for (size_t i = 0; i < account->count; i++) {
        const struct allotment *grant = &account->grants[i];

        if (grant->end_us > account->at_us && grant->amount_micro > grant->drawn_micro)
            return grant->end_us;
    }
    return INT64_MAX;
}

int64_t account_next_start(const struct account *account)
{
    int64_t next_us = INT64_MAX;

    assert(account->grants || account->count == 0);
    for (size_t i = 0; i < account->count; i++)
        if (account->grants[i].start_us > account->at_us && account->grants[i].start_us < next_us)
            next_us = account->grants[i].start_us;
    return next_us;
}

void account_init(struct account *account, const char *name, struct account *above)
{
    *account = (struct account){.above = above, .valid_until_us = INT64_MAX};
    snprintf(account->name, sizeof(account->name), "%s", name);
}

void account_clear(struct account *account)
{
    free(account->grants);
    account->grants = NULL;
}

struct account account_copy(const struct account *account)
{
    struct account copy = *account;

    if (account->count > 0)
        copy.grants =
            memory_copy_bytes(account->grants, account->count * sizeof(account->grants[0]));
    else
        copy.grants = NULL;
    copy.capacity = account->count;
    return copy;
}

void account_advance(struct account *account, int64_t now_us)
{
    if (account->undated_micro == 0 && now_us >= account->at_us &&
        now_us < account->valid_until_us) {
        account->at_us = now_us;
        return;
    }
    if (account->undated_micro > 0) {
        draw_undated(account, now_us);
        account->at_us = now_us > account->at_us ? now_us : account->at_us;
    }
    /* Each grant that began meanwhile covers the debt of its day. */
    while (account_next_start(account) <= now_us) {
        account->at_us = account_next_start(account);
        draw_debt(account, account->at_us);
    }
    if (now_us > account->at_us)
        account->at_us = now_us;
    find_rest(account);
}

void account_add_grant(struct account *account, const struct allotment *grant, int64_t now_us)
{
    size_t place;

    assert(grant->amount_micro > 0 && grant->start_us < grant->end_us);
    if (account->undated_micro == 0)
        account_advance(account, now_us);
    if (account->count == account->capacity) {
        account->capacity = account->capacity ? 2 * account->capacity : 4;
        account->grants =
            memory_resize(account->grants, account->capacity, sizeof(account->grants[0]));
    }
    place = account->count++;
    for (; place > 0 && comes_before(grant, &account->grants[place - 1]); place--)
        account->grants[place] = account->grants[place - 1];
    account->grants[place] = *grant;
    if (account->undated_micro == 0) {
        draw_debt(account, account->at_us);
        find_rest(account);
    }
}

void account_charge(struct account *account, int64_t amount_micro, int64_t now_us)
{
    account_advance(account, now_us);
    account->charged_micro += amount_micro;
    account->debt_micro += amount_micro;
    draw_debt(account, account->at_us);
    find_rest(account);
}

/* One pass: of the grants that are valid, or of those that are not. */
static __int128 undraw(struct account *account, bool valid, __int128 amount_micro)
{
    for (size_t i = account->count; i-- > 0 && amount_micro > 0;) {
        struct allotment *grant = &account->grants[i];
        int64_t back_micro = grant->drawn_micro;

        if (is_valid_at(grant, account->at_us) != valid)
            continue;
        if (amount_micro < back_micro)
            back_micro = (int64_t)amount_micro;
        grant->drawn_micro -= back_micro;
        amount_micro -= back_micro;
    }
    return amount_micro;
}

void account_refund(struct account *account, int64_t amount_micro, int64_t now_us)
{
    __int128 left_micro = amount_micro;
    __int128 debt_micro;

    account_advance(account, now_us);
    assert(amount_micro >= 0 && amount_micro <= account->charged_micro);
    account->charged_micro -= amount_micro;
    debt_micro = account->debt_micro < left_micro ? account->debt_micro : left_micro;
    account->debt_micro -= debt_micro;
    left_micro = undraw(account, true, left_micro - debt_micro);
    left_micro = undraw(account, false, left_micro);
    assert(left_micro == 0);
    find_rest(account);
}

struct allotment *account_find_grant(struct account *account, uint64_t id)
{
    for (size_t i = 0; i < account->count; i++)
        if (account->grants[i].id == id)
            return &account->grants[i];
    return NULL;
}

void account_cut_grant(struct account *account, struct allotment *grant, int64_t amount_micro)
{
    assert(amount_micro >= 0 && amount_micro <= grant->amount_micro - grant->drawn_micro);
    grant->amount_micro -= amount_micro;
    if (account->undated_micro == 0)
        find_rest(account);
}

void account_restore_charge(struct account *account, int64_t amount_micro)
{
    account->charged_micro += amount_micro;
    account->undated_micro += amount_micro;
}

__int128 account_available(const struct account *account, int64_t now_us)
{
    struct account later;
    __int128 available_micro;

    if (account->undated_micro == 0 && now_us >= account->at_us && now_us < account->valid_until_us)
        return account->rest_micro - account->debt_micro - account->held_micro;
    later = account_copy(account);
    account_advance(&later, now_us);
    available_micro = later.rest_micro - later.debt_micro - later.held_micro;
    account_clear(&later);
    return available_micro;
}

bool account_check(const struct account *account, struct error *err)
{
    __int128 drawn_micro = account->debt_micro + account->undated_micro;

    for (size_t i = 0; i < account->count; i++) {
        const struct allotment *grant = &account->grants[i];

        if (grant->drawn_micro < 0 || grant->drawn_micro > grant->amount_micro)
            return fail(err, ERROR_INTERNAL, "account %s: more drawn from a grant than it has",
                        account->name);
        if (i > 0 && !comes_before(&account->grants[i - 1], grant))
            return fail(err, ERROR_INTERNAL, "account %s: grants out of order", account->name);
        drawn_micro += grant->drawn_micro;
    }
    if (drawn_micro != account->charged_micro || account->debt_micro < 0 ||
        account->undated_micro < 0)
        return fail(err, ERROR_INTERNAL, "account %s: charges are not what was drawn",
                    account->name);
    if (account->held_micro < 0)
        return fail(err, ERROR_INTERNAL, "account %s: holds below zero", account->name);
    return true;
}

int64_t amount_saturate(__int128 amount_micro)
{
    if (amount_micro > INT64_MAX)
        return INT64_MAX;
    if (amount_micro < INT64_MIN)
        return INT64_MIN;
    return (int64_t)amount_micro;
}
