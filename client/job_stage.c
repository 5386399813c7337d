/* job_stage.c - --stage-in and --stage-out, as they are typed */

#include "client/job_stage.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/parse.h"
#include "client/text.h"

#include <string.h>
#include <unistd.h>

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

/* The last part of the path; NULL: it would have to be guessed. */
static char *name_of(const char *path, struct arena *arena)
{
    const char *name = strrchr(path, '/');

    name = name ? name + 1 : path;
    return *name ? arena_copy(arena, name) : NULL;
}

/* Of an URL's own path, where nothing stands for other signs. */
static char *name_of_url(const char *url, struct arena *arena)
{
    char *name = name_of(arena_format(arena, "%.*s", (int)strcspn(url, "?#"), url), arena);

    return name && !strchr(name, '%') ? name : NULL;
}

static bool fail_text(const char *text, const char *why, struct error *err)
{
    return fail(err, ERROR_INVALID, "%.*s: %s", (int)strcspn(text, "?"), text, why);
}

/* "FILE", "FILE=PATH": of the submitter, read now; its digest shows whether it came as it was. */
static bool take_along(char *text, struct arena *arena, Wire__StageItem *item, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    CLEANUP(buffer_clear) struct buffer hex;
    char *path = strrchr(text, '=');
    struct digest digest;

    buffer_init(&bytes);
    buffer_init(&hex);
    if (path)
        *path++ = '\0';
    if (!file_read(text, STAGE_FILE_MAX, &bytes, err))
        return false;
    item->path = path ? path : name_of(text, arena);
    if (!item->path)
        item->path = text; /* which is refused */
    item->content.len = bytes.length;
    item->content.data = arena_get(arena, bytes.length + 1, 1);
    memcpy(item->content.data, bytes.bytes, bytes.length);
    digest = digest_of(bytes.bytes, bytes.length);
    hex_print(digest.bytes, DIGEST_SIZE, &hex);
    item->digest = arena_copy(arena, hex.bytes);
    item->executable = access(text, X_OK) == 0;
    return true;
}

static bool read_in(const char *text, struct arena *arena, Wire__StageItem *item, struct error *err)
{
    char *copy = arena_copy(arena, text);

    if (!is_url(text)) {
        item->path = take_path_before(copy, item);
        return item->path || take_along(copy, arena, item, err);
    }
    item->url = copy;
    item->path = take_path_behind(copy, item);
    if (!item->path)
        item->path = name_of_url(item->url, arena);
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
