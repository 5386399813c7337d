/* store_check.h - ask the scheduler to check its whole database
 *
 * For the commands that show what it finds: each prints it in its own way, and all fail alike.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_STORE_CHECK_H
#define CLIENT_STORE_CHECK_H

#include "base/options.h"
#include "client/session.h"

/* For a command without operands.  It may take long; NULL on failure. */
Wire__Envelope *store_check_ask(struct session *session, const struct option_rule *options,
                                int argc, char **argv, struct error *err);

/* false, with their number, when there are findings. */
bool store_check_is_good(const Wire__StoreChecked *checked, struct error *err);

#endif
