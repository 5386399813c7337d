/* sample_report.c - a month of a small university, made by the real ledger */

#include "tests/unit/accounting/sample_report.h"

#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MONTH_US (30 * US_PER_DAY)
#define FIRST_US (INT64_C(1793491200) * US_PER_SECOND) /* 2026-11-01 UTC */

static void add_line(struct report *report, const struct txn *txn, const struct usage *usage)
{
    struct report_line *line;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!report->texts)
        report->texts = arena_new();
    txn_print_canonical(txn, usage, &text);
    report->lines = memory_resize(report->lines, report->line_count + 1, sizeof *report->lines);
    line = &report->lines[report->line_count++];
    *line = (struct report_line){
        .kind = txn->kind,
        .key = arena_copy(report->texts, txn->key),
        .sequence = txn->sequence,
        .at_us = txn->at_us,
        .canonical = arena_copy(report->texts, text.bytes),
        .has_usage = usage != NULL,
    };
    if (usage)
        line->usage = *usage;
}

/* The n-th attempt of the month, through hold and settlement. */
static void run_job(struct ledger *ledger, struct report *report, uint64_t job, int64_t now_us)
{
    struct usage usage = {
        .job = job,
        .attempt = 1,
        .submit_us = now_us - 3 * US_PER_HOUR,
        .eligible_us = now_us - 3 * US_PER_HOUR,
        .start_us = now_us - 2 * US_PER_HOUR,
        .end_us = now_us,
        .nodes = 1,
        .cores = (uint32_t)(1 + job % 7),
        .wall_us = 2 * US_PER_HOUR - (int64_t)job * 1234567,
        .cpu_used_us = US_PER_HOUR,
        .memory_bytes = 1u << 30,
        .memory_peak_bytes = 1u << 20,
        .factor_ppm = 1100000,
    };
    const char *project = job % 3 ? "astro" : "bio";
    struct error err;
    struct txn txn;

    snprintf(usage.institution, sizeof usage.institution, "uni");
    snprintf(usage.project, sizeof usage.project, "%s", project);
    snprintf(usage.user, sizeof usage.user, "user%" PRIu64, job % 4);
    snprintf(usage.cluster, sizeof usage.cluster, "cc");
    snprintf(usage.partition, sizeof usage.partition, "day");
    snprintf(usage.state, sizeof usage.state, "%s", job % 5 ? "COMPLETED" : "NODE_FAIL");
    assert(ledger_hold(ledger, job, 1, project, 100 * 1000000, now_us, &err));
    assert(ledger_settle(ledger, &usage, job % 5 == 0, now_us, &txn, &err));
    add_line(report, &txn, &usage);
    memory_put_text(usage.user, sizeof(usage.user), openings_name(report->openings, usage.user));
    report->lines[report->line_count - 1].usage = usage;
    report_add_usage(report, &usage);
    report->head = txn.head;
}

static void add_grant(struct ledger *ledger, struct report *report)
{
    struct grant grant = {.id = 1,
                          .institution = "uni",
                          .amount_micro = INT64_C(10000) * 1000000,
                          .start_us = FIRST_US};
    struct error err;
    struct txn txn;

    assert(ledger_add_institution(ledger, "uni", &err));
    assert(ledger_add_project(ledger, "astro", "uni", &err));
    assert(ledger_add_project(ledger, "bio", "uni", &err));
    assert(ledger_grant(ledger, &grant, FIRST_US, &txn, &err));
    add_line(report, &txn, NULL);
    report->head = txn.head;
    report->granted_micro = grant.amount_micro;
}

/* One has a seal in the books; the others are as before there were any. */
static const uint8_t salt[SEAL_SALT_SIZE] = {0x5a};

static void seal_person(struct ledger *ledger, const char *name)
{
    char seal[SEAL_SIZE];

    seal_make(name, salt, seal);
    ledger_seal(ledger, name, seal);
}

static struct report *new_report(int month)
{
    struct report *report = NEW(struct report);

    report->openings = openings_new();
    openings_add(report->openings, SAMPLE_SEALED, salt);

    report->network = memory_copy("net");
    report->institution = memory_copy("uni");
    report->title = memory_copy("The University, \"ours\"");
    report->ror = memory_copy("");
    snprintf(report->period.name, sizeof report->period.name, "2026-%02u",
             10u + (unsigned)month % 80);
    report->period.start_us = FIRST_US + (month - 1) * MONTH_US;
    report->period.end_us = report->period.start_us + MONTH_US;
    report->made_us = report->period.end_us + US_PER_DAY;
    return report;
}

/* --- the log --------------------------------------------------------------------------------- */

#define LEAVES_MAX 1024

struct kept {
    uint64_t leaves, count;
    struct digest hashes[2 * LEAVES_MAX];
};

static bool read_kept(void *owner, uint64_t place, struct digest *ret_hash)
{
    const struct kept *kept = owner;

    if (place >= kept->count)
        return false;
    *ret_hash = kept->hashes[place];
    return true;
}

static void keep_lines(struct kept *kept, const struct report *report)
{
    const struct tree_source source = {read_kept, kept};
    struct digest head = report->head_before;

    for (size_t i = 0; i < report->line_count; i++) {
        const struct report_line *line = &report->lines[i];
        struct digest leaf = chain_leaf(line->canonical, strlen(line->canonical));
        struct tree_proof hashes;

        head = chain_next(&head, line->sequence, &leaf);
        leaf = tree_leaf(&head);
        assert(kept->leaves < LEAVES_MAX);
        assert(tree_grow(&source, kept->leaves++, &leaf, &hashes));
        for (size_t k = 0; k < hashes.count; k++)
            kept->hashes[kept->count++] = hashes.hashes[k];
    }
}

void sample_report_prove(struct report *report)
{
    CLEANUP(memory_freep) struct kept *kept = NEW(struct kept);
    const struct tree_source source = {read_kept, kept};
    const struct digest none = {0};
    uint64_t before = 0;
    struct error err;

    if (!digest_equal(&report->head_before, &none)) {
        CLEANUP(report_freep) struct report *first = sample_report(1);

        keep_lines(kept, first);
        before = kept->leaves;
    }
    keep_lines(kept, report);
    report->last_id = kept->leaves;
    assert(report_prove(report, &source, kept->leaves, before, &err));
}

struct report *sample_report(int month)
{
    CLEANUP(ledger_freep) struct ledger *ledger = ledger_new();
    struct report *report = new_report(1);
    struct digest before;

    add_grant(ledger, report);
    seal_person(ledger, SAMPLE_SEALED);
    for (uint64_t job = 1; job <= SAMPLE_JOBS; job++)
        run_job(ledger, report, job, FIRST_US + (int64_t)job * US_PER_DAY);
    before = report->head;
    if (month == 2) {
        report_free(report);
        report = new_report(2);
        report->head_before = before;
        for (uint64_t job = 1; job <= SAMPLE_JOBS; job++)
            run_job(ledger, report, SAMPLE_JOBS + job,
                    FIRST_US + MONTH_US + (int64_t)job * US_PER_DAY);
    }
    report->first_sequence = report->lines[0].sequence;
    report->last_sequence = report->lines[report->line_count - 1].sequence;
    report->charged_ever_micro = report->totals.charged_micro;
    sample_report_prove(report);
    return report;
}
