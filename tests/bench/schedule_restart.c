/* schedule_restart.c - a core made anew from the rows of another */

#include "tests/bench/schedule_restart.h"

#include "base/parse.h"
#include "scheduler/core/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of this process, whatever else the machine does. */
int64_t cpu_us(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * US_PER_SECOND + time.tv_nsec / 1000;
}

/* The job as the store would give it back. */
static struct job *copy_row(const struct job *job)
{
    struct job *copy = NEW(struct job);

    copy->id = job->id;
    job_set_names(copy, job->name, job->user, job->project, job->institution);
    request_copy(&copy->request, &job->request);
    copy->state = job->state;
    copy->attempt = job->attempt;
    memcpy(copy->token, job->token, sizeof(copy->token));
    copy->submit_us = job->submit_us;
    copy->eligible_us = job->eligible_us;
    copy->start_us = job->start_us;
    copy->held_micro = job->held_micro;
    copy->part_count = job->part_count;
    copy->parts = NEW_ARRAY(struct part, job->part_count);
    for (uint32_t i = 0; i < job->part_count; i++)
        copy->parts[i] = (struct part){
            .number = i,
            .cores = job->parts[i].cores,
            .tasks = job->parts[i].tasks,
            .memory_bytes = job->parts[i].memory_bytes,
            .state = job->parts[i].state,
        };
    return copy;
}

static void restore_job(struct core *core, const struct job *job)
{
    CLEANUP(memory_freep)
    const char **nodes = NEW_ARRAY(const char *, job->part_count + 1);
    struct error err;
    bool placed = job->part_count > 0;

    for (uint32_t i = 0; i < job->part_count; i++)
        nodes[i] = job->parts[i].node->name;
    if ((placed && !ledger_restore_hold(core_ledger_to_restore(core), job->id, job->attempt,
                                        job->project, job->held_micro, &err)) ||
        !core_restore_job(core, copy_row(job), placed ? job->cluster->name : NULL,
                          placed ? job->partition->name : NULL, nodes, &err)) {
        fprintf(stderr, "schedule: %s\n", err.text);
        exit(1);
    }
}

double restart_us(const struct core *from, const struct core_settings *settings, int64_t now_us)
{
    const struct inventory *inventory = core_inventory(from);
    CLEANUP(core_freep) struct core *core = NULL;
    CLEANUP(effects_clear) struct effects effects;
    const struct job *job = NULL;
    int64_t start_us = cpu_us();
    struct error err;

    effects_init(&effects);
    core = core_new(settings);
    for (uint32_t i = 0; i < settings->cluster_count; i++) {
        struct grant grant = {.id = i + 1,
                              .institution = settings->clusters[i].name,
                              .amount_micro = LEDGER_AMOUNT_MAX};
        struct ledger *ledger = core_ledger_to_restore(core);

        if (!ledger_add_institution(ledger, settings->clusters[i].name, &err) ||
            !ledger_add_project(ledger, settings->clusters[i].name, settings->clusters[i].name,
                                &err) ||
            !ledger_restore_grant(ledger, &grant, now_us, &err))
            exit(1);
    }
    for (size_t i = 0; i < inventory_node_count(inventory); i++) {
        const struct node *node = inventory_node(inventory, i);

        if (!core_restore_node(core, node, node->cluster->name, &err))
            exit(1);
    }
    while ((job = core_job_after(from, job ? job->id : 0)))
        if (!job_state_is_final(job->state))
            restore_job(core, job);
    core_restore_done(core, core_next_job(from), now_us);
    core_step(core, &(struct event){.kind = EVENT_TIME_PASSED, .at_us = now_us}, &effects);
    return (double)(cpu_us() - start_us);
}
