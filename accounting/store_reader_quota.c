/* store_reader_quota.c - how much of the grants that are valid is used */

#include "accounting/store_reader.h"

#include "accounting/store_reader_inside.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct given {
    uint64_t id;
    int64_t amount_micro;
    int64_t start_us;
    size_t budget;
};

struct budget {
    char institution[LEDGER_NAME_MAX + 1];
    char project[LEDGER_NAME_MAX + 1]; /* "": the institution's */
    int64_t granted_micro;
    int64_t used_micro;
    int64_t since_us;
};

struct quotas {
    size_t grant_count, grant_capacity;
    struct given *grants; /* by number */
    size_t count, capacity;
    struct budget *budgets; /* by names */
};

static void clear_quotas(struct quotas *quotas)
{
    free(quotas->grants);
    free(quotas->budgets);
}

/* The rows come by institution and project: the same names are those of the last. */
static struct budget *budget_of(struct quotas *quotas, const char *institution, const char *project)
{
    struct budget *last = quotas->count > 0 ? &quotas->budgets[quotas->count - 1] : NULL;

    if (last && strcmp(last->institution, institution) == 0 && strcmp(last->project, project) == 0)
        return last;
    if (quotas->count == quotas->capacity) {
        quotas->capacity = quotas->capacity ? 2 * quotas->capacity : 64;
        quotas->budgets =
            memory_resize(quotas->budgets, quotas->capacity, sizeof(*quotas->budgets));
    }
    last = &quotas->budgets[quotas->count++];
    *last = (struct budget){.since_us = INT64_MAX};
    memory_put_text(last->institution, sizeof(last->institution), institution);
    memory_put_text(last->project, sizeof(last->project), project);
    return last;
}

static void add_grant(struct quotas *quotas, struct reader_statement *statement)
{
    struct budget *budget = budget_of(quotas, reader_text(statement, 0), reader_text(statement, 1));
    struct given grant = {
        .id = (uint64_t)reader_number(statement, 2),
        .amount_micro = reader_number(statement, 3),
        .start_us = reader_number(statement, 4),
        .budget = (size_t)(budget - quotas->budgets),
    };

    if (quotas->grant_count == quotas->grant_capacity) {
        quotas->grant_capacity = quotas->grant_capacity ? 2 * quotas->grant_capacity : 64;
        quotas->grants =
            memory_resize(quotas->grants, quotas->grant_capacity, sizeof(*quotas->grants));
    }
    quotas->grants[quotas->grant_count++] = grant;
    budget->granted_micro += grant.amount_micro;
    if (grant.start_us < budget->since_us)
        budget->since_us = grant.start_us;
}

static int compare_grants(const void *a, const void *b)
{
    uint64_t first = ((const struct given *)a)->id, second = ((const struct given *)b)->id;

    return (first > second) - (first < second);
}

static bool read_grants(struct store_reader *reader, int64_t now_us, struct quotas *quotas,
                        struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    enum reader_step code;

    statement = reader_prepare(reader,
                               "SELECT institution, project, id, amount, start_us FROM grant_"
                               " WHERE start_us <= ?1 AND (end_us = 0 OR end_us > ?1)"
                               " ORDER BY institution, project",
                               err);
    if (!statement)
        return false;
    reader_bind_number(statement, 1, now_us);
    while ((code = reader_step(statement)) == READER_ROW)
        add_grant(quotas, statement);
    if (quotas->grant_count > 1)
        qsort(quotas->grants, quotas->grant_count, sizeof(*quotas->grants), compare_grants);
    return code == READER_DONE || reader_fail(reader, "read the grants", err);
}

/* The budget whose grant it was lost what was taken from it: "TRF/to/from", "END/id". */
static void take_cut(struct quotas *quotas, const char *key, int64_t amount_micro)
{
    struct given wanted = {0};
    const struct given *grant;

    if (sscanf(key, "TRF/%*u/%" SCNu64, &wanted.id) != 1 &&
        sscanf(key, "END/%" SCNu64, &wanted.id) != 1)
        return;
    grant = quotas->grant_count == 0 ? NULL
                                     : bsearch(&wanted, quotas->grants, quotas->grant_count,
                                               sizeof(*quotas->grants), compare_grants);
    if (grant)
        quotas->budgets[grant->budget].granted_micro -=
            amount_micro < 0 ? -amount_micro : amount_micro;
}

static int compare_budgets(const void *a, const void *b)
{
    const struct budget *first = a, *second = b;
    int order = strcmp(first->institution, second->institution);

    return order ? order : strcmp(first->project, second->project);
}

static void take_back(struct quotas *quotas, const char *institution, const char *project,
                      const struct refund *refund, int64_t at_us)
{
    struct budget wanted = {0}, *budget;

    memory_put_text(wanted.institution, sizeof(wanted.institution), institution);
    memory_put_text(wanted.project, sizeof(wanted.project), project);
    budget = quotas->count == 0 ? NULL
                                : bsearch(&wanted, quotas->budgets, quotas->count,
                                          sizeof(*quotas->budgets), compare_budgets);
    if (budget && at_us >= budget->since_us)
        budget->used_micro -= refund->amount_micro;
}

/* A refund counts for the institution and its project since their grants began. */
static void take_refund(struct quotas *quotas, const char *institution, const char *canonical,
                        int64_t at_us)
{
    struct entry entry;
    const char *place = canonical;

    while (txn_next_entry(&place, &entry)) {
        const struct refund refund = {.amount_micro = entry.amount_micro};

        if (entry.amount_micro <= 0)
            continue;
        if (strncmp(entry.account, "inst:", 5) == 0)
            take_back(quotas, institution, "", &refund, at_us);
        else if (strncmp(entry.account, "limit:", 6) == 0)
            take_back(quotas, institution, entry.account + 6, &refund, at_us);
    }
}

/* Corrections are few, and have an index. */
static bool read_corrections(struct store_reader *reader, struct quotas *quotas, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    int64_t amount_micro;
    enum reader_step code;

    statement = reader_prepare(reader,
                               "SELECT txn_key, institution, at_us, text, kind FROM txn"
                               " INDEXED BY txn_cause WHERE job = 0 AND kind > 3",
                               err);
    if (!statement)
        return false;
    while ((code = reader_step(statement)) == READER_ROW) {
        const char *key = reader_text(statement, 0);

        if ((int)reader_number(statement, 4) == TXN_REFUND)
            take_refund(quotas, reader_text(statement, 1), reader_text(statement, 3),
                        reader_number(statement, 2));
        else if (txn_first_amount(reader_text(statement, 3), &amount_micro))
            take_cut(quotas, key, amount_micro);
    }
    return code == READER_DONE || reader_fail(reader, "read the corrections", err);
}

static bool read_used(struct store_reader *reader, struct budget *budget, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement = reader_prepare(
        reader,
        "SELECT CAST(coalesce(sum(charged), 0) AS bigint) FROM txn WHERE institution = ?1"
        " AND job > 0 AND (?2 = '' OR project = ?2) AND end_us >= ?3",
        err);
    if (!statement)
        return false;
    reader_bind_text(statement, 1, budget->institution);
    reader_bind_text(statement, 2, budget->project);
    reader_bind_number(statement, 3, budget->since_us);
    if (reader_step(statement) != READER_ROW)
        return reader_fail(reader, "add up what was used", err);
    budget->used_micro += reader_number(statement, 0);
    return true;
}

bool store_reader_quotas(struct store_reader *reader, int64_t now_us, quota_fn *each, void *owner,
                         struct error *err)
{
    CLEANUP(clear_quotas) struct quotas quotas = {0};

    if (!read_grants(reader, now_us, &quotas, err) || !read_corrections(reader, &quotas, err))
        return false;
    for (size_t i = 0; i < quotas.count; i++) {
        struct budget *budget = &quotas.budgets[i];
        struct quota_row row = {budget->institution, budget->project, budget->granted_micro, 0};

        if (!read_used(reader, budget, err))
            return false;
        row.used_micro = budget->used_micro;
        if (!each(owner, &row, err))
            return false;
    }
    return true;
}
