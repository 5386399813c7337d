/* stage_item.c - what tequio-stage is told: a file, an URL, and which way */

#include "agent/stage_item.h"

#include "base/base64.h"
#include "base/memory.h"
#include "base/parse.h"
#include "proto/staging.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SILENCE_S = 60 };

#define PROTOCOLS "https,http,sftp"

/* NULL: it is not there.  free() it. */
static char *take_variable(const char *name)
{
    const char *value = getenv(name);
    char *copy = value ? memory_copy(value) : NULL;

    unsetenv(name);
    return copy;
}

static bool read_content(const char *text, struct buffer *content, struct error *err)
{
    size_t length = strlen(text);
    size_t padding = length - strcspn(text, "=");
    size_t size = length / 4 * 3;
    CLEANUP(memory_freep) uint8_t *bytes = NEW_ARRAY(uint8_t, size + 1);

    if (padding > size || !base64_read(text, length, bytes, size - padding))
        return fail(err, ERROR_INVALID, "what was taken along is not base64");
    buffer_add(content, bytes, size - padding);
    return true;
}

static bool read_item(char *text, struct stage_item *item, struct error *err)
{
    const char *path = strsep(&text, "\n");
    const char *url = strsep(&text, "\n");
    const char *digest = strsep(&text, "\n");
    const char *mode = strsep(&text, "\n");

    if (!url)
        return fail(err, ERROR_INVALID, "path, URL and digest are lines of their own");
    if (!staging_check_path(path, err) || (*url && !staging_check_url(url, err)))
        return false;
    if (!digest)
        digest = "";
    if (*digest && !hex_parse(digest, item->digest.bytes, DIGEST_SIZE, err))
        return false;
    item->has_digest = *digest != '\0';
    item->path = memory_copy(path);
    item->url = memory_copy(url);
    item->shown = *url ? memory_format("%.*s", (int)strcspn(url, "?"), url)
                       : memory_copy("where it was submitted");
    item->executable = mode && *mode == 'x';
    buffer_init(&item->content);
    return *url || !text || read_content(text, &item->content, err);
}

bool stage_items_take(const char *prefix, struct stage_items *ret_items, struct error *err)
{
    struct stage_items items = {.all = NEW_ARRAY(struct stage_item, STAGE_ITEMS_MAX)};

    while (items.count < STAGE_ITEMS_MAX) {
        CLEANUP(memory_freep) char *name = memory_format("%s%" PRIu32, prefix, items.count + 1);
        CLEANUP(memory_freep) char *text = take_variable(name);

        if (!text)
            break;
        if (!read_item(text, &items.all[items.count++], err)) {
            stage_items_clear(&items);
            return fail_in(err, "%s", name);
        }
    }
    *ret_items = items;
    return true;
}

void stage_items_clear(struct stage_items *items)
{
    for (uint32_t i = 0; i < items->count; i++) {
        free(items->all[i].path);
        free(items->all[i].url);
        free(items->all[i].shown);
        buffer_clear(&items->all[i].content);
    }
    free(items->all);
    *items = (struct stage_items){0};
}

bool stage_rules_take(struct stage_rules *ret_rules, struct error *err)
{
    struct stage_rules rules = {.silence_s = SILENCE_S};
    CLEANUP(memory_freep) char *bytes = take_variable(STAGE_BYTES);
    CLEANUP(memory_freep) char *silence = take_variable(STAGE_SILENCE);

    if (bytes && !parse_u64(bytes, 0, INT64_MAX, &rules.bytes_most, err))
        return fail_in(err, STAGE_BYTES);
    if (silence && !parse_u32(silence, 1, INT32_MAX, &rules.silence_s, err))
        return fail_in(err, STAGE_SILENCE);
    rules.protocols = take_variable(STAGE_PROTOCOLS);
    if (!rules.protocols)
        rules.protocols = memory_copy(PROTOCOLS);
    *ret_rules = rules;
    return true;
}

void stage_rules_clear(struct stage_rules *rules)
{
    free(rules->protocols);
    *rules = (struct stage_rules){0};
}

bool stage_rules_admit(const struct stage_rules *rules, const char *url, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(rules->protocols);
    char scheme[STAGE_SCHEME] = "";
    char *rest = copy, *name;

    if (!staging_scheme(url, scheme))
        return fail(err, ERROR_INVALID, "no URL");
    while ((name = strsep(&rest, ",")))
        if (strcmp(name, scheme) == 0)
            return true;
    return fail(err, ERROR_DENIED, "this node's site does not let jobs use %s; it lets them use %s",
                scheme, rules->protocols);
}
