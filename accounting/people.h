/* people.h - whose seals are in the leaves of a report (people.csv)
 *
 * The tables have names, for whoever may read them; the leaves, which the chain hashes for ever, have
 * seals.  The file has the salts, so that anybody who holds the report sees that both are the same;
 * the network can destroy its own.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_PEOPLE_H
#define ACCOUNTING_PEOPLE_H

#include "accounting/bundle.h"
#include "accounting/core/openings.h"
#include "accounting/render.h"
#include "base/error.h"

#include <stdbool.h>

#define PEOPLE_NAME "people.csv"

render_fn render_people;

/* Of a report from before there were seals: none.  NULL with *err when the file is no such table. */
struct openings *people_read(const struct bundle *bundle, struct error *err);

/* Has everybody in it an item? */
bool people_verify(const struct bundle *bundle, struct error *err);

#endif
