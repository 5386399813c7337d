/* limit_array.h - tequio limit array: how many elements of an array may run at a time
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_LIMIT_ARRAY_H
#define CLIENT_LIMIT_ARRAY_H

#include "client/command.h"

extern const struct command limit_array;

#endif
