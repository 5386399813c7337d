/* erasing.h - a person's name taken out of the database
 *
 * It stands in many tables, and in what a running scheduler knows.  So who is to be erased is noted
 * (table erasure) and can do nothing any more; the names go when the
 * operator says so, while no scheduler works: `tequio-scheduler --erase`.  It reads all the database
 * and writes its files anew, for which no start could wait.  What is broken off is gone on with the
 * next time.
 *
 * In the person's jobs their seal takes the place of the name, as it did in the books from the
 * beginning; then name and salt of the seal are removed, and nobody can tell whose it was.  Of the lines of the
 * audit log that name the person the digests are left, from which its chain goes on.
 *
 * Owns: nothing.  Threads: wherever the slow lane may be used, while nobody else uses the store.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_ERASING_H
#define SCHEDULER_ERASING_H

#include "scheduler/store.h"

#define ERASING_CHUNK 2000

/* How far it is: with the first row of each part of the work, and now and then within it. */
struct erasing_stage {
    uint64_t person, persons; /* the how manieth of how many; 0: the files are wiped */
    const char *table;        /* that is read */
    uint64_t rows;            /* read of it */
};
typedef void erasing_told_fn(void *owner, const struct erasing_stage *stage);

struct erasing_way {
    int64_t now_us;
    size_t chunk;          /* writes of one transaction, about */
    erasing_told_fn *told; /* or NULL */
    void *owner;
};

struct erased {
    uint64_t persons;
    uint64_t waiting; /* something was changed behind the scheduler's back, which is logged */
};

/* Everybody in table erasure, then the files are wiped.  False: a commit or the wiping failed, and the
 * next attempt goes on. */
bool erase_all(struct store *store, const struct erasing_way *way, struct erased *ret_erased,
               struct error *err);

/* Does the text have the name, and not as a part of a longer one? */
bool text_names(const char *text, const char *name);

#endif
