/* reads.c - who looked at what others did */

#include "scheduler/reads.h"

#include "base/parse.h"
#include "scheduler/filter.h"
#include "scheduler/service_inside.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Different lines of one reader's day; whoever asks beyond that is noted as having asked for all that they
 * may see.  Nobody's asking uses up what others may ask. */
#define LINES_MOST 1000

struct reads {
    struct table *noted;  /* today's, by line and reader; a line is its own value */
    struct table *counts; /* of each reader's */
    int64_t day;
};

struct reads *reads_new(void)
{
    struct reads *reads = NEW(struct reads);

    reads->noted = table_new();
    reads->counts = table_new();
    return reads;
}

void reads_free(struct reads *reads)
{
    if (!reads)
        return;
    table_free(reads->noted);
    table_free(reads->counts);
    free(reads);
}

static void turn_day(struct reads *reads, int64_t now_us)
{
    if (now_us / US_PER_DAY == reads->day)
        return;
    table_free(reads->noted);
    table_free(reads->counts);
    reads->noted = table_new();
    reads->counts = table_new();
    reads->day = now_us / US_PER_DAY;
}

static bool is_given(const char *text)
{
    return text && *text;
}

static const char *given(const char *text)
{
    return is_given(text) ? text : "-";
}

static bool covers(const char *wanted, const char *name)
{
    return is_or_any(wanted ? wanted : "", name);
}

/* There is no such person, project or institution, so nothing of anybody was seen. */
static bool is_nobody(const struct service *service, const struct read_of *of)
{
    return (is_given(of->user) && !people_find(service->people, of->user, false)) ||
           (is_given(of->project) &&
            !ledger_institution_of(core_ledger(service->core), of->project)) ||
           (is_given(of->institution) && !has_institution(service, of->institution));
}

static size_t count_of(const struct reads *reads, const char *reader)
{
    return (size_t)(uintptr_t)table_get(reads->counts, reader, strlen(reader));
}

static void note_line(struct service *service, const char *reader, const char *what,
                      const struct read_of *of, const char *cluster)
{
    struct reads *reads = service->reads;
    CLEANUP(buffer_clear) struct buffer line;

    buffer_init(&line);
    buffer_print(&line, "%s user=%s project=%s institution=%s cluster=%s reader=%s", what,
                 given(of->user), given(of->project), given(of->institution), given(cluster),
                 reader);
    if (table_put(reads->noted, line.bytes, line.length, reads))
        return;
    table_put(reads->counts, reader, strlen(reader),
              (void *)(uintptr_t)(count_of(reads, reader) + 1));
    *strrchr(line.bytes, ' ') = '\0'; /* who it is stands in the line of the log */
    audit(service, reader, READ_ACT, "%s", line.bytes);
}

/* Of what is asked for the part that a manager, a cluster's administrator or a project's manager sees. */
static void note_parts(struct service *service, const struct scope *scope, const char *what,
                       const struct read_of *of)
{
    if (scope->institution && covers(of->institution, scope->institution))
        note_line(service, scope->user, what,
                  &(struct read_of){of->user, of->project, scope->institution}, NULL);
    if (scope->cluster)
        note_line(service, scope->user, what, of, scope->cluster);
    for (size_t i = 0; scope->projects[i]; i++)
        if (covers(of->project, scope->projects[i]))
            note_line(service, scope->user, what,
                      &(struct read_of){of->user, scope->projects[i], of->institution}, NULL);
}

void reads_note(struct service *service, const struct scope *scope, const char *what,
                const struct read_of *of)
{
    static const struct read_of any = {NULL, NULL, NULL};

    if ((of->user && strcmp(of->user, scope->user) == 0) || is_nobody(service, of))
        return;
    turn_day(service->reads, service->now_us);
    if (count_of(service->reads, scope->user) >= LINES_MOST)
        of = &any;
    if (scope->all)
        note_line(service, scope->user, what, of, NULL);
    else
        note_parts(service, scope, what, of);
}

void reads_note_job(struct service *service, const struct ask *ask, const char *what,
                    const struct read_of *of)
{
    CLEANUP(arena_freep) struct arena *arena = NULL;
    struct scope scope;

    if (strcmp(of->user, ask->principal->name) == 0)
        return;
    arena = arena_new();
    scope = scope_of(service->people, ask->principal, arena);
    reads_note(service, &scope, what, of);
}

bool read_line_parse(const char *text, struct read_line *ret_line)
{
    struct read_line *line = ret_line;

    static_assert(READ_NAME == 65, "the widths below");
    return sscanf(text, "%15s user=%64s project=%64s institution=%64s cluster=%64s", line->what,
                  line->user, line->project, line->institution, line->cluster) == 5;
}

static bool is_any(const char *part)
{
    return strcmp(part, "-") == 0;
}

bool read_concerns(const struct read_line *line, const char *user, const char *const *places)
{
    if (!is_any(line->user))
        return strcmp(line->user, user) == 0;
    if (is_any(line->project) && is_any(line->institution))
        return true;
    for (size_t i = 0; places[i]; i += 2)
        if ((is_any(line->project) || strcmp(line->project, places[i]) == 0) &&
            (is_any(line->institution) || strcmp(line->institution, places[i + 1]) == 0))
            return true;
    return false;
}
