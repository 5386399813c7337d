/* quota.c - how many of something each principal has at the moment */

#include "scheduler/quota.h"

#include "base/table.h"

#include <stdint.h>
#include <stdlib.h>

struct quota {
    struct table *counts; /* by principal; the count itself, above 0 */
};

struct quota *quota_new(void)
{
    struct quota *quota = NEW(struct quota);

    quota->counts = table_new();
    return quota;
}

void quota_free(struct quota *quota)
{
    if (!quota)
        return;
    table_free(quota->counts);
    free(quota);
}

bool quota_take(struct quota *quota, const char *principal, unsigned most)
{
    uintptr_t count = (uintptr_t)table_get_text(quota->counts, principal);

    if (count >= most)
        return false;
    table_put_text(quota->counts, principal, (void *)(count + 1));
    return true;
}

void quota_give(struct quota *quota, const char *principal)
{
    uintptr_t count = (uintptr_t)table_get_text(quota->counts, principal);

    if (count > 1)
        table_put_text(quota->counts, principal, (void *)(count - 1));
    else
        table_remove_text(quota->counts, principal);
}

void quota_reset(struct quota *quota)
{
    if (table_count(quota->counts) == 0)
        return;
    table_free(quota->counts);
    quota->counts = table_new();
}
