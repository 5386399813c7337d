/* group.h - what is committed together, and what may leave only afterwards
 *
 * Two groups take turns: one is open and collects, the other is being committed.  Jobs and
 * balances are noted by name and become rows once, when the group closes, however often they
 * changed in it.
 *
 * Owns: everything in it.  Threads: the batch is the worker's from group_close() until the
 * commit is done, the rest always the loop's.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_GROUP_H
#define SCHEDULER_GROUP_H

#include "base/buffer.h"
#include "base/socket.h"
#include "scheduler/store.h"
#include "scheduler/transport.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An answer, packed: its bytes lie in the group's buffer. */
struct letter {
    enum door door;
    struct sender to;
    size_t start, size;
};

/* What a node shall do; made into a message when it leaves, since a launch needs the script. */
enum command_kind { COMMAND_READY, COMMAND_START, COMMAND_STOP, COMMAND_SIGNAL, COMMAND_TURN };

struct command {
    enum command_kind kind;
    uint64_t job;
    uint32_t attempt;
    uint32_t part;
    uint32_t signal; /* COMMAND_SIGNAL */
    bool batch_only;
};

/* An answer to be given again; in the service's table until its row can be read. */
struct remembered {
    uint8_t key[16];
    struct digest digest;
    char *principal;
    uint8_t *answer;
    size_t answer_size;
};

struct group {
    struct batch batch;
    int64_t begun_us; /* when the first job was noted */
    uint64_t *jobs;   /* changed; with repetitions until the group closes */
    size_t job_count, job_capacity;
    const char **projects; /* charged; in the batch's arena */
    size_t project_count, project_capacity;
    struct buffer bytes;
    struct letter *letters;
    size_t letter_count, letter_capacity;
    struct command *commands;
    size_t command_count, command_capacity;
    struct remembered **remembered;
    size_t remembered_count, remembered_capacity;
};

void group_init(struct group *group);
void group_clear(struct group *group);
void group_reset(struct group *group);

void group_note_job(struct group *group, uint64_t job);
void group_note_project(struct group *group, const char *project);
void group_add_letter(struct group *group, enum door door, const struct sender *to,
                      const void *bytes, size_t size);
void group_add_command(struct group *group, const struct command *command);
void group_add_remembered(struct group *group, struct remembered *remembered);

/* Each job and project once, in order. */
void group_sort(struct group *group);
bool group_has_writes(const struct group *group);
bool group_is_empty(const struct group *group);

void remembered_free(struct remembered *remembered);

#endif
