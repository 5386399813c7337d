/* main.c - tequio-gateway: lends nodes of a Slurm cluster to the network */

#include "agent/gateway/member.h"
#include "agent/gateway/runtime_slurm.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/hostlist.h"
#include "base/log.h"
#include "base/options.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/socket.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define TOKENS_MAX   (1u << 20)
#define SITE_ID_SIZE 16
#define FOLDER_MODE  0700

struct arguments {
    const char *config;
    const char *enrol;
    bool check;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('c', "config", "FILE", struct arguments, config, "read the settings from FILE"),
    OPTION_TEXT(0, "enrol", "FILE", struct arguments, enrol,
                "make the nodes' keys known with the lines \"NODE TOKEN\" of FILE, and exit"),
    OPTION_FLAG(0, "check", struct arguments, check,
                "read the settings, ask Slurm, print the nodes that would be lent, and exit"),
    OPTION_FLAG('h', "help", struct arguments, help, "print this"),
    OPTION_FLAG('V', "version", struct arguments, version, "print the version"),
    OPTION_END,
};

/* The running program: everything is freed in the reverse order. */
struct program {
    struct gateway_settings settings;
    const struct arguments *arguments;
    struct loop *loop;
    struct slurm_caller caller;
    struct member_site site;
    char site_id[2 * SITE_ID_SIZE + 1];
    int lock;
    struct command *survey; /* of Slurm's nodes, before anything else */
    struct watch *survey_due;
    bool told_away;
    struct runtime_slurm *slurm;
    size_t count, started;
    struct member **members;
    struct watch *timer;
    int64_t timer_us;
    bool failed;
    struct error failure;
};

static void end(struct program *program, const struct error *why)
{
    program->failed = true;
    program->failure = *why;
    loop_stop(program->loop);
}

static void on_signal(void *owner, int number)
{
    struct program *program = owner;

    log_info("signal=%s ending; jobs run on", signal_name(number));
    loop_stop(program->loop);
}

/* --- the turn --------------------------------------------------------------------------------------- */

static void on_time(void *owner)
{
    struct program *program = owner;

    program->timer = NULL; /* it called once; the turn's end does the rest */
}

static void on_turn_end(void *owner)
{
    struct program *program = owner;
    int64_t first_us = INT64_MAX;
    struct error err;

    for (size_t i = 0; i < program->started; i++) {
        int64_t next_us;

        if (!member_turn(program->members[i], &next_us, &err)) {
            end(program, &err);
            return;
        }
        first_us = next_us < first_us ? next_us : first_us;
    }
    if (program->timer && program->timer_us == first_us)
        return;
    loop_unwatch(program->loop, program->timer);
    program->timer = NULL;
    program->timer_us = first_us;
    if (first_us < INT64_MAX)
        program->timer = loop_watch_time(program->loop, first_us, on_time, program);
}

static void on_room(void *owner, size_t node, const char *why_not)
{
    struct program *program = owner;

    member_set_occupied(program->members[node], why_not);
}

/* --- the nodes ---------------------------------------------------------------------------------------- */

/* Those that are lent, of what sinfo prints; free(*ret_nodes). */
static bool choose_nodes(const struct program *program, char *text, struct slurm_node **ret_nodes,
                         size_t *ret_count, struct error *err)
{
    const struct gateway_settings *settings = &program->settings;
    CLEANUP(memory_freep)
    struct slurm_node *nodes = NEW_ARRAY(struct slurm_node, settings->most_nodes);
    CLEANUP(hostlist_freep)
    struct hostlist *wanted = hostlist_parse(settings->nodes ? settings->nodes : "", err);
    size_t count = 0;
    char *line;

    while (wanted && count < settings->most_nodes && (line = slurm_next_line(&text)) != NULL) {
        if (!slurm_read_node(line, &nodes[count], err))
            return false;
        if (!settings->nodes || hostlist_has(wanted, nodes[count].name))
            count++;
    }
    if (!wanted)
        return false;
    if (count == 0)
        return fail(err, ERROR_NOT_FOUND, "no node of Slurm's partition %s is to be lent",
                    settings->partition);
    *ret_nodes = STEAL(nodes);
    *ret_count = count;
    return true;
}

static bool make_members(struct program *program, const struct slurm_node *nodes, size_t count,
                         struct error *err)
{
    program->members = NEW_ARRAY(struct member *, count);
    for (program->count = 0; program->count < count; program->count++) {
        program->members[program->count] = member_new(&program->site, &nodes[program->count], err);
        if (!program->members[program->count])
            return false;
    }
    return true;
}

static void print_members(const struct program *program)
{
    for (size_t i = 0; i < program->count; i++)
        printf("%s cores=%" PRIu32 " memory=%" PRIu64 "M\n", member_name(program->members[i]),
               member_cores(program->members[i]), member_memory(program->members[i]) >> 20);
}

static bool enrol_line(const struct program *program, char *line, struct error *err)
{
    char *token = line + strcspn(line, " \t");

    if (*token)
        *token++ = '\0';
    token += strspn(token, " \t");
    for (size_t i = 0; i < program->count; i++)
        if (strcmp(member_name(program->members[i]), line) == 0)
            return member_enrol(program->members[i], token, err);
    return fail(err, ERROR_NOT_FOUND, "node %.64s is none that is lent here", line);
}

static bool enrol_members(const struct program *program, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    char *rest, *line;

    buffer_init(&text);
    if (!file_check_private(program->arguments->enrol, true, err) ||
        !file_read(program->arguments->enrol, TOKENS_MAX, &text, err))
        return false;
    rest = text.bytes;
    while ((line = slurm_next_line(&rest)) != NULL) {
        if (!enrol_line(program, line, err))
            return fail_in(err, "%s", program->arguments->enrol);
        printf("%s enrolled\n", line);
    }
    return true;
}

static bool start_members(struct program *program, const struct slurm_node *nodes,
                          struct error *err)
{
    program->slurm = runtime_slurm_new(&program->caller, nodes, program->count, err);
    if (!program->slurm)
        return false;
    for (; program->started < program->count; program->started++) {
        const struct runtime runtime = runtime_slurm_seam(program->slurm, program->started);

        if (!member_start(program->members[program->started], &runtime, err))
            return false;
    }
    runtime_slurm_start(program->slurm, on_room, program);
    loop_set_turn_end(program->loop, on_turn_end, program);
    log_info("nodes=%zu of Slurm's partition %s are lent", program->count,
             program->settings.partition);
    return true;
}

static bool take_survey(struct program *program, char *output, struct error *err)
{
    CLEANUP(memory_freep) struct slurm_node *nodes = NULL;
    size_t count = 0;

    if (!choose_nodes(program, output, &nodes, &count, err) ||
        !make_members(program, nodes, count, err))
        return false;
    if (program->arguments->check || program->arguments->enrol) {
        loop_stop(program->loop);
        if (program->arguments->enrol)
            return enrol_members(program, err);
        print_members(program);
        return true;
    }
    return start_members(program, nodes, err);
}

static void begin_survey(void *owner);

/* The site's Slurm may be down for a while; who asks at a terminal is told so. */
static void on_survey(void *owner, char *output, const struct error *why)
{
    struct program *program = owner;
    bool asked = program->arguments->check || program->arguments->enrol;
    struct error err = *why;

    if (!output && !asked && slurm_is_away(why->text)) {
        if (!program->told_away)
            log_warning("Slurm does not answer: %s; will ask again", why->text);
        program->told_away = true;
        program->survey_due =
            loop_watch_time(program->loop, clock_boot_us(&clock_real) + program->settings.look_us,
                            begin_survey, program);
    } else if (!output || !take_survey(program, output, &err)) {
        end(program, &err);
    }
    command_free(program->survey);
    program->survey = NULL;
}

static void begin_survey(void *owner)
{
    struct program *program = owner;
    const char *const arguments[] = {
        "--noheader",
        "--Node",
        "--partition",
        program->settings.partition,
        "--format=" SLURM_NODE_FORMAT,
        NULL,
    };

    program->survey_due = NULL;
    program->survey = slurm_call(&program->caller, "sinfo", arguments, on_survey, program);
}

/* --- start and end --------------------------------------------------------------------------------------- */

/* Made once: what the nodes' journals hold is of this site, on whatever machine. */
static bool read_site_id(struct program *program, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/site", program->settings.state_directory);
    CLEANUP(buffer_clear) struct buffer text = {0};
    uint8_t bytes[SITE_ID_SIZE];

    buffer_init(&text);
    if (access(path, F_OK) != 0) {
        random_fill(bytes, sizeof(bytes));
        hex_print(bytes, sizeof(bytes), &text);
        if (!file_replace(path, text.bytes, text.length, 0600, err))
            return false;
        buffer_reset(&text);
    }
    if (!file_read(path, sizeof(program->site_id), &text, err))
        return false;
    if (!hex_parse(text.bytes, bytes, sizeof(bytes), err))
        return fail_in(err, "%s", path);
    memory_put_text(program->site_id, sizeof(program->site_id), text.bytes);
    return true;
}

/* Two on one folder would give Slurm everything twice. */
static bool take_lock(struct program *program, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/lock", program->settings.state_directory);

    program->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (program->lock < 0)
        return fail_errno(err, "%s", path);
    return flock(program->lock, LOCK_EX | LOCK_NB) == 0 ||
           fail(err, ERROR_CONFLICT, "%s: another gateway uses it", path);
}

static bool start_all(struct program *program, struct error *err)
{
    program->loop = loop_new();
    loop_watch_signal(program->loop, SIGTERM, on_signal, program);
    loop_watch_signal(program->loop, SIGINT, on_signal, program);
    slurm_caller_init(&program->caller, program->loop, &program->settings);
    if (!file_make_directory(program->settings.state_directory, FOLDER_MODE, err) ||
        (!program->arguments->check && !take_lock(program, err)) || !read_site_id(program, err))
        return false;
    program->site = (struct member_site){
        .loop = program->loop, .settings = &program->settings, .boot_id = program->site_id};
    begin_survey(program);
    return true;
}

static void stop_all(struct program *program)
{
    for (size_t i = 0; program->members && i < program->count; i++)
        member_free(program->members[i]);
    free(program->members);
    runtime_slurm_free(program->slurm);
    if (program->loop)
        loop_unwatch(program->loop, program->survey_due);
    command_free(program->survey);
    slurm_caller_clear(&program->caller);
    loop_free(program->loop);
    gateway_settings_clear(&program->settings);
    file_closep(&program->lock);
    socket_end();
}

static bool run(struct program *program, struct error *err)
{
    const char *path = program->arguments->config;

    if (!gateway_settings_read(&program->settings, path ? path : GATEWAY_SETTINGS_PATH, err))
        return false;
    log_set_level(program->settings.log_level);
    if (!start_all(program, err))
        return false;
    loop_run(program->loop);
    if (program->failed)
        *err = program->failure;
    return !program->failed;
}

static void print_help(void)
{
    printf("usage: tequio-gateway [OPTION]...\n"
           "Lends nodes of a Slurm cluster to a network: jobs go in through sbatch.\n\n");
    options_print(options, 80, NULL);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct program program = {.arguments = &arguments, .lock = -1};
    struct error err = {0};
    bool done;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err) ||
        (first < argc && !fail(&err, ERROR_INVALID, "'%.100s' is not expected", argv[first]))) {
        fprintf(stderr, "tequio-gateway: %s\n", err.text);
        return ERROR_INVALID;
    }
    if (arguments.help) {
        print_help();
        return options_told("tequio-gateway");
    }
    if (arguments.version)
        return options_told_version("tequio-gateway");
    done = run(&program, &err);
    stop_all(&program);
    if (!done)
        fprintf(stderr, "tequio-gateway: %s\n", err.text);
    return done ? options_told("tequio-gateway") : (int)err.code;
}
