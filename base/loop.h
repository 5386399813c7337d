/* loop.h - the event loop: sockets, descriptors, timers, signals, children
 *
 * One thread per daemon runs it, on zmq_poll(): 0MQ sockets and plain
 * descriptors in one level-triggered call (docs/decisions).  Signals and
 * children come as descriptors (signalfd, pidfd).  A callback may add and
 * remove any watch, also its own; what is removed is freed after the turn.  A
 * watch that calls once is removed before it calls: forget the pointer there.
 *
 * Owns: its watches.  Borrows: sockets and descriptors.  Threads: none (what
 * another thread has done comes back through worker.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct watch;
struct socket;

typedef void watch_fn(void *owner);
typedef void signal_fn(void *owner, int number);
typedef void child_fn(void *owner, pid_t pid, int wait_status);

struct loop *loop_new(void);
void loop_free(struct loop *loop);
DEFINE_CLEANUP(struct loop *, loop_free)

/* Call back while the socket (descriptor) can be read. */
struct watch *loop_watch_socket(struct loop *loop, struct socket *socket, watch_fn *on_ready,
                                void *owner);
struct watch *loop_watch_descriptor(struct loop *loop, int descriptor, watch_fn *on_ready,
                                    void *owner);

/* Once, at boot time `at_us` (CLOCK_BOOTTIME microseconds). */
struct watch *loop_watch_time(struct loop *loop, int64_t at_us, watch_fn *on_time, void *owner);

/* Every `every_us`; late turns are not made up for. */
struct watch *loop_watch_interval(struct loop *loop, int64_t every_us, watch_fn *on_time,
                                  void *owner);

/* Blocks the signal for the process and its later threads: call before they start.  It
 * stays blocked after loop_unwatch(). */
struct watch *loop_watch_signal(struct loop *loop, int number, signal_fn *on_signal, void *owner);

/* Once, when the child ends; reaps it.  Nothing else may wait for that child. */
struct watch *loop_watch_child(struct loop *loop, pid_t pid, child_fn *on_end, void *owner);

/* NULL is allowed; the watch is not called any more. */
void loop_unwatch(struct loop *loop, struct watch *watch);

/* After every turn's callbacks, before waiting again: group what the turn brought. */
void loop_set_turn_end(struct loop *loop, watch_fn *on_turn_end, void *owner);

void loop_run(struct loop *loop); /* until loop_stop() */
void loop_stop(struct loop *loop);

#endif
