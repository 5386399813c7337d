/* scheduler_bench.c - a scheduler of the bench's own, its clients and its agents */

#include "tests/bench/scheduler_bench.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/random.h"

#include <dirent.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (60 * US_PER_SECOND)

static const char settings[] = "network = \"bench\"\n"
                               "state-directory = \"%1$s\"\n"
                               "listen-agents = \"tcp://127.0.0.1:*\"\n"
                               "listen-clients = \"tcp://127.0.0.1:*\"\n"
                               "listen-local = \"ipc://%1$s/local\"\n"
                               "log-level = error\n"
                               "policy = %2$s\n"
                               "queries-per-second = 0\n"
                               "pending-jobs = 10000000\n"
                               "pending-jobs-per-user = 10000000\n"
                               "cluster \"cc\" {\n"
                               "    institution = \"bench\"\n"
                               "    partition \"batch\" { limit = \"1d\" default-limit = \"1h\" }\n"
                               "}\n";

void bench_fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

int64_t bench_now_us(void)
{
    return clock_boot_us(&clock_real);
}

int64_t bench_cpu_us(const struct bench *bench)
{
    unsigned long user = 0, system = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)bench->scheduler);
    file = fopen(path, "r");
    if (!file || fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                        &user, &system) != 2)
        bench_fail("%s cannot be read", path);
    fclose(file);
    return (int64_t)(user + system) * US_PER_SECOND / sysconf(_SC_CLK_TCK);
}

/* --- the scheduler ------------------------------------------------------------------------------------ */

static void write_settings(const struct bench *bench, char *path, size_t size)
{
    CLEANUP(memory_freep) char *text = memory_format(settings, bench->directory, bench->policy);
    struct error err;

    snprintf(path, size, "%s/conf", bench->directory);
    if (!file_replace(path, text, strlen(text), 0600, &err))
        bench_fail("%s", err.text);
}

static void run_scheduler(struct bench *bench, const char *program)
{
    char path[128];

    write_settings(bench, path, sizeof(path));
    bench->scheduler = fork();
    if (bench->scheduler == 0) {
        execl(program, program, "--config", path, (char *)NULL);
        perror(program);
        _exit(127);
    }
}

static bool read_line(const struct bench *bench, const char *name, const char *format,
                      char *ret_value)
{
    char path[128], line[256];
    bool found = false;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", bench->directory, name);
    file = fopen(path, "r");
    while (file && !found && fgets(line, sizeof(line), file))
        found = strncmp(line, format, strlen(format)) == 0 &&
                (snprintf(ret_value, 128, "%s", line + strlen(format)),
                 ret_value[strcspn(ret_value, "\n")] = '\0', true);
    if (file)
        fclose(file);
    return found;
}

/* Until something was written into the directory; fails when the scheduler ends, or time does. */
static void await_file(int notices, int scheduler, int64_t end_us)
{
    struct pollfd ready[] = {
        {.fd = notices,   .events = POLLIN},
        {.fd = scheduler, .events = POLLIN},
    };
    int64_t left_us = end_us - bench_now_us();
    char events[4096];

    if (left_us <= 0 || poll(ready, 2, (int)(left_us / 1000) + 1) <= 0 || ready[1].revents ||
        read(notices, events, sizeof(events)) <= 0)
        bench_fail("the scheduler does not start");
}

static void find_endpoints(struct bench *bench)
{
    int64_t end_us = bench_now_us() + PATIENCE_US;
    int scheduler = (int)syscall(SYS_pidfd_open, bench->scheduler, 0);
    int notices = inotify_init1(IN_CLOEXEC);
    char key[128];

    if (scheduler < 0 || notices < 0 ||
        inotify_add_watch(notices, bench->directory, IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
        bench_fail("the scheduler cannot be watched");
    /* `endpoints` is written last. */
    while (!read_line(bench, "endpoints", "local ", bench->local))
        await_file(notices, scheduler, end_us);
    close(notices);
    close(scheduler);
    if (!read_line(bench, "endpoints", "clients ", bench->clients) ||
        !read_line(bench, "endpoints", "agents ", bench->agents) ||
        !read_line(bench, "scheduler.pub", "", key))
        bench_fail("the scheduler says not where it listens");
    snprintf(bench->server_key, sizeof(bench->server_key), "%.40s", key);
}

/* --- clients -------------------------------------------------------------------------------------------- */

static void on_ready(void *owner)
{
    struct client *client = owner;
    struct sender sender;
    struct error err;
    uint8_t *bytes;
    size_t size;

    while (socket_receive(client->socket, &sender, &bytes, &size) == 1) {
        CLEANUP(message_freep) Wire__Envelope *answer = message_decode(bytes, size, &err);

        free(bytes);
        if (!answer)
            bench_fail("an answer cannot be read: %s", err.text);
        client->on_answer(client, answer);
    }
}

void client_send(struct client *client, Wire__Envelope *ask)
{
    CLEANUP(buffer_clear) struct buffer bytes;

    buffer_init(&bytes);
    ask->request = ++client->request;
    message_encode(ask, &bytes);
    client->sent_us = bench_now_us();
    if (!socket_send(client->socket, NULL, bytes.bytes, bytes.length))
        bench_fail("a message cannot be sent");
}

Wire__Envelope *client_ask(struct client *client, Wire__Envelope *ask)
{
    struct sender sender;
    struct error err;
    uint8_t *bytes;
    size_t size;

    client_send(client, ask);
    for (;;) {
        Wire__Envelope *answer;

        if (!socket_wait(client->socket, PATIENCE_US))
            bench_fail("%s: no answer", message_name(ask->body_case));
        if (socket_receive(client->socket, &sender, &bytes, &size) != 1)
            continue;
        answer = message_decode(bytes, size, &err);
        free(bytes);
        if (!answer)
            bench_fail("an answer cannot be read: %s", err.text);
        if (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE)
            bench_fail("%s: %s", message_name(ask->body_case), answer->failure->text);
        if (answer->request == ask->request)
            return answer;
        message_free(answer);
    }
}

static void greet(struct client *client)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Hello hello = WIRE__HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.program = (char *)"bench";
    ask.body_case = WIRE__ENVELOPE__BODY_HELLO;
    ask.hello = &hello;
    message_free(client_ask(client, &ask));
}

static struct client *open_client(struct bench *bench, const char *endpoint,
                                  const struct key_pair *pair, answer_fn *on_answer)
{
    struct client *client = NEW(struct client);
    struct error err;

    client->bench = bench;
    client->on_answer = on_answer;
    client->socket = socket_dial(endpoint, pair, pair ? bench->server_key : NULL, &err);
    if (!client->socket)
        bench_fail("%s", err.text);
    greet(client);
    return client;
}

static void watch(struct client *client)
{
    client->watch = loop_watch_socket(client->bench->loop, client->socket, on_ready, client);
}

struct client *bench_client(struct bench *bench, answer_fn *on_answer)
{
    struct client *client = open_client(bench, bench->clients, &bench->person, on_answer);

    watch(client);
    return client;
}

void client_free(struct client *client)
{
    loop_unwatch(client->bench->loop, client->watch);
    socket_free(client->socket);
    free(client);
}

/* --- what the network needs ----------------------------------------------------------------------------------- */

static ProtobufCBinaryData fresh_key(uint8_t *bytes)
{
    random_fill(bytes, 16);
    return (ProtobufCBinaryData){16, bytes};
}

static void add_books(struct client *root)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__InstitutionAdd institution = WIRE__INSTITUTION_ADD__INIT;
    Wire__ProjectAdd project = WIRE__PROJECT_ADD__INIT;
    Wire__UserAdd member = WIRE__USER_ADD__INIT;
    Wire__GrantAdd grant = WIRE__GRANT_ADD__INIT;
    char name[] = "bench";
    uint8_t key[16];

    institution.key = project.key = member.key = grant.key = fresh_key(key);
    institution.name = name;
    ask.body_case = WIRE__ENVELOPE__BODY_INSTITUTION_ADD;
    ask.institution_add = &institution;
    message_free(client_ask(root, &ask));
    project.key = fresh_key(key);
    project.name = project.institution = name;
    ask.body_case = WIRE__ENVELOPE__BODY_PROJECT_ADD;
    ask.project_add = &project;
    message_free(client_ask(root, &ask));
    member.key = fresh_key(key);
    member.name = member.project = name;
    ask.body_case = WIRE__ENVELOPE__BODY_USER_ADD;
    ask.user_add = &member;
    message_free(client_ask(root, &ask));
    grant.key = fresh_key(key);
    grant.institution = name;
    grant.amount = INT64_C(100000000) * 1000000;
    ask.body_case = WIRE__ENVELOPE__BODY_GRANT_ADD;
    ask.grant_add = &grant;
    message_free(client_ask(root, &ask));
}

/* A token for the name, made by the operator, and used for the key. */
static void enrol(struct bench *bench, const char *kind, const char *name, const char *endpoint,
                  const struct key_pair *pair)
{
    struct client *root = open_client(bench, bench->local, NULL, NULL);
    struct client *own = open_client(bench, endpoint, pair, NULL);
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__TokenCreate create = WIRE__TOKEN_CREATE__INIT;
    Wire__Enrol enrolment = WIRE__ENROL__INIT;
    Wire__Envelope *token;
    uint8_t key[16];

    create.key = fresh_key(key);
    create.kind = (char *)(uintptr_t)kind;
    create.name = (char *)(uintptr_t)name;
    create.cluster = strcmp(kind, "node") == 0 ? (char *)"cc" : (char *)"";
    ask.body_case = WIRE__ENVELOPE__BODY_TOKEN_CREATE;
    ask.token_create = &create;
    token = client_ask(root, &ask);
    enrolment.token = token->token_created->token;
    enrolment.public_key = (char *)(uintptr_t)pair->public;
    ask.body_case = WIRE__ENVELOPE__BODY_ENROL;
    ask.enrol = &enrolment;
    message_free(client_ask(own, &ask));
    message_free(token);
    client_free(own);
    client_free(root);
}

/* With this hello, and nothing on the node. */
static void join(struct client *agent, Wire__Envelope *hello)
{
    CLEANUP(message_freep) Wire__Envelope *welcome = client_ask(agent, hello);
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Inventory inventory = WIRE__INVENTORY__INIT;

    if (!welcome || welcome->body_case != WIRE__ENVELOPE__BODY_AGENT_WELCOME)
        bench_fail("an agent is not welcome");
    inventory.incarnation = hello->agent_hello->incarnation;
    inventory.session = welcome->agent_welcome->session;
    ask.body_case = WIRE__ENVELOPE__BODY_INVENTORY;
    ask.inventory = &inventory;
    message_free(client_ask(agent, &ask));
}

struct client *bench_agent(struct bench *bench, const char *name, uint32_t cores,
                           answer_fn *on_answer)
{
    static uint8_t digest[32] = {1}, incarnation[16] = {2};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__AgentHello hello = WIRE__AGENT_HELLO__INIT;
    struct key_pair pair;
    struct client *agent;

    key_pair_make(&pair);
    enrol(bench, "node", name, bench->agents, &pair);
    agent = open_client(bench, bench->agents, &pair, on_answer);
    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.node = (char *)(uintptr_t)name;
    hello.boot_id = (char *)"boot";
    hello.incarnation = (ProtobufCBinaryData){16, incarnation};
    hello.cores = hello.threads = cores;
    hello.memory = UINT64_C(256) << 30;
    hello.packages = hello.numa_nodes = 1;
    hello.topology = (ProtobufCBinaryData){32, digest};
    ask.body_case = WIRE__ENVELOPE__BODY_AGENT_HELLO;
    ask.agent_hello = &hello;
    join(agent, &ask);
    watch(agent);
    return agent;
}

/* --- life -------------------------------------------------------------------------------------------------------- */

void bench_start(struct bench *bench, const char *program, const char *policy)
{
    struct client *root;

    *bench = (struct bench){.directory = "/tmp/tequio-bench-XXXXXX", .policy = policy};
    if (!mkdtemp(bench->directory))
        bench_fail("no directory for the bench");
    bench->loop = loop_new();
    run_scheduler(bench, program);
    find_endpoints(bench);
    root = open_client(bench, bench->local, NULL, NULL);
    add_books(root);
    client_free(root);
    key_pair_make(&bench->person);
    enrol(bench, "user", "bench", bench->clients, &bench->person);
}

void bench_kill(struct bench *bench)
{
    char path[128];
    int status;

    kill(bench->scheduler, SIGKILL);
    waitpid(bench->scheduler, &status, 0);
    snprintf(path, sizeof(path), "%s/endpoints", bench->directory);
    unlink(path);
}

void bench_resume(struct bench *bench, const char *program)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobList list = WIRE__JOB_LIST__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct client *root;

    run_scheduler(bench, program);
    find_endpoints(bench);
    root = open_client(bench, bench->local, NULL, NULL);
    list.most = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_LIST;
    ask.job_list = &list;
    answer = client_ask(root, &ask);
    if (answer->body_case != WIRE__ENVELOPE__BODY_JOB_LISTING || answer->job_listing->n_jobs != 1)
        bench_fail("a scheduler that was killed has no jobs any more");
    client_free(root);
}

static void fill_spec(Wire__JobSpec *spec, const struct bench_jobs *jobs, size_t number)
{
    static char *environment[] = {(char *)"PATH=/usr/bin:/bin", (char *)"HOME=/home/bench",
                                  (char *)"LANG=es_MX.UTF-8", (char *)"USER=bench"};

    wire__job_spec__init(spec);
    spec->name = (char *)"bench";
    spec->copies = jobs->copies;
    spec->limit_us = jobs->limit_us + (int64_t)(number % jobs->limits) * US_PER_MINUTE;
    spec->directory = (char *)"/tmp";
    spec->environment = environment;
    spec->n_environment = COUNT_OF(environment);
}

void bench_submit(struct client *client, const struct bench_jobs *jobs)
{
    ProtobufCBinaryData scripts[] = {
        {jobs->script_size, (uint8_t *)jobs->script}
    };
    Wire__JobSpec *specs = NEW_ARRAY(Wire__JobSpec, jobs->specs);
    Wire__JobSpec **list = NEW_ARRAY(Wire__JobSpec *, jobs->specs);
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Submit submission = WIRE__SUBMIT__INIT;
    uint8_t key[16];

    for (size_t i = 0; i < jobs->specs; i++) {
        fill_spec(&specs[i], jobs, i);
        list[i] = &specs[i];
    }
    random_fill(key, sizeof(key));
    submission.key = (ProtobufCBinaryData){sizeof(key), key};
    submission.jobs = list;
    submission.n_jobs = jobs->specs;
    submission.scripts = scripts;
    submission.n_scripts = 1;
    ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    ask.submit = &submission;
    client_send(client, &ask);
    free(list);
    free(specs);
}

void bench_check_submitted(const Wire__Envelope *answer)
{
    if (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        bench_fail("refused: %s", answer->failure->text);
    if (answer->body_case != WIRE__ENVELOPE__BODY_SUBMITTED)
        bench_fail("answered by %s", message_name(answer->body_case));
}

static void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char name[512];

    while (directory && (entry = readdir(directory))) {
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        unlink(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

void bench_stop(struct bench *bench)
{
    int status;

    kill(bench->scheduler, SIGTERM);
    waitpid(bench->scheduler, &status, 0);
    if (status != 0)
        bench_fail("the scheduler ended with status %d", status);
    remove_directory(bench->directory);
    loop_free(bench->loop);
    socket_end();
}
