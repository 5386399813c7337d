/* job_names.h - jobs as people name them: 17, 17-20, 123_4, 123_[5-9], 17+1, 123_4,17
 *
 * An array is named by its number, an element of it behind '_'.  What is asked of the scheduler
 * about one job has that job's own number, and the array's, so that it can say when there is no
 * such element; what is done to jobs names an array and a list of its elements.
 *
 * Owns: the texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_NAMES_H
#define CLIENT_JOB_NAMES_H

#include "base/error.h"
#include "base/memory.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct job_name {
    uint64_t job;
    char *elements; /* of the array `job`; "" for a job, and for an array as a whole */
};

struct job_names {
    size_t count;
    struct job_name *all;
};

void job_names_clear(struct job_names *names);

/* Add those of a text, `most` in all. */
bool job_names_add(struct job_names *names, const char *text, size_t most, struct error *err);

/* One job, as it is asked about. */
struct job_ref {
    uint64_t job;
    uint64_t array; /* 0: it is no element of one, as far as the name says */
};

/* One job alone. */
bool job_ref_read(const char *text, struct job_ref *ret_ref, struct error *err);

/* All of them, each element by itself; free(*ret_refs). */
bool job_names_refs(const struct job_names *names, size_t most, struct job_ref **ret_refs,
                    size_t *ret_count, struct error *err);

/* "17", "17+1", "123_4", "123_[5-9%2]" */
void job_name_print(const Wire__JobView *job, struct buffer *buffer);

/* Of a list like "0-3,7,10-20:5" one element after another: false at its end.  *text goes on. */
struct element_walk {
    const char *text;
    uint32_t next, last, step;
    bool inside;
};
bool element_walk_next(struct element_walk *walk, uint32_t *ret_element, bool *ret_good);

#endif
