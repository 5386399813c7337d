/* test_licenses.c - seats are counted, reserved and given back */

#include "scheduler/core/constraints.h"
#include "scheduler/core/job.h"
#include "scheduler/core/licenses.h"
#include "tests/lib/runner.h"

#include <string.h>

struct scene {
    struct inventory *inventory;
    struct licenses *licenses;
    const struct cluster *alpha, *beta;
};

/* The network has 4 of matlab; alpha has 2 of its own, and 1 of fluent. */
static void begin(struct scene *scene)
{
    static const struct license_stock network[] = {
        {(char *)"matlab", 4}
    };
    struct license_stock own[] = {
        {(char *)"fluent", 1},
        {(char *)"matlab", 2}
    };
    struct partition batch = {.name = (char *)"batch", .is_default = true, .up = true};
    struct cluster clusters[] = {
        {.name = (char *)"alpha",
         .partition_count = 1,
         .partitions = &batch,
         .license_count = COUNT_OF(own),
         .licenses = own},
        {.name = (char *)"beta",         .partition_count = 1,    .partitions = &batch},
    };

    scene->inventory = inventory_new(clusters, COUNT_OF(clusters));
    scene->licenses = licenses_new(network, COUNT_OF(network), scene->inventory);
    scene->alpha = inventory_cluster(scene->inventory, 0);
    scene->beta = inventory_cluster(scene->inventory, 1);
}

static void end(struct scene *scene)
{
    licenses_free(scene->licenses);
    inventory_free(scene->inventory);
}

static struct license_list list_of(const char *text)
{
    struct license_list list = {0};
    struct error err;

    CU_ASSERT(license_list_parse(text, &list, &err));
    return list;
}

static struct job job_of(struct constraints *constraints, const struct cluster *cluster,
                         int64_t end_us)
{
    return (struct job){
        .request = {.constraints = constraints}, .cluster = cluster, .expected_us = end_us};
}

static void test_lists(void)
{
    static const char *const refused[] = {"", "a,,b", "a:0", "a:x", "a,a", "a|b", "a b", ":2"};
    struct license_list list = list_of("matlab:2,ansys,zoo=3");
    struct error err;

    CU_ASSERT_EQUAL(list.count, 3);
    CU_ASSERT_STRING_EQUAL(list.all[0].name, "ansys");
    CU_ASSERT_EQUAL(list.all[0].seats, 1);
    CU_ASSERT_EQUAL(list.all[1].seats, 2);
    CU_ASSERT_EQUAL(list.all[2].seats, 3);
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        CU_ASSERT(!license_list_parse(refused[i], &list, &err));
    CU_ASSERT(!license_list_parse("a,b,c,d,e,f,g,h,i", &list, &err));
}

static void test_a_clusters_own_come_first(void)
{
    struct license_list three = list_of("matlab:3"), fluent = list_of("fluent");
    struct scene scene;

    begin(&scene);
    CU_ASSERT(!licenses_possible(scene.licenses, &three, scene.alpha));
    CU_ASSERT(licenses_possible(scene.licenses, &three, scene.beta));
    CU_ASSERT(licenses_possible(scene.licenses, &fluent, scene.alpha));
    CU_ASSERT(!licenses_possible(scene.licenses, &fluent, scene.beta));
    end(&scene);
}

static void test_seats_come_and_go(void)
{
    struct constraints wish = {.licenses = (char *)"matlab:3"};
    struct license_list two = list_of("matlab:2");
    struct scene scene;
    struct job job;

    begin(&scene);
    job = job_of(&wish, scene.beta, 100);
    licenses_take(scene.licenses, &job);
    CU_ASSERT_EQUAL(licenses_of(scene.licenses, &job), 3);
    CU_ASSERT(!licenses_free_now(scene.licenses, &two, scene.beta, 50));
    CU_ASSERT(licenses_free_now(scene.licenses, &two, scene.alpha, 50)); /* its own */
    CU_ASSERT_EQUAL(licenses_free_at(scene.licenses, &two, scene.beta, 10), 100);
    licenses_give(scene.licenses, &job);
    CU_ASSERT(licenses_free_now(scene.licenses, &two, scene.beta, 50));
    CU_ASSERT_EQUAL(licenses_free_at(scene.licenses, &two, scene.beta, 10), 10);
    end(&scene);
}

/* One of four is free; somebody waits for three, which come free at 100: who ends by then may have
 * it, and after that one seat is left. */
static void test_reserved_seats_are_kept(void)
{
    struct constraints wish = {.licenses = (char *)"matlab:3"};
    struct constraints small = {.licenses = (char *)"matlab"};
    struct license_list three = list_of("matlab:3"), one = list_of("matlab");
    struct scene scene;
    struct job holder, late;

    begin(&scene);
    holder = job_of(&wish, scene.beta, 100);
    licenses_take(scene.licenses, &holder);
    licenses_reserve(scene.licenses, &three, scene.beta, 100);
    CU_ASSERT(licenses_free_now(scene.licenses, &one, scene.beta, 100));
    CU_ASSERT(licenses_free_now(scene.licenses, &one, scene.beta, 101)); /* 4 - 3 are left */
    late = job_of(&small, scene.beta, 500);
    licenses_take(scene.licenses, &late);
    licenses_give(scene.licenses, &holder);
    CU_ASSERT(licenses_free_now(scene.licenses, &one, scene.beta, 100));
    CU_ASSERT(!licenses_free_now(scene.licenses, &one, scene.beta, 101));
    licenses_drop(scene.licenses);
    CU_ASSERT(licenses_free_now(scene.licenses, &one, scene.beta, 101));
    end(&scene);
}

static void test_refusals_name_what_would_do(void)
{
    static const struct {
        const char *list, *says;
    } cases[] = {
        {"matlab:4",        NULL                  },
        {"matlab:5",        "there are 4 at most" },
        {"mathlab",         "did you mean matlab?"},
        {"matlab:3,fluent", "no one cluster"      },
    };
    struct request request = {.tasks = 1};
    struct scene scene;

    begin(&scene);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct license_list list = list_of(cases[i].list);
        struct error err = {0};

        CU_ASSERT_EQUAL(licenses_check(scene.licenses, &list, &request, scene.inventory, &err),
                        cases[i].says == NULL);
        CU_ASSERT(!cases[i].says || strstr(err.text, cases[i].says));
    }
    end(&scene);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"lists",                       test_lists                      },
        {"a cluster's own come first",  test_a_clusters_own_come_first  },
        {"seats come and go",           test_seats_come_and_go          },
        {"reserved seats are kept",     test_reserved_seats_are_kept    },
        {"refusals name what would do", test_refusals_name_what_would_do},
        CU_TEST_INFO_NULL,
    };

    return run_suite("licenses", tests);
}
