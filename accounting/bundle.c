/* bundle.c - a report's files together with their manifest and its signature */

#include "accounting/bundle.h"

#include "accounting/manifest.h"
#include "accounting/render.h"
#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bundle_file *add_file(struct bundle *bundle, const char *name)
{
    struct bundle_file *file;

    assert(bundle->count < BUNDLE_FILES_MAX);
    file = &bundle->files[bundle->count++];
    snprintf(file->name, sizeof file->name, "%s", name);
    buffer_init(&file->bytes);
    return file;
}

char *bundle_name(const char *network, const char *institution, const struct period *period,
                  bool provisional)
{
    return memory_format("%s-%s-%s-%s", *network ? network : "tequio", institution, period->name,
                         provisional ? "provisional" : "r1");
}

struct bundle *bundle_make(const struct report *report, const struct signing_key *key)
{
    struct bundle *bundle = NEW(struct bundle);
    struct bundle_file *manifest = add_file(bundle, MANIFEST_NAME);
    struct bundle_file *signature = add_file(bundle, SIGNATURE_NAME);

    bundle->name =
        bundle_name(report->network, report->institution, &report->period, report->provisional);
    for (size_t i = 0; i < render_count; i++) {
        struct bundle_file *file = add_file(bundle, renders[i].file);

        renders[i].render(report, &file->bytes);
        if (renders[i].render == render_checkpoint)
            checkpoint_sign(key, &file->bytes);
    }
    manifest_print(report, bundle, key->public, &manifest->bytes);
    buffer_reserve(&signature->bytes, SIGNATURE_SIZE);
    sign_bytes(key, manifest->bytes.bytes, manifest->bytes.length,
               (uint8_t *)signature->bytes.bytes);
    signature->bytes.length = SIGNATURE_SIZE;
    return bundle;
}

void bundle_free(struct bundle *bundle)
{
    if (!bundle)
        return;
    for (size_t i = 0; i < bundle->count; i++)
        buffer_clear(&bundle->files[i].bytes);
    free(bundle->name);
    free(bundle);
}

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->count; i++)
        if (strcmp(bundle->files[i].name, name) == 0)
            return &bundle->files[i];
    return NULL;
}

static bool write_files(const struct bundle *bundle, const char *path, struct error *err)
{
    for (size_t i = 0; i < bundle->count; i++) {
        const struct bundle_file *file = &bundle->files[i];
        CLEANUP(memory_freep) char *name = memory_format("%s/%s", path, file->name);

        if (!file_replace(name, file->bytes.bytes, file->bytes.length, 0644, err))
            return false;
    }
    return true;
}

/* What an interrupted write left: only files with names of ours are in it. */
static void remove_leftover(const char *path, const struct bundle *bundle)
{
    for (size_t i = 0; i < bundle->count; i++) {
        CLEANUP(memory_freep) char *name = memory_format("%s/%s", path, bundle->files[i].name);

        unlink(name);
    }
    rmdir(path);
}

bool bundle_write(const struct bundle *bundle, const char *directory, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, bundle->name);
    CLEANUP(memory_freep) char *new_path = memory_format("%s.new", path);

    remove_leftover(new_path, bundle);
    if (mkdir(new_path, 0755) != 0)
        return fail_errno(err, "make the folder %s", new_path);
    if (!write_files(bundle, new_path, err)) {
        remove_leftover(new_path, bundle);
        return false;
    }
    if (rename(new_path, path) != 0) {
        fail_errno(err, "name the folder %s", path);
        remove_leftover(new_path, bundle);
        return false;
    }
    return file_sync_directory(directory, err);
}

static bool read_entry(struct bundle *bundle, const char *path, const char *name, struct error *err)
{
    CLEANUP(memory_freep) char *full = memory_format("%s/%s", path, name);

    if (strlen(name) >= sizeof bundle->files[0].name || bundle->count == BUNDLE_FILES_MAX)
        return fail(err, ERROR_INVALID, "%s does not belong in a report's folder", full);
    return file_read(full, BUNDLE_FILE_MAX, &add_file(bundle, name)->bytes, err);
}

static void close_directory(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

struct bundle *bundle_read(const char *path, struct error *err)
{
    CLEANUP(bundle_freep) struct bundle *bundle = NEW(struct bundle);
    CLEANUP(close_directory) DIR *directory = opendir(path);
    struct dirent *entry;

    if (!directory) {
        fail_errno(err, "open the folder %s", path);
        return NULL;
    }
    bundle->name = memory_copy(path);
    while ((entry = readdir(directory)))
        if (entry->d_name[0] != '.' && !read_entry(bundle, path, entry->d_name, err))
            return NULL;
    return STEAL(bundle);
}
