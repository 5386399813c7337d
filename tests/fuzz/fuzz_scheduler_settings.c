/* fuzz_scheduler_settings.c - any settings file of the scheduler is refused with FILE:LINE, or read */

#include "scheduler/settings.h"
#include "tests/fuzz/target.h"
#include "tests/lib/scratch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(memory_freep) char *path = scratch_file("fuzzed.conf", bytes, size);
    CLEANUP(settings_clear) struct settings settings = {0};
    struct error err = {0};

    settings_init(&settings);
    if (!settings_read(&settings, path, &err) &&
        (err.code == ERROR_NONE || !strstr(err.text, "fuzzed.conf")))
        abort();
    return 0;
}
