/* cmd_qos.c - tequio qos: the qualities of service that there are */

#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"

struct arguments {
    struct output_options output;
};

static const struct option_rule options[] = {
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

static void cell_flag(struct cell *cell, bool flag)
{
    cell_set(cell, CELL_FLAG, flag);
}

#define FLAG_CELL(name, field)                                                          \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        cell_flag(cell, ((const Wire__QosRow *)row)->field);                            \
    }

FLAG_CELL(mine, mine)
FLAG_CELL(default, is_default)
FLAG_CELL(no_reserve, no_reserve)
FLAG_CELL(deny, deny_on_limit)
CELL_OF_TEXT(name, Wire__QosRow, name)
FLAG_CELL(opportunistic, opportunistic)
CELL_OF_TEXT(mode, Wire__QosRow, preempt_mode)
CELL_OF_OPTIONAL(grace, Wire__QosRow, CELL_DURATION, preempt_grace_us)
CELL_OF_OPTIONAL(exempt, Wire__QosRow, CELL_DURATION, preempt_exempt_us)
CELL_OF(priority, Wire__QosRow, CELL_NUMBER, priority)

static void cell_factor(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell->kind = CELL_FRACTION;
    cell->fraction = ((const Wire__QosRow *)row)->usage_factor;
}

static void cell_preempts(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__QosRow *qos = row;

    for (size_t i = 0; i < qos->n_preempts; i++)
        buffer_print(scratch, "%s%s", i ? "," : "", qos->preempts[i]);
    if (qos->n_preempts)
        cell_set_text(cell, scratch->bytes);
}

static const struct column columns[] = {
    {"name",          NULL, "NAME",          0, 0,            cell_name         },
    {"priority",      NULL, "PRIORITY",      0, COLUMN_RIGHT, cell_priority     },
    {"usagefactor",   NULL, "USAGEFACTOR",   0, COLUMN_RIGHT, cell_factor       },
    {"mine",          NULL, "MINE",          0, 0,            cell_mine         },
    {"default",       NULL, "DEFAULT",       0, 0,            cell_default      },
    {"noreserve",     NULL, "NORESERVE",     0, 0,            cell_no_reserve   },
    {"denyonlimit",   NULL, "DENYONLIMIT",   0, 0,            cell_deny         },
    {"preempt",       NULL, "PREEMPT",       0, COLUMN_CUT,   cell_preempts     },
    {"preemptmode",   NULL, "PREEMPTMODE",   0, 0,            cell_mode         },
    {"gracetime",     NULL, "GRACETIME",     0, COLUMN_RIGHT, cell_grace        },
    {"exempttime",    NULL, "EXEMPTTIME",    0, COLUMN_RIGHT, cell_exempt       },
    {"opportunistic", NULL, "OPPORTUNISTIC", 0, 0,            cell_opportunistic},
    {NULL,            NULL, NULL,            0, 0,            NULL              },
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__QosAsk body = WIRE__QOS_ASK__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct arguments arguments = {0};
    struct output output = {.columns = columns};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    ask.body_case = WIRE__ENVELOPE__BODY_QOS_ASK;
    ask.qos_ask = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_QOS_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->qos_table->rows;
    output.count = answer->qos_table->n_rows;
    return output_print(&output, &arguments.output, err);
}

const struct command cmd_qos = {
    .name = "qos",
    .summary = N_("Show the qualities of service"),
    .operands = "",
    .options = options,
    .run = run,
};
