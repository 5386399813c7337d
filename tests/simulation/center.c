/* center.c - the real central scheduler on a simulated machine */

#include "tests/simulation/center.h"

#include "base/parse.h"
#include "tests/lib/store_memory.h"
#include "tests/simulation/chance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RESTART_MOST (60 * US_PER_SECOND)
#define COMMIT_LEAST 1000
#define COMMIT_MOST  20000
#define TURN_MOST    2000 /* so long messages may come in one turn */
#define NEVER        INT64_MAX

/* What the service gave to a thread. */
struct work {
    struct list_node of_lane;
    work_fn *work;
    done_fn *done;
    void *owner;
    bool worked;
};

static agenda_fn on_wake, on_restart, on_turn_end, on_commit, on_read;

static bool is_hit(struct center *center, uint32_t rarity)
{
    return rarity > 0 && chance_rare(&center->random, rarity);
}

/* --- its turn ------------------------------------------------------------------------------------ */

static void put_wake(struct center *center)
{
    int64_t at_us = host_clock_when(&center->clock, service_next_time(center->service));

    if (at_us >= center->wake_us)
        return;
    center->wake_us = at_us;
    agenda_add(center->agenda, at_us, on_wake, center, center->life);
}

static void end_turn(struct center *center)
{
    center->turns++;
    service_turn_end(center->service);
    if (service_failure(center->service))
        center_kill(center, service_failure(center->service)->text);
    else
        put_wake(center);
}

static void on_turn_end(void *owner, uint64_t life)
{
    struct center *center = owner;

    if (!center->service || life != center->life)
        return;
    center->turn_open = false;
    center->trace->who = "center";
    end_turn(center);
}

/* More may come in the same turn. */
static void end_turn_soon(struct center *center)
{
    if (center->turn_open)
        return;
    center->turn_open = true;
    agenda_add(center->agenda, center->agenda->now_us + chance_wait(&center->random, TURN_MOST),
               on_turn_end, center, center->life);
}

static void on_wake(void *owner, uint64_t life)
{
    struct center *center = owner;

    if (!center->service || life != center->life)
        return;
    center->wake_us = NEVER;
    center->trace->who = "center";
    service_pass_time(center->service);
    end_turn(center);
}

static void receive(void *owner, enum door door, const struct sender *sender, const uint8_t *bytes,
                    size_t size)
{
    struct center *center = owner;

    center->trace->who = "center";
    center->turns++;
    service_receive(center->service, door, sender, bytes, size);
    end_turn_soon(center);
}

/* --- commits ----------------------------------------------------------------------------------------- */

static void put_work(struct center *center, enum background which)
{
    int64_t length_us = test_random_between(&center->random, COMMIT_LEAST, COMMIT_MOST);

    if (which == BACKGROUND_COMMIT && center->faults.slow_us > 0 &&
        chance_rare(&center->random, 50))
        length_us += chance_wait(&center->random, center->faults.slow_us);
    agenda_add(center->agenda, center->agenda->now_us + length_us,
               which == BACKGROUND_COMMIT ? on_commit : on_read, center, center->life);
}

static void give(void *state, enum background which, work_fn *work, done_fn *done, void *owner)
{
    struct center *center = state;
    struct work *given = NEW(struct work);

    given->work = work;
    given->done = done;
    given->owner = owner;
    list_add_last(&center->lanes[which], &given->of_lane);
    if (center->lanes[which].count == 1)
        put_work(center, which);
}

/* The work is done, then, a moment later, the loop hears of it. */
static void go_on(struct center *center, enum background which)
{
    struct work *work = CONTAINER_OF(list_first(&center->lanes[which]), struct work, of_lane);

    if (!work->worked) {
        work->work(work->owner);
        work->worked = true;
        put_work(center, which);
        return;
    }
    list_remove(&center->lanes[which], &work->of_lane);
    if (center->lanes[which].count > 0)
        put_work(center, which);
    work->done(work->owner);
    free(work);
    end_turn(center);
}

static void on_commit(void *owner, uint64_t life)
{
    struct center *center = owner;
    const struct work *work;

    if (!center->service || life != center->life)
        return;
    center->trace->who = "center";
    work = CONTAINER_OF(list_first(&center->lanes[BACKGROUND_COMMIT]), struct work, of_lane);
    if (center->faults.crash_at > 0 && --center->faults.crash_at == 0)
        center_kill(center, work->worked ? "as told, after a commit" : "as told, before a commit");
    else if (!work->worked && is_hit(center, center->faults.crash_before))
        center_kill(center, "before a commit");
    else if (work->worked && is_hit(center, center->faults.crash_after))
        center_kill(center, "after a commit, before it could tell");
    else
        go_on(center, BACKGROUND_COMMIT);
}

static void on_read(void *owner, uint64_t life)
{
    struct center *center = owner;

    if (!center->service || life != center->life)
        return;
    center->trace->who = "center";
    go_on(center, BACKGROUND_READ);
}

static bool before_commit(void *owner, const struct batch *batch, struct error *err)
{
    struct center *center = owner;

    if (center->watch.before_commit)
        center->watch.before_commit(center->watch.owner, batch);
    if (center->service && is_hit(center, center->faults.fails))
        return fail(err, ERROR_IO, "the disk says no (injected)");
    return true;
}

static bool after_commit(void *owner, const struct batch *batch, struct error *err)
{
    struct center *center = owner;

    if (center->watch.after_commit)
        center->watch.after_commit(center->watch.owner, batch);
    if (center->service && is_hit(center, center->faults.fails_kept))
        return fail(err, ERROR_IO, "the disk says no, wrongly (injected)");
    return true;
}

/* --- life ---------------------------------------------------------------------------------------------- */

static void drop_work(struct center *center)
{
    for (size_t i = 0; i < COUNT_OF(center->lanes); i++) {
        struct list *lane = &center->lanes[i];

        LIST_EACH(lane, node) {
            list_remove(lane, node);
            free(CONTAINER_OF(node, struct work, of_lane));
        }
    }
}

void center_kill(struct center *center, const char *why)
{
    if (!center->service)
        return;
    trace_say(center->trace, "center", "killed: %s", why);
    if (service_failure(center->service) && !strstr(why, "injected"))
        findings_add(center->findings, "a commit failed: %s", why);
    network_listen(center->network, NULL, NULL);
    service_free(center->service);
    center->service = NULL;
    center->life++;
    drop_work(center);
    agenda_add(center->agenda, center->agenda->now_us + chance_wait(&center->random, RESTART_MOST),
               on_restart, center, center->life);
}

void center_start(struct center *center)
{
    const struct outside outside = {
        .store = center->store,
        .transport = &center->transport,
        .clock = &center->clock_seam,
        .give = give,
        .state = center,
        .token_seed = center->token_seed,
    };
    struct error err;

    if (center->service)
        return;
    center->starts++;
    center->life++;
    center->wake_us = NEVER;
    center->turn_open = false;
    center->trace->who = "center";
    test_random_fill(&center->random, center->token_seed, sizeof(center->token_seed));
    center->service = service_new(&center->settings, &outside, &err);
    if (!center->service) {
        findings_add(center->findings, "the scheduler does not start: %s", err.text);
        return;
    }
    trace_say(center->trace, "center", "starts, epoch %" PRIu64, service_epoch(center->service));
    if (center->watch.started)
        center->watch.started(center->watch.owner);
    network_listen(center->network, receive, center);
    end_turn(center);
}

static void on_restart(void *owner, uint64_t life)
{
    struct center *center = owner;

    if (life == center->life)
        center_start(center);
}

struct center *center_new(struct agenda *agenda, struct findings *findings, struct network *network,
                          uint64_t seed)
{
    struct center *center = NEW(struct center);
    const struct store_hooks hooks = {
        .before = before_commit, .after = after_commit, .owner = center};
    uint8_t lineage[LINEAGE_SIZE];

    center->agenda = agenda;
    center->trace = findings->trace;
    center->findings = findings;
    center->network = network;
    center->transport = network_transport(network);
    center->random = chance_stream(seed, 2);
    host_clock_init(&center->clock, agenda, test_random_between(&center->random, -5000, 5000));
    center->clock_seam = host_clock_seam(&center->clock);
    settings_init(&center->settings);
    center->settings.local_operators = false;
    test_random_fill(&center->random, lineage, sizeof(lineage));
    center->store = store_memory_new(lineage);
    store_memory_set_hooks(center->store, &hooks);
    for (size_t i = 0; i < COUNT_OF(center->lanes); i++)
        list_init(&center->lanes[i]);
    return center;
}

void center_free(struct center *center)
{
    if (!center)
        return;
    service_free(center->service);
    drop_work(center);
    store_free(center->store);
    settings_clear(&center->settings);
    free(center);
}
