/* report.h - news of a part that the scheduler has not acknowledged yet
 *
 * It is in the journal before it is sent, and is sent again with back-off until its
 * number is acknowledged.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_REPORT_H
#define AGENT_REPORT_H

#include "agent/alarm.h"
#include "agent/runtime.h"
#include "base/list.h"
#include "base/memory.h"
#include "proto/message.h"

#include <stdint.h>

#define TOKEN_SIZE       16
#define LINEAGE_SIZE     16
#define INCARNATION_SIZE 16

struct report {
    struct list_node of_agent;
    struct alarm resend;
    int64_t pause_us; /* before it is sent again */
    uint64_t number;
    struct task_key key;
    uint8_t token[TOKEN_SIZE];
    uint8_t lineage[LINEAGE_SIZE]; /* of the database it is meant for */
    Wire__PartEvent event;
    int64_t at_us;
    struct task_end end;
    uint32_t turn; /* suspended, resumed */
    char *text;
    char *trouble;
    char *core_list;
    char *cpu_list;
    char *gpu_list;
    char *output;
    char *error;
    char *samples; /* ended: base/series.h; "" : not known */
};

struct report *report_new(void); /* texts "" */
void report_free(struct report *report);
DEFINE_CLEANUP(struct report *, report_free)

/* Replace a text (copied; NULL is ""), made fit for the wire. */
void report_set_text(char **place, const char *text);

/* Fill the wire's form; it borrows the report's texts. */
void report_fill(struct report *report, Wire__PartReport *wire);

/* The other way, from the journal. */
struct report *report_read(const Wire__PartReport *wire, const uint8_t lineage[LINEAGE_SIZE],
                           struct error *err);

#endif
