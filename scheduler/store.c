/* store.c - where the truth is kept: what all implementations share */

#include "scheduler/store.h"

#include <stdlib.h>
#include <string.h>

#define ARENA_FIRST (256u << 10) /* bytes: most batches fit */

void batch_init(struct batch *batch)
{
    *batch = (struct batch){.arena = arena_new_sized(ARENA_FIRST)};
}

void batch_clear(struct batch *batch)
{
    arena_free(batch->arena);
    free(batch->writes);
    *batch = (struct batch){0};
}

void batch_reset(struct batch *batch)
{
    arena_reset(batch->arena);
    batch->count = 0;
}

void batch_add(struct batch *batch, enum write_verb verb, const struct row *row)
{
    struct write *write;

    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity ? 2 * batch->capacity : 64;
        batch->writes = memory_resize(batch->writes, batch->capacity, sizeof(*batch->writes));
    }
    write = &batch->writes[batch->count++];
    write->verb = verb;
    if (verb == WRITE_PUT || verb == WRITE_REPLACE)
        row_copy(&write->row, row, batch->arena);
    else
        row_copy_key(&write->row, row, batch->arena);
}

void store_free(struct store *store)
{
    if (store)
        store->free(store);
}
