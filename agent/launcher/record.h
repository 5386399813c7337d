/* record.h - what is known of a task set, in a file that outlives agent and launcher
 *
 * <spool>/tasks/<job>.<attempt>.<part>.<step> is made by the launcher, locked, and handed
 * to the shepherd, which is then the only writer.  As long as the lock is held the shepherd
 * lives: so its pid in the record is its own and nobody's after it, whatever the machine's
 * pids do.  A record without lock that says neither FAILED nor ENDED belongs to a shepherd
 * that was killed, or to another boot.
 *
 * `phase` only rises; it is written after the fields that belong to it, and read before
 * them, so a reader sees a phase with all its fields.  Nothing is synced to the disk: the
 * agent has its own journal, and after a power loss the boot id says what happened.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_RECORD_H
#define AGENT_LAUNCHER_RECORD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_MAGIC        UINT32_C(0x54515231) /* "TQR1" */
#define RECORD_NAME_SIZE    64
#define RECORD_PATH_SIZE    4096
#define RECORD_BOOT_ID_SIZE 40

enum record_phase {
    RECORD_NONE = 0,     /* just made */
    RECORD_STARTING = 1, /* shepherd, boot_id */
    RECORD_RUNNING = 2,  /* started_us, and the paths */
    RECORD_FAILED = 3,   /* nothing has run: code and text say why */
    RECORD_ENDED = 4,    /* all; nothing of it is left */
};

struct record {
    uint32_t phase;
    uint32_t magic;
    int32_t shepherd;
    uint32_t tasks;
    char boot_id[RECORD_BOOT_ID_SIZE];
    int64_t started_us; /* wall clock */
    int64_t ended_us;
    int64_t wall_used_us; /* boot clock */
    int64_t cpu_used_us;
    uint64_t memory_peak_bytes;
    uint32_t cause; /* enum task_end_cause */
    uint32_t exit_code;
    uint32_t exit_signal;
    uint32_t code; /* enum error_code */
    char text[200];
};

struct record_key {
    uint64_t job;
    uint64_t step;
    uint32_t attempt;
    uint32_t part;
};

void record_name(const struct record_key *key, char ret_name[RECORD_NAME_SIZE]);
bool record_name_parse(const char *name, struct record_key *ret_key);

/* Lock a new record, for the shepherd that inherits it. */
bool record_lock(int descriptor, struct error *err);

/* Take the room that a record needs: nothing is started that could not tell of its end.  Where the file system
 * cannot do that, all is as it was. */
bool record_reserve(int descriptor, struct error *err);

/* Write all fields but the phase, then the phase. */
bool record_write(int descriptor, const struct record *record, struct error *err);

/* Where output and error go, as they were opened; "" : into the spool.  Before RUNNING. */
bool record_write_paths(int descriptor, const char *output, const char *error, struct error *err);
bool record_read_path(int tasks, const char *name, bool error_stream,
                      char ret_path[RECORD_PATH_SIZE], struct error *err);

/* The record in directory `tasks`, and whether its shepherd lives.  ERROR_NOT_FOUND when
 * there is none. */
bool record_read(int tasks, const char *name, struct record *ret_record, bool *ret_alive,
                 struct error *err);

/* Has a shepherd begun with it?  A launcher that is being killed keeps the lock for a moment
 * after its connections are closed, so a lock alone does not say so. */
enum record_use {
    RECORD_UNUSED,  /* nothing has run, or will: there is none, or who made it died too soon */
    RECORD_CLAIMED, /* locked and empty: a shepherd begins, or a launcher ends */
    RECORD_USED,    /* a shepherd has written */
};

enum record_use record_use(int tasks, const char *name);

/* The shepherd as a pidfd, -1 when it is gone (or has not said its pid yet). */
int record_open_shepherd(int tasks, const char *name);

/* This boot's id; "" when the machine does not say. */
void record_boot_id(char ret_id[RECORD_BOOT_ID_SIZE]);

#endif
