/* test_devices.c - GPUs are given near the cores, once, and come back */

#include "agent/core/devices.h"
#include "tests/lib/runner.h"

/* Two NUMA nodes with four cores and two a100 each; and a v100 that is near neither. */
static const struct device all[] = {
    {"a100", DEVICE_OF_NVIDIA, 0,              true,  195, 0},
    {"a100", DEVICE_OF_NVIDIA, 0,              true,  195, 1},
    {"mi50", DEVICE_OF_AMD,    DEVICE_NOWHERE, false, 0,   0},
    {"a100", DEVICE_OF_NVIDIA, 1,              true,  195, 2},
    {"a100", DEVICE_OF_NVIDIA, 1,              true,  195, 3},
};
static const struct core_place places[] = {
    {0, 0, 0},
    {0, 0, 0},
    {0, 0, 0},
    {0, 0, 0},
    {1, 1, 1},
    {1, 1, 1},
    {1, 1, 1},
    {1, 1, 1},
};

static struct idset *cores_of(const char *text)
{
    struct error err;

    return idset_parse(text, &err);
}

static void check(const struct idset *numbers, const char *text)
{
    CLEANUP(buffer_clear) struct buffer printed = {0};

    buffer_init(&printed);
    if (numbers)
        idset_print(numbers, &printed);
    CU_ASSERT_STRING_EQUAL(printed.bytes, text);
}

static void test_near_the_cores(void)
{
    CLEANUP(devices_freep) struct devices *devices = devices_new(all, COUNT_OF(all));
    CLEANUP(idset_freep) struct idset *right = cores_of("4-5");
    CLEANUP(idset_freep) struct idset *left = cores_of("0-2,4");
    CLEANUP(idset_freep) struct idset *one = NULL;
    CLEANUP(idset_freep) struct idset *three = NULL;
    CLEANUP(idset_freep) struct idset *amd = NULL;

    one = devices_take(devices, "a100", 1, places, right);
    check(one, "3");
    three = devices_take(devices, "a100", 3, places, left); /* the two near first */
    check(three, "0-1,4");
    CU_ASSERT_EQUAL(devices_left(devices, "a100"), 0);
    CU_ASSERT_PTR_NULL(devices_take(devices, "a100", 1, places, left));
    amd = devices_take(devices, "mi50", 1, places, left);
    check(amd, "2");
    devices_give(devices, three);
    CU_ASSERT_EQUAL(devices_left(devices, "a100"), 3);
}

/* Each task has those near its cores; when they are dealt out, they are shared. */
static void test_tasks_have_their_own(void)
{
    CLEANUP(idset_freep) struct idset *numbers = cores_of("0-1,3-4");
    struct idset *cores[5] = {cores_of("4"), cores_of("0"), cores_of("1"), cores_of("5"),
                              cores_of("6")};
    static const char *const ones[] = {"3", "0", "1", "4", "3"};
    static const char *const pairs[] = {"3-4", "0-1", "0-1", "3-4", "3-4"};
    struct idset *shares[5];

    for (uint32_t each = 0; each <= 3; each++) {
        const struct devices_wish wish = {numbers, each, each == 3 ? 1 : 5, cores};

        devices_deal(all, places, &wish, shares);
        for (uint32_t i = 0; i < wish.tasks; i++) {
            check(shares[i], each == 0   ? "0-1,3-4"
                             : each == 1 ? ones[i]
                             : each == 2 ? pairs[i]
                                         : "0,3-4");
            idset_free(shares[i]);
        }
    }
    for (size_t i = 0; i < COUNT_OF(cores); i++)
        idset_free(cores[i]);
}

static void test_claims(void)
{
    CLEANUP(devices_freep) struct devices *devices = devices_new(all, COUNT_OF(all));
    CLEANUP(idset_freep) struct idset *some = cores_of("1,3");
    CLEANUP(idset_freep) struct idset *other = cores_of("3-4");
    CLEANUP(idset_freep) struct idset *beyond = cores_of("5");

    CU_ASSERT(devices_claim(devices, some));
    CU_ASSERT(!devices_claim(devices, other)); /* and 4 is free still */
    CU_ASSERT_EQUAL(devices_left(devices, "a100"), 2);
    CU_ASSERT(!devices_claim(devices, beyond));
}

static void test_words(void)
{
    CLEANUP(idset_freep) struct idset *some = cores_of("1-3");
    CLEANUP(buffer_clear) struct buffer kinds = {0};
    CLEANUP(buffer_clear) struct buffer cuda = {0};
    CLEANUP(buffer_clear) struct buffer rocr = {0};
    struct devices_shown shown = {all, COUNT_OF(all), some, false};

    buffer_init(&kinds);
    buffer_init(&cuda);
    buffer_init(&rocr);
    device_kinds_print(all, COUNT_OF(all), &kinds);
    CU_ASSERT_STRING_EQUAL(kinds.bytes, "a100:4,mi50:1");
    device_ordinals_print(&shown, some, DEVICE_OF_NVIDIA, &cuda);
    CU_ASSERT_STRING_EQUAL(cuda.bytes, "1,2");
    device_ordinals_print(&shown, some, DEVICE_OF_AMD, &rocr);
    CU_ASSERT_STRING_EQUAL(rocr.bytes, "0");
    buffer_clear(&cuda);
    buffer_init(&cuda);
    shown.others_denied = true; /* the others are not even counted */
    device_ordinals_print(&shown, some, DEVICE_OF_NVIDIA, &cuda);
    CU_ASSERT_STRING_EQUAL(cuda.bytes, "0,1");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"near the cores",       test_near_the_cores      },
        {"tasks have their own", test_tasks_have_their_own},
        {"what a restart finds", test_claims              },
        {"what others are told", test_words               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("devices", tests);
}
