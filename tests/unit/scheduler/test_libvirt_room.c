/* test_libvirt_room.c - which cores of a host a domain gets */

#include "scheduler/cloud/libvirt_room.h"

#include "base/buffer.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIB (UINT64_C(1) << 30)

/* Two NUMA nodes of four cores with two threads each, numbered as firmware does: 0 and 8 are of one
 * core.  As libvirt prints it, with what else it prints there. */
static char *host_text(unsigned nodes, unsigned cores)
{
    CLEANUP(buffer_clear) struct buffer text;
    unsigned all = nodes * cores;

    buffer_init(&text);
    buffer_print(&text,
                 "<capabilities>\n <host>\n  <cpu><topology sockets='%u' dies='1'/></cpu>\n"
                 "  <topology>\n   <cells num='%u'>\n",
                 nodes, nodes);
    for (unsigned node = 0; node < nodes; node++) {
        buffer_print(&text,
                     "    <cell id='%u'>\n     <memory unit='KiB'>16777216</memory>\n"
                     "     <pages unit='KiB' size='4'>4194304</pages>\n"
                     "     <distances><sibling id='0' value='10'/></distances>\n     <cpus>\n",
                     node);
        for (unsigned i = 0; i < 2 * cores; i++) {
            unsigned core = node * cores + i % cores, id = core + i / cores * all;

            buffer_print(&text,
                         "      <cpu id='%u' socket_id='%u' die_id='0' core_id='%u' "
                         "siblings='%u,%u'/>\n",
                         id, node, core, core, core + all);
        }
        buffer_add_text(&text, "     </cpus>\n    </cell>\n");
    }
    buffer_add_text(&text, "   </cells>\n  </topology>\n </host>\n"
                           " <guest><cell id='x'/></guest>\n</capabilities>\n");
    return buffer_steal(&text);
}

static struct libvirt_room *host(unsigned nodes, unsigned cores)
{
    CLEANUP(memory_freep) char *text = host_text(nodes, cores);
    struct error err;
    struct libvirt_room *room = libvirt_room_read(text, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(room);
    CU_ASSERT_EQUAL(libvirt_room_cores(room), nodes * cores);
    CU_ASSERT_EQUAL(libvirt_room_processors(room), 2 * nodes * cores);
    return room;
}

static void take(struct libvirt_room *room, const char *processors, uint64_t memory_bytes)
{
    struct error err;
    CLEANUP(idset_freep) struct idset *set = idset_parse(processors, &err);

    libvirt_room_take(room, set, memory_bytes);
}

static bool prints(const struct idset *set, const char *text)
{
    CLEANUP(buffer_clear) struct buffer shown;

    buffer_init(&shown);
    idset_print(set, &shown);
    if (strcmp(shown.bytes, text) == 0)
        return true;
    printf("# %s and not %s\n", shown.bytes, text);
    return false;
}

/* Where a domain goes: "PROCESSORS on NODES", or the error's code. */
static bool goes(const struct libvirt_room *room, size_t cores, uint64_t memory_bytes,
                 const char *all, const char *nodes)
{
    CLEANUP(libvirt_place_clear) struct libvirt_place place = {0};
    struct error err;

    if (!libvirt_room_find(room, cores, memory_bytes, &place, &err)) {
        printf("# %s\n", err.text);
        return false;
    }
    return place.count == cores && prints(place.all, all) && prints(place.nodes, nodes);
}

static bool has_no_room(const struct libvirt_room *room, size_t cores, uint64_t memory_bytes)
{
    struct libvirt_place place = {0};
    struct error err;
    bool found = libvirt_room_find(room, cores, memory_bytes, &place, &err);

    libvirt_place_clear(&place);
    return !found && err.code == ERROR_EXHAUSTED && strstr(err.text, "has no room");
}

static void test_whole_cores_of_one_node(void)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = host(2, 4);

    CU_ASSERT(goes(room, 2, GIB, "0-1,8-9", "0"));
    take(room, "0-1,8-9", GIB);
    CU_ASSERT(goes(room, 1, GIB, "2,10", "0")); /* where fewer are left over */
    CU_ASSERT(goes(room, 3, GIB, "4-6,12-14", "1"));
    take(room, "12", GIB); /* a thread of it is enough */
    CU_ASSERT(goes(room, 3, GIB, "5-7,13-15", "1"));
}

static void test_memory_counts(void)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = host(2, 4);

    take(room, "0", 12 * GIB);
    CU_ASSERT(goes(room, 1, 4 * GIB, "1,9", "0"));
    CU_ASSERT(goes(room, 1, 5 * GIB, "4,12", "1"));
    CU_ASSERT(goes(room, 1, 18 * GIB, "1,9", "0-1"));
    CU_ASSERT(has_no_room(room, 1, 21 * GIB));
}

static void test_over_several_nodes_where_one_is_too_small(void)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = host(3, 4);

    take(room, "0", GIB);
    CU_ASSERT(goes(room, 7, GIB, "4-10,16-22", "1-2"));
    CU_ASSERT(goes(room, 11, GIB, "1-11,13-23", "0-2"));
    CU_ASSERT(has_no_room(room, 12, GIB));
}

static void test_a_host_of_one_node_binds_no_memory(void)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = host(1, 2);
    CLEANUP(libvirt_room_freep) struct libvirt_room *tiny = host(1, 1);

    CU_ASSERT(goes(room, 2, GIB, "0-3", ""));
    take(room, "0-3", GIB); /* pinned to none */
    CU_ASSERT(goes(room, 2, GIB, "0-3", ""));
    take(tiny, "0-1", GIB); /* where there is but one core, to that */
    CU_ASSERT(has_no_room(tiny, 1, GIB));
}

/* Until the host is full, whatever the sizes: no core is given twice. */
static void test_no_core_twice(void)
{
    CLEANUP(libvirt_room_freep) struct libvirt_room *room = host(4, 7);
    CLEANUP(idset_freep) struct idset *given = idset_new();
    uint32_t domains = 0;

    for (size_t round = 0;; round++) {
        CLEANUP(libvirt_place_clear) struct libvirt_place place = {0};
        struct error err;

        if (!libvirt_room_find(room, 1 + round * 5 % 3, GIB, &place, &err))
            break;
        for (size_t i = 0; i < place.count; i++) {
            CU_ASSERT_EQUAL(idset_count(place.processors[i]), 2);
            CU_ASSERT(idset_disjoint(given, place.processors[i]));
            idset_add_all(given, place.processors[i]);
        }
        libvirt_room_take(room, place.all, GIB);
        domains++;
    }
    CU_ASSERT(domains >= 12 && idset_count(given) >= 2 * 26);
}

static void test_what_is_no_such_description(void)
{
    static const char *const texts[] = {
        "",
        "<cells",
        "<cells num='1'>",
        "<cells num='1'></cells>",
        "<cells num='1'><cpu id='0' siblings='0'/></cells>",
        "<cells num='1'><cell></cell></cells>",
        "<cells num='1'><cell id='-1'></cell></cells>",
        "<cells num='1'><cell id='0'><memory>x</memory><cpu id='0' siblings='0'/></cell></cells>",
        "<cells num='1'><cell id='0'><cpu id='0' siblings='9-1'/></cell></cells>",
        "<cells num='1'><cell id='0'><cpu id='0' siblings=''/></cell></cells>",
        "<cells num='1'><cell id='0'><cpu id='99999999' siblings='0'/></cell></cells>",
        "<cells num='1'><cell id='0'><cpu id='0' siblings='0",
        "<cells num='1'><cell id='0'><cpu id='7'/></cell></cells>", /* it is switched off */
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct error err = {0};
        struct libvirt_room *room = libvirt_room_read(texts[i], &err);

        CU_ASSERT_PTR_NULL(room);
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        libvirt_room_free(room);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"whole cores of one node",                test_whole_cores_of_one_node                  },
        {"memory counts",                          test_memory_counts                            },
        {"several nodes where one is too small",   test_over_several_nodes_where_one_is_too_small},
        {"a host of one node binds no memory",     test_a_host_of_one_node_binds_no_memory       },
        {"no core is given twice",                 test_no_core_twice                            },
        {"what is no such description is refused", test_what_is_no_such_description              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("libvirt_room", tests);
}
