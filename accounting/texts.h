/* texts.h - the words of a report, in each language that reports are made in
 *
 * Whoever reads a report need not have the program, nor its maker the reader's language: so both
 * languages are in it, and not in gettext.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_TEXTS_H
#define ACCOUNTING_TEXTS_H

struct texts {
    const char *language;
    const char *title, *provisional, *network, *granted, *ever, *whole;
    const char *jobs, *jobs_ok, *jobs_fault, *core_hours, *billed, *waived, *efficiency;
    const char *by_project, *by_person, *by_cluster, *project, *person, *cluster;
    const char *waits, *mean, *half, *most, *longest, *failed;
    const char *others, *chart, *none, *how;

    /* Of the statement on paper. */
    const char *months[12];
    const char *of; /* between month and year */
    const char *dates, *continued, *page;
    const char *corrections, *entry, *kind, *account, *amount;
    const char *check, *entries, *head, *log, *root;
    const char *steps[4];
};

extern const struct texts texts_english, texts_spanish;

#endif
