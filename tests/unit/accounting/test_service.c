/* test_service.c - who asks for reports gets those they may read, signed, the same each time */

#include "accounting/bundle.h"
#include "accounting/checkpoint.h"
#include "accounting/manifest.h"
#include "accounting/service.h"
#include "accounting/verify.h"
#include "base/parse.h"
#include "proto/dispatch.h"
#include "proto/message.h"
#include "tests/lib/clock_simulated.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/accounting/sample_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
    struct sample_store sample;
    struct accounting_settings settings;
    struct signing_key key;
    struct clock_simulated time;
    struct clock clock;
    struct service *service;
    uint64_t last_request;
    bool greeted[SAMPLE_PEOPLE];
};

/* It is December: November has ended, ten jobs ran in it. */
static void scene_init(struct scene *scene, const char *name)
{
    CLEANUP(memory_freep) char *state = memory_format("%s-state", name);
    struct error err = {.text = ""};

    *scene = (struct scene){0};
    sample_store_init(&scene->sample, name);
    CU_ASSERT(sample_store_charge(&scene->sample, 1, 10, scene->sample.start_us + US_PER_DAY));
    scene->settings.state_directory = scratch_path(state);
    mkdir(scene->settings.state_directory, 0700);
    signing_key_make(&scene->key);
    clock_simulated_init(&scene->time);
    scene->time.wall_us = scene->sample.start_us + 33 * US_PER_DAY;
    scene->clock = clock_simulated_seam(&scene->time);
    scene->service = service_new(&scene->settings, &scene->key,
                                 store_reader_open(scene->sample.path, &err), &scene->clock, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->service);
}

static void scene_clear(struct scene *scene)
{
    service_free(scene->service);
    sample_store_clear(&scene->sample);
    free(scene->settings.state_directory);
}

static Wire__Envelope *deliver(struct scene *scene, enum sample_person person, Wire__Envelope *ask)
{
    struct sender sender = {.uid = (uid_t)-1, .route_size = 5};
    struct buffer bytes, answer;
    Wire__Envelope *envelope = NULL;
    struct error err;

    memcpy(sender.key, scene->sample.keys[person], sizeof(sender.key));
    sender.route[0] = (uint8_t)(1 + person);
    buffer_init(&bytes);
    buffer_init(&answer);
    ask->request = ++scene->last_request;
    message_encode(ask, &bytes);
    if (service_take(scene->service, &sender, (const uint8_t *)bytes.bytes, bytes.length, &answer))
        envelope = message_decode((const uint8_t *)answer.bytes, answer.length, &err);
    buffer_clear(&bytes);
    buffer_clear(&answer);
    return envelope;
}

static void greet(struct scene *scene, enum sample_person person)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Hello hello = WIRE__HELLO__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.program = (char *)"test";
    ask.body_case = WIRE__ENVELOPE__BODY_HELLO;
    ask.hello = &hello;
    answer = deliver(scene, person, &ask);
    CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_WELCOME &&
              strcmp(answer->welcome->network, "net") == 0);
    scene->greeted[person] = true;
}

static Wire__Envelope *ask_for(struct scene *scene, enum sample_person person,
                               const char *institution, const char *period, uint32_t file)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReportAsk report = WIRE__REPORT_ASK__INIT;

    if (!scene->greeted[person])
        greet(scene, person);
    report.institution = (char *)(uintptr_t)institution;
    report.period = (char *)(uintptr_t)period;
    report.file = file;
    ask.body_case = WIRE__ENVELOPE__BODY_REPORT_ASK;
    ask.report_ask = &report;
    return deliver(scene, person, &ask);
}

static bool is_refused(struct scene *scene, enum sample_person person, const char *institution,
                       const char *period, const char *words)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = ask_for(scene, person, institution, period, 0);

    if (answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
        strstr(answer->failure->text, words))
        return true;
    printf("# %s\n", answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE
                         ? answer->failure->text
                         : "not refused");
    return false;
}

static void test_who_may_read_what(void)
{
    struct scene scene;

    scene_init(&scene, "who");
    CU_ASSERT(is_refused(&scene, SAMPLE_OTTO, "uni", "2026-11", "may not read the reports of uni"));
    CU_ASSERT(is_refused(&scene, SAMPLE_ANA, "uni", "2026-11", "tequio report is for"));
    CU_ASSERT(is_refused(&scene, SAMPLE_AUDITA, "nobody", "2026-11", "no institution nobody"));
    CU_ASSERT(is_refused(&scene, SAMPLE_ROSA, "uni", "2026-13", "is not a month"));
    CU_ASSERT(is_refused(&scene, SAMPLE_ROSA, "uni", "2027-01", "has not begun yet"));
    CU_ASSERT(is_refused(&scene, SAMPLE_ROSA, "../uni", "2026-11", "institution"));
    scene_clear(&scene);
}

/* All files of a month, by their numbers; the manifest's bytes. */
static char *read_manifest(struct scene *scene, enum sample_person person, const char *period)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_for(scene, person, "uni", period, 0);
    char *manifest;

    CU_ASSERT_FATAL(answer && answer->body_case == WIRE__ENVELOPE__BODY_REPORT_FILE);
    manifest = memory_get(answer->report_file->bytes.len + 1, 1);
    memcpy(manifest, answer->report_file->bytes.data, answer->report_file->bytes.len);
    for (uint32_t i = 1; i < answer->report_file->files; i++) {
        CLEANUP(message_freep) Wire__Envelope *next = ask_for(scene, person, "uni", period, i);

        CU_ASSERT(next && next->body_case == WIRE__ENVELOPE__BODY_REPORT_FILE &&
                  strcmp(next->report_file->bundle, answer->report_file->bundle) == 0);
    }
    return manifest;
}

static void test_an_ended_month_never_changes(void)
{
    struct scene scene;
    CLEANUP(memory_freep) char *first = NULL;
    CLEANUP(memory_freep) char *again = NULL;
    CLEANUP(memory_freep) char *restarted = NULL;
    CLEANUP(memory_freep) char *folder = NULL;
    struct error err;

    scene_init(&scene, "ended");
    first = read_manifest(&scene, SAMPLE_ROSA, "2026-11");
    folder = memory_format("%s/reports/net-uni-2026-11-r1", scene.settings.state_directory);
    CU_ASSERT(access(folder, F_OK) == 0);
    clock_simulated_pass(&scene.time, US_PER_DAY);
    again = read_manifest(&scene, SAMPLE_AUDITA, "2026-11");
    CU_ASSERT_STRING_EQUAL(first, again);
    service_free(scene.service); /* a new one reads what the old one wrote */
    memset(scene.greeted, 0, sizeof(scene.greeted));
    scene.service = service_new(&scene.settings, &scene.key,
                                store_reader_open(scene.sample.path, &err), &scene.clock, &err);
    restarted = read_manifest(&scene, SAMPLE_ROSA, "2026-11");
    CU_ASSERT(strlen(restarted) > 0);
    scene_clear(&scene);
}

static struct bundle *read_folder(const struct scene *scene, const char *name)
{
    CLEANUP(memory_freep)
    char *path = memory_format("%s/reports/%s", scene->settings.state_directory, name);
    struct error err = {.text = ""};
    struct bundle *bundle = bundle_read(path, &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(bundle);
    return bundle;
}

/* Two months, as a university keeps them, and the log that another was shown. */
static void test_months_and_institutions_are_of_one_log(void)
{
    struct scene scene;
    CLEANUP(memory_freep) char *first = NULL;
    CLEANUP(memory_freep) char *second = NULL;
    CLEANUP(message_freep) Wire__Envelope *theirs = NULL;
    CLEANUP(bundle_freep) struct bundle *november = NULL;
    CLEANUP(bundle_freep) struct bundle *december = NULL;
    CLEANUP(bundle_freep) struct bundle *other = NULL;
    struct verification verification = {0};
    struct error err = {.text = ""};

    scene_init(&scene, "log");
    CU_ASSERT(sample_store_charge(&scene.sample, 11, 7, scene.time.wall_us));
    first = read_manifest(&scene, SAMPLE_ROSA, "2026-11");
    clock_simulated_pass(&scene.time, 31 * US_PER_DAY);
    CU_ASSERT(sample_store_charge(&scene.sample, 20, 5, scene.time.wall_us));
    second = read_manifest(&scene, SAMPLE_ROSA, "2026-12");
    CU_ASSERT(sample_store_charge(&scene.sample, 30, 5, scene.time.wall_us + US_PER_MINUTE));
    theirs = ask_for(&scene, SAMPLE_OTTO, "otra", "2026-12", 0);
    CU_ASSERT(theirs && theirs->body_case == WIRE__ENVELOPE__BODY_REPORT_FILE);
    november = read_folder(&scene, "net-uni-2026-11-r1");
    december = read_folder(&scene, "net-uni-2026-12-r1");
    other = read_folder(&scene, "net-otra-2026-12-r1");
    verification.bundle = december;
    verification.previous = november;
    verification.witness = &bundle_find(other, CHECKPOINT_NAME)->bytes;
    verification.public_key = scene.key.public;
    for (size_t i = 0; i < check_count; i++)
        if (!checks[i].run(&verification, &err))
            CU_ASSERT_STRING_EQUAL(err.text, checks[i].name);
    manifest_clear(&verification.manifest);
    scene_clear(&scene);
}

static void test_this_month_is_provisional_and_made_anew(void)
{
    struct scene scene;
    CLEANUP(memory_freep) char *first = NULL;
    CLEANUP(memory_freep) char *soon = NULL;
    CLEANUP(memory_freep) char *later = NULL;

    scene_init(&scene, "this");
    first = read_manifest(&scene, SAMPLE_ROSA, "");
    CU_ASSERT(sample_store_charge(&scene.sample, 11, 1, scene.time.wall_us));
    soon = read_manifest(&scene, SAMPLE_ROSA, "");
    CU_ASSERT_STRING_EQUAL(first, soon);
    clock_simulated_pass(&scene.time, 3 * US_PER_SECOND);
    later = read_manifest(&scene, SAMPLE_ROSA, "");
    CU_ASSERT(strcmp(first, later) != 0);
    CU_ASSERT(strstr(later, "provisional") != NULL);
    scene_clear(&scene);
}

static void test_places_that_are_not_there(void)
{
    struct scene scene;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    scene_init(&scene, "places");
    answer = ask_for(&scene, SAMPLE_ROSA, "uni", "2026-11", 99);
    CU_ASSERT(answer && answer->body_case == WIRE__ENVELOPE__BODY_FAILURE &&
              strstr(answer->failure->text, "no file 99"));
    scene_clear(&scene);
}

static void test_a_revoked_key_is_refused_at_once(void)
{
    struct scene scene;
    CLEANUP(memory_freep) char *manifest = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    scene_init(&scene, "revoked");
    manifest = read_manifest(&scene, SAMPLE_ROSA, "2026-11");
    CU_ASSERT(service_admits(scene.service, scene.sample.keys[SAMPLE_ROSA]));
    sample_store_revoke(&scene.sample, SAMPLE_ROSA);
    answer = ask_for(&scene, SAMPLE_ROSA, "uni", "2026-11", 0);
    CU_ASSERT(!answer || answer->body_case == WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT(!service_admits(scene.service, scene.sample.keys[SAMPLE_ROSA]));
    CU_ASSERT(service_admits(scene.service, scene.sample.keys[SAMPLE_AUDITA]));
    scene_clear(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"who may read what",                            test_who_may_read_what                      },
        {"an ended month's bundle never changes",        test_an_ended_month_never_changes           },
        {"months and institutions are of one log",       test_months_and_institutions_are_of_one_log },
        {"this month's is provisional and made anew",    test_this_month_is_provisional_and_made_anew},
        {"places that are not there",                    test_places_that_are_not_there              },
        {"a revoked key is refused at its next message", test_a_revoked_key_is_refused_at_once       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("accounting service", tests);
}
