/* settings.h - the configuration of tequio-accounting
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_SETTINGS_H
#define ACCOUNTING_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>

struct accounting_settings {
    char *database;         /* the scheduler's */
    char *state_directory;  /* reports/, endpoints */
    char *listen;           /* "" or tcp://… */
    char *listen_local;     /* "" or ipc:///… */
    char *key_file;         /* CURVE; made on first start */
    char *signing_key_file; /* Ed25519; made on first start */
    bool local_operators;   /* root and the service's own user, on the local socket */
    char *zone;             /* whose months count */
    char *log_level;
};

bool accounting_settings_read(struct accounting_settings *settings, const char *path,
                              struct error *err);
void accounting_settings_clear(struct accounting_settings *settings);

#endif
