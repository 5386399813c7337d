/* external.c - commands that are programs of their own: tequio-NAME */

#include "client/external.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 64 };

/* Nothing with a '/' in it: that would be a path. */
static bool is_name(const char *text)
{
    if (!isalpha((unsigned char)*text) || strlen(text) > NAME_MAX_BYTES)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '-' && *text != '_')
            return false;
    return true;
}

/* The folder of this program; NULL when it cannot be told. */
static char *own_folder(void)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *slash;

    if (length <= 0)
        return NULL;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    return memory_copy(path);
}

static void try(const char *folder, const char *name, char **argv)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio-%s", folder, name);

    if (access(path, X_OK) == 0)
        execv(path, argv);
}

/* In the tree that it is built in, each program lies in its own folder. */
static void try_tree(const char *own, const char *name, char **argv)
{
    static const char *const folders[] = {"accounting", "scheduler", "agent"};

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        CLEANUP(memory_freep) char *folder = memory_format("%s/../%s", own, folders[i]);

        try(folder, name, argv);
    }
}

bool external_run(char **argv, struct error *err)
{
    CLEANUP(memory_freep) char *own = own_folder();
    CLEANUP(memory_freep) char *program = NULL;
    const char *name = argv[0];
    char shown[TEXT_SHOWN_SIZE];

    if (!is_name(name))
        return fail(err, ERROR_NOT_FOUND, _("no command %s"), text_show(name, shown));
    program = memory_format("tequio-%s", name);
    argv[0] = program;
    if (own) {
        try(own, name, argv);
        try_tree(own, name, argv);
    }
    try(PKGLIBEXECDIR, name, argv);
    try(BINDIR, name, argv);
    execvp(program, argv);
    argv[0] = (char *)name;
    if (errno == ENOENT)
        return fail(err, ERROR_NOT_FOUND, _("no command %s"), name);
    return fail_errno(err, "%s", program);
}
