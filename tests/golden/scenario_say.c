/* scenario_say.c - how things stand, for a scenario that asks */

#include "tests/golden/scenario.h"

#include "base/parse.h"
#include "scheduler/core/het.h"
#include "scheduler/core/priority.h"

#include <inttypes.h>

void say_time(struct play *play, int64_t at_us)
{
    int64_t since_us = at_us - START_US;

    buffer_print(&play->text, "%" PRId64 ".%03d", since_us / US_PER_SECOND,
                 (int)(since_us % US_PER_SECOND / 1000));
}

static void print_job(struct play *play, const struct job *job)
{
    buffer_add_text(&play->text, "    job ");
    job_print_name(job, &play->text);
    buffer_print(&play->text, " %s %s", job_state_compact(job->state),
                 job_reason_name(job->reason));
    if (job->planned_us) {
        buffer_add_text(&play->text, " planned=");
        say_time(play, job->planned_us);
    }
    for (uint32_t i = 0; i < job->part_count; i++) {
        if (i > 0 && job->parts[i].component != job->parts[i - 1].component)
            buffer_add_text(&play->text, " :");
        buffer_print(&play->text, " %s:%" PRIu32 "x%" PRIu32 "(%s)", job->parts[i].node->name,
                     job->parts[i].tasks,
                     het_request(&job->request, job->parts[i].component)->cpus_per_task,
                     part_state_name(job->parts[i].state));
    }
    if (job->held_micro)
        buffer_print(&play->text, " held=%" PRId64, job->held_micro);
    if (job->charged_micro)
        buffer_print(&play->text, " charged=%" PRId64, job->charged_micro);
    buffer_add_char(&play->text, '\n');
}

void say_jobs(struct play *play)
{
    const struct job *job = NULL;

    buffer_add_text(&play->text, "jobs\n");
    while ((job = core_job_after(play->core, job ? job->id : 0)))
        print_job(play, job);
}

void say_nodes(struct play *play)
{
    const struct inventory *inventory = core_inventory(play->core);

    buffer_add_text(&play->text, "nodes\n");
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);

        buffer_print(&play->text, "    %s %s %" PRIu32 "/%" PRIu32 " cores\n", node->name,
                     node_state_text(node), node->cores_used, node->cores);
    }
}

void say_why(struct play *play)
{
    struct blocker blockers[BLOCKER_MAX];
    unsigned count = core_why(play->core, job_of(play, need_word(play, 1), NULL), blockers);

    buffer_print(&play->text, "why %s\n", need_word(play, 1));
    for (unsigned i = 0; i < count; i++) {
        if (blockers[i].guess)
            continue;
        buffer_print(&play->text, "    %s: %s place=%s needs=%s has=%s",
                     blocker_tier_name(blockers[i].tier), job_reason_name(blockers[i].reason),
                     blockers[i].place, blockers[i].needs, blockers[i].has);
        if (blockers[i].free_us) {
            buffer_add_text(&play->text, " free=");
            say_time(play, blockers[i].free_us);
        }
        buffer_add_char(&play->text, '\n');
    }
}

/* Each factor of what waits, times its weight; in the order of job numbers. */
void say_priority(struct play *play)
{
    const struct job *job = NULL;

    buffer_add_text(&play->text, "priority\n");
    while ((job = core_job_after(play->core, job ? job->id : 0))) {
        struct priority_view view;

        if (job->state != JOB_PENDING || job_is_head(job))
            continue;
        priority_view(play->core, job, &view);
        buffer_print(&play->text, "    job %" PRIu64 " %.0f =", job->id, view.priority);
        for (unsigned i = 0; i < PRIORITY_COUNT; i++)
            if (view.weighted[i] != 0)
                buffer_print(&play->text, " %s %.0f (%.3f)", priority_factor_name(i),
                             view.weighted[i], view.factors[i]);
        buffer_add_char(&play->text, '\n');
    }
}

void say_balance(struct play *play)
{
    const char *institution = need_word(play, 1);
    const char *project = value_of(play, "project");
    struct balance balance;

    if (!ledger_balance(core_ledger(play->core), institution, project, play->now_us, &balance))
        stop(play, "no such budget");
    buffer_print(&play->text,
                 "balance %s granted=%" PRId64 " charged=%" PRId64 " held=%" PRId64
                 " available=%" PRId64 "\n",
                 project ? project : institution, balance.granted_micro, balance.charged_micro,
                 balance.held_micro, balance.available_micro);
}
