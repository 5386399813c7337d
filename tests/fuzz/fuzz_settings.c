/* fuzz_settings.c - a configuration file is understood or refused, whatever is in it */

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/settings.h"
#include "base/settings_text.h"
#include "tests/fuzz/target.h"

#include <confuse.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(cfg_t *, cfg_free)

static void on_error(cfg_t *file, const char *format, va_list arguments)
{
    (void)file;
    (void)format;
    (void)arguments;
}

static void parse(const char *text)
{
    static cfg_opt_t limits[] = {CFG_INT("jobs", 7, CFGF_NONE), CFG_END()};
    static cfg_opt_t cluster[] = {
        CFG_STR("address", "", CFGF_NONE),
        CFG_SEC("limits", limits, CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t options[] = {
        CFG_STR("name", "none", CFGF_NONE),
        CFG_BOOL("flag", cfg_false, CFGF_NONE),
        CFG_STR_LIST("list", NULL, CFGF_NONE),
        CFG_SEC("cluster", cluster, CFGF_MULTI | CFGF_TITLE),
        CFG_END(),
    };
    CLEANUP(cfg_freep) cfg_t *file = cfg_init(options, CFGF_NONE);

    cfg_set_error_function(file, on_error);
    cfg_parse_buf(file, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err = {0};
    bool good;

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    good = settings_text_check(text.bytes, "file", &err);
    if (!good && (err.code != ERROR_INVALID || strncmp(err.text, "file:", 5) != 0))
        abort();
    (void)settings_check_endpoint("listen", text.bytes, &err);
    if (good && text_is_utf8(text.bytes, text.length))
        parse(text.bytes);
    return 0;
}
