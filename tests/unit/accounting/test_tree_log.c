/* test_tree_log.c - the kept hashes follow the database, whatever becomes of their file */

#include "accounting/tree_log.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/accounting/sample_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct digest root_of(struct tree_log *log)
{
    const struct tree_source source = tree_log_source(log);
    struct digest root = {0};

    CU_ASSERT(tree_root(&source, tree_log_leaves(log), &root));
    return root;
}

/* Open, follow, and the root; false when it cannot. */
static bool follow(const char *path, struct sample_store *sample, uint64_t *ret_leaves,
                   struct digest *ret_root)
{
    struct error err = {.text = ""};
    CLEANUP(tree_log_freep) struct tree_log *log = tree_log_open(path, &err);
    CLEANUP(store_reader_freep)
    struct store_reader *reader = store_reader_open(sample->path, &err);

    if (!log || !reader || !tree_log_follow(log, reader, &err)) {
        printf("# %s\n", err.text);
        return false;
    }
    *ret_leaves = tree_log_leaves(log);
    *ret_root = root_of(log);
    return true;
}

static void test_it_follows(void)
{
    CLEANUP(memory_freep) char *kept = scratch_path("log.kept");
    CLEANUP(memory_freep) char *anew = scratch_path("log.anew");
    struct sample_store sample;
    struct digest root, again;
    uint64_t leaves = 0, count = 0;

    sample_store_init(&sample, "follows");
    for (uint64_t job = 1; job <= 50; job += 10) {
        CU_ASSERT(sample_store_charge(&sample, job, 10, sample.start_us + US_PER_DAY));
        CU_ASSERT(follow(kept, &sample, &leaves, &root));
        CU_ASSERT_EQUAL(leaves, 1 + job + 9); /* the grant, too */
    }
    CU_ASSERT(follow(anew, &sample, &count, &again));
    CU_ASSERT(count == leaves && digest_equal(&root, &again));
    sample_store_clear(&sample);
}

/* Cut at any place, as by a crash, or with bits turned at its end. */
static void test_what_is_broken_is_made_again(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("log.broken");
    struct sample_store sample;
    struct digest root, again;
    struct stat facts;
    uint64_t leaves, count;

    sample_store_init(&sample, "broken");
    CU_ASSERT(sample_store_charge(&sample, 1, 30, sample.start_us + US_PER_DAY));
    CU_ASSERT(follow(path, &sample, &leaves, &root));
    CU_ASSERT_FATAL(stat(path, &facts) == 0);
    for (off_t size = facts.st_size; size >= 0; size -= 13) {
        CU_ASSERT(truncate(path, size) == 0);
        CU_ASSERT(follow(path, &sample, &count, &again));
        CU_ASSERT(count == leaves && digest_equal(&root, &again));
    }
    sample_store_clear(&sample);
}

/* The database is a copy of before: its log is another. */
static void test_another_past_is_another_log(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("log.past");
    struct sample_store sample, other;
    struct digest root, again;
    uint64_t leaves, count;

    sample_store_init(&sample, "past");
    CU_ASSERT(sample_store_charge(&sample, 1, 30, sample.start_us + US_PER_DAY));
    CU_ASSERT(follow(path, &sample, &leaves, &root));
    sample_store_init(&other, "restored");
    CU_ASSERT(sample_store_charge(&other, 100, 20, other.start_us + US_PER_DAY));
    CU_ASSERT(follow(path, &other, &count, &again));
    CU_ASSERT_EQUAL(count, 21);
    CU_ASSERT(!digest_equal(&root, &again));
    sample_store_clear(&sample);
    sample_store_clear(&other);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it follows the database",      test_it_follows                  },
        {"what is broken is made again", test_what_is_broken_is_made_again},
        {"another past is another log",  test_another_past_is_another_log },
        CU_TEST_INFO_NULL,
    };

    return run_suite("tree_log", tests);
}
