/* target.h - what every fuzz target defines, under the name that libFuzzer looks for
 *
 * It takes any bytes, must not crash, leak or hang, and returns 0.
 *
 * Borrows: the bytes.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
