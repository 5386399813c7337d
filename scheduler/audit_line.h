/* audit_line.h - a line of the audit log in its chain
 *
 * Row n hashes as leaf = SHA-256(0x00 || text), text being number, time, principal, act and
 * description, a line each; the heads are chained as those of the ledger are (ledger.h).  A line whose text
 * is erased has its leaf instead.
 *
 * Owns: nothing.  Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_AUDIT_LINE_H
#define SCHEDULER_AUDIT_LINE_H

#include "scheduler/store.h"

#define AUDIT_DAEMON      "tequio-scheduler" /* who speaks where nobody else does */
#define AUDIT_ERASE       "erase"
#define AUDIT_DIGEST_TEXT (2 * DIGEST_SIZE + 1)

/* What the chain goes on by; zeros, which no text gives, when what is left of an erased line is no
 * digest. */
struct digest audit_line_leaf(const struct audit_row *row);

/* The next of the chain: gets number and head, which lies in the marks. */
void audit_line_link(struct audit_row *row, struct store_marks *marks);

/* Did the person say that, or is it about them?  Only where the act has a person counts, never a word
 * that merely reads as the name.  `node_too`: a node is called so as well, and may be meant. */
bool audit_line_names(const struct audit_row *row, const char *name, bool node_too);

bool audit_line_is_erased(const struct audit_row *row);

/* How many lines a person's end erased; 0 for every other line. */
uint64_t audit_line_erased_count(const struct audit_row *row);

/* Without who and what; its digest lies in ret_digest. */
void audit_line_erase(struct audit_row *row, char ret_digest[AUDIT_DIGEST_TEXT]);

#endif
