/* external.c - commands that are programs of their own: tequio-NAME */

#include "client/external.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
static const char *const tree_folders[] = {"accounting", "scheduler", "agent"};

static void try_tree(const char *own, const char *name, char **argv)
{
    for (size_t i = 0; i < COUNT_OF(tree_folders); i++) {
        CLEANUP(memory_freep) char *folder = memory_format("%s/../%s", own, tree_folders[i]);

        try(folder, name, argv);
    }
}

/* --- listing -------------------------------------------------------------------------------- */

/* Ours.  Those without a summary are no commands, though they may lie beside us. */
static const struct external programs[] = {
    {"accounting", NULL                                           },
    {"agent",      NULL                                           },
    {"bind",       NULL                                           },
    {"container",  NULL                                           },
    {"export",     N_("Print reports in the forms of others")     },
    {"gateway",    NULL                                           },
    {"launcher",   NULL                                           },
    {"libvirt",    NULL                                           },
    {"metrics",    N_("Figures for Prometheus, or serve them")    },
    {"pmix",       NULL                                           },
    {"rsh",        NULL                                           },
    {"scheduler",  NULL                                           },
    {"simulate",   N_("Try policies on a workload of the past")   },
    {"slurm-job",  NULL                                           },
    {"stage",      NULL                                           },
    {"task",       NULL                                           },
    {"verify",     N_("Check a usage report, without the network")},
    {"vm",         NULL                                           },
};

static void add(struct externals *externals, const char *name)
{
    struct external *added;
    const char *summary = N_("A program of its own");

    for (size_t i = 0; i < COUNT_OF(programs); i++)
        if (strcmp(programs[i].name, name) == 0)
            summary = programs[i].summary;
    for (size_t i = 0; summary && i < externals->count; i++)
        if (strcmp(externals->list[i].name, name) == 0)
            return;
    if (!summary)
        return;
    externals->list =
        memory_resize(externals->list, externals->count + 1, sizeof(*externals->list));
    added = &externals->list[externals->count++];
    *added = (struct external){memory_copy(name), summary};
}

static void add_folder(struct externals *externals, const char *path)
{
    static const char prefix[] = "tequio-";
    DIR *folder = opendir(path);
    struct stat status;

    if (!folder)
        return;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *name = entry->d_name + sizeof(prefix) - 1;

        if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0 && is_name(name) &&
            fstatat(dirfd(folder), entry->d_name, &status, 0) == 0 && S_ISREG(status.st_mode) &&
            (status.st_mode & S_IXUSR) != 0)
            add(externals, name);
    }
    closedir(folder);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct external *)a)->name, ((const struct external *)b)->name);
}

void externals_find(struct externals *ret_externals)
{
    CLEANUP(memory_freep) char *own = own_folder();
    struct externals externals = {0};

    if (own)
        add_folder(&externals, own);
    for (size_t i = 0; own && i < COUNT_OF(tree_folders); i++) {
        CLEANUP(memory_freep) char *folder = memory_format("%s/../%s", own, tree_folders[i]);

        add_folder(&externals, folder);
    }
    add_folder(&externals, PKGLIBEXECDIR);
    if (externals.count > 0)
        qsort(externals.list, externals.count, sizeof(*externals.list), by_name);
    *ret_externals = externals;
}

void externals_clear(struct externals *externals)
{
    for (size_t i = 0; i < externals->count; i++)
        free((char *)(uintptr_t)externals->list[i].name);
    free(externals->list);
}

/* --- running -------------------------------------------------------------------------------- */

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
