/* user_data.h - what a server gets to know at its first boot
 *
 * A template with these words in it, each replaced wherever it stands:
 *
 *   @NODE@           the node's name
 *   @CLUSTER@        its cluster
 *   @SCHEDULER@      the agents' door
 *   @SCHEDULER_KEY@  its public key
 *   @TOKEN@          good once, for this node alone
 *
 * The usual one is for cloud-init: it writes /etc/tequio/agent.conf and starts the launcher and the
 * agent that the image has.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_USER_DATA_H
#define SCHEDULER_CLOUD_USER_DATA_H

#include "base/buffer.h"

struct user_data {
    const char *node, *cluster, *scheduler, *scheduler_key, *token;
};

/* template NULL: the usual one.  Added to the text. */
void user_data_print(const char *template, const struct user_data *data, struct buffer *text);

#endif
