/* runtime_process_inside.h - what runtime_process.c shares with runtime_watch.c
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_RUNTIME_PROCESS_INSIDE_H
#define AGENT_RUNTIME_PROCESS_INSIDE_H

#include "agent/launcher/record.h"
#include "agent/launcher_link.h"
#include "agent/runtime_process.h"

#include "base/list.h"
#include "base/table.h"

/* A task set whose end was not told yet. */
struct watched {
    struct task_key key;
    char name[RECORD_NAME_SIZE];
    int shepherd; /* pidfd; -1: unknown, or gone */
    bool started; /* told */
    bool lost;    /* the shepherd was killed: what it left is being killed */
    bool rebooted;
    struct list *queue; /* process->due or ->again; NULL: nothing to be looked at */
    struct list_node of_queue;
    struct list_node of_process;
};

struct runtime_process {
    struct loop *loop;
    struct launcher_link *link;
    struct task_news news;
    int tasks;   /* directory of the records */
    int notices; /* inotify on it */
    int epoll;   /* notices and all pidfds: one descriptor for the loop */
    struct watch *ready;
    struct watch *timer;      /* NULL: not set */
    struct task_key *forgets; /* records to be dropped, until they are gone */
    size_t forget_count;
    size_t forgets_told;        /* to the launcher that there is, from the first on */
    struct watch *forget_timer; /* NULL: not set */
    struct table *by_name;
    struct list all;
    struct list due;   /* records to be looked at in this turn */
    struct list again; /* when the timer says so */
};

struct record_key record_key_of(const struct task_key *key);

struct watched *watch_add(struct runtime_process *process, const struct task_key *key);
void watch_remove(struct runtime_process *process, struct watched *watched);

/* Takes the pidfd; -1: not known. */
void watch_shepherd(struct runtime_process *process, struct watched *watched, int shepherd);

/* Look at its record when so much time has passed (0: in the next turn). */
void watch_look_later(struct runtime_process *process, struct watched *watched, int64_t in_us);

/* For the loop: something can be read from process->epoll. */
void watch_on_ready(void *owner);

#endif
