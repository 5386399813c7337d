/* ledger_server.c - a PostgreSQL of the bench's own, on the disk and with fsync on */

#include "base/file.h"
#include "base/memory.h"
#include "tests/bench/ledger_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAID_MOST 65536

/* The first line that the script says; false when it fails. */
static bool run(const char *action, const char *directory, const char *name, char ret_line[512],
                struct error *err)
{
    const char *source = getenv("TEQUIO_SOURCE");
    CLEANUP(memory_freep) char *path = memory_format("%s/said", directory);
    CLEANUP(memory_freep)
    char *command = memory_format("'%s/tests/lib/postgres' %s '%s/postgres' %s >'%s' 2>&1",
                                  source ? source : ".", action, directory, name, path);
    int status = system(command);
    CLEANUP(buffer_clear) struct buffer said;

    buffer_init(&said);
    if (!file_read(path, SAID_MOST, &said, err))
        return false;
    unlink(path);
    snprintf(ret_line, 512, "%.*s", (int)strcspn(said.bytes, "\n"), said.bytes);
    return status == 0 ||
           fail(err, ERROR_UNAVAILABLE, "tests/lib/postgres %s: %s", action, ret_line);
}

/* The server runs as another user than root, and must reach its folder. */
char *bench_server_start(const char *directory, struct error *err)
{
    char line[512];

    if (chmod(directory, 0711) != 0) {
        fail_errno(err, "%s", directory);
        return NULL;
    }
    if (run("start", directory, "", line, err) && run("database", directory, "ledger", line, err))
        return memory_copy(line);
    return NULL;
}

void bench_server_stop(const char *directory)
{
    struct error err;
    char line[512];

    if (!run("stop", directory, "", line, &err))
        fprintf(stderr, "ledger: %s\n", err.text);
}
