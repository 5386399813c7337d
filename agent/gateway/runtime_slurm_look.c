/* runtime_slurm_look.c - looks at all jobs and nodes of the Slurm cluster
 *
 * First sinfo, then squeue: a job of ours that ends in between is still counted by the look before, so
 * that what it had is never taken for the site's own. */

#include "agent/gateway/runtime_slurm_inside.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MISSED_MOST 2 /* lists without it: Slurm has forgotten it */
#define WORDS_SIZE  160

static void begin_look(void *owner);

void slurm_look_soon(struct runtime_slurm *slurm, int64_t pause_us)
{
    if (slurm->look)
        return; /* the next follows it */
    loop_unwatch(slurm->caller->loop, slurm->look_due);
    slurm->look_due = loop_watch_time(slurm->caller->loop, clock_boot_us(&clock_real) + pause_us,
                                      begin_look, slurm);
}

void slurm_clear_listed(struct runtime_slurm *slurm)
{
    struct slurm_job *job;
    size_t place = 0;

    while (slurm->listed && (job = table_next(slurm->listed, &place)) != NULL)
        free(job);
    table_free(slurm->listed);
    slurm->listed = NULL;
}

/* --- nodes --------------------------------------------------------------------------------------------- */

/* What jobs of ours have of each node, in this look or the one before. */
static void count_own_cpus(struct runtime_slurm *slurm)
{
    for (size_t i = 0; i < slurm->node_count; i++)
        slurm->nodes[i].own_cpus = 0;
    LIST_EACH(&slurm->jobs, place) {
        struct lent_job *job = CONTAINER_OF(place, struct lent_job, of_slurm);
        uint32_t most = job->cpus > job->cpus_before ? job->cpus : job->cpus_before;

        for (uint32_t i = 0; i < job->part_count && most > 0; i++) {
            struct lent_node *node = slurm_find_node(slurm, job->parts[i].node);

            if (node)
                node->own_cpus += most;
        }
        job->cpus_before = job->cpus;
        job->cpus = 0;
    }
}

static const char *why_not(const struct runtime_slurm *slurm, const struct lent_node *node,
                           char words[WORDS_SIZE])
{
    if (slurm->away)
        snprintf(words, WORDS_SIZE, "the site's Slurm does not answer");
    else if (!node->listed)
        snprintf(words, WORDS_SIZE, "not in partition %s of the site's Slurm any more",
                 slurm->settings->partition);
    else if (!slurm_node_is_fit(node->known.state))
        snprintf(words, WORDS_SIZE, "%s, the site's Slurm says", node->known.state);
    else if (node->known.cpus_taken > node->own_cpus)
        snprintf(words, WORDS_SIZE, "the site's own work is on it (%s)", node->known.state);
    else
        return NULL;
    return words;
}

static void tell_rooms(struct runtime_slurm *slurm)
{
    char words[WORDS_SIZE];

    for (size_t i = 0; i < slurm->node_count; i++)
        slurm->on_room(slurm->room_owner, i, why_not(slurm, &slurm->nodes[i], words));
}

static bool take_nodes(struct runtime_slurm *slurm, char *text, struct error *err)
{
    struct slurm_node known;
    char *line;

    for (size_t i = 0; i < slurm->node_count; i++)
        slurm->nodes[i].listed = false;
    while ((line = slurm_next_line(&text)) != NULL) {
        struct lent_node *node;

        if (!slurm_read_node(line, &known, err))
            return false;
        node = slurm_find_node(slurm, known.name);
        if (!node)
            continue;
        node->listed = true;
        node->known.cpus_taken = known.cpus_taken;
        memory_put_text(node->known.state, sizeof(node->known.state), known.state);
    }
    return true;
}

/* --- jobs ------------------------------------------------------------------------------------------------ */

/* Of two with one name the one that runs is ours, else the first; the other is ended. */
static void list_job(struct runtime_slurm *slurm, const struct slurm_job *job)
{
    struct slurm_job *other = table_get_text(slurm->listed, job->name);
    bool better;

    if (!other) {
        table_put_text(slurm->listed, job->name, memory_copy_bytes(job, sizeof(*job)));
        return;
    }
    better = job->phase == SLURM_RUNS || (other->phase != SLURM_RUNS && job->id < other->id);
    if (better ? other->phase != SLURM_ENDED : job->phase != SLURM_ENDED)
        slurm_end_twin(slurm, better ? other->id : job->id);
    if (better)
        *other = *job;
}

static bool take_jobs(struct runtime_slurm *slurm, char *text, struct error *err)
{
    struct slurm_job job;
    char *line;

    slurm_clear_listed(slurm);
    slurm->listed = table_new();
    while ((line = slurm_next_line(&text)) != NULL) {
        if (!slurm_read_job(line, &job, err))
            return false;
        if (job.id > 0)
            list_job(slurm, &job);
    }
    return true;
}

static void note_started(struct runtime_slurm *slurm, struct lent_job *job,
                         const struct slurm_job *listed)
{
    if (job->stage != LENT_WAITS)
        return;
    job->stage = LENT_RUNS;
    job->started_us = listed->start_us > 0 ? listed->start_us : clock_wall_us(&clock_real);
    if (!slurm_save(slurm, job))
        job->stage = LENT_WAITS;
}

static void follow(struct runtime_slurm *slurm, struct lent_job *job,
                   const struct slurm_job *listed)
{
    job->missed = 0;
    job->unsure = false;
    if (job->id != listed->id) {
        job->id = listed->id;
        job->stage = LENT_WAITS;
        if (!slurm_save(slurm, job))
            return;
        log_info("job=%" PRIu64 " attempt=%" PRIu32 " is found as Slurm's job %" PRIu64, job->job,
                 job->attempt, job->id);
    }
    if (listed->phase != SLURM_WAITS && listed->nodes > 0)
        job->cpus = (listed->cpus + listed->nodes - 1) / listed->nodes;
    if (listed->phase == SLURM_RUNS)
        note_started(slurm, job, listed);
    else if (listed->phase == SLURM_ENDED)
        job->over = true;
    if (listed->phase == SLURM_ENDED)
        job->cpus = 0;
}

static void miss(struct runtime_slurm *slurm, struct lent_job *job)
{
    if (job->busy)
        return;
    if (job->id == 0) { /* nor did it come since the call that could have brought it */
        if (slurm->look_us > job->trust_us)
            job->unsure = false;
        return;
    }
    if (++job->missed < MISSED_MOST)
        return;
    log_warning("job=%" PRIu64 " Slurm knows nothing of its job %" PRIu64 " any more", job->job,
                job->id);
    slurm_finish(slurm, job, NULL);
}

static void follow_all(struct runtime_slurm *slurm)
{
    LIST_EACH(&slurm->jobs, place) {
        struct lent_job *job = CONTAINER_OF(place, struct lent_job, of_slurm);
        const struct slurm_job *listed = table_get_text(slurm->listed, job->name);

        if (!lent_job_is_live(job))
            continue;
        if (listed)
            follow(slurm, job, listed);
        else
            miss(slurm, job);
    }
}

/* --- the look --------------------------------------------------------------------------------------------- */

static void end_look(struct runtime_slurm *slurm, bool good, const struct error *why)
{
    if (!good && !slurm->away)
        log_warning("Slurm does not answer: %s; nothing is given up meanwhile", why->text);
    else if (good && slurm->away)
        log_info("Slurm answers again");
    slurm->away = !good;
    tell_rooms(slurm);
    command_free(slurm->look);
    slurm->look = NULL;
    slurm_look_soon(slurm, slurm->settings->look_us);
    slurm_pursue_soon(slurm);
}

static void on_jobs(void *owner, char *output, const struct error *why)
{
    struct runtime_slurm *slurm = owner;
    struct error err = *why;

    if (!output || !take_jobs(slurm, output, &err)) {
        end_look(slurm, false, &err);
        return;
    }
    follow_all(slurm);
    count_own_cpus(slurm);
    end_look(slurm, true, NULL);
}

static void on_nodes(void *owner, char *output, const struct error *why)
{
    static const char *const arguments[] = {
        "--noheader", "--me", "--states=all", "--format=" SLURM_JOB_FORMAT, NULL,
    };
    struct runtime_slurm *slurm = owner;
    struct error err = *why;

    if (!output || !take_nodes(slurm, output, &err)) {
        end_look(slurm, false, &err);
        return;
    }
    command_free(slurm->look);
    slurm->look = slurm_call(slurm->caller, "squeue", arguments, on_jobs, slurm);
}

static void begin_look(void *owner)
{
    struct runtime_slurm *slurm = owner;
    const char *const arguments[] = {
        "--noheader",
        "--Node",
        "--partition",
        slurm->settings->partition,
        "--format=" SLURM_NODE_FORMAT,
        NULL,
    };

    slurm->look_due = NULL;
    slurm->look_us = clock_boot_us(&clock_real);
    slurm->look = slurm_call(slurm->caller, "sinfo", arguments, on_nodes, slurm);
}
