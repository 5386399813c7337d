/* test_seed.c - the small disk by which a new machine gets to know who it is */

#include "scheduler/cloud/seed.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR 2048u

static uint32_t number_at(const char *at)
{
    const unsigned char *bytes = (const unsigned char *)at;

    /* In both orders: they must say the same. */
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(bytes[i], bytes[7 - i]);
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* The text of a file, found as a reader does: volume, root, records; NULL: there is none. */
static char *read_name(const struct buffer *image, const char *name)
{
    const char *volume = image->bytes + (size_t)16 * SECTOR;
    const char *root = image->bytes + (size_t)number_at(volume + 156 + 2) * SECTOR;
    const char *record = root;

    CU_ASSERT_EQUAL(number_at(volume + 80) * SECTOR, image->length);
    while (record[0]) {
        uint32_t sector = number_at(record + 2), size = number_at(record + 10);

        CU_ASSERT((size_t)sector * SECTOR + size <= image->length);
        if ((size_t)record[32] == strlen(name) && memcmp(record + 33, name, strlen(name)) == 0)
            return memory_format("%.*s", (int)size, image->bytes + (size_t)sector * SECTOR);
        record += (unsigned char)record[0];
    }
    return NULL;
}

static bool holds(const char *user_data, const char *meta_data)
{
    CLEANUP(buffer_clear) struct buffer image;
    CLEANUP(memory_freep) char *user = NULL;
    CLEANUP(memory_freep) char *meta = NULL;

    buffer_init(&image);
    seed_print(user_data, meta_data, &image);
    user = read_name(&image, "USER-DATA.;1");
    meta = read_name(&image, "META-DATA.;1");
    return user && meta && strcmp(user, user_data) == 0 && strcmp(meta, meta_data) == 0;
}

static void test_what_is_put_in_is_found(void)
{
    CLEANUP(memory_freep) char *large = memory_get(100001, 1);

    memset(large, 'x', 100000);
    CU_ASSERT(holds("#cloud-config\n", "instance-id: 1\n"));
    CU_ASSERT(holds("", ""));
    CU_ASSERT(holds(large, "m"));
    CU_ASSERT(holds("u", large));
    large[SECTOR] = '\0';
    CU_ASSERT(holds(large, large));
}

static void test_readers_know_what_it_is(void)
{
    CLEANUP(buffer_clear) struct buffer image;
    const char *volume;

    buffer_init(&image);
    seed_print("u", "m", &image);
    volume = image.bytes + (size_t)16 * SECTOR;
    CU_ASSERT_EQUAL(image.length % SECTOR, 0);
    CU_ASSERT_EQUAL(memcmp(volume, "\001CD001\001", 7), 0);
    CU_ASSERT_EQUAL(memcmp(volume + 40, "CIDATA  ", 8), 0);
    CU_ASSERT_EQUAL(memcmp(volume + SECTOR, "\377CD001\001", 7), 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is put in is found", test_what_is_put_in_is_found},
        {"readers know what it is", test_readers_know_what_it_is},
        CU_TEST_INFO_NULL,
    };

    return run_suite("seed", tests);
}
