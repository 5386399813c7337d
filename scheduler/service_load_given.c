/* service_load_given.c - what people have set, from the store back into the core */

#include "scheduler/rate_rows.h"
#include "scheduler/service_inside.h"
#include "scheduler/view.h"

static bool load_share(struct service *service, const struct share_row *share)
{
    struct share_place place = {share->institution, *share->project ? share->project : NULL,
                                *share->user ? share->user : NULL};

    core_restore_shares(service->core, &place, (uint32_t)share->shares);
    return true;
}

static bool load_window(struct service *service, const struct window_row *window, struct error *err)
{
    const struct window_facts facts = {
        .name = window->name,
        .cluster = window->cluster,
        .nodes = window->nodes,
        .start_us = window->start_us,
        .end_us = window->end_us,
        .repeat = (enum window_repeat)window->repeat,
        .maintenance = window->maintenance != 0,
        .users = window->users,
        .projects = window->projects,
        .institutions = window->institutions,
    };

    return core_restore_window(service->core, &facts, service->now_us, err);
}

static bool load_limit(struct service *service, const struct limit_row *row, struct error *err)
{
    struct limit limit = {.name = row->name, .amount = row->amount};

    if (!limit_of_parse(row->scope, &limit.of, err) ||
        !limit_form_parse(row->form, &limit.form, err) ||
        !limit_what_parse(row->what, &limit.what, err) || !limit_check(&limit, err))
        return fail_in(err, "table limit_");
    core_restore_limit(service->core, &limit);
    return true;
}

static bool load_rate(struct service *service, const struct rate_row *row, struct error *err)
{
    struct rate rate;

    if (!rate_from_row(row, &rate, err))
        return fail_in(err, "table rate");
    core_restore_rate(service->core, &rate);
    return true;
}

bool load_given(struct service *service, const struct row *row, struct error *err)
{
    given_put(service->given, row);
    if (row->kind == ROW_SHARE)
        return load_share(service, &row->share);
    if (row->kind == ROW_WINDOW)
        return load_window(service, &row->window, err);
    if (row->kind == ROW_RATE)
        return load_rate(service, &row->rate, err);
    return load_limit(service, &row->limit, err);
}

/* The components of the last job have numbers, too; no other job may get them. */
bool load_last_job(struct service *service, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct store *store = service->outside.store;
    struct row row = {.kind = ROW_JOB, .job = {.id = service->marks.next_job - 1}};
    bool found;

    if (!store->find(store, &row, arena, &found, err))
        return false;
    if (found)
        service->marks.next_job += row_component_count(&row.job, arena) - 1;
    return true;
}
