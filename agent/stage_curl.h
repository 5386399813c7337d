/* stage_curl.h - one try of a transfer by libcurl
 *
 * Only the protocols that are allowed, also where a server leads elsewhere, and from https never to
 * http.  A server that says nothing for `silence_s` is given up.  Names and passwords are those of ~/.netrc,
 * keys and known hosts those of ~/.ssh.
 *
 * Owns: nothing.  Borrows: what a call is given, for the call.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_STAGE_CURL_H
#define AGENT_STAGE_CURL_H

#include "agent/stage_item.h"

#include <stddef.h>

#define STAGE_VALIDATOR_SIZE 256

struct stage_try {
    const char *url;
    const struct stage_rules *rules;
    uint64_t from;                        /* bytes that need not come again */
    char validator[STAGE_VALIDATOR_SIZE]; /* of what they are the beginning, as the server said;
                                              "": it does not say */
    uint64_t size;                        /* of what is sent */
    bool (*take)(void *owner, const void *bytes, size_t count, struct error *err);
    size_t (*give)(void *owner, void *bytes, size_t most); /* SIZE_MAX: it cannot be read */
    bool (*seek)(void *owner, uint64_t offset);
    void (*step)(void *owner, uint64_t done, uint64_t all); /* all 0: not known */
    void *owner;
};

enum stage_end {
    STAGE_DONE,
    STAGE_AGAIN,     /* another try may go well, from where this one ended */
    STAGE_FROM_ZERO, /* not from there: what is there now is another file */
    STAGE_FAILED,
};

bool stage_curl_open(struct error *err);
void stage_curl_close(void);

/* Bytes of the URL go to take(); the validator is then what the server has said. */
enum stage_end stage_curl_bring(struct stage_try *try, struct error *err);

/* What give() gives becomes the URL: at once where the protocol can rename.  again: an earlier try may have
 * sent the beginning. */
enum stage_end stage_curl_carry(struct stage_try *try, bool again, struct error *err);

#endif
