/* store_sqlite_sql.c - every statement that the SQLite store ever runs on rows */

#include "scheduler/store_sqlite_inside.h"

#define COLUMNS_4  "?,?,?,?"
#define COLUMNS_5  COLUMNS_4 ",?"
#define COLUMNS_6  COLUMNS_4 ",?,?"
#define COLUMNS_7  COLUMNS_4 ",?,?,?"
#define COLUMNS_8  COLUMNS_4 "," COLUMNS_4
#define COLUMNS_9  COLUMNS_8 ",?"
#define COLUMNS_10 COLUMNS_8 ",?,?"
#define COLUMNS_14 COLUMNS_8 "," COLUMNS_6
#define COLUMNS_16 COLUMNS_8 "," COLUMNS_8
#define COLUMNS_18 COLUMNS_16 ",?,?"
#define COLUMNS_35 COLUMNS_16 "," COLUMNS_16 ",?,?,?"
#define COLUMNS_36 COLUMNS_16 "," COLUMNS_16 "," COLUMNS_4

#define SHARE_KEY "institution = ? AND project = ? AND user = ?"
#define SHARE_SQL                                                                    \
    {                                                                                \
        .put = "INSERT OR REPLACE INTO share VALUES (" COLUMNS_8 ")",                \
        .remove = "DELETE FROM share WHERE " SHARE_KEY,                              \
        .find = "SELECT * FROM share WHERE " SHARE_KEY, .all = "SELECT * FROM share" \
    }
#define LIMIT_KEY "scope = ? AND name = ? AND form = ? AND what = ?"
#define LIMIT_SQL                                                                      \
    {                                                                                  \
        .put = "INSERT OR REPLACE INTO limit_ VALUES (" COLUMNS_9 ")",                 \
        .remove = "DELETE FROM limit_ WHERE " LIMIT_KEY,                               \
        .find = "SELECT * FROM limit_ WHERE " LIMIT_KEY, .all = "SELECT * FROM limit_" \
    }

#define CLOSING_SQL                                                     \
    {                                                                   \
        .put = "INSERT OR REPLACE INTO closing VALUES (" COLUMNS_7 ")", \
        .remove = "DELETE FROM closing WHERE what = ? AND name = ?",    \
        .find = "SELECT * FROM closing WHERE what = ? AND name = ?",    \
        .all = "SELECT * FROM closing"                                  \
    }

#define WINDOW_SQL                                                                             \
    {                                                                                          \
        .put = "INSERT OR REPLACE INTO reservation VALUES (" COLUMNS_14 ")",                   \
        .remove = "DELETE FROM reservation WHERE name = ?",                                    \
        .find = "SELECT * FROM reservation WHERE name = ?", .all = "SELECT * FROM reservation" \
    }

#define SERVER_SQL                                                                   \
    {                                                                                \
        .put = "INSERT OR REPLACE INTO server VALUES (" COLUMNS_9 ")",               \
        .find = "SELECT * FROM server WHERE name = ?", .all = "SELECT * FROM server" \
    }

#define RATE_SQL                                                                           \
    {                                                                                      \
        .put = "INSERT OR REPLACE INTO rate VALUES (" COLUMNS_18 ")",                      \
        .find = "SELECT * FROM rate WHERE id = ?", .all = "SELECT * FROM rate ORDER BY id" \
    }

#define SEAL_SQL                                                                                  \
    {                                                                                             \
        .put = "INSERT OR REPLACE INTO seal VALUES (" COLUMNS_5 ")",                              \
        .remove = "DELETE FROM seal WHERE name = ?", .find = "SELECT * FROM seal WHERE name = ?", \
        .all = "SELECT * FROM seal"                                                               \
    }

#define ERASURE_SQL                                                                    \
    {                                                                                  \
        .put = "INSERT OR REPLACE INTO erasure VALUES (" COLUMNS_5 ")",                \
        .remove = "DELETE FROM erasure WHERE name = ?",                                \
        .find = "SELECT * FROM erasure WHERE name = ?", .all = "SELECT * FROM erasure" \
    }

#define SERIES_SQL                                                                  \
    {                                                                               \
        .put = "INSERT OR REPLACE INTO series VALUES (" COLUMNS_4 ")",              \
        .remove = "DELETE FROM series WHERE job = ?",                               \
        .find = "SELECT * FROM series WHERE job = ?", .all = "SELECT * FROM series" \
    }

/* A chain lies in one piece: `place` is made of its number and of the number in it. */
#define TXN_SQL                                                                             \
    {                                                                                       \
        .put = "INSERT INTO txn VALUES (" COLUMNS_35 ",(?2 << 32) + ?3)",                   \
        .find = "SELECT * FROM txn WHERE id = ?", .all = "SELECT * FROM txn ORDER BY place" \
    }

/* The parameters of `put` and `replace` are the columns in their order, those of `remove`, `trim` and
 * `find` the key's.  What is only ever added to has no other statement. */
const struct row_sql row_sql[ROW_KIND_COUNT] = {
    [ROW_META] =
        {
                    .put = "INSERT OR REPLACE INTO meta VALUES (?,?,?)",
                    .find = "SELECT * FROM meta WHERE name = ?",
                    .all = "SELECT * FROM meta",
                    },
    [ROW_INSTITUTION] =
        {
                    .put = "INSERT INTO institution VALUES (" COLUMNS_5 ")"
                   " ON CONFLICT (name) DO UPDATE SET title = excluded.title,"
                   " ror = excluded.ror, mac = excluded.mac",                                                                                  .find = "SELECT * FROM institution WHERE name = ?",
                    .all = "SELECT * FROM institution",
                    },
    [ROW_PROJECT] =
        {
                    .put = "INSERT INTO project VALUES (" COLUMNS_5 ")"
                   " ON CONFLICT (name) DO UPDATE SET title = excluded.title,"
                   " mac = excluded.mac",                                                             .find = "SELECT * FROM project WHERE name = ?",
                    .all = "SELECT * FROM project",
                    },
    [ROW_MEMBER] =
        {
                    .put = "INSERT OR REPLACE INTO member VALUES (" COLUMNS_5 ")",
                    .remove = "DELETE FROM member WHERE user = ? AND project = ?",
                    .find = "SELECT * FROM member WHERE user = ? AND project = ?",
                    .all = "SELECT * FROM member",
                    },
    [ROW_PRINCIPAL] =
        {
                    .put = "INSERT OR REPLACE INTO principal VALUES (" COLUMNS_8 ")",
                    .remove = "DELETE FROM principal WHERE name = ? AND is_node = ?",
                    .find = "SELECT * FROM principal WHERE name = ? AND is_node = ?",
                    .all = "SELECT * FROM principal",
                    },
    [ROW_LOCAL_UID] =
        {
                    .put = "INSERT OR REPLACE INTO local_uid VALUES (?,?,?)",
                    .remove = "DELETE FROM local_uid WHERE uid = ?",
                    .find = "SELECT * FROM local_uid WHERE uid = ?",
                    .all = "SELECT * FROM local_uid",
                    },
    [ROW_PUBLIC_KEY] =
        {
                    .put = "INSERT OR REPLACE INTO public_key VALUES (" COLUMNS_9 ")",
                    .remove = "DELETE FROM public_key WHERE public_key = ?",
                    .find = "SELECT * FROM public_key WHERE public_key = ?",
                    .all = "SELECT * FROM public_key",
                    },
    [ROW_TOKEN] =
        {
                    .put = "INSERT OR REPLACE INTO token VALUES (" COLUMNS_10 ")",
                    .remove = "DELETE FROM token WHERE digest = ?",
                    .find = "SELECT * FROM token WHERE digest = ?",
                    .all = "SELECT * FROM token",
                    },
    [ROW_REQUEST] =
        {
                    .put = "INSERT INTO request VALUES (" COLUMNS_6 ")",
                    .trim = "DELETE FROM request WHERE at_us <= ?5",
                    .remove = "DELETE FROM request WHERE request_key = ?",
                    .find = "SELECT * FROM request WHERE request_key = ?",
                    .all = "SELECT * FROM request",
                    },
    [ROW_SCRIPT] =
        {
                    .put = "INSERT INTO script VALUES (" COLUMNS_4 ")",
                    .replace = "INSERT INTO script VALUES (" COLUMNS_4 ")"
                       " ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, bytes = "
                       "excluded.bytes, mac = excluded.mac",                                                                                             .find = "SELECT * FROM script WHERE id = ?",
                    .all = "SELECT * FROM script",
                    },
    [ROW_SPEC] =
        {
                    .put = "INSERT INTO spec VALUES (" COLUMNS_4 ")",
                    .replace = "INSERT INTO spec VALUES (" COLUMNS_4 ")"
                       " ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes, mac = excluded.mac",                                                .find = "SELECT * FROM spec WHERE id = ?",
                    .all = "SELECT * FROM spec",
                    },
    [ROW_JOB] =
        {
                    .put = "INSERT INTO job VALUES (" COLUMNS_36 ")"
                   " ON CONFLICT (id) DO UPDATE SET state = excluded.state,"
                   " reason = excluded.reason, hold = excluded.hold, attempt = excluded.attempt,"
                   " token = excluded.token, eligible_us = excluded.eligible_us,"
                   " start_us = excluded.start_us, end_us = excluded.end_us,"
                   " held_micro = excluded.held_micro, charged_micro = excluded.charged_micro,"
                   " exit_code = excluded.exit_code, exit_signal = excluded.exit_signal,"
                   " launch_failures = excluded.launch_failures, flags = excluded.flags,"
                   " ended_by = excluded.ended_by, output = excluded.output,"
                   " error_output = excluded.error_output, cluster = excluded.cluster,"
                   " partition = excluded.partition, nodes = excluded.nodes,"
                   " cores = excluded.cores, tasks = excluded.tasks, memory = excluded.memory,"
                   " limit_us = excluded.limit_us, node_list = excluded.node_list,"
                   " cpu_used_us = excluded.cpu_used_us, memory_peak = excluded.memory_peak,"
                   " request = excluded.request, mac = excluded.mac",                                                                                  .replace = "INSERT INTO job VALUES (" COLUMNS_36 ")"
                       " ON CONFLICT (id) DO UPDATE SET name = excluded.name, user = excluded.user,"
                       " ended_by = excluded.ended_by, output = excluded.output,"
                       " error_output = excluded.error_output, request = excluded.request,"
                       " mac = excluded.mac",                                           .find = "SELECT * FROM job WHERE id = ?",
                    .all = "SELECT * FROM job",
                    },
    [ROW_PART] =
        {
                    .put = "INSERT OR REPLACE INTO part VALUES (" COLUMNS_16 ")",
                    .trim = "DELETE FROM part WHERE job = ? AND part >= ?",
                    .find = "SELECT * FROM part WHERE job = ? AND part = ?",
                    .all = "SELECT * FROM part",
                    },
    [ROW_NODE] =
        {
                    .put = "INSERT OR REPLACE INTO node VALUES (" COLUMNS_18 ")",
                    .find = "SELECT * FROM node WHERE name = ?",
                    .all = "SELECT * FROM node",
                    },
    [ROW_TOPOLOGY] =
        {
                    .put = "INSERT OR REPLACE INTO topology VALUES (?,?,?)",
                    .find = "SELECT * FROM topology WHERE digest = ?",
                    .all = "SELECT * FROM topology",
                    },
    [ROW_GRANT] =
        {
                    .put = "INSERT INTO grant_ VALUES (" COLUMNS_10 ")",
                    .find = "SELECT * FROM grant_ WHERE id = ?",
                    .all = "SELECT * FROM grant_ ORDER BY id",
                    },
    [ROW_HOLD] =
        {
                    .put = "INSERT OR REPLACE INTO hold VALUES (" COLUMNS_5 ")",
                    .remove = "DELETE FROM hold WHERE job = ? AND attempt = ?",
                    .find = "SELECT * FROM hold WHERE job = ? AND attempt = ?",
                    .all = "SELECT * FROM hold",
                    },
    [ROW_TXN] = TXN_SQL,
    [ROW_BALANCE] =
        {
                    .put = "INSERT OR REPLACE INTO balance VALUES (?,?,?,?)",
                    .find = "SELECT * FROM balance WHERE institution = ? AND project = ?",
                    .all = "SELECT * FROM balance",
                    },
    [ROW_AUDIT] =
        {
                    .put = "INSERT INTO audit VALUES (" COLUMNS_7 ")",
                    .replace = "INSERT INTO audit VALUES (" COLUMNS_7 ")"
                       " ON CONFLICT (id) DO UPDATE SET principal = excluded.principal, act = "
                       "excluded.act, text = excluded.text, mac = excluded.mac",                                                                  .find = "SELECT * FROM audit WHERE id = ?",
                    .all = "SELECT * FROM audit ORDER BY id",
                    },
    [ROW_SHARE] = SHARE_SQL,
    [ROW_LIMIT] = LIMIT_SQL,
    [ROW_CLOSING] = CLOSING_SQL,
    [ROW_WINDOW] = WINDOW_SQL,
    [ROW_SERVER] = SERVER_SQL,
    [ROW_RATE] = RATE_SQL,
    [ROW_SEAL] = SEAL_SQL,
    [ROW_ERASURE] = ERASURE_SQL,
    [ROW_SERIES] = SERIES_SQL,
};
