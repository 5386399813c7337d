/* use_tables.c - who used how much, in tables with the names and columns of sreport */

#include "client/use_tables.h"

#include "base/clock.h"
#include "base/parse.h"
#include "client/cells.h"
#include "client/session.h"
#include "proto/arena.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOP_COUNT 10 /* as many as sreport shows */

struct use_row {
    const char *cluster, *provider, *consumer, *account, *login;
    uint64_t jobs;
    int64_t used_us;
    int64_t reported_us; /* 0: not known */
    int64_t charged_micro;
    int64_t unit_us;
};

/* Words of the command line, and what they ask for. */
struct use_question {
    const struct use_table *table;
    struct use_options *options;
    struct arena *arena;
    const char *cluster, *account, *user; /* NULL: any */
    int64_t since_us, until_us;
    uint32_t top;
    const Wire__ClusterListing *clusters;
    const Wire__UsageTable *usage;
    size_t count;
    struct use_row **rows;
};

struct use_table {
    const char *kind, *name;
    const char *by; /* of UsageAsk */
    const char *standard;
    void (*make)(struct use_question *question);
};

/* --- columns --------------------------------------------------------------------------------- */

CELL_OF_TEXT(cluster, struct use_row, cluster)
CELL_OF_TEXT(provider, struct use_row, provider)
CELL_OF_TEXT(consumer, struct use_row, consumer)
CELL_OF_TEXT(account, struct use_row, account)
CELL_OF_TEXT(login, struct use_row, login)
CELL_OF(jobs, struct use_row, CELL_NUMBER, jobs)
CELL_OF(charged, struct use_row, CELL_AMOUNT, charged_micro)

/* Rounded to the nearest. */
static void set_units(struct cell *cell, const struct use_row *row, int64_t time_us)
{
    cell_set(cell, CELL_NUMBER, (time_us + row->unit_us / 2) / row->unit_us);
}

static void cell_used(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    set_units(cell, row, ((const struct use_row *)row)->used_us);
}

static void cell_reported(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct use_row *use = row;

    (void)scratch;
    if (use->reported_us > 0)
        set_units(cell, use, use->reported_us);
}

static void cell_idle(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct use_row *use = row;

    (void)scratch;
    if (use->reported_us >= use->used_us && use->reported_us > 0)
        set_units(cell, use, use->reported_us - use->used_us);
}

static void cell_share(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct use_row *use = row;

    if (use->reported_us <= 0)
        return;
    buffer_print(scratch, "%.2f%%", 100.0 * (double)use->used_us / (double)use->reported_us);
    cell_set_text(cell, scratch->bytes);
}

/* Of sreport's columns those for what nobody measures here: said, never zero. */
static void cell_unknown(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)row;
    (void)scratch;
    cell->absent = _("not measured");
}

static void cell_nothing(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)row;
    (void)scratch;
    cell_set_text(cell, "");
}

static const struct column columns[] = {
    {"cluster",     NULL,          "Cluster",     0, 0,            cell_cluster },
    {"account",     "accounts",    "Account",     0, 0,            cell_account },
    {"login",       "user",        "Login",       0, 0,            cell_login   },
    {"proper",      "propername",  "Proper Name", 0, 0,            cell_nothing },
    {"used",        "tresused",    "Used",        0, COLUMN_RIGHT, cell_used    },
    {"energy",      NULL,          "Energy",      0, COLUMN_RIGHT, cell_unknown },
    {"allocated",   NULL,          "Allocated",   0, COLUMN_RIGHT, cell_used    },
    {"down",        NULL,          "Down",        0, COLUMN_RIGHT, cell_unknown },
    {"planneddown", "plnddown",    "PLND Down",   0, COLUMN_RIGHT, cell_unknown },
    {"idle",        NULL,          "Idle",        0, COLUMN_RIGHT, cell_idle    },
    {"planned",     "reserved",    "Planned",     0, COLUMN_RIGHT, cell_unknown },
    {"reported",    NULL,          "Reported",    0, COLUMN_RIGHT, cell_reported},
    {"utilization", NULL,          "Utilization", 0, COLUMN_RIGHT, cell_share   },
    {"consumer",    "institution", "Consumer",    0, 0,            cell_consumer},
    {"provider",    NULL,          "Provider",    0, 0,            cell_provider},
    {"jobs",        NULL,          "Jobs",        0, COLUMN_RIGHT, cell_jobs    },
    {"charged",     NULL,          "Charged SU",  0, COLUMN_RIGHT, cell_charged },
    {NULL,          NULL,          NULL,          0, 0,            NULL         },
};

/* --- rows ------------------------------------------------------------------------------------ */

static const char *provider_of(const struct use_question *question, const char *cluster)
{
    const Wire__ClusterListing *listing = question->clusters;

    for (size_t i = 0; i < listing->n_clusters; i++)
        if (strcmp(listing->clusters[i]->name, cluster) == 0)
            return listing->clusters[i]->institution;
    return ""; /* it is no more */
}

static struct use_row *add_row(struct use_question *question)
{
    struct use_row *row = ARENA_NEW(question->arena, struct use_row);

    *row = (struct use_row){.unit_us = question->options->unit_us};
    row->cluster = row->provider = row->consumer = row->account = row->login = "";
    question->rows[question->count++] = row;
    return row;
}

static bool is_wanted(const char *wanted, const char *name)
{
    return !wanted || strcmp(wanted, name) == 0;
}

static void add_use(struct use_row *row, const Wire__UsageRow *usage)
{
    row->jobs += usage->jobs;
    row->used_us += usage->core_us;
    row->charged_micro += usage->charged;
}

/* A row for each of the answer that was asked for. */
static void make_plain(struct use_question *question)
{
    for (size_t i = 0; i < question->usage->n_rows; i++) {
        const Wire__UsageRow *usage = question->usage->rows[i];
        struct use_row *row;

        if (!is_wanted(question->cluster, usage->cluster))
            continue;
        row = add_row(question);
        row->cluster = usage->cluster;
        row->provider = provider_of(question, usage->cluster);
        row->consumer = usage->institution;
        row->account = usage->project;
        row->login = usage->user;
        add_use(row, usage);
    }
}

static int compare_use(const void *a, const void *b)
{
    const struct use_row *first = *(struct use_row *const *)a;
    const struct use_row *second = *(struct use_row *const *)b;

    if (first->used_us != second->used_us)
        return first->used_us < second->used_us ? 1 : -1;
    return strcmp(first->login, second->login);
}

static int compare_clusters(const void *a, const void *b)
{
    const struct use_row *first = *(struct use_row *const *)a;
    const struct use_row *second = *(struct use_row *const *)b;
    int order = strcmp(first->cluster, second->cluster);

    return order ? order : compare_use(a, b);
}

static int compare_exchange(const void *a, const void *b)
{
    const struct use_row *first = *(struct use_row *const *)a;
    const struct use_row *second = *(struct use_row *const *)b;
    int order = strcmp(first->consumer, second->consumer);

    return order ? order : strcmp(first->provider, second->provider);
}

static void sort(struct use_question *question, int (*compare)(const void *, const void *))
{
    if (question->count > 1)
        qsort(question->rows, question->count, sizeof(*question->rows), compare);
}

static void make_users(struct use_question *question)
{
    make_plain(question);
    sort(question, compare_clusters);
}

static void make_top(struct use_question *question)
{
    make_plain(question);
    sort(question, compare_use);
    if (question->count > question->top)
        question->count = question->top;
}

/* The answer is by cluster, account and user: before the users of an account, their sum. */
static void make_accounts(struct use_question *question)
{
    struct use_row *sum = NULL;

    for (size_t i = 0; i < question->usage->n_rows; i++) {
        const Wire__UsageRow *usage = question->usage->rows[i];
        struct use_row *row;

        if (!is_wanted(question->cluster, usage->cluster))
            continue;
        if (!sum || strcmp(sum->cluster, usage->cluster) != 0 ||
            strcmp(sum->account, usage->project) != 0) {
            sum = add_row(question);
            sum->cluster = usage->cluster;
            sum->account = usage->project;
        }
        row = add_row(question);
        row->cluster = usage->cluster;
        row->account = usage->project;
        row->login = usage->user;
        add_use(row, usage);
        add_use(sum, usage);
    }
}

/* Each cluster that is there: also one that nobody used. */
static void make_utilization(struct use_question *question)
{
    for (size_t i = 0; i < question->clusters->n_clusters; i++) {
        const Wire__ClusterView *cluster = question->clusters->clusters[i];
        struct use_row *row;

        if (!is_wanted(question->cluster, cluster->name))
            continue;
        row = add_row(question);
        row->cluster = cluster->name;
        row->provider = cluster->institution;
        row->reported_us = (question->until_us - question->since_us) * cluster->cores;
        for (size_t k = 0; k < question->usage->n_rows; k++)
            if (strcmp(question->usage->rows[k]->cluster, cluster->name) == 0)
                add_use(row, question->usage->rows[k]);
    }
}

/* Who used whose: the clusters of one provider together. */
static void make_exchange(struct use_question *question)
{
    size_t kept = 0;

    make_plain(question);
    sort(question, compare_exchange);
    for (size_t i = 0; i < question->count; i++) {
        struct use_row *row = question->rows[i];
        struct use_row *last = kept > 0 ? question->rows[kept - 1] : NULL;

        if (!last || compare_exchange(&last, &row) != 0) {
            question->rows[kept++] = row;
            continue;
        }
        last->jobs += row->jobs;
        last->used_us += row->used_us;
        last->charged_micro += row->charged_micro;
    }
    question->count = kept;
}

static const struct use_table tables[] = {
    {"cluster", "AccountUtilizationByUser", "cluster,project,user",
     "cluster,account,login,proper,used,energy",                                                                make_accounts   },
    {"cluster", "UserUtilizationByAccount", "cluster,project,user",
     "cluster,login,proper,account,used,energy",                                                                make_users      },
    {"cluster", "Utilization",              "cluster",
     "cluster,allocated,down,planneddown,idle,planned,reported",                                                make_utilization},
    {"cluster", "Exchange",                 "cluster,institution",  "consumer,provider,jobs,used,charged",
     make_exchange                                                                                                              },
    {"user",    "TopUsage",                 "cluster,project,user", "cluster,login,proper,account,used,energy",
     make_top                                                                                                                   },
};

/* --- the command line ------------------------------------------------------------------------ */

bool use_unit_parse(const char *text, int64_t *ret_unit_us, struct error *err)
{
    static const struct {
        const char *name;
        int64_t unit_us;
    } units[] = {
        {"Seconds", US_PER_SECOND},
        {"Minutes", US_PER_MINUTE},
        {"Hours",   US_PER_HOUR  },
    };

    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcasecmp(units[i].name, text) == 0) {
            *ret_unit_us = units[i].unit_us;
            return true;
        }
    return fail(err, ERROR_INVALID, _("%.40s is no unit of time here: Seconds, Minutes or Hours"),
                text);
}

static const struct use_table *find_table(const char *kind, const char *name, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer known;

    buffer_init(&known);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        if (strcasecmp(tables[i].kind, kind) == 0 && strcasecmp(tables[i].name, name) == 0)
            return &tables[i];
        buffer_print(&known, "%s%s %s", i ? ", " : "", tables[i].kind, tables[i].name);
    }
    fail(err, ERROR_INVALID, _("no table %.20s %.40s: there are %s"), kind, name, known.bytes);
    return NULL;
}

static bool set_word(struct use_question *question, const char *name, size_t length,
                     const char *value, struct error *err)
{
    const struct {
        const char *name;
        const char **place;
    } texts[] = {
        {"clusters", &question->cluster               },
        {"accounts", &question->account               },
        {"users",    &question->user                  },
        {"format",   &question->options->output.format},
    };
    int64_t now_us = clock_wall_us(&clock_real);

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (length >= 4 && length <= strlen(texts[i].name) &&
            strncasecmp(texts[i].name, name, length) == 0) {
            *texts[i].place = value;
            return true;
        }
    if (length == 5 && strncasecmp(name, "start", length) == 0)
        return parse_time(value, now_us, &question->since_us, err);
    if (length == 3 && strncasecmp(name, "end", length) == 0)
        return parse_time(value, now_us, &question->until_us, err);
    if (length == 8 && strncasecmp(name, "topcount", length) == 0)
        return parse_u32(value, 1, 10000, &question->top, err);
    return fail(err, ERROR_INVALID,
                _("%.40s: write start=, end=, clusters=, accounts=, users=, format= or topcount="),
                name);
}

static bool read_words(struct use_question *question, int count, char **words, struct error *err)
{
    int64_t now_us = clock_wall_us(&clock_real), today_us;

    if (!parse_time("today", now_us, &today_us, err))
        return false;
    /* As sreport: all of yesterday. */
    question->until_us = today_us;
    if (!parse_time("today", today_us - 1, &question->since_us, err))
        return false;
    for (int i = 2; i < count; i++) {
        size_t length = strcspn(words[i], "=");

        if (!words[i][length])
            return fail(err, ERROR_INVALID, _("%.40s is not NAME=VALUE"), words[i]);
        if (!set_word(question, words[i], length, words[i] + length + 1, err))
            return false;
    }
    if (question->until_us <= question->since_us)
        return fail(err, ERROR_INVALID, _("the end of the time lies before its start"));
    return true;
}

static Wire__Envelope *ask_usage(struct session *session, const struct use_question *question,
                                 struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__UsageAsk body = WIRE__USAGE_ASK__INIT;

    if (question->account)
        body.project = arena_copy_utf8(question->arena, question->account);
    if (question->user)
        body.user = arena_copy_utf8(question->arena, question->user);
    body.by = arena_copy(question->arena, question->table->by);
    body.since_us = question->since_us;
    body.until_us = question->until_us;
    ask.body_case = WIRE__ENVELOPE__BODY_USAGE_ASK;
    ask.usage_ask = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_USAGE_TABLE, err);
}

bool use_table_print(struct session *session, int count, char **words, struct use_options *options,
                     struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *usage = NULL;
    CLEANUP(message_freep) Wire__Envelope *clusters = NULL;
    struct use_question question = {.options = options, .arena = arena, .top = TOP_COUNT};
    struct output output = {.columns = columns};

    question.table = find_table(words[0], words[1], err);
    if (!question.table || !read_words(&question, count, words, err) ||
        !output_check(columns, &options->output, err))
        return false;
    usage = ask_usage(session, &question, err);
    clusters = usage ? session_ask_clusters(session, err) : NULL;
    if (!clusters)
        return false;
    question.usage = usage->usage_table;
    question.clusters = clusters->cluster_listing;
    question.rows = ARENA_NEW_ARRAY(arena, struct use_row *,
                                    2 * question.usage->n_rows + question.clusters->n_clusters);
    question.table->make(&question);
    output.standard = question.table->standard;
    output.rows = (const void *const *)question.rows;
    output.count = question.count;
    return output_print(&output, &options->output, err);
}
