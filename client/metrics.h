/* metrics.h - the network's figures for Prometheus
 *
 * In its text format, version 0.0.4 (prometheus.io, "Exposition formats").  Names end with their
 * unit; times are seconds, memory is bytes, service units are whole with decimals.
 *
 * Cost: one look at each node, cluster and grant that the scheduler listed.
 *
 * Borrows: what it is given.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_METRICS_H
#define CLIENT_METRICS_H

#include "base/buffer.h"
#include "base/error.h"
#include "proto/message.h"

#include <stdbool.h>

struct session;

/* What the scheduler answered, all at about the same time. */
struct metrics_source {
    const Wire__Status *status;
    const Wire__ClusterListing *clusters;
    const Wire__NodeListing *nodes;
    const Wire__QuotaTable *quotas;
};

void metrics_print(const struct metrics_source *source, struct buffer *buffer);

/* Asks, and prints; nothing is added where the scheduler does not answer. */
bool metrics_ask(struct session *session, struct buffer *buffer, struct error *err);

#endif
