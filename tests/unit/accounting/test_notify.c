/* test_notify.c - thresholds, waiting times, the outbox, and what is sent */

#include "accounting/mail.h"
#include "accounting/notify.h"
#include "accounting/webhook.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <string.h>
#include <sys/stat.h>

static const unsigned thresholds[] = {50, 80, 95, 100};

static void test_the_highest_that_was_reached(void)
{
    static const struct {
        int64_t granted, used;
        unsigned level;
    } cases[] = {
        {100,           49,            0  },
        {100,           50,            50 },
        {100,           79,            50 },
        {100,           99,            95 },
        {100,           100,           100},
        {100,           1000,          100},
        {3,             2,             50 },
        {0,             5,             0  },
        {0,             0,             0  },
        {INT64_MAX / 2, INT64_MAX / 2, 100},
        {100,           -5,            0  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_EQUAL(notice_level(thresholds, 4, cases[i].granted, cases[i].used),
                        cases[i].level);
}

static void test_later_each_time(void)
{
    CU_ASSERT_EQUAL(notice_wait_us(US_PER_MINUTE, 0), US_PER_MINUTE);
    CU_ASSERT_EQUAL(notice_wait_us(US_PER_MINUTE, 3), 8 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(notice_wait_us(US_PER_MINUTE, 4000000000u), US_PER_HOUR);
}

static void test_addresses(void)
{
    CU_ASSERT(mail_address_is_good("rosa@uni.example"));
    CU_ASSERT(mail_address_is_good("r+books@uni.example"));
    CU_ASSERT(!mail_address_is_good("-oQ@x") && !mail_address_is_good("rosa"));
    CU_ASSERT(!mail_address_is_good("a@b,c@d") && !mail_address_is_good("a@b\nBcc: c@d"));
    CU_ASSERT(!mail_address_is_good("@x") && !mail_address_is_good("x@"));
    CU_ASSERT(webhook_address_is_good("https://uni.example/hook"));
    CU_ASSERT(!webhook_address_is_good("file:///etc/passwd") && !webhook_address_is_good(""));
}

static const struct notice sample = {.id = 7,
                                     .at_us = INT64_C(1793491200) * US_PER_SECOND,
                                     .institution = "uni",
                                     .project = "astro",
                                     .percent = 80,
                                     .granted_micro = 10000000,
                                     .used_micro = 8123456};

static void test_what_is_sent(void)
{
    const struct mail mail = {"/usr/sbin/sendmail", "tequio@red.example", "net"};
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    webhook_print("net", &sample, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes,
                           "{\"event\":\"quota\",\"notice\":7,\"network\":\"net\",\"at\":"
                           "\"2026-11-01T00:00:00Z\",\"institution\":\"uni\",\"project\":\"astro\","
                           "\"percent\":80,\"su_granted\":\"10\",\"su_used\":\"8.123456\"}\n");
    buffer_reset(&text);
    mail_print(&mail, "rosa@uni.example", &sample, &text);
    CU_ASSERT(strstr(text.bytes, "To: rosa@uni.example\nSubject: [net] uni/astro: 80 %\n") != NULL);
    CU_ASSERT(strstr(text.bytes, "\n\nSe ha usado el 80 %") != NULL);
    CU_ASSERT(strstr(text.bytes, "used: 8.12 SU\n") != NULL);
}

static void count_notice(void *owner, const struct notice *notice)
{
    unsigned *count = owner;

    (void)notice;
    ++*count;
}

static unsigned count_of(struct notice_store *store, const char *institution, uint64_t after)
{
    unsigned count = 0;
    struct error err;

    CU_ASSERT(notice_store_list(store, &(struct notice_query){institution, after, 100},
                                count_notice, &count, &err));
    return count;
}

/* Level, notice and messages are there together, also for the next who opens the file. */
static void test_the_outbox_keeps_what_was_not_sent(void)
{
    static const struct notice_target targets[] = {
        {"mail",    "a@b"     },
        {"webhook", "http://c"}
    };
    CLEANUP(memory_freep) char *folder = scratch_path("notices");
    CLEANUP(memory_freep) char *path = notice_store_path(folder);
    CLEANUP(notice_store_freep) struct notice_store *store = NULL;
    struct delivery first, second, none;
    struct error err = {.text = ""};
    unsigned level = 1;

    mkdir(folder, 0700);
    store = notice_store_open(path, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    CU_ASSERT(notice_store_level(store, &sample, &level, &err) && level == 0);
    CU_ASSERT(notice_store_put(store, &sample, targets, 2, &err));
    notice_store_free(store);
    store = notice_store_open(path, &err);
    CU_ASSERT(notice_store_level(store, &sample, &level, &err) && level == 80);
    CU_ASSERT(!notice_store_due(store, sample.at_us - 1, &first, &err));
    CU_ASSERT(notice_store_due(store, sample.at_us, &first, &err));
    CU_ASSERT_STRING_EQUAL(first.address, "a@b");
    CU_ASSERT(notice_store_failed(store, first.id, sample.at_us + 10, "no", &err));
    CU_ASSERT(notice_store_due(store, sample.at_us, &second, &err) && second.id != first.id);
    CU_ASSERT(notice_store_sent(store, second.id, sample.at_us, &err));
    CU_ASSERT(!notice_store_due(store, sample.at_us + 9, &none, &err));
    CU_ASSERT(notice_store_due(store, sample.at_us + 10, &none, &err) && none.tries == 1);
    CU_ASSERT(none.notice.percent == 80 && none.notice.used_micro == sample.used_micro);
    CU_ASSERT(count_of(store, "", 0) == 1 && count_of(store, "uni", 0) == 1);
    CU_ASSERT(count_of(store, "otra", 0) == 0 && count_of(store, "", 1) == 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the highest that was reached",       test_the_highest_that_was_reached      },
        {"later each time",                    test_later_each_time                   },
        {"addresses",                          test_addresses                         },
        {"what is sent",                       test_what_is_sent                      },
        {"the outbox keeps what was not sent", test_the_outbox_keeps_what_was_not_sent},
        CU_TEST_INFO_NULL,
    };

    return run_suite("notify", tests);
}
