/* network.c - messages between one scheduler and its peers: late, lost, twice, out of order */

#include "tests/simulation/network.h"

#include "base/list.h"
#include "proto/message.h"
#include "tests/simulation/chance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINKS_MOST   64
#define LATE_MOST_US INT64_C(600000000)
#define KEPT_CHANCE  60 /* per cent of what is sent to a scheduler that is down */

const struct weather weather_fair = {.delay_least_us = 100, .delay_most_us = 2000};

struct message {
    struct list_node of_network;
    struct link *link;
    uint32_t connection;
    uint64_t life; /* of the scheduler, when it was sent */
    bool up;
    size_t size;
    uint8_t bytes[];
};

struct link {
    struct network *network;
    struct link_end end;
    struct weather weather;
    uint8_t index;
    uint32_t connection;
    bool cut_up, cut_down;
    int64_t last_us[2];  /* so that the order is kept: down, up */
    struct list waiting; /* for the scheduler */
};

struct network {
    struct agenda *agenda;
    struct trace *trace;
    struct test_random random;
    receive_fn *receive;
    void *owner;
    uint64_t life; /* of the scheduler */
    uint64_t delivered;
    struct list flying;
    size_t link_count;
    struct link *links[LINKS_MOST];
};

struct network *network_new(struct agenda *agenda, struct trace *trace, uint64_t seed)
{
    struct network *network = NEW(struct network);

    network->agenda = agenda;
    network->trace = trace;
    network->random = chance_stream(seed, 1);
    list_init(&network->flying);
    return network;
}

static void drop(struct list *list, struct message *message)
{
    list_remove(list, &message->of_network);
    free(message);
}

static void drop_all(struct list *list)
{
    LIST_EACH(list, node)
        drop(list, CONTAINER_OF(node, struct message, of_network));
}

void network_free(struct network *network)
{
    if (!network)
        return;
    drop_all(&network->flying);
    for (size_t i = 0; i < network->link_count; i++) {
        drop_all(&network->links[i]->waiting);
        free(network->links[i]);
    }
    free(network);
}

uint64_t network_delivered(const struct network *network)
{
    return network->delivered;
}

/* --- what a frame is, for the trace ------------------------------------------------------------- */

static const char *body_name(Wire__Envelope__BodyCase kind)
{
    const ProtobufCMessageDescriptor *type = &wire__envelope__descriptor;

    for (unsigned i = 0; i < type->n_fields; i++)
        if (type->fields[i].id == (uint32_t)kind)
            return type->fields[i].name;
    return "nothing";
}

/* What it is, and which part it is about. */
static void describe(const Wire__Envelope *envelope, char *text, size_t size)
{
    const Wire__PartLaunch *launch = envelope->part_launch;
    const Wire__PartStop *stop = envelope->part_stop;
    const Wire__PartReport *report = envelope->part_report;
    const char *name = body_name(envelope->body_case);

    if (envelope->body_case == WIRE__ENVELOPE__BODY_PART_LAUNCH)
        snprintf(text, size, "%s %" PRIu64 ".%" PRIu32 ".%" PRIu32 "%s", name, launch->job,
                 launch->attempt, launch->part, launch->start_batch ? " start" : "");
    else if (envelope->body_case == WIRE__ENVELOPE__BODY_PART_STOP)
        snprintf(text, size, "%s %" PRIu64 ".%" PRIu32 ".%" PRIu32 " signal %" PRIu32, name,
                 stop->job, stop->attempt, stop->part, stop->signal);
    else if (envelope->body_case == WIRE__ENVELOPE__BODY_PART_REPORT)
        snprintf(text, size, "%s %" PRIu64 ".%" PRIu32 ".%" PRIu32 " event %d", name, report->job,
                 report->attempt, report->part, (int)report->event);
    else
        snprintf(text, size, "%s", name);
}

static void tell(struct message *message, const char *what)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    char text[120] = "garbage";
    struct error err;

    envelope = message_decode(message->bytes, message->size, &err);
    if (envelope)
        describe(envelope, text, sizeof(text));
    trace_say(message->link->network->trace, message->link->end.name, "%s %s%s",
              message->up ? "->" : "<-", text, what);
}

/* --- on its way --------------------------------------------------------------------------------- */

static agenda_fn on_arrival;

static struct message *message_new(struct link *link, bool up, const void *bytes, size_t size)
{
    struct message *message = memory_get(1, sizeof(*message) + size);

    message->link = link;
    message->connection = link->connection;
    message->life = link->network->life;
    message->up = up;
    message->size = size;
    memcpy(message->bytes, bytes, size);
    return message;
}

static void fly(struct message *message)
{
    struct link *link = message->link;
    struct network *network = link->network;
    const struct weather *weather = &link->weather;
    int64_t at_us =
        network->agenda->now_us +
        test_random_between(&network->random, weather->delay_least_us, weather->delay_most_us);

    if (test_random_below(&network->random, 1000) < weather->late)
        at_us += chance_wait(&network->random, LATE_MOST_US);
    else if (!weather->mixed && at_us < link->last_us[message->up])
        at_us = link->last_us[message->up];
    if (!weather->mixed)
        link->last_us[message->up] = at_us;
    list_add_last(&network->flying, &message->of_network);
    agenda_add(network->agenda, at_us, on_arrival, message, 0);
}

static void post(struct link *link, bool up, const void *bytes, size_t size)
{
    struct network *network = link->network;
    struct message *message = message_new(link, up, bytes, size);

    if ((up ? link->cut_up : link->cut_down) ||
        test_random_chance(&network->random, link->weather.lost)) {
        tell(message, ": lost");
        free(message);
        return;
    }
    if (test_random_chance(&network->random, link->weather.twice))
        fly(message_new(link, up, bytes, size));
    fly(message);
}

static struct sender sender_of(const struct message *message)
{
    const struct link *link = message->link;
    struct sender sender = {.uid = link->end.uid, .route_size = 5};

    if (link->end.key) {
        snprintf(sender.key, sizeof(sender.key), "%s", link->end.key);
        sender.uid = (uid_t)-1;
    }
    sender.route[0] = link->index;
    memcpy(sender.route + 1, &message->connection, sizeof(message->connection));
    return sender;
}

static void deliver_up(struct message *message)
{
    struct network *network = message->link->network;
    struct sender sender;

    /* Sent to a scheduler that is no more: it waited in the queue of the peer. */
    if (message->life != network->life)
        message->connection = message->link->connection;
    sender = sender_of(message);
    tell(message, "");
    network->receive(network->owner, message->link->end.door, &sender, message->bytes,
                     message->size);
}

static void deliver_down(struct message *message)
{
    struct link *link = message->link;

    if (message->connection != link->connection) {
        tell(message, ": lost with its connection");
        return;
    }
    tell(message, "");
    link->end.receive(link->end.owner, message->bytes, message->size);
}

static void on_arrival(void *owner, uint64_t word)
{
    struct message *message = owner;
    struct link *link = message->link;
    struct network *network = link->network;

    (void)word;
    list_remove(&network->flying, &message->of_network);
    if (message->up && !network->receive && test_random_chance(&network->random, KEPT_CHANCE)) {
        list_add_last(&link->waiting, &message->of_network);
        return;
    }
    network->delivered++;
    if (!message->up)
        deliver_down(message);
    else if (network->receive)
        deliver_up(message);
    else
        tell(message, ": nobody there");
    free(message);
}

/* --- both sides ----------------------------------------------------------------------------------- */

static void reconnect_all(struct network *network)
{
    network->life++;
    for (size_t i = 0; i < network->link_count; i++) {
        struct link *link = network->links[i];

        link_reconnect(link);
        LIST_EACH(&link->waiting, node) {
            list_remove(&link->waiting, node);
            fly(CONTAINER_OF(node, struct message, of_network));
        }
    }
}

void network_listen(struct network *network, receive_fn *receive, void *owner)
{
    network->receive = receive;
    network->owner = owner;
    if (receive)
        reconnect_all(network);
}

static bool send_down(void *state, enum door door, const struct sender *to, const void *bytes,
                      size_t size)
{
    struct network *network = state;
    uint32_t connection;
    struct link *link;

    assert(to->route_size == 5 && to->route[0] < network->link_count);
    link = network->links[to->route[0]];
    assert(link->end.door == door);
    memcpy(&connection, to->route + 1, sizeof(connection));
    if (connection != link->connection)
        return false; /* the return address leads nowhere any more */
    post(link, false, bytes, size);
    return true;
}

struct transport network_transport(struct network *network)
{
    return (struct transport){.send = send_down, .state = network};
}

struct link *network_dial(struct network *network, const struct link_end *end)
{
    struct link *link = NEW(struct link);

    assert(network->link_count < LINKS_MOST);
    link->network = network;
    link->end = *end;
    link->weather = weather_fair;
    link->index = (uint8_t)network->link_count;
    link->connection = 1;
    list_init(&link->waiting);
    network->links[network->link_count++] = link;
    return link;
}

bool link_send(struct link *link, const void *bytes, size_t size)
{
    post(link, true, bytes, size);
    return true;
}

void link_reconnect(struct link *link)
{
    link->connection++;
    link->last_us[0] = link->last_us[1] = 0;
}

void link_set_weather(struct link *link, const struct weather *weather)
{
    link->weather = *weather;
}

void link_cut(struct link *link, bool up, bool down)
{
    if (up == link->cut_up && down == link->cut_down)
        return;
    link->cut_up = up;
    link->cut_down = down;
    trace_say(link->network->trace, "net", "%s %s: %s%s%s", up || down ? "cut" : "mend",
              link->end.name, up ? "up" : "", up && down ? " and " : "", down ? "down" : "");
}

const char *link_name(const struct link *link)
{
    return link->end.name;
}
