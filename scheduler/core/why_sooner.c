/* why_sooner.c - it could start there, but a faster cluster will have it done sooner */

#include "base/parse.h"
#include "scheduler/core/finish.h"
#include "scheduler/core/why.h"

#include <string.h>

/* "done 01:10:00 from now: start in 00:10:00, stage-in 00:05:00, speed 2" */
static void say_terms(char *place, size_t size, const struct cluster *cluster, int64_t wait_us,
                      int64_t run_us, int64_t stage_us)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_text(&text, "done ");
    print_duration(wait_us + run_us, &text);
    buffer_add_text(&text, " from now: start ");
    if (wait_us > 0) {
        buffer_add_text(&text, "in ");
        print_duration(wait_us, &text);
    } else {
        buffer_add_text(&text, "now");
    }
    if (stage_us > 0) {
        buffer_add_text(&text, ", stage-in ");
        print_duration(stage_us, &text);
    }
    buffer_print(&text, ", speed %g", cluster_speed(cluster) / 1e6);
    snprintf(place, size, "%s", text.bytes);
}

/* The planner's own choice; whoever has the job in this lane alone need not wait. */
void find_sooner(const struct question *question)
{
    const struct core *core = question->core;
    const struct shape *shape = question->job->shape;
    const struct lane *lane;
    struct blocker *blocker;
    int64_t start_us, end_us;

    if (!shape || shape->reason != REASON_RESOURCES || shape->kept_by != REASON_FINISHES_SOONER ||
        shape_first(shape) != question->job || !question->fits ||
        question->possible != POSSIBLE_NOW)
        return;
    lane = &core->plan.lanes[shape->sooner];
    end_us = finish_in(core, shape, lane, &start_us);
    if (lane->cluster == question->cluster || end_us == INT64_MAX ||
        !(blocker = why_add(question, REASON_FINISHES_SOONER)))
        return;
    say_terms(blocker->has, sizeof(blocker->has), question->cluster, 0,
              finish_run(core, shape, question->cluster), finish_stage(shape, question->cluster));
    snprintf(blocker->needs, sizeof(blocker->needs), "%.20s: ", lane->cluster->name);
    say_terms(blocker->needs + strlen(blocker->needs),
              sizeof(blocker->needs) - strlen(blocker->needs), lane->cluster,
              start_us - core->now_us, end_us - start_us, finish_stage(shape, lane->cluster));
    blocker->free_us = start_us;
}
