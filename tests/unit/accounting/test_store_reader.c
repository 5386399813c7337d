/* test_store_reader.c - what the scheduler wrote is what the reports are made of */

#include "accounting/store_reader.h"
#include "base/parse.h"
#include "tests/lib/postgres_server.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/accounting/sample_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_US (30 * US_PER_DAY)

static struct store_reader *open_reader(const struct sample_store *sample)
{
    struct error err = {.text = ""};
    struct store_reader *reader = store_reader_open(sample->path, &err);

    if (!reader)
        printf("# %s\n", err.text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    return reader;
}

static void test_what_is_no_database_is_refused(void)
{
    static const char text[] = "this is not a database at all, and long enough to be looked at as"
                               " one; this is not a database at all; nor is this";
    CLEANUP(memory_freep) char *path = scratch_file("garbage", text, sizeof(text));
    struct sample_store sample;
    struct error err;

    CU_ASSERT_PTR_NULL(store_reader_open("/nonexistent/tequio.db", &err));
    CU_ASSERT(strstr(err.text, "/nonexistent/tequio.db") != NULL);
    CU_ASSERT_PTR_NULL(store_reader_open(path, &err));
    CU_ASSERT(strstr(err.text, "not a database of tequio-scheduler") != NULL);
    sample_store_init(&sample, "older");
    CU_ASSERT(sample_store_tamper(&sample, "UPDATE meta SET value = x'32' WHERE name ="
                                           " 'schema'"));
    CU_ASSERT_PTR_NULL(store_reader_open(sample.path, &err));
    CU_ASSERT(strstr(err.text, "has schema version 2") != NULL);
    sample_store_clear(&sample);
}

static void test_meta_and_institutions(void)
{
    struct sample_store sample;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    CLEANUP(institution_row_clear) struct institution_row row = {0};
    char *network;
    struct error err;

    sample_store_init(&sample, "meta");
    reader = open_reader(&sample);
    network = store_reader_meta(reader, "network");
    CU_ASSERT_STRING_EQUAL(network, "net");
    free(network);
    CU_ASSERT_PTR_NULL(store_reader_meta(reader, "no such thing"));
    CU_ASSERT(store_reader_institution(reader, "uni", &row, &err));
    CU_ASSERT_STRING_EQUAL(row.title, "Universidad");
    CU_ASSERT_STRING_EQUAL(row.ror, "https://ror.org/01");
    CU_ASSERT(!store_reader_institution(reader, "uni' OR '1'='1", &row, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    sample_store_clear(&sample);
}

struct seen {
    uint64_t first, last;
    unsigned count, waived;
    int64_t charged_micro;
    bool in_order, usage_fits;
    struct digest head;
};

static bool on_txn(void *owner, const struct txn_row *row, struct error *err)
{
    struct seen *seen = owner;

    (void)err;
    if (seen->count++ == 0)
        seen->first = row->sequence;
    else
        seen->in_order &= row->sequence == seen->last + 1;
    seen->last = row->sequence;
    seen->head = row->head;
    if (!row->has_usage)
        return true;
    seen->waived += row->usage.waived_micro > 0;
    seen->charged_micro += row->usage.charged_micro;
    seen->usage_fits &= strstr(row->canonical, "\nusage ") != NULL &&
                        strcmp(row->usage.institution, "uni") == 0 && row->usage.nodes == 1;
    return true;
}

static struct seen read_month(struct store_reader *reader, int64_t start_us)
{
    const struct period period = {.start_us = start_us, .end_us = start_us + MONTH_US};
    struct seen seen = {.in_order = true, .usage_fits = true};
    struct error err;

    CU_ASSERT(store_reader_txns(reader, "uni", &period, on_txn, &seen, &err));
    return seen;
}

/* Jobs 1 to 10 of the first month: cores 2 3 4 5 (6) 7 1 2 3 (4) for an hour; two are waived. */
static void test_a_month_is_its_part_of_the_chain(void)
{
    struct sample_store sample;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    struct seen first, second;
    struct digest head;
    struct error err;

    sample_store_init(&sample, "month");
    CU_ASSERT(sample_store_charge(&sample, 1, 10, sample.start_us + US_PER_DAY));
    CU_ASSERT(sample_store_charge(&sample, 11, 4, sample.start_us + MONTH_US));
    reader = open_reader(&sample);
    first = read_month(reader, sample.start_us);
    second = read_month(reader, sample.start_us + MONTH_US);
    CU_ASSERT(first.count == 11 && first.first == 1 && first.last == 11);
    CU_ASSERT(first.in_order && first.usage_fits && first.waived == 2);
    CU_ASSERT_EQUAL(first.charged_micro, 27 * INT64_C(1000000));
    CU_ASSERT(second.count == 4 && second.first == 12);
    CU_ASSERT(store_reader_head(reader, "uni", 11, &head, &err));
    CU_ASSERT(digest_equal(&head, &first.head));
    CU_ASSERT(store_reader_head(reader, "uni", 0, &head, &err));
    CU_ASSERT(digest_equal(&head, &(struct digest){0}));
    CU_ASSERT(!store_reader_head(reader, "uni", 99, &head, &err));
    CU_ASSERT(strstr(err.text, "no good entry 99") != NULL);
    sample_store_clear(&sample);
}

static bool stop(void *owner, const struct txn_row *row, struct error *err)
{
    (void)owner;
    (void)row;
    return fail(err, ERROR_INTERNAL, "enough");
}

static void test_a_callback_can_stop(void)
{
    struct sample_store sample;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    struct period period;
    struct error err;

    sample_store_init(&sample, "stop");
    period = (struct period){.start_us = sample.start_us, .end_us = sample.start_us + MONTH_US};
    reader = open_reader(&sample);
    CU_ASSERT(!store_reader_txns(reader, "uni", &period, stop, NULL, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "enough");
    sample_store_clear(&sample);
}

static void test_the_budget(void)
{
    struct sample_store sample;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    struct period period;
    int64_t granted, charged;
    struct error err;

    sample_store_init(&sample, "budget");
    period = (struct period){.start_us = sample.start_us, .end_us = sample.start_us + MONTH_US};
    CU_ASSERT(sample_store_charge(&sample, 1, 2, sample.start_us + US_PER_DAY));
    CU_ASSERT(sample_store_charge(&sample, 3, 1, sample.start_us + 2 * MONTH_US));
    reader = open_reader(&sample);
    CU_ASSERT(store_reader_budget(reader, "uni", &period, &granted, &charged, &err));
    CU_ASSERT_EQUAL(granted, INT64_C(1000000) * 1000000);
    CU_ASSERT_EQUAL(charged, 5 * INT64_C(1000000)); /* what comes later is not in it */
    CU_ASSERT(store_reader_budget(reader, "otra", &period, &granted, &charged, &err));
    CU_ASSERT(granted == 0 && charged == 0);
    sample_store_clear(&sample);
}

static const struct principal *whose(const struct identities *identities, const char *key)
{
    struct sender sender = {.uid = (uid_t)-1};

    memcpy(sender.key, key, sizeof(sender.key));
    return identities_of(identities, &sender);
}

static void test_identities(void)
{
    struct sample_store sample;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    const struct principal *rosa;
    struct error err;

    sample_store_init(&sample, "people");
    reader = open_reader(&sample);
    CU_ASSERT(store_reader_changed(reader));
    CU_ASSERT(!store_reader_changed(reader));
    CU_ASSERT(store_reader_identities(reader, identities, &err));
    rosa = whose(identities, sample.keys[SAMPLE_ROSA]);
    CU_ASSERT(rosa->roles == ROLE_MANAGER && strcmp(rosa->institution, "uni") == 0);
    CU_ASSERT(whose(identities, sample.keys[SAMPLE_AUDITA])->roles == ROLE_AUDITOR);
    sample_store_revoke(&sample, SAMPLE_ROSA);
    CU_ASSERT(store_reader_changed(reader));
    identities_clear(identities);
    CU_ASSERT(store_reader_identities(reader, identities, &err));
    CU_ASSERT(!identities_admit(identities, sample.keys[SAMPLE_ROSA]));
    CU_ASSERT(identities_admit(identities, sample.keys[SAMPLE_ANA]));
    sample_store_clear(&sample);
}

static void test_another_database_in_its_place_is_read(void)
{
    struct sample_store sample, other;
    CLEANUP(store_reader_freep) struct store_reader *reader = NULL;
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct error err;

    sample_store_init(&sample, "replaced");
    sample_store_init(&other, "in-its-place");
    reader = open_reader(&sample);
    CU_ASSERT(store_reader_changed(reader) && !store_reader_changed(reader));
    sample_store_restore(&sample, &other);
    CU_ASSERT(store_reader_changed(reader));
    CU_ASSERT(store_reader_identities(reader, identities, &err));
    CU_ASSERT_EQUAL(whose(identities, other.keys[SAMPLE_ROSA])->roles, ROLE_MANAGER);
    CU_ASSERT_EQUAL(whose(identities, sample.keys[SAMPLE_ROSA])->roles, ROLE_STRANGER);
    store_reader_changed(reader);
    CU_ASSERT(!store_reader_changed(reader));
    sample_store_clear(&other);
    sample_store_clear(&sample);
}

/* The same, read from a server. */
#define ON_SERVER(name)                  \
    static void name##_on_server(void)   \
    {                                    \
        if (!postgres_server_is_there()) \
            return;                      \
        sample_store_use_server(true);   \
        name();                          \
        sample_store_use_server(false);  \
    }

ON_SERVER(test_meta_and_institutions)
ON_SERVER(test_a_month_is_its_part_of_the_chain)
ON_SERVER(test_a_callback_can_stop)
ON_SERVER(test_the_budget)
ON_SERVER(test_identities)

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is no database of ours is refused",                test_what_is_no_database_is_refused       },
        {"meta and institutions",                                 test_meta_and_institutions                },
        {"a month is its part of the chain",                      test_a_month_is_its_part_of_the_chain     },
        {"a callback can stop the reading",                       test_a_callback_can_stop                  },
        {"granted and charged up to the month's end",             test_the_budget                           },
        {"identities, and a key that is revoked",                 test_identities                           },
        {"another database in its place is read",                 test_another_database_in_its_place_is_read},
        {"meta and institutions, PostgreSQL",                     test_meta_and_institutions_on_server      },
        {"a month is its part of the chain, PostgreSQL",
         test_a_month_is_its_part_of_the_chain_on_server                                                    },
        {"a callback can stop the reading, PostgreSQL",           test_a_callback_can_stop_on_server        },
        {"granted and charged up to the month's end, PostgreSQL", test_the_budget_on_server                 },
        {"identities, and a key that is revoked, PostgreSQL",     test_identities_on_server                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("store_reader", tests);
}
