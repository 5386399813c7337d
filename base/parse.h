/* parse.h - numbers, times, durations and sizes as people write them
 *
 * Each parser takes a whole text and refuses anything left over, signs where
 * they make no sense and values out of range, naming what would be right.
 * Each print is the inverse of its parser.  Sources: parse*.c.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include "base/buffer.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR   (60 * US_PER_MINUTE)
#define US_PER_DAY    (24 * US_PER_HOUR)

/* "UNLIMITED", "INFINITE" */
#define PARSE_UNLIMITED INT64_MAX

/* Longest finite duration: 10 years. */
#define PARSE_DURATION_MAX_US (3653 * US_PER_DAY)

bool parse_u64(const char *text, uint64_t least, uint64_t most, uint64_t *ret_value,
               struct error *err);
bool parse_u32(const char *text, uint32_t least, uint32_t most, uint32_t *ret_value,
               struct error *err);
bool parse_job_id(const char *text, uint64_t *ret_id, struct error *err); /* 1 to 2^63 - 1 */

/* A time limit: "M", "M:S", "H:M:S", "D-H", "D-H:M", "D-H:M:S" as in Slurm (a
 * bare number is minutes), or with units "90s", "15m", "2h", "1d", "1h30m".
 * The first field may be large ("48:00:00"), the others keep to the clock ("1:60" and
 * "1-24" are refused), and so is 0 in any spelling.  "UNLIMITED" and "INFINITE" in any
 * case give PARSE_UNLIMITED: where no end is not wanted, the caller refuses that. */
bool parse_duration(const char *text, int64_t *ret_us, struct error *err);
void print_duration(int64_t duration_us, struct buffer *buffer); /* "[D-]HH:MM:SS" */

/* Memory: K, M, G, T are powers of 1024, "KB" and "KiB" the same, any case; a
 * bare number counts `unit_bytes` each.  Decimals are allowed ("1.5G") and cut to whole
 * bytes; below 2^63, as the database keeps it. */
bool parse_size(const char *text, uint64_t unit_bytes, uint64_t *ret_bytes, struct error *err);

/* "1.5G", "512M", "1000K", "7B": exact, in the largest unit that needs one decimal. */
void print_size(uint64_t bytes, struct buffer *buffer);

/* A point in time: "YYYY-MM-DD[THH:MM[:SS]]" with an optional "Z" or "+HH:MM"
 * (else the local zone), "HH:MM[:SS]" (the next time the clock shows it), "now",
 * "now+2hours", "now-90" (seconds), "today", "yesterday" and "tomorrow" (their
 * first moment),
 * "midnight", "noon", "elevenses", "fika", "teatime" (the next).  An hour that the
 * local zone skips is refused.  now_us: wall clock, microseconds since 1970. */
bool parse_time(const char *text, int64_t now_us, int64_t *ret_us, struct error *err);

/* "2026-11-01T10:00:00-06:00" in the local zone, and "…Z" in UTC. */
void print_time(int64_t time_us, struct buffer *buffer);
void print_time_utc(int64_t time_us, struct buffer *buffer);

/* Service units: integer micro-SU as "12.345678" with up to 6 decimals, also negative
 * (for corrections). */
bool parse_amount(const char *text, int64_t *ret_micro, struct error *err);
void print_amount(int64_t amount_micro, struct buffer *buffer);

/* A name of an account, cluster, partition, user, project or institution:
 * 1 to max bytes of letters, digits, '.', '_', '-', '@', not starting with '-'
 * or '.'.  what: "cluster name", for the error. */
bool parse_name(const char *text, const char *what, size_t max, struct error *err);

/* The text as an error message shows it: in quotes, escaped, the end cut off when it is
 * long.  Returns ret_shown. */
#define TEXT_SHOWN_SIZE 72
const char *text_show(const char *text, char ret_shown[TEXT_SHOWN_SIZE]);

/* Is it valid UTF-8 (RFC 3629) without NUL inside `size` bytes? */
bool text_is_utf8(const char *text, size_t size);

/* Of `names` (NULL-terminated) the nearest to `text` by edit distance, or NULL
 * if none is near enough to be meant. */
const char *nearest_name(const char *text, const char *const *names);

/* A signal's number from "TERM", "sigterm" or "15"; its name without "SIG". */
bool parse_signal(const char *text, int *ret_number, struct error *err);
const char *signal_name(int number); /* NULL for a number without a name */

#endif
