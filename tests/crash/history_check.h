/* history_check.h - what was acknowledged against what became of it
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_HISTORY_CHECK_H
#define TESTS_CRASH_HISTORY_CHECK_H

#include "tests/crash/submitter.h"

#include <stdbool.h>

/* Wait until nothing runs or waits any more, then check; one TAP line each. */
bool history_check(const char *endpoint, const char *ran, const struct acks *acks);

#endif
