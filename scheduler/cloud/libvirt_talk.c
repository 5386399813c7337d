/* libvirt_talk.c - what the scheduler and tequio-libvirt say to each other */

#include "scheduler/cloud/libvirt_talk.h"

#include "base/clock.h"
#include "base/parse.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define LENGTH_SIZE 4

static const size_t texts[] = {
    offsetof(struct provider_settings, url),     offsetof(struct provider_settings, hypervisor),
    offsetof(struct provider_settings, image),   offsetof(struct provider_settings, kernel),
    offsetof(struct provider_settings, initrd),  offsetof(struct provider_settings, arguments),
    offsetof(struct provider_settings, network), offsetof(struct provider_settings, storage),
    offsetof(struct provider_settings, mark),
};

void talk_add(struct buffer *message, const char *text)
{
    buffer_add(message, text, strlen(text) + 1);
}

void talk_add_number(struct buffer *message, uint64_t number)
{
    buffer_add_unsigned(message, number);
    buffer_add_char(message, '\0');
}

const char *talk_next(const struct buffer *message, size_t *place)
{
    const char *text = message->bytes + *place;
    size_t left = message->length - *place;

    if (left == 0 || strnlen(text, left) == left)
        return NULL;
    *place += strlen(text) + 1;
    return text;
}

bool talk_next_number(const struct buffer *message, size_t *place, uint64_t most,
                      uint64_t *ret_number)
{
    const char *text = talk_next(message, place);
    struct error ignored;

    return text && parse_u64(text, 0, most, ret_number, &ignored);
}

/* --- bytes -------------------------------------------------------------------------------------- */

static int64_t end_of(int64_t limit_us)
{
    return limit_us == TALK_FOREVER ? TALK_FOREVER : clock_boot_us(&clock_real) + limit_us;
}

static bool wait_until(int socket, short events, int64_t until_us, struct error *err)
{
    struct pollfd ready = {.fd = socket, .events = events};
    int count, wait_ms = -1;

    do {
        if (until_us != TALK_FOREVER) {
            int64_t left_us = until_us - clock_boot_us(&clock_real);

            wait_ms = left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
        }
        count = poll(&ready, 1, wait_ms);
    } while (count < 0 && errno == EINTR);
    return count == 1 || fail(err, ERROR_UNAVAILABLE, "no answer in time");
}

static bool take_outcome(ssize_t length, size_t *done, struct error *err)
{
    if (length > 0)
        *done += (size_t)length;
    else if (length == 0 || (errno != EINTR && errno != EAGAIN))
        return fail(err, ERROR_UNAVAILABLE, "tequio-libvirt has ended%s%s", length ? ": " : "",
                    length ? strerror(errno) : "");
    return true;
}

static bool send_all(int socket, const void *bytes, size_t size, int64_t until_us,
                     struct error *err)
{
    size_t done = 0;

    while (done < size) {
        if (!wait_until(socket, POLLOUT, until_us, err) ||
            !take_outcome(
                send(socket, (const char *)bytes + done, size - done, MSG_NOSIGNAL | MSG_DONTWAIT),
                &done, err))
            return false;
    }
    return true;
}

static bool receive_all(int socket, void *bytes, size_t size, int64_t until_us, struct error *err)
{
    size_t done = 0;

    while (done < size) {
        if (!wait_until(socket, POLLIN, until_us, err) ||
            !take_outcome(recv(socket, (char *)bytes + done, size - done, MSG_DONTWAIT), &done,
                          err))
            return false;
    }
    return true;
}

/* --- messages ----------------------------------------------------------------------------------- */

bool talk_send(int socket, const struct buffer *message, int64_t limit_us, struct error *err)
{
    int64_t until_us = end_of(limit_us);
    uint32_t length = (uint32_t)message->length;

    static_assert(sizeof(length) == LENGTH_SIZE, "as both sides have it");
    if (message->length > TALK_MOST)
        return fail(err, ERROR_EXHAUSTED, "a message of %zu bytes; %u are the most",
                    message->length, TALK_MOST);
    return send_all(socket, &length, sizeof(length), until_us, err) &&
           send_all(socket, message->bytes, length, until_us, err);
}

bool talk_receive(int socket, struct buffer *message, int64_t limit_us, struct error *err)
{
    int64_t until_us = end_of(limit_us);
    uint32_t length;

    buffer_reset(message);
    if (!receive_all(socket, &length, sizeof(length), until_us, err))
        return false;
    if (length > TALK_MOST)
        return fail(err, ERROR_UNAVAILABLE, "tequio-libvirt speaks of %u bytes", length);
    if (!receive_all(socket, buffer_reserve(message, length), length, until_us, err))
        return false;
    message->length = length;
    return true;
}

/* --- settings ----------------------------------------------------------------------------------- */

static char **text_at(struct provider_settings *settings, size_t offset)
{
    return (char **)(void *)((char *)settings + offset);
}

void talk_add_settings(struct buffer *message, const struct provider_settings *settings)
{
    struct provider_settings copy = *settings;

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *text = *text_at(&copy, texts[i]);

        talk_add(message, text ? text : "");
    }
    talk_add_number(message, settings->vcpus);
    talk_add_number(message, settings->memory_bytes);
    talk_add_number(message, settings->pin);
    talk_add_number(message, (uint64_t)settings->timeout_us);
}

bool talk_take_settings(const struct buffer *message, struct provider_settings *settings)
{
    uint64_t vcpus, pin, timeout_us;
    size_t place = 0;

    *settings = (struct provider_settings){0};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *text = talk_next(message, &place);

        if (!text)
            return false;
        *text_at(settings, texts[i]) = *text ? (char *)(uintptr_t)text : NULL;
    }
    if (!talk_next_number(message, &place, UINT32_MAX, &vcpus) ||
        !talk_next_number(message, &place, UINT64_MAX, &settings->memory_bytes) ||
        !talk_next_number(message, &place, 1, &pin) ||
        !talk_next_number(message, &place, INT64_MAX, &timeout_us))
        return false;
    settings->vcpus = (uint32_t)vcpus;
    settings->pin = pin;
    settings->timeout_us = (int64_t)timeout_us;
    return settings->url && settings->mark && settings->hypervisor && settings->network;
}
