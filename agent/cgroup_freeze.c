/* cgroup_freeze.c - the processes of a task set stand still, and go on */

#include "agent/cgroup_inside.h"

bool cgroup_task_freeze(const struct cgroup_task *task, bool still)
{
    const struct cgroups *groups = task->groups;
    int base = groups->v1[CONTROLLER_FREEZER].base;

    if (groups->v2.base >= 0)
        return group_write(groups->v2.base, task->task, "cgroup.freeze", still ? "1" : "0");
    return base >= 0 && group_write(base, task->task, "freezer.state", still ? "FROZEN" : "THAWED");
}
