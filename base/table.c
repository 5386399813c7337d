/* table.c - a hash table from bytes, texts or numbers to pointers */

#include "base/table.h"

#include "base/random.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_INLINE = 16, SLOTS_LEAST = 16 };

/* A removed entry stays, with a NULL value, until the entries are packed. */
struct entry {
    uint64_t hash;
    void *value;
    size_t size;
    union {
        unsigned char inside[KEY_INLINE]; /* when it fits: numbers, 128-bit keys */
        unsigned char *outside;
    } key;
};

/* The entries stand in the order in which they came, so that a walk does not
 * depend on the seed.  A slot is 0 or 1 + the number of an entry; the slots are
 * searched from hash & mask on.  At most half of the slots and never all
 * entries are in use. */
struct table {
    size_t count;    /* entries with a value */
    size_t used;     /* entries, with the removed ones */
    size_t capacity; /* of entries: half the slots */
    size_t mask;     /* slots - 1; slots are a power of two */
    uint32_t *slots;
    struct entry *entries;
    uint64_t seed[2];
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static inline __attribute__((always_inline)) void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[2] += v[3];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] = rotate(v[0], 32) + v[3];
    v[2] += v[1];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static void sip_word(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    sip_round(v);
    v[0] ^= word;
}

/* SipHash-1-3; words are read in the machine's order, as the hash never leaves it. */
static uint64_t hash_of(const struct table *table, const void *key, size_t size)
{
    const unsigned char *place = key;
    uint64_t v[4] = {
        table->seed[0] ^ 0x736f6d6570736575U,
        table->seed[1] ^ 0x646f72616e646f6dU,
        table->seed[0] ^ 0x6c7967656e657261U,
        table->seed[1] ^ 0x7465646279746573U,
    };
    uint64_t last = (uint64_t)size << 56;
    uint64_t word;

    for (; size >= sizeof(word); size -= sizeof(word), place += sizeof(word)) {
        memcpy(&word, place, sizeof(word));
        sip_word(v, word);
    }
    for (size_t i = 0; i < size; i++)
        last |= (uint64_t)place[i] << (8 * i);
    sip_word(v, last);
    v[2] ^= 0xff;
    sip_round(v);
    sip_round(v);
    sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static void set_slots(struct table *table, size_t slots)
{
    assert(slots <= UINT32_MAX);

    free(table->slots);
    table->slots = NEW_ARRAY(uint32_t, slots);
    table->mask = slots - 1;
    table->capacity = slots / 2;
    table->entries = memory_resize(table->entries, table->capacity, sizeof(*table->entries));
}

struct table *table_new(void)
{
    struct table *table = NEW(struct table);

    random_fill(table->seed, sizeof(table->seed));
    set_slots(table, SLOTS_LEAST);
    return table;
}

static const void *key_of(const struct entry *entry)
{
    return entry->size <= KEY_INLINE ? entry->key.inside : entry->key.outside;
}

static void clear_key(struct entry *entry)
{
    if (entry->size > KEY_INLINE)
        free(entry->key.outside);
}

void table_free(struct table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->used; i++)
        if (table->entries[i].value)
            clear_key(&table->entries[i]);
    free(table->entries);
    free(table->slots);
    free(table);
}

size_t table_count(const struct table *table)
{
    return table->count;
}

/* The slot that leads to the key, or the free one at which the search ends. */
static size_t find_slot(const struct table *table, uint64_t hash, const void *key, size_t size)
{
    size_t slot = hash & table->mask;

    for (; table->slots[slot]; slot = (slot + 1) & table->mask) {
        const struct entry *entry = &table->entries[table->slots[slot] - 1];

        if (entry->hash == hash && entry->size == size &&
            (size == 0 || memcmp(key_of(entry), key, size) == 0))
            break;
    }
    return slot;
}

/* Pack the entries, in more slots if that alone would not free much. */
static void make_room(struct table *table)
{
    size_t slots = table->mask + 1;
    size_t packed = 0;

    for (size_t i = 0; i < table->used; i++)
        if (table->entries[i].value)
            table->entries[packed++] = table->entries[i];
    table->used = packed;

    set_slots(table, packed > slots / 4 ? 2 * slots : slots);
    for (size_t i = 0; i < packed; i++) {
        size_t slot = table->entries[i].hash & table->mask;

        while (table->slots[slot])
            slot = (slot + 1) & table->mask;
        table->slots[slot] = (uint32_t)(i + 1);
    }
}

void *table_get(const struct table *table, const void *key, size_t size)
{
    uint32_t number = table->slots[find_slot(table, hash_of(table, key, size), key, size)];

    return number ? table->entries[number - 1].value : NULL;
}

static void add_entry(struct table *table, size_t slot, const struct entry *made, const void *key)
{
    struct entry *entry = &table->entries[table->used];

    *entry = *made;
    if (entry->size > KEY_INLINE)
        entry->key.outside = memory_copy_bytes(key, entry->size);
    else if (entry->size > 0)
        memcpy(entry->key.inside, key, entry->size);
    table->used++;
    table->count++;
    table->slots[slot] = (uint32_t)table->used;
}

void *table_put(struct table *table, const void *key, size_t size, void *value)
{
    uint64_t hash = hash_of(table, key, size);
    size_t slot = find_slot(table, hash, key, size);

    assert(value);

    if (table->slots[slot]) {
        struct entry *entry = &table->entries[table->slots[slot] - 1];
        void *before = entry->value;

        entry->value = value;
        return before;
    }
    if (table->used == table->capacity) {
        make_room(table);
        slot = find_slot(table, hash, key, size);
    }
    add_entry(table, slot, &(struct entry){.hash = hash, .value = value, .size = size}, key);
    return NULL;
}

/* Free the slot, and move those after it up that would no longer be found. */
static void empty_slot(struct table *table, size_t hole)
{
    for (size_t slot = (hole + 1) & table->mask; table->slots[slot];
         slot = (slot + 1) & table->mask) {
        size_t home = table->entries[table->slots[slot] - 1].hash & table->mask;

        /* it may move to the hole unless its home lies behind the hole */
        if (((slot - home) & table->mask) >= ((slot - hole) & table->mask)) {
            table->slots[hole] = table->slots[slot];
            hole = slot;
        }
    }
    table->slots[hole] = 0;
}

void *table_remove(struct table *table, const void *key, size_t size)
{
    size_t slot = find_slot(table, hash_of(table, key, size), key, size);
    struct entry *entry;

    if (!table->slots[slot])
        return NULL;
    entry = &table->entries[table->slots[slot] - 1];
    empty_slot(table, slot);
    clear_key(entry);
    table->count--;
    if (table->count == 0)
        table->used = 0;
    return STEAL(entry->value);
}

void *table_next(const struct table *table, size_t *place)
{
    while (*place < table->used) {
        void *value = table->entries[(*place)++].value;

        if (value)
            return value;
    }
    return NULL;
}

void *table_get_text(const struct table *table, const char *key)
{
    return table_get(table, key, strlen(key));
}

void *table_get_number(const struct table *table, uint64_t key)
{
    return table_get(table, &key, sizeof(key));
}

void *table_put_text(struct table *table, const char *key, void *value)
{
    return table_put(table, key, strlen(key), value);
}

void *table_put_number(struct table *table, uint64_t key, void *value)
{
    return table_put(table, &key, sizeof(key), value);
}

void *table_remove_text(struct table *table, const char *key)
{
    return table_remove(table, key, strlen(key));
}

void *table_remove_number(struct table *table, uint64_t key)
{
    return table_remove(table, &key, sizeof(key));
}
