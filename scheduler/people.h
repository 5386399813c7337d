/* people.h - who is registered: principals, memberships, keys, tokens, uids
 *
 * A copy in memory of what the store has, for the checks of the handlers; what each message may
 * do by its sender's roles is proto/identity.h's business, which this feeds.
 *
 * Owns: its rows (in one arena: what is replaced stays until the end; changes by
 * people are few).  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_PEOPLE_H
#define SCHEDULER_PEOPLE_H

#include "base/digest.h"
#include "base/memory.h"
#include "base/table.h"
#include "scheduler/row.h"

#include <stdbool.h>
#include <stdint.h>

struct person;

/* One person in one project. */
struct membership {
    const char *project;
    bool manager;
    int64_t from_us;
    int64_t until_us;        /* INT64_MAX: no end */
    struct membership *next; /* of the same person */
};

struct person {
    struct principal_row row;
    struct membership *memberships;
};

struct people;

struct people *people_new(void);
void people_free(struct people *people);
DEFINE_CLEANUP(struct people *, people_free)

/* Make or replace; the rows are copied. */
const struct person *people_put(struct people *people, const struct principal_row *row);
void people_join(struct people *people, const struct member_row *row);
/* Memberships end in time: what is asked below is asked as of now_us. */
void people_set_time(struct people *people, int64_t now_us);
bool people_is_member_now(const struct people *people, const struct membership *membership);

/* Until when; false: there is no such membership. */
bool people_end(struct people *people, const char *user, const char *project, int64_t until_us);
void people_put_uid(struct people *people, const struct local_uid_row *row);
const struct public_key_row *people_put_key(struct people *people,
                                            const struct public_key_row *row);
const struct token_row *people_put_token(struct people *people, const struct token_row *row);
void people_put_grant(struct people *people, const struct grant_row *row);

/* NULL when there is none. */
const struct person *people_find(const struct people *people, const char *name, bool is_node);
/* Also one that has ended. */
struct membership *people_any_membership(const struct people *people, const char *user,
                                         const char *project);
const struct membership *people_membership(const struct people *people, const char *user,
                                           const char *project);
const char *people_of_uid(const struct people *people, uint32_t uid);
const struct public_key_row *people_find_key(const struct people *people, const char *key);
const struct token_row *people_find_token(const struct people *people, const struct digest *digest);
const struct grant_row *people_find_grant(const struct people *people, uint64_t id);

/* Walks: *place starts at 0; NULL at the end. */
const struct public_key_row *people_next_key(const struct people *people, size_t *place);
const struct person *people_next_person(const struct people *people, size_t *place);
const struct grant_row *people_next_grant(const struct people *people, size_t *place);

#endif
