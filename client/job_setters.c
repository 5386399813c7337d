/* job_setters.c - how job_options.c reads what is not a plain text, flag or number */

#include "client/job_setters.h"

#include "base/clock.h"
#include "base/parse.h"
#include "client/dependency.h"
#include "client/text.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MEGABYTE (UINT64_C(1) << 20)

enum { WARNING_DEFAULT_S = 60, WARNING_MOST_S = 65535, NICE_MOST = 2147483645, NICE_DEFAULT = 100 };

bool set_count(void *place, const char *text, struct error *err)
{
    return parse_u32(text, 1, INT32_MAX, place, err);
}

bool set_copies(void *place, const char *text, struct error *err)
{
    return parse_u32(text, 1, JOB_COPIES_MAX, place, err);
}

/* "4" or "2-4". */
bool set_nodes(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    const char *dash = strchr(text, '-');
    char least_text[16];
    uint32_t least, most;

    if (!dash || dash == text || (size_t)(dash - text) >= sizeof(least_text)) {
        if (!set_count(&least, text, err))
            return false;
        most = least;
    } else {
        memcpy(least_text, text, (size_t)(dash - text));
        least_text[dash - text] = '\0';
        if (!set_count(&least, least_text, err) || !set_count(&most, dash + 1, err))
            return false;
    }
    if (least > most)
        return fail(err, ERROR_INVALID, _("%s runs backwards"), text);
    request->nodes_least = least;
    request->nodes_most = most;
    return true;
}

bool set_tasks_alias(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    request->tasks_is_per_node = true;
    return set_count(&request->tasks_per_node, text, err);
}

/* The later of --mem and --mem-per-cpu counts. */
bool set_memory(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    uint64_t bytes;

    if (!parse_size(text, MEGABYTE, &bytes, err))
        return false;
    request->memory_per_node = bytes;
    request->memory_per_cpu = 0;
    request->whole_memory = bytes == 0;
    return true;
}

bool set_memory_per_cpu(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    uint64_t bytes;

    if (!parse_size(text, MEGABYTE, &bytes, err))
        return false;
    if (bytes == 0)
        return fail(err, ERROR_INVALID, _("a core needs some memory"));
    request->memory_per_cpu = bytes;
    request->memory_per_node = 0;
    request->whole_memory = false;
    return true;
}

bool set_mpi(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (strncasecmp(text, "pmix", 4) != 0 && strcasecmp(text, "none") != 0)
        return fail(err, ERROR_INVALID, _("write pmix or none, not %s"), text);
    request->pmix = strcasecmp(text, "none") != 0;
    return true;
}

bool set_exclusive(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (text && strcasecmp(text, "user") != 0 && strcasecmp(text, "mcs") != 0)
        return fail(err, ERROR_INVALID, _("%s is no kind of exclusive use: write --exclusive"),
                    text);
    request->exclusive = true; /* whole nodes are exclusive to the user, too */
    return true;
}

bool set_begin(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return parse_time(text, clock_wall_us(&clock_real), &request->begin_us, err);
}

bool set_deadline(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return parse_time(text, clock_wall_us(&clock_real), &request->deadline_us, err);
}

bool set_nice(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    bool negative = text && *text == '-';
    uint32_t size = NICE_DEFAULT;

    if (text && !parse_u32(text + negative, 0, NICE_MOST, &size, err))
        return false;
    request->nice = negative ? -(int32_t)size : (int32_t)size;
    return true;
}

/* "[B:]SIGNAL[@SECONDS]" */
bool set_signal(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    uint32_t seconds = WARNING_DEFAULT_S;
    bool batch_only = strncasecmp(text, "B:", 2) == 0;
    const char *name = batch_only ? text + 2 : text;
    const char *at = strchr(name, '@');
    char signal_text[16] = {0};
    size_t length = at ? (size_t)(at - name) : strlen(name);
    int number;

    if (strncasecmp(text, "R:", 2) == 0 || strncasecmp(text, "BR:", 3) == 0)
        return fail(err, ERROR_INVALID, _("R: no job overlaps a reservation: leave it out"));
    if (length >= sizeof(signal_text))
        length = sizeof(signal_text) - 1;
    memcpy(signal_text, name, length);
    if (!parse_signal(signal_text, &number, err))
        return false;
    if (at && !parse_u32(at + 1, 0, WARNING_MOST_S, &seconds, err))
        return false;
    request->warning_signal = (uint32_t)number;
    request->warning_us = (int64_t)seconds * US_PER_SECOND;
    request->warning_batch_only = batch_only;
    return true;
}

bool set_hold(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    (void)text;
    (void)err;
    request->hold = true;
    return true;
}

bool set_requeue(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    (void)text;
    (void)err;
    request->requeue = true;
    request->no_requeue = false;
    return true;
}

bool set_no_requeue(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    (void)text;
    (void)err;
    request->requeue = false;
    request->no_requeue = true;
    return true;
}

bool set_open_mode(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (strcasecmp(text, "append") != 0 && strcasecmp(text, "truncate") != 0)
        return fail(err, ERROR_INVALID, _("write append or truncate, not %s"), text);
    request->append = strcasecmp(text, "append") == 0;
    return true;
}

bool set_kill_on_failure(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    uint32_t kill = 1;

    if (text && !parse_u32(text, 0, 1, &kill, err))
        return false;
    request->keep_on_failure = kill == 0;
    return true;
}

/* Read twice: here for the place of a mistake, in job_spec.c for what it says. */
bool set_dependency(void *place, const char *text, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    Wire__JobSpec ignored = WIRE__JOB_SPEC__INIT;
    struct job_request *request = place;

    request->dependency = text;
    return dependency_read(text, arena, &ignored, err);
}

bool set_kill_on_dependency(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (strcasecmp(text, "yes") != 0 && strcasecmp(text, "no") != 0)
        return fail(err, ERROR_INVALID, _("write yes or no, not %s"), text);
    request->dependency_keep = strcasecmp(text, "no") == 0;
    return true;
}

bool set_ignored(void *place, const char *text, struct error *err)
{
    (void)text;
    (void)err;
    *(bool *)place = true;
    return true;
}

bool set_refused(void *place, const char *text, struct error *err)
{
    (void)place;
    (void)text;
    return fail(err, ERROR_INVALID,
                _("not offered by this version, and it would change what runs: leave it out"));
}
