/* gpu_files.h - the device files of a node's GPUs
 *
 * "/dev/nvidia[0-3]", "/dev/dri/renderD128,/dev/dri/renderD130": one for each GPU, in their
 * order.  Who has been given some of the GPUs cannot open the files of the others.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_GPU_FILES_H
#define AGENT_GPU_FILES_H

#include "agent/core/devices.h"
#include "base/error.h"

/* Look for the files on this machine, and note in the `count` devices which they are. */
bool gpu_files_find(const char *text, struct device *devices, uint32_t count, struct error *err);

#endif
