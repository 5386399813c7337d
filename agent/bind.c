/* bind.c - tequio-bind: between mpirun and each of its ranks
 *
 * `tequio-bind PROGRAM [ARGUMENT]...` binds itself as the agent has planned for the job's task of
 * this number on this node (TEQUIO_BINDING names the file: one line for each task), and becomes the
 * program.  Ranks that mpirun starts in another number than the job has tasks here may use all of
 * the job's cores, and so may those that somebody bound already. */

#include "agent/about.h"
#include "agent/task_gpus.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/idset.h"
#include "base/parse.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME      "tequio-bind"
#define FILE_MAX  (8u << 20)
#define CPU_LIMIT 8192

/* The line of task `local`, cut off from the rest; NULL when there are not just `tasks` lines. */
static char *find_line(char *text, uint32_t local, uint32_t tasks)
{
    char *rest = text, *line, *found = NULL;
    uint32_t count = 0;

    while ((line = strsep(&rest, "\n")) && *line)
        if (count++ == local)
            found = line;
    return count == tasks ? found : NULL;
}

static bool read_number(const char *variable, uint32_t *ret_number)
{
    const char *text = getenv(variable);
    struct error ignored;

    return text && parse_u32(text, 0, INT32_MAX, ret_number, &ignored);
}

/* 8192 bits. */
static cpu_set_t *bits_of(const char *list, struct error *err)
{
    CLEANUP(idset_freep) struct idset *set = idset_parse(list, err);
    cpu_set_t *bits;

    if (!set)
        return NULL;
    bits = memory_get(1, CPU_ALLOC_SIZE(CPU_LIMIT));
    for (uint32_t id = idset_first(set); id < CPU_LIMIT; id = idset_after(set, id))
        CPU_SET_S(id, CPU_ALLOC_SIZE(CPU_LIMIT), bits);
    return bits;
}

/* "CPUS MEMORY". */
static bool bind_as(char *line, struct error *err)
{
    char *memory = strchr(line, ' ');
    CLEANUP(memory_freep) cpu_set_t *cpus = NULL;
    CLEANUP(memory_freep) cpu_set_t *nodes = NULL;

    if (!memory)
        return fail(err, ERROR_INVALID, "the line %.60s has one word", line);
    *memory++ = '\0';
    cpus = bits_of(line, err);
    if (!cpus)
        return false;
    if (sched_setaffinity(0, CPU_ALLOC_SIZE(CPU_LIMIT), cpus) != 0)
        return fail_errno(err, "bind to cpus %s", line);
    if (strcmp(memory, "-") == 0)
        return true;
    nodes = bits_of(memory, err);
    if (!nodes)
        return false;
    return syscall(SYS_set_mempolicy, MPOL_BIND, nodes, CPU_LIMIT + 1UL) == 0 ||
           fail_errno(err, "bind to the memory of NUMA nodes %s", memory);
}

static uint32_t cpus_allowed(void)
{
    CLEANUP(memory_freep) cpu_set_t *bits = memory_get(1, CPU_ALLOC_SIZE(CPU_LIMIT));

    if (sched_getaffinity(0, CPU_ALLOC_SIZE(CPU_LIMIT), bits) != 0)
        return 0;
    return (uint32_t)CPU_COUNT_S(CPU_ALLOC_SIZE(CPU_LIMIT), bits);
}

/* Has --bind-to of mpirun, or numactl, been before us? */
static bool is_bound_already(void)
{
    const char *list = getenv("TEQUIO_CPU_LIST_REAL");
    CLEANUP(idset_freep) struct idset *all = NULL;
    struct error ignored;

    all = list ? idset_parse(list, &ignored) : NULL;
    return all && cpus_allowed() < idset_count(all);
}

/* It has cores of its own: so have its threads, unless the person says otherwise. */
static void set_threads(void)
{
    uint32_t threads;

    if (!read_number("OMP_NUM_THREADS", &threads) || threads < 2)
        return;
    setenv("OMP_PLACES", "cores", 0);
    setenv("OMP_PROC_BIND", "close", 0);
}

static bool bind_rank(struct error *err)
{
    const char *path = getenv("TEQUIO_BINDING");
    CLEANUP(buffer_clear) struct buffer text = {0};
    uint32_t local, tasks;
    char *line;

    if (!path || !read_number("OMPI_COMM_WORLD_LOCAL_RANK", &local) ||
        !read_number("OMPI_COMM_WORLD_LOCAL_SIZE", &tasks) || is_bound_already())
        return true;
    buffer_init(&text);
    if (!file_read(path, FILE_MAX, &text, err))
        return false;
    line = find_line(text.bytes, local, tasks);
    if (!line)
        return true;
    task_gpus_set(RANK_GPUS, local);
    set_threads();
    return bind_as(line, err);
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "PROGRAM [ARGUMENT]...",
        .purpose = "Inside a job: mpirun starts each rank through this, which binds it to the "
                   "cores of its\n"
                   "task and becomes the program.  See tequio-agent(8).",
    };
    struct error err = {0};
    int status;

    if (about_is_all(&about, argc, argv, &status))
        return status;
    if (!bind_rank(&err))
        fprintf(stderr, NAME ": %s; all cpus of the job are used\n", err.text);
    execvp(argv[1], argv + 1);
    fprintf(stderr, NAME ": %s: %s\n", argv[1], strerror(errno));
    return errno == ENOENT ? 127 : 126;
}
