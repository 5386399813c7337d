/* postgres_server.c - a PostgreSQL server of the test's own */

#include "tests/lib/postgres_server.h"

#include "base/child.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77

/* One for the process: atexit() handlers take no argument. */
static char folder[] = "/dev/shm/tequio-postgres-XXXXXX"; /* nothing waits for a disk */
static enum { NEVER_STARTED, STARTED, MISSING } state;
static pid_t starter;
static char why[200];

/* All that it says, as far as there is room. */
static void read_all(int end, char *ret_text, size_t room)
{
    size_t length = 0;
    char rest[256];
    ssize_t size;

    while ((size = read(end, rest, sizeof(rest))) > 0)
        for (ssize_t i = 0; i < size && length + 1 < room; i++)
            ret_text[length++] = rest[i];
    ret_text[length] = '\0';
    ret_text[strcspn(ret_text, "\n")] = '\0';
}

/* What the script said, in its first line; its exit status. */
static int run(const char *action, const char *name, const char *sql, char *ret_line, size_t room)
{
    const char *const arguments[] = {"postgres", action, folder, name, sql, NULL};
    const char *source = getenv("TEQUIO_SOURCE");
    CLEANUP(memory_freep)
    char *program = memory_format("%s/tests/lib/postgres", source ? source : ".");
    struct child_request request = {
        .program = program,
        .arguments = (char *const *)(uintptr_t)arguments, /* execve() writes to none */
        .environment = environ,
        .input = -1,
        .extra = -1,
    };
    int ends[2], status = -1;
    struct error err;
    pid_t pid;

    ret_line[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    request.output = request.error = ends[1];
    if (child_start(&request, &pid, &err)) {
        close(ends[1]);
        read_all(ends[0], ret_line, room);
        waitpid(pid, &status, 0);
    } else {
        printf("# %s\n", err.text);
        close(ends[1]);
    }
    close(ends[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void stop(void)
{
    char line[80];

    if (getpid() == starter)
        run("stop", NULL, NULL, line, sizeof(line));
}

static void start(void)
{
    int status;

    if (!mkdtemp(folder))
        abort();
    starter = getpid();
    atexit(stop);
    status = run("start", NULL, NULL, why, sizeof(why));
    CU_ASSERT(status == 0 || status == SKIPPED);
    state = status == 0 ? STARTED : MISSING;
}

bool postgres_server_is_there(void)
{
    if (state == NEVER_STARTED)
        start();
    if (state == MISSING)
        test_skip(why);
    return state == STARTED;
}

char *postgres_server_database(const char *name)
{
    char url[400];
    int status = run("database", name, NULL, url, sizeof(url));

    CU_ASSERT_EQUAL(status, 0);
    return memory_copy(url);
}

bool postgres_server_sql(const char *name, const char *sql)
{
    char line[200];
    int status = run("sql", name, sql, line, sizeof(line));

    if (status != 0)
        printf("# %s: %s\n", sql, line);
    return status == 0;
}
