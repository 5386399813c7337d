/* limits_charge.c - what a job adds to limits: in all, and to each partition that it is in
 *
 * A heterogeneous job counts as a whole for whoever it is of and for its cluster.  A limit of a
 * partition counts what its components there have, together: as one job. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"

#include <string.h>

#define SECOND_US INT64_C(1000000)

struct amounts {
    uint64_t cores, gpus, memory_bytes;
    uint32_t nodes;
};

static struct charge charge_of(const struct amounts *amounts, int64_t limit_us)
{
    int64_t limit_s = limit_us / SECOND_US + (limit_us % SECOND_US > 0);
    __int128 seconds = (__int128)amounts->cores * (uint64_t)limit_s;
    struct charge charge = {{0}};

    charge.amounts[LIMIT_JOBS] = 1;
    charge.amounts[LIMIT_CORES] = (int64_t)amounts->cores;
    charge.amounts[LIMIT_NODES] = amounts->nodes;
    charge.amounts[LIMIT_GPUS] = (int64_t)amounts->gpus;
    charge.amounts[LIMIT_MEMORY] = (int64_t)amounts->memory_bytes;
    if (limit_us == INT64_MAX) /* as long as a partition allows: that is for its lane to say */
        return charge;
    charge.amounts[LIMIT_CORE_SECONDS] =
        seconds > LIMIT_NONE / 2 ? LIMIT_NONE / 2 : (int64_t)seconds;
    charge.amounts[LIMIT_WALL] = limit_us;
    return charge;
}

struct charge limits_charge(const struct request *request, const struct partition *partition)
{
    const struct amounts amounts = {het_cores(request), het_gpus(request), het_memory(request),
                                    het_nodes(request)};

    return charge_of(&amounts, partition ? request_limit(request, partition) : request->limit_us);
}

static struct amounts amounts_of(const struct seat *seat, const struct need *need)
{
    return (struct amounts){need_cores(need, seat->node, seat->tasks), need_gpus(need, seat->tasks),
                            need_memory(need, seat->node, seat->tasks), 1};
}

static void add_amounts(struct amounts *sum, const struct amounts *more)
{
    sum->cores += more->cores;
    sum->gpus += more->gpus;
    sum->memory_bytes += more->memory_bytes;
    sum->nodes += more->nodes;
}

struct charge limits_charge_placed(const struct placement *placement, const struct need *need)
{
    struct amounts sum = {0};

    for (size_t i = 0; i < placement->count; i++) {
        const struct seat *seat = &placement->seats[i];
        const struct amounts own = amounts_of(seat, need_of(need, seat->component));

        add_amounts(&sum, &own);
    }
    return charge_of(&sum, request_limit(need->request, need->partition));
}

/* What its other components must have is not for the first. */
int64_t limits_nodes_for(const struct core *core, const struct association *association,
                         struct limit_place place, const struct request *request)
{
    int64_t left = limits_nodes_left(core->limits, association, place);

    if (!request->het || left == LIMIT_NONE)
        return left;
    left -= het_nodes(request) - request->nodes_least;
    return left < request->nodes_least ? request->nodes_least : left;
}

/* --- of each partition -------------------------------------------------------------------------- */

static struct charge *share_of(struct shares *shares, const struct partition *partition)
{
    unsigned i = 0;

    while (i < shares->count && shares->all[i].partition != partition)
        i++;
    if (i == shares->count)
        shares->all[shares->count++] = (struct share){.partition = partition};
    return &shares->all[i].charge;
}

/* There it is one job, and as long. */
static void add_share(struct shares *shares, const struct partition *partition,
                      const struct charge *charge)
{
    struct charge *sum = share_of(shares, partition);

    for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++)
        if (what == LIMIT_JOBS || what == LIMIT_WALL)
            sum->amounts[what] = charge->amounts[what];
        else
            sum->amounts[what] += charge->amounts[what];
}

void limits_share_choice(const struct request *request, const struct limit_place *place,
                         uint32_t component, const struct partition *partition,
                         struct shares *shares)
{
    struct request own = *het_request(request, component);
    struct charge charge;

    own.het = NULL;
    own.limit_us = request_limit(request, place->partition);
    charge = limits_charge(&own, NULL);
    add_share(shares, partition, &charge);
}

void limits_shares(const struct request *request, const struct limit_place *place,
                   struct shares *ret_shares)
{
    ret_shares->count = 0;
    for (uint32_t i = 0; request->het && place->cluster && i < het_size(request); i++) {
        const struct request *own = het_request(request, i);
        const struct partition *partition =
            i == 0 ? place->partition : request_partition_at(own, place->cluster, 0);

        /* One that has a choice may be in any of them: that is seen when it is placed. */
        if (partition && (i == 0 || !request_partition_at(own, place->cluster, 1)))
            limits_share_choice(request, place, i, partition, ret_shares);
    }
}

void limits_shares_placed(const struct placement *placement, const struct need *need,
                          const struct limit_place *place, struct shares *ret_shares)
{
    int64_t limit_us = request_limit(need->request, place->partition);

    ret_shares->count = 0;
    for (size_t i = 0; need->request->het && i < placement->count; i++) {
        const struct seat *seat = &placement->seats[i];
        const struct need *own = need_of(need, seat->component);
        const struct amounts amounts = amounts_of(seat, own);
        const struct charge charge = charge_of(&amounts, limit_us);

        add_share(ret_shares,
                  seat->component == 0 ? place->partition
                                       : request_partition_at(own->request, place->cluster,
                                                              placement->places[seat->component]),
                  &charge);
    }
}

/* --- of one component that has a choice ---------------------------------------------------------- */

static struct charge charge_of_seats(const struct placement *placement, const struct need *own,
                                     uint32_t component, int64_t limit_us)
{
    struct amounts sum = {0};

    for (size_t i = 0; i < placement->count; i++)
        if (placement->seats[i].component == component) {
            const struct amounts amounts = amounts_of(&placement->seats[i], own);

            add_amounts(&sum, &amounts);
        }
    return charge_of(&sum, limit_us);
}

static bool is_placed(const struct placement *placement, uint32_t component)
{
    for (size_t i = 0; i < placement->count; i++)
        if (placement->seats[i].component == component)
            return true;
    return false;
}

/* Where a component is or must be; NULL: that is open. */
static const struct partition *partition_of(const struct need *need, uint32_t component,
                                            const struct placement *placement)
{
    const struct request *request = need_of(need, component)->request;

    if (component == 0)
        return need_partition(need, placement->cluster);
    if (is_placed(placement, component))
        return request_partition_at(request, placement->cluster, placement->places[component]);
    return request_partition_at(request, placement->cluster, 1)
               ? NULL
               : request_partition_at(request, placement->cluster, 0);
}

static struct charge charge_asked(const struct need *need, uint32_t component, int64_t limit_us)
{
    struct request plain = *need_of(need, component)->request;

    plain.het = NULL;
    plain.limit_us = limit_us;
    return limits_charge(&plain, NULL);
}

bool limits_keep_component(const struct core *core, const struct need *need, uint32_t component,
                           uint8_t place, const struct placement *placement,
                           const struct placement *piece)
{
    const struct need *own = need_of(need, component);
    const struct partition *there = request_partition_at(own->request, placement->cluster, place);
    int64_t limit_us = request_limit(need->request, need_partition(need, placement->cluster));
    struct shares shares = {0};
    struct charge charge =
        piece ? charge_of_seats(piece, own, 0, limit_us) : charge_asked(need, component, limit_us);
    const struct limit_wish wish = {
        need->association, {placement->cluster, there},
         &shares.all[0].charge, core->now_us, NULL
    };

    if (!need->association || !core->limits->has_places || component == 0)
        return false;
    add_share(&shares, there, &charge);
    for (uint32_t i = 0; i < het_size(need->request); i++) {
        if (i == component || partition_of(need, i, placement) != there)
            continue;
        charge = is_placed(placement, i) ? charge_of_seats(placement, need_of(need, i), i, limit_us)
                                         : charge_asked(need, i, limit_us);
        add_share(&shares, there, &charge);
    }
    return !limits_admit_partition(core->limits, &wish);
}

/* --- of a placed job ---------------------------------------------------------------------------- */

static void add_part(const struct part *part, int64_t *amounts)
{
    amounts[LIMIT_CORES] += part->cores;
    amounts[LIMIT_NODES]++;
    amounts[LIMIT_GPUS] += part->gpus;
    amounts[LIMIT_MEMORY] += (int64_t)part->memory_bytes;
}

void limits_amounts_of_job(const struct job *job, int64_t *ret_amounts)
{
    memset(ret_amounts, 0, LIMIT_WHAT_COUNT * sizeof(*ret_amounts));
    ret_amounts[LIMIT_JOBS] = 1;
    if (job->part_count == 0) {
        ret_amounts[LIMIT_CORES] = job_cores(job);
        ret_amounts[LIMIT_GPUS] = job_gpus(job);
        ret_amounts[LIMIT_MEMORY] = (int64_t)job_memory(job);
    }
    for (uint32_t i = 0; i < job->part_count; i++)
        add_part(&job->parts[i], ret_amounts);
}

const struct partition *limits_amounts_of_component(const struct job *job, uint32_t component,
                                                    int64_t *ret_amounts)
{
    const struct partition *partition = het_partition(job, component);

    for (uint32_t i = 0; i < component; i++)
        if (het_partition(job, i) == partition)
            return NULL;
    memset(ret_amounts, 0, LIMIT_WHAT_COUNT * sizeof(*ret_amounts));
    ret_amounts[LIMIT_JOBS] = 1;
    for (uint32_t i = 0; i < job->part_count; i++)
        if (het_partition(job, job->parts[i].component) == partition)
            add_part(&job->parts[i], ret_amounts);
    return partition;
}
