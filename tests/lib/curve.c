/* curve.c - an admitted peer on TCP that is free to send what no library would */

#include "tests/lib/curve.h"

#include "base/memory.h"
#include "tests/lib/peer.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#define COOKIE     96
#define LONG_NONCE 16

/* A nonce is a text of 16 bytes and a count. */
static void make_nonce(uint8_t nonce[24], const char *name, uint64_t count)
{
    memcpy(nonce, name, 16);
    for (int i = 0; i < 8; i++)
        nonce[16 + i] = (uint8_t)(count >> (56 - 8 * i));
}

static bool send_command(struct curve *curve, const char *name, const struct buffer *body,
                         struct buffer *frame)
{
    peer_add_command(frame, name, body->bytes, body->length);
    return peer_send(curve->descriptor, frame->bytes, frame->length);
}

static bool greet(struct curve *curve)
{
    CLEANUP(buffer_clear) struct buffer greeting;
    uint8_t answer[64];

    buffer_init(&greeting);
    peer_add_greeting(&greeting, 3, 0, "CURVE");
    return peer_send(curve->descriptor, greeting.bytes, greeting.length) &&
           peer_receive(curve->descriptor, answer, sizeof(answer));
}

static bool send_hello(struct curve *curve)
{
    CLEANUP(buffer_clear) struct buffer body;
    uint8_t nonce[24], zeros[72] = {0}, box[64 + crypto_box_MACBYTES];

    buffer_init(&body);
    make_nonce(nonce, "CurveZMQHELLO---", ++curve->nonce);
    if (crypto_box_easy(box, zeros, 64, nonce, curve->handshake.server, curve->transient_secret) !=
        0)
        return false;
    buffer_add(&body, "\1\0", 2);
    buffer_add(&body, zeros, sizeof(zeros));
    buffer_add(&body, curve->transient_public, 32);
    buffer_add_u64(&body, curve->nonce);
    buffer_add(&body, box, sizeof(box));
    return send_command(curve, "HELLO", &body, &curve->hello);
}

static bool take_welcome(struct curve *curve)
{
    struct handshake *handshake = &curve->handshake;
    uint8_t command[2 + 8 + LONG_NONCE + crypto_box_MACBYTES + 32 + COOKIE];
    uint8_t nonce[24] = "WELCOME-", open[32 + COOKIE];
    const uint8_t *box = command + 2 + 8 + LONG_NONCE;

    if (!peer_receive(curve->descriptor, command, sizeof(command)))
        return false;
    memcpy(nonce + 8, command + 2 + 8, LONG_NONCE);
    if (crypto_box_open_easy(open, box, sizeof(open) + crypto_box_MACBYTES, nonce,
                             handshake->server, curve->transient_secret) != 0)
        return false;
    memcpy(handshake->server_transient, open, 32);
    memcpy(handshake->cookie, open + 32, COOKIE);
    return true;
}

static bool add_vouch(const struct curve *curve, struct buffer *buffer)
{
    const struct handshake *handshake = &curve->handshake;
    uint8_t nonce[24] = "VOUCH---", words[64], box[sizeof(words) + crypto_box_MACBYTES];

    randombytes_buf(nonce + 8, LONG_NONCE);
    memcpy(words, curve->transient_public, 32);
    memcpy(words + 32, handshake->server, 32);
    if (crypto_box_easy(box, words, sizeof(words), nonce, handshake->server_transient,
                        handshake->own_secret) != 0)
        return false;
    buffer_add(buffer, nonce + 8, LONG_NONCE);
    buffer_add(buffer, box, sizeof(box));
    return true;
}

static bool send_initiate(struct curve *curve)
{
    static const char metadata[] = "\x0bSocket-Type\0\0\0\6DEALER\x08Identity\0\0\0";
    CLEANUP(buffer_clear) struct buffer body, words;
    const struct handshake *handshake = &curve->handshake;
    uint8_t nonce[24], box[512];

    buffer_init(&body);
    buffer_init(&words);
    buffer_add(&words, handshake->own_public, 32);
    if (!add_vouch(curve, &words))
        return false;
    buffer_add(&words, metadata, sizeof(metadata));
    make_nonce(nonce, "CurveZMQINITIATE", ++curve->nonce);
    if (crypto_box_easy(box, (const uint8_t *)words.bytes, words.length, nonce,
                        handshake->server_transient, curve->transient_secret) != 0)
        return false;
    buffer_add(&body, handshake->cookie, COOKIE);
    buffer_add_u64(&body, curve->nonce);
    buffer_add(&body, box, words.length + crypto_box_MACBYTES);
    return send_command(curve, "INITIATE", &body, &curve->initiate);
}

/* A short command: 04, its size, its name. */
static bool take_ready(struct curve *curve)
{
    uint8_t head[2], body[255];

    return peer_receive(curve->descriptor, head, 2) && head[0] == PEER_COMMAND &&
           peer_receive(curve->descriptor, body, head[1]) && memcmp(body, "\5READY", 6) == 0;
}

bool curve_begin(struct curve *ret_curve, const char *endpoint, const struct key_pair *pair,
                 const char *server_key, struct error *err)
{
    struct handshake *handshake = &ret_curve->handshake;

    *ret_curve = (struct curve){.descriptor = peer_connect(endpoint, err)};
    if (ret_curve->descriptor < 0)
        return false;
    buffer_init(&ret_curve->hello);
    buffer_init(&ret_curve->initiate);
    if (sodium_init() >= 0 && zmq_z85_decode(handshake->own_public, pair->public) &&
        zmq_z85_decode(handshake->own_secret, pair->secret) &&
        zmq_z85_decode(handshake->server, server_key) &&
        crypto_box_keypair(ret_curve->transient_public, ret_curve->transient_secret) == 0 &&
        greet(ret_curve) && send_hello(ret_curve) && take_welcome(ret_curve))
        return true;
    curve_close(ret_curve);
    return fail(err, ERROR_UNAVAILABLE, "%s does not answer HELLO", endpoint);
}

bool curve_connect(struct curve *ret_curve, const char *endpoint, const struct key_pair *pair,
                   const char *server_key, struct error *err)
{
    if (!curve_begin(ret_curve, endpoint, pair, server_key, err))
        return false;
    if (send_initiate(ret_curve) && take_ready(ret_curve) &&
        crypto_box_beforenm(ret_curve->shared, ret_curve->handshake.server_transient,
                            ret_curve->transient_secret) == 0)
        return true;
    curve_close(ret_curve);
    return fail(err, ERROR_UNAVAILABLE, "%s does not answer INITIATE", endpoint);
}

void curve_close(struct curve *curve)
{
    close(curve->descriptor);
    curve->descriptor = -1;
    buffer_clear(&curve->hello);
    buffer_clear(&curve->initiate);
}

bool curve_send(struct curve *curve, unsigned flags, const void *bytes, size_t size)
{
    CLEANUP(memory_freep) uint8_t *words = memory_get(size + 1, 1);
    CLEANUP(memory_freep) uint8_t *body = memory_get(16 + crypto_box_MACBYTES + size + 1, 1);
    CLEANUP(buffer_clear) struct buffer frame;
    uint8_t nonce[24];

    buffer_init(&frame);
    words[0] = (uint8_t)flags;
    memcpy(words + 1, bytes, size);
    make_nonce(nonce, "CurveZMQMESSAGEC", ++curve->nonce);
    memcpy(body, "\7MESSAGE", 8);
    memcpy(body + 8, nonce + 16, 8);
    if (crypto_box_easy_afternm(body + 16, words, size + 1, nonce, curve->shared) != 0)
        return false;
    peer_add_frame(&frame, PEER_MESSAGE, body, 16 + crypto_box_MACBYTES + size + 1);
    return peer_send(curve->descriptor, frame.bytes, frame.length);
}
