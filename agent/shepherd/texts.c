/* texts.c - the long texts of a start, out of their memfd */

#include "agent/shepherd/texts.h"

#include "agent/launcher/request_check.h"

#include "base/memory.h"
#include "base/parse.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The text at *place, and *place behind it; NULL when it does not end. */
static const char *take_text(const char **place, const char *end)
{
    const char *text = *place;
    const char *nul = memchr(text, '\0', (size_t)(end - text));

    if (!nul)
        return NULL;
    *place = nul + 1;
    return text;
}

static bool take_path(const char **place, const char *end, const char *what, const char **ret_path,
                      struct error *err)
{
    *ret_path = take_text(place, end);
    if (!*ret_path)
        return fail(err, ERROR_INVALID, "%s is missing", what);
    if (strlen(*ret_path) >= PATH_MAX)
        return fail(err, ERROR_INVALID, "%s has %zu bytes, at most %d are allowed", what,
                    strlen(*ret_path), PATH_MAX - 1);
    return true;
}

static bool take_texts(const char **place, const char *end, size_t count, const char *what,
                       const char ***ret_texts, struct error *err)
{
    const char **texts = NEW_ARRAY(const char *, count + 1);

    *ret_texts = texts;
    for (size_t i = 0; i < count; i++) {
        texts[i] = take_text(place, end);
        if (!texts[i])
            return fail(err, ERROR_INVALID, "%s %zu of %zu is missing", what, i + 1, count);
    }
    return true;
}

static bool check_texts(const struct request_start *start, const struct start_texts *texts,
                        struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (texts->directory[0] != '/')
        return fail(err, ERROR_INVALID, "directory %s is not an absolute path",
                    text_show(texts->directory, shown));
    if (start->script_size == 0 && texts->arguments[0][0] == '\0')
        return fail(err, ERROR_INVALID, "the program has no name");
    for (const char **text = texts->environment; *text; text++)
        if (**text == '=' || !strchr(*text, '='))
            return fail(err, ERROR_INVALID, "%s is no NAME=value", text_show(*text, shown));
    for (size_t i = 0; texts->task_cpus && i < start->tasks; i++)
        if (*texts->task_cpus[i] && !cpu_list_parse(texts->task_cpus[i], NULL, err))
            return fail_in(err, "cpus of task %zu", i);
    for (size_t i = 0; texts->task_memory && i < start->tasks; i++)
        if (*texts->task_memory[i] && !cpu_list_parse(texts->task_memory[i], NULL, err))
            return fail_in(err, "NUMA nodes of task %zu", i);
    return true;
}

static bool take_ranks(const char **place, const char *end, uint32_t count, uint32_t **ret_ranks,
                       struct error *err)
{
    uint32_t *ranks = NEW_ARRAY(uint32_t, count);

    *ret_ranks = ranks;
    for (uint32_t i = 0; i < count; i++) {
        const char *text = take_text(place, end);

        if (!text)
            return fail(err, ERROR_INVALID, "rank %" PRIu32 " of %" PRIu32 " is missing", i + 1,
                        count);
        if (!parse_u32(text, 0, INT32_MAX, &ranks[i], err))
            return fail_in(err, "rank of task %" PRIu32, i);
    }
    return true;
}

static bool take_per_task(const char **place, const char *end, const struct request_start *start,
                          struct start_texts *texts, struct error *err)
{
    if (start->per_task_cpus &&
        !take_texts(place, end, start->tasks, "cpu list", &texts->task_cpus, err))
        return false;
    if (start->per_task_memory &&
        !take_texts(place, end, start->tasks, "list of NUMA nodes", &texts->task_memory, err))
        return false;
    return !start->per_task_ranks || take_ranks(place, end, start->tasks, &texts->task_ranks, err);
}

static bool read_texts(const struct request_start *start, const char *bytes, size_t size,
                       struct start_texts *texts, struct error *err)
{
    const char *end = bytes + size;
    const char *place;

    if (start->script_size > size)
        return fail(err, ERROR_INVALID, "the script is cut short");
    texts->script = start->script_size > 0 ? bytes : NULL;
    texts->script_size = start->script_size;
    place = bytes + start->script_size;
    if (!take_path(&place, end, "directory", &texts->directory, err) ||
        !take_path(&place, end, "output", &texts->output, err) ||
        !take_path(&place, end, "error", &texts->error, err) ||
        !take_path(&place, end, "input", &texts->input, err) ||
        !take_texts(&place, end, start->argument_count, "argument", &texts->arguments, err) ||
        !take_texts(&place, end, start->environment_count, "variable", &texts->environment, err))
        return false;
    if (!take_per_task(&place, end, start, texts, err))
        return false;
    if (place != end)
        return fail(err, ERROR_INVALID, "%td bytes are left over", end - place);
    return check_texts(start, texts, err);
}

bool start_texts_read(const struct request_start *start, const char *bytes, size_t size,
                      struct start_texts *ret_texts, struct error *err)
{
    struct start_texts texts = {0};

    if (!read_texts(start, bytes, size, &texts, err)) {
        start_texts_clear(&texts);
        return false;
    }
    *ret_texts = texts;
    return true;
}

void start_texts_clear(struct start_texts *texts)
{
    free(texts->arguments);
    free(texts->environment);
    free(texts->task_cpus);
    free(texts->task_memory);
    free(texts->task_ranks);
    *texts = (struct start_texts){0};
}
