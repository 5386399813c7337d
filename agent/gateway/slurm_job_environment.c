/* slurm_job_environment.c - the environment of a lent job's script */

#include "agent/gateway/slurm_job_environment.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static bool has_name(const char *variable, const char *name)
{
    size_t size = strlen(name);

    return strncmp(variable, name, size) == 0 && variable[size] == '=';
}

static bool is_slurms(const char *variable)
{
    return strncmp(variable, "SLURM", 5) == 0;
}

/* What this process has of it is right on this machine. */
static bool is_the_machines(const char *variable)
{
    static const char *const names[] = {"HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "HOSTNAME"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (has_name(variable, names[i]))
            return true;
    return is_slurms(variable) && !has_name(variable, "SLURM_TIME_FORMAT");
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;

    while (list[count])
        count++;
    return count;
}

static bool has_variable(const char *const *list, const char *name)
{
    for (size_t i = 0; list[i]; i++)
        if (has_name(list[i], name))
            return true;
    return false;
}

const char *const *slurm_job_environment(const char *const *brought)
{
    const char *const *own = (const char *const *)(uintptr_t)environ;
    const char **all = NEW_ARRAY(const char *, count_of(brought) + count_of(own) + 1);
    bool has_path = has_variable(brought, "PATH");
    size_t count = 0;

    for (size_t i = 0; own[i]; i++)
        if (is_the_machines(own[i]) || (!has_path && has_name(own[i], "PATH")))
            all[count++] = own[i];
    for (size_t i = 0; brought[i]; i++)
        if (!is_the_machines(brought[i]) && !is_slurms(brought[i]))
            all[count++] = brought[i];
    return all;
}
