/* staging.h - files that are brought before a job's script starts, and carried away after its end
 *
 * A path is below the job's directory and stays there; an URL is of one of a few protocols and holds
 * no password.  Checked where it comes in: by the client, by the scheduler with the job, by the agent
 * with the launch.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_STAGING_H
#define PROTO_STAGING_H

#include "base/error.h"
#include "proto/message.h"

#include <stdbool.h>
#include <stddef.h>

#define STAGE_ITEMS_MAX 32
#define STAGE_URL_MAX   4096
#define STAGE_PATH_MAX  1024
#define STAGE_FILE_MAX  (64 << 10)  /* bytes of a submitter's own file */
#define STAGE_FILES_MAX (256 << 10) /* of all of them */
#define STAGE_SCHEME    16          /* bytes of the longest protocol's name, and more */

/* The protocol's name, as the URL begins; false: it begins with none. */
bool staging_scheme(const char *url, char ret_scheme[STAGE_SCHEME]);

/* https, http, sftp or file, in full, without fragment and password. */
bool staging_check_url(const char *url, struct error *err);

/* Relative, and no part of it is empty, "." or "..". */
bool staging_check_path(const char *path, struct error *err);

/* Each alone, how many there are, and that no two are brought to the same place. */
bool staging_check(Wire__StageItem *const *in, size_t in_count, Wire__StageItem *const *out,
                   size_t out_count, struct error *err);

#endif
