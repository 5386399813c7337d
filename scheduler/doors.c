/* doors.c - which messages are answered at which door
 *
 * One ROUTER per kind of peer, so that one kind of flood cannot starve another; people who
 * only use the network need no more than the clients' door. */

#include "scheduler/service_inside.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct handler *const tables[DOOR_COUNT][21] = {
    [DOOR_AGENTS] = {agent_handlers, inventory_handlers, part_handlers, enrol_handlers},
    [DOOR_CLIENTS] = {submit_handlers, job_handlers, list_handlers, why_handlers, wait_handlers,
                      node_handlers, enrol_handlers, key_handlers, book_handlers,
                      correct_handlers, usage_handlers, register_handlers, policy_handlers,
                      limit_handlers, rate_handlers, privacy_handlers, reservation_handlers},
    [DOOR_ADMINS] = {submit_handlers, job_handlers, list_handlers, why_handlers, wait_handlers,
                     node_handlers, enrol_handlers, key_handlers, book_handlers,
                     correct_handlers, usage_handlers, register_handlers, policy_handlers,
                     limit_handlers, rate_handlers, privacy_handlers, reservation_handlers,
                     care_handlers},
    [DOOR_LOCAL] = {submit_handlers, job_handlers, list_handlers, why_handlers, wait_handlers,
                    node_handlers, key_handlers, book_handlers, correct_handlers,
                    usage_handlers, register_handlers, policy_handlers, limit_handlers,
                    rate_handlers, privacy_handlers, reservation_handlers, care_handlers},
};
/* clang-format on */

struct handler *door_handlers(enum door door)
{
    struct handler *all = NEW(struct handler);
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(tables[door]) && tables[door][i]; i++)
        for (const struct handler *row = tables[door][i]; row->kind; row++) {
            all = memory_resize(all, count + 2, sizeof(*all));
            all[count++] = *row;
            all[count] = (struct handler){0};
        }
    return all;
}

bool on_welcome(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                struct error *err)
{
    const struct service *service = owner;

    (void)ask;
    (void)err;
    answer->welcome->lineage =
        (ProtobufCBinaryData){LINEAGE_SIZE, arena_get(keep, 1, LINEAGE_SIZE)};
    memcpy(answer->welcome->lineage.data, service->marks.lineage, LINEAGE_SIZE);
    answer->welcome->epoch = (uint64_t)service->marks.epoch;
    answer->welcome->network = service->settings->network;
    answer->welcome->wall_us = service->now_us;
    answer->welcome->program = (char *)(uintptr_t)PROGRAM;
    return true;
}
