/* cmd_priority.c - tequio priority: in which order jobs start, and why in that */

#include "base/parse.h"
#include "client/cells.h"
#include "client/command.h"
#include "client/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_WEIGHED "jobid,partition,user,priority,age,fairshare,jobsize,partitionprio,qos,nice"
#define FORMAT_FACTORS                                                                           \
    "jobid,partition,user,priority,agefactor,fairsharefactor,jobsizefactor,partitionpriofactor," \
    "qosfactor,nice"
#define FORMAT_RANKED "turn,jobid,partition,user,since,wait,timelimit,runtime,cpus,place"

struct arguments {
    bool weights;
    bool factors;
    struct output_options output;
};

static const struct option_rule options[] = {
    OPTION_FLAG('w', "weights", struct arguments, weights, N_("the weight of each factor alone")),
    OPTION_FLAG('n', "norm", struct arguments, factors, N_("factors from 0 to 1, not weighted")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

/* A row with the table that it is of, since that has the names of the factors. */
struct line {
    const Wire__PriorityTable *table;
    const Wire__PriorityRow *row;
    size_t turn;
};

#define LINE(row) ((const struct line *)(row))

static const Wire__PriorityPart *part_of(const struct line *line, const char *name, double *weight)
{
    for (size_t i = 0; i < line->table->n_factors && i < line->row->n_parts; i++)
        if (strcmp(line->table->factors[i]->name, name) == 0) {
            *weight = line->table->factors[i]->weight;
            return line->row->parts[i];
        }
    return NULL;
}

static int64_t whole(double number)
{
    return (int64_t)(number < 0 ? number - 0.5 : number + 0.5);
}

static void set_fraction(struct cell *cell, double fraction)
{
    cell->kind = CELL_FRACTION;
    cell->fraction = fraction;
}

/* Weighted, as it is, and what it weighs. */
#define FACTOR_CELLS(id, factor_name)                                                          \
    static void cell_##id(const void *row, struct cell *cell, struct buffer *scratch)          \
    {                                                                                          \
        double weight;                                                                         \
        const Wire__PriorityPart *part = part_of(LINE(row), factor_name, &weight);             \
                                                                                               \
        (void)scratch;                                                                         \
        if (part)                                                                              \
            cell_set(cell, CELL_NUMBER, whole(part->weighted));                                \
    }                                                                                          \
    static void cell_##id##_factor(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                          \
        double weight;                                                                         \
        const Wire__PriorityPart *part = part_of(LINE(row), factor_name, &weight);             \
                                                                                               \
        (void)scratch;                                                                         \
        if (part)                                                                              \
            set_fraction(cell, part->factor);                                                  \
    }                                                                                          \
    static void cell_##id##_weight(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                          \
        double weight;                                                                         \
        const Wire__PriorityPart *part = part_of(LINE(row), factor_name, &weight);             \
                                                                                               \
        (void)scratch;                                                                         \
        if (part)                                                                              \
            cell_set(cell, CELL_NUMBER, whole(weight));                                        \
    }

FACTOR_CELLS(age, "age")
FACTOR_CELLS(fair_share, "fair-share")
FACTOR_CELLS(size, "size")
FACTOR_CELLS(partition, "partition")
FACTOR_CELLS(qos, "qos")

#define ROW_CELL(name, what)                                                            \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        const Wire__PriorityRow *priority = LINE(row)->row;                             \
                                                                                        \
        (void)scratch;                                                                  \
        what;                                                                           \
    }

ROW_CELL(job, cell_set(cell, CELL_NUMBER, (int64_t)priority->job))
ROW_CELL(user, cell_set_text(cell, priority->user))
ROW_CELL(project, cell_set_text(cell, priority->project))
ROW_CELL(institution, cell_set_text(cell, priority->institution))
ROW_CELL(reason, cell_set_text(cell, priority->reason))
ROW_CELL(part, if (*priority->partition) cell_set_text(cell, priority->partition))
ROW_CELL(priority, cell_set(cell, CELL_NUMBER, whole(priority->priority)))
ROW_CELL(cores, cell_set(cell, CELL_NUMBER, priority->cores))
ROW_CELL(rank, if (priority->ranked) set_fraction(cell, priority->rank))
ROW_CELL(since, if (priority->ranked) cell_set(cell, CELL_TIME, priority->since_us))
ROW_CELL(wait, if (priority->ranked) cell_set(cell, CELL_DURATION, priority->wait_us))
ROW_CELL(limit, if (priority->ranked) cell_set(cell, CELL_DURATION, priority->limit_us))
ROW_CELL(run, if (priority->ranked) cell_set(cell, CELL_DURATION, priority->run_us))
ROW_CELL(place, if (priority->ranked) set_fraction(cell, priority->place))

static void cell_turn(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    if (LINE(row)->row->ranked)
        cell_set(cell, CELL_NUMBER, (int64_t)LINE(row)->turn);
}

static void cell_nice(const void *row, struct cell *cell, struct buffer *scratch)
{
    double weight;
    const Wire__PriorityPart *part = part_of(LINE(row), "nice", &weight);

    (void)scratch;
    if (part)
        cell_set(cell, CELL_NUMBER, whole(-part->factor));
}

static const struct column columns[] = {
    {"jobid",               "job",     "JOBID",       'i', COLUMN_RIGHT, cell_job              },
    {"partition",           NULL,      "PARTITION",   'r', 0,            cell_part             },
    {"user",                NULL,      "USER",        'u', COLUMN_CUT,   cell_user             },
    {"account",             "project", "PROJECT",     'o', COLUMN_CUT,   cell_project          },
    {"institution",         NULL,      "INSTITUTION", 0,   COLUMN_CUT,   cell_institution      },
    {"priority",            NULL,      "PRIORITY",    'Y', COLUMN_RIGHT, cell_priority         },
    {"age",                 NULL,      "AGE",         'A', COLUMN_RIGHT, cell_age              },
    {"agefactor",           NULL,      "AGE",         'a', COLUMN_RIGHT, cell_age_factor       },
    {"ageweight",           NULL,      "AGE",         0,   COLUMN_RIGHT, cell_age_weight       },
    {"fairshare",           NULL,      "FAIRSHARE",   'F', COLUMN_RIGHT, cell_fair_share       },
    {"fairsharefactor",     NULL,      "FAIRSHARE",   'f', COLUMN_RIGHT, cell_fair_share_factor},
    {"fairshareweight",     NULL,      "FAIRSHARE",   0,   COLUMN_RIGHT, cell_fair_share_weight},
    {"jobsize",             "size",    "JOBSIZE",     'J', COLUMN_RIGHT, cell_size             },
    {"jobsizefactor",       NULL,      "JOBSIZE",     'j', COLUMN_RIGHT, cell_size_factor      },
    {"jobsizeweight",       NULL,      "JOBSIZE",     0,   COLUMN_RIGHT, cell_size_weight      },
    {"partitionprio",       NULL,      "PARTITION",   'P', COLUMN_RIGHT, cell_partition        },
    {"partitionpriofactor", NULL,      "PARTITION",   'p', COLUMN_RIGHT, cell_partition_factor },
    {"partitionprioweight", NULL,      "PARTITION",   0,   COLUMN_RIGHT, cell_partition_weight },
    {"qos",                 NULL,      "QOS",         'Q', COLUMN_RIGHT, cell_qos              },
    {"qosfactor",           NULL,      "QOS",         'q', COLUMN_RIGHT, cell_qos_factor       },
    {"qosweight",           NULL,      "QOS",         0,   COLUMN_RIGHT, cell_qos_weight       },
    {"nice",                NULL,      "NICE",        'N', COLUMN_RIGHT, cell_nice             },
    {"turn",                NULL,      "TURN",        0,   COLUMN_RIGHT, cell_turn             },
    {"rank",                NULL,      "RANK",        0,   COLUMN_RIGHT, cell_rank             },
    {"since",               NULL,      "SINCE",       0,   0,            cell_since            },
    {"wait",                NULL,      "WAIT",        0,   COLUMN_RIGHT, cell_wait             },
    {"timelimit",           NULL,      "TIME_LIMIT",  0,   COLUMN_RIGHT, cell_limit            },
    {"runtime",             NULL,      "RUN_TIME",    0,   COLUMN_RIGHT, cell_run              },
    {"cpus",                "cores",   "CPUS",        0,   COLUMN_RIGHT, cell_cores            },
    {"place",               NULL,      "PLACE",       0,   COLUMN_RIGHT, cell_place            },
    {"reason",              NULL,      "REASON",      0,   0,            cell_reason           },
    {NULL,                  NULL,      NULL,          0,   0,            NULL                  },
};

/* --- all pages ------------------------------------------------------------------------------ */

struct answers {
    size_t count, line_count;
    Wire__Envelope **all;
    struct line *lines;
};

static void answers_clear(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        message_free(answers->all[i]);
    free(answers->all);
    free(answers->lines);
}

static void take(struct answers *answers, Wire__Envelope *answer)
{
    const Wire__PriorityTable *table = answer->priority_table;

    answers->all = memory_resize(answers->all, answers->count + 1, sizeof(*answers->all));
    answers->all[answers->count++] = answer;
    answers->lines = memory_resize(answers->lines, answers->line_count + table->n_rows + 1,
                                   sizeof(*answers->lines));
    for (size_t i = 0; i < table->n_rows; i++)
        answers->lines[answers->line_count++] = (struct line){table, table->rows[i], 0};
}

/* A page must go on behind the one before, or this would never end. */
static bool ask_all(struct session *session, Wire__PriorityAsk *body, struct answers *answers,
                    struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    bool more = true;

    ask.body_case = WIRE__ENVELOPE__BODY_PRIORITY_ASK;
    ask.priority_ask = body;
    while (more) {
        CLEANUP(message_freep)
        Wire__Envelope *answer =
            session_ask(session, &ask, WIRE__ENVELOPE__BODY_PRIORITY_TABLE, err);
        const Wire__PriorityTable *table = answer ? answer->priority_table : NULL;
        uint64_t last;

        if (!answer)
            return false;
        more = table->more && table->n_rows > 0;
        last = table->n_rows ? table->rows[table->n_rows - 1]->job : 0;
        if (more && last <= body->after)
            return fail(err, ERROR_INTERNAL, _("the scheduler repeats a page of its list"));
        body->after = last;
        take(answers, STEAL(answer));
    }
    return true;
}

/* As the scheduler has them: the lowest rank, then the less nice, then the older. */
static int by_turn(const void *a, const void *b)
{
    const struct line *first = a, *second = b;
    double nice = 0, other = 0, weight;
    const Wire__PriorityPart *part;

    if (first->row->ranked != second->row->ranked)
        return first->row->ranked ? -1 : 1;
    if (first->row->rank < second->row->rank || first->row->rank > second->row->rank)
        return first->row->rank < second->row->rank ? -1 : 1;
    if ((part = part_of(first, "nice", &weight)))
        nice = part->factor;
    if ((part = part_of(second, "nice", &weight)))
        other = part->factor;
    if (nice < other || nice > other)
        return nice > other ? -1 : 1;
    return (first->row->job > second->row->job) - (first->row->job < second->row->job);
}

/* --- what is printed ------------------------------------------------------------------------ */

static bool print_weights(const Wire__PriorityTable *table)
{
    for (size_t i = 0; i < table->n_factors; i++) {
        output_text(table->factors[i]->name);
        printf(" %.0f\n", table->factors[i]->weight);
    }
    return true;
}

static bool print_lines(struct answers *answers, const struct arguments *arguments,
                        struct error *err)
{
    const Wire__PriorityTable *table = answers->all[0]->priority_table;
    CLEANUP(memory_freep) const void **rows = memory_get(answers->line_count + 1, sizeof(*rows));
    struct output output = {.columns = columns, .rows = rows, .count = answers->line_count};

    if (answers->line_count > 0)
        qsort(answers->lines, answers->line_count, sizeof(*answers->lines), by_turn);
    for (size_t i = 0; i < answers->line_count; i++) {
        answers->lines[i].turn = i + 1;
        rows[i] = &answers->lines[i];
    }
    output.standard = FORMAT_RANKED;
    if (arguments->factors)
        output.standard = FORMAT_FACTORS;
    else if (table->weighed)
        output.standard = FORMAT_WEIGHED;
    if (!table->weighed && !arguments->output.json && !arguments->output.no_header &&
        !arguments->output.format) {
        fputs(_("policy "), stdout);
        output_text(table->policy);
        fputs(": ", stdout);
        output_text(table->order);
        putchar('\n');
    }
    return output_print(&output, &arguments->output, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__PriorityAsk body = WIRE__PRIORITY_ASK__INIT;
    CLEANUP(answers_clear) struct answers answers = {0};
    CLEANUP(memory_freep) uint64_t *jobs = NULL;
    struct arguments arguments = {0};
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    jobs = NEW_ARRAY(uint64_t, (size_t)(argc - first) + 1);
    for (int i = first; i < argc; i++)
        if (!parse_job_id(argv[i], &jobs[body.n_jobs++], err))
            return false;
    body.jobs = jobs;
    if (!ask_all(session, &body, &answers, err))
        return false;
    if (arguments.weights)
        return print_weights(answers.all[0]->priority_table);
    return print_lines(&answers, &arguments, err);
}

const struct command cmd_priority = {
    .name = "priority",
    .summary = N_("Show in which order jobs start, and why"),
    .operands = N_("[JOB...]"),
    .options = options,
    .run = run,
};
