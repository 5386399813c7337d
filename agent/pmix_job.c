/* pmix_job.c - the tasks of a step, as the PMIx server of one node has to know them */

#include "agent/pmix_job.h"

#include "agent/core/ranks.h"
#include "base/digest.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MOST = 65536, TASKS_MOST = 65536 };

static const char *need(const char *name, struct error *err)
{
    const char *value = getenv(name);

    if (!value)
        fail(err, ERROR_INVALID, "%s is not set: this is started by the node's agent", name);
    return value;
}

static bool need_number(const char *name, uint32_t most, uint32_t *ret_number, struct error *err)
{
    const char *text = need(name, err);

    if (!text)
        return false;
    return parse_u32(text, 0, most, ret_number, err) || fail_in(err, "%s", name);
}

/* Cut a copy at the separators; free the words, then the array. */
static char **cut(const char *text, const char *separator, size_t *ret_count)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    char **words = NULL, *rest = copy, *word;

    *ret_count = 0;
    while ((word = strsep(&rest, separator))) {
        words = memory_resize(words, *ret_count + 1, sizeof(*words));
        words[(*ret_count)++] = memory_copy(word);
    }
    return words;
}

static void free_words(char **words, size_t count)
{
    for (size_t i = 0; words && i < count; i++)
        free(words[i]);
    free(words);
}

static bool read_nodes(struct pmix_job *job, struct error *err)
{
    const char *names = need("TEQUIO_PMIX_NODES", err);
    const char *counts = names ? need("TEQUIO_PMIX_TASKS", err) : NULL;
    char **words;
    size_t count;
    bool good = true;

    if (!counts)
        return false;
    job->nodes = cut(names, ",", &job->count);
    words = cut(counts, ",", &count);
    job->tasks = NEW_ARRAY(uint32_t, count);
    for (size_t i = 0; good && i < count; i++) {
        good = parse_u32(words[i], 1, TASKS_MOST, &job->tasks[i], err);
        job->all += good ? job->tasks[i] : 0;
    }
    free_words(words, count);
    if (good && (count != job->count || count > NODES_MOST || job->all > TASKS_MOST))
        return fail(err, ERROR_INVALID, "%zu nodes with %zu counts and %" PRIu32 " tasks",
                    job->count, count, job->all);
    return good;
}

/* Taken out of the environment: the ranks have no use for it. */
static bool read_key(struct pmix_job *job, struct error *err)
{
    const char *text = job->count > 1 ? need("TEQUIO_PMIX_KEY", err) : NULL;
    bool good;

    if (job->count == 1)
        return true;
    good =
        text && (hex_parse(text, job->key, PMIX_KEY_SIZE, err) || fail_in(err, "TEQUIO_PMIX_KEY"));
    unsetenv("TEQUIO_PMIX_KEY");
    return good;
}

static void number_ranks(struct pmix_job *job, uint32_t plane)
{
    job->ranks = NEW_ARRAY(uint32_t *, job->count);
    job->node_of = NEW_ARRAY(uint32_t, job->all);
    for (size_t i = 0; i < job->count; i++) {
        job->ranks[i] = NEW_ARRAY(uint32_t, job->tasks[i]);
        ranks_of(job->tasks, job->count, plane, i, job->ranks[i]);
        for (uint32_t task = 0; task < job->tasks[i]; task++)
            job->node_of[job->ranks[i][task]] = (uint32_t)i;
    }
}

static void name_job(struct pmix_job *job)
{
    const char *id = getenv("TEQUIO_JOB_ID"), *step = getenv("TEQUIO_STEP_ID");
    const char *restarts = getenv("TEQUIO_RESTART_COUNT");

    snprintf(job->name, sizeof(job->name), "tequio.%.20s.%.10s.%.20s", id ? id : "0",
             restarts ? restarts : "0", step ? step : "0");
}

static bool make_directory(struct pmix_job *job, struct error *err)
{
    const char *scratch = getenv("TMPDIR");

    if ((size_t)snprintf(job->directory, sizeof(job->directory), "%s/pmix.XXXXXX",
                         scratch ? scratch : "/tmp") >= sizeof(job->directory))
        return fail(err, ERROR_INVALID, "TMPDIR is too long");
    return mkdtemp(job->directory) || fail_errno(err, "%s", job->directory);
}

bool pmix_job_read(struct pmix_job *job, struct error *err)
{
    const char *cpus;
    uint32_t plane, index;
    size_t count = 0;

    if (!read_nodes(job, err) || !need_number("TEQUIO_PMIX_PLANE", TASKS_MOST, &plane, err) ||
        !need_number("TEQUIO_PMIX_INDEX", (uint32_t)job->count - 1, &index, err))
        return false;
    cpus = need("TEQUIO_PMIX_CPUS", err);
    if (!cpus)
        return false;
    job->index = index;
    number_ranks(job, plane);
    if (!read_key(job, err))
        return false;
    if (*cpus)
        job->cpus = cut(cpus, ";", &count);
    if (*cpus && count != pmix_job_tasks(job)) {
        free_words(STEAL(job->cpus), count);
        return fail(err, ERROR_INVALID, "%zu cpu lists for %" PRIu32 " tasks", count,
                    pmix_job_tasks(job));
    }
    name_job(job);
    return make_directory(job, err);
}

void pmix_job_clear(struct pmix_job *job)
{
    free_words(job->cpus, job->count > 0 && job->tasks ? pmix_job_tasks(job) : 0);
    for (size_t i = 0; job->ranks && i < job->count; i++)
        free(job->ranks[i]);
    free(job->ranks);
    free(job->node_of);
    free_words(job->nodes, job->count);
    free(job->tasks);
    *job = (struct pmix_job){0};
}

uint32_t pmix_job_tasks(const struct pmix_job *job)
{
    return job->tasks[job->index];
}

uint32_t pmix_job_rank(const struct pmix_job *job, uint32_t task)
{
    return job->ranks[job->index][task];
}

size_t pmix_job_node_of(const struct pmix_job *job, uint32_t rank)
{
    return rank < job->all ? job->node_of[rank] : job->count;
}

/* --- the tree ----------------------------------------------------------------------------------- */

static size_t parent_of(size_t node)
{
    return (node - 1) / PMIX_ARITY;
}

size_t pmix_job_parent(const struct pmix_job *job)
{
    return job->index == 0 ? job->count : parent_of(job->index);
}

size_t pmix_job_child(const struct pmix_job *job, size_t slot)
{
    return job->index * PMIX_ARITY + 1 + slot;
}

size_t pmix_job_children(const struct pmix_job *job)
{
    size_t first = pmix_job_child(job, 0);
    size_t left = first < job->count ? job->count - first : 0;

    return left < PMIX_ARITY ? left : PMIX_ARITY;
}

size_t pmix_job_slot_of(const struct pmix_job *job, size_t node)
{
    while (node > job->index && parent_of(node) != job->index)
        node = parent_of(node);
    return node > job->index && node < job->count ? node - pmix_job_child(job, 0) : PMIX_ARITY;
}
