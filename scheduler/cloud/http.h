/* http.h - one question over HTTP, and its answer
 *
 * A thin layer over libcurl: whatever goes wrong below the status line is ERROR_UNAVAILABLE, with
 * the place and the cause; what the status means is the caller's business.  No redirect is
 * followed (a token would follow it), no environment's proxy or netrc is read, certificates are
 * checked, answers are cut off at HTTP_BODY_MAX.
 *
 * Owns: the connection, which is kept between questions.  Threads: one at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_HTTP_H
#define SCHEDULER_CLOUD_HTTP_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_BODY_MAX  (16u << 20)
#define HTTP_TOKEN_MAX 8192

struct http;

struct http_question {
    const char *method; /* "GET" */
    const char *url;
    const char *headers[4]; /* "Name: value", NULL behind the last; not followed by others' */
    const char *body;       /* JSON; NULL: none */
};

struct http_answer {
    int status;
    struct buffer body;
    char token[HTTP_TOKEN_MAX]; /* X-Subject-Token; "" when there is none */
    int64_t retry_after_us;     /* 0 when it does not say */
};

/* ca_file NULL: the system's certificates. */
struct http *http_new(const char *ca_file, int64_t timeout_us);
void http_free(struct http *http);
DEFINE_CLEANUP(struct http *, http_free)

bool http_ask(struct http *http, const struct http_question *question, struct http_answer *answer,
              struct error *err);

void http_answer_init(struct http_answer *answer);
void http_answer_clear(struct http_answer *answer); /* frees, and wipes the token */

#endif
