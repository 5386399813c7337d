/* test_pool.c - servers on demand: none leaks, none is made twice, whenever the scheduler dies */

#include "base/parse.h"
#include "scheduler/cloud/pool.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <string.h>

#define NAMES      4
#define CLOUD_MOST 64
#define SETTLE_US  (60 * US_PER_SECOND)
#define LIMIT_US   (300 * US_PER_SECOND)
#define HISTORIES  400
#define STEPS      400
#define START_US   INT64_C(1700000000000000)

/* --- a cloud, and a store ------------------------------------------------------------------------ */

struct thing {
    struct server server;
    int64_t from_us; /* it is listed from then on */
    bool is_gone;
};

struct world {
    int64_t now_us;
    struct thing things[CLOUD_MOST];
    size_t count;
    unsigned made;
    struct pool_member stored[NAMES], noted[NAMES];
    char names[NAMES][8];
    uint64_t group; /* the open one's number */
    unsigned lost, said;
    struct hostlist *list;
    struct pool *pool;
};

static const struct pool_settings settings = {LIMIT_US, SETTLE_US, 10 * US_PER_SECOND};

static size_t number_of(const struct pool_member *member)
{
    return (size_t)(member->name[1] - '1');
}

static uint64_t on_save(void *owner, const struct pool_member *member)
{
    struct world *world = owner;
    size_t number = number_of(member);

    world->noted[number] = *member;
    world->noted[number].name = world->names[number];
    return world->group;
}

static void on_lost(void *owner, const struct pool_member *member)
{
    struct world *world = owner;

    (void)member;
    world->lost++;
}

static void on_say(void *owner, const char *name, const char *text)
{
    struct world *world = owner;

    (void)name;
    (void)text;
    world->said++;
}

static void open_pool(struct world *world)
{
    const struct pool_watcher watcher = {on_save, on_lost, on_say, world};

    world->pool = pool_new(world->list, &settings, &watcher);
    for (size_t i = 0; i < NAMES; i++)
        CU_ASSERT(pool_restore(world->pool, &world->stored[i]));
    memcpy(world->noted, world->stored, sizeof(world->noted));
}

static void world_init(struct world *world)
{
    struct error err;

    *world = (struct world){.now_us = START_US, .group = 1};
    world->list = hostlist_parse("m[1-4]", &err);
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(world->names[i], sizeof(world->names[i]), "m%zu", i + 1);
        world->stored[i].name = world->names[i];
    }
    open_pool(world);
}

static void world_clear(struct world *world)
{
    pool_free(world->pool);
    hostlist_free(world->list);
}

static void commit(struct world *world)
{
    memcpy(world->stored, world->noted, sizeof(world->stored));
    world->group++;
}

/* All that was not committed is forgotten. */
static void crash(struct world *world)
{
    pool_free(world->pool);
    world->group = 1;
    open_pool(world);
}

static struct thing *add_thing(struct world *world, const char *name, int64_t from_us)
{
    struct thing *thing = &world->things[world->count % CLOUD_MOST];

    CU_ASSERT_FATAL(world->count < CLOUD_MOST || thing->is_gone);
    *thing = (struct thing){.from_us = from_us};
    memory_put_text(thing->server.name, sizeof(thing->server.name), name);
    snprintf(thing->server.id, sizeof(thing->server.id), "id-%u", ++world->made);
    world->count++;
    return thing;
}

static size_t thing_count(const struct world *world)
{
    return world->count < CLOUD_MOST ? world->count : CLOUD_MOST;
}

static struct thing *find_thing(struct world *world, const char *id)
{
    for (size_t i = 0; i < thing_count(world); i++)
        if (!world->things[i].is_gone && strcmp(world->things[i].server.id, id) == 0)
            return &world->things[i];
    return NULL;
}

static unsigned count_named(const struct world *world, const char *name)
{
    unsigned count = 0;

    for (size_t i = 0; i < thing_count(world); i++)
        count += !world->things[i].is_gone && strcmp(world->things[i].server.name, name) == 0;
    return count;
}

static void list_all(struct world *world)
{
    struct server_list list = {0};

    for (size_t i = 0; i < thing_count(world); i++)
        if (!world->things[i].is_gone && world->things[i].from_us <= world->now_us)
            *server_list_add(&list) = world->things[i].server;
    pool_listed(world->pool, &list, world->now_us, world->now_us + 1000);
    server_list_clear(&list);
}

static struct pool_order next(struct world *world)
{
    return pool_next(world->pool, world->group - 1, world->now_us);
}

/* As the cloud does when nothing goes wrong. */
static void obey(struct world *world, const struct pool_order *order)
{
    struct thing *thing;

    switch (order->kind) {
    case POOL_LIST:
        list_all(world);
        return;
    case POOL_MAKE:
        thing = add_thing(world, order->name, world->now_us);
        pool_made(world->pool, order, thing->server.id, world->now_us);
        return;
    case POOL_REMOVE:
        thing = find_thing(world, order->id);
        if (thing)
            thing->is_gone = true;
        pool_removed(world->pool, order);
        return;
    case POOL_NOTHING:
        return;
    }
}

/* --- one life --------------------------------------------------------------------------------------- */

static const struct pool_member *first(const struct world *world)
{
    return pool_member(world->pool, 0);
}

static void settle(struct world *world, unsigned turns)
{
    for (unsigned i = 0; i < turns; i++) {
        struct pool_order order = next(world);

        obey(world, &order);
        commit(world);
        world->now_us += 20 * US_PER_SECOND;
    }
}

static void test_a_life(void)
{
    struct world world;
    struct pool_order order;

    world_init(&world);
    order = next(&world);
    CU_ASSERT_EQUAL(order.kind, POOL_LIST); /* before anything else */
    obey(&world, &order);
    CU_ASSERT_EQUAL(next(&world).kind, POOL_NOTHING);
    pool_want(world.pool, first(&world), world.now_us);
    CU_ASSERT_EQUAL(next(&world).kind, POOL_NOTHING); /* not durable yet */
    commit(&world);
    order = next(&world);
    CU_ASSERT_EQUAL(order.kind, POOL_MAKE);
    CU_ASSERT_STRING_EQUAL(order.name, "m1");
    obey(&world, &order);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_BOOTING);
    world.now_us += 30 * US_PER_SECOND;
    pool_joined(world.pool, first(&world), world.now_us);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_UP);
    CU_ASSERT_EQUAL(pool_boot_us(world.pool), 30 * US_PER_SECOND);
    pool_retire(world.pool, first(&world), world.now_us);
    settle(&world, 4);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
    CU_ASSERT_EQUAL(count_named(&world, "m1"), 0);
    CU_ASSERT_EQUAL(world.said, 0);
    world_clear(&world);
}

static void test_a_wish_that_nobody_has_any_more(void)
{
    struct world world;

    world_init(&world);
    settle(&world, 1);
    pool_want(world.pool, first(&world), world.now_us);
    pool_unwant(world.pool, first(&world), world.now_us);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
    settle(&world, 4);
    CU_ASSERT_EQUAL(world.made, 0);
    world_clear(&world);
}

/* It may have been made: first it is looked for. */
static void test_a_dropped_wish_that_was_tried(void)
{
    struct world world;

    world_init(&world);
    settle(&world, 1);
    pool_want(world.pool, first(&world), world.now_us);
    commit(&world);
    CU_ASSERT_EQUAL(next(&world).kind, POOL_MAKE);
    pool_unwant(world.pool, first(&world), world.now_us);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_ASKED);
    crash(&world);
    pool_unwant(world.pool, first(&world), world.now_us);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_ASKED);
    for (unsigned i = 0; i < 10; i++) {
        pool_unwant(world.pool, first(&world), world.now_us);
        settle(&world, 1);
    }
    CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
    CU_ASSERT_EQUAL(world.made, 0);
    world_clear(&world);
}

/* Nothing is known of the answer: the cloud is asked first, and given time. */
static void test_unknown_outcome(void)
{
    struct world world;
    struct pool_order order;
    const struct error lost = {ERROR_UNAVAILABLE, "no answer"};

    world_init(&world);
    settle(&world, 1);
    pool_want(world.pool, first(&world), world.now_us);
    commit(&world);
    order = next(&world);
    CU_ASSERT_EQUAL(order.kind, POOL_MAKE);
    (void)add_thing(&world, "m1", world.now_us + 30 * US_PER_SECOND);
    pool_failed(world.pool, &order, &lost, 0, world.now_us);
    CU_ASSERT_EQUAL(next(&world).kind, POOL_NOTHING); /* it is left alone for a second */
    settle(&world, 6);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_BOOTING);
    CU_ASSERT_EQUAL(count_named(&world, "m1"), 1);
    world_clear(&world);
}

static void test_no_room(void)
{
    struct world world;
    struct pool_order order;
    const struct error full = {ERROR_EXHAUSTED, "No valid host was found"};

    world_init(&world);
    settle(&world, 1);
    pool_want(world.pool, first(&world), world.now_us);
    commit(&world);
    order = next(&world);
    pool_failed(world.pool, &order, &full, 0, world.now_us);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
    CU_ASSERT_STRING_EQUAL(first(&world)->fault, "No valid host was found");
    for (size_t i = 0; i < NAMES; i++)
        CU_ASSERT_FALSE(pool_may_want(world.pool, pool_member(world.pool, i), world.now_us));
    world.now_us += 61 * US_PER_SECOND;
    CU_ASSERT(pool_may_want(world.pool, first(&world), world.now_us));
    world_clear(&world);
}

static void test_one_that_never_joins(void)
{
    struct world world;

    world_init(&world);
    settle(&world, 1);
    pool_want(world.pool, first(&world), world.now_us);
    settle(&world, 2);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_BOOTING);
    world.now_us += LIMIT_US;
    settle(&world, 4);
    CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
    CU_ASSERT_EQUAL(first(&world)->failures, 1);
    CU_ASSERT_EQUAL(count_named(&world, "m1"), 0);
    world_clear(&world);
}

/* Shut down by somebody else, or failed: the node is lost, and what is left of it removed. */
static void test_one_that_breaks(void)
{
    static const enum server_state ends[] = {SERVER_OFF, SERVER_BROKEN};

    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct world world;

        world_init(&world);
        settle(&world, 1);
        pool_want(world.pool, first(&world), world.now_us);
        settle(&world, 2);
        pool_joined(world.pool, first(&world), world.now_us);
        world.things[0].server.state = ends[i];
        world.now_us += 30 * 10 * US_PER_SECOND;
        settle(&world, 4);
        CU_ASSERT(world.lost > 0);
        CU_ASSERT_EQUAL(first(&world)->state, POOL_OFF);
        CU_ASSERT_EQUAL(count_named(&world, "m1"), 0);
        world_clear(&world);
    }
}

/* --- any history ------------------------------------------------------------------------------------ */

/* The answer may get lost, the thing may come late or not at all, the cloud may have no room. */
static void obey_somehow(struct world *world, struct test_random *random,
                         const struct pool_order *order)
{
    const struct error lost = {ERROR_UNAVAILABLE, "connection reset"};
    const struct error full = {ERROR_EXHAUSTED, "quota"};
    struct thing *thing = order->kind == POOL_REMOVE ? find_thing(world, order->id) : NULL;

    if (order->kind == POOL_NOTHING)
        return;
    switch (test_random_below(random, 6)) {
    case 0: /* the answer is lost */
        if (order->kind == POOL_MAKE)
            (void)add_thing(world, order->name,
                            world->now_us + test_random_below(random, 30) * US_PER_SECOND);
        if (thing)
            thing->is_gone = true;
        pool_failed(world->pool, order, &lost, 0, world->now_us);
        return;
    case 1: /* the question is lost */
        pool_failed(world->pool, order, &lost, 5 * US_PER_SECOND, world->now_us);
        return;
    case 2:
        pool_failed(world->pool, order, order->kind == POOL_MAKE ? &full : &lost, 0, world->now_us);
        return;
    default:
        obey(world, order);
        return;
    }
}

static void live(struct world *world, struct test_random *random)
{
    const struct pool_member *member = pool_member(world->pool, test_random_below(random, NAMES));
    uint32_t what = test_random_below(random, 12);

    if (what < 3 && pool_may_want(world->pool, member, world->now_us))
        pool_want(world->pool, member, world->now_us);
    else if (what < 6 && member->id[0] && find_thing(world, member->id))
        pool_joined(world->pool, member, world->now_us);
    else if (what == 6 && member->state == POOL_UP)
        pool_retire(world->pool, member, world->now_us);
    else if (what == 8)
        pool_unwant(world->pool, member, world->now_us);
    else if (what == 7 && test_random_below(random, 4) == 0)
        world->things[test_random_below(random, CLOUD_MOST)].is_gone = true;
}

/* A crash may come between any two things, and between an order and its answer. */
static bool step(struct world *world, struct test_random *random)
{
    struct pool_order order;

    live(world, random);
    if (test_random_below(random, 3) != 0)
        commit(world);
    if (test_random_below(random, 25) == 0)
        crash(world);
    order = next(world);
    if (order.kind == POOL_MAKE && test_random_below(random, 10) == 0) {
        (void)add_thing(world, order.name,
                        world->now_us + test_random_below(random, 30) * US_PER_SECOND);
        crash(world);
    } else {
        obey_somehow(world, random, &order);
    }
    world->now_us += test_random_below(random, 8) * US_PER_SECOND;
    for (size_t i = 0; i < NAMES; i++)
        if (count_named(world, world->names[i]) > 1)
            return false;
    return true;
}

/* Nobody wants any; what is there goes. */
static bool comes_to_rest(struct world *world)
{
    for (unsigned i = 0; i < 200; i++) {
        struct pool_order order;

        for (size_t m = 0; m < NAMES; m++) {
            const struct pool_member *member = pool_member(world->pool, m);

            if (member->state == POOL_BOOTING || member->state == POOL_UP)
                pool_retire(world->pool, member, world->now_us);
        }
        commit(world);
        order = next(world);
        obey(world, &order);
        world->now_us += 15 * US_PER_SECOND;
    }
    for (size_t m = 0; m < NAMES; m++)
        if (pool_member(world->pool, m)->state != POOL_OFF ||
            count_named(world, world->names[m]) > 0)
            return false;
    return true;
}

static void test_any_history(void)
{
    struct test_random random = test_random_from_environment();
    unsigned made = 0;

    for (unsigned i = 0; i < HISTORIES; i++) {
        struct test_random own = test_random_from_seed(random.seed + i);
        struct world world;
        bool good = true;

        world_init(&world);
        for (unsigned s = 0; s < STEPS && good; s++)
            good = step(&world, &own);
        CU_ASSERT(good); /* no name was there twice */
        good = good && comes_to_rest(&world);
        CU_ASSERT(good);
        made += world.made;
        world_clear(&world);
        if (!good) {
            printf("# TEQUIO_TEST_SEED=%llu\n", (unsigned long long)own.seed);
            break;
        }
    }
    CU_ASSERT(made > HISTORIES);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a server is asked for, joins and is retired",     test_a_life                         },
        {"a wish that nobody has any more is dropped",      test_a_wish_that_nobody_has_any_more},
        {"one that was tried is looked for first",          test_a_dropped_wish_that_was_tried  },
        {"an unknown outcome is not made twice",            test_unknown_outcome                },
        {"a cloud without room is left alone for a while",  test_no_room                        },
        {"one that never joins is given up",                test_one_that_never_joins           },
        {"one that breaks is removed",                      test_one_that_breaks                },
        {"whatever happens none leaks and none is doubled", test_any_history                    },
        CU_TEST_INFO_NULL,
    };

    return run_suite("pool", tests);
}
