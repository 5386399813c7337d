/* manifest.h - the list that is signed
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_MANIFEST_H
#define ACCOUNTING_MANIFEST_H

#include "accounting/bundle.h"
#include "base/digest.h"

#include <stdbool.h>
#include <stdint.h>

#define MANIFEST_FORMAT "tequio-report-1"

struct manifest_file {
    char name[32];
    struct digest digest;
    uint64_t bytes;
    uint64_t rows; /* lines, the header not counted */
};

struct manifest {
    char *institution;
    char *network;
    char period[8];
    int64_t start_us, end_us; /* of the period */
    bool provisional;
    uint64_t first_sequence;
    uint64_t last_sequence;
    struct digest head_before;
    struct digest head;
    int64_t charged_micro;
    int64_t waived_micro;
    size_t file_count;
    struct manifest_file files[BUNDLE_FILES_MAX];
};

/* Lists every file of the bundle but the manifest and its signature. */
void manifest_print(const struct report *report, const struct bundle *bundle,
                    const uint8_t public_key[SIGNATURE_PUBLIC_KEY_SIZE], struct buffer *buffer);
bool manifest_read(const char *text, size_t size, struct manifest *ret_manifest, struct error *err);
void manifest_clear(struct manifest *manifest);

/* Lines of a file, without its header row. */
uint64_t manifest_rows(const struct buffer *bytes);

#endif
