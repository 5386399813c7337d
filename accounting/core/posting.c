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

/* "CHG/job/attempt/slice".  Each end of a job passes here: no printf. */
static void name_posting(struct txn *txn, const char *word, const struct usage *usage)
{
    const uint64_t numbers[] = {usage->job, usage->attempt, usage->slice};
    CLEANUP(buffer_clear) struct buffer key;

    buffer_init(&key);
    buffer_add_text(&key, word);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        buffer_add_char(&key, '/');
        buffer_add_unsigned(&key, numbers[i]);
    }
    memory_put_text(txn->key, sizeof(txn->key), key.bytes);
}

static void post_charge(struct txn *txn, const struct usage *usage)
{
    int64_t amount_micro = usage->charged_micro;

    name_posting(txn, "CHG", usage);
    posting_add(txn, "inst", usage->institution, -amount_micro);
    posting_add(txn, "used", usage->institution, amount_micro);
    posting_add(txn, "limit", usage->project, -amount_micro);
    posting_add(txn, "limit_contra", usage->project, amount_micro);
}

static void post_waiver(struct txn *txn, const struct usage *usage)
{
    name_posting(txn, "WAV", usage);
    posting_add(txn, "waived", usage->cluster, usage->waived_micro);
    posting_add(txn, "waived_contra", usage->cluster, -usage->waived_micro);
}

static void post_listing(struct txn *txn, const struct usage *usage)
{
    name_posting(txn, "LST", usage);
    posting_add(txn, "listed", usage->institution, usage->listed_micro);
    posting_add(txn, "listed_contra", usage->institution, -usage->listed_micro);
}

bool txn_posts_usage(enum txn_kind kind)
{
    return kind == TXN_CHARGE || kind == TXN_WAIVE || kind == TXN_LIST;
}

void txn_of_usage(enum txn_kind kind, const struct usage *usage, int64_t at_us, struct txn *ret_txn)
{
    struct txn *txn = ret_txn;

    txn->kind = kind;
    txn->at_us = at_us;
    txn->entry_count = 0;
    memory_put_text(txn->institution, sizeof(txn->institution), usage->institution);
    if (kind == TXN_CHARGE)
        post_charge(txn, usage);
    else if (kind == TXN_WAIVE)
        post_waiver(txn, usage);
    else
        post_listing(txn, usage);
}

void posting_seal(struct ledger *ledger, struct txn *txn, const struct usage *usage,
                  struct account *institution)
{
    CLEANUP(buffer_clear) struct buffer canonical;
    __int128 sum_micro = 0;

    for (unsigned i = 0; i < txn->entry_count; i++)
        sum_micro += txn->entries[i].amount_micro;
    assert(sum_micro == 0);

    memory_put_text(txn->institution, sizeof(txn->institution), institution->name);
    if (institution->chain == 0)
        institution->chain = ++ledger->last_chain;
    txn->chain = institution->chain;
    txn->sequence = ++institution->sequence;
    buffer_init(&canonical);
    (void)buffer_reserve(&canonical, 900);
    txn_print_canonical(txn, usage, &canonical);
    txn->leaf = chain_leaf(canonical.bytes, canonical.length);
    txn->head = chain_next(&institution->head, txn->sequence, &txn->leaf);
    institution->head = txn->head;
}
