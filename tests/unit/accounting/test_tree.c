/* test_tree.c - roots and proofs of the log agree with the definition of RFC 6962 */

#include "accounting/core/tree.h"
#include "tests/lib/runner.h"

#include <string.h>

#define LEAVES 70

struct kept {
    uint64_t count;
    struct digest hashes[2 * LEAVES];
};

static bool read_kept(void *owner, uint64_t place, struct digest *ret_hash)
{
    const struct kept *kept = owner;

    if (place >= kept->count)
        return false;
    *ret_hash = kept->hashes[place];
    return true;
}

static struct digest leaf_of(uint64_t index)
{
    struct digest head = digest_of(&index, sizeof(index));

    return tree_leaf(&head);
}

/* As the RFC says it. */
static struct digest slow_root(uint64_t first, uint64_t count)
{
    struct digest left, right;
    uint8_t bytes[1 + DIGEST_SIZE] = {0x01};
    uint64_t split = 1;

    if (count == 1)
        return leaf_of(first);
    while (split * 2 < count)
        split *= 2;
    left = slow_root(first, split);
    right = slow_root(first + split, count - split);
    memcpy(bytes + 1, left.bytes, DIGEST_SIZE);
    return digest_of_two(bytes, sizeof(bytes), right.bytes, DIGEST_SIZE);
}

static void grow(struct kept *kept, uint64_t leaves)
{
    const struct tree_source source = {read_kept, kept};

    kept->count = 0;
    for (uint64_t i = 0; i < leaves; i++) {
        struct digest leaf = leaf_of(i);
        struct tree_proof hashes;

        CU_ASSERT_FATAL(tree_grow(&source, i, &leaf, &hashes));
        for (size_t k = 0; k < hashes.count; k++)
            kept->hashes[kept->count++] = hashes.hashes[k];
        CU_ASSERT_EQUAL(kept->count, tree_kept(i + 1));
    }
}

static void test_roots(void)
{
    struct kept kept;
    const struct tree_source source = {read_kept, &kept};
    struct digest root, empty = digest_of("", 0);

    grow(&kept, LEAVES);
    CU_ASSERT(tree_root(&source, 0, &root) && digest_equal(&root, &empty));
    for (uint64_t leaves = 1; leaves <= LEAVES; leaves++) {
        struct digest right = slow_root(0, leaves);

        CU_ASSERT(tree_root(&source, leaves, &root) && digest_equal(&root, &right));
    }
    kept.count = 3;
    CU_ASSERT(!tree_root(&source, LEAVES, &root));
}

/* A proof is good for its leaf, place and size alone, and not when a bit of it is wrong. */
static void check_leaf_proof(const struct tree_source *source, uint64_t leaves, uint64_t index)
{
    struct digest root = slow_root(0, leaves), leaf = leaf_of(index), other = leaf_of(index + 1);
    struct tree_proof proof;

    CU_ASSERT_FATAL(tree_prove_leaf(source, leaves, index, &proof));
    CU_ASSERT(tree_check_leaf(&proof, leaves, index, &leaf, &root));
    CU_ASSERT(!tree_check_leaf(&proof, leaves, index, &other, &root));
    CU_ASSERT(!tree_check_leaf(&proof, leaves, leaves, &leaf, &root));
    if (leaves > 1)
        CU_ASSERT(!tree_check_leaf(&proof, leaves, index ^ 1, &leaf, &root));
    if (proof.count == 0)
        return;
    proof.hashes[proof.count / 2].bytes[7] ^= 1;
    CU_ASSERT(!tree_check_leaf(&proof, leaves, index, &leaf, &root));
    proof.hashes[proof.count / 2].bytes[7] ^= 1;
    proof.count--;
    CU_ASSERT(!tree_check_leaf(&proof, leaves, index, &leaf, &root));
}

static void test_every_leaf_is_proved(void)
{
    struct kept kept;
    const struct tree_source source = {read_kept, &kept};
    struct tree_proof proof;

    grow(&kept, LEAVES);
    for (uint64_t leaves = 1; leaves <= LEAVES; leaves++)
        for (uint64_t index = 0; index < leaves; index++)
            check_leaf_proof(&source, leaves, index);
    CU_ASSERT(!tree_prove_leaf(&source, 5, 5, &proof));
}

static void check_growth(const struct tree_source *source, uint64_t before, uint64_t leaves)
{
    struct digest root = slow_root(0, leaves), old = slow_root(0, before), other = leaf_of(999);
    struct tree_proof proof;

    CU_ASSERT_FATAL(tree_prove_growth(source, before, leaves, &proof));
    CU_ASSERT(tree_check_growth(&proof, before, &old, leaves, &root));
    CU_ASSERT(!tree_check_growth(&proof, before, &other, leaves, &root));
    CU_ASSERT(!tree_check_growth(&proof, before, &old, leaves, &other));
    if (proof.count == 0)
        return;
    proof.hashes[0].bytes[0] ^= 1;
    CU_ASSERT(!tree_check_growth(&proof, before, &old, leaves, &root));
    proof.hashes[0].bytes[0] ^= 1;
    proof.count--;
    CU_ASSERT(!tree_check_growth(&proof, before, &old, leaves, &root));
}

static void test_every_growth_is_proved(void)
{
    struct kept kept;
    const struct tree_source source = {read_kept, &kept};
    struct tree_proof proof;

    grow(&kept, LEAVES);
    for (uint64_t leaves = 1; leaves <= LEAVES; leaves++)
        for (uint64_t before = 1; before <= leaves; before++)
            check_growth(&source, before, leaves);
    CU_ASSERT(!tree_prove_growth(&source, 0, 5, &proof));
    CU_ASSERT(!tree_prove_growth(&source, 6, 5, &proof));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"roots are those of the definition", test_roots                 },
        {"every leaf is proved",              test_every_leaf_is_proved  },
        {"every growth is proved",            test_every_growth_is_proved},
        CU_TEST_INFO_NULL,
    };

    return run_suite("tree", tests);
}
