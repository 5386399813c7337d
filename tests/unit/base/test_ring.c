/* test_relay.c - what one thread makes comes to the other in order, and only so far ahead */

#include "base/ring.h"
#include "tests/lib/runner.h"

#define PLACES 4
#define COUNT  10000

struct scene {
    int places[PLACES];
    int count; /* to be made */
    int made;  /* the maker's, until it has returned */
    bool refused;
};

static void make_numbers(void *owner, struct ring *ring)
{
    struct scene *scene = owner;
    size_t place;

    while (scene->made < scene->count) {
        if (!ring_begin(ring, &place)) {
            scene->refused = true;
            return;
        }
        scene->places[place] = scene->made++;
        ring_end(ring);
    }
}

static void test_all_come_in_order(void)
{
    struct scene scene = {.count = COUNT};
    struct ring *ring = ring_new(PLACES, make_numbers, &scene);
    size_t place;
    int taken = 0;

    while (ring_take(ring, &place)) {
        if (place != (size_t)taken % PLACES || scene.places[place] != taken)
            break;
        taken++;
        ring_give_back(ring);
    }
    CU_ASSERT_EQUAL(taken, COUNT);
    ring_free(ring);
    CU_ASSERT_EQUAL(scene.made, COUNT);
    CU_ASSERT_FALSE(scene.refused);
}

static void test_none_is_made_that_nobody_has_room_for(void)
{
    struct scene scene = {.count = COUNT};
    struct ring *ring = ring_new(PLACES, make_numbers, &scene);
    size_t place;

    for (int taken = 0; taken < 3; taken++) {
        CU_ASSERT(ring_take(ring, &place));
        CU_ASSERT_EQUAL(scene.places[place], taken);
        ring_give_back(ring);
    }
    /* It waits for room, and is told that none comes. */
    ring_free(ring);
    CU_ASSERT(scene.refused);
    CU_ASSERT(scene.made <= 3 + PLACES);
}

static void test_nothing_made_is_nothing_taken(void)
{
    struct scene scene = {0};
    struct ring *ring = ring_new(PLACES, make_numbers, &scene);
    size_t place;

    CU_ASSERT_FALSE(ring_take(ring, &place));
    CU_ASSERT_FALSE(ring_take(ring, &place));
    ring_free(ring);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all come in order",                     test_all_come_in_order                    },
        {"none is made that nobody has room for", test_none_is_made_that_nobody_has_room_for},
        {"nothing made is nothing taken",         test_nothing_made_is_nothing_taken        },
        CU_TEST_INFO_NULL,
    };

    return run_suite("ring", tests);
}
