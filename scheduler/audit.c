/* audit.c - the chain of what people did, or tried to */

#include "scheduler/service_inside.h"

#include "base/parse.h"
#include "scheduler/audit_line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define TEXT_MAX            1000
#define REASON_MAX          256
#define ATTEMPTS_PER_SECOND 10

static void add_row(struct service *service, const char *principal, const char *act,
                    const char *text)
{
    struct row row = {
        .kind = ROW_AUDIT,
        .audit = {.at_us = service->now_us, .principal = principal, .act = act, .text = text},
    };

    audit_line_link(&row.audit, &service->marks);
    group_put(service, &row);
}

/* What a person wrote, made harmless for whoever reads the log. */
static void add_escaped(struct service *service, const char *principal, const char *act,
                        const char *text)
{
    CLEANUP(buffer_clear) struct buffer escaped;

    buffer_init(&escaped);
    buffer_add_escaped(&escaped, text);
    add_row(service, principal, act, escaped.bytes);
}

void audit(struct service *service, const char *principal, const char *act, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    add_escaped(service, principal, act, text);
}

/* Strangers are only counted: they could fill the disk.  And nobody may hide what others try
 * behind a flood of their own. */
bool audit_has_room(struct service *service, const struct principal *principal)
{
    if (service->boot_us >= service->denials_until_us) {
        service->denials_until_us = service->boot_us + US_PER_SECOND;
        quota_reset(service->denials);
    }
    return !(principal->roles & ROLE_STRANGER) &&
           quota_take(service->denials, principal->name, ATTEMPTS_PER_SECOND);
}

bool(deny)(struct service *service, const struct ask *ask, struct error *err, const char *format,
           ...)
{
    char text[sizeof(err->text)];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (audit_has_room(service, ask->principal)) {
        CLEANUP(memory_freep)
        char *line = memory_format("%s: %s", message_name(ask->envelope->body_case), text);

        add_escaped(service, ask->principal->name, "denied", line);
    }
    return fail(err, ERROR_DENIED, "%s", text);
}

void audit_refused(struct service *service, const struct sender *sender, const uint8_t *bytes,
                   size_t size)
{
    const struct principal *principal = identities_of(service->identities, sender);
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;

    if (!audit_has_room(service, principal))
        return;
    envelope = message_decode(bytes, size, &err);
    if (envelope && envelope->body_case == WIRE__ENVELOPE__BODY_HELLO)
        return;
    add_escaped(service, principal->name, "refused",
                envelope ? message_name(envelope->body_case) : err.text);
}

bool reason_fits(const char *reason, struct error *err)
{
    return strlen(reason) <= REASON_MAX ||
           fail(err, ERROR_INVALID, "the reason has more than %d bytes", REASON_MAX);
}
