/* test_energy.c - the share of a machine's energy that a task set had, by counters of the test's own */

#include "agent/shepherd/energy.h"

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *folder, const char *file, const char *text)
{
    CLEANUP(memory_freep) char *name = memory_format("%s/%s", folder, file);

    free(scratch_file(name, text, strlen(text)));
}

static void put_count(const char *folder, const char *file, uint64_t count)
{
    CLEANUP(memory_freep) char *text = memory_format("%" PRIu64 "\n", count);

    put(folder, file, text);
}

static void put_zone(const char *zone, const char *name, uint64_t range_uj, uint64_t energy_uj)
{
    CLEANUP(memory_freep) char *path = scratch_path(zone);

    CU_ASSERT_FATAL(mkdir(path, 0700) == 0 || errno == EEXIST);
    put(zone, "name", name);
    put_count(zone, "max_energy_range_uj", range_uj);
    put_count(zone, "energy_uj", energy_uj);
}

/* So long all processors were busy together, in hundredths of a second; idle ones do not count. */
static void put_busy(uint64_t ticks)
{
    CLEANUP(memory_freep)
    char *text = memory_format("cpu  %" PRIu64 " 1 2 99999 88888 3 4 5 0 0\ncpu0 7 7 7 7\n", ticks);

    free(scratch_file("stat", text, strlen(text)));
}

static void begin(struct energy *energy)
{
    static char *stat;

    if (!stat)
        stat = scratch_path("stat");
    energy_begin(energy, scratch_directory(), stat);
}

static void remove_zones(const char *const *zones, size_t count)
{
    static const char *const files[] = {"name", "max_energy_range_uj", "energy_uj"};

    for (size_t i = 0; i < count; i++) {
        CLEANUP(memory_freep) char *path = scratch_path(zones[i]);

        for (size_t k = 0; k < COUNT_OF(files); k++) {
            CLEANUP(memory_freep) char *file = memory_format("%s/%s", path, files[k]);

            unlink(file);
        }
        rmdir(path);
    }
}

static void test_what_runs_side_by_side_shares(void)
{
    static const char *const zones[] = {"intel-rapl:0", "intel-rapl:1"};
    struct energy one, other;

    put_zone(zones[0], "package-0\n", 1000000000, 500);
    put_zone(zones[1], "package-1\n", 1000000000, 0);
    put_busy(100);
    begin(&one);
    begin(&other);
    CU_ASSERT_EQUAL(one.count, 2);
    put_count(zones[0], "energy_uj", 500 + 6000000);
    put_count(zones[1], "energy_uj", 2000000);
    put_busy(500); /* 4 s more */
    CU_ASSERT_EQUAL(energy_look(&one, 1 * US_PER_SECOND), 2000);
    CU_ASSERT_EQUAL(energy_look(&other, 3 * US_PER_SECOND), 6000);
    put_count(zones[0], "energy_uj", 500 + 7000000);
    put_busy(600);
    CU_ASSERT_EQUAL(energy_look(&one, 1 * US_PER_SECOND), 2000);          /* it was idle */
    CU_ASSERT_EQUAL(energy_look(&other, 4 * US_PER_SECOND), 6000 + 1000); /* alone */
    put_count(zones[0], "energy_uj", 500 + 8000000);
    CU_ASSERT_EQUAL(energy_look(&other, 5 * US_PER_SECOND), 7000 + 1000); /* never more than all */
    remove_zones(zones, COUNT_OF(zones));
}

static void test_what_is_counted_twice_counts_once(void)
{
    static const char *const zones[] = {"intel-rapl:0",   "intel-rapl:0:0",    "intel-rapl:0:1",
                                        "intel-rapl:0:2", "intel-rapl-mmio:0", "intel-rapl:2"};
    static const char *const names[] = {"package-0\n", "core\n",      "dram\n",
                                        "uncore\n",    "package-0\n", "psys\n"};
    struct energy energy;

    for (size_t i = 0; i < COUNT_OF(zones); i++)
        put_zone(zones[i], names[i], 1000000000, 0);
    put_busy(100);
    begin(&energy);
    CU_ASSERT_EQUAL(energy.count, 2);
    for (size_t i = 0; i < COUNT_OF(zones); i++)
        put_count(zones[i], "energy_uj", 1000000);
    put_busy(200);
    CU_ASSERT_EQUAL(energy_look(&energy, US_PER_SECOND), 2000); /* package and memory */
    remove_zones(zones, COUNT_OF(zones));
}

static void test_a_counter_begins_anew(void)
{
    static const char *const zones[] = {"intel-rapl:0"};
    struct energy energy;

    put_zone(zones[0], "package-0\n", 10000000, 9000000);
    put_busy(100);
    begin(&energy);
    put_count(zones[0], "energy_uj", 500000);
    put_busy(200);
    CU_ASSERT_EQUAL(energy_look(&energy, US_PER_SECOND), 1500);
    put(zones[0], "energy_uj", "nonsense\n"); /* that is passed over, and nothing is lost */
    put_busy(300);
    CU_ASSERT_EQUAL(energy_look(&energy, 2 * US_PER_SECOND), 1500);
    put_count(zones[0], "energy_uj", 1500000);
    put_busy(400);
    CU_ASSERT_EQUAL(energy_look(&energy, 3 * US_PER_SECOND), 2500);
    put_count(zones[0], "max_energy_range_uj", 1);
    put_busy(100); /* a file of others that goes back */
    CU_ASSERT(energy_look(&energy, 4 * US_PER_SECOND) >= 2500);
    remove_zones(zones, COUNT_OF(zones));
}

static void test_where_nothing_is_counted(void)
{
    static const char *const zones[] = {"intel-rapl:0"};
    CLEANUP(memory_freep) char *nowhere = scratch_path("nowhere");
    CLEANUP(memory_freep) char *counter = scratch_path("intel-rapl:0/energy_uj");
    struct energy energy;

    energy_begin(&energy, nowhere, "/proc/stat");
    CU_ASSERT_EQUAL(energy_look(&energy, US_PER_SECOND), 0);
    energy_begin(&energy, NULL, "/proc/stat");
    CU_ASSERT_EQUAL(energy_look(&energy, US_PER_SECOND), 0);
    put_zone(zones[0], "package-0\n", 10000000, 0);
    unlink(counter);
    put_busy(100);
    begin(&energy);
    CU_ASSERT_EQUAL(energy.count, 0);
    CU_ASSERT_EQUAL(energy_look(&energy, US_PER_SECOND), 0);
    remove_zones(zones, COUNT_OF(zones));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what runs side by side shares",     test_what_runs_side_by_side_shares    },
        {"what is counted twice counts once", test_what_is_counted_twice_counts_once},
        {"a counter begins anew",             test_a_counter_begins_anew            },
        {"where nothing is counted",          test_where_nothing_is_counted         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("energy", tests);
}
