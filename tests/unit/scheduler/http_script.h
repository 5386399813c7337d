/* http_script.h - a server that answers each request as the test says
 *
 * A child process on a loopback port of its own.  The i-th request gets the i-th reply; what was
 * asked can be read afterwards.
 *
 * Owns: the process and what it noted.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_SCHEDULER_HTTP_SCRIPT_H
#define TESTS_UNIT_SCHEDULER_HTTP_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum reply_kind {
    REPLY_PLAIN, /* status, headers, body */
    REPLY_RESET, /* the connection is reset in the middle of the request */
    REPLY_HANG,  /* nothing comes, until who asked is gone */
    REPLY_HALF   /* less than the length says, then the end */
};

struct reply {
    enum reply_kind kind;
    int status;
    const char *headers; /* each ended by "\r\n"; NULL: none */
    const char *body;    /* "@PORT@" stands for the port */
};

struct http_script;

struct http_script *http_script_start(const struct reply *replies, size_t count);
int http_script_port(const struct http_script *script);

/* How many requests came, and the i-th: its first line, headers and body. */
size_t http_script_count(const struct http_script *script);
const char *http_script_request(const struct http_script *script, size_t index);

void http_script_stop(struct http_script *script); /* and free it */

#endif
