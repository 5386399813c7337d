/* front.c - who comes before a waiting job */

#include "scheduler/core/front.h"

#include "scheduler/core/core_inside.h"

#include <string.h>

static struct turn turn_of(const struct job *job)
{
    struct turn turn = job->shape->of_lines[TURN_QUEUE].turn;

    turn.job = job->id;
    return turn;
}

static bool share_a_lane(const struct stream *a, const struct stream *b)
{
    size_t i = 0, j = 0;

    while (i < a->lane_count && j < b->lane_count) {
        if (a->lanes[i] == b->lanes[j])
            return true;
        if (a->lanes[i] < b->lanes[j])
            i++;
        else
            j++;
    }
    return false;
}

/* The first few, by turn. */
static void list(const struct core *core, struct front *front, const struct job *job)
{
    struct turn turn = turn_of(job);
    unsigned place = front->listed;

    while (place > 0) {
        struct turn other = turn_of(core_seek_job(core, front->jobs[place - 1]));

        if (!turn_is_before(&turn, &other))
            break;
        place--;
    }
    if (place == FRONT_MAX)
        return;
    if (front->listed < FRONT_MAX)
        front->listed++;
    memmove(&front->jobs[place + 1], &front->jobs[place],
            (front->listed - place - 1) * sizeof(front->jobs[0]));
    front->jobs[place] = job->id;
}

void core_front(const struct core *core, uint64_t id, struct front *ret_front)
{
    const struct job *job = core_seek_job(core, id);
    struct turn own;

    *ret_front = (struct front){0};
    if (!job || !job->shape)
        return;
    own = turn_of(job);
    for (size_t i = 0; i < core->jobs.used; i++) {
        const struct job *other = core->jobs.places[i].job;
        struct turn turn;

        if (!other || other == job || !other->shape || other->shape->state == SHAPE_PARKED ||
            (other->shape->stream != job->shape->stream &&
             !share_a_lane(other->shape->stream, job->shape->stream)))
            continue;
        turn = turn_of(other);
        if (!turn_is_before(&turn, &own))
            continue;
        ret_front->count += job_element_count(other);
        ret_front->cores += (uint64_t)job_cores(other) * job_element_count(other);
        list(core, ret_front, other);
    }
}
