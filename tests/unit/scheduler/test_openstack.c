/* test_openstack.c - what is asked of OpenStack, and what its answers are taken for
 *
 * Answers have the form of Keystone's and Nova's of 2022.2; tests/openstack asks the real ones. */

#include "base/memory.h"
#include "base/parse.h"
#include "scheduler/cloud/openstack.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/http_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIMEOUT_US US_PER_SECOND

#define CATALOG                                                                                   \
    "{\"token\": {\"catalog\": ["                                                                 \
    "{\"type\": \"compute\", \"endpoints\": ["                                                    \
    "{\"interface\": \"admin\", \"region\": \"mx\", \"url\": \"http://127.0.0.1:1/\"},"           \
    "{\"interface\": \"public\", \"region\": \"mx\", \"url\": \"http://127.0.0.1:@PORT@/c/\"}]}," \
    "{\"type\": \"image\", \"endpoints\": ["                                                      \
    "{\"interface\": \"public\", \"region\": \"mx\", \"url\": \"http://127.0.0.1:@PORT@/i\"}]}]}}"

#define LOGIN                                                   \
    {                                                           \
        REPLY_PLAIN, 201, "X-Subject-Token: t0ken\r\n", CATALOG \
    }
#define FLAVORS                                                                                \
    {                                                                                          \
        REPLY_PLAIN, 200, NULL,                                                                \
            "{\"flavors\": [{\"id\": \"42\", \"name\": \"m1\", \"vcpus\": 4, \"ram\": 8192}]}" \
    }
#define IMAGES                                                                             \
    {                                                                                      \
        REPLY_PLAIN, 200, NULL, "{\"images\": [{\"id\": \"im-1\", \"name\": \"debian\"}]}" \
    }

struct scene {
    struct http_script *script;
    struct provider_settings settings;
    struct provider *provider;
    char *credential, *url;
    struct error err;
};

static void begin(struct scene *scene, const struct reply *replies, size_t count)
{
    static const char text[] = "{\"id\": \"app\", \"secret\": \"s3cret\", \"name\": \"tequio\"}";

    *scene = (struct scene){0};
    scene->script = http_script_start(replies, count);
    scene->credential = scratch_file("credential", text, sizeof(text) - 1);
    chmod(scene->credential, 0600);
    scene->url = memory_format("http://127.0.0.1:%d/v3", http_script_port(scene->script));
    scene->settings = (struct provider_settings){
        .kind = (char *)"openstack",
        .url = scene->url,
        .credential_file = scene->credential,
        .region = (char *)"mx",
        .image = (char *)"debian",
        .flavor = (char *)"m1",
        .network = (char *)"none",
        .mark = (char *)"tequio-mx-big",
        .timeout_us = TIMEOUT_US,
    };
    scene->provider = provider_open(&scene->settings, &scene->err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->provider);
}

static void end(struct scene *scene)
{
    provider_free(scene->provider);
    http_script_stop(scene->script);
    free(scene->credential);
    free(scene->url);
}

static bool asked(const struct scene *scene, size_t index, const char *text)
{
    if (strstr(http_script_request(scene->script, index), text))
        return true;
    printf("# request %zu has no %s:\n# %s\n", index, text,
           http_script_request(scene->script, index));
    return false;
}

static bool fails(struct scene *scene, bool good, enum error_code code, const char *text)
{
    if (!good && scene->err.code == code && strstr(scene->err.text, text))
        return true;
    printf("# %s: code %d, %s\n", good ? "good" : "failed", (int)scene->err.code, scene->err.text);
    return false;
}

static void test_make(void)
{
    static const struct reply replies[] = {
        LOGIN, FLAVORS, IMAGES, {REPLY_PLAIN, 202, NULL, "{\"server\": {\"id\": \"se-1\"}}"}
    };
    struct scene scene;
    char id[SERVER_ID_SIZE];

    begin(&scene, replies, COUNT_OF(replies));
    CU_ASSERT(scene.provider->make(scene.provider, "mty1", "#!/bin/sh\n", id, &scene.err));
    CU_ASSERT_STRING_EQUAL(id, "se-1");
    CU_ASSERT(asked(&scene, 0, "POST /v3/auth/tokens"));
    CU_ASSERT(
        asked(&scene, 0, "\"application_credential\":{\"id\":\"app\",\"secret\":\"s3cret\"}"));
    CU_ASSERT(asked(&scene, 1, "GET /c/flavors/detail"));
    CU_ASSERT(asked(&scene, 1, "X-Auth-Token: t0ken"));
    CU_ASSERT(asked(&scene, 2, "GET /i/v2/images"));
    CU_ASSERT(asked(&scene, 3, "POST /c/servers"));
    CU_ASSERT(asked(&scene, 3, "OpenStack-API-Version: compute 2.52"));
    CU_ASSERT(asked(&scene, 3, "\"name\":\"mty1\""));
    CU_ASSERT(asked(&scene, 3, "\"flavorRef\":\"42\""));
    CU_ASSERT(asked(&scene, 3, "\"imageRef\":\"im-1\""));
    CU_ASSERT(asked(&scene, 3, "\"networks\":\"none\""));
    CU_ASSERT(asked(&scene, 3, "\"user_data\":\"IyEvYmluL3NoCg==\""));
    CU_ASSERT(asked(&scene, 3, "\"tags\":[\"tequio-mx-big\"]"));
    end(&scene);
}

static void test_measure(void)
{
    static const struct reply replies[] = {LOGIN, FLAVORS};
    struct scene scene;
    struct server_size size;

    begin(&scene, replies, COUNT_OF(replies));
    CU_ASSERT(scene.provider->measure(scene.provider, &size, &scene.err));
    CU_ASSERT_EQUAL(size.cores, 4);
    CU_ASSERT_EQUAL(size.memory_bytes, UINT64_C(8) << 30);
    end(&scene);
}

/* In pages, with all the states that matter. */
static void test_list(void)
{
    static const struct reply replies[] = {
        LOGIN,
        {REPLY_PLAIN, 200, NULL,
          "{\"servers\": [{\"id\": \"a\", \"name\": \"m1\", \"status\": \"ACTIVE\"},"
         "{\"id\": \"b\", \"name\": \"m2\", \"status\": \"BUILD\"}],"
         "\"servers_links\": [{\"rel\": \"next\", \"href\": \"http://elsewhere/\"}]}"},
        {REPLY_PLAIN, 200, NULL,
          "{\"servers\": [{\"id\": \"c\", \"name\": \"m3\", \"status\": \"ERROR\"},"
         "{\"id\": \"d\", \"name\": \"m4\", \"status\": \"SHUTOFF\"},"
         "{\"id\": \"e\", \"name\": \"m5\", \"status\": \"ACTIVE\","
         "\"OS-EXT-STS:task_state\": \"deleting\"}]}"                                },
        {REPLY_PLAIN, 200, NULL,
          "{\"server\": {\"fault\": {\"message\": \"No valid host was found.\"}}}"   },
    };
    static const enum server_state states[] = {SERVER_ACTIVE, SERVER_BUILDING, SERVER_BROKEN,
                                               SERVER_OFF, SERVER_GOING};
    struct server_list list = {0};
    struct scene scene;

    begin(&scene, replies, COUNT_OF(replies));
    CU_ASSERT(scene.provider->list(scene.provider, &list, &scene.err));
    CU_ASSERT_EQUAL_FATAL(list.count, COUNT_OF(states));
    for (size_t i = 0; i < list.count; i++)
        CU_ASSERT_EQUAL(list.all[i].state, states[i]);
    CU_ASSERT_STRING_EQUAL(list.all[2].fault, "No valid host was found.");
    CU_ASSERT(list.all[2].no_room && !list.all[3].no_room);
    CU_ASSERT(asked(&scene, 3, "GET /c/servers/c "));
    CU_ASSERT(asked(&scene, 1, "GET /c/servers/detail?tags=tequio-mx-big "));
    CU_ASSERT(asked(&scene, 2, "GET /c/servers/detail?tags=tequio-mx-big&marker=b "));
    server_list_clear(&list);
    end(&scene);
}

/* It has come to its end: another one, and the question again. */
static void test_a_token_that_expires(void)
{
    static const struct reply replies[] = {
        LOGIN,
        FLAVORS,
        {REPLY_PLAIN, 401, NULL,                          "{\"error\": {\"message\": \"expired\"}}"},
        {REPLY_PLAIN, 201, "X-Subject-Token: second\r\n", CATALOG                                  },
        {REPLY_PLAIN, 200, NULL,                          "{\"servers\": []}"                      },
        {REPLY_PLAIN, 401, NULL,                          NULL                                     },
        LOGIN,
        {REPLY_PLAIN, 401, NULL,                          NULL                                     }
    };
    struct server_list list = {0};
    struct server_size size;
    struct scene scene;

    begin(&scene, replies, COUNT_OF(replies));
    CU_ASSERT(scene.provider->measure(scene.provider, &size, &scene.err));
    CU_ASSERT(scene.provider->list(scene.provider, &list, &scene.err));
    CU_ASSERT(asked(&scene, 4, "X-Auth-Token: second"));
    /* Twice in a row: then it is no question of time. */
    CU_ASSERT(fails(&scene, scene.provider->list(scene.provider, &list, &scene.err), ERROR_DENIED,
                    "compute answers 401"));
    server_list_clear(&list);
    end(&scene);
}

/* What each answer is taken for, and whether its words are passed on. */
static void test_errors(void)
{
    static const struct {
        struct reply reply;
        enum error_code code;
        const char *text;
        int64_t wait_us;
    } cases[] = {
        {{REPLY_PLAIN, 400, NULL, "{\"badRequest\": {\"message\": \"bad zone\"}}"},
         ERROR_INVALID,                                                                                               "bad zone",
         0                                                                                                                                                         },
        {{REPLY_PLAIN, 403, NULL, "{\"forbidden\": {\"message\": \"Quota exceeded for cores\"}}"},
         ERROR_EXHAUSTED,                                                                                             "Quota exceeded for cores",
         0                                                                                                                                                         },
        {{REPLY_PLAIN, 403, NULL, "{\"forbidden\": {\"message\": \"Policy\"}}"},
         ERROR_DENIED,                                                                                                "Policy",
         0                                                                                                                                                         },
        {{REPLY_PLAIN, 404, NULL, "<html>"},                                                       ERROR_NOT_FOUND,   "404",                      0                },
        {{REPLY_PLAIN, 409, NULL, "{\"conflictingRequest\": {\"message\": \"busy\"}}"},
         ERROR_UNAVAILABLE,                                                                                           "busy",
         0                                                                                                                                                         },
        {{REPLY_PLAIN, 429, "Retry-After: 7\r\n", ""},                                             ERROR_UNAVAILABLE, "429",                      7 * US_PER_SECOND},
        {{REPLY_PLAIN, 500, NULL, "{\"computeFault\": {\"message\": \"oops\"}}"},
         ERROR_UNAVAILABLE,                                                                                           "oops",
         0                                                                                                                                                         },
        {{REPLY_PLAIN, 503, "Retry-After: 99999999\r\n", "<html>"},
         ERROR_UNAVAILABLE,                                                                                           "503",
         600 * US_PER_SECOND                                                                                                                                       },
        {{REPLY_PLAIN, 302, "Location: http://127.0.0.1:1/\r\n", ""},                              ERROR_INVALID,     "302",                      0                },
        {{REPLY_PLAIN, 200, NULL, "no JSON"},                                                      ERROR_UNAVAILABLE, "no JSON",                  0                },
        {{REPLY_PLAIN, 200, NULL, "[]"},                                                           ERROR_UNAVAILABLE, "no list of servers",       0                },
        {{REPLY_PLAIN, 200, NULL, "{\"servers\": [{\"id\": \"../x\", \"name\": \"n\"}]}"},
         ERROR_UNAVAILABLE,                                                                                           "as an id",
         0                                                                                                                                                         },
        {{REPLY_RESET, 0, NULL, NULL},                                                             ERROR_UNAVAILABLE, "127.0.0.1",                0                },
        {{REPLY_HALF, 200, NULL, "{\"servers\": []}"},                                             ERROR_UNAVAILABLE, "127.0.0.1",                0                },
        {{REPLY_HANG, 0, NULL, NULL},                                                              ERROR_UNAVAILABLE, "127.0.0.1",                0                },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct reply replies[] = {LOGIN, cases[i].reply};
        struct server_list list = {0};
        struct scene scene;

        begin(&scene, replies, COUNT_OF(replies));
        CU_ASSERT(fails(&scene, scene.provider->list(scene.provider, &list, &scene.err),
                        cases[i].code, cases[i].text));
        CU_ASSERT_EQUAL(scene.provider->wait_us(scene.provider), cases[i].wait_us);
        server_list_clear(&list);
        end(&scene);
    }
}

/* What may befall any request, and says nothing of the next. */
static const struct reply faults[] = {
    {REPLY_RESET, 0,   NULL,                 NULL},
    {REPLY_HALF,  200, NULL,                 "{}"},
    {REPLY_HANG,  0,   NULL,                 NULL},
    {REPLY_PLAIN, 409, NULL,                 "{}"},
    {REPLY_PLAIN, 429, "Retry-After: 7\r\n", "{}"},
    {REPLY_PLAIN, 500, NULL,                 "{}"},
};

static bool fails_by(struct scene *scene, bool good, const struct reply *fault)
{
    int64_t wait_us = fault->status == 429 ? 7 * US_PER_SECOND : 0;

    return fails(scene, good, ERROR_UNAVAILABLE, "") &&
           scene->provider->wait_us(scene->provider) == wait_us;
}

static void make_with(const struct reply *fault, size_t at)
{
    static const struct reply good[] = {
        LOGIN, FLAVORS, IMAGES, {REPLY_PLAIN, 202, NULL, "{\"server\": {\"id\": \"se-1\"}}"}
    };
    bool known = at + 1 < COUNT_OF(good); /* else it may have been made: the list tells */
    struct reply replies[COUNT_OF(good) + 1];
    struct scene scene;
    char id[SERVER_ID_SIZE];
    size_t count = 0;

    /* The request that failed comes again with the next try; what was known stays so. */
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (i == at)
            replies[count++] = *fault;
        replies[count++] = good[i];
    }
    begin(&scene, replies, count);
    CU_ASSERT(
        fails_by(&scene, scene.provider->make(scene.provider, "m1", "x", id, &scene.err), fault));
    CU_ASSERT_EQUAL(http_script_count(scene.script), at + 1);
    if (known) {
        CU_ASSERT(scene.provider->make(scene.provider, "m1", "x", id, &scene.err));
        CU_ASSERT_EQUAL(http_script_count(scene.script), COUNT_OF(good) + 1);
    }
    end(&scene);
}

static void remove_with(const struct reply *fault, size_t at)
{
    static const struct reply good[] = {
        LOGIN, {REPLY_PLAIN, 204, NULL, NULL}
    };
    struct reply replies[COUNT_OF(good) + 1];
    struct scene scene;
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(good); i++) {
        if (i == at)
            replies[count++] = *fault;
        replies[count++] = good[i];
    }
    begin(&scene, replies, count);
    CU_ASSERT(fails_by(&scene, scene.provider->remove(scene.provider, "se-1", &scene.err), fault));
    CU_ASSERT(scene.provider->remove(scene.provider, "se-1", &scene.err));
    CU_ASSERT_EQUAL(http_script_count(scene.script), COUNT_OF(good) + 1);
    end(&scene);
}

static void test_faults_at_each_request(void)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        for (size_t at = 0; at < 4; at++)
            make_with(&faults[i], at);
        for (size_t at = 0; at < 2; at++)
            remove_with(&faults[i], at);
    }
}

static void test_remove(void)
{
    static const struct reply replies[] = {
        LOGIN,
        {REPLY_PLAIN, 204, NULL, NULL                                         },
        {REPLY_PLAIN, 404, NULL, "{\"itemNotFound\": {\"message\": \"gone\"}}"},
        {REPLY_PLAIN, 409, NULL, NULL                                         }
    };
    struct scene scene;

    begin(&scene, replies, COUNT_OF(replies));
    CU_ASSERT(scene.provider->remove(scene.provider, "se-1", &scene.err));
    CU_ASSERT(asked(&scene, 1, "DELETE /c/servers/se-1 "));
    CU_ASSERT(scene.provider->remove(scene.provider, "se-1", &scene.err));
    CU_ASSERT(fails(&scene, scene.provider->remove(scene.provider, "se-1", &scene.err),
                    ERROR_UNAVAILABLE, "409"));
    end(&scene);
}

static void test_names(void)
{
    static const struct reply no_flavor[] = {
        LOGIN, {REPLY_PLAIN, 200, NULL, "{\"flavors\": [{\"id\": \"1\", \"name\": \"other\"}]}"}
    };
    static const struct reply no_region[] = {LOGIN};
    struct scene scene;
    struct server_size size;

    begin(&scene, no_flavor, COUNT_OF(no_flavor));
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_NOT_FOUND, "no flavour m1"));
    end(&scene);
    begin(&scene, no_region, COUNT_OF(no_region));
    scene.settings.region = (char *)"elsewhere";
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_NOT_FOUND, "in region elsewhere"));
    end(&scene);
}

/* Read by others, not there, or not what it should be; and its secret is in no message. */
static void test_credential(void)
{
    static const struct reply denied[] = {
        {REPLY_PLAIN, 401, NULL, "{\"error\": {\"message\": \"s3cret is wrong\"}}"}
    };
    struct scene scene;
    struct server_size size;

    begin(&scene, denied, COUNT_OF(denied));
    chmod(scene.credential, 0644);
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_DENIED, "credential"));
    chmod(scene.credential, 0600);
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_DENIED, "Keystone answers 401"));
    CU_ASSERT_PTR_NULL(strstr(scene.err.text, "s3cret"));
    CU_ASSERT_EQUAL(truncate(scene.credential, 5), 0);
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_INVALID, "not {"));
    end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a server is asked for",                       test_make                  },
        {"a flavour is measured",                       test_measure               },
        {"servers are listed page by page",             test_list                  },
        {"a token that expires is renewed",             test_a_token_that_expires  },
        {"each error is taken for what it is",          test_errors                },
        {"each request may fail, and comes again",      test_faults_at_each_request},
        {"a server is removed",                         test_remove                },
        {"a name that the cloud does not know is told", test_names                 },
        {"a credential is private and stays so",        test_credential            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("openstack", tests);
}
