/* rate_rows.c - a rate card from its row of the database */

#include "scheduler/rate_rows.h"

#include <stdio.h>

bool rate_from_row(const struct rate_row *row, struct rate *ret_rate, struct error *err)
{
    *ret_rate = (struct rate){
        .id = (uint64_t)row->id,
        .prices = {(uint32_t)row->core, (uint32_t)row->gib, (uint32_t)row->gpu,
                   (uint32_t)row->node},
        .listed = row->listed != 0,
        .start_us = row->start_us,
        .end_us = row->end_us,
    };
    if (!rate_mode_parse(row->mode, &ret_rate->mode, err))
        return false;
    snprintf(ret_rate->cluster, sizeof(ret_rate->cluster), "%s", row->cluster);
    snprintf(ret_rate->partition, sizeof(ret_rate->partition), "%s", row->partition);
    snprintf(ret_rate->qos, sizeof(ret_rate->qos), "%s", row->qos);
    return true;
}
