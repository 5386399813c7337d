/* runtime_simulated_inside.h - what the files of runtime_simulated share
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_LIB_RUNTIME_SIMULATED_INSIDE_H
#define TESTS_LIB_RUNTIME_SIMULATED_INSIDE_H

#include "base/list.h"
#include "tests/lib/runtime_simulated.h"

enum set_phase { PHASE_STARTING, PHASE_RUNNING, PHASE_ENDING, PHASE_ENDED };

struct simulated_set {
    struct list_node of_node;
    struct task_key key;
    struct simulated_plan plan;
    enum set_phase phase;
    bool told;   /* its end */
    bool orphan; /* its shepherd was killed: its record does not say that it has ended */
    int64_t due_us;
    int64_t frozen_us; /* since when it stands still; 0: it does not */
    int64_t away_us;   /* how long it did before */
    int64_t started_us;
    int64_t limit_us;
    int64_t kill_wait_us;
    struct task_end end;
    int last_signal;
    uint32_t tasks;
    char **task_cpus;
    char *arguments;
    char *environment; /* NUL-ended texts, then an empty one */
    size_t environment_size;
    char *output;
    struct buffer streams[2];
    bool terminal;
    struct buffer input; /* what was typed into it */
};

struct simulated_part {
    struct list_node of_node;
    struct task_key key;
    char *cpus;
    uint8_t credential[16];
};

struct runtime_simulated {
    const struct clock *clock;
    simulated_plan_fn *plan;
    void *owner;
    struct task_news news;
    bool heard;
    bool away;
    bool hooks[2]; /* prolog, epilog */
    struct list parts;
    struct list sets;
    struct list files; /* outlive sets, and the machine */
    unsigned resists, refused_makes, refused_starts;
    size_t starts;
};

bool simulated_same_part(const struct task_key *a, const struct task_key *b);
bool simulated_is_live(const struct simulated_set *set);

/* NULL when there is none. */
struct simulated_part *simulated_find_part(const struct runtime_simulated *simulated,
                                           const struct task_key *key);
struct simulated_set *simulated_find_set(const struct runtime_simulated *simulated,
                                         const struct task_key *key);

/* --- runtime_simulated_files.c */
void simulated_file_add(struct runtime_simulated *simulated, const char *path, const char *text);
bool simulated_file_read(void *state, const struct output_file *file, struct buffer *buffer,
                         bool *ret_end, struct error *err);
bool simulated_file_find(void *state, const struct task_key *key, bool error_stream,
                         struct buffer *path);
bool simulated_input(void *state, const struct task_key *key, const struct task_input *input,
                     struct task_taken *ret_taken, struct error *err);
void simulated_files_clear(struct runtime_simulated *simulated);

#endif
