/* session.c - what a command needs of the world: the scheduler, the books, its keys */

#include "client/session.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/random.h"
#include "base/settings.h"
#include "client/refusal.h"
#include "client/settings.h"
#include "client/text.h"
#include "proto/channel.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOCK_SLACK_US (5 * US_PER_MINUTE)
#define PATIENCE_US    (3 * US_PER_SECOND) /* before a person is told that there is no answer yet */

struct session {
    const char *server_option; /* from the command line; NULL: none */
    bool read;                 /* settings are */
    struct client_settings settings;
    bool has_pair;
    struct key_pair pair;
    char *key_path;
    struct channel *scheduler;
    struct channel *books;
    struct channel *agent;
    int64_t wait_most_us; /* for an answer; 0: as the settings say */
    bool clock_checked;
    char *principal;
    int status;
};

struct session *session_new(const char *server)
{
    struct session *session = NEW(struct session);

    session->server_option = server;
    return session;
}

void session_free(struct session *session)
{
    bool opened;

    if (!session)
        return;
    opened = session->scheduler || session->books || session->agent;
    channel_free(session->scheduler);
    channel_free(session->books);
    channel_free(session->agent);
    if (opened)
        socket_end();
    client_settings_clear(&session->settings);
    memory_wipe(&session->pair, sizeof(session->pair));
    free(session->key_path);
    free(session->principal);
    free(session);
}

/* --- settings ------------------------------------------------------------------------------- */

static void replace(char **place, const char *text)
{
    if (!text || !*text)
        return;
    free(*place);
    *place = memory_copy(text);
}

static bool check_key(const char *name, const char *key, struct error *err)
{
    if (!key || key_text_is_valid(key))
        return true;
    return fail(err, ERROR_INVALID, _("%s is not a public key: 40 characters of Z85"), name);
}

/* The files, then the environment, then the command line. */
static bool read_settings(struct session *session, struct error *err)
{
    struct client_settings *settings = &session->settings;

    if (session->read)
        return true;
    if (!client_settings_read(settings, err))
        return false;
    replace(&settings->server, getenv("TEQUIO_SERVER"));
    replace(&settings->server_key, getenv("TEQUIO_SERVER_KEY"));
    replace(&settings->accounting, getenv("TEQUIO_ACCOUNTING"));
    replace(&settings->accounting_key, getenv("TEQUIO_ACCOUNTING_KEY"));
    replace(&settings->key_file, getenv("TEQUIO_KEY"));
    replace(&settings->server, session->server_option);
    if (!settings_check_endpoints(session->server_option ? "--server" : "TEQUIO_SERVER",
                                  settings->server, err) ||
        !settings_check_endpoints("TEQUIO_ACCOUNTING", settings->accounting, err) ||
        !check_key("TEQUIO_SERVER_KEY", settings->server_key, err) ||
        !check_key("TEQUIO_ACCOUNTING_KEY", settings->accounting_key, err)) {
        client_settings_clear(settings);
        return false;
    }
    session->read = true;
    return true;
}

const char *session_server(struct session *session, struct error *err)
{
    return read_settings(session, err) ? session->settings.server : NULL;
}

void session_pin(struct session *session, const char *server_key)
{
    replace(&session->settings.server_key, server_key);
}

/* --- keys ----------------------------------------------------------------------------------- */

const char *session_key_path(struct session *session, struct error *err)
{
    if (!read_settings(session, err))
        return NULL;
    if (!session->key_path)
        session->key_path = session->settings.key_file ? memory_copy(session->settings.key_file)
                                                       : client_settings_path("key", err);
    return session->key_path;
}

static bool read_pair(struct session *session, struct error *err)
{
    const char *path = session_key_path(session, err);

    if (!path)
        return false;
    if (session->has_pair)
        return true;
    if (!key_pair_read(path, &session->pair, err)) {
        if (err->code == ERROR_NOT_FOUND)
            return fail(err, ERROR_NOT_FOUND,
                        _("you have no key yet (%s): ask your institution for a token, then "
                          "`tequio enroll TOKEN`"),
                        path);
        return false;
    }
    session->has_pair = true;
    return true;
}

/* mkdir -p for the two directories that may be missing: ~/.config and ~/.config/tequio. */
static bool make_directories(const char *path, struct error *err)
{
    CLEANUP(memory_freep) char *inner = memory_copy(path);
    CLEANUP(memory_freep) char *outer = NULL;
    char *slash = strrchr(inner, '/');

    if (!slash || slash == inner)
        return true;
    *slash = '\0';
    outer = memory_copy(inner);
    slash = strrchr(outer, '/');
    if (slash && slash != outer) {
        *slash = '\0';
        (void)mkdir(outer, 0700); /* it is there, or the next one says why not */
    }
    if (access(inner, F_OK) == 0)
        return true;
    return file_make_directory(inner, 0700, err);
}

const struct key_pair *session_make_key(struct session *session, struct error *err)
{
    const char *path = session_key_path(session, err);
    struct key_pair pair;

    if (!path)
        return NULL;
    if (access(path, F_OK) == 0)
        return read_pair(session, err) ? &session->pair : NULL;
    key_pair_make(&pair);
    if (make_directories(path, err) && key_pair_write(path, &pair, err)) {
        session->pair = pair;
        session->has_pair = true;
    }
    memory_wipe(&pair, sizeof(pair));
    return session->has_pair ? &session->pair : NULL;
}

ProtobufCBinaryData session_new_key(uint8_t ret_key[SESSION_KEY_SIZE])
{
    random_fill(ret_key, SESSION_KEY_SIZE);
    return (ProtobufCBinaryData){.len = SESSION_KEY_SIZE, .data = ret_key};
}

/* --- asking --------------------------------------------------------------------------------- */

/* Whom to ask. */
struct peer {
    const char *endpoint, *key; /* key: NULL when not known */
    const char *what;           /* for people */
    const char *where;          /* what says where it is */
};

/* A local socket that is not there will not come while we wait: say so at once. */
static bool check_local(const struct peer *peer, struct error *err)
{
    if (access(peer->endpoint + strlen("ipc://"), F_OK) == 0)
        return true;
    return fail(err, ERROR_UNAVAILABLE,
                _("no %s listens at %s: is it running, and is it here? (%s say where)"), peer->what,
                peer->endpoint, peer->where);
}

static bool open_channel(struct session *session, struct channel **place, const struct peer *peer,
                         struct error *err)
{
    bool local = strncmp(peer->endpoint, "ipc://", 6) == 0;

    if (*place)
        return true;
    if (local && !check_local(peer, err))
        return false;
    if (!local && !peer->key)
        return fail(err, ERROR_INVALID,
                    _("the key of the %s at %s is not known: put it into client.conf "
                      "(server-key, accounting-key)"),
                    peer->what, peer->endpoint);
    if (!local && !read_pair(session, err))
        return false;
    *place = channel_open(peer->endpoint, local ? NULL : &session->pair, local ? NULL : peer->key,
                          PACKAGE_STRING, err);
    return *place != NULL;
}

static bool open_scheduler(struct session *session, struct error *err)
{
    const struct client_settings *settings = &session->settings;

    return read_settings(session, err) &&
           open_channel(session, &session->scheduler,
                        &(struct peer){settings->server, settings->server_key, _("scheduler"),
                                       _("--server, TEQUIO_SERVER or server in client.conf")},
                        err);
}

/* Times of jobs are the scheduler's: someone whose clock is wrong would misread them all. */
static void check_clock(struct session *session)
{
    const Wire__Welcome *welcome = channel_welcome(session->scheduler);
    CLEANUP(buffer_clear) struct buffer off = {0};
    int64_t ahead_us;

    if (session->clock_checked || !welcome)
        return;
    session->clock_checked = true;
    ahead_us = clock_wall_us(&clock_real) - welcome->wall_us;
    if (ahead_us > -CLOCK_SLACK_US && ahead_us < CLOCK_SLACK_US)
        return;
    buffer_init(&off);
    print_duration(ahead_us < 0 ? -ahead_us : ahead_us, &off);
    if (ahead_us < 0)
        fprintf(stderr, _("tequio: this machine's clock is %s behind the scheduler's\n"),
                off.bytes);
    else
        fprintf(stderr, _("tequio: this machine's clock is %s ahead of the scheduler's\n"),
                off.bytes);
}

/* A person who waits is told so; whoever started a pipeline is not. */
static Wire__Envelope *ask_patiently(struct channel *channel, Wire__Envelope *ask,
                                     Wire__Envelope__BodyCase expected, int64_t timeout_us,
                                     struct error *err)
{
    Wire__Envelope *answer;

    if (timeout_us <= PATIENCE_US || !isatty(STDERR_FILENO))
        return channel_ask(channel, ask, expected, timeout_us, err);
    answer = channel_ask(channel, ask, expected, PATIENCE_US, err);
    if (answer || err->code != ERROR_UNAVAILABLE)
        return answer;
    fprintf(stderr, _("tequio: %s; trying for %" PRId64 " s more\n"), err->text,
            (timeout_us - PATIENCE_US) / US_PER_SECOND);
    return channel_ask(channel, ask, expected, timeout_us - PATIENCE_US, err);
}

static int64_t timeout_us(const struct session *session)
{
    int64_t us = (int64_t)session->settings.timeout_s * US_PER_SECOND;

    return session->wait_most_us > 0 && session->wait_most_us < us ? session->wait_most_us : us;
}

void session_limit_wait(struct session *session, int64_t most_us)
{
    session->wait_most_us = most_us;
}

static Wire__Envelope *finish_ask(struct session *session, Wire__Envelope *answer,
                                  struct error *err)
{
    check_clock(session);
    if (!answer)
        refusal_translate(err);
    return answer;
}

Wire__Envelope *session_ask(struct session *session, Wire__Envelope *ask,
                            Wire__Envelope__BodyCase expected, struct error *err)
{
    Wire__Envelope *answer;

    if (!open_scheduler(session, err))
        return NULL;
    answer = ask_patiently(session->scheduler, ask, expected, timeout_us(session), err);
    return finish_ask(session, answer, err);
}

Wire__Envelope *session_ask_waiting(struct session *session, Wire__Envelope *ask,
                                    Wire__Envelope__BodyCase expected, int64_t wait_us,
                                    struct error *err)
{
    Wire__Envelope *answer;

    if (!open_scheduler(session, err))
        return NULL;
    answer = channel_ask(session->scheduler, ask, expected, wait_us + timeout_us(session), err);
    return finish_ask(session, answer, err);
}

Wire__Envelope *session_ask_books(struct session *session, Wire__Envelope *ask,
                                  Wire__Envelope__BodyCase expected, struct error *err)
{
    const struct client_settings *settings = &session->settings;

    if (!read_settings(session, err) ||
        !open_channel(session, &session->books,
                      &(struct peer){settings->accounting, settings->accounting_key,
                                     _("accounting service"),
                                     _("TEQUIO_ACCOUNTING or accounting in client.conf")},
                      err))
        return NULL;
    return ask_patiently(session->books, ask, expected, timeout_us(session), err);
}

Wire__Envelope *session_ask_agent(struct session *session, Wire__Envelope *ask,
                                  Wire__Envelope__BodyCase expected, int64_t wait_us,
                                  struct error *err)
{
    const char *endpoint = getenv("TEQUIO_AGENT");

    if (!endpoint)
        return fail(err, ERROR_INVALID, _("TEQUIO_AGENT is not set: this is no job")), NULL;
    if (!read_settings(session, err) ||
        !open_channel(session, &session->agent,
                      &(struct peer){endpoint, NULL, _("agent"), "TEQUIO_AGENT"}, err))
        return NULL;
    return channel_ask(session->agent, ask, expected, wait_us + timeout_us(session), err);
}

const char *session_principal(struct session *session, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__Welcome *welcome;

    if (session->principal)
        return session->principal;
    answer = session_ask_status(session, err);
    if (!answer)
        return NULL;
    welcome = channel_welcome(session->scheduler);
    if (!welcome || !*welcome->principal)
        return fail(err, ERROR_DENIED, _("the scheduler does not know you")), NULL;
    session->principal = memory_copy(welcome->principal);
    return session->principal;
}

void session_set_status(struct session *session, int status)
{
    session->status = status;
}

int session_status(const struct session *session)
{
    return session->status;
}

Wire__Envelope *session_ask_status(struct session *session, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StatusAsk body = WIRE__STATUS_ASK__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_STATUS_ASK;
    ask.status_ask = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_STATUS, err);
}

Wire__Envelope *session_ask_clusters(struct session *session, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ClusterList body = WIRE__CLUSTER_LIST__INIT;

    ask.body_case = WIRE__ENVELOPE__BODY_CLUSTER_LIST;
    ask.cluster_list = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_CLUSTER_LISTING, err);
}
