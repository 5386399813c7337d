/* metrics_http.c - figures served to a collector that asks for them */

#include "client/metrics_http.h"

#include "base/parse.h"
#include "client/text.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECTIONS_MOST 32u
#define IDLE_S           10u
#define MEMORY_MOST      ((size_t)16384) /* of a connection: requests are small */

struct metrics_http {
    struct MHD_Daemon *daemon;
    metrics_page_fn *page;
    void *owner;
};

static enum MHD_Result give(struct MHD_Connection *connection, unsigned status, const char *type,
                            struct buffer *text)
{
    size_t length = text->length;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(length, buffer_steal(text), MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result give_word(struct MHD_Connection *connection, unsigned status,
                                 const char *word)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_print(&text, "%s\n", word);
    return give(connection, status, "text/plain; charset=utf-8", &text);
}

/* Called once with the request's head, then once more when all of it is there. */
/* NOLINTNEXTLINE(readability-function-size): as many as the library says */
static enum MHD_Result on_request(void *owner, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **seen)
{
    struct metrics_http *http = owner;
    CLEANUP(buffer_clear) struct buffer text;

    (void)version;
    (void)body;
    buffer_init(&text);
    if (!*seen || *body_size > 0) {
        *seen = http;
        *body_size = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return give_word(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD");
    if (strcmp(url, "/metrics") != 0)
        return give_word(connection, MHD_HTTP_NOT_FOUND, "the figures are at /metrics");
    http->page(http->owner, &text);
    return give(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &text);
}

/* --- the address ------------------------------------------------------------------------------- */

struct place {
    char host[256];
    char port[8];
};

/* "PORT", "HOST:PORT", "[IPV6]:PORT". */
static bool split(const char *address, struct place *ret_place)
{
    const char *colon = strrchr(address, ':');
    const char *port = colon ? colon + 1 : address;
    size_t length = colon ? (size_t)(colon - address) : 0;
    struct error ignored;
    uint32_t number;

    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length)) {
        return false;
    }
    if (length >= sizeof(ret_place->host) || !parse_u32(port, 0, UINT16_MAX, &number, &ignored))
        return false;
    snprintf(ret_place->host, sizeof(ret_place->host), "%.*s", (int)length, address);
    snprintf(ret_place->port, sizeof(ret_place->port), "%u", number);
    return true;
}

static struct addrinfo *resolve(const char *address, struct error *err)
{
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    struct place place;
    int code;

    if (!split(address, &place)) {
        fail(err, ERROR_INVALID, _("%s is no address to listen at: say PORT or HOST:PORT"),
             address);
        return NULL;
    }
    code = getaddrinfo(*place.host ? place.host : "127.0.0.1", place.port, &hints, &found);
    if (code == 0)
        return found;
    fail(err, ERROR_INVALID, _("%s is no address to listen at: %s"), address, gai_strerror(code));
    return NULL;
}

static struct MHD_Daemon *start(struct metrics_http *http, const struct addrinfo *at)
{
    unsigned flags = MHD_USE_EPOLL;

    if (at->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR,
                            at->ai_addr, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MOST,
                            MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_MOST, MHD_OPTION_END);
}

/* --- life -------------------------------------------------------------------------------------- */

struct metrics_http *metrics_http_new(const char *address, metrics_page_fn *page, void *owner,
                                      struct error *err)
{
    CLEANUP(metrics_http_freep) struct metrics_http *http = NEW(struct metrics_http);
    struct addrinfo *at = resolve(address, err);

    if (!at)
        return NULL;
    http->page = page;
    http->owner = owner;
    errno = 0;
    http->daemon = start(http, at);
    freeaddrinfo(at);
    if (!http->daemon) {
        fail_errno(err, _("listen at %s"), address);
        return NULL;
    }
    return STEAL(http);
}

void metrics_http_free(struct metrics_http *http)
{
    if (!http)
        return;
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    free(http);
}

uint16_t metrics_http_port(const struct metrics_http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info ? info->port : 0;
}

void metrics_http_wait(struct metrics_http *http, int32_t milliseconds)
{
    MHD_run_wait(http->daemon, milliseconds);
}
