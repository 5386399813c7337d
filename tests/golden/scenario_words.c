/* scenario_words.c - the words of a scenario's line */

#include "tests/golden/scenario.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/dependency.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void stop(const struct play *play, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "scenario: line %u: ", play->line);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

char *value_of(const struct play *play, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 1; i < play->count; i++)
        if (strncmp(play->words[i], name, length) == 0 && play->words[i][length] == '=')
            return play->words[i] + length + 1;
    return NULL;
}

bool has_word(const struct play *play, const char *word)
{
    for (size_t i = 1; i < play->count; i++)
        if (strcmp(play->words[i], word) == 0)
            return true;
    return false;
}

char *need_word(const struct play *play, size_t place)
{
    if (place >= play->count)
        stop(play, "%s: a word is missing", play->words[0]);
    return play->words[place];
}

uint64_t number_of(const struct play *play, const char *name, uint64_t otherwise)
{
    const char *text = value_of(play, name);
    struct error err;
    uint64_t value;

    if (!text)
        return otherwise;
    if (!parse_u64(text, 0, UINT64_MAX, &value, &err))
        stop(play, "%s: %s", name, err.text);
    return value;
}

int64_t duration_of(const struct play *play, const char *name, int64_t otherwise)
{
    const char *text = value_of(play, name);
    struct error err;
    int64_t value;

    if (!text)
        return otherwise;
    if (!parse_duration(text, &value, &err))
        stop(play, "%s: %s", name, err.text);
    return value;
}

uint64_t size_of(const struct play *play, const char *name)
{
    const char *text = value_of(play, name);
    struct error err;
    uint64_t value;

    if (!text)
        return 0;
    if (!parse_size(text, 1, &value, &err))
        stop(play, "%s: %s", name, err.text);
    return value;
}

uint64_t job_of(const struct play *play, const char *word, struct elements *ret_elements)
{
    CLEANUP(memory_freep) char *copy = memory_copy(word);
    CLEANUP(elements_clear) struct elements elements = {0};
    char *bar = strchr(copy, '_');
    struct error err;
    uint64_t job;

    if (bar)
        *bar++ = '\0';
    if (!parse_job_id(copy, &job, &err) ||
        (bar && !elements_parse(bar, ELEMENTS_RUNS_MAX, &elements, &err)))
        stop(play, "%s", err.text);
    if (!bar || (!ret_elements && elements.count == 1))
        return bar ? array_element_id(job, elements_first(&elements)) : job;
    if (!ret_elements)
        stop(play, "%s is more than one job", word);
    elements_copy(ret_elements, &elements);
    return job;
}

static enum dependency_kind kind_of(const struct play *play, const char *name)
{
    for (int kind = 0; kind < DEPENDENCY_KIND_COUNT; kind++)
        if (strcmp(name, dependency_kind_name((enum dependency_kind)kind)) == 0)
            return (enum dependency_kind)kind;
    stop(play, "no dependency %s", name);
}

static struct dependency dependency_of(const struct play *play, char *term)
{
    char *job = strchr(term, ':'), *delay = strchr(term, '+');
    struct dependency dependency = {0};
    struct error err;

    if (delay)
        *delay++ = '\0';
    if (job)
        *job++ = '\0';
    dependency.kind = kind_of(play, term);
    if (job)
        dependency.parent = job_of(play, job, NULL);
    if (delay && !parse_duration(delay, &dependency.delay_us, &err))
        stop(play, "%s", err.text);
    return dependency;
}

struct dependencies *dependencies_of(const struct play *play)
{
    CLEANUP(memory_freep) char *text = NULL;
    struct dependencies *dependencies;
    char *rest, *term;

    if (!value_of(play, "depend"))
        return NULL;
    rest = text = memory_copy(value_of(play, "depend"));
    dependencies = dependencies_new((uint32_t)strlen(text));
    dependencies->count = 0;
    dependencies->any = strchr(text, '?') != NULL;
    dependencies->keep = has_word(play, "keep");
    while ((term = strsep(&rest, ",?")))
        dependencies->all[dependencies->count++] = dependency_of(play, term);
    return dependencies;
}

static enum window_repeat repeat_of(const struct play *play)
{
    const char *text = value_of(play, "repeat");

    for (int i = 0; text && i < WINDOW_REPEAT_COUNT; i++)
        if (strcmp(text, window_repeat_name((enum window_repeat)i)) == 0)
            return (enum window_repeat)i;
    if (text)
        stop(play, "no repeat %s", text);
    return WINDOW_ONCE;
}

static const char *text_of(const struct play *play, const char *name)
{
    const char *text = value_of(play, name);

    return text ? text : "";
}

void window_of(const struct play *play, struct window_facts *ret_facts)
{
    int64_t start_us = play->now_us + duration_of(play, "from", 0);

    *ret_facts = (struct window_facts){
        .name = need_word(play, 1),
        .cluster = value_of(play, "cluster") ? value_of(play, "cluster") : play->clusters[0].name,
        .nodes = value_of(play, "nodes"),
        .start_us = start_us,
        .end_us = start_us + duration_of(play, "for", US_PER_HOUR),
        .repeat = repeat_of(play),
        .maintenance = has_word(play, "maintenance"),
        .users = text_of(play, "users"),
        .projects = text_of(play, "projects"),
        .institutions = text_of(play, "institutions"),
    };
}

static char *copy_of(const struct play *play, const char *name)
{
    return value_of(play, name) ? memory_copy(value_of(play, name)) : NULL;
}

struct constraints *constraints_of(const struct play *play)
{
    struct constraints *constraints = NEW(struct constraints);

    constraints->gpu_type = copy_of(play, "gpu-type");
    constraints->gpus = (uint32_t)number_of(play, "gpus", 0);
    constraints->gpus_per_node = (uint32_t)number_of(play, "gpus-per-node", 0);
    constraints->gpus_per_task = (uint32_t)number_of(play, "gpus-per-task", 0);
    constraints->cpus_per_gpu = (uint32_t)number_of(play, "cpus-per-gpu", 0);
    constraints->memory_per_gpu = size_of(play, "memory-per-gpu");
    constraints->features = copy_of(play, "features");
    constraints->licenses = copy_of(play, "licenses");
    constraints->switches = (uint32_t)number_of(play, "switches", 0);
    constraints->switches_us = duration_of(play, "switch-wait", 0);
    constraints->stage_bytes = size_of(play, "stage-size");
    if (constraints_any(constraints))
        return constraints;
    constraints_free(constraints);
    return NULL;
}
