/* test_journal.c - what was synced comes back, whatever happened to the file */

#include "agent/journal.h"

#include "base/buffer.h"
#include "base/file.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST ((size_t)64 << 20)

/* The records that came back, as one text: "one|two|". */
struct seen {
    struct buffer text;
    const char *refuse; /* stop at this record */
};

static bool on_record(void *owner, const uint8_t *bytes, size_t size, struct error *err)
{
    struct seen *seen = owner;

    if (seen->refuse && size == strlen(seen->refuse) && memcmp(bytes, seen->refuse, size) == 0)
        return fail(err, ERROR_INVALID, "not this one");
    buffer_add(&seen->text, bytes, size);
    buffer_add_char(&seen->text, '|');
    return true;
}

static char *new_directory(const char *name)
{
    char *path = scratch_path(name);
    struct error err;

    if (!file_make_directory(path, 0700, &err))
        printf("Bail out! %s\n", err.text);
    return path;
}

/* NULL when it does not open; seen->text is what was in it. */
static struct journal *open_journal(const char *directory, struct seen *seen,
                                    struct journal_found *found, struct error *err)
{
    buffer_reset(&seen->text);
    return journal_open(directory, on_record, seen, found, err);
}

static void add(struct journal *journal, const char *text)
{
    journal_add(journal, text, strlen(text));
}

/* The journal's file, whole. */
static void read_file(const char *directory, struct buffer *bytes)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/journal", directory);
    struct error err;

    buffer_reset(bytes);
    CU_ASSERT(file_read(path, FILE_MOST, bytes, &err));
}

static void write_file(const char *directory, const struct buffer *bytes, size_t size)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/journal", directory);
    struct error err;

    CU_ASSERT(file_replace(path, bytes->bytes, size, 0600, &err));
}

static void test_records_come_back_in_order(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("order");
    CLEANUP(journal_freep) struct journal *journal = NULL;
    struct seen seen = {0};
    struct journal_found found;
    uint64_t number, later;
    struct error err;

    buffer_init(&seen.text);
    journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
    CU_ASSERT_EQUAL(found.records, 0);
    add(journal, "one");
    number = journal_next_number(journal);
    add(journal, "two");
    add(journal, "");
    CU_ASSERT(journal_sync(journal, &err));
    add(journal, "never synced");
    journal_free(journal);
    journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
    CU_ASSERT_STRING_EQUAL(seen.text.bytes, "one|two||");
    CU_ASSERT_EQUAL(found.records, 3);
    CU_ASSERT_EQUAL(found.cut, 0);
    later = journal_next_number(journal);
    CU_ASSERT(later > number);
    buffer_clear(&seen.text);
}

static void test_one_agent_at_a_time(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("one");
    CLEANUP(journal_freep) struct journal *journal = NULL;
    struct seen seen = {0};
    struct journal_found found;
    struct error err;

    buffer_init(&seen.text);
    journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_PTR_NULL(open_journal(directory, &seen, &found, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    buffer_clear(&seen.text);
}

/* A crash may leave any part of what was written last. */
static void test_cut_at_every_byte(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("cut");
    CLEANUP(buffer_clear) struct buffer whole = {0};
    struct seen seen = {0};
    struct journal_found found;
    size_t ends[4] = {0};
    struct error err;

    buffer_init(&seen.text);
    buffer_init(&whole);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct journal *journal = open_journal(directory, &seen, &found, &err);

        if (i > 0)
            add(journal, i == 1 ? "first" : i == 2 ? "second, longer" : "third");
        CU_ASSERT(journal_sync(journal, &err));
        journal_free(journal);
        read_file(directory, &whole);
        ends[i] = whole.length;
    }
    for (size_t size = ends[0]; size <= whole.length; size++) {
        CLEANUP(journal_freep) struct journal *journal = NULL;
        size_t records = (size_t)(size >= ends[1]) + (size >= ends[2]) + (size >= ends[3]);

        write_file(directory, &whole, size);
        journal = open_journal(directory, &seen, &found, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
        CU_ASSERT_EQUAL(found.records, records);
        CU_ASSERT_EQUAL(found.cut, size - ends[records]);
        CU_ASSERT_STRING_EQUAL(found.damaged, "");
        add(journal, "more"); /* and it goes on from there */
        CU_ASSERT(journal_sync(journal, &err));
        journal_free(STEAL(journal));
        journal = open_journal(directory, &seen, &found, &err);
        CU_ASSERT_EQUAL(found.records, records + 1);
        CU_ASSERT_EQUAL(found.cut, 0);
    }
    buffer_clear(&seen.text);
}

/* What was synced together is there together. */
static void test_batch_is_whole_or_not_there(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("batch");
    CLEANUP(buffer_clear) struct buffer whole = {0};
    struct seen seen = {0};
    struct journal_found found;
    struct error err;
    struct journal *journal;

    buffer_init(&seen.text);
    buffer_init(&whole);
    journal = open_journal(directory, &seen, &found, &err);
    for (int i = 0; i < 20; i++)
        add(journal, "of one turn");
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    read_file(directory, &whole);
    for (size_t size = 16; size <= whole.length; size++) {
        write_file(directory, &whole, size);
        journal = open_journal(directory, &seen, &found, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
        CU_ASSERT_EQUAL(found.records, size < whole.length ? 0 : 20);
        journal_free(journal);
    }
    buffer_clear(&seen.text);
}

/* More than one batch may hold is several. */
static void test_large_turns_are_split(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("large");
    CLEANUP(memory_freep) char *big = memory_get(1, JOURNAL_RECORD_MAX);
    struct seen seen = {0};
    struct journal_found found;
    struct error err;
    struct journal *journal;

    buffer_init(&seen.text);
    journal = open_journal(directory, &seen, &found, &err);
    for (int i = 0; i < 6; i++)
        journal_add(journal, big, JOURNAL_RECORD_MAX);
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_EQUAL(found.records, 6);
    journal_free(journal);
    buffer_clear(&seen.text);
}

/* Each byte of the middle record broken in turn: the others are used, a copy is kept. */
static void test_damage_is_put_aside(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("damage");
    CLEANUP(buffer_clear) struct buffer whole = {0};
    struct seen seen = {0};
    struct journal_found found;
    size_t begin, end;
    struct error err;
    struct journal *journal;

    buffer_init(&seen.text);
    buffer_init(&whole);
    journal = open_journal(directory, &seen, &found, &err);
    add(journal, "first");
    CU_ASSERT(journal_sync(journal, &err));
    read_file(directory, &whole);
    begin = whole.length;
    add(journal, "middle");
    CU_ASSERT(journal_sync(journal, &err));
    read_file(directory, &whole);
    end = whole.length;
    add(journal, "last");
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    read_file(directory, &whole);
    for (size_t place = begin; place < end; place++) {
        whole.bytes[place] ^= 0x20;
        write_file(directory, &whole, whole.length);
        whole.bytes[place] ^= 0x20;
        journal = open_journal(directory, &seen, &found, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
        CU_ASSERT_STRING_EQUAL(seen.text.bytes, "first|last|");
        CU_ASSERT_EQUAL(access(found.damaged, R_OK), 0);
        journal_free(journal);
        unlink(found.damaged);
    }
    buffer_clear(&seen.text);
}

/* A script inside a record may hold anything, also what looks like a record of another
 * journal; only this file's own mark begins one. */
static void test_forged_record_is_not_found(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("forged");
    CLEANUP(memory_freep) char *other = new_directory("other");
    CLEANUP(buffer_clear) struct buffer whole = {0};
    CLEANUP(buffer_clear) struct buffer forged = {0};
    struct seen seen = {0};
    struct journal_found found;
    struct error err;
    struct journal *journal;

    buffer_init(&seen.text);
    buffer_init(&whole);
    buffer_init(&forged);
    journal = open_journal(other, &seen, &found, &err);
    for (int i = 0; i < 5; i++)
        add(journal, "I am root");
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    read_file(other, &forged);
    journal = open_journal(directory, &seen, &found, &err);
    journal_add(journal, forged.bytes, forged.length);
    CU_ASSERT(journal_sync(journal, &err));
    add(journal, "last");
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    read_file(directory, &whole);
    whole.bytes[20] ^= 0x01; /* the mark of the outer batch */
    write_file(directory, &whole, whole.length);
    journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_STRING_EQUAL(seen.text.bytes, "last|");
    journal_free(journal);
    buffer_clear(&seen.text);
}

static void test_what_is_no_journal_stops(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("none");
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct seen seen = {.refuse = "two"};
    struct journal_found found;
    struct error err;
    struct journal *journal;

    buffer_init(&seen.text);
    buffer_init(&text);
    buffer_add_text(&text, "Dear diary, today nothing happened.");
    for (size_t size = 0; size <= text.length; size += 5) {
        write_file(directory, &text, size);
        CU_ASSERT_PTR_NULL(open_journal(directory, &seen, &found, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
    CLEANUP(memory_freep) char *path = memory_format("%s/journal", directory);
    unlink(path);
    journal = open_journal(directory, &seen, &found, &err);
    add(journal, "one");
    add(journal, "two");
    CU_ASSERT(journal_sync(journal, &err));
    journal_free(journal);
    CU_ASSERT_PTR_NULL(open_journal(directory, &seen, &found, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "not this one"));
    buffer_clear(&seen.text);
}

struct filler {
    struct journal *journal;
};

static void fill(void *owner)
{
    const struct filler *filler = owner;

    add(filler->journal, "kept");
}

static void test_rewrite_keeps_what_is_filled_in(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("rewrite");
    CLEANUP(memory_freep) char *big = memory_get(1, 1 << 20);
    struct seen seen = {0};
    struct journal_found found;
    struct filler filler;
    struct error err;
    uint64_t number;

    buffer_init(&seen.text);
    memset(big, 'x', (1 << 20) - 1);
    filler.journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_FALSE(journal_wants_rewrite(filler.journal));
    for (int i = 0; i < 5; i++)
        add(filler.journal, big);
    CU_ASSERT(journal_sync(filler.journal, &err));
    CU_ASSERT(journal_wants_rewrite(filler.journal));
    number = journal_next_number(filler.journal);
    CU_ASSERT(journal_rewrite(filler.journal, fill, &filler, &err));
    CU_ASSERT_FALSE(journal_wants_rewrite(filler.journal));
    add(filler.journal, "later");
    CU_ASSERT(journal_sync(filler.journal, &err));
    journal_free(filler.journal);
    filler.journal = open_journal(directory, &seen, &found, &err);
    CU_ASSERT_STRING_EQUAL(seen.text.bytes, "kept|later|");
    CU_ASSERT(journal_next_number(filler.journal) > number);
    journal_free(filler.journal);
    buffer_clear(&seen.text);
}

/* A link to somewhere else is not followed, a device not written. */
static void test_device_is_no_journal(void)
{
    CLEANUP(memory_freep) char *directory = new_directory("full");
    CLEANUP(memory_freep) char *path = memory_format("%s/journal", directory);
    CLEANUP(journal_freep) struct journal *journal = NULL;
    struct seen seen = {0};
    struct journal_found found;
    struct error err;

    buffer_init(&seen.text);
    journal = open_journal(directory, &seen, &found, &err);
    journal_free(STEAL(journal));
    unlink(path);
    CU_ASSERT_EQUAL(symlink("/dev/full", path), 0);
    CU_ASSERT_PTR_NULL(open_journal(directory, &seen, &found, &err));
    buffer_clear(&seen.text);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"records come back in their order",   test_records_come_back_in_order     },
        {"one agent at a time",                test_one_agent_at_a_time            },
        {"cut at every byte",                  test_cut_at_every_byte              },
        {"a batch is whole or not there",      test_batch_is_whole_or_not_there    },
        {"large turns are split",              test_large_turns_are_split          },
        {"damage is put aside",                test_damage_is_put_aside            },
        {"a forged record is not found",       test_forged_record_is_not_found     },
        {"what is no journal stops the start", test_what_is_no_journal_stops       },
        {"a rewrite keeps what is filled in",  test_rewrite_keeps_what_is_filled_in},
        {"a device is no journal",             test_device_is_no_journal           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("journal", tests);
}
