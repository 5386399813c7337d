/* wanted.c - which servers waiting jobs would have use for */

#include "scheduler/cloud/wanted.h"

#include "base/table.h"
#include "scheduler/core/finish.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <stdlib.h>

#define LOOKS_MOST 262144 /* at nodes, in one round */

/* A node that is no server. */
struct other {
    const struct node *node;
    struct room room; /* what is left of it in this round */
    uint32_t tasks;   /* of the job at hand */
};

/* One round.  Room only shrinks in it: what a job could not have, no later one of its shape can. */
struct round {
    const struct core *core;
    const struct cluster *cluster;
    int64_t soon_us; /* a server asked for now is a node then */
    struct wanted_node *nodes;
    size_t count;
    size_t first;         /* those before it have nothing left */
    struct table *missed; /* shapes whose jobs found no place */
    size_t looks;         /* at nodes, so far */

    /* Made when a job needs other nodes, too: those of the cluster that have room. */
    struct other *others;
    size_t other_count;
};

/* A job's tasks while they are put on nodes. */
struct placing {
    const struct need *need;
    uint64_t bit; /* of the partition */
    uint32_t left, nodes;
};

/* Does it wait for room, and would a server have it done sooner than what is planned for it? */
static bool counts(const struct round *round, const struct job *job)
{
    const struct partition *partition = request_partition_at(&job->request, round->cluster, 0);

    if (job->state != JOB_PENDING || !partition ||
        (job->shape && finish_expected(round->core, job) <=
                           round->soon_us + finish_run(round->core, job->shape, round->cluster)))
        return false;
    return job->reason == REASON_RESOURCES || job->reason == REASON_PRIORITY ||
           job->reason == REASON_NODE_NOT_AVAILABLE;
}

static bool is_missed(const struct round *round, const struct job *job)
{
    return job->shape && table_get_number(round->missed, (uintptr_t)job->shape);
}

/* As many of the tasks as the node holds, so that the nodes still needed get one each. */
static uint32_t place_on(struct placing *placing, const struct node *node, const struct room *room)
{
    const struct request *request = placing->need->request;
    uint32_t least = request->nodes_least, most, kept;

    if (!(node->partitions & placing->bit) || !need_admits(placing->need, node))
        return 0;
    kept = placing->nodes + 1 < least ? least - placing->nodes - 1 : 0;
    if (placing->left <= kept)
        return 0;
    most = need_capacity(placing->need, node, room);
    if (most > placing->left - kept)
        most = placing->left - kept;
    placing->left -= most;
    placing->nodes += most > 0;
    return most;
}

static bool takes_more(const struct placing *placing)
{
    return placing->left > 0 && placing->nodes < placing->need->request->nodes_most;
}

static void forget_servers(struct round *round)
{
    for (size_t i = round->first; i < round->count; i++)
        round->nodes[i].tasks = 0;
}

/* Those that are on first. */
static bool place_on_servers(struct round *round, struct placing *placing)
{
    forget_servers(round);
    for (unsigned off = 0; off < 2; off++)
        for (size_t i = round->first; i < round->count && takes_more(placing); i++) {
            struct wanted_node *place = &round->nodes[i];

            round->looks++;
            if (off ? place->is_off : place->is_on)
                place->tasks = place_on(placing, place->node, &place->room);
        }
    return placing->left == 0 && placing->nodes >= placing->need->request->nodes_least;
}

static void take(struct room *room, const struct need *need, const struct node *node,
                 uint32_t tasks)
{
    uint32_t cores = need_cores(need, node, tasks);
    uint64_t memory = need_memory(need, node, tasks);

    room->cores -= cores < room->cores ? cores : room->cores;
    room->memory_bytes -= memory < room->memory_bytes ? memory : room->memory_bytes;
    room->idle = false;
}

static void count_on(struct round *round, const struct need *need)
{
    for (size_t i = round->first; i < round->count; i++) {
        struct wanted_node *place = &round->nodes[i];

        if (place->tasks == 0)
            continue;
        place->use = true;
        take(&place->room, need, place->node, place->tasks);
    }
    while (round->first < round->count && round->nodes[round->first].room.cores == 0)
        round->first++;
}

/* --- with nodes that are no servers -------------------------------------------------------------- */

static void find_others(struct round *round)
{
    const struct inventory *inventory = core_inventory(round->core);
    size_t count = inventory_node_count(inventory);
    CLEANUP(memory_freep) bool *is_server = NEW_ARRAY(bool, count);

    for (size_t i = 0; i < round->count; i++)
        is_server[round->nodes[i].node->index] = true;
    round->others = NEW_ARRAY(struct other, count);
    for (size_t i = 0; i < count; i++) {
        const struct node *node = inventory_node(inventory, i);
        struct room room;

        if (node->cluster != round->cluster || is_server[i] || !node_takes_work(node))
            continue;
        room = room_of(node);
        if (room.cores > 0)
            round->others[round->other_count++] = (struct other){.node = node, .room = room};
    }
}

static void place_on_others(struct round *round, struct placing *placing)
{
    for (size_t i = 0; i < round->other_count; i++)
        round->others[i].tasks = 0;
    for (size_t i = 0; i < round->other_count && takes_more(placing); i++) {
        struct other *other = &round->others[i];

        round->looks++;
        other->tasks = place_on(placing, other->node, &other->room);
    }
}

/* What fits on the others alone waits for no server, but has its room there. */
static bool place_on_both(struct round *round, struct placing *placing)
{
    if (!round->others)
        find_others(round);
    place_on_others(round, placing);
    if (placing->left == 0)
        forget_servers(round);
    else if (!place_on_servers(round, placing))
        return false;
    for (size_t i = 0; i < round->other_count; i++)
        if (round->others[i].tasks > 0)
            take(&round->others[i].room, placing->need, round->others[i].node,
                 round->others[i].tasks);
    return true;
}

/* Of both kinds only where servers alone would not do, but one of them would help. */
static bool place_once(struct round *round, const struct need *need, uint64_t bit)
{
    const struct placing whole = {.need = need, .bit = bit, .left = need->request->tasks};
    struct placing alone = whole, both = whole;

    if (!place_on_servers(round, &alone) &&
        (alone.nodes == 0 || need->request->nodes_most == 1 || !place_on_both(round, &both)))
        return false;
    count_on(round, need);
    return true;
}

/* In the first partition in which it fits. */
static void place_job(struct round *round, const struct job *job)
{
    CLEANUP(read_need_clear) struct read_need read;
    const struct partition *partition;
    uint32_t copies = job_element_count(job);
    bool placed = false;

    read_need(&read, job, job->window, &job->request);
    for (size_t i = 0;
         !placed && (partition = request_partition_at(&job->request, round->cluster, i)); i++) {
        read.need.partition = partition;
        while (copies > 0 && round->looks < LOOKS_MOST &&
               place_once(round, &read.need, partition_bit(round->cluster, partition))) {
            copies--;
            placed = true;
        }
    }
    if (copies > 0 && job->shape)
        table_put_number(round->missed, (uintptr_t)job->shape, round);
}

/* Those with after < id <= last.  Returns the job at which the round had looked enough; 0: none. */
static uint64_t place_jobs(struct round *round, uint64_t after, uint64_t last)
{
    const struct job *job = core_job_after(round->core, after);
    uint64_t pending, running;

    core_count(round->core, &pending, &running);
    for (; pending > 0 && job && job->id <= last; job = core_job_after(round->core, job->id)) {
        pending -= job->state == JOB_PENDING;
        if (!counts(round, job) || is_missed(round, job))
            continue;
        place_job(round, job);
        if (round->looks >= LOOKS_MOST)
            return job->id;
    }
    return 0;
}

void wanted_find(const struct core *core, const struct cluster *cluster, struct wanted_node *nodes,
                 size_t count, int64_t soon_us, uint64_t *turn)
{
    struct round round = {
        .core = core, .cluster = cluster, .soon_us = soon_us, .nodes = nodes, .count = count};
    uint64_t begin = *turn;

    for (size_t i = 0; i < count; i++) {
        nodes[i].use = false;
        nodes[i].room = nodes[i].node->parts.count > 0 ? room_of(nodes[i].node)
                                                       : room_when_empty(nodes[i].node);
    }
    round.missed = table_new();
    *turn = place_jobs(&round, begin, UINT64_MAX);
    if (*turn == 0 && begin > 0)
        *turn = place_jobs(&round, 0, begin);
    table_free(round.missed);
    free(round.others);
}
