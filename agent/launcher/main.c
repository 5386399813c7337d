/* main.c - tequio-launcher: the one program on a node that is root */

#include "agent/launcher/peers.h"
#include "agent/shepherd/host.h"

#include "base/file.h"
#include "base/log.h"
#include "base/options.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct arguments {
    const char *config;
    const char *spool;
    const char *scratch;
    const char *descriptor;
    bool check;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('c', "config", "FILE", struct arguments, config, "read the settings from FILE"),
    OPTION_TEXT('s', "spool", "DIR", struct arguments, spool, "use DIR in place of the setting"),
    OPTION_TEXT(0, "scratch", "DIR", struct arguments, scratch,
                "with --spool: what jobs write goes here, not there"),
    OPTION_TEXT(0, "fd", "3", struct arguments, descriptor,
                "serve the socket that the agent has passed, until it is closed"),
    OPTION_FLAG(0, "check", struct arguments, check, "read the settings, and exit"),
    OPTION_FLAG('h', "help", struct arguments, help, "print this"),
    OPTION_FLAG('V', "version", struct arguments, version, "print the version"),
    OPTION_END,
};

/* With root's rights nothing is inherited that was not decided here. */
static void prepare_process(void)
{
    const char *journal = getenv("JOURNAL_STREAM"); /* log.h */
    CLEANUP(memory_freep) char *kept = journal ? memory_copy(journal) : NULL;

    clearenv();
    if (kept)
        setenv("JOURNAL_STREAM", kept, 1);
    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    umask(0); /* every file is made with the mode that it needs */
}

static const char usual[] = SYSCONFDIR "/tequio/launcher.conf";

static bool read_config(struct launcher *launcher, const struct arguments *arguments,
                        struct error *err)
{
    struct config *config = &launcher->config;

    config_init(config);
    if (arguments->config && !config_read(config, arguments->config, err))
        return false;
    if (!arguments->config && !arguments->descriptor && !config_read(config, usual, err))
        return false;
    if (arguments->spool) { /* and nothing outside of it */
        free(config->spool);
        free(config->scratch);
        config->spool = memory_copy(arguments->spool);
        config->scratch = arguments->scratch ? memory_copy(arguments->scratch) : NULL;
    }
    if (!arguments->descriptor && !config->socket)
        return fail(err, ERROR_INVALID, "no socket is set, and none was passed with --fd");
    /* What the command line named is read: no file system is held from here on. */
    if (chdir("/") != 0)
        log_warning("cannot change to /, staying where it was started");
    return true;
}

static uint32_t find_facts(const struct launcher *launcher)
{
    static const struct {
        enum cgroup_ability ability;
        enum launcher_fact fact;
    } rows[] = {
        {CGROUP_TRACKS,    FACT_TRACKED  },
        {CGROUP_CPUS,      FACT_CPUS     },
        {CGROUP_MEMORY,    FACT_MEMORY   },
        {CGROUP_PROCESSES, FACT_PROCESSES},
        {CGROUP_DEVICES,   FACT_DEVICES  },
    };
    unsigned abilities = cgroups_abilities(launcher->groups);
    uint32_t facts = launcher->spool.mapped ? FACT_MAPS_USERS : 0;

    facts |= launcher->config.prolog ? FACT_PROLOG : 0;
    facts |= launcher->config.epilog ? FACT_EPILOG : 0;

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (abilities & (unsigned)rows[i].ability)
            facts |= (uint32_t)rows[i].fact;
    return facts | (host_can_be_named() ? FACT_DISTINCT_HOSTS : 0);
}

/* A machine has one launcher with the usual spool, and as many others as somebody tries out:
 * their jobs may have the same numbers. */
static struct cgroups *open_groups(const struct launcher *launcher)
{
    struct stat status = {0};
    char base[64] = "tequio";

    if (!launcher->config.cgroups)
        return cgroups_none();
    if (strcmp(launcher->spool.path, CONFIG_SPOOL) != 0 &&
        fstat(launcher->spool.directory, &status) == 0)
        snprintf(base, sizeof(base), "tequio-%jx-%jx", (uintmax_t)status.st_dev,
                 (uintmax_t)status.st_ino);
    return cgroups_open("/proc/self/mountinfo", base);
}

static bool has_own_oom_score(void)
{
    CLEANUP(file_closep) int descriptor = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
    char score[16] = "";

    return descriptor >= 0 && read(descriptor, score, sizeof(score) - 1) > 0 && score[0] != '0';
}

static bool take_passed(struct launcher *launcher, const char *descriptor, struct error *err)
{
    int type = 0;
    socklen_t size = sizeof(type);

    if (strcmp(descriptor, "3") != 0)
        return fail(err, ERROR_INVALID, "--fd %s: the agent passes descriptor 3", descriptor);
    if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET)
        return fail(err, ERROR_INVALID, "--fd 3: that is no socket for datagrams in sequence");
    fcntl(3, F_SETFD, FD_CLOEXEC);
    launcher->peers[PEER_FIRST] = 3;
    return true;
}

static bool open_all(struct launcher *launcher, const struct arguments *arguments,
                     struct account *agent, struct error *err)
{
    bool root = geteuid() == 0;

    for (size_t i = 0; i < LAUNCHER_PEERS_MAX; i++)
        launcher->peers[i] = -1;
    if (!account_own(&launcher->own, err))
        return false;
    *agent = launcher->own;
    if (root && !arguments->descriptor && !account_named(launcher->config.agent_user, agent, err))
        return fail_in(err, "agent-user");
    if (!spool_open(&launcher->spool, &launcher->config, root, agent->gid, err))
        return false;
    launcher->groups = open_groups(launcher);
    launcher->restore_oom_score = has_own_oom_score();
    launcher->facts = find_facts(launcher);
    record_boot_id(launcher->boot_id);
    if (arguments->descriptor)
        return take_passed(launcher, arguments->descriptor, err);
    launcher->peers[PEER_LISTENER] = peers_listen(launcher->config.socket, agent->uid, err);
    return launcher->peers[PEER_LISTENER] >= 0;
}

/* Shepherds are reaped by the kernel: their records say how they ended.  Being told to end
 * comes as a descriptor. */
static void take_signals(struct launcher *launcher)
{
    sigset_t ends;

    signal(SIGCHLD, SIG_IGN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    launcher->peers[PEER_SIGNALS] = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void say_mode(const struct launcher *launcher)
{
    bool tracked = (launcher->facts & FACT_TRACKED) != 0;

    if (launcher->spool.mapped)
        log_info("spool=%s runs as root: jobs run as their own accounts, %s", launcher->spool.path,
                 tracked ? "in cgroups" : "without cgroups");
    else
        log_info("spool=%s runs as an ordinary user: every job runs as %s, %s",
                 launcher->spool.path, launcher->own.name,
                 tracked ? "in cgroups" : "without cgroups");
}

static int fail_start(const struct error *err)
{
    log_error("%s", err->text);
    return (int)err->code;
}

int main(int argc, char **argv)
{
    struct launcher launcher = {0};
    struct arguments arguments = {0};
    struct account agent;
    struct error err;
    int first;

    prepare_process();
    if (!options_read(options, argc, argv, &arguments, &first, &err))
        return fail_start(&err);
    if (arguments.help) {
        printf("usage: tequio-launcher [OPTION...]\n");
        options_print(options, 80, NULL);
        return options_told("tequio-launcher");
    }
    if (arguments.version)
        return options_told_version("tequio-launcher");
    if (first < argc) {
        fail(&err, ERROR_INVALID, "%.100s: tequio-launcher takes options only", argv[first]);
        return fail_start(&err);
    }
    if (!read_config(&launcher, &arguments, &err))
        return fail_start(&err);
    if (arguments.check) {
        printf("%s is good\n", arguments.config ? arguments.config : usual);
        config_clear(&launcher.config);
        return options_told("tequio-launcher");
    }
    if (!open_all(&launcher, &arguments, &agent, &err))
        return fail_start(&err);
    say_mode(&launcher);
    take_signals(&launcher);
    spool_sweep(&launcher.spool);
    while (peers_turn(&launcher, agent.uid))
        ;
    cgroups_free(launcher.groups);
    accounts_clear(&launcher.accounts);
    spool_clear(&launcher.spool);
    config_clear(&launcher.config);
    return 0;
}
