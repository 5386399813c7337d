/* forge.h - a report and who forges it: changes that are signed again, in harmony or not
 *
 * The forger holds the network's key, so that only sums, prices, chain and log stand in his way.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_ACCOUNTING_FORGE_H
#define TESTS_UNIT_ACCOUNTING_FORGE_H

#include "accounting/bundle.h"
#include "accounting/manifest.h"
#include "accounting/report.h"
#include "base/signature.h"

struct scene {
    struct signing_key key;
    struct report *report;
    struct bundle *bundle;
};

/* The sample's month, whose key is the forger's. */
struct scene scene_make(int month);
void scene_clear(struct scene *scene);

struct verification;

/* The status of the first check that fails; 0 when all hold. */
int forge_status(struct verification *verification);
int forge_verify(const struct bundle *bundle, const struct bundle *previous,
                 const struct signing_key *key);

struct bundle_file *forge_file(struct bundle *bundle, const char *name);

/* Replace the first `from` in a file of the bundle by `to`. */
void forge_replace(struct bundle *bundle, const char *name, const char *from, const char *to);

/* Cut row `row` (from 0: the header) out of a file. */
void forge_cut_row(struct bundle *bundle, const char *name, int row);

/* List and sign what the files are now. */
void forge_sign(struct bundle *bundle, const struct report *report, const struct signing_key *key);

/* The line's text with the key and usage that it has now. */
void forge_line(struct report *report, struct report_line *line);

/* All files, chain and log too, from the report's lines as they are now. */
struct bundle *forge_harmony(struct report *report, const struct signing_key *key);

#endif
