/* read_ahead.c - rows are read and checked on one thread while another uses those before */

#include "scheduler/read_ahead.h"

#include "base/ring.h"

#include <stdlib.h>

#define BLOCKS     8   /* so far ahead, and no further */
#define BLOCK_ROWS 256 /* few enough to stay in a cache, enough that to hand them over is nothing */
#define BLOCK_TEXT ((size_t)128 * 1024)

struct block {
    struct arena *texts;
    size_t query, count;
    struct row rows[BLOCK_ROWS];
    bool good[BLOCK_ROWS];
};

/* What the reader writes here is read when it has returned. */
struct ahead {
    struct store *store;
    const struct query *queries;
    size_t count;
    struct ring *ring;
    struct block *blocks;

    struct block *open; /* the reader's, filled and not yet handed over; NULL: none */
    size_t query;
    bool stopped; /* nobody takes any more */
    bool failed;
    struct error err;
};

static bool open_block(struct ahead *ahead)
{
    size_t place;

    if (!ring_begin(ahead->ring, &place))
        return false;
    ahead->open = &ahead->blocks[place];
    ahead->open->query = ahead->query;
    ahead->open->count = 0;
    arena_reset(ahead->open->texts);
    return true;
}

static void hand_over(struct ahead *ahead)
{
    if (!ahead->open)
        return;
    ahead->open = NULL;
    ring_end(ahead->ring);
}

static bool keep_row(void *owner, const struct row *row, bool good)
{
    struct ahead *ahead = owner;
    struct block *block;

    if (!ahead->open && !open_block(ahead)) {
        ahead->stopped = true;
        return false;
    }
    block = ahead->open;
    row_copy(&block->rows[block->count], row, block->texts);
    block->good[block->count++] = good;
    if (block->count == BLOCK_ROWS)
        hand_over(ahead);
    return true;
}

static void read_all(void *owner, struct ring *ring)
{
    struct ahead *ahead = owner;

    ahead->ring = ring;
    for (size_t i = 0; i < ahead->count && !ahead->stopped && !ahead->failed; i++) {
        struct query query = ahead->queries[i];

        query.lane = LANE_SLOW;
        ahead->query = i;
        ahead->failed = !ahead->store->query(ahead->store, &query, keep_row, ahead, &ahead->err);
        hand_over(ahead); /* a block has rows of one query */
    }
}

static bool use_block(const struct block *block, ahead_fn *on_row, void *owner)
{
    for (size_t i = 0; i < block->count; i++)
        if (!on_row(owner, block->query, &block->rows[i], block->good[i]))
            return false;
    return true;
}

bool read_ahead(struct store *store, const struct query *queries, size_t count, ahead_fn *on_row,
                void *owner, struct error *err)
{
    struct ahead ahead = {.store = store, .queries = queries, .count = count};
    struct ring *ring;
    bool more = true;
    size_t place;

    ahead.blocks = NEW_ARRAY(struct block, BLOCKS);
    for (size_t i = 0; i < BLOCKS; i++)
        ahead.blocks[i].texts = arena_new_sized(BLOCK_TEXT);
    ring = ring_new(BLOCKS, read_all, &ahead);
    while (more && ring_take(ring, &place)) {
        more = use_block(&ahead.blocks[place], on_row, owner);
        ring_give_back(ring);
    }
    ring_free(ring);
    for (size_t i = 0; i < BLOCKS; i++)
        arena_free(ahead.blocks[i].texts);
    free(ahead.blocks);
    if (more && ahead.failed)
        *err = ahead.err;
    return !more || !ahead.failed;
}
