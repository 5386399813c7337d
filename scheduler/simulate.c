/* simulate.c - tequio-simulate: replay a log of jobs with the network's scheduler */

#include "base/file.h"
#include "base/options.h"
#include "base/parse.h"
#include "scheduler/core/policy.h"
#include "scheduler/simulate/federation.h"
#include "scheduler/simulate/picture.h"
#include "scheduler/simulate/replay.h"
#include "scheduler/simulate/report.h"
#include "scheduler/simulate/statistics.h"
#include "scheduler/simulate/text.h"
#include "scheduler/simulate/workload.h"

#include <inttypes.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLAIRVOYANT "-clairvoyant"
#define RUNS_MOST   10000

struct arguments {
    const char *policy;
    uint32_t nodes, cores_per_node;
    uint32_t shake_s, runs;
    uint64_t seed;
    const char *starts, *picture;
    uint32_t sites, guarantee, home_percent;
    const char *within;
    bool json, quiet, help, version;
};

/* clang-format off */
static const struct option_rule options[] = {
    OPTION_TEXT('p', "policy", "NAME", struct arguments, policy, N_("the scheduling policy; with the ending -clairvoyant the run times are known")),
    OPTION_U32('N', "nodes", "N", struct arguments, nodes, N_("so many nodes; without --cores-per-node: processors (default: as the log says)")),
    OPTION_U32(0, "cores-per-node", "N", struct arguments, cores_per_node, N_("nodes of so many cores each, instead of one pool of processors")),
    OPTION_U32(0, "shake", "SECONDS", struct arguments, shake_s, N_("submit each job up to so many seconds earlier or later, by chance")),
    OPTION_U32(0, "runs", "N", struct arguments, runs, N_("repeat so often, each time shaken otherwise, and show the means")),
    OPTION_U64(0, "seed", "N", struct arguments, seed, N_("of that chance (default: 1)")),
    OPTION_TEXT(0, "starts", "FILE", struct arguments, starts, N_("write each job's number and start in seconds of the log (first run)")),
    OPTION_TEXT(0, "gantt", "FILE", struct arguments, picture, N_("draw the schedule of the first run (SVG)")),
    OPTION_U32(0, "sites", "N", struct arguments, sites, N_("so many sites of that size, alone and as one network; --gantt draws both")),
    OPTION_U32(0, "guarantee", "NODES", struct arguments, guarantee, N_("nodes of each site that its institution has in time")),
    OPTION_TEXT(0, "guarantee-within", "DURATION", struct arguments, within, N_("that time (default: 1h)")),
    OPTION_U32(0, "at-home", "PERCENT", struct arguments, home_percent, N_("of users ask for their own site alone (default: 10)")),
    OPTION_FLAG(0, "json", struct arguments, json, N_("print the result as JSON")),
    OPTION_FLAG('q', "quiet", struct arguments, quiet, N_("show no progress")),
    OPTION_FLAG('h', "help", struct arguments, help, N_("show this help and end")),
    OPTION_FLAG('V', "version", struct arguments, version, N_("print the version and end")),
    OPTION_END,
};
/* clang-format on */

/* --- the arguments --------------------------------------------------------------------------- */

/* As many names on a line as it takes. */
static void print_policies(void)
{
    const struct policy *policy;
    int width = printf("%s", _("Policies:"));

    for (size_t i = 0; (policy = policy_at(i)); i++) {
        int wanted = (int)strlen(policy->name) + 1;

        if (width + wanted > 80)
            width = printf("\n ") - 1;
        width += printf(" %s", policy->name);
    }
    putchar('\n');
}

static void print_help(void)
{
    printf("%s\n%s\n\n", _("Usage: tequio simulate [OPTION]... LOG"),
           _("Replay a log of jobs (Standard Workload Format, also .gz) with this scheduler."));
    options_print(options, 80, gettext);
    putchar('\n');
    print_policies();
}

static bool find_policy(const char *name, struct replay_settings *settings, struct error *err)
{
    size_t length = strlen(name), ending = strlen(CLAIRVOYANT);
    CLEANUP(memory_freep) char *plain = memory_copy(name);
    CLEANUP(buffer_clear) struct buffer names;
    char shown[TEXT_SHOWN_SIZE];

    buffer_init(&names);
    if (length > ending && strcmp(name + length - ending, CLAIRVOYANT) == 0) {
        plain[length - ending] = '\0';
        settings->clairvoyant = true;
    }
    settings->policy = policy_find(plain);
    if (settings->policy)
        return true;
    policy_print_names(&names);
    return fail(err, ERROR_INVALID, _("no policy %s: there are %s, each also with %s"),
                text_show(name, shown), names.bytes, CLAIRVOYANT);
}

/* The machine is the one that was asked for, else the log's. */
static bool find_machine(const struct arguments *arguments, const struct swf_header *header,
                         struct replay_settings *settings, struct error *err)
{
    uint64_t said = (uint64_t)(header->processors ? header->processors : header->nodes);
    uint64_t cores = arguments->cores_per_node ? arguments->cores_per_node : 1;
    uint64_t nodes = arguments->nodes ? arguments->nodes : (said + cores - 1) / cores;

    if (nodes == 0)
        return fail(err, ERROR_INVALID,
                    _("the log does not say how many processors there are: give --nodes"));
    if (nodes > SWF_PROCESSORS_MAX / cores)
        return fail(err, ERROR_INVALID, _("at most %" PRId64 " processors can be simulated"),
                    SWF_PROCESSORS_MAX);
    settings->nodes = arguments->cores_per_node ? (uint32_t)nodes : 0;
    settings->cores_per_node = (uint32_t)(arguments->cores_per_node ? cores : nodes);
    return true;
}

/* --- the replays ----------------------------------------------------------------------------- */

static void show_progress(size_t ended, size_t count)
{
    fprintf(stderr, "\r%3zu%%", 100 * ended / count);
}

struct simulation {
    const struct arguments *arguments;
    const char *log;
    struct workload workload;
    struct replay_settings settings;
    struct statistics *runs;
};

static bool write_starts(const char *path, const struct work *jobs, const int64_t *starts_s,
                         size_t count, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    for (size_t i = 0; i < count; i++)
        buffer_print(&text, "%" PRId64 " %" PRId64 "\n", jobs[i].number, starts_s[i]);
    return file_replace(path, text.bytes, text.length, 0644, err);
}

static bool write_picture(const struct simulation *simulation, const struct work *jobs,
                          const int64_t *starts_s, struct error *err)
{
    CLEANUP(memory_freep)
    char *title = memory_format("%s, %s", simulation->log, simulation->arguments->policy);
    struct picture picture = {
        .title = title,
        .jobs = jobs,
        .starts_s = starts_s,
        .count = simulation->workload.count,
        .processors = replay_processors(&simulation->settings),
    };
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    picture_print(&picture, &text);
    return file_replace(simulation->arguments->picture, text.bytes, text.length, 0644, err);
}

static bool write_files(const struct simulation *simulation, const struct work *jobs,
                        const int64_t *starts_s, struct error *err)
{
    const struct arguments *arguments = simulation->arguments;

    if (arguments->starts &&
        !write_starts(arguments->starts, jobs, starts_s, simulation->workload.count, err))
        return false;
    return !arguments->picture || write_picture(simulation, jobs, starts_s, err);
}

static bool run_once(struct simulation *simulation, unsigned number, struct error *err)
{
    const struct workload *workload = &simulation->workload;
    CLEANUP(memory_freep)
    struct work *jobs = workload_shake(workload, simulation->arguments->shake_s,
                                       simulation->arguments->seed + number);
    CLEANUP(memory_freep) int64_t *starts_s = NEW_ARRAY(int64_t, workload->count);
    struct statistics *run = &simulation->runs[number];
    struct replay_counts counts;

    if (!replay(&simulation->settings, jobs, workload->count, starts_s, &counts, err))
        return false;
    *run = statistics_of(jobs, starts_s, workload->count, replay_processors(&simulation->settings));
    run->cpu_s = (double)counts.cpu_us / (double)US_PER_SECOND;
    run->decisions_per_s = counts.cpu_us ? (double)counts.decisions / run->cpu_s : 0;
    return number > 0 || write_files(simulation, jobs, starts_s, err);
}

static void print_result(const struct simulation *simulation)
{
    const struct arguments *arguments = simulation->arguments;
    struct report report = {
        .log = simulation->log,
        .policy = arguments->policy,
        .processors = replay_processors(&simulation->settings),
        .workload = &simulation->workload,
        .shake_s = arguments->shake_s,
        .seed = arguments->seed,
        .run_count = arguments->runs,
        .runs = simulation->runs,
    };
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    for (unsigned i = 0; i < arguments->runs; i++)
        statistics_add(&report.mean, &simulation->runs[i]);
    statistics_divide(&report.mean, arguments->runs);
    if (arguments->json)
        report_print_json(&report, &text);
    else
        report_print(&report, &text);
    fputs(text.bytes, stdout);
}

/* --- several sites ----------------------------------------------------------------------------- */

static bool print_federation(const struct simulation *simulation,
                             const struct federation *federation, struct error *err)
{
    const struct arguments *arguments = simulation->arguments;
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(buffer_clear) struct buffer picture;

    buffer_init(&text);
    buffer_init(&picture);
    if (arguments->json)
        federation_print_json(federation, &text);
    else
        federation_print(federation, &text);
    fputs(text.bytes, stdout);
    if (!arguments->picture)
        return true;
    federation_print_picture(federation, &picture);
    return file_replace(arguments->picture, picture.bytes, picture.length, 0644, err);
}

static bool simulate_sites(struct simulation *simulation, struct error *err)
{
    const struct arguments *arguments = simulation->arguments;
    struct federation federation = {
        .log = simulation->log,
        .policy = arguments->policy,
        .site_count = arguments->sites,
        .processors = replay_processors(&simulation->settings),
        .settings = simulation->settings,
        .home_percent = arguments->home_percent,
        .seed = arguments->seed,
    };
    bool good;

    federation.settings.guarantee = arguments->guarantee;
    good = parse_duration(arguments->within, &federation.settings.guarantee_within_us, err) &&
           federation_run(&federation, &simulation->workload, err);
    if (federation.settings.progress)
        fprintf(stderr, "\r    \r");
    good = good && print_federation(simulation, &federation, err);
    federation_clear(&federation);
    return good;
}

/* --- all of it ---------------------------------------------------------------------------------- */

static bool simulate(struct simulation *simulation, struct error *err)
{
    const struct arguments *arguments = simulation->arguments;

    if (!find_policy(arguments->policy, &simulation->settings, err) ||
        !workload_read(&simulation->workload, simulation->log, err) ||
        !find_machine(arguments, &simulation->workload.header, &simulation->settings, err))
        return false;
    workload_fit(&simulation->workload, replay_processors(&simulation->settings));
    if (simulation->workload.count == 0)
        return fail(err, ERROR_INVALID,
                    _("no job of the log is small enough for %" PRIu32 " processors"),
                    replay_processors(&simulation->settings));
    if (isatty(STDERR_FILENO) && !arguments->quiet)
        simulation->settings.progress = show_progress;
    if (arguments->sites > 0)
        return simulate_sites(simulation, err);
    simulation->runs = NEW_ARRAY(struct statistics, arguments->runs);
    for (unsigned i = 0; i < arguments->runs; i++)
        if (!run_once(simulation, i, err))
            return false;
    if (simulation->settings.progress)
        fprintf(stderr, "\r    \r");
    print_result(simulation);
    return true;
}

/* Options may stand before and after the log. */
static bool read_log(int argc, char **argv, struct arguments *arguments, const char **ret_log,
                     struct error *err)
{
    for (int start = 0, first; start < argc; start += first) {
        if (!options_read(options, argc - start, argv + start, arguments, &first, err))
            return false;
        if (start + first == argc)
            break;
        if (*ret_log)
            return fail(err, ERROR_INVALID, _("one log only, not also %.100s"),
                        argv[start + first]);
        *ret_log = argv[start + first];
    }
    return true;
}

/* What a guarantee rests on is said in guarantee.h. */
static bool check_sites(const struct arguments *arguments, struct error *err)
{
    const struct policy *policy = policy_find(arguments->policy);

    if (arguments->sites > FEDERATION_SITES_MOST)
        return fail(err, ERROR_INVALID, _("--sites: at most %d are right"), FEDERATION_SITES_MOST);
    if (arguments->home_percent > 100)
        return fail(err, ERROR_INVALID, _("--at-home: 0 to 100 are right"));
    if (arguments->sites == 0 && arguments->guarantee > 0)
        return fail(err, ERROR_INVALID, _("--guarantee goes with --sites"));
    if (arguments->sites > 0 &&
        (arguments->runs > 1 || arguments->shake_s > 0 || arguments->starts))
        return fail(err, ERROR_INVALID, _("--sites goes without --runs, --shake and --starts"));
    if (arguments->guarantee > 0 && arguments->cores_per_node == 0)
        return fail(err, ERROR_INVALID, _("--guarantee goes with --cores-per-node"));
    if (arguments->guarantee > 0 && policy && policy->backfill != BACKFILL_EASY)
        return fail(err, ERROR_INVALID, _("--guarantee needs a policy with EASY backfill"));
    return true;
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments, const char **ret_log,
                           struct error *err)
{
    if (!read_log(argc, argv, arguments, ret_log, err))
        return false;
    if (arguments->help || arguments->version)
        return true;
    if (!*ret_log)
        return fail(err, ERROR_INVALID, _("give a log to replay (see --help)"));
    if (arguments->runs == 0 || arguments->runs > RUNS_MOST)
        return fail(err, ERROR_INVALID, _("--runs: 1 to %d are right"), RUNS_MOST);
    if (arguments->shake_s > 86400)
        return fail(err, ERROR_INVALID, _("--shake: at most a day, 86400, is right"));
    return check_sites(arguments, err);
}

static int complain(const struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_escaped(&text, err->text);
    fprintf(stderr, "tequio-simulate: %s\n", text.bytes);
    return (int)err->code;
}

/* The exit status is the error's code. */
int main(int argc, char **argv)
{
    struct arguments arguments = {
        .policy = "default", .runs = 1, .seed = 1, .within = "1h", .home_percent = 10};
    struct simulation simulation = {.arguments = &arguments};
    struct error err;
    bool good;

    /* Numbers stay as programs write them. */
    setlocale(LC_CTYPE, "");
    setlocale(LC_MESSAGES, "");
    bindtextdomain("tequio", LOCALEDIR);
    textdomain("tequio");
    if (!read_arguments(argc, argv, &arguments, &simulation.log, &err))
        return complain(&err);
    if (arguments.help) {
        print_help();
        return options_told("tequio-simulate");
    }
    if (arguments.version)
        return options_told_version("tequio-simulate");
    good = simulate(&simulation, &err);
    workload_clear(&simulation.workload);
    free(simulation.runs);
    if (!good)
        return complain(&err);
    return options_told("tequio-simulate");
}
