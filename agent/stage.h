/* stage.h - files of --stage-in and --stage-out, whole
 *
 * A transfer that breaks off is taken up again, a few times.  What is brought has its name only when it
 * is whole and what its digest says; what there is already with the right digest is not brought again.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_STAGE_H
#define AGENT_STAGE_H

#include "agent/stage_item.h"

bool stage_bring(const struct stage_item *item, const struct stage_rules *rules, struct error *err);
bool stage_carry(const struct stage_item *item, const struct stage_rules *rules, struct error *err);

#endif
