/* serve_inside.h - what serve.c shares with serve_input.c, serve_part.c and serve_read.c
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_LAUNCHER_SERVE_INSIDE_H
#define AGENT_LAUNCHER_SERVE_INSIDE_H

#include "agent/launcher/serve.h"

/* Of the part, or of the task set, that a request names. */
enum state {
    STATE_NO_PART = 1,
    STATE_NO_TASK = 2, /* the part is there */
    STATE_ALIVE = 4,   /* a shepherd has it */
    STATE_LOST = 8,    /* the shepherd was killed before it wrote the end */
    STATE_OVER = 16,
    STATE_ANY = 31,
};

struct call {
    struct launcher *launcher;
    const union request *request;
    int peer;
    int descriptor;
    char part_name[RECORD_NAME_SIZE];
    char task_name[RECORD_NAME_SIZE];
    enum state state;
    struct record record; /* in the states that have one */
    struct part part;     /* in STATE_NO_TASK, and */
    int directory;        /* of it */
    uint64_t input_size;  /* the answer's bytes of REQUEST_INPUT */
    struct reply *reply;
};

/* End what still runs of the part; CONFLICT while something is left. */
bool serve_end_tasks(const struct call *call, struct error *err);
bool serve_make_part(struct call *call, struct error *err);
bool serve_remove_part(struct call *call, struct error *err);
bool serve_read(struct call *call, struct error *err);
bool serve_read_file(struct call *call, struct error *err);
bool serve_input(struct call *call, struct error *err);

/* Queue an order (shepherd.h) to a shepherd; false when there is none to take it. */
bool order_shepherd(const struct spool *spool, const char *name, int value);

/* What is left of a task set whose shepherd was killed; CONFLICT while something is. */
bool end_lost(const struct launcher *launcher, const char *part_name, const char *name,
              struct error *err);

#endif
