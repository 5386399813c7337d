/* posting.c - make a transaction: its lines, its place in the chain */

#include "accounting/core/books.h"

#include <assert.h>
#include <string.h>

/* "kind:name", or "kind" alone, as far as there is room. */
static void copy_words(char *place, size_t room, const char *kind, const char *name)
{
    size_t length = strnlen(kind, room - 1);

    memcpy(place, kind, length);
    if (name && length + 1 < room) {
        size_t rest = strnlen(name, room - length - 2);

        place[length++] = ':';
        memcpy(place + length, name, rest);
        length += rest;
    }
    place[length] = '\0';
}

void posting_add(struct txn *txn, const char *kind, const char *name, int64_t amount_micro)
{
    struct entry *entry = &txn->entries[txn->entry_count];

    assert(txn->entry_count < LEDGER_ENTRY_MAX);
    txn->entry_count++;
    copy_words(entry->account, sizeof(entry->account), kind, name);
    entry->amount_micro = amount_micro;
}

void posting_seal(struct txn *txn, const struct usage *usage, struct account *institution)
{
    CLEANUP(buffer_clear) struct buffer canonical;
    __int128 sum_micro = 0;

    for (unsigned i = 0; i < txn->entry_count; i++)
        sum_micro += txn->entries[i].amount_micro;
    assert(sum_micro == 0);

    memory_put_text(txn->institution, sizeof(txn->institution), institution->name);
    txn->sequence = ++institution->sequence;
    buffer_init(&canonical);
    (void)buffer_reserve(&canonical, 900);
    txn_print_canonical(txn, usage, &canonical);
    txn->leaf = chain_leaf(canonical.bytes, canonical.length);
    txn->head = chain_next(&institution->head, txn->sequence, &txn->leaf);
    institution->head = txn->head;
}
