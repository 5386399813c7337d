/* chain.c - the hash chain of an institution's transactions */

#include "accounting/core/ledger.h"

struct digest chain_leaf(const char *canonical, size_t size)
{
    static const uint8_t mark = 0x00;

    return digest_of_two(&mark, sizeof(mark), canonical, size);
}

struct digest chain_next(const struct digest *head, uint64_t sequence, const struct digest *leaf)
{
    uint8_t bytes[1 + DIGEST_SIZE + sizeof(sequence)] = {0x02};

    memcpy(bytes + 1, head->bytes, DIGEST_SIZE);
    for (size_t i = 0; i < sizeof(sequence); i++)
        bytes[1 + DIGEST_SIZE + i] = (uint8_t)(sequence >> (8 * (sizeof(sequence) - 1 - i)));
    return digest_of_two(bytes, sizeof(bytes), leaf->bytes, DIGEST_SIZE);
}
