/* openings.c - whose seals they are */

#include "accounting/core/openings.h"

#include "base/table.h"

#include <stdlib.h>
#include <string.h>

struct openings {
    struct table *by_name, *by_seal; /* struct opening, which by_name owns */
};

struct openings *openings_new(void)
{
    struct openings *openings = NEW(struct openings);

    openings->by_name = table_new();
    openings->by_seal = table_new();
    return openings;
}

void openings_free(struct openings *openings)
{
    struct opening *opening;

    if (!openings)
        return;
    for (size_t place = 0; (opening = table_next(openings->by_name, &place));)
        free(opening);
    table_free(openings->by_name);
    table_free(openings->by_seal);
    free(openings);
}

bool openings_add(struct openings *openings, const char *name, const uint8_t salt[SEAL_SALT_SIZE])
{
    struct opening *opening;

    if (openings_find(openings, name))
        return false;
    opening = NEW(struct opening);
    memory_put_text(opening->name, sizeof(opening->name), name);
    memcpy(opening->salt, salt, SEAL_SALT_SIZE);
    seal_make(name, salt, opening->seal);
    table_put_text(openings->by_name, opening->name, opening);
    table_put_text(openings->by_seal, opening->seal, opening);
    return true;
}

const struct opening *openings_find(const struct openings *openings, const char *name)
{
    return table_get_text(openings->by_name, name);
}

const char *openings_name(const struct openings *openings, const char *user)
{
    const struct opening *opening = seal_is(user) ? table_get_text(openings->by_seal, user) : NULL;

    return opening ? opening->name : user;
}

const struct opening *openings_next(const struct openings *openings, size_t *place)
{
    return table_next(openings->by_name, place);
}
