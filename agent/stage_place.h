/* stage_place.h - where a file of --stage-in or --stage-out lies: below the job's directory
 *
 * Every folder on the way is opened without following a link, and what is done then is done relative to
 * it: whoever swaps a link in meanwhile leads nothing out of the directory.  A file that is brought
 * grows as .NAME.part, locked, and has its name when it is whole and right.
 *
 * Owns: its descriptors and texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_STAGE_PLACE_H
#define AGENT_STAGE_PLACE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct stage_place {
    int folder;
    int file; /* the part that grows, or what is read; -1: none */
    char *name;
    char *part_name;
};

/* make: folders that are not there are made. */
bool stage_place_open(const char *path, bool make, struct stage_place *ret_place,
                      struct error *err);
void stage_place_clear(struct stage_place *place);

/* A file of that name; *ret_there false: there is none yet.  What is no plain file is refused. */
bool stage_place_look(const struct stage_place *place, bool *ret_there, struct error *err);

/* For reading; -1: it cannot be. */
int stage_place_read(const struct stage_place *place, uint64_t *ret_size, struct error *err);

/* The part into `file`, as long as an earlier try has left it; waits for another job that is at it. */
bool stage_place_part(struct stage_place *place, uint64_t *ret_size, struct error *err);

/* The part is whole: it takes the name. */
bool stage_place_keep(struct stage_place *place, struct error *err);

/* The part is of no use. */
void stage_place_drop(struct stage_place *place);

#endif
