/* gpu_files.c - the device files of a node's GPUs */

#include "agent/gpu_files.h"

#include "base/idset.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

struct filling {
    struct device *devices;
    uint32_t count;
    uint32_t found;
};

static bool add_file(struct filling *filling, const char *path, struct error *err)
{
    struct stat status;

    if (filling->found == filling->count)
        return fail(err, ERROR_INVALID, "there are more files than the %" PRIu32 " GPUs",
                    filling->count);
    if (*path != '/')
        return fail(err, ERROR_INVALID, "%.120s is no absolute path", path);
    if (stat(path, &status) != 0)
        return fail_errno(err, "%s", path);
    if (!S_ISCHR(status.st_mode))
        return fail(err, ERROR_INVALID, "%.120s is no character device", path);
    filling->devices[filling->found].has_file = true;
    filling->devices[filling->found].file_major = (uint32_t)major(status.st_rdev);
    filling->devices[filling->found].file_minor = (uint32_t)minor(status.st_rdev);
    filling->found++;
    return true;
}

/* "/dev/nvidia[0-3]" or a path alone. */
static bool add_files(struct filling *filling, char *text, struct error *err)
{
    CLEANUP(idset_freep) struct idset *numbers = NULL;
    char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;

    if (!open)
        return add_file(filling, text, err);
    if (!close)
        return fail(err, ERROR_INVALID, "%.120s: a ] is missing", text);
    *open = *close = '\0';
    numbers = idset_parse(open + 1, err);
    if (!numbers)
        return false;
    for (uint32_t id = idset_first(numbers); id != IDSET_NONE; id = idset_after(numbers, id)) {
        CLEANUP(memory_freep) char *path = memory_format("%s%" PRIu32 "%s", text, id, close + 1);

        if (!add_file(filling, path, err))
            return false;
    }
    return true;
}

/* The comma that ends the first of them: not one between brackets. */
static char *end_of_first(char *text)
{
    bool inside = false;

    for (; *text; text++) {
        if (*text == '[' || *text == ']')
            inside = *text == '[';
        if (*text == ',' && !inside)
            break;
    }
    return text;
}

bool gpu_files_find(const char *text, struct device *devices, uint32_t count, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    struct filling filling = {devices, count, 0};
    char *rest = copy;

    while (*rest) {
        char *end = end_of_first(rest);
        bool more = *end == ',';

        *end = '\0';
        if (!add_files(&filling, rest, err))
            return false;
        rest = end + more;
    }
    return filling.found == count ||
           fail(err, ERROR_INVALID, "%" PRIu32 " files for %" PRIu32 " GPUs: write one for each",
                filling.found, count);
}
