/* component.h - the components of a heterogeneous job, as they are asked for
 *
 * On a command line they stand between ':' ("-N1 -c4 : -N8 -n64 job.sh"), in a script behind a
 * line "#SBATCH hetjob" each.  The first says what holds for the whole job; the others say which
 * nodes they want.  What is said again and means the same is no error: scripts do that.
 *
 * Borrows: all texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_COMPONENT_H
#define CLIENT_COMPONENT_H

#include "client/job_options.h"
#include "proto/arena.h"
#include "proto/message.h"

#include <stdint.h>

#define COMPONENTS_MAX 32

/* The options of one component: argv[0] is the ':' before them. */
struct component_line {
    int argc;
    char **argv;
};

struct component_lines {
    int first_operand; /* behind all of them */
    uint32_t count;
    struct component_line all[COMPONENTS_MAX];
};

/* Read the options of a command up to its first operand, and cut off what stands behind ':'. */
bool components_read(const struct option_rule *rules, int argc, char **argv,
                     struct job_request *place, struct component_lines *ret_lines,
                     struct error *err);

/* What is meant for the command itself may stand with any component: --wrap, --wait … */
void component_take_own(struct job_request *first, const struct job_request *request);

/* What the component asks for, in the arena; NULL: it says what is not for it to say. */
Wire__Component *component_make(const struct job_request *first, const struct job_request *request,
                                struct arena *arena, struct error *err);

#endif
