/* mail.h - hand a notice to the machine's mail program, by the interface that sendmail has
 *
 * Threads: any; blocks until the program has ended, and ends it after half a minute.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_MAIL_H
#define ACCOUNTING_MAIL_H

#include "accounting/notice_store.h"
#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>

struct mail {
    const char *program; /* "/usr/sbin/sendmail" */
    const char *from;
    const char *network;
};

/* Is it one address, and nothing that a mail program could take for more? */
bool mail_address_is_good(const char *address);

/* The message with its heads; English and Spanish. */
void mail_print(const struct mail *mail, const char *to, const struct notice *notice,
                struct buffer *buffer);

bool mail_send(const struct mail *mail, const char *to, const struct notice *notice,
               struct error *err);

#endif
