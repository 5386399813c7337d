/* rate.c - rate cards: what a core, memory, a GPU and a node cost, from when until when */

#include "accounting/core/rate.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB_OF_GIB 1024

/* By place, the one that names most first; then by time. */
struct rates {
    size_t count, capacity;
    struct rate *all;
};

struct rates *rates_new(void)
{
    return NEW(struct rates);
}

struct rates *rates_copy(const struct rates *rates)
{
    struct rates *copy = rates_new();

    if (rates->count > 0)
        copy->all = memory_copy_bytes(rates->all, rates->count * sizeof(*rates->all));
    copy->count = copy->capacity = rates->count;
    return copy;
}

void rates_free(struct rates *rates)
{
    if (!rates)
        return;
    free(rates->all);
    free(rates);
}

/* How much it names: a quality of service weighs more than a partition, that more than a cluster. */
static unsigned weight_of(const struct rate *rate)
{
    return 4U * (rate->qos[0] != '\0') + 2U * (rate->partition[0] != '\0') +
           (rate->cluster[0] != '\0');
}

static int compare_places(const struct rate *a, const struct rate *b)
{
    int order = (int)weight_of(b) - (int)weight_of(a);

    if (order == 0)
        order = strcmp(a->cluster, b->cluster);
    if (order == 0)
        order = strcmp(a->partition, b->partition);
    return order ? order : strcmp(a->qos, b->qos);
}

static bool comes_before(const struct rate *a, const struct rate *b)
{
    int order = compare_places(a, b);

    if (order != 0)
        return order < 0;
    return a->start_us != b->start_us ? a->start_us < b->start_us : a->id < b->id;
}

static bool is_name(const char *text)
{
    return memchr(text, '\0', LEDGER_NAME_MAX + 1) != NULL;
}

static const struct rate *find_same_start(const struct rates *rates, const struct rate *rate)
{
    for (size_t i = 0; i < rates->count; i++)
        if (compare_places(&rates->all[i], rate) == 0 && rates->all[i].start_us == rate->start_us &&
            rates->all[i].end_us != rate->start_us)
            return &rates->all[i];
    return NULL;
}

bool rates_check(const struct rates *rates, const struct rate *rate, int64_t now_us,
                 struct error *err)
{
    const struct rate *there = find_same_start(rates, rate);

    if (!is_name(rate->cluster) || !is_name(rate->partition) || !is_name(rate->qos))
        return fail(err, ERROR_INVALID, "a name of a rate card has more than %d bytes",
                    LEDGER_NAME_MAX);
    if (rate->mode >= RATE_MODE_COUNT)
        return fail(err, ERROR_INVALID, "a rate card adds up by sum, max or max-gpus");
    if (rate->start_us < now_us)
        return fail(err, ERROR_INVALID,
                    "a rate card is made before it is in force: it cannot start in the past");
    if (rate->end_us != 0 && rate->end_us <= rate->start_us)
        return fail(err, ERROR_INVALID, "a rate card must end after it starts");
    if (there)
        return fail(err, ERROR_CONFLICT,
                    "rate card %" PRIu64 " is for the same place and starts at the same time",
                    there->id);
    if (rates->count >= RATE_CARDS_MOST)
        return fail(err, ERROR_EXHAUSTED, "there are %d rate cards, the most", RATE_CARDS_MOST);
    return true;
}

bool rates_check_made(const struct rates *rates, const struct rate *rate, int64_t made_us,
                      struct error *err)
{
    struct rate as_made = *rate;

    as_made.end_us = 0;
    return rates_check(rates, &as_made, made_us, err);
}

void rates_add(struct rates *rates, const struct rate *rate)
{
    size_t place;

    if (rates->count == rates->capacity) {
        rates->capacity = rates->capacity ? 2 * rates->capacity : 8;
        rates->all = memory_resize(rates->all, rates->capacity, sizeof(rates->all[0]));
    }
    for (place = rates->count++; place > 0 && comes_before(rate, &rates->all[place - 1]); place--)
        rates->all[place] = rates->all[place - 1];
    rates->all[place] = *rate;
}

static struct rate *find_id(const struct rates *rates, uint64_t id)
{
    for (size_t i = 0; i < rates->count; i++)
        if (rates->all[i].id == id)
            return &rates->all[i];
    return NULL;
}

bool rates_check_end(const struct rates *rates, uint64_t id, int64_t end_us, int64_t now_us,
                     struct error *err)
{
    const struct rate *rate = find_id(rates, id);

    if (!rate)
        return fail(err, ERROR_NOT_FOUND, "no rate card %" PRIu64, id);
    if (end_us < now_us)
        return fail(err, ERROR_INVALID, "a rate card cannot end in the past");
    if (rates_until(rates, rate) <= end_us)
        return fail(err, ERROR_CONFLICT, "rate card %" PRIu64 " is over by then", id);
    return true;
}

/* One that has not begun is never in force. */
void rates_end(struct rates *rates, uint64_t id, int64_t end_us)
{
    struct rate *rate = find_id(rates, id);

    if (rate)
        rate->end_us = end_us > rate->start_us ? end_us : rate->start_us;
}

size_t rates_count(const struct rates *rates)
{
    return rates->count;
}

const struct rate *rates_find_id(const struct rates *rates, uint64_t id)
{
    return find_id(rates, id);
}

const struct rate *rates_next(const struct rates *rates, size_t *place)
{
    return *place < rates->count ? &rates->all[(*place)++] : NULL;
}

/* One that was ended before it began takes nothing over. */
static bool is_ever(const struct rate *rate)
{
    return rate->end_us == 0 || rate->end_us > rate->start_us;
}

int64_t rates_until(const struct rates *rates, const struct rate *rate)
{
    int64_t until_us = rate->end_us ? rate->end_us : INT64_MAX;

    for (size_t i = 0; i < rates->count; i++) {
        const struct rate *other = &rates->all[i];

        if (other->start_us > rate->start_us && other->start_us < until_us && is_ever(other) &&
            compare_places(rate, other) == 0)
            until_us = other->start_us;
    }
    return until_us;
}

static int64_t sooner_behind(int64_t at_us, int64_t change_us, int64_t next_us)
{
    return change_us > at_us && change_us < next_us ? change_us : next_us;
}

int64_t rates_next_change(const struct rates *rates, int64_t at_us)
{
    int64_t next_us = INT64_MAX;

    for (size_t i = 0; i < rates->count; i++) {
        next_us = sooner_behind(at_us, rates->all[i].start_us, next_us);
        next_us = sooner_behind(at_us, rates->all[i].end_us, next_us);
    }
    return next_us;
}

static bool is_or_any(const char *named, const char *name)
{
    return named[0] == '\0' || (name && strcmp(named, name) == 0);
}

static bool rate_is_for(const struct rate *rate, const char *cluster, const char *partition,
                        const char *qos)
{
    return is_or_any(rate->partition, partition) && is_or_any(rate->cluster, cluster) &&
           is_or_any(rate->qos, qos);
}

/* Of a place the last that has begun; it may have ended since, and then a wider place counts. */
const struct rate *rates_at(const struct rates *rates, const char *cluster, const char *partition,
                            const char *qos, int64_t at_us)
{
    const struct rate *found = NULL;

    for (size_t i = 0; i < rates->count; i++) {
        const struct rate *rate = &rates->all[i];

        if (found && compare_places(found, rate) != 0 &&
            (found->end_us == 0 || at_us < found->end_us))
            return found;
        if (rate->start_us <= at_us && is_ever(rate) && rate_is_for(rate, cluster, partition, qos))
            found = rate;
    }
    return found && (found->end_us == 0 || at_us < found->end_us) ? found : NULL;
}

static unsigned __int128 larger(unsigned __int128 a, unsigned __int128 b)
{
    return a > b ? a : b;
}

/* Half to even. */
static uint32_t divide(unsigned __int128 amount, uint64_t by)
{
    unsigned __int128 whole = amount / by;
    uint64_t rest = (uint64_t)(amount % by);

    if (rest > by - rest || (rest == by - rest && (whole & 1)))
        whole++;
    return whole < UINT32_MAX ? (uint32_t)whole : UINT32_MAX;
}

/* All in micro SU x MiB of a GiB, so that memory counts by whole MiB. */
uint32_t rate_factor(const struct rate *rate, const struct quantities *quantities)
{
    const struct prices *prices = &rate->prices;
    const uint64_t mib = quantities->memory_bytes >> 20;
    const unsigned __int128 cores =
        (unsigned __int128)prices->core * quantities->cores * MIB_OF_GIB;
    const unsigned __int128 memory = (unsigned __int128)prices->gib * mib;
    const unsigned __int128 gpus = (unsigned __int128)prices->gpu * quantities->gpus * MIB_OF_GIB;
    const unsigned __int128 nodes =
        (unsigned __int128)prices->node * quantities->nodes * MIB_OF_GIB;
    unsigned __int128 all;

    assert(quantities->cores > 0);
    if (rate->mode == RATE_SUM)
        all = cores + memory + gpus + nodes;
    else if (rate->mode == RATE_MAX)
        all = larger(larger(cores, memory), larger(gpus, nodes));
    else
        all = larger(larger(cores, memory), nodes) + gpus;
    return divide(all, (uint64_t)quantities->cores * MIB_OF_GIB);
}

uint32_t rate_with_qos(uint32_t factor_ppm, uint32_t qos_ppm)
{
    uint64_t factor = (uint64_t)factor_ppm * qos_ppm / 1000000;

    return factor < UINT32_MAX ? (uint32_t)factor : UINT32_MAX;
}

static const char *const modes[] = {"sum", "max", "max-gpus"};
static_assert(COUNT_OF(modes) == RATE_MODE_COUNT, "one name for each mode, in their order");

const char *rate_mode_name(enum rate_mode mode)
{
    assert(mode < RATE_MODE_COUNT);
    return modes[mode];
}

bool rate_mode_parse(const char *text, enum rate_mode *ret_mode, struct error *err)
{
    for (int i = 0; i < RATE_MODE_COUNT; i++)
        if (strcmp(text, modes[i]) == 0) {
            *ret_mode = (enum rate_mode)i;
            return true;
        }
    return fail(err, ERROR_INVALID, "%.40s is none of sum, max, max-gpus", text);
}
