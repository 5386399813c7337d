/* handlers_lineage.c - parts that another database than the scheduler's has launched
 *
 * Another database may be an old copy that was put back, a new network, or a mistake.  Such parts run
 * on and are offered to it by the inventory.  Those whose launch it knows by job, attempt and token
 * are its own from then on, with the reports on them.  All others are strangers: nothing of
 * them starts or ends for it but on an operator's word, and their reports are kept for the
 * database that they are of.
 */

#include "agent/course.h"
#include "agent/handlers.h"
#include "base/log.h"

#include <inttypes.h>
#include <string.h>

bool lineage_is_strange(const struct agent *agent, const struct part *part)
{
    return memcmp(part->lineage, agent->lineage, LINEAGE_SIZE) != 0;
}

void lineage_follow(struct agent *agent, const uint8_t lineage[LINEAGE_SIZE])
{
    if (agent->has_lineage && memcmp(agent->lineage, lineage, LINEAGE_SIZE) == 0)
        return;
    if (agent->has_lineage)
        log_warning("the scheduler works on another database than before; the %zu parts that are "
                    "here are offered to it, and what it does not know runs on",
                    agent->parts.count);
    course_forget_reported(agent);
    agent_clear_gone(agent); /* the new one may give the same job and attempt again */
    LIST_EACH(&agent->parts, node)
        CONTAINER_OF(node, struct part, of_agent)->unsure = true;
    memcpy(agent->lineage, lineage, LINEAGE_SIZE);
    agent->has_lineage = true;
    agent->epoch = 0;
}

/* Under a new number: should the journal end between the two notes, one of the two is of use. */
static void take_over_report(struct agent *agent, struct report *report)
{
    const struct report before = {.number = report->number};

    memcpy(report->lineage, agent->lineage, LINEAGE_SIZE);
    report->number = journal_next_number(agent->journal);
    note_report(agent, report);
    note_reported(agent, &before);
}

void lineage_take_over(struct agent *agent, struct part *part)
{
    uint8_t before[LINEAGE_SIZE];

    memcpy(before, part->lineage, LINEAGE_SIZE);
    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);

        if (part_key_equal(&report->key, &part->key) &&
            memcmp(report->lineage, before, LINEAGE_SIZE) == 0)
            take_over_report(agent, report);
    }
    memcpy(part->lineage, agent->lineage, LINEAGE_SIZE);
    note_part(agent, part);
    log_info("job=%" PRIu64 " attempt=%" PRIu32 " part=%" PRIu32 " is known to the scheduler's "
             "database, and belongs to it now",
             part->key.job, part->key.attempt, part->key.part);
}

void lineage_stop(struct agent *agent, struct part *part, const Wire__PartStop *stop)
{
    if (!stop->unknown)
        log_warning("job=%" PRIu64 " attempt=%" PRIu32 " is of another database: not stopped for "
                    "this one",
                    part->key.job, part->key.attempt);
    else if (part->state >= TASK_ENDED)
        course_forget_reports(agent, part);
    else
        course_stop(agent, part, "an operator's word: its database is not there any more");
}
