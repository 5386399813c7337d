/* node_change.c - drain, resume, lost: what an administrator says of nodes */

#include "client/node_change.h"

#include "base/hostlist.h"
#include "client/session.h"
#include "client/text.h"
#include "proto/arena.h"

bool node_change(struct session *session, Wire__NodeVerb verb, const char *nodes,
                 const char *reason, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeChange body = WIRE__NODE_CHANGE__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(hostlist_freep) struct hostlist *list = hostlist_parse(nodes, err);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    uint8_t key[SESSION_KEY_SIZE];

    if (!list)
        return false;
    if (hostlist_count(list) == 0)
        return fail(err, ERROR_INVALID, _("no node given"));
    body.key = session_new_key(key);
    body.verb = verb;
    body.nodes = arena_copy(arena, nodes);
    body.reason = arena_copy_utf8(arena, reason ? reason : "");
    ask.body_case = WIRE__ENVELOPE__BODY_NODE_CHANGE;
    ask.node_change = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}
