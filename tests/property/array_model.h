/* array_model.h - what the elements of arrays may do, slowly and obviously
 *
 * Looks at every job that was saved after each step, element by element.
 *
 * Borrows: the world.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_PROPERTY_ARRAY_MODEL_H
#define TESTS_PROPERTY_ARRAY_MODEL_H

#include "tests/property/core_world.h"

#define MODEL_ARRAYS   512
#define MODEL_ELEMENTS 16 /* numbers are below that */

/* What was seen of one element. */
struct model_element {
    bool exists;
    bool ended; /* then what follows stays */
    bool good;
    uint32_t attempt; /* of these at most one at a time holds nodes */
};

struct model_array {
    uint64_t id;
    uint64_t corr; /* the array whose elements its elements wait for; 0: none */
    uint32_t throttle;
    uint32_t placed; /* after the last step */
    struct model_element elements[MODEL_ELEMENTS];
};

struct model {
    size_t count;
    struct model_array arrays[MODEL_ARRAYS];
};

void model_add(struct model *model, uint64_t id, const struct elements *elements, uint32_t throttle,
               uint64_t corr);
struct model_array *model_find(struct model *model, uint64_t id);

/* After a step: each element is one job's, none has more than one end, no limit is passed, none
 * was placed before its counterpart had ended well. */
void model_check(struct model *model, const struct world *world);

/* All have ended, each once. */
void model_check_ended(const struct model *model, const struct world *world);

#endif
