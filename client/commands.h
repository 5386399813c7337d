/* commands.h - the commands of tequio: finding, running, explaining
 *
 * Built-in ones are a table; any other NAME is the program tequio-NAME beside this one, in the
 * package's libexec folder or in PATH, as with git.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_COMMANDS_H
#define CLIENT_COMMANDS_H

#include "client/command.h"

/* What stands before the command. */
struct global_arguments {
    const char *server;
    bool version;
    bool dump_options;
    bool help;
};

extern const struct option_rule global_options[];

/* Sorted by name; ends with NULL. */
extern const struct command *const commands[];

const struct command *commands_find(const char *name);

/* argv[0] is the command's name.  Help that was asked for is printed and counts as success. */
bool commands_run(struct session *session, int argc, char **argv, struct error *err);

/* The options of tequio itself and one line for each command. */
void commands_help(void);

/* The help of one command, or of one of its own; argv names it. */
bool commands_help_on(int argc, char **argv, struct error *err);

/* For tests/lint: "COMMAND\t-letter\t--name\tARGUMENT", all that --help tells of. */
void commands_dump(void);

#endif
