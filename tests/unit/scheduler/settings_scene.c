/* settings_scene.c - configurations as texts, for the tests of settings */

#include "tests/unit/scheduler/settings_scene.h"

#include "base/memory.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

bool settings_read_text(const char *text, struct settings *settings, struct error *err)
{
    CLEANUP(memory_freep) char *path = scratch_file("conf", text, strlen(text));

    chmod(path, 0600);
    settings_init(settings);
    return settings_read(settings, path, err);
}

bool settings_refuse(const char *text, const char *words)
{
    struct settings settings;
    struct error err;
    bool good = settings_read_text(text, &settings, &err);

    settings_clear(&settings);
    if (!good && strstr(err.text, words))
        return true;
    printf("# %s\n# %s\n", text, good ? "is taken" : err.text);
    return false;
}
