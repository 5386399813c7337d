/* pmix_fence.c - what the ranks of a step tell each other, gathered from all of its nodes */

#include "agent/pmix_fence.h"

#include "base/list.h"
#include "base/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { OWN = PMIX_ARITY, SLOTS = PMIX_ARITY + 1 }; /* the servers below, and our own ranks */

struct fence {
    struct list_node of_all;
    uint32_t number;
    struct pmix_ranks ranks;
    bool wanted[SLOTS];
    bool here[SLOTS];
    bool gathered; /* and handed up */
    struct buffer bytes;
    void *local;
};

struct pmix_fences {
    const struct pmix_job *job;
    struct pmix_fence_calls calls;
    struct list all;
    struct table *numbers; /* by ranks: fences that our own have come to */
    bool left[SLOTS];
};

struct pmix_fences *pmix_fences_new(const struct pmix_job *job,
                                    const struct pmix_fence_calls *calls)
{
    struct pmix_fences *fences = NEW(struct pmix_fences);

    fences->job = job;
    fences->calls = *calls;
    fences->numbers = table_new();
    list_init(&fences->all);
    return fences;
}

static void drop_fence(struct pmix_fences *fences, struct fence *fence)
{
    list_remove(&fences->all, &fence->of_all);
    buffer_clear(&fence->bytes);
    free(fence->ranks.list);
    free(fence);
}

void pmix_fences_free(struct pmix_fences *fences)
{
    if (!fences)
        return;
    LIST_EACH(&fences->all, node)
        drop_fence(fences, CONTAINER_OF(node, struct fence, of_all));
    table_free(fences->numbers);
    free(fences);
}

/* --- which fence -------------------------------------------------------------------------------- */

static bool same_ranks(const struct pmix_ranks *a, const struct pmix_ranks *b)
{
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->list, b->list, a->count * sizeof(*a->list)) == 0);
}

/* Who below us, and whether we ourselves, have ranks in it. */
static void find_wanted(const struct pmix_job *job, struct fence *fence)
{
    size_t children = pmix_job_children(job);

    for (size_t i = 0; fence->ranks.count == 0 && i < children; i++)
        fence->wanted[i] = true;
    if (fence->ranks.count == 0)
        fence->wanted[OWN] = true;
    for (size_t i = 0; i < fence->ranks.count; i++) {
        size_t node = pmix_job_node_of(job, fence->ranks.list[i]);
        size_t slot = node == job->index ? OWN : pmix_job_slot_of(job, node);

        if (node == job->index || slot < PMIX_ARITY)
            fence->wanted[slot] = true;
    }
}

static struct fence *find_fence(struct pmix_fences *fences, uint32_t number,
                                const struct pmix_ranks *ranks)
{
    struct fence *fence;

    LIST_EACH(&fences->all, node) {
        fence = CONTAINER_OF(node, struct fence, of_all);
        if (fence->number == number && same_ranks(&fence->ranks, ranks))
            return fence;
    }
    fence = NEW(struct fence);
    fence->number = number;
    fence->ranks.count = ranks->count;
    if (ranks->count > 0)
        fence->ranks.list = memory_copy_bytes(ranks->list, ranks->count * sizeof(*ranks->list));
    buffer_init(&fence->bytes);
    find_wanted(fences->job, fence);
    list_add_last(&fences->all, &fence->of_all);
    return fence;
}

static uint32_t next_number(struct pmix_fences *fences, const struct pmix_ranks *ranks)
{
    CLEANUP(buffer_clear) struct buffer key = {0};
    uintptr_t number;

    buffer_init(&key);
    buffer_add_char(&key, '#');
    buffer_add(&key, ranks->list, ranks->count * sizeof(*ranks->list));
    number = (uintptr_t)table_get(fences->numbers, key.bytes, key.length) + 1;
    table_put(fences->numbers, key.bytes, key.length, (void *)number);
    return (uint32_t)number;
}

/* --- gathered, and dealt out ---------------------------------------------------------------------- */

static void write_head(const struct fence *fence, struct buffer *bytes)
{
    buffer_init(bytes);
    buffer_add_u32(bytes, fence->number);
    buffer_add_u32(bytes, (uint32_t)fence->ranks.count);
    for (size_t i = 0; i < fence->ranks.count; i++)
        buffer_add_u32(bytes, fence->ranks.list[i]);
}

static void hand_down(struct pmix_fences *fences, struct fence *fence, const void *bytes,
                      size_t size)
{
    CLEANUP(buffer_clear) struct buffer whole = {0};
    void *owner = fences->calls.owner;

    write_head(fence, &whole);
    buffer_add(&whole, bytes, size);
    for (size_t i = 0; i < PMIX_ARITY; i++)
        if (fence->wanted[i])
            fences->calls.send(owner, pmix_job_child(fences->job, i), false, &whole);
    if (fence->here[OWN])
        fences->calls.finish(owner, fence->local, bytes, size);
    drop_fence(fences, fence);
}

static bool is_complete(const struct fence *fence)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (fence->wanted[i] && !fence->here[i])
            return false;
    return true;
}

static void bring(struct pmix_fences *fences, struct fence *fence, const void *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer all = {0};

    buffer_add(&fence->bytes, bytes, size);
    if (!is_complete(fence))
        return;
    fence->gathered = true;
    if (fences->job->index == 0) {
        all = fence->bytes;
        buffer_init(&fence->bytes);
        hand_down(fences, fence, all.bytes, all.length);
        return;
    }
    write_head(fence, &all);
    buffer_add(&all, fence->bytes.bytes, fence->bytes.length);
    buffer_reset(&fence->bytes);
    fences->calls.send(fences->calls.owner, pmix_job_parent(fences->job), true, &all);
}

void pmix_fences_enter(struct pmix_fences *fences, const struct pmix_ranks *ranks,
                       const void *bytes, size_t size, void *local)
{
    struct fence *fence = find_fence(fences, next_number(fences, ranks), ranks);

    fence->here[OWN] = fence->wanted[OWN] = true;
    fence->local = local;
    bring(fences, fence, bytes, size);
}

/* --- from other servers ------------------------------------------------------------------------------ */

static uint32_t number_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* The fence that the bytes are about; *ret_head: what is before that which is told. */
static struct fence *read_head(struct pmix_fences *fences, const uint8_t *bytes, size_t size,
                               size_t *ret_head, struct error *err)
{
    CLEANUP(memory_freep) uint32_t *list = NULL;
    struct pmix_ranks ranks = {0};

    ranks.count = size < 8 ? SIZE_MAX : number_at(bytes + 4);
    if (ranks.count > fences->job->all || (size - 8) / 4 < ranks.count) {
        fail(err, ERROR_INVALID, "a fence of %zu bytes is not understood", size);
        return NULL;
    }
    ranks.list = list = NEW_ARRAY(uint32_t, ranks.count + 1);
    for (size_t i = 0; i < ranks.count; i++) {
        list[i] = number_at(bytes + 8 + 4 * i);
        if (list[i] >= fences->job->all) {
            fail(err, ERROR_INVALID, "a fence names rank %" PRIu32 " of %" PRIu32, list[i],
                 fences->job->all);
            return NULL;
        }
    }
    *ret_head = 8 + 4 * ranks.count;
    return find_fence(fences, number_at(bytes), &ranks);
}

bool pmix_fences_up(struct pmix_fences *fences, size_t node, const void *bytes, size_t size,
                    struct error *err)
{
    size_t head, slot = pmix_job_slot_of(fences->job, node);
    struct fence *fence = read_head(fences, bytes, size, &head, err);

    if (!fence)
        return false;
    if (slot == PMIX_ARITY || !fence->wanted[slot] || fence->here[slot])
        return fail(err, ERROR_INVALID, "node %zu comes to a fence that is not its own", node);
    fence->here[slot] = true;
    bring(fences, fence, (const char *)bytes + head, size - head);
    return true;
}

bool pmix_fences_down(struct pmix_fences *fences, const void *bytes, size_t size, struct error *err)
{
    size_t head;
    struct fence *fence = read_head(fences, bytes, size, &head, err);

    if (!fence)
        return false;
    if (!fence->gathered)
        return fail(err, ERROR_INVALID, "a fence ends before all have come");
    hand_down(fences, fence, (const char *)bytes + head, size - head);
    return true;
}

/* --- those who will not come -------------------------------------------------------------------------- */

void pmix_fences_leave(struct pmix_fences *fences, size_t node)
{
    size_t slot = node == fences->job->index ? OWN : pmix_job_slot_of(fences->job, node);

    if (slot < PMIX_ARITY || node == fences->job->index)
        fences->left[slot] = true;
}

size_t pmix_fences_missing(const struct pmix_fences *fences)
{
    LIST_EACH(&fences->all, node) {
        const struct fence *fence = CONTAINER_OF(node, struct fence, of_all);

        for (size_t i = 0; i < SLOTS; i++)
            if (fence->wanted[i] && !fence->here[i] && fences->left[i])
                return i == OWN ? fences->job->index : pmix_job_child(fences->job, i);
    }
    return fences->job->count;
}
