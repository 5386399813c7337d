/* store_postgres_sql.c - the statements of the PostgreSQL store, made of the rows' shapes */

#include "scheduler/store_postgres_inside.h"

#include <stdlib.h>
#include <string.h>

static const char *const types[] = {
    [COLUMN_NUMBER] = "bigint",
    [COLUMN_TEXT] = "text",
    [COLUMN_BYTES] = "bytea",
};

/* What a table has besides its columns and its key. */
static const char *const rules[ROW_KIND_COUNT] = {
    [ROW_PROJECT] = "FOREIGN KEY (institution) REFERENCES institution(name)",
    [ROW_MEMBER] = "FOREIGN KEY (project) REFERENCES project(name)",
    [ROW_SCRIPT] = "UNIQUE (digest)",
    [ROW_SPEC] = "FOREIGN KEY (script) REFERENCES script(id)",
    [ROW_JOB] = "FOREIGN KEY (spec) REFERENCES spec(id), CHECK (state BETWEEN 0 AND 20),"
                " CHECK (held_micro >= 0), CHECK (charged_micro >= 0)",
    [ROW_PART] = "FOREIGN KEY (job) REFERENCES job(id)",
    [ROW_GRANT] = "FOREIGN KEY (institution) REFERENCES institution(name), CHECK (amount > 0)",
    [ROW_HOLD] = "CHECK (amount >= 0)",
    /* A chain lies in one piece: its number, then the number in it. */
    [ROW_TXN] = "place bigint GENERATED ALWAYS AS ((chain << 32) + sequence) STORED,"
                " UNIQUE (place)",
};

/* A second row with the same key is a mistake; the first is not replaced. */
bool postgres_is_put_once(enum row_kind kind)
{
    switch (kind) {
    case ROW_REQUEST:
    case ROW_SCRIPT:
    case ROW_SPEC:
    case ROW_GRANT:
    case ROW_TXN:
    case ROW_AUDIT:
        return true;
    default:
        return false;
    }
}

/* Quoted, since one is called user; with commas between. */
static void add_columns(struct buffer *sql, const struct row_shape *shape, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buffer_print(sql, "%s\"%s\"", i ? ", " : "", shape->columns[i].name);
}

void postgres_print_table(enum row_kind kind, struct buffer *sql)
{
    const struct row_shape *shape = row_shape(kind);

    buffer_print(sql, "CREATE TABLE %s (", shape->table);
    for (unsigned i = 0; i < shape->column_count; i++)
        buffer_print(sql, "\"%s\" %s NOT NULL, ", shape->columns[i].name,
                     types[shape->columns[i].kind]);
    buffer_add_text(sql, "mac bytea NOT NULL, ");
    if (rules[kind])
        buffer_print(sql, "%s, ", rules[kind]);
    buffer_add_text(sql, "PRIMARY KEY (");
    add_columns(sql, shape, shape->key_count);
    buffer_add_text(sql, "));\n");
}

/* "unnest($1::bigint[], ...) AS k(name, ...)": a row for each place of the lists, of keys. */
static void add_key_lists(struct buffer *sql, const struct row_shape *shape)
{
    buffer_add_text(sql, "unnest(");
    for (unsigned i = 0; i < shape->key_count; i++)
        buffer_print(sql, "%s$%u::%s[]", i ? ", " : "", i + 1, types[shape->columns[i].kind]);
    buffer_add_text(sql, ") AS k(");
    add_columns(sql, shape, shape->key_count);
    buffer_add_text(sql, ")");
}

/* "unnest($1::bigint[]), ...": all lists go in step, as they are as long.  Behind FROM each would
 * first be a table of its own, which takes twice as long as the rest. */
static void add_whole_lists(struct buffer *sql, const struct row_shape *shape)
{
    for (unsigned i = 0; i < shape->column_count; i++)
        buffer_print(sql, "unnest($%u::%s[]), ", i + 1, types[shape->columns[i].kind]);
    buffer_print(sql, "unnest($%u::bytea[])", shape->column_count + 1);
}

static void add_same_key(struct buffer *sql, const struct row_shape *shape)
{
    for (unsigned i = 0; i < shape->key_count; i++)
        buffer_print(sql, "%st.\"%s\" = k.\"%s\"", i ? " AND " : "", shape->columns[i].name,
                     shape->columns[i].name);
}

static char *make_put(enum row_kind kind, bool replaces)
{
    const struct row_shape *shape = row_shape(kind);
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    buffer_print(&sql, "INSERT INTO %s (", shape->table);
    add_columns(&sql, shape, shape->column_count);
    buffer_add_text(&sql, ", mac) SELECT ");
    add_whole_lists(&sql, shape);
    if (replaces) {
        buffer_add_text(&sql, " ON CONFLICT (");
        add_columns(&sql, shape, shape->key_count);
        buffer_add_text(&sql, ") DO UPDATE SET mac = excluded.mac");
        for (unsigned i = shape->key_count; i < shape->column_count; i++)
            buffer_print(&sql, ", \"%s\" = excluded.\"%s\"", shape->columns[i].name,
                         shape->columns[i].name);
    }
    return buffer_steal(&sql);
}

/* Of the rows with these keys. */
static char *make_of_keys(enum row_kind kind, const char *before, const char *between)
{
    const struct row_shape *shape = row_shape(kind);
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    buffer_print(&sql, "%s %s t %s ", before, shape->table, between);
    add_key_lists(&sql, shape);
    buffer_add_text(&sql, " WHERE ");
    add_same_key(&sql, shape);
    return buffer_steal(&sql);
}

static char *make_old(enum row_kind kind)
{
    return make_of_keys(kind, "SELECT t.mac FROM", "CROSS JOIN");
}

static char *make_remove(enum row_kind kind)
{
    CLEANUP(buffer_clear) struct buffer sql;
    char *text = make_of_keys(kind, "DELETE FROM", "USING");

    buffer_init(&sql);
    buffer_print(&sql, "%s RETURNING t.mac", text);
    free(text);
    return buffer_steal(&sql);
}

static char *make_find(enum row_kind kind)
{
    const struct row_shape *shape = row_shape(kind);
    CLEANUP(buffer_clear) struct buffer sql;

    buffer_init(&sql);
    buffer_print(&sql, "SELECT * FROM %s WHERE ", shape->table);
    for (unsigned i = 0; i < shape->key_count; i++)
        buffer_print(&sql, "%s\"%s\" = $%u", i ? " AND " : "", shape->columns[i].name, i + 1);
    return buffer_steal(&sql);
}

static char *make_all(enum row_kind kind)
{
    bool in_order = kind == ROW_TXN || kind == ROW_GRANT || kind == ROW_AUDIT || kind == ROW_RATE;

    return memory_format("SELECT * FROM %s%s", row_shape(kind)->table,
                         !in_order         ? ""
                         : kind == ROW_TXN ? " ORDER BY place"
                                           : " ORDER BY id");
}

void postgres_sql_make(struct postgres_store *store)
{
    for (int i = 0; i < ROW_KIND_COUNT; i++) {
        enum row_kind kind = (enum row_kind)i;

        store->sql[i] = (struct postgres_sql){
            .put = make_put(kind, !postgres_is_put_once(kind)),
            .replace = make_put(kind, true),
            .old = make_old(kind),
            .remove = postgres_is_put_once(kind) ? NULL : make_remove(kind),
            .find = make_find(kind),
            .all = make_all(kind),
        };
    }
    store->sql[ROW_PART].trim =
        memory_copy("DELETE FROM part t USING unnest($1::bigint[], $2::bigint[]) AS k(job, part)"
                    " WHERE t.job = k.job AND t.part >= k.part RETURNING t.mac");
    store->sql[ROW_REQUEST].trim =
        memory_copy("DELETE FROM request t USING unnest($1::bigint[]) AS k(at_us)"
                    " WHERE t.at_us <= k.at_us RETURNING t.mac");
    for (int i = 0; i < QUERY_KIND_COUNT; i++)
        if (query_sql[i])
            store->query_sql[i] = postgres_translate(query_sql[i]);
}

void postgres_sql_clear(struct postgres_store *store)
{
    for (int i = 0; i < ROW_KIND_COUNT; i++) {
        free(store->sql[i].put);
        free(store->sql[i].replace);
        free(store->sql[i].old);
        free(store->sql[i].remove);
        free(store->sql[i].trim);
        free(store->sql[i].find);
        free(store->sql[i].all);
    }
    for (int i = 0; i < QUERY_KIND_COUNT; i++)
        free(store->query_sql[i]);
}
