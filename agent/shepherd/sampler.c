/* sampler.c - what a task set uses, from time to time */

#include "agent/shepherd/sampler.h"

#include "agent/shepherd/tree.h"

#include "base/clock.h"

/* Bounded by what was seen before: a process that vanished meanwhile takes nothing back. */
static uint64_t rise(uint64_t *seen, uint64_t now)
{
    uint64_t more = now > *seen ? now - *seen : 0;

    *seen += more;
    return more;
}

static struct series_step measure(struct sampler *sampler, const struct cgroup_task *group,
                                  int64_t reaped_us)
{
    struct cgroup_usage usage = cgroup_task_usage(group);
    struct tree_use tree = tree_measure();

    tree.cpu_us += (uint64_t)reaped_us;
    return (struct series_step){
        .cpu_us = rise(&sampler->seen.cpu_us, usage.has_cpu ? (uint64_t)usage.cpu_us : tree.cpu_us),
        .memory_bytes = usage.has_memory ? usage.memory_bytes : tree.memory_bytes,
        .read_bytes = rise(&sampler->seen.read_bytes, tree.read_bytes - sampler->own_read_bytes),
        .written_bytes =
            rise(&sampler->seen.written_bytes, tree.written_bytes - sampler->own_written_bytes),
    };
}

static void set_next(struct sampler *sampler)
{
    sampler->next_us =
        sampler->begun_us + (int64_t)(sampler->series.count + 1) * sampler->series.step_us;
}

void sampler_begin(struct sampler *sampler)
{
    struct tree_use own = tree_measure_self();

    series_init(&sampler->series, clock_wall_us(&clock_real));
    sampler->begun_us = clock_boot_us(&clock_real);
    sampler->own_read_bytes = own.read_bytes;
    sampler->own_written_bytes = own.written_bytes;
    set_next(sampler);
}

void sampler_look(struct sampler *sampler, const struct cgroup_task *group, int64_t reaped_us,
                  int64_t now_us)
{
    struct series_step step;

    if (now_us < sampler->next_us)
        return;
    step = measure(sampler, group, reaped_us);
    /* Steps that nobody looked into had no more memory than this one, and nothing else that is known. */
    for (; now_us >= sampler->next_us; set_next(sampler)) {
        series_add(&sampler->series, &step);
        step = (struct series_step){.memory_bytes = step.memory_bytes};
    }
}

void sampler_end(struct sampler *sampler, const struct cgroup_task *group, int64_t reaped_us)
{
    struct series_step step = measure(sampler, group, reaped_us);
    int64_t begun_us = sampler->begun_us + sampler->series.count * sampler->series.step_us;

    series_end(&sampler->series, &step, clock_boot_us(&clock_real) - begun_us);
}
