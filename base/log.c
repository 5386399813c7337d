/* log.c - one line for one event, on standard error */

#include "base/log.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MOST = 4096 };

static const struct {
    enum log_level level;
    const char *name;
    int priority; /* of syslog, as systemd's journal reads it */
} levels[] = {
    {LOG_ERROR,   "error",   3},
    {LOG_WARNING, "warning", 4},
    {LOG_INFO,    "info",    6},
    {LOG_DEBUG,   "debug",   7},
};
static_assert(COUNT_OF(levels) == LOG_LEVEL_COUNT, "one row for each level, in their order");

/* The one exception to "no variable of a file": passing a log to everything
 * that may log would say nothing more. */
static atomic_int level_most = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&level_most, (int)level);
}

bool log_level_parse(const char *text, enum log_level *ret_level, struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        if (strcmp(levels[i].name, text) == 0) {
            *ret_level = levels[i].level;
            return true;
        }
    }
    return fail(err, ERROR_INVALID, "'%s' is no log level: error, warning, info or debug", text);
}

/* Whether standard error still is the stream that systemd named when it started
 * us; a child's may have been sent to a file. */
static bool goes_to_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char ours[64];
    struct stat status;

    if (!stream || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, ours) == 0;
}

static void add_time(struct buffer *line)
{
    struct timespec now;
    struct tm parts;
    char text[32];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
    buffer_print(line, "%s.%03dZ", text, (int)(now.tv_nsec / 1000000));
}

/* Not in the middle of a character. */
static size_t cut(const struct buffer *line, size_t most)
{
    size_t length = line->length;

    if (length > most) {
        length = most;
        while (length > 0 && ((unsigned char)line->bytes[length] & 0xc0) == 0x80)
            length--;
    }
    return length;
}

void log_line(enum log_level level, const char *format, ...)
{
    int errno_before = errno;
    CLEANUP(buffer_clear) struct buffer line = {0};
    char text[LINE_MOST];
    va_list arguments;

    if ((int)level > atomic_load(&level_most))
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);

    buffer_init(&line);
    if (goes_to_journal()) {
        buffer_print(&line, "<%d>", levels[level].priority);
    } else {
        add_time(&line);
        buffer_print(&line, " %s ", levels[level].name);
    }
    buffer_add_escaped(&line, text);
    line.length = cut(&line, LINE_MOST - 1);
    buffer_add_char(&line, '\n');

    /* One write, so that lines of several threads or processes do not mix.  If
     * nobody takes it there is nowhere left to say so. */
    while (write(STDERR_FILENO, line.bytes, line.length) < 0 && errno == EINTR)
        ;
    errno = errno_before;
}
