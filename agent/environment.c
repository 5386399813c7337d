/* environment.c - what a job's processes find in their environment */

#include "agent/environment.h"

#include "base/hostlist.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char *text; /* NAME=value */
    size_t name_size;
};

struct environment {
    struct table *by_name; /* struct entry */
    const char **all;
};

struct environment *environment_new(void)
{
    struct environment *environment = NEW(struct environment);

    environment->by_name = table_new();
    return environment;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    free(entry->text);
    free(entry);
}

void environment_free(struct environment *environment)
{
    struct entry *entry;
    size_t place = 0;

    if (!environment)
        return;
    while ((entry = table_next(environment->by_name, &place)) != NULL)
        entry_free(entry);
    table_free(environment->by_name);
    free(environment->all);
    free(environment);
}

/* Takes the text over. */
static void put(struct environment *environment, char *text)
{
    struct entry *entry = NEW(struct entry);

    entry->text = text;
    entry->name_size = strcspn(text, "=");
    entry_free(table_put(environment->by_name, text, entry->name_size, entry));
}

void environment_set(struct environment *environment, const char *name, const char *format, ...)
{
    CLEANUP(memory_freep) char *value = NULL;
    va_list arguments;
    int size;

    va_start(arguments, format);
    size = vasprintf(&value, format, arguments);
    va_end(arguments);
    if (size < 0)
        abort(); /* out of memory */
    put(environment, memory_format("%s=%s", name, value));
}

void environment_offer(struct environment *environment, const char *name, const char *value)
{
    if (!environment_get(environment, name))
        environment_set(environment, name, "%s", value);
}

const char *environment_get(const struct environment *environment, const char *name)
{
    const struct entry *entry = table_get(environment->by_name, name, strlen(name));

    return entry ? entry->text + entry->name_size + 1 : NULL;
}

size_t environment_count(const struct environment *environment)
{
    return table_count(environment->by_name);
}

const char *const *environment_all(struct environment *environment)
{
    size_t count = 0, place = 0;
    struct entry *entry;

    free(environment->all);
    environment->all = NEW_ARRAY(const char *, environment_count(environment) + 1);
    while ((entry = table_next(environment->by_name, &place)) != NULL)
        environment->all[count++] = entry->text;
    return environment->all;
}

void print_repeated(const uint32_t *numbers, size_t count, struct buffer *buffer)
{
    for (size_t i = 0; i < count;) {
        size_t same = 1;

        while (i + same < count && numbers[i + same] == numbers[i])
            same++;
        buffer_print(buffer, "%s%" PRIu32, i > 0 ? "," : "", numbers[i]);
        if (same > 1)
            buffer_print(buffer, "(x%zu)", same);
        i += same;
    }
}

void environment_host_file(const Wire__PartLaunch *launch, bool hydra, struct buffer *buffer)
{
    for (size_t i = 0; i < launch->n_nodes; i++) {
        uint32_t tasks = i < launch->n_node_tasks ? launch->node_tasks[i] : 1;

        if (tasks > 0)
            buffer_print(buffer, hydra ? "%s:%" PRIu32 "\n" : "%s slots=%" PRIu32 "\n",
                         launch->nodes[i], tasks);
    }
}

/* Names that a shell could not write are dropped, and those that are ours to set. */
static void take_submitted(struct environment *environment, char *const *submitted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = submitted[i];
        size_t size = strcspn(text, "=");

        if (size == 0 || text[size] != '=' || memchr(text, '\n', size) ||
            strncmp(text, "TEQUIO_", 7) == 0 || strncmp(text, "SLURM_", 6) == 0 ||
            strncmp(text, "SLURMD_", 7) == 0)
            continue;
        put(environment, memory_copy(text));
    }
}

static void set_both(struct environment *environment, const char *tail, const char *value)
{
    CLEANUP(memory_freep) char *ours = memory_format("TEQUIO_%s", tail);
    CLEANUP(memory_freep) char *slurms = memory_format("SLURM_%s", tail);

    environment_set(environment, ours, "%s", value);
    environment_set(environment, slurms, "%s", value);
}

static void set_both_number(struct environment *environment, const char *tail, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    set_both(environment, tail, text);
}

/* Some of a job's parts: all, or those of a component of a heterogeneous job. */
struct span {
    size_t first, count;
};

static struct span span_of_group(const Wire__PartLaunch *launch, size_t group)
{
    struct span span = {0, launch->n_nodes};

    for (size_t i = 0; i < group && i < launch->n_het; i++)
        span.first += launch->het[i]->parts;
    if (group < launch->n_het)
        span.count = launch->het[group]->parts;
    if (span.first > launch->n_nodes || span.count > launch->n_nodes - span.first)
        return (struct span){0, 0}; /* the launch was checked: never */
    return span;
}

/* The part's own component. */
static struct span span_of_part(const Wire__PartLaunch *launch)
{
    struct span span = span_of_group(launch, 0);

    for (size_t i = 1; i < launch->n_het && launch->part >= span.first + span.count; i++)
        span = span_of_group(launch, i);
    return span;
}

static char *node_list(const Wire__PartLaunch *launch, struct span span)
{
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_new();
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err;

    for (size_t i = span.first; i < span.first + span.count; i++)
        (void)hostlist_add(list, launch->nodes[i], &err); /* names were checked at the launch */
    buffer_init(&text);
    hostlist_print(list, &text);
    return buffer_steal(&text);
}

static void set_repeated(struct environment *environment, const char *name, const uint32_t *numbers,
                         size_t count)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    print_repeated(numbers, count, &text);
    environment_set(environment, name, "%s", text.bytes);
}

static void set_job(struct environment *environment, const Wire__PartLaunch *launch)
{
    set_both_number(environment, "JOB_ID", launch->job);
    environment_set(environment, "SLURM_JOBID", "%" PRIu64, launch->job);
    set_both(environment, "JOB_PARTITION", launch->partition);
    environment_set(environment, "TEQUIO_PARTITION", "%s", launch->partition);
    environment_set(environment, "TEQUIO_PROJECT", "%s", launch->project);
    environment_set(environment, "SLURM_JOB_ACCOUNT", "%s", launch->project);
    environment_set(environment, "TEQUIO_INSTITUTION", "%s", launch->institution);
    environment_set(environment, "TEQUIO_CLUSTER", "%s", launch->cluster);
    environment_set(environment, "SLURM_CLUSTER_NAME", "%s", launch->cluster);
    environment_set(environment, "SLURM_JOB_USER", "%s", launch->user);
    environment_set(environment, "TEQUIO_USER", "%s", launch->user);
    if (launch->restarts > 0)
        set_both_number(environment, "RESTART_COUNT", launch->restarts);
}

/* What its user has written. */
static void set_words(struct environment *environment, const Wire__PartLaunch *launch)
{
    set_both(environment, "JOB_NAME", launch->name);
    if (*launch->directory)
        set_both(environment, "SUBMIT_DIR", launch->directory);
}

static void set_element(struct environment *environment, const Wire__ArrayElement *element)
{
    if (!element)
        return;
    set_both_number(environment, "ARRAY_JOB_ID", element->array);
    set_both_number(environment, "ARRAY_TASK_ID", element->element);
    set_both_number(environment, "ARRAY_TASK_COUNT", element->count);
    set_both_number(environment, "ARRAY_TASK_MIN", element->least);
    set_both_number(environment, "ARRAY_TASK_MAX", element->most);
    set_both_number(environment, "ARRAY_TASK_STEP", element->step);
}

static void set_nodes(struct environment *environment, const Wire__PartLaunch *launch)
{
    struct span span = span_of_part(launch);
    CLEANUP(memory_freep) char *nodes = node_list(launch, span);

    set_both(environment, "JOB_NODELIST", nodes);
    environment_set(environment, "SLURM_NODELIST", "%s", nodes);
    set_both_number(environment, "NNODES", span.count);
    environment_set(environment, "SLURM_JOB_NUM_NODES", "%zu", span.count);
    set_both_number(environment, "NODEID", launch->part - span.first);
    if (launch->part < launch->n_nodes) {
        environment_set(environment, "TEQUIO_NODENAME", "%s", launch->nodes[launch->part]);
        environment_set(environment, "SLURMD_NODENAME", "%s", launch->nodes[launch->part]);
    }
    set_repeated(environment, "SLURM_JOB_CPUS_PER_NODE", launch->node_cores + span.first,
                 span.count);
    set_repeated(environment, "SLURM_TASKS_PER_NODE", launch->node_tasks + span.first, span.count);
    set_both_number(environment, "CPUS_ON_NODE", launch->cores);
}

/* "SLURM_NTASKS_HET_GROUP_1" */
static void set_of_group(struct environment *environment, const char *name, size_t group,
                         const char *value)
{
    CLEANUP(memory_freep) char *whole = memory_format("%s_HET_GROUP_%zu", name, group);

    environment_set(environment, whole, "%s", value);
}

static void set_number_of_group(struct environment *environment, const char *name, size_t group,
                                uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    set_of_group(environment, name, group, text);
}

static void set_group(struct environment *environment, const Wire__PartLaunch *launch, size_t group)
{
    const Wire__HetGroup *own = launch->het[group];
    struct span span = span_of_group(launch, group);
    CLEANUP(memory_freep) char *nodes = node_list(launch, span);
    CLEANUP(buffer_clear) struct buffer cores = {0}, tasks = {0};

    buffer_init(&cores);
    buffer_init(&tasks);
    print_repeated(launch->node_cores + span.first, span.count, &cores);
    print_repeated(launch->node_tasks + span.first, span.count, &tasks);
    set_number_of_group(environment, "SLURM_JOB_ID", group, own->job);
    set_of_group(environment, "SLURM_JOB_PARTITION", group, own->partition);
    set_of_group(environment, "SLURM_JOB_NODELIST", group, nodes);
    set_number_of_group(environment, "SLURM_JOB_NUM_NODES", group, span.count);
    set_of_group(environment, "SLURM_JOB_CPUS_PER_NODE", group, cores.bytes);
    set_of_group(environment, "SLURM_TASKS_PER_NODE", group, tasks.bytes);
    set_number_of_group(environment, "SLURM_NTASKS", group, own->tasks);
    set_number_of_group(environment, "SLURM_CPUS_PER_TASK", group, own->cpus_per_task);
}

static void set_groups(struct environment *environment, const Wire__PartLaunch *launch)
{
    if (launch->n_het == 0)
        return;
    set_both_number(environment, "HET_SIZE", launch->n_het);
    for (size_t i = 0; i < launch->n_het; i++)
        set_group(environment, launch, i);
}

/* As many threads as a task has cores, unless the person says otherwise; what came with the job's
 * own environment is of our making.  Threads are bound only where each task has cores of its own. */
static void set_threads(struct environment *environment, const struct environment_facts *facts,
                        uint32_t each)
{
    const char *given = environment_get(environment, "OMP_NUM_THREADS");
    char jobs[16];

    snprintf(jobs, sizeof(jobs), "%" PRIu32, facts->launch->cpus_per_task);
    if (each > 0 && (!given || (facts->step && strcmp(given, jobs) == 0)))
        environment_set(environment, "OMP_NUM_THREADS", "%" PRIu32, each);
    if (each > 1 && facts->own_cores && !facts->emulated) {
        environment_offer(environment, "OMP_PLACES", "cores");
        environment_offer(environment, "OMP_PROC_BIND", "close");
    }
}

static void set_tasks(struct environment *environment, const struct environment_facts *facts)
{
    const Wire__PartLaunch *launch = facts->launch;
    uint32_t tasks = facts->step ? facts->step_tasks : launch->tasks;
    uint32_t each = facts->step ? facts->step_cpus_per_task : launch->cpus_per_task;

    set_both_number(environment, "NTASKS", tasks);
    environment_set(environment, "SLURM_NPROCS", "%" PRIu32, tasks);
    if (each > 0)
        set_both_number(environment, "CPUS_PER_TASK", each);
    set_threads(environment, facts, each);
    if (launch->tasks_per_node > 0)
        set_both_number(environment, "NTASKS_PER_NODE", launch->tasks_per_node);
    if (launch->memory > 0)
        set_both_number(environment, "MEM_PER_NODE", launch->memory >> 20);
    if (facts->start_us > 0) {
        environment_set(environment, "SLURM_JOB_START_TIME", "%" PRId64, facts->start_us / 1000000);
        if (launch->limit_us < INT64_MAX - facts->start_us)
            environment_set(environment, "SLURM_JOB_END_TIME", "%" PRId64,
                            (facts->start_us + launch->limit_us) / 1000000);
    }
    if (facts->step)
        environment_set(environment, "TEQUIO_STEP_ID", "%" PRIu64, facts->step);
}

static void set_place(struct environment *environment, const struct environment_facts *facts)
{
    environment_set(environment, "TEQUIO_CORE_LIST", "%s", facts->core_list);
    environment_set(environment, "TEQUIO_CPU_LIST", "%s", facts->cpu_list);
    environment_set(environment, "TEQUIO_AGENT", "%s", facts->agent);
    environment_offer(environment, "PATH", "/usr/local/bin:/usr/bin:/bin");
}

/* mpirun and mpiexec start their daemons through tequio-rsh and find the nodes in a file; the
 * agent binds, not they.  Why each: docs/architecture.md. */
static void set_mpi(struct environment *environment, const struct environment_facts *facts)
{
    environment_set(environment, "TEQUIO_HOSTFILE", "%s.ompi", facts->host_file);
    environment_set(environment, "OMPI_MCA_orte_default_hostfile", "%s.ompi", facts->host_file);
    environment_set(environment, "OMPI_MCA_plm", "rsh");
    environment_set(environment, "OMPI_MCA_plm_rsh_agent", "%s/tequio-rsh", facts->libexec);
    environment_set(environment, "OMPI_MCA_ras", "^slurm"); /* our SLURM_ names are not Slurm */
    environment_offer(environment, "OMPI_MCA_osc", "^ucx");
    environment_offer(environment, "OMPI_MCA_hwloc_base_binding_policy", "none");
    environment_offer(environment, "OMPI_MCA_oob_tcp_keepalive_time", "4");
    environment_offer(environment, "OMPI_MCA_oob_tcp_keepalive_intvl", "2");
    environment_offer(environment, "OMPI_MCA_oob_tcp_keepalive_probes", "3");
    if (facts->real_cpus) { /* ranks bind themselves as the agent has planned */
        environment_set(environment, "TEQUIO_BINDING", "%s.binding", facts->host_file);
        environment_set(environment, "TEQUIO_CPU_LIST_REAL", "%s", facts->real_cpus);
        environment_set(environment, "OMPI_MCA_orte_fork_agent", "%s/tequio-bind", facts->libexec);
    }
    if (facts->launch->layout && facts->launch->layout->plane == 1)
        environment_offer(environment, "OMPI_MCA_rmaps_base_mapping_policy", "node");
    environment_set(environment, "HYDRA_LAUNCHER", "rsh");
    environment_set(environment, "HYDRA_LAUNCHER_EXEC", "%s/tequio-rsh", facts->libexec);
    environment_set(environment, "HYDRA_HOST_FILE", "%s.hydra", facts->host_file);
    environment_set(environment, "HYDRA_RMK", "user");
    if (facts->emulated) { /* several nodes on one small machine, no fast network */
        environment_offer(environment, "OMPI_MCA_pml", "ob1");
        environment_offer(environment, "OMPI_MCA_mpi_yield_when_idle", "1");
    }
    if (facts->as_root) {
        environment_offer(environment, "OMPI_ALLOW_RUN_AS_ROOT", "1");
        environment_offer(environment, "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    }
}

static void set_own_gpus(struct environment *environment, const Wire__PartLaunch *launch)
{
    if (launch->gpus == 0)
        return;
    environment_set(environment, "TEQUIO_GPUS", "%s", launch->gpu_list);
    environment_set(environment, "SLURM_JOB_GPUS", "%s", launch->gpu_list);
    set_both_number(environment, "GPUS_ON_NODE", launch->gpus);
    set_both(environment, "GPU_TYPE", launch->gpu_type);
}

/* Where the node has GPUs, a job sees its own alone: none, if it asked for none. */
static void set_gpus(struct environment *environment, const struct environment_facts *facts)
{
    if (!facts->cuda_list || !facts->rocr_list)
        return;
    environment_set(environment, "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    environment_set(environment, "CUDA_VISIBLE_DEVICES", "%s", facts->cuda_list);
    environment_set(environment, "ROCR_VISIBLE_DEVICES", "%s", facts->rocr_list);
    if (facts->launch->gpus > 0)
        environment_set(environment, "GPU_DEVICE_ORDINAL", "%s", facts->cuda_list);
    set_own_gpus(environment, facts->launch);
}

struct environment *environment_of_hook(const struct environment_facts *facts, const char *what)
{
    struct environment *environment = environment_new();

    set_job(environment, facts->launch);
    set_element(environment, facts->launch->element);
    set_nodes(environment, facts->launch);
    set_own_gpus(environment, facts->launch);
    environment_set(environment, "TEQUIO_CORE_LIST", "%s", facts->core_list);
    environment_set(environment, "TEQUIO_CPU_LIST", "%s", facts->cpu_list);
    environment_set(environment, "TEQUIO_HOOK", "%s", what);
    environment_set(environment, "SLURM_SCRIPT_CONTEXT", "%s_slurmd", what);
    return environment;
}

void environment_set_end(struct environment *environment, const struct task_end *end)
{
    environment_set(environment, "TEQUIO_JOB_EXIT_CODE", "%" PRIu32, end->exit_code);
    environment_set(environment, "TEQUIO_JOB_EXIT_SIGNAL", "%" PRIu32, end->exit_signal);
    /* As wait(2) has it. */
    environment_set(environment, "SLURM_JOB_EXIT_CODE", "%" PRIu32,
                    end->exit_code << 8 | end->exit_signal);
}

struct environment *environment_of_tasks(const struct environment_facts *facts,
                                         char *const *submitted, size_t count)
{
    struct environment *environment = environment_new();

    take_submitted(environment, submitted, count);
    set_job(environment, facts->launch);
    set_words(environment, facts->launch);
    set_element(environment, facts->launch->element);
    set_nodes(environment, facts->launch);
    set_groups(environment, facts->launch);
    set_tasks(environment, facts);
    if (facts->lent)
        return environment;
    set_place(environment, facts);
    set_gpus(environment, facts);
    set_mpi(environment, facts);
    return environment;
}
