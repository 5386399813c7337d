/* journal.c - what the agent must not forget, on disk */

#include "agent/journal.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* The file: "TEQUIOJ1", mark; then batches: mark, length, sequence, records (each with its
 * length), CRC-32C.  The mark is random, so that bytes inside a record (a job's script) cannot
 * pass for a batch when damage makes us look for the next one. */
#define FILE_MAGIC    "TEQUIOJ1"
#define MARK_SIZE     8
#define FILE_HEAD     (8 + MARK_SIZE)
#define BATCH_HEAD    (MARK_SIZE + 4 + 8)
#define BATCH_TAIL    4
#define BATCH_MAX     (4 * JOURNAL_RECORD_MAX) /* bytes of records in it */
#define RECORD_HEAD   4
#define FILE_MAX      ((size_t)1 << 30)
#define REWRITE_LEAST ((size_t)4 << 20)

struct journal {
    char *directory;
    char *path;
    int lock;
    int descriptor;
    uint8_t mark[MARK_SIZE];
    uint64_t sequence;     /* of the last batch or number */
    struct buffer added;   /* not yet written: batches, the last one still open */
    size_t open;           /* where that begins; at the end of `added`: none is open */
    size_t size;           /* of the file */
    size_t size_rewritten; /* after the last rewrite */
    bool waited_for;       /* of what was added, something has to be on the disk */
    bool unsettled;
    bool broken;
};

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t read_u64(const uint8_t *bytes)
{
    return (uint64_t)read_u32(bytes) << 32 | read_u32(bytes + 4);
}

/* --- reading ------------------------------------------------------------------------------ */

struct reading {
    struct journal *journal;
    const uint8_t *bytes;
    size_t size;
    journal_fn *on_record;
    void *owner;
    struct journal_found *found;
};

/* The whole size of the batch at `place`, or 0 if none is there. */
static size_t batch_at(const struct reading *reading, size_t place)
{
    const uint8_t *batch = reading->bytes + place;
    size_t left = reading->size - place;
    uint32_t length;

    if (left < BATCH_HEAD + BATCH_TAIL || memcmp(batch, reading->journal->mark, MARK_SIZE) != 0)
        return 0;
    length = read_u32(batch + MARK_SIZE);
    if (length > BATCH_MAX || left < BATCH_HEAD + BATCH_TAIL + (size_t)length)
        return 0;
    if (crc32c(0, batch, BATCH_HEAD + length) != read_u32(batch + BATCH_HEAD + length) ||
        read_u64(batch + MARK_SIZE + 4) <= reading->journal->sequence)
        return 0;
    return BATCH_HEAD + BATCH_TAIL + (size_t)length;
}

/* Where the next good batch behind `place` is; the file's size if there is none. */
static size_t next_batch(const struct reading *reading, size_t place)
{
    while (++place < reading->size) {
        const uint8_t *mark = memmem(reading->bytes + place, reading->size - place,
                                     reading->journal->mark, MARK_SIZE);

        if (!mark)
            break;
        place = (size_t)(mark - reading->bytes);
        if (batch_at(reading, place) > 0)
            return place;
    }
    return reading->size;
}

/* Its checksum was right, so it is as it was written. */
static bool read_batch(struct reading *reading, const uint8_t *records, size_t size,
                       struct error *err)
{
    while (size >= RECORD_HEAD) {
        size_t length = read_u32(records);

        if (length > size - RECORD_HEAD)
            return fail(err, ERROR_INTERNAL, "a record of %zu bytes in a batch with %zu left",
                        length, size);
        if (!reading->on_record(reading->owner, records + RECORD_HEAD, length, err))
            return false;
        reading->found->records++;
        records += RECORD_HEAD + length;
        size -= RECORD_HEAD + length;
    }
    return true;
}

/* *ret_end: where the good part of the file ends.  *ret_damaged: there were broken bytes
 * before that. */
static bool read_batches(struct reading *reading, size_t *ret_end, bool *ret_damaged,
                         struct error *err)
{
    size_t place = FILE_HEAD;

    *ret_end = place;
    *ret_damaged = false;
    while (place < reading->size) {
        size_t size = batch_at(reading, place);
        const uint8_t *batch = reading->bytes + place;

        if (size == 0) {
            place = next_batch(reading, place);
            *ret_damaged = *ret_damaged || place < reading->size;
            continue;
        }
        if (!read_batch(reading, batch + BATCH_HEAD, size - BATCH_HEAD - BATCH_TAIL, err))
            return fail_in(err, "batch %" PRIu64, read_u64(batch + MARK_SIZE + 4));
        reading->journal->sequence = read_u64(batch + MARK_SIZE + 4);
        place += size;
        *ret_end = place;
    }
    return true;
}

/* A copy under the first name journal.damaged-N that is free. */
static bool put_aside(struct reading *reading, struct error *err)
{
    struct journal_found *found = reading->found;

    for (unsigned n = 1; n < 1000; n++) {
        snprintf(found->damaged, sizeof(found->damaged), "%.200s.damaged-%u",
                 reading->journal->path, n);
        if (access(found->damaged, F_OK) != 0)
            return file_replace(found->damaged, reading->bytes, reading->size, 0600, err);
    }
    return fail(err, ERROR_EXHAUSTED, "%s.damaged-1 to -999 are there already: look at them",
                reading->journal->path);
}

static bool read_back(struct reading *reading, struct error *err)
{
    struct journal *journal = reading->journal;
    bool damaged;
    size_t end;

    if (reading->size < FILE_HEAD || memcmp(reading->bytes, FILE_MAGIC, 8) != 0)
        return fail(err, ERROR_INVALID,
                    "this is no journal of an agent; if jobs of this node are "
                    "not to be remembered, move it away");
    memcpy(journal->mark, reading->bytes + 8, MARK_SIZE);
    if (!read_batches(reading, &end, &damaged, err) || (damaged && !put_aside(reading, err)))
        return false;
    reading->found->cut = reading->size - end;
    journal->size = end;
    return true;
}

/* --- opening ------------------------------------------------------------------------------ */

static bool take_lock(struct journal *journal, struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/lock", journal->directory);

    journal->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (journal->lock < 0)
        return fail_errno(err, "%s", path);
    if (flock(journal->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return fail(err, ERROR_CONFLICT, "%s: another agent uses this directory", path);
    return fail_errno(err, "%s", path);
}

/* An empty journal, there as a whole or not at all. */
static bool make_file(struct journal *journal, struct error *err)
{
    uint8_t head[FILE_HEAD];

    random_fill(journal->mark, MARK_SIZE);
    memcpy(head, FILE_MAGIC, 8);
    memcpy(head + 8, journal->mark, MARK_SIZE);
    journal->size = FILE_HEAD;
    return file_replace(journal->path, head, FILE_HEAD, 0600, err);
}

/* Open for appending, behind the last good record. */
static bool open_end(struct journal *journal, struct error *err)
{
    journal->descriptor = open(journal->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (journal->descriptor < 0)
        return fail_errno(err, "%s", journal->path);
    if (ftruncate(journal->descriptor, (off_t)journal->size) != 0 ||
        lseek(journal->descriptor, 0, SEEK_END) < 0 || fsync(journal->descriptor) != 0)
        return fail_errno(err, "%s", journal->path);
    return true;
}

struct journal *journal_open(const char *directory, journal_fn *on_record, void *owner,
                             struct journal_found *ret_found, struct error *err)
{
    CLEANUP(journal_freep) struct journal *journal = NEW(struct journal);
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct journal_found found = {0};
    struct reading reading = {
        .journal = journal, .on_record = on_record, .owner = owner, .found = &found};

    buffer_init(&bytes);
    buffer_init(&journal->added);
    journal->lock = journal->descriptor = -1;
    journal->directory = memory_copy(directory);
    journal->path = memory_format("%s/journal", directory);
    if (!take_lock(journal, err))
        return NULL;
    if (file_read(journal->path, FILE_MAX, &bytes, err)) {
        reading.bytes = (const uint8_t *)bytes.bytes;
        reading.size = bytes.length;
        if (!read_back(&reading, err)) {
            fail_in(err, "%s", journal->path);
            return NULL;
        }
    } else if (err->code != ERROR_NOT_FOUND || !make_file(journal, err)) {
        return NULL;
    }
    if (!open_end(journal, err))
        return NULL;
    journal->size_rewritten = journal->size;
    *ret_found = found;
    return STEAL(journal);
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    file_closep(&journal->descriptor);
    file_closep(&journal->lock);
    buffer_clear(&journal->added);
    free(journal->directory);
    free(journal->path);
    free(journal);
}

/* --- writing ------------------------------------------------------------------------------ */

uint64_t journal_next_number(struct journal *journal)
{
    return ++journal->sequence;
}

static void open_batch(struct journal *journal)
{
    journal->open = journal->added.length;
    buffer_add(&journal->added, journal->mark, MARK_SIZE);
    buffer_add_u32(&journal->added, 0); /* its length: close_batch() */
    buffer_add_u64(&journal->added, 0); /* its sequence, likewise */
}

static size_t records_size(const struct journal *journal)
{
    return journal->added.length - journal->open - BATCH_HEAD;
}

static void put_big_endian(char *place, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--, value >>= 8)
        place[i] = (char)(value & 0xff);
}

static void close_batch(struct journal *journal)
{
    char *batch = journal->added.bytes + journal->open;
    size_t size = records_size(journal);

    put_big_endian(batch + MARK_SIZE, size, 4);
    put_big_endian(batch + MARK_SIZE + 4, ++journal->sequence, 8);
    buffer_add_u32(&journal->added, crc32c(0, batch, BATCH_HEAD + size));
    journal->open = journal->added.length;
}

void journal_add_later(struct journal *journal, const void *bytes, size_t size)
{
    assert(size <= JOURNAL_RECORD_MAX);
    if (journal->open < journal->added.length &&
        records_size(journal) + RECORD_HEAD + size > BATCH_MAX)
        close_batch(journal);
    if (journal->open == journal->added.length)
        open_batch(journal);
    buffer_add_u32(&journal->added, (uint32_t)size);
    buffer_add(&journal->added, bytes, size);
}

void journal_add(struct journal *journal, const void *bytes, size_t size)
{
    journal_add_later(journal, bytes, size);
    journal->waited_for = true;
}

/* What was added is in whole batches. */
static void finish_added(struct journal *journal)
{
    if (journal->open < journal->added.length)
        close_batch(journal);
}

static void reset_added(struct journal *journal)
{
    buffer_reset(&journal->added);
    journal->open = 0;
    journal->waited_for = false;
}

/* For good: the kernel may have dropped the bytes. */
static bool fail_journal(struct journal *journal, struct error *err)
{
    journal->broken = true;
    return fail_in(err, "%s", journal->path);
}

bool journal_sync(struct journal *journal, struct error *err)
{
    bool waited_for = journal->waited_for;

    if (journal->broken)
        return fail(err, ERROR_IO, "%s: an earlier write failed", journal->path);
    if (journal->added.length == 0)
        return true;
    finish_added(journal);
    if (!file_write_all(journal->descriptor, journal->added.bytes, journal->added.length, err))
        return fail_journal(journal, err);
    journal->size += journal->added.length;
    journal->unsettled = true;
    reset_added(journal);
    return !waited_for || journal_settle(journal, err);
}

bool journal_is_unsettled(const struct journal *journal)
{
    return journal->unsettled;
}

bool journal_settle(struct journal *journal, struct error *err)
{
    if (journal->broken)
        return fail(err, ERROR_IO, "%s: an earlier write failed", journal->path);
    if (journal->unsettled && fdatasync(journal->descriptor) != 0) {
        fail_errno(err, "sync");
        return fail_journal(journal, err);
    }
    journal->unsettled = false;
    return true;
}

bool journal_wants_rewrite(const struct journal *journal)
{
    return journal->size > REWRITE_LEAST && journal->size > 2 * journal->size_rewritten;
}

bool journal_rewrite(struct journal *journal, journal_fill_fn *fill, void *owner, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer whole = {0};

    if (!journal_sync(journal, err))
        return false;
    fill(owner);
    finish_added(journal);
    buffer_init(&whole);
    buffer_add(&whole, FILE_MAGIC, 8);
    buffer_add(&whole, journal->mark, MARK_SIZE);
    buffer_add(&whole, journal->added.bytes, journal->added.length);
    reset_added(journal);
    journal->broken = true; /* until the new file is in its place, and open */
    if (!file_replace(journal->path, whole.bytes, whole.length, 0600, err))
        return false;
    file_closep(&journal->descriptor);
    journal->size = journal->size_rewritten = whole.length;
    if (!open_end(journal, err))
        return false;
    journal->broken = journal->unsettled = false;
    return true;
}
