/* environment.c - the variables of a task set's processes */

#include "agent/shepherd/environment.h"

#include "agent/task_gpus.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TASK_NAMES_COUNT = 4 };

static const char *const task_names[TASK_NAMES_COUNT] = {
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

static void set(struct environment *environment, const char *name, const char *value)
{
    size_t place = find(environment->variables, environment->count, name);
    char *variable = memory_format("%s=%s", name, value);

    assert(environment->added_count < ENVIRONMENT_ADDED_MAX);
    environment->added[environment->added_count++] = variable;
    environment->variables[place] = variable;
    environment->count += place == environment->count;
}

static void set_default(struct environment *environment, const char *name, const char *value)
{
    if (find(environment->variables, environment->count, name) == environment->count &&
        *value != '\0')
        set(environment, name, value);
}

/* An account that nobody logs in to runs jobs all the same: what they start wants a shell, and
 * mpirun complains of any other. */
static const char *shell_of(const struct account *account)
{
    const char *slash = strrchr(account->shell, '/');

    if (!slash || strcmp(slash, "/nologin") == 0 || strcmp(slash, "/false") == 0)
        return "/bin/sh";
    return account->shell;
}

/* Where jobs run as other users, the home of the account that submitted is nobody's here. */
static void set_account(struct environment *environment, const struct shepherd_order *order)
{
    const struct account *account = order->account;
    void (*put)(struct environment *, const char *, const char *) =
        order->spool->mapped ? set : set_default;

    put(environment, "HOME", account->home);
    put(environment, "USER", account->name);
    put(environment, "LOGNAME", account->name);
    put(environment, "SHELL", shell_of(account));
    set_default(environment, "PATH", "/usr/local/bin:/usr/bin:/bin");
}

char *environment_mark(const char *record_name, const char *spool)
{
    return memory_format("TEQUIO_TASK_SET=%s@%s", record_name, spool);
}

static void set_mark(struct environment *environment, const struct shepherd_order *order)
{
    CLEANUP(memory_freep) char *mark = environment_mark(order->task_name, order->spool->path);

    mark[strcspn(mark, "=")] = '\0';
    set(environment, mark, mark + strlen(mark) + 1);
}

/* What would be said twice would be said differently by different programs. */
static void drop_task_names(struct environment *environment)
{
    for (size_t i = 0; i < TASK_NAMES_COUNT; i++) {
        size_t place = find(environment->variables, environment->count, task_names[i]);

        if (place < environment->count)
            environment->variables[place] = environment->variables[--environment->count];
    }
}

bool environment_check_hook(const struct start_texts *texts, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    for (const char **text = texts->environment; *text; text++)
        if (strncmp(*text, "TEQUIO_", 7) != 0 && strncmp(*text, "SLURM_", 6) != 0 &&
            strncmp(*text, "SLURMD_", 7) != 0)
            return fail(err, ERROR_INVALID, "%s is nothing to tell a prolog or epilog",
                        text_show(*text, shown));
    return true;
}

/* Whose job it is, for programs that are the site's own. */
static void set_owner(struct environment *environment, const struct account *account)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", (unsigned)account->uid);
    set(environment, "TEQUIO_JOB_UID", number);
    set(environment, "SLURM_JOB_UID", number);
    snprintf(number, sizeof(number), "%u", (unsigned)account->gid);
    set(environment, "TEQUIO_JOB_GID", number);
    set(environment, "SLURM_JOB_GID", number);
    set(environment, "TEQUIO_JOB_LOCAL_USER", account->name);
}

void environment_make(const struct shepherd_order *order, struct environment *ret_environment)
{
    size_t count = order->start->environment_count;
    struct environment environment = {
        .variables = NEW_ARRAY(const char *, count + ENVIRONMENT_ADDED_MAX + 1),
        .count = count,
    };
    CLEANUP(memory_freep)
    char *scratch = memory_format("%s/%s", order->spool->scratch_path, order->part_name);
    CLEANUP(memory_freep)
    char *credential = memory_format("%s/%s/credential", order->spool->path, order->part_name);

    if (count > 0)
        memcpy(environment.variables, order->texts->environment, count * sizeof(const char *));
    drop_task_names(&environment);
    if (order->hook) {
        set(&environment, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        set_owner(&environment, &order->part->account);
    }
    set_account(&environment, order);
    set(&environment, "TMPDIR", scratch);
    set(&environment, "TEQUIO_SCRATCH", scratch);
    set(&environment, "TEQUIO_CREDENTIAL", credential);
    set_mark(&environment, order);
    /* Nodes that share a host name would make Open MPI share memory between them. */
    if (order->part->node[0] != '\0' && !order->distinct_hosts)
        set_default(&environment, "OMPI_MCA_btl", "tcp,self");
    environment.variables[environment.count] = NULL;
    *ret_environment = environment;
}

/* Of this task alone, where each has its own. */
static void set_gpus(struct environment *environment, uint32_t local)
{
    size_t place = find(environment->variables, environment->count, TASK_GPUS);
    struct task_gpus gpus;

    if (place == environment->count ||
        !task_gpus_find(environment->variables[place] + sizeof(TASK_GPUS), local, &gpus))
        return;
    set(environment, "CUDA_VISIBLE_DEVICES", gpus.cuda);
    set(environment, "GPU_DEVICE_ORDINAL", gpus.cuda);
    set(environment, "ROCR_VISIBLE_DEVICES", gpus.rocr);
}

void environment_add_task(struct environment *environment, uint32_t task, uint32_t local)
{
    const uint32_t values[TASK_NAMES_COUNT] = {task, task, local, local};
    char text[16];

    for (size_t i = 0; i < TASK_NAMES_COUNT; i++) {
        snprintf(text, sizeof(text), "%" PRIu32, values[i]);
        set(environment, task_names[i], text);
    }
    set_gpus(environment, local);
    environment->variables[environment->count] = NULL;
}

void environment_clear(struct environment *environment)
{
    for (size_t i = 0; i < environment->added_count; i++)
        free(environment->added[i]);
    free(environment->variables);
    *environment = (struct environment){0};
}
