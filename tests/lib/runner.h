/* runner.h - CUnit that speaks TAP
 *
 * One test program is one suite: main() ends with `return run_suite("name", tests)`.
 * Each test is one "ok" or "not ok" line, followed by one comment line for each
 * assertion that did not hold; automake shows one PASS or FAIL for each.
 *
 * CUnit's _FATAL assertions leave by longjmp(), past CLEANUP(): use them only to
 * stop a loop that is hopeless.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_RUNNER_H
#define TESTS_LIB_RUNNER_H

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>

/* The test that runs holds nothing on this machine: it is told as skipped, unless an assertion of
 * it has failed. */
void test_skip(const char *why);

/* Run them all; the exit status for main(): 0 when all hold. */
int run_suite(const char *name, const CU_TestInfo *tests);

#endif
