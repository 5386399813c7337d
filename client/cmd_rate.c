/* cmd_rate.c - tequio rate list|add|end: what a core, memory, a GPU and a node cost, and when */

#include "base/parse.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/foreseen.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#define FORMAT_STANDARD \
    "card,cluster,partition,qos,mode,core,gib,gpu,node,billed,start,until,by,reason"

static char *text(struct arena *arena, const char *given)
{
    return arena_copy_utf8(arena, given ? given : "");
}

/* --- list ----------------------------------------------------------------------------------- */

struct list_arguments {
    const char *cluster;
    bool all;
    struct output_options output;
};

static const struct option_rule list_options[] = {
    OPTION_TEXT('M', "cluster", "NAME", struct list_arguments, cluster, N_("of this cluster")),
    OPTION_FLAG('a', "all", struct list_arguments, all, N_("those that are over, too")),
    OUTPUT_OPTIONS(struct list_arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

/* What a card does not name is any. */
static void set_name(struct cell *cell, const char *name)
{
    cell->absent = "*";
    if (*name)
        cell_set_text(cell, name);
}

#define CELL_OF_NAME(name, field)                                                       \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        set_name(cell, ((const Wire__RateRow *)row)->field);                            \
    }

CELL_OF(card, Wire__RateRow, CELL_NUMBER, card)
CELL_OF_NAME(cluster, cluster)
CELL_OF_NAME(partition, partition)
CELL_OF_NAME(qos, qos)
CELL_OF_TEXT(mode, Wire__RateRow, mode)
CELL_OF(core, Wire__RateRow, CELL_AMOUNT, core)
CELL_OF(gib, Wire__RateRow, CELL_AMOUNT, gib)
CELL_OF(gpu, Wire__RateRow, CELL_AMOUNT, gpu)
CELL_OF(node, Wire__RateRow, CELL_AMOUNT, node)
CELL_OF(start, Wire__RateRow, CELL_TIME, start_us)
CELL_OF_OPTIONAL(until, Wire__RateRow, CELL_TIME, until_us)
CELL_OF_TEXT(reason, Wire__RateRow, reason)
CELL_OF_TEXT(by, Wire__RateRow, made_by)
CELL_OF_OPTIONAL(made, Wire__RateRow, CELL_TIME, made_us)
CELL_OF_TEXT(ended_by, Wire__RateRow, ended_by)
CELL_OF_TEXT(end_reason, Wire__RateRow, end_reason)

static void cell_billed(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const Wire__RateRow *)row)->listed ? "no" : "yes");
}

static const struct column columns[] = {
    {"card",      NULL, "CARD",      0, COLUMN_RIGHT, cell_card      },
    {"cluster",   NULL, "CLUSTER",   0, COLUMN_CUT,   cell_cluster   },
    {"partition", NULL, "PARTITION", 0, COLUMN_CUT,   cell_partition },
    {"qos",       NULL, "QOS",       0, COLUMN_CUT,   cell_qos       },
    {"mode",      NULL, "MODE",      0, 0,            cell_mode      },
    {"core",      NULL, "CORE",      0, COLUMN_RIGHT, cell_core      },
    {"gib",       NULL, "GIB",       0, COLUMN_RIGHT, cell_gib       },
    {"gpu",       NULL, "GPU",       0, COLUMN_RIGHT, cell_gpu       },
    {"node",      NULL, "NODE",      0, COLUMN_RIGHT, cell_node      },
    {"billed",    NULL, "BILLED",    0, 0,            cell_billed    },
    {"start",     NULL, "START",     0, 0,            cell_start     },
    {"until",     NULL, "UNTIL",     0, 0,            cell_until     },
    {"by",        NULL, "BY",        0, COLUMN_CUT,   cell_by        },
    {"reason",    NULL, "REASON",    0, COLUMN_CUT,   cell_reason    },
    {"made",      NULL, "MADE",      0, 0,            cell_made      },
    {"endedby",   NULL, "ENDEDBY",   0, 0,            cell_ended_by  },
    {"endreason", NULL, "ENDREASON", 0, 0,            cell_end_reason},
    {NULL,        NULL, NULL,        0, 0,            NULL           },
};

static bool run_list(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RatesAsk body = WIRE__RATES_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list_arguments arguments = {0};
    struct output output = {.columns = columns, .standard = FORMAT_STANDARD};
    int first;

    if (!command_options(list_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    body.cluster = text(arena, arguments.cluster);
    body.all = arguments.all;
    ask.body_case = WIRE__ENVELOPE__BODY_RATES_ASK;
    ask.rates_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_RATE_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->rate_table->rows;
    output.count = answer->rate_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

static const struct command rate_list = {
    .name = "list",
    .summary = N_("List rate cards: those in force, and those to come"),
    .operands = "",
    .options = list_options,
    .run = run_list,
};

/* --- add ------------------------------------------------------------------------------------ */

struct add_arguments {
    const char *cluster, *partition, *qos, *mode, *reason;
    int64_t core, gib, gpu, node;
    int64_t start_us, end_us;
    bool listed, dry_run;
};

static const struct option_rule add_options[] = {
    OPTION_TEXT('M', "cluster", "NAME", struct add_arguments, cluster,
                N_("for this cluster; any when not given")),
    OPTION_TEXT('p', "partition", "NAME", struct add_arguments, partition,
                N_("for partitions of this name; any when not given")),
    OPTION_TEXT('q', "qos", "NAME", struct add_arguments, qos,
                N_("for this quality of service; any when not given")),
    OPTION_WITH('c', "core", "AMOUNT", struct add_arguments, core, set_amount,
                N_("what a core costs for an hour, in service units")),
    OPTION_WITH('m', "memory", "AMOUNT", struct add_arguments, gib, set_amount,
                N_("the same of a GiB of memory")),
    OPTION_WITH('G', "gpu", "AMOUNT", struct add_arguments, gpu, set_amount,
                N_("the same of a GPU")),
    OPTION_WITH('N', "node", "AMOUNT", struct add_arguments, node, set_amount,
                N_("the same of a node")),
    OPTION_TEXT(0, "mode", "MODE", struct add_arguments, mode,
                N_("sum of all, max: the largest of them, max-gpus: that and the GPUs")),
    OPTION_FLAG(0, "opportunistic", struct add_arguments, listed,
                N_("list what is used at this price, and bill nothing")),
    OPTION_WITH('S', "start", "WHEN", struct add_arguments, start_us, set_time,
                N_("in force from then; from now when not given")),
    OPTION_WITH('E', "end", "WHEN", struct add_arguments, end_us, set_time,
                N_("until then; until another takes over when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct add_arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct add_arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool read_price(int64_t amount, const char *option, uint32_t *ret_micro, struct error *err)
{
    if (amount < 0 || amount > UINT32_MAX)
        return fail(err, ERROR_INVALID, _("%s is between 0 and 4294 service units an hour"),
                    option);
    *ret_micro = (uint32_t)amount;
    return true;
}

static bool read_prices(const struct add_arguments *arguments, Wire__RateAdd *body,
                        struct error *err)
{
    if (!read_price(arguments->core, "--core", &body->core, err) ||
        !read_price(arguments->gib, "--memory", &body->gib, err) ||
        !read_price(arguments->gpu, "--gpu", &body->gpu, err) ||
        !read_price(arguments->node, "--node", &body->node, err))
        return false;
    if (!body->core && !body->gib && !body->gpu && !body->node)
        return fail(err, ERROR_INVALID,
                    _("no price given: one of --core, --memory, --gpu and --node is needed"));
    return true;
}

static bool send(struct session *session, Wire__Envelope *ask, bool dry_run, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    if (dry_run)
        return foreseen_show(session, ask, err);
    answer = session_ask(session, ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

static bool run_add(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RateAdd body = WIRE__RATE_ADD__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct add_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(add_options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !is_given(arguments.reason, "--reason", err) || !read_prices(&arguments, &body, err))
        return false;
    body.key = session_new_key(key);
    body.cluster = text(arena, arguments.cluster);
    body.partition = text(arena, arguments.partition);
    body.qos = text(arena, arguments.qos);
    body.mode = text(arena, arguments.mode);
    body.listed = arguments.listed;
    body.start_us = arguments.start_us;
    body.end_us = arguments.end_us;
    body.reason = text(arena, arguments.reason);
    body.dry_run = arguments.dry_run;
    ask.body_case = WIRE__ENVELOPE__BODY_RATE_ADD;
    ask.rate_add = &body;
    return send(session, &ask, arguments.dry_run, err);
}

static const struct command rate_add = {
    .name = "add",
    .summary = N_("Make a rate card: what resources cost from a time to come on"),
    .operands = "",
    .options = add_options,
    .run = run_add,
};

/* --- end ------------------------------------------------------------------------------------ */

struct end_arguments {
    const char *reason;
    int64_t end_us;
    bool dry_run;
};

static const struct option_rule end_options[] = {
    OPTION_WITH('E', "end", "WHEN", struct end_arguments, end_us, set_time,
                N_("from then on; now when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct end_arguments, reason, N_("why, for the books")),
    DRY_RUN_OPTION(struct end_arguments),
    OPTION_HELP,
    OPTION_END,
};

static bool run_end(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__RateEnd body = WIRE__RATE_END__INIT;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct end_arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(end_options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no rate card given: see tequio rate list"));
    if (!command_no_operands(argc, argv, first + 1, err) ||
        !parse_u64(argv[first], 1, INT64_MAX, &body.card, err) ||
        !is_given(arguments.reason, "--reason", err))
        return false;
    body.key = session_new_key(key);
    body.end_us = arguments.end_us;
    body.reason = text(arena, arguments.reason);
    body.dry_run = arguments.dry_run;
    ask.body_case = WIRE__ENVELOPE__BODY_RATE_END;
    ask.rate_end = &body;
    return send(session, &ask, arguments.dry_run, err);
}

static const struct command rate_end = {
    .name = "end",
    .summary = N_("End a rate card: what starts later costs something else"),
    .operands = N_("CARD"),
    .options = end_options,
    .run = run_end,
};

static const struct command *const children[] = {&rate_add, &rate_end, &rate_list, NULL};

const struct command cmd_rate = {
    .name = "rate",
    .summary = N_("List, make and end rate cards: what resources cost"),
    .operands = "",
    .children = children,
};
