/* parse_cases.h - texts and their values, or why not
 *
 * For the tests of base/parse.h: one row for each text.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_BASE_PARSE_CASES_H
#define TESTS_UNIT_BASE_PARSE_CASES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGITS_40 "1234567890123456789012345678901234567890"

struct number_case {
    const char *text;
    int64_t value;
    const char *why; /* words of the refusal; NULL: good */
};

typedef bool number_fn(const char *text, int64_t *ret_value, struct error *err);

/* Each gives its value; or is refused with its words, and then nothing is written. */
void check_cases(const struct number_case *cases, size_t count, number_fn *parse);

#endif
