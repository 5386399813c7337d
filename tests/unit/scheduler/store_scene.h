/* store_scene.h - stores to test: filled, opened, edited behind their backs
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_STORE_SCENE_H
#define TESTS_UNIT_SCHEDULER_STORE_SCENE_H

#include "base/file.h"
#include "scheduler/check.h"
#include "scheduler/store.h"
#include "tests/unit/scheduler/service_bench.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct dump {
    struct buffer bytes;
    size_t ends[ROW_KIND_COUNT]; /* where in `bytes` each kind ends */
    unsigned rows;
    unsigned bad;
    unsigned __int128 sum; /* of digests of the rows, whatever their order */
};

char *new_directory(void);
struct store *open_store(const char *directory);
bool opens_not(const char *directory, enum error_code code, const char *words);
bool tamper(const char *directory, const char *sql);
bool commit(struct store *store, struct batch *batch);
bool fill(struct store *store);
bool on_row(void *owner, const struct row *row, bool good);
bool dump_all(struct store *store, struct dump *dump);

/* rows, bad and sum alone; table meta, which is of this store alone, is but counted. */
bool store_sum(struct store *store, struct dump *dump);
enum row_kind first_difference(const struct dump *a, const struct dump *b);
struct row make_row(enum row_kind kind, int variant, struct arena *arena);
void fit_row(struct row *row, int variant);

/* Findings, a line each, into a struct buffer. */
void note_finding(void *owner, const char *text);
bool check_finds(const char *directory, const char *words);

void put_file(const char *directory, const char *name, const void *bytes, size_t size, mode_t mode);
char *read_whole(const char *path, size_t *ret_size);
char *make_history(void);

#endif
