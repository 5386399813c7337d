/* list.c - a doubly linked list through its members */

#include "base/list.h"

#include <assert.h>

void list_init(struct list *list)
{
    list->head.next = &list->head;
    list->head.previous = &list->head;
    list->count = 0;
}

void list_add_before(struct list *list, struct list_node *place, struct list_node *node)
{
    assert(!list_has(node));

    node->next = place;
    node->previous = place->previous;
    place->previous->next = node;
    place->previous = node;
    list->count++;
}

void list_add_last(struct list *list, struct list_node *node)
{
    list_add_before(list, &list->head, node);
}

void list_add_first(struct list *list, struct list_node *node)
{
    list_add_before(list, list->head.next, node);
}

void list_remove(struct list *list, struct list_node *node)
{
    assert(list_has(node));
    assert(list->count > 0);

    node->previous->next = node->next;
    node->next->previous = node->previous;
    node->next = NULL;
    node->previous = NULL;
    list->count--;
}

bool list_has(const struct list_node *node)
{
    return node->next != NULL;
}

struct list_node *list_first(const struct list *list)
{
    return list->count > 0 ? list->head.next : NULL;
}

struct list_node *list_last(const struct list *list)
{
    return list->count > 0 ? list->head.previous : NULL;
}

struct list_node *list_after(const struct list *list, const struct list_node *node)
{
    return node->next != &list->head ? node->next : NULL;
}
