/* store_open.c - the store that a place is of */

#include "base/memory.h"
#include "base/postgres.h"
#include "scheduler/store.h"

#include <string.h>

static struct store *open_file(const struct store_place *place, struct error *err)
{
    return store_sqlite_open(place->directory, place->network, err);
}

/* The first row whose beginning fits. */
static const struct {
    const char *begins;
    struct store *(*open)(const struct store_place *place, struct error *err);
} kinds[] = {
    {POSTGRES_PREFIX, store_postgres_open},
    {"",              open_file          },
};

struct store *store_open(const struct store_place *place, struct error *err)
{
    const char *where = place->where ? place->where : "";
    size_t kind = 0;

    while (strncmp(where, kinds[kind].begins, strlen(kinds[kind].begins)) != 0)
        kind++;
    return kinds[kind].open(place, err);
}
