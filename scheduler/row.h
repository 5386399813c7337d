/* row.h - the rows of the database as structs, and their columns as a table
 *
 * The store is asked to put, remove and find rows; what a row consists of is said once, in
 * row.c: name and place of each column in the order of schema.sql, and how many of them are the
 * key; behind them comes the MAC that protects the row.  Binding, reading, copying and
 * authenticating rows then need no code per kind.
 *
 * Every number is an int64_t, as SQLite has it; memory is in bytes, amounts are in micro SU.
 * Texts are never NULL in a row that is put.
 *
 * Borrows: texts and bytes of a row.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_ROW_H
#define SCHEDULER_ROW_H

#include "base/buffer.h"
#include "proto/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    const void *bytes;
    size_t size;
};

/* The order is that of the tally in table meta: add at the end. */
enum row_kind {
    ROW_META,
    ROW_INSTITUTION,
    ROW_PROJECT,
    ROW_MEMBER,
    ROW_PRINCIPAL,
    ROW_LOCAL_UID,
    ROW_PUBLIC_KEY,
    ROW_TOKEN,
    ROW_REQUEST,
    ROW_SCRIPT,
    ROW_SPEC,
    ROW_JOB,
    ROW_PART,
    ROW_NODE,
    ROW_TOPOLOGY,
    ROW_GRANT,
    ROW_HOLD,
    ROW_TXN,
    ROW_BALANCE,
    ROW_AUDIT,
    ROW_SHARE,
    ROW_LIMIT,
    ROW_CLOSING,
    ROW_WINDOW,
    ROW_SERVER,
    ROW_RATE,
    ROW_SEAL,
    ROW_ERASURE,
    ROW_SERIES,
    ROW_KIND_COUNT
};

struct meta_row {
    const char *name;
    struct bytes value;
};

struct institution_row {
    const char *name, *title, *ror;
    int64_t made_us;
};

struct project_row {
    const char *name, *institution, *title;
    int64_t made_us;
};

struct member_row {
    const char *user, *project;
    int64_t manager, from_us;
};

struct principal_row {
    const char *name;
    int64_t is_node;
    const char *institution, *cluster; /* "" when none */
    int64_t roles, made_us;
    const char *made_by;
};

struct local_uid_row {
    int64_t uid;
    const char *name;
};

struct public_key_row {
    const char *public_key, *name;
    int64_t is_node, enrolled_us;
    const char *enrolled_by;
    int64_t revoked_us;
    const char *revoked_by, *revoked_why;
};

struct token_row {
    struct bytes digest;
    const char *name;
    int64_t is_node;
    const char *institution, *cluster;
    int64_t roles, until_us, used_us;
    const char *made_by;
};

struct request_row {
    struct bytes request_key;
    const char *principal;
    struct bytes digest, answer;
    int64_t at_us;
};

struct script_row {
    int64_t id;
    struct bytes digest, bytes;
};

struct spec_row {
    int64_t id, script;
    struct bytes bytes;
};

struct job_row {
    int64_t id, spec;
    const char *name, *user, *project, *institution;
    int64_t state, reason, hold, attempt;
    struct bytes token;
    int64_t submit_us, eligible_us, start_us, end_us, held_micro, charged_micro;
    int64_t exit_code, exit_signal, launch_failures, flags;
    const char *ended_by, *output, *error_output, *cluster, *partition;
    int64_t nodes, cores, tasks, memory, limit_us;
    const char *node_list;
    int64_t cpu_used_us, memory_peak;
    struct bytes request;
};

#define JOB_FLAG_CANCELLED     1
#define JOB_FLAG_REQUEUE_AFTER 2

struct part_row {
    int64_t job, part, attempt;
    const char *node;
    int64_t cores, tasks, memory, state;
    const char *core_list, *cpu_list;
    int64_t cpu_used_us, memory_peak, gpus;
    const char *gpu_type, *gpu_list;
};

struct node_row {
    const char *name, *cluster;
    int64_t drained;
    const char *drain_reason, *drain_by, *boot_id;
    int64_t cores, threads, packages, numa_nodes, gpus, memory, emulated, boot_us;
    struct bytes topology;
    const char *gpu_kinds, *features;
};

struct topology_row {
    struct bytes digest, xml;
};

struct grant_row {
    int64_t id;
    const char *institution, *project;
    int64_t amount, start_us, end_us;
    const char *reason, *made_by;
    int64_t made_us;
};

struct hold_row {
    int64_t job, attempt;
    const char *project;
    int64_t amount;
};

/* A transaction.  What an attempt used, and was charged for, is in it: its text, which the chain
 * hashes, follows from the columns (booking_rows.h). */
struct txn_row {
    int64_t id, chain, sequence, kind;
    const char *institution;
    int64_t at_us;
    struct bytes head;
    const char *txn_key, *text;  /* "" when they follow from what is below */
    int64_t job, attempt, slice; /* 0: no attempt */
    const char *project, *user, *cluster, *partition;
    int64_t submit_us, eligible_us, start_us, end_us, nodes, cores, wall_us, cpu_used_us;
    int64_t memory, memory_peak, charged, waived, listed, factor_ppm, card, gpus, qos_ppm;
    const char *state;
};

struct balance_row {
    const char *institution, *project;
    int64_t charged;
};

struct audit_row {
    int64_t id, at_us;
    const char *principal, *act, *text;
    struct bytes head;
};

struct share_row {
    const char *institution, *project, *user; /* "" for those above */
    int64_t shares;
    const char *reason, *made_by;
    int64_t made_us;
};

struct limit_row {
    const char *scope, *name, *form, *what; /* limits.h */
    int64_t amount;
    const char *reason, *made_by;
    int64_t made_us;
};

/* What has an end: "institution" or "project" and its name, "member" and USER/PROJECT. */
struct closing_row {
    const char *what, *name;
    int64_t until_us; /* 0: none any more */
    const char *reason, *made_by;
    int64_t made_us;
};

struct window_row {
    const char *name, *cluster, *nodes; /* scheduler/core/window.h */
    int64_t start_us, end_us, repeat, maintenance;
    const char *users, *projects, *institutions, *reason, *made_by;
    int64_t made_us;
};

/* A node that is made on demand: cloud/pool.h. */
struct server_row {
    const char *name, *cluster;
    int64_t state;
    const char *id, *fault;
    int64_t failures, since_us, shut_until_us;
};

/* A rate card (accounting/core/rate.h). */
struct rate_row {
    int64_t id;
    const char *cluster, *partition, *qos, *mode;
    int64_t core, gib, gpu, node, listed, start_us, end_us;
    const char *reason, *made_by;
    int64_t made_us;
    const char *end_reason, *ended_by; /* "" until it was ended */
};

/* Whom a seal in the books stands for (accounting/core/seal.h); without the row nobody can tell. */
struct seal_row {
    const char *name, *seal;
    struct bytes salt;
    int64_t made_us;
};

/* Who is to be erased (erasing.h); name "": what was written over is still in the files. */
struct erasure_row {
    const char *name, *reason, *made_by;
    int64_t made_us;
};

/* What the parts of a job's last attempt used over its time (base/series.h).  Apart from the job, of
 * which lists are made: nobody who reads many jobs wants it. */
struct series_row {
    int64_t job, attempt;
    const char *samples;
};

struct row {
    enum row_kind kind;
    union {
        struct meta_row meta;
        struct institution_row institution;
        struct project_row project;
        struct member_row member;
        struct principal_row principal;
        struct local_uid_row local_uid;
        struct public_key_row public_key;
        struct token_row token;
        struct request_row request;
        struct script_row script;
        struct spec_row spec;
        struct job_row job;
        struct part_row part;
        struct node_row node;
        struct topology_row topology;
        struct grant_row grant;
        struct hold_row hold;
        struct txn_row txn;
        struct balance_row balance;
        struct audit_row audit;
        struct share_row share;
        struct limit_row limit;
        struct closing_row closing;
        struct window_row window;
        struct server_row server;
        struct rate_row rate;
        struct seal_row seal;
        struct erasure_row erasure;
        struct series_row series;
    };
};

enum column_kind { COLUMN_NUMBER, COLUMN_TEXT, COLUMN_BYTES };

struct column {
    const char *name;
    enum column_kind kind;
    size_t offset; /* in struct row */
};

struct row_shape {
    const char *table;
    const struct column *columns;
    unsigned column_count;
    unsigned key_count; /* the first columns are the primary key */
};

const struct row_shape *row_shape(enum row_kind kind);

/* A copy whose texts and bytes are in the arena. */
void row_copy(struct row *ret_row, const struct row *row, struct arena *arena);

/* The same for the key alone: other texts and bytes are empty, other numbers as they are. */
void row_copy_key(struct row *ret_row, const struct row *row, struct arena *arena);

/* What a MAC is made over, or, with the key columns alone, what names the row: table name,
 * then each column with its type and length, so that no two rows give the same bytes. */
void row_add_canonical(const struct row *row, bool key_only, struct buffer *buffer);

/* The same piece by piece, for a row whose table has another shape by now. */
void row_add_table(const char *table, struct buffer *buffer);
void row_add_number(int64_t number, struct buffer *buffer);
void row_add_bytes(enum column_kind kind, struct bytes bytes, struct buffer *buffer);

static inline int64_t *row_number(const struct row *row, const struct column *column)
{
    return (int64_t *)(void *)((char *)(uintptr_t)row + column->offset);
}

static inline const char **row_text(const struct row *row, const struct column *column)
{
    return (const char **)(void *)((char *)(uintptr_t)row + column->offset);
}

static inline struct bytes *row_bytes(const struct row *row, const struct column *column)
{
    return (struct bytes *)(void *)((char *)(uintptr_t)row + column->offset);
}

#endif
