/* advice.c - what else could be asked for, so that it starts now */

#include "scheduler/core/advice.h"

#include "base/parse.h"
#include "scheduler/core/request.h"
#include "scheduler/core/why.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_STEP (UINT64_C(1) << 20)
#define PASSES_MOST 64
/* Minutes: the time until it is typed is left over, and what is typed is round. */
#define TIME_SLACK 5

/* What is to be found a proposal for. */
struct quest {
    const struct core *core;
    const struct job *job;
    struct request request; /* a copy, to be changed */
    bool is_first;          /* the job has a reservation: in its place more could start */
    bool ever;              /* it need not start now, if only it could at all */
    struct proposal *proposals;
    unsigned count;
};

/* --- could it start -------------------------------------------------------------------------------- */

static bool could_start_in(const struct quest *quest, struct need *need,
                           const struct cluster *cluster)
{
    const struct core *core = quest->core;
    const struct partition *partition = need->partition;
    int64_t limit_us = request_limit(need->request, partition);

    if (!partition->up || limit_us > partition->limit_us)
        return false;
    need->windows_us = core->now_us + limit_us; /* those are in the way of the first, too */
    return seek_now(core, need, cluster, quest->is_first ? 0 : core->now_us + limit_us,
                    &core->plan.scratch->trial);
}

/* Is it within what some partition lets run, and what its nodes have when they are idle? */
static bool is_possible(const struct quest *quest)
{
    const struct inventory *inventory = quest->core->inventory;
    const struct request *request = &quest->request;
    const struct partition *partition;
    struct error ignored;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; (partition = request_partition_at(request, cluster, j)); j++)
            if (request_limit(request, partition) <= partition->limit_us)
                return request_check_possible(request, inventory, &ignored);
    }
    return false;
}

static bool could_start(const struct quest *quest)
{
    const struct inventory *inventory = quest->core->inventory;
    CLEANUP(read_need_clear) struct read_need read;
    struct need *need = &read.need;

    read_need(&read, quest->job, quest->job->window, &quest->request);
    if (quest->ever)
        return is_possible(quest);
    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; (need->partition = request_partition_at(&quest->request, cluster, j));
             j++)
            if (could_start_in(quest, need, cluster))
                return true;
    }
    return false;
}

static struct proposal *propose(struct quest *quest)
{
    struct proposal *proposal;

    if (quest->count == PROPOSAL_MAX)
        return NULL;
    proposal = &quest->proposals[quest->count++];
    request_copy(&proposal->request, &quest->request);
    return proposal;
}

static void start_over(struct quest *quest)
{
    request_clear(&quest->request);
    request_copy(&quest->request, &quest->job->request);
    free(quest->request.dependencies); /* they are met */
    quest->request.dependencies = NULL;
    quest->request.begin_us = 0;
}

/* --- numbers ---------------------------------------------------------------------------------------- */

/* In a copy of what was asked for. */
typedef void set_fn(struct request *request, const struct request *asked, uint64_t value);

/* The most below `present` with which it could start; 0: none. */
static uint64_t seek_most(struct quest *quest, set_fn *set, uint64_t present)
{
    uint64_t low = 0, high = present;

    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;

        set(&quest->request, &quest->job->request, middle);
        if (could_start(quest))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void set_minutes(struct request *request, const struct request *asked, uint64_t value)
{
    (void)asked;
    request->limit_us = (int64_t)value * US_PER_MINUTE;
}

static void set_memory_per_node(struct request *request, const struct request *asked,
                                uint64_t value)
{
    (void)asked;
    request->memory_per_node = value * MEMORY_STEP;
}

static void set_memory_per_cpu(struct request *request, const struct request *asked, uint64_t value)
{
    (void)asked;
    request->memory_per_cpu = value * MEMORY_STEP;
}

/* Nodes without a task are not asked for (request.c). */
static void set_tasks(struct request *request, const struct request *asked, uint64_t value)
{
    request->tasks = (uint32_t)value;
    request->nodes_most = asked->nodes_most < value ? asked->nodes_most : request->tasks;
    request->nodes_least = asked->nodes_least < value ? asked->nodes_least : request->tasks;
}

static void set_cpus(struct request *request, const struct request *asked, uint64_t value)
{
    (void)asked;
    request->cpus_per_task = (uint32_t)value;
}

static void set_nodes(struct request *request, const struct request *asked, uint64_t value)
{
    (void)asked;
    request->nodes_least = (uint32_t)value;
}

static void try_time(struct quest *quest)
{
    int64_t limit_us = quest->job->request.limit_us;
    uint64_t present = (uint64_t)(limit_us + US_PER_MINUTE - 1) / US_PER_MINUTE;
    struct proposal *proposal;
    uint64_t minutes;

    if (limit_us == INT64_MAX)
        present = PARSE_DURATION_MAX_US / US_PER_MINUTE;
    minutes = seek_most(quest, set_minutes, present);
    if (minutes == 0)
        return;
    if (minutes > TIME_SLACK && !quest->ever)
        minutes -= (minutes - 1) % TIME_SLACK + 1;
    set_minutes(&quest->request, &quest->job->request, minutes);
    if ((proposal = propose(quest)))
        snprintf(proposal->change, sizeof(proposal->change),
                 "--time=%02" PRIu64 ":%02" PRIu64 ":00", minutes / 60, minutes % 60);
}

static void try_size(struct quest *quest, set_fn *set, uint64_t bytes, const char *option)
{
    uint64_t most = seek_most(quest, set, (bytes + MEMORY_STEP - 1) / MEMORY_STEP);
    struct proposal *proposal;

    if (most >= 8192) /* a round number is easier to type */
        most -= most % 1024;
    if (most == 0)
        return;
    set(&quest->request, &quest->job->request, most);
    if (!(proposal = propose(quest)))
        return;
    if (most % 1024 == 0)
        snprintf(proposal->change, sizeof(proposal->change), "--%s=%" PRIu64 "G", option,
                 most / 1024);
    else
        snprintf(proposal->change, sizeof(proposal->change), "--%s=%" PRIu64 "M", option, most);
}

static void try_memory(struct quest *quest)
{
    const struct request *request = &quest->job->request;

    if (request->memory_per_node)
        try_size(quest, set_memory_per_node, request->memory_per_node, "mem");
    else if (request->memory_per_cpu)
        try_size(quest, set_memory_per_cpu, request->memory_per_cpu, "mem-per-cpu");
}

static void try_nodes(struct quest *quest)
{
    const struct request *request = &quest->job->request;
    uint64_t most = seek_most(quest, set_nodes, request->nodes_least);
    struct proposal *proposal;

    if (most == 0)
        return;
    set_nodes(&quest->request, request, most);
    if ((proposal = propose(quest)))
        snprintf(proposal->change, sizeof(proposal->change), "--nodes=%" PRIu64 "-%" PRIu32, most,
                 request->nodes_most);
}

static void try_cpus(struct quest *quest)
{
    const struct request *request = &quest->job->request;
    uint64_t most = seek_most(quest, set_cpus, request->cpus_per_task);
    struct proposal *proposal;

    if (most == 0)
        return;
    set_cpus(&quest->request, request, most);
    if ((proposal = propose(quest)))
        snprintf(proposal->change, sizeof(proposal->change), "--cpus-per-task=%" PRIu64, most);
}

/* Who asks for as many nodes is told the nodes too: fewer tasks alone would leave some idle. */
static void try_tasks(struct quest *quest)
{
    const struct request *request = &quest->job->request;
    uint64_t most = seek_most(quest, set_tasks, request->tasks);
    struct proposal *proposal;

    if (most == 0)
        return;
    set_tasks(&quest->request, request, most);
    if (!(proposal = propose(quest)))
        return;
    if (most < request->nodes_least)
        snprintf(proposal->change, sizeof(proposal->change),
                 "--nodes=%" PRIu64 " --ntasks=%" PRIu64, most, most);
    else
        snprintf(proposal->change, sizeof(proposal->change), "--ntasks=%" PRIu64, most);
}

/* --- where -------------------------------------------------------------------------------------------- */

static void try_without(struct quest *quest, const char *option)
{
    struct proposal *proposal;

    if (could_start(quest) && (proposal = propose(quest)))
        snprintf(proposal->change, sizeof(proposal->change), "without --%s", option);
}

static void drop_text(char **text)
{
    free(*text);
    *text = NULL;
}

static void try_any_nodes(struct quest *quest)
{
    if (quest->request.exclusive) {
        quest->request.exclusive = false;
        try_without(quest, "exclusive");
        start_over(quest);
    }
    if (quest->request.node_list) {
        drop_text(&quest->request.node_list);
        try_without(quest, "nodelist");
        start_over(quest);
    }
    if (quest->request.node_exclude) {
        drop_text(&quest->request.node_exclude);
        try_without(quest, "exclude");
    }
}

static void try_clusters(struct quest *quest)
{
    struct request *request = &quest->request;

    if (!request->clusters)
        return;
    drop_text(&request->clusters);
    request->clusters_excluded = false;
    try_without(quest, "clusters");
}

static bool is_present(const struct quest *quest, const struct cluster *cluster,
                       const struct partition *partition)
{
    const struct partition *present;

    for (size_t i = 0; (present = request_partition_at(&quest->job->request, cluster, i)); i++)
        if (present == partition)
            return true;
    return false;
}

/* The first other that would do. */
static void try_partitions(struct quest *quest)
{
    const struct inventory *inventory = quest->core->inventory;

    for (size_t i = 0; i < inventory_cluster_count(inventory); i++) {
        const struct cluster *cluster = inventory_cluster(inventory, i);

        for (size_t j = 0; j < cluster->partition_count; j++) {
            const struct partition *partition = &cluster->partitions[j];
            struct proposal *proposal;

            if (is_present(quest, cluster, partition))
                continue;
            drop_text(&quest->request.partition);
            quest->request.partition = memory_copy(partition->name);
            if (!could_start(quest) || !(proposal = propose(quest)))
                continue;
            snprintf(proposal->change, sizeof(proposal->change), "--partition=%s", partition->name);
            return;
        }
    }
}

/* What costs least to change comes first. */
static void (*const rows[])(struct quest *) = {
    try_clusters, try_partitions, try_any_nodes, try_time,
    try_memory,   try_nodes,      try_cpus,      try_tasks,
};

static void ask_rows(struct quest *quest)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        start_over(quest);
        rows[i](quest);
    }
    request_clear(&quest->request);
}

unsigned core_propose_possible(const struct core *core, const struct request *request,
                               struct proposal *ret_proposals)
{
    const struct job job = {.request = *request}; /* read, not owned */
    struct quest quest = {.core = core, .job = &job, .ever = true, .proposals = ret_proposals};

    ask_rows(&quest);
    return quest.count;
}

unsigned core_propose(const struct core *core, uint64_t id, struct proposal *ret_proposals)
{
    const struct job *job = core_find_job(core, id);
    struct quest quest = {.core = core, .job = job, .proposals = ret_proposals};

    if (!job || job->state != JOB_PENDING)
        return 0;
    quest.is_first = job->shape && job->shape->reservations > 0;
    ask_rows(&quest);
    return quest.count;
}

void proposals_clear(struct proposal *proposals, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        request_clear(&proposals[i].request);
}

/* --- trying it ---------------------------------------------------------------------------------------- */

void tried_fill(struct tried *tried, const struct job *job)
{
    size_t length = 0;

    tried->started = true;
    snprintf(tried->place, sizeof(tried->place), "%.46s/%.46s", job->cluster->name,
             job->partition->name);
    tried->nodes[0] = '\0';
    for (uint32_t i = 0; i < job->part_count; i++) {
        const char *name = job->parts[i].node->name;
        const char *comma = i > 0 ? "," : "";

        if (length + strlen(name) + 5 > sizeof(tried->nodes)) {
            snprintf(tried->nodes + length, sizeof(tried->nodes) - length, ",...");
            return;
        }
        length += (size_t)snprintf(tried->nodes + length, sizeof(tried->nodes) - length, "%s%s",
                                   comma, name);
    }
}

static void step_until_rest(struct core *core, struct event *event)
{
    struct effects effects;

    effects_init(&effects);
    if (event->at_us < core->now_us)
        event->at_us = core->now_us;
    core_step(core, event, &effects);
    for (unsigned i = 0; i < PASSES_MOST && core_next_time(core) <= core->now_us; i++) {
        effects_reset(&effects);
        core_step(core, &(struct event){.kind = EVENT_TIME_PASSED, .at_us = core->now_us},
                  &effects);
    }
    effects_clear(&effects);
}

uint64_t core_try_submission(struct core *core, const struct submission *submission, int64_t now_us)
{
    struct event event = {.kind = EVENT_JOB_SUBMITTED, .at_us = now_us, .submission = *submission};

    event.submission.first = core_next_job(core);
    step_until_rest(core, &event);
    return event.submission.first;
}

void core_try(struct core *core, uint64_t id, const struct request *request, bool instead,
              struct tried *ret_tried)
{
    const struct job *job = core_seek_job(core, id);
    CLEANUP(memory_freep) char *user = memory_copy(job->user);
    CLEANUP(memory_freep) char *project = memory_copy(job->project);
    CLEANUP(memory_freep) char *name = memory_copy(job->name);
    struct request wanted;
    struct error ignored;

    *ret_tried = (struct tried){.instead = instead};
    if (instead)
        step_until_rest(core, &(struct event){.kind = EVENT_JOB_CANCELLED, .job = id, .by = user});
    request_copy(&wanted, request);
    if (core_check_request(core, &wanted, user, project, 1, &ignored)) {
        struct submission submission = {
            .copies = 1, .name = name, .user = user, .project = project, .request = &wanted};

        job = core_seek_job(core, core_try_submission(core, &submission, core->now_us));
        if (job && job->part_count > 0)
            tried_fill(ret_tried, job);
    }
    request_clear(&wanted);
}
