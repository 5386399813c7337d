/* component.h - a component of a heterogeneous job, read and written as the JobSpec of a job
 *
 * So that whoever checks, fills or reads a JobSpec does so for components, too.
 *
 * Borrows: the texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_COMPONENT_H
#define PROTO_COMPONENT_H

#include "proto/message.h"

Wire__JobSpec component_to_spec(const Wire__Component *component);
Wire__Component component_from_spec(const Wire__JobSpec *spec);

#endif
