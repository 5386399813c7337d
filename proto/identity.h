/* identity.h - principals, their roles, and which key speaks for whom
 *
 * A principal is a person, a node or a service.  Its key (CURVE, Z85) or its uid on
 * the local socket is all that identifies it; nothing in a message does.  A key not
 * known has ROLE_STRANGER, which may only say hello and enrol; a revoked key is not
 * even let in.  Revocation acts on the next message, because roles are looked up
 * for each.
 *
 * Owns: copies of names and keys.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef PROTO_IDENTITY_H
#define PROTO_IDENTITY_H

#include "base/memory.h"
#include "base/socket.h"

#include <stdbool.h>
#include <stdint.h>

enum role {
    ROLE_STRANGER = 1 << 0,   /* proved a key that nobody enrolled */
    ROLE_USER = 1 << 1,       /* researcher: own jobs */
    ROLE_MANAGER = 1 << 2,    /* of one institution: its projects, people, jobs */
    ROLE_CLUSTER = 1 << 3,    /* administrator of one cluster: its nodes and their jobs */
    ROLE_OPERATOR = 1 << 4,   /* of the network: institutions, clusters, backup */
    ROLE_AUDITOR = 1 << 5,    /* reads everything except job secrets */
    ROLE_AGENT = 1 << 6,      /* one node's agent */
    ROLE_ACCOUNTING = 1 << 7, /* the accounting service */
};

#define ROLE_COUNT   8
#define ROLE_ANYBODY ((1u << ROLE_COUNT) - 1)
#define ROLE_PEOPLE  (ROLE_USER | ROLE_MANAGER | ROLE_CLUSTER | ROLE_OPERATOR | ROLE_AUDITOR)

/* "researcher", "institution-manager", "cluster-admin", "operator", "auditor", "agent",
 * "accounting", "stranger"; 0 for an unknown text. */
const char *role_name(enum role role);
enum role role_parse(const char *text);

struct principal {
    char *name;        /* of the user, node or service */
    char *institution; /* of a manager; else NULL */
    char *cluster;     /* of a node or a cluster administrator; else NULL */
    unsigned roles;
};

struct identities;

struct identities *identities_new(void);
void identities_free(struct identities *identities);
DEFINE_CLEANUP(struct identities *, identities_free)

/* Forget everybody: for a reader of the database, which then puts them all anew. */
void identities_clear(struct identities *identities);

/* Make or replace a principal; the names are copied.  One with ROLE_AGENT is a node; nodes
 * and people (and services) have names apart.  One without any role may ask for nothing.  The pointer is good for ever. */
const struct principal *identities_put(struct identities *identities,
                                       const struct principal *principal);
const struct principal *identities_find(const struct identities *identities, const char *name,
                                        bool is_node);

/* Bind a key (uid) to a principal that exists.  Refused: a key or uid that another one has
 * (ERROR_CONFLICT) and a key that was revoked (ERROR_DENIED): it never comes back. */
bool identities_bind_key(struct identities *identities, const char *key, const char *name,
                         bool is_node, struct error *err);
bool identities_bind_uid(struct identities *identities, uid_t uid, const char *name,
                         struct error *err);
/* Also of a key not known: it must not be bound later. */

/* More roles for whoever the uid is bound to, on the local socket alone; 0: none any more. */
void identities_raise_uid(struct identities *identities, uid_t uid, unsigned more);

/* The uid is a stranger's again, until it is bound to somebody else. */
void identities_unbind_uid(struct identities *identities, uid_t uid);
void identities_revoke_key(struct identities *identities, const char *key);

/* Is the key let in at a handshake: not revoked. */
bool identities_admit(const struct identities *identities, const char *key);

/* Who sent this; never NULL: a stranger is a principal named "" with ROLE_STRANGER.  An
 * unknown uid on the local socket is a stranger too. */
const struct principal *identities_of(const struct identities *identities,
                                      const struct sender *sender);

#endif
