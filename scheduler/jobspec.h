/* jobspec.h - what a job is asked to be: from the wire, checked, to the core's request and back
 *
 * The limits of docs/architecture.md are checked here, before anything is kept; what the
 * network's clusters and budgets allow is the core's to say (core_check_request()).
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_JOBSPEC_H
#define SCHEDULER_JOBSPEC_H

#include "base/error.h"
#include "base/memory.h"
#include "proto/arena.h"
#include "proto/message.h"
#include "scheduler/core/job.h"
#include "scheduler/row.h"

#include <stdbool.h>

#define JOBSPEC_NAME_MAX        128 /* bytes */
#define JOBSPEC_ACCOUNT_MAX     64  /* project, partition, cluster */
#define JOBSPEC_SCRIPT_MAX      (4u << 20)
#define JOBSPEC_ENVIRONMENT_MAX (256u << 10) /* all together, with NULs */
#define JOBSPEC_VARIABLES_MAX   4096
#define JOBSPEC_ARGUMENTS_MAX   (256u << 10)
#define JOBSPEC_PATH_MAX        4095
#define JOBSPEC_COMMENT_MAX     1024
#define JOBSPEC_COMMAND_MAX     4096
#define JOBSPEC_LIST_MAX        65536
#define JOBSPEC_COPIES_MAX      100000
#define JOBS_PER_SUBMIT_MAX     4096

/* As sbatch: it starts with "#!", is text, is not empty, has no DOS line ends. */
bool script_check(ProtobufCBinaryData script, struct error *err);

/* All that can be said without knowing the network. */
bool jobspec_check(const Wire__JobSpec *spec, struct error *err);

/* What it depends on, or NULL; free() it. */
struct dependencies *jobspec_dependencies(const Wire__JobSpec *spec);

/* The texts of *ret_request are copies: request_clear() of core/request.h. */
void jobspec_to_request(const Wire__JobSpec *spec, struct request *ret_request);

/* A request packed for its row (in the arena). */
struct bytes request_pack(const struct request *request, Wire__JobSpec *more, struct arena *arena);

/* jobspec_array.c: of a job, its request and which elements it stands for (of a head, the
 * array); the same back, into a job that has none of these yet. */
struct bytes job_pack(const struct job *job, struct arena *arena);
bool job_unpack(struct bytes bytes, struct job *job, struct error *err);

/* What a job used over its time, as text (in the arena); and of one that was packed by version 13 of the
 * database or before, "" when it is not known (series_rows.h has all others). */
char *series_text(const struct series *series, struct arena *arena);
char *job_packed_series(struct bytes bytes, struct arena *arena);

/* jobspec_het.c: the components that are asked for (NULL: none); what each has, likewise. */
bool jobspec_check_components(const Wire__JobSpec *spec, struct error *err);
struct het *jobspec_components(const Wire__JobSpec *spec);

/* jobspec_vm.c: a job with --vm, and the features that a job needs of its nodes, with those that
 * follow from that (NULL: none; free() it). */
bool jobspec_check_vm(const Wire__JobSpec *spec, struct error *err);
char *jobspec_features(const Wire__JobSpec *spec);

/* jobspec_stage.c: files that are brought and carried away. */
bool jobspec_check_stage(const Wire__JobSpec *spec, struct error *err);

void component_rows_pack(const struct job *job, struct arena *arena, Wire__JobSpec *spec);
bool component_rows_unpack(const Wire__JobSpec *spec, struct job *job, struct error *err);

/* Does the stored job stand for the element of that array? */
bool array_row_has(const Wire__ArrayRow *row, uint64_t array, uint32_t element);

#endif
