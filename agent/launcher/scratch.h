/* scratch.h - the jobs' TMPDIR: a directory for each part
 *
 * A part gets an empty directory of its user's.  One that is still empty at the part's end
 * is kept for the same user's next part: file systems on disk take longer and longer to make
 * directories where many were removed lately.  Never for another user, who could be watched
 * through a descriptor that the first one has kept.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SCRATCH_H
#define AGENT_LAUNCHER_SCRATCH_H

#include "agent/launcher/spool.h"

bool scratch_make(struct spool *spool, const char *name, const struct account *account,
                  struct error *err);

/* What is in it goes later, in a process of its own. */
bool scratch_remove(struct spool *spool, const char *name, struct error *err);

/* What a launcher that was killed had kept is removed with the rest: it is not known whose
 * it is, and must not lie where the next ones are kept. */
void scratch_forget(const struct spool *spool);

/* Give back those that are kept. */
void scratch_clear(struct spool *spool);

#endif
