/* pace.c - how many requests of one principal are answered in a second */

#include "scheduler/pace.h"

#include "base/parse.h"
#include "base/table.h"

#include <stdlib.h>

/* What a bucket holds: so many seconds' worth. */
static const int64_t burst_s[PACE_KIND_COUNT] = {
    [PACE_SUBMISSION] = 10,
    [PACE_QUERY] = 3,
    [PACE_TRIAL] = 10,
};

struct bucket {
    int64_t credit_us; /* time not yet used up; one request costs 1 s / rate */
    int64_t seen_us;
};

struct pace {
    struct table *buckets[PACE_KIND_COUNT]; /* by principal */
};

struct pace *pace_new(void)
{
    struct pace *pace = NEW(struct pace);

    for (int kind = 0; kind < PACE_KIND_COUNT; kind++)
        pace->buckets[kind] = table_new();
    return pace;
}

void pace_free(struct pace *pace)
{
    if (!pace)
        return;
    for (int kind = 0; kind < PACE_KIND_COUNT; kind++) {
        struct bucket *bucket;

        for (size_t place = 0; (bucket = table_next(pace->buckets[kind], &place));)
            free(bucket);
        table_free(pace->buckets[kind]);
    }
    free(pace);
}

static struct bucket *bucket_of(struct pace *pace, enum pace_kind kind, const char *principal,
                                int64_t now_us)
{
    struct bucket *bucket = table_get_text(pace->buckets[kind], principal);

    if (bucket)
        return bucket;
    bucket = NEW(struct bucket);
    *bucket = (struct bucket){burst_s[kind] * US_PER_SECOND, now_us};
    table_put_text(pace->buckets[kind], principal, bucket);
    return bucket;
}

int64_t pace_take(struct pace *pace, enum pace_kind kind, const char *principal,
                  uint32_t per_second, int64_t now_us)
{
    int64_t most_us = burst_s[kind] * US_PER_SECOND;
    struct bucket *bucket;
    int64_t cost_us;

    if (per_second == 0)
        return 0;
    bucket = bucket_of(pace, kind, principal, now_us);
    bucket->credit_us += now_us - bucket->seen_us;
    bucket->seen_us = now_us;
    if (bucket->credit_us > most_us)
        bucket->credit_us = most_us;
    cost_us = US_PER_SECOND / per_second;
    if (bucket->credit_us < cost_us)
        return cost_us - bucket->credit_us;
    bucket->credit_us -= cost_us;
    return 0;
}
