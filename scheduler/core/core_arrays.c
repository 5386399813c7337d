/* core_arrays.c - job arrays: elements that wait alike are one job, taken apart where they part
 *
 * Of a job that stands for several elements, what is taken out gets a job of its own, and so
 * the one whose id is that of the last element stays with it. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"

#include <assert.h>
#include <stdlib.h>

/* --- a job for some elements ---------------------------------------------------------------------- */

/* The elements are taken over, and are empty afterwards. */
static void set_elements(struct job *job, struct elements *elements)
{
    assert(elements->count > 0);
    if (job->elements)
        elements_clear(job->elements);
    job->element = elements_last(elements);
    if (elements->count == 1) {
        free(job->elements);
        job->elements = NULL;
        elements_clear(elements);
        return;
    }
    if (!job->elements)
        job->elements = NEW(struct elements);
    *job->elements = *elements;
    *elements = (struct elements){0};
}

/* Pending, as the other is, and not in the queue yet. */
static struct job *copy_job(struct core *core, const struct job *from, struct elements *elements)
{
    struct job *job = NEW(struct job);

    job->spec = from->spec;
    job->array_id = from->array_id;
    job->array = array_use(from->array);
    set_elements(job, elements);
    job->id = array_element_id(job->array_id, job->element);
    job_set_names(job, from->name, from->user, from->project, from->institution);
    request_copy(&job->request, &from->request);
    job->hold = from->hold;
    job->obstacle = from->obstacle;
    job->reason = from->reason;
    job->submit_us = from->submit_us;
    job->eligible_us = from->eligible_us;
    job->predicted_us = from->predicted_us;
    job->place = from->place;
    job->any_switches = from->any_switches;
    job->association = from->association;
    job_index_add(&core->jobs, job);
    core->pending++;
    queue_count_user(&core->queue, job->user, 1);
    dependencies_copied(core, from, job);
    return job;
}

/* Take `cut` out of the job.  The job of these elements: a new one, or the old one where the last
 * element is among them. */
static struct job *take_apart(struct core *core, struct job *job, struct elements *cut)
{
    bool has_last = elements_has(cut, job->element);
    struct elements rest = *job->elements;
    struct job *other;

    *job->elements = (struct elements){0};
    set_elements(job, has_last ? cut : &rest);
    other = copy_job(core, job, has_last ? &rest : cut);
    core_save_job(core, job);
    core_save_job(core, other);
    job_wait(core, other);
    return has_last ? job : other;
}

struct job *array_part(struct core *core, struct job *job, const struct elements *wanted)
{
    struct elements cut = {0};

    if (!job->elements)
        return elements_has(wanted, job->element) ? job : NULL;
    elements_cut(job->elements, wanted, &cut);
    if (cut.count == 0)
        return NULL;
    if (job->elements->count == 0) {
        *job->elements = cut;
        return job;
    }
    return take_apart(core, job, &cut);
}

struct job *array_part_one(struct core *core, struct job *job, uint32_t element)
{
    CLEANUP(elements_clear) struct elements wanted = {0};

    elements_append(&wanted, element);
    return array_part(core, job, &wanted);
}

/* The first goes alone; the queue does not see the one that starts. */
struct job *array_take_first(struct core *core, struct job *job)
{
    struct elements first = {0};
    struct job *taken;

    if (!job->elements)
        return job;
    elements_append(&first, elements_first(job->elements));
    elements_remove(job->elements, elements_first(&first));
    taken = copy_job(core, job, &first);
    if (job->elements->count == 1) {
        elements_clear(job->elements);
        free(job->elements);
        job->elements = NULL;
    }
    core_save_job(core, job);
    return taken;
}

/* --- which jobs are meant --------------------------------------------------------------------------- */

struct job *array_seek_job(const struct core *core, uint64_t id)
{
    struct job *job = core_seek_job(core, id);
    uint32_t element;

    if (job || id == 0)
        return job;
    job = job_index_before(&core->jobs, id);
    if (job && het_has_id(job, id))
        return job;
    job = job_index_after(&core->jobs, id);
    element = job && job->array ? array_element_of(job->array, id) : ELEMENT_NONE;
    if (element == ELEMENT_NONE)
        return NULL;
    for (; job && job->array_id && id - job->array_id - 1 == element;
         job = job_index_after(&core->jobs, job->id))
        if (job_has_element(job, element))
            return job;
    return NULL;
}

static bool may_be_meant(const struct job *job, const struct elements *elements)
{
    if (!elements)
        return true;
    if (!job->elements)
        return elements_has(elements, job->element);
    return true;
}

/* The jobs of an array that have these elements (NULL: all), and for which `may` holds. */
size_t array_select(const struct core *core, const struct job *head,
                    const struct elements *elements, job_question_fn *may, struct job ***ret_jobs)
{
    struct job **jobs = NULL;
    size_t count = 0, capacity = 0;

    for (struct job *job = job_index_after(&core->jobs, head->id); job && job->array_id == head->id;
         job = job_index_after(&core->jobs, job->id)) {
        if (!may(job) || !may_be_meant(job, elements))
            continue;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            jobs = memory_resize(jobs, capacity, sizeof(struct job *));
        }
        jobs[count++] = job;
    }
    *ret_jobs = jobs;
    return count;
}

void each_job(struct core *core, const struct event *event, job_question_fn *may, job_act_fn *act)
{
    struct job *job = array_seek_job(core, event->job);
    CLEANUP(memory_freep) struct job **jobs = NULL;
    size_t count;

    if (!job)
        return;
    if (!job_is_head(job)) {
        if (may(job) && job->elements)
            job = array_part_one(core, job, (uint32_t)(event->job - job->array_id - 1));
        if (may(job))
            act(core, job, event);
        return;
    }
    count = array_select(core, job, event->elements, may, &jobs);
    for (size_t i = 0; i < count; i++) {
        job = event->elements ? array_part(core, jobs[i], event->elements) : jobs[i];
        if (job && may(job))
            act(core, job, event);
    }
}

/* --- its life ------------------------------------------------------------------------------------------ */

/* "Started" is an array of which no element waits any more. */
static void look_at_start(struct core *core, struct array *array)
{
    struct job *head = array->head;
    bool started = array->unstarted == 0;

    if (started == (head->start_us != 0))
        return;
    head->start_us = started ? core->now_us : 0;
    core_save_job(core, head);
    dependencies_follow(core, head);
}

void array_placed(const struct job *job)
{
    if (job->array)
        job->array->placed++;
}

void array_started(struct core *core, const struct job *job)
{
    if (!job->array)
        return;
    job->array->unstarted--;
    look_at_start(core, job->array);
}

void array_unplaced(struct core *core, const struct job *job)
{
    if (!job->array)
        return;
    job->array->placed--;
    queue_array_changed(&core->queue, job->array_id);
}

void array_waits_again(struct core *core, const struct job *job)
{
    if (!job->array)
        return;
    job->array->unstarted++;
    look_at_start(core, job->array);
}

static void note_bad(struct array *array, const struct job *job)
{
    if (!job->elements) {
        elements_add(&array->bad, job->element);
    } else {
        for (uint32_t element = elements_first(job->elements); element != ELEMENT_NONE;
             element = elements_after(job->elements, element))
            elements_add(&array->bad, element);
    }
    if (array->bad.run_count > ARRAY_BAD_RUNS_MAX) {
        elements_clear(&array->bad);
        array->too_many_bad = true;
    }
}

static void count_end(struct array *array, const struct job *job)
{
    uint32_t count = job_element_count(job);

    assert(array->left >= count);
    array->left -= count;
    if (job->start_us == 0)
        array->unstarted -= count;
    if (job->state == JOB_COMPLETED) {
        array->good += count;
        return;
    }
    if (job->state == JOB_CANCELLED)
        array->cancelled += count;
    else
        array->failed += count;
    if (!array->too_many_bad)
        note_bad(array, job);
}

void array_element_ended(struct core *core, struct job *job)
{
    struct array *array = job->array;
    enum job_event event = JOB_ON_LAST;

    if (!array || job_is_head(job))
        return;
    count_end(array, job);
    core_save_job(core, array->head);
    if (array->left > 0) {
        look_at_start(core, array);
        return;
    }
    queue_array_gone(&core->queue, array->id);
    if (array->good == array->all.count)
        event = JOB_ON_LAST_GOOD;
    else if (array->failed == 0)
        event = JOB_ON_CANCEL; /* as a whole; those that had ended, had ended well */
    job_end(core, array->head, event);
}

void array_begin(struct job *head, struct job *job, const struct submission *submission)
{
    struct elements all;

    elements_copy(&all, submission->elements);
    head->array_id = head->id;
    head->array = array_new(head->id, submission->elements, submission->throttle);
    head->array->head = head;
    head->array->left = head->array->unstarted = all.count;
    job->array_id = head->id;
    job->array = array_use(head->array);
    set_elements(job, &all);
    job->id = array_element_id(head->id, job->element);
}

/* The shape of its jobs says whether there is a limit: they leave the queue and come back. */
void on_array_limited(struct core *core, const struct event *event)
{
    struct job *head = core_seek_job(core, event->limit.array);
    CLEANUP(memory_freep) struct job **jobs = NULL;
    size_t count;

    if (!head || !job_is_head(head) || job_state_is_final(head->state))
        return;
    count = array_select(core, head, NULL, job_is_queued, &jobs);
    for (size_t i = 0; i < count; i++)
        plan_remove(core, jobs[i]);
    head->array->throttle = event->limit.most;
    for (size_t i = 0; i < count; i++)
        job_wait(core, jobs[i]);
    core_save_job(core, head);
    queue_array_changed(&core->queue, head->id);
}

/* --- back from the store --------------------------------------------------------------------------------- */

static bool restore_head(struct job *head, struct error *err)
{
    struct array *array = head->array;

    if (!array || array->id != head->id)
        return fail(err, ERROR_INVALID, "it is the head of no array");
    if (job_state_is_final(head->state))
        return true;
    array->head = head;
    array->left = array->unstarted = array->placed = 0;
    return true;
}

bool array_restore(struct core *core, struct job *job, struct error *err)
{
    const struct job *head = core_seek_job(core, job->array_id);
    uint32_t count = job_element_count(job);

    if (job->array_id == 0)
        return true;
    if (job_is_head(job))
        return restore_head(job, err);
    if (job->id != array_element_id(job->array_id, job->element))
        return fail(err, ERROR_INVALID, "its id is not that of its element");
    if (!head || !job_is_head(head) || !head->array->head) {
        if (job_state_is_final(job->state))
            return true;
        return fail(err, ERROR_INVALID, "its array is not there");
    }
    job->array = array_use(head->array);
    if (job_state_is_final(job->state))
        return true;
    if (job->elements && job->state != JOB_PENDING)
        return fail(err, ERROR_INVALID, "several elements that run as one");
    job->array->left += count;
    job->array->unstarted += job->start_us == 0 ? count : 0;
    job->array->placed += job->state != JOB_PENDING;
    return true;
}
