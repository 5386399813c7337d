/* fuzz_options.c - a command line is read to its end or refused, whatever is on it
 *
 * The arguments are the lines of the input. */

#include "base/buffer.h"
#include "base/memory.h"
#include "base/options.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MOST = 64 };

struct arguments {
    const char *name;
    const char *exclusive;
    uint32_t nodes;
    uint64_t memory;
    int64_t time_us;
    bool quiet;
};

static const struct option_rule rules[] = {
    OPTION_TEXT('J', "job-name", "NAME", struct arguments, name, "call it NAME"),
    OPTION_TEXT(0, "exclusive", "[WHO]", struct arguments, exclusive, "share nodes with nobody"),
    OPTION_U32('N', "nodes", "N", struct arguments, nodes, "so many nodes"),
    OPTION_U64('m', "memory", "N", struct arguments, memory, "so many bytes"),
    OPTION_DURATION('t', "time", "LIMIT", struct arguments, time_us, "no longer than LIMIT"),
    OPTION_FLAG('q', "quiet", struct arguments, quiet, "say nothing"),
    OPTION_END,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    char name[] = "tequio", *argv[ARGUMENTS_MOST] = {name}, *rest = NULL;
    struct arguments arguments = {0};
    struct error err = {0};
    int argc = 1, first = -1;

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    for (char *line = strtok_r(text.bytes, "\n", &rest); line && argc < ARGUMENTS_MOST - 1;
         line = strtok_r(NULL, "\n", &rest))
        argv[argc++] = line;
    if (options_read(rules, argc, argv, &arguments, &first, &err)) {
        if (first < 1 || first > argc)
            abort();
    } else if (err.code != ERROR_INVALID || !*err.text) {
        abort();
    }
    return 0;
}
