/* sampler.c - what a task set uses, from time to time */

#include "agent/shepherd/sampler.h"

#include "base/clock.h"

enum { PROCESSES_MOST = 256, REST_FOR_LOOK = 100 };

static uint64_t above(uint64_t number, uint64_t bound)
{
    return number > bound ? number - bound : 0;
}

/* Since the last look.  A process that vanished unseen takes nothing back. */
static uint64_t rise(uint64_t *seen, uint64_t now)
{
    uint64_t more = above(now, *seen);

    *seen += more;
    return more;
}

/* What was used since the last look goes to the step that was begun. */
static void look(struct sampler *sampler, int64_t reaped_us)
{
    struct cgroup_usage usage = cgroup_task_usage(sampler->group);
    struct tree_use tree = tree_measure(sampler->group, PROCESSES_MOST);
    struct series_step *seen = &sampler->seen, *kept = &sampler->kept;
    uint64_t memory_bytes = usage.has_memory ? usage.memory_bytes : tree.memory_bytes;
    uint64_t cpu_us = usage.has_cpu ? (uint64_t)usage.cpu_us : tree.cpu_us + (uint64_t)reaped_us;

    sampler->of_part = usage.has_memory;
    kept->cpu_us += rise(&seen->cpu_us, cpu_us);
    kept->read_bytes += rise(&seen->read_bytes, above(tree.read_bytes, sampler->before.read_bytes));
    kept->written_bytes +=
        rise(&seen->written_bytes, above(tree.written_bytes, sampler->before.written_bytes));
    kept->energy_mj += rise(&seen->energy_mj, energy_look(&sampler->energy, seen->cpu_us));
    if (kept->memory_bytes < memory_bytes)
        kept->memory_bytes = memory_bytes;
}

/* When the step that was begun is over. */
static int64_t step_end(const struct sampler *sampler)
{
    return sampler->begun_us + (sampler->series.count + 1) * sampler->series.step_us;
}

/* An equal share of what is left for a step, where there are `steps`. */
static struct series_step take_share(struct series_step *left, uint64_t steps)
{
    struct series_step share = {left->cpu_us / steps, left->memory_bytes, left->read_bytes / steps,
                                left->written_bytes / steps, left->energy_mj / steps};

    left->cpu_us -= share.cpu_us;
    left->read_bytes -= share.read_bytes;
    left->written_bytes -= share.written_bytes;
    left->energy_mj -= share.energy_mj;
    return share;
}

/* More than one step is over where looking took long, or the shepherd could not run. */
static void add_steps(struct sampler *sampler, int64_t now_us)
{
    bool over = now_us >= step_end(sampler);

    while (now_us >= step_end(sampler)) {
        int64_t behind_us = now_us - step_end(sampler);
        uint64_t steps = 1 + (uint64_t)(behind_us / sampler->series.step_us);
        struct series_step share = take_share(&sampler->kept, steps);

        series_add(&sampler->series, &share);
    }
    if (over) /* what is left where steps became longer meanwhile goes to the next one */
        sampler->kept.memory_bytes = 0;
}

/* A counter of energy must not come round twice within a long step. */
static int64_t next_look(const struct sampler *sampler, int64_t now_us)
{
    int64_t end_us = step_end(sampler);

    return sampler->energy.count > 0 && end_us > now_us + ENERGY_LOOK_US ? now_us + ENERGY_LOOK_US
                                                                         : end_us;
}

void sampler_begin(struct sampler *sampler, const struct cgroup_task *group, const char *powercap)
{
    *sampler = (struct sampler){.group = group, .before = tree_measure_self()};
    series_init(&sampler->series, clock_wall_us(&clock_real));
    energy_begin(&sampler->energy, powercap, "/proc/stat");
    sampler->begun_us = clock_boot_us(&clock_real);
    sampler->next_us = step_end(sampler);
}

void sampler_look(struct sampler *sampler, int64_t reaped_us)
{
    int64_t now_us = clock_boot_us(&clock_real);
    int64_t rest_us;

    if (now_us < sampler->next_us)
        return;
    look(sampler, reaped_us);
    add_steps(sampler, now_us);
    sampler->next_us = next_look(sampler, now_us);
    rest_us = REST_FOR_LOOK * (clock_boot_us(&clock_real) - now_us);
    if (sampler->next_us < now_us + rest_us)
        sampler->next_us = now_us + rest_us;
}

void sampler_end(struct sampler *sampler, int64_t reaped_us)
{
    int64_t now_us = clock_boot_us(&clock_real);
    uint64_t memory_bytes;

    look(sampler, reaped_us);
    memory_bytes = sampler->kept.memory_bytes;
    add_steps(sampler, now_us);
    sampler->kept.memory_bytes = memory_bytes;
    series_end(&sampler->series, &sampler->kept,
               now_us - (step_end(sampler) - sampler->series.step_us));
    sampler->next_us = INT64_MAX;
}
