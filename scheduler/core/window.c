/* window.c - nodes that are kept for a time: advance reservations and maintenance */

#include "scheduler/core/window.h"

#include "base/parse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int64_t period_us;
} repeats[] = {
    {"once",   0             },
    {"daily",  US_PER_DAY    },
    {"weekly", 7 * US_PER_DAY},
};
static_assert(COUNT_OF(repeats) == WINDOW_REPEAT_COUNT, "one row for each, in their order");

const char *window_repeat_name(enum window_repeat repeat)
{
    assert(repeat < WINDOW_REPEAT_COUNT);
    return repeats[repeat].name;
}

int64_t window_period(enum window_repeat repeat)
{
    assert(repeat < WINDOW_REPEAT_COUNT);
    return repeats[repeat].period_us;
}

/* --- times ----------------------------------------------------------------------------------- */

static bool span_of(const struct window_facts *facts, int64_t at_us, int64_t *ret_from_us,
                    int64_t *ret_until_us)
{
    int64_t period_us = window_period(facts->repeat);
    int64_t later_us = 0;

    if (facts->end_us <= at_us) {
        if (period_us == 0)
            return false;
        later_us = ((at_us - facts->end_us) / period_us + 1) * period_us;
    }
    *ret_from_us = facts->start_us + later_us;
    *ret_until_us = facts->end_us + later_us;
    return true;
}

bool window_span(const struct window *window, int64_t at_us, int64_t *ret_from_us,
                 int64_t *ret_until_us)
{
    return span_of(&window->facts, at_us, ret_from_us, ret_until_us);
}

bool window_is_on(const struct window *window, int64_t at_us)
{
    return window->from_us <= at_us && at_us < window->until_us;
}

/* From the later of both beginnings on all repeats within a week of one another. */
bool window_meets(const struct window *window, const struct window_facts *facts)
{
    const struct window_facts *other = &window->facts;
    int64_t at_us = facts->start_us > other->start_us ? facts->start_us : other->start_us;
    int64_t end_us = at_us + 15 * US_PER_DAY;
    int64_t from_us, until_us, other_from_us, other_until_us;

    while (span_of(facts, at_us, &from_us, &until_us) &&
           span_of(other, at_us, &other_from_us, &other_until_us)) {
        if (from_us < other_until_us && other_from_us < until_us)
            return true;
        at_us = until_us < other_until_us ? until_us : other_until_us;
        if (at_us > end_us)
            return false;
    }
    return false;
}

/* --- one window ------------------------------------------------------------------------------ */

static char *own(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void clear_window(struct window *window)
{
    free(own(window->facts.name));
    free(own(window->facts.cluster));
    free(own(window->facts.nodes));
    free(own(window->facts.users));
    free(own(window->facts.projects));
    free(own(window->facts.institutions));
    hostlist_free(window->nodes);
}

static const char *copy_text(const char *text)
{
    return memory_copy(text ? text : "");
}

static void fill_window(struct window *window, const struct window_facts *facts, int64_t now_us)
{
    struct error ignored;

    window->facts = *facts;
    window->facts.name = copy_text(facts->name);
    window->facts.cluster = copy_text(facts->cluster);
    window->facts.nodes = copy_text(facts->nodes);
    window->facts.users = copy_text(facts->users);
    window->facts.projects = copy_text(facts->projects);
    window->facts.institutions = copy_text(facts->institutions);
    window->nodes = hostlist_parse(facts->nodes, &ignored);
    assert(window->nodes);
    window->from_us = window->until_us = 0;
    (void)window_span(window, now_us, &window->from_us, &window->until_us);
    window->is_on = window_is_on(window, now_us);
}

static bool has_name(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *place = list; *place; place += strspn(place, ",")) {
        size_t size = strcspn(place, ",");

        if (size == length && strncmp(place, name, size) == 0)
            return true;
        place += size;
    }
    return false;
}

bool window_serves(const struct window *window, const char *user, const char *project,
                   const char *institution)
{
    const struct window_facts *facts = &window->facts;

    return !facts->maintenance &&
           (has_name(facts->users, user) || has_name(facts->projects, project) ||
            has_name(facts->institutions, institution));
}

/* --- all of them ----------------------------------------------------------------------------- */

void windows_init(struct windows *windows)
{
    *windows = (struct windows){.by_name = table_new(), .next_us = INT64_MAX, .late_us = INT64_MAX};
}

static void forget_nodes(struct windows *windows)
{
    for (size_t i = 0; i < windows->known_nodes; i++)
        free(windows->of_nodes[i].all);
    free(windows->of_nodes);
    windows->of_nodes = NULL;
    windows->known_nodes = 0;
}

void windows_clear(struct windows *windows)
{
    struct window *window;
    size_t place = 0;

    forget_nodes(windows);
    while ((window = table_next(windows->by_name, &place))) {
        clear_window(window);
        free(window);
    }
    table_free(windows->by_name);
}

struct window *windows_find(const struct windows *windows, const char *name)
{
    return table_get_text(windows->by_name, name);
}

static void find_next(struct windows *windows, int64_t now_us)
{
    const struct window *window;
    size_t place = 0;

    windows->next_us = INT64_MAX;
    while ((window = table_next(windows->by_name, &place))) {
        int64_t next_us = window->from_us > now_us ? window->from_us : window->until_us;

        if (window->until_us > 0 && next_us < windows->next_us)
            windows->next_us = next_us;
    }
}

struct window *windows_put(struct windows *windows, const struct window_facts *facts,
                           int64_t now_us)
{
    struct window *window = windows_find(windows, facts->name);
    struct window old = {0};

    if (window) {
        old = *window; /* the facts may be partly its own */
    } else {
        window = NEW(struct window);
        table_put_text(windows->by_name, facts->name, window);
    }
    fill_window(window, facts, now_us);
    clear_window(&old);
    forget_nodes(windows);
    find_next(windows, now_us);
    return window;
}

void windows_remove(struct windows *windows, const char *name, int64_t now_us)
{
    struct window *window = table_remove_text(windows->by_name, name);

    if (!window)
        return;
    clear_window(window);
    free(window);
    forget_nodes(windows);
    find_next(windows, now_us);
}

static void add_to(struct window_list *list, struct window *window)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 2;
        list->all = memory_resize(list->all, list->capacity, sizeof(struct window *));
    }
    list->all[list->count++] = window;
}

void windows_learn_nodes(struct windows *windows, const struct inventory *inventory)
{
    size_t count = inventory_node_count(inventory);

    if (table_count(windows->by_name) == 0 || windows->known_nodes >= count)
        return;
    windows->of_nodes = memory_resize(windows->of_nodes, count, sizeof(*windows->of_nodes));
    for (size_t i = windows->known_nodes; i < count; i++) {
        const struct node *node = inventory_node(inventory, i);
        struct window *window;
        size_t place = 0;

        windows->of_nodes[i] = (struct window_list){0};
        while ((window = table_next(windows->by_name, &place)))
            if (strcmp(window->facts.cluster, node->cluster->name) == 0 &&
                hostlist_has(window->nodes, node->name))
                add_to(&windows->of_nodes[i], window);
    }
    windows->known_nodes = count;
}

void windows_block(struct windows *windows, struct window *window, uint64_t pass, int64_t limit_us)
{
    window->blocked_pass = pass;
    if (window->until_us - limit_us + 1 < windows->late_us)
        windows->late_us = window->until_us - limit_us + 1;
}

bool windows_advance(struct windows *windows, int64_t now_us, bool *ret_late)
{
    struct window *window;
    bool changed = false;
    size_t place = 0;

    *ret_late = now_us >= windows->late_us;
    if (*ret_late)
        windows->late_us = INT64_MAX;
    if (now_us < windows->next_us)
        return false;
    while ((window = table_next(windows->by_name, &place))) {
        bool was_on = window->is_on;

        if (window->until_us > 0 && window->until_us <= now_us) {
            was_on = true; /* also one that began and ended while nobody looked */
            window->from_us = window->until_us = 0;
            (void)window_span(window, now_us, &window->from_us, &window->until_us);
        }
        window->is_on = window_is_on(window, now_us);
        changed |= window->is_on != was_on;
    }
    find_next(windows, now_us);
    return changed;
}

int64_t windows_next_time(const struct windows *windows)
{
    return windows->next_us < windows->late_us ? windows->next_us : windows->late_us;
}

const struct window *windows_against(const struct windows *windows, const struct node *node,
                                     const struct window *own, int64_t from_us, int64_t until_us)
{
    const struct window_list *list;

    if (node->index >= windows->known_nodes)
        return NULL;
    list = &windows->of_nodes[node->index];
    for (uint32_t i = 0; i < list->count; i++) {
        int64_t other_from_us, other_until_us;

        if (list->all[i] != own &&
            window_span(list->all[i], from_us, &other_from_us, &other_until_us) &&
            other_from_us < until_us)
            return list->all[i];
    }
    return NULL;
}
