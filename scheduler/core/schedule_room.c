/* schedule_room.c - what there is to plan with, over time, and what jobs take of it
 *
 * A profile of free cores for each lane, and one for each window that is on.  What a window has is
 * out of the lanes' profiles while it does.  With each beginning and each end of a window all is
 * planned anew, so that of one that repeats one more time is known. */

#include "scheduler/core/core_inside.h"
#include "scheduler/core/het.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/request.h"

#include <stdlib.h>

/* What jobs that name a window may be planned on. */
struct window_room {
    const struct window *window;
    struct profile profile;
};

void schedule_room_init(struct schedule *schedule, size_t lane_count)
{
    schedule->lane_count = lane_count;
    schedule->profiles = NEW_ARRAY(struct profile, lane_count);
    schedule->cores = NEW_ARRAY(uint64_t, lane_count);
    for (size_t i = 0; i < lane_count; i++)
        profile_init(&schedule->profiles[i], 0, 0);
}

static void clear_windows(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->window_count; i++)
        profile_clear(&schedule->windows[i].profile);
    schedule->window_count = 0;
}

void schedule_room_clear(struct schedule *schedule)
{
    for (size_t i = 0; i < schedule->lane_count; i++)
        profile_clear(&schedule->profiles[i]);
    clear_windows(schedule);
    free(schedule->windows);
    free(schedule->profiles);
    free(schedule->cores);
}

void schedule_room_forget(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;

    for (size_t i = 0; i < schedule->lane_count; i++)
        profile_forget(&schedule->profiles[i], core->now_us);
    for (size_t i = 0; i < schedule->window_count; i++)
        profile_forget(&schedule->windows[i].profile, core->now_us);
}

/* --- times of windows ------------------------------------------------------------------------------ */

struct span {
    int64_t from_us, until_us;
};

struct spans {
    size_t count;
    struct span *all;
};

static void clear_spans(struct spans *spans)
{
    free(spans->all);
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *first = a, *second = b;

    return (first->from_us > second->from_us) - (first->from_us < second->from_us);
}

/* The times of these windows, those that meet as one. */
static struct spans list_spans(const struct window_list *list, int64_t now_us)
{
    struct spans spans = {0, NEW_ARRAY(struct span, (size_t)list->count * WINDOW_TIMES_MOST)};
    size_t kept = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        int64_t at_us = now_us;
        struct span span;

        for (int j = 0; j < WINDOW_TIMES_MOST &&
                        window_span(list->all[i], at_us, &span.from_us, &span.until_us);
             j++)
            at_us = (spans.all[spans.count++] = span).until_us;
    }
    qsort(spans.all, spans.count, sizeof(*spans.all), compare_spans);
    for (size_t i = 0; i < spans.count; i++) {
        struct span *last = &spans.all[kept > 0 ? kept - 1 : 0];

        if (kept == 0 || spans.all[i].from_us > last->until_us)
            spans.all[kept++] = spans.all[i];
        else if (spans.all[i].until_us > last->until_us)
            last->until_us = spans.all[i].until_us;
    }
    spans.count = kept;
    return spans;
}

/* --- what jobs take ------------------------------------------------------------------------------- */

/* Cores of the lane's nodes that take work and are in the partitions `bits` too. */
static uint64_t count_cores(const struct core *core, const struct lane *lane, uint64_t bits)
{
    size_t count = inventory_class_count(core->inventory, lane->cluster);
    uint64_t cores = 0;

    bits |= partition_bit(lane->cluster, lane->partition);
    for (size_t i = 0; i < count; i++) {
        const struct node_class *class = inventory_class(core->inventory, lane->cluster, i);

        if ((class->partitions & bits) == bits)
            cores += (uint64_t) class->cores * class->working;
    }
    return cores;
}

/* What a waiting job that is planned in `lane` takes of `other`, a lane of the same cluster. */
static int64_t share_of(const struct core *core, const struct lane *lane, const struct lane *other,
                        uint64_t cores)
{
    uint64_t beside, shared;

    if (lane == other)
        return (int64_t)cores;
    shared = count_cores(core, lane, partition_bit(other->cluster, other->partition));
    beside = core->plan.schedule.cores[lane - core->plan.lanes] - shared;
    return cores > beside ? (int64_t)(cores - beside) : 0;
}

/* Where a component of a job that is planned in `lane` is planned. */
static const struct lane *lane_of(const struct core *core, const struct request *request,
                                  uint32_t component, const struct lane *lane)
{
    size_t cluster = inventory_cluster_index(core->inventory, lane->cluster);

    if (component == 0)
        return lane;
    return plan_lane(&core->plan, cluster,
                     request_partition(het_request(request, component), lane->cluster));
}

/* The same for all its components. */
static int64_t claim_on(const struct core *core, const struct job *job, const struct lane *lane,
                        const struct lane *other)
{
    int64_t cores = 0;

    for (uint32_t i = 0; i < het_size(&job->request); i++)
        cores += share_of(core, lane_of(core, &job->request, i, lane), other,
                          het_cores_asked(&job->request, i));
    return cores;
}

static const struct window_list *windows_of(const struct core *core, const struct node *node)
{
    static const struct window_list none = {0};
    const struct windows *windows = &core->plan.windows;

    return node->index < windows->known_nodes ? &windows->of_nodes[node->index] : &none;
}

static bool is_of(const struct core *core, const struct node *node, const struct window *window)
{
    const struct window_list *list = windows_of(core, node);

    for (uint32_t i = 0; i < list->count; i++)
        if (list->all[i] == window)
            return true;
    return false;
}

static bool is_of_lane(const struct node *node, const struct lane *lane)
{
    return (node->partitions & partition_bit(lane->cluster, lane->partition)) &&
           node_takes_work(node);
}

/* What a placed job has of the lane, on nodes that are in no window. */
static int64_t part_of(const struct core *core, const struct job *job, const struct lane *lane)
{
    int64_t cores = 0;

    for (uint32_t i = 0; i < job->part_count; i++)
        if (is_of_lane(job->parts[i].node, lane) &&
            windows_of(core, job->parts[i].node)->count == 0)
            cores += job->parts[i].cores_held;
    return cores;
}

/* In a window all of the node is out of the profile already: what it has there counts outside. */
static void apply_beside(const struct span *whole, const struct spans *spans, int64_t cores,
                         struct profile *profile)
{
    int64_t from_us = whole->from_us;

    for (size_t i = 0; i < spans->count && from_us < whole->until_us; i++) {
        const struct span *span = &spans->all[i];
        int64_t until_us = span->from_us < whole->until_us ? span->from_us : whole->until_us;

        if (until_us > from_us)
            profile_add(profile, from_us, until_us, cores);
        if (span->until_us > from_us)
            from_us = span->until_us;
    }
    if (from_us < whole->until_us)
        profile_add(profile, from_us, whole->until_us, cores);
}

/* What a placed job has of the lanes of its cluster, on nodes that are in windows at times. */
static void apply_parts(struct core *core, const struct job *job, int64_t start_us, int sign)
{
    const struct span whole = {start_us, job->claim.end_us};

    for (uint32_t i = 0; i < job->part_count; i++) {
        const struct part *part = &job->parts[i];
        const struct cluster *cluster = part->node->cluster;
        const struct window_list *list = windows_of(core, part->node);
        size_t first = core->plan.first_lanes[inventory_cluster_index(core->inventory, cluster)];
        CLEANUP(clear_spans) struct spans spans = {0};

        if (list->count == 0 || part->cores_held == 0)
            continue;
        spans = list_spans(list, core->now_us);
        for (size_t j = first; j < first + cluster->partition_count; j++)
            if (is_of_lane(part->node, &core->plan.lanes[j]))
                apply_beside(&whole, &spans, sign * (int64_t)part->cores_held,
                             &core->plan.schedule.profiles[j]);
    }
}

/* What a job takes of a window: waiting for it, or placed on its nodes. */
static int64_t part_of_window(const struct core *core, const struct job *job,
                              const struct window *window)
{
    int64_t cores = 0;

    if (!job->claim.is_placed)
        return job->window == window ? het_cores(&job->request) : 0;
    for (uint32_t i = 0; i < job->part_count; i++)
        if (node_takes_work(job->parts[i].node) && is_of(core, job->parts[i].node, window))
            cores += job->parts[i].cores_held;
    return cores;
}

static void apply_to_lanes(struct core *core, const struct job *job, int64_t start_us, int sign)
{
    const struct lane *lane = &core->plan.lanes[job->claim.lane];
    size_t cluster = inventory_cluster_index(core->inventory, lane->cluster);
    size_t first = core->plan.first_lanes[cluster];

    for (size_t i = first; i < first + lane->cluster->partition_count; i++) {
        const struct lane *other = &core->plan.lanes[i];
        int64_t cores =
            job->claim.is_placed ? part_of(core, job, other) : claim_on(core, job, lane, other);

        if (cores > 0)
            profile_add(&core->plan.schedule.profiles[i], start_us, job->claim.end_us,
                        sign * cores);
    }
}

void schedule_apply(struct core *core, const struct job *job, int64_t start_us, int sign)
{
    struct schedule *schedule = &core->plan.schedule;

    if (job->claim.is_placed || !job->window)
        apply_to_lanes(core, job, start_us, sign);
    if (job->claim.is_placed)
        apply_parts(core, job, start_us, sign);
    for (size_t i = 0; i < schedule->window_count; i++) {
        struct window_room *room = &schedule->windows[i];
        int64_t cores = part_of_window(core, job, room->window);

        if (cores > 0)
            profile_add(&room->profile, start_us, job->claim.end_us, sign * cores);
    }
}

/* --- what windows take ---------------------------------------------------------------------------- */

/* Nodes with so many cores in each partition of the cluster are in these windows. */
static void close_nodes(struct core *core, const struct cluster *cluster,
                        const struct window_list *list, const int64_t *cores)
{
    size_t first = core->plan.first_lanes[inventory_cluster_index(core->inventory, cluster)];
    CLEANUP(clear_spans) struct spans spans = list_spans(list, core->now_us);

    for (size_t i = 0; i < cluster->partition_count; i++)
        for (size_t j = 0; cores[i] > 0 && j < spans.count; j++)
            profile_add(&core->plan.schedule.profiles[first + i], spans.all[j].from_us,
                        spans.all[j].until_us, -cores[i]);
}

static void add_node(const struct node *node, int64_t *cores)
{
    for (size_t i = 0; i < node->cluster->partition_count; i++)
        if (node->partitions >> i & 1)
            cores[i] += node->cores;
}

/* Its jobs end with it. */
static void add_window_room(struct core *core, const struct window *window, int64_t cores)
{
    struct schedule *schedule = &core->plan.schedule;
    struct window_room *room;

    schedule->windows =
        memory_resize(schedule->windows, schedule->window_count + 1, sizeof(*schedule->windows));
    room = &schedule->windows[schedule->window_count++];
    room->window = window;
    profile_init(&room->profile, core->now_us, 0);
    profile_add(&room->profile, core->now_us, window->until_us, cores);
}

/* Nodes of this window alone are closed together, others when their first window is met. */
static void close_window(struct core *core, struct window *window)
{
    const struct cluster *cluster = inventory_find_cluster(core->inventory, window->facts.cluster);
    const struct window_list alone = {1, 1, &window};
    CLEANUP(memory_freep) int64_t *cores = NEW_ARRAY(int64_t, cluster->partition_count);
    int64_t sum = 0;

    for (size_t i = 0; i < hostlist_count(window->nodes); i++) {
        const struct node *node =
            inventory_find_node(core->inventory, hostlist_at(window->nodes, i));
        CLEANUP(memory_freep) int64_t *own = NULL;
        const struct window_list *list;

        if (!node || !node_takes_work(node) || !is_of(core, node, window))
            continue;
        list = windows_of(core, node);
        sum += node->cores;
        if (list->count == 1)
            add_node(node, cores);
        if (list->count <= 1 || list->all[0] != window)
            continue;
        own = NEW_ARRAY(int64_t, cluster->partition_count);
        add_node(node, own);
        close_nodes(core, cluster, list, own);
    }
    close_nodes(core, cluster, &alone, cores);
    if (!window->is_on || window->facts.maintenance)
        return;
    add_window_room(core, window, sum);
}

void schedule_room_begin(struct core *core)
{
    struct schedule *schedule = &core->plan.schedule;
    struct window *window;
    size_t at = 0;

    for (size_t i = 0; i < schedule->lane_count; i++) {
        schedule->cores[i] = count_cores(core, &core->plan.lanes[i], 0);
        profile_clear(&schedule->profiles[i]);
        profile_init(&schedule->profiles[i], core->now_us, (int64_t)schedule->cores[i]);
    }
    clear_windows(schedule);
    while ((window = table_next(core->plan.windows.by_name, &at)))
        close_window(core, window);
    schedule->is_true = true;
    for (size_t i = 0; i < core->settings.cluster_count; i++) {
        struct timeline_place place = {0};
        const struct timeline_entry *entry;

        while ((entry = timeline_next(&core->timelines[i], &place)))
            if (entry->end_us > core->now_us)
                schedule_apply(core, entry->job, core->now_us, -1);
    }
}

/* --- where something is left ---------------------------------------------------------------------- */

/* What the components that are planned in the same lane as this one take together. */
static int64_t cores_beside(const struct core *core, const struct request *request,
                            uint32_t component, const struct lane *lane)
{
    const struct lane *own = lane_of(core, request, component, lane);
    int64_t cores = 0;

    for (uint32_t i = 0; i < het_size(request); i++)
        if (lane_of(core, request, i, lane) == own)
            cores += het_cores_asked(request, i);
    return cores;
}

/* The first start at which there are cores for all components: each moves it on until none does. */
static int64_t seek_components(const struct core *core, const struct request *request,
                               const struct lane *lane, int64_t limit_us, int64_t before_us)
{
    int64_t start_us = core->now_us, first_us;

    do {
        first_us = start_us;
        for (uint32_t i = 0; i < het_size(request) && start_us < before_us; i++) {
            size_t number = (size_t)(lane_of(core, request, i, lane) - core->plan.lanes);

            start_us = profile_seek(&core->plan.schedule.profiles[number], start_us, limit_us,
                                    cores_beside(core, request, i, lane), before_us);
        }
    } while (start_us != first_us && start_us < before_us);
    return start_us;
}

int64_t schedule_seek(const struct core *core, const struct shape *shape, const struct lane *lane,
                      int64_t limit_us, int64_t before_us)
{
    const struct schedule *schedule = &core->plan.schedule;
    const struct request *request = shape_request(shape);

    if (!shape->window)
        return seek_components(core, request, lane, limit_us, before_us);
    for (size_t i = 0; i < schedule->window_count; i++)
        if (schedule->windows[i].window == shape->window)
            return profile_seek(&schedule->windows[i].profile, core->now_us, limit_us,
                                het_cores(request), before_us);
    return INT64_MAX;
}
