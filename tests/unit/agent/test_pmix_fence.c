/* test_pmix_fence.c - what all tell, all hear: also over a deep tree of servers */

#include "agent/pmix_fence.h"
#include "base/list.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MOST = 300 };

/* Something on its way from one server to another. */
struct letter {
    struct list_node of_world;
    size_t from, to;
    bool up;
    struct buffer bytes;
};

struct server {
    struct world *world;
    struct pmix_job job;
    struct pmix_fences *fences;
    size_t finished;
    struct buffer heard; /* by its ranks, of the last fence */
};

struct world {
    struct test_random random;
    size_t count;
    uint32_t tasks[NODES_MOST], node_of[NODES_MOST];
    struct list letters;
    struct server servers[NODES_MOST];
};

static void on_send(void *owner, size_t node, bool up, const struct buffer *bytes)
{
    struct server *server = owner;
    struct letter *letter = NEW(struct letter);

    letter->from = server->job.index;
    letter->to = node;
    letter->up = up;
    buffer_init(&letter->bytes);
    buffer_add(&letter->bytes, bytes->bytes, bytes->length);
    list_add_last(&server->world->letters, &letter->of_world);
}

static void on_finish(void *owner, void *local, const void *bytes, size_t size)
{
    struct server *server = owner;

    CU_ASSERT_PTR_EQUAL(local, server);
    server->finished++;
    buffer_reset(&server->heard);
    buffer_add(&server->heard, bytes, size);
}

/* One rank on each node: its number is the node's. */
static struct world *world_new(size_t count)
{
    struct world *world = NEW(struct world);

    world->random = test_random_from_environment();
    world->count = count;
    list_init(&world->letters);
    for (size_t i = 0; i < count; i++) {
        struct server *server = &world->servers[i];

        world->tasks[i] = 1;
        world->node_of[i] = (uint32_t)i;
        server->world = world;
        server->job = (struct pmix_job){.count = count,
                                        .index = i,
                                        .tasks = world->tasks,
                                        .all = (uint32_t)count,
                                        .node_of = world->node_of};
        server->fences =
            pmix_fences_new(&server->job, &(struct pmix_fence_calls){on_send, on_finish, server});
        buffer_init(&server->heard);
    }
    return world;
}

static void drop_letter(struct world *world, struct letter *letter)
{
    list_remove(&world->letters, &letter->of_world);
    buffer_clear(&letter->bytes);
    free(letter);
}

static void world_free(struct world *world)
{
    LIST_EACH(&world->letters, node)
        drop_letter(world, CONTAINER_OF(node, struct letter, of_world));
    for (size_t i = 0; i < world->count; i++) {
        pmix_fences_free(world->servers[i].fences);
        buffer_clear(&world->servers[i].heard);
    }
    free(world);
}

/* All letters, in any order in which those of one server to another stay as they were sent. */
static void deliver(struct world *world)
{
    struct error err;

    while (list_first(&world->letters)) {
        uint32_t which = test_random_below(&world->random, (uint32_t)world->letters.count);
        struct list_node *node = list_first(&world->letters);
        struct letter *letter;
        struct server *server;

        while (which-- > 0)
            node = list_after(&world->letters, node);
        letter = CONTAINER_OF(node, struct letter, of_world);
        LIST_EACH(&world->letters, other) {
            struct letter *earlier = CONTAINER_OF(other, struct letter, of_world);

            if (earlier->from != letter->from || earlier->to != letter->to)
                continue;
            letter = earlier;
            break;
        }
        server = &world->servers[letter->to];
        CU_ASSERT(letter->up ? pmix_fences_up(server->fences, letter->from, letter->bytes.bytes,
                                              letter->bytes.length, &err)
                             : pmix_fences_down(server->fences, letter->bytes.bytes,
                                                letter->bytes.length, &err));
        drop_letter(world, letter);
    }
}

static void enter(struct world *world, size_t node, const struct pmix_ranks *ranks)
{
    char word[24];

    snprintf(word, sizeof(word), "<%zu>", node);
    pmix_fences_enter(world->servers[node].fences, ranks, word, strlen(word),
                      &world->servers[node]);
}

static bool has_heard(const struct world *world, size_t node, size_t of)
{
    const struct buffer *heard = &world->servers[node].heard;
    char word[24];

    snprintf(word, sizeof(word), "<%zu>", of);
    return heard->length > 0 && memmem(heard->bytes, heard->length, word, strlen(word));
}

static void test_all_hear_all(void)
{
    static const size_t counts[] = {2, 16, 17, 18, 40, NODES_MOST};
    const struct pmix_ranks all = {0};

    for (size_t c = 0; c < COUNT_OF(counts); c++) {
        struct world *world = world_new(counts[c]);
        size_t missing = 0;

        for (size_t round = 1; round <= 3; round++) {
            for (size_t i = 0; i < world->count; i++)
                enter(world, i, &all);
            deliver(world);
            for (size_t i = 0; i < world->count; i++)
                missing += world->servers[i].finished != round;
        }
        for (size_t i = 0; i < world->count; i++)
            for (size_t j = 0; j < world->count; j++)
                missing += !has_heard(world, i, j);
        CU_ASSERT_EQUAL(missing, 0);
        world_free(world);
    }
}

static void test_some_hear_each_other_alone(void)
{
    uint32_t list[] = {5, 18, 19, 39};
    const struct pmix_ranks some = {.list = list, .count = COUNT_OF(list)}, all = {0};
    struct world *world = world_new(40);

    for (size_t i = 0; i < some.count; i++)
        enter(world, list[i], &some);
    enter(world, 7, &all); /* meanwhile another one begins */
    deliver(world);
    for (size_t i = 0; i < world->count; i++) {
        bool in = i == 5 || i == 18 || i == 19 || i == 39;

        CU_ASSERT_EQUAL(world->servers[i].finished, in ? 1 : 0);
    }
    CU_ASSERT(has_heard(world, 39, 5) && has_heard(world, 5, 39) && !has_heard(world, 5, 7));
    world_free(world);
}

static void test_who_is_missing_is_told(void)
{
    const struct pmix_ranks all = {0};
    struct world *world = world_new(18);
    const struct server *root = &world->servers[0];

    for (size_t i = 0; i < 17; i++)
        enter(world, i, &all);
    deliver(world);
    CU_ASSERT_EQUAL(pmix_fences_missing(root->fences), 18); /* node 17 may come yet */
    pmix_fences_leave(world->servers[1].fences, 17);        /* which is below node 1 */
    CU_ASSERT_EQUAL(pmix_fences_missing(world->servers[1].fences), 17);
    CU_ASSERT_EQUAL(pmix_fences_missing(root->fences), 18);
    pmix_fences_leave(root->fences, 1);
    CU_ASSERT_EQUAL(pmix_fences_missing(root->fences), 1);
    world_free(world);
}

static void test_what_makes_no_sense_is_refused(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } cases[] = {
        {"",                           0 },
        {"\0\0\0\1",                   4 },
        {"\0\0\0\1\0\0\0\1",           8 }, /* its rank is missing */
        {"\0\0\0\1\0\0\0\1\0\0\0\x63", 12}, /* rank 99 */
        {"\0\0\0\1\0\0\0\1\0\0\0\2",   12}, /* not a rank of that node */
        {"\0\0\0\1\377\377\377\377",   8 },
    };
    struct world *world = world_new(18);
    struct pmix_fences *fences = world->servers[0].fences;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT(!pmix_fences_up(fences, 1, cases[i].bytes, cases[i].size, &err));
        CU_ASSERT(!pmix_fences_down(fences, cases[i].bytes, cases[i].size, &err));
    }
    CU_ASSERT(pmix_fences_up(fences, 1, "\0\0\0\1\0\0\0\0", 8, &err));
    CU_ASSERT(!pmix_fences_up(fences, 1, "\0\0\0\1\0\0\0\0", 8, &err)); /* twice */
    world_free(world);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all hear all",                   test_all_hear_all                  },
        {"some hear each other alone",     test_some_hear_each_other_alone    },
        {"who is missing is told",         test_who_is_missing_is_told        },
        {"what makes no sense is refused", test_what_makes_no_sense_is_refused},
        CU_TEST_INFO_NULL,
    };

    return run_suite("PMIx fences", tests);
}
