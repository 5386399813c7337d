/* partition.h - is there a partition of that name, and which one was meant
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_PARTITION_H
#define CLIENT_PARTITION_H

#include "base/error.h"
#include "proto/message.h"

#include <stdbool.h>

/* Is there a cluster of that name?  False names the nearest.  True for no name (NULL). */
bool cluster_check(const Wire__ClusterListing *listing, const char *cluster, struct error *err);

/* In that cluster, or, when it is NULL, in any; false names the nearest.  True for no name (NULL). */
bool partition_check(const Wire__ClusterListing *listing, const char *cluster,
                     const char *partition, struct error *err);

#endif
