/* parse_inside.h - what the parse*.c share
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_PARSE_INSIDE_H
#define BASE_PARSE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

/* Take the digits at *place, all of them.  False, and *place unmoved, when there are none
 * or the number is above `most`. */
bool scan_number(const char **place, uint64_t most, uint64_t *ret_value);

/* Take exactly `count` digits, not followed by another one. */
bool scan_digits(const char **place, int count, int *ret_value);

/* Take this character. */
bool scan_char(const char **place, char character);

/* Take up to `decimals` digits after a point, as a number of 10^-decimals; without a
 * point 0.  False when the point is followed by no digit or by too many. */
bool scan_decimals(const char **place, int decimals, uint64_t *ret_value);

#endif
