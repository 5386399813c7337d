/* rsh.c - tequio-rsh: what mpirun and mpiexec call instead of ssh
 *
 * `tequio-rsh [OPTION]... HOST COMMAND...` runs the command on another node of the same job, as
 * a step of it: no daemon, no key, no way out of the job. */

#include "agent/about.h"
#include "base/file.h"
#include "base/options.h"
#include "base/parse.h"
#include "base/random.h"
#include "proto/channel.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME           "tequio-rsh"
#define FAILED         255 /* what ssh exits with when it could not do it */
#define ASK_TIMEOUT_US (60 * US_PER_SECOND)
#define PAUSE_LEAST_US (US_PER_SECOND / 50)
#define PAUSE_MOST_US  US_PER_SECOND
#define READ_MOST      (64u << 10)
#define CREDENTIAL_MAX 64
#define KEY_SIZE       16
#define HOST_MAX       255

extern char **environ;

struct stream {
    bool is_error;
    int descriptor;
    uint64_t offset;
    bool end;
};

struct rsh {
    struct channel *channel;
    uint64_t job;
    struct buffer credential;
    uint64_t step;
    uint32_t part;
    struct stream streams[2];
    bool ended;
    uint32_t exit_code;
    unsigned signals; /* passed on so far */
};

/* --- signals --------------------------------------------------------------------------------- */

/* They are blocked and taken one by one, so that none comes in the middle of an ask. */
static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < COUNT_OF(passed_on); i++)
        sigaddset(set, passed_on[i]);
    sigprocmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int take_signal(const sigset_t *set)
{
    static const struct timespec at_once = {0};
    int number = sigtimedwait(set, NULL, &at_once);

    return number > 0 ? number : 0;
}

/* --- asks ------------------------------------------------------------------------------------ */

static ProtobufCBinaryData credential_of(const struct rsh *rsh)
{
    return (ProtobufCBinaryData){.len = rsh->credential.length,
                                 .data = (uint8_t *)rsh->credential.bytes};
}

static bool send_signal(struct rsh *rsh, int number, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepSignal body = WIRE__STEP_SIGNAL__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = rsh->job;
    body.step = rsh->step;
    body.credential = credential_of(rsh);
    body.signal = (uint32_t)number;
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_SIGNAL;
    ask.step_signal = &body;
    answer = channel_ask(rsh->channel, &ask, WIRE__ENVELOPE__BODY_DONE, ASK_TIMEOUT_US, err);
    return answer != NULL;
}

static bool wait_for_end(struct rsh *rsh, int64_t wait_us, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepWait body = WIRE__STEP_WAIT__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = rsh->job;
    body.step = rsh->step;
    body.credential = credential_of(rsh);
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_WAIT;
    ask.step_wait = &body;
    answer = channel_ask(rsh->channel, &ask, WIRE__ENVELOPE__BODY_STEP_ENDED,
                         wait_us + ASK_TIMEOUT_US, err);
    if (!answer)
        return false;
    rsh->ended = !answer->step_ended->timeout;
    rsh->exit_code = answer->step_ended->exit_code;
    return true;
}

/* *ret_news: there was something. */
static bool relay_stream(struct rsh *rsh, struct stream *stream, bool *ret_news, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__OutputRead body = WIRE__OUTPUT_READ__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__OutputChunk *chunk;

    if (stream->end)
        return true;
    body.job = rsh->job;
    body.step = rsh->step;
    body.part = rsh->part;
    body.error_stream = stream->is_error;
    body.offset = stream->offset;
    body.most = READ_MOST;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &body;
    answer =
        channel_ask(rsh->channel, &ask, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, ASK_TIMEOUT_US, err);
    if (!answer)
        return false;
    chunk = answer->output_chunk;
    if (!file_write_all(stream->descriptor, chunk->bytes.data, chunk->bytes.len, err))
        return fail_in(err, "standard %s", stream->is_error ? "error" : "output");
    stream->offset += chunk->bytes.len;
    stream->end = chunk->end;
    *ret_news = *ret_news || chunk->bytes.len > 0;
    return true;
}

/* --- the start ------------------------------------------------------------------------------- */

/* As rsh does: the words become one line for the shell there. */
static char *join_words(char **words)
{
    CLEANUP(buffer_clear) struct buffer line = {0};

    buffer_init(&line);
    for (size_t i = 0; words[i]; i++) {
        if (i > 0)
            buffer_add_char(&line, ' ');
        buffer_add_text(&line, words[i]);
    }
    return buffer_steal(&line);
}

static size_t sendable_environment(char **place)
{
    size_t count = 0;

    for (size_t i = 0; environ[i]; i++)
        if (strchr(environ[i], '=') > environ[i] && text_is_utf8(environ[i], strlen(environ[i])))
            place[count++] = environ[i];
    return count;
}

static bool start_step(struct rsh *rsh, const char *host, char **words, struct error *err)
{
    CLEANUP(memory_freep) char *line = join_words(words);
    CLEANUP(memory_freep) char *here = getcwd(NULL, 0);
    CLEANUP(memory_freep) char **environment = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    char *arguments[] = {(char[]){"/bin/sh"}, (char[]){"-c"}, line};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepStart body = WIRE__STEP_START__INIT;
    uint8_t key[KEY_SIZE];
    size_t all = 0;

    while (environ[all])
        all++;
    environment = NEW_ARRAY(char *, all + 1);
    random_fill(key, sizeof(key));
    body.key = (ProtobufCBinaryData){.len = sizeof(key), .data = key};
    body.credential = credential_of(rsh);
    body.job = rsh->job;
    body.nodes = (char *)host;
    body.tasks = 1;
    body.whole_part = true;
    body.n_arguments = COUNT_OF(arguments);
    body.arguments = arguments;
    body.n_environment = sendable_environment(environment);
    body.environment = environment;
    body.directory = here && text_is_utf8(here, strlen(here)) ? here : (char[]){"/"};
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_START;
    ask.step_start = &body;
    answer =
        channel_ask(rsh->channel, &ask, WIRE__ENVELOPE__BODY_STEP_STARTED, ASK_TIMEOUT_US, err);
    if (!answer)
        return fail_in(err, "%s", host);
    rsh->step = answer->step_started->step;
    if (answer->step_started->n_parts > 0)
        rsh->part = answer->step_started->parts[0]->part;
    return true;
}

/* The first is passed on; whoever asks three times means it. */
static bool pass_on(struct rsh *rsh, int number, struct error *err)
{
    rsh->signals++;
    if (rsh->signals >= 3)
        return send_signal(rsh, 0, err);
    return send_signal(rsh, number, err);
}

static bool follow(struct rsh *rsh, const sigset_t *signals, struct error *err)
{
    int64_t pause_us = PAUSE_LEAST_US;

    for (;;) {
        int number = take_signal(signals);
        bool news = false;

        if (number && !rsh->ended && !pass_on(rsh, number, err))
            return false;
        if (!relay_stream(rsh, &rsh->streams[0], &news, err) ||
            !relay_stream(rsh, &rsh->streams[1], &news, err))
            return false;
        if (rsh->ended && rsh->streams[0].end && rsh->streams[1].end)
            return true;
        pause_us = news ? PAUSE_LEAST_US : 2 * pause_us;
        if (pause_us > PAUSE_MOST_US)
            pause_us = PAUSE_MOST_US;
        if (!rsh->ended && !wait_for_end(rsh, pause_us, err))
            return false;
    }
}

/* --- the command line ------------------------------------------------------------------------ */

static const char *need_variable(const char *name, struct error *err)
{
    const char *value = getenv(name);

    if (!value || !*value)
        fail(err, ERROR_INVALID, "%s is not set: this is for programs inside a job", name);
    return value && *value ? value : NULL;
}

static bool open_rsh(struct rsh *rsh, struct error *err)
{
    const char *agent = need_variable("TEQUIO_AGENT", err);
    const char *path = agent ? need_variable("TEQUIO_CREDENTIAL", err) : NULL;
    const char *job = path ? need_variable("TEQUIO_JOB_ID", err) : NULL;

    if (!job || !parse_job_id(job, &rsh->job, err) ||
        !file_read(path, CREDENTIAL_MAX, &rsh->credential, err))
        return false;
    rsh->channel = channel_open(agent, NULL, NULL, NAME " " PACKAGE_VERSION, err);
    return rsh->channel != NULL;
}

static void close_rsh(struct rsh *rsh)
{
    channel_free(rsh->channel);
    memory_wipe(rsh->credential.bytes, rsh->credential.length);
    buffer_clear(&rsh->credential);
    socket_end();
}

/* Index of the host: behind what rsh and ssh would take as options, none of which matters
 * here.  Those of these letters have a value. */
static int skip_options(int argc, char **argv)
{
    int i = 1;

    while (i < argc && argv[i][0] == '-' && argv[i][1]) {
        bool valued = strchr("bcDEeFIiJLlmOopQRSWw", argv[i][1]) && !argv[i][2];

        if (strcmp(argv[i], "--") == 0)
            return i + 1;
        i += valued ? 2 : 1;
    }
    return i;
}

/* One name: a list would be several nodes, whose output nobody takes, and none would be all. */
static bool read_host(const char *word, const char **ret_host, struct error *err)
{
    const char *at = strchr(word, '@');

    *ret_host = at ? at + 1 : word;
    return parse_name(*ret_host, "host", HOST_MAX, err);
}

static const struct about about = {
    .name = NAME,
    .usage = "[OPTION]... HOST COMMAND...",
    .purpose =
        "Inside a job: run a command on another of its nodes, as mpirun does in place of ssh.\n"
        "See tequio-rsh(1).",
};

static int run(int argc, char **argv)
{
    struct rsh rsh = {
        .streams = {{.descriptor = STDOUT_FILENO}, {.is_error = true, .descriptor = STDERR_FILENO}},
    };
    int first = skip_options(argc, argv);
    const char *host = NULL;
    struct error err = {0};
    sigset_t signals;
    bool done;

    if (first + 1 >= argc) {
        about_usage(&about);
        return FAILED;
    }
    buffer_init(&rsh.credential);
    block_signals(&signals);
    done = open_rsh(&rsh, &err) && read_host(argv[first], &host, &err) &&
           start_step(&rsh, host, argv + first + 1, &err) && follow(&rsh, &signals, &err);
    if (!done && rsh.step && rsh.channel) /* nobody would take its output */
        send_signal(&rsh, 0, &(struct error){0});
    if (!done)
        fprintf(stderr, NAME ": %s\n", err.text);
    close_rsh(&rsh);
    return done ? (int)(rsh.exit_code & 0xff) : FAILED;
}

int main(int argc, char **argv)
{
    return about_asked(&about, argc, argv) ? options_told(NAME) : run(argc, argv);
}
