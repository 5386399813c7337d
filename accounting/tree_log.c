/* tree_log.c - the hashes of the network's log, kept in a file that only grows */

#include "accounting/tree_log.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_BYTES (1u << 20)

struct tree_log {
    char *path;
    int file;
    uint64_t leaves;
    uint64_t written;      /* hashes in the file; those behind them are in `pending` */
    struct buffer pending; /* of hashes */
};

struct tree_log *tree_log_open(const char *path, struct error *err)
{
    CLEANUP(tree_log_freep) struct tree_log *log = NEW(struct tree_log);
    struct stat facts;

    buffer_init(&log->pending);
    log->path = memory_copy(path);
    log->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (log->file < 0 || fstat(log->file, &facts) != 0) {
        fail_errno(err, "%s", path);
        return NULL;
    }
    /* What a crash left of a leaf is written again. */
    while (tree_kept(log->leaves + 1) * DIGEST_SIZE <= (uint64_t)facts.st_size) {
        uint64_t step = 1;

        while (tree_kept(log->leaves + 2 * step) * DIGEST_SIZE <= (uint64_t)facts.st_size)
            step *= 2;
        log->leaves += step;
    }
    log->written = tree_kept(log->leaves);
    return STEAL(log);
}

void tree_log_free(struct tree_log *log)
{
    if (!log)
        return;
    if (log->file >= 0)
        close(log->file);
    buffer_clear(&log->pending);
    free(log->path);
    free(log);
}

static bool read_hash(void *owner, uint64_t place, struct digest *ret_hash)
{
    const struct tree_log *log = owner;
    uint64_t behind = place - log->written;

    if (place < log->written)
        return pread(log->file, ret_hash->bytes, DIGEST_SIZE, (off_t)(place * DIGEST_SIZE)) ==
               DIGEST_SIZE;
    if ((behind + 1) * DIGEST_SIZE > log->pending.length)
        return false;
    memcpy(ret_hash->bytes, log->pending.bytes + behind * DIGEST_SIZE, DIGEST_SIZE);
    return true;
}

uint64_t tree_log_leaves(const struct tree_log *log)
{
    return log->leaves;
}

struct tree_source tree_log_source(struct tree_log *log)
{
    return (struct tree_source){read_hash, log};
}

static bool flush_pending(struct tree_log *log, struct error *err)
{
    if (lseek(log->file, (off_t)(log->written * DIGEST_SIZE), SEEK_SET) < 0)
        return fail_errno(err, "%s", log->path);
    if (!file_write_all(log->file, log->pending.bytes, log->pending.length, err))
        return fail_in(err, "%s", log->path);
    log->written += log->pending.length / DIGEST_SIZE;
    buffer_reset(&log->pending);
    return true;
}

static bool add_head(void *owner, uint64_t id, const struct digest *head, struct error *err)
{
    struct tree_log *log = owner;
    const struct tree_source source = tree_log_source(log);
    struct digest leaf = tree_leaf(head);
    struct tree_proof hashes;

    if (id != log->leaves + 1)
        return fail(err, ERROR_IO, "the ledger has a gap before transaction %" PRIu64, id);
    if (!tree_grow(&source, log->leaves, &leaf, &hashes))
        return fail(err, ERROR_IO, "%s is damaged: delete it, it is made again", log->path);
    buffer_add(&log->pending, hashes.hashes, hashes.count * DIGEST_SIZE);
    log->leaves++;
    return log->pending.length < FLUSH_BYTES || flush_pending(log, err);
}

/* Is the last leaf the database's?  A database that was restored from a backup has another past. */
static bool check_last(struct tree_log *log, struct store_reader *reader)
{
    struct digest head, leaf, kept;
    struct error ignored;

    if (log->leaves == 0)
        return true;
    if (!store_reader_head_of(reader, log->leaves, &head, &ignored) ||
        !read_hash(log, tree_kept(log->leaves - 1), &kept))
        return false;
    leaf = tree_leaf(&head);
    return digest_equal(&leaf, &kept);
}

bool tree_log_follow(struct tree_log *log, struct store_reader *reader, struct error *err)
{
    if (!check_last(log, reader)) {
        buffer_reset(&log->pending);
        log->leaves = log->written = 0;
    }
    if (!store_reader_heads(reader, log->leaves, add_head, log, err) || !flush_pending(log, err))
        return false;
    if (ftruncate(log->file, (off_t)(log->written * DIGEST_SIZE)) != 0 || fdatasync(log->file) != 0)
        return fail_errno(err, "%s", log->path);
    return true;
}
