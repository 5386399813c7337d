/* columns.h - columns that more than one command prints
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_COLUMNS_H
#define CLIENT_COLUMNS_H

#include "client/output.h"

extern const struct column key_columns[];      /* Wire__KeyView */
extern const struct column register_columns[]; /* Wire__RegisterRow */
extern const struct column usage_columns[];    /* Wire__UsageRow */

#endif
