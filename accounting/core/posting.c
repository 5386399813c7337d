/* posting.c - make a transaction: its lines, its place in the chain */

#include "accounting/core/books.h"

#include <assert.h>

void posting_add(struct txn *txn, const char *kind, const char *name, int64_t amount_micro)
{
    struct entry *entry = &txn->entries[txn->entry_count];

    assert(txn->entry_count < LEDGER_ENTRY_MAX);
    txn->entry_count++;
    snprintf(entry->account, sizeof(entry->account), "%s%s%s", kind, name ? ":" : "",
             name ? name : "");
    entry->amount_micro = amount_micro;
}

void posting_seal(struct txn *txn, const struct usage *usage, struct account *institution)
{
    CLEANUP(buffer_clear) struct buffer canonical;
    __int128 sum_micro = 0;

    for (unsigned i = 0; i < txn->entry_count; i++)
        sum_micro += txn->entries[i].amount_micro;
    assert(sum_micro == 0);

    snprintf(txn->institution, sizeof(txn->institution), "%s", institution->name);
    txn->sequence = ++institution->sequence;
    buffer_init(&canonical);
    txn_print_canonical(txn, usage, &canonical);
    txn->leaf = chain_leaf(canonical.bytes, canonical.length);
    txn->head = chain_next(&institution->head, txn->sequence, &txn->leaf);
    institution->head = txn->head;
}
