/* step_output.c - what the tasks of a step print, from all nodes, line by line */

#include "client/step_output.h"

#include "base/file.h"
#include "client/session.h"
#include "client/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_MAX = 262144, LINE_MAX_BYTES = 1 << 20 };

struct stream {
    uint32_t part;
    bool error_stream;
    uint64_t offset;
    bool end;
    char *label;
    struct buffer line; /* not ended yet */
};

struct step_output {
    uint64_t job;
    uint64_t array;
    uint64_t step;
    bool outside;
    bool whole_lines; /* several streams, or a label */
    size_t count;
    struct stream *streams;
};

static char *label_of(const Wire__StepPart *part)
{
    if (part->tasks == 1)
        return memory_format("%" PRIu32 ": ", part->first_task);
    return memory_format("%s: ", part->node);
}

struct step_output *step_output_new(const struct step_output_options *options)
{
    struct step_output *output = NEW(struct step_output);

    output->job = options->job;
    output->array = options->array;
    output->step = options->step;
    output->outside = options->outside;
    output->count = options->terminal ? 1 : 2 * options->part_count;
    output->streams = NEW_ARRAY(struct stream, output->count + 1);
    output->whole_lines = !options->terminal && (options->label || options->part_count > 1);
    for (size_t i = 0; i < output->count; i++) {
        const Wire__StepPart *part = options->parts[i / 2];
        struct stream *stream = &output->streams[i];

        stream->part = part->part;
        stream->error_stream = i % 2 == 1;
        stream->label = options->label && !options->terminal ? label_of(part) : NULL;
        buffer_init(&stream->line);
    }
    return output;
}

void step_output_free(struct step_output *output)
{
    if (!output)
        return;
    for (size_t i = 0; i < output->count; i++) {
        buffer_clear(&output->streams[i].line);
        free(output->streams[i].label);
    }
    free(output->streams);
    free(output);
}

static bool write_line(const struct stream *stream, const void *bytes, size_t size,
                       struct error *err)
{
    int descriptor = stream->error_stream ? STDERR_FILENO : STDOUT_FILENO;
    CLEANUP(buffer_clear) struct buffer line = {0};

    if (!stream->label)
        return file_write_all(descriptor, bytes, size, err);
    buffer_init(&line);
    buffer_add_text(&line, stream->label);
    buffer_add(&line, bytes, size);
    return file_write_all(descriptor, line.bytes, line.length, err);
}

/* Whole lines go out; what is left waits for its end. */
static bool write_lines(struct stream *stream, const uint8_t *bytes, size_t size, struct error *err)
{
    while (size > 0) {
        const uint8_t *newline = memchr(bytes, '\n', size);
        size_t length = newline ? (size_t)(newline - bytes) + 1 : size;

        buffer_add(&stream->line, bytes, length);
        bytes += length;
        size -= length;
        if (!newline && stream->line.length < LINE_MAX_BYTES)
            return true;
        if (!write_line(stream, stream->line.bytes, stream->line.length, err))
            return false;
        buffer_reset(&stream->line);
    }
    return true;
}

static bool take_chunk(struct step_output *output, struct stream *stream,
                       const Wire__OutputChunk *chunk, struct error *err)
{
    bool written;

    if (chunk->bytes.len > 0 && chunk->offset != stream->offset)
        return fail(err, ERROR_INTERNAL, _("output came from byte %" PRIu64 ", not %" PRIu64),
                    chunk->offset, stream->offset);
    written = output->whole_lines ? write_lines(stream, chunk->bytes.data, chunk->bytes.len, err)
                                  : write_line(stream, chunk->bytes.data, chunk->bytes.len, err);
    stream->offset += chunk->bytes.len;
    stream->end = chunk->end;
    if (written && stream->end && stream->line.length > 0) {
        written = write_line(stream, stream->line.bytes, stream->line.length, err);
        buffer_reset(&stream->line);
    }
    return written || fail_in(err, _("standard output"));
}

static bool read_stream(struct step_output *output, struct stream *stream, struct session *session,
                        int64_t wait_us, bool *ret_news, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__OutputRead body = WIRE__OUTPUT_READ__INIT;
    Wire__Envelope *(*send)(struct session *, Wire__Envelope *, Wire__Envelope__BodyCase, int64_t,
                            struct error *) =
        output->outside ? session_ask_waiting : session_ask_agent;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = output->job;
    body.array = output->array;
    body.step = output->step;
    body.part = stream->part;
    body.error_stream = stream->error_stream;
    body.offset = stream->offset;
    body.most = CHUNK_MAX;
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_OUTPUT_READ;
    ask.output_read = &body;
    answer = send(session, &ask, WIRE__ENVELOPE__BODY_OUTPUT_CHUNK, wait_us, err);
    if (!answer)
        return false;
    *ret_news = answer->output_chunk->bytes.len > 0 || answer->output_chunk->end;
    return take_chunk(output, stream, answer->output_chunk, err);
}

bool step_output_take(struct step_output *output, struct session *session, int64_t wait_us,
                      bool *ret_news, struct error *err)
{
    bool news = true;

    *ret_news = false;
    for (size_t i = 0; i < output->count; i++, news = true)
        while (news && !output->streams[i].end) {
            if (!read_stream(output, &output->streams[i], session, wait_us, &news, err))
                return false;
            *ret_news |= news;
            wait_us = 0; /* once: others may have something already */
        }
    return true;
}

bool step_output_is_complete(const struct step_output *output)
{
    for (size_t i = 0; i < output->count; i++)
        if (!output->streams[i].end)
            return false;
    return true;
}
