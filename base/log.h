/* log.h - one line for one event, on standard error
 *
 * "2026-11-01T10:00:00.123Z info job=17 node=n3 started"; under systemd (when
 * JOURNAL_STREAM is set) "<6>job=17 …" instead.  Lines end at 4 KiB and control
 * characters are escaped.  Only service.c, handlers_*.c and main.c log.
 *
 * Threads: any (one write per line).
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/error.h"

#include <stdbool.h>

enum log_level {
    LOG_ERROR,   /* someone must act */
    LOG_WARNING, /* went on without; says what was done instead */
    LOG_INFO,    /* state changed */
    LOG_DEBUG,   /* why */
    LOG_LEVEL_COUNT
};

void log_set_level(enum log_level level);
bool log_level_parse(const char *text, enum log_level *ret_level, struct error *err);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_DEBUG, __VA_ARGS__)

#endif
