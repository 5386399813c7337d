/* test_placement.c - which cores each task of a part is bound to */

#include "agent/core/placement.h"

#include "tests/lib/runner.h"

#include <string.h>

/* 2 packages of 1 NUMA node, each with 2 L3 caches of 4 cores. */
static void fill_places(struct core_place places[16])
{
    for (uint32_t i = 0; i < 16; i++)
        places[i] = (struct core_place){.package = i / 8, .numa = i / 8, .l3 = i / 4};
}

static const struct {
    const char *part;
    uint32_t tasks;
    uint32_t each;
    const char *cores; /* of the tasks, separated by blanks */
} cases[] = {
    {"0-7",      4, 2,  "0-1 2-3 4-5 6-7"  },
    {"0-7",      2, 4,  "0-3 4-7"          },
    {"0-15",     2, 8,  "0-7 8-15"         },
    {"2-9",      2, 4,  "4-7 2-3,8-9"      },
    {"4-11",     4, 2,  "4-5 6-7 8-9 10-11"},
    {"0,2,8,10", 2, 2,  "0,2 8,10"         },
    {"0-3",      1, 4,  "0-3"              },
    {"0-3",      1, 99, "0-3"              },
    {"0-1",      4, 1,  "0 1 0 1"          },
    {"0-2",      3, 2,  "0-1 0-1 0-1"      },
    {"5",        3, 1,  "5 5 5"            },
};

static void test_tasks_lie_together(void)
{
    struct core_place places[16];

    fill_places(places);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(placement_freep) struct placement *placement = NULL;
        CLEANUP(idset_freep) struct idset *part = NULL;
        CLEANUP(buffer_clear) struct buffer text = {0};
        struct error err;

        part = idset_parse(cases[i].part, &err);
        placement = placement_new(places, part, cases[i].tasks, cases[i].each);
        buffer_init(&text);
        for (uint32_t task = 0; task < placement->tasks; task++) {
            if (task > 0)
                buffer_add_char(&text, ' ');
            idset_print(placement->cores[task], &text);
        }
        if (strcmp(text.bytes, cases[i].cores) != 0)
            printf("# %s, %u tasks: %s, not %s\n", cases[i].part, cases[i].tasks, text.bytes,
                   cases[i].cores);
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].cores);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"tasks lie together, and share when they must", test_tasks_lie_together},
        CU_TEST_INFO_NULL,
    };

    return run_suite("placement", tests);
}
