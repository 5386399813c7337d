/* test_slots.c - cores given to parts, against a model that tries everything */

#include "agent/core/slots.h"

#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

enum { CORES_MOST = 64, NUMAS_MOST = 8, PARTS_MOST = 24, MACHINES = 60, ROUNDS = 150 };

struct machine {
    uint32_t count;
    uint32_t numas;
    struct core_place places[CORES_MOST];
    int owner[CORES_MOST]; /* -1: free */
};

struct part {
    struct idset *cores; /* NULL: not in use */
};

/* Sizes that do not agree with each other: real machines have offline cores. */
static struct machine any_machine(struct test_random *random)
{
    struct machine machine = {0};
    uint32_t l3 = 0;

    machine.numas = 1 + test_random_below(random, NUMAS_MOST);
    for (uint32_t numa = 0; numa < machine.numas; numa++) {
        uint32_t caches = 1 + test_random_below(random, 3);

        for (uint32_t cache = 0; cache < caches; cache++, l3++) {
            uint32_t cores = 1 + test_random_below(random, 3);

            for (uint32_t i = 0; i < cores && machine.count < CORES_MOST; i++)
                machine.places[machine.count++] =
                    (struct core_place){.package = numa / 2, .numa = numa, .l3 = l3};
        }
    }
    for (uint32_t i = 0; i < machine.count; i++)
        machine.owner[i] = -1;
    return machine;
}

static uint32_t free_in_numas(const struct machine *machine, unsigned numas)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < machine->count; i++)
        count += machine->owner[i] < 0 && (numas & 1u << machine->places[i].numa);
    return count;
}

/* By trying all sets of NUMA nodes; *ret_package: some such set is in one package. */
static int fewest_numas(const struct machine *machine, uint32_t cores, bool *ret_package)
{
    int best = NUMAS_MOST + 1;

    for (unsigned set = 1; set < 1u << machine->numas; set++) {
        int size = __builtin_popcount(set);
        bool one_package = false;

        if (size > best || free_in_numas(machine, set) < cores)
            continue;
        for (unsigned package = 0; package < NUMAS_MOST / 2; package++)
            one_package = one_package || (set & ~(3u << 2 * package)) == 0;
        *ret_package = (size == best && *ret_package) || one_package;
        best = size;
    }
    return best;
}

static bool fits_one_l3(const struct machine *machine, uint32_t cores)
{
    for (uint32_t i = 0; i < machine->count; i++) {
        uint32_t count = 0;

        for (uint32_t j = 0; j < machine->count; j++)
            count += machine->owner[j] < 0 && machine->places[j].l3 == machine->places[i].l3;
        if (count >= cores)
            return true;
    }
    return false;
}

/* How many different packages (0), NUMA nodes (1), L3s (2) these cores are in. */
static int span(const struct machine *machine, const struct idset *cores, int level)
{
    uint64_t seen = 0;

    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id)) {
        const struct core_place *place = &machine->places[id];
        uint32_t numbers[] = {place->package, place->numa, place->l3};

        seen |= UINT64_C(1) << numbers[level];
    }
    return __builtin_popcountll(seen);
}

static void check_taken(struct machine *machine, const struct slots *slots,
                        const struct idset *cores, uint32_t count, int owner)
{
    bool package = false;
    int numas = fewest_numas(machine, count, &package);

    CU_ASSERT_EQUAL(idset_count(cores), count);
    CU_ASSERT_EQUAL(span(machine, cores, 1), numas);
    CU_ASSERT_EQUAL((int)slots_numa_span(slots, cores), numas);
    CU_ASSERT(!package || span(machine, cores, 0) == 1);
    CU_ASSERT(!fits_one_l3(machine, count) || span(machine, cores, 2) == 1);
    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id)) {
        CU_ASSERT_FATAL(id < machine->count && machine->owner[id] < 0);
        machine->owner[id] = owner;
    }
}

static void give_back(struct machine *machine, struct slots *slots, struct part *part)
{
    for (uint32_t id = idset_first(part->cores); id != IDSET_NONE;
         id = idset_after(part->cores, id))
        machine->owner[id] = -1;
    slots_give(slots, part->cores);
    idset_free(part->cores);
    part->cores = NULL;
}

static void play(struct test_random *random, struct machine *machine)
{
    CLEANUP(slots_freep) struct slots *slots = slots_new(machine->places, machine->count);
    struct part parts[PARTS_MOST] = {0};

    for (int round = 0; round < ROUNDS; round++) {
        int which = (int)test_random_below(random, PARTS_MOST);
        uint32_t count = 1 + test_random_below(random, machine->count);
        uint32_t left = free_in_numas(machine, ~0u);

        CU_ASSERT_EQUAL(slots_left(slots), left);
        if (parts[which].cores) {
            give_back(machine, slots, &parts[which]);
            continue;
        }
        parts[which].cores = slots_take(slots, count);
        CU_ASSERT_EQUAL(parts[which].cores != NULL, count <= left);
        if (parts[which].cores)
            check_taken(machine, slots, parts[which].cores, count, which);
    }
    for (int i = 0; i < PARTS_MOST; i++)
        idset_free(parts[i].cores);
}

static void test_agrees_with_the_model(void)
{
    struct test_random random = test_random_from_environment();

    for (int i = 0; i < MACHINES; i++) {
        struct machine machine = any_machine(&random);

        play(&random, &machine);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"no core twice, and as near as can be", test_agrees_with_the_model},
        CU_TEST_INFO_NULL,
    };

    return run_suite("slots against a model", tests);
}
