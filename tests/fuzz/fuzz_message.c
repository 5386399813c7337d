/* fuzz_message.c - any frame is refused with a reason, or decodes to what encodes to itself */

#include "proto/message.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void check_round_trip(Wire__Envelope *envelope)
{
    CLEANUP(buffer_clear) struct buffer first = {0};
    CLEANUP(buffer_clear) struct buffer second = {0};
    CLEANUP(message_freep) Wire__Envelope *again = NULL;
    struct error err;

    buffer_init(&first);
    buffer_init(&second);
    message_encode(envelope, &first);
    again = message_decode((const uint8_t *)first.bytes, first.length, &err);
    if (!again || message_heap(again) > MESSAGE_HEAP_MAX + 1024)
        abort();
    message_encode(again, &second);
    if (first.length != second.length || memcmp(first.bytes, second.bytes, first.length) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct error err = {0};
    CLEANUP(message_freep) Wire__Envelope *envelope = message_decode(bytes, size, &err);
    CLEANUP(message_free_relayp) Wire__RelayBody *relay = NULL;

    if (envelope)
        check_round_trip(envelope);
    else if (err.code == ERROR_NONE || !*err.text)
        abort();
    (void)message_request(bytes, size);

    err = (struct error){0};
    relay = message_decode_relay(bytes, size, &err);
    if (!relay && (err.code == ERROR_NONE || !*err.text))
        abort();
    return 0;
}
