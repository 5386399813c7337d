/* environment.c - the variables of a task set's processes */

#include "agent/shepherd/environment.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_NAMES_MAX = 16, TASK_NAMES_MAX = 4 };

static const char *const task_names[TASK_NAMES_MAX] = {
    "TEQUIO_PROCID",
    "SLURM_PROCID",
    "TEQUIO_LOCALID",
    "SLURM_LOCALID",
};

/* Index of the variable, or `count`. */
static size_t find(const char *const *environment, size_t count, const char *name)
{
    size_t length = strlen(name);
    size_t i = 0;

    while (i < count &&
           (strncmp(environment[i], name, length) != 0 || environment[i][length] != '='))
        i++;
    return i;
}

const char *environment_value(const char *const *environment, const char *name)
{
    size_t count = 0;

    while (environment[count])
        count++;
    count = find(environment, count, name);
    return environment[count] ? environment[count] + strlen(name) + 1 : NULL;
}

static void set(const char **environment, size_t *count, const char *name, const char *value)
{
    size_t place = find(environment, *count, name);

    environment[place] = memory_format("%s=%s", name, value);
    *count += place == *count;
}

static void set_default(const char **environment, size_t *count, const char *name,
                        const char *value)
{
    if (find(environment, *count, name) == *count && *value != '\0')
        set(environment, count, name, value);
}

/* Where jobs run as other users, the home of the account that submitted is nobody's here. */
static void set_account(const struct shepherd_order *order, const char **environment,
                        size_t *count)
{
    const struct account *account = &order->part->account;
    void (*put)(const char **, size_t *, const char *, const char *) =
        order->spool->mapped ? set : set_default;

    put(environment, count, "HOME", account->home);
    put(environment, count, "USER", account->name);
    put(environment, count, "LOGNAME", account->name);
    put(environment, count, "SHELL", account->shell);
    set_default(environment, count, "PATH", "/usr/local/bin:/usr/bin:/bin");
}

char *environment_mark(const char *record_name, const char *spool)
{
    return memory_format("TEQUIO_TASK_SET=%s@%s", record_name, spool);
}

static void set_mark(const struct shepherd_order *order, const char **environment, size_t *count)
{
    CLEANUP(memory_freep) char *mark = environment_mark(order->task_name, order->spool->path);

    mark[strcspn(mark, "=")] = '\0';
    set(environment, count, mark, mark + strlen(mark) + 1);
}

/* What would be said twice would be said differently by different programs. */
static size_t drop_task_names(const char **environment, size_t count)
{
    for (size_t i = 0; i < TASK_NAMES_MAX; i++) {
        size_t place = find(environment, count, task_names[i]);

        if (place < count)
            environment[place] = environment[--count];
    }
    return count;
}

const char **environment_make(const struct shepherd_order *order, size_t *ret_count)
{
    size_t count = order->start->environment_count;
    const char **environment =
        NEW_ARRAY(const char *, count + NODE_NAMES_MAX + TASK_NAMES_MAX + 1);
    CLEANUP(memory_freep) char *scratch =
        memory_format("%s/%s", order->spool->scratch_path, order->part_name);
    CLEANUP(memory_freep) char *credential =
        memory_format("%s/%s/credential", order->spool->path, order->part_name);

    memcpy(environment, order->texts->environment, count * sizeof(*environment));
    count = drop_task_names(environment, count);
    set_account(order, environment, &count);
    set(environment, &count, "TMPDIR", scratch);
    set(environment, &count, "TEQUIO_CREDENTIAL", credential);
    set_mark(order, environment, &count);
    /* Nodes that share a host name would make Open MPI share memory between them. */
    if (order->part->node[0] != '\0' && !order->distinct_hosts)
        set_default(environment, &count, "OMPI_MCA_btl", "tcp,self");
    *ret_count = count;
    return environment;
}

void environment_add_task(const char **environment, size_t count, uint32_t task, uint32_t local)
{
    const uint32_t values[TASK_NAMES_MAX] = {task, task, local, local};

    for (size_t i = 0; i < TASK_NAMES_MAX; i++)
        environment[count + i] = memory_format("%s=%" PRIu32, task_names[i], values[i]);
    environment[count + TASK_NAMES_MAX] = NULL;
}
