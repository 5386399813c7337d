/* launched.h - a real launcher, with a runtime that talks to it, for tests
 *
 * Works as root (jobs run as `nobody`) and as an ordinary user.  Everything is under the
 * scratch directory; what was started is ended by launched_clear().
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_AGENT_LAUNCHED_H
#define TESTS_UNIT_AGENT_LAUNCHED_H

#include "agent/runtime_process.h"

enum { LAUNCHED_JOBS_MAX = 512 };

enum happened {
    HAPPENED_NOTHING,
    HAPPENED_STARTED,
    HAPPENED_FAILED,
    HAPPENED_ENDED,
};

/* Of step `step` of job `job`, both small numbers. */
struct outcome {
    uint64_t step;
    enum happened what;
    unsigned starts; /* how often on_started came */
    struct task_end end;
    struct error why;
};

struct launched {
    struct loop *loop;
    struct runtime_process *process;
    struct runtime runtime;
    char *program;
    char *base; /* everything is below */
    char *config;
    char *spool;
    char *scratch;
    char *socket;   /* NULL: the launcher is started by the runtime */
    pid_t launcher; /* with a socket */
    char *home;     /* a directory in which jobs may write */
    bool root;
    unsigned found; /* task sets that list() named */
    unsigned found_ended;
    bool timed_out;
    struct outcome outcomes[LAUNCHED_JOBS_MAX];
};

/* config: lines of launcher.conf after "map * nobody"; NULL: none.  The test stops when it
 * does not start. */
void launched_open(struct launched *launched, const char *config);
void launched_open_socket(struct launched *launched, const char *config);
void launched_clear(struct launched *launched);

/* For what means nothing without root: false, cleared and with users not mapped, without it. */
bool launched_as_root(struct launched *launched, const char *config);

/* As the agent does at its start and at its end. */
void launched_attach(struct launched *launched);
void launched_detach(struct launched *launched);

/* With a socket: kill -9 the launcher; start another. */
void launched_kill_launcher(struct launched *launched);
void launched_start_launcher(struct launched *launched);

struct task_key launched_key(uint64_t job, uint64_t step);

/* A part for principal "ana" without limits. */
bool launched_make(struct launched *launched, uint64_t job, struct error *err);

/* A start with a script, PATH, the home as directory, output into out-<job> there. */
struct task_start launched_script(const struct launched *launched, uint64_t job,
                                  const char *script);
struct task_start launched_step(const struct launched *launched, uint64_t job, uint64_t step,
                                const char *const *arguments);
bool launched_start(struct launched *launched, const struct task_start *start, struct error *err);

/* Make the part and run the script in it. */
void launched_run(struct launched *launched, uint64_t job, const char *script);

/* Run the loop until that has happened to the job, or for 30 s. */
struct outcome *launched_wait(struct launched *launched, uint64_t job, enum happened what);

/* Run the loop until holds() says so, asked every few milliseconds. */
bool launched_until(struct launched *launched, bool (*holds)(void *owner), void *owner);

bool launched_stop(struct launched *launched, uint64_t job);
bool launched_remove(struct launched *launched, uint64_t job);

/* A file in the home, whole; free() it.  "" when there is none. */
char *launched_read(const struct launched *launched, const char *name);
char *launched_path(const struct launched *launched, const char *name);

/* Run the loop until the file in the home holds this many lines. */
bool launched_lines(struct launched *launched, const char *name, size_t count);

/* None of the processes whose pids the file lists is there; how many it lists. */
size_t launched_count_dead(const struct launched *launched, const char *name);

#endif
