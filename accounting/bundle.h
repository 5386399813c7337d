/* bundle.h - a report's files together with their manifest and its signature
 *
 * manifest.json lists every file with its SHA-256, size and number of rows, and says where
 * the institution's chain began and ended; manifest.sig is the raw 64-byte Ed25519
 * signature over manifest.json's bytes (openssl pkeyutl can check it).  The bundle of a
 * month that has ended is made once and never changes.
 *
 * Owns: its files.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_BUNDLE_H
#define ACCOUNTING_BUNDLE_H

#include "accounting/report.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "base/signature.h"

#include <stdbool.h>
#include <stddef.h>

#define BUNDLE_FILES_MAX 40
#define BUNDLE_FILE_MAX  (UINT64_C(1) << 30) /* bytes of one file, when reading one back */
#define MANIFEST_NAME    "manifest.json"
#define SIGNATURE_NAME   "manifest.sig"

struct bundle_file {
    char name[32];
    struct buffer bytes;
};

struct bundle {
    char *name; /* NETWORK-INSTITUTION-2026-11-r1, or …-provisional */
    size_t count;
    struct bundle_file files[BUNDLE_FILES_MAX]; /* the manifest and its signature first */
};

struct bundle *bundle_make(const struct report *report, const struct signing_key *key);
void bundle_free(struct bundle *bundle);
DEFINE_CLEANUP(struct bundle *, bundle_free)

/* The name that this institution's bundle of this period has. */
char *bundle_name(const char *network, const char *institution, const struct period *period,
                  bool provisional);

/* All files into a new folder DIRECTORY/NAME, which appears complete or not at all. */
bool bundle_write(const struct bundle *bundle, const char *directory, struct error *err);

/* Every file of a folder; nothing is checked but sizes and number. */
struct bundle *bundle_read(const char *path, struct error *err);

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name);

#endif
