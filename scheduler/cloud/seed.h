/* seed.h - a small disk by which a new machine gets to know who it is
 *
 * An image of ISO 9660 (ECMA-119) with the volume name CIDATA and the files user-data and
 * meta-data, where cloud-init and others look for them ("NoCloud").
 *
 * Threads: any.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CLOUD_SEED_H
#define SCHEDULER_CLOUD_SEED_H

#include "base/buffer.h"

/* Added to the image, which is empty. */
void seed_print(const char *user_data, const char *meta_data, struct buffer *image);

#endif
