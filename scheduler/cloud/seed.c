/* seed.c - a small disk by which a new machine gets to know who it is */

#include "scheduler/cloud/seed.h"

#include "base/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define SECTOR      2048u
#define VOLUME_NAME "CIDATA"
#define DIRECTORY   2 /* the flag of one */

/* Where things are, in sectors; the first 16 are left to boot loaders. */
enum place { VOLUME = 16, LAST_VOLUME, PATHS_LITTLE, PATHS_BIG, ROOT, FILES };

struct file {
    const char *name; /* what Linux shows is in small letters and without ".;1" */
    const char *text;
};

/* Numbers stand there in both byte orders, one behind the other. */
static void put_both_16(char *at, uint16_t number)
{
    at[0] = at[3] = (char)(number & 0xff);
    at[1] = at[2] = (char)(number >> 8);
}

static void put_little_32(char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(number >> (8 * i) & 0xff);
}

static void put_big_32(char *at, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (char)(number >> (24 - 8 * i) & 0xff);
}

static void put_both_32(char *at, uint32_t number)
{
    put_little_32(at, number);
    put_big_32(at + 4, number);
}

static uint32_t sectors_of(const char *text)
{
    return (uint32_t)((strlen(text) + SECTOR - 1) / SECTOR);
}

/* 9.1: the record of a file or directory; its date is left at zero.  Returns its length. */
static size_t put_record(char *at, uint32_t sector, uint32_t size, const char *name,
                         size_t name_length)
{
    size_t length = 33 + name_length + (name_length % 2 == 0);
    bool is_directory = name_length == 1;

    at[0] = (char)length;
    put_both_32(at + 2, sector);
    put_both_32(at + 10, size);
    at[25] = is_directory ? DIRECTORY : 0;
    put_both_16(at + 28, 1);
    at[32] = (char)name_length;
    memcpy(at + 33, name, name_length);
    return length;
}

/* 8.4: the primary volume descriptor, of as much as readers look at. */
static void put_volume(char *at, uint32_t sectors)
{
    memcpy(at, "\001CD001\001", 7);
    memset(at + 8, ' ', 64);
    memcpy(at + 40, VOLUME_NAME, strlen(VOLUME_NAME));
    put_both_32(at + 80, sectors);
    put_both_16(at + 120, 1);
    put_both_16(at + 124, 1);
    put_both_16(at + 128, SECTOR);
    put_both_32(at + 132, 10); /* one path: the root */
    put_little_32(at + 140, PATHS_LITTLE);
    put_big_32(at + 148, PATHS_BIG);
    (void)put_record(at + 156, ROOT, SECTOR, "\0", 1);
    memset(at + 190, ' ', 623); /* who made it, and of what: nobody says */
    memset(at + 813, '0', 68);  /* dates that are not given */
    at[829] = at[846] = at[863] = at[880] = 0;
    at[881] = 1;
}

/* 9.4: path tables, in both orders. */
static void put_paths(char *image)
{
    char *little = image + (size_t)PATHS_LITTLE * SECTOR, *big = image + (size_t)PATHS_BIG * SECTOR;

    little[0] = big[0] = 1;
    put_little_32(little + 2, ROOT);
    put_big_32(big + 2, ROOT);
    little[6] = 1;
    big[7] = 1;
}

void seed_print(const char *user_data, const char *meta_data, struct buffer *image)
{
    const struct file files[] = {
        {"META-DATA.;1", meta_data},
        {"USER-DATA.;1", user_data},
    };
    uint32_t sector = FILES;
    uint32_t sectors = FILES + sectors_of(meta_data) + sectors_of(user_data);
    char *bytes = buffer_reserve(image, (size_t)sectors * SECTOR);
    char *root = bytes + (size_t)ROOT * SECTOR;

    assert(image->length == 0);
    memset(bytes, 0, (size_t)sectors * SECTOR);
    put_volume(bytes + (size_t)VOLUME * SECTOR, sectors);
    memcpy(bytes + (size_t)LAST_VOLUME * SECTOR, "\377CD001\001", 7);
    put_paths(bytes);
    root += put_record(root, ROOT, SECTOR, "\0", 1);
    root += put_record(root, ROOT, SECTOR, "\1", 1);
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        uint32_t size = (uint32_t)strlen(files[i].text);

        root += put_record(root, sector, size, files[i].name, strlen(files[i].name));
        memcpy(bytes + (size_t)sector * SECTOR, files[i].text, size);
        sector += sectors_of(files[i].text);
    }
    image->length = (size_t)sectors * SECTOR;
}
