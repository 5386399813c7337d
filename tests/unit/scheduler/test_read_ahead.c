/* test_read_ahead.c - rows that are read ahead are those of the queries, in their order */

#include "scheduler/read_ahead.h"
#include "tests/lib/runner.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MANY 5000 /* more than is ever read ahead */

/* A store of so many rows for each query as its `from` says; each row's texts are gone with the
 * next.  A query of -1 fails after three. */
struct shelf {
    struct store store;
    pthread_t taker;
    bool elsewhere; /* it was asked on another thread, on the slow lane */
};

static bool query_shelf(struct store *store, const struct query *query, row_fn *on_row, void *owner,
                        struct error *err)
{
    struct shelf *shelf = CONTAINER_OF(store, struct shelf, store);
    int64_t count = query->from < 0 ? 3 : query->from;

    shelf->elsewhere = query->lane == LANE_SLOW && !pthread_equal(pthread_self(), shelf->taker);
    for (int64_t i = 0; i < count; i++) {
        char name[24];
        const struct row row = {
            .kind = ROW_META, .meta = {.name = name, .value = {name, 2}}
        };

        snprintf(name, sizeof(name), "%d row", (int)i);
        if (!on_row(owner, &row, i != 700))
            return true;
        memset(name, 'x', sizeof(name));
    }
    return query->from >= 0 || fail(err, ERROR_IO, "the disk is gone");
}

struct taken {
    size_t query, rows[4];
    size_t bad, most;
    bool wrong;
};

static bool take(void *owner, size_t query, const struct row *row, bool good)
{
    struct taken *taken = owner;
    char name[24];

    taken->wrong = taken->wrong || query < taken->query;
    taken->query = query;
    snprintf(name, sizeof(name), "%zu row", taken->rows[query]);
    taken->wrong = taken->wrong || row->kind != ROW_META || strcmp(row->meta.name, name) != 0 ||
                   row->meta.value.size != 2 || memcmp(row->meta.value.bytes, name, 2) != 0 ||
                   good != (taken->rows[query] != 700);
    taken->bad += !good;
    taken->rows[query]++;
    return taken->rows[query] < taken->most;
}

static bool ask(const struct query *queries, size_t count, struct taken *taken, struct error *err)
{
    struct shelf shelf = {.store = {.query = query_shelf}, .taker = pthread_self()};
    bool good = read_ahead(&shelf.store, queries, count, take, taken, err);

    CU_ASSERT(shelf.elsewhere);
    CU_ASSERT_FALSE(taken->wrong);
    return good;
}

static void test_all_rows_come_in_order(void)
{
    static const struct query queries[] = {{.from = MANY}, {.from = 0}, {.from = 1}, {.from = 769}};
    struct taken taken = {.most = SIZE_MAX};
    struct error err;

    CU_ASSERT(ask(queries, COUNT_OF(queries), &taken, &err));
    CU_ASSERT_EQUAL(taken.rows[0], MANY);
    CU_ASSERT_EQUAL(taken.rows[1], 0);
    CU_ASSERT_EQUAL(taken.rows[2], 1);
    CU_ASSERT_EQUAL(taken.rows[3], 769);
    CU_ASSERT_EQUAL(taken.bad, 2);
}

static void test_a_query_that_fails_is_the_last(void)
{
    static const struct query queries[] = {{.from = 600}, {.from = -1}, {.from = 5}};
    struct taken taken = {.most = SIZE_MAX};
    struct error err;

    CU_ASSERT_FALSE(ask(queries, COUNT_OF(queries), &taken, &err));
    CU_ASSERT_STRING_EQUAL(err.text, "the disk is gone");
    CU_ASSERT_EQUAL(taken.rows[0], 600);
    CU_ASSERT_EQUAL(taken.rows[1], 3);
    CU_ASSERT_EQUAL(taken.rows[2], 0);
}

/* Whatever is read behind it is nobody's business, nor is it when that fails. */
static void test_who_has_enough_gets_no_more(void)
{
    static const struct query queries[] = {{.from = MANY}, {.from = -1}};
    struct taken taken = {.most = 300};
    struct error err;

    CU_ASSERT(ask(queries, COUNT_OF(queries), &taken, &err));
    CU_ASSERT_EQUAL(taken.rows[0], 300);
    CU_ASSERT_EQUAL(taken.rows[1], 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all rows come in order",         test_all_rows_come_in_order        },
        {"a query that fails is the last", test_a_query_that_fails_is_the_last},
        {"who has enough gets no more",    test_who_has_enough_gets_no_more   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("read ahead", tests);
}
