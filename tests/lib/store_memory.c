/* store_memory.c - a store that survives the scheduler, but not the test */

#include "tests/lib/store_memory_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROW_SIZE 512 /* bytes of texts of most rows */

/* --- rows ------------------------------------------------------------------------------------ */

static struct stored *stored_new(const struct row *row)
{
    struct stored *stored = NEW(struct stored);

    stored->arena = arena_new_sized(ROW_SIZE);
    row_copy(&stored->row, row, stored->arena);
    return stored;
}

static void stored_free(struct stored *stored)
{
    if (!stored)
        return;
    arena_free(stored->arena);
    free(stored);
}

/* Where the key is, or belongs. */
static size_t seek(const struct shelf *shelf, const struct row *key, bool *ret_found)
{
    unsigned columns = row_shape(key->kind)->key_count;
    size_t low = 0, high = shelf->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_rows(&shelf->rows[middle]->row, key, 0, columns) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < shelf->count && compare_rows(&shelf->rows[low]->row, key, 0, columns) == 0;
    return low;
}

static void insert(struct shelf *shelf, size_t place, struct stored *stored)
{
    if (shelf->count == shelf->capacity) {
        shelf->capacity = shelf->capacity ? 2 * shelf->capacity : 64;
        shelf->rows = memory_resize(shelf->rows, shelf->capacity, sizeof(*shelf->rows));
    }
    memmove(&shelf->rows[place + 1], &shelf->rows[place],
            (shelf->count - place) * sizeof(*shelf->rows));
    shelf->rows[place] = stored;
    shelf->count++;
}

static void drop(struct shelf *shelf, size_t place)
{
    shelf->count--;
    memmove(&shelf->rows[place], &shelf->rows[place + 1],
            (shelf->count - place) * sizeof(*shelf->rows));
}

const struct row *memory_find_row(const struct store_memory *memory, const struct row *key)
{
    bool found;
    size_t place = seek(&memory->shelves[key->kind], key, &found);

    return found ? &memory->shelves[key->kind].rows[place]->row : NULL;
}

/* --- commit --------------------------------------------------------------------------------------- */

static void note(struct store_memory *memory, enum row_kind kind, struct stored *before,
                 struct stored *after)
{
    if (memory->undo_count == memory->undo_capacity) {
        memory->undo_capacity = memory->undo_capacity ? 2 * memory->undo_capacity : 64;
        memory->undos = memory_resize(memory->undos, memory->undo_capacity, sizeof(*memory->undos));
    }
    memory->undos[memory->undo_count++] =
        (struct undo){.kind = kind, .before = before, .after = after};
}

static void roll_back(struct store_memory *memory)
{
    while (memory->undo_count > 0) {
        const struct undo *undo = &memory->undos[--memory->undo_count];
        struct shelf *shelf = &memory->shelves[undo->kind];
        const struct stored *at_hand = undo->after ? undo->after : undo->before;
        bool found;
        size_t place = seek(shelf, &at_hand->row, &found);

        if (undo->after) {
            drop(shelf, place);
            stored_free(undo->after);
        }
        if (undo->before)
            insert(shelf, place, undo->before);
    }
}

static void keep(struct store_memory *memory)
{
    for (size_t i = 0; i < memory->undo_count; i++)
        stored_free(memory->undos[i].before);
    memory->undo_count = 0;
}

static bool put(struct store_memory *memory, const struct row *row, bool replaces,
                struct error *err)
{
    struct shelf *shelf = &memory->shelves[row->kind];
    bool found;
    size_t place = seek(shelf, row, &found);
    struct stored *before = found ? shelf->rows[place] : NULL, *after;

    if (!check_put(memory, row, before && !replaces ? &before->row : NULL, err))
        return false;
    after = stored_new(row);
    if (found)
        shelf->rows[place] = after;
    else
        insert(shelf, place, after);
    note(memory, row->kind, before, after);
    return true;
}

static void remove_at(struct store_memory *memory, enum row_kind kind, size_t place)
{
    struct shelf *shelf = &memory->shelves[kind];
    struct stored *before = shelf->rows[place];

    drop(shelf, place);
    note(memory, kind, before, NULL);
}

static bool is_trimmed(const struct row *row, const struct row *by)
{
    if (row->kind == ROW_PART)
        return row->part.job == by->part.job && row->part.part >= by->part.part;
    return row->request.at_us <= by->request.at_us;
}

static bool trim(struct store_memory *memory, const struct row *by, struct error *err)
{
    struct shelf *shelf = &memory->shelves[by->kind];

    if (by->kind != ROW_PART && by->kind != ROW_REQUEST)
        return fail(err, ERROR_IO, "table %s cannot be trimmed", row_shape(by->kind)->table);
    for (size_t i = shelf->count; i > 0; i--)
        if (is_trimmed(&shelf->rows[i - 1]->row, by))
            remove_at(memory, by->kind, i - 1);
    return true;
}

static bool do_write(struct store_memory *memory, const struct write *write, struct error *err)
{
    size_t place;
    bool found;

    if (write->verb == WRITE_PUT || write->verb == WRITE_REPLACE)
        return put(memory, &write->row, write->verb == WRITE_REPLACE, err);
    if (write->verb == WRITE_TRIM)
        return trim(memory, &write->row, err);
    if (write->row.kind != ROW_HOLD)
        return fail(err, ERROR_IO, "table %s keeps its rows", row_shape(write->row.kind)->table);
    place = seek(&memory->shelves[ROW_HOLD], &write->row, &found);
    if (found)
        remove_at(memory, ROW_HOLD, place);
    return true;
}

int64_t memory_read_epoch(const struct store_memory *memory)
{
    const struct row key = {ROW_META, .meta.name = "epoch"};
    const struct row *row = memory_find_row(memory, &key);
    char text[24] = "0";

    if (row && row->meta.value.size < sizeof(text))
        snprintf(text, sizeof(text), "%.*s", (int)row->meta.value.size,
                 (const char *)row->meta.value.bytes);
    return strtoll(text, NULL, 10);
}

static bool commit(struct store *store, const struct batch *batch, struct error *err)
{
    struct store_memory *memory = store_memory_of(store);
    const struct store_hooks *hooks = &memory->hooks;

    if (hooks->before && !hooks->before(hooks->owner, batch, err))
        return false;
    if (batch->epoch != memory_read_epoch(memory))
        return fail(err, ERROR_CONFLICT,
                    "the database is at epoch %" PRId64 ", this scheduler at %" PRId64
                    ": another one has taken over",
                    memory_read_epoch(memory), batch->epoch);
    for (size_t i = 0; i < batch->count; i++) {
        if (do_write(memory, &batch->writes[i], err))
            continue;
        roll_back(memory);
        return false;
    }
    keep(memory);
    return !hooks->after || hooks->after(hooks->owner, batch, err);
}

/* --- care, life ----------------------------------------------------------------------------------------- */

static bool backup(struct store *store, const char *path, uint64_t *ret_size, struct error *err)
{
    (void)ret_size;
    return fail(err, ERROR_INVALID, "%s: %s has no file to copy", path, store->name);
}

/* All references are there; what a batch may not do was refused when it was tried. */
static bool check(struct store *store, finding_fn *on_finding, void *owner, struct error *err)
{
    const struct store_memory *memory = store_memory_of(store);

    (void)err;
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct shelf *shelf = &memory->shelves[kind];

        for (size_t i = 0; i < shelf->count; i++) {
            struct row reference = reference_of(&shelf->rows[i]->row);

            if (reference.kind != ROW_KIND_COUNT && !memory_find_row(memory, &reference))
                on_finding(owner, "a reference leads nowhere");
        }
    }
    return true;
}

static void free_store(struct store *store)
{
    struct store_memory *memory = store_memory_of(store);

    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        for (size_t i = 0; i < memory->shelves[kind].count; i++)
            stored_free(memory->shelves[kind].rows[i]);
        free(memory->shelves[kind].rows);
    }
    free(memory->undos);
    free(memory);
}

struct store *store_memory_new(const uint8_t lineage[LINEAGE_SIZE])
{
    struct store_memory *memory = NEW(struct store_memory);

    memory->store = (struct store){
        .name = "memory",
        .marks = memory_marks,
        .commit = commit,
        .find = memory_find,
        .query = memory_query,
        .backup = backup,
        .check = check,
        .free = free_store,
    };
    memcpy(memory->lineage, lineage, LINEAGE_SIZE);
    return &memory->store;
}

void store_memory_set_hooks(struct store *store, const struct store_hooks *hooks)
{
    store_memory_of(store)->hooks = *hooks;
}

void store_memory_put(struct store *store, const struct row *row)
{
    struct store_memory *memory = store_memory_of(store);
    struct error err = {0};
    bool good = put(memory, row, false, &err);

    assert(good);
    keep(memory);
}

size_t store_memory_count(const struct store *store, enum row_kind kind)
{
    return store_memory_of(store)->shelves[kind].count;
}

const struct row *store_memory_row(const struct store *store, enum row_kind kind, size_t index)
{
    const struct shelf *shelf = &store_memory_of(store)->shelves[kind];

    assert(index < shelf->count);
    return &shelf->rows[index]->row;
}

const struct row *store_memory_find(const struct store *store, const struct row *key)
{
    return memory_find_row(store_memory_of(store), key);
}
