/* job_setters.h - how job_options.c reads what is not a plain text, flag or number
 *
 * Each is an option_fn (base/options.h) whose place is the whole struct job_request, except
 * set_count, set_copies and set_ignored, which get the field.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_SETTERS_H
#define CLIENT_JOB_SETTERS_H

#include "client/job_options.h"

option_fn set_count; /* uint32_t, 1 or more */
option_fn set_copies;
option_fn set_nodes;
option_fn set_tasks_alias;
option_fn set_memory;
option_fn set_memory_per_cpu;
option_fn set_exclusive;
option_fn set_begin;
option_fn set_deadline;
option_fn set_nice;
option_fn set_signal;
option_fn set_hold;
option_fn set_requeue;
option_fn set_no_requeue;
option_fn set_open_mode;
option_fn set_kill_on_failure;
option_fn set_mpi;
option_fn set_dependency;
option_fn set_kill_on_dependency;
option_fn set_ignored; /* bool */
option_fn set_refused;

#endif
