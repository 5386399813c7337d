/* test_log.c - the form of a line, its limit, and what is left out */

#include "base/log.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Standard error goes to a file while a test logs. */
struct capture {
    char *path;
    int before;
};

static struct capture capture_start(void)
{
    struct capture capture = {.path = scratch_path("stderr"), .before = dup(STDERR_FILENO)};
    int file = open(capture.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    dup2(file, STDERR_FILENO);
    close(file);
    return capture;
}

static void capture_end(struct capture *capture, struct buffer *lines)
{
    struct error err;

    dup2(capture->before, STDERR_FILENO);
    close(capture->before);
    if (!file_read(capture->path, 1 << 20, lines, &err))
        CU_FAIL("the captured log cannot be read");
    free(capture->path);
}

/* "2026-11-01T10:00:00.123Z " with any digits. */
static bool starts_with_time(const char *line)
{
    const char *form = "dddd-dd-ddTdd:dd:dd.dddZ ";

    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' ? line[i] < '0' || line[i] > '9' : line[i] != form[i])
            return false;
    return true;
}

static void test_a_line(void)
{
    CLEANUP(buffer_clear) struct buffer lines;
    struct capture capture;

    buffer_init(&lines);
    capture = capture_start();
    log_info("job=%d node=%s started", 17, "n3");
    capture_end(&capture, &lines);
    CU_ASSERT_TRUE(starts_with_time(lines.bytes));
    CU_ASSERT_STRING_EQUAL(lines.bytes + 25, "info job=17 node=n3 started\n");
}

static void test_levels_below_are_left_out(void)
{
    CLEANUP(buffer_clear) struct buffer lines;
    struct capture capture;

    buffer_init(&lines);
    capture = capture_start();
    log_set_level(LOG_WARNING);
    log_debug("no");
    log_info("no");
    log_warning("one");
    log_set_level(LOG_DEBUG);
    log_debug("two");
    log_set_level(LOG_ERROR);
    log_warning("no");
    log_error("three");
    log_set_level(LOG_INFO);
    log_debug("no");
    capture_end(&capture, &lines);
    CU_ASSERT_PTR_NULL(strstr(lines.bytes, "no"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.bytes, " warning one\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.bytes, " debug two\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.bytes, " error three\n"));
}

static void test_one_event_is_one_line(void)
{
    CLEANUP(buffer_clear) struct buffer lines;
    struct capture capture;

    buffer_init(&lines);
    capture = capture_start();
    log_info("name=%s", "x\n2026-01-01T00:00:00.000Z error forged\x1b[2J");
    capture_end(&capture, &lines);
    CU_ASSERT_EQUAL(strcspn(lines.bytes, "\n"), lines.length - 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.bytes, "name=x\\x0a2026"));
    CU_ASSERT_PTR_NOT_NULL(strstr(lines.bytes, "\\x1b[2J"));
}

static void test_lines_end_at_4_kib(void)
{
    CLEANUP(buffer_clear) struct buffer lines;
    CLEANUP(buffer_clear) struct buffer text;
    struct capture capture;

    buffer_init(&lines);
    buffer_init(&text);
    buffer_add_text(&text, "xx");
    while (text.length < 10000)
        buffer_add_text(&text, "\xc3\xa1"); /* two bytes each, so a cut may fall inside */
    capture = capture_start();
    log_info("%s", text.bytes);
    log_info("x%s", text.bytes);
    capture_end(&capture, &lines);

    size_t first = strcspn(lines.bytes, "\n");

    CU_ASSERT(first > 4080 && first <= 4095);
    CU_ASSERT(lines.length - first - 1 <= 4096);
    CU_ASSERT_EQUAL((unsigned char)lines.bytes[first - 1], 0xa1);
    CU_ASSERT_EQUAL((unsigned char)lines.bytes[lines.length - 2], 0xa1);
}

static void test_the_journal_gets_its_own_prefix(void)
{
    CLEANUP(buffer_clear) struct buffer lines;
    struct capture capture;
    struct stat status;
    char stream[64];

    buffer_init(&lines);
    capture = capture_start();
    fstat(STDERR_FILENO, &status);
    snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_info("ready");
    log_error("bad");
    setenv("JOURNAL_STREAM", "1:1", 1); /* standard error is not what systemd gave us */
    log_info("elsewhere");
    unsetenv("JOURNAL_STREAM");
    capture_end(&capture, &lines);
    CU_ASSERT_EQUAL(strncmp(lines.bytes, "<6>ready\n<3>bad\n", 16), 0);
    CU_ASSERT_TRUE(starts_with_time(lines.bytes + 16));
}

static void test_errno_stays(void)
{
    struct capture capture = capture_start();
    CLEANUP(buffer_clear) struct buffer lines;

    buffer_init(&lines);
    errno = EBADF;
    log_info("something");
    CU_ASSERT_EQUAL(errno, EBADF);
    capture_end(&capture, &lines);
}

static void test_level_names(void)
{
    static const char *names[] = {"error", "warning", "info", "debug"};
    enum log_level level;
    struct error err;

    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        CU_ASSERT_TRUE(log_level_parse(names[i], &level, &err));
        CU_ASSERT_EQUAL(level, (enum log_level)i);
    }
    level = LOG_DEBUG;
    CU_ASSERT_FALSE(log_level_parse("loud", &level, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_STRING_EQUAL(err.text, "'loud' is no log level: error, warning, info or debug");
    CU_ASSERT_EQUAL(level, LOG_DEBUG);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a line",                          test_a_line                         },
        {"levels below are left out",       test_levels_below_are_left_out      },
        {"one event is one line",           test_one_event_is_one_line          },
        {"lines end at 4 KiB",              test_lines_end_at_4_kib             },
        {"the journal gets its own prefix", test_the_journal_gets_its_own_prefix},
        {"errno stays",                     test_errno_stays                    },
        {"level names",                     test_level_names                    },
        CU_TEST_INFO_NULL,
    };

    unsetenv("JOURNAL_STREAM");
    return run_suite("log", tests);
}
