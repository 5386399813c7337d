/* socket_users.c - how many connections each user of the machine has */

#include "base/socket_users.h"

#include "base/memory.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

/* Kept while it is above 0. */
struct user {
    unsigned connections;
};

struct users {
    struct table *by_uid;
};

struct users *users_new(void)
{
    struct users *users = NEW(struct users);

    users->by_uid = table_new();
    return users;
}

void users_free(struct users *users)
{
    struct user *user;
    size_t place = 0;

    if (!users)
        return;
    while ((user = table_next(users->by_uid, &place)))
        free(user);
    table_free(users->by_uid);
    free(users);
}

bool users_add(struct users *users, uid_t uid, unsigned most)
{
    struct user *user = table_get_number(users->by_uid, uid);

    if (user && user->connections >= most)
        return false;
    if (!user) {
        user = NEW(struct user);
        table_put_number(users->by_uid, uid, user);
    }
    user->connections++;
    return true;
}

void users_remove(struct users *users, uid_t uid)
{
    struct user *user = table_get_number(users->by_uid, uid);

    assert(user);
    if (--user->connections == 0)
        free(table_remove_number(users->by_uid, uid));
}
