/* openings.h - whose seals they are (seal.h): names and salts, which are kept apart from the books
 *
 * Owns: its openings.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_OPENINGS_H
#define ACCOUNTING_CORE_OPENINGS_H

#include "accounting/core/ledger.h"
#include "accounting/core/seal.h"
#include "base/memory.h"

#include <stdint.h>

struct opening {
    char name[LEDGER_NAME_MAX + 1];
    char seal[SEAL_SIZE];
    uint8_t salt[SEAL_SALT_SIZE];
};

struct openings;

struct openings *openings_new(void);
void openings_free(struct openings *openings);
DEFINE_CLEANUP(struct openings *, openings_free)

/* False, and nothing is added, when the name is there already. */
bool openings_add(struct openings *openings, const char *name, const uint8_t salt[SEAL_SALT_SIZE]);

/* NULL: this person has no seal. */
const struct opening *openings_find(const struct openings *openings, const char *name);

/* Who is meant in the books: a name, for a seal that can be opened; else what stands there. */
const char *openings_name(const struct openings *openings, const char *user);

/* Walk: *place starts at 0; NULL at the end. */
const struct opening *openings_next(const struct openings *openings, size_t *place);

#endif
