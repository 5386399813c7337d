/* tree.c - the network's one log as a Merkle tree */

#include "accounting/core/tree.h"

#include <string.h>

struct digest tree_leaf(const struct digest *head)
{
    static const uint8_t mark = 0x00;

    return digest_of_two(&mark, sizeof(mark), head->bytes, DIGEST_SIZE);
}

static struct digest node_of(const struct digest *left, const struct digest *right)
{
    uint8_t bytes[1 + DIGEST_SIZE] = {0x01};

    memcpy(bytes + 1, left->bytes, DIGEST_SIZE);
    return digest_of_two(bytes, sizeof(bytes), right->bytes, DIGEST_SIZE);
}

uint64_t tree_kept(uint64_t leaves)
{
    uint64_t kept = 0;

    for (; leaves > 0; leaves /= 2)
        kept += leaves;
    return kept;
}

/* Where the hash of the `number`-th whole subtree of 2^level leaves is kept: behind what was there
 * before its last leaf, and behind the smaller subtrees which that completes. */
static uint64_t place_of(unsigned level, uint64_t number)
{
    uint64_t last = ((number + 1) << level) - 1;

    return tree_kept(last) + level;
}

static bool read_whole(const struct tree_source *source, unsigned level, uint64_t number,
                       struct digest *ret_hash)
{
    return source->read(source->owner, place_of(level, number), ret_hash);
}

bool tree_grow(const struct tree_source *source, uint64_t index, const struct digest *leaf,
               struct tree_proof *ret_hashes)
{
    struct tree_proof hashes = {.count = 1, .hashes = {*leaf}};

    for (unsigned level = 0; (index >> level) & 1; level++) {
        struct digest left;

        if (!read_whole(source, level, (index >> level) - 1, &left))
            return false;
        hashes.hashes[hashes.count] = node_of(&left, &hashes.hashes[hashes.count - 1]);
        hashes.count++;
    }
    *ret_hashes = hashes;
    return true;
}

/* The level of the largest whole subtree that begins at `first` and ends before `end`. */
static unsigned largest(uint64_t first, uint64_t end)
{
    unsigned level = 0;

    while (level < TREE_LEVELS && (first & ((UINT64_C(2) << level) - 1)) == 0 &&
           first + (UINT64_C(2) << level) <= end)
        level++;
    return level;
}

/* Of the leaves [first, end), where first is a multiple of the size of the subtree that they
 * begin: whole subtrees from the left, put together from the right. */
static bool hash_range(const struct tree_source *source, uint64_t first, uint64_t end,
                       struct digest *ret_hash)
{
    struct digest parts[TREE_LEVELS + 1] = {0};
    size_t count = 0;

    while (first < end) {
        unsigned level = largest(first, end);

        if (!read_whole(source, level, first >> level, &parts[count]))
            return false;
        count++;
        first += UINT64_C(1) << level;
    }
    while (count > 1) {
        parts[count - 2] = node_of(&parts[count - 2], &parts[count - 1]);
        count--;
    }
    *ret_hash = parts[0];
    return true;
}

bool tree_root(const struct tree_source *source, uint64_t leaves, struct digest *ret_root)
{
    if (leaves > 0)
        return hash_range(source, 0, leaves, ret_root);
    *ret_root = digest_of("", 0);
    return true;
}

/* The largest power of two below `size`, which is above 1. */
static uint64_t split_of(uint64_t size)
{
    uint64_t split = 1;

    while (split * 2 < size)
        split *= 2;
    return split;
}

static void turn_round(struct tree_proof *proof)
{
    for (size_t i = 0; i < proof->count / 2; i++) {
        struct digest other = proof->hashes[i];

        proof->hashes[i] = proof->hashes[proof->count - 1 - i];
        proof->hashes[proof->count - 1 - i] = other;
    }
}

/* Leaves that one subtree of a tree has. */
struct range {
    uint64_t first, end;
};

/* Into the half with the leaf; the hash of the other half is one of the proof's. */
static bool descend(const struct tree_source *source, uint64_t leaf, struct range *range,
                    struct tree_proof *proof)
{
    uint64_t middle = range->first + split_of(range->end - range->first);
    struct range left = {range->first, middle}, right = {middle, range->end};
    struct range other = leaf < middle ? right : left;

    *range = leaf < middle ? left : right;
    return hash_range(source, other.first, other.end, &proof->hashes[proof->count++]);
}

bool tree_prove_leaf(const struct tree_source *source, uint64_t leaves, uint64_t index,
                     struct tree_proof *ret_proof)
{
    struct range range = {0, leaves};
    struct tree_proof proof = {0};

    if (index >= leaves)
        return false;
    while (range.end - range.first > 1)
        if (!descend(source, index, &range, &proof))
            return false;
    turn_round(&proof);
    *ret_proof = proof;
    return true;
}

bool tree_prove_growth(const struct tree_source *source, uint64_t before, uint64_t leaves,
                       struct tree_proof *ret_proof)
{
    struct range range = {0, leaves};
    struct tree_proof proof = {0};

    if (before == 0 || before > leaves)
        return false;
    /* Down to the subtree that ends where the old tree ended. */
    while (before != range.end)
        if (!descend(source, before - 1, &range, &proof))
            return false;
    /* The old root itself is known to who asks. */
    if (range.first > 0 &&
        !hash_range(source, range.first, range.end, &proof.hashes[proof.count++]))
        return false;
    turn_round(&proof);
    *ret_proof = proof;
    return true;
}

/* RFC 9162, 2.1.3.2. */
bool tree_check_leaf(const struct tree_proof *proof, uint64_t leaves, uint64_t index,
                     const struct digest *leaf, const struct digest *root)
{
    uint64_t place = index, last = leaves - 1;
    struct digest hash = *leaf;

    if (index >= leaves)
        return false;
    for (size_t i = 0; i < proof->count; i++) {
        if (last == 0)
            return false;
        if ((place & 1) || place == last) {
            hash = node_of(&proof->hashes[i], &hash);
            for (; !(place & 1) && place != 0; place /= 2)
                last /= 2;
        } else {
            hash = node_of(&hash, &proof->hashes[i]);
        }
        place /= 2;
        last /= 2;
    }
    return last == 0 && digest_equal(&hash, root);
}

/* RFC 9162, 2.1.4.2. */
bool tree_check_growth(const struct tree_proof *proof, uint64_t before,
                       const struct digest *root_before, uint64_t leaves, const struct digest *root)
{
    uint64_t place = before - 1, last = leaves - 1;
    struct digest old, new;
    size_t next = 0;

    if (before == 0 || before > leaves)
        return false;
    if (before == leaves)
        return proof->count == 0 && digest_equal(root_before, root);
    for (; place & 1; place /= 2)
        last /= 2;
    if (place != 0 && proof->count == 0)
        return false;
    old = new = place == 0 ? *root_before : proof->hashes[next++];
    for (; next < proof->count; next++) {
        const struct digest *hash = &proof->hashes[next];

        if (last == 0)
            return false;
        if ((place & 1) || place == last) {
            old = node_of(hash, &old);
            new = node_of(hash, &new);
            for (; !(place & 1) && place != 0; place /= 2)
                last /= 2;
        } else {
            new = node_of(&new, hash);
        }
        place /= 2;
        last /= 2;
    }
    return last == 0 && digest_equal(&old, root_before) && digest_equal(&new, root);
}
