/* queue_users.c - how many jobs each person has pending */

#include "scheduler/core/queue.h"

#include <assert.h>
#include <stdlib.h>

uint32_t queue_user_count(const struct queue *queue, const char *user)
{
    const uint32_t *count = table_get_text(queue->users, user);

    return count ? *count : 0;
}

void queue_count_user(struct queue *queue, const char *user, int change)
{
    uint32_t *count = table_get_text(queue->users, user);

    if (!count) {
        count = NEW(uint32_t);
        table_put_text(queue->users, user, count);
    }
    assert(change > 0 || *count > 0);
    *count = change > 0 ? *count + 1 : *count - 1;
    if (*count == 0)
        free(table_remove_text(queue->users, user));
}
