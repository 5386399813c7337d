/* settings.c - what the configuration readers of the programs share */

#include "base/settings.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"
#include "base/settings_text.h"

#include <confuse.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (1 << 20)

#define ADDRESS_LETTERS   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
#define ADDRESS_6_LETTERS "0123456789abcdefABCDEF:.%"

/* libconfuse hands its error function nothing of ours, so this says where the message is to
 * go; set only while settings_parse() runs. */
static _Thread_local struct {
    const char *path;
    struct error *err;
    bool failed;
} parsing;

static void on_error(cfg_t *file, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

/* The first message is the cause, the rest its consequences. */
static void on_error(cfg_t *file, const char *format, va_list arguments)
{
    char text[sizeof(parsing.err->text)];

    if (parsing.failed)
        return;
    vsnprintf(text, sizeof(text), format, arguments);
    fail(parsing.err, ERROR_INVALID, "%s:%d: %s", parsing.path, file ? file->line : 0, text);
    parsing.failed = true;
}

static bool read_text(const char *path, struct buffer *buffer, struct error *err)
{
    if (!file_check_private(path, false, err) || !file_read(path, FILE_MAX, buffer, err))
        return false;
    if (!text_is_utf8(buffer->bytes, buffer->length))
        return fail(err, ERROR_INVALID, "%s is not a text in UTF-8", path);
    return settings_text_check(buffer->bytes, path, err);
}

bool settings_parse(struct cfg_t *file, const char *path, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    int status;

    buffer_init(&buffer);
    if (!read_text(path, &buffer, err))
        return false;
    parsing.path = path;
    parsing.err = err;
    parsing.failed = false;
    cfg_set_error_function(file, on_error);
    status = cfg_parse_buf(file, buffer.bytes);
    cfg_set_error_function(file, NULL);
    parsing.err = NULL;
    if (status != CFG_SUCCESS && !parsing.failed)
        return fail(err, ERROR_INVALID, "%s cannot be understood", path);
    return !parsing.failed;
}

static bool port_is_right(const char *port)
{
    struct error ignored;
    uint32_t number;

    return strcmp(port, "*") == 0 || parse_u32(port, 1, 65535, &number, &ignored);
}

static bool address_is_right(const char *address, size_t size)
{
    if (size == 1 && *address == '*')
        return true;
    if (size > 2 && *address == '[' && address[size - 1] == ']')
        return strspn(address + 1, ADDRESS_6_LETTERS) == size - 2;
    return size > 0 && strspn(address, ADDRESS_LETTERS) == size;
}

bool settings_check_endpoint(const char *name, const char *value, struct error *err)
{
    const char *address = value + strlen("tcp://"), *port = strrchr(value, ':');
    char shown[TEXT_SHOWN_SIZE];

    text_show(value, shown);
    if (strncmp(value, "ipc://", 6) == 0) {
        if (value[6] == '/' && value[7] && strlen(value) - 6 <= 107)
            return true;
        return fail(err, ERROR_INVALID,
                    "%s = %s: ipc:// needs an absolute path of at most 107 bytes", name, shown);
    }
    if (strncmp(value, "tcp://", 6) != 0 || port < address)
        return fail(err, ERROR_INVALID, "%s = %s is neither tcp://ADDRESS:PORT nor ipc:///PATH",
                    name, shown);
    if (!address_is_right(address, (size_t)(port - address)))
        return fail(err, ERROR_INVALID,
                    "%s = %s: the address is a host name, 192.0.2.1, [2001:db8::1] or *", name,
                    shown);
    if (!port_is_right(port + 1))
        return fail(err, ERROR_INVALID, "%s = %s: the port is 1 to 65535, or * for any free one",
                    name, shown);
    return true;
}

bool settings_check_endpoints(const char *name, const char *value, struct error *err)
{
    bool several = strchr(value, ',') != NULL;

    do {
        size_t size = strcspn(value, ",");
        CLEANUP(memory_freep) char *one = memory_format("%.*s", (int)size, value);

        if (!settings_check_endpoint(name, one, err))
            return false;
        if (several && strncmp(one, "tcp://", 6) != 0)
            return fail(err, ERROR_INVALID, "%s: of several addresses each is a tcp://ADDRESS:PORT",
                        name);
        value += size + (value[size] == ',');
        value += strspn(value, " ");
    } while (*value);
    return true;
}

int64_t *settings_span_at(const struct settings_span *span, void *settings)
{
    return (int64_t *)(void *)((char *)settings + span->offset);
}

bool settings_read_span(const struct settings_span *span, const char *value, void *settings,
                        struct error *err)
{
    int64_t *place = settings_span_at(span, settings);

    if (!parse_duration(value, place, err))
        return fail_in(err, "%s", span->name);
    if (*place < span->least_us || *place > span->most_us)
        return fail(err, ERROR_INVALID, "%s = %.40s is too short or too long", span->name, value);
    return true;
}
