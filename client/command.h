/* command.h - what a subcommand is
 *
 * To add a command: a file cmd_NAME.c that exports one `const struct command`, its row in
 * commands.c (sorted), a page docs/man/tequio-NAME.1.scd and the texts in po/es.po;
 * the tests check all four.  The result goes to stdout, everything else to stderr.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include "base/error.h"
#include "base/options.h"
#include "client/text.h"

#include <stdbool.h>

struct session;

struct command {
    const char *name;
    const char *summary;  /* one line for `tequio help` */
    const char *operands; /* "JOB..."; "" for none */
    const struct option_rule *options;
    bool (*run)(struct session *session, int argc, char **argv, struct error *err);
    const struct command *const *children; /* NULL-terminated; `run` is then NULL */
};

/* The last row before OPTION_END of every command's table.  It ends the reading of options
 * with ERROR_NONE, at which main.c prints the command's help. */
option_fn option_help;
/* clang-format off */
#define OPTION_HELP \
    {'h', "help", NULL, 0, option_help, N_("show this help and end")}
#define OPTION_HELP_LONG /* where -h means --noheader, as in Slurm */ \
    {0, "help", NULL, 0, option_help, N_("show this help and end")}
/* clang-format on */

/* As options_read(), but options may also stand behind operands: those are moved to
 * the end of argv, from *ret_first on.  "--" ends the options. */
bool command_options(const struct option_rule *rules, int argc, char **argv, void *place,
                     int *ret_first, struct error *err);

/* false with a reason when operands are left over. */
bool command_no_operands(int argc, char **argv, int first, struct error *err);

#endif
