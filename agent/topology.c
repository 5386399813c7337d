/* topology.c - the machine as hwloc sees it, or as a description says */

#include "agent/topology_inside.h"

#include <errno.h>
#include <hwloc.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void unload(hwloc_topology_t *loaded)
{
    if (*loaded)
        hwloc_topology_destroy(*loaded);
}

/* Name the source before it is loaded. */
static bool choose_source(hwloc_topology_t loaded, const char *source, struct error *err)
{
    static const char synthetic[] = "synthetic:", xml[] = "xml:";

    if (strcmp(source, "machine") == 0)
        return true;
    if (strncmp(source, synthetic, strlen(synthetic)) == 0) {
        if (hwloc_topology_set_synthetic(loaded, source + strlen(synthetic)) == 0)
            return true;
        return fail(err, ERROR_INVALID,
                    "topology '%.150s': hwloc does not understand the "
                    "description",
                    source);
    }
    if (strncmp(source, xml, strlen(xml)) == 0) {
        if (hwloc_topology_set_xml(loaded, source + strlen(xml)) == 0)
            return true;
        return fail(err, ERROR_INVALID,
                    "topology '%.150s': no hwloc XML that this version "
                    "of hwloc reads (%s)",
                    source, strerror(errno));
    }
    return fail(err, ERROR_INVALID,
                "topology '%.150s': write machine, synthetic:DESCRIPTION or "
                "xml:/PATH",
                source);
}

static bool load(hwloc_topology_t *ret_loaded, const char *source, struct error *err)
{
    CLEANUP(unload) hwloc_topology_t loaded = NULL;

    if (hwloc_topology_init(&loaded) != 0)
        return fail_errno(err, "hwloc");
    if (!choose_source(loaded, source, err))
        return false;
    hwloc_topology_set_io_types_filter(loaded, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    if (hwloc_topology_load(loaded) != 0)
        return fail(err, ERROR_INVALID, "topology '%.150s' cannot be loaded: %s", source,
                    strerror(errno));
    *ret_loaded = loaded;
    loaded = NULL;
    return true;
}

static struct idset *bitmap_to_idset(hwloc_const_bitmap_t bitmap)
{
    struct idset *set = idset_new();
    int id = -1;

    /* Some bitmaps go on for ever. */
    while ((id = hwloc_bitmap_next(bitmap, id)) >= 0 && (uint32_t)id < IDSET_MAX)
        idset_add(set, (uint32_t)id);
    return set;
}

static uint32_t package_of(hwloc_obj_t core)
{
    while (core && core->type != HWLOC_OBJ_PACKAGE)
        core = core->parent;
    return core ? core->logical_index : 0;
}

/* The smallest NUMA node (by its cpus) that the core is near to; the first of equals.  Where
 * fast and slow memory are near the same cores, both have the same cpus.  Cores without memory of
 * their own (where a control group hides it) are together by package, behind all NUMA nodes. */
static uint32_t numa_of(hwloc_topology_t loaded, hwloc_obj_t core)
{
    int count = hwloc_get_nbobjs_by_type(loaded, HWLOC_OBJ_NUMANODE);
    uint32_t best = (count > 0 ? (uint32_t)count : 0) + package_of(core);
    int best_weight = -1;

    for (int i = 0; i < count; i++) {
        hwloc_obj_t node = hwloc_get_obj_by_type(loaded, HWLOC_OBJ_NUMANODE, (unsigned)i);
        int weight = hwloc_bitmap_weight(node->cpuset);

        if (!hwloc_bitmap_isincluded(core->cpuset, node->cpuset))
            continue;
        if (best_weight < 0 || weight < best_weight) {
            best = (uint32_t)i;
            best_weight = weight;
        }
    }
    return best;
}

/* Is there more near the NUMA node than this package?  So it is where several packages share
 * one memory. */
static bool is_wider(hwloc_topology_t loaded, uint32_t numa, hwloc_obj_t package)
{
    hwloc_obj_t node = hwloc_get_obj_by_type(loaded, HWLOC_OBJ_NUMANODE, numa);

    return node && !hwloc_bitmap_isincluded(node->cpuset, package->cpuset);
}

/* slots.h wants L3 within NUMA node within package.  A package that is the smaller one takes
 * the L3's part (cores of it do share something), and the NUMA node the package's. */
static struct core_place place_of(hwloc_topology_t loaded, hwloc_obj_t core)
{
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(loaded, HWLOC_OBJ_PACKAGE, core);
    hwloc_obj_t l3 = hwloc_get_ancestor_obj_by_type(loaded, HWLOC_OBJ_L3CACHE, core);
    struct core_place place = {.numa = numa_of(loaded, core)};

    if (package)
        place.package = package->logical_index;
    if (l3)
        place.l3 = l3->logical_index;
    if (package && is_wider(loaded, place.numa, package)) {
        place.package = IDSET_MAX + place.numa; /* no package has this number */
        place.l3 = l3 ? place.l3 : package->logical_index;
    }
    return place;
}

/* Some descriptions have hardware threads without cores: then each is a core. */
static bool read_cores(struct topology *topology, hwloc_topology_t loaded, struct error *err)
{
    hwloc_obj_type_t type = HWLOC_OBJ_CORE;
    int count = hwloc_get_nbobjs_by_type(loaded, type);

    if (count <= 0) {
        type = HWLOC_OBJ_PU;
        count = hwloc_get_nbobjs_by_type(loaded, type);
    }
    if (count <= 0 || (uint32_t)count >= IDSET_MAX)
        return fail(err, ERROR_INVALID, "the topology has %d cores", count);
    topology->core_count = (uint32_t)count;
    topology->places = NEW_ARRAY(struct core_place, topology->core_count);
    topology->core_packages = NEW_ARRAY(uint32_t, topology->core_count);
    topology->core_cpus = NEW_ARRAY(struct idset *, topology->core_count);
    for (uint32_t i = 0; i < topology->core_count; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type(loaded, type, i);

        topology->places[i] = place_of(loaded, core);
        topology->core_packages[i] = package_of(core);
        topology->core_cpus[i] = bitmap_to_idset(core->cpuset);
    }
    return true;
}

static void read_numas(struct topology *topology, hwloc_topology_t loaded)
{
    int count = hwloc_get_nbobjs_by_type(loaded, HWLOC_OBJ_NUMANODE);

    topology->numa_numbers = NEW_ARRAY(uint32_t, count > 0 ? (size_t)count : 1);
    for (int i = 0; i < count; i++)
        topology->numa_numbers[i] =
            hwloc_get_obj_by_type(loaded, HWLOC_OBJ_NUMANODE, (unsigned)i)->os_index;
}

static uint32_t count_type(hwloc_topology_t loaded, hwloc_obj_type_t type)
{
    int count = hwloc_get_nbobjs_by_type(loaded, type);

    return count > 0 ? (uint32_t)count : 0;
}

static bool export_xml(struct topology *topology, hwloc_topology_t loaded, struct error *err)
{
    char *xml = NULL;
    int size = 0;

    if (hwloc_topology_export_xmlbuffer(loaded, &xml, &size, 0) != 0 || size <= 0)
        return fail_errno(err, "the topology cannot be written as XML");
    topology->xml_size = (size_t)size - 1; /* hwloc counts the NUL */
    topology->xml = memory_copy_bytes(xml, (size_t)size);
    hwloc_free_xmlbuffer(loaded, xml);
    if (topology->xml_size > TOPOLOGY_XML_MAX)
        return fail(err, ERROR_EXHAUSTED,
                    "the topology has %zu bytes as XML, at most %u are "
                    "allowed",
                    topology->xml_size, TOPOLOGY_XML_MAX);
    topology->digest = digest_of(topology->xml, topology->xml_size);
    return true;
}

static struct idset *allowed_cpus(void)
{
    struct idset *set = idset_new();
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
        CPU_SET(0, &cpus);
    for (uint32_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &cpus))
            idset_add(set, i);
    return set;
}

/* Some descriptions do not say: then what this machine has. */
static uint64_t memory_of(hwloc_topology_t loaded)
{
    uint64_t described = hwloc_get_root_obj(loaded)->total_memory;
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    if (described > 0 || pages <= 0 || size <= 0)
        return described;
    return (uint64_t)pages * (uint64_t)size;
}

struct topology *topology_read(const char *source, struct error *err)
{
    CLEANUP(unload) hwloc_topology_t loaded = NULL;
    CLEANUP(topology_freep) struct topology *topology = NULL;

    if (!load(&loaded, source, err))
        return NULL;
    topology = NEW(struct topology);
    if (!read_cores(topology, loaded, err) || !export_xml(topology, loaded, err))
        return NULL;
    read_numas(topology, loaded);
    topology->threads = count_type(loaded, HWLOC_OBJ_PU);
    topology->packages = count_type(loaded, HWLOC_OBJ_PACKAGE);
    topology->numa_nodes = count_type(loaded, HWLOC_OBJ_NUMANODE);
    topology_read_gpus(topology, loaded);
    topology->memory_bytes = memory_of(loaded);
    topology->emulated = !hwloc_topology_is_thissystem(loaded);
    topology->real_cpus = allowed_cpus();
    return STEAL(topology);
}

void topology_free(struct topology *topology)
{
    if (!topology)
        return;
    for (uint32_t i = 0; i < topology->core_count; i++)
        idset_free(topology->core_cpus[i]);
    free(topology->places);
    free(topology->devices);
    free(topology->core_cpus);
    free(topology->core_packages);
    free(topology->numa_numbers);
    idset_free(topology->real_cpus);
    free(topology->xml);
    free(topology);
}

void topology_set_gpus(struct topology *topology, const char *type, uint32_t count)
{
    uint32_t span = topology->numa_nodes > 0 ? topology->numa_nodes : 1;

    for (uint32_t i = 0; i < count && topology->gpus < DEVICES_MAX; i++) {
        struct device *device = &topology->devices[topology->gpus++];

        *device = (struct device){.numa = i * span / count};
        snprintf(device->type, sizeof(device->type), "%s", type);
    }
}

struct idset *topology_cpus(const struct topology *topology, const struct idset *cores)
{
    struct idset *cpus = idset_new();

    for (uint32_t i = idset_first(cores); i != IDSET_NONE; i = idset_after(cores, i))
        if (i < topology->core_count)
            idset_add_all(cpus, topology->core_cpus[i]);
    return cpus;
}

static uint32_t nth_real(const struct topology *topology, uint32_t n)
{
    uint32_t id = idset_first(topology->real_cpus);

    for (n %= idset_count(topology->real_cpus); n > 0; n--)
        id = idset_after(topology->real_cpus, id);
    return id;
}

struct placement_machine topology_machine(const struct topology *topology)
{
    return (struct placement_machine){
        .places = topology->places,
        .core_cpus = topology->core_cpus,
        .core_count = topology->core_count,
    };
}

struct idset *topology_numas(const struct topology *topology, const struct idset *cores)
{
    struct idset *numas = idset_new();

    for (uint32_t i = idset_first(cores); i != IDSET_NONE; i = idset_after(cores, i)) {
        uint32_t numa = topology->places[i].numa;

        if (numa < topology->numa_nodes && topology->numa_numbers[numa] < IDSET_MAX)
            idset_add(numas, topology->numa_numbers[numa]);
    }
    return numas;
}

struct idset *topology_packages(const struct topology *topology, const struct idset *cores)
{
    struct idset *packages = idset_new();

    for (uint32_t i = idset_first(cores); i != IDSET_NONE; i = idset_after(cores, i))
        idset_add(packages, topology->core_packages[i]);
    return packages;
}

struct idset *topology_real_cpus(const struct topology *topology, const struct idset *planned)
{
    struct idset *real;

    if (!topology->emulated)
        return idset_copy(planned);
    real = idset_new();
    for (uint32_t i = idset_first(planned); i != IDSET_NONE; i = idset_after(planned, i))
        idset_add(real, nth_real(topology, i));
    return real;
}

struct idset *topology_binding(const struct topology *topology, const struct idset *cores)
{
    CLEANUP(idset_freep) struct idset *planned = topology_cpus(topology, cores);

    return topology_real_cpus(topology, planned);
}
