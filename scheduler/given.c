/* given.c - what people have set, and that stays until it is set again */

#include "scheduler/given.h"

#include "base/table.h"

#include <stdlib.h>

struct entry {
    struct arena *arena;
    struct row row;
};

struct given {
    struct table *entries; /* by the canonical key of their rows */
};

struct given *given_new(void)
{
    struct given *given = NEW(struct given);

    given->entries = table_new();
    return given;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    arena_free(entry->arena);
    free(entry);
}

void given_free(struct given *given)
{
    struct entry *entry;

    if (!given)
        return;
    for (size_t place = 0; (entry = table_next(given->entries, &place));)
        entry_free(entry);
    table_free(given->entries);
    free(given);
}

void given_put(struct given *given, const struct row *row)
{
    CLEANUP(buffer_clear) struct buffer key;
    struct entry *entry = NEW(struct entry);

    buffer_init(&key);
    row_add_canonical(row, true, &key);
    entry->arena = arena_new();
    row_copy(&entry->row, row, entry->arena);
    entry_free(table_remove(given->entries, key.bytes, key.length));
    table_put(given->entries, key.bytes, key.length, entry);
}

void given_remove(struct given *given, const struct row *row)
{
    CLEANUP(buffer_clear) struct buffer key;

    buffer_init(&key);
    row_add_canonical(row, true, &key);
    entry_free(table_remove(given->entries, key.bytes, key.length));
}

const struct row *given_find(const struct given *given, const struct row *row)
{
    CLEANUP(buffer_clear) struct buffer key;
    const struct entry *entry;

    buffer_init(&key);
    row_add_canonical(row, true, &key);
    entry = table_get(given->entries, key.bytes, key.length);
    return entry ? &entry->row : NULL;
}

const struct row *given_next(const struct given *given, size_t *place)
{
    const struct entry *entry = table_next(given->entries, place);

    return entry ? &entry->row : NULL;
}
