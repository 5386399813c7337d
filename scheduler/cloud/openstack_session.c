/* openstack_session.c - a token of Keystone's, and questions asked with it */

#include "scheduler/cloud/openstack_session.h"

#include "base/file.h"
#include "scheduler/cloud/http.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIAL_MAX 4096
#define URL_MAX        1024
#define MICROVERSION   "OpenStack-API-Version: compute 2.52"

struct openstack_session {
    const struct provider_settings *settings;
    struct http *http;
    char token_header[HTTP_TOKEN_MAX + 32]; /* "" : none */
    char urls[OPENSTACK_SERVICE_COUNT][URL_MAX];
    int64_t wait_us;
};

static const char *const service_types[OPENSTACK_SERVICE_COUNT] = {"compute", "image"};

struct openstack_session *openstack_session_new(const struct provider_settings *settings)
{
    struct openstack_session *session = NEW(struct openstack_session);

    session->settings = settings;
    session->http = http_new(settings->ca_file, settings->timeout_us);
    return session;
}

void openstack_session_free(struct openstack_session *session)
{
    if (!session)
        return;
    http_free(session->http);
    memory_wipe(session->token_header, sizeof(session->token_header));
    free(session);
}

int64_t openstack_wait_us(const struct openstack_session *session)
{
    return session->wait_us;
}

void json_freep(json_t **place)
{
    json_decref(*place);
}

const char *json_text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* --- what went wrong --------------------------------------------------------------------------- */

/* Nova: {"forbidden": {"message": …}}; Keystone: {"error": {"message": …}}; Placement: {"errors":
 * [{"detail": …}]}; a proxy before them: a page. */
static void add_message(const struct buffer *body, struct buffer *text)
{
    CLEANUP(json_freep) json_t *root = json_loadb(body->bytes, body->length, 0, NULL);
    const char *message = "";
    const char *key;
    json_t *value;

    json_object_foreach(root, key, value)
    {
        const json_t *object = json_is_array(value) ? json_array_get(value, 0) : value;

        message = json_text_at(object, json_is_array(value) ? "detail" : "message");
        if (*message)
            break;
    }
    if (*message) {
        buffer_add_text(text, ": ");
        buffer_add_escaped(text, message);
    }
}

/* "Quota exceeded for …" comes as 403, as does a refusal for good. */
static enum error_code code_of(int status, const char *text)
{
    switch (status) {
    case 400:
        return ERROR_INVALID;
    case 401:
        return ERROR_DENIED;
    case 403:
        return strstr(text, "uota") ? ERROR_EXHAUSTED : ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 413: /* of old releases: too many requests */
        return ERROR_UNAVAILABLE;
    default:
        return status == 409 || status == 429 || status >= 500 ? ERROR_UNAVAILABLE : ERROR_INVALID;
    }
}

static bool fail_status(const char *what, const struct http_answer *answer, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    add_message(&answer->body, &text);
    return fail(err, code_of(answer->status, text.bytes), "%s answers %d%.160s", what,
                answer->status, text.bytes);
}

/* --- the token --------------------------------------------------------------------------------- */

static json_t *read_credential(const struct provider_settings *settings, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(json_freep) json_t *root = NULL;
    json_error_t where;
    const char *id, *secret;
    json_t *body = NULL;

    buffer_init(&text);
    if (!file_check_private(settings->credential_file, true, err) ||
        !file_read(settings->credential_file, CREDENTIAL_MAX, &text, err)) {
        fail_in(err, "credential");
        return NULL;
    }
    root = json_loadb(text.bytes, text.length, 0, &where);
    id = json_text_at(root, "id");
    secret = json_text_at(root, "secret");
    if (*id && *secret)
        body = json_pack("{s:{s:{s:[s], s:{s:s, s:s}}}}", "auth", "identity", "methods",
                         "application_credential", "application_credential", "id", id, "secret",
                         secret);
    memory_wipe(text.bytes, text.length);
    if (!body)
        fail(err, ERROR_INVALID,
             "credential %.100s: not {\"id\": \"…\", \"secret\": \"…\"} of an application "
             "credential",
             settings->credential_file);
    return body;
}

/* The public endpoint of the region that is meant. */
static const char *find_endpoint(const json_t *service, const char *region)
{
    size_t i;
    json_t *endpoint;

    json_array_foreach(json_object_get(service, "endpoints"), i, endpoint)
    {
        if (strcmp(json_text_at(endpoint, "interface"), "public") == 0 &&
            (!region || strcmp(json_text_at(endpoint, "region"), region) == 0))
            return json_text_at(endpoint, "url");
    }
    return NULL;
}

static bool take_endpoint(struct openstack_session *session, const json_t *catalog, unsigned which,
                          struct error *err)
{
    const char *region = session->settings->region;
    const char *url = NULL;
    size_t i, length;
    json_t *service;

    json_array_foreach(catalog, i, service)
    {
        if (!url && strcmp(json_text_at(service, "type"), service_types[which]) == 0)
            url = find_endpoint(service, region);
    }
    if (!url)
        return fail(err, ERROR_NOT_FOUND,
                    "no public endpoint of service %s%s%.60s in the catalogue",
                    service_types[which], region ? " in region " : "", region ? region : "");
    length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    if (length >= URL_MAX || strncmp(url, "http", 4) != 0)
        return fail(err, ERROR_INVALID, "the endpoint of service %s in the catalogue is no URL",
                    service_types[which]);
    memcpy(session->urls[which], url, length);
    session->urls[which][length] = '\0';
    return true;
}

static bool take_token(struct openstack_session *session, const struct http_answer *answer,
                       struct error *err)
{
    CLEANUP(json_freep) json_t *root = json_loadb(answer->body.bytes, answer->body.length, 0, NULL);
    const json_t *catalog = json_object_get(json_object_get(root, "token"), "catalog");

    if (!answer->token[0])
        return fail(err, ERROR_UNAVAILABLE, "Keystone's answer has no token");
    for (unsigned i = 0; i < OPENSTACK_SERVICE_COUNT; i++)
        if (!take_endpoint(session, catalog, i, err))
            return false;
    snprintf(session->token_header, sizeof(session->token_header), "X-Auth-Token: %s",
             answer->token);
    return true;
}

/* Not even the answer's text is told: some proxies repeat what they were asked. */
static bool log_in(struct openstack_session *session, struct error *err)
{
    CLEANUP(json_freep) json_t *body = read_credential(session->settings, err);
    CLEANUP(memory_freep) char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    CLEANUP(memory_freep) char *url = memory_format("%s/auth/tokens", session->settings->url);
    CLEANUP(http_answer_clear) struct http_answer answer;
    bool good;

    http_answer_init(&answer);
    if (!body)
        return false;
    good =
        http_ask(session->http, &(struct http_question){.method = "POST", .url = url, .body = text},
                 &answer, err);
    memory_wipe(text, strlen(text));
    if (!good)
        return fail_in(err, "Keystone");
    session->wait_us = answer.retry_after_us;
    if (answer.status != 201)
        return fail(err, code_of(answer.status, ""), "Keystone answers %d to the credential",
                    answer.status);
    return take_token(session, &answer, err);
}

/* --- questions --------------------------------------------------------------------------------- */

static bool ask_once(struct openstack_session *session, const struct openstack_question *question,
                     const char *body, struct http_answer *answer, struct error *err)
{
    CLEANUP(memory_freep) char *url = NULL;

    if (!session->token_header[0] && !log_in(session, err))
        return false;
    url = memory_format("%s%s", session->urls[question->service], question->path);
    return http_ask(session->http,
                    &(struct http_question){
                        .method = question->method,
                        .url = url,
                        .headers = {session->token_header, "Accept: application/json",
                                    question->service == OPENSTACK_COMPUTE ? MICROVERSION : NULL},
                        .body = body,
    },
                    answer, err) ||
           fail_in(err, "%s", service_types[question->service]);
}

static bool take_json(const struct http_answer *answer, const char *what, json_t **ret_json,
                      struct error *err)
{
    json_error_t where;

    if (!ret_json)
        return true;
    *ret_json = NULL;
    if (answer->body.length == 0)
        return true;
    *ret_json = json_loadb(answer->body.bytes, answer->body.length, 0, &where);
    return *ret_json ||
           fail(err, ERROR_UNAVAILABLE, "%s answers with no JSON: %.80s", what, where.text);
}

bool openstack_ask(struct openstack_session *session, const struct openstack_question *question,
                   json_t **ret_json, struct error *err)
{
    CLEANUP(memory_freep)
    char *body = question->body ? json_dumps(question->body, JSON_COMPACT) : NULL;
    CLEANUP(http_answer_clear) struct http_answer answer;
    const char *what = service_types[question->service];
    bool had_token = session->token_header[0];

    http_answer_init(&answer);
    session->wait_us = 0;
    if (!ask_once(session, question, body, &answer, err))
        return false;
    if (answer.status == 401 && had_token) {
        session->token_header[0] = '\0'; /* it has come to its end */
        if (!ask_once(session, question, body, &answer, err))
            return false;
    }
    session->wait_us = answer.retry_after_us;
    if (answer.status == 401)
        session->token_header[0] = '\0';
    if (answer.status < 200 || answer.status > 299)
        return fail_status(what, &answer, err);
    return take_json(&answer, what, ret_json, err);
}
