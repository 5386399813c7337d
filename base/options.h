/* options.h - one table for a command line, a job script's directives, --help
 * and shell completion
 *
 * A rule says the letter, the long name, what it takes and where in the
 * caller's struct it goes.  Long names may be shortened while unambiguous;
 * "--name=value", "--name value", "-nvalue", "-n value" and "--" are read as
 * getopt_long() reads them.  An unknown name is refused with the nearest one.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Set the field at `place` from `text` (NULL for a flag); false with a reason in *err. */
typedef bool option_fn(void *place, const char *text, struct error *err);

struct option_rule {
    char letter;          /* 0: none */
    const char *name;     /* without "--" */
    const char *argument; /* "N", "TEXT"; NULL: a flag; "[N]": may be left out */
    size_t offset;        /* of the field in the caller's struct */
    option_fn *set;
    const char *help; /* one line, for N_() of gettext */
};

/* Setters for common fields: const char *, bool, uint32_t, uint64_t, int64_t microseconds. */
option_fn option_set_text;
option_fn option_set_flag;
option_fn option_set_u32;
option_fn option_set_u64;
option_fn option_set_duration;

/* clang-format off */
#define OPTION_FLAG(letter, name, type, field, help) \
    {letter, name, NULL, offsetof(type, field), option_set_flag, help}
#define OPTION_TEXT(letter, name, argument, type, field, help) \
    {letter, name, argument, offsetof(type, field), option_set_text, help}
#define OPTION_U32(letter, name, argument, type, field, help) \
    {letter, name, argument, offsetof(type, field), option_set_u32, help}
#define OPTION_U64(letter, name, argument, type, field, help) \
    {letter, name, argument, offsetof(type, field), option_set_u64, help}
#define OPTION_DURATION(letter, name, argument, type, field, help) \
    {letter, name, argument, offsetof(type, field), option_set_duration, help}
#define OPTION_WITH(letter, name, argument, type, field, set, help) \
    {letter, name, argument, offsetof(type, field), set, help}
#define OPTION_END {0, NULL, NULL, 0, NULL, NULL}
/* clang-format on */

/* Read argv[1..]; *ret_first is the index of the first operand.  Options end at the first
 * operand (so that `tequio run -n 4 prog -n 5` leaves prog's alone).  Text fields
 * point into argv.  argv is not changed. */
bool options_read(const struct option_rule *rules, int argc, char **argv, void *place,
                  int *ret_first, struct error *err);

/* The rules as --help prints them, two columns that fit `width`.  translate: gettext or NULL. */
void options_print(const struct option_rule *rules, int width,
                   char *(*translate)(const char *text));

/* The exit status of a program that has told of itself (--help, --version, --check): 0, or
 * ERROR_IO, and said on stderr, when not all of it could be written. */
int options_told(const char *program);

/* --version: tells it, and is the exit status as above. */
int options_told_version(const char *program);

#endif
