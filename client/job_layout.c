/* job_layout.c - the options that say which cores each task is bound to */

#include "client/job_layout.h"

#include "base/idset.h"
#include "base/parse.h"
#include "client/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SETS_MOST = 4096, NUMBER_MOST = 8191, COUNT_MOST = 65536 };

/* --- words -------------------------------------------------------------------------------------- */

struct word {
    const char *name;
    int value;
};

#define WORD_NONE (-1)

static int find_word(const struct word *words, const char *text, size_t length)
{
    for (; words->name; words++)
        if (strlen(words->name) == length && strncasecmp(words->name, text, length) == 0)
            return words->value;
    return WORD_NONE;
}

static bool refuse_word(const struct word *words, const char *text, size_t length,
                        struct error *err)
{
    CLEANUP(memory_freep) char *whole = memory_format("%.*s", (int)length, text);
    CLEANUP(buffer_clear) struct buffer known = {0};
    char shown[TEXT_SHOWN_SIZE];

    buffer_init(&known);
    for (const struct word *word = words; word->name; word++)
        buffer_print(&known, "%s%s", word == words ? "" : ", ", word->name);
    return fail(err, ERROR_INVALID, _("%s is none of %s"), text_show(whole, shown), known.bytes);
}

/* --- lists of sets -------------------------------------------------------------------------------- */

/* One mask in hexadecimal as a list of numbers. */
static bool add_mask(const char *digits, size_t length, struct idset *set)
{
    if (length > 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X')) {
        digits += 2;
        length -= 2;
    }
    if (length == 0 || length > (NUMBER_MOST + 1) / 4)
        return false;
    for (size_t i = 0; i < length; i++) {
        char digit[2] = {digits[length - 1 - i], '\0'};
        unsigned long bits;

        if (!isxdigit((unsigned char)digit[0]))
            return false;
        bits = strtoul(digit, NULL, 16);
        for (uint32_t bit = 0; bit < 4; bit++)
            if (bits & 1ul << bit)
                idset_add(set, (uint32_t)(4 * i) + bit);
    }
    return idset_count(set) > 0;
}

static bool add_number(const char *digits, size_t length, struct idset *set)
{
    CLEANUP(memory_freep) char *text = memory_format("%.*s", (int)length, digits);
    char *end;
    unsigned long number = strtoul(text, &end, 0);

    if (!isdigit((unsigned char)*text) || *end || number > NUMBER_MOST)
        return false;
    idset_add(set, (uint32_t)number);
    return true;
}

/* "3", "0xf", "3*4": four times the same.  Added to the list when there is one. */
static bool take_set(const char *text, size_t length, bool masks, struct buffer *list,
                     uint32_t *ret_count)
{
    const char *star = memchr(text, '*', length);
    size_t digits = star ? (size_t)(star - text) : length;
    CLEANUP(memory_freep) char *times = NULL;
    CLEANUP(idset_freep) struct idset *set = idset_new();
    struct error ignored;

    *ret_count = 1;
    if (star) {
        times = memory_format("%.*s", (int)(length - digits - 1), star + 1);
        if (!parse_u32(times, 1, SETS_MOST, ret_count, &ignored))
            return false;
    }
    if (masks ? !add_mask(text, digits, set) : !add_number(text, digits, set))
        return false;
    idset_print(set, list);
    return true;
}

/* Each set as its own text into `sets`, which has room for SETS_MOST; or only counted. */
static bool read_sets(const char *text, bool masks, struct arena *arena, char **sets,
                      size_t *ret_count)
{
    size_t count = 0;

    for (;; text++) {
        CLEANUP(buffer_clear) struct buffer list = {0};
        size_t length = strcspn(text, ",");
        uint32_t times = 0;

        buffer_init(&list);
        if (!take_set(text, length, masks, &list, &times) || count + times > SETS_MOST)
            return false;
        for (uint32_t i = 0; i < times; i++, count++)
            if (sets)
                sets[count] = arena_copy(arena, list.bytes);
        text += length;
        if (*text == '\0')
            break;
    }
    *ret_count = count;
    return true;
}

/* "map_cpu:LIST", "mask_cpu:LIST": is it one of them, and is its list right? */
static bool take_list(const char *text, const char *map, const char *mask, const char **ret_list,
                      bool *ret_masks, struct error *err)
{
    const char *list = strchr(text, ':');
    size_t length = list ? (size_t)(list - text) : strlen(text);
    bool masks = strlen(mask) == length && strncasecmp(text, mask, length) == 0;
    char shown[TEXT_SHOWN_SIZE];
    size_t count;

    *ret_list = NULL;
    if (!masks && (strlen(map) != length || strncasecmp(text, map, length) != 0))
        return true;
    if (!list || !read_sets(list + 1, masks, NULL, NULL, &count))
        return fail(err, ERROR_INVALID,
                    masks ? _("%s: write masks in hexadecimal, such as 0x3,0xc")
                          : _("%s: write numbers, such as 0,2,4"),
                    text_show(text, shown));
    *ret_list = list + 1;
    *ret_masks = masks;
    return true;
}

/* --- the options ------------------------------------------------------------------------------------ */

/* "[quiet,|verbose,]TYPE": behind the first, and whether it was "verbose". */
static const char *skip_loudness(const char *text, bool *verbose)
{
    static const struct word loudness[] = {
        {"q",       0},
        {"quiet",   0},
        {"v",       1},
        {"verbose", 1},
        {NULL,      0}
    };

    for (;;) {
        size_t length = strcspn(text, ",");
        int found = find_word(loudness, text, length);

        if (found == WORD_NONE)
            return text;
        *verbose = found == 1;
        text += length + (text[length] == ',');
        if (*text == '\0')
            return text;
    }
}

bool set_cpu_bind(void *place, const char *text, struct error *err)
{
    static const struct word words[] = {
        {"none",     WIRE__TASK_BIND__TASK_BIND_PART    },
        {"cores",    WIRE__TASK_BIND__TASK_BIND_CORES   },
        {"threads",  WIRE__TASK_BIND__TASK_BIND_THREADS },
        {"sockets",  WIRE__TASK_BIND__TASK_BIND_PACKAGES},
        {"ldoms",    WIRE__TASK_BIND__TASK_BIND_NUMAS   },
        {"rank",     WIRE__TASK_BIND__TASK_BIND_RANK    },
        {"map_cpu",  WORD_NONE                          },
        {"mask_cpu", WORD_NONE                          },
        {NULL,       0                                  },
    };
    struct job_layout *layout = place;
    const char *type = skip_loudness(text, &layout->verbose);
    int found = find_word(words, type, strlen(type));

    layout->given = true;
    if (!take_list(type, "map_cpu", "mask_cpu", &layout->sets, &layout->sets_are_masks, err))
        return false;
    if (layout->sets)
        layout->bind = WIRE__TASK_BIND__TASK_BIND_SETS;
    else if (found != WORD_NONE)
        layout->bind = (Wire__TaskBind)found;
    else if (*type)
        return refuse_word(words, type, strlen(type), err);
    return true;
}

static bool set_memory_word(struct job_layout *layout, const char *word, size_t length,
                            struct error *err)
{
    enum { PREFER = 100, SORT };
    static const struct word words[] = {
        {"none",     WIRE__TASK_MEMORY__TASK_MEMORY_ANY  },
        {"local",    WIRE__TASK_MEMORY__TASK_MEMORY_LOCAL},
        {"prefer",   PREFER                              },
        {"sort",     SORT                                },
        {"nosort",   SORT                                },
        {"map_mem",  WORD_NONE                           },
        {"mask_mem", WORD_NONE                           },
        {NULL,       0                                   },
    };
    int found = find_word(words, word, length);

    if (found == WORD_NONE)
        return refuse_word(words, word, length, err);
    if (found == PREFER)
        layout->memory_preferred = true;
    else if (found != SORT)
        layout->memory = (Wire__TaskMemory)found;
    return true;
}

bool set_mem_bind(void *place, const char *text, struct error *err)
{
    struct job_layout *layout = place;
    const char *type = skip_loudness(text, &layout->verbose);

    layout->given = true;
    layout->memory_sets = NULL;
    while (*type) {
        size_t length = strcspn(type, ",");

        if (!take_list(type, "map_mem", "mask_mem", &layout->memory_sets,
                       &layout->memory_sets_are_masks, err))
            return false;
        if (layout->memory_sets) { /* to the end of the text */
            layout->memory = WIRE__TASK_MEMORY__TASK_MEMORY_SETS;
            return true;
        }
        if (!set_memory_word(layout, type, length, err))
            return false;
        type += length + (type[length] == ',');
    }
    return true;
}

bool set_hint(void *place, const char *text, struct error *err)
{
    enum { COMPUTE, MEMORY, MULTI, NO_MULTI };
    static const struct word words[] = {
        {"compute_bound", COMPUTE },
        {"memory_bound",  MEMORY  },
        {"multithread",   MULTI   },
        {"nomultithread", NO_MULTI},
        {NULL,            0       },
    };
    struct job_layout *layout = place;
    int found = find_word(words, text, strlen(text));

    if (found == WORD_NONE)
        return refuse_word(words, text, strlen(text), err);
    layout->given = true;
    layout->threads_per_core = found == MULTI ? 0 : 1;
    if (found == COMPUTE)
        layout->order = WIRE__TASK_ORDER__TASK_ORDER_BLOCK;
    if (found == MEMORY)
        layout->order = WIRE__TASK_ORDER__TASK_ORDER_CYCLIC;
    return true;
}

/* Nodes: "block", "cyclic" or "plane=N". */
static bool set_node_order(struct job_layout *layout, const char *text, size_t length,
                           struct error *err)
{
    static const struct word words[] = {
        {"*",       0        },
        {"block",   0        },
        {"cyclic",  1        },
        {"plane=N", WORD_NONE},
        {NULL,      0        },
    };
    int found = find_word(words, text, length);

    if (length > 6 && strncasecmp(text, "plane=", 6) == 0) {
        CLEANUP(memory_freep) char *size = memory_format("%.*s", (int)length - 6, text + 6);

        return parse_u32(size, 1, COUNT_MOST, &layout->plane, err);
    }
    if (found == WORD_NONE)
        return refuse_word(words, text, length, err);
    layout->plane = (uint32_t)found;
    return true;
}

/* "NODES[:SOCKETS[:CORES]][,Pack|NoPack]"; the third is the order of the cores of a single task. */
bool set_distribution(void *place, const char *text, struct error *err)
{
    static const struct word words[] = {
        {"*",       WIRE__TASK_ORDER__TASK_ORDER_BLOCK      },
        {"block",   WIRE__TASK_ORDER__TASK_ORDER_BLOCK      },
        {"cyclic",  WIRE__TASK_ORDER__TASK_ORDER_CYCLIC     },
        {"fcyclic", WIRE__TASK_ORDER__TASK_ORDER_FULL_CYCLIC},
        {NULL,      0                                       },
    };
    struct job_layout *layout = place;
    size_t whole = strcspn(text, ","), length = strcspn(text, ":,");

    layout->given = true;
    if (!set_node_order(layout, text, length, err))
        return false;
    while (length < whole) {
        const char *word = text + length + 1;
        size_t size = strcspn(word, ":,");
        int found = find_word(words, word, size);

        if (found == WORD_NONE)
            return refuse_word(words, word, size, err);
        if (found == WIRE__TASK_ORDER__TASK_ORDER_FULL_CYCLIC || word == strchr(text, ':') + 1)
            layout->order = (Wire__TaskOrder)found;
        length += 1 + size;
    }
    if (text[whole] && strcasecmp(text + whole, ",pack") != 0 &&
        strcasecmp(text + whole, ",nopack") != 0)
        return fail(err, ERROR_INVALID, _("behind the comma stands Pack or NoPack"));
    return true;
}

static bool set_number(struct job_layout *layout, uint32_t *number, const char *text,
                       struct error *err)
{
    layout->given = true;
    return parse_u32(text, 1, COUNT_MOST, number, err);
}

bool set_threads_per_core(void *place, const char *text, struct error *err)
{
    struct job_layout *layout = place;

    return set_number(layout, &layout->threads_per_core, text, err);
}

bool set_tasks_per_core(void *place, const char *text, struct error *err)
{
    struct job_layout *layout = place;

    return set_number(layout, &layout->tasks_per_core, text, err);
}

bool set_tasks_per_package(void *place, const char *text, struct error *err)
{
    struct job_layout *layout = place;

    return set_number(layout, &layout->tasks_per_package, text, err);
}

/* --- as it travels ------------------------------------------------------------------------------------ */

static char **wire_sets(const char *text, bool masks, struct arena *arena, size_t *ret_count)
{
    char **sets = text ? ARENA_NEW_ARRAY(arena, char *, SETS_MOST) : NULL;

    *ret_count = 0;
    if (text)
        (void)read_sets(text, masks, arena, sets, ret_count); /* it was right when it was set */
    return sets;
}

Wire__TaskLayout *job_layout_wire(const struct job_layout *layout, struct arena *arena)
{
    Wire__TaskLayout *wire;

    if (!layout->given)
        return NULL;
    wire = ARENA_NEW(arena, Wire__TaskLayout);
    wire__task_layout__init(wire);
    wire->bind = layout->bind;
    wire->order = layout->order;
    wire->memory = layout->memory;
    wire->threads_per_core = layout->threads_per_core;
    wire->tasks_per_core = layout->tasks_per_core;
    wire->tasks_per_package = layout->tasks_per_package;
    wire->plane = layout->plane;
    wire->memory_preferred = layout->memory_preferred;
    wire->verbose = layout->verbose;
    wire->sets = wire_sets(layout->sets, layout->sets_are_masks, arena, &wire->n_sets);
    wire->memory_sets =
        wire_sets(layout->memory_sets, layout->memory_sets_are_masks, arena, &wire->n_memory_sets);
    return wire;
}
