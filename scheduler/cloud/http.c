/* http.c - one question over HTTP, and its answer */

#include "scheduler/cloud/http.h"

#include "base/parse.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_MOST (600 * US_PER_SECOND)
#define CONNECT_LIMIT_MS 10000L

struct http {
    CURL *curl;
    char *ca_file;
    long limit_ms;
};

/* Of the process: the first provider is opened before any thread of theirs is there. */
static void start_library(void)
{
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(code == CURLE_OK);
    (void)code;
}

struct http *http_new(const char *ca_file, int64_t timeout_us)
{
    struct http *http = NEW(struct http);

    start_library();
    http->curl = curl_easy_init();
    assert(http->curl);
    http->ca_file = ca_file ? memory_copy(ca_file) : NULL;
    http->limit_ms = (long)(timeout_us / 1000);
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    free(http->ca_file);
    free(http);
    curl_global_cleanup();
}

void http_answer_init(struct http_answer *answer)
{
    *answer = (struct http_answer){0};
    buffer_init(&answer->body);
}

void http_answer_clear(struct http_answer *answer)
{
    memory_wipe(answer->token, sizeof(answer->token));
    buffer_clear(&answer->body);
}

static size_t take_body(char *bytes, size_t one, size_t count, void *owner)
{
    struct http_answer *answer = owner;
    size_t size = one * count;

    if (size > HTTP_BODY_MAX - answer->body.length)
        return 0; /* ends the transfer with CURLE_WRITE_ERROR */
    buffer_add(&answer->body, bytes, size);
    return size;
}

/* The value of a header line, without what surrounds it; NULL: it is another header. */
static const char *value_of(const char *line, const char *name, char *room, size_t size)
{
    size_t length = strlen(name);

    if (strncasecmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    line += length + 1;
    line += strspn(line, " \t");
    length = strcspn(line, "\r\n");
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        length--;
    if (length >= size)
        return NULL;
    memcpy(room, line, length);
    room[length] = '\0';
    return room;
}

/* A number of seconds; the other form, a date, is not used by what is asked here. */
static void take_retry_after(struct http_answer *answer, const char *text)
{
    uint64_t seconds;
    struct error ignored;

    if (!parse_u64(text, 0, RETRY_AFTER_MOST / US_PER_SECOND, &seconds, &ignored))
        seconds = RETRY_AFTER_MOST / US_PER_SECOND;
    answer->retry_after_us = (int64_t)seconds * US_PER_SECOND;
}

static size_t take_header(char *bytes, size_t one, size_t count, void *owner)
{
    struct http_answer *answer = owner;
    CLEANUP(memory_freep) char *line = memory_get(one * count + 1, 1);
    char text[64];

    memcpy(line, bytes, one * count);
    (void)value_of(line, "X-Subject-Token", answer->token, sizeof(answer->token));
    if (value_of(line, "Retry-After", text, sizeof(text)))
        take_retry_after(answer, text);
    memory_wipe(line, one * count);
    return one * count;
}

/* clang-format off */
/* What every question has; an option that this libcurl does not know is a mistake of the build. */
#define SET(curl, option, value)                                        \
    do {                                                                \
        CURLcode code_ = curl_easy_setopt((curl), (option), (value));   \
        assert(code_ == CURLE_OK);                                      \
        (void)code_;                                                    \
    } while (0)
/* clang-format on */

static void set_up(struct http *http, const struct http_question *question,
                   struct curl_slist *headers, struct http_answer *answer)
{
    CURL *curl = http->curl;

    curl_easy_reset(curl);
    SET(curl, CURLOPT_URL, question->url);
    SET(curl, CURLOPT_CUSTOMREQUEST, question->method);
    SET(curl, CURLOPT_HTTPHEADER, headers);
    SET(curl, CURLOPT_NOSIGNAL, 1L);
    SET(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(curl, CURLOPT_PROXY, "");
    SET(curl, CURLOPT_TIMEOUT_MS, http->limit_ms);
    SET(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_LIMIT_MS);
    SET(curl, CURLOPT_WRITEFUNCTION, take_body);
    SET(curl, CURLOPT_WRITEDATA, answer);
    SET(curl, CURLOPT_HEADERFUNCTION, take_header);
    SET(curl, CURLOPT_HEADERDATA, answer);
    if (http->ca_file)
        SET(curl, CURLOPT_CAINFO, http->ca_file);
    if (question->body)
        SET(curl, CURLOPT_COPYPOSTFIELDS, question->body);
}

/* The place alone: a question may hold names that are nobody's business in a log. */
static int place_length(const char *url)
{
    const char *place = strstr(url, "://");

    place = place ? place + 3 : url;
    return (int)(place - url) + (int)strcspn(place, "/?");
}

bool http_ask(struct http *http, const struct http_question *question, struct http_answer *answer,
              struct error *err)
{
    struct curl_slist *headers = NULL;
    char why[CURL_ERROR_SIZE] = "";
    long status = 0;
    CURLcode code;

    for (size_t i = 0; i < COUNT_OF(question->headers) && question->headers[i]; i++)
        headers = curl_slist_append(headers, question->headers[i]);
    if (question->body)
        headers = curl_slist_append(headers, "Content-Type: application/json");
    buffer_reset(&answer->body);
    answer->token[0] = '\0';
    answer->retry_after_us = 0;
    set_up(http, question, headers, answer);
    SET(http->curl, CURLOPT_ERRORBUFFER, why);
    code = curl_easy_perform(http->curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(http->curl); /* the buffers and the token's header are not ours any more */
    curl_slist_free_all(headers);
    answer->status = (int)status;
    if (code == CURLE_OK)
        return true;
    return fail(err, ERROR_UNAVAILABLE, "%.*s: %.120s", place_length(question->url), question->url,
                *why ? why : curl_easy_strerror(code));
}
