/* price.c - what an attempt costs: before it starts, while it is held, when it has ended */

#include "scheduler/core/price.h"

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/match.h"
#include "scheduler/core/placement.h"
#include "scheduler/core/request.h"

struct quantities quantities_asked(const struct request *request)
{
    return (struct quantities){
        .cores = het_cores(request),
        .nodes = het_nodes(request),
        .gpus = het_gpus(request),
        .memory_bytes = het_memory(request),
    };
}

struct quantities quantities_of_job(const struct job *job)
{
    return (struct quantities){
        .cores = job_cores(job),
        .nodes = job->part_count ? job->part_count : het_nodes(&job->request),
        .gpus = job_gpus(job),
        .memory_bytes = job_memory(job),
    };
}

struct quantities quantities_placed(const struct placement *placement, const struct need *need)
{
    struct quantities quantities = {.nodes = (uint32_t)placement->count};

    for (size_t i = 0; i < placement->count; i++) {
        const struct seat *seat = &placement->seats[i];
        const struct need *own = need_of(need, seat->component);

        quantities.cores += need_cores(own, seat->node, seat->tasks);
        quantities.gpus += need_gpus(own, seat->tasks);
        quantities.memory_bytes += need_memory(own, seat->node, seat->tasks);
    }
    return quantities;
}

struct tariff tariff_of(const struct rates *rates, const struct lane_name *lane,
                        const struct request *request, const struct quantities *quantities,
                        int64_t at_us)
{
    const uint32_t qos_ppm = (uint32_t)(1000000 + request->surcharge_ppm);
    struct tariff tariff = {.factor_ppm = lane->cluster->factor_ppm};

    if (rates_count(rates) > 0)
        tariff.card = rates_at(rates, lane->cluster->name,
                               lane->partition ? lane->partition->name : "", request->qos, at_us);
    if (tariff.card)
        tariff.factor_ppm = rate_factor(tariff.card, quantities);
    tariff.factor_ppm = rate_with_qos(tariff.factor_ppm, qos_ppm);
    return tariff;
}

int64_t price_to_hold(const struct core *core, const struct lane_name *lane,
                      const struct request *request, const struct quantities *quantities,
                      int64_t limit_us)
{
    int64_t wall_us = limit_us + core->settings.kill_wait_us;
    struct tariff tariff = tariff_of(core->rates, lane, request, quantities, core->now_us);

    if (tariff.card && tariff.card->listed)
        return 0;
    return ledger_price(quantities->cores, wall_us, tariff.factor_ppm);
}

bool price_is_there(const struct core *core, const struct job *job, const struct lane_name *lane,
                    const struct quantities *quantities)
{
    int64_t price_micro = price_to_hold(core, lane, &job->request, quantities,
                                        request_limit(&job->request, lane->partition));
    struct error ignored;

    return ledger_can_hold(core->ledger, job->project, price_micro, core->now_us, &ignored);
}

static bool find_lane(const struct core *core, const struct request *request,
                      struct lane_name *ret_lane)
{
    for (size_t i = 0; i < inventory_cluster_count(core->inventory); i++) {
        const struct cluster *cluster = inventory_cluster(core->inventory, i);
        const struct partition *partition = request_partition(request, cluster);

        if (!partition)
            continue;
        *ret_lane = (struct lane_name){cluster, partition};
        return true;
    }
    return false;
}

bool price_of_waiting(const struct core *core, const struct rates *rates, const struct job *job,
                      int64_t at_us, int64_t *ret_billed_micro)
{
    const struct quantities quantities = quantities_of_job(job);
    struct lane_name lane;
    struct tariff tariff;

    if (!find_lane(core, &job->request, &lane))
        return false;
    tariff = tariff_of(rates, &lane, &job->request, &quantities, at_us);
    *ret_billed_micro =
        tariff.card && tariff.card->listed
            ? 0
            : ledger_price(quantities.cores, request_limit(&job->request, lane.partition),
                           tariff.factor_ppm);
    return true;
}
