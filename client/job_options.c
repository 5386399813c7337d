/* job_options.c - what can be asked for a job, with Slurm's letters */

#include "client/job_options.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "client/command.h"
#include "client/job_gear.h"
#include "client/job_setters.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The tables are read as tables. */
/* clang-format off */

/* Rows of options that are known and have no effect, or are refused; not shown by --help. */
#define IGNORED(number, letter, name, argument)                                                    \
    {letter, name, argument, offsetof(struct job_request, ignored) + (number), set_ignored, NULL}
#define REFUSED(letter, name, argument) {letter, name, argument, 0, set_refused, NULL}

#define TEXT(letter, name, argument, field, help)                                                  \
    OPTION_TEXT(letter, name, argument, struct job_request, field, help)
#define FLAG(letter, name, field, help)                                                            \
    OPTION_FLAG(letter, name, struct job_request, field, help)
#define COUNT(letter, name, field, help)                                                           \
    OPTION_WITH(letter, name, "N", struct job_request, field, set_count, help)
#define LAYOUT(letter, name, argument, set, help)                                                  \
    OPTION_WITH(letter, name, argument, struct job_request, layout, set, help)
#define WITH(letter, name, argument, set, help) {letter, name, argument, 0, set, help}

/* What both commands offer. */
#define RESOURCE_OPTIONS                                                                           \
    TEXT('A', "account", "PROJECT", project, N_("charge this project")),                           \
        TEXT('p', "partition", "NAMES", partition, N_("run in the first of these with room")),     \
        TEXT('q', "qos", "NAME", qos, N_("with this quality of service")),                         \
        TEXT('M', "clusters", "NAMES", clusters, N_("run on one of these clusters")),              \
        TEXT(0, "exclude-clusters", "NAMES", clusters_excluded,                                    \
             N_("run on none of these clusters")),                                                 \
        TEXT('J', "job-name", "NAME", name, N_("call the job so")),                                \
        WITH('N', "nodes", "N[-M]", set_nodes, N_("number of nodes, or the least and the most")),  \
        COUNT('n', "ntasks", tasks, N_("number of tasks (processes)")),                            \
        COUNT('c', "cpus-per-task", cpus_per_task, N_("cores for each task")),                     \
        COUNT(0, "ntasks-per-node", tasks_per_node, N_("tasks on each node")),                     \
        LAYOUT(0, "ntasks-per-socket", "N", set_tasks_per_package,                                 \
               N_("at most so many tasks in one package")),                                        \
        LAYOUT(0, "ntasks-per-core", "N", set_tasks_per_core,                                      \
               N_("at most so many tasks share a core")),                                          \
        LAYOUT(0, "threads-per-core", "N", set_threads_per_core,                                   \
               N_("use at most so many hardware threads of a core")),                              \
        LAYOUT('m', "distribution", "NODES[:SOCKETS]", set_distribution,                           \
               N_("block or cyclic order of the tasks, over nodes and inside them")),              \
        LAYOUT(0, "cpu-bind", "TYPE", set_cpu_bind,                                                \
               N_("what a task may use: cores, threads, sockets, ldoms, none, map_cpu:0,2")),      \
        LAYOUT(0, "mem-bind", "TYPE", set_mem_bind,                                                \
               N_("whose memory a task may use: none, local, map_mem:0,1")),                       \
        LAYOUT(0, "hint", "TYPE", set_hint,                                                        \
               N_("compute_bound, memory_bound, multithread or nomultithread")),                   \
        {0, "tasks-per-node", "N", offsetof(struct job_request, tasks_per_node), set_count,        \
         NULL},                                                                                    \
        {0, "tasks", "N", 0, set_tasks_alias, NULL},                                               \
        WITH(0, "mem", "SIZE", set_memory,                                                         \
             N_("memory on each node: 512M, 4G; a bare number is MB")),                            \
        WITH(0, "mem-per-cpu", "SIZE", set_memory_per_cpu, N_("memory for each core")),            \
        WITH('G', "gpus", "[TYPE:]N", set_gpus, N_("GPUs altogether")),                            \
        WITH(0, "gpus-per-node", "[TYPE:]N", set_gpus_per_node, N_("GPUs on each node")),          \
        WITH(0, "gpus-per-task", "[TYPE:]N", set_gpus_per_task, N_("GPUs for each task")),         \
        WITH(0, "gres", "gpu[:TYPE][:N]", set_gres, N_("GPUs on each node, as Slurm writes it")),  \
        COUNT(0, "cpus-per-gpu", gear.cpus_per_gpu, N_("cores for each GPU")),                     \
        WITH(0, "mem-per-gpu", "SIZE", set_memory_per_gpu, N_("memory for each GPU")),             \
        TEXT('C', "constraint", "FEATURES", gear.constraint,                                       \
             N_("only nodes like this: ib&(avx512|!amd)")),                                        \
        TEXT('L', "licenses", "LIST", gear.licenses, N_("licenses to hold: matlab:2,ansys")),      \
        WITH(0, "switches", "N[@TIME]", set_switches,                                              \
             N_("nodes under at most N leaf switches; wait at most so long for them")),            \
        WITH(0, "stage-size", "SIZE", set_stage_size,                                              \
             N_("so much it fetches first: for the choice of cluster")),                           \
        OPTION_DURATION('t', "time", "TIME", struct job_request, limit_us,                         \
                        N_("time limit: M, H:M:S, D-H:M:S, 90s, 1h30m")),                          \
        TEXT('D', "chdir", "DIRECTORY", directory, N_("run in this directory")),                   \
        TEXT('w', "nodelist", "NODES", node_list, N_("run only on these nodes")),                  \
        TEXT('x', "exclude", "NODES", node_exclude, N_("run on none of these nodes")),             \
        WITH(0, "exclusive", "[user]", set_exclusive, N_("take whole nodes")),                     \
        TEXT('o', "output", "FILE", output, N_("write output here; %j is the job, %x its name")),  \
        TEXT('e', "error", "FILE", error, N_("write errors here instead of with the output")),     \
        TEXT('i', "input", "FILE", input, N_("read standard input from here")),                    \
        WITH('b', "begin", "WHEN", set_begin,                                                      \
             N_("not before: now+2hours, 18:00, 2026-11-01T08:00")),                               \
        OPTION_DURATION(0, "time-min", "TIME", struct job_request, limit_least_us,                 \
                        N_("the limit may be cut down to this, to start earlier")),                \
        WITH(0, "deadline", "WHEN", set_deadline,                                                  \
             N_("end the job if it cannot end before then")),                                      \
        WITH('d', "dependency", "LIST", set_dependency,                                            \
             N_("wait for other jobs: afterok:17:18,after:19+5, singleton")),                      \
        WITH(0, "kill-on-invalid-dep", "yes|no", set_kill_on_dependency,                           \
             N_("end (yes) or wait when the dependency can never be met")),                        \
        WITH(0, "nice", "[N]", set_nice, N_("lower the priority by N")),                           \
        TEXT(0, "reservation", "NAME", reservation, N_("run in this reservation")),                \
        TEXT(0, "comment", "TEXT", comment, N_("keep this text with the job")),                    \
        TEXT(0, "export", "NAMES", export,                                                         \
             N_("pass these variables: ALL, NONE, NAME, NAME=VALUE")),                             \
        WITH(0, "signal", "SIGNAL[@SECONDS]", set_signal,                                          \
             N_("send a signal so long before the limit")),                                        \
        FLAG('Q', "quiet", quiet, N_("print no notes")),                                           \
        FLAG('v', "verbose", verbose, N_("tell more"))

/* Slurm's options of which nothing is lost: they tune, or tell somebody. */
#define IGNORED_OPTIONS                                                                            \
    IGNORED(0, 0, "mail-type", "TYPES"),                                                           \
        IGNORED(1, 0, "mail-user", "ADDRESS"),                                                     \
        IGNORED(4, 0, "get-user-env", "[TIMEOUT]"),                                                \
        IGNORED(5, 0, "cores-per-socket", "N"),                                                    \
        IGNORED(6, 0, "sockets-per-node", "N"),                                                    \
        IGNORED(10, 0, "wait-all-nodes", "VALUE"),                                                 \
        IGNORED(11, 0, "cpu-freq", "FREQUENCY"),                                                   \
        IGNORED(12, 0, "profile", "TYPES"),                                                        \
        IGNORED(13, 0, "network", "TYPE"),                                                         \
        IGNORED(16, 0, "gpu-bind", "TYPE"),                                                        \
        IGNORED(17, 0, "gpu-freq", "FREQUENCY"),                                                   \
        IGNORED(18, 0, "gres-flags", "TYPE"),                                                      \
        IGNORED(19, 0, "tres-bind", "TYPE"),                                                       \
        IGNORED(20, 'B', "extra-node-info", "S[:C[:T]]"),                                          \
        IGNORED(22, 0, "acctg-freq", "TIME"),                                                      \
        IGNORED(23, 0, "propagate", "[LIMITS]"),                                                   \
        IGNORED(24, 0, "wckey", "KEY"),                                                            \
        IGNORED(25, 's', "oversubscribe", NULL),                                                   \
        IGNORED(26, 0, "share", NULL),                                                             \
        IGNORED(27, 'k', "no-kill", "[off]"),                                                      \
        IGNORED(28, 0, "spread-job", NULL),                                                        \
        IGNORED(29, 0, "use-min-nodes", NULL),                                                     \
        IGNORED(30, 0, "delay-boot", "MINUTES"),                                                   \
        IGNORED(31, 0, "power", "FLAGS"),                                                          \
        IGNORED(32, 0, "mcs-label", "LABEL"),                                                      \
        IGNORED(33, 0, "resv-ports", "[COUNT]"),                                                   \
        IGNORED(34, 0, "ignore-pbs", NULL),                                                        \
        IGNORED(35, 0, "reboot", NULL),                                                            \
        IGNORED(36, 0, "stepmgr", NULL),                                                           \
        IGNORED(38, 0, "exact", NULL),                                                             \
        IGNORED(39, 0, "overlap", NULL),                                                           \
        IGNORED(40, 'u', "unbuffered", NULL)

/* Slurm's options that change what runs, where, or at whose cost. */
#define REFUSED_OPTIONS                                                                            \
    REFUSED(0, "prefer", "FEATURES"),                                                          \
        REFUSED(0, "batch", "FEATURES"),                                                           \
        REFUSED(0, "cluster-constraint", "FEATURES"),                                              \
        REFUSED(0, "gpus-per-socket", "N"),                                                        \
        REFUSED(0, "ntasks-per-gpu", "N"),                                                         \
        REFUSED(0, "tres-per-task", "LIST"),                                                       \
        REFUSED('S', "core-spec", "N"),                                                            \
        REFUSED(0, "thread-spec", "N"),                                                            \
        REFUSED('F', "nodefile", "FILE"),                                                          \
        REFUSED(0, "mincpus", "N"),                                                                \
        REFUSED(0, "tmp", "SIZE"),                                                                 \
        REFUSED(0, "bb", "SPEC"),                                                                  \
        REFUSED(0, "bbf", "FILE"),                                                                 \
        REFUSED('O', "overcommit", NULL),                                                          \
        REFUSED(0, "uid", "USER"),                                                                 \
        REFUSED(0, "gid", "GROUP")

const struct option_rule submit_options[] = {
    RESOURCE_OPTIONS,
    WITH('H', "hold", NULL, set_hold, N_("do not start before `tequio release`")),
    WITH(0, "requeue", NULL, set_requeue, N_("wait again when a node is lost (as without it)")),
    WITH(0, "no-requeue", NULL, set_no_requeue, N_("end when a node is lost")),
    WITH(0, "open-mode", "append|truncate", set_open_mode, N_("how to open files of output")),
    TEXT('a', "array", "ELEMENTS", array,
         N_("as many jobs, told apart by a number: 0-15, 1,3,7, 0-15:4, 0-99%5 (5 at a time)")),
    OPTION_WITH(0, "copies", "N", struct job_request, copies, set_copies, N_("so many jobs alike")),
    TEXT(0, "container", "IMAGE", container, N_("run the script inside this image")),
    TEXT(0, "vm", "IMAGE", vm, N_("run the script in a virtual machine made from this image")),
    OPTION_WITH(0, "stage-in", "URL|FILE[=PATH]", struct job_request, stage, job_stage_in,
                N_("bring this file into the job's directory before the script starts")),
    OPTION_WITH(0, "stage-out", "PATH=URL", struct job_request, stage, job_stage_out,
                N_("carry this file away when the script has ended")),
    TEXT(0, "wrap", "COMMAND", wrap, N_("run this shell command instead of a script")),
    FLAG(0, "each", each, N_("each operand is the script of a job of its own")),
    FLAG(0, "parsable", parsable, N_("print only the number of the job")),
    FLAG('W', "wait", wait, N_("wait for the job's end and exit as it did")),
    FLAG(0, "test-only", test_only, N_("say what would happen, submit nothing")),
    FLAG(0, "show-binding", show_binding,
         N_("show on which cores each task would be, submit nothing")),
    TEXT(0, "request-key", "KEY", request_key,
         N_("32 hex digits: the same key is the same request")),
    IGNORED(37, 0, "mpi", "TYPE"),
    IGNORED_OPTIONS,
    REFUSED_OPTIONS,
    OPTION_HELP,
    OPTION_END,
};

const struct option_rule run_options[] = {
    RESOURCE_OPTIONS,
    REFUSED('a', "array", "ELEMENTS"),
    TEXT(0, "het-group", "LIST", het_group,
         N_("inside a heterogeneous job: in these components, 0 without it; 1, 0-1, 0,2")),
    FLAG('l', "label", label, N_("put the task's number before each line")),
    WITH(0, "mpi", "TYPE", set_mpi, N_("pmix: start the ranks of an MPI program; none: separate tasks")),
    FLAG(0, "pty", terminal, N_("give the first task a terminal, and type into it")),
    FLAG(0, "unattended", unattended, NULL),
    TEXT(0, "container", "IMAGE", container, N_("run each task inside this image")),
    TEXT(0, "task-prolog", "PROGRAM", task_prolog, N_("run this before each task, on its node")),
    TEXT(0, "task-epilog", "PROGRAM", task_epilog, N_("run this after each task")),
    WITH('K', "kill-on-bad-exit", "[0|1]", set_kill_on_failure,
         N_("a task that fails ends the others (0: it does not)")),
    IGNORED_OPTIONS,
    REFUSED_OPTIONS,
    OPTION_HELP,
    OPTION_END,
};

/* clang-format on */

/* --- environment ---------------------------------------------------------------------------- */

/* Where Slurm's variable is not named like the option. */
static const struct {
    const char *variable;
    const char *option;
} spellings[] = {
    {"ARRAY_INX",    "array"    },
    {"CORE_SPEC",    "core-spec"},
    {"MEM_PER_NODE", "mem"      },
    {"REQ_SWITCH",   "switches" },
    {"TIMELIMIT",    "time"     },
};

static const struct option_rule *find_rule(const struct option_rule *rules, const char *variable,
                                           size_t length)
{
    char name[64];

    if (length >= sizeof(name))
        return NULL;
    for (size_t i = 0; i < length; i++)
        name[i] = variable[i] == '_' ? '-' : (char)tolower((unsigned char)variable[i]);
    name[length] = '\0';
    for (size_t i = 0; i < COUNT_OF(spellings); i++)
        if (strlen(spellings[i].variable) == length &&
            strncmp(spellings[i].variable, variable, length) == 0)
            snprintf(name, sizeof(name), "%s", spellings[i].option);
    for (; rules->set; rules++)
        if (strcmp(rules->name, name) == 0)
            return rules;
    return NULL;
}

static bool means_no(const char *value)
{
    return strcmp(value, "0") == 0 || strcasecmp(value, "no") == 0 ||
           strcasecmp(value, "false") == 0;
}

static bool set_from_variable(const struct option_rule *rule, const char *entry, const char *value,
                              struct job_request *request, struct error *err)
{
    void *place = (char *)request + rule->offset;
    bool is_flag = !rule->argument || rule->argument[0] == '[';

    if (is_flag && means_no(value))
        return true;
    if (!rule->argument)
        value = NULL;
    else if (*value == '\0')
        value = is_flag ? NULL : value;
    if (!rule->set(place, value, err))
        return fail_in(err, _("environment variable %.*s"), (int)strcspn(entry, "="), entry);
    return true;
}

/* strict: a name that nobody knows is a mistake, not some other program's. */
static bool read_prefix(const struct option_rule *rules, char *const *environment,
                        const char *prefix, struct job_request *request, struct error *err)
{
    bool strict = strcmp(prefix, "TEQUIO_SUBMIT_") == 0;

    for (; *environment; environment++) {
        const char *entry = *environment;
        const char *name = entry + strlen(prefix);
        const struct option_rule *rule;

        if (strncmp(entry, prefix, strlen(prefix)) != 0 || !strchr(name, '='))
            continue;
        rule = find_rule(rules, name, strcspn(name, "="));
        if (!rule && strict)
            return fail(err, ERROR_INVALID, _("environment variable %.*s names no option"),
                        (int)strcspn(entry, "="), entry);
        if (!rule || rule->set == option_help)
            continue;
        if (!set_from_variable(rule, entry, strchr(name, '=') + 1, request, err))
            return false;
    }
    return true;
}

bool job_options_environment(const struct option_rule *rules, char *const *environment,
                             struct job_request *request, struct error *err)
{
    return read_prefix(rules, environment, "SBATCH_", request, err) &&
           read_prefix(rules, environment, "TEQUIO_SUBMIT_", request, err);
}

/* --- what has no effect --------------------------------------------------------------------- */

void job_options_note(const struct job_request *request, struct buffer *notes)
{
    const char *separator = "";
    size_t start = notes->length;

    for (const struct option_rule *rule = submit_options; rule->set; rule++) {
        size_t number = rule->offset - offsetof(struct job_request, ignored);

        if (rule->set != set_ignored || !request->ignored[number])
            continue;
        buffer_print(notes, "%s--%s", separator, rule->name);
        separator = ", ";
    }
    if (notes->length > start)
        buffer_print(notes, ": %s\n", _("taken, but without effect in this version"));
    if (request->tasks_is_per_node)
        buffer_print(notes, "--tasks: %s\n",
                     _("means tasks per node, as in Slurm; write --ntasks for their number"));
    if (request->tasks && request->nodes_least > request->tasks)
        buffer_print(notes,
                     _("%" PRIu32 " tasks cannot run on %" PRIu32 " nodes: takes %" PRIu32 "\n"),
                     request->tasks, request->nodes_least, request->tasks);
    if (request->whole_memory)
        buffer_print(notes, "--mem=0: %s\n", _("all memory of a node: takes whole nodes"));
}
