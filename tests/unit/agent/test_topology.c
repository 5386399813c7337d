/* test_topology.c - machines and descriptions of machines */

#include "agent/topology.h"

#include "base/buffer.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *source;
    uint32_t packages, numa_nodes, cores, threads;
} cases[] = {
    {"synthetic:package:2 numa:2 l3:1 core:4 pu:2", 2, 4, 16, 32},
    {"synthetic:package:1 numa:4 l3:2 core:4 pu:1", 1, 4, 32, 32},
    {"synthetic:core:6 pu:1",                       0, 1, 6,  6 },
    {"synthetic:pu:3",                              0, 1, 3,  3 },
};

static void test_descriptions_are_counted(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(topology_freep) struct topology *topology = NULL;
        struct error err;

        topology = topology_read(cases[i].source, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(topology);
        CU_ASSERT_EQUAL(topology->packages, cases[i].packages);
        CU_ASSERT_EQUAL(topology->numa_nodes, cases[i].numa_nodes);
        CU_ASSERT_EQUAL(topology->core_count, cases[i].cores);
        CU_ASSERT_EQUAL(topology->threads, cases[i].threads);
        CU_ASSERT(topology->emulated);
        CU_ASSERT(topology->memory_bytes > 0);
    }
}

static void test_cores_know_their_place(void)
{
    CLEANUP(topology_freep) struct topology *topology = NULL;
    CLEANUP(idset_freep) struct idset *cores = idset_new();
    CLEANUP(idset_freep) struct idset *cpus = NULL;
    struct error err;

    topology = topology_read("synthetic:package:2 numa:2 l3:2 core:2 pu:2", &err);
    CU_ASSERT_EQUAL(topology->places[0].l3, topology->places[1].l3);
    CU_ASSERT_NOT_EQUAL(topology->places[1].l3, topology->places[2].l3);
    CU_ASSERT_EQUAL(topology->places[1].numa, topology->places[2].numa);
    CU_ASSERT_NOT_EQUAL(topology->places[3].numa, topology->places[4].numa);
    CU_ASSERT_EQUAL(topology->places[3].package, topology->places[4].package);
    CU_ASSERT_NOT_EQUAL(topology->places[7].package, topology->places[8].package);
    idset_add(cores, 3);
    cpus = topology_cpus(topology, cores);
    CU_ASSERT_EQUAL(idset_count(cpus), 2);
    CU_ASSERT(idset_has(cpus, 6) && idset_has(cpus, 7));
}

/* Several packages at one memory: they are to the NUMA node what L3s are elsewhere. */
static void test_packages_inside_a_numa_node(void)
{
    CLEANUP(topology_freep) struct topology *topology = NULL;
    CLEANUP(slots_freep) struct slots *slots = NULL;
    CLEANUP(idset_freep) struct idset *first = NULL;
    CLEANUP(idset_freep) struct idset *second = NULL;
    struct error err;

    topology = topology_read("synthetic:numa:2 package:4 core:2 pu:1", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(topology);
    CU_ASSERT_EQUAL(topology->packages, 8);
    slots = slots_new(topology->places, topology->core_count);
    first = slots_take(slots, 1);
    second = slots_take(slots, 8);
    CU_ASSERT_EQUAL(slots_numa_span(slots, second), 1);
    CU_ASSERT(idset_disjoint(first, second));
    CU_ASSERT_EQUAL(idset_first(second), 8);
}

/* cpu v of a description is real cpu number v mod n; nothing else would be bound at all. */
static void test_emulated_cores_are_bound_to_real_cpus(void)
{
    CLEANUP(topology_freep) struct topology *topology = NULL;
    CLEANUP(idset_freep) struct idset *cores = idset_new();
    CLEANUP(idset_freep) struct idset *bound = NULL;
    struct error err;

    topology = topology_read("synthetic:core:64 pu:1", &err);
    idset_add_range(cores, 0, 63);
    bound = topology_binding(topology, cores);
    CU_ASSERT(idset_equal(bound, topology->real_cpus));
    idset_free(bound);
    idset_remove_all(cores, cores);
    idset_add(cores, idset_count(topology->real_cpus));
    bound = topology_binding(topology, cores);
    CU_ASSERT_EQUAL(idset_count(bound), 1);
    CU_ASSERT_EQUAL(idset_first(bound), idset_first(topology->real_cpus));
}

static void test_own_machine_is_not_emulated(void)
{
    CLEANUP(topology_freep) struct topology *topology = NULL;
    CLEANUP(idset_freep) struct idset *cores = idset_new();
    CLEANUP(idset_freep) struct idset *cpus = NULL;
    CLEANUP(idset_freep) struct idset *bound = NULL;
    struct error err;

    topology = topology_read("machine", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(topology);
    CU_ASSERT_FALSE(topology->emulated);
    CU_ASSERT(topology->core_count >= 1);
    idset_add(cores, 0);
    cpus = topology_cpus(topology, cores);
    bound = topology_binding(topology, cores);
    CU_ASSERT(idset_equal(cpus, bound));
}

static void test_digest_is_of_the_xml(void)
{
    CLEANUP(topology_freep) struct topology *one = NULL;
    CLEANUP(topology_freep) struct topology *same = NULL;
    CLEANUP(topology_freep) struct topology *other = NULL;
    CLEANUP(topology_freep) struct topology *again = NULL;
    CLEANUP(memory_freep) char *path = NULL;
    CLEANUP(memory_freep) char *source = NULL;
    struct digest digest;
    struct error err;

    one = topology_read("synthetic:core:4 pu:2", &err);
    same = topology_read("synthetic:core:4 pu:2", &err);
    other = topology_read("synthetic:core:8 pu:1", &err);
    digest = digest_of(one->xml, one->xml_size);
    CU_ASSERT(digest_equal(&digest, &one->digest));
    CU_ASSERT(digest_equal(&one->digest, &same->digest));
    CU_ASSERT_FALSE(digest_equal(&one->digest, &other->digest));
    path = scratch_file("one.xml", one->xml, one->xml_size);
    source = memory_format("xml:%s", path);
    again = topology_read(source, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(again);
    CU_ASSERT_EQUAL(again->core_count, 4);
    CU_ASSERT(again->emulated);
}

static void test_bad_sources_are_refused(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("bad.xml", "<topology", 9);
    CLEANUP(memory_freep) char *bad = memory_format("xml:%s", path);
    const char *sources[] = {
        "",      "machines", "synthetic:", "synthetic:cores of gold", "xml:/nowhere/there.xml",
        "xml:/", bad,
    };

    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        struct error err = {0};

        CU_ASSERT_PTR_NULL(topology_read(sources[i], &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"descriptions are counted",        test_descriptions_are_counted             },
        {"cores know their place",          test_cores_know_their_place               },
        {"packages inside a NUMA node",     test_packages_inside_a_numa_node          },
        {"emulated cores get real cpus",    test_emulated_cores_are_bound_to_real_cpus},
        {"the own machine is not emulated", test_own_machine_is_not_emulated          },
        {"the digest is of the XML",        test_digest_is_of_the_xml                 },
        {"bad sources are refused",         test_bad_sources_are_refused              },
        CU_TEST_INFO_NULL,
    };

    /* libpciaccess keeps a kilobyte when hwloc unloads it; no suppression could name it. */
    setenv("HWLOC_COMPONENTS", "-pci", 1);
    return run_suite("topology", tests);
}
