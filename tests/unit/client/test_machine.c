/* test_machine.c - a node's topology, read and drawn */

#include "client/machine.h"
#include "tests/lib/runner.h"

#include <string.h>

static const char example[] =
    "<topology><object type=\"Machine\" os_index=\"0\"><info name=\"a\" value=\"b\"/>"
    "<object type=\"Package\"><object type=\"NUMANode\" local_memory=\"1073741824\"/>"
    "<object type=\"L3Cache\" cache_size=\"16777216\">"
    "<object type=\"L2Cache\" cache_size=\"1\"><object type=\"Core\" os_index=\"7\">"
    "<object type=\"PU\" os_index=\"0\"/><object type=\"PU\" os_index=\"4\"/></object></object>"
    "<object type=\"Core\"><object type=\"PU\" os_index=\"1\"/></object></object>"
    "<object type=\"PCIDev\"><object type=\"OSDev\" name=\"g&lt;0\" osdev_type=\"1\"/>"
    "<object type=\"OSDev\" name=\"sda\" osdev_type=\"0\"/></object></object>"
    "<object type=\"Package\"><object type=\"Core\"><object type=\"PU\" os_index=\"2\"/></object>"
    "</object></object></topology>";

static const char drawn[] = "machine\n"
                            "├─ package 0\n"
                            "│  ├─ NUMA node 0 (1G)\n"
                            "│  ├─ L3 0 (16M)\n"
                            "│  │  └─ cores 0-1, cpus 0-1,4\n"
                            "│  └─ g&lt;0\n"
                            "└─ package 1\n"
                            "   └─ cores 2, cpus 2\n";

static void test_drawn_as_lines(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    CLEANUP(machine_freep) struct machine *machine = NULL;
    struct error err;

    buffer_init(&text);
    machine = machine_parse(example, strlen(example), &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    machine_print(machine, &text);
    if (strcmp(text.bytes, drawn) != 0)
        printf("# %s", text.bytes);
    CU_ASSERT_STRING_EQUAL(text.bytes, drawn);
}

static void test_drawn_as_a_picture(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    CLEANUP(machine_freep) struct machine *machine = NULL;
    struct error err;

    buffer_init(&text);
    machine = machine_parse(example, strlen(example), &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    machine_print_svg(machine, "n<1>", &text);
    CU_ASSERT_EQUAL(strncmp(text.bytes, "<svg ", 5), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "<title>n&lt;1&gt;</title>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, ">cores 0-1, cpus 0-1,4</text>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "g&amp;lt;0"));
    CU_ASSERT_STRING_EQUAL(text.bytes + text.length - 7, "</svg>\n");
}

static void test_what_is_none(void)
{
    static const char *const cases[] = {
        "",
        "<object",
        "<topology></topology>",
        "no XML at all",
        "<object type=\"Machine\"/><object type=\"Machine\"/>",
    };
    CLEANUP(buffer_clear) struct buffer deep = {0};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT_PTR_NULL(machine_parse(cases[i], strlen(cases[i]), &err));
    for (size_t cut = 0; cut < strlen(example); cut++) /* whatever comes of it, nothing breaks */
        machine_free(machine_parse(example, cut, &err));
    buffer_init(&deep);
    for (int i = 0; i < 100; i++)
        buffer_add_text(&deep, "<object type=\"Group\">");
    CU_ASSERT_PTR_NULL(machine_parse(deep.bytes, deep.length, &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"drawn as lines",             test_drawn_as_lines    },
        {"drawn as a picture",         test_drawn_as_a_picture},
        {"what is none is told to be", test_what_is_none      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("machine", tests);
}
