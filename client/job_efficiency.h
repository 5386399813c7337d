/* job_efficiency.h - how much of what a job had it used: `tequio show --efficiency`
 *
 * Cpu time of the cores' time, the memory of the fullest node of what one node was asked for, the
 * time it ran of its limit; what it used over its time; and what to ask for next time.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_JOB_EFFICIENCY_H
#define CLIENT_JOB_EFFICIENCY_H

#include "client/output.h"

/* For rows of struct job_row; they stand beside job_columns. */
extern const struct column efficiency_columns[];
extern const size_t efficiency_column_count;

#define FORMAT_EFFICIENCY                                                                       \
    "jobid,state,exitcode,nodes,nodelist,cpus,time,timelimit,timeused,totalcpu,cpuused,memory," \
    "maxrss,memoryused,cpucurve,memorycurve,readcurve,writtencurve,"                            \
    "energy,powercurve,advice"

#endif
