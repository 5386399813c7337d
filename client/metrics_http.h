/* metrics_http.h - figures served to a collector that asks for them
 *
 * A server of one page, by libmicrohttpd: GET and HEAD of /metrics, nothing else.  It has no
 * encryption and knows nobody: who may not see the figures must not reach the address.
 *
 * Owns: its sockets.  Threads: one at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_METRICS_HTTP_H
#define CLIENT_METRICS_HTTP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct metrics_http;

/* Adds the page to the buffer, each time that it is asked for. */
typedef void metrics_page_fn(void *owner, struct buffer *buffer);

/* address: "PORT", "HOST:PORT" or "[IPV6]:PORT"; without a host, the machine's own 127.0.0.1.
 * Port 0: any that is free.  NULL with the reason. */
struct metrics_http *metrics_http_new(const char *address, metrics_page_fn *page, void *owner,
                                      struct error *err);
void metrics_http_free(struct metrics_http *http);
DEFINE_CLEANUP(struct metrics_http *, metrics_http_free)

uint16_t metrics_http_port(const struct metrics_http *http);

/* Answer what comes, or return after about so long. */
void metrics_http_wait(struct metrics_http *http, int32_t milliseconds);

#endif
