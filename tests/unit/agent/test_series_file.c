/* test_series_file.c - what a part used over its time, in a file that each of its shepherds adds to */

#include "agent/launcher/series_file.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PART   "17.1.0"
#define SECOND INT64_C(1000000)

static int open_folder(const char *name)
{
    CLEANUP(memory_freep) char *path = scratch_path(name);
    struct error err;
    int folder;

    CU_ASSERT(file_make_directory(path, 0700, &err));
    folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CU_ASSERT_FATAL(folder >= 0);
    return folder;
}

static struct series used(int64_t start_us, uint64_t cpu_us)
{
    struct series series;

    series_init(&series, start_us);
    series_add(&series, &(struct series_step){cpu_us, 100, 2, 3, 0});
    return series;
}

static void test_task_sets_are_added_up(void)
{
    CLEANUP(file_closep) int folder = open_folder("added");
    const struct series first = used(10 * SECOND, 5), second = used(11 * SECOND, 7);
    struct series all;
    struct error err;

    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
    CU_ASSERT(series_file_add(folder, PART, &first, false, &err));
    CU_ASSERT(series_file_add(folder, PART, &second, false, &err));
    CU_ASSERT(series_file_add(folder, PART, &second, false, &err));
    CU_ASSERT_FATAL(series_file_read(folder, PART, &all));
    CU_ASSERT_EQUAL(all.start_us, 10 * SECOND);
    CU_ASSERT_EQUAL(all.count, 5);
    CU_ASSERT_EQUAL(all.steps[0].cpu_us, 5);
    CU_ASSERT_EQUAL(all.steps[4].cpu_us, 14);
    CU_ASSERT_EQUAL(all.steps[4].memory_bytes, 200);
    CU_ASSERT(series_file_remove(folder, PART, &err));
    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
    CU_ASSERT(series_file_remove(folder, PART, &err)); /* gone is gone */
}

/* It costs the series, and half a second: the task set has its end. */
static void test_a_lock_that_is_held_is_not_waited_for(void)
{
    CLEANUP(file_closep) int folder = open_folder("held");
    CLEANUP(file_closep) int file = -1;
    const struct series series = used(10 * SECOND, 5);
    int64_t begun_us = clock_boot_us(&clock_real);
    struct series all;
    struct error err = {0};

    file = openat(folder, PART ".series", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(file >= 0 && flock(file, LOCK_EX) == 0);
    alarm(60); /* ends the test where it waits for ever */
    CU_ASSERT_FALSE(series_file_add(folder, PART, &series, false, &err));
    alarm(0);
    CU_ASSERT(clock_boot_us(&clock_real) - begun_us >= SECOND / 10);
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "locked"));
    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
    CU_ASSERT(flock(file, LOCK_UN) == 0);
    CU_ASSERT(series_file_add(folder, PART, &series, false, &err));
    CU_ASSERT(series_file_read(folder, PART, &all));
}

/* What a full disk or a loss of power left is none, and the next begins anew. */
static void test_what_is_damaged_is_none(void)
{
    CLEANUP(file_closep) int folder = open_folder("damaged");
    CLEANUP(file_closep) int file = -1;
    const struct series series = used(10 * SECOND, 5);
    struct series all;
    struct error err;

    CU_ASSERT(series_file_add(folder, PART, &series, false, &err));
    file = openat(folder, PART ".series", O_RDWR | O_CLOEXEC);
    CU_ASSERT_FATAL(file >= 0 && ftruncate(file, sizeof(series) - 1) == 0);
    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
    CU_ASSERT(series_file_add(folder, PART, &series, false, &err));
    CU_ASSERT_FATAL(series_file_read(folder, PART, &all));
    CU_ASSERT_EQUAL(series_total(&all).cpu_us, 5);
    CU_ASSERT_EQUAL(pwrite(file, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0), 8); /* when it began */
    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
}

/* Behind the last step may lie anything: it is in none that others are joined with. */
static void test_what_lies_behind_does_not_count(void)
{
    CLEANUP(file_closep) int folder = open_folder("behind");
    CLEANUP(file_closep) int file = -1;
    const struct series second = used(20 * SECOND, 7);
    struct series series = used(10 * SECOND, 5), all;
    struct error err;

    for (uint32_t i = series.count; i < SERIES_MOST; i++)
        series.steps[i] = (struct series_step){1000, 1000, 1000, 1000, 0};
    file = openat(folder, PART ".series", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CU_ASSERT_FATAL(pwrite(file, &series, sizeof(series), 0) == (ssize_t)sizeof(series));
    CU_ASSERT(series_file_add(folder, PART, &second, false, &err));
    CU_ASSERT_FATAL(series_file_read(folder, PART, &all));
    CU_ASSERT_EQUAL(series_total(&all).cpu_us, 12);
    CU_ASSERT_EQUAL(series_total(&all).memory_bytes, 100);
}

static void test_no_other_file_is_written(void)
{
    CLEANUP(file_closep) int folder = open_folder("link");
    const struct series series = used(10 * SECOND, 5);
    struct series all;
    struct error err = {0};

    CU_ASSERT(symlinkat("other", folder, PART ".series") == 0);
    CU_ASSERT_FALSE(series_file_add(folder, PART, &series, false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    CU_ASSERT_FALSE(series_file_read(folder, PART, &all));
    CU_ASSERT_NOT_EQUAL(faccessat(folder, "other", F_OK, 0), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"task sets are added up",                   test_task_sets_are_added_up               },
        {"a lock that is held is not waited for",    test_a_lock_that_is_held_is_not_waited_for},
        {"what is damaged is none",                  test_what_is_damaged_is_none              },
        {"what lies behind the last does not count", test_what_lies_behind_does_not_count      },
        {"no other file is written",                 test_no_other_file_is_written             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("series_file", tests);
}
