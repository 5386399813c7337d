/* main.c - tequio-scheduler: the central scheduler */

#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/parse.h"
#include "base/postgres.h"
#include "base/worker.h"
#include "scheduler/check.h"
#include "scheduler/clouds.h"
#include "scheduler/erasing.h"
#include "scheduler/listen.h"
#include "scheduler/migrate.h"
#include "scheduler/service.h"
#include "scheduler/settings.h"
#include "scheduler/twins.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS_LEAST 1024
#define LOOK_US           US_PER_SECOND /* so often is told who was cut off */

struct arguments {
    const char *config;
    const char *restore, *migrate;
    bool check, check_store, erase, help, version;
};

/* clang-format off */
static const struct option_rule options[] = {
    OPTION_TEXT('c', "config", "FILE", struct arguments, config, "read FILE instead of " SETTINGS_PATH),
    OPTION_FLAG(0, "check", struct arguments, check, "check the configuration and exit"),
    OPTION_FLAG(0, "check-store", struct arguments, check_store, "check every row of the database and exit"),
    OPTION_FLAG(0, "erase", struct arguments, erase, "erase who is to be forgotten from the database and exit"),
    OPTION_TEXT(0, "restore", "BACKUP", struct arguments, restore, "put BACKUP in the place of the database and exit"),
    OPTION_TEXT(0, "migrate", "STORE", struct arguments, migrate, "move the database to STORE, an empty one of PostgreSQL, and exit"),
    OPTION_FLAG('h', "help", struct arguments, help, "print this text and exit"),
    OPTION_FLAG('V', "version", struct arguments, version, "print the version and exit"),
    OPTION_END,
};
/* clang-format on */

struct program {
    const char *config;
    struct settings settings;
    struct loop *loop;
    struct worker *committer, *reader;
    struct twins *twins;
    struct listen *listen;
    struct store *store;
    struct service *service;
    struct clouds *clouds;
    char public_key[SOCKET_KEY_TEXT];
    struct watch *timer;
    int64_t timer_us;
    struct watch *signals[3];
    struct watch *look;
};

/* --- the loop ------------------------------------------------------------------------------------------ */

static void give(void *state, enum background which, work_fn *work, done_fn *done, void *owner)
{
    struct program *program = state;

    worker_give(which == BACKGROUND_COMMIT ? program->committer : program->reader, work, done,
                owner);
}

static void ask_twin(void *state, twin_fn *work, twin_done_fn *done, void *owner)
{
    struct program *program = state;

    twins_ask(program->twins, work, done, owner);
}

static void on_time(void *owner)
{
    struct program *program = owner;

    program->timer = NULL; /* it calls once */
    service_pass_time(program->service);
}

static void on_turn_end(void *owner)
{
    struct program *program = owner;
    int64_t next_us;

    service_turn_end(program->service);
    if (service_has_ended(program->service)) {
        loop_stop(program->loop);
        return;
    }
    next_us = service_next_time(program->service);
    if (program->timer && program->timer_us == next_us)
        return;
    loop_unwatch(program->loop, program->timer);
    program->timer_us = next_us;
    program->timer = loop_watch_time(program->loop, next_us, on_time, program);
}

static void on_look(void *owner)
{
    struct program *program = owner;
    const char *last;
    uint64_t count = listen_take_ended(program->listen, &last);

    if (count > 0)
        log_warning("connections=%" PRIu64 " ended for being over a limit, the last one of %s",
                    count, last);
}

static void on_end(void *owner, int number)
{
    struct program *program = owner;

    log_info("%s: finishing what is begun", strsignal(number));
    service_stop(program->service);
}

static bool reload(struct program *program, struct buffer *later, struct error *err)
{
    CLEANUP(settings_clear) struct settings given;

    settings_init(&given);
    if (!settings_read(&given, program->config, err) ||
        !settings_change(&program->settings, &given, later, err))
        return false;
    log_set_level(program->settings.log_level);
    listen_set_limits(program->listen, &program->settings);
    return service_settings_changed(program->service, err);
}

static void on_hangup(void *owner, int number)
{
    struct program *program = owner;
    CLEANUP(buffer_clear) struct buffer later;
    struct error err;

    (void)number;
    buffer_init(&later);
    if (!reload(program, &later, &err))
        log_error("reload: %s; going on with the settings of before", err.text);
    else if (later.length > 0)
        log_warning("reload: %s in force, but %s with the next start, which no job notices",
                    program->config, later.bytes);
    else
        log_info("reload: %s in force", program->config);
}

/* --- start ------------------------------------------------------------------------------------------------ */

static bool write_public_key(const char *directory, const struct key_pair *pair, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/scheduler.pub", directory);
    CLEANUP(memory_freep) char *text = memory_format("%s\n", pair->public);

    return file_replace(path, text, strlen(text), 0644, err);
}

/* Made at the first start. */
static bool get_key(const struct settings *settings, struct key_pair *ret_pair, struct error *err)
{
    if (access(settings->key_file, F_OK) != 0 && errno == ENOENT) {
        key_pair_make(ret_pair);
        if (!key_pair_write(settings->key_file, ret_pair, err))
            return false;
        log_info("made the key %s", settings->key_file);
    }
    return key_pair_read(settings->key_file, ret_pair, err) &&
           write_public_key(settings->state_directory, ret_pair, err);
}

static bool write_endpoints(const struct program *program, struct error *err)
{
    CLEANUP(memory_freep)
    char *path = memory_format("%s/endpoints", program->settings.state_directory);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    listen_print(program->listen, &text);
    return file_replace(path, text.bytes, text.length, 0644, err);
}

static void watch_signals(struct program *program)
{
    program->signals[0] = loop_watch_signal(program->loop, SIGTERM, on_end, program);
    program->signals[1] = loop_watch_signal(program->loop, SIGINT, on_end, program);
    program->signals[2] = loop_watch_signal(program->loop, SIGHUP, on_hangup, program);
}

/* Not a word more: what this process believes may be old, and its peers have a better one. */
static void on_lost(void *owner, const char *text)
{
    (void)owner;
    log_error("%s; ending at once", text);
    _exit(ERROR_CONFLICT);
}

/* `waits`: as a standby, behind another scheduler on the same database. */
static bool open_store(struct program *program, bool waits, struct error *err)
{
    const struct settings *settings = &program->settings;

    if (!file_make_directory(settings->state_directory, 0711, err))
        return fail_in(err, "state-directory");
    program->store = store_open(
        &(struct store_place){
            .directory = settings->state_directory,
            .where = settings->store,
            .network = settings->network,
            .lease_us = settings->store_lease_us,
            .waits = waits,
            .on_lost = on_lost,
        },
        err);
    return program->store != NULL;
}

static bool start(struct program *program, struct error *err)
{
    struct key_pair pair;
    struct outside outside = {
        .clock = &clock_real, .give = give, .ask_twin = ask_twin, .state = program};
    bool good;

    if (!open_store(program, true, err))
        return false;
    /* Signals are blocked before the workers' threads are made, which inherit that. */
    program->loop = loop_new();
    watch_signals(program);
    program->committer = worker_new(program->loop);
    program->reader = worker_new(program->loop);
    program->twins = twins_new(program->loop);
    program->listen = listen_new(program->loop);
    outside.store = program->store;
    outside.transport = listen_transport(program->listen);
    program->service = service_new(&program->settings, &outside, err);
    if (!program->service)
        return false;
    loop_set_turn_end(program->loop, on_turn_end, program);
    good = get_key(&program->settings, &pair, err) &&
           listen_open(program->listen, program->service, &program->settings, &pair, err) &&
           write_endpoints(program, err);
    memory_put_text(program->public_key, sizeof(program->public_key), pair.public);
    memory_wipe(&pair, sizeof(pair));
    if (good)
        program->clouds = clouds_new(program->loop, program->service, &program->settings,
                                     program->public_key, err);
    if (!program->clouds)
        return false;
    program->look = loop_watch_interval(program->loop, LOOK_US, on_look, program);
    return true;
}

static void end(struct program *program)
{
    clouds_free(program->clouds);
    worker_free(program->committer);
    worker_free(program->reader);
    twins_free(program->twins);
    listen_free(program->listen);
    service_free(program->service);
    store_free(program->store);
    if (program->loop) {
        loop_unwatch(program->loop, program->timer);
        loop_unwatch(program->loop, program->look);
        for (size_t i = 0; i < COUNT_OF(program->signals); i++)
            loop_unwatch(program->loop, program->signals[i]);
        loop_free(program->loop);
    }
    socket_end();
}

static bool serve(struct program *program, struct error *err)
{
    if (file_raise_limit() < DESCRIPTORS_LEAST)
        log_warning("fewer than %d open files are allowed (ulimit -n); going on with few peers",
                    DESCRIPTORS_LEAST);
    log_set_level(program->settings.log_level);
    if (!start(program, err))
        return false;
    log_info("tequio-scheduler %s network=%s epoch=%" PRIu64 " store=%s started", PACKAGE_VERSION,
             program->settings.network, service_epoch(program->service), program->store->name);
    on_turn_end(program);
    loop_run(program->loop);
    if (service_failure(program->service)) {
        *err = *service_failure(program->service);
        return false;
    }
    log_info("stopped");
    return true;
}

/* --- the other things it can do ------------------------------------------------------------------------------- */

static void print_finding(void *owner, const char *text)
{
    size_t *count = owner;

    printf("%s\n", text);
    (*count)++;
}

/* Done by another account it would leave files that the daemon cannot write; so would root where
 * it makes the directory. */
static bool check_account(const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(directory);
    struct stat facts;
    char name[64];

    if (stat(directory, &facts) != 0 && (geteuid() != 0 || stat(dirname(copy), &facts) != 0))
        return true; /* whoever needs it says so */
    if (facts.st_uid == geteuid())
        return true;
    name_uid(facts.st_uid, name, sizeof(name));
    return fail(err, ERROR_DENIED,
                "%s is the place of %s: type this as that account, not as another", directory,
                name);
}

/* A check makes nothing. */
static bool check_there(const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    CLEANUP(memory_freep) char *key = memory_format("%s/row.key", directory);

    if (access(path, F_OK) == 0 || access(key, F_OK) == 0)
        return true;
    return fail(err, ERROR_NOT_FOUND, "%s: there is no database to check", path);
}

static bool check_store(struct program *program, struct error *err)
{
    const char *directory = program->settings.state_directory;
    size_t count = 0;
    uint64_t rows;

    if (!check_account(directory, err) ||
        (!program->settings.store && !check_there(directory, err)) ||
        !open_store(program, false, err) ||
        !store_check(program->store, print_finding, &count, &rows, err))
        return false;
    printf("%" PRIu64 " rows checked, %zu findings\n", rows, count);
    return count == 0 || fail(err, ERROR_IO, "%s is not what it must be", program->store->name);
}

/* On a terminal one line, written over and over: also by the log's lines, which are longer. */
static void tell_erasing(void *owner, const struct erasing_stage *stage)
{
    (void)owner;
    if (stage->person == 0)
        printf("\033[Kwriting the files anew\r");
    else
        printf("\033[Kperson %" PRIu64 " of %" PRIu64 ": table %s, row %" PRIu64 "\r",
               stage->person, stage->persons, stage->table, stage->rows);
    fflush(stdout);
}

static bool erase(struct program *program, struct error *err)
{
    const char *directory = program->settings.state_directory;
    bool watched = isatty(STDOUT_FILENO);
    const struct erasing_way way = {clock_wall_us(&clock_real), ERASING_CHUNK,
                                    watched ? tell_erasing : NULL, NULL};
    bool good;
    struct erased erased;

    if (!check_account(directory, err) ||
        (!program->settings.store && !check_there(directory, err)) ||
        !open_store(program, false, err))
        return false;
    printf("erasing, and writing %s anew: this may take long, and can be typed again\n",
           program->store->name);
    fflush(stdout);
    good = erase_all(program->store, &way, &erased, err);
    if (watched)
        printf("\r\033[K"); /* what comes next begins a line */
    if (!good)
        return false;
    printf("%" PRIu64 " persons are erased\n", erased.persons);
    return erased.waiting == 0 ||
           fail(err, ERROR_CONFLICT, "%" PRIu64 " persons are not erased: the log says why",
                erased.waiting);
}

static bool restore(const struct program *program, const char *backup, struct error *err)
{
    if (program->settings.store)
        return fail(err, ERROR_INVALID,
                    "store is a database of PostgreSQL, which its own tools bring back");
    if (!check_account(program->settings.state_directory, err) ||
        !file_make_directory(program->settings.state_directory, 0711, err) ||
        !store_sqlite_restore(program->settings.state_directory, backup, err))
        return false;
    printf("%s is in place; the database of before is beside it.  Nodes keep what they run and "
           "ask about it.\n",
           backup);
    return true;
}

/* STORE may have a password in it. */
static bool migrate(const struct program *program, const char *where, struct error *err)
{
    size_t count = 0;
    uint64_t rows;

    if (strncmp(where, POSTGRES_PREFIX, strlen(POSTGRES_PREFIX)) != 0)
        return fail(err, ERROR_INVALID,
                    "--migrate needs an address that begins with " POSTGRES_PREFIX);
    if (!check_account(program->settings.state_directory, err) ||
        !migrate_to(program->settings.state_directory, where, print_finding, &count, &rows, err))
        return false;
    printf("%" PRIu64 " rows are moved; now write `store` with this address into %s\n", rows,
           program->config);
    return true;
}

static void print_help(void)
{
    printf("Usage: tequio-scheduler [OPTIONS]\n"
           "The central scheduler of a Tequio network: see tequio-scheduler(8).\n\n");
    options_print(options, 80, NULL);
}

static bool read_arguments(int argc, char **argv, struct arguments *arguments, struct error *err)
{
    int first;

    if (!options_read(options, argc, argv, arguments, &first, err))
        return false;
    if (first < argc)
        return fail(err, ERROR_INVALID, "%.100s: tequio-scheduler takes options only", argv[first]);
    return true;
}

static bool run(struct program *program, const struct arguments *arguments, struct error *err)
{
    program->config = arguments->config ? arguments->config : SETTINGS_PATH;
    settings_init(&program->settings);
    if (!settings_read(&program->settings, program->config, err))
        return false;
    if (arguments->check) {
        printf("%s is good\n", program->config);
        return true;
    }
    if (arguments->check_store)
        return check_store(program, err);
    if (arguments->erase)
        return erase(program, err);
    if (arguments->restore)
        return restore(program, arguments->restore, err);
    if (arguments->migrate)
        return migrate(program, arguments->migrate, err);
    return serve(program, err);
}

/* The exit status is the error's code. */
int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct program program = {0};
    struct error err;
    bool good;

    umask(0066); /* files are ours alone; the directory may be passed through to the socket */
    if (!read_arguments(argc, argv, &arguments, &err)) {
        fprintf(stderr, "tequio-scheduler: %s (see tequio-scheduler --help)\n", err.text);
        return (int)err.code;
    }
    if (arguments.help) {
        print_help();
        return options_told("tequio-scheduler");
    }
    if (arguments.version)
        return options_told_version("tequio-scheduler");
    good = run(&program, &arguments, &err);
    if (!good)
        fprintf(stderr, "tequio-scheduler: %s\n", err.text);
    end(&program);
    settings_clear(&program.settings);
    return good ? options_told("tequio-scheduler") : (int)err.code;
}
