/* settings.h - client.conf: where the scheduler is, and whose key it must have
 *
 * Two files are read, the machine's and then the user's, which wins: SYSCONFDIR/tequio/client.conf
 * and ~/.config/tequio/client.conf (XDG_CONFIG_HOME is honoured).  Neither need exist.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_SETTINGS_H
#define CLIENT_SETTINGS_H

#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>

struct client_settings {
    char *server;
    char *server_key; /* Z85, or NULL */
    char *key_file;   /* NULL: ~/.config/tequio/key */
    char *accounting;
    char *accounting_key; /* Z85, or NULL */
    long timeout_s;
};

bool client_settings_read(struct client_settings *settings, struct error *err);
void client_settings_clear(struct client_settings *settings);

/* ~/.config/tequio/NAME; NULL with the reason when the user has no home.  free() it. */
char *client_settings_path(const char *name, struct error *err);

#endif
