/* postgres.c - a connection to PostgreSQL: questions in groups, answers in their order */

#include "base/postgres_inside.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_LEAST 150000

/* --- errors ----------------------------------------------------------------------------------- */

bool(postgres_fail)(const struct postgres *postgres, const PGresult *result, const char *what,
                    struct error *err)
{
    const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *lost = PQerrorMessage(postgres->connection);

    if (text && state)
        return fail(err, ERROR_IO, "%s: %.60s: %s (SQLSTATE %s)", postgres->name, what, text,
                    state);
    return fail(err, ERROR_UNAVAILABLE, "%s: %.60s: %.*s", postgres->name, what,
                (int)strcspn(lost, "\n"), lost);
}

/* --- the group of questions --------------------------------------------------------------------- */

static void forget_prepared(struct postgres *postgres, const char *sql)
{
    free(table_remove_text(postgres->prepared, sql));
}

static void forget_all_prepared(struct postgres *postgres)
{
    char *name;

    for (size_t place = 0; (name = table_next(postgres->prepared, &place));)
        free(name);
    table_free(postgres->prepared);
    postgres->prepared = table_new();
}

static void note_asked(struct postgres *postgres, const char *sql, bool prepares)
{
    if (postgres->asked_count == postgres->asked_capacity) {
        postgres->asked_capacity = postgres->asked_capacity ? 2 * postgres->asked_capacity : 32;
        postgres->asked =
            memory_resize(postgres->asked, postgres->asked_capacity, sizeof(*postgres->asked));
    }
    postgres->asked[postgres->asked_count++] = (struct postgres_asked){sql, prepares};
}

/* What is left of the group goes unread; what it would have prepared is not. */
void postgres_leave_group(struct postgres *postgres)
{
    bool nothing = false;

    if (!postgres->sent)
        PQpipelineSync(postgres->connection);
    while (PQstatus(postgres->connection) == CONNECTION_OK) {
        PGresult *result = PQgetResult(postgres->connection);
        ExecStatusType status = PQresultStatus(result);

        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC || (!result && nothing))
            break;
        nothing = !result; /* one stands behind each answer, two at the end */
    }
    for (size_t i = 0; i < postgres->asked_count; i++)
        if (postgres->asked[i].prepares)
            forget_prepared(postgres, postgres->asked[i].sql);
    postgres->asked_count = postgres->asked_next = 0;
    postgres->sent = false;
}

static bool fail_group(struct postgres *postgres, const PGresult *result, const char *what,
                       struct error *err)
{
    postgres_fail(postgres, result, what, err);
    postgres_leave_group(postgres);
    return false;
}

static bool prepare(struct postgres *postgres, const char *sql,
                    const struct postgres_values *values, const struct postgres_pointers *pointers,
                    struct error *err)
{
    char *name = memory_format("s%" PRIu64, ++postgres->names);

    table_put_text(postgres->prepared, sql, name);
    note_asked(postgres, sql, true);
    return PQsendPrepare(postgres->connection, name, sql, values ? values->count : 0,
                         pointers->types) ||
           fail_group(postgres, NULL, sql, err);
}

bool postgres_ask(struct postgres *postgres, const char *sql, const struct postgres_values *values,
                  struct error *err)
{
    struct postgres_pointers pointers;

    postgres_point(values, &pointers);
    if (!table_get_text(postgres->prepared, sql) && !prepare(postgres, sql, values, &pointers, err))
        return false;
    note_asked(postgres, sql, false);
    return PQsendQueryPrepared(postgres->connection, table_get_text(postgres->prepared, sql),
                               values ? values->count : 0, pointers.values, pointers.sizes,
                               pointers.formats, 1) ||
           fail_group(postgres, NULL, sql, err);
}

bool postgres_ask_once(struct postgres *postgres, const char *sql,
                       const struct postgres_values *values, struct error *err)
{
    struct postgres_pointers pointers;

    postgres_point(values, &pointers);
    note_asked(postgres, sql, false);
    return PQsendQueryParams(postgres->connection, sql, values ? values->count : 0, pointers.types,
                             pointers.values, pointers.sizes, pointers.formats, 1) ||
           fail_group(postgres, NULL, sql, err);
}

bool postgres_end_group(struct postgres *postgres, struct error *err)
{
    postgres->sent = PQpipelineSync(postgres->connection) == 1;
    return postgres->sent || fail_group(postgres, NULL, "send", err);
}

/* The result of one question, and the nothing behind it. */
static PGresult *take_result(struct postgres *postgres)
{
    PGresult *result = PQgetResult(postgres->connection);

    if (result)
        PQclear(PQgetResult(postgres->connection));
    return result;
}

struct postgres_rows *postgres_answer(struct postgres *postgres, struct error *err)
{
    while (postgres->asked_next < postgres->asked_count) {
        struct postgres_asked *asked = &postgres->asked[postgres->asked_next];
        PGresult *result = take_result(postgres);
        ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            fail_group(postgres, result, asked->sql, err);
            PQclear(result);
            return NULL;
        }
        postgres->asked_next++;
        if (!asked->prepares)
            return (struct postgres_rows *)(void *)result;
        asked->prepares = false; /* it is known from now on */
        PQclear(result);
    }
    fail(err, ERROR_INTERNAL, "%s: more answers are taken than were asked for", postgres->name);
    return NULL;
}

bool postgres_group_is_good(struct postgres *postgres, struct error *err)
{
    PGresult *result = PQgetResult(postgres->connection);
    bool good = PQresultStatus(result) == PGRES_PIPELINE_SYNC;

    if (good) {
        postgres->asked_count = postgres->asked_next = 0;
        postgres->sent = false;
    } else {
        fail_group(postgres, result, "end", err);
    }
    PQclear(result);
    return good;
}

struct postgres_rows *postgres_ask_alone(struct postgres *postgres, const char *sql,
                                         const struct postgres_values *values, struct error *err)
{
    CLEANUP(postgres_rows_freep) struct postgres_rows *rows = NULL;

    if (!postgres_ask(postgres, sql, values, err) || !postgres_end_group(postgres, err) ||
        !(rows = postgres_answer(postgres, err)) || !postgres_group_is_good(postgres, err))
        return NULL;
    return STEAL(rows);
}

bool postgres_ask_number(struct postgres *postgres, const char *sql,
                         const struct postgres_values *values, int64_t otherwise,
                         int64_t *ret_number, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(postgres, sql, values, err);

    if (!rows)
        return false;
    *ret_number = postgres_row_count(rows) > 0 ? postgres_number_at(rows, 0, 0) : otherwise;
    return true;
}

/* --- the connection ----------------------------------------------------------------------------- */

bool postgres_execute(struct postgres *postgres, const char *sql, struct error *err)
{
    PGresult *result;
    ExecStatusType status;
    bool good;

    if (PQpipelineStatus(postgres->connection) != PQ_PIPELINE_OFF &&
        !PQexitPipelineMode(postgres->connection))
        return postgres_fail(postgres, NULL, sql, err);
    result = PQexec(postgres->connection, sql);
    status = PQresultStatus(result);
    good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
           postgres_fail(postgres, result, sql, err);
    PQclear(result);
    return (PQenterPipelineMode(postgres->connection) ||
            (good && postgres_fail(postgres, NULL, sql, err))) &&
           good;
}

static void be_quiet(void *owner, const PGresult *notice)
{
    (void)owner;
    (void)notice;
}

/* The password is in none of these. */
static char *make_name(const PGconn *connection)
{
    const char *host = PQhost(connection), *database = PQdb(connection);

    return memory_format("postgresql %s/%s", host ? host : "", database ? database : "");
}

/* Indexes are what every statement was written for: a plan must not change with how much the
 * server believes that there is. */
static bool set_session(struct postgres *postgres, struct error *err)
{
    CLEANUP(memory_freep)
    char *sql = memory_format("SET search_path = %s;"
                              "SET synchronous_commit = on;"
                              "SET statement_timeout = %u;"
                              "SET plan_cache_mode = force_generic_plan;"
                              "SET jit = off",
                              postgres->schema, postgres->limit_ms);

    if (PQserverVersion(postgres->connection) < VERSION_LEAST)
        return fail(err, ERROR_INVALID, "%s has version %d of PostgreSQL: 15 and later will do",
                    postgres->name, PQserverVersion(postgres->connection) / 10000);
    return postgres_execute(postgres, sql, err);
}

/* What the URL says goes before what stands ahead of it here. */
static PGconn *dial(const char *where)
{
    static const char *const names[] = {
        "connect_timeout",  "keepalives_idle",  "keepalives_interval",
        "keepalives_count", "tcp_user_timeout", "fallback_application_name",
        "dbname",           "client_encoding",  NULL,
    };
    const char *const values[COUNT_OF(names)] = {
        "10", "5", "2", "3", "10000", "tequio", where, "SQL_ASCII", NULL,
    };

    return PQconnectdbParams(names, values, 1);
}

static bool check_connection(struct postgres *postgres, struct error *err)
{
    free(postgres->name);
    postgres->name = make_name(postgres->connection);
    if (PQstatus(postgres->connection) != CONNECTION_OK)
        return postgres_fail(postgres, NULL, "connect", err);
    PQsetNoticeReceiver(postgres->connection, be_quiet, NULL);
    return set_session(postgres, err);
}

struct postgres *postgres_open(const char *where, const char *schema, unsigned limit_ms,
                               struct error *err)
{
    CLEANUP(postgres_freep) struct postgres *postgres = NEW(struct postgres);

    postgres->where = memory_copy(where);
    postgres->schema = memory_copy(schema);
    postgres->limit_ms = limit_ms;
    postgres->prepared = table_new();
    postgres->connection = dial(where);
    return check_connection(postgres, err) ? STEAL(postgres) : NULL;
}

bool postgres_revive(struct postgres *postgres, struct error *err)
{
    if (PQstatus(postgres->connection) == CONNECTION_OK)
        return true;
    if (postgres->cursors > 0 || postgres->held)
        return fail(err, ERROR_UNAVAILABLE, "%s: the connection was lost", postgres->name);
    forget_all_prepared(postgres);
    postgres->asked_count = postgres->asked_next = 0;
    postgres->sent = false;
    PQfinish(postgres->connection);
    postgres->connection = dial(postgres->where);
    return check_connection(postgres, err);
}

void postgres_free(struct postgres *postgres)
{
    if (!postgres)
        return;
    PQfinish(postgres->connection);
    forget_all_prepared(postgres);
    table_free(postgres->prepared);
    free(postgres->asked);
    memory_wipe(postgres->where, strlen(postgres->where));
    free(postgres->where);
    free(postgres->schema);
    free(postgres->name);
    free(postgres);
}

const char *postgres_name(const struct postgres *postgres)
{
    return postgres->name;
}
