/* job_stage.c - --stage-in and --stage-out, as they are typed */

#include "client/job_stage.h"

#include "base/parse.h"
#include "client/text.h"

#include <string.h>

#define DIGEST_MARK "#sha256="

static bool add(const char **texts, uint32_t *count, const char *text, struct error *err)
{
    if (*count == STAGE_ITEMS_MAX)
        return fail(err, ERROR_INVALID, _("more than %d files"), STAGE_ITEMS_MAX);
    texts[(*count)++] = text;
    return true;
}

bool job_stage_in(void *place, const char *text, struct error *err)
{
    struct job_stage *stage = place;

    return add(stage->in, &stage->in_count, text, err);
}

bool job_stage_out(void *place, const char *text, struct error *err)
{
    struct job_stage *stage = place;

    return add(stage->out, &stage->out_count, text, err);
}

static bool is_url(const char *text)
{
    char scheme[STAGE_SCHEME];

    return staging_scheme(text, scheme);
}

/* Cut the digest off the URL; *ret_rest: what follows it. */
static char *take_digest(char *url, char **ret_rest)
{
    char *mark = strstr(url, DIGEST_MARK);
    char *digest;

    if (!mark)
        return NULL;
    *mark = '\0';
    digest = mark + strlen(DIGEST_MARK);
    *ret_rest = digest + strcspn(digest, "=");
    return digest;
}

/* "URL=PATH": the text ends as the URL. */
static char *take_path_behind(char *text, Wire__StageItem *item)
{
    char *rest = NULL;
    char *digest = take_digest(text, &rest);

    if (digest)
        item->digest = digest;
    else if (!strchr(text, '?'))
        rest = strrchr(text, '=');
    if (!rest || *rest == '\0')
        return NULL;
    *rest = '\0';
    return rest + 1;
}

/* "PATH=URL". */
static char *take_path_before(char *text, Wire__StageItem *item)
{
    char *url = strchr(text, '=');
    char *rest, *digest;

    while (url && !is_url(url + 1))
        url = strchr(url + 1, '=');
    if (!url)
        return NULL;
    *url++ = '\0';
    digest = take_digest(url, &rest);
    if (digest)
        item->digest = digest;
    item->url = url;
    return text;
}

/* The last part of the URL's own path; NULL: it would have to be guessed. */
static char *name_of(const char *url, struct arena *arena)
{
    size_t length = strcspn(url, "?#");
    size_t start = length;

    while (start > 0 && url[start - 1] != '/')
        start--;
    if (start == length || memchr(url + start, '%', length - start))
        return NULL;
    return arena_format(arena, "%.*s", (int)(length - start), url + start);
}

static bool fail_text(const char *text, const char *why, struct error *err)
{
    return fail(err, ERROR_INVALID, "%.*s: %s", (int)strcspn(text, "?"), text, why);
}

static bool read_in(const char *text, struct arena *arena, Wire__StageItem *item, struct error *err)
{
    char *copy = arena_copy(arena, text);

    if (!is_url(text)) {
        item->path = take_path_before(copy, item);
        return item->path || fail_text(text, _("write URL, URL=PATH or PATH=URL"), err);
    }
    item->url = copy;
    item->path = take_path_behind(copy, item);
    if (!item->path)
        item->path = name_of(item->url, arena);
    return item->path || fail_text(text, _("its name is not clear: write URL=PATH"), err);
}

static bool read_out(const char *text, struct arena *arena, Wire__StageItem *item,
                     struct error *err)
{
    item->path = take_path_before(arena_copy(arena, text), item);
    return item->path || fail_text(text, _("write PATH=URL"), err);
}

typedef bool read_fn(const char *text, struct arena *arena, Wire__StageItem *item,
                     struct error *err);

static Wire__StageItem **read_all(const char *const *texts, uint32_t count, read_fn *read,
                                  struct arena *arena, struct error *err)
{
    Wire__StageItem **items = ARENA_NEW_ARRAY(arena, Wire__StageItem *, count + 1);
    char shown[TEXT_SHOWN_SIZE];

    for (uint32_t i = 0; i < count; i++) {
        items[i] = ARENA_NEW(arena, Wire__StageItem);
        wire__stage_item__init(items[i]);
        if (!text_is_utf8(texts[i], strlen(texts[i]))) {
            fail(err, ERROR_INVALID, _("%s is not UTF-8"), text_show(texts[i], shown));
            return NULL;
        }
        if (!read(texts[i], arena, items[i], err))
            return NULL;
    }
    return items;
}

bool job_stage_fill(const struct job_stage *stage, struct arena *arena, Wire__JobSpec *spec,
                    struct error *err)
{
    spec->stage_in = read_all(stage->in, stage->in_count, read_in, arena, err);
    if (!spec->stage_in)
        return fail_in(err, "--stage-in");
    spec->stage_out = read_all(stage->out, stage->out_count, read_out, arena, err);
    if (!spec->stage_out)
        return fail_in(err, "--stage-out");
    spec->n_stage_in = stage->in_count;
    spec->n_stage_out = stage->out_count;
    return staging_check(spec->stage_in, stage->in_count, spec->stage_out, stage->out_count, err);
}
