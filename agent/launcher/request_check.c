/* request_check.c - is this datagram a request? */

#include "agent/launcher/request_check.h"

#include "agent/runtime.h"
#include "base/parse.h"

#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>

/* --- single fields -------------------------------------------------------------------------- */

static bool check_text(const char *text, size_t size, const char *what, struct error *err)
{
    if (memchr(text, '\0', size))
        return true;
    return fail(err, ERROR_INVALID, "%s does not end within %zu bytes", what, size);
}

/* One number of a cpu list; NULL when there is none. */
static const char *read_number(const char *text, size_t *ret_number)
{
    size_t number = 0;

    if (*text < '0' || *text > '9')
        return NULL;
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (size_t)(*text - '0');
        if (number >= REQUEST_CPU_LIMIT)
            return NULL;
    }
    *ret_number = number;
    return text;
}

bool cpu_list_parse(const char *text, cpu_set_t *ret_set, struct error *err)
{
    const char *at = text;
    char shown[TEXT_SHOWN_SIZE];

    if (ret_set)
        CPU_ZERO_S(CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT), ret_set);
    for (;; at++) {
        size_t first = 0, last;

        at = read_number(at, &first);
        last = first;
        if (at && *at == '-')
            at = read_number(at + 1, &last);
        if (!at || last < first || (*at != ',' && *at != '\0'))
            break;
        for (size_t cpu = first; ret_set && cpu <= last; cpu++)
            CPU_SET_S(cpu, CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT), ret_set);
        if (*at == '\0')
            return true;
    }
    return fail(err, ERROR_INVALID, "%s is no list of numbers below %d, such as 0-3,8",
                text_show(text, shown), REQUEST_CPU_LIMIT);
}

static bool check_list(const char *text, size_t size, const char *what, struct error *err)
{
    if (!check_text(text, size, what, err))
        return false;
    return *text == '\0' || cpu_list_parse(text, NULL, err) || fail_in(err, "%s", what);
}

static bool check_signal(uint32_t number, struct error *err)
{
    if (number <= (uint32_t)SIGRTMAX)
        return true;
    return fail(err, ERROR_INVALID, "no signal %" PRIu32, number);
}

static bool check_flag(uint32_t flag, const char *what, struct error *err)
{
    if (flag <= 1)
        return true;
    return fail(err, ERROR_INVALID, "%s is 0 or 1, not %" PRIu32, what, flag);
}

static bool check_count(uint32_t count, uint32_t least, uint32_t most, const char *what,
                        struct error *err)
{
    if (count >= least && count <= most)
        return true;
    return fail(err, ERROR_INVALID, "%" PRIu32 " %s, not %" PRIu32 " to %" PRIu32, count, what,
                least, most);
}

static bool check_duration(int64_t duration_us, const char *what, struct error *err)
{
    if (duration_us >= 0 && (duration_us <= PARSE_DURATION_MAX_US || duration_us == INT64_MAX))
        return true;
    return fail(err, ERROR_INVALID, "%s of %" PRId64 " us is out of range", what, duration_us);
}

/* --- whole requests ---------------------------------------------------------------------------- */

static bool check_nothing(const union request *request, struct error *err)
{
    (void)request;
    (void)err;
    return true;
}

static bool check_make_part(const union request *request, struct error *err)
{
    const struct request_make_part *make = &request->make_part;

    return check_text(make->user, sizeof(make->user), "user", err) &&
           check_text(make->node, sizeof(make->node), "node", err) &&
           parse_name(make->user, "user", sizeof(make->user) - 1, err) &&
           (make->node[0] == '\0' || parse_name(make->node, "node", sizeof(make->node) - 1, err)) &&
           check_list(make->cpus, sizeof(make->cpus), "cpus", err) &&
           check_list(make->memory_nodes, sizeof(make->memory_nodes), "memory nodes", err) &&
           check_count(make->denied_count, 0, REQUEST_DEVICES_MAX, "denied devices", err) &&
           (make->memory_bytes <= INT64_MAX ||
            fail(err, ERROR_INVALID, "%" PRIu64 " bytes of memory", make->memory_bytes));
}

static bool check_terminal(const struct request_start *start, struct error *err)
{
    if (start->terminal && start->script_size > 0)
        return fail(err, ERROR_INVALID, "a batch script has no terminal");
    return check_flag(start->terminal, "terminal", err);
}

static bool check_start(const union request *request, struct error *err)
{
    const struct request_start *start = &request->start;

    if (!check_count(start->tasks, 1, REQUEST_TASKS_MAX, "tasks", err) ||
        !check_count(start->first_task, 0, INT32_MAX - REQUEST_TASKS_MAX, "as first task", err) ||
        !check_count(start->argument_count, start->script_size == 0, REQUEST_WORDS_MAX, "arguments",
                     err) ||
        !check_count(start->environment_count, 0, REQUEST_WORDS_MAX, "variables", err) ||
        !check_count(start->script_size, 0, REQUEST_TEXT_MAX, "bytes of script", err))
        return false;
    if (start->script_size > 0 && start->tasks != 1)
        return fail(err, ERROR_INVALID, "a batch script is one task, not %" PRIu32, start->tasks);
    if (start->words_before > (start->script_size > 0 ? start->argument_count : 0))
        return fail(err, ERROR_INVALID,
                    "%" PRIu32 " words before the script's interpreter, of %" PRIu32,
                    start->words_before, start->script_size > 0 ? start->argument_count : 0);
    if (step_is_hook(start->head.step) && (start->tasks != 1 || start->script_size > 0))
        return fail(err, ERROR_INVALID, "a prolog or epilog is one task without a script");
    return check_signal(start->warning_signal, err) &&
           check_duration(start->limit_us, "limit", err) &&
           check_duration(start->warning_us, "warning", err) &&
           check_duration(start->kill_wait_us, "kill wait", err) &&
           check_flag(start->append, "append", err) &&
           check_flag(start->kill_on_failure, "kill_on_failure", err) &&
           check_flag(start->warning_batch_only, "warning_batch_only", err) &&
           check_flag(start->per_task_cpus, "per_task_cpus", err) &&
           check_flag(start->per_task_memory, "per_task_memory", err) &&
           check_flag(start->per_task_ranks, "per_task_ranks", err) &&
           check_flag(start->memory_preferred, "memory_preferred", err) &&
           check_flag(start->tell_binding, "tell_binding", err) &&
           check_flag(start->tasks_alone, "tasks_alone", err) && check_terminal(start, err);
}

static bool check_signal_request(const union request *request, struct error *err)
{
    uint32_t number = request->signal.signal;

    return (number == SIGNAL_FREEZE || number == SIGNAL_THAW || check_signal(number, err)) &&
           check_flag(request->signal.batch_only, "batch_only", err);
}

static bool check_read(const union request *request, struct error *err)
{
    if (request->read.offset > INT64_MAX)
        return fail(err, ERROR_INVALID, "offset %" PRIu64, request->read.offset);
    return check_count(request->read.most, 1, REQUEST_READ_MAX, "bytes to read", err) &&
           check_flag(request->read.error_stream, "error_stream", err);
}

static bool check_read_file(const union request *request, struct error *err)
{
    const struct request_read_file *file = &request->read_file;

    return check_read(request, err) && check_text(file->user, sizeof(file->user), "user", err) &&
           parse_name(file->user, "user", sizeof(file->user) - 1, err) &&
           check_text(file->path, sizeof(file->path), "path", err) &&
           (file->path[0] == '/' || fail(err, ERROR_INVALID, "the path is not absolute"));
}

static bool check_input(const union request *request, struct error *err)
{
    const struct request_input *input = &request->input;

    if (input->offset > INT64_MAX)
        return fail(err, ERROR_INVALID, "offset %" PRIu64, input->offset);
    return check_count(input->size, 0, REQUEST_INPUT_MAX, "bytes of input", err);
}

static const struct {
    size_t size;
    bool (*check)(const union request *request, struct error *err);
} kinds[REQUEST_KIND_COUNT] = {
    [REQUEST_MAKE_PART] = {sizeof(struct request_make_part), check_make_part     },
    [REQUEST_START] = {sizeof(struct request_start),     check_start         },
    [REQUEST_SIGNAL] = {sizeof(struct request_signal),    check_signal_request},
    [REQUEST_READ] = {sizeof(struct request_read),      check_read          },
    [REQUEST_REMOVE_PART] = {sizeof(struct request_head),      check_nothing       },
    [REQUEST_HELLO] = {sizeof(struct request_head),      check_nothing       },
    [REQUEST_FORGET] = {sizeof(struct request_head),      check_nothing       },
    [REQUEST_READ_FILE] = {sizeof(struct request_read_file), check_read_file     },
    [REQUEST_INPUT] = {sizeof(struct request_input),     check_input         },
};

bool request_check(const union request *request, size_t size, struct error *err)
{
    const struct request_head *head = &request->head;

    if (size < sizeof(*head) || head->magic != REQUEST_MAGIC)
        return fail(err, ERROR_INVALID, "not a request: %zu bytes", size);
    if (head->kind >= REQUEST_KIND_COUNT || !kinds[head->kind].check)
        return fail(err, ERROR_INVALID, "no request of kind %" PRIu32, head->kind);
    if (size != kinds[head->kind].size)
        return fail(err, ERROR_INVALID, "request of kind %" PRIu32 " has %zu bytes, not %zu",
                    head->kind, size, kinds[head->kind].size);
    return kinds[head->kind].check(request, err);
}
