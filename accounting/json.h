/* json.h - how JSON is written in a report and its manifest
 *
 * Amounts are exact decimals in strings, for no reader's floating point may round them;
 * keys are sorted, so that the same report is the same bytes.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_JSON_H
#define ACCOUNTING_JSON_H

#include "base/buffer.h"

#include <stdint.h>

struct json_t; /* of jansson */

struct json_t *json_of_amount(int64_t amount_micro);

/* Adds the text and an end of line.  Takes root over, which is not NULL: every text in it was
 * UTF-8 when it was admitted. */
void json_print(struct json_t *root, struct buffer *buffer);

#endif
