/* main.c - tequio-accounting: the service that makes and signs usage reports */

#include "accounting/notify.h"
#include "accounting/service.h"
#include "accounting/settings.h"
#include "accounting/store_reader.h"
#include "base/file.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/signature.h"
#include "base/socket.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_PER_TURN 64  /* of one socket, so that the other gets its turn */
#define PUBLIC_MOST       256 /* bytes of a file with a public key */

struct arguments {
    const char *config;
    bool check;
    bool help;
    bool version;
};

static const struct option_rule options[] = {
    OPTION_TEXT('c', "config", "FILE", struct arguments, config,
                "the configuration (" SYSCONFDIR "/tequio/accounting.conf)"),
    OPTION_FLAG('C', "check", struct arguments, check, "check the configuration and end"),
    OPTION_FLAG('h', "help", struct arguments, help, "show this and end"),
    OPTION_FLAG('V', "version", struct arguments, version, "show the version and end"),
    OPTION_END,
};

struct door {
    struct socket *socket;
    struct daemon *daemon;
};

struct daemon {
    struct accounting_settings settings;
    struct signing_key signing_key;
    struct key_pair pair;
    struct loop *loop;
    struct admission *admission;
    struct service *service;
    struct notifier *notifier; /* NULL: nobody is to be told */
    struct door doors[2];      /* network, local */
};

static void on_message(void *owner)
{
    struct door *door = owner;
    struct sender sender;
    struct buffer answer;
    uint8_t *bytes;
    size_t size;

    buffer_init(&answer);
    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (socket_receive(door->socket, &sender, &bytes, &size) != 1)
            break;
        if (service_take(door->daemon->service, &sender, bytes, size, &answer))
            (void)socket_send(door->socket, &sender, answer.bytes, answer.length);
        free(bytes);
    }
    buffer_clear(&answer);
}

static void on_signal(void *owner, int number)
{
    struct daemon *daemon = owner;

    log_info("signal=%s stopping", strsignal(number));
    loop_stop(daemon->loop);
}

/* Is the public half there as it must be?  It may have been lost, or be of a key of before. */
static bool is_told(const char *path, const char *text)
{
    CLEANUP(buffer_clear) struct buffer found;
    struct error ignored;

    buffer_init(&found);
    return file_read(path, PUBLIC_MOST, &found, &ignored) && strcmp(found.bytes, text) == 0;
}

static bool signing_key_ready(const char *path, struct signing_key *ret_key, struct error *err)
{
    CLEANUP(memory_freep) char *public_path = memory_format("%s.pub", path);
    uint8_t public[SIGNATURE_PUBLIC_KEY_SIZE];
    struct error ignored;

    if (access(path, F_OK) != 0) {
        signing_key_make(ret_key);
        if (!signing_key_write(path, ret_key, err))
            return false;
    } else if (!signing_key_read(path, ret_key, err)) {
        return false;
    }
    return (public_key_read(public_path, public, &ignored) &&
            memcmp(public, ret_key->public, sizeof(public)) == 0) ||
           public_key_write(public_path, ret_key->public, err);
}

static bool transport_key_ready(const char *path, struct key_pair *ret_pair, struct error *err)
{
    CLEANUP(memory_freep) char *public_path = memory_format("%s.pub", path);
    CLEANUP(memory_freep) char *line = NULL;

    if (access(path, F_OK) != 0) {
        key_pair_make(ret_pair);
        if (!key_pair_write(path, ret_pair, err))
            return false;
    } else if (!key_pair_read(path, ret_pair, err)) {
        return false;
    }
    line = memory_format("%s\n", ret_pair->public);
    return is_told(public_path, line) || file_replace(public_path, line, strlen(line), 0644, err);
}

static bool open_door(struct daemon *daemon, int place, const char *endpoint, struct error *err)
{
    struct door *door = &daemon->doors[place];

    if (!*endpoint)
        return true;
    door->daemon = daemon;
    door->socket = socket_listen(endpoint, &daemon->pair, err);
    if (!door->socket)
        return false;
    loop_watch_socket(daemon->loop, door->socket, on_message, door);
    log_info("endpoint=%s listening", socket_endpoint(door->socket));
    return true;
}

/* Where we listen, for those who gave port 0. */
static bool write_endpoints(const struct daemon *daemon, struct error *err)
{
    static const char *const names[] = {"reports", "local"};
    CLEANUP(memory_freep)
    char *path = memory_format("%s/endpoints", daemon->settings.state_directory);
    struct buffer text;
    bool good;

    buffer_init(&text);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (daemon->doors[i].socket)
            buffer_print(&text, "%s %s\n", names[i], socket_endpoint(daemon->doors[i].socket));
    good = file_replace(path, text.bytes, text.length, 0644, err);
    buffer_clear(&text);
    return good;
}

static bool prepare(struct daemon *daemon, struct error *err)
{
    const struct accounting_settings *settings = &daemon->settings;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    enum log_level level;

    if (!log_level_parse(settings->log_level, &level, err))
        return false;
    log_set_level(level);
    setenv("TZ", settings->zone, 1);
    tzset();
    file_raise_limit();
    if (!file_make_directory(settings->state_directory, 0755, err) ||
        !signing_key_ready(settings->signing_key_file, &daemon->signing_key, err) ||
        !transport_key_ready(settings->key_file, &daemon->pair, err) ||
        !(reader = store_reader_open(settings->database, err)))
        return false;
    daemon->service = service_new(settings, &daemon->signing_key, STEAL(reader), &clock_real, err);
    return daemon->service != NULL;
}

static bool serve(struct daemon *daemon, struct error *err)
{
    daemon->loop = loop_new();
    loop_watch_signal(daemon->loop, SIGTERM, on_signal, daemon);
    loop_watch_signal(daemon->loop, SIGINT, on_signal, daemon);
    if (daemon->settings.notice_count > 0 &&
        !(daemon->notifier = notifier_new(&daemon->settings, daemon->loop, err)))
        return false;
    daemon->admission = socket_admit_with(daemon->loop, service_admits, daemon->service, err);
    if (!daemon->admission || !open_door(daemon, 0, daemon->settings.listen, err) ||
        !open_door(daemon, 1, daemon->settings.listen_local, err) || !write_endpoints(daemon, err))
        return false;
    loop_run(daemon->loop);
    return true;
}

static void clear(struct daemon *daemon)
{
    socket_free(daemon->doors[0].socket);
    socket_free(daemon->doors[1].socket);
    admission_free(daemon->admission);
    notifier_free(daemon->notifier);
    loop_free(daemon->loop);
    socket_end();
    service_free(daemon->service);
    accounting_settings_clear(&daemon->settings);
    memory_wipe(&daemon->signing_key, sizeof daemon->signing_key);
    memory_wipe(&daemon->pair, sizeof daemon->pair);
}

static int run(const struct arguments *arguments)
{
    struct daemon daemon = {0};
    const char *config =
        arguments->config ? arguments->config : SYSCONFDIR "/tequio/accounting.conf";
    struct error err;
    bool good;

    if (!accounting_settings_read(&daemon.settings, config, &err)) {
        fprintf(stderr, "tequio-accounting: %s\n", err.text);
        return (int)err.code;
    }
    if (arguments->check) {
        printf("%s is good\n", config);
        accounting_settings_clear(&daemon.settings);
        return options_told("tequio-accounting");
    }
    good = prepare(&daemon, &err) && serve(&daemon, &err);
    clear(&daemon);
    if (!good)
        log_error("%s", err.text);
    return good ? 0 : (int)err.code;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct error err;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err)) {
        fprintf(stderr, "tequio-accounting: %s\n", err.text);
        return (int)err.code;
    }
    if (first != argc) {
        fprintf(stderr, "tequio-accounting: '%s' is not an option; see --help\n", argv[first]);
        return ERROR_INVALID;
    }
    if (arguments.help) {
        printf("Usage: tequio-accounting [OPTION...]\n\n"
               "Make and sign the usage reports of a Tequio network.\n\n");
        options_print(options, 80, NULL);
        return options_told("tequio-accounting");
    }
    if (arguments.version)
        return options_told_version("tequio-accounting");
    return run(&arguments);
}
