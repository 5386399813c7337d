/* spool.h - the launcher's directories: parts, records of task sets, scratch
 *
 *   <spool>/tasks/<job>.<attempt>.<part>.<step>  record.h; readable by the agent
 *   <spool>/tasks/<job>.<attempt>.<part>.series  series_file.h; the same
 *   <spool>/<job>.<attempt>.<part>/part          whose it is, what it may use, steps started
 *                                  credential    of the job's user, 0400
 *                                  script        the same, 0400
 *   <scratch>/scratch/<job>.<attempt>.<part>/    of the job's user; TMPDIR
 *   <scratch>/output/<job>.<attempt>.<part>.<step>.out .err   that has no other place
 *                                                 .in   what was typed into its terminal
 *   <scratch>/removed/                           what a sweeper is deleting
 *   <scratch>/spare/                             empty ones, for the next part (scratch.h)
 *
 * The spool is small and may be in memory (file systems on disk are slow to make and delete
 * files at the rate of short jobs); scratch holds what jobs write.  They may be the same.
 *
 * Every name is made of numbers, every directory but a part's scratch belongs to the
 * launcher's user, and everything is opened relative to a descriptor without following
 * links: no text from outside becomes a path.  A part's directory without the file `part`
 * was not finished, or is half removed.  A shepherd holds a shared lock on its part's
 * directory as long as it may still use what is in there.
 *
 * Owns: its descriptors.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SPOOL_H
#define AGENT_LAUNCHER_SPOOL_H

#include "agent/launcher/account.h"
#include "agent/launcher/record.h"
#include "agent/launcher/request.h"

#include <stdbool.h>
#include <sys/types.h>

#define SPOOL_PATH_SIZE 1024

enum { SPARES_MAX = 256 };

struct spare {
    uid_t user;
    uint64_t number; /* its name in spare/ */
};

struct spool {
    int directory;
    int tasks;
    int scratch;
    int output;
    int removed;
    int spare;
    struct spare spares[SPARES_MAX];
    size_t spare_count;
    uint64_t spare_next;
    bool mapped; /* jobs run as other users */
    char path[SPOOL_PATH_SIZE];
    char scratch_path[SPOOL_PATH_SIZE]; /* <scratch>/scratch */
};

/* The file `part`, as it is on the disk. */
struct part {
    uint32_t magic;
    char node[REQUEST_NAME_MAX];
    char cpus[REQUEST_CPUS_MAX];
    struct account account; /* last: only as much of it as there are groups */
};

/* Make it if it is not there, refuse one that others could change.  agent: the group that
 * may read the records. */
bool spool_open(struct spool *spool, const struct config *config, bool mapped, gid_t agent,
                struct error *err);
void spool_clear(struct spool *spool);

/* Delete what an earlier life has left, in processes of their own. */
void spool_sweep(const struct spool *spool);

void part_name(const struct request_head *head, char ret_name[RECORD_NAME_SIZE]);

/* In spool.output. */
void output_name(const char *record_name, bool error_stream, char ret_name[RECORD_NAME_SIZE]);

void input_name(const char *record_name, char ret_name[RECORD_NAME_SIZE]);

bool spool_part_make(struct spool *spool, const char *name, struct part *part,
                     const uint8_t credential[16], struct error *err);

/* The part's directory, and what is in its file; -1 and NOT_FOUND when there is none. */
int spool_part_open(const struct spool *spool, const char *name, struct part *ret_part,
                    struct error *err);

/* Before its record is made, so that every record of the part can be found. */
bool spool_part_add_step(int directory, uint64_t step, struct error *err);

/* Those that were added, NULL for none; free() them. */
uint64_t *spool_part_steps(const struct spool *spool, const char *name, size_t *ret_count);

/* CONFLICT while a shepherd uses it.  A scratch directory that is not empty goes later. */
bool spool_part_remove(struct spool *spool, const char *name, struct error *err);

/* A new, locked record; -1 on failure. */
int spool_record_make(const struct spool *spool, const char *name, struct error *err);

/* With the input and output that were kept for it. */
void spool_record_remove(const struct spool *spool, const char *name);

#endif
