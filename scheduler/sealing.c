/* sealing.c - the seals that people have in the books, in and out of the store */

#include "scheduler/sealing.h"

#include "base/random.h"
#include "scheduler/service_inside.h"

#include <string.h>

bool openings_add_row(struct openings *openings, const struct seal_row *row)
{
    char seal[SEAL_SIZE];

    if (row->salt.size != SEAL_SALT_SIZE)
        return false;
    seal_make(row->name, row->salt.bytes, seal);
    return strcmp(seal, row->seal) == 0 && openings_add(openings, row->name, row->salt.bytes);
}

static bool on_seal(void *owner, const struct row *row, bool good)
{
    if (good)
        openings_add_row(owner, &row->seal);
    return true;
}

struct openings *openings_read(struct store *store, enum lane lane, struct error *err)
{
    CLEANUP(openings_freep) struct openings *openings = openings_new();
    const struct query query = {.kind = QUERY_ALL, .lane = lane, .row = ROW_SEAL};

    return store->query(store, &query, on_seal, openings, err) ? STEAL(openings) : NULL;
}

/* In the group that has what the books are going to name the person for. */
void service_seal(struct service *service, const char *name)
{
    uint8_t salt[SEAL_SALT_SIZE];
    char seal[SEAL_SIZE];

    if (ledger_seal_of(core_ledger(service->core), name))
        return;
    random_fill(salt, sizeof(salt));
    seal_make(name, salt, seal);
    group_put(service,
              &(struct row){
                  .kind = ROW_SEAL, .seal = {name, seal, {salt, sizeof(salt)}, service->now_us}
    });
    core_seal(service->core, name, seal);
}
