/* binding.c - where the tasks of a job are, or would be: rank, node, cores */

#include "client/binding.h"

#include "base/memory.h"
#include "client/cells.h"
#include "client/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the table ---------------------------------------------------------------------------------- */

struct row {
    const Wire__BindingView *view;
    const Wire__TaskPlace *place;
};

#define PLACE(row) (((const struct row *)(row))->place)

#define PLACE_CELL(name, field)                                                         \
    static void cell_##name(const void *row, struct cell *cell, struct buffer *scratch) \
    {                                                                                   \
        (void)scratch;                                                                  \
        if (*PLACE(row)->field)                                                         \
            cell_set_text(cell, PLACE(row)->field);                                     \
    }

PLACE_CELL(cores, cores)
PLACE_CELL(cpus, cpus)
PLACE_CELL(packages, packages)
PLACE_CELL(numas, numas)
PLACE_CELL(memory, memory)
PLACE_CELL(gpus, gpus)

static void cell_rank(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set(cell, CELL_NUMBER, PLACE(row)->rank);
}

static void cell_node(const void *row, struct cell *cell, struct buffer *scratch)
{
    (void)scratch;
    cell_set_text(cell, ((const struct row *)row)->view->node);
}

static const struct column columns[] = {
    {"rank",     "task",   "RANK",     0, COLUMN_RIGHT, cell_rank    },
    {"node",     NULL,     "NODE",     0, 0,            cell_node    },
    {"cores",    NULL,     "CORES",    0, 0,            cell_cores   },
    {"cpus",     NULL,     "CPUS",     0, 0,            cell_cpus    },
    {"packages", "socket", "PACKAGES", 0, 0,            cell_packages},
    {"numa",     "ldom",   "NUMA",     0, 0,            cell_numas   },
    {"memory",   NULL,     "MEMORY",   0, 0,            cell_memory  },
    {"gpus",     NULL,     "GPUS",     0, 0,            cell_gpus    },
    {NULL,       NULL,     NULL,       0, 0,            NULL         },
};

static int compare_rows(const void *a, const void *b)
{
    uint32_t x = (*(const struct row *const *)a)->place->rank;
    uint32_t y = (*(const struct row *const *)b)->place->rank;

    return (x > y) - (x < y);
}

static bool print(Wire__Envelope *const *answers, size_t count, const struct output_options *how,
                  struct error *err)
{
    CLEANUP(memory_freep) struct row *rows = NULL;
    CLEANUP(memory_freep) const void **places = NULL;
    struct output output = {.columns = columns, .standard = "rank,node,cores,cpus,packages,numa"};
    size_t all = 0;

    for (size_t i = 0; i < count; i++)
        all += answers[i]->binding_view->n_tasks;
    rows = NEW_ARRAY(struct row, all + 1);
    places = memory_get(all + 1, sizeof(*places));
    for (size_t i = 0; i < count; i++) {
        const Wire__BindingView *view = answers[i]->binding_view;

        for (size_t task = 0; task < view->n_tasks; task++) {
            rows[output.count] = (struct row){view, view->tasks[task]};
            places[output.count] = &rows[output.count];
            if (*view->tasks[task]->gpus)
                output.standard = "rank,node,cores,cpus,packages,numa,gpus";
            output.count++;
        }
    }
    qsort(places, output.count, sizeof(*places), compare_rows);
    output.rows = places;
    return output_print(&output, how, err);
}

/* What the table does not say, once. */
static void print_remarks(Wire__Envelope *const *answers, size_t count)
{
    bool emulated = false, unbound = false;

    for (size_t i = 0; i < count; i++) {
        const Wire__BindingView *view = answers[i]->binding_view;

        emulated = emulated || view->emulated;
        unbound = unbound || view->unbound;
        if (view->as_idle)
            fprintf(stderr, _("tequio: %s is busy: its cores are shown as if it were idle\n"),
                    view->node);
    }
    if (emulated)
        fprintf(stderr, _("tequio: the numbers are those of a description, not of the machine\n"));
    if (unbound)
        fprintf(stderr,
                _("tequio: a node's agent is set to bind nothing: tasks may use all cpus\n"));
}

/* --- the asks -------------------------------------------------------------------------------------- */

static Wire__Envelope *ask(struct session *session, Wire__BindingAsk *body,
                           Wire__Envelope__BodyCase expected, struct error *err)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;

    envelope.body_case = WIRE__ENVELOPE__BODY_BINDING_ASK;
    envelope.binding_ask = body;
    return session_ask(session, &envelope, expected, err);
}

struct answers {
    Wire__Envelope **all;
    size_t count;
};

static void answers_clear(struct answers *answers)
{
    for (size_t i = 0; i < answers->count; i++)
        message_free(answers->all[i]);
    free(answers->all);
}

static bool add(struct answers *answers, struct session *session, Wire__BindingAsk *body,
                struct error *err)
{
    Wire__Envelope *answer = ask(session, body, WIRE__ENVELOPE__BODY_BINDING_VIEW, err);

    if (!answer)
        return false;
    answers->all = memory_resize(answers->all, answers->count + 1, sizeof(*answers->all));
    answers->all[answers->count++] = answer;
    return true;
}

bool binding_show_job(struct session *session, const Wire__JobShown *job,
                      const struct output_options *how, struct error *err)
{
    CLEANUP(answers_clear) struct answers answers = {0};

    if (!output_check(columns, how, err))
        return false;
    if (job->n_parts == 0)
        return fail(err, ERROR_CONFLICT, _("job %" PRIu64 " does not run"), job->job->id);
    for (size_t i = 0; i < job->n_parts; i++) {
        Wire__BindingAsk body = WIRE__BINDING_ASK__INIT;

        body.job = job->job->id;
        body.node = job->parts[i]->node;
        if (!add(&answers, session, &body, err))
            return false;
    }
    print_remarks(answers.all, answers.count);
    return print(answers.all, answers.count, how, err);
}

/* A number for the whole job is for the node, if it has only one. */
static void fill_gpus(Wire__BindingAsk *body, const Wire__JobSpec *spec)
{
    body->gpu_type = spec->gpu_type;
    body->gpus_per_task = spec->gpus_per_task;
    body->gpus = spec->gpus_per_node + spec->gpus_per_task * body->node_tasks[body->part];
    if (body->gpus == 0 && body->n_node_tasks == 1)
        body->gpus = spec->gpus;
}

static bool ask_nodes(struct session *session, const Wire__PreviewView *preview,
                      const Wire__JobSpec *spec, struct answers *answers, struct error *err)
{
    for (size_t i = 0; i < preview->n_nodes; i++) {
        Wire__BindingAsk body = WIRE__BINDING_ASK__INIT;

        body.node = preview->nodes[i];
        body.cores = i < preview->n_node_cores ? preview->node_cores[i] : 0;
        body.cpus_per_task = spec->cpus_per_task ? spec->cpus_per_task : 1;
        body.node_tasks = preview->node_tasks;
        body.n_node_tasks = preview->n_node_tasks;
        body.part = (uint32_t)i;
        body.layout = spec->layout;
        fill_gpus(&body, spec);
        if (!add(answers, session, &body, err))
            return false;
    }
    return true;
}

bool binding_show_spec(struct session *session, Wire__JobSpec *spec,
                       const struct output_options *how, struct error *err)
{
    CLEANUP(answers_clear) struct answers answers = {0};
    CLEANUP(message_freep) Wire__Envelope *preview = NULL;
    Wire__BindingAsk body = WIRE__BINDING_ASK__INIT;

    body.spec = spec;
    preview = ask(session, &body, WIRE__ENVELOPE__BODY_PREVIEW_VIEW, err);
    if (!preview || !ask_nodes(session, preview->preview_view, spec, &answers, err))
        return false;
    if (preview->preview_view->later)
        fprintf(stderr, _("tequio: not all of it is free now: shown as if no other job ran\n"));
    print_remarks(answers.all, answers.count);
    return print(answers.all, answers.count, how, err);
}
