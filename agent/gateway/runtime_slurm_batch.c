/* runtime_slurm_batch.c - the batch script of a job: started, signalled, its output read */

#include "agent/gateway/handover.h"
#include "agent/gateway/runtime_slurm_inside.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"

#include <inttypes.h>
#include <string.h>

#define NONCE_SIZE 8

/* --- its batch script ------------------------------------------------------------------------------ */

bool slurm_has_hook(void *state, uint64_t step)
{
    (void)state;
    (void)step;
    return false; /* the site's prologs are its Slurm's */
}

static bool check_parts(const struct lent_job *job, struct error *err)
{
    for (uint32_t i = 0; i < job->part_count; i++)
        if (!job->parts[i].there)
            return fail(err, ERROR_INVALID,
                        "part %" PRIu32 " of the job is on no node that is lent from here", i);
    return true;
}

/* A path of the user's as it is here, with the folder that it is in. */
static bool put_path(struct runtime_slurm *slurm, const struct lent_job *job, const char *path,
                     char **ret_path, struct error *err)
{
    char *here;

    if (!path || !*path) {
        *ret_path = memory_copy("");
        return true;
    }
    here = slurm_path(slurm, job->user, path, err);
    *ret_path = here ? here : memory_copy("");
    return here && slurm_make_folder(slurm, here, true, err);
}

static bool write_batch(const struct runtime_slurm *slurm, const struct lent_job *job,
                        struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/batch", job->folder);
    CLEANUP(memory_freep)
    char *text = memory_format("#!/bin/sh\nexec '%s/tequio-slurm-job' '%s'\n",
                               slurm->settings->libexec, job->folder);

    return file_replace(path, text, strlen(text), 0700, err);
}

static bool hand_over(struct runtime_slurm *slurm, struct lent_job *job,
                      const struct task_start *start, struct error *err)
{
    CLEANUP(memory_freep) char *directory = slurm_path(slurm, job->user, start->directory, err);
    CLEANUP(memory_freep) char *output = NULL, *error = NULL, *input = NULL;
    struct handover handover = {
        .limit_us = start->limit_us,
        .warning_us = start->warning_us,
        .kill_wait_us = start->kill_wait_us,
        .warning_signal = start->warning_signal,
        .warning_batch_only = start->warning_batch_only,
        .append = start->append,
        .arguments = (const char **)(uintptr_t)start->arguments,
        .environment = (const char **)(uintptr_t)start->environment,
    };

    if (!directory || !slurm_make_folder(slurm, directory, false, err) ||
        !put_path(slurm, job, start->output, &output, err) ||
        !put_path(slurm, job, start->error, &error, err) ||
        !put_path(slurm, job, start->input, &input, err))
        return false;
    handover.directory = directory;
    handover.output = output;
    handover.error = error;
    handover.input = input;
    lent_job_set(&job->output, output);
    lent_job_set(&job->error_output, error);
    return handover_write(job->folder, &handover, start->script, start->script_size, err) &&
           write_batch(slurm, job, err);
}

static void make_name(struct lent_job *job)
{
    CLEANUP(buffer_clear) struct buffer name = {0};
    uint8_t nonce[NONCE_SIZE];

    random_fill(nonce, sizeof(nonce));
    buffer_init(&name);
    buffer_add_text(&name, SLURM_OUR_NAME);
    hex_print(nonce, sizeof(nonce), &name);
    lent_job_set(&job->name, name.bytes);
}

static bool begin(struct runtime_slurm *slurm, struct lent_job *job, const struct task_start *start,
                  struct error *err)
{
    if (!check_parts(job, err) || !hand_over(slurm, job, start, err))
        return false;
    make_name(job);
    job->kill_wait_us = start->kill_wait_us;
    job->submitted_us = clock_wall_us(&clock_real);
    job->stage = LENT_SUBMITTING;
    if (lent_job_save(job, err))
        return true;
    job->stage = LENT_MADE;
    return false;
}

/* Again, after a restart of the agent: what was begun goes on. */
bool slurm_start(void *state, const struct task_start *start, struct error *err)
{
    struct lent_node *node = state;
    struct lent_job *job = slurm_find_job(node->slurm, &start->key);

    if (start->key.step != 0)
        return fail(err, ERROR_INVALID,
                    "the nodes are a Slurm cluster's: srun or mpirun in the batch script starts "
                    "tasks there");
    if (!job || start->key.part != 0)
        return fail(err, ERROR_NOT_FOUND, "the part was not made");
    if (job->stage == LENT_MADE && !begin(node->slurm, job, start, err))
        return false;
    job->asked = true;
    job->told_start = job->told_end = false;
    slurm_pursue_soon(node->slurm);
    return true;
}

bool slurm_take_signal(void *state, const struct task_key *key, int number, bool batch_only,
                       struct error *err)
{
    struct lent_node *node = state;
    struct lent_job *job = slurm_find_job(node->slurm, key);

    if (!job || key->part != 0 || key->step != 0)
        return fail(err, ERROR_NOT_FOUND, "nothing of it runs here");
    if (number == SIGNAL_FREEZE || number == SIGNAL_THAW)
        return fail(err, ERROR_INVALID, "what a Slurm cluster lends does not stand still");
    if (number == 0) {
        job->stop = true;
        if (!lent_job_save(job, err))
            return false;
        slurm_pursue_soon(node->slurm);
        return true;
    }
    if (job->stage != LENT_RUNS)
        return fail(err, ERROR_CONFLICT, "it does not run");
    if (job->busy)
        return fail(err, ERROR_UNAVAILABLE, "Slurm is being asked something about it");
    if (batch_only && !handover_mark_signal(job->folder, number, err))
        return false;
    slurm_signal(node->slurm, job, number, batch_only);
    return true;
}

bool slurm_take_input(void *state, const struct task_key *key, const struct task_input *input,
                      struct task_taken *ret_taken, struct error *err)
{
    (void)state;
    (void)key;
    (void)input;
    (void)ret_taken;
    return fail(err, ERROR_INVALID, "it has no terminal");
}

/* --- output ------------------------------------------------------------------------------------------ */

/* NOLINTNEXTLINE(readability-function-size): as many as runtime.h says */
bool slurm_read(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                size_t most, struct buffer *buffer, bool *ret_end, struct error *err)
{
    struct lent_node *node = state;
    const struct lent_job *job = slurm_find_job(node->slurm, key);
    struct output_file file = {.offset = offset, .most = most};

    if (!job || key->part != 0 || key->step != 0)
        return fail(err, ERROR_NOT_FOUND, "nothing of it is here");
    file.user = job->user;
    file.path = error_stream ? job->error_output : job->output;
    *ret_end = false;
    if (slurm_read_output(node->slurm, &file, buffer, ret_end, err)) {
        *ret_end = *ret_end && lent_job_is_over(job);
        return true;
    }
    if (err->code != ERROR_NOT_FOUND || !*file.path)
        return false;
    *ret_end = lent_job_is_over(job); /* it was not opened, or nobody here sees it yet */
    return true;
}

bool slurm_read_file(void *state, const struct output_file *file, struct buffer *buffer,
                     bool *ret_end, struct error *err)
{
    const struct lent_node *node = state;

    return slurm_read_output(node->slurm, file, buffer, ret_end, err);
}

bool slurm_find_file(void *state, const struct task_key *key, bool error_stream,
                     struct buffer *path)
{
    const struct lent_node *node = state;
    const struct lent_job *job = slurm_find_job(node->slurm, key);
    const char *file = job && error_stream ? job->error_output : job ? job->output : "";

    buffer_add_text(path, file);
    return *file != '\0';
}
