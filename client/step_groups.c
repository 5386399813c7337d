/* step_groups.c - which components of a heterogeneous job a step runs in */

#include "client/step_groups.h"

#include "base/hostlist.h"
#include "base/idset.h"
#include "base/parse.h"
#include "client/component.h"
#include "client/text.h"

#include <stdio.h>
#include <stdlib.h>

static const char *variable(const char *name, uint32_t group)
{
    char whole[64];

    snprintf(whole, sizeof(whole), "%s_HET_GROUP_%u", name, group);
    return getenv(whole);
}

static bool add_nodes(struct hostlist *nodes, const char *text, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *own = hostlist_parse(text, err);

    for (size_t i = 0; own && i < hostlist_count(own); i++)
        if (!hostlist_add(nodes, hostlist_at(own, i), err))
            return false;
    return own != NULL;
}

static bool add_group(struct step_groups *groups, struct hostlist *nodes, uint32_t group,
                      struct error *err)
{
    const char *list = variable("SLURM_JOB_NODELIST", group);
    const char *tasks = variable("SLURM_NTASKS", group);
    const char *cpus = variable("SLURM_CPUS_PER_TASK", group);
    uint32_t count, each;

    if (!list || !tasks || !cpus)
        return fail(err, ERROR_NOT_FOUND, _("--het-group: the job has no component %u"), group);
    if (!parse_u32(tasks, 1, UINT32_MAX, &count, err) ||
        !parse_u32(cpus, 1, UINT32_MAX, &each, err) || !add_nodes(nodes, list, err))
        return fail_in(err, _("component %u"), group);
    groups->tasks += count;
    if (groups->cpus_per_task == 0 || each < groups->cpus_per_task)
        groups->cpus_per_task = each;
    return true;
}

bool step_groups_read(const char *list, struct arena *arena, struct step_groups *ret_groups,
                      struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *nodes = hostlist_new();
    CLEANUP(idset_freep) struct idset *chosen = NULL;
    CLEANUP(buffer_clear) struct buffer text;
    struct step_groups groups = {0};

    buffer_init(&text);
    *ret_groups = groups;
    if (!getenv("SLURM_HET_SIZE"))
        return !list || fail(err, ERROR_INVALID, _("--het-group: this job has no components"));
    chosen = idset_parse(list ? list : "0", err);
    if (!chosen)
        return fail_in(err, "--het-group");
    for (uint32_t i = 0; i < COMPONENTS_MAX; i++)
        if (idset_has(chosen, i) && !add_group(&groups, nodes, i, err))
            return false;
    if (groups.tasks == 0)
        return fail(err, ERROR_INVALID, _("--het-group names no component of the job"));
    hostlist_print(nodes, &text);
    groups.nodes = arena_copy(arena, text.bytes);
    *ret_groups = groups;
    return true;
}

void step_groups_fill(const struct step_groups *groups, const struct job_request *request,
                      Wire__StepStart *start)
{
    if (!groups->nodes)
        return;
    if (start->cpus_per_task == 0)
        start->cpus_per_task = groups->cpus_per_task;
    if (start->tasks == 0 && start->tasks_per_node == 0 && request->nodes_most == 0 &&
        !request->node_list)
        start->tasks = groups->tasks;
}
