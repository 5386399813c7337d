/* pmix_link.c - how the PMIx servers of a step speak to each other
 *
 * A frame: kind, node that sends it, its number, that of the last that came from there; then a note. */

#include "agent/pmix_link.h"

#include "agent/pmix_address.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/list.h"
#include "base/parse.h"
#include "base/socket.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PING_US  (5 * US_PER_SECOND)
#define PIECE    ((size_t)1 << 20) /* of a note, in one frame */
#define NOTE_MAX ((size_t)1 << 30)

enum { FRAME_HEAD = 13, NOTE_HEAD = 17, DIALS_MOST = 8 };

enum frame_kind {
    FRAME_HELLO = 1, /* of a server that dials: on every way that may lead there */
    FRAME_WELCOME,
    FRAME_PING, /* on the way that it has chosen */
    FRAME_PONG,
    FRAME_PIECE, /* of a long note, and more comes */
    FRAME_LAST,  /* of a note, and that is all of it */
};

/* Sent, and not acknowledged. */
struct kept {
    struct list_node of_peer;
    uint32_t number;
    struct buffer frame;
};

struct peer {
    uint32_t node;
    bool joined;
    struct sender route; /* a child's */
    uint32_t sent, received;
    struct list kept;
    struct buffer note; /* what came of it */
};

struct dial {
    struct pmix_link *link;
    struct socket *socket;
    struct watch *watch;
};

struct pmix_link {
    struct loop *loop;
    const struct pmix_job *job;
    struct pmix_link_calls calls;
    struct key_pair pair;
    struct admission *admission;
    struct socket *listener;
    struct watch *watch, *timer;
    struct peer parent;
    struct dial dials[DIALS_MOST];
    struct dial *chosen;
    size_t child_count;
    struct peer children[PMIX_ARITY];
};

/* --- frames ---------------------------------------------------------------------------------------- */

static void put(struct pmix_link *link, struct peer *peer, const struct buffer *frame)
{
    struct dial *way = link->chosen;

    if (!peer->joined)
        return; /* it is sent then */
    if (peer != &link->parent)
        (void)socket_send(link->listener, &peer->route, frame->bytes, frame->length);
    else if (way)
        (void)socket_send(way->socket, NULL, frame->bytes, frame->length);
}

static void start_frame(const struct pmix_link *link, const struct peer *peer, enum frame_kind kind,
                        uint32_t number, struct buffer *frame)
{
    buffer_init(frame);
    buffer_add_char(frame, (char)kind);
    buffer_add_u32(frame, (uint32_t)link->job->index);
    buffer_add_u32(frame, number);
    buffer_add_u32(frame, peer->received);
}

static void drop_kept(struct peer *peer, struct kept *kept)
{
    list_remove(&peer->kept, &kept->of_peer);
    buffer_clear(&kept->frame);
    free(kept);
}

static void send_kept(struct pmix_link *link, struct peer *peer)
{
    LIST_EACH(&peer->kept, node)
        put(link, peer, &CONTAINER_OF(node, struct kept, of_peer)->frame);
}

static void send_piece(struct pmix_link *link, struct peer *peer, enum frame_kind kind,
                       const char *bytes, size_t size)
{
    struct kept *kept = NEW(struct kept);

    kept->number = ++peer->sent;
    start_frame(link, peer, kind, kept->number, &kept->frame);
    buffer_add(&kept->frame, bytes, size);
    list_add_last(&peer->kept, &kept->of_peer);
    put(link, peer, &kept->frame);
}

static void send_note(struct pmix_link *link, struct peer *peer, const struct pmix_note *note)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    size_t done = 0;

    buffer_init(&bytes);
    buffer_add_char(&bytes, (char)note->kind);
    buffer_add_u32(&bytes, note->from);
    buffer_add_u32(&bytes, note->to);
    buffer_add_u32(&bytes, note->number);
    buffer_add_u32(&bytes, note->status);
    buffer_add(&bytes, note->bytes, note->size);
    for (; bytes.length - done > PIECE; done += PIECE)
        send_piece(link, peer, FRAME_PIECE, bytes.bytes + done, PIECE);
    send_piece(link, peer, FRAME_LAST, bytes.bytes + done, bytes.length - done);
}

/* PING, PONG: no note, only how far both are. */
static void send_signal(struct pmix_link *link, struct peer *peer, enum frame_kind kind)
{
    CLEANUP(buffer_clear) struct buffer frame = {0};

    start_frame(link, peer, kind, peer->sent, &frame);
    put(link, peer, &frame);
}

/* --- which way --------------------------------------------------------------------------------------- */

static struct peer *neighbour_towards(struct pmix_link *link, size_t node)
{
    size_t slot = pmix_job_slot_of(link->job, node);

    return slot < link->child_count ? &link->children[slot] : &link->parent;
}

/* To all neighbours but the one that it came from. */
static void send_to_all(struct pmix_link *link, const struct pmix_note *note, size_t but)
{
    if (link->job->index != 0 && but != link->parent.node)
        send_note(link, &link->parent, note);
    for (size_t i = 0; i < link->child_count; i++)
        if (but != link->children[i].node)
            send_note(link, &link->children[i], note);
}

void pmix_link_send(struct pmix_link *link, const struct pmix_note *note)
{
    if (note->kind == PMIX_NOTE_END)
        send_to_all(link, note, link->job->index);
    else if (note->to != link->job->index)
        send_note(link, neighbour_towards(link, note->to), note);
}

/* --- what comes ---------------------------------------------------------------------------------------- */

static uint32_t number_at(const char *place)
{
    const uint8_t *bytes = (const uint8_t *)place;

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void on_whole_note(struct pmix_link *link, struct peer *peer)
{
    const char *bytes = peer->note.bytes;
    struct pmix_note note = {.kind = (enum pmix_note_kind)bytes[0]};

    if (peer->note.length < NOTE_HEAD || bytes[0] < 1 || bytes[0] >= PMIX_NOTE_KINDS)
        return;
    note.from = number_at(bytes + 1);
    note.to = number_at(bytes + 5);
    note.number = number_at(bytes + 9);
    note.status = number_at(bytes + 13);
    note.bytes = bytes + NOTE_HEAD;
    note.size = peer->note.length - NOTE_HEAD;
    if (note.from >= link->job->count || note.to >= link->job->count)
        return;
    if (note.kind == PMIX_NOTE_END)
        send_to_all(link, &note, peer->node);
    if (note.kind == PMIX_NOTE_END || note.to == link->job->index)
        link->calls.on_note(link->calls.owner, peer->node, &note);
    else
        pmix_link_send(link, &note);
}

static void on_piece(struct pmix_link *link, struct peer *peer, uint32_t number,
                     const struct buffer *frame)
{
    struct error why;

    if (number != peer->received + 1)
        return; /* it was here already, or will come again */
    peer->received++;
    buffer_add(&peer->note, frame->bytes + FRAME_HEAD, frame->length - FRAME_HEAD);
    if (peer->note.length > NOTE_MAX) {
        fail(&why, ERROR_EXHAUSTED, "what %s tells has more than %zu bytes",
             link->job->nodes[peer->node], NOTE_MAX);
        link->calls.on_trouble(link->calls.owner, &why);
    } else if (frame->bytes[0] == FRAME_LAST) {
        struct buffer note = peer->note;

        on_whole_note(link, peer);
        buffer_clear(&note);
        buffer_init(&peer->note);
    }
}

static void take_acknowledged(struct peer *peer, uint32_t number)
{
    LIST_EACH(&peer->kept, node) {
        struct kept *kept = CONTAINER_OF(node, struct kept, of_peer);

        if (kept->number > number)
            return;
        drop_kept(peer, kept);
    }
}

/* Of a neighbour; false: it makes no sense. */
static bool on_frame(struct pmix_link *link, struct peer *peer, const struct buffer *frame)
{
    uint32_t number = number_at(frame->bytes + 5), acknowledged = number_at(frame->bytes + 9);
    enum frame_kind kind = (enum frame_kind)frame->bytes[0];

    if (acknowledged > peer->sent)
        return false;
    take_acknowledged(peer, acknowledged);
    if (kind == FRAME_PIECE || kind == FRAME_LAST)
        on_piece(link, peer, number, frame);
    else if (kind == FRAME_PING)
        send_signal(link, peer, FRAME_PONG);
    if (kind == FRAME_PING || kind == FRAME_PONG)
        send_kept(link, peer); /* on the same way, so what is not there now was lost */
    return true;
}

void pmix_link_acknowledge(struct pmix_link *link, size_t node)
{
    send_signal(link, neighbour_towards(link, node), FRAME_PONG);
}

/* --- those below ----------------------------------------------------------------------------------------- */

static void welcome(struct pmix_link *link, const struct sender *sender)
{
    CLEANUP(buffer_clear) struct buffer frame = {0};

    start_frame(link, &(struct peer){0}, FRAME_WELCOME, 0, &frame);
    (void)socket_send(link->listener, sender, frame.bytes, frame.length);
}

static void on_child_frame(struct pmix_link *link, const struct sender *sender,
                           const struct buffer *frame)
{
    size_t slot = pmix_job_slot_of(link->job, number_at(frame->bytes + 1));
    struct peer *child = slot < link->child_count ? &link->children[slot] : NULL;

    if (!child || child->node != number_at(frame->bytes + 1))
        return;
    if (frame->bytes[0] == FRAME_HELLO) {
        welcome(link, sender);
        return;
    }
    if (frame->bytes[0] == FRAME_PING) {
        child->route = *sender;
        child->joined = true;
    }
    if (child->joined)
        (void)on_frame(link, child, frame);
}

/* The next frame, whole enough to be looked at. */
static bool take_frame(struct socket *socket, struct sender *sender, struct buffer *frame)
{
    uint8_t *bytes;
    size_t size;

    while (socket_receive(socket, sender, &bytes, &size) == 1) {
        *frame = (struct buffer){.bytes = (char *)bytes, .length = size, .capacity = size};
        if (size >= FRAME_HEAD)
            return true;
        buffer_clear(frame);
    }
    return false;
}

static void on_listener(void *owner)
{
    struct pmix_link *link = owner;
    struct sender sender;
    struct buffer frame;

    while (take_frame(link->listener, &sender, &frame)) {
        on_child_frame(link, &sender, &frame);
        buffer_clear(&frame);
    }
}

/* --- the one above ----------------------------------------------------------------------------------------- */

static void close_dial(struct dial *dial)
{
    if (!dial->socket)
        return;
    if (dial != dial->link->chosen || !list_first(&dial->link->parent.kept))
        socket_forget(dial->socket); /* nobody misses what is left: greetings, pings */
    loop_unwatch(dial->link->loop, dial->watch);
    socket_free(STEAL(dial->socket));
}

/* It answers here first: the other ways are not needed. */
static void choose(struct pmix_link *link, struct dial *dial)
{
    link->chosen = dial;
    for (size_t i = 0; i < DIALS_MOST; i++)
        if (&link->dials[i] != dial)
            close_dial(&link->dials[i]);
    link->parent.joined = true;
    send_signal(link, &link->parent, FRAME_PING);
    send_kept(link, &link->parent);
}

static void on_dial(void *owner)
{
    struct dial *dial = owner;
    struct pmix_link *link = dial->link;
    struct buffer frame;

    while (dial->socket && take_frame(dial->socket, NULL, &frame)) {
        if (number_at(frame.bytes + 1) == link->parent.node) {
            if (frame.bytes[0] == FRAME_WELCOME && !link->chosen)
                choose(link, dial);
            else if (link->chosen == dial)
                (void)on_frame(link, &link->parent, &frame);
        }
        buffer_clear(&frame);
    }
}

static void say_hello(struct dial *dial)
{
    CLEANUP(buffer_clear) struct buffer hello = {0};

    start_frame(dial->link, &dial->link->parent, FRAME_HELLO, 0, &hello);
    (void)socket_send(dial->socket, NULL, hello.bytes, hello.length);
}

static bool dial_one(struct pmix_link *link, struct dial *dial, const char *endpoint,
                     struct error *err)
{
    dial->socket = socket_dial(endpoint, &link->pair, link->pair.public, err);
    if (!dial->socket)
        return false;
    dial->link = link;
    dial->watch = loop_watch_socket(link->loop, dial->socket, on_dial, dial);
    say_hello(dial);
    return true;
}

bool pmix_link_dial(struct pmix_link *link, const char *address, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(address);
    char *rest = copy, *endpoint;
    size_t count = 0;

    if (link->dials[0].link)
        return true; /* told again */
    while (count < DIALS_MOST && (endpoint = strsep(&rest, ",")))
        if (*endpoint && !dial_one(link, &link->dials[count++], endpoint, err))
            return fail_in(err, "the server on %s", link->job->nodes[link->parent.node]);
    return count > 0 || fail(err, ERROR_INVALID, "the server on %s has no address",
                             link->job->nodes[link->parent.node]);
}

bool pmix_link_address(const struct pmix_link *link, struct buffer *text, struct error *err)
{
    const char *port = link->listener ? strrchr(socket_endpoint(link->listener), ':') : NULL;

    return !port || pmix_address_print(port, text, err);
}

/* --- life -------------------------------------------------------------------------------------------------- */

static bool is_one_of_us(void *owner, const char *key)
{
    const struct pmix_link *link = owner;

    return strcmp(key, link->pair.public) == 0;
}

static void init_peer(struct peer *peer, size_t node)
{
    peer->node = (uint32_t)node;
    list_init(&peer->kept);
    buffer_init(&peer->note);
}

static bool listen_here(struct pmix_link *link, struct error *err)
{
    link->admission = socket_admit_with(link->loop, is_one_of_us, link, err);
    link->listener = link->admission ? socket_listen("tcp://*:*", &link->pair, err) : NULL;
    if (!link->listener)
        return fail_in(err, "listen for the other nodes of the step");
    link->watch = loop_watch_socket(link->loop, link->listener, on_listener, link);
    return true;
}

static void on_time(void *owner)
{
    struct pmix_link *link = owner;

    if (link->chosen)
        send_signal(link, &link->parent, FRAME_PING);
    for (size_t i = 0; !link->chosen && i < DIALS_MOST; i++)
        if (link->dials[i].socket)
            say_hello(&link->dials[i]);
}

struct pmix_link *pmix_link_new(struct loop *loop, const struct pmix_job *job,
                                const struct pmix_link_calls *calls, struct error *err)
{
    static const char purpose[] = "tequio-pmix";
    CLEANUP(pmix_link_freep) struct pmix_link *link = NEW(struct pmix_link);
    struct digest seed = digest_of_two(purpose, sizeof(purpose), job->key, sizeof(job->key));

    link->loop = loop;
    link->job = job;
    link->calls = *calls;
    link->child_count = pmix_job_children(job);
    key_pair_derive(seed.bytes, &link->pair);
    init_peer(&link->parent, pmix_job_parent(job));
    for (size_t i = 0; i < link->child_count; i++)
        init_peer(&link->children[i], pmix_job_child(job, i));
    if (link->child_count > 0 && !listen_here(link, err))
        return NULL;
    link->timer = loop_watch_interval(loop, PING_US, on_time, link);
    return STEAL(link);
}

static void clear_peer(struct peer *peer)
{
    LIST_EACH(&peer->kept, node)
        drop_kept(peer, CONTAINER_OF(node, struct kept, of_peer));
    buffer_clear(&peer->note);
}

void pmix_link_free(struct pmix_link *link)
{
    if (!link)
        return;
    for (size_t i = 0; i < DIALS_MOST; i++)
        close_dial(&link->dials[i]);
    clear_peer(&link->parent);
    for (size_t i = 0; i < link->child_count; i++)
        clear_peer(&link->children[i]);
    loop_unwatch(link->loop, link->timer);
    loop_unwatch(link->loop, link->watch);
    socket_free(link->listener);
    admission_free(link->admission);
    memory_wipe(&link->pair, sizeof(link->pair));
    free(link);
    socket_end();
}

bool pmix_link_has_parent(const struct pmix_link *link)
{
    return link->job->index == 0 || link->chosen;
}

bool pmix_link_has_children(const struct pmix_link *link)
{
    for (size_t i = 0; i < link->child_count; i++)
        if (!link->children[i].joined)
            return false;
    return true;
}

bool pmix_link_is_told(const struct pmix_link *link)
{
    return !list_first(&link->parent.kept);
}
