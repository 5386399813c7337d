/* node_class.c - equal nodes of a cluster, sorted by how many cores are free */

#include "scheduler/core/node_class.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64

/* Where `name` is in the roster, or would be. */
static size_t find_place(const struct roster *roster, const char *name)
{
    size_t low = 0, high = roster->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strverscmp(roster->nodes[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void roster_add(struct roster *roster, struct node *node)
{
    size_t place = find_place(roster, node->name);

    if (roster->count == roster->capacity) {
        roster->capacity = roster->capacity ? 2 * roster->capacity : 8;
        roster->nodes = memory_resize(roster->nodes, roster->capacity, sizeof(*roster->nodes));
    }
    memmove(&roster->nodes[place + 1], &roster->nodes[place],
            (roster->count - place) * sizeof(*roster->nodes));
    roster->nodes[place] = node;
    roster->count++;
}

static void roster_remove(struct roster *roster, const struct node *node)
{
    size_t place = find_place(roster, node->name);

    assert(place < roster->count && roster->nodes[place] == node);
    roster->count--;
    memmove(&roster->nodes[place], &roster->nodes[place + 1],
            (roster->count - place) * sizeof(*roster->nodes));
}

struct node_class *node_class_new(uint32_t cores, uint64_t partitions)
{
    struct node_class *class = NEW(struct node_class);

    assert(cores <= NODE_CORES_MAX);
    class->cores = cores;
    class->partitions = partitions;
    class->buckets = NEW_ARRAY(struct roster, (size_t)cores + 1);
    class->filled = NEW_ARRAY(uint64_t, cores / WORD_BITS + 1);
    class->summary = NEW_ARRAY(uint64_t, cores / WORD_BITS / WORD_BITS + 1);
    return class;
}

void node_class_free(struct node_class *class)
{
    if (!class)
        return;
    for (size_t i = 0; i <= class->cores; i++)
        free(class->buckets[i].nodes);
    free(class->members.nodes);
    free(class->buckets);
    free(class->filled);
    free(class->summary);
    free(class);
}

void node_class_add(struct node_class *class, struct node *node)
{
    assert(!node->class && node->bucket == NODE_NO_BUCKET);
    roster_add(&class->members, node);
    node->class = class;
}

void node_class_remove(struct node_class *class, struct node *node)
{
    node_class_file(class, node, NODE_NO_BUCKET);
    roster_remove(&class->members, node);
    node->class = NULL;
}

static void set_bit(uint64_t *words, uint32_t bit)
{
    words[bit / WORD_BITS] |= UINT64_C(1) << bit % WORD_BITS;
}

static void clear_bit(uint64_t *words, uint32_t bit)
{
    words[bit / WORD_BITS] &= ~(UINT64_C(1) << bit % WORD_BITS);
}

static void leave_bucket(struct node_class *class, const struct node *node, uint32_t bucket)
{
    roster_remove(&class->buckets[bucket], node);
    class->working--;
    class->free_cores -= bucket;
    if (class->buckets[bucket].count > 0)
        return;
    clear_bit(class->filled, bucket);
    if (class->filled[bucket / WORD_BITS] == 0)
        clear_bit(class->summary, bucket / WORD_BITS);
}

void node_class_file(struct node_class *class, struct node *node, uint32_t bucket)
{
    uint32_t old = node->bucket;

    assert(node->class == class);
    if (old == bucket)
        return;
    if (old != NODE_NO_BUCKET)
        leave_bucket(class, node, old);
    if (bucket != NODE_NO_BUCKET) {
        roster_add(&class->buckets[bucket], node);
        class->working++;
        class->free_cores += bucket;
        set_bit(class->filled, bucket);
        set_bit(class->summary, bucket / WORD_BITS);
    }
    node->bucket = bucket;
}

/* The first word at or after `first` that is not 0, or `count`. */
static uint32_t next_word(const struct node_class *class, uint32_t first, uint32_t count)
{
    uint32_t last = (count - 1) / WORD_BITS;
    uint64_t word;

    if (first >= count)
        return count;
    word = class->summary[first / WORD_BITS] & (UINT64_MAX << first % WORD_BITS);
    for (uint32_t i = first / WORD_BITS;; word = class->summary[++i]) {
        if (word)
            return i * WORD_BITS + (uint32_t)__builtin_ctzll(word);
        if (i == last)
            return count;
    }
}

uint32_t node_class_seek(const struct node_class *class, uint32_t least)
{
    uint32_t count = class->cores / WORD_BITS + 1, place;
    uint64_t word;

    if (least > class->cores)
        return NODE_NO_BUCKET;
    word = class->filled[least / WORD_BITS] & (UINT64_MAX << least % WORD_BITS);
    if (word)
        return least / WORD_BITS * WORD_BITS + (uint32_t)__builtin_ctzll(word);
    place = next_word(class, least / WORD_BITS + 1, count);
    if (place == count)
        return NODE_NO_BUCKET;
    return place * WORD_BITS + (uint32_t)__builtin_ctzll(class->filled[place]);
}

uint32_t node_class_most(const struct node_class *class)
{
    for (uint32_t i = class->cores / WORD_BITS / WORD_BITS + 1; i-- > 0;) {
        uint64_t word = class->summary[i];

        if (word) {
            uint32_t place = i * WORD_BITS + WORD_BITS - 1 - (uint32_t)__builtin_clzll(word);

            word = class->filled[place];
            return place * WORD_BITS + WORD_BITS - 1 - (uint32_t)__builtin_clzll(word);
        }
    }
    return 0;
}
