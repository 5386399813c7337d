/* job_efficiency.c - how much of what a job had it used: `tequio show --efficiency` */

#include "client/job_efficiency.h"

#include "base/parse.h"
#include "client/cells.h"
#include "client/job_curves.h"
#include "client/jobs.h"

#include <stdio.h>
#include <string.h>

#define VIEW(row) (((const struct job_row *)(row))->view)

enum { BAR = 20 };

/* Of two amounts; below 0: not known. */
static double share(double used, double had)
{
    return used > 0 && had > 0 ? used / had : -1;
}

static int64_t ran_us(const void *row)
{
    return job_elapsed(row);
}

static double share_of_cpu(const void *row)
{
    return share((double)VIEW(row)->cpu_used_us, (double)ran_us(row) * VIEW(row)->cores);
}

static double asked_per_node(const void *row)
{
    const Wire__JobView *job = VIEW(row);

    return job->nodes > 0 ? (double)job->memory / job->nodes : 0;
}

static double share_of_memory(const void *row)
{
    return share((double)VIEW(row)->memory_peak, asked_per_node(row));
}

static double share_of_time(const void *row)
{
    int64_t limit_us = VIEW(row)->limit_us;

    return limit_us == PARSE_UNLIMITED ? -1 : share((double)ran_us(row), (double)limit_us);
}

/* "79% [################....]" */
static void set_bar(struct cell *cell, double part, struct buffer *scratch)
{
    int filled = part > 1 ? BAR : (int)(part * BAR + 0.5);

    if (part < 0)
        return;
    buffer_print(scratch, "%.0f%% [", 100 * part);
    for (int i = 0; i < BAR; i++)
        buffer_add_char(scratch, i < filled ? '#' : '.');
    buffer_add_char(scratch, ']');
    cell_set_text(cell, scratch->bytes);
}

static void cell_cpu(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_bar(cell, share_of_cpu(row), scratch);
}

static void cell_memory(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_bar(cell, share_of_memory(row), scratch);
}

static void cell_time(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_bar(cell, share_of_time(row), scratch);
}

static void begin_sentence(struct buffer *text)
{
    if (text->length > 0)
        buffer_add_text(text, "; ");
}

static void advise_on_memory(const void *row, struct buffer *text)
{
    const Wire__JobView *job = VIEW(row);
    double part = share_of_memory(row);

    if (strcmp(job->state, "OUT_OF_MEMORY") == 0 || part > 0.95) {
        begin_sentence(text);
        buffer_add_text(text, _("memory was full: ask for more"));
    } else if (part >= 0 && part < 0.5) {
        begin_sentence(text);
        buffer_add_text(text, _("much memory was not used: enough on each node would be "));
        print_size((job->memory_peak + job->memory_peak / 4) >> 20 << 20, text);
    }
}

/* Only what has ended is judged. */
static void cell_advice(const void *row, struct cell *cell, struct buffer *scratch)
{
    const Wire__JobView *job = VIEW(row);
    double cpu = share_of_cpu(row), time = share_of_time(row);

    if (job->end_us <= 0 || job->start_us <= 0)
        return;
    if (cpu >= 0 && cpu < 0.5 && job->cores > 1)
        buffer_add_text(scratch, _("most of the cores' time was idle: fewer cores may do as well"));
    advise_on_memory(row, scratch);
    if (strcmp(job->state, "COMPLETED") == 0 && time >= 0 && time < 0.3) {
        begin_sentence(scratch);
        buffer_add_text(scratch, _("a shorter limit lets it start earlier"));
    }
    if (scratch->length > 0)
        cell_set_text(cell, scratch->bytes);
}

static void set_curve(const void *row, enum curve curve, struct cell *cell, struct buffer *scratch)
{
    struct series series;

    if (!job_series(row, &series))
        return;
    curve_print(VIEW(row), &series, curve, scratch);
    if (scratch->length > 0)
        cell_set_text(cell, scratch->bytes);
}

static void cell_cpu_curve(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_curve(row, CURVE_CPU, cell, scratch);
}

static void cell_memory_curve(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_curve(row, CURVE_MEMORY, cell, scratch);
}

static void cell_read_curve(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_curve(row, CURVE_READ, cell, scratch);
}

static void cell_written_curve(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_curve(row, CURVE_WRITTEN, cell, scratch);
}

static void cell_power_curve(const void *row, struct cell *cell, struct buffer *scratch)
{
    set_curve(row, CURVE_POWER, cell, scratch);
}

/* "812.5 J"; 3600 kJ are a kilowatt-hour. */
static void cell_energy(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct job_row *job = row;
    double joules = job->shown ? (double)job->shown->energy_mj / 1e3 : 0;

    if (joules <= 0)
        return;
    if (joules < 1e4)
        buffer_print(scratch, "%.1f J", joules);
    else if (joules < 1e7)
        buffer_print(scratch, "%.1f kJ", joules / 1e3);
    else
        buffer_print(scratch, "%.1f MJ", joules / 1e6);
    cell_set_text(cell, scratch->bytes);
}

static void cell_samples(const void *row, struct cell *cell, struct buffer *scratch)
{
    const struct job_row *job = row;

    (void)scratch;
    if (job->shown && *job->shown->samples)
        cell_set_text(cell, job->shown->samples);
}

const struct column efficiency_columns[] = {
    {"cpuused",      NULL, "CPU_USED",      0, 0, cell_cpu          },
    {"memoryused",   NULL, "MEMORY_USED",   0, 0, cell_memory       },
    {"timeused",     NULL, "TIME_USED",     0, 0, cell_time         },
    {"cpucurve",     NULL, "CPU_CURVE",     0, 0, cell_cpu_curve    },
    {"memorycurve",  NULL, "MEMORY_CURVE",  0, 0, cell_memory_curve },
    {"readcurve",    NULL, "READ_CURVE",    0, 0, cell_read_curve   },
    {"writtencurve", NULL, "WRITTEN_CURVE", 0, 0, cell_written_curve},
    {"powercurve",   NULL, "POWER_CURVE",   0, 0, cell_power_curve  },
    {"energy",       NULL, "ENERGY",        0, 0, cell_energy       },
    {"samples",      NULL, "SAMPLES",       0, 0, cell_samples      },
    {"advice",       NULL, "ADVICE",        0, 0, cell_advice       },
};

const size_t efficiency_column_count = COUNT_OF(efficiency_columns);
