/* sample_report.h - a month of a small university, made by the real ledger
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_UNIT_ACCOUNTING_SAMPLE_REPORT_H
#define TESTS_UNIT_ACCOUNTING_SAMPLE_REPORT_H

#include "accounting/bundle.h"
#include "accounting/report.h"

#define SAMPLE_JOBS   12
#define SAMPLE_SEALED "user3" /* the others are in the books by name */

/* Institution "uni" with projects "astro" and "bio": a grant, then SAMPLE_JOBS attempts, the
 * fifth waived.  `month` 1 or 2: the second continues the first's chain. */
struct report *sample_report(int month);

/* Its place in a log that has this institution alone, as its lines are now. */
void sample_report_prove(struct report *report);

#endif
