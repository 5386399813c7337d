/* ledger_bench.h - the two halves of the bench of the books
 *
 * One writes as the scheduler does, the other reads as tequio-accounting does; they include
 * headers that name different rows alike.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_BENCH_LEDGER_BENCH_H
#define TESTS_BENCH_LEDGER_BENCH_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

#define BENCH_INSTITUTIONS 100
#define BENCH_START_US     INT64_C(1793491200000000) /* 2026-11-01 UTC */

/* "name value unit", with the name padded. */
void bench_say(const char *name, double value, const char *unit);
double bench_seconds(void);

/* Make the statement of the month of one institution, and its signed bundle; says time and memory. */
bool bench_statement(const char *database, const char *institution, struct error *err);

/* The same for every institution, one after the other. */
bool bench_statements(const char *database, struct error *err);

/* A PostgreSQL in DIRECTORY/postgres, which waits for the disk; the URL of a database in it (free()
 * it), or NULL. */
char *bench_server_start(const char *directory, struct error *err);
void bench_server_stop(const char *directory);

#endif
