/* stop_store_sqlite.h - end this process at the n-th write that SQLite makes
 *
 * Through SQLite's own hook for its system calls.  The write at which the process ends may be
 * done by half, as a power loss does it.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_STOP_STORE_SQLITE_H
#define TESTS_CRASH_STOP_STORE_SQLITE_H

#include <stdbool.h>

#define STOP_STATUS 77 /* exit status of a process that was stopped */

/* From now on; at 0: never, only count. */
void stop_at_write(unsigned number, bool torn);
unsigned stop_writes_seen(void);

#endif
