/* core_books.c - institutions, projects and grants come into the books */

#include "scheduler/core/core_inside.h"

/* Who has used nothing yet has his share of the tree all the same. */
static void plant(struct core *core, const char *institution, const char *project)
{
    share_plant(core->shares, &(struct share_place){institution, project, NULL});
}

void core_seal(struct core *core, const char *name, const char *seal)
{
    ledger_seal(core->ledger, name, seal);
}

void on_institution_added(struct core *core, const struct event *event)
{
    struct error err;

    if (!ledger_add_institution(core->ledger, event->books.institution, &err))
        core_warn(core, NULL, NULL, "%.110s", err.text);
    else
        plant(core, event->books.institution, NULL);
}

void on_project_added(struct core *core, const struct event *event)
{
    struct error err;

    if (!ledger_add_project(core->ledger, event->books.project, event->books.institution, &err))
        core_warn(core, NULL, NULL, "%.110s", err.text);
    else
        plant(core, event->books.institution, event->books.project);
}

void on_granted(struct core *core, const struct event *event)
{
    struct booking booking = {.has_usage = false};
    struct error err;

    if (!ledger_grant(core->ledger, &event->grant, core->now_us, &booking.txn, &err)) {
        core_warn(core, NULL, NULL, "%.110s", err.text);
        return;
    }
    effects_add_booking(core->effects, &booking);
    queue_budget_changed(&core->queue, event->grant.institution);
    plan_changed(core);
}

/* Budgets are another size now: who waits for one is looked at again. */
static void book(struct core *core, const struct booking *booking)
{
    effects_add_booking(core->effects, booking);
    queue_budget_changed(&core->queue, booking->txn.institution);
    plan_changed(core);
}

void on_grant_ended(struct core *core, const struct event *event)
{
    struct booking booking = {.has_usage = false};
    struct error err;

    if (ledger_end_grant(core->ledger, &event->grant, core->now_us, &booking.txn, &err))
        book(core, &booking);
    else
        core_warn(core, NULL, NULL, "%.110s", err.text);
}

void on_transferred(struct core *core, const struct event *event)
{
    struct booking booking = {.has_usage = false};
    struct transfer transfer = event->transfer;
    struct error err;

    if (ledger_transfer(core->ledger, &transfer, core->now_us, &booking.txn, &err))
        book(core, &booking);
    else
        core_warn(core, NULL, NULL, "%.110s", err.text);
}

void on_refunded(struct core *core, const struct event *event)
{
    struct booking booking = {.has_usage = false};
    struct error err;

    if (ledger_refund(core->ledger, &event->refund, core->now_us, &booking.txn, &err))
        book(core, &booking);
    else
        core_warn(core, NULL, NULL, "%.110s", err.text);
}

/* Ranks are reckoned anew at once. */
void on_share_set(struct core *core, const struct event *event)
{
    const struct share_change *change = &event->share;
    struct share_place place = {change->institution, *change->project ? change->project : NULL,
                                *change->user ? change->user : NULL};

    share_set(core->shares, &place, change->shares);
    core->plan.reordered_us = 0;
    plan_changed(core);
}

/* What waits for a budget costs something else now, or from then on. */
static void rates_changed(struct core *core)
{
    core->rates_change_us = rates_next_change(core->rates, core->now_us);
    queue_all_changed(&core->queue);
    plan_changed(core);
}

void on_rate_added(struct core *core, const struct event *event)
{
    rates_add(core->rates, &event->rate);
    rates_changed(core);
}

void on_rate_ended(struct core *core, const struct event *event)
{
    rates_end(core->rates, event->rate.id, event->rate.end_us);
    rates_changed(core);
}

void core_restore_rate(struct core *core, const struct rate *rate)
{
    rates_add(core->rates, rate);
    core->rates_change_us = 0; /* the first step finds out */
}

void books_advance(struct core *core)
{
    if (core->now_us >= core->rates_change_us)
        rates_changed(core);
    if (core->now_us < ledger_next_start(core->ledger))
        return;
    ledger_advance(core->ledger, core->now_us);
    queue_all_changed(&core->queue);
    plan_changed(core);
}
