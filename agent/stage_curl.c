/* stage_curl.c - one try of a transfer by libcurl */

#include "agent/stage_curl.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/parse.h"
#include "proto/staging.h"

#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { REDIRECTS_MAX = 5, CONNECT_S = 30 };

static void curl_freep(CURL **curl)
{
    curl_easy_cleanup(*curl);
}

static void list_freep(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

/* An option that this libcurl does not know is a mistake of the build. */
#define SET(curl, option, value)                                      \
    do {                                                              \
        CURLcode code_ = curl_easy_setopt((curl), (option), (value)); \
        assert(code_ == CURLE_OK);                                    \
    } while (0)

/* What one try knows besides. */
struct run {
    struct stage_try *try;
    CURL *curl;
    char validator[STAGE_VALIDATOR_SIZE]; /* of this answer */
    uint64_t taken;
    curl_off_t moved; /* bytes, either way, when it was looked last */
    int64_t moved_us; /* boot clock: since when there are no more of them; 0: since ever */
    bool secure;
    bool silent; /* and so it was given up */
    bool broken; /* a callback failed: why */
    struct error why;
    char curl_why[CURL_ERROR_SIZE];
};

bool stage_curl_open(struct error *err)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ||
           fail(err, ERROR_INTERNAL, "libcurl does not start");
}

void stage_curl_close(void)
{
    curl_global_cleanup();
}

/* --- what libcurl calls ------------------------------------------------------------------------- */

static size_t on_bytes(char *bytes, size_t one, size_t count, void *owner)
{
    struct run *run = owner;
    const struct stage_try *try = run->try;
    uint64_t most = try->rules->bytes_most;

    (void)one; /* always 1 */
    run->taken += count;
    if (most > 0 && try->from + run->taken > most)
        run->broken = !fail(
            &run->why, ERROR_DENIED,
            "it has more than the %" PRIu64 " bytes that this node's site lets a file have", most);
    else
        run->broken = !try->take(try->owner, bytes, count, &run->why);
    return run->broken ? CURL_WRITEFUNC_ERROR : count;
}

static size_t on_room(char *bytes, size_t one, size_t count, void *owner)
{
    struct run *run = owner;
    size_t given = run->try->give(run->try->owner, bytes, one * count);

    if (given != SIZE_MAX)
        return given;
    run->broken = !fail(&run->why, ERROR_IO, "it cannot be read any more");
    return CURL_READFUNC_ABORT;
}

static int on_seek(void *owner, curl_off_t offset, int origin)
{
    struct run *run = owner;

    return origin == SEEK_SET && run->try->seek(run->try->owner, (uint64_t)offset)
               ? CURL_SEEKFUNC_OK
               : CURL_SEEKFUNC_CANTSEEK;
}

/* libcurl's own bounds are for connecting and for bytes: a server that has let one in by SSH, and says
 * nothing when it is asked for a file, would be waited for without end. */
static bool is_silent(struct run *run, curl_off_t moved)
{
    int64_t now_us = clock_boot_us(&clock_real);
    curl_off_t secure_us = 0; /* until SSH or TLS stood; 0: it doesn't yet, or never will */
    int64_t most_us = run->try->rules->silence_s * US_PER_SECOND;

    curl_easy_getinfo(run->curl, CURLINFO_APPCONNECT_TIME_T, &secure_us);
    if (run->moved_us == 0 || moved != run->moved || (secure_us > 0 && !run->secure)) {
        run->moved = moved;
        run->moved_us = now_us;
        run->secure = secure_us > 0;
    }
    if (!run->secure)
        most_us += CONNECT_S * US_PER_SECOND;
    return now_us - run->moved_us > most_us;
}

static int on_step(void *owner, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                   curl_off_t up)
{
    struct run *run = owner;
    const struct stage_try *try = run->try;
    uint64_t all = (uint64_t)(up_all > 0 ? up_all : down_all);

    try->step(try->owner, try->from + (uint64_t)(up > 0 ? up : down), all ? try->from + all : 0);
    run->silent = is_silent(run, down + up);
    return run->silent;
}

/* Only a strong mark says that the bytes are the same. */
static void note_validator(struct run *run, const char *line, size_t length)
{
    static const char name[] = "etag:";
    size_t start = strlen(name);

    if (length <= start || strncasecmp(line, name, start) != 0)
        return;
    while (start < length && line[start] == ' ')
        start++;
    while (length > start && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length - start < sizeof(run->validator) && line[start] == '"')
        snprintf(run->validator, sizeof(run->validator), "%.*s", (int)(length - start),
                 line + start);
}

static size_t on_header(char *line, size_t one, size_t count, void *owner)
{
    struct run *run = owner;

    (void)one;
    if (count > 5 && strncmp(line, "HTTP/", 5) == 0)
        run->validator[0] = '\0'; /* the answer before it only led here */
    note_validator(run, line, count);
    return count;
}

/* --- both ways ---------------------------------------------------------------------------------- */

static bool is_of(const char *url, const char *name)
{
    char scheme[STAGE_SCHEME];

    return staging_scheme(url, scheme) && strcmp(scheme, name) == 0;
}

/* The first that is there, or NULL; libcurl itself does not know the newer kinds.  free() it. */
static char *find_key(const char *home)
{
    static const char *const names[] = {"id_ed25519", "id_ecdsa", "id_rsa"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        char *file = memory_format("%s/.ssh/%s", home, names[i]);

        if (access(file, R_OK) == 0)
            return file;
        free(file);
    }
    return NULL;
}

/* A server whose key is not among the known ones is none. */
static void set_ssh(CURL *curl)
{
    const char *home = getenv("HOME") ? getenv("HOME") : "";
    CLEANUP(memory_freep) char *known = memory_format("%s/.ssh/known_hosts", home);
    CLEANUP(memory_freep) char *key = find_key(home);
    const struct passwd *user = getpwuid(getuid());

    SET(curl, CURLOPT_SSH_KNOWNHOSTS, known);
    if (user)
        SET(curl, CURLOPT_USERNAME, user->pw_name); /* one in the URL wins */
    if (key)
        SET(curl, CURLOPT_SSH_PRIVATE_KEYFILE, key);
}

static void set_protocols(CURL *curl, const struct stage_try *try)
{
    char scheme[STAGE_SCHEME] = "";

    (void)staging_scheme(try->url, scheme);
    SET(curl, CURLOPT_PROTOCOLS_STR, scheme);
    /* Whoever asked for http is led to https by many servers; nobody is led to a file. */
    SET(curl, CURLOPT_REDIR_PROTOCOLS_STR, strcmp(scheme, "http") == 0 ? "http,https" : "https");
    SET(curl, CURLOPT_FOLLOWLOCATION, 1L);
    SET(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
}

static void set_common(CURL *curl, struct run *run)
{
    const struct stage_try *try = run->try;
    const char *authorities = getenv("SSL_CERT_FILE"); /* the program curl goes by it, too */

    SET(curl, CURLOPT_URL, try->url);
    SET(curl, CURLOPT_ERRORBUFFER, run->curl_why);
    SET(curl, CURLOPT_USERAGENT, "tequio-stage/" PACKAGE_VERSION);
    SET(curl, CURLOPT_NOSIGNAL, 1L);
    SET(curl, CURLOPT_FAILONERROR, 1L);
    SET(curl, CURLOPT_NETRC, (long)CURL_NETRC_OPTIONAL);
    if (authorities && *authorities)
        SET(curl, CURLOPT_CAINFO, authorities);
    SET(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    SET(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(curl, CURLOPT_LOW_SPEED_TIME, (long)try->rules->silence_s);
    SET(curl, CURLOPT_NOPROGRESS, 0L);
    SET(curl, CURLOPT_XFERINFOFUNCTION, on_step);
    SET(curl, CURLOPT_XFERINFODATA, run);
    set_protocols(curl, try);
    if (is_of(try->url, "sftp"))
        set_ssh(curl);
}

static bool is_passing(CURLcode code, long status)
{
    static const CURLcode codes[] = {
        CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
        CURLE_PARTIAL_FILE,         CURLE_OPERATION_TIMEDOUT,
        CURLE_GOT_NOTHING,          CURLE_SEND_ERROR,
        CURLE_RECV_ERROR,           CURLE_HTTP2,
        CURLE_HTTP2_STREAM,         CURLE_SSH,
    };
    static const long statuses[] = {408, 425, 429, 500, 502, 503, 504};

    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (code == codes[i])
            return true;
    for (size_t i = 0; code == CURLE_HTTP_RETURNED_ERROR && i < COUNT_OF(statuses); i++)
        if (status == statuses[i])
            return true;
    return false;
}

static enum stage_end perform(CURL *curl, struct run *run, struct error *err)
{
    CURLcode code = curl_easy_perform(curl);
    long status = 0;

    if (code == CURLE_OK)
        return STAGE_DONE;
    if (run->broken) {
        *err = run->why;
        return STAGE_FAILED;
    }
    if (run->silent) {
        fail(err, ERROR_UNAVAILABLE, "the server says nothing any more");
        return STAGE_AGAIN;
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (run->try->from > 0 &&
        (code == CURLE_RANGE_ERROR || code == CURLE_BAD_DOWNLOAD_RESUME || status == 416)) {
        fail(err, ERROR_CONFLICT, "the server sends it only from its beginning");
        return STAGE_FROM_ZERO;
    }
    fail(err, ERROR_UNAVAILABLE, "%s", *run->curl_why ? run->curl_why : curl_easy_strerror(code));
    return is_passing(code, status) ? STAGE_AGAIN : STAGE_FAILED;
}

/* --- bring -------------------------------------------------------------------------------------- */

/* The headers that the try needs; free them behind it. */
static struct curl_slist *set_resume(CURL *curl, const struct stage_try *try)
{
    CLEANUP(memory_freep) char *line = memory_format("If-Range: %s", try->validator);
    struct curl_slist *headers = NULL;

    if (try->from == 0)
        return NULL;
    SET(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)try->from);
    if (try->validator[0])
        headers = curl_slist_append(NULL, line);
    SET(curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

enum stage_end stage_curl_bring(struct stage_try *try, struct error *err)
{
    CLEANUP(curl_freep) CURL *curl = curl_easy_init();
    CLEANUP(list_freep) struct curl_slist *headers = NULL;
    struct run run = {.try = try, .curl = curl};
    enum stage_end end;

    assert(curl);
    set_common(curl, &run);
    SET(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    SET(curl, CURLOPT_WRITEDATA, &run);
    SET(curl, CURLOPT_HEADERFUNCTION, on_header);
    SET(curl, CURLOPT_HEADERDATA, &run);
    headers = set_resume(curl, try);
    end = perform(curl, &run, err);
    memcpy(try->validator, run.validator, sizeof(try->validator));
    return end;
}

/* --- carry -------------------------------------------------------------------------------------- */

/* The path of an URL as the other side has it; free() it.  NULL: it is none. */
static char *remote_path(CURL *curl, const char *url)
{
    const char *path = strchr(url + strcspn(url, ":") + strlen("://"), '/');
    char *plain = path ? curl_easy_unescape(curl, path, 0, NULL) : NULL;
    char *copy = NULL;

    /* libcurl takes this for the account's folder, where quoted names begin. */
    if (plain)
        copy = memory_copy(strncmp(plain, "/~/", 3) == 0 ? plain + 3 : plain);
    curl_free(plain);
    return copy;
}

static void add_quoted(struct buffer *text, const char *name)
{
    buffer_add_text(text, " \"");
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            buffer_add_char(text, '\\');
        buffer_add_char(text, *name);
    }
    buffer_add_char(text, '"');
}

/* SFTP does not rename over a file that is there. */
static struct curl_slist *rename_commands(const char *part, const char *name)
{
    CLEANUP(buffer_clear) struct buffer remove;
    CLEANUP(buffer_clear) struct buffer rename;

    buffer_init(&remove);
    buffer_init(&rename);
    buffer_add_text(&remove, "*rm");
    add_quoted(&remove, name);
    buffer_add_text(&rename, "rename");
    add_quoted(&rename, part);
    add_quoted(&rename, name);
    return curl_slist_append(curl_slist_append(NULL, remove.bytes), rename.bytes);
}

static bool rename_file(const char *part, const char *name, struct error *err)
{
    return rename(part, name) == 0 || fail_errno(err, "%s", name);
}

/* What a server says of what it was sent is nobody's. */
static size_t on_answer(const char *bytes, size_t one, size_t count, void *owner)
{
    (void)bytes;
    (void)owner;
    return one * count;
}

static void set_upload(CURL *curl, struct run *run)
{
    SET(curl, CURLOPT_UPLOAD, 1L);
    SET(curl, CURLOPT_READFUNCTION, on_room);
    SET(curl, CURLOPT_READDATA, run);
    SET(curl, CURLOPT_SEEKFUNCTION, on_seek);
    SET(curl, CURLOPT_SEEKDATA, run);
    SET(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)run->try->size);
    SET(curl, CURLOPT_WRITEFUNCTION, on_answer);
}

/* Behind what is there already, and then under its name.  Free the commands behind it. */
static struct curl_slist *set_sftp(CURL *curl, const char *part, const char *name, bool again)
{
    struct curl_slist *commands = rename_commands(part, name);

    SET(curl, CURLOPT_POSTQUOTE, commands);
    SET(curl, CURLOPT_FTP_CREATE_MISSING_DIRS, (long)CURLFTP_CREATE_DIR);
    SET(curl, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)(again ? -1 : 0));
    return commands;
}

enum stage_end stage_curl_carry(struct stage_try *try, bool again, struct error *err)
{
    CLEANUP(curl_freep) CURL *curl = curl_easy_init();
    CLEANUP(list_freep) struct curl_slist *commands = NULL;
    CLEANUP(memory_freep) char *part_url = memory_format("%s.part", try->url);
    CLEANUP(memory_freep) char *name = NULL;
    CLEANUP(memory_freep) char *part = NULL;
    struct run run = {.try = try, .curl = curl};
    bool sftp = is_of(try->url, "sftp"), file = is_of(try->url, "file");
    enum stage_end end;

    assert(curl);
    name = remote_path(curl, try->url);
    part = remote_path(curl, part_url);
    if (!name || !part) {
        fail(err, ERROR_INVALID, "the URL has no path");
        return STAGE_FAILED;
    }
    set_common(curl, &run);
    set_upload(curl, &run);
    if (sftp || file)
        SET(curl, CURLOPT_URL, part_url);
    if (sftp)
        commands = set_sftp(curl, part, name, again);
    end = perform(curl, &run, err);
    if (end == STAGE_DONE && file && !rename_file(part, name, err))
        end = STAGE_FAILED;
    return end;
}
