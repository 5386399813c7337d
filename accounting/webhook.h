/* webhook.h - post a notice to an address of the web
 *
 * Threads: any; blocks, for ten seconds at most.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_WEBHOOK_H
#define ACCOUNTING_WEBHOOK_H

#include "accounting/notice_store.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

/* Once, before there are other threads. */
void webhook_begin(void);

/* "https://…" or "http://…" */
bool webhook_address_is_good(const char *address);

/* What is posted: one JSON object.  Names are names of base/parse.h, and need no escapes. */
void webhook_print(const char *network, const struct notice *notice, struct buffer *buffer);

/* Taken when the answer's status is 2xx. */
bool webhook_send(const char *address, const char *network, const struct notice *notice,
                  struct error *err);

#endif
