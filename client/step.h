/* step.h - `tequio run` inside a job: tasks on the job's nodes
 *
 * The agent of this node starts them (TEQUIO_AGENT, TEQUIO_CREDENTIAL); here their output is put
 * together line by line, and signals are passed on.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CLIENT_STEP_H
#define CLIENT_STEP_H

#include "client/job_options.h"

struct session;

/* Set in the environment of the script that `tequio run` makes outside a job: the step is then all
 * that the job does, and a signal that ends it ends the script too.  The tasks do not get it. */
#define STEP_CARRIER "TEQUIO_RUN_CARRIER"

/* Are we inside a job. */
bool step_is_possible(void);

/* Run the command to its end; its exit status becomes the session's. */
bool step_run(struct session *session, const struct job_request *request, char **command,
              struct error *err);

#endif
