/* dispatch.c - the only place where roles are checked */

#include "proto/dispatch.h"

#include "base/list.h"
#include "base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_NAME_MAX (1 + SOCKET_KEY_TEXT + SOCKET_ROUTE_MAX)

/* Identity and return address as one text of bytes: what a session is known by. */
struct session_name {
    size_t size;
    uint8_t bytes[SESSION_NAME_MAX];
};

struct session {
    struct list_node by_age; /* in dispatcher.sessions_by_age */
    int64_t seen_us;
    size_t name_size;
    uint8_t name[];
};

struct dispatcher {
    const struct handler **rows; /* by kind */
    size_t row_count;
    const struct identities *identities;
    handle_fn *welcome;
    void *owner;
    uint64_t epoch;

    struct table *sessions;      /* by name */
    struct list sessions_by_age; /* silent for longest first */

    struct arena *keep; /* for the answer at hand */
    uint64_t requests;
    uint64_t refused;
};

/* --- the table ------------------------------------------------------------------------------ */

static size_t count_kinds(void)
{
    const ProtobufCMessageDescriptor *type = &wire__envelope__descriptor;

    return type->fields[type->n_fields - 1].id + 1; /* sorted by number */
}

/* By kind; free() it. */
static const struct handler **index_rows(const struct handler *handlers)
{
    size_t count = count_kinds();
    const struct handler **rows = NEW_ARRAY(const struct handler *, count);

    for (const struct handler *row = handlers; row->kind; row++) {
        assert((size_t)row->kind < count);
        assert(!rows[row->kind]); /* one row for each kind */
        assert(row->kind != WIRE__ENVELOPE__BODY_HELLO);
        assert(row->handle && row->roles && !(row->roles & ~ROLE_ANYBODY));
        rows[row->kind] = row;
    }
    return rows;
}

static void print_roles(unsigned roles, const char *between, struct buffer *buffer)
{
    const char *sign = "";

    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1) {
        if (!(roles & role))
            continue;
        buffer_print(buffer, "%s%s", sign, role_name((enum role)role));
        sign = between;
    }
}

void dispatcher_print_matrix(const struct handler *handlers, struct buffer *buffer)
{
    CLEANUP(memory_freep) const struct handler **rows = index_rows(handlers);

    for (size_t kind = 0; kind < count_kinds(); kind++) {
        if (!rows[kind])
            continue;
        buffer_print(buffer, "%-18s ", message_name((Wire__Envelope__BodyCase)kind));
        print_roles(rows[kind]->roles, " ", buffer);
        buffer_add_char(buffer, '\n');
    }
}

struct dispatcher *dispatcher_new(const struct handler *handlers,
                                  const struct identities *identities, handle_fn *welcome,
                                  void *owner)
{
    struct dispatcher *dispatcher = NEW(struct dispatcher);

    dispatcher->rows = index_rows(handlers);
    dispatcher->row_count = count_kinds();
    dispatcher->identities = identities;
    dispatcher->welcome = welcome;
    dispatcher->owner = owner;
    dispatcher->sessions = table_new();
    list_init(&dispatcher->sessions_by_age);
    dispatcher->keep = arena_new();
    return dispatcher;
}

void dispatcher_free(struct dispatcher *dispatcher)
{
    if (!dispatcher)
        return;
    LIST_EACH(&dispatcher->sessions_by_age, node)
        free(CONTAINER_OF(node, struct session, by_age));
    table_free(dispatcher->sessions);
    arena_free(dispatcher->keep);
    free(dispatcher->rows);
    free(dispatcher);
}

void dispatcher_set_epoch(struct dispatcher *dispatcher, uint64_t epoch)
{
    dispatcher->epoch = epoch;
}

uint64_t dispatcher_requests(const struct dispatcher *dispatcher)
{
    return dispatcher->requests;
}

uint64_t dispatcher_refused(const struct dispatcher *dispatcher)
{
    return dispatcher->refused;
}

size_t dispatcher_sessions(const struct dispatcher *dispatcher)
{
    return dispatcher->sessions_by_age.count;
}

/* --- sessions -------------------------------------------------------------------------------- */

/* A key and a uid are kept apart by the first byte; both have one length each, so that what
 * is left is the route, whole. */
static void name_session(const struct sender *sender, struct session_name *ret_name)
{
    bool local = *sender->key == '\0';
    const void *identity = local ? (const void *)&sender->uid : sender->key;
    size_t size = local ? sizeof(sender->uid) : sizeof(sender->key);

    assert(sender->route_size <= SOCKET_ROUTE_MAX);
    ret_name->bytes[0] = local;
    memcpy(ret_name->bytes + 1, identity, size);
    memcpy(ret_name->bytes + 1 + size, sender->route, sender->route_size);
    ret_name->size = 1 + size + sender->route_size;
}

static void session_forget(struct dispatcher *dispatcher, struct session *session)
{
    table_remove(dispatcher->sessions, session->name, session->name_size);
    list_remove(&dispatcher->sessions_by_age, &session->by_age);
    free(session);
}

/* The sender's session, now the last to leave; NULL if there is none. */
static struct session *session_touch(struct dispatcher *dispatcher, const struct sender *sender,
                                     int64_t now_us)
{
    struct session_name name;
    struct session *session;

    name_session(sender, &name);
    session = table_get(dispatcher->sessions, name.bytes, name.size);
    if (!session)
        return NULL;
    session->seen_us = now_us;
    list_remove(&dispatcher->sessions_by_age, &session->by_age);
    list_add_last(&dispatcher->sessions_by_age, &session->by_age);
    return session;
}

static bool first_must_leave(const struct dispatcher *dispatcher, int64_t now_us)
{
    const struct list_node *node = list_first(&dispatcher->sessions_by_age);
    const struct session *session;

    if (!node)
        return false;
    session = CONTAINER_OF(node, struct session, by_age);
    return dispatcher->sessions_by_age.count >= SESSION_MAX ||
           now_us - session->seen_us > SESSION_SILENT_MAX_US;
}

static void session_open(struct dispatcher *dispatcher, const struct sender *sender, int64_t now_us)
{
    struct session_name name;
    struct session *session;

    if (session_touch(dispatcher, sender, now_us))
        return;
    while (first_must_leave(dispatcher, now_us))
        session_forget(dispatcher, CONTAINER_OF(list_first(&dispatcher->sessions_by_age),
                                                struct session, by_age));
    name_session(sender, &name);
    session = memory_get(1, sizeof(*session) + name.size);
    session->seen_us = now_us;
    session->name_size = name.size;
    memcpy(session->name, name.bytes, name.size);
    table_put(dispatcher->sessions, session->name, session->name_size, session);
    list_add_last(&dispatcher->sessions_by_age, &session->by_age);
}

/* --- one ask ---------------------------------------------------------------------------------- */

static bool check_versions(uint32_t least, uint32_t most, struct error *err)
{
    if (least > most)
        return fail(err, ERROR_INVALID,
                    "protocol versions %" PRIu32 " to %" PRIu32 ": the first is above the last",
                    least, most);
    if (least > PROTOCOL_VERSION || most < PROTOCOL_VERSION)
        return fail(err, ERROR_INVALID,
                    "you speak protocol versions %" PRIu32 " to %" PRIu32
                    ", this program %d to %d: bring both to the same release",
                    least, most, PROTOCOL_VERSION, PROTOCOL_VERSION);
    return true;
}

static bool refuse_role(const struct ask *ask, const struct handler *row, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer needed, own;

    buffer_init(&needed);
    buffer_init(&own);
    print_roles(row->roles, ", ", &needed);
    print_roles(ask->principal->roles, ", ", &own);
    if (ask->principal->roles == 0)
        buffer_add_text(&own, "nobody any more");
    return fail(err, ERROR_DENIED, "%s is for %s; you are %s%s", message_command(row->kind),
                needed.bytes, own.bytes,
                ask->principal->roles & ROLE_STRANGER ? " here: enrol your key first" : "");
}

/* Another door may answer it: which, is told by what it is for. */
static void refuse_place(Wire__Envelope__BodyCase kind, struct error *err)
{
    if (kind == WIRE__ENVELOPE__BODY_REPORT_ASK)
        fail(err, ERROR_INVALID,
             "%s is not answered here: ask the accounting service (TEQUIO_ACCOUNTING)",
             message_command(kind));
    else if (kind == WIRE__ENVELOPE__BODY_BACKUP_MAKE || kind == WIRE__ENVELOPE__BODY_STORE_CHECK)
        fail(err, ERROR_INVALID,
             "%s is not answered here: ask the address for administrators, or the scheduler's "
             "local socket",
             message_command(kind));
    else
        fail(err, ERROR_INVALID, "%s is not answered here", message_command(kind));
}

/* The row for the ask if its sender may use it.  Sets *ret_hello if only a hello is missing. */
static const struct handler *find_row(struct dispatcher *dispatcher, const struct ask *ask,
                                      int64_t now_us, bool *ret_hello, struct error *err)
{
    Wire__Envelope__BodyCase kind = ask->envelope->body_case;
    const struct handler *row = dispatcher->rows[kind];

    if (kind != WIRE__ENVELOPE__BODY_AGENT_HELLO && !session_touch(dispatcher, &ask->to, now_us)) {
        *ret_hello = true;
        fail(err, ERROR_CONFLICT, "say hello before %s", message_name(kind));
        return NULL;
    }
    if (!row) {
        refuse_place(kind, err);
        return NULL;
    }
    if (!(row->roles & ask->principal->roles)) {
        refuse_role(ask, row, err);
        return NULL;
    }
    return row;
}

static void fill_principal(const struct principal *principal, Wire__Welcome *welcome,
                           struct arena *keep)
{
    welcome->version = PROTOCOL_VERSION;
    welcome->principal = arena_copy(keep, principal->name);
    welcome->roles = ARENA_NEW_ARRAY(keep, char *, ROLE_COUNT);
    welcome->n_roles = 0;
    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1)
        if (principal->roles & role)
            welcome->roles[welcome->n_roles++] = (char *)role_name((enum role)role);
}

static bool answer_hello(struct dispatcher *dispatcher, struct ask *ask, Wire__Envelope *answer,
                         struct error *err)
{
    Wire__Welcome *welcome = ARENA_NEW(dispatcher->keep, Wire__Welcome);

    wire__welcome__init(welcome);
    answer->body_case = WIRE__ENVELOPE__BODY_WELCOME;
    answer->welcome = welcome;
    if (!dispatcher->welcome(dispatcher->owner, ask, answer, dispatcher->keep, err))
        return false;
    assert(!ask->later && answer->welcome == welcome);
    fill_principal(ask->principal, welcome, dispatcher->keep);
    return true;
}

/* May it be answered, and by which row (NULL for Hello)?  *ret_hello as in find_row(). */
static bool admit(struct dispatcher *dispatcher, const struct ask *ask, int64_t now_us,
                  const struct handler **ret_row, bool *ret_hello, struct error *err)
{
    const Wire__Envelope *envelope = ask->envelope;

    if (!identities_admit(dispatcher->identities, ask->to.key))
        return fail(err, ERROR_DENIED, "this key was revoked");
    if (envelope->body_case == WIRE__ENVELOPE__BODY_HELLO)
        return check_versions(envelope->hello->version_least, envelope->hello->version_most, err);
    if (envelope->body_case == WIRE__ENVELOPE__BODY_AGENT_HELLO &&
        !check_versions(envelope->agent_hello->version_least, envelope->agent_hello->version_most,
                        err))
        return false;
    *ret_row = find_row(dispatcher, ask, now_us, ret_hello, err);
    return *ret_row;
}

static bool answer_ask(struct dispatcher *dispatcher, struct ask *ask, int64_t now_us,
                       Wire__Envelope *answer, bool *ret_hello, struct error *err)
{
    const struct handler *row = NULL;

    if (!admit(dispatcher, ask, now_us, &row, ret_hello, err)) {
        dispatcher->refused++;
        return false;
    }
    dispatcher->requests++;
    if (row ? !row->handle(dispatcher->owner, ask, answer, dispatcher->keep, err)
            : !answer_hello(dispatcher, ask, answer, err))
        return false;
    assert(ask->later || answer->body_case != WIRE__ENVELOPE__BODY__NOT_SET);
    if (answer->body_case == WIRE__ENVELOPE__BODY_AGENT_WELCOME)
        answer->agent_welcome->version = PROTOCOL_VERSION;
    if (!row || row->kind == WIRE__ENVELOPE__BODY_AGENT_HELLO)
        session_open(dispatcher, &ask->to, now_us);
    return true;
}

static void fill_failure(struct dispatcher *dispatcher, const struct ask *ask, bool hello,
                         const struct error *err, Wire__Envelope *answer)
{
    Wire__Failure *failure = ARENA_NEW(dispatcher->keep, Wire__Failure);

    failure_fill(failure, err);
    failure->retry_after_us = ask->retry_after_us;
    failure->hello = hello;
    wire__envelope__init(answer);
    answer->body_case = WIRE__ENVELOPE__BODY_FAILURE;
    answer->failure = failure;
}

static void pack_answer(const struct dispatcher *dispatcher, const struct ask *ask,
                        Wire__Envelope *answer, struct buffer *buffer)
{
    answer->request = ask->request;
    if (answer->epoch == 0)
        answer->epoch = dispatcher->epoch;
    buffer_reset(buffer);
    message_encode(answer, buffer);
}

bool dispatch(struct dispatcher *dispatcher, const struct sender *sender, const uint8_t *bytes,
              size_t size, int64_t now_us, struct buffer *answer)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    Wire__Envelope reply = WIRE__ENVELOPE__INIT;
    struct ask ask = {.to = *sender};
    struct error err;
    bool hello = false, done;

    arena_reset(dispatcher->keep);
    envelope = message_decode(bytes, size, &err);
    ask.envelope = envelope;
    ask.request = envelope ? envelope->request : message_request(bytes, size);
    ask.principal = identities_of(dispatcher->identities, sender);
    if (!envelope)
        dispatcher->refused++;
    done = envelope && answer_ask(dispatcher, &ask, now_us, &reply, &hello, &err);
    if (envelope && envelope->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        return false;
    if (done && ask.later)
        return false;
    if (!done)
        fill_failure(dispatcher, &ask, hello || ask.hello, &err, &reply);
    pack_answer(dispatcher, &ask, &reply, answer);
    if (done && answer->length > SOCKET_FRAME_MAX) {
        fail(&err, ERROR_EXHAUSTED,
             "the answer to %s has %zu bytes, %d are the most: ask for less at once",
             message_name(envelope->body_case), answer->length, SOCKET_FRAME_MAX);
        fill_failure(dispatcher, &ask, false, &err, &reply);
        pack_answer(dispatcher, &ask, &reply, answer);
    }
    return true;
}
