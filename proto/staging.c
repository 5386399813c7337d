/* staging.c - files that are brought before a job's script starts, and carried away after its end */

#include "proto/staging.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/parse.h"

#include <ctype.h>
#include <string.h>

enum { SHOWN_MAX = 100 };

static const char *const schemes[] = {"https", "http", "sftp", "file"};

bool staging_scheme(const char *url, char ret_scheme[STAGE_SCHEME])
{
    size_t length =
        strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");

    if (length == 0 || length >= STAGE_SCHEME || strncmp(url + length, "://", 3) != 0)
        return false;
    for (size_t i = 0; i < length; i++)
        ret_scheme[i] = (char)tolower((unsigned char)url[i]);
    ret_scheme[length] = '\0';
    return true;
}

static bool has_signs(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

static int shown_length(const char *url)
{
    size_t length = strcspn(url, "?#");

    return length < SHOWN_MAX ? (int)length : SHOWN_MAX;
}

/* What may be told of it: behind a ? there may be a signature that is as good as a password. */
static bool fail_url(const char *url, const char *why, struct error *err)
{
    return fail(err, ERROR_INVALID, "URL %.*s: %s", shown_length(url), url, why);
}

static bool check_authority(const char *url, const char *scheme, struct error *err)
{
    const char *host = url + strlen(scheme) + strlen("://");
    size_t length = strcspn(host, "/?#");
    const char *at = memchr(host, '@', length);
    const char *colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;

    if (colon)
        return fail(err, ERROR_INVALID,
                    "an URL with a password in it: write it into ~/.netrc of the cluster, or use "
                    "a signed URL");
    if (strcmp(scheme, "file") == 0)
        return length == 0 || fail_url(url, "a file has no host: write file:///PATH", err);
    return length > 0 || fail_url(url, "it names no host", err);
}

bool staging_check_url(const char *url, struct error *err)
{
    char scheme[STAGE_SCHEME];
    size_t i = 0;

    if (strlen(url) > STAGE_URL_MAX)
        return fail(err, ERROR_INVALID, "an URL has %zu bytes; %d are the most", strlen(url),
                    STAGE_URL_MAX);
    if (has_signs(url))
        return fail(err, ERROR_INVALID, "an URL has spaces or control characters: write %%20");
    if (!staging_scheme(url, scheme))
        return fail_url(url, "it does not begin with a protocol such as https://", err);
    while (i < COUNT_OF(schemes) && strcmp(schemes[i], scheme) != 0)
        i++;
    if (i == COUNT_OF(schemes))
        return fail_url(url, "its protocol is none of https, http, sftp and file", err);
    if (strchr(url, '#'))
        return fail_url(url, "behind # only sha256=DIGEST is known", err);
    return check_authority(url, scheme, err);
}

static bool check_word(const char *path, const char *word, size_t length, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (length == 0 || (length <= 2 && strncmp(word, "..", length) == 0))
        return fail(err, ERROR_INVALID,
                    "path %s: write one below the job's directory, without . and ..",
                    text_show(path, shown));
    return true;
}

bool staging_check_path(const char *path, struct error *err)
{
    if (strlen(path) > STAGE_PATH_MAX)
        return fail(err, ERROR_INVALID, "a path has %zu bytes; %d are the most", strlen(path),
                    STAGE_PATH_MAX);
    for (const char *sign = path; *sign; sign++)
        if (iscntrl((unsigned char)*sign))
            return fail(err, ERROR_INVALID, "a path has control characters");
    for (const char *word = path;; word++) {
        size_t length = strcspn(word, "/");

        if (!check_word(path, word, length, err))
            return false;
        word += length;
        if (*word == '\0')
            return true;
    }
}

static bool check_digest(const char *digest, struct error *err)
{
    uint8_t bytes[DIGEST_SIZE];

    return *digest == '\0' || hex_parse(digest, bytes, sizeof(bytes), err) ||
           fail_in(err, "sha256 in 64 hexadecimal digits");
}

/* From an URL, or of the submitter. */
static bool check_source(const Wire__StageItem *item, bool may_be_file, struct error *err)
{
    if (*item->url && item->content.len > 0)
        return fail(err, ERROR_INVALID, "a file from an URL has no content of its own");
    if (*item->url || !may_be_file)
        return staging_check_url(item->url, err);
    if (item->content.len > STAGE_FILE_MAX)
        return fail(err, ERROR_EXHAUSTED,
                    "a file that is taken along has %zu bytes; %d are the most: give an URL",
                    item->content.len, STAGE_FILE_MAX);
    return true;
}

static bool check_items(Wire__StageItem *const *items, size_t count, bool in, struct error *err)
{
    const char *option = in ? "--stage-in" : "--stage-out";
    size_t size = 0;

    if (count > STAGE_ITEMS_MAX)
        return fail(err, ERROR_INVALID, "%s: %zu files; %d are the most", option, count,
                    STAGE_ITEMS_MAX);
    for (size_t i = 0; i < count; i++) {
        if (!check_source(items[i], in, err) || !staging_check_path(items[i]->path, err) ||
            !check_digest(items[i]->digest, err))
            return fail_in(err, "%s", option);
        size += items[i]->content.len;
    }
    return size <= STAGE_FILES_MAX ||
           fail(err, ERROR_EXHAUSTED,
                "%s: the files that are taken along have %zu bytes; %d are the most: give URLs",
                option, size, STAGE_FILES_MAX);
}

bool staging_check(Wire__StageItem *const *in, size_t in_count, Wire__StageItem *const *out,
                   size_t out_count, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!check_items(in, in_count, true, err) || !check_items(out, out_count, false, err))
        return false;
    for (size_t i = 0; i < in_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(in[i]->path, in[j]->path) == 0)
                return fail(err, ERROR_INVALID, "%s: two files would be brought to %s",
                            "--stage-in", text_show(in[i]->path, shown));
    for (size_t i = 0; i < out_count; i++)
        if (*out[i]->digest)
            return fail(
                err, ERROR_INVALID,
                "--stage-out: a digest is for what is brought, not for what is carried away");
    return true;
}
