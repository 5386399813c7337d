/* stage_transfer.c - files of --stage-in and --stage-out, whole */

#include "agent/stage.h"

#include "agent/stage_curl.h"
#include "agent/stage_place.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME          "tequio-stage"
#define TELL_EVERY_US (10 * US_PER_SECOND)

enum { TRIES_MAX = 5, CHUNK = 128 << 10 };

struct transfer {
    const struct stage_item *item;
    struct stage_place place;
    struct digest_stream *digest; /* of the first `done` bytes */
    uint64_t done;
    uint64_t begin;  /* where this try began */
    int64_t told_us; /* when something was said last */
    int64_t began_us;
};

static void transfer_clear(struct transfer *transfer)
{
    stage_place_clear(&transfer->place);
    digest_stream_free(transfer->digest);
}

static struct transfer transfer_of(const struct stage_item *item)
{
    int64_t now_us = clock_boot_us(&clock_real);

    return (struct transfer){
        .item = item,
        .place = {.folder = -1, .file = -1},
        .digest = digest_stream_new(),
        .told_us = now_us,
        .began_us = now_us,
    };
}

/* --- what is said -------------------------------------------------------------------------------- */

static void tell_step(void *owner, uint64_t done, uint64_t all)
{
    struct transfer *transfer = owner;
    int64_t now_us = clock_boot_us(&clock_real);

    if (now_us < transfer->told_us + TELL_EVERY_US)
        return;
    transfer->told_us = now_us;
    if (all > 0)
        fprintf(stderr, NAME ": %s: %" PRIu64 " of %" PRIu64 " bytes, %" PRIu64 " %%\n",
                transfer->item->path, done, all, done * 100 / all);
    else
        fprintf(stderr, NAME ": %s: %" PRIu64 " bytes\n", transfer->item->path, done);
}

static void tell_done(const struct transfer *transfer, const char *what)
{
    struct digest digest = digest_stream_now(transfer->digest);
    int64_t ms = (clock_boot_us(&clock_real) - transfer->began_us) / 1000;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    hex_print(digest.bytes, DIGEST_SIZE, &text);
    fprintf(stderr,
            NAME ": %s %s %s %s: %" PRIu64 " bytes in %" PRId64 ".%03" PRId64 " s, sha256 %s\n",
            what, transfer->item->path, *what == 'c' ? "to" : "from", transfer->item->shown,
            transfer->done, ms / 1000, ms % 1000, text.bytes);
}

/* --- tries ---------------------------------------------------------------------------------------- */

static void pause_for(uint32_t seconds)
{
    struct timespec left = {.tv_sec = seconds};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* Another try?  One that got further than the one before begins to count anew. */
static bool may_try_again(const struct transfer *transfer, bool further, int *tries,
                          uint32_t silence_s, const struct error *why)
{
    uint32_t pause_s;

    if (further)
        *tries = 0;
    if (++*tries >= TRIES_MAX)
        return false;
    fprintf(stderr, NAME ": %s: %s, after %" PRIu64 " bytes; will try again\n",
            transfer->item->path, why->text, transfer->done);
    pause_s = 1U << (*tries - 1);
    pause_for(pause_s < silence_s ? pause_s
                                  : silence_s); /* who waits little for an answer waits little */
    return true;
}

/* What is read, into the digest; until `most` bytes are. */
static bool read_through(struct transfer *transfer, int file, uint64_t most, struct error *err)
{
    static uint8_t bytes[CHUNK];

    while (transfer->done < most) {
        uint64_t left = most - transfer->done;
        ssize_t got = read(file, bytes, left < sizeof(bytes) ? (size_t)left : sizeof(bytes));

        if (got < 0)
            return fail_errno(err, "%s", transfer->item->path);
        if (got == 0)
            return true;
        digest_stream_add(transfer->digest, bytes, (size_t)got);
        transfer->done += (uint64_t)got;
    }
    return true;
}

static void forget_bytes(struct transfer *transfer)
{
    digest_stream_free(transfer->digest);
    transfer->digest = digest_stream_new();
    transfer->done = 0;
}

/* --- bring ---------------------------------------------------------------------------------------- */

static bool take(void *owner, const void *bytes, size_t count, struct error *err)
{
    struct transfer *transfer = owner;

    if (!file_write_all(transfer->place.file, bytes, count, err))
        return fail_in(err, "%s", transfer->item->path);
    digest_stream_add(transfer->digest, bytes, count);
    transfer->done += count;
    return true;
}

static bool begin_anew(struct transfer *transfer, struct error *err)
{
    forget_bytes(transfer);
    return (ftruncate(transfer->place.file, 0) == 0 &&
            lseek(transfer->place.file, 0, SEEK_SET) == 0) ||
           fail_errno(err, "%s", transfer->item->path);
}

static bool is_right(const struct transfer *transfer)
{
    struct digest digest = digest_stream_now(transfer->digest);

    return !transfer->item->has_digest || digest_equal(&digest, &transfer->item->digest);
}

/* Is the file there already, as it should be? */
static bool look(struct transfer *transfer, bool *ret_there, struct error *err)
{
    CLEANUP(file_closep) int file = -1;
    uint64_t size;

    if (!stage_place_look(&transfer->place, ret_there, err))
        return false;
    *ret_there = *ret_there && transfer->item->has_digest;
    if (!*ret_there)
        return true;
    file = stage_place_read(&transfer->place, &size, err);
    if (file < 0 || !read_through(transfer, file, size, err))
        return false;
    *ret_there = is_right(transfer);
    return true;
}

/* What an earlier job or attempt has left counts only where a digest will show that it fits. */
static bool take_up(struct transfer *transfer, uint64_t size, struct error *err)
{
    forget_bytes(transfer);
    if (size == 0)
        return true;
    return transfer->item->has_digest ? read_through(transfer, transfer->place.file, size, err)
                                      : begin_anew(transfer, err);
}

/* What was taken up may be of another file: then once more from the beginning. */
static enum stage_end check_whole(const struct transfer *transfer, struct error *err)
{
    if (is_right(transfer))
        return STAGE_DONE;
    fail(err, ERROR_CONFLICT,
         "its sha256 is not the one that was given: it is another file, or was damaged on the way");
    return transfer->begin > 0 ? STAGE_FROM_ZERO : STAGE_FAILED;
}

/* Can the bytes that are here be the beginning of what comes next? */
static bool can_go_on(const struct transfer *transfer, const struct stage_try *try)
{
    return transfer->item->has_digest || try->validator[0] ||
           strncasecmp(transfer->item->url, "http", 4) != 0;
}

static bool bring_bytes(struct transfer *transfer, const struct stage_rules *rules,
                        struct error *err)
{
    struct stage_try try = {.url = transfer->item->url,
                            .rules = rules,
                            .take = take,
                            .step = tell_step,
                            .owner = transfer};
    int tries = 0, restarts = 0;

    for (;;) {
        enum stage_end end;
        bool goes_on;

        try.from = transfer->begin = transfer->done;
        end = stage_curl_bring(&try, err);
        if (end == STAGE_DONE)
            end = check_whole(transfer, err);
        if (end == STAGE_DONE || end == STAGE_FAILED)
            return end == STAGE_DONE;
        goes_on = end == STAGE_AGAIN && can_go_on(transfer, &try);
        if (end == STAGE_FROM_ZERO && ++restarts >= TRIES_MAX)
            return false;
        if (end == STAGE_AGAIN &&
            !may_try_again(transfer, goes_on && transfer->done > transfer->begin, &tries,
                           rules->silence_s, err))
            return false;
        if (!goes_on && !begin_anew(transfer, err))
            return false;
    }
}

/* What was taken along at the submission. */
static bool put_content(struct transfer *transfer, struct error *err)
{
    const struct buffer *content = &transfer->item->content;

    if (!begin_anew(transfer, err) || !take(transfer, content->bytes, content->length, err))
        return false;
    if (!is_right(transfer))
        return fail(err, ERROR_CONFLICT, "it is not as it was when the job was submitted");
    return !transfer->item->executable || fchmod(transfer->place.file, 0755) == 0 ||
           fail_errno(err, "%s", transfer->item->path);
}

/* Into the part, which a later job can take up. */
static bool bring_part(struct transfer *transfer, const struct stage_rules *rules,
                       struct error *err)
{
    uint64_t size;
    bool there;

    if (!stage_place_part(&transfer->place, &size, err))
        return false;
    if (!look(transfer, &there, err))
        return false;
    if (there && *transfer->item->url) {
        tell_done(transfer, "has already");
        stage_place_drop(&transfer->place);
        return true;
    }
    if ((*transfer->item->url ? take_up(transfer, size, err) && bring_bytes(transfer, rules, err)
                              : put_content(transfer, err)) &&
        stage_place_keep(&transfer->place, err)) {
        tell_done(transfer, "brought");
        return true;
    }
    if (err->code == ERROR_CONFLICT || transfer->done == 0 || !transfer->item->has_digest)
        stage_place_drop(&transfer->place);
    return false;
}

bool stage_bring(const struct stage_item *item, const struct stage_rules *rules, struct error *err)
{
    CLEANUP(transfer_clear) struct transfer transfer = transfer_of(item);

    return (!*item->url || stage_rules_admit(rules, item->url, err)) &&
           stage_place_open(item->path, true, &transfer.place, err) &&
           bring_part(&transfer, rules, err);
}

/* --- carry ----------------------------------------------------------------------------------------- */

static size_t give(void *owner, void *bytes, size_t most)
{
    struct transfer *transfer = owner;
    ssize_t got = read(transfer->place.file, bytes, most);

    if (got < 0)
        return SIZE_MAX;
    digest_stream_add(transfer->digest, bytes, (size_t)got);
    transfer->done += (uint64_t)got;
    return (size_t)got;
}

/* What the other side has already counts for the digest, too. */
static bool seek(void *owner, uint64_t offset)
{
    struct transfer *transfer = owner;
    struct error ignored;

    forget_bytes(transfer);
    return lseek(transfer->place.file, 0, SEEK_SET) == 0 &&
           read_through(transfer, transfer->place.file, offset, &ignored) &&
           transfer->done == offset;
}

bool stage_carry(const struct stage_item *item, const struct stage_rules *rules, struct error *err)
{
    CLEANUP(transfer_clear) struct transfer transfer = transfer_of(item);
    struct stage_try try = {
        .url = item->url,
        .rules = rules,
        .give = give,
        .seek = seek,
        .step = tell_step,
        .owner = &transfer,
    };
    int tries = 0;

    if (!stage_rules_admit(rules, item->url, err) ||
        !stage_place_open(item->path, false, &transfer.place, err))
        return false;
    transfer.place.file = stage_place_read(&transfer.place, &try.size, err);
    if (transfer.place.file < 0)
        return false;
    for (bool again = false;; again = true) {
        enum stage_end end;

        if (!seek(&transfer, 0))
            return fail(err, ERROR_IO, "it cannot be read");
        end = stage_curl_carry(&try, again, err);
        if (end == STAGE_DONE)
            break;
        if (end != STAGE_AGAIN || !may_try_again(&transfer, false, &tries, rules->silence_s, err))
            return false;
    }
    tell_done(&transfer, "carried");
    return true;
}
