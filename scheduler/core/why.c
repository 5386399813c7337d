/* why.c - everything that blocks a pending job */

#include "scheduler/core/why.h"

#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/node_class.h"
#include "scheduler/core/price.h"
#include "scheduler/core/request.h"
#include "scheduler/core/seek_inside.h"

#include <assert.h>
#include <inttypes.h>

struct blocker *why_add(const struct question *question, enum job_reason reason)
{
    const struct cluster *cluster = question->cluster;
    struct blocker *blocker;

    if (*question->count == BLOCKER_MAX)
        return NULL;
    blocker = &question->blockers[(*question->count)++];
    *blocker = (struct blocker){
        .reason = reason,
        .tier = question->row->tier,
        .row = question->row,
        .cluster = cluster,
        .partition = question->partition,
    };
    if (cluster)
        snprintf(blocker->place, sizeof(blocker->place), "%.46s/%.46s", cluster->name,
                 question->partition->name);
    return blocker;
}

void why_say_duration(char *place, size_t size, int64_t duration_us)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_duration(duration_us, &text);
    snprintf(place, size, "%s", text.bytes);
}

void why_say_amount(char *place, size_t size, int64_t amount_micro)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_amount(amount_micro, &text);
    snprintf(place, size, "%s SU", text.bytes);
}

/* What has to become of the parent. */
static const char *awaited(enum dependency_kind kind)
{
    static const char *const texts[] = {
        [DEPENDENCY_AFTER_ANY] = "its end",
        [DEPENDENCY_AFTER] = "its start",
        [DEPENDENCY_AFTER_OK] = "its end with exit code 0",
        [DEPENDENCY_AFTER_NOT_OK] = "its failure",
        [DEPENDENCY_AFTER_CORR] = "its end with exit code 0",
        [DEPENDENCY_SINGLETON] = "the end of earlier jobs of the same name",
    };

    static_assert(COUNT_OF(texts) == DEPENDENCY_KIND_COUNT, "one text for each kind");
    return texts[kind];
}

static void say_dependency(const struct question *question, uint32_t number, uint32_t others)
{
    const struct dependency *dependency = &question->job->request.dependencies->all[number];
    const struct job *parent = core_seek_job(question->core, dependency->parent);
    bool never = dependency->state == DEPENDENCY_NEVER;
    CLEANUP(buffer_clear) struct buffer name = {0};
    struct blocker *blocker =
        why_add(question, never ? REASON_DEPENDENCY_NEVER : REASON_DEPENDENCY);

    if (!blocker)
        return;
    if (never)
        blocker->tier = BLOCKER_ERROR;
    blocker->number = number;
    buffer_init(&name);
    dependency_print_parent(dependency, &name);
    if (dependency->parent)
        snprintf(blocker->place, sizeof(blocker->place), "job %.60s", name.bytes);
    if (others > 1)
        snprintf(blocker->needs, sizeof(blocker->needs),
                 "%s, or one of %" PRIu32 " other conditions", awaited(dependency->kind), others);
    else if (others == 1)
        snprintf(blocker->needs, sizeof(blocker->needs), "%s, or another condition",
                 awaited(dependency->kind));
    else
        snprintf(blocker->needs, sizeof(blocker->needs), "%s", awaited(dependency->kind));
    if (parent)
        snprintf(blocker->has, sizeof(blocker->has), "%s", job_state_name(parent->state));
    if (dependency->state == DEPENDENCY_MET)
        blocker->free_us = dependency->from_us;
}

static bool dependency_blocks(const struct question *question, const struct dependency *dependency,
                              enum dependency_state all)
{
    if (all == DEPENDENCY_NEVER)
        return dependency->state == DEPENDENCY_NEVER;
    return dependency->state != DEPENDENCY_MET || dependency->from_us > question->core->now_us;
}

/* Where one is enough, they are one blocker: the first that still may be met stands for all. */
static void say_any(const struct question *question, enum dependency_state state)
{
    const struct dependencies *dependencies = question->job->request.dependencies;
    uint32_t found = 0, count = 0;

    for (uint32_t i = 0; i < dependencies->count; i++) {
        if (state != DEPENDENCY_NEVER && dependencies->all[i].state == DEPENDENCY_NEVER)
            continue;
        if (count++ == 0)
            found = i;
    }
    say_dependency(question, found, count - 1);
}

static void find_dependencies(const struct question *question)
{
    const struct dependencies *dependencies = question->job->request.dependencies;
    int64_t from_us;
    enum dependency_state state = dependencies_state(dependencies, &from_us);

    if (state == DEPENDENCY_MET && from_us <= question->core->now_us)
        return;
    if (dependencies->any) {
        say_any(question, state);
        return;
    }
    for (uint32_t i = 0; i < dependencies->count; i++)
        if (dependency_blocks(question, &dependencies->all[i], state))
            say_dependency(question, i, 0);
}

/* --- of a lane --------------------------------------------------------------------------------- */

static void find_limit(const struct question *question)
{
    int64_t limit_us = request_limit(&question->job->request, question->partition);
    struct blocker *blocker;

    if (limit_us <= question->partition->limit_us ||
        !(blocker = why_add(question, REASON_PARTITION_TIME_LIMIT)))
        return;
    why_say_duration(blocker->needs, sizeof(blocker->needs), limit_us);
    why_say_duration(blocker->has, sizeof(blocker->has), question->partition->limit_us);
}

static void find_down(const struct question *question)
{
    if (!question->partition->up)
        (void)why_add(question, REASON_PARTITION_DOWN);
}

/* All components: as the planner chooses them where that will do. */
static bool place_components(const struct question *question, uint32_t leaves_most,
                             struct placement *placement)
{
    struct moment moment = {
        .kind = question->possible == POSSIBLE_NOW ? MOMENT_EMPTY : MOMENT_EMPTY_ALL,
        .at_us = question->core->now_us,
        .few_switches = leaves_most > 0,
        .beside_windows = question->until_us > 0,
        .as_now = true,
    };

    if (het_place(question->core, question->need, question->cluster, &moment, placement))
        return true;
    moment.as_now = false;
    return het_place(question->core, question->need, question->cluster, &moment, placement);
}

bool why_place(const struct question *question, bool alone, uint32_t leaves_most,
               struct placement *placement)
{
    const struct inventory *inventory = question->core->inventory;
    uint64_t bit = partition_bit(question->cluster, question->partition);
    const struct request *request = question->need->request;
    struct seat best = {0};

    if (request->het)
        return place_components(question, leaves_most, placement);
    placement_reset(placement);
    for (size_t i = 0; i < inventory_class_count(inventory, question->cluster); i++) {
        const struct node_class *class = inventory_class(inventory, question->cluster, i);

        for (size_t j = 0; (class->partitions & bit) && j < class->members.count; j++) {
            struct node *node = class->members.nodes[j];
            struct room room = why_room(question, node);
            uint32_t capacity = need_capacity(question->need, node, &room);

            if (!need_admits(question->need, node) ||
                (question->possible == POSSIBLE_NOW && !node_takes_work(node)) ||
                (question->until_us > 0 &&
                 seek_is_kept(question->core, question->need, node, question->until_us)))
                continue;
            if (!alone)
                placement_offer(placement, node, capacity, room.cores);
            else if (capacity >= request->tasks &&
                     seek_prefers(question->need, node, room.cores, &best))
                best = (struct seat){.node = node, .room = room.cores};
        }
    }
    if (best.node)
        placement_offer(placement, best.node, request->tasks, best.room);
    return near_choose_offered(&question->core->plan.scratch->near, question->cluster->tree,
                               leaves_most, request, placement);
}

const struct placement *why_placement(const struct question *question)
{
    const struct core *core = question->core;
    struct placement *trial = &core->plan.scratch->trial;

    if ((question->fits && question->possible == POSSIBLE_NOW &&
         seek_now(core, question->need, question->cluster, question->until_us, trial)) ||
        (question->need->request->nodes_least <= 1 && why_place(question, true, 0, trial)) ||
        why_place(question, false, 0, trial))
        return trial;
    return NULL;
}

/* Whole nodes may have more cores than are asked for; a rate card may count nodes and memory. */
static struct quantities quantities_to_pay(const struct question *question)
{
    const struct placement *placement = NULL;

    if (het_is_exclusive(question->need->request) || rates_count(question->core->rates) > 0)
        placement = why_placement(question);
    return placement ? quantities_placed(placement, question->need)
                     : quantities_of_job(question->job);
}

static void find_budget(const struct question *question)
{
    const struct core *core = question->core;
    const struct job *job = question->job;
    const char *const owners[] = {job->project, NULL};
    const struct lane_name lane = {question->cluster, question->partition};
    const struct quantities quantities = quantities_to_pay(question);
    const struct quantities least = quantities_of_job(job);
    int64_t limit_us = request_limit(&job->request, question->partition);
    int64_t price_micro = price_to_hold(core, &lane, &job->request, &quantities, limit_us);
    int64_t least_micro = price_to_hold(core, &lane, &job->request, &least, limit_us);

    for (size_t i = 0; i < COUNT_OF(owners); i++) {
        struct blocker *blocker;
        struct balance balance;

        if ((owners[i] && !ledger_has_grants(core->ledger, owners[i])) ||
            !ledger_balance(core->ledger, job->institution, owners[i], core->now_us, &balance) ||
            balance.available_micro >= price_micro)
            continue;
        blocker = why_add(question, REASON_BUDGET);
        if (!blocker)
            return;
        snprintf(blocker->place, sizeof(blocker->place), "%s %.38s for %.38s",
                 owners[i] ? "project" : "institution", owners[i] ? owners[i] : job->institution,
                 question->cluster->name);
        why_say_amount(blocker->needs, sizeof(blocker->needs), price_micro);
        why_say_amount(blocker->has, sizeof(blocker->has), balance.available_micro);
        blocker->guess = !question->fits && balance.available_micro >= least_micro;
    }
}

/* In the queue, with room for it and nothing else in the way, and not started: then it must be
 * that.  Else it may be, if anybody else waits. */
static void find_turn(const struct question *question)
{
    const struct core *core = question->core;
    size_t index = inventory_cluster_index(core->inventory, question->cluster);
    const struct lane *lane = plan_lane(&core->plan, index, question->partition);
    const struct shape *shape = question->job->shape;
    bool stands = shape && shape->state != SHAPE_PARKED && *question->count == question->first;
    struct blocker *blocker;

    if (question->possible == POSSIBLE_NEVER || (!stands && core->queue.count <= (shape ? 1 : 0)) ||
        !(blocker = why_add(question, REASON_PRIORITY)))
        return;
    blocker->guess = !stands;
    if (lane->blocked && lane->blocked != shape) {
        snprintf(blocker->needs, sizeof(blocker->needs), "the turn of job %" PRIu64,
                 shape_first(lane->blocked)->id);
        blocker->free_us = lane->start_us;
    } else {
        snprintf(blocker->needs, sizeof(blocker->needs), "its turn");
    }
}

/* --- all of it --------------------------------------------------------------------------------- */

static const struct why_row rows[] = {
    {BLOCKER_ERROR,    true,  find_error,        NULL             },
    {BLOCKER_ERROR,    false, find_qos,          NULL             },
    {BLOCKER_LIMIT,    true,  find_limit,        lift_limit       },
    {BLOCKER_LIMIT,    true,  find_down,         lift_down        },
    {BLOCKER_LIMIT,    true,  find_budget,       lift_budget      },
    {BLOCKER_LIMIT,    false, find_array,        lift_array       },
    {BLOCKER_LIMIT,    false, find_counts,       lift_count       },
    {BLOCKER_LIMIT,    true,  find_lane_counts,  lift_count       },
    {BLOCKER_LIMIT,    true,  find_loan,         lift_loan        },
    {BLOCKER_LIMIT,    true,  find_guarantee,    lift_guarantee   },
    {BLOCKER_WAIT,     false, find_hold,         lift_hold        },
    {BLOCKER_WAIT,     false, find_dependencies, lift_dependencies},
    {BLOCKER_WAIT,     false, find_begin,        lift_begin       },
    {BLOCKER_WAIT,     false, find_window,       lift_window      },
    {BLOCKER_SHORTAGE, true,  find_nodes,        lift_nodes       },
    {BLOCKER_SHORTAGE, true,  find_shortage,     lift_resources   },
    {BLOCKER_SHORTAGE, true,  find_kept,         lift_kept        },
    {BLOCKER_SHORTAGE, true,  find_licenses,     lift_licenses    },
    {BLOCKER_SHORTAGE, true,  find_switches,     lift_switches    },
    {BLOCKER_TURN,     true,  find_turn,         lift_turn        },
    {BLOCKER_TURN,     true,  find_sooner,       NULL             },
};

const char *blocker_tier_name(enum blocker_tier tier)
{
    static const char *const names[] = {
        [BLOCKER_ERROR] = "error",       [BLOCKER_LIMIT] = "limit", [BLOCKER_WAIT] = "wait",
        [BLOCKER_SHORTAGE] = "shortage", [BLOCKER_TURN] = "turn",
    };

    static_assert(COUNT_OF(names) == BLOCKER_TIER_COUNT, "one name for each tier");
    return names[tier];
}

/* Is there room on the lane's nodes as they are, those that are away among them? */
static bool fits_when_back(const struct question *question)
{
    const struct core *core = question->core;
    const struct inventory *inventory = core->inventory;
    uint64_t bit = partition_bit(question->cluster, question->partition);
    struct spread *spread = &core->plan.scratch->spread;

    if (question->need->request->het)
        return het_place(core, question->need, question->cluster,
                         &(struct moment){.kind = MOMENT_BACK}, &core->plan.scratch->trial);
    spread_reset(spread);
    for (size_t i = 0; i < inventory_class_count(inventory, question->cluster); i++) {
        const struct node_class *class = inventory_class(inventory, question->cluster, i);

        for (size_t j = 0; (class->partitions & bit) && j < class->members.count; j++) {
            const struct node *node = class->members.nodes[j];
            struct room room = room_of(node);

            if (need_admits(question->need, node))
                spread_add(spread, need_capacity(question->need, node, &room), 1);
        }
    }
    return spread_holds(spread, question->need->request);
}

static void look_at_lane(struct question *question)
{
    const struct core *core = question->core;
    struct scratch *scratch = core->plan.scratch;
    struct need any = *question->need;

    question->possible = plan_possible(core, question->need, question->cluster, &scratch->spread);
    any.switches_until_us = 0; /* what they have to do with it: find_switches() */
    if (question->possible == POSSIBLE_NOW && any.request->het)
        question->fits =
            het_place(core, &any, question->cluster,
                      &(struct moment){.kind = MOMENT_NOW, .closed_too = true}, &scratch->trial);
    else if (question->possible == POSSIBLE_NOW)
        question->fits = seek_nodes(core, &any, question->cluster, 0, &scratch->trial);
    else
        question->fits = question->possible == POSSIBLE_LATER && fits_when_back(question);
    question->things = question->fits ? 0 : why_things_short(question);
    question->until_us = 0;
    if (question->possible != POSSIBLE_NEVER && why_fits_beside_windows(question))
        question->until_us =
            core->now_us + request_limit(question->need->request, question->partition);
}

/* It gets no more nodes than limits leave to it (plan.c), unless so few would never do. */
static void bound_nodes(struct question *question, struct request *bounded)
{
    const struct core *core = question->core;
    struct limit_place place = {question->cluster, question->partition};
    int64_t left = limits_nodes_for(core, question->job->association, place, bounded);
    uint32_t asked = bounded->nodes_most;

    question->nodes_left = 0;
    if (left >= asked || left < bounded->nodes_least)
        return;
    bounded->nodes_most = (uint32_t)left;
    if (plan_possible(core, question->need, question->cluster, &core->plan.scratch->spread) !=
        POSSIBLE_NEVER)
        return;
    bounded->nodes_most = asked;
    question->nodes_left = left;
}

static void ask_rows(struct question *question, bool of_lane)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        question->row = &rows[i];
        if (rows[i].of_lane == of_lane)
            rows[i].find(question);
    }
}

static void ask_cluster(struct question *question, const struct cluster *cluster)
{
    const struct need *asked = question->need;
    struct request bounded = *asked->request;
    struct need need = *asked;

    question->cluster = cluster;
    need.request = &bounded;
    for (size_t i = 0; (need.partition = request_partition_at(asked->request, cluster, i)); i++) {
        question->need = &need;
        question->partition = need.partition;
        bounded.nodes_most = asked->request->nodes_most;
        bound_nodes(question, &bounded);
        look_at_lane(question);
        question->first = *question->count;
        ask_rows(question, true);
    }
    question->need = asked;
}

static void ask_lanes(struct question *question)
{
    const struct inventory *inventory = question->core->inventory;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++)
        if (het_has_cluster(question->need->request, inventory_cluster(inventory, i)))
            ask_cluster(question, inventory_cluster(inventory, i));
}

/* By tier; within it as they were found. */
static void sort_by_tier(struct blocker *blockers, unsigned count)
{
    for (unsigned i = 1; i < count; i++) {
        struct blocker blocker = blockers[i];
        unsigned place = i;

        for (; place > 0 && blockers[place - 1].tier > blocker.tier; place--)
            blockers[place] = blockers[place - 1];
        blockers[place] = blocker;
    }
}

unsigned core_why(const struct core *core, uint64_t id, struct blocker *ret_blockers)
{
    const struct job *job = core_find_element(core, id);
    CLEANUP(read_need_clear) struct read_need read = {0};
    unsigned count = 0;
    struct question question = {
        .core = core, .job = job, .blockers = ret_blockers, .count = &count};

    if (!job)
        return 0;
    if (job->state != JOB_PENDING || job_is_head(job)) {
        question.row = &rows[0];
        if (job->reason == REASON_DEPENDENCY_NEVER)
            find_dependencies(&question);
        return count;
    }
    read_need(&read, job, why_window(core, job), &job->request);
    question.need = &read.need;
    ask_rows(&question, false);
    ask_lanes(&question);
    sort_by_tier(ret_blockers, count);
    return count;
}
