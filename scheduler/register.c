/* register.c - what is registered has a title, and may have an end */

#include "scheduler/register.h"

#include "scheduler/service_inside.h"

#include <string.h>

void register_close(struct service *service, const struct row *row)
{
    const struct closing_row *closing = &row->closing;
    const char *slash = strchr(closing->name, '/');
    int64_t until_us = closing->until_us ? closing->until_us : INT64_MAX;

    given_put(service->given, row);
    if (strcmp(closing->what, "member") == 0 && slash) {
        CLEANUP(memory_freep) char *user = memory_copy(closing->name);

        user[slash - closing->name] = '\0';
        people_end(service->people, user, slash + 1, until_us);
    }
}

const struct closing_row *register_end(const struct service *service, const char *what,
                                       const char *name)
{
    const struct row key = {
        .kind = ROW_CLOSING, .closing = {.what = what, .name = name}
    };
    const struct row *row = given_find(service->given, &key);

    return row && row->closing.until_us ? &row->closing : NULL;
}

const struct closing_row *register_ended(const struct service *service, const char *what,
                                         const char *name)
{
    const struct closing_row *closing = register_end(service, what, name);

    return closing && closing->until_us <= service->now_us ? closing : NULL;
}

const char *register_member(struct service *service, const char *user, const char *project)
{
    buffer_reset(&service->scratch);
    buffer_print(&service->scratch, "%s/%s", user, project);
    return service->scratch.bytes;
}
