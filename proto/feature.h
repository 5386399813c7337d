/* feature.h - features of nodes that mean something to the programs, too
 *
 * The others are the administrators' own words.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_FEATURE_H
#define PROTO_FEATURE_H

/* An agent tells it where jobs can have virtual machines (vm-images); the scheduler takes them there. */
#define FEATURE_VM "vm"

#endif
