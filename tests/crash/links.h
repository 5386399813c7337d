/* links.h - TCP links that a test cuts
 *
 * Each link is a loopback port; who connects there is connected to one port behind it, through a
 * process of its own, until the link is cut.
 *
 * Owns: the process.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_CRASH_LINKS_H
#define TESTS_CRASH_LINKS_H

#include <stdbool.h>
#include <stdint.h>

#define LINKS_MOST 8

/* What becomes of the connections of a link until it is healed. */
enum cut_kind {
    CUT_WHOLE,     /* they are reset, and so is who connects anew */
    CUT_AMID,      /* the same, when some more bytes are through: within a message */
    CUT_HALF,      /* one direction is ended, the other goes on */
    CUT_STILL,     /* nothing comes through; then it goes on where it was */
    CUT_ONE_WAY,   /* the same of one direction */
    CUT_FORGOTTEN, /* nothing comes through ever again, and nobody is told; who connects anew waits */
    CUT_SLOW,      /* all is late by a third of a second */
    CUT_KIND_COUNT
};

const char *cut_kind_name(enum cut_kind kind);

struct links;

/* NULL: there is no such process to be had. */
struct links *links_start(uint16_t port, unsigned count);
uint16_t links_port(const struct links *links, unsigned link);

/* up: of one direction, that to the port.  A link that is cut already is healed first. */
void links_cut(struct links *links, unsigned link, enum cut_kind kind, bool up);
void links_heal(struct links *links, unsigned link);

void links_stop(struct links *links);

#endif
