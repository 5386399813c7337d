/* devices.c - which GPUs of the node belong to whom */

#include "agent/core/devices.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct devices {
    uint32_t count;
    struct device *all;
    bool *taken;
};

struct devices *devices_new(const struct device *all, uint32_t count)
{
    struct devices *devices = NEW(struct devices);

    assert(count <= DEVICES_MAX);
    devices->count = count;
    devices->all = NEW_ARRAY(struct device, count);
    devices->taken = NEW_ARRAY(bool, count);
    if (count > 0)
        memcpy(devices->all, all, count * sizeof(*all));
    return devices;
}

void devices_free(struct devices *devices)
{
    if (!devices)
        return;
    free(devices->all);
    free(devices->taken);
    free(devices);
}

static bool is_free(const struct devices *devices, uint32_t number, const char *type)
{
    return !devices->taken[number] && strcmp(devices->all[number].type, type) == 0;
}

uint32_t devices_left(const struct devices *devices, const char *type)
{
    uint32_t left = 0;

    for (uint32_t i = 0; i < devices->count; i++)
        left += is_free(devices, i, type);
    return left;
}

/* How many of the cores are near the device. */
static uint32_t nearness(const struct device *device, const struct core_place *places,
                         const struct idset *cores)
{
    uint32_t near = 0;

    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id))
        near += device->numa != DEVICE_NOWHERE && places[id].numa == device->numa;
    return near;
}

/* The nearest that is free; of equals the first. */
static uint32_t find_nearest(const struct devices *devices, const char *type,
                             const struct core_place *places, const struct idset *cores)
{
    uint32_t best = devices->count, best_near = 0;

    for (uint32_t i = 0; i < devices->count; i++) {
        uint32_t near;

        if (!is_free(devices, i, type))
            continue;
        near = nearness(&devices->all[i], places, cores);
        if (best == devices->count || near > best_near) {
            best = i;
            best_near = near;
        }
    }
    return best;
}

struct idset *devices_take(struct devices *devices, const char *type, uint32_t count,
                           const struct core_place *places, const struct idset *cores)
{
    struct idset *numbers;

    assert(count > 0);
    if (devices_left(devices, type) < count)
        return NULL;
    numbers = idset_new();
    for (; count > 0; count--) {
        uint32_t nearest = find_nearest(devices, type, places, cores);

        devices->taken[nearest] = true;
        idset_add(numbers, nearest);
    }
    return numbers;
}

/* Of those that are left; of equals the first. */
static uint32_t nearest_of(const struct device *all, const struct idset *left,
                           const struct core_place *places, const struct idset *cores)
{
    uint32_t best = idset_first(left), best_near = nearness(&all[best], places, cores);

    for (uint32_t id = idset_after(left, best); id != IDSET_NONE; id = idset_after(left, id)) {
        uint32_t near = nearness(&all[id], places, cores);

        if (near > best_near) {
            best = id;
            best_near = near;
        }
    }
    return best;
}

void devices_deal(const struct device *all, const struct core_place *places,
                  const struct devices_wish *wish, struct idset **ret_shares)
{
    CLEANUP(idset_freep) struct idset *left = idset_new();
    uint32_t count = wish->numbers ? idset_count(wish->numbers) : 0;
    uint32_t each = wish->each > 0 && wish->each < count ? wish->each : count;

    for (uint32_t i = 0; i < wish->tasks; i++) {
        ret_shares[i] = idset_new();
        if (idset_count(left) < each) {
            idset_free(left);
            left = idset_copy(wish->numbers);
        }
        for (uint32_t k = 0; k < each; k++) {
            uint32_t nearest = nearest_of(all, left, places, wish->task_cores[i]);

            idset_remove(left, nearest);
            idset_add(ret_shares[i], nearest);
        }
    }
}

bool devices_claim(struct devices *devices, const struct idset *numbers)
{
    for (uint32_t id = idset_first(numbers); id != IDSET_NONE; id = idset_after(numbers, id))
        if (id >= devices->count || devices->taken[id])
            return false;
    for (uint32_t id = idset_first(numbers); id != IDSET_NONE; id = idset_after(numbers, id))
        devices->taken[id] = true;
    return true;
}

void devices_give(struct devices *devices, const struct idset *numbers)
{
    for (uint32_t id = idset_first(numbers); id != IDSET_NONE; id = idset_after(numbers, id)) {
        assert(id < devices->count && devices->taken[id]);
        devices->taken[id] = false;
    }
}

static int compare_types(const void *a, const void *b)
{
    const struct device *first = a, *second = b;

    return strcmp(first->type, second->type);
}

void device_kinds_print(const struct device *all, uint32_t count, struct buffer *buffer)
{
    CLEANUP(memory_freep) struct device *sorted = NEW_ARRAY(struct device, count);
    uint32_t same;

    if (count == 0)
        return;
    memcpy(sorted, all, count * sizeof(*all));
    qsort(sorted, count, sizeof(*sorted), compare_types);
    for (uint32_t i = 0; i < count; i += same) {
        same = 1;
        while (i + same < count && strcmp(sorted[i].type, sorted[i + same].type) == 0)
            same++;
        buffer_print(buffer, "%s%s:%" PRIu32, i > 0 ? "," : "", sorted[i].type, same);
    }
}

static bool is_shown(const struct devices_shown *shown, uint32_t number)
{
    return !shown->others_denied || !shown->all[number].has_file || idset_has(shown->own, number);
}

void device_ordinals_print(const struct devices_shown *shown, const struct idset *numbers,
                           enum device_maker maker, struct buffer *buffer)
{
    uint32_t ordinal = 0;
    bool first = true;

    for (uint32_t i = 0; i < shown->count; i++) {
        if ((shown->all[i].maker != maker && shown->all[i].maker != DEVICE_OF_ANYBODY) ||
            !is_shown(shown, i))
            continue;
        if (idset_has(numbers, i)) {
            buffer_print(buffer, "%s%" PRIu32, first ? "" : ",", ordinal);
            first = false;
        }
        ordinal++;
    }
}
