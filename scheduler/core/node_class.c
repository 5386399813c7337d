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

/* Of one type, on one node of the class. */
static uint32_t largest_kind(const struct node_class *class)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < class->gpus.kind_count; i++)
        if (class->gpus.kinds[i].count > most)
            most = class->gpus.kinds[i].count;
    return most;
}

struct node_class *node_class_new(const struct node *node, uint32_t number)
{
    struct node_class *class = NEW(struct node_class);
    uint32_t cores = node->cores;

    assert(cores <= NODE_CORES_MAX);
    class->number = number;
    class->cores = cores;
    class->partitions = node->partitions;
    class->gpus = node->gpu_stock;
    class->features = memory_copy(node->features);
    class->leaf = node->leaf;
    if (class->gpus.kind_count > 0)
        class->gpu_nodes = NEW_ARRAY(uint32_t, (size_t)largest_kind(class) + 1);
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
    free(class->gpu_nodes);
    free(class->features);
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

/* What of its GPUs is counted follows what is free, where the node takes work. */
static void count_gpus(struct node_class *class, struct node *node, bool counts)
{
    uint32_t most = 0, sum = 0;

    if (!class->gpu_nodes)
        return;
    if (node->gpu_bucket != NODE_NO_BUCKET) {
        class->gpu_nodes[node->gpu_bucket]--;
        class->free_gpus -= node->gpus_counted;
    }
    node->gpu_bucket = NODE_NO_BUCKET;
    if (!counts)
        return;
    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++) {
        uint32_t left = node_free_gpus(node, i);

        sum += left;
        if (left > most)
            most = left;
    }
    class->gpu_nodes[most]++;
    class->free_gpus += sum;
    node->gpu_bucket = most;
    node->gpus_counted = sum;
}

void node_class_file(struct node_class *class, struct node *node, uint32_t bucket)
{
    uint32_t old = node->bucket;

    assert(node->class == class);
    count_gpus(class, node, bucket != NODE_NO_BUCKET);
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

/* The last bit that is set at or below `most`; UINT32_MAX: none. */
static uint32_t last_bit(const uint64_t *words, uint32_t most)
{
    uint32_t i = most / WORD_BITS;
    uint64_t word = words[i] & (UINT64_MAX >> (WORD_BITS - 1 - most % WORD_BITS));

    while (word == 0 && i > 0)
        word = words[--i];
    return word ? i * WORD_BITS + WORD_BITS - 1 - (uint32_t)__builtin_clzll(word) : UINT32_MAX;
}

uint32_t node_class_seek_down(const struct node_class *class, uint32_t most)
{
    uint32_t place = most / WORD_BITS;
    uint64_t word = class->filled[place] & (UINT64_MAX >> (WORD_BITS - 1 - most % WORD_BITS));

    if (word == 0 && place > 0) {
        place = last_bit(class->summary, place - 1);
        word = place == UINT32_MAX ? 0 : class->filled[place];
    }
    return word ? place * WORD_BITS + WORD_BITS - 1 - (uint32_t)__builtin_clzll(word) : 0;
}

uint32_t node_class_most(const struct node_class *class)
{
    return node_class_seek_down(class, class->cores);
}

uint32_t node_class_most_gpus(const struct node_class *class)
{
    if (!class->gpu_nodes)
        return 0;
    for (uint32_t most = largest_kind(class); most > 0; most--)
        if (class->gpu_nodes[most] > 0)
            return most;
    return 0;
}
