/* group.c - what is committed together, and what may leave only afterwards */

#include "scheduler/group.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more in an array that lives as long as the group. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? 2 * *capacity : 64;
    return memory_resize(array, *capacity, size);
}

#define GROW(array, count, capacity) \
    ((array) = grow((array), (count), &(capacity), sizeof(*(array))))

void group_init(struct group *group)
{
    *group = (struct group){0};
    batch_init(&group->batch);
    buffer_init(&group->bytes);
}

void group_clear(struct group *group)
{
    group_reset(group);
    batch_clear(&group->batch);
    buffer_clear(&group->bytes);
    free(group->jobs);
    free(group->projects);
    free(group->letters);
    free(group->commands);
    free(group->remembered);
}

void group_reset(struct group *group)
{
    for (size_t i = 0; i < group->remembered_count; i++)
        remembered_free(group->remembered[i]);
    batch_reset(&group->batch);
    buffer_reset(&group->bytes);
    group->job_count = 0;
    group->project_count = 0;
    group->letter_count = 0;
    group->command_count = 0;
    group->remembered_count = 0;
}

void group_note_job(struct group *group, uint64_t job)
{
    /* Steps come in runs for the same job. */
    if (group->job_count > 0 && group->jobs[group->job_count - 1] == job)
        return;
    GROW(group->jobs, group->job_count, group->job_capacity);
    group->jobs[group->job_count++] = job;
}

void group_note_project(struct group *group, const char *project)
{
    GROW(group->projects, group->project_count, group->project_capacity);
    group->projects[group->project_count++] = arena_copy(group->batch.arena, project);
}

void group_add_letter(struct group *group, enum door door, const struct sender *to,
                      const void *bytes, size_t size)
{
    GROW(group->letters, group->letter_count, group->letter_capacity);
    group->letters[group->letter_count++] =
        (struct letter){.door = door, .to = *to, .start = group->bytes.length, .size = size};
    buffer_add(&group->bytes, bytes, size);
}

void group_add_command(struct group *group, const struct command *command)
{
    GROW(group->commands, group->command_count, group->command_capacity);
    group->commands[group->command_count++] = *command;
}

void group_add_remembered(struct group *group, struct remembered *remembered)
{
    GROW(group->remembered, group->remembered_count, group->remembered_capacity);
    group->remembered[group->remembered_count++] = remembered;
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t first = *(const uint64_t *)a, second = *(const uint64_t *)b;

    return (first > second) - (first < second);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void group_sort(struct group *group)
{
    size_t count = 0;

    if (group->job_count > 1)
        qsort(group->jobs, group->job_count, sizeof(*group->jobs), compare_ids);
    for (size_t i = 0; i < group->job_count; i++)
        if (count == 0 || group->jobs[count - 1] != group->jobs[i])
            group->jobs[count++] = group->jobs[i];
    group->job_count = count;

    count = 0;
    if (group->project_count > 1)
        qsort(group->projects, group->project_count, sizeof(*group->projects), compare_texts);
    for (size_t i = 0; i < group->project_count; i++)
        if (count == 0 || strcmp(group->projects[count - 1], group->projects[i]) != 0)
            group->projects[count++] = group->projects[i];
    group->project_count = count;
}

bool group_has_writes(const struct group *group)
{
    return group->batch.count > 0 || group->job_count > 0 || group->project_count > 0;
}

bool group_is_empty(const struct group *group)
{
    return !group_has_writes(group) && group->letter_count == 0 && group->command_count == 0;
}

void remembered_free(struct remembered *remembered)
{
    if (!remembered)
        return;
    free(remembered->principal);
    free(remembered->answer);
    free(remembered);
}
