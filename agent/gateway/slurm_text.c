/* slurm_text.c - what Slurm's commands print, taken apart */

#include "agent/gateway/slurm_text.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parse.h"

#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX  8
#define VALUE_SIZE  64
#define SECONDS_MAX (INT64_MAX / US_PER_SECOND)
#define CPUS_MAX    1000000

/* The line's fields, NUL-ended; free(*ret_copy). */
static bool split(const char *line, size_t count, char *fields[FIELDS_MAX], char **ret_copy,
                  struct error *err)
{
    char *rest = *ret_copy = memory_copy(line);
    char shown[TEXT_SHOWN_SIZE];
    size_t found = 0;
    char *field;

    while ((field = strsep(&rest, "|")) != NULL && found < FIELDS_MAX)
        fields[found++] = field;
    return (found == count && !field) ||
           fail(err, ERROR_INVALID, "%s has not %zu fields between bars", text_show(line, shown),
                count);
}

static bool read_seconds(const char *text, int64_t *ret_us, struct error *err)
{
    uint64_t seconds;

    *ret_us = 0;
    if (strcmp(text, "N/A") == 0 || strcmp(text, "Unknown") == 0 || strcmp(text, "None") == 0)
        return true;
    if (!parse_u64(text, 0, SECONDS_MAX, &seconds, err))
        return fail_in(err, "a time");
    *ret_us = (int64_t)seconds * US_PER_SECOND;
    return true;
}

static bool take_name(const char *what, const char *text, char *place, size_t size,
                      struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!*text || strlen(text) >= size)
        return fail(err, ERROR_INVALID, "%s is no %s", text_show(text, shown), what);
    memory_put_text(place, size, text);
    return true;
}

/* "1/3/0/4": taken, idle, other, all. */
static bool read_cpus(const char *text, uint32_t *ret_taken, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    char *rest = copy;
    uint32_t number, first = 0, count = 0;
    char *field;

    while ((field = strsep(&rest, "/")) != NULL) {
        if (!parse_u32(field, 0, CPUS_MAX, &number, err))
            return fail_in(err, "its cpus");
        if (count++ == 0)
            first = number;
    }
    *ret_taken = first;
    return count == 4 || fail(err, ERROR_INVALID, "its cpus are %u numbers, not 4", count);
}

bool slurm_read_node(const char *line, struct slurm_node *ret_node, struct error *err)
{
    CLEANUP(memory_freep) char *copy = NULL;
    struct slurm_node node = {0};
    char *fields[FIELDS_MAX];
    uint64_t mebibytes;

    if (!split(line, 7, fields, &copy, err) ||
        !take_name("node", fields[0], node.name, sizeof(node.name), err) ||
        !take_name("state", fields[1], node.state, sizeof(node.state), err) ||
        !read_cpus(fields[2], &node.cpus_taken, err) ||
        !parse_u64(fields[3], 1, UINT64_C(1) << 40, &mebibytes, err) ||
        !parse_u32(fields[4], 1, CPUS_MAX, &node.sockets, err) ||
        !parse_u32(fields[5], 1, CPUS_MAX, &node.cores_each, err) ||
        !parse_u32(fields[6], 1, CPUS_MAX, &node.threads_each, err))
        return fail_in(err, "a node as sinfo prints it");
    node.memory_bytes = mebibytes << 20;
    *ret_node = node;
    return true;
}

bool slurm_read_job(const char *line, struct slurm_job *ret_job, struct error *err)
{
    CLEANUP(memory_freep) char *copy = NULL;
    struct slurm_job job = {0};
    char *fields[FIELDS_MAX];

    /* Whoever else uses the account may have arrays, "17_[1-9]", and bars in names. */
    *ret_job = job;
    if (strncmp(line + strspn(line, "0123456789"), "|" SLURM_OUR_NAME, sizeof(SLURM_OUR_NAME)) != 0)
        return true;
    if (!split(line, 6, fields, &copy, err) || !parse_job_id(fields[0], &job.id, err) ||
        !take_name("name of a job of ours", fields[1], job.name, sizeof(job.name), err) ||
        !read_seconds(fields[3], &job.start_us, err) ||
        !parse_u32(fields[4], 0, UINT32_MAX, &job.cpus, err) ||
        !parse_u32(fields[5], 0, UINT32_MAX, &job.nodes, err))
        return fail_in(err, "a job as squeue prints it");
    job.phase = slurm_job_state(fields[2])->phase;
    *ret_job = job;
    return true;
}

/* The value of the first " KEY=VALUE": what its user can write comes behind all that is asked for. */
static bool find_value(const char *line, const char *key, char value[VALUE_SIZE], struct error *err)
{
    size_t size = strlen(key);

    for (const char *at = line; at; at = strchr(at, ' ')) {
        at += strspn(at, " ");
        if (strncmp(at, key, size) != 0 || at[size] != '=')
            continue;
        at += size + 1;
        if (strcspn(at, " \n") >= VALUE_SIZE)
            break;
        memory_put_text(value, strcspn(at, " \n") + 1, at);
        return true;
    }
    return fail(err, ERROR_INVALID, "a job as scontrol prints it has no %s=", key);
}

static bool read_exit(char *text, struct slurm_end *end, struct error *err)
{
    char *signal = strchr(text, ':');

    if (!signal)
        return fail(err, ERROR_INVALID, "ExitCode=%s is not CODE:SIGNAL", text);
    *signal++ = '\0';
    return parse_u32(text, 0, 255, &end->exit_code, err) &&
           parse_u32(signal, 0, 127, &end->exit_signal, err);
}

bool slurm_read_end(const char *line, struct slurm_end *ret_end, struct error *err)
{
    struct slurm_end end = {0};
    char value[VALUE_SIZE];

    if (!find_value(line, "JobState", value, err))
        return false;
    end.state = slurm_job_state(value);
    if (!find_value(line, "ExitCode", value, err) || !read_exit(value, &end, err) ||
        !find_value(line, "StartTime", value, err) || !read_seconds(value, &end.start_us, err) ||
        !find_value(line, "EndTime", value, err) || !read_seconds(value, &end.end_us, err))
        return false;
    *ret_end = end;
    return true;
}

bool slurm_read_submitted(const char *text, uint64_t *ret_id, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);

    copy[strcspn(copy, ";\n")] = '\0';
    return parse_job_id(copy, ret_id, err) || fail_in(err, "what sbatch prints");
}

char *slurm_next_line(char **rest)
{
    char *line;

    do
        line = *rest ? strsep(rest, "\n") : NULL;
    while (line && !*line);
    return line;
}

/* --- sacct -------------------------------------------------------------------------------------- */

/* "[D-][HH:]MM:SS[.mmm]"; "" is none. */
static bool read_cpu_time(const char *text, int64_t *ret_us, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    char *point = strchr(copy, '.');
    uint64_t thousandths = 0;
    int64_t whole_us = 0;

    if (point) {
        *point++ = '\0';
        if (strlen(point) != 3 || !parse_u64(point, 0, 999, &thousandths, err))
            return fail(err, ERROR_INVALID, "the time %.40s has not three digits behind its point",
                        text);
    }
    if (*copy && !parse_duration(copy, &whole_us, err))
        return fail_in(err, "a time of cpus");
    *ret_us = whole_us + (int64_t)thousandths * 1000;
    return true;
}

static bool read_use_line(const char *line, struct slurm_use *use, struct error *err)
{
    CLEANUP(memory_freep) char *copy = NULL;
    char *fields[FIELDS_MAX];
    uint64_t peak_bytes = 0;
    int64_t cpu_us;

    if (!split(line, 3, fields, &copy, err) || !read_cpu_time(fields[1], &cpu_us, err) ||
        (*fields[2] && !parse_size(fields[2], 1, &peak_bytes, err)))
        return false;
    if (!strchr(fields[0], '.')) /* the job: the sum of its steps */
        use->cpu_us = cpu_us;
    if (peak_bytes > use->memory_peak_bytes)
        use->memory_peak_bytes = peak_bytes;
    return true;
}

bool slurm_read_use(const char *text, struct slurm_use *ret_use, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    struct slurm_use use = {0};
    char *rest = copy;
    char *line;

    while ((line = slurm_next_line(&rest)) != NULL)
        if (!read_use_line(line, &use, err))
            return fail_in(err, "what sacct prints");
    *ret_use = use;
    return true;
}
