/* cmd_reservation.c - tequio reservation: nodes kept for a time, for people or for maintenance */

#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <stddef.h>
#include <string.h>

#define FORMAT_STANDARD "name,state,start,end,repeat,for,cluster,count,nodes"

struct arguments {
    const char *cluster;
    const char *partition;
    const char *nodes;
    const char *users;
    const char *projects;
    const char *institutions;
    const char *reason;
    const char *repeat;
    uint32_t count;
    int64_t start_us;
    int64_t end_us;
    int64_t duration_us;
    bool maintenance;
    struct output_options output;
};

static const struct option_rule options[] = {
    OPTION_TEXT('M', "clusters", "NAME", struct arguments, cluster,
                N_("of this cluster; not needed where there is one")),
    OPTION_TEXT('w', "nodes", "NODES", struct arguments, nodes, N_("keep these nodes")),
    OPTION_TEXT('p', "partition", "NAME", struct arguments, partition,
                N_("keep nodes of this partition: all, or --count")),
    OPTION_U32('N', "count", "N", struct arguments, count,
               N_("keep so many nodes that nobody has then")),
    OPTION_WITH('S', "start", "WHEN", struct arguments, start_us, set_time,
                N_("from then on: now, 18:00, 2026-11-01T08:00")),
    OPTION_WITH('E', "end", "WHEN", struct arguments, end_us, set_time, N_("until then")),
    OPTION_DURATION('d', "duration", "TIME", struct arguments, duration_us,
                    N_("for so long: M, H:M:S, D-H:M:S, 90s, 1h30m")),
    OPTION_TEXT(0, "repeat", "daily|weekly", struct arguments, repeat,
                N_("each day or week at the same time of UTC; once: not again")),
    OPTION_FLAG(0, "maintenance", struct arguments, maintenance,
                N_("for nobody's jobs; what runs then is not harmed")),
    OPTION_TEXT('u', "users", "NAMES", struct arguments, users, N_("for these people's jobs")),
    OPTION_TEXT('A', "accounts", "NAMES", struct arguments, projects,
                N_("for the jobs of these projects")),
    OPTION_TEXT(0, "institutions", "NAMES", struct arguments, institutions,
                N_("for the jobs of these institutions")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for all to see")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

static const char *const repeats[] = {"once", "daily", "weekly"};

/* --- shown ----------------------------------------------------------------------------------- */

CELL_OF_TEXT(name, Wire__ReservationView, name)
CELL_OF_TEXT(cluster, Wire__ReservationView, cluster)
CELL_OF_TEXT(nodes, Wire__ReservationView, nodes)
CELL_OF_TEXT(users, Wire__ReservationView, users)
CELL_OF_TEXT(projects, Wire__ReservationView, projects)
CELL_OF_TEXT(institutions, Wire__ReservationView, institutions)
CELL_OF_TEXT(reason, Wire__ReservationView, reason)
CELL_OF_TEXT(by, Wire__ReservationView, made_by)
CELL_OF(count, Wire__ReservationView, CELL_NUMBER, node_count)
CELL_OF(maintenance, Wire__ReservationView, CELL_FLAG, maintenance)
CELL_OF_OPTIONAL(from, Wire__ReservationView, CELL_TIME, from_us)
CELL_OF_OPTIONAL(until, Wire__ReservationView, CELL_TIME, until_us)
CELL_OF_OPTIONAL(first, Wire__ReservationView, CELL_TIME, start_us)
CELL_OF_OPTIONAL(made, Wire__ReservationView, CELL_TIME, made_us)

static void cell_state(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ReservationView *view = row;

    (void)scratch;
    cell_set_text(cell, view->state);
    cell->tone = strcmp(view->state, "active") == 0 ? TONE_GOOD : TONE_WAIT;
}

static void cell_repeat(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ReservationView *view = row;

    (void)scratch;
    cell_set_text(cell, (size_t)view->repeat < COUNT_OF(repeats) ? repeats[view->repeat] : "?");
}

/* "maintenance", or all who are served, as one list. */
static void cell_for(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__ReservationView *view = row;
    const char *const lists[] = {view->users, view->projects, view->institutions};

    for (size_t i = 0; i < COUNT_OF(lists); i++)
        if (*lists[i])
            buffer_print(scratch, "%s%s", scratch->length ? "," : "", lists[i]);
    cell_set_text(cell, view->maintenance ? "maintenance" : scratch->bytes);
}

static const struct column columns[] = {
    {"name",         NULL,        "NAME",         0, 0,            cell_name        },
    {"state",        NULL,        "STATE",        0, 0,            cell_state       },
    {"start",        "starttime", "START",        0, 0,            cell_from        },
    {"end",          "endtime",   "END",          0, 0,            cell_until       },
    {"repeat",       NULL,        "REPEAT",       0, 0,            cell_repeat      },
    {"for",          NULL,        "FOR",          0, COLUMN_CUT,   cell_for         },
    {"cluster",      NULL,        "CLUSTER",      0, COLUMN_CUT,   cell_cluster     },
    {"count",        "nodecnt",   "COUNT",        0, COLUMN_RIGHT, cell_count       },
    {"nodes",        "nodelist",  "NODES",        0, COLUMN_CUT,   cell_nodes       },
    {"first",        NULL,        "FIRST",        0, 0,            cell_first       },
    {"maintenance",  NULL,        "MAINTENANCE",  0, 0,            cell_maintenance },
    {"users",        NULL,        "USERS",        0, COLUMN_CUT,   cell_users       },
    {"accounts",     NULL,        "ACCOUNTS",     0, COLUMN_CUT,   cell_projects    },
    {"institutions", NULL,        "INSTITUTIONS", 0, COLUMN_CUT,   cell_institutions},
    {"reason",       NULL,        "REASON",       0, COLUMN_CUT,   cell_reason      },
    {"by",           NULL,        "BY",           0, COLUMN_CUT,   cell_by          },
    {"set",          NULL,        "SET",          0, 0,            cell_made        },
    {NULL,           NULL,        NULL,           0, 0,            NULL             },
};

static Wire__Envelope *ask_table(struct session *session, const char *name, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReservationAsk body = WIRE__RESERVATION_ASK__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    body.name = arena_copy_utf8(arena, name);
    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_ASK;
    ask.reservation_ask = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_RESERVATION_TABLE, err);
}

static bool show(struct session *session, const struct arguments *arguments, const char *name,
                 struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = ask_table(session, name, err);
    struct output output = {.columns = columns, .standard = FORMAT_STANDARD};

    if (!answer)
        return false;
    output.rows = (const void *const *)answer->reservation_table->rows;
    output.count = answer->reservation_table->n_rows;
    return output_print(&output, &arguments->output, err);
}

/* --- made, changed, removed ------------------------------------------------------------------- */

static void set_text(char **place, const char *text, struct arena *arena)
{
    if (text)
        *place = arena_copy_utf8(arena, text);
}

static bool fill_repeat(const struct arguments *arguments, Wire__ReservationSet *body,
                        struct error *err)
{
    if (!arguments->repeat)
        return true;
    for (size_t i = 0; i < COUNT_OF(repeats); i++) {
        if (strcmp(arguments->repeat, repeats[i]) != 0)
            continue;
        body->repeat = (Wire__ReservationRepeat)i;
        return true;
    }
    return fail(err, ERROR_INVALID, _("--repeat %s: write once, daily or weekly"),
                arguments->repeat);
}

/* Another start moves the end, unless that is given too. */
static bool fill_times(const struct arguments *arguments, Wire__ReservationSet *body,
                       struct error *err)
{
    int64_t length_us = body->end_us - body->start_us;

    if (arguments->end_us && arguments->duration_us)
        return fail(err, ERROR_INVALID, _("--end and --duration exclude each other: give one"));
    if (arguments->start_us)
        body->start_us = arguments->start_us;
    if (arguments->end_us)
        body->end_us = arguments->end_us;
    else
        body->end_us =
            body->start_us + (arguments->duration_us ? arguments->duration_us : length_us);
    if (body->start_us && body->end_us > body->start_us)
        return true;
    return fail(err, ERROR_INVALID,
                _("say from when and for how long: --start WHEN --duration "
                  "TIME"));
}

/* What is given, over what stands there. */
static bool fill(const struct arguments *arguments, struct arena *arena, Wire__ReservationSet *body,
                 struct error *err)
{
    bool chosen = arguments->partition || arguments->count > 0;

    if (arguments->nodes && chosen)
        return fail(err, ERROR_INVALID, _("--nodes says which: leave out --partition and --count"));
    if (body->create && !arguments->nodes && !chosen)
        return fail(err, ERROR_INVALID, _("which nodes? Give --nodes, --count or --partition"));
    if (chosen)
        body->nodes = (char *)"";
    set_text(&body->nodes, arguments->nodes, arena);
    set_text(&body->partition, arguments->partition, arena);
    set_text(&body->cluster, arguments->cluster, arena);
    set_text(&body->users, arguments->users, arena);
    set_text(&body->projects, arguments->projects, arena);
    set_text(&body->institutions, arguments->institutions, arena);
    set_text(&body->reason, arguments->reason, arena);
    body->node_count = arguments->count;
    body->maintenance |= arguments->maintenance;
    return fill_repeat(arguments, body, err) && fill_times(arguments, body, err);
}

static bool send_set(struct session *session, Wire__ReservationSet *body, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint8_t key[SESSION_KEY_SIZE];

    body->key = session_new_key(key);
    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_SET;
    ask.reservation_set = body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

static bool create(struct session *session, const struct arguments *arguments, const char *name,
                   struct error *err)
{
    Wire__ReservationSet body = WIRE__RESERVATION_SET__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();

    body.create = true;
    body.name = arena_copy_utf8(arena, name);
    return fill(arguments, arena, &body, err) && send_set(session, &body, err);
}

static bool update(struct session *session, const struct arguments *arguments, const char *name,
                   struct error *err)
{
    Wire__ReservationSet body = WIRE__RESERVATION_SET__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *answer = ask_table(session, name, err);
    const Wire__ReservationView *view;

    if (!answer || answer->reservation_table->n_rows != 1)
        return answer ? fail(err, ERROR_NOT_FOUND, _("no reservation %s"), name) : false;
    view = answer->reservation_table->rows[0];
    body.name = view->name;
    body.cluster = view->cluster;
    body.nodes = view->nodes;
    body.start_us = view->start_us;
    body.end_us = view->end_us;
    body.repeat = view->repeat;
    body.maintenance = view->maintenance;
    body.users = view->users;
    body.projects = view->projects;
    body.institutions = view->institutions;
    body.reason = view->reason;
    return fill(arguments, arena, &body, err) && send_set(session, &body, err);
}

static bool delete (struct session *session, const struct arguments *arguments, const char *name,
                    struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__ReservationRemove body = WIRE__RESERVATION_REMOVE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    (void)arguments;
    body.key = session_new_key(key);
    body.name = arena_copy_utf8(arena, name);
    ask.body_case = WIRE__ENVELOPE__BODY_RESERVATION_REMOVE;
    ask.reservation_remove = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

static const struct {
    const char *name;
    bool (*run)(struct session *session, const struct arguments *arguments, const char *name,
                struct error *err);
} verbs[] = {
    {"create", create},
    {"show",   show  },
    {"update", update},
    {"delete", delete},
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    if (first == argc || (first + 1 == argc && strcmp(argv[first], "list") == 0))
        return show(session, &arguments, "", err);
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        if (strcmp(argv[first], verbs[i].name) != 0)
            continue;
        if (first + 2 != argc)
            return fail(err, ERROR_INVALID, _("write tequio reservation %s NAME"), argv[first]);
        return verbs[i].run(session, &arguments, argv[first + 1], err);
    }
    return fail(err, ERROR_INVALID, _("%s is none of list, show, create, update and delete"),
                argv[first]);
}

const struct command cmd_reservation = {
    .name = "reservation",
    .summary = N_("Keep nodes for a time, for people's jobs or for maintenance"),
    .operands = N_("[list | show|create|update|delete NAME]"),
    .options = options,
    .run = run,
};
