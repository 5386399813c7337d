/* heap.h - a binary heap of members that know their place
 *
 * A member embeds `struct heap_node`; `before` orders two of them.  First is
 * O(1); add, remove of any member and move after a changed key are O(log n).
 *
 * Owns: its array of pointers.  Borrows: the members.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct heap_node {
    size_t place; /* 1.. while in a heap, 0 when in none */
};

typedef bool heap_before_fn(const struct heap_node *a, const struct heap_node *b);

struct heap {
    heap_before_fn *before;
    struct heap_node **nodes;
    size_t count;
    size_t capacity;
};

void heap_init(struct heap *heap, heap_before_fn *before);
void heap_clear(struct heap *heap);                    /* frees the array, not the members */
struct heap_node *heap_first(const struct heap *heap); /* NULL when empty */
void heap_add(struct heap *heap, struct heap_node *node);
void heap_remove(struct heap *heap, struct heap_node *node);
void heap_move(struct heap *heap, struct heap_node *node); /* its key changed */
bool heap_has(const struct heap_node *node);

#endif
