/* why_shortage.c - what of a lane's nodes there is too little of: cores, memory, GPUs
 *
 * Of what is asked for, as few things as will do are found that would have to come free: each is a
 * blocker, and with all of them free the job fits.  Where the job could as well wait for the one as
 * for the other, it is cores that are named.  A job that wants whole nodes, and one of several
 * components, wait for all there is on them. */

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"
#include "scheduler/core/suspend.h"
#include "scheduler/core/why.h"

#include <inttypes.h>
#include <string.h>

/* What a node has, or all of it: the number of a blocker. */
enum { THING_CORES = 1, THING_MEMORY = 2, THING_GPUS = 4, THING_NODE = 8 };

/* --- what is asked for --------------------------------------------------------------------------- */

static void say_shape(const struct request *request, struct buffer *text)
{
    if (request->nodes_most == 1 && !request->exclusive) {
        buffer_print(text, "%" PRIu32 " cores on one node",
                     request->tasks * request->cpus_per_task);
        return;
    }
    buffer_print(text, "%" PRIu32 " tasks of %" PRIu32 " cores on %" PRIu32, request->tasks,
                 request->cpus_per_task, request->nodes_least);
    if (request->nodes_most != request->nodes_least)
        buffer_print(text, "-%" PRIu32, request->nodes_most);
    buffer_print(text, "%s node%s", request->exclusive ? " whole" : "",
                 request->nodes_most > 1 ? "s" : "");
}

static void say_memory(const struct request *request, struct buffer *text)
{
    print_size(request->memory_per_node ? request->memory_per_node : request->memory_per_cpu, text);
    buffer_add_text(text, request->memory_per_node ? " a node" : " a core");
}

static bool wants_memory(const struct request *request)
{
    return request->memory_per_node || request->memory_per_cpu;
}

static void say_component(const struct request *request, struct buffer *text)
{
    say_shape(request, text);
    if (wants_memory(request)) {
        buffer_add_text(text, ", memory ");
        say_memory(request, text);
    }
    why_say_constraints(request->constraints, text);
}

void why_say_request(struct blocker *blocker, const struct request *request)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    for (uint32_t i = 0; i < het_size(request); i++) {
        if (i > 0)
            buffer_add_text(&text, " : ");
        say_component(het_request(request, i), &text);
    }
    snprintf(blocker->needs, sizeof(blocker->needs), "%s", text.bytes);
}

static unsigned things_asked(const struct request *request)
{
    return THING_CORES | (wants_memory(request) ? THING_MEMORY : 0) |
           (constraints_gpus(request->constraints, 1) > 0 ? THING_GPUS : 0);
}

static void say_things(struct blocker *blocker, const struct request *request, unsigned things)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (things == THING_CORES)
        say_shape(request, &text);
    else if (things == THING_MEMORY)
        say_memory(request, &text);
    else
        why_say_gpus(request->constraints, &text);
    if (request->constraints && request->constraints->features)
        buffer_print(&text, ", feature %s", request->constraints->features);
    snprintf(blocker->needs, sizeof(blocker->needs), "%s", text.bytes);
}

/* --- what there is --------------------------------------------------------------------------------- */

/* Of the lane's nodes that the job may be on: together, and the most of one. */
struct supply {
    uint32_t nodes, away, idle;
    uint32_t enough; /* have the memory that is asked for on each */
    uint64_t cores, most_cores, most_memory, gpus, most_gpus;
};

typedef void each_node_fn(const struct question *question, const struct node *node, void *owner);

static void each_node(const struct question *question, each_node_fn *act, void *owner)
{
    const struct inventory *inventory = question->core->inventory;
    uint64_t bit = partition_bit(question->cluster, question->partition);

    for (size_t i = 0; i < inventory_class_count(inventory, question->cluster); i++) {
        const struct node_class *class = inventory_class(inventory, question->cluster, i);

        for (size_t j = 0; (class->partitions & bit) && j < class->members.count; j++)
            act(question, class->members.nodes[j], owner);
    }
}

static void add_gpus(struct supply *supply, const struct constraints *constraints,
                     const struct node *node, const struct room *room)
{
    const char *type = constraints ? constraints->gpu_type : NULL;

    for (uint32_t i = 0; i < node->gpu_stock.kind_count; i++) {
        if (type && strcmp(type, node->gpu_stock.kinds[i].type) != 0)
            continue;
        supply->gpus += room->gpus[i];
        if (room->gpus[i] > supply->most_gpus)
            supply->most_gpus = room->gpus[i];
    }
}

static void add_supply(const struct question *question, const struct node *node, void *owner)
{
    struct supply *supply = owner;
    const struct request *request = question->need->request;
    bool never = question->possible == POSSIBLE_NEVER;
    struct room room = never ? room_when_empty(node) : room_of(node);
    struct request plain = *request;
    struct need any = *question->need;

    /* What no node has enough of is told of all of them. */
    plain.constraints = never ? NULL : request->constraints;
    any.request = &plain;
    if (!need_admits(&any, node) ||
        (never && any.features && node->class &&
         !feature_rule_admits_class(any.features, node->class->number, node->class->features)))
        return;
    supply->nodes++;
    supply->away += !node_takes_work(node);
    if (question->possible == POSSIBLE_NOW && !node_takes_work(node))
        return;
    supply->idle += room.idle;
    supply->enough += room.memory_bytes >= request->memory_per_node;
    supply->cores += room.cores;
    if (room.cores > supply->most_cores)
        supply->most_cores = room.cores;
    if (room.memory_bytes > supply->most_memory)
        supply->most_memory = room.memory_bytes;
    add_gpus(supply, request->constraints, node, &room);
}

static struct supply find_supply(const struct question *question)
{
    struct supply supply = {0};

    each_node(question, add_supply, &supply);
    return supply;
}

static void say_count(uint64_t all, uint64_t most, const char *what, struct buffer *text)
{
    buffer_print(text, "%" PRIu64 "%s free", all, what);
    if (most < all)
        buffer_print(text, ", at most %" PRIu64 " on one node", most);
}

static void say_supply(struct blocker *blocker, const struct question *question, unsigned things)
{
    const struct supply supply = find_supply(question);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (question->need->request->exclusive)
        buffer_print(&text, "%" PRIu32 " idle nodes", supply.idle);
    else if (things & (THING_CORES | THING_NODE))
        say_count(supply.cores, supply.most_cores, " cores", &text);
    else if (things & THING_GPUS)
        say_count(supply.gpus, supply.most_gpus, " such GPUs", &text);
    if (things == THING_MEMORY && question->need->request->nodes_least > 1 && supply.enough > 0) {
        buffer_print(&text, "so much on %" PRIu32 " nodes", supply.enough);
    } else if (things == THING_MEMORY) {
        buffer_add_text(&text, "at most ");
        print_size(supply.most_memory, &text);
        buffer_add_text(&text, " free on one node");
    }
    snprintf(blocker->has, sizeof(blocker->has), "%s", text.bytes);
}

/* --- would it fit ----------------------------------------------------------------------------------- */

static struct room room_with(const struct node *node, unsigned freed)
{
    const struct room empty = room_when_empty(node);
    struct room room = room_of(node);

    if (freed & THING_NODE)
        return empty;
    if (freed & THING_CORES) {
        room.cores = empty.cores;
        room.idle = true;
    }
    if (freed & THING_MEMORY)
        room.memory_bytes = empty.memory_bytes;
    if (freed & THING_GPUS)
        memcpy(room.gpus, empty.gpus, sizeof(room.gpus));
    return room;
}

struct room why_room(const struct question *question, const struct node *node)
{
    return room_with(node, question->things);
}

struct trial {
    unsigned freed;
    int64_t until_us; /* on nodes that no window has before; 0: whatever windows there are */
    struct spread *spread;
};

static void add_capacity(const struct question *question, const struct node *node, void *owner)
{
    const struct trial *trial = owner;
    struct room room = room_with(node, trial->freed);

    if (!need_admits(question->need, node) ||
        (question->possible == POSSIBLE_NOW && !node_takes_work(node)) ||
        (trial->until_us > 0 &&
         seek_is_kept(question->core, question->need, node, trial->until_us)))
        return;
    spread_add(trial->spread, need_capacity(question->need, node, &room), 1);
}

static bool fits_with(const struct question *question, unsigned freed, int64_t until_us)
{
    struct spread *spread = &question->core->plan.scratch->spread;
    struct trial trial = {freed, until_us, spread};

    spread_reset(spread);
    each_node(question, add_capacity, &trial);
    return spread_holds(spread, question->need->request);
}

/* As few as will do. */
unsigned why_things_short(const struct question *question)
{
    static const unsigned order[] = {THING_GPUS, THING_MEMORY, THING_CORES};
    const struct request *request = question->need->request;
    unsigned things = things_asked(request);

    if (request->het || request->exclusive || things == THING_CORES ||
        !fits_with(question, things, 0))
        return THING_NODE;
    for (size_t i = 0; i < COUNT_OF(order); i++)
        if ((things & order[i]) && fits_with(question, things & ~order[i], 0))
            things &= ~order[i];
    return things;
}

static bool het_fits(const struct question *question)
{
    static const enum moment_kind kinds[][2] = {
        {MOMENT_EMPTY_ALL, MOMENT_EMPTY},
        {MOMENT_BACK,      MOMENT_FREE },
    };
    const struct core *core = question->core;
    struct moment moment = {
        .kind = kinds[question->fits][question->possible == POSSIBLE_NOW],
        .at_us = core->now_us,
        .beside_windows = true,
        .closed_too = true,
    };

    return het_place(core, question->need, question->cluster, &moment, &core->plan.scratch->trial);
}

bool why_fits_beside_windows(const struct question *question)
{
    int64_t limit_us = request_limit(question->need->request, question->partition);

    if (question->need->request->het)
        return het_fits(question);
    return fits_with(question, question->things, question->core->now_us + limit_us);
}

int64_t why_free_at(const struct question *question, const struct need *need)
{
    const struct core *core = question->core;
    struct node *ignored;
    int64_t free_us = need->request->het
                          ? het_find(core, need, question->cluster, 0, &core->plan.scratch->trial)
                          : reservation_find(core, need, question->cluster, &ignored);

    return free_us == INT64_MAX ? 0 : free_us;
}

/* When there will be enough of one thing and of what is not short: the others may come later. */
static int64_t free_without(const struct question *question, unsigned others)
{
    const struct constraints *asked = question->need->request->constraints;
    struct request request = *question->need->request;
    struct constraints constraints = asked ? *asked : (struct constraints){0};
    struct need need = *question->need;

    if (others & THING_MEMORY)
        request.memory_per_node = request.memory_per_cpu = 0;
    if (others & THING_GPUS) {
        constraints.gpus_per_node = constraints.gpus_per_task = 0;
        request.constraints = &constraints;
    }
    need.request = &request;
    return why_free_at(question, &need);
}

static void add_shortage(const struct question *question, unsigned things)
{
    struct blocker *blocker = why_add(question, REASON_RESOURCES);

    if (!blocker)
        return;
    blocker->number = things;
    /* Components share what a limit leaves of nodes; how is known when they are placed. */
    blocker->guess = question->need->request->het &&
                     question->need->request->nodes_most < question->job->request.nodes_most;
    if (things == THING_NODE)
        why_say_request(blocker, question->need->request);
    else
        say_things(blocker, question->need->request, things);
    say_supply(blocker, question, things);
    if (question->possible == POSSIBLE_NOW)
        blocker->free_us = free_without(question, question->things & ~things);
}

void find_shortage(const struct question *question)
{
    static const unsigned order[] = {THING_CORES, THING_MEMORY, THING_GPUS, THING_NODE};

    if (question->fits || question->possible == POSSIBLE_NEVER)
        return;
    for (size_t i = 0; i < COUNT_OF(order); i++)
        if (question->things & order[i])
            add_shortage(question, order[i]);
}

/* --- none that would do ----------------------------------------------------------------------------- */

void find_nodes(const struct question *question)
{
    struct supply supply;
    struct blocker *blocker;

    if (question->possible != POSSIBLE_LATER ||
        !(blocker = why_add(question, REASON_NODE_NOT_AVAILABLE)))
        return;
    supply = find_supply(question);
    why_say_request(blocker, question->need->request);
    if (question->need->request->het)
        snprintf(blocker->has, sizeof(blocker->has), "nodes that are down or drained");
    else if (supply.nodes == 0)
        snprintf(blocker->has, sizeof(blocker->has), "no nodes yet");
    else
        snprintf(blocker->has, sizeof(blocker->has),
                 "%" PRIu32 " of %" PRIu32 " such nodes are down or drained", supply.away,
                 supply.nodes);
}

void find_error(const struct question *question)
{
    const struct need *need = question->need;
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct supply supply;
    struct blocker *blocker;

    if (question->possible != POSSIBLE_NEVER ||
        !(blocker = why_add(question, REASON_BAD_CONSTRAINTS)))
        return;
    supply = find_supply(question);
    why_say_request(blocker, need->request);
    buffer_init(&text);
    if (need->licenses &&
        !licenses_possible(question->core->licenses, need->licenses, question->cluster)) {
        buffer_add_text(&text, "never so many licenses");
    } else if (supply.nodes == 0) {
        buffer_add_text(&text, "no such nodes");
    } else {
        buffer_print(&text, "%" PRIu32 " nodes of at most %" PRIu64 " cores, ", supply.nodes,
                     supply.most_cores);
        print_size(supply.most_memory, &text);
        if (things_asked(need->request) & THING_GPUS)
            buffer_print(&text, ", %" PRIu64 " such GPUs", supply.most_gpus);
    }
    snprintf(blocker->has, sizeof(blocker->has), "%s", text.bytes);
}

/* --- lifted on a copy ------------------------------------------------------------------------------- */

/* Nothing is planned for it any more, and it does not go on. */
static void leave_plan(struct core *core, struct job *job)
{
    if (job->state == JOB_SUSPENDED)
        suspended_leave(core, job);
    plan_gone(core, job);
}

static void give_up_nodes(struct core *core, struct job *job)
{
    leave_plan(core, job);
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];

        if (part_is_over(part))
            continue;
        part->state = PART_ENDED;
        list_remove(&part->node->parts, &part->of_node);
        inventory_give_gpus(part->node, part->gpu_type, part->gpus);
        inventory_give(core->inventory, part->node, part->cores_held, part->memory_bytes);
    }
}

/* It holds nothing of that any more, and the rest as before. */
static void give_up_things(struct core *core, struct job *job, unsigned things)
{
    if (things & THING_CORES)
        leave_plan(core, job);
    for (uint32_t i = 0; i < job->part_count; i++) {
        struct part *part = &job->parts[i];
        uint32_t cores = things & THING_CORES ? part->cores_held : 0;
        uint64_t memory_bytes = things & THING_MEMORY ? part->memory_bytes : 0;

        if (part_is_over(part))
            continue;
        if (things & THING_GPUS) {
            inventory_give_gpus(part->node, part->gpu_type, part->gpus);
            part->gpus = 0;
        }
        part->cores_held -= cores;
        part->memory_bytes -= memory_bytes;
        inventory_give(core->inventory, part->node, cores, memory_bytes);
    }
}

/* What runs in the cluster holds no such thing any more; nothing else follows from it. */
void lift_resources(struct core *core, struct job *job, const struct blocker *blocker)
{
    (void)job;
    for (size_t i = 0; i < core->jobs.used; i++) {
        struct job *other = core->jobs.places[i].job;

        if (!other || other->cluster != blocker->cluster || other->state == JOB_PENDING ||
            job_state_is_final(other->state))
            continue;
        if (blocker->number == THING_NODE)
            give_up_nodes(core, other);
        else
            give_up_things(core, other, blocker->number);
    }
    plan_changed(core);
}
