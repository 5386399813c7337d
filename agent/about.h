/* about.h - what a helper that runs before a job's program says of itself
 *
 * Its options are the program's, so that only a lone --help or --version is meant for it.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_ABOUT_H
#define AGENT_ABOUT_H

#include <stdbool.h>

struct about {
    const char *name;
    const char *usage;   /* what follows the name: "PROGRAM [ARGUMENT]..." */
    const char *purpose; /* one or more lines */
};

/* True: it was asked for, and is printed. */
bool about_asked(const struct about *about, int argc, char **argv);

/* For those that become a program: true when there is none to become, with the exit status. */
bool about_is_all(const struct about *about, int argc, char **argv, int *ret_status);

/* On standard error, where arguments are missing. */
void about_usage(const struct about *about);

#endif
