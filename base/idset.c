/* idset.c - a set of small numbers */

#include "base/idset.h"

#include "base/parse.h"
#include "base/parse_inside.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u
#define WORDS_MAX (IDSET_MAX / WORD_BITS)

struct idset {
    uint64_t *words; /* NULL while word_count is 0 */
    uint32_t word_count;
};

/* Bits first .. last of one word. */
static uint64_t bits_between(uint32_t first, uint32_t last)
{
    return (UINT64_MAX >> (WORD_BITS - 1 - (last - first))) << first;
}

/* The bits of first .. last that fall into word `index`, which they reach. */
static uint64_t part_of(uint32_t index, uint32_t first, uint32_t last)
{
    uint32_t start = index == first / WORD_BITS ? first % WORD_BITS : 0;
    uint32_t end = index == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1;

    return bits_between(start, end);
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Words for ids up to `id`.  At least twice as many as before, so that adding one id after
 * the other does not copy the words each time. */
static void grow(struct idset *set, uint32_t id)
{
    uint32_t needed = id / WORD_BITS + 1, count = set->word_count;

    assert(id < IDSET_MAX);
    if (needed <= count)
        return;
    if (needed < 2 * count)
        needed = least_of(2 * count, WORDS_MAX);
    set->words = memory_resize(set->words, needed, sizeof(uint64_t));
    memset(set->words + count, 0, (needed - count) * sizeof(uint64_t));
    set->word_count = needed;
}

struct idset *idset_new(void)
{
    return NEW(struct idset);
}

struct idset *idset_copy(const struct idset *set)
{
    struct idset *copy = idset_new();

    idset_add_all(copy, set);
    return copy;
}

void idset_free(struct idset *set)
{
    if (!set)
        return;
    free(set->words);
    free(set);
}

void idset_add(struct idset *set, uint32_t id)
{
    idset_add_range(set, id, id);
}

void idset_remove(struct idset *set, uint32_t id)
{
    if (id / WORD_BITS < set->word_count)
        set->words[id / WORD_BITS] &= ~(UINT64_C(1) << id % WORD_BITS);
}

void idset_add_range(struct idset *set, uint32_t first, uint32_t last)
{
    assert(first <= last);
    grow(set, last);
    for (uint32_t i = first / WORD_BITS; i <= last / WORD_BITS; i++)
        set->words[i] |= part_of(i, first, last);
}

bool idset_has(const struct idset *set, uint32_t id)
{
    return id / WORD_BITS < set->word_count && (set->words[id / WORD_BITS] >> id % WORD_BITS & 1);
}

uint32_t idset_count(const struct idset *set)
{
    int count = 0;

    for (uint32_t i = 0; i < set->word_count; i++)
        count += __builtin_popcountll(set->words[i]);
    return (uint32_t)count;
}

/* The least id at or after `from` that is in the set. */
static uint32_t next_in(const struct idset *set, uint32_t from)
{
    uint64_t rest = UINT64_MAX << from % WORD_BITS;

    for (uint32_t i = from / WORD_BITS; i < set->word_count; i++, rest = UINT64_MAX)
        if (set->words[i] & rest)
            return i * WORD_BITS + (uint32_t)__builtin_ctzll(set->words[i] & rest);
    return IDSET_NONE;
}

/* The least id at or after `from` that is not in the set. */
static uint32_t next_out(const struct idset *set, uint32_t from)
{
    uint64_t rest = UINT64_MAX << from % WORD_BITS;

    for (uint32_t i = from / WORD_BITS; i < set->word_count; i++, rest = UINT64_MAX)
        if (~set->words[i] & rest)
            return i * WORD_BITS + (uint32_t)__builtin_ctzll(~set->words[i] & rest);
    return set->word_count * WORD_BITS;
}

uint32_t idset_first(const struct idset *set)
{
    return next_in(set, 0);
}

uint32_t idset_after(const struct idset *set, uint32_t id)
{
    return id < IDSET_MAX ? next_in(set, id + 1) : IDSET_NONE;
}

void idset_add_all(struct idset *set, const struct idset *other)
{
    uint32_t used = other->word_count;

    while (used > 0 && other->words[used - 1] == 0)
        used--; /* what it has in reserve is not passed on */
    if (used > 0)
        grow(set, used * WORD_BITS - 1);
    for (uint32_t i = 0; i < used; i++)
        set->words[i] |= other->words[i];
}

void idset_remove_all(struct idset *set, const struct idset *other)
{
    for (uint32_t i = 0; i < least_of(set->word_count, other->word_count); i++)
        set->words[i] &= ~other->words[i];
}

/* One may have more words than the other: those count as zero. */
static uint64_t word_of(const struct idset *set, uint32_t index)
{
    return index < set->word_count ? set->words[index] : 0;
}

bool idset_equal(const struct idset *a, const struct idset *b)
{
    for (uint32_t i = 0; i < a->word_count || i < b->word_count; i++)
        if (word_of(a, i) != word_of(b, i))
            return false;
    return true;
}

bool idset_disjoint(const struct idset *a, const struct idset *b)
{
    for (uint32_t i = 0; i < least_of(a->word_count, b->word_count); i++)
        if (a->words[i] & b->words[i])
            return false;
    return true;
}

/* Is none of them in the set? */
static bool lacks_range(const struct idset *set, uint32_t first, uint32_t last)
{
    return next_in(set, first) > last;
}

static bool fail_form(struct error *err, const char *text)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID, "%s is not a set of numbers such as 0-3,7 below %u",
                text_show(text, shown), IDSET_MAX);
}

/* Take "N" or "N-M" at *place into the set. */
static bool take_range(const char *text, const char **place, struct idset *set, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];
    uint64_t first, last;

    if (!scan_number(place, IDSET_MAX - 1, &first))
        return fail_form(err, text);
    last = first;
    if (scan_char(place, '-') && !scan_number(place, IDSET_MAX - 1, &last))
        return fail_form(err, text);
    if (first > last)
        return fail(err, ERROR_INVALID, "%s: the range %" PRIu64 "-%" PRIu64 " runs backwards",
                    text_show(text, shown), first, last);
    if (!lacks_range(set, (uint32_t)first, (uint32_t)last))
        return fail(err, ERROR_INVALID, "%s: %" PRIu32 " is given twice", text_show(text, shown),
                    next_in(set, (uint32_t)first));
    idset_add_range(set, (uint32_t)first, (uint32_t)last);
    return true;
}

struct idset *idset_parse(const char *text, struct error *err)
{
    CLEANUP(idset_freep) struct idset *set = idset_new();
    const char *place = text;

    do {
        if (!take_range(text, &place, set, err))
            return NULL;
    } while (scan_char(&place, ','));
    if (*place) {
        fail_form(err, text);
        return NULL;
    }
    return STEAL(set);
}

void idset_print(const struct idset *set, struct buffer *buffer)
{
    const char *comma = "";
    uint32_t first = idset_first(set);

    while (first != IDSET_NONE) {
        uint32_t end = next_out(set, first);

        if (end - first > 1)
            buffer_print(buffer, "%s%" PRIu32 "-%" PRIu32, comma, first, end - 1);
        else
            buffer_print(buffer, "%s%" PRIu32, comma, first);
        comma = ",";
        first = next_in(set, end);
    }
}
