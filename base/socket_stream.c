/* socket_stream.c - messages over a connected Unix socket */

#include "base/socket_stream.h"

#include "base/memory.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CAPACITY_LEAST 4096

void stream_init(struct stream *stream, int descriptor)
{
    *stream = (struct stream){.descriptor = descriptor};
    buffer_init(&stream->output);
}

static void forget_input(struct stream *stream)
{
    free(stream->message);
    stream->message = NULL;
    stream->header_size = stream->message_size = stream->message_capacity = 0;
}

void stream_clear(struct stream *stream)
{
    forget_input(stream);
    buffer_clear(&stream->output);
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    stream->descriptor = -1;
}

static size_t get_size(const uint8_t header[STREAM_HEADER])
{
    return (size_t)header[0] << 24 | (size_t)header[1] << 16 | (size_t)header[2] << 8 | header[3];
}

static void put_size(uint8_t header[STREAM_HEADER], size_t size)
{
    for (size_t i = 0; i < STREAM_HEADER; i++)
        header[i] = (uint8_t)(size >> (24 - 8 * i));
}

/* As much as comes of `size` bytes; *ret_got of them.  False at the end of the stream. */
static bool read_some(struct stream *stream, uint8_t *place, size_t size, size_t *ret_got)
{
    ssize_t got;

    do
        got = recv(stream->descriptor, place, size, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    *ret_got = got > 0 ? (size_t)got : 0;
    return got > 0 || (got < 0 && errno == EAGAIN);
}

/* Room for what comes next: memory grows with what has come, not with what is promised.
 * One byte more than the message, which stays 0. */
static void make_room(struct stream *stream, size_t whole)
{
    size_t capacity = stream->message_capacity * 2;

    if (stream->message && stream->message_size < stream->message_capacity)
        return;
    if (capacity < CAPACITY_LEAST)
        capacity = CAPACITY_LEAST;
    if (capacity > whole)
        capacity = whole;
    stream->message = memory_resize(stream->message, capacity + 1, 1);
    stream->message[capacity] = 0;
    stream->message_capacity = capacity;
}

enum stream_news stream_read(struct stream *stream)
{
    size_t got = 0, whole;

    if (stream->descriptor < 0)
        return STREAM_ENDED;
    while (stream->header_size < STREAM_HEADER) {
        if (!read_some(stream, stream->header + stream->header_size,
                       STREAM_HEADER - stream->header_size, &got))
            return STREAM_ENDED;
        if (got == 0)
            return STREAM_WAITS;
        stream->header_size += got;
    }
    whole = get_size(stream->header);
    if (whole > SOCKET_FRAME_MAX)
        return STREAM_ENDED;
    make_room(stream, whole);
    while (stream->message_size < whole) {
        make_room(stream, whole);
        if (!read_some(stream, stream->message + stream->message_size,
                       stream->message_capacity - stream->message_size, &got))
            return STREAM_ENDED;
        if (got == 0)
            return STREAM_WAITS;
        stream->message_size += got;
    }
    return STREAM_HAS_MESSAGE;
}

uint8_t *stream_take(struct stream *stream, size_t *ret_size)
{
    uint8_t *message = STEAL(stream->message);

    assert(message);
    *ret_size = stream->message_size;
    forget_input(stream);
    return message;
}

/* How much of these the kernel takes; 0 also when the connection is broken. */
static size_t send_some(const struct stream *stream, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t sent;

    if (stream->descriptor < 0)
        return 0;
    do
        sent = sendmsg(stream->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent > 0 ? (size_t)sent : 0;
}

bool stream_send(struct stream *stream, const void *bytes, size_t size)
{
    uint8_t header[STREAM_HEADER];
    struct iovec parts[2] = {
        {.iov_base = header,                   .iov_len = STREAM_HEADER},
        {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size         },
    };
    size_t sent = 0;

    if (stream->output.length - stream->sent > STREAM_OUTPUT_MAX)
        return false;
    put_size(header, size);
    if (stream->output.length == 0)
        sent = send_some(stream, parts, COUNT_OF(parts));
    if (sent == STREAM_HEADER + size)
        return true;
    buffer_add(&stream->output, header, STREAM_HEADER);
    buffer_add(&stream->output, bytes, size);
    stream->sent += sent;
    return true;
}

/* Move `sent_whole` over the messages that are out. */
static void count_whole(struct stream *stream)
{
    for (;;) {
        const char *next = stream->output.bytes + stream->sent_whole;
        size_t rest = stream->sent - stream->sent_whole, whole;

        if (rest < STREAM_HEADER)
            return;
        whole = STREAM_HEADER + get_size((const uint8_t *)next);
        if (rest < whole)
            return;
        stream->sent_whole += whole;
    }
}

static void forget_sent(struct stream *stream)
{
    size_t rest = stream->output.length - stream->sent_whole;

    if (rest == 0) { /* gives back what a long answer took */
        buffer_clear(&stream->output);
        buffer_init(&stream->output);
    }
    memmove(stream->output.bytes, stream->output.bytes + stream->sent_whole, rest);
    stream->output.length = rest;
    stream->output.bytes[rest] = '\0';
    stream->sent -= stream->sent_whole;
    stream->sent_whole = 0;
}

bool stream_flush(struct stream *stream)
{
    size_t sent;

    while (stream->sent < stream->output.length) {
        struct iovec rest = {
            .iov_base = stream->output.bytes + stream->sent,
            .iov_len = stream->output.length - stream->sent,
        };

        sent = send_some(stream, &rest, 1);
        if (sent == 0)
            break;
        stream->sent += sent;
    }
    count_whole(stream);
    /* Not each time, or a long queue would be moved for each of its messages. */
    if (stream->sent_whole > stream->output.length / 2)
        forget_sent(stream);
    return stream->output.length == stream->sent;
}

void stream_disconnect(struct stream *stream)
{
    if (stream->descriptor >= 0)
        close(stream->descriptor);
    stream->descriptor = -1;
    forget_input(stream);
    count_whole(stream);
    forget_sent(stream);
    stream->sent = 0;
}

void stream_connect(struct stream *stream, int descriptor)
{
    assert(stream->descriptor < 0);
    stream->descriptor = descriptor;
    stream_flush(stream);
}
