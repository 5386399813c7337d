/* service_change.c - settings that changed while the service runs */

#include "scheduler/service_inside.h"

bool service_settings_changed(struct service *service, struct error *err)
{
    const struct settings *settings = service->settings;
    const struct core_settings core_settings = {
        .clusters = settings->clusters,
        .cluster_count = settings->cluster_count,
        .keep_ended_us = settings->keep_ended_us,
        .launch_failures_most = settings->launch_failures_most,
        .backfill_depth = settings->backfill_depth,
        .switch_wait_us = settings->switch_wait_us,
        .finish_gain_us = settings->finish_gain_us,
        .pending_most = settings->pending_most,
        .pending_most_per_user = settings->pending_most_per_user,
        .qoses = settings->qoses,
        .limits = settings->limits,
        .limit_count = settings->limit_count,
    };

    core_change_settings(service->core, &core_settings);
    service_tick(service);
    service_step(service, &(struct event){.kind = EVENT_TIME_PASSED});
    return identify_local_operators(service, err);
}
