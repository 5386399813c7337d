/* test_settlement.c - however often and in whatever order reports come, the books are the same
 *
 * A dozen jobs run on six nodes, on one or two each.  What the nodes tell of their ends is
 * delivered once in order, and then a thousand times in any order: lost and sent again, twice,
 * late.  The root of the books (the hash over all postings, in the order of their keys) must be the
 * same byte for byte, and so must the balances; where the order is kept, also the chain's head. */

#include "base/digest.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/core_scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS       1000
#define JOBS       12
#define NEWS_MOST  (2 * JOBS)
#define COPIES     3
#define POSTS_MOST 64

struct news {
    struct part_news news;
    uint8_t token[TOKEN_SIZE];
};

struct posting {
    char key[LEDGER_KEY_MAX];
    char *text;
};

struct run {
    struct scene scene;
    struct news news[NEWS_MOST];
    size_t news_count;
    struct posting postings[POSTS_MOST];
    size_t posting_count;
    struct digest head; /* of the chain, after the last posting */
};

struct books {
    struct digest root, head;
    struct balance balance;
    size_t postings;
};

/* Every fifth job's first node is lost with it: our fault, to be waived. */
static void note_news(struct run *run, const struct job *job, uint32_t part, unsigned number)
{
    struct news *news = &run->news[run->news_count++];
    bool lost = number % 5 == 4;

    memcpy(news->token, job->token, TOKEN_SIZE);
    news->news = (struct part_news){
        .job = job->id,
        .attempt = job->attempt,
        .part = part,
        .cause = part > 0 ? END_STOPPED
                 : lost   ? END_REBOOT
                          : END_BY_ITSELF,
        .exit_code = part > 0 || lost ? 0 : number % 2,
        .wall_used_us = (int64_t)(number + 1) * 37 * US_PER_SECOND + 12345 * (int64_t)number,
        .cpu_used_us = (int64_t)(number + 1) * 30 * US_PER_SECOND,
        .memory_peak_bytes = (uint64_t)(number + 1) << 20,
    };
}

static void start_job(struct run *run, unsigned number)
{
    struct request request = {
        .tasks = 1 + number % 4,
        .nodes_least = 1 + (number % 4 == 3),
        .limit_us = US_PER_HOUR,
    };
    uint64_t id = scene_submit(&run->scene, request);
    const struct job *job = scene_find(&run->scene, id);
    uint32_t parts = job ? job->part_count : 0;

    CU_ASSERT_FATAL(parts > 0);
    for (uint32_t part = 0; part < parts; part++)
        scene_news(&run->scene, EVENT_PART_READY, id, part);
    for (uint32_t part = 0; part < parts; part++)
        scene_news(&run->scene, EVENT_PART_STARTED, id, part);
    for (uint32_t part = 0; part < parts; part++)
        note_news(run, scene_find(&run->scene, id), part, number);
}

static void run_init(struct run *run)
{
    static const char *const nodes[] = {"a1", "a2", "a3", "a4", "a5", "a6"};

    *run = (struct run){.news_count = 0};
    scene_init(&run->scene);
    for (size_t i = 0; i < COUNT_OF(nodes); i++)
        scene_join(&run->scene, nodes[i], 8, "boot");
    for (unsigned i = 0; i < JOBS; i++)
        start_job(run, i);
    run->scene.now_us += 20 * US_PER_MINUTE;
}

static void run_clear(struct run *run)
{
    for (size_t i = 0; i < run->posting_count; i++)
        free(run->postings[i].text);
    scene_clear(&run->scene);
}

static void keep_postings(struct run *run)
{
    const struct effects *effects = &run->scene.effects;

    for (size_t i = 0; i < effects->booking_count; i++) {
        const struct booking *booking = &effects->bookings[i];
        struct posting *posting = &run->postings[run->posting_count++];
        struct buffer text;

        CU_ASSERT_FATAL(run->posting_count < POSTS_MOST);
        buffer_init(&text);
        txn_print_canonical(&booking->txn, booking->has_usage ? &booking->usage : NULL, &text);
        snprintf(posting->key, sizeof(posting->key), "%s", booking->txn.key);
        posting->text = buffer_steal(&text);
        buffer_clear(&text);
        run->head = booking->txn.head;
    }
}

static void deliver(struct run *run, const struct news *news)
{
    struct event event = {.kind = EVENT_PART_ENDED, .part = news->news};

    event.part.token = news->token;
    scene_step(&run->scene, event);
    keep_postings(run);
}

static int compare_postings(const void *a, const void *b)
{
    return strcmp(((const struct posting *)a)->key, ((const struct posting *)b)->key);
}

static struct books books_of(struct run *run)
{
    struct books books = {.head = run->head, .postings = run->posting_count};
    struct buffer all;
    struct error err;

    buffer_init(&all);
    qsort(run->postings, run->posting_count, sizeof(run->postings[0]), compare_postings);
    for (size_t i = 0; i < run->posting_count; i++)
        buffer_add_text(&all, run->postings[i].text);
    books.root = digest_of(all.bytes, all.length);
    buffer_clear(&all);
    CU_ASSERT(ledger_check(core_ledger(run->scene.core), &err));
    CU_ASSERT(ledger_balance(core_ledger(run->scene.core), "unam", "astro", run->scene.now_us,
                             &books.balance));
    return books;
}

/* Each in its place, once. */
static struct books deliver_in_order(void)
{
    struct run run;
    struct books books;

    run_init(&run);
    for (size_t i = 0; i < run.news_count; i++)
        deliver(&run, &run.news[i]);
    books = books_of(&run);
    run_clear(&run);
    return books;
}

static bool same_balance(const struct balance *a, const struct balance *b)
{
    return a->granted_micro == b->granted_micro && a->charged_micro == b->charged_micro &&
           a->held_micro == b->held_micro && a->available_micro == b->available_micro;
}

static void test_every_attempt_is_posted_once(void)
{
    struct books books = deliver_in_order();
    struct books again = deliver_in_order();

    CU_ASSERT_EQUAL(books.postings, JOBS);
    CU_ASSERT(books.balance.charged_micro > 0 && books.balance.held_micro == 0);
    CU_ASSERT(digest_equal(&books.root, &again.root) && digest_equal(&books.head, &again.head));
}

/* Any number of copies of each in any order; what was lost comes once more at the end. */
static void deliver_anyhow(struct run *run, struct test_random *random)
{
    size_t order[NEWS_MOST * COPIES], count = 0;
    bool told[NEWS_MOST] = {false};

    for (size_t i = 0; i < run->news_count; i++)
        for (uint32_t copies = test_random_below(random, COPIES + 1); copies > 0; copies--)
            order[count++] = i;
    for (size_t i = count; i > 1; i--) {
        size_t other = test_random_below(random, (uint32_t)i), kept = order[i - 1];

        order[i - 1] = order[other];
        order[other] = kept;
    }
    for (size_t i = 0; i < count; i++) {
        /* Parts are stopped only after the first one's end is known: before, there is no news. */
        if (run->news[order[i]].news.part > 0 && !told[order[i] - run->news[order[i]].news.part])
            continue;
        told[order[i]] = true;
        deliver(run, &run->news[order[i]]);
    }
    for (size_t i = 0; i < run->news_count; i++)
        deliver(run, &run->news[i]);
}

static void test_any_order_gives_the_same_root(void)
{
    struct test_random random = test_random_from_environment();
    struct books right = deliver_in_order();

    for (int round = 0; round < RUNS; round++) {
        struct run run;
        struct books books;

        run_init(&run);
        deliver_anyhow(&run, &random);
        books = books_of(&run);
        run_clear(&run);
        if (books.postings != right.postings || !digest_equal(&books.root, &right.root))
            printf("# round %d: %zu postings, other texts\n", round, books.postings);
        CU_ASSERT_EQUAL_FATAL(books.postings, right.postings);
        CU_ASSERT_FATAL(digest_equal(&books.root, &right.root));
        CU_ASSERT_FATAL(same_balance(&books.balance, &right.balance));
    }
}

/* In order, each as often as it likes, and old ones again between. */
static void test_copies_leave_the_chain_as_it_is(void)
{
    struct test_random random = test_random_from_environment();
    struct books right = deliver_in_order();

    for (int round = 0; round < RUNS; round++) {
        struct run run;
        struct books books;

        run_init(&run);
        for (size_t i = 0; i < run.news_count; i++) {
            deliver(&run, &run.news[i]);
            for (uint32_t copies = test_random_below(&random, COPIES); copies > 0; copies--)
                deliver(&run, &run.news[test_random_below(&random, (uint32_t)i + 1)]);
        }
        books = books_of(&run);
        run_clear(&run);
        CU_ASSERT_EQUAL_FATAL(books.postings, right.postings);
        CU_ASSERT_FATAL(digest_equal(&books.head, &right.head));
        CU_ASSERT_FATAL(digest_equal(&books.root, &right.root));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every attempt is posted once",    test_every_attempt_is_posted_once   },
        {"any order gives the same root",   test_any_order_gives_the_same_root  },
        {"copies leave the chain as it is", test_copies_leave_the_chain_as_it_is},
        CU_TEST_INFO_NULL,
    };

    return run_suite("settlement", tests);
}
