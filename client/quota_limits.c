/* quota_limits.c - which limits count for a project, and who has set them */

#include "client/quota_limits.h"

#include "client/output.h"
#include "client/text.h"
#include "proto/arena.h"

#include <stdio.h>
#include <string.h>

static void print_time(int64_t time_us)
{
    const struct cell cell = {.kind = CELL_TIME, .number = time_us};
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    output_cell(&cell, &text);
    printf(", %s", text.bytes);
}

/* "  project bio, total: cores 40, used 12, by ana, 2026-11-02T…: the new cluster" */
static void print_limit(const Wire__LimitRow *limit)
{
    printf("  %s%s", limit->scope, *limit->name ? " " : "");
    output_text(limit->name);
    printf(", %s: %s %s", limit->form, limit->what, limit->amount);
    if (*limit->used)
        printf(_(", used %s"), limit->used);
    printf(_(", by "));
    output_text(limit->configured ? _("configuration") : limit->made_by);
    if (limit->made_us)
        print_time(limit->made_us);
    if (*limit->reason) {
        printf(": ");
        output_text(limit->reason);
    }
    putchar('\n');
}

static bool is_of(const Wire__LimitRow *limit, const char *project)
{
    size_t length = strlen(project);

    return strcmp(limit->scope, "member") != 0 ||
           (strncmp(limit->name, project, length) == 0 && limit->name[length] == '/');
}

/* Those of a place; of members those of the project. */
static bool print_those_of(struct session *session, const char *scope, const char *name,
                           const char *project, size_t *count, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__LimitsAsk body = WIRE__LIMITS_ASK__INIT;

    body.scope = arena_copy(arena, scope);
    body.name = arena_copy_utf8(arena, name);
    ask.body_case = WIRE__ENVELOPE__BODY_LIMITS_ASK;
    ask.limits_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_LIMIT_TABLE, err);
    if (!answer)
        return false;
    for (size_t i = 0; i < answer->limit_table->n_rows; i++) {
        const Wire__LimitRow *limit = answer->limit_table->rows[i];

        if (!is_of(limit, project))
            continue;
        if ((*count)++ == 0)
            puts(_("limits of what may run at once; all count, the tightest wins:"));
        print_limit(limit);
    }
    return true;
}

bool quota_print_limits(struct session *session, const char *institution, const char *project,
                        struct error *err)
{
    size_t count = 0;

    if (!print_those_of(session, "network", "", project, &count, err) ||
        !print_those_of(session, "institution", institution, project, &count, err) ||
        !print_those_of(session, "project", project, project, &count, err) ||
        !print_those_of(session, "member", "", project, &count, err))
        return false;
    if (count == 0)
        puts(_("no limit of what may run at once"));
    puts(_("those of persons, qualities of service and clusters count, too: tequio limit list"));
    return true;
}
