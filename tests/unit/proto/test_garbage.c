/* test_garbage.c - what no peer should send leaves a server as it was */

#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/proto/channel_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Kilobytes that a process has in memory (VmRSS of its status file). */
static uint64_t resident_kb(pid_t pid)
{
    CLEANUP(memory_freep) char *path = memory_format("/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    char line[256];
    uint64_t size = 0;

    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, "VmRSS:", 6) == 0)
            size = strtoull(line + 6, NULL, 10);
    if (file)
        fclose(file);
    CU_ASSERT(size > 0);
    return size;
}

/* What `garbage ENDPOINT` exits with. */
static int run_garbage(const char *endpoint)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep)
    char *program = memory_format("%s/tests/lib/garbage", build ? build : ".");
    int status;
    pid_t pid;

    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO); /* its lines are no TAP */
        execl(program, program, endpoint, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}

static void test_over_tcp(void)
{
    struct key_pair of_server, of_client;
    CLEANUP(server_stopp) struct server *server = NULL;
    CLEANUP(channel_freep) struct channel *channel = NULL;
    struct error err;
    uint64_t before_kb;

    key_pair_make(&of_server);
    key_pair_make(&of_client);
    *script = (struct script){.version = PROTOCOL_VERSION};
    server = server_start("tcp://127.0.0.1:0", &of_server, NULL, serve_script, NULL);
    before_kb = resident_kb(server_pid(server));
    CU_ASSERT_EQUAL(run_garbage(server_endpoint(server)), 0);
    channel = channel_open(server_endpoint(server), &of_client, of_server.public, "test 1", &err);
    CU_ASSERT(ask_status(channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->asks, 1);
    CU_ASSERT(resident_kb(server_pid(server)) < before_kb + 65536);
    channel_free(STEAL(channel));
    socket_end();
}

static void test_over_a_local_socket(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct error err;
    uint64_t before_kb;

    bench_init(&bench, (struct script){0});
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    before_kb = resident_kb(server_pid(bench.server));
    CU_ASSERT_EQUAL(run_garbage(bench.endpoint), 0);
    CU_ASSERT(ask_status(bench.channel, PATIENCE_US, &err));
    CU_ASSERT_EQUAL(script->hellos, 1); /* the channel was not disturbed */
    CU_ASSERT_EQUAL(script->asks, 2);
    CU_ASSERT(resident_kb(server_pid(bench.server)) < before_kb + 65536);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"garbage over TCP",            test_over_tcp           },
        {"garbage over a local socket", test_over_a_local_socket},
        CU_TEST_INFO_NULL,
    };

    script = server_shared(sizeof(*script));
    return run_suite("garbage", tests);
}
