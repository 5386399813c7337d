/* pmix_rank.c - one rank of a step, started */

#include "agent/pmix_rank.h"

#include "agent/task_gpus.h"
#include "base/idset.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NAME      "tequio-pmix"
#define CPU_LIMIT 8192

extern char **environ;

static bool bind_to(const char *list, struct error *err)
{
    CLEANUP(idset_freep) struct idset *set = idset_parse(list, err);
    CLEANUP(memory_freep) cpu_set_t *bits = memory_get(1, CPU_ALLOC_SIZE(CPU_LIMIT));

    if (!set)
        return false;
    for (uint32_t id = idset_first(set); id < CPU_LIMIT; id = idset_after(set, id))
        CPU_SET_S(id, CPU_ALLOC_SIZE(CPU_LIMIT), bits);
    return sched_setaffinity(0, CPU_ALLOC_SIZE(CPU_LIMIT), bits) == 0 ||
           fail_errno(err, "bind to cpus %s", list);
}

_Noreturn static void be_rank(const struct pmix_rank *rank, uint32_t task, char **environment)
{
    const struct pmix_job *job = rank->job;
    struct error err;

    if (job->cpus && !bind_to(job->cpus[task], &err)) {
        fprintf(stderr, NAME ": rank %" PRIu32 ": %s\n", pmix_job_rank(job, task), err.text);
        _exit(126);
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, rank->signals, NULL);
    execvpe(rank->program[0], rank->program, environment);
    fprintf(stderr, NAME ": %s: %s\n", rank->program[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* What Open MPI 4 needs so as not to take an unknown launcher for none at all, and each rank for a
 * job of its own. */
void pmix_rank_set_common(void)
{
    setenv("OMPI_MCA_schizo", "^orte,slurm", 1); /* our SLURM_ names are not Slurm */
    setenv("OMPI_MCA_ess", "pmi", 1);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 1);
    setenv("OMPI_MCA_orte_externally_bound", "1", 1);
    unsetenv("OMPI_MCA_orte_fork_agent");
}

static void set_numbers(const struct pmix_job *job, uint32_t task)
{
    static const char *const names[] = {"TEQUIO_PROCID", "SLURM_PROCID", "TEQUIO_LOCALID",
                                        "SLURM_LOCALID"};
    const uint32_t numbers[] = {pmix_job_rank(job, task), pmix_job_rank(job, task), task, task};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char text[16];

        snprintf(text, sizeof(text), "%" PRIu32, numbers[i]);
        setenv(names[i], text, 1);
    }
    task_gpus_set(TASK_GPUS, task);
}

bool pmix_rank_start(const struct pmix_rank *rank, uint32_t task, pid_t *ret_pid, struct error *err)
{
    uint32_t number = pmix_job_rank(rank->job, task);
    char **environment;
    pid_t pid;

    set_numbers(rank->job, task);
    environment = pmix_server_environment(rank->server, number, environ, err);
    if (!environment)
        return false;
    pid = fork();
    if (pid == 0)
        be_rank(rank, task, environment);
    for (char **variable = environment; *variable; variable++)
        free(*variable);
    free(environment);
    if (pid < 0)
        return fail_errno(err, "fork rank %" PRIu32, number);
    *ret_pid = pid;
    return true;
}
