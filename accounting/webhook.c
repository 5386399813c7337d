/* webhook.c - post a notice to an address of the web */

#include "accounting/webhook.h"

#include "base/parse.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <string.h>

#define SECONDS_MAX 10L

void webhook_begin(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool webhook_address_is_good(const char *address)
{
    if (strlen(address) >= NOTICE_ADDRESS_MAX || strpbrk(address, " \t\r\n\"<>"))
        return false;
    return strncmp(address, "https://", 8) == 0 || strncmp(address, "http://", 7) == 0;
}

void webhook_print(const char *network, const struct notice *notice, struct buffer *buffer)
{
    buffer_print(buffer, "{\"event\":\"quota\",\"notice\":%" PRIu64 ",\"network\":\"%s\",\"at\":\"",
                 notice->id, network);
    print_time_utc(notice->at_us, buffer);
    buffer_print(buffer,
                 "\",\"institution\":\"%s\",\"project\":\"%s\",\"percent\":%u,\"su_granted\":\"",
                 notice->institution, notice->project, notice->percent);
    print_amount(notice->granted_micro, buffer);
    buffer_add_text(buffer, "\",\"su_used\":\"");
    print_amount(notice->used_micro, buffer);
    buffer_add_text(buffer, "\"}\n");
}

static size_t ignore_answer(char *bytes, size_t size, size_t count, void *owner)
{
    (void)bytes;
    (void)owner;
    return size * count;
}

static void free_handle(CURL **handle)
{
    curl_easy_cleanup(*handle);
}

static void free_headers(struct curl_slist **headers)
{
    curl_slist_free_all(*headers);
}

bool webhook_send(const char *address, const char *network, const struct notice *notice,
                  struct error *err)
{
    CLEANUP(free_handle) CURL *handle = curl_easy_init();
    CLEANUP(free_headers)
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CLEANUP(buffer_clear) struct buffer text;
    long status = 0;
    CURLcode code;

    buffer_init(&text);
    if (!handle || !headers)
        return fail(err, ERROR_INTERNAL, "no handle for %.200s", address);
    webhook_print(network, notice, &text);
    curl_easy_setopt(handle, CURLOPT_URL, address);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, text.bytes);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)text.length);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, SECONDS_MAX);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    curl_easy_setopt(handle, CURLOPT_USERAGENT, PACKAGE_STRING);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, ignore_answer);
    code = curl_easy_perform(handle);
    if (code != CURLE_OK)
        return fail(err, ERROR_UNAVAILABLE, "%.120s: %s", address, curl_easy_strerror(code));
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    return (status >= 200 && status < 300) ||
           fail(err, ERROR_UNAVAILABLE, "%.120s answers %ld", address, status);
}
