/* foreseen.h - what a change would do, told before it is made
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_FORESEEN_H
#define CLIENT_FORESEEN_H

#include "client/session.h"

/* A row for a command's table of options. */
#define DRY_RUN_OPTION(type)                 \
    OPTION_FLAG(0, "dry-run", type, dry_run, \
                N_("change nothing; tell which waiting jobs it would concern"))

/* Send an ask that changes nothing, and print the jobs for which it would. */
bool foreseen_show(struct session *session, Wire__Envelope *ask, struct error *err);

#endif
