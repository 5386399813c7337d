/* reasons.c - why a job waits, or what would become of one, for people and for programs */

#include "client/reasons.h"

#include "base/parse.h"
#include "client/cells.h"
#include "client/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- columns -------------------------------------------------------------------------------------- */

CELL_OF_TEXT(tier, Wire__Blocker, tier)
CELL_OF_TEXT(code, Wire__Blocker, code)
CELL_OF_TEXT(place, Wire__Blocker, place)
CELL_OF_TEXT(needs, Wire__Blocker, needs)
CELL_OF_TEXT(has, Wire__Blocker, has)
CELL_OF_OPTIONAL(free, Wire__Blocker, CELL_TIME, free_us)

static const struct column blocker_columns[] = {
    {"tier",  "kind",   "KIND",    0, 0,          cell_tier },
    {"code",  "reason", "REASON",  0, 0,          cell_code },
    {"place", NULL,     "WHERE",   0, COLUMN_CUT, cell_place},
    {"needs", NULL,     "NEEDS",   0, COLUMN_CUT, cell_needs},
    {"has",   NULL,     "HAS",     0, COLUMN_CUT, cell_has  },
    {"free",  NULL,     "FREE AT", 0, 0,          cell_free },
    {NULL,    NULL,     NULL,      0, 0,          NULL      },
};

CELL_OF(front_id, Wire__JobView, CELL_NUMBER, id)
CELL_OF_TEXT(front_user, Wire__JobView, user)
CELL_OF_TEXT(front_project, Wire__JobView, project)
CELL_OF(front_cores, Wire__JobView, CELL_NUMBER, cores)
CELL_OF(front_limit, Wire__JobView, CELL_DURATION, limit_us)
CELL_OF_OPTIONAL(front_planned, Wire__JobView, CELL_TIME, planned_us)

static const struct column front_columns[] = {
    {"jobid",   NULL, "IN FRONT", 0, COLUMN_RIGHT, cell_front_id     },
    {"user",    NULL, "USER",     0, COLUMN_CUT,   cell_front_user   },
    {"project", NULL, "PROJECT",  0, COLUMN_CUT,   cell_front_project},
    {"cores",   NULL, "CORES",    0, COLUMN_RIGHT, cell_front_cores  },
    {"limit",   NULL, "LIMIT",    0, COLUMN_RIGHT, cell_front_limit  },
    {"planned", NULL, "PLANNED",  0, 0,            cell_front_planned},
    {NULL,      NULL, NULL,       0, 0,            NULL              },
};

CELL_OF_TEXT(change, Wire__Proposal, change)
CELL_OF_TEXT(proposal_place, Wire__Proposal, place)
CELL_OF_TEXT(proposal_nodes, Wire__Proposal, nodes)
CELL_OF(instead, Wire__Proposal, CELL_FLAG, instead)

static const struct column proposal_columns[] = {
    {"change",     NULL, "ASK FOR", 0, 0,          cell_change        },
    {"place",      NULL, "WHERE",   0, 0,          cell_proposal_place},
    {"nodes",      NULL, "NODES",   0, COLUMN_CUT, cell_proposal_nodes},
    {"instead-of", NULL, "INSTEAD", 0, 0,          cell_instead       },
    {NULL,         NULL, NULL,      0, 0,          NULL               },
};

CELL_OF_TEXT(cluster, Wire__Cost, cluster)
CELL_OF(cores, Wire__Cost, CELL_NUMBER, cores)
CELL_OF(limit, Wire__Cost, CELL_DURATION, limit_us)
CELL_OF(price, Wire__Cost, CELL_AMOUNT, price)
CELL_OF_OPTIONAL(card, Wire__Cost, CELL_NUMBER, card)
CELL_OF(listed, Wire__Cost, CELL_FLAG, listed)
CELL_OF(hold, Wire__Cost, CELL_AMOUNT, hold)
CELL_OF(available, Wire__Cost, CELL_AMOUNT, available)

static void cell_factor(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FRACTION;
    cell->fraction = ((const Wire__Cost *)row)->factor_ppm / 1e6;
}

static void cell_after(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__Cost *cost = row;

    (void)scratch;
    cell_set(cell, CELL_AMOUNT, cost->available - cost->hold);
}

CELL_OF_TEXT(finish_cluster, Wire__Finish, cluster)
CELL_OF(finish_start, Wire__Finish, CELL_TIME, start_us)
CELL_OF(finish_boot, Wire__Finish, CELL_DURATION, boot_us)
CELL_OF(finish_stage, Wire__Finish, CELL_DURATION, stage_us)
CELL_OF(finish_run, Wire__Finish, CELL_DURATION, run_us)

static void cell_finish_speed(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FRACTION;
    cell->fraction = ((const Wire__Finish *)row)->speed_ppm / 1e6;
}

static int64_t done_at(const Wire__Finish *finish)
{
    return finish->start_us + finish->boot_us + finish->stage_us + finish->run_us;
}

static void cell_finish_done(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_TIME, done_at(row));
}

static const struct column finish_columns[] = {
    {"cluster",  NULL, "IF NEXT IN", 0, COLUMN_CUT,   cell_finish_cluster},
    {"start",    NULL, "START",      0, 0,            cell_finish_start  },
    {"boot",     NULL, "BOOT",       0, COLUMN_RIGHT, cell_finish_boot   },
    {"stage-in", NULL, "STAGE-IN",   0, COLUMN_RIGHT, cell_finish_stage  },
    {"run",      NULL, "RUN",        0, COLUMN_RIGHT, cell_finish_run    },
    {"speed",    NULL, "SPEED",      0, COLUMN_RIGHT, cell_finish_speed  },
    {"done",     NULL, "DONE",       0, 0,            cell_finish_done   },
    {NULL,       NULL, NULL,         0, 0,            NULL               },
};

static const struct column cost_columns[] = {
    {"cluster",   NULL, "CLUSTER",   0, 0,            cell_cluster  },
    {"cores",     NULL, "CORES",     0, COLUMN_RIGHT, cell_cores    },
    {"limit",     NULL, "LIMIT",     0, COLUMN_RIGHT, cell_limit    },
    {"factor",    NULL, "FACTOR",    0, COLUMN_RIGHT, cell_factor   },
    {"card",      NULL, "CARD",      0, COLUMN_RIGHT, cell_card     },
    {"listed",    NULL, "LISTED",    0, 0,            cell_listed   },
    {"price",     NULL, "PRICE",     0, COLUMN_RIGHT, cell_price    },
    {"hold",      NULL, "HOLD",      0, COLUMN_RIGHT, cell_hold     },
    {"available", NULL, "AVAILABLE", 0, COLUMN_RIGHT, cell_available},
    {"after",     NULL, "AFTER",     0, COLUMN_RIGHT, cell_after    },
    {NULL,        NULL, NULL,        0, 0,            NULL          },
};

CELL_OF_OPTIONAL(job, Wire__JobReasons, CELL_NUMBER, job)
CELL_OF_TEXT(state, Wire__JobReasons, state)
CELL_OF_TEXT(reason, Wire__JobReasons, reason)
CELL_OF_OPTIONAL(earliest, Wire__JobReasons, CELL_TIME, earliest_us)
CELL_OF_OPTIONAL(planned, Wire__JobReasons, CELL_TIME, planned_us)
CELL_OF_OPTIONAL(latest, Wire__JobReasons, CELL_TIME, latest_us)
CELL_OF(open, Wire__JobReasons, CELL_FLAG, later_than_latest)
CELL_OF(never, Wire__JobReasons, CELL_FLAG, never)
CELL_OF_TEXT(now_place, Wire__JobReasons, place)
CELL_OF_TEXT(now_nodes, Wire__JobReasons, nodes)
CELL_OF_TEXT(planned_place, Wire__JobReasons, planned_place)
CELL_OF_TEXT(planned_nodes, Wire__JobReasons, planned_nodes)
CELL_OF(complete, Wire__JobReasons, CELL_FLAG, complete)

static void cell_front_count(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobReasons *reasons = row;

    (void)scratch;
    cell_set(cell, CELL_NUMBER, reasons->front ? (int64_t)reasons->front->count : 0);
}

static const struct column head_columns[] = {
    {"job",               NULL, "",   0, 0, cell_job          },
    {"state",             NULL, "",   0, 0, cell_state        },
    {"reason",            NULL, "",   0, 0, cell_reason       },
    {"starts-now-in",     NULL, "",   0, 0, cell_now_place    },
    {"starts-now-on",     NULL, "",   0, 0, cell_now_nodes    },
    {"earliest",          NULL, "",   0, 0, cell_earliest     },
    {"planned",           NULL, "",   0, 0, cell_planned      },
    {"latest",            NULL, "",   0, 0, cell_latest       },
    {"planned-in",        NULL, "",   0, 0, cell_planned_place},
    {"planned-on",        NULL, "",   0, 0, cell_planned_nodes},
    {"later-than-latest", NULL, "",   0, 0, cell_open         },
    {"never",             NULL, "",   0, 0, cell_never        },
    {"in-front",          NULL, "",   0, 0, cell_front_count  },
    {"complete",          NULL, "",   0, 0, cell_complete     },
    {NULL,                NULL, NULL, 0, 0, NULL              },
};

/* --- for programs --------------------------------------------------------------------------------- */

static void print_object(const Wire__JobReasons *reasons)
{
    const void *const head[] = {reasons};
    const void *const cost[] = {reasons->cost};
    const Wire__JobsInFront *front = reasons->front;
    const struct output_part parts[] = {
        {NULL,         {head_columns, NULL, head, 1}                                            },
        {"blockers",
         {blocker_columns, NULL, (const void *const *)reasons->blockers, reasons->n_blockers}   },
        {"first-jobs",
         {front_columns, NULL, front ? (const void *const *)front->jobs : NULL,
          front ? front->n_jobs : 0}                                                            },
        {"proposals",
         {proposal_columns, NULL, (const void *const *)reasons->proposals, reasons->n_proposals}},
        {"finishes",
         {finish_columns, NULL, (const void *const *)reasons->finishes, reasons->n_finishes}    },
        {"cost",       {cost_columns, NULL, cost, reasons->cost ? 1 : 0}                        },
    };

    output_object(parts, COUNT_OF(parts));
}

/* --- for people ----------------------------------------------------------------------------------- */

static void print_time_line(const char *text, int64_t time_us)
{
    CLEANUP(buffer_clear) struct buffer time;

    buffer_init(&time);
    print_time(time_us, &time);
    printf("%s %s\n", text, time.bytes);
}

static void print_planned_place(const Wire__JobReasons *reasons)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!*reasons->planned_place)
        return;
    buffer_print(&text, _("where, as foreseen: %s (%s)"), reasons->planned_place,
                 reasons->planned_nodes);
    output_text(text.bytes);
    putchar('\n');
}

static void print_start(const Wire__JobReasons *reasons)
{
    if (reasons->never)
        puts(_("as things stand it does not start: what blocks it must change first"));
    if (reasons->earliest_us > 0 && !reasons->later_than_earliest)
        print_time_line(_("earliest start (run times as predicted):"), reasons->earliest_us);
    if (reasons->planned_us > 0)
        print_time_line(_("planned start:"), reasons->planned_us);
    print_planned_place(reasons);
    if (reasons->latest_us > 0 && reasons->later_than_latest)
        print_time_line(_("it starts later than:"), reasons->latest_us);
    else if (reasons->latest_us > 0)
        print_time_line(_("at the latest, if nothing more urgent comes:"), reasons->latest_us);
    if (reasons->last_us > 0)
        print_time_line(reasons->later_than_last ? _("the last of them starts later than:")
                                                 : _("the last of them at the latest:"),
                        reasons->last_us);
}

static bool print_front(const Wire__JobsInFront *front, struct error *err)
{
    struct output output = {.columns = front_columns};
    struct output_options plain = {0};

    if (!front || front->count == 0)
        return true;
    printf(P_("in front: %" PRIu64 " job that asks for %" PRIu64 " cores\n",
              "in front: %" PRIu64 " jobs that ask for %" PRIu64 " cores\n", front->count),
           front->count, front->cores);
    output.rows = (const void *const *)front->jobs;
    output.count = front->n_jobs;
    return front->n_jobs == 0 || output_print(&output, &plain, err);
}

/* Where there is a choice, or more to wait for than nodes. */
static bool print_finishes(const Wire__JobReasons *reasons, struct error *err)
{
    struct output output = {.columns = finish_columns,
                            .rows = (const void *const *)reasons->finishes,
                            .count = reasons->n_finishes};
    struct output_options plain = {0};
    bool is_told = reasons->n_finishes > 1;

    for (size_t i = 0; i < reasons->n_finishes; i++)
        is_told |= reasons->finishes[i]->boot_us > 0 || reasons->finishes[i]->stage_us > 0;
    return !is_told || output_print(&output, &plain, err);
}

static int64_t times(int64_t amount_micro, uint64_t count)
{
    __int128 product = (__int128)amount_micro * (__int128)count;

    return product > INT64_MAX ? INT64_MAX : (int64_t)product;
}

static void print_cost(const Wire__Cost *cost, uint64_t count)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!cost)
        return;
    buffer_print(&text, _("cost on %s: "), cost->cluster);
    print_amount(cost->price, &text);
    buffer_print(&text, _(" SU at most (%" PRIu32 " cores, "), cost->cores);
    print_duration(cost->limit_us, &text);
    if (cost->card)
        buffer_print(&text, _(", rate card %" PRIu64), cost->card);
    if (cost->listed)
        buffer_add_text(&text, _(", which bills nothing"));
    buffer_print(&text, _(", factor %g); held at the start: "), cost->factor_ppm / 1e6);
    print_amount(cost->hold, &text);
    buffer_add_text(&text, _("; available then: "));
    print_amount(cost->available - cost->hold, &text);
    if (count > 1) {
        buffer_print(&text, _("; all %" PRIu64 " of them: "), count);
        print_amount(times(cost->price, count), &text);
        buffer_add_text(&text, " SU");
    }
    output_text(text.bytes);
    putchar('\n');
}

static void print_proposal(const Wire__Proposal *proposal)
{
    static const char without[] = "without ";
    bool left_out = strncmp(proposal->change, without, strlen(without)) == 0;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_print(&text,
                 left_out ? _("%s without %s it would start now on %s (%s)")
                          : _("%s with %s it would start now on %s (%s)"),
                 proposal->instead ? _("cancelled and submitted again") : _("submitted again"),
                 proposal->change + (left_out ? strlen(without) : 0), proposal->place,
                 proposal->nodes);
    fputs("- ", stdout);
    output_text(text.bytes);
    putchar('\n');
}

static void print_advice(const Wire__JobReasons *reasons)
{
    for (size_t i = 0; i < reasons->n_proposals; i++)
        print_proposal(reasons->proposals[i]);
    for (size_t i = 0; i < reasons->n_advice; i++) {
        fputs("- ", stdout);
        output_text(reasons->advice[i]);
        putchar('\n');
    }
}

static void print_now(const Wire__JobReasons *reasons)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!*reasons->place)
        return;
    if (reasons->count > 1)
        buffer_print(&text, _("%" PRIu64 " of %" PRIu64 " would start now, the first on %s (%s)"),
                     reasons->starting, reasons->count, reasons->place, reasons->nodes);
    else
        buffer_print(&text, _("would start now on %s (%s)"), reasons->place, reasons->nodes);
    output_text(text.bytes);
    putchar('\n');
}

bool reasons_check(const struct output_options *options, struct error *err)
{
    return output_check(blocker_columns, options, err);
}

bool reasons_print(const Wire__JobReasons *reasons, const struct output_options *options,
                   struct error *err)
{
    struct output output = {.columns = blocker_columns};

    if (options->json && !options->format) {
        print_object(reasons);
        return true;
    }
    output.rows = (const void *const *)reasons->blockers;
    output.count = reasons->n_blockers;
    if (options->json)
        return output_print(&output, options, err);
    if ((output.count > 0 && !output_print(&output, options, err)) ||
        !print_front(reasons->front, err) || !print_finishes(reasons, err))
        return false;
    print_now(reasons);
    print_start(reasons);
    print_cost(reasons->cost, reasons->count);
    print_advice(reasons);
    return true;
}
