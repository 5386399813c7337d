/* settings.h - the configuration of tequio-accounting
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_SETTINGS_H
#define ACCOUNTING_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTICE_THRESHOLDS_MAX 16

struct notice_section {
    char *institution; /* "*": all of them */
    char *mail;        /* or "" */
    char *webhook;     /* or "" */
};

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

    /* Who is told when grants run out. */
    size_t threshold_count;
    unsigned thresholds[NOTICE_THRESHOLDS_MAX]; /* percent, rising */
    size_t notice_count;
    struct notice_section *notices;
    int64_t notice_interval_us; /* between two looks */
    int64_t notice_retry_us;    /* after the first try in vain */
    char *sendmail;
    char *notice_from;
};

bool accounting_settings_read(struct accounting_settings *settings, const char *path,
                              struct error *err);
void accounting_settings_clear(struct accounting_settings *settings);

#endif
