/* test_slurm.c - Slurm's scripts, and what they ask for here
 *
 * Each tests/golden/slurm/NAME.sh is read as `tequio submit` reads it; NAME.expected says what must
 * come out.  TEQUIO_GOLDEN=write writes those anew, to be read before they are believed. */

#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"
#include "client/job_options.h"
#include "client/submission.h"
#include "tests/lib/runner.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SCRIPTS_LEAST = 20, SCRIPT_SIZE_MAX = 65536 };

static void add_text(struct buffer *out, const char *name, const char *text)
{
    if (*text)
        buffer_print(out, "%s %s\n", name, text);
}

static void add_number(struct buffer *out, const char *name, int64_t number)
{
    if (number)
        buffer_print(out, "%s %" PRId64 "\n", name, number);
}

static void add_size(struct buffer *out, const char *name, uint64_t size)
{
    if (!size)
        return;
    buffer_print(out, "%s ", name);
    print_size(size, out);
    buffer_add_char(out, '\n');
}

static void add_times(struct buffer *out, const Wire__JobSpec *spec)
{
    if (spec->limit_us == PARSE_UNLIMITED)
        buffer_add_text(out, "time unlimited\n");
    if (spec->limit_us > 0 && spec->limit_us != PARSE_UNLIMITED) {
        buffer_add_text(out, "time ");
        print_duration(spec->limit_us, out);
        buffer_add_char(out, '\n');
    }
    if (spec->begin_us > 0) {
        buffer_add_text(out, "begin ");
        print_time(spec->begin_us, out);
        buffer_add_char(out, '\n');
    }
    if (spec->warning_signal)
        buffer_print(out, "signal %" PRIu32 " %" PRId64 " s before%s\n", spec->warning_signal,
                     spec->warning_us / US_PER_SECOND,
                     spec->warning_batch_only ? ", to the script alone" : "");
}

static void add_layout(struct buffer *out, const Wire__TaskLayout *layout)
{
    if (!layout)
        return;
    add_number(out, "bind", (int64_t)layout->bind);
    add_number(out, "order", (int64_t)layout->order);
    add_number(out, "threads-per-core", layout->threads_per_core);
    add_number(out, "plane", layout->plane);
}

static void add_resources(struct buffer *out, const Wire__JobSpec *spec)
{
    for (size_t i = 0; i < spec->n_clusters; i++)
        add_text(out, "cluster", spec->clusters[i]);
    add_text(out, "project", spec->project);
    add_text(out, "partition", spec->partition);
    if (spec->nodes_least || spec->nodes_most)
        buffer_print(out, "nodes %" PRIu32 "-%" PRIu32 "\n", spec->nodes_least, spec->nodes_most);
    add_number(out, "tasks", spec->tasks);
    add_number(out, "cpus-per-task", spec->cpus_per_task);
    add_number(out, "tasks-per-node", spec->tasks_per_node);
    add_size(out, "memory-per-node", spec->memory_per_node);
    add_size(out, "memory-per-cpu", spec->memory_per_cpu);
    add_number(out, "exclusive", spec->exclusive);
    add_number(out, "gpus", spec->gpus);
    add_number(out, "gpus-per-node", spec->gpus_per_node);
    add_number(out, "gpus-per-task", spec->gpus_per_task);
    add_text(out, "gpu-type", spec->gpu_type);
    add_number(out, "cpus-per-gpu", spec->cpus_per_gpu);
    add_size(out, "memory-per-gpu", spec->memory_per_gpu);
    add_text(out, "features", spec->features);
    add_text(out, "licenses", spec->licenses);
    add_layout(out, spec->layout);
    add_text(out, "node-list", spec->node_list);
    add_text(out, "node-exclude", spec->node_exclude);
}

static void add_rest(struct buffer *out, const Wire__JobSpec *spec)
{
    add_number(out, "nice", spec->nice);
    add_number(out, "hold", spec->hold);
    for (size_t i = 0; i < spec->n_dependencies; i++)
        buffer_print(out, "dependency %d of %" PRIu64 " after %" PRId64 " s%s\n",
                     (int)spec->dependencies[i]->kind, spec->dependencies[i]->job,
                     spec->dependencies[i]->delay_us / US_PER_SECOND,
                     spec->dependency_any ? ", or" : "");
    add_number(out, "dependency-keep", spec->dependency_keep);
    add_number(out, "no-requeue", spec->no_requeue);
    add_number(out, "copies", spec->copies);
    add_text(out, "array", spec->array);
    add_number(out, "array-limit", spec->array_limit);
    add_text(out, "comment", spec->comment);
    add_text(out, "directory", spec->directory);
    add_text(out, "output", spec->output);
    add_text(out, "error", spec->error);
    add_text(out, "input", spec->input);
    add_number(out, "append", spec->append);
    for (size_t i = 0; i < spec->n_environment; i++)
        add_text(out, "variable", spec->environment[i]);
}

static void describe(const char *name, const struct buffer *script, struct buffer *out)
{
    CLEANUP(submission_freep) struct submission *submission = submission_new();
    struct submission_source source = {.rules = submit_options};
    const Wire__JobSpec *spec;
    struct error err = {0};

    source.file = jobfile_parse(name, script->bytes, script->length, &err);
    if (!source.file || !submission_add(submission, &source, &err)) {
        buffer_print(out, "refused: %s\n", err.text);
        return;
    }
    spec = submission_spec(submission, 0);
    add_text(out, "name", spec->name);
    add_resources(out, spec);
    add_times(out, spec);
    add_rest(out, spec);
    buffer_add_text(out, submission_notes(submission));
}

static void check(const char *folder, const char *script, bool writes)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", folder, script);
    CLEANUP(memory_freep)
    char *golden = memory_format("%s/%.*s.expected", folder, (int)strlen(script) - 3, script);
    CLEANUP(buffer_clear) struct buffer text = {0};
    CLEANUP(buffer_clear) struct buffer expected = {0};
    CLEANUP(buffer_clear) struct buffer found = {0};
    struct error err = {0};

    buffer_init(&text);
    buffer_init(&expected);
    buffer_init(&found);
    CU_ASSERT_FATAL(file_read(path, SCRIPT_SIZE_MAX, &text, &err));
    describe(script, &text, &found);
    if (writes)
        CU_ASSERT(file_replace(golden, found.bytes, found.length, 0644, &err));
    CU_ASSERT(file_read(golden, SCRIPT_SIZE_MAX, &expected, &err));
    CU_ASSERT_STRING_EQUAL(found.bytes, expected.bytes);
    if (strcmp(found.bytes, expected.bytes) != 0)
        printf("# %s is now:\n%s", script, found.bytes);
}

static void test_scripts_are_understood(void)
{
    const char *source = getenv("TEQUIO_SOURCE"), *mode = getenv("TEQUIO_GOLDEN");
    bool writes = mode && strcmp(mode, "write") == 0;
    CLEANUP(memory_freep)
    char *folder = memory_format("%s/tests/golden/slurm", source ? source : ".");
    static char *variables[] = {(char *)"HOME=/home/ana", (char *)"EDITOR=vi",
                                (char *)"SLURM_JOB_ID=7", (char *)"TZ=UTC0", NULL};
    DIR *scripts = opendir(folder);
    size_t count = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(scripts);
    CU_ASSERT_EQUAL(chdir("/"), 0);
    environ = variables;
    for (struct dirent *entry = readdir(scripts); entry; entry = readdir(scripts)) {
        size_t length = strlen(entry->d_name);

        if (length < 4 || strcmp(entry->d_name + length - 3, ".sh") != 0)
            continue;
        check(folder, entry->d_name, writes);
        count++;
    }
    closedir(scripts);
    CU_ASSERT(count >= SCRIPTS_LEAST);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"Slurm's scripts are understood", test_scripts_are_understood},
        CU_TEST_INFO_NULL,
    };

    return run_suite("slurm", tests);
}
