/* test_ranks.c - which ranks a step has on which node */

#include "agent/core/ranks.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "tests/lib/runner.h"

#include <inttypes.h>

static const struct {
    uint32_t tasks[4];
    size_t count;
    uint32_t plane;
    const char *ranks; /* of the nodes, separated by bars */
} cases[] = {
    {{3, 2, 1},    3, 0,  "0 1 2|3 4|5"        },
    {{3, 2, 1},    3, 1,  "0 3 5|1 4|2"        },
    {{4, 4},       2, 2,  "0 1 4 5|2 3 6 7"    },
    {{5, 1, 4},    3, 2,  "0 1 5 6 9|2|3 4 7 8"},
    {{2, 0, 2},    3, 1,  "0 2||1 3"           },
    {{2, 2},       2, 99, "0 1|2 3"            },
    {{1, 1, 1, 1}, 4, 1,  "0|1|2|3"            },
};

static void test_blocks_and_planes(void)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer text = {0};

        buffer_init(&text);
        for (size_t node = 0; node < cases[i].count; node++) {
            uint32_t ranks[8];

            ranks_of(cases[i].tasks, cases[i].count, cases[i].plane, node, ranks);
            if (node > 0)
                buffer_add_char(&text, '|');
            for (uint32_t task = 0; task < cases[i].tasks[node]; task++)
                buffer_print(&text, "%s%" PRIu32, task > 0 ? " " : "", ranks[task]);
        }
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].ranks);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"in blocks and in planes", test_blocks_and_planes},
        CU_TEST_INFO_NULL,
    };

    return run_suite("ranks", tests);
}
