/* rate.h - rate cards: what a core, memory, a GPU and a node cost, from when until when
 *
 * A card is for one cluster, partition and quality of service, or for any of each; of those that
 * could apply the one that names most does.  Cards for the same place follow one another: a new one
 * takes over at its start, so that at any time exactly one applies.  None is ever changed, or
 * made for a time that is past: what an attempt costs follows from the card of its start
 * for ever.  Where no card applies, a core costs one SU an hour times its cluster's factor.
 *
 * What all of an attempt's resources cost is put on its cores: price = cores x time x
 * factor, where the factor, in millionths, is what rate_factor() says, rounded half to even once.
 *
 * Pure.  Owns: its copies.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CORE_RATE_H
#define ACCOUNTING_CORE_RATE_H

#include "accounting/core/ledger.h"
#include "base/error.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_CARDS_MOST 4096
#define RATE_PRICE_MOST UINT32_MAX /* micro SU: 4,294 SU an hour */

enum rate_mode {
    RATE_SUM,      /* of all four */
    RATE_MAX,      /* the largest of the four */
    RATE_MAX_GPUS, /* the largest of cores, memory and nodes, and the GPUs besides */
    RATE_MODE_COUNT
};

/* Of an hour, in micro SU. */
struct prices {
    uint32_t core;
    uint32_t gib; /* of memory */
    uint32_t gpu;
    uint32_t node;
};

struct rate {
    uint64_t id;
    char cluster[LEDGER_NAME_MAX + 1];   /* "": any */
    char partition[LEDGER_NAME_MAX + 1]; /* "": any */
    char qos[LEDGER_NAME_MAX + 1];       /* "": any, also none */
    enum rate_mode mode;
    struct prices prices;
    bool listed;      /* at this price, and billed nothing: opportunistic work */
    int64_t start_us; /* in force in [start_us, end_us) */
    int64_t end_us;   /* 0: until another takes over */
};

/* What an attempt has, altogether. */
struct quantities {
    uint32_t cores;
    uint32_t nodes;
    uint32_t gpus;
    uint64_t memory_bytes;
};

struct rates;

struct rates *rates_new(void);
struct rates *rates_copy(const struct rates *rates);
void rates_free(struct rates *rates);
DEFINE_CLEANUP(struct rates *, rates_free)

/* Prices that can be, names, times in order; and nothing that is not made for a time to come.
 * CONFLICT: a card for the same place begins at that very time. */
bool rates_check(const struct rates *rates, const struct rate *rate, int64_t now_us,
                 struct error *err);

/* Was it right when it was made?  Whatever ended it later, before it began even. */
bool rates_check_made(const struct rates *rates, const struct rate *rate, int64_t made_us,
                      struct error *err);

/* After rates_check(), or as the database has it. */
void rates_add(struct rates *rates, const struct rate *rate);

/* It is not in force from then on; NOT_FOUND, or INVALID when it was over before or then is past. */
bool rates_check_end(const struct rates *rates, uint64_t id, int64_t end_us, int64_t now_us,
                     struct error *err);
void rates_end(struct rates *rates, uint64_t id, int64_t end_us);

size_t rates_count(const struct rates *rates);
const struct rate *rates_find_id(const struct rates *rates, uint64_t id); /* or NULL */
/* Walk all from *place 0, by place and then by time; NULL at the end. */
const struct rate *rates_next(const struct rates *rates, size_t *place);

/* When it is over: its end, or when another takes over; INT64_MAX: not as far as is known. */
int64_t rates_until(const struct rates *rates, const struct rate *rate);

/* The first time behind at_us at which a card begins or ends; INT64_MAX: none does. */
int64_t rates_next_change(const struct rates *rates, int64_t at_us);

/* The card for an attempt that starts then; qos NULL: it has none.  NULL: no card applies. */
const struct rate *rates_at(const struct rates *rates, const char *cluster, const char *partition,
                            const char *qos, int64_t at_us);

/* Millionths of an SU for each core and hour, before the surcharge of a quality of service. */
uint32_t rate_factor(const struct rate *rate, const struct quantities *quantities);

/* Times what the quality of service says: a million and its surcharge. */
uint32_t rate_with_qos(uint32_t factor_ppm, uint32_t qos_ppm);

const char *rate_mode_name(enum rate_mode mode); /* "sum", "max", "max-gpus" */
bool rate_mode_parse(const char *text, enum rate_mode *ret_mode, struct error *err);

#endif
