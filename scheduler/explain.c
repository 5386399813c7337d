/* explain.c - why a job waits, what would help, and when it starts: found by trying */

#include "scheduler/explain.h"

#include "base/twin.h"

#include <string.h>

/* Lanes in which a guess is decided; of further ones only what is certain is told. */
#define LANES_MOST 16

/* --- trials ------------------------------------------------------------------------------------- */

struct lifting {
    struct core *core;
    uint64_t job;
    const struct cluster *cluster;
    struct blocker blockers[BLOCKER_MAX];
    unsigned count;
};

static void lift(void *owner, int output)
{
    struct lifting *lifting = owner;
    bool started =
        core_lift(lifting->core, lifting->job, lifting->cluster, lifting->blockers, lifting->count);

    (void)twin_write(output, &started, sizeof(started));
}

/* Would it start in the cluster if all that is certain there were gone?  Then a guess is none. */
static bool starts_without(struct core *core, uint64_t job, const struct cluster *cluster,
                           const struct blocker *blockers, unsigned count)
{
    struct lifting lifting = {.core = core, .job = job, .cluster = cluster};
    struct error ignored;
    bool started;

    for (unsigned i = 0; i < count; i++)
        if (!blockers[i].guess && (!blockers[i].cluster || blockers[i].cluster == cluster))
            lifting.blockers[lifting.count++] = blockers[i];
    return !twin_ask(lift, &lifting, &started, sizeof(started), &ignored) || started;
}

void explain_blockers(struct core *core, uint64_t job, struct blocker *blockers, unsigned *count)
{
    unsigned kept = 0, lanes = 0;

    for (unsigned i = 0; i < *count; i++) {
        struct blocker blocker = blockers[i];

        if (blocker.guess &&
            (lanes++ >= LANES_MOST || starts_without(core, job, blocker.cluster, blockers, *count)))
            blocker.reason = REASON_NONE;
        blockers[i] = blocker;
    }
    for (unsigned i = 0; i < *count; i++) {
        if (blockers[i].reason == REASON_NONE)
            continue;
        blockers[kept] = blockers[i];
        blockers[kept++].guess = false;
    }
    *count = kept;
}
