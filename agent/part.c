/* part.c - what a job has on this node, and the task sets in it */

#include "agent/part.h"

#include "agent/step.h"

#include <stdlib.h>
#include <string.h>

struct part *part_new(const struct task_key *key)
{
    struct part *part = NEW(struct part);

    part->key = *key;
    part->key.step = 0;
    part->text = memory_copy("");
    part->trouble = memory_copy("");
    part->samples = memory_copy("");
    part->core_list = memory_copy("");
    part->cpu_list = memory_copy("");
    part->output = memory_copy("");
    part->error_output = memory_copy("");
    list_init(&part->sets);
    list_init(&part->steps);
    part->forgotten = table_new();
    return part;
}

static void free_lists(struct part *part)
{
    struct idset *numbers;
    size_t place = 0;

    LIST_EACH(&part->sets, node)
        part_remove_set(part, CONTAINER_OF(node, struct task_set, of_part));
    LIST_EACH(&part->steps, node) {
        struct step *step = CONTAINER_OF(node, struct step, of_part);

        list_remove(&part->steps, node);
        step_free(step);
    }
    while ((numbers = table_next(part->forgotten, &place)) != NULL)
        idset_free(numbers);
    table_free(part->forgotten);
}

void part_free(struct part *part)
{
    if (!part)
        return;
    free_lists(part);
    message_free(part->launch);
    idset_free(part->cores);
    idset_free(part->gpus);
    free(part->core_list);
    free(part->cpu_list);
    free(part->text);
    free(part->trouble);
    free(part->samples);
    free(part->output);
    free(part->error_output);
    memory_wipe(part->credential, sizeof(part->credential));
    memory_wipe(part->token, sizeof(part->token));
    free(part);
}

void part_name_gpus(struct part *part)
{
    const char *list = part_launch(part)->gpu_list;
    struct error ignored;

    idset_free(part->gpus);
    part->gpus = *list ? idset_parse(list, &ignored) : NULL;
}

const Wire__PartLaunch *part_launch(const struct part *part)
{
    return part->launch->part_launch;
}

struct task_key part_key(const struct part *part, uint64_t step)
{
    struct task_key key = part->key;

    key.step = step;
    return key;
}

bool part_key_equal(const struct task_key *a, const struct task_key *b)
{
    return a->job == b->job && a->attempt == b->attempt && a->part == b->part;
}

struct task_set *part_find_set(const struct part *part, uint64_t step)
{
    LIST_EACH(&part->sets, node) {
        struct task_set *set = CONTAINER_OF(node, struct task_set, of_part);

        if (set->step == step)
            return set;
    }
    return NULL;
}

struct task_set *part_add_set(struct part *part, uint64_t step)
{
    struct task_set *set = NEW(struct task_set);

    set->part = part;
    set->step = step;
    list_add_last(&part->sets, &set->of_part);
    return set;
}

void part_remove_set(struct part *part, struct task_set *set)
{
    list_remove(&part->sets, &set->of_part);
    free(set->trouble);
    free(set);
}

bool part_has_live_set(const struct part *part)
{
    LIST_EACH(&part->sets, node)
        if (CONTAINER_OF(node, struct task_set, of_part)->state != SET_ENDED)
            return true;
    return false;
}

void part_add_usage(struct part *part, const struct task_end *end)
{
    part->end.cpu_used_us += end->cpu_used_us;
    if (end->memory_peak_bytes > part->end.memory_peak_bytes)
        part->end.memory_peak_bytes = end->memory_peak_bytes;
}

void part_take_end(struct part *part, const struct task_end *end)
{
    struct task_end others = part->end;

    part->end = *end;
    part_add_usage(part, &others);
    if (end->cause == TASK_BY_ITSELF && *end->word && !*part->text) {
        free(part->text);
        part->text = memory_copy(end->word);
    }
}

bool part_has_forgotten(const struct part *part, uint64_t step)
{
    const struct idset *numbers = table_get_number(part->forgotten, step >> 32);

    return numbers && idset_has(numbers, (uint32_t)step);
}

void part_forget_step(struct part *part, uint64_t step)
{
    struct idset *numbers = table_get_number(part->forgotten, step >> 32);

    if ((uint32_t)step >= IDSET_MAX)
        return; /* such a step was never started */
    if (!numbers) {
        numbers = idset_new();
        table_put_number(part->forgotten, step >> 32, numbers);
    }
    idset_add(numbers, (uint32_t)step);
}

uint32_t task_end_code(const struct task_end *end)
{
    return end->exit_signal > 0 ? end->exit_signal << 8 | (128 + end->exit_signal) : end->exit_code;
}

Wire__PartState part_wire_state(const struct part *part)
{
    static const Wire__PartState states[] = {
        [TASK_RECEIVED] = WIRE__PART_STATE__PART_STATE_NONE,
        [TASK_READY] = WIRE__PART_STATE__PART_STATE_READY,
        [TASK_STARTING] = WIRE__PART_STATE__PART_STATE_READY,
        [TASK_RUNNING] = WIRE__PART_STATE__PART_STATE_RUNNING,
        [TASK_STOPPING] = WIRE__PART_STATE__PART_STATE_RUNNING,
        [TASK_CLEARING] = WIRE__PART_STATE__PART_STATE_RUNNING,
        [TASK_ENDED] = WIRE__PART_STATE__PART_STATE_ENDED,
        [TASK_REPORTED] = WIRE__PART_STATE__PART_STATE_ENDED,
    };

    return states[part->state];
}
