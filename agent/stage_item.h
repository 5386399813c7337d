/* stage_item.h - what tequio-stage is told: a file, an URL, and which way
 *
 * The agent tells it by the environment, which only the job's user can read: an URL may be signed, and so is as
 * good as a password.  The items are cut out of it: they are nothing to the job.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_STAGE_ITEM_H
#define AGENT_STAGE_ITEM_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* STAGE_IN_1, …: path, URL and digest (or nothing), each on a line of its own; and where there is no URL,
 * whether it can be executed ("x", "-"), and the file itself in base64. */
#define STAGE_IN        "TEQUIO_STAGE_IN_"
#define STAGE_OUT       "TEQUIO_STAGE_OUT_"
#define STAGE_PROTOCOLS "TEQUIO_STAGE_PROTOCOLS" /* names with commas */
#define STAGE_BYTES     "TEQUIO_STAGE_BYTES"     /* of one file at most; 0: any */
#define STAGE_SILENCE   "TEQUIO_STAGE_SILENCE"   /* seconds after which a server is given up */

struct stage_item {
    char *path;
    char *url;
    char *shown;           /* the URL without what is behind ? */
    struct buffer content; /* without an URL */
    bool executable;
    bool has_digest;
    struct digest digest;
};

struct stage_items {
    struct stage_item *all;
    uint32_t count;
};

/* Those of this prefix, from 1 on. */
bool stage_items_take(const char *prefix, struct stage_items *ret_items, struct error *err);
void stage_items_clear(struct stage_items *items);

/* What it may use. */
struct stage_rules {
    char *protocols;
    uint64_t bytes_most;
    uint32_t silence_s;
};

bool stage_rules_take(struct stage_rules *ret_rules, struct error *err);
void stage_rules_clear(struct stage_rules *rules);

/* Is the URL's protocol one of them? */
bool stage_rules_admit(const struct stage_rules *rules, const char *url, struct error *err);

#endif
