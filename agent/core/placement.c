/* placement.c - which cores and hardware threads of a part each task is bound to */

#include "agent/core/placement.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* The part alone, as a small machine. */
struct dealer {
    const struct placement_machine *machine;
    const struct idset *part;
    const struct placement_wish *wish;
    uint32_t count;            /* cores of the part */
    uint32_t *ids;             /* of each its index on the real machine */
    struct core_place *places; /* and where it is */
    struct slots *slots;       /* what is not dealt out yet */
    uint32_t turn;             /* cyclic: whose turn it is */
    uint32_t *package_tasks;   /* by number of the package */
};

/* --- cores -------------------------------------------------------------------------------------- */

static void deal_anew(struct dealer *dealer)
{
    slots_free(dealer->slots);
    dealer->slots = slots_new(dealer->places, dealer->count);
}

static void dealer_init(struct dealer *dealer)
{
    const struct idset *part = dealer->part;
    uint32_t i = 0;

    dealer->count = idset_count(part);
    assert(dealer->count > 0);
    dealer->ids = NEW_ARRAY(uint32_t, dealer->count);
    dealer->places = NEW_ARRAY(struct core_place, dealer->count);
    for (uint32_t id = idset_first(part); id != IDSET_NONE; id = idset_after(part, id)) {
        assert(id < dealer->machine->core_count);
        dealer->places[i] = dealer->machine->places[id];
        dealer->ids[i++] = id;
    }
    deal_anew(dealer);
    dealer->package_tasks = NEW_ARRAY(uint32_t, slots_numas(dealer->slots));
}

static void dealer_clear(struct dealer *dealer)
{
    slots_free(dealer->slots);
    free(dealer->ids);
    free(dealer->places);
    free(dealer->package_tasks);
}

static bool is_full(const struct dealer *dealer, uint32_t numa)
{
    uint32_t most = dealer->wish->tasks_per_package;

    return most > 0 && dealer->package_tasks[slots_numa_package(dealer->slots, numa)] >= most;
}

/* The next NUMA node in turn that has room for so many cores; NULL: none has. */
static struct idset *take_in_turn(struct dealer *dealer, uint32_t count)
{
    uint32_t numas = slots_numas(dealer->slots);

    for (uint32_t i = 0; i < numas; i++) {
        uint32_t numa = slots_numa_across(dealer->slots, dealer->turn + i);
        struct idset *taken =
            is_full(dealer, numa) ? NULL : slots_take_in_numa(dealer->slots, numa, count);

        if (!taken)
            continue;
        dealer->turn = (dealer->turn + i + 1) % numas;
        return taken;
    }
    return NULL;
}

/* Each core from the next NUMA node. */
static struct idset *take_across(struct dealer *dealer, uint32_t count)
{
    struct idset *taken = idset_new();

    for (uint32_t i = 0; i < count; i++) {
        CLEANUP(idset_freep) struct idset *one = take_in_turn(dealer, 1);

        if (!one)
            one = slots_take(dealer->slots, 1);
        idset_add_all(taken, one);
    }
    return taken;
}

/* The first NUMA node, in the machine's order, whose package may have one more task. */
static struct idset *take_below_limit(struct dealer *dealer, uint32_t count)
{
    for (uint32_t numa = 0; numa < slots_numas(dealer->slots); numa++) {
        struct idset *taken =
            is_full(dealer, numa) ? NULL : slots_take_in_numa(dealer->slots, numa, count);

        if (taken)
            return taken;
    }
    return NULL;
}

/* In small numbers; there are so many left. */
static struct idset *take_ordered(struct dealer *dealer, uint32_t count)
{
    const struct placement_wish *wish = dealer->wish;
    struct idset *taken = NULL;

    if (wish->order == PLACEMENT_FULL_CYCLIC)
        return take_across(dealer, count);
    if (wish->order == PLACEMENT_CYCLIC)
        taken = take_in_turn(dealer, count);
    else if (wish->tasks_per_package > 0)
        taken = take_below_limit(dealer, count);
    return taken ? taken : slots_take(dealer->slots, count);
}

/* The cores of one task, or of those that share some, as the machine numbers them. */
static struct idset *deal(struct dealer *dealer, uint32_t count, uint32_t tasks)
{
    CLEANUP(idset_freep) struct idset *taken = NULL;
    struct idset *cores = idset_new();

    if (slots_left(dealer->slots) < count)
        deal_anew(dealer); /* all dealt out: from the first again */
    taken = take_ordered(dealer, count);
    dealer->package_tasks[slots_core_package(dealer->slots, idset_first(taken))] += tasks;
    for (uint32_t i = idset_first(taken); i != IDSET_NONE; i = idset_after(taken, i))
        idset_add(cores, dealer->ids[i]);
    return cores;
}

/* --- hardware threads --------------------------------------------------------------------------- */

static uint32_t threads_used(const struct dealer *dealer, uint32_t core)
{
    uint32_t threads = idset_count(dealer->machine->core_cpus[core]);
    uint32_t most = dealer->wish->threads_per_core;

    return most > 0 && most < threads ? most : threads;
}

/* Which threads of the core: those whose number, counted round, is `share` of `shares`; all
 * of them when they do not suffice. */
static void add_threads(const struct dealer *dealer, uint32_t core, uint32_t share, uint32_t shares,
                        struct idset *cpus)
{
    const struct idset *threads = dealer->machine->core_cpus[core];
    uint32_t used = threads_used(dealer, core), number = 0;

    if (dealer->wish->bind == PLACEMENT_TO_THREADS && shares == 1)
        used = 1;
    for (uint32_t cpu = idset_first(threads); cpu != IDSET_NONE && number < used;
         cpu = idset_after(threads, cpu), number++)
        if (shares > used || number % shares == share)
            idset_add(cpus, cpu);
}

/* Is it in one of the packages (NUMA nodes) of these cores? */
static bool shares_domain(const struct dealer *dealer, uint32_t core, const struct idset *cores)
{
    const struct core_place *places = dealer->machine->places;
    bool packages = dealer->wish->bind == PLACEMENT_TO_PACKAGES;

    for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id))
        if (packages ? places[id].package == places[core].package
                     : places[id].numa == places[core].numa)
            return true;
    return false;
}

/* What is bound to more than its own has all cores of the part there. */
static void widen(const struct dealer *dealer, struct idset *cores)
{
    const struct idset *part = dealer->part;
    CLEANUP(idset_freep) struct idset *own = NULL;

    if (dealer->wish->bind == PLACEMENT_TO_PART) {
        idset_add_all(cores, part);
        return;
    }
    own = idset_copy(cores);
    for (uint32_t id = idset_first(part); id != IDSET_NONE; id = idset_after(part, id))
        if (shares_domain(dealer, id, own))
            idset_add(cores, id);
}

/* --- by number ------------------------------------------------------------------------------------ */

static struct idset *part_cpus(const struct dealer *dealer)
{
    struct idset *cpus = idset_new();

    for (uint32_t i = 0; i < dealer->count; i++)
        idset_add_all(cpus, dealer->machine->core_cpus[dealer->ids[i]]);
    return cpus;
}

static struct idset *cores_of(const struct dealer *dealer, const struct idset *cpus)
{
    struct idset *cores = idset_new();

    for (uint32_t i = 0; i < dealer->count; i++)
        if (!idset_disjoint(dealer->machine->core_cpus[dealer->ids[i]], cpus))
            idset_add(cores, dealer->ids[i]);
    return cores;
}

static bool check_set(const struct idset *set, const struct idset *all, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    for (uint32_t cpu = idset_first(set); cpu != IDSET_NONE; cpu = idset_after(set, cpu))
        if (!idset_has(all, cpu)) {
            buffer_init(&text);
            idset_print(all, &text);
            return fail(err, ERROR_INVALID,
                        "cpu %" PRIu32 " is not one of the job's on this node, which are %.150s",
                        cpu, text.bytes);
        }
    return true;
}

static bool bind_to_sets(const struct dealer *dealer, struct placement *placement,
                         struct error *err)
{
    const struct placement_wish *wish = dealer->wish;
    CLEANUP(idset_freep) struct idset *all = part_cpus(dealer);

    if (wish->set_count == 0)
        return fail(err, ERROR_INVALID, "no cpus are given to bind to");
    for (uint32_t i = 0; i < placement->tasks; i++) {
        const struct idset *set = wish->sets[i % wish->set_count];

        if (!check_set(set, all, err))
            return false;
        placement->cpus[i] = idset_copy(set);
        placement->cores[i] = cores_of(dealer, set);
    }
    return true;
}

static void bind_to_rank(const struct dealer *dealer, struct placement *placement)
{
    CLEANUP(idset_freep) struct idset *all = part_cpus(dealer);
    uint32_t cpu = IDSET_NONE;

    for (uint32_t i = 0; i < placement->tasks; i++) {
        cpu = cpu == IDSET_NONE ? idset_first(all) : idset_after(all, cpu);
        if (cpu == IDSET_NONE)
            cpu = idset_first(all);
        placement->cpus[i] = idset_new();
        idset_add(placement->cpus[i], cpu);
        placement->cores[i] = cores_of(dealer, placement->cpus[i]);
    }
}

/* --- all of it -------------------------------------------------------------------------------------- */

/* How many tasks share a set of cores. */
static uint32_t sharers(const struct dealer *dealer, uint32_t each)
{
    const struct placement_wish *wish = dealer->wish;
    uint32_t wanted =
        (uint32_t)(((uint64_t)wish->tasks * each + dealer->count - 1) / dealer->count);
    uint32_t threads = threads_used(dealer, dealer->ids[0]);

    uint32_t most = wish->bind == PLACEMENT_TO_THREADS ? threads : 1;

    if (wish->tasks_per_core > 0)
        most = wish->tasks_per_core;
    if (wanted > most)
        wanted = most;
    return wanted > 0 ? wanted : 1;
}

static void bind_to_own(struct dealer *dealer, struct placement *placement)
{
    const struct placement_wish *wish = dealer->wish;
    uint32_t each = wish->each < dealer->count ? wish->each : dealer->count;
    uint32_t shares = sharers(dealer, each);
    bool wide = wish->bind == PLACEMENT_TO_PACKAGES || wish->bind == PLACEMENT_TO_NUMAS ||
                wish->bind == PLACEMENT_TO_PART;

    for (uint32_t i = 0; i < placement->tasks; i++) {
        bool joins = i % shares > 0;
        struct idset *cores =
            joins ? idset_copy(placement->cores[i - 1]) : deal(dealer, each, shares);

        if (wide)
            widen(dealer, cores);
        placement->cores[i] = cores;
        placement->cpus[i] = idset_new();
        for (uint32_t id = idset_first(cores); id != IDSET_NONE; id = idset_after(cores, id))
            add_threads(dealer, id, wide ? 0 : i % shares, wide ? 1 : shares, placement->cpus[i]);
    }
}

struct placement *placement_new(const struct placement_machine *machine, const struct idset *part,
                                const struct placement_wish *wish, struct error *err)
{
    CLEANUP(dealer_clear)
    struct dealer dealer = {.machine = machine, .part = part, .wish = wish};
    CLEANUP(placement_freep) struct placement *placement = NEW(struct placement);

    assert(wish->each > 0);
    assert(wish->bind < PLACEMENT_BIND_COUNT && wish->order < PLACEMENT_ORDER_COUNT);
    dealer_init(&dealer);
    placement->tasks = wish->tasks;
    placement->cores = NEW_ARRAY(struct idset *, wish->tasks);
    placement->cpus = NEW_ARRAY(struct idset *, wish->tasks);
    if (wish->bind == PLACEMENT_TO_RANK)
        bind_to_rank(&dealer, placement);
    else if (wish->bind != PLACEMENT_TO_SETS)
        bind_to_own(&dealer, placement);
    else if (!bind_to_sets(&dealer, placement, err))
        return NULL;
    return STEAL(placement);
}

void placement_free(struct placement *placement)
{
    if (!placement)
        return;
    for (uint32_t i = 0; i < placement->tasks; i++) {
        idset_free(placement->cores[i]);
        idset_free(placement->cpus[i]);
    }
    free(placement->cores);
    free(placement->cpus);
    free(placement);
}
