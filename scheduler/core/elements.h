/* elements.h - which elements of a job array: a set of numbers, as few runs of them
 *
 * Runs go up and do not overlap; within one, neighbours are `step` apart.  So "0-999999:4" is
 * one run, and a set costs memory by its runs, not by its elements.
 *
 * The text is that of the field: "0-15,20,30-40:5".
 *
 * Owns: the array of runs.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_ELEMENTS_H
#define SCHEDULER_CORE_ELEMENTS_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENT_MAX       4000000 /* the highest number of an element */
#define ELEMENTS_RUNS_MAX 4096    /* that a text may name, or a person's word may make */
#define ELEMENT_NONE      UINT32_MAX

struct element_run {
    uint32_t first, last, step; /* step 1 where it is one element */
};

struct elements {
    size_t run_count, capacity;
    struct element_run *runs;
    uint32_t count; /* of elements */
};

void elements_clear(struct elements *elements); /* frees; empty afterwards */
void elements_copy(struct elements *to, const struct elements *from);

/* The whole text; refused are ranges that run backwards, numbers above ELEMENT_MAX, a number
 * named twice and more than so many runs.  *ret_elements is to be cleared. */
bool elements_parse(const char *text, size_t runs_most, struct elements *ret_elements,
                    struct error *err);
void elements_print(const struct elements *elements, struct buffer *buffer);

bool elements_has(const struct elements *elements, uint32_t element);
uint32_t elements_first(const struct elements *elements); /* ELEMENT_NONE: empty */
uint32_t elements_last(const struct elements *elements);
uint32_t elements_after(const struct elements *elements, uint32_t element); /* or ELEMENT_NONE */

/* How far apart they are, where that is the same everywhere; else, and for one alone, 1. */
uint32_t elements_step(const struct elements *elements);

/* Behind all that are in. */
void elements_append(struct elements *elements, uint32_t element);

/* True: it was in.  O(runs). */
bool elements_add(struct elements *elements, uint32_t element);
bool elements_remove(struct elements *elements, uint32_t element);

/* What of `elements` is wanted moves to *ret_cut, which is cleared first.  O(elements) where
 * runs must be taken apart, O(runs) where they need not. */
void elements_cut(struct elements *elements, const struct elements *wanted,
                  struct elements *ret_cut);

#endif
