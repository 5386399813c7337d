/* cmd_fetch.c - tequio fetch: a file of a job's directory, from its node to here */

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "client/command.h"
#include "client/job_names.h"
#include "client/progress.h"
#include "client/session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_MAX (128u << 10)
#define OVERLAP_MAX \
    (64u << 10) /* of what an earlier try has left, to see whether it is of the same file */

struct arguments {
    bool quiet;
};

static const struct option_rule options[] = {
    OPTION_FLAG('q', "quiet", struct arguments, quiet, N_("print no progress and no digest")),
    OPTION_HELP,
    OPTION_END,
};

struct fetching {
    struct job_ref job;
    const char *path;
    char *part; /* where it grows */
    int file;
    uint64_t offset;
    struct digest_stream *digest; /* of all before offset */
    struct progress progress;
};

static void fetching_clear(struct fetching *fetching)
{
    file_closep(&fetching->file);
    free(fetching->part);
    digest_stream_free(fetching->digest);
    progress_clear(&fetching->progress);
}

/* The answer, or NULL; message_free() it. */
static Wire__Envelope *ask(struct session *session, const struct fetching *fetching,
                           uint64_t offset, struct error *err)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__OutputRead body = WIRE__OUTPUT_READ__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = fetching->job.job;
    body.array = fetching->job.array;
    body.file = (char *)(uintptr_t)fetching->path;
    body.offset = offset;
    body.most = CHUNK_MAX;
    envelope.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    envelope.output_read = &body;
    answer = session_ask(session, &envelope, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, err);
    if (answer && answer->output_chunk->offset != offset) {
        fail(err, ERROR_INTERNAL, _("output came from byte %" PRIu64 ", not %" PRIu64),
             answer->output_chunk->offset, offset);
        return NULL;
    }
    return STEAL(answer);
}

/* --- what an earlier try has left ---------------------------------------------------------------- */

static bool open_part(struct fetching *fetching, const char *local, struct error *err)
{
    struct stat status;

    if (lstat(local, &status) == 0)
        return fail(err, ERROR_CONFLICT, _("%s is there already"), local);
    fetching->part = memory_format("%s.part", local);
    fetching->file = open(fetching->part, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fetching->file < 0 || fstat(fetching->file, &status) != 0)
        return fail_errno(err, "%s", fetching->part);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, _("%s is no plain file"), fetching->part);
    fetching->offset = (uint64_t)status.st_size;
    return true;
}

/* Does the end of the part stand in the file at the same place? */
static bool is_beginning(struct session *session, const struct fetching *fetching, bool *ret_is,
                         struct error *err)
{
    static uint8_t bytes[OVERLAP_MAX];
    uint64_t size = fetching->offset < OVERLAP_MAX ? fetching->offset : OVERLAP_MAX;
    uint64_t from = fetching->offset - size;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const ProtobufCBinaryData *there;

    if (pread(fetching->file, bytes, size, (off_t)from) != (ssize_t)size)
        return fail_errno(err, "%s", fetching->part);
    answer = ask(session, fetching, from, err);
    if (!answer)
        return false;
    there = &answer->output_chunk->bytes;
    *ret_is = there->len >= size && memcmp(there->data, bytes, size) == 0;
    return true;
}

static bool read_part(struct fetching *fetching, struct error *err)
{
    static uint8_t bytes[CHUNK_MAX];
    ssize_t got;

    while ((got = read(fetching->file, bytes, sizeof(bytes))) > 0)
        digest_stream_add(fetching->digest, bytes, (size_t)got);
    return got == 0 || fail_errno(err, "%s", fetching->part);
}

static bool take_up(struct session *session, struct fetching *fetching, struct error *err)
{
    bool is = false;

    if (fetching->offset == 0)
        return true;
    if (!is_beginning(session, fetching, &is, err))
        return false;
    if (is)
        return read_part(fetching, err);
    fetching->offset = 0;
    return ftruncate(fetching->file, 0) == 0 || fail_errno(err, "%s", fetching->part);
}

/* --- the file ------------------------------------------------------------------------------------ */

static bool fetch_all(struct session *session, struct fetching *fetching, struct error *err)
{
    for (bool end = false; !end;) {
        CLEANUP(message_freep)
        Wire__Envelope *answer = ask(session, fetching, fetching->offset, err);
        CLEANUP(memory_freep) char *shown = NULL;
        const Wire__OutputChunk *chunk;

        if (!answer)
            return false;
        chunk = answer->output_chunk;
        if (!file_write_all(fetching->file, chunk->bytes.data, chunk->bytes.len, err))
            return fail_in(err, "%s", fetching->part);
        digest_stream_add(fetching->digest, chunk->bytes.data, chunk->bytes.len);
        fetching->offset += chunk->bytes.len;
        end = chunk->end || chunk->bytes.len == 0;
        shown = memory_format(_("%s: %" PRIu64 " bytes"), fetching->path, fetching->offset);
        progress_show(&fetching->progress, shown);
    }
    progress_hide(&fetching->progress);
    return true;
}

static void tell(const struct fetching *fetching, const char *local)
{
    struct digest digest = digest_stream_now(fetching->digest);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    hex_print(digest.bytes, DIGEST_SIZE, &text);
    fprintf(stderr, _("tequio: %s: %" PRIu64 " bytes, sha256 %s\n"), local, fetching->offset,
            text.bytes);
}

static bool fetch(struct session *session, struct fetching *fetching, const char *local,
                  struct error *err)
{
    return open_part(fetching, local, err) && take_up(session, fetching, err) &&
           fetch_all(session, fetching, err) &&
           ((fsync(fetching->file) == 0 && rename(fetching->part, local) == 0) ||
            fail_errno(err, "%s", local));
}

/* The third may be left out: then the file is called as there. */
static const char *local_name(const char *path, const char *given)
{
    const char *slash = strrchr(path, '/');

    if (given)
        return given;
    return slash ? slash + 1 : path;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(fetching_clear)
    struct fetching fetching = {.file = -1, .digest = digest_stream_new()};
    struct arguments arguments = {0};
    const char *local;
    int first;

    progress_init(&fetching.progress, true);
    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no job given"));
    if (first + 1 == argc)
        return fail(err, ERROR_INVALID, _("no file given"));
    if (!job_ref_read(argv[first], &fetching.job, err) ||
        !command_no_operands(argc, argv, first + 2 < argc ? first + 3 : argc, err))
        return false;
    fetching.path = argv[first + 1];
    local = local_name(fetching.path, first + 2 < argc ? argv[first + 2] : NULL);
    progress_clear(&fetching.progress);
    progress_init(&fetching.progress, arguments.quiet);
    if (!fetch(session, &fetching, local, err))
        return false;
    if (!arguments.quiet)
        tell(&fetching, local);
    return true;
}

const struct command cmd_fetch = {
    .name = "fetch",
    .summary = N_("Get a file of a job's directory from its node"),
    .operands = N_("JOB PATH [FILE]"),
    .options = options,
    .run = run,
};
