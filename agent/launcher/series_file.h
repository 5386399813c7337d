/* series_file.h - what a part used over its time, in a file that each of its shepherds adds to
 *
 * <spool>/tasks/<job>.<attempt>.<part>.series has one series, of all task sets that have ended: it stays
 * as small as one of them however many there are, and needs nobody to be there when a task set ends.  It
 * goes with the part.  Like the records it is readable by the agent, and not synced.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SERIES_FILE_H
#define AGENT_LAUNCHER_SERIES_FILE_H

#include "base/series.h"

/* tasks: the directory; part: its name.  together: as series_join() says.  Waits half a second for
 * others, not longer. */
bool series_file_add(int tasks, const char *part, const struct series *series, bool together,
                     struct error *err);

/* False: there is none, or it is damaged. */
bool series_file_read(int tasks, const char *part, struct series *ret_series);
bool series_file_remove(int tasks, const char *part, struct error *err);

#endif
