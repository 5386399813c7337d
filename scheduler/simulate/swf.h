/* swf.h - a log of jobs in the Standard Workload Format
 *
 * One job a line, 18 numbers apart by blanks; lines that begin with ';' are the header.  A
 * field that is not known is -1.  Read as a stream, plain or compressed by gzip.  Source of the
 * format: S. J. Chapin et al., "Benchmarks and standards for the evaluation of parallel job
 * schedulers", 1999; version 2.2 of the Parallel Workloads Archive.
 *
 * The log is hostile until read: every number has its bounds, and what is wrong is told by
 * file, line and field.
 *
 * Owns: the open file.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SIMULATE_SWF_H
#define SCHEDULER_SIMULATE_SWF_H

#include "base/error.h"
#include "base/memory.h"

#include <stdint.h>

#define SWF_FIELDS         18
#define SWF_LINE_MAX       4096
#define SWF_TIME_MAX       INT64_C(100000000000) /* seconds: some 3,000 years */
#define SWF_DURATION_MAX   INT64_C(2147483647)   /* seconds: what some logs have for "no limit" */
#define SWF_PROCESSORS_MAX INT64_C(1048576)

/* What is used of a line; -1: not known. */
struct swf_job {
    int64_t number;
    int64_t submit_s; /* since the log's start */
    int64_t run_s;
    int64_t processors; /* that it had */
    int64_t processors_asked;
    int64_t limit_s; /* that it asked for */
    int64_t user;
    int64_t group;
};

/* What the header says of the machine; 0: nothing. */
struct swf_header {
    int64_t processors; /* MaxProcs */
    int64_t nodes;      /* MaxNodes */
    int64_t start_s;    /* UnixStartTime */
};

struct swf;

/* "-": standard input. */
struct swf *swf_open(const char *path, struct error *err);
struct swf *swf_open_descriptor(int descriptor, const char *name, struct error *err); /* taken */
void swf_free(struct swf *swf);
DEFINE_CLEANUP(struct swf *, swf_free)

/* 1: the next job; 0: the end; -1: the line is wrong, or the file cannot be read. */
int swf_next(struct swf *swf, struct swf_job *ret_job, struct error *err);

/* As far as it has been read: complete with the first job. */
const struct swf_header *swf_header(const struct swf *swf);

/* One line without its end, for swf.c and the tests. */
bool swf_read_line(const char *line, struct swf_job *ret_job, struct error *err);

#endif
