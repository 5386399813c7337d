/* list.h - a doubly linked list through its members
 *
 * A member embeds `struct list_node`; the list owns nothing.  Add and remove
 * are O(1); a node that is in no list has next == NULL.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *next;
    struct list_node *previous;
};

/* A ring through `head`, which is no member. */
struct list {
    struct list_node head;
    size_t count;
};

void list_init(struct list *list);
void list_add_last(struct list *list, struct list_node *node);
void list_add_first(struct list *list, struct list_node *node);
void list_add_before(struct list *list, struct list_node *place, struct list_node *node);
void list_remove(struct list *list, struct list_node *node);
bool list_has(const struct list_node *node);           /* is it in some list */
struct list_node *list_first(const struct list *list); /* NULL when empty */
struct list_node *list_last(const struct list *list);
struct list_node *list_after(const struct list *list, const struct list_node *node);

/* Walk; the member at hand may be removed and freed inside. */
#define LIST_EACH(list, node)                                                   \
    for (struct list_node *node = (list)->head.next, *node##_next = node->next; \
         node != &(list)->head; node = node##_next, node##_next = node->next)

#endif
