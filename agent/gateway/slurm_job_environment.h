/* slurm_job_environment.h - the environment of a lent job's script
 *
 * Slurm's own names are Slurm's: so that srun and mpirun find what it gave the job.  Who the script is
 * on that machine, the machine says.  The rest is the job's.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GATEWAY_SLURM_JOB_ENVIRONMENT_H
#define AGENT_GATEWAY_SLURM_JOB_ENVIRONMENT_H

/* From what the job brought (NULL-ended) and this process's own; it borrows both. */
const char *const *slurm_job_environment(const char *const *brought);

#endif
