/* core_outbox.c - what a node must still be told, and what it shall do with what it has */

#include "base/digest.h"
#include "scheduler/core/core_inside.h"

#include <string.h>

void core_unconfirmed(const struct core *core, const char *name, struct effects *effects)
{
    const struct node *node = inventory_find_node(core->inventory, name);

    if (!node)
        return;
    LIST_EACH(&node->parts, place)
        (void)attempt_ask_again(CONTAINER_OF(place, struct part, of_node), effects);
}

bool core_gave(const struct core *core, uint64_t job, uint32_t attempt,
               const uint8_t token_digest[32])
{
    uint8_t token[TOKEN_SIZE];
    struct digest digest;

    attempt_token(core, job, attempt, token);
    digest = digest_of(token, sizeof(token));
    return bytes_equal(digest.bytes, token_digest, DIGEST_SIZE);
}

enum verdict core_verdict(const struct core *core, uint64_t id, uint32_t attempt, uint32_t number,
                          const uint8_t token_digest[32], const char *node)
{
    const struct job *job = core_find_job(core, id);
    const struct part *part;
    struct digest digest;

    if (!job || attempt == 0 || attempt > job->attempt)
        return VERDICT_TO_ASK;
    /* An attempt that was given up and goes on there all the same.  Its token is not known any
     * more after a restart, but a node may always be told to end its own part of it. */
    if (attempt < job->attempt)
        return VERDICT_TO_STOP;
    digest = digest_of(job->token, sizeof(job->token));
    if (!bytes_equal(digest.bytes, token_digest, DIGEST_SIZE))
        return VERDICT_TO_ASK;
    if (job->part_count == 0)
        return VERDICT_TO_STOP;
    if (number >= job->part_count || strcmp(job->parts[number].node->name, node) != 0)
        return VERDICT_TO_ASK;
    part = &job->parts[number];
    switch (part->state) {
    case PART_ENDED:
        return VERDICT_TO_FORGET;
    case PART_STOPPING:
    case PART_LOST:
        return VERDICT_TO_STOP;
    default:
        return VERDICT_TO_KEEP;
    }
}
