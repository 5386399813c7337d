/* row.c - the rows of the database as structs, and their columns as a table */

#include "scheduler/row.h"

#include <assert.h>
#include <string.h>

/* One column, named as its field; its kind is the field's. */
#define COLUMN(noun, field)                              \
    {                                                    \
#field,                                                \
            _Generic(((struct row *)0)->noun.field,            \
                     int64_t: COLUMN_NUMBER,                   \
                     const char *: COLUMN_TEXT,                \
                     struct bytes: COLUMN_BYTES),              \
            offsetof(struct row, noun.field) \
    }

/* In the order of schema.sql. */
static const struct column meta_columns[] = {
    COLUMN(meta, name),
    COLUMN(meta, value),
};

static const struct column institution_columns[] = {
    COLUMN(institution, name),
    COLUMN(institution, title),
    COLUMN(institution, ror),
    COLUMN(institution, made_us),
};

static const struct column project_columns[] = {
    COLUMN(project, name),
    COLUMN(project, institution),
    COLUMN(project, title),
    COLUMN(project, made_us),
};

static const struct column member_columns[] = {
    COLUMN(member, user),
    COLUMN(member, project),
    COLUMN(member, manager),
    COLUMN(member, from_us),
};

static const struct column principal_columns[] = {
    COLUMN(principal, name),    COLUMN(principal, is_node), COLUMN(principal, institution),
    COLUMN(principal, cluster), COLUMN(principal, roles),   COLUMN(principal, made_us),
    COLUMN(principal, made_by),
};

static const struct column local_uid_columns[] = {
    COLUMN(local_uid, uid),
    COLUMN(local_uid, name),
};

static const struct column public_key_columns[] = {
    COLUMN(public_key, public_key),  COLUMN(public_key, name),
    COLUMN(public_key, is_node),     COLUMN(public_key, enrolled_us),
    COLUMN(public_key, enrolled_by), COLUMN(public_key, revoked_us),
    COLUMN(public_key, revoked_by),  COLUMN(public_key, revoked_why),
};

static const struct column token_columns[] = {
    COLUMN(token, digest),      COLUMN(token, name),    COLUMN(token, is_node),
    COLUMN(token, institution), COLUMN(token, cluster), COLUMN(token, roles),
    COLUMN(token, until_us),    COLUMN(token, used_us), COLUMN(token, made_by),
};

static const struct column request_columns[] = {
    COLUMN(request, request_key), COLUMN(request, principal), COLUMN(request, digest),
    COLUMN(request, answer),      COLUMN(request, at_us),
};

static const struct column script_columns[] = {
    COLUMN(script, id),
    COLUMN(script, digest),
    COLUMN(script, bytes),
};

static const struct column spec_columns[] = {
    COLUMN(spec, id),
    COLUMN(spec, script),
    COLUMN(spec, bytes),
};

static const struct column job_columns[] = {
    COLUMN(job, id),
    COLUMN(job, spec),
    COLUMN(job, name),
    COLUMN(job, user),
    COLUMN(job, project),
    COLUMN(job, institution),
    COLUMN(job, state),
    COLUMN(job, reason),
    COLUMN(job, hold),
    COLUMN(job, attempt),
    COLUMN(job, token),
    COLUMN(job, submit_us),
    COLUMN(job, eligible_us),
    COLUMN(job, start_us),
    COLUMN(job, end_us),
    COLUMN(job, held_micro),
    COLUMN(job, charged_micro),
    COLUMN(job, exit_code),
    COLUMN(job, exit_signal),
    COLUMN(job, launch_failures),
    COLUMN(job, flags),
    COLUMN(job, ended_by),
    COLUMN(job, output),
    COLUMN(job, error_output),
    COLUMN(job, cluster),
    COLUMN(job, partition),
    COLUMN(job, nodes),
    COLUMN(job, cores),
    COLUMN(job, tasks),
    COLUMN(job, memory),
    COLUMN(job, limit_us),
    COLUMN(job, node_list),
    COLUMN(job, cpu_used_us),
    COLUMN(job, memory_peak),
    COLUMN(job, request),
};

static const struct column part_columns[] = {
    COLUMN(part, job),      COLUMN(part, part),        COLUMN(part, attempt),
    COLUMN(part, node),     COLUMN(part, cores),       COLUMN(part, tasks),
    COLUMN(part, memory),   COLUMN(part, state),       COLUMN(part, core_list),
    COLUMN(part, cpu_list), COLUMN(part, cpu_used_us), COLUMN(part, memory_peak),
    COLUMN(part, gpus),     COLUMN(part, gpu_type),    COLUMN(part, gpu_list),
};

static const struct column node_columns[] = {
    COLUMN(node, name),         COLUMN(node, cluster),  COLUMN(node, drained),
    COLUMN(node, drain_reason), COLUMN(node, drain_by), COLUMN(node, boot_id),
    COLUMN(node, cores),        COLUMN(node, threads),  COLUMN(node, packages),
    COLUMN(node, numa_nodes),   COLUMN(node, gpus),     COLUMN(node, memory),
    COLUMN(node, emulated),     COLUMN(node, boot_us),  COLUMN(node, topology),
    COLUMN(node, gpu_kinds),    COLUMN(node, features),
};

static const struct column topology_columns[] = {
    COLUMN(topology, digest),
    COLUMN(topology, xml),
};

static const struct column grant_columns[] = {
    COLUMN(grant, id),     COLUMN(grant, institution), COLUMN(grant, project),
    COLUMN(grant, amount), COLUMN(grant, start_us),    COLUMN(grant, end_us),
    COLUMN(grant, reason), COLUMN(grant, made_by),     COLUMN(grant, made_us),
};

static const struct column hold_columns[] = {
    COLUMN(hold, job),
    COLUMN(hold, attempt),
    COLUMN(hold, project),
    COLUMN(hold, amount),
};

static const struct column txn_columns[] = {
    COLUMN(txn, id),        COLUMN(txn, chain),       COLUMN(txn, sequence),
    COLUMN(txn, kind),      COLUMN(txn, institution), COLUMN(txn, at_us),
    COLUMN(txn, head),      COLUMN(txn, txn_key),     COLUMN(txn, text),
    COLUMN(txn, job),       COLUMN(txn, attempt),     COLUMN(txn, slice),
    COLUMN(txn, project),   COLUMN(txn, user),        COLUMN(txn, cluster),
    COLUMN(txn, partition), COLUMN(txn, submit_us),   COLUMN(txn, eligible_us),
    COLUMN(txn, start_us),  COLUMN(txn, end_us),      COLUMN(txn, nodes),
    COLUMN(txn, cores),     COLUMN(txn, wall_us),     COLUMN(txn, cpu_used_us),
    COLUMN(txn, memory),    COLUMN(txn, memory_peak), COLUMN(txn, charged),
    COLUMN(txn, waived),    COLUMN(txn, listed),      COLUMN(txn, factor_ppm),
    COLUMN(txn, card),      COLUMN(txn, gpus),        COLUMN(txn, qos_ppm),
    COLUMN(txn, state),
};

static const struct column balance_columns[] = {
    COLUMN(balance, institution),
    COLUMN(balance, project),
    COLUMN(balance, charged),
};

static const struct column audit_columns[] = {
    COLUMN(audit, id),  COLUMN(audit, at_us), COLUMN(audit, principal),
    COLUMN(audit, act), COLUMN(audit, text),  COLUMN(audit, head),
};

static const struct column share_columns[] = {
    COLUMN(share, institution), COLUMN(share, project), COLUMN(share, user),
    COLUMN(share, shares),      COLUMN(share, reason),  COLUMN(share, made_by),
    COLUMN(share, made_us),
};

static const struct column limit_columns[] = {
    COLUMN(limit, scope),  COLUMN(limit, name),   COLUMN(limit, form),    COLUMN(limit, what),
    COLUMN(limit, amount), COLUMN(limit, reason), COLUMN(limit, made_by), COLUMN(limit, made_us),
};

static const struct column closing_columns[] = {
    COLUMN(closing, what),   COLUMN(closing, name),    COLUMN(closing, until_us),
    COLUMN(closing, reason), COLUMN(closing, made_by), COLUMN(closing, made_us),
};

static const struct column window_columns[] = {
    COLUMN(window, name),         COLUMN(window, cluster), COLUMN(window, nodes),
    COLUMN(window, start_us),     COLUMN(window, end_us),  COLUMN(window, repeat),
    COLUMN(window, maintenance),  COLUMN(window, users),   COLUMN(window, projects),
    COLUMN(window, institutions), COLUMN(window, reason),  COLUMN(window, made_by),
    COLUMN(window, made_us),
};

static const struct column server_columns[] = {
    COLUMN(server, name),     COLUMN(server, cluster),       COLUMN(server, state),
    COLUMN(server, id),       COLUMN(server, fault),         COLUMN(server, failures),
    COLUMN(server, since_us), COLUMN(server, shut_until_us),
};

static const struct column rate_columns[] = {
    COLUMN(rate, id),         COLUMN(rate, cluster),  COLUMN(rate, partition),
    COLUMN(rate, qos),        COLUMN(rate, mode),     COLUMN(rate, core),
    COLUMN(rate, gib),        COLUMN(rate, gpu),      COLUMN(rate, node),
    COLUMN(rate, listed),     COLUMN(rate, start_us), COLUMN(rate, end_us),
    COLUMN(rate, reason),     COLUMN(rate, made_by),  COLUMN(rate, made_us),
    COLUMN(rate, end_reason), COLUMN(rate, ended_by),
};

static const struct column seal_columns[] = {
    COLUMN(seal, name),
    COLUMN(seal, seal),
    COLUMN(seal, salt),
    COLUMN(seal, made_us),
};

static const struct column erasure_columns[] = {
    COLUMN(erasure, name),
    COLUMN(erasure, reason),
    COLUMN(erasure, made_by),
    COLUMN(erasure, made_us),
};

static const struct column series_columns[] = {
    COLUMN(series, job),
    COLUMN(series, attempt),
    COLUMN(series, samples),
};

#define SHAPE(table, columns, keys)             \
    {                                           \
        table, columns, COUNT_OF(columns), keys \
    }

static const struct row_shape shapes[ROW_KIND_COUNT] = {
    [ROW_META] = SHAPE("meta", meta_columns, 1),
    [ROW_INSTITUTION] = SHAPE("institution", institution_columns, 1),
    [ROW_PROJECT] = SHAPE("project", project_columns, 1),
    [ROW_MEMBER] = SHAPE("member", member_columns, 2),
    [ROW_PRINCIPAL] = SHAPE("principal", principal_columns, 2),
    [ROW_LOCAL_UID] = SHAPE("local_uid", local_uid_columns, 1),
    [ROW_PUBLIC_KEY] = SHAPE("public_key", public_key_columns, 1),
    [ROW_TOKEN] = SHAPE("token", token_columns, 1),
    [ROW_REQUEST] = SHAPE("request", request_columns, 1),
    [ROW_SCRIPT] = SHAPE("script", script_columns, 1),
    [ROW_SPEC] = SHAPE("spec", spec_columns, 1),
    [ROW_JOB] = SHAPE("job", job_columns, 1),
    [ROW_PART] = SHAPE("part", part_columns, 2),
    [ROW_NODE] = SHAPE("node", node_columns, 1),
    [ROW_TOPOLOGY] = SHAPE("topology", topology_columns, 1),
    [ROW_GRANT] = SHAPE("grant_", grant_columns, 1),
    [ROW_HOLD] = SHAPE("hold", hold_columns, 2),
    [ROW_TXN] = SHAPE("txn", txn_columns, 1),
    [ROW_BALANCE] = SHAPE("balance", balance_columns, 2),
    [ROW_AUDIT] = SHAPE("audit", audit_columns, 1),
    [ROW_SHARE] = SHAPE("share", share_columns, 3),
    [ROW_WINDOW] = SHAPE("reservation", window_columns, 1),
    [ROW_RATE] = SHAPE("rate", rate_columns, 1),
    [ROW_LIMIT] = SHAPE("limit_", limit_columns, 4),
    [ROW_CLOSING] = SHAPE("closing", closing_columns, 2),
    [ROW_SEAL] = SHAPE("seal", seal_columns, 1),
    [ROW_ERASURE] = SHAPE("erasure", erasure_columns, 1),
    [ROW_SERIES] = SHAPE("series", series_columns, 1),
    [ROW_SERVER] = SHAPE("server", server_columns, 1),
};

const struct row_shape *row_shape(enum row_kind kind)
{
    assert(kind < ROW_KIND_COUNT);
    return &shapes[kind];
}

static void copy_column(struct row *row, const struct column *column, struct arena *arena)
{
    if (column->kind == COLUMN_TEXT) {
        const char **text = row_text(row, column);

        *text = arena_copy(arena, *text);
    } else if (column->kind == COLUMN_BYTES) {
        struct bytes *bytes = row_bytes(row, column);
        void *copy = arena_take(arena, bytes->size);

        if (bytes->size)
            memcpy(copy, bytes->bytes, bytes->size);
        bytes->bytes = copy;
    }
}

static void copy(struct row *ret_row, const struct row *row, unsigned count, struct arena *arena)
{
    const struct row_shape *shape = row_shape(row->kind);

    *ret_row = *row;
    for (unsigned i = 0; i < count; i++)
        copy_column(ret_row, &shape->columns[i], arena);
    for (unsigned i = count; i < shape->column_count; i++) {
        if (shape->columns[i].kind == COLUMN_TEXT)
            *row_text(ret_row, &shape->columns[i]) = "";
        else if (shape->columns[i].kind == COLUMN_BYTES)
            *row_bytes(ret_row, &shape->columns[i]) = (struct bytes){0};
    }
}

void row_copy(struct row *ret_row, const struct row *row, struct arena *arena)
{
    copy(ret_row, row, row_shape(row->kind)->column_count, arena);
}

void row_copy_key(struct row *ret_row, const struct row *row, struct arena *arena)
{
    copy(ret_row, row, row_shape(row->kind)->key_count, arena);
}

/* Type and number, or type and size, in one piece: this is on the way of every row written. */
static void add_number(enum column_kind kind, uint64_t number, struct buffer *buffer)
{
    uint8_t bytes[1 + sizeof(number)] = {(uint8_t)('0' + (int)kind)};

    for (size_t i = 0; i < sizeof(number); i++)
        bytes[1 + i] = (uint8_t)(number >> (8 * (sizeof(number) - 1 - i)));
    buffer_add(buffer, bytes, sizeof(bytes));
}

void row_add_table(const char *table, struct buffer *buffer)
{
    buffer_add(buffer, table, strlen(table) + 1);
}

void row_add_number(int64_t number, struct buffer *buffer)
{
    add_number(COLUMN_NUMBER, (uint64_t)number, buffer);
}

void row_add_bytes(enum column_kind kind, struct bytes bytes, struct buffer *buffer)
{
    add_number(kind, bytes.size, buffer);
    buffer_add(buffer, bytes.bytes, bytes.size);
}

static void add_column(const struct row *row, const struct column *column, struct buffer *buffer)
{
    const char *text;

    switch (column->kind) {
    case COLUMN_NUMBER:
        row_add_number(*row_number(row, column), buffer);
        return;
    case COLUMN_TEXT:
        text = *row_text(row, column);
        row_add_bytes(column->kind, (struct bytes){text, strlen(text)}, buffer);
        return;
    case COLUMN_BYTES:
    default:
        row_add_bytes(column->kind, *row_bytes(row, column), buffer);
    }
}

void row_add_canonical(const struct row *row, bool key_only, struct buffer *buffer)
{
    const struct row_shape *shape = row_shape(row->kind);
    unsigned count = key_only ? shape->key_count : shape->column_count;

    row_add_table(shape->table, buffer);
    for (unsigned i = 0; i < count; i++)
        add_column(row, &shape->columns[i], buffer);
}
