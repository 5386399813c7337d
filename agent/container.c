/* container.c - tequio-container: a job's command inside an image, by what the node has for that
 *
 * `tequio-container IMAGE COMMAND [ARGUMENT]...` becomes the first container runtime of the table
 * that the search path has, or the one that CONTAINER_RUNTIME names.  It runs as the job's
 * user, in the job's cgroup and on its cores: neither the agent nor the launcher needs to know what
 * a container is.  The image sees the job's working directory and its scratch directory. */

#include "agent/about.h"
#include "base/memory.h"
#include "base/options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME       "tequio-container"
#define WORDS_MORE 16 /* that a runtime puts before the command */

struct call {
    char *image;
    char *directory; /* the job's working directory */
    char *files;     /* where its script and credential are; NULL: nowhere */
    char *scratch;   /* NULL: there is none */
    char **words;    /* what is executed at last, NULL-ended */
    size_t count;
};

static void add(struct call *call, char *word)
{
    call->words[call->count++] = word;
}

static void add_pair(struct call *call, const char *option, char *value)
{
    add(call, (char *)(uintptr_t)option);
    add(call, value);
}

/* --- Apptainer, and Singularity, which it was ------------------------------------------------------ */

/* https://apptainer.org/docs: exec, --bind and --pwd.  What is bound need not be in the image. */
static void add_apptainer(struct call *call, char **command)
{
    (void)command;
    add(call, (char *)"exec");
    add_pair(call, "--bind", call->directory);
    if (call->files)
        add_pair(call, "--bind", call->files);
    if (call->scratch)
        add_pair(call, "--bind", call->scratch);
    add_pair(call, "--pwd", call->directory);
    add(call, call->image);
}

/* --- Charliecloud ------------------------------------------------------------------------------------ */

/* Files can be bound only where the image has something already.  So the script is read through
 * a descriptor that the command inherits. */
static void open_script(const struct call *call, char **command)
{
    CLEANUP(memory_freep) char *script = NULL;

    if (!call->files)
        return;
    script = memory_format("%s/script", call->files);
    for (; *command; command++) {
        int descriptor;

        if (strcmp(*command, script) != 0)
            continue;
        descriptor = open(script, O_RDONLY); /* NOLINT(android-cloexec-open): inherited */
        if (descriptor >= 0)
            *command = memory_format("/proc/self/fd/%d", descriptor);
        return;
    }
}

/* ch-run(1).  It shows TMPDIR, which is the job's scratch directory, as /tmp; of other places an image has
 * /mnt for sure. */
static void add_charliecloud(struct call *call, char **command)
{
    add_pair(call, "--bind", memory_format("%s:/mnt", call->directory));
    add_pair(call, "--cd", (char *)"/mnt");
    if (call->scratch) {
        add(call, (char *)"--set-env=TMPDIR=/tmp");
        add(call, (char *)"--set-env=TEQUIO_SCRATCH=/tmp");
    }
    add(call, call->image);
    add(call, (char *)"--");
    open_script(call, command);
}

/* --- whichever there is ------------------------------------------------------------------------------ */

static const struct {
    const char *program;
    void (*add)(struct call *call, char **command);
} runtimes[] = {
    {"apptainer",   add_apptainer   },
    {"singularity", add_apptainer   },
    {"ch-run",      add_charliecloud},
};

/* As a shell would; free() it.  NULL: there is none. */
static char *search(const char *program)
{
    const char *path = getenv("PATH");

    for (path = path && *path ? path : "/usr/local/bin:/usr/bin:/bin"; path; path++) {
        int length = (int)strcspn(path, ":");
        char *whole = memory_format("%.*s/%s", length, path, program);

        if (length > 0 && access(whole, X_OK) == 0)
            return whole;
        free(whole);
        path = strchr(path, ':');
        if (!path)
            return NULL;
    }
    return NULL;
}

/* Its number in the table, and its file; COUNT_OF(runtimes): none. */
static size_t find_runtime(char **ret_file)
{
    const char *named = getenv("CONTAINER_RUNTIME");

    for (size_t i = 0; i < COUNT_OF(runtimes); i++) {
        if (named && *named && strcmp(named, runtimes[i].program) != 0)
            continue;
        *ret_file = search(runtimes[i].program);
        if (*ret_file)
            return i;
    }
    return COUNT_OF(runtimes);
}

/* The launcher put the script and the credential into one directory (runtime_process.h). */
static char *files_of_job(void)
{
    const char *credential = getenv("TEQUIO_CREDENTIAL");
    const char *name = credential ? strrchr(credential, '/') : NULL;

    return name ? memory_format("%.*s", (int)(name - credential), credential) : NULL;
}

static int missing(void)
{
    const char *named = getenv("CONTAINER_RUNTIME");
    const char *node = getenv("TEQUIO_NODENAME");

    fprintf(stderr, NAME ": node %s has no ", node ? node : "this");
    if (named && *named)
        fprintf(stderr, "%s (CONTAINER_RUNTIME) that I know; I know", named);
    else
        fputs("container runtime in the job's PATH; I look for", stderr);
    for (size_t i = 0; i < COUNT_OF(runtimes); i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", runtimes[i].program);
    fputc('\n', stderr);
    return 127;
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "IMAGE COMMAND [ARGUMENT]...",
        .purpose =
            "Inside a job with --container: becomes the node's container runtime (apptainer,\n"
            "singularity, ch-run), which runs COMMAND in IMAGE.  The agent starts it: see\n"
            "tequio-submit(1).",
    };
    struct call call = {0};
    char *file = NULL;
    char directory[PATH_MAX];
    size_t runtime;

    if (about_asked(&about, argc, argv))
        return options_told(NAME);
    if (argc < 3) {
        about_usage(&about);
        return 2;
    }
    if (!getcwd(directory, sizeof(directory))) {
        fprintf(stderr, NAME ": working directory: %s\n", strerror(errno));
        return 126;
    }
    runtime = find_runtime(&file);
    if (runtime == COUNT_OF(runtimes))
        return missing();
    call.image = argv[1];
    call.directory = directory;
    call.files = files_of_job();
    call.scratch = getenv("TEQUIO_SCRATCH");
    call.words = NEW_ARRAY(char *, WORDS_MORE + (size_t)argc);
    add(&call, file);
    runtimes[runtime].add(&call, argv + 2);
    for (int i = 2; i < argc; i++)
        add(&call, argv[i]);
    execv(file, call.words);
    fprintf(stderr, NAME ": %s: %s\n", file, strerror(errno));
    return 127;
}
