/* client.c - somebody who asks the scheduler, one thing at a time */

#include "tests/simulation/client.h"

#include "tests/simulation/chance.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_LEAST INT64_C(500000)
#define PAUSE_MOST  INT64_C(8000000)

static agenda_fn on_pause_over;

static void send_envelope(struct client *client, Wire__Envelope *envelope)
{
    CLEANUP(buffer_clear) struct buffer bytes;

    buffer_init(&bytes);
    envelope->request = ++client->request;
    message_encode(envelope, &bytes);
    link_send(client->link, bytes.bytes, bytes.length);
}

static void say_hello(struct client *client)
{
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Hello hello = WIRE__HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.program = (char *)(uintptr_t) "tequio simulated";
    envelope.body_case = WIRE__ENVELOPE__BODY_HELLO;
    envelope.hello = &hello;
    client->welcomed = false;
    send_envelope(client, &envelope);
}

static void send_ask(struct client *client)
{
    if (client->welcomed)
        link_send(client->link, client->ask.bytes, client->ask.length);
    else
        say_hello(client);
}

static void wait_for_answer(struct client *client)
{
    agenda_add(client->agenda,
               client->agenda->now_us +
                   test_random_between(&client->random, client->pause_us / 2, client->pause_us),
               on_pause_over, client, client->asked);
}

static void finish(struct client *client, const Wire__Envelope *answer)
{
    client->busy = false;
    client->asked++; /* what is on the agenda is for nobody any more */
    client->on_answer(client->owner, answer);
}

/* No answer: once more, at times over a new connection. */
static void on_pause_over(void *owner, uint64_t asked)
{
    struct client *client = owner;

    if (!client->busy || asked != client->asked)
        return;
    if (client->agenda->now_us >= client->give_up_us) {
        trace_say(client->trace, client->name, "gives up");
        finish(client, NULL);
        return;
    }
    if (++client->unanswered % 3 == 0) {
        link_reconnect(client->link);
        client->welcomed = false;
    }
    send_ask(client);
    client->pause_us = client->pause_us < PAUSE_MOST ? 2 * client->pause_us : PAUSE_MOST;
    wait_for_answer(client);
}

static void receive(void *owner, const uint8_t *bytes, size_t size)
{
    struct client *client = owner;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct error err;

    answer = message_decode(bytes, size, &err);
    assert(answer);
    if (!client->busy)
        return;
    if (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE && answer->failure->hello) {
        say_hello(client);
    } else if (answer->body_case == WIRE__ENVELOPE__BODY_WELCOME) {
        if (!client->welcomed && answer->request == client->request) {
            client->welcomed = true;
            send_ask(client);
        }
    } else if (answer->request == client->asked) {
        finish(client, answer);
    }
}

void client_ask(struct client *client, Wire__Envelope *ask, int64_t patience_us,
                answer_fn *on_answer, void *owner)
{
    assert(!client->busy);
    client->busy = true;
    client->asked = ++client->request;
    client->unanswered = 0;
    client->pause_us = PAUSE_LEAST;
    client->give_up_us =
        patience_us == INT64_MAX ? INT64_MAX : client->agenda->now_us + patience_us;
    client->on_answer = on_answer;
    client->owner = owner;
    ask->request = client->asked;
    buffer_reset(&client->ask);
    message_encode(ask, &client->ask);
    send_ask(client);
    wait_for_answer(client);
}

struct client *client_new(const char *name, uid_t uid, struct agenda *agenda, struct trace *trace,
                          struct network *network, uint64_t seed)
{
    struct client *client = NEW(struct client);
    const struct link_end end = {
        .name = name, .door = DOOR_LOCAL, .uid = uid, .receive = receive, .owner = client};

    client->name = name;
    client->agenda = agenda;
    client->trace = trace;
    client->random = chance_stream(seed, 1000 + uid);
    client->link = network_dial(network, &end);
    buffer_init(&client->ask);
    return client;
}

void client_free(struct client *client)
{
    if (!client)
        return;
    buffer_clear(&client->ask);
    free(client);
}
