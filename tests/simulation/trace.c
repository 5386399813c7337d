/* trace.c - what happened in a simulated world, one line each; base/log.h is implemented here */

#include "tests/simulation/trace.h"

#include "base/log.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define LINE_MOST  512
#define LAST_WORDS 80 /* lines printed when the program aborts */

/* Log lines and signals come without a context. */
static struct trace *current;

static const char *const levels[LOG_LEVEL_COUNT] = {"error", "warning", "info", "debug"};

static void print_whole(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(STDERR_FILENO, text, size);

        if (done <= 0)
            return;
        text += done;
        size -= (size_t)done;
    }
}

static void on_abort(int number)
{
    signal(number, SIG_DFL);
    if (current) {
        const char *tail = trace_tail(current, LAST_WORDS);

        print_whole(tail, strlen(tail));
        print_whole(current->last_words, strlen(current->last_words));
    }
    raise(number);
}

void trace_begin(struct trace *trace, uint64_t seed)
{
    *trace = (struct trace){.who = "world", .seed = seed};
    snprintf(trace->last_words, sizeof(trace->last_words), "aborted: --seed %" PRIu64 "\n", seed);
    buffer_init(&trace->text);
    current = trace;
    signal(SIGABRT, on_abort);
    signal(SIGSEGV, on_abort);
}

void trace_end(struct trace *trace)
{
    assert(current == trace);
    current = NULL;
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    buffer_clear(&trace->text);
}

static void say(struct trace *trace, const char *who, const char *text)
{
    int64_t ms = trace->now_us / 1000;

    buffer_print(&trace->text, "%6" PRId64 ".%03" PRId64 "  %-9s ", ms / 1000, ms % 1000, who);
    buffer_add_escaped(&trace->text, text);
    buffer_add_char(&trace->text, '\n');
}

void trace_say(struct trace *trace, const char *who, const char *format, ...)
{
    char text[LINE_MOST];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    say(trace, who, text);
}

const char *trace_tail(const struct trace *trace, unsigned lines)
{
    size_t place = trace->text.length;

    while (place > 0 && lines > 0)
        if (trace->text.bytes[--place] == '\n' && place + 1 < trace->text.length)
            lines--;
    return trace->text.bytes + place + (trace->text.bytes[place] == '\n');
}

/* --- base/log.h ------------------------------------------------------------------------------- */

void log_set_level(enum log_level level)
{
    (void)level; /* the trace has all but what is for debugging */
}

bool log_level_parse(const char *text, enum log_level *ret_level, struct error *err)
{
    for (int level = 0; level < LOG_LEVEL_COUNT; level++) {
        if (strcasecmp(text, levels[level]) != 0)
            continue;
        *ret_level = (enum log_level)level;
        return true;
    }
    return fail(err, ERROR_INVALID, "'%s' is no log level", text);
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[LINE_MOST], line[LINE_MOST + 16];
    va_list arguments;

    if (!current || level > LOG_INFO)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    snprintf(line, sizeof(line), "%s%s%s", level < LOG_INFO ? levels[level] : "",
             level < LOG_INFO ? ": " : "", text);
    say(current, current->who, line);
}
