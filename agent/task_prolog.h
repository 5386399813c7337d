/* task_prolog.h - what a task's prolog wants done before the task starts
 *
 * Lines of its standard output, as Slurm has them: `export NAME=value`, `unset NAME`,
 * `print text`; others say nothing.  A prolog's own environment ends with it: this is its way to
 * that of the task.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TASK_PROLOG_H
#define AGENT_TASK_PROLOG_H

#include <stdio.h>

/* The programs, in the environment of tequio-task. */
#define TASK_PROLOG "TEQUIO_TASK_PROLOG"
#define TASK_EPILOG "TEQUIO_TASK_EPILOG"

/* Do what all lines of `lines` want, to this process's environment; what is printed goes to `out`. */
void task_prolog_apply(FILE *lines, FILE *out);

#endif
