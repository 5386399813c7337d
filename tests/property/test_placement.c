/* test_placement.c - tasks on the machines of the world: nothing twice, nothing farther than need be
 *
 * On every machine of a directory of hwloc XML (TEQUIO_TOPOLOGIES, else those of this folder) and
 * on some descriptions, random parts come and go and are filled with tasks.  The slow model
 * tries all sets of NUMA nodes; hwloc's own distribution is the other one that must not be
 * better.  TEQUIO_TEST_ROUNDS: requests for each machine. */

#include "agent/topology.h"
#include "base/parse.h"

#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <dirent.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MOST = 12, ROUNDS = 200, SMALL_NUMAS = 8, PATH_SIZE = 1024 };

static const char *const descriptions[] = {
    "synthetic:package:1 core:1 pu:1",
    "synthetic:package:2 numa:1 core:8 pu:2",
    "synthetic:package:2 numa:4 l3:2 core:4 pu:2",
    "synthetic:package:4 numa:2 l3:3 core:2 pu:1",
    "synthetic:package:2 numa:1 core:10 pu:8",
    "synthetic:package:1 numa:4 core:16 pu:4",
};

/* One machine in the course of a test. */
struct stage {
    const char *name;
    struct topology *topology;
    hwloc_topology_t loaded;
    struct slots *slots;
    struct idset *parts[PARTS_MOST]; /* NULL: none */
    struct idset *given;             /* cores of all parts */
    struct test_random *random;
};

/* --- spans ---------------------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Different NUMA nodes (by place) of these cores. */
static uint32_t numa_span(const struct topology *topology, const struct idset *cores)
{
    CLEANUP(memory_freep) uint32_t *numas = NEW_ARRAY(uint32_t, idset_count(cores) + 1);
    uint32_t count = 0, span = 0;

    for (uint32_t i = idset_first(cores); i != IDSET_NONE; i = idset_after(cores, i))
        numas[count++] = topology->places[i].numa;
    qsort(numas, count, sizeof(*numas), compare_numbers);
    for (uint32_t i = 0; i < count; i++)
        span += i == 0 || numas[i] != numas[i - 1];
    return span;
}

/* Those that cores without memory of their own are in count, too. */
static uint32_t numas_of(const struct topology *topology)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < topology->core_count; i++)
        if (topology->places[i].numa > most)
            most = topology->places[i].numa;
    return most + 1;
}

/* How many cores are free in each NUMA node, the most first. */
static uint32_t free_of(const struct stage *stage, uint32_t *ret_free)
{
    const struct topology *topology = stage->topology;
    uint32_t count = numas_of(topology);

    memset(ret_free, 0, count * sizeof(*ret_free));
    for (uint32_t i = 0; i < topology->core_count; i++)
        ret_free[topology->places[i].numa] += !idset_has(stage->given, i);
    return count;
}

/* The least number of NUMA nodes that hold so many: by trying all sets where there are few, else
 * by taking the emptiest (which is as good: only their number counts). */
static uint32_t least_span(const struct stage *stage, uint32_t cores)
{
    uint32_t most = stage->topology->core_count + numas_of(stage->topology), best = most;
    CLEANUP(memory_freep) uint32_t *free_cores = NEW_ARRAY(uint32_t, most);
    uint32_t count = free_of(stage, free_cores), sum = 0;

    if (count > SMALL_NUMAS) {
        qsort(free_cores, count, sizeof(*free_cores), compare_numbers);
        for (uint32_t i = 1; i <= count; i++) {
            sum += free_cores[count - i];
            if (sum >= cores)
                return i;
        }
    }
    for (uint32_t set = 1; count <= SMALL_NUMAS && set < 1u << count; set++) {
        sum = 0;
        for (uint32_t i = 0; i < count; i++)
            sum += set & 1u << i ? free_cores[i] : 0;
        if (sum >= cores && (uint32_t)__builtin_popcount(set) < best)
            best = (uint32_t)__builtin_popcount(set);
    }
    return best;
}

/* --- tasks of a part -------------------------------------------------------------------------------- */

static struct placement_wish any_wish(struct test_random *random, uint32_t cores)
{
    struct placement_wish wish = {
        .each = 1 + test_random_below(random, test_random_chance(random, 70) ? 4 : cores),
        .bind = (enum placement_bind)test_random_below(random, PLACEMENT_TO_SETS),
        .order = (enum placement_order)test_random_below(random, PLACEMENT_ORDER_COUNT),
        .threads_per_core = test_random_below(random, 3),
        .tasks_per_core = test_random_below(random, 3),
        .tasks_per_package = test_random_below(random, 4),
    };

    if (test_random_chance(random, 50))
        wish = (struct placement_wish){.each = wish.each};
    wish.tasks = 1 + test_random_below(random, 2 * cores / wish.each + 1);
    return wish;
}

static bool is_within(const struct idset *inner, const struct idset *outer)
{
    for (uint32_t i = idset_first(inner); i != IDSET_NONE; i = idset_after(inner, i))
        if (!idset_has(outer, i))
            return false;
    return true;
}

/* Every task has cpus, all of them the part's; and no core is two tasks' as long as there are
 * enough. */
static void check_tasks(const struct stage *stage, const struct idset *part,
                        const struct placement_wish *wish, const struct placement *placement)
{
    CLEANUP(idset_freep) struct idset *all = topology_cpus(stage->topology, part);
    CLEANUP(idset_freep) struct idset *used = idset_new();
    uint32_t each = wish->each < idset_count(part) ? wish->each : idset_count(part);
    bool own =
        wish->bind <= PLACEMENT_TO_THREADS && (uint64_t)each * wish->tasks <= idset_count(part);
    bool good = true;

    for (uint32_t i = 0; i < placement->tasks; i++) {
        const struct idset *cores = placement->cores[i], *cpus = placement->cpus[i];

        good = good && idset_count(cores) > 0 && idset_count(cpus) > 0 && is_within(cores, part) &&
               is_within(cpus, all);
        good = good && (!own || (idset_count(cores) == each && idset_disjoint(cores, used)));
        idset_add_all(used, cores);
    }
    if (!good)
        printf("# %s: %u tasks of %u, bind %d, order %d (seed %llu)\n", stage->name, wish->tasks,
               wish->each, (int)wish->bind, (int)wish->order,
               (unsigned long long)stage->random->seed);
    CU_ASSERT(good);
}

static void fill_part(const struct stage *stage, const struct idset *part)
{
    const struct placement_machine machine = topology_machine(stage->topology);
    struct placement_wish wish = any_wish(stage->random, idset_count(part));
    CLEANUP(placement_freep) struct placement *placement = NULL;
    struct error err;

    placement = placement_new(&machine, part, &wish, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(placement);
    check_tasks(stage, part, &wish, placement);
}

/* --- hwloc's own distribution ------------------------------------------------------------------------- */

static uint32_t span_of_cpus(const struct stage *stage, hwloc_const_bitmap_t cpus,
                             uint32_t *ret_cores)
{
    CLEANUP(idset_freep) struct idset *cores = idset_new();

    for (uint32_t i = 0; i < stage->topology->core_count; i++) {
        const struct idset *own = stage->topology->core_cpus[i];

        for (uint32_t cpu = idset_first(own); cpu != IDSET_NONE; cpu = idset_after(own, cpu))
            if (hwloc_bitmap_isset(cpus, cpu))
                idset_add(cores, i);
    }
    *ret_cores = idset_count(cores);
    return numa_span(stage->topology, cores);
}

/* The whole machine for so many tasks: NUMA nodes that each spans, all together.  Where hwloc gives
 * some of them fewer cores than we do, it has no better answer to the same question. */
static void compare_with_hwloc(const struct stage *stage, uint32_t tasks)
{
    const struct placement_machine machine = topology_machine(stage->topology);
    CLEANUP(idset_freep) struct idset *part = idset_new();
    CLEANUP(placement_freep) struct placement *placement = NULL;
    CLEANUP(memory_freep) hwloc_cpuset_t *sets = NEW_ARRAY(hwloc_cpuset_t, tasks);
    hwloc_obj_t root = hwloc_get_root_obj(stage->loaded);
    uint32_t ours = 0, theirs = 0, cores;
    struct placement_wish wish = {.tasks = tasks};
    bool fair = true;
    struct error err;

    idset_add_range(part, 0, stage->topology->core_count - 1);
    wish.each = stage->topology->core_count / tasks;
    placement = placement_new(&machine, part, &wish, &err);
    CU_ASSERT_EQUAL_FATAL(hwloc_distrib(stage->loaded, &root, 1, sets, tasks, INT_MAX, 0), 0);
    for (uint32_t i = 0; i < tasks; i++) {
        ours += numa_span(stage->topology, placement->cores[i]);
        theirs += span_of_cpus(stage, sets[i], &cores);
        fair = fair && cores >= wish.each;
        hwloc_bitmap_free(sets[i]);
    }
    if (fair && ours > theirs)
        printf("# %s: %u tasks span %u NUMA nodes, hwloc's %u\n", stage->name, tasks, ours, theirs);
    CU_ASSERT(!fair || ours <= theirs);
}

/* --- one machine ---------------------------------------------------------------------------------------- */

static void give_back(struct stage *stage, uint32_t which)
{
    slots_give(stage->slots, stage->parts[which]);
    idset_remove_all(stage->given, stage->parts[which]);
    idset_free(stage->parts[which]);
    stage->parts[which] = NULL;
}

static void take_part(struct stage *stage, uint32_t which)
{
    uint32_t cores = stage->topology->core_count;
    uint32_t most = test_random_chance(stage->random, 60) ? (cores + 3) / 4 : cores;
    uint32_t count = 1 + test_random_below(stage->random, most);
    uint32_t left = cores - idset_count(stage->given);
    uint32_t least = count <= left ? least_span(stage, count) : 0;
    struct idset *part = slots_take(stage->slots, count);
    uint32_t span;

    CU_ASSERT_EQUAL(part != NULL, count <= left);
    if (!part)
        return;
    CU_ASSERT_EQUAL(idset_count(part), count);
    CU_ASSERT(idset_disjoint(part, stage->given));
    span = numa_span(stage->topology, part);
    if (span != least)
        printf("# %s: %u cores span %u NUMA nodes, not %u\n", stage->name, count, span, least);
    CU_ASSERT_EQUAL(span, least);
    idset_add_all(stage->given, part);
    stage->parts[which] = part;
    fill_part(stage, part);
}

static unsigned long rounds_wanted(void)
{
    const char *text = getenv("TEQUIO_TEST_ROUNDS");
    uint32_t rounds = ROUNDS;
    struct error err;

    if (text && !parse_u32(text, 1, 100000000, &rounds, &err))
        printf("# TEQUIO_TEST_ROUNDS: %s\n", err.text);
    return rounds;
}

static void play(struct stage *stage)
{
    for (unsigned long round = rounds_wanted(); round > 0; round--) {
        uint32_t which = test_random_below(stage->random, PARTS_MOST);

        if (stage->parts[which])
            give_back(stage, which);
        else
            take_part(stage, which);
    }
    for (uint32_t i = 0; i < PARTS_MOST; i++)
        if (stage->parts[i])
            give_back(stage, i);
    CU_ASSERT_EQUAL(slots_left(stage->slots), stage->topology->core_count);
    for (uint32_t tasks = 1; tasks <= stage->topology->core_count; tasks++)
        compare_with_hwloc(stage, tasks);
}

static bool load(struct stage *stage)
{
    const char *xml = stage->topology->xml;

    return hwloc_topology_init(&stage->loaded) == 0 &&
           hwloc_topology_set_xmlbuffer(stage->loaded, xml, (int)stage->topology->xml_size + 1) ==
               0 &&
           hwloc_topology_load(stage->loaded) == 0;
}

static void try_machine(struct test_random *random, const char *source)
{
    struct stage stage = {.name = source, .random = random, .given = idset_new()};
    struct error err;

    stage.topology = topology_read(source, &err);
    if (!stage.topology)
        printf("# %s: %s\n", source, err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage.topology);
    CU_ASSERT_FATAL(load(&stage));
    stage.slots = slots_new(stage.topology->places, stage.topology->core_count);
    play(&stage);
    hwloc_topology_destroy(stage.loaded);
    slots_free(stage.slots);
    topology_free(stage.topology);
    idset_free(stage.given);
}

static void test_descriptions(void)
{
    struct test_random random = test_random_from_environment();

    for (size_t i = 0; i < COUNT_OF(descriptions); i++)
        try_machine(&random, descriptions[i]);
}

static int is_xml(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 4 && strcmp(entry->d_name + length - 4, ".xml") == 0;
}

static void test_recorded_machines(void)
{
    struct test_random random = test_random_from_environment();
    const char *named = getenv("TEQUIO_TOPOLOGIES");
    const char *directory = named ? named : TOPOLOGIES;
    struct dirent **entries;
    int count = scandir(directory, &entries, is_xml, alphasort);

    CU_ASSERT_FATAL(count > 0);
    for (int i = 0; i < count; i++) {
        char source[PATH_SIZE];

        snprintf(source, sizeof(source), "xml:%s/%s", directory, entries[i]->d_name);
        try_machine(&random, source);
        free(entries[i]);
    }
    free(entries);
    printf("# %d recorded machines\n", count);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"described machines", test_descriptions     },
        {"recorded machines",  test_recorded_machines},
        CU_TEST_INFO_NULL,
    };

    return run_suite("placement on machines", tests);
}
