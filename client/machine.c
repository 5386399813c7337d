/* machine.c - a node's topology as a tree, out of the hwloc XML that its agent sent */

#include "client/machine.h"

#include "base/idset.h"
#include "base/parse.h"
#include "client/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OBJECTS_MOST = 65536, DEPTH_MOST = 64 };

static const struct {
    const char *name;
    enum machine_type type;
} types[] = {
    {"Machine",  MACHINE_WHOLE  },
    {"Package",  MACHINE_PACKAGE},
    {"Die",      MACHINE_DIE    },
    {"Group",    MACHINE_GROUP  },
    {"NUMANode", MACHINE_NUMA   },
    {"L3Cache",  MACHINE_CACHE  },
    {"L4Cache",  MACHINE_CACHE  },
    {"Core",     MACHINE_CORE   },
    {"PU",       MACHINE_THREAD },
    {"OSDev",    MACHINE_DEVICE },
};

struct reader {
    uint32_t numbers[MACHINE_TYPE_COUNT]; /* given so far */
    uint32_t objects;
    uint32_t depth;
    struct machine *root;
    struct machine *open; /* whose children come next */
};

void machine_free(struct machine *machine)
{
    if (!machine)
        return;
    for (size_t i = 0; i < machine->count; i++)
        machine_free(machine->children[i]);
    free(machine->children);
    free(machine);
}

/* --- reading ------------------------------------------------------------------------------------ */

/* The value of an attribute of the tag at `tag` that ends at `end`; cut to its size. */
static bool take_attribute(const char *tag, const char *end, const char *name, char *ret_value,
                           size_t size)
{
    size_t length = strlen(name);

    for (const char *at = tag; at + length + 3 < end; at++) {
        const char *quote;

        if (at[0] != ' ' || strncmp(at + 1, name, length) != 0 || at[length + 1] != '=' ||
            at[length + 2] != '"')
            continue;
        at += length + 3;
        quote = memchr(at, '"', (size_t)(end - at));
        if (!quote)
            return false;
        snprintf(ret_value, size, "%.*s", (int)(quote - at), at);
        return true;
    }
    return false;
}

static uint64_t take_number(const char *tag, const char *end, const char *name)
{
    char text[24];
    struct error ignored;
    uint64_t number = 0;

    if (take_attribute(tag, end, name, text, sizeof(text)) &&
        !parse_u64(text, 0, UINT64_MAX, &number, &ignored))
        number = 0;
    return number;
}

static enum machine_type type_of(const char *tag, const char *end)
{
    char name[24] = "";

    if (take_attribute(tag, end, "type", name, sizeof(name)))
        for (size_t i = 0; i < COUNT_OF(types); i++)
            if (strcmp(types[i].name, name) == 0)
                return types[i].type;
    return MACHINE_OTHER;
}

static void name_object(struct machine *object, const char *tag, const char *end)
{
    char type[24] = "";

    if (object->type == MACHINE_DEVICE)
        take_attribute(tag, end, "name", object->name, sizeof(object->name));
    else if (object->type == MACHINE_GROUP)
        take_attribute(tag, end, "subtype", object->name, sizeof(object->name));
    else if (object->type == MACHINE_CACHE && take_attribute(tag, end, "type", type, sizeof(type)))
        snprintf(object->name, sizeof(object->name), "%.2s", type);
}

/* Devices that nobody asks for a job are left out: disks of the system, virtual ones. */
static enum machine_type type_of_device(const char *tag, const char *end)
{
    uint64_t kind = take_number(tag, end, "osdev_type"); /* block, GPU, network, fabric, DMA, … */

    return kind == 1 || kind == 2 || kind == 3 || kind == 5 ? MACHINE_DEVICE : MACHINE_OTHER;
}

static bool open_object(struct reader *reader, const char *tag, const char *end, struct error *err)
{
    struct machine *parent = reader->open;
    struct machine *object;

    if (!parent && reader->root)
        return fail(err, ERROR_INVALID, _("the topology has two machines"));
    if (++reader->objects > OBJECTS_MOST || ++reader->depth > DEPTH_MOST)
        return fail(err, ERROR_INVALID, _("the topology is too large to be drawn"));
    object = NEW(struct machine);
    object->type = type_of(tag, end);
    if (object->type == MACHINE_DEVICE)
        object->type = type_of_device(tag, end);
    object->number = object->type == MACHINE_THREAD ? (uint32_t)take_number(tag, end, "os_index")
                                                    : reader->numbers[object->type]++;
    object->bytes =
        take_number(tag, end, object->type == MACHINE_NUMA ? "local_memory" : "cache_size");
    name_object(object, tag, end);
    object->parent = parent;
    reader->open = object;
    if (!parent) {
        reader->root = object;
        return true;
    }
    parent->children =
        memory_resize(parent->children, parent->count + 1, sizeof(*parent->children));
    parent->children[parent->count++] = object;
    return true;
}

static void close_object(struct reader *reader)
{
    if (!reader->open)
        return;
    reader->open = reader->open->parent;
    reader->depth--;
}

static bool read_tags(struct reader *reader, const char *xml, const char *end, struct error *err)
{
    static const char opening[] = "<object ", closing[] = "</object>";

    while ((xml = memchr(xml, '<', (size_t)(end - xml)))) {
        const char *over = memchr(xml, '>', (size_t)(end - xml));

        if (!over)
            return fail(err, ERROR_INVALID, _("the topology is cut short"));
        if (strncmp(xml, closing, strlen(closing)) == 0) {
            close_object(reader);
        } else if (strncmp(xml, opening, strlen(opening)) == 0) {
            if (!open_object(reader, xml, over, err))
                return false;
            if (over[-1] == '/')
                close_object(reader);
        }
        xml = over;
    }
    return true;
}

struct machine *machine_parse(const char *xml, size_t size, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_format("%.*s", (int)size, xml);
    struct reader reader = {.objects = 0};

    if (read_tags(&reader, copy, copy + strlen(copy), err) && reader.root)
        return reader.root;
    if (!reader.root)
        fail(err, ERROR_INVALID, _("the topology has no machine"));
    machine_free(reader.root);
    return NULL;
}

/* --- words ---------------------------------------------------------------------------------------- */

static bool has_own_box(const struct machine *machine)
{
    return machine->type != MACHINE_CORE && machine->type != MACHINE_THREAD &&
           machine->type != MACHINE_OTHER;
}

bool machine_is_shown(const struct machine *machine)
{
    if (has_own_box(machine))
        return true;
    for (size_t i = 0; i < machine->count; i++)
        if (machine_is_shown(machine->children[i]))
            return true;
    return false;
}

static void add_size(const struct machine *machine, struct buffer *buffer)
{
    if (machine->bytes == 0)
        return;
    buffer_add_text(buffer, " (");
    print_size(machine->bytes, buffer);
    buffer_add_char(buffer, ')');
}

void machine_title(const struct machine *machine, struct buffer *buffer)
{
    switch (machine->type) {
    case MACHINE_WHOLE:
        buffer_add_text(buffer, _("machine"));
        break;
    case MACHINE_PACKAGE:
        buffer_print(buffer, _("package %" PRIu32), machine->number);
        break;
    case MACHINE_DIE:
        buffer_print(buffer, _("die %" PRIu32), machine->number);
        break;
    case MACHINE_NUMA:
        buffer_print(buffer, _("NUMA node %" PRIu32), machine->number);
        break;
    case MACHINE_DEVICE:
        buffer_add_text(buffer, machine->name);
        break;
    case MACHINE_GROUP:
        buffer_print(buffer, "%s %" PRIu32, *machine->name ? machine->name : _("group"),
                     machine->number);
        break;
    default:
        buffer_print(buffer, "%s %" PRIu32, machine->name, machine->number);
        break;
    }
    add_size(machine, buffer);
}

static void gather(const struct machine *machine, struct idset *cores, struct idset *cpus)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct machine *child = machine->children[i];

        if (has_own_box(child))
            continue;
        if (child->type == MACHINE_CORE && child->number < IDSET_MAX)
            idset_add(cores, child->number);
        if (child->type == MACHINE_THREAD && child->number < IDSET_MAX)
            idset_add(cpus, child->number);
        gather(child, cores, cpus);
    }
}

void machine_cores(const struct machine *machine, struct buffer *buffer)
{
    CLEANUP(idset_freep) struct idset *cores = idset_new();
    CLEANUP(idset_freep) struct idset *cpus = idset_new();

    gather(machine, cores, cpus);
    if (idset_count(cores) > 0) {
        buffer_add_text(buffer, _("cores "));
        idset_print(cores, buffer);
    }
    if (idset_count(cpus) > 0) {
        buffer_print(buffer, "%s%s ", idset_count(cores) > 0 ? ", " : "", _("cpus"));
        idset_print(cpus, buffer);
    }
}
