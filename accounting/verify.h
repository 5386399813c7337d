/* verify.h - can a university believe this report?  Offline, with nothing but the
 * bundle and the network's public key
 *
 * Each check has a name and an exit status of its own (docs/reports.md).  Nothing of a file
 * is believed before the signature over the manifest and the file's digest are good.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_VERIFY_H
#define ACCOUNTING_VERIFY_H

#include "accounting/bundle.h"
#include "accounting/manifest.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verification {
    const struct bundle *bundle;
    const struct bundle *previous; /* the bundle kept from before, or NULL */
    const struct buffer *witness;  /* another institution's checkpoint of the month, or NULL */
    const uint8_t *public_key;
    struct manifest manifest; /* filled by the first check */
};

enum needs { NEEDS_NOTHING, NEEDS_PREVIOUS, NEEDS_WITNESS };

struct check {
    const char *name;
    int status; /* exit status when it fails */
    const char *proves;
    bool (*run)(struct verification *verification, struct error *err);
    enum needs needs; /* without it the check says nothing */
};

extern const struct check checks[];
extern const size_t check_count;

#endif
