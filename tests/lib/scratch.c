/* scratch.c - a directory of the test's own, gone when the program ends */

#include "tests/lib/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* One for the process: atexit() handlers take no argument. */
static char directory[4096];
static pid_t maker;

static void stop(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(99);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static int open_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)place;
    if (kind == FTW_D || kind == FTW_DNR)
        (void)chmod(path, 0700);
    return 0;
}

static void remove_all(void)
{
    if (getpid() != maker)
        return;
    /* First give ourselves back what a test took away, then leaves before their folder. */
    (void)nftw(directory, open_one, 32, FTW_PHYS);
    (void)nftw(directory, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_directory(void)
{
    const char *parent = getenv("TMPDIR");

    if (*directory)
        return directory;
    snprintf(directory, sizeof(directory), "%s/tequio-test-XXXXXX",
             parent && *parent ? parent : "/tmp");
    if (!mkdtemp(directory))
        stop(directory);
    maker = getpid();
    atexit(remove_all);
    return directory;
}

char *scratch_path(const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", scratch_directory(), name) < 0)
        stop(name);
    return path;
}

char *scratch_file(const char *name, const void *bytes, size_t size)
{
    char *path = scratch_path(name);
    FILE *file = fopen(path, "w");

    if (!file)
        stop(path);
    if (fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        stop(path);
    return path;
}
