/* pmix.c - tequio-pmix: the ranks of a step on one node, started directly, without mpirun
 *
 * `tequio-pmix PROGRAM [ARGUMENT]...` is the only task of its step on this node; it is started
 * by the agent (pmix_job.h), is a PMIx server to the ranks it forks, and exits as the first of
 * them that failed.  One server for each step and node, as the job's user: one that locks up,
 * or is led astray, harms nobody else.  Signals come to the ranks from the shepherd. */

#include "agent/pmix_server.h"
#include "base/buffer.h"
#include "base/idset.h"
#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME       "tequio-pmix"
#define CPU_LIMIT  8192
#define KILL_MS    2000 /* from SIGTERM to SIGKILL of the others, when a rank has failed */
#define FINALIZE_S 5    /* then the library is left as it is */

extern char **environ;

struct shim {
    struct pmix_job job;
    struct pmix_server *server;
    char **program;
    pid_t *ranks; /* 0: ended */
    uint32_t alive;
    int status; /* of the first that failed */
    bool keep;  /* the others go on when one fails */
    bool ending;
    int signals;
    sigset_t before; /* for the ranks */
};

/* --- a rank ------------------------------------------------------------------------------------- */

static bool bind_rank(const char *list, struct error *err)
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

_Noreturn static void be_rank(const struct shim *shim, uint32_t task, char **environment)
{
    struct error err;

    if (shim->job.cpus && !bind_rank(shim->job.cpus[task], &err)) {
        fprintf(stderr, NAME ": rank %" PRIu32 ": %s\n", pmix_job_rank(&shim->job, task), err.text);
        _exit(126);
    }
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &shim->before, NULL);
    execvpe(shim->program[0], shim->program, environment);
    fprintf(stderr, NAME ": %s: %s\n", shim->program[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* What Open MPI 4 needs so as not to take an unknown launcher for none at all, and each rank for a
 * job of its own. */
static void set_common(void)
{
    setenv("OMPI_MCA_schizo", "^orte,slurm", 1); /* our SLURM_ names are not Slurm */
    setenv("OMPI_MCA_ess", "pmi", 1);
    setenv("OMPI_MCA_hwloc_base_binding_policy", "none", 1);
    setenv("OMPI_MCA_orte_externally_bound", "1", 1);
    unsetenv("OMPI_MCA_orte_fork_agent");
}

static void set_numbers(const struct shim *shim, uint32_t task)
{
    static const char *const names[] = {"TEQUIO_PROCID", "SLURM_PROCID", "TEQUIO_LOCALID",
                                        "SLURM_LOCALID"};
    const uint32_t numbers[] = {pmix_job_rank(&shim->job, task), pmix_job_rank(&shim->job, task),
                                task, task};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char text[16];

        snprintf(text, sizeof(text), "%" PRIu32, numbers[i]);
        setenv(names[i], text, 1);
    }
}

static bool start_rank(struct shim *shim, uint32_t task, struct error *err)
{
    char **environment;

    set_numbers(shim, task);
    environment =
        pmix_server_environment(shim->server, pmix_job_rank(&shim->job, task), environ, err);
    if (!environment)
        return false;
    shim->ranks[task] = fork();
    if (shim->ranks[task] == 0)
        be_rank(shim, task, environment);
    for (char **variable = environment; *variable; variable++)
        free(*variable);
    free(environment);
    if (shim->ranks[task] < 0) {
        shim->ranks[task] = 0;
        return fail_errno(err, "fork rank %" PRIu32, pmix_job_rank(&shim->job, task));
    }
    shim->alive++;
    return true;
}

/* --- their ends --------------------------------------------------------------------------------------- */

static void signal_ranks(const struct shim *shim, int number)
{
    for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
        if (shim->ranks[task] > 0 && kill(-shim->ranks[task], number) != 0)
            kill(shim->ranks[task], number); /* it has not come to setpgid() yet */
}

/* The first failure decides how the step ends. */
static void end_all(struct shim *shim, int status)
{
    if (shim->ending)
        return;
    shim->ending = true;
    shim->status = status;
    signal_ranks(shim, SIGTERM);
}

static void on_rank_end(struct shim *shim, uint32_t task, int status)
{
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);

    shim->ranks[task] = 0;
    shim->alive--;
    if (code == 0 || shim->ending)
        return;
    fprintf(stderr, NAME ": rank %" PRIu32 " %s %d%s\n", pmix_job_rank(&shim->job, task),
            WIFSIGNALED(status) ? "was ended by signal" : "exited with",
            WIFSIGNALED(status) ? WTERMSIG(status) : code,
            shim->keep || shim->alive == 0 ? "" : ": the others are ended");
    if (shim->keep && shim->status == 0)
        shim->status = code;
    else if (!shim->keep)
        end_all(shim, code);
}

static void reap(struct shim *shim)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
            if (shim->ranks[task] == pid)
                on_rank_end(shim, task, status);
}

/* --- what comes ------------------------------------------------------------------------------------------ */

static void on_abort(struct shim *shim, struct pmix_news *news)
{
    int code = news->status & 0xff;

    fprintf(stderr, NAME ": rank %" PRIu32 " called MPI_Abort with %d%s%s\n", news->rank,
            news->status, *news->text ? ": " : "", news->text);
    pmix_news_answer(news, true, NULL, 0);
    end_all(shim, code ? code : 1);
}

/* All ranks are on this node: what they tell each other the library has already. */
static void on_news(struct shim *shim, struct pmix_news *news)
{
    if (news->kind == PMIX_NEWS_ABORT)
        on_abort(shim, news);
    else if (news->kind == PMIX_NEWS_FENCE)
        pmix_news_answer(news, true, news->bytes, news->size);
    else
        pmix_news_answer(news, false, NULL, 0);
}

/* Of signals only the end of a rank concerns us; the shepherd sends the others to the ranks, too. */
static void on_signals(struct shim *shim)
{
    struct signalfd_siginfo info;

    while (read(shim->signals, &info, sizeof(info)) == sizeof(info))
        if (info.ssi_signo == SIGTERM && !shim->ending) {
            shim->ending = true;
            shim->status = 128 + SIGTERM;
        }
    reap(shim);
}

static void follow(struct shim *shim)
{
    struct pollfd ready[] = {
        {.fd = pmix_server_descriptor(shim->server), .events = POLLIN},
        {.fd = shim->signals,                        .events = POLLIN},
    };
    struct pmix_news *news;

    while (shim->alive > 0) {
        if (poll(ready, COUNT_OF(ready), shim->ending ? KILL_MS : -1) == 0)
            signal_ranks(shim, SIGKILL);
        while ((news = pmix_server_take(shim->server)))
            on_news(shim, news);
        on_signals(shim);
    }
}

/* --- life -------------------------------------------------------------------------------------------------- */

/* Before the library has threads, which would otherwise take the signals, and lose them. */
static bool block_signals(struct shim *shim, struct error *err)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &shim->before);
    shim->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    return shim->signals >= 0 || fail_errno(err, "signalfd");
}

static bool start(struct shim *shim, struct error *err)
{
    if (!block_signals(shim, err) || !pmix_job_read(&shim->job, err))
        return false;
    if (shim->job.count > 1)
        return fail(
            err, ERROR_INVALID,
            "the ranks of a direct start are on one node: start them on several with mpirun");
    shim->keep = getenv("TEQUIO_PMIX_KEEP") != NULL;
    shim->ranks = NEW_ARRAY(pid_t, pmix_job_tasks(&shim->job));
    shim->server = pmix_server_new(&shim->job, err);
    if (!shim->server)
        return false;
    set_common();
    for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
        if (!start_rank(shim, task, err))
            return false;
    return true;
}

static void on_alarm(int number)
{
    (void)number;
    _exit(0); /* all ranks ended well; only the library did not */
}

/* In order only when all went well: see pmix_server.h. */
static void end_server(struct shim *shim)
{
    sigset_t alarms;

    signal(SIGALRM, on_alarm);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(FINALIZE_S);
    pmix_server_end(shim->server);
    rmdir(shim->job.directory);
}

int main(int argc, char **argv)
{
    struct shim shim = {.program = argv + 1, .signals = -1};
    struct error err = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: " NAME " PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    if (!start(&shim, &err)) {
        fprintf(stderr, NAME ": %s\n", err.text);
        if (shim.ranks)
            signal_ranks(&shim, SIGKILL);
        _exit(125);
    }
    follow(&shim);
    if (shim.status != 0)
        _exit(shim.status);
    end_server(&shim);
    _exit(0); /* as above: what the library still holds goes with the process */
}
