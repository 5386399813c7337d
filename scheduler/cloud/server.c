/* server.c - a server as its cloud lists it */

#include "scheduler/cloud/server.h"

#include "base/memory.h"

#include <stdlib.h>

struct server *server_list_add(struct server_list *list)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->all = memory_resize(list->all, list->capacity, sizeof(*list->all));
    }
    list->all[list->count] = (struct server){0};
    return &list->all[list->count++];
}

void server_list_clear(struct server_list *list)
{
    free(list->all);
    *list = (struct server_list){0};
}
