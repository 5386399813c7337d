/* socket_counts.c - how many connections each has: a user, an address, a key */

#include "base/socket_counts.h"

#include "base/memory.h"
#include "base/table.h"

#include <assert.h>
#include <stdlib.h>

/* Kept while it is above 0. */
struct count {
    unsigned connections;
};

struct counts {
    struct table *by_who;
};

struct counts *counts_new(void)
{
    struct counts *counts = NEW(struct counts);

    counts->by_who = table_new();
    return counts;
}

void counts_free(struct counts *counts)
{
    struct count *count;
    size_t place = 0;

    if (!counts)
        return;
    while ((count = table_next(counts->by_who, &place)))
        free(count);
    table_free(counts->by_who);
    free(counts);
}

bool counts_add(struct counts *counts, const void *who, size_t size, unsigned most)
{
    struct count *count = table_get(counts->by_who, who, size);

    if (count ? count->connections >= most : most == 0)
        return false;
    if (!count) {
        count = NEW(struct count);
        table_put(counts->by_who, who, size, count);
    }
    count->connections++;
    return true;
}

void counts_remove(struct counts *counts, const void *who, size_t size)
{
    struct count *count = table_get(counts->by_who, who, size);

    assert(count);
    if (--count->connections == 0)
        free(table_remove(counts->by_who, who, size));
}
