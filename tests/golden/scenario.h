/* scenario.h - what the files of the scenario player share
 *
 * scenario.c plays lines to the core, scenario_words.c reads their words, scenario_say.c
 * answers questions.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_GOLDEN_SCENARIO_H
#define TESTS_GOLDEN_SCENARIO_H

#include "base/buffer.h"
#include "scheduler/core/core.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_MAX 32
#define START_US  INT64_C(1700000000000000)

struct play {
    struct core_settings settings;
    struct cluster clusters[8];
    struct partition partitions[8][8];
    struct license_stock *licenses; /* the network's */
    struct core *core;              /* NULL until the first event */
    struct effects effects;
    struct buffer text;
    int64_t now_us;
    unsigned line;
    size_t count; /* of the words */
    char *words[WORDS_MAX];
};

void stop(const struct play *play, const char *format, ...)
    __attribute__((format(printf, 2, 3), noreturn));

/* The value of NAME=VALUE among the words, or NULL. */
char *value_of(const struct play *play, const char *name);
bool has_word(const struct play *play, const char *word);
char *need_word(const struct play *play, size_t place);

/* The same as a number; `otherwise` when it is not given. */
uint64_t number_of(const struct play *play, const char *name, uint64_t otherwise);
int64_t duration_of(const struct play *play, const char *name, int64_t otherwise);
uint64_t size_of(const struct play *play, const char *name);
/* depend=afterok:1,after:2+90s or, one of them, depend=afterok:1?singleton; keep; or NULL. */
/* Job 17; of array 17 the element 4, or these elements: 17_4, 17_0-3,7.  Those go to
 * *ret_elements, which is to be cleared; without them, 17_4 is that job's own number. */
uint64_t job_of(const struct play *play, const char *word, struct elements *ret_elements);
struct dependencies *dependencies_of(const struct play *play);

/* scenario_request.c: what is asked for.  Components stand behind ':', each found from the word at
 * `first` on. */
struct play component_of(const struct play *play, size_t first, size_t *ret_next);
void fill_request(const struct play *play, struct request *request);
void fill_components(const struct play *play, size_t next, struct request *request);
void clear_request(struct request *request);

/* What a line "reserve" says; without nodes= they are NULL. */
void window_of(const struct play *play, struct window_facts *ret_facts);
/* gpus=, gpus-per-node=, gpu-type=, features=, licenses=, switches= …; or NULL. */
struct constraints *constraints_of(const struct play *play);

/* scenario_network.c: lines that describe it, and its end. */
void read_settings(struct play *play);
void read_cluster(struct play *play);
void read_partition(struct play *play);
void read_license(struct play *play);
void read_feature(struct play *play);
void read_switch(struct play *play);
void clear_network(struct play *play);

void say_time(struct play *play, int64_t at_us);
void say_jobs(struct play *play);
void say_nodes(struct play *play);
void say_why(struct play *play);
void say_priority(struct play *play);
void say_balance(struct play *play);

/* scenario_policy.c */
void read_qos(struct play *play);
void read_weights(struct play *play);
void fill_limit(const struct play *play, struct limit *limit);
void fill_share(const struct play *play, struct share_change *share);
void fill_rate(const struct play *play, struct rate *rate);

#endif
