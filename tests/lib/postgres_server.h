/* postgres_server.h - a PostgreSQL server of the test's own
 *
 * Started at the first use by tests/lib/postgres, in a folder of its own, and stopped at exit()
 * of the process that started it.
 *
 * Owns: the server.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_POSTGRES_SERVER_H
#define TESTS_LIB_POSTGRES_SERVER_H

#include <stdbool.h>

/* False where PostgreSQL is not installed: the test that runs is then skipped. */
bool postgres_server_is_there(void);

/* The URL of an empty database of that name; free() it. */
char *postgres_server_database(const char *name);

/* Run by somebody else than the store; false when the server refuses it. */
bool postgres_server_sql(const char *name, const char *sql);

#endif
