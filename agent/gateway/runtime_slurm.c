/* runtime_slurm.c - task sets as jobs of a Slurm cluster: life, and the calls of the agents */

#include "agent/gateway/runtime_slurm_inside.h"

#include "agent/gateway/handover.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER_MODE 0700

/* What a job is found by. */
struct job_name {
    uint64_t job;
    uint64_t attempt;
};

static struct job_name name_of(uint64_t job, uint32_t attempt)
{
    return (struct job_name){.job = job, .attempt = attempt};
}

struct lent_job *slurm_find_job(const struct runtime_slurm *slurm, const struct task_key *key)
{
    struct job_name name = name_of(key->job, key->attempt);

    return table_get(slurm->job_index, &name, sizeof(name));
}

static void add_job(struct runtime_slurm *slurm, struct lent_job *job)
{
    struct job_name name = name_of(job->job, job->attempt);

    list_add_last(&slurm->jobs, &job->of_slurm);
    table_put(slurm->job_index, &name, sizeof(name), job);
}

struct lent_node *slurm_find_node(const struct runtime_slurm *slurm, const char *name)
{
    return table_get_text(slurm->node_index, name);
}

bool slurm_save(const struct runtime_slurm *slurm, const struct lent_job *job)
{
    struct error err;

    (void)slurm;
    if (lent_job_save(job, &err))
        return true;
    log_error("job=%" PRIu64 " cannot be written down: %s; will try again", job->job, err.text);
    return false;
}

static void on_soon(void *owner)
{
    struct runtime_slurm *slurm = owner;

    slurm->soon = NULL;
    LIST_EACH(&slurm->jobs, node)
        slurm_pursue(slurm, CONTAINER_OF(node, struct lent_job, of_slurm));
}

void slurm_pursue_soon(struct runtime_slurm *slurm)
{
    if (!slurm->soon)
        slurm->soon = loop_watch_time(slurm->caller->loop, 0, on_soon, slurm);
}

/* The batch script's record stays until its end is acknowledged. */
void slurm_drop_if_done(struct runtime_slurm *slurm, struct lent_job *job)
{
    struct job_name name = name_of(job->job, job->attempt);
    struct error err;

    for (uint32_t i = 0; i < job->part_count; i++)
        if (job->parts[i].there)
            return;
    if (job->busy || lent_job_is_live(job) || (job->stage != LENT_MADE && !job->forgotten))
        return;
    if (!handover_remove(job->folder, &err))
        log_warning("job=%" PRIu64 " its folder is not removed: %s", job->job, err.text);
    table_remove(slurm->job_index, &name, sizeof(name));
    list_remove(&slurm->jobs, &job->of_slurm);
    lent_job_free(job);
}

/* --- parts ---------------------------------------------------------------------------------------- */

static void on_listen(void *state, const struct task_news *news)
{
    struct lent_node *node = state;

    node->news = *news;
}

static bool check_limits(const struct runtime_slurm *slurm, const struct part_limits *limits,
                         struct error *err)
{
    CLEANUP(buffer_clear) struct buffer longest = {0};
    CLEANUP(memory_freep) char *home = slurm_path(slurm, limits->user, "/", err);

    if (!home)
        return false;
    if (limits->limit_us <= slurm->settings->longest_us)
        return true;
    buffer_init(&longest);
    print_duration(slurm->settings->longest_us, &longest);
    return fail(err, ERROR_INVALID, "the site lends its nodes for %s at most", longest.bytes);
}

static struct lent_job *get_job(struct runtime_slurm *slurm, const struct task_key *key,
                                const struct part_limits *limits, struct error *err)
{
    struct lent_job *job = slurm_find_job(slurm, key);

    if (job)
        return job;
    job = lent_job_new(slurm->spool, key, limits->parts, err);
    if (!job)
        return NULL;
    lent_job_set(&job->user, limits->user);
    lent_job_set(&job->project, limits->project ? limits->project : "");
    job->limit_us = limits->limit_us;
    add_job(slurm, job);
    return job;
}

static bool part_make(void *state, const struct task_key *key, const struct part_limits *limits,
                      struct error *err)
{
    struct lent_node *node = state;
    struct runtime_slurm *slurm = node->slurm;
    struct lent_job *job;
    struct lent_part *part;

    if (!check_limits(slurm, limits, err) || !(job = get_job(slurm, key, limits, err)))
        return false;
    if (key->part >= job->part_count)
        return fail(err, ERROR_INVALID, "part %" PRIu32 " of %" PRIu32, key->part, job->part_count);
    part = &job->parts[key->part];
    if (part->there)
        return true;
    part->cores = limits->cores;
    part->tasks = limits->tasks;
    part->there = true;
    memory_put_text(part->node, sizeof(part->node), node->known.name);
    if (limits->memory_bytes > job->memory_bytes)
        job->memory_bytes = limits->memory_bytes;
    if (lent_job_save(job, err))
        return true;
    part->there = false;
    return false;
}

static bool part_remove(void *state, const struct task_key *key, struct error *err)
{
    struct lent_node *node = state;
    struct runtime_slurm *slurm = node->slurm;
    struct lent_job *job = slurm_find_job(slurm, key);

    if (!job || key->part >= job->part_count || !job->parts[key->part].there)
        return true;
    if (lent_job_is_live(job)) {
        job->stop = true;
        if (slurm_save(slurm, job))
            slurm_pursue_soon(slurm);
        return fail(err, ERROR_CONFLICT, "Slurm's job %" PRIu64 " has not ended yet", job->id);
    }
    job->parts[key->part].there = false;
    if (!lent_job_save(job, err)) {
        job->parts[key->part].there = true;
        return false;
    }
    slurm_drop_if_done(slurm, job);
    return true;
}

static void on_forget(void *state, const struct task_key *key)
{
    struct lent_node *node = state;
    struct lent_job *job = slurm_find_job(node->slurm, key);

    if (!job || key->part != 0 || key->step != 0)
        return;
    job->forgotten = true;
    slurm_drop_if_done(node->slurm, job);
}

/* --- after a restart ---------------------------------------------------------------------------------- */

/* What Slurm has not started is asked for again, by the scheduler's leave, and then found. */
static void on_list(void *state, void (*found)(void *owner, const struct task_found *task),
                    void *owner)
{
    struct lent_node *node = state;

    LIST_EACH(&node->slurm->jobs, place) {
        struct lent_job *job = CONTAINER_OF(place, struct lent_job, of_slurm);
        const struct task_found task = {
            .key = {.job = job->job, .attempt = job->attempt},
            .ended = lent_job_is_over(job),
            .started_us = job->started_us,
        };

        if (strcmp(job->parts[0].node, node->known.name) != 0 || job->forgotten ||
            (job->stage != LENT_RUNS && !lent_job_is_over(job)))
            continue;
        job->asked = true;
        job->told_start = job->stage == LENT_RUNS;
        found(owner, &task);
    }
    slurm_pursue_soon(node->slurm);
}

static bool read_job(struct runtime_slurm *slurm, const char *name)
{
    CLEANUP(memory_freep) char *folder = memory_format("%s/%s", slurm->spool, name);
    struct lent_job *job;
    struct error err;

    if (!strchr(name, '.') || *name == '.')
        return true;
    job = lent_job_read(folder, &err);
    if (!job) {
        log_error("%s: %s; left as it is", folder, err.text);
        return true;
    }
    job->unsure = job->stage == LENT_SUBMITTING && job->id == 0;
    job->trust_us = clock_boot_us(&clock_real) + TRUST_US;
    add_job(slurm, job);
    return true;
}

static bool read_jobs(struct runtime_slurm *slurm, struct error *err)
{
    DIR *folder = opendir(slurm->spool);
    const struct dirent *entry;

    if (!folder)
        return fail_errno(err, "%s", slurm->spool);
    while ((entry = readdir(folder)) != NULL)
        read_job(slurm, entry->d_name);
    closedir(folder);
    return true;
}

/* --- life ---------------------------------------------------------------------------------------------- */

struct runtime_slurm *runtime_slurm_new(const struct slurm_caller *caller,
                                        const struct slurm_node *nodes, size_t count,
                                        struct error *err)
{
    CLEANUP(runtime_slurm_freep) struct runtime_slurm *slurm = NEW(struct runtime_slurm);

    slurm->caller = caller;
    slurm->settings = caller->settings;
    slurm->spool = memory_format("%s/jobs", caller->settings->shared_directory);
    slurm->work = memory_format("%s/work", caller->settings->shared_directory);
    list_init(&slurm->jobs);
    list_init(&slurm->questions);
    slurm->job_index = table_new();
    slurm->nodes = NEW_ARRAY(struct lent_node, count);
    slurm->node_index = table_new();
    slurm->node_count = count;
    for (size_t i = 0; i < count; i++) {
        slurm->nodes[i] = (struct lent_node){.slurm = slurm, .known = nodes[i]};
        table_put_text(slurm->node_index, nodes[i].name, &slurm->nodes[i]);
    }
    if (!file_make_directory(caller->settings->shared_directory, FOLDER_MODE, err) ||
        !file_make_directory(slurm->spool, FOLDER_MODE, err) ||
        !file_make_directory(slurm->work, FOLDER_MODE, err) || !read_jobs(slurm, err))
        return NULL;
    return STEAL(slurm);
}

void runtime_slurm_free(struct runtime_slurm *slurm)
{
    if (!slurm)
        return;
    loop_unwatch(slurm->caller->loop, slurm->soon);
    loop_unwatch(slurm->caller->loop, slurm->look_due);
    command_free(slurm->look);
    slurm_questions_free(slurm);
    LIST_EACH(&slurm->jobs, node)
        lent_job_free(CONTAINER_OF(node, struct lent_job, of_slurm));
    table_free(slurm->job_index);
    table_free(slurm->node_index);
    slurm_clear_listed(slurm);
    free(slurm->nodes);
    free(slurm->spool);
    free(slurm->work);
    free(slurm);
}

struct runtime runtime_slurm_seam(struct runtime_slurm *slurm, size_t node)
{
    return (struct runtime){
        .state = &slurm->nodes[node],
        .listen = on_listen,
        .part_make = part_make,
        .part_remove = part_remove,
        .start = slurm_start,
        .has_hook = slurm_has_hook,
        .signal = slurm_take_signal,
        .input = slurm_take_input,
        .read = slurm_read,
        .read_file = slurm_read_file,
        .find_file = slurm_find_file,
        .forget = on_forget,
        .list = on_list,
    };
}

void runtime_slurm_start(struct runtime_slurm *slurm, slurm_room_fn *on_room, void *owner)
{
    slurm->on_room = on_room;
    slurm->room_owner = owner;
    slurm_look_soon(slurm, 0);
}
