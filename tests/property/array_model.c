/* array_model.c - what the elements of arrays may do, slowly and obviously */

#include "tests/property/array_model.h"

#include <CUnit/CUnit.h>
#include <string.h>

void model_add(struct model *model, uint64_t id, const struct elements *elements, uint32_t throttle,
               uint64_t corr)
{
    struct model_array *array = &model->arrays[model->count];

    CU_ASSERT_FATAL(model->count < MODEL_ARRAYS);
    model->count++;
    *array = (struct model_array){.id = id, .throttle = throttle, .corr = corr};
    for (uint32_t i = 0; i < MODEL_ELEMENTS; i++)
        array->elements[i].exists = elements_has(elements, i);
}

struct model_array *model_find(struct model *model, uint64_t id)
{
    for (size_t i = 0; i < model->count; i++)
        if (model->arrays[i].id == id)
            return &model->arrays[i];
    return NULL;
}

/* The one job that was saved for it. */
static const struct saved_job *find_job(const struct world *world, uint64_t array, uint32_t element)
{
    const struct saved_job *found = NULL;

    for (uint64_t id = array + 1; id < array + 1 + MODEL_ELEMENTS && id < WORLD_JOBS; id++) {
        const struct saved_job *saved = &world->jobs[id];

        if (!saved->there || saved->row.array_id != array || !job_has_element(&saved->row, element))
            continue;
        CU_ASSERT_PTR_NULL(found);
        found = saved;
    }
    return found;
}

/* Its counterpart in the other array must be over, and well. */
static void check_counterpart(struct model *model, uint64_t corr, uint32_t element)
{
    const struct model_array *array = model_find(model, corr);

    CU_ASSERT_FATAL(array != NULL);
    CU_ASSERT(array->elements[element].ended && array->elements[element].good);
}

static void check_element(struct model *model, struct model_array *array, const struct world *world,
                          uint32_t element)
{
    struct model_element *had = &array->elements[element];
    const struct saved_job *saved = find_job(world, array->id, element);
    bool placed;

    CU_ASSERT_EQUAL(had->exists, saved != NULL);
    if (!saved)
        return;
    placed = saved->row.state != JOB_PENDING && !job_state_is_final(saved->row.state);
    CU_ASSERT(!had->ended || saved->ended);
    CU_ASSERT(saved->row.attempt >= had->attempt);
    CU_ASSERT(!placed || !saved->row.elements);
    if (array->corr && saved->row.attempt > had->attempt)
        check_counterpart(model, array->corr, element);
    array->placed += placed;
    had->attempt = saved->row.attempt;
    had->ended = saved->ended;
    had->good = saved->row.state == JOB_COMPLETED;
    CU_ASSERT(!had->good || had->attempt > 0);
}

void model_check(struct model *model, const struct world *world)
{
    for (size_t i = 0; i < model->count; i++) {
        struct model_array *array = &model->arrays[i];
        uint32_t before = array->placed;

        array->placed = 0;
        for (uint32_t element = 0; element < MODEL_ELEMENTS; element++)
            check_element(model, array, world, element);
        /* A limit that was lowered ends nothing, but nothing is placed above it. */
        CU_ASSERT(array->throttle == 0 || array->placed <= array->throttle ||
                  array->placed <= before);
    }
}

void model_check_ended(const struct model *model, const struct world *world)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct model_array *array = &model->arrays[i];
        bool all_good = true;

        for (uint32_t element = 0; element < MODEL_ELEMENTS; element++) {
            CU_ASSERT_EQUAL(array->elements[element].exists, array->elements[element].ended);
            all_good &= !array->elements[element].exists || array->elements[element].good;
        }
        CU_ASSERT(world->jobs[array->id].ended);
        CU_ASSERT_EQUAL(world->jobs[array->id].row.state == JOB_COMPLETED, all_good);
    }
}
