/* test_swf.c - logs of jobs are read field by field, or refused by file, line and field */

#include "scheduler/simulate/swf.h"
#include "scheduler/simulate/workload.h"
#include "tests/lib/runner.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define GOOD "7 100 5 60 4 -1 -1 8 120 -1 1 12 3 -1 -1 -1 -1 -1"

/* A file of that content in memory, at its beginning. */
static int make_file(const void *bytes, size_t size)
{
    int descriptor = memfd_create("log", MFD_CLOEXEC);

    CU_ASSERT_FATAL(descriptor >= 0);
    CU_ASSERT_EQUAL_FATAL(write(descriptor, bytes, size), (ssize_t)size);
    CU_ASSERT_EQUAL_FATAL(lseek(descriptor, 0, SEEK_SET), 0);
    return descriptor;
}

static struct swf *open_text(const char *text)
{
    struct error err;
    struct swf *swf = swf_open_descriptor(make_file(text, strlen(text)), "log", &err);

    CU_ASSERT_PTR_NOT_NULL_FATAL(swf);
    return swf;
}

static void test_fields(void)
{
    struct swf_job job;
    struct error err;

    CU_ASSERT_FATAL(swf_read_line(GOOD, &job, &err));
    CU_ASSERT_EQUAL(job.number, 7);
    CU_ASSERT_EQUAL(job.submit_s, 100);
    CU_ASSERT_EQUAL(job.run_s, 60);
    CU_ASSERT_EQUAL(job.processors, 4);
    CU_ASSERT_EQUAL(job.processors_asked, 8);
    CU_ASSERT_EQUAL(job.limit_s, 120);
    CU_ASSERT_EQUAL(job.user, 12);
    CU_ASSERT_EQUAL(job.group, 3);
    CU_ASSERT(
        swf_read_line("\t7  100.9 5 60.25 4 3.5 -1 8 120 -1 1 12 3 -1 -1 -1 -1 -1 \r", &job, &err));
    CU_ASSERT_EQUAL(job.submit_s, 100);
    CU_ASSERT_EQUAL(job.run_s, 60);
}

static void test_wrong_lines(void)
{
    static const struct {
        const char *line, *text;
    } rows[] = {
        {"1 2 3",                                                  "3 fields: 18 are right"               },
        {GOOD " 0",                                                "more than 18 fields"                  },
        {"x 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",                    "field 1 (job number) is \"x\""        },
        {"1 - 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",                    "field 2 (submit time) is \"-\""       },
        {"1 -5 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",                   "field 2 (submit time) is \"-5\": 0 to"},
        {"1 0 0 1e3 1 1 1 1 1 1 1 1 1 1 1 1 1 1",                  "field 4 (run time) is \"1e3\""        },
        {"1 0 0 -2 1 1 1 1 1 1 1 1 1 1 1 1 1 1",                   "field 4 (run time) is \"-2\": -1 to"  },
        {"1 0 0 1 9999999 1 1 1 1 1 1 1 1 1 1 1 1 1",              "field 5 (allocated processors)"       },
        {"1 0 0 1 1 1 99999999999999999999 1 1 1 1 1 1 1 1 1 1 1", "field 7 (used memory)"                },
        {"1 0 0 1 1 1 1 1 99999999999 1 1 1 1 1 1 1 1 1",          "field 9 (requested time)"             },
        {"1 0 0 1 1 1 1 1 1 1 1 4294967296 1 1 1 1 1 1",           "field 12 (user)"                      },
        {"1 0 0 1 1 1 1 1 1 1 1 1 1 1 1 1 1 \x1b[2J",              "field 18 (think time) is \"\\x1b[2J\""},
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct swf_job job = {.number = -9};
        struct error err = {0};

        CU_ASSERT_FALSE(swf_read_line(rows[i].line, &job, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_EQUAL(job.number, -9);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, rows[i].text));
        if (!strstr(err.text, rows[i].text))
            printf("# %s\n", err.text);
    }
}

static void test_header(void)
{
    CLEANUP(swf_freep)
    struct swf *swf = open_text("; Computer: x\n;MaxProcs:  338 in all\n; MaxNodes: 9999999999\n"
                                "; UnixStartTime: 843480031\n; MaxProcs: many\n\n" GOOD);
    struct swf_job job;
    struct error err;

    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 1);
    CU_ASSERT_EQUAL(swf_header(swf)->processors, 338);
    CU_ASSERT_EQUAL(swf_header(swf)->nodes, 0);
    CU_ASSERT_EQUAL(swf_header(swf)->start_s, 843480031);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 0);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 0);
}

static void test_where(void)
{
    CLEANUP(swf_freep) struct swf *swf = open_text("; a\n" GOOD "\n\n1 2\n");
    struct swf_job job;
    struct error err;

    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 1);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), -1);
    CU_ASSERT_STRING_EQUAL(err.text, "log:4: 2 fields: 18 are right");
}

static void test_long_line(void)
{
    char text[2 * SWF_LINE_MAX];
    struct swf_job job;
    struct error err;
    CLEANUP(swf_freep) struct swf *swf = NULL;

    memset(text, '1', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    swf = open_text(text);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), -1);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "log:1: longer than"));
}

/* The same lines, whole and torn in the middle. */
static void test_compressed(void)
{
    uint8_t packed[256];
    const char text[] = GOOD "\n" GOOD "\n";
    z_stream stream = {0};
    struct swf_job job;
    struct error err;
    struct swf *swf;
    size_t size;

    CU_ASSERT_EQUAL_FATAL(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (uint8_t *)(uintptr_t)text;
    stream.avail_in = sizeof(text) - 1;
    stream.next_out = packed;
    stream.avail_out = sizeof(packed);
    CU_ASSERT_EQUAL(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size = stream.total_out;
    deflateEnd(&stream);

    swf = swf_open_descriptor(make_file(packed, size), "log.gz", &err);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 1);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 1);
    CU_ASSERT_EQUAL(swf_next(swf, &job, &err), 0);
    swf_free(swf);

    swf = swf_open_descriptor(make_file(packed, size - 9), "log.gz", &err);
    while (swf_next(swf, &job, &err) == 1)
        continue;
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "log.gz: cannot be read after line"));
    swf_free(swf);
}

static void test_workload(void)
{
    const char text[] = "1 9 -1 60 4 -1 -1 8 120 -1 1 1 1 -1 -1 -1 -1 -1\n"   /* asked for 8 */
                        "2 7 -1 60 4 -1 -1 -1 -1 -1 1 1 1 -1 -1 -1 -1 -1\n"   /* no requests */
                        "3 7 -1 60 4 -1 -1 -1 50 -1 1 -1 -1 -1 -1 -1 -1 -1\n" /* over its limit */
                        "6 7 -1 9 1 -1 -1 1 2147483647 -1 1 1 1 -1 -1 -1 -1 -1\n"
                        "4 7 -1 0 4 -1 -1 4 50 -1 1 1 1 -1 -1 -1 -1 -1\n"   /* never ran */
                        "5 7 -1 9 -1 -1 -1 0 50 -1 1 1 1 -1 -1 -1 -1 -1\n"; /* nowhere */
    CLEANUP(workload_clear) struct workload workload = {0};
    CLEANUP(memory_freep) struct work *shaken = NULL;
    char path[64];
    struct error err;
    int descriptor = make_file(text, sizeof(text) - 1);

    snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptor);
    CU_ASSERT_FATAL(workload_read(&workload, path, &err));
    close(descriptor);
    CU_ASSERT_EQUAL_FATAL(workload.count, 4);
    CU_ASSERT_EQUAL(workload.left_out_idle, 2);
    CU_ASSERT_EQUAL(workload.jobs[0].number, 2);
    CU_ASSERT_EQUAL(workload.jobs[0].processors, 4);
    CU_ASSERT_EQUAL(workload.jobs[0].limit_s, 60);
    CU_ASSERT_EQUAL(workload.jobs[1].number, 3);
    CU_ASSERT_EQUAL(workload.jobs[1].run_s, 50);
    CU_ASSERT_EQUAL(workload.jobs[1].user, -1);
    CU_ASSERT_EQUAL(workload.jobs[2].limit_s, 3653 * 86400);
    CU_ASSERT_EQUAL(workload.jobs[3].number, 1);
    CU_ASSERT_EQUAL(workload.jobs[3].processors, 8);
    workload_fit(&workload, 7);
    CU_ASSERT_EQUAL(workload.count, 3);
    CU_ASSERT_EQUAL(workload.left_out_large, 1);
    shaken = workload_shake(&workload, 5, 1);
    CU_ASSERT(shaken[0].submit_s <= shaken[1].submit_s);
    for (size_t i = 0; i < workload.count; i++)
        CU_ASSERT(shaken[i].submit_s >= 2 && shaken[i].submit_s <= 12);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the fields of a line",             test_fields     },
        {"lines that are none",              test_wrong_lines},
        {"the header",                       test_header     },
        {"where it is wrong",                test_where      },
        {"a line without an end",            test_long_line  },
        {"compressed, and torn",             test_compressed },
        {"which jobs are replayed, and how", test_workload   },
        CU_TEST_INFO_NULL,
    };

    return run_suite("swf", tests);
}
