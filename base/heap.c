/* heap.c - a binary heap of members that know their place */

#include "base/heap.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

/* nodes[1] is first and nodes[0] unused, so the children of i are 2i and 2i + 1
 * and a place of 0 can mean "in no heap". */

void heap_init(struct heap *heap, heap_before_fn *before)
{
    *heap = (struct heap){.before = before};
}

void heap_clear(struct heap *heap)
{
    free(heap->nodes);
    *heap = (struct heap){.before = heap->before};
}

struct heap_node *heap_first(const struct heap *heap)
{
    return heap->count > 0 ? heap->nodes[1] : NULL;
}

static void put(struct heap *heap, size_t place, struct heap_node *node)
{
    heap->nodes[place] = node;
    node->place = place;
}

/* Find the place of `node`, if the one at hand is free, towards the first. */
static void rise(struct heap *heap, size_t place, struct heap_node *node)
{
    while (place > 1 && heap->before(node, heap->nodes[place / 2])) {
        put(heap, place, heap->nodes[place / 2]);
        place /= 2;
    }
    put(heap, place, node);
}

/* The same, away from the first. */
static void sink(struct heap *heap, size_t place, struct heap_node *node)
{
    for (;;) {
        size_t child = 2 * place;

        if (child < heap->count && heap->before(heap->nodes[child + 1], heap->nodes[child]))
            child++;
        if (child > heap->count || !heap->before(heap->nodes[child], node))
            break;
        put(heap, place, heap->nodes[child]);
        place = child;
    }
    put(heap, place, node);
}

void heap_add(struct heap *heap, struct heap_node *node)
{
    assert(!heap_has(node));

    if (heap->count + 1 >= heap->capacity) {
        heap->capacity = heap->capacity ? 2 * heap->capacity : 2;
        heap->nodes = memory_resize(heap->nodes, heap->capacity, sizeof(*heap->nodes));
    }
    heap->count++;
    rise(heap, heap->count, node);
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;
    struct heap_node *last = heap->nodes[heap->count];

    assert(place >= 1 && place <= heap->count && heap->nodes[place] == node);

    heap->count--;
    node->place = 0;
    if (last == node)
        return;
    last->place = place;
    heap->nodes[place] = last;
    heap_move(heap, last);
}

void heap_move(struct heap *heap, struct heap_node *node)
{
    size_t place = node->place;

    assert(place >= 1 && place <= heap->count && heap->nodes[place] == node);

    if (place > 1 && heap->before(node, heap->nodes[place / 2]))
        rise(heap, place, node);
    else
        sink(heap, place, node);
}

bool heap_has(const struct heap_node *node)
{
    return node->place != 0;
}
