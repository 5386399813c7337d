/* keyed.c - a request sent again gets the same answer
 *
 * Every ask that changes something carries a random key.  The answer is stored with the
 * change, under that key, with the digest of what was asked; until its commit is done it is
 * looked up in memory. */

#include "scheduler/service_inside.h"

#include "base/parse.h"

#include <stdlib.h>
#include <string.h>

#define TRIM_EVERY_US US_PER_HOUR

static struct digest digest_of_body(struct service *service, const ProtobufCMessage *body)
{
    size_t size = protobuf_c_message_get_packed_size(body);

    buffer_reset(&service->scratch);
    protobuf_c_message_pack(body, (uint8_t *)buffer_reserve(&service->scratch, size));
    return digest_of_two(body->descriptor->name, strlen(body->descriptor->name),
                         service->scratch.bytes, size);
}

/* Send what was answered then, with the request number of now. */
static bool answer_again(struct service *service, struct ask *ask, struct bytes stored,
                         struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *answer = message_decode(stored.bytes, stored.size, err);

    if (!answer)
        return fail_in(err, "the stored answer");
    service_answer(service, service->door, &ask->to, ask->request, answer);
    ask->later = true;
    return true;
}

static enum keyed compare(struct service *service, struct ask *ask, const struct digest *digest,
                          const struct request_row *row, struct error *err)
{
    if (strcmp(row->principal, ask->principal->name) != 0 || row->digest.size != DIGEST_SIZE ||
        !bytes_equal(row->digest.bytes, digest->bytes, DIGEST_SIZE)) {
        fail(err, ERROR_CONFLICT,
             "this request key was used for another request: choose a new one for each");
        return KEYED_FAILED;
    }
    return answer_again(service, ask, row->answer, err) ? KEYED_AGAIN : KEYED_FAILED;
}

enum keyed keyed_begin(struct service *service, struct ask *ask, ProtobufCBinaryData key,
                       const ProtobufCMessage *body, struct error *err)
{
    CLEANUP(arena_freep) struct arena *keep = NULL;
    const struct remembered *recent;
    struct row row = {.kind = ROW_REQUEST, .request = {.request_key = {key.data, key.len}}};
    struct store *store = service->outside.store;
    struct digest digest;
    bool found;

    if (!check_room(service, ROOM_SCARCE, err))
        return KEYED_FAILED;
    if (key.len != REQUEST_KEY_SIZE) {
        fail(err, ERROR_INVALID, "a request key has %d bytes, this one %zu", REQUEST_KEY_SIZE,
             key.len);
        return KEYED_FAILED;
    }
    digest = digest_of_body(service, body);
    service->asked = digest;
    recent = table_get(service->recent, key.data, key.len);
    if (recent)
        return compare(service, ask, &digest,
                       &(struct request_row){
                           .principal = recent->principal,
                           .digest = {recent->digest.bytes, DIGEST_SIZE        },
                           .answer = {recent->answer,       recent->answer_size},
        },
                       err);
    keep = arena_new();
    if (!store->find(store, &row, keep, &found, err))
        return KEYED_FAILED;
    return found ? compare(service, ask, &digest, &row.request, err) : KEYED_NEW;
}

void keyed_end(struct service *service, const struct ask *ask, ProtobufCBinaryData key,
               Wire__Envelope *answer)
{
    struct remembered *remembered = NEW(struct remembered);
    struct row row = {.kind = ROW_REQUEST};

    memcpy(remembered->key, key.data, REQUEST_KEY_SIZE);
    remembered->digest = service->asked;
    remembered->principal = memory_copy(ask->principal->name);
    buffer_reset(&service->scratch);
    message_encode(answer, &service->scratch);
    remembered->answer = memory_copy_bytes(service->scratch.bytes, service->scratch.length);
    remembered->answer_size = service->scratch.length;
    row.request = (struct request_row){
        .request_key = {remembered->key,          REQUEST_KEY_SIZE       },
        .principal = remembered->principal,
        .digest = {remembered->digest.bytes, DIGEST_SIZE            },
        .answer = {remembered->answer,       remembered->answer_size},
        .at_us = service->now_us,
    };
    group_put(service, &row);
    table_put(service->recent, remembered->key, REQUEST_KEY_SIZE, remembered);
    group_add_remembered(service->open, remembered);
}

void trim_requests(struct service *service)
{
    const struct row row = {
        .kind = ROW_REQUEST,
        .request = {.request_key = {"", 0},
                    .at_us = service->now_us - service->settings->request_life_us},
    };

    if (service->boot_us < service->next_trim_us)
        return;
    service->next_trim_us = service->boot_us + TRIM_EVERY_US;
    batch_add(&service->open->batch, WRITE_TRIM, &row);
}
