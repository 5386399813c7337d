/* postgres_cursor.c - long answers, piece by piece */

#include "base/postgres_inside.h"

#include <stdio.h>
#include <string.h>

#define PIECE_ROWS 512

static bool fetch(struct postgres_cursor *cursor, struct error *err)
{
    char sql[64];

    snprintf(sql, sizeof(sql), "FETCH %d FROM %s", PIECE_ROWS, cursor->name);
    return postgres_ask_once(cursor->postgres, sql, NULL, err);
}

/* The answer to fetch(), which was the last of its group. */
static bool take_piece(struct postgres_cursor *cursor, struct error *err)
{
    postgres_rows_free(cursor->rows);
    cursor->row = cursor->count = 0;
    cursor->rows = postgres_answer(cursor->postgres, err);
    if (!cursor->rows || !postgres_group_is_good(cursor->postgres, err))
        return false;
    cursor->count = postgres_row_count(cursor->rows);
    cursor->whole = cursor->count < PIECE_ROWS;
    return true;
}

static bool skip_answers(struct postgres *postgres, unsigned count, struct error *err)
{
    for (unsigned i = 0; i < count; i++) {
        CLEANUP(postgres_rows_freep) struct postgres_rows *rows = postgres_answer(postgres, err);

        if (!rows)
            return false;
    }
    return true;
}

bool postgres_cursor_open(struct postgres_cursor *cursor, struct postgres *postgres,
                          const char *sql, const struct postgres_values *values, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer declare;
    bool begins = postgres->cursors == 0 && !postgres->held;

    buffer_init(&declare);
    *cursor = (struct postgres_cursor){0};
    if (!postgres_revive(postgres, err))
        return false;
    cursor->postgres = postgres;
    snprintf(cursor->name, sizeof(cursor->name), "c%u", postgres->cursors++);
    buffer_print(&declare, "DECLARE %s NO SCROLL CURSOR FOR %s", cursor->name, sql);
    return (!begins || postgres_ask(postgres, "BEGIN", NULL, err)) &&
           postgres_ask_once(postgres, declare.bytes, values, err) && fetch(cursor, err) &&
           postgres_end_group(postgres, err) && skip_answers(postgres, begins ? 2 : 1, err) &&
           take_piece(cursor, err);
}

bool postgres_cursor_next(struct postgres_cursor *cursor, bool *ret_row, size_t *ret_at,
                          struct error *err)
{
    if (cursor->row == cursor->count && !cursor->whole &&
        (!fetch(cursor, err) || !postgres_end_group(cursor->postgres, err) ||
         !take_piece(cursor, err))) {
        cursor->whole = true;
        return false;
    }
    *ret_row = cursor->row < cursor->count;
    *ret_at = cursor->row;
    if (*ret_row)
        cursor->row++;
    return true;
}

/* The transaction of the last one ends with it, whatever became of it. */
void postgres_cursor_close(struct postgres_cursor *cursor)
{
    struct postgres *postgres = cursor->postgres;
    struct error ignored;
    char sql[32];

    postgres_rows_free(cursor->rows);
    cursor->rows = NULL;
    cursor->postgres = NULL;
    if (!postgres)
        return;
    postgres->cursors--;
    if (PQstatus(postgres->connection) != CONNECTION_OK)
        return;
    snprintf(sql, sizeof(sql), "CLOSE %s", cursor->name);
    if (postgres->cursors == 0 && !postgres->held)
        postgres_execute(postgres, "ROLLBACK", &ignored);
    else
        postgres_execute(postgres, sql, &ignored);
}

bool postgres_hold_still(struct postgres *postgres, struct error *err)
{
    if (!postgres_revive(postgres, err) ||
        !postgres_execute(postgres, "BEGIN ISOLATION LEVEL REPEATABLE READ", err))
        return false;
    postgres->held = true;
    return true;
}

void postgres_go_on(struct postgres *postgres)
{
    struct error ignored;

    postgres->held = false;
    if (PQstatus(postgres->connection) == CONNECTION_OK)
        postgres_execute(postgres, "ROLLBACK", &ignored);
}
