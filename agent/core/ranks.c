/* ranks.c - which ranks a step has on which node */

#include "agent/core/ranks.h"

#include <assert.h>

/* So many of the node's tasks have a rank after `rounds` rounds. */
static uint32_t ranked(uint32_t tasks, uint32_t plane, uint32_t rounds)
{
    uint64_t most = (uint64_t)plane * rounds;

    return most < tasks ? (uint32_t)most : tasks;
}

/* The first rank of the node in the round: behind all of the rounds before and of the nodes before
 * in this one. */
static uint32_t first_rank(const uint32_t *tasks, size_t count, uint32_t plane, size_t which,
                           uint32_t round)
{
    uint32_t rank = 0;

    for (size_t i = 0; i < count; i++)
        rank += ranked(tasks[i], plane, i < which ? round + 1 : round);
    return rank;
}

void ranks_of(const uint32_t *tasks, size_t count, uint32_t plane, size_t which,
              uint32_t *ret_ranks)
{
    uint32_t done = 0;

    assert(which < count);
    if (plane == 0)
        plane = UINT32_MAX;
    for (uint32_t round = 0; done < tasks[which]; round++) {
        uint32_t rank = first_rank(tasks, count, plane, which, round);
        uint32_t end = ranked(tasks[which], plane, round + 1);

        while (done < end)
            ret_ranks[done++] = rank++;
    }
}
