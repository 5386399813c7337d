/* store_reader.c - what the accounting service reads of the scheduler's database */

#include "accounting/store_reader.h"

#include "accounting/store_reader_inside.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a later version too: each statement names the columns that it reads, and fails when one is
 * not there. */
#define SCHEMA_LEAST 11

/* The first that fits; the last fits always. */
static const struct reader_kind *const kinds[] = {&reader_postgres, &reader_sqlite};

bool reader_fail(struct store_reader *reader, const char *what, struct error *err)
{
    return fail(err, ERROR_IO, "%s: %s", what, reader->kind->error(reader));
}

struct reader_statement *reader_prepare(struct store_reader *reader, const char *sql,
                                        struct error *err)
{
    struct reader_statement *statement = reader->kind->prepare(reader, sql);

    if (!statement)
        reader_fail(reader, "read the database", err);
    return statement;
}

void reader_end(struct reader_statement *statement)
{
    statement->reader->kind->end(statement);
}

static bool check_schema(struct store_reader *reader, struct error *err)
{
    CLEANUP(memory_freep) char *schema = store_reader_meta(reader, "schema");

    if (!schema)
        return fail(err, ERROR_INVALID, "%s is not a database of tequio-scheduler", reader->name);
    if (strtol(schema, NULL, 10) < SCHEMA_LEAST)
        return fail(err, ERROR_INVALID,
                    "%s has schema version %s, this program reads %d and later: start the "
                    "scheduler of the same version once",
                    reader->name, schema, SCHEMA_LEAST);
    return true;
}

struct store_reader *store_reader_open(const char *path, struct error *err)
{
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    size_t kind = 0;

    while (kind < COUNT_OF(kinds) - 1 &&
           strncmp(path, kinds[kind]->begins, strlen(kinds[kind]->begins)) != 0)
        kind++;
    reader = kinds[kind]->open(path, err);
    if (!reader || !check_schema(reader, err))
        return NULL;
    return STEAL(reader);
}

void store_reader_free(struct store_reader *reader)
{
    if (reader)
        reader->kind->free(reader);
}

bool store_reader_changed(struct store_reader *reader)
{
    uint64_t version = reader->kind->version(reader);

    if (reader->seen && version != 0 && version == reader->version)
        return false;
    reader->seen = true;
    reader->version = version;
    return true;
}

char *store_reader_meta(struct store_reader *reader, const char *name)
{
    struct error ignored;
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    const void *value;
    size_t size;
    char *text;

    statement = reader_prepare(reader, "SELECT value FROM meta WHERE name = ?1", &ignored);
    if (!statement)
        return NULL;
    reader_bind_text(statement, 1, name);
    if (reader_step(statement) != READER_ROW)
        return NULL;
    value = reader_bytes(statement, 0, &size);
    text = memory_get(size + 1, 1);
    memcpy(text, value, size);
    return text;
}

static bool load_principals(struct store_reader *reader, struct identities *identities,
                            struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement =
        reader_prepare(reader, "SELECT name, institution, cluster, roles FROM principal", err);
    if (!statement)
        return false;
    while (reader_step(statement) == READER_ROW) {
        const char *institution = reader_text(statement, 1);
        const char *cluster = reader_text(statement, 2);
        struct principal principal = {
            .name = (char *)(uintptr_t)reader_text(statement, 0),
            .institution = *institution ? (char *)(uintptr_t)institution : NULL,
            .cluster = *cluster ? (char *)(uintptr_t)cluster : NULL,
            .roles = (unsigned)(int)reader_number(statement, 3),
        };

        identities_put(identities, &principal);
    }
    return true;
}

static bool load_keys(struct store_reader *reader, struct identities *identities, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement =
        reader_prepare(reader, "SELECT public_key, name, is_node, revoked_us FROM public_key", err);
    if (!statement)
        return false;
    while (reader_step(statement) == READER_ROW) {
        const char *key = reader_text(statement, 0);

        if (reader_number(statement, 3) != 0)
            identities_revoke_key(identities, key);
        else if (!identities_bind_key(identities, key, reader_text(statement, 1),
                                      (int)reader_number(statement, 2) != 0, err))
            return false;
    }
    return true;
}

bool store_reader_identities(struct store_reader *reader, struct identities *identities,
                             struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    if (!load_principals(reader, identities, err) || !load_keys(reader, identities, err))
        return false;
    statement = reader_prepare(reader, "SELECT uid, name FROM local_uid", err);
    if (!statement)
        return false;
    while (reader_step(statement) == READER_ROW)
        if (!identities_bind_uid(identities, (uid_t)reader_number(statement, 0),
                                 reader_text(statement, 1), err))
            return false;
    return true;
}

bool store_reader_institution(struct store_reader *reader, const char *name,
                              struct institution_row *ret_row, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement = reader_prepare(reader, "SELECT title, ror FROM institution WHERE name = ?1", err);
    if (!statement)
        return false;
    reader_bind_text(statement, 1, name);
    if (reader_step(statement) != READER_ROW)
        return fail(err, ERROR_NOT_FOUND, "no institution %s in this network", name);
    ret_row->title = memory_copy(reader_text(statement, 0));
    ret_row->ror = memory_copy(reader_text(statement, 1));
    return true;
}

void institution_row_clear(struct institution_row *row)
{
    free(row->title);
    free(row->ror);
    *row = (struct institution_row){0};
}

/* Before that version everybody is in the books by name. */
#define SCHEMA_OF_SEALS 12

struct openings *store_reader_openings(struct store_reader *reader, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    CLEANUP(openings_freep) struct openings *openings = openings_new();
    CLEANUP(memory_freep) char *schema = store_reader_meta(reader, "schema");
    enum reader_step code;

    if (!schema) {
        reader_fail(reader, "read the version of the seals", err);
        return NULL;
    }
    if (strtol(schema, NULL, 10) < SCHEMA_OF_SEALS)
        return STEAL(openings);
    statement = reader_prepare(reader, "SELECT name, salt FROM seal", err);
    if (!statement)
        return NULL;
    while ((code = reader_step(statement)) == READER_ROW) {
        size_t size;
        const void *salt = reader_bytes(statement, 1, &size);

        if (size != SEAL_SALT_SIZE) {
            fail(err, ERROR_IO, "the seal of %s has a salt of %zu bytes", reader_text(statement, 0),
                 size);
            return NULL;
        }
        openings_add(openings, reader_text(statement, 0), salt);
    }
    if (code == READER_DONE)
        return STEAL(openings);
    reader_fail(reader, "read the seals", err);
    return NULL;
}

static bool read_rate(struct reader_statement *statement, struct rate *ret_rate, struct error *err)
{
    struct rate rate = {
        .id = (uint64_t)reader_number(statement, 0),
        .prices = {(uint32_t)reader_number(statement, 5), (uint32_t)reader_number(statement, 6),
                   (uint32_t)reader_number(statement, 7), (uint32_t)reader_number(statement, 8)},
        .listed = (int)reader_number(statement, 9) != 0,
        .start_us = reader_number(statement, 10),
        .end_us = reader_number(statement, 11),
    };

    if (!rate_mode_parse(reader_text(statement, 4), &rate.mode, err))
        return fail_in(err, "rate card %llu", (unsigned long long)rate.id);
    snprintf(rate.cluster, sizeof(rate.cluster), "%s", reader_text(statement, 1));
    snprintf(rate.partition, sizeof(rate.partition), "%s", reader_text(statement, 2));
    snprintf(rate.qos, sizeof(rate.qos), "%s", reader_text(statement, 3));
    *ret_rate = rate;
    return true;
}

bool store_reader_rates(struct store_reader *reader, int64_t before_us, rate_fn *each, void *owner,
                        struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    struct rate rate;
    enum reader_step code;

    statement =
        reader_prepare(reader,
                       "SELECT id, cluster, partition, qos, mode, core, gib, gpu, node, listed,"
                       " start_us, end_us, made_us FROM rate WHERE start_us < ?1 ORDER BY id",
                       err);
    if (!statement)
        return false;
    reader_bind_number(statement, 1, before_us);
    while ((code = reader_step(statement)) == READER_ROW)
        if (!read_rate(statement, &rate, err) ||
            !each(owner, &rate, reader_number(statement, 12), err))
            return false;
    return code == READER_DONE || reader_fail(reader, "read the rate cards", err);
}

/* What was refunded from `from_us` on: corrections are few, and have an index. */
static bool add_refunds(struct store_reader *reader, const char *institution, int64_t from_us,
                        int64_t *sum, struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;
    int64_t amount;
    enum reader_step code;

    statement = reader_prepare(reader,
                               "SELECT text FROM txn INDEXED BY txn_cause WHERE job = 0"
                               " AND txn_key >= 'RFD/' AND txn_key < 'RFD0' AND institution = ?1"
                               " AND at_us >= ?2",
                               err);
    if (!statement)
        return false;
    reader_bind_text(statement, 1, institution);
    reader_bind_number(statement, 2, from_us);
    while ((code = reader_step(statement)) == READER_ROW) {
        if (!txn_first_amount(reader_text(statement, 0), &amount))
            return fail(err, ERROR_IO, "a refund of %s has a damaged text", institution);
        *sum += amount;
    }
    return code == READER_DONE || reader_fail(reader, "add up the refunds", err);
}

/* What is charged until the period's end is what is charged in all, less what came later. */
bool store_reader_budget(struct store_reader *reader, const char *institution,
                         const struct period *period, int64_t *ret_granted, int64_t *ret_charged,
                         struct error *err)
{
    CLEANUP(reader_endp) struct reader_statement *statement = NULL;

    statement = reader_prepare(
        reader,
        "SELECT (SELECT CAST(coalesce(sum(amount), 0) AS bigint) FROM grant_ WHERE institution = ?1"
        "  AND project = '' AND start_us < ?3 AND (end_us = 0 OR end_us > ?2)),"
        " (SELECT CAST(coalesce(sum(charged), 0) AS bigint) FROM balance WHERE institution = ?1) -"
        " (SELECT CAST(coalesce(sum(charged), 0) AS bigint) FROM txn WHERE institution = ?1"
        "  AND job > 0 AND end_us >= ?3)",
        err);
    if (!statement)
        return false;
    reader_bind_text(statement, 1, institution);
    reader_bind_number(statement, 2, period->start_us);
    reader_bind_number(statement, 3, period->end_us);
    if (reader_step(statement) != READER_ROW)
        return reader_fail(reader, "add up the budget", err);
    *ret_granted = reader_number(statement, 0);
    *ret_charged = reader_number(statement, 1);
    return add_refunds(reader, institution, period->end_us, ret_charged, err);
}
