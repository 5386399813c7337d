/* measure.h - what a part used over its time, from what each of its task sets did
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_MEASURE_H
#define AGENT_MEASURE_H

#include "agent/agent.h"
#include "agent/part.h"

/* It has ended: add it to its part. */
void measure_set(struct agent *agent, const struct task_set *set);

/* Of the part's end. */
void measure_report(const struct part *part, struct report *report);

#endif
