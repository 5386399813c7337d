/* main.c - tequio-agent: the node's side, without rights of its own */

#include "agent/agent.h"
#include "agent/enrol.h"
#include "agent/gpu_files.h"
#include "agent/health.h"
#include "agent/runtime_process.h"
#include "agent/settings.h"
#include "agent/vm_offer.h"
#include "base/file.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/parse.h"
#include "base/random.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOAD_EVERY_US     (5 * US_PER_SECOND)
#define MESSAGES_PER_TURN 256 /* of one door: whoever floods it holds up nothing else */
#define HOSTS_MODE        0755

struct arguments {
    const char *config;
    const char *enrol;
    bool check;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('c', "config", "FILE", struct arguments, config, "read the settings from FILE"),
    OPTION_TEXT(0, "enrol", "TOKEN", struct arguments, enrol,
                "make this node's key known with a one-time token, and exit"),
    OPTION_FLAG(0, "check", struct arguments, check,
                "read the settings and the topology, and exit"),
    OPTION_FLAG('h', "help", struct arguments, help, "print this"),
    OPTION_FLAG('V', "version", struct arguments, version, "print the version"),
    OPTION_END,
};

/* The running program: everything is freed in the reverse order. */
struct program {
    struct agent_settings settings;
    struct key_pair pair;
    struct topology *topology;
    struct loop *loop;
    struct admission *admission;
    struct runtime_process *process;
    struct runtime runtime;
    struct socket *scheduler;
    struct socket *local;
    struct agent *agent;
    struct health *health; /* NULL: none is set */
    struct watch *timer;
    int64_t timer_us;
    char boot_id[64];
    char *hosts_directory;
    bool failed;
};

/* --- what the agent sees of the world ------------------------------------------------------------ */

static bool to_scheduler(void *state, const void *bytes, size_t size)
{
    const struct program *program = state;

    return socket_send(program->scheduler, NULL, bytes, size);
}

static void dial_again(void *state)
{
    const struct program *program = state;

    socket_dial_again(program->scheduler);
}

static bool to_local(void *state, const struct sender *to, const void *bytes, size_t size)
{
    const struct program *program = state;

    return socket_send(program->local, to, bytes, size);
}

static void on_scheduler(void *owner)
{
    struct program *program = owner;
    struct sender sender;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (socket_receive(program->scheduler, &sender, &bytes, &size) != 1)
            return;
        agent_from_scheduler(program->agent, bytes, size);
        free(bytes);
    }
}

static void on_local(void *owner)
{
    struct program *program = owner;
    struct sender sender;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (socket_receive(program->local, &sender, &bytes, &size) != 1)
            return;
        agent_from_local(program->agent, &sender, bytes, size);
        free(bytes);
    }
}

/* Whoever is on the machine may connect; the job's credential decides. */
static bool admit_all(void *owner, const char *key)
{
    (void)owner;
    (void)key;
    return true;
}

/* The number behind `name` in a file of /proc, or 0. */
static double read_number(const char *path, const char *name)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    const char *place;
    struct error err;

    buffer_init(&text);
    if (!file_read(path, 65536, &text, &err))
        return 0;
    place = strstr(text.bytes, name);
    return place ? strtod(place + strlen(name), NULL) : 0;
}

static void on_load_due(void *owner)
{
    struct program *program = owner;

    agent_set_load(program->agent, read_number("/proc/loadavg", ""),
                   (uint64_t)(1024 * read_number("/proc/meminfo", "MemAvailable:")));
}

static void on_signal(void *owner, int number)
{
    struct program *program = owner;

    log_info("signal=%s ending; jobs run on", signal_name(number));
    loop_stop(program->loop);
}

/* --- the turn ------------------------------------------------------------------------------------- */

static void on_time(void *owner)
{
    struct program *program = owner;

    program->timer = NULL; /* it called once; the turn's end does the rest */
}

static void on_turn_end(void *owner)
{
    struct program *program = owner;
    int64_t next_us;
    struct error err;

    if (!agent_turn(program->agent, &next_us, &err)) {
        log_error("%s: ending, since nothing may be promised without the journal; jobs run on",
                  err.text);
        program->failed = true;
        loop_stop(program->loop);
        return;
    }
    if (program->timer && program->timer_us == next_us)
        return;
    loop_unwatch(program->loop, program->timer);
    program->timer = NULL;
    program->timer_us = next_us;
    if (next_us < INT64_MAX)
        program->timer = loop_watch_time(program->loop, next_us, on_time, program);
}

/* --- start ---------------------------------------------------------------------------------------- */

static bool read_boot_id(struct program *program, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    if (!file_read("/proc/sys/kernel/random/boot_id", 4096, &text, err))
        return false;
    snprintf(program->boot_id, sizeof(program->boot_id), "%.36s", text.bytes);
    return true;
}

/* Jobs, which run as other users, read host files and reach the socket beside them.  Both live as long
 * as a part: /run, which is memory, is the place for them, because making and removing files is
 * what a short job costs most on a disk. */
static bool make_directories(struct program *program, struct error *err)
{
    const char *state = program->settings.state_directory;
    const char *local = program->settings.local + strlen("ipc://");

    program->hosts_directory = memory_format("%s.hosts", local);
    if (!file_make_directory(state, HOSTS_MODE, err) ||
        !file_make_directory(program->hosts_directory, HOSTS_MODE, err))
        return false;
    if (chmod(state, HOSTS_MODE) != 0)
        return fail_errno(err, "%s", state);
    return true;
}

static bool listen_local(struct program *program, struct error *err)
{
    const char *path = program->settings.local + strlen("ipc://");

    program->admission = socket_admit_with(program->loop, admit_all, NULL, err);
    if (!program->admission)
        return false;
    program->local = socket_listen(program->settings.local, NULL, err);
    if (!program->local)
        return false;
    if (chmod(path, 0666) != 0)
        return fail_errno(err, "%s", path);
    return true;
}

static bool start_runtime(struct program *program, struct error *err)
{
    const struct agent_settings *settings = &program->settings;
    const struct runtime_process_options how = {
        .socket = settings->launcher,
        .program = settings->launcher_program,
        .config = settings->launcher_config,
        .spool = settings->spool,
    };

    program->process = runtime_process_new(program->loop, &how, err);
    if (!program->process)
        return false;
    program->runtime = runtime_process_seam(program->process);
    return true;
}

static uint64_t job_memory(const struct program *program)
{
    const struct agent_settings *settings = &program->settings;
    uint64_t all =
        settings->memory_bytes ? settings->memory_bytes : program->topology->memory_bytes;

    return all > settings->reserved_memory_bytes ? all - settings->reserved_memory_bytes : 0;
}

/* So the scheduler knows where jobs with --vm can run. */
static void offer_machines(struct agent_settings *settings)
{
    struct error err;
    char *all;

    if (!settings->vm_images)
        return;
    if (!vm_offer_check("", &err)) {
        log_warning("vm-images: %s; jobs with --vm are not taken here on its account", err.text);
        return;
    }
    all = vm_offer_features(settings->features);
    free(settings->features);
    settings->features = all;
}

static bool start_agent(struct program *program, struct error *err)
{
    const struct agent_settings *settings = &program->settings;
    struct agent_facts facts = {
        .node = settings->node,
        .program = "tequio-agent " PACKAGE_VERSION,
        .boot_id = program->boot_id,
        .boot_us = clock_wall_us(&clock_real) - clock_boot_us(&clock_real),
        .topology = program->topology,
        .features = settings->features,
        .vm_images = settings->vm_images,
        .stage_protocols = settings->stage_protocols,
        .stage_bytes = settings->stage_bytes,
        .stage_silence_s = settings->stage_silence_s,
        .reserved_cores = settings->reserved_cores,
        .processes_per_core = settings->processes_per_core,
        .memory_bytes = job_memory(program),
        .bind = settings->bind,
        .own_name = settings->own_name,
        .as_root = geteuid() == 0,
        .denies_devices = (runtime_process_facts(program->process) & FACT_DEVICES) != 0,
        .agent = settings->local,
        .libexec = settings->libexec,
        .hosts_directory = program->hosts_directory,
    };
    const struct agent_seams seams = {
        .transport = {to_scheduler, to_local, dial_again, program},
        .runtime = &program->runtime,
        .clock = &clock_real,
        .directory = settings->state_directory,
    };

    random_fill(facts.incarnation, sizeof(facts.incarnation));
    random_fill(&facts.seed, sizeof(facts.seed));
    program->agent = agent_new(&facts, &seams, err);
    return program->agent != NULL;
}

static void watch_all(struct program *program)
{
    loop_watch_socket(program->loop, program->scheduler, on_scheduler, program);
    loop_watch_socket(program->loop, program->local, on_local, program);
    loop_watch_interval(program->loop, LOAD_EVERY_US, on_load_due, program);
    loop_set_turn_end(program->loop, on_turn_end, program);
    on_load_due(program);
    if (program->settings.health_check)
        program->health = health_new(program->loop, program->agent, program->settings.health_check,
                                     program->settings.health_every_us);
    on_turn_end(program); /* the first hello waits for no event */
}

/* Signals are blocked before anything has a thread. */
static bool start_all(struct program *program, struct error *err)
{
    const struct agent_settings *settings = &program->settings;

    program->loop = loop_new();
    loop_watch_signal(program->loop, SIGTERM, on_signal, program);
    loop_watch_signal(program->loop, SIGINT, on_signal, program);
    if (!make_directories(program, err) || !read_boot_id(program, err) ||
        !enrol_key(settings, &program->pair, err) ||
        !enrol_from_file(settings, &program->pair, err) || !start_runtime(program, err))
        return false;
    program->scheduler =
        socket_dial(settings->scheduler, &program->pair, settings->scheduler_key, err);
    offer_machines(&program->settings);
    if (!program->scheduler || !listen_local(program, err) || !start_agent(program, err))
        return false;
    watch_all(program);
    return true;
}

static void stop_all(struct program *program)
{
    health_free(program->health);
    agent_free(program->agent);
    socket_free(program->scheduler);
    socket_free(program->local);
    admission_free(program->admission);
    runtime_process_free(program->process);
    loop_free(program->loop);
    topology_free(program->topology);
    free(program->hosts_directory);
    memory_wipe(&program->pair, sizeof(program->pair));
    agent_settings_clear(&program->settings);
    socket_end();
}

/* --- the command line ------------------------------------------------------------------------------ */

static void print_help(void)
{
    printf("usage: tequio-agent [OPTION]...\n"
           "The agent of a node: it takes jobs from the scheduler and runs them.\n\n");
    options_print(options, 80, NULL);
}

static void print_topology(const struct program *program)
{
    const struct topology *topology = program->topology;

    printf("node %s: %" PRIu32 " packages, %" PRIu32 " NUMA nodes, %" PRIu32 " cores (%" PRIu32
           " reserved), %" PRIu32 " threads, %" PRIu64 " MiB for jobs%s\n",
           program->settings.node, topology->packages, topology->numa_nodes, topology->core_count,
           program->settings.reserved_cores, topology->threads, job_memory(program) >> 20,
           topology->emulated ? ", emulated" : "");
}

static bool enrol(struct program *program, const char *token, struct error *err)
{
    if (!file_make_directory(program->settings.state_directory, HOSTS_MODE, err) ||
        !enrol_key(&program->settings, &program->pair, err) ||
        !enrol_with(&program->settings, &program->pair, token, err))
        return false;
    log_info("node=%s enrolled", program->settings.node);
    return true;
}

/* What the configuration says of GPUs stands for what hwloc sees. */
static bool take_gpus(struct program *program, struct error *err)
{
    const struct agent_settings *settings = &program->settings;
    struct topology *topology = program->topology;

    if (settings->gpu_count > 0)
        topology->gpus = 0;
    for (uint32_t i = 0; i < settings->gpu_count; i++) {
        const struct gpu_section *gpu = &settings->gpus[i];
        uint32_t before = topology->gpus;

        topology_set_gpus(topology, gpu->type, gpu->count);
        if (gpu->files &&
            !gpu_files_find(gpu->files, topology->devices + before, topology->gpus - before, err))
            return fail_in(err, "gpu %s: files", gpu->type);
    }
    return true;
}

static bool run(struct program *program, const struct arguments *arguments, struct error *err)
{
    const char *path = arguments->config ? arguments->config : SETTINGS_PATH;

    if (!agent_settings_read(&program->settings, path, err))
        return false;
    log_set_level(program->settings.log_level);
    if (arguments->enrol)
        return enrol(program, arguments->enrol, err);
    program->topology = topology_read(program->settings.topology, err);
    if (!program->topology)
        return false;
    if (!take_gpus(program, err))
        return false;
    if (program->settings.reserved_cores >= program->topology->core_count ||
        job_memory(program) == 0)
        return fail(err, ERROR_INVALID,
                    "%s: nothing is left for jobs: reserved-cores and "
                    "reserved-memory take all",
                    path);
    if (arguments->check) {
        print_topology(program);
        return true;
    }
    if (!start_all(program, err))
        return false;
    log_info("node=%s started cores=%" PRIu32 "%s", program->settings.node,
             program->topology->core_count, program->topology->emulated ? " emulated" : "");
    loop_run(program->loop);
    if (program->failed)
        return fail(err, ERROR_IO, "the journal cannot be written");
    return true;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct program program = {0};
    struct error err = {0};
    bool done;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err) ||
        (first < argc && !fail(&err, ERROR_INVALID, "'%.100s' is not expected", argv[first]))) {
        fprintf(stderr, "tequio-agent: %s\n", err.text);
        return ERROR_INVALID;
    }
    if (arguments.help) {
        print_help();
        return options_told("tequio-agent");
    }
    if (arguments.version)
        return options_told_version("tequio-agent");
    done = run(&program, &arguments, &err);
    stop_all(&program);
    if (!done)
        fprintf(stderr, "tequio-agent: %s\n", err.text);
    return done ? options_told("tequio-agent") : (int)err.code;
}
