/* libvirt_room.c - which cores of a host are free for one more domain */

#include "scheduler/cloud/libvirt_room.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NODES_MOST 4096
#define CORES_MOST 65536
#define VALUE_SIZE 256 /* of an attribute: the threads of a core are few */
#define KIB        1024
#define NO_KIB     (UINT64_C(1) << 50) /* of memory */

struct numa_node {
    uint32_t id;
    uint64_t memory_bytes, used_bytes;
    size_t free; /* cores */
    bool chosen;
};

struct core {
    size_t node; /* its place among them */
    struct idset *threads;
    bool taken;
};

struct libvirt_room {
    struct numa_node *nodes;
    size_t node_count;
    struct core *cores;
    size_t core_count;
    struct idset *all;
    uint32_t processors;
};

/* --- reading ------------------------------------------------------------------------------------ */

/* The value of an attribute of the tag; false: it has none of that name, or a longer one. */
static bool attribute(const char *tag, const char *name, char value[VALUE_SIZE])
{
    size_t length = strlen(name), tag_length = strcspn(tag, ">");
    const char *place = tag;

    while ((place = strstr(place, name)) && place < tag + tag_length) {
        const char *text = place + length + 2;
        size_t size;

        if (place[-1] == ' ' && place[length] == '=' && place[length + 1] == '\'') {
            size = strcspn(text, "'>");
            if (size >= VALUE_SIZE)
                return false;
            memcpy(value, text, size);
            value[size] = '\0';
            return true;
        }
        place += length;
    }
    return false;
}

static bool is_tag(const char *place, const char *name)
{
    size_t length = strlen(name);

    return strncmp(place + 1, name, length) == 0 && strchr(" />", place[1 + length]);
}

static bool add_node(struct libvirt_room *room, const char *tag, struct error *err)
{
    char value[VALUE_SIZE];
    uint32_t id;

    if (!attribute(tag, "id", value) || !parse_u32(value, 0, NODES_MOST, &id, err) ||
        room->node_count == NODES_MOST)
        return fail(err, ERROR_INVALID, "the host's capabilities have a cell without a number");
    room->nodes = memory_resize(room->nodes, room->node_count + 1, sizeof(*room->nodes));
    room->nodes[room->node_count++] = (struct numa_node){.id = id};
    return true;
}

static bool add_memory(struct libvirt_room *room, const char *tag, struct error *err)
{
    CLEANUP(memory_freep) char *text = NULL;
    const char *place = strchr(tag, '>');
    uint64_t kib;

    if (!place || room->node_count == 0)
        return true;
    text = memory_format("%.*s", (int)strcspn(place + 1, "<"), place + 1);
    if (!parse_u64(text, 0, NO_KIB, &kib, err))
        return fail_in(err, "the host's capabilities: memory of a cell");
    room->nodes[room->node_count - 1].memory_bytes = kib * KIB;
    return true;
}

/* One entry for each hardware thread; that of the first thread stands for the core.  One that is
 * switched off has an id alone. */
static bool add_thread(struct libvirt_room *room, const char *tag, struct error *err)
{
    CLEANUP(idset_freep) struct idset *threads = NULL;
    char value[VALUE_SIZE];
    uint32_t id;

    if (!attribute(tag, "id", value) || !parse_u32(value, 0, CORES_MOST, &id, err) ||
        room->node_count == 0 || room->core_count == CORES_MOST)
        return fail(err, ERROR_INVALID, "the host's capabilities have a cpu without a number");
    if (id >= room->processors)
        room->processors = id + 1;
    if (!attribute(tag, "siblings", value))
        return true;
    threads = idset_parse(value, err);
    if (!threads)
        return fail_in(err, "the host's capabilities: siblings of cpu %" PRIu32, id);
    if (idset_first(threads) != id)
        return true;
    idset_add_all(room->all, threads);
    room->cores = memory_resize(room->cores, room->core_count + 1, sizeof(*room->cores));
    room->cores[room->core_count++] =
        (struct core){.node = room->node_count - 1, .threads = STEAL(threads)};
    return true;
}

static bool read_tag(struct libvirt_room *room, const char *tag, struct error *err)
{
    if (is_tag(tag, "cell"))
        return add_node(room, tag, err);
    if (is_tag(tag, "memory"))
        return add_memory(room, tag, err);
    return !is_tag(tag, "cpu") || add_thread(room, tag, err);
}

struct libvirt_room *libvirt_room_read(const char *capabilities, struct error *err)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = NEW(struct libvirt_room);
    const char *place = strstr(capabilities, "<cells ");
    const char *end = place ? strstr(place, "</cells>") : NULL;

    room->all = idset_new();
    while (end && (place = strchr(place + 1, '<')) < end)
        if (!read_tag(room, place, err))
            return NULL;
    if (room->core_count == 0) {
        fail(err, ERROR_INVALID, "the host does not say which cores it has: set pin = false");
        return NULL;
    }
    return STEAL(room);
}

void libvirt_room_free(struct libvirt_room *room)
{
    if (!room)
        return;
    for (size_t i = 0; i < room->core_count; i++)
        idset_free(room->cores[i].threads);
    idset_free(room->all);
    free(room->cores);
    free(room->nodes);
    free(room);
}

size_t libvirt_room_cores(const struct libvirt_room *room)
{
    return room->core_count;
}

uint32_t libvirt_room_processors(const struct libvirt_room *room)
{
    return room->processors;
}

/* --- what others have --------------------------------------------------------------------------- */

static bool has_all(const struct libvirt_room *room, const struct idset *processors)
{
    CLEANUP(idset_freep) struct idset *missing = idset_copy(room->all);

    idset_remove_all(missing, processors);
    return idset_count(missing) == 0;
}

void libvirt_room_take(struct libvirt_room *room, const struct idset *processors,
                       uint64_t memory_bytes)
{
    uint64_t touched = 0;

    if (room->core_count > 1 && has_all(room, processors))
        return;
    for (size_t i = 0; i < room->node_count; i++)
        room->nodes[i].chosen = false;
    for (size_t i = 0; i < room->core_count; i++) {
        struct core *core = &room->cores[i];
        struct numa_node *node = &room->nodes[core->node];

        if (idset_disjoint(core->threads, processors))
            continue;
        core->taken = true;
        touched += !node->chosen;
        node->chosen = true;
    }
    for (size_t i = 0; i < room->node_count && touched > 0; i++)
        if (room->nodes[i].chosen)
            room->nodes[i].used_bytes += memory_bytes / touched;
}

/* --- a place ------------------------------------------------------------------------------------ */

static uint64_t free_memory(const struct numa_node *node)
{
    return node->memory_bytes > node->used_bytes ? node->memory_bytes - node->used_bytes : 0;
}

/* The node that holds all and has the fewest cores left then; NULL: none holds all. */
static struct numa_node *find_one(struct numa_node *nodes, size_t count, size_t cores,
                                  uint64_t memory_bytes)
{
    struct numa_node *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (nodes[i].free >= cores && free_memory(&nodes[i]) >= memory_bytes &&
            (!best || nodes[i].free < best->free))
            best = &nodes[i];
    return best;
}

static struct numa_node *find_roomiest(struct numa_node *nodes, size_t count)
{
    struct numa_node *best = NULL;

    for (size_t i = 0; i < count; i++)
        if (!nodes[i].chosen && nodes[i].free > 0 && (!best || nodes[i].free > best->free))
            best = &nodes[i];
    return best;
}

static bool choose_nodes(struct numa_node *nodes, size_t count, size_t cores, uint64_t memory_bytes)
{
    struct numa_node *node = find_one(nodes, count, cores, memory_bytes);
    size_t found_cores = 0;
    uint64_t found_bytes = 0;

    if (node) {
        node->chosen = true;
        return true;
    }
    while (found_cores < cores || found_bytes < memory_bytes) {
        node = find_roomiest(nodes, count);
        if (!node)
            return false;
        node->chosen = true;
        found_cores += node->free;
        found_bytes += free_memory(node);
    }
    return true;
}

static void take_cores(const struct libvirt_room *room, const struct numa_node *nodes, size_t cores,
                       struct libvirt_place *place)
{
    place->processors = NEW_ARRAY(struct idset *, cores);
    place->all = idset_new();
    place->nodes = idset_new();
    for (size_t i = 0; i < room->core_count && place->count < cores; i++) {
        const struct core *core = &room->cores[i];

        if (core->taken || !nodes[core->node].chosen)
            continue;
        place->processors[place->count++] = idset_copy(core->threads);
        idset_add_all(place->all, core->threads);
    }
    for (size_t i = 0; i < room->node_count && room->node_count > 1; i++)
        if (nodes[i].chosen)
            idset_add(place->nodes, nodes[i].id);
}

bool libvirt_room_find(const struct libvirt_room *room, size_t cores, uint64_t memory_bytes,
                       struct libvirt_place *ret_place, struct error *err)
{
    CLEANUP(memory_freep)
    struct numa_node *nodes =
        memory_copy_bytes(room->nodes, room->node_count * sizeof(*room->nodes));
    size_t left = 0;

    for (size_t i = 0; i < room->node_count; i++) {
        nodes[i].free = 0;
        nodes[i].chosen = false;
    }
    for (size_t i = 0; i < room->core_count; i++)
        if (!room->cores[i].taken) {
            nodes[room->cores[i].node].free++;
            left++;
        }
    if (!choose_nodes(nodes, room->node_count, cores, memory_bytes))
        return fail(err, ERROR_EXHAUSTED,
                    "the host has no room: %zu cores and %" PRIu64
                    " MiB are wanted, %zu of its %zu cores are free",
                    cores, memory_bytes >> 20, left, room->core_count);
    *ret_place = (struct libvirt_place){0};
    take_cores(room, nodes, cores, ret_place);
    return true;
}

void libvirt_place_clear(struct libvirt_place *place)
{
    for (size_t i = 0; i < place->count; i++)
        idset_free(place->processors[i]);
    free(place->processors);
    idset_free(place->all);
    idset_free(place->nodes);
    *place = (struct libvirt_place){0};
}
