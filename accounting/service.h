/* service.h - answers who asks for reports
 *
 * Reads the scheduler's database, never writes it.  Who may ask is looked up there, anew
 * whenever it has changed, so that a revoked key is refused at its next message.
 *
 * Owns: the reader, identities and bundles.  Borrows: settings and key.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_SERVICE_H
#define ACCOUNTING_SERVICE_H

#include "accounting/settings.h"
#include "accounting/store_reader.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/signature.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

/* Takes the reader. */
struct service *service_new(const struct accounting_settings *settings,
                            const struct signing_key *key, struct store_reader *reader,
                            const struct clock *clock, struct error *err);
void service_free(struct service *service);
DEFINE_CLEANUP(struct service *, service_free)

/* Is a key let in at its handshake: for socket_admit_with(). */
bool service_admits(void *service, const char *key);

/* One message; true if `answer` is to be sent back. */
bool service_take(struct service *service, const struct sender *sender, const uint8_t *bytes,
                  size_t size, struct buffer *answer);

#endif
