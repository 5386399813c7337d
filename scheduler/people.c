/* people.c - who is registered: principals, memberships, keys, tokens, uids */

#include "scheduler/people.h"

#include <stdlib.h>
#include <string.h>

struct people {
    struct arena *arena;
    struct table *persons; /* by name: users and services */
    struct table *nodes;   /* by name */
    struct table *keys;    /* struct public_key_row, by Z85 text */
    struct table *tokens;  /* struct token_row, by digest */
    struct table *uids;    /* names, by uid */
    struct table *grants;  /* struct grant_row, by id */
    int64_t now_us;
};

struct people *people_new(void)
{
    struct people *people = NEW(struct people);

    people->arena = arena_new();
    people->persons = table_new();
    people->nodes = table_new();
    people->keys = table_new();
    people->tokens = table_new();
    people->uids = table_new();
    people->grants = table_new();
    return people;
}

void people_free(struct people *people)
{
    if (!people)
        return;
    table_free(people->persons);
    table_free(people->nodes);
    table_free(people->keys);
    table_free(people->tokens);
    table_free(people->uids);
    table_free(people->grants);
    arena_free(people->arena);
    free(people);
}

static struct person *find_person(const struct people *people, const char *name, bool is_node)
{
    return table_get_text(is_node ? people->nodes : people->persons, name);
}

const struct person *people_put(struct people *people, const struct principal_row *row)
{
    const struct row from = {.kind = ROW_PRINCIPAL, .principal = *row};
    struct person *person = find_person(people, row->name, row->is_node);
    struct row copy;

    row_copy(&copy, &from, people->arena);
    if (!person) {
        person = ARENA_NEW(people->arena, struct person);
        table_put_text(row->is_node ? people->nodes : people->persons, row->name, person);
    }
    person->row = copy.principal;
    return person;
}

void people_join(struct people *people, const struct member_row *row)
{
    struct person *person = find_person(people, row->user, false);
    struct membership *membership;

    if (!person)
        return; /* a member that is no principal cannot speak */
    for (membership = person->memberships; membership; membership = membership->next)
        if (strcmp(membership->project, row->project) == 0) {
            membership->manager = row->manager;
            membership->until_us = INT64_MAX;
            return;
        }
    membership = ARENA_NEW(people->arena, struct membership);
    membership->project = arena_copy(people->arena, row->project);
    membership->manager = row->manager;
    membership->from_us = row->from_us;
    membership->until_us = INT64_MAX;
    membership->next = person->memberships;
    person->memberships = membership;
}

void people_set_time(struct people *people, int64_t now_us)
{
    people->now_us = now_us;
}

bool people_is_member_now(const struct people *people, const struct membership *membership)
{
    return membership->until_us > people->now_us;
}

bool people_end(struct people *people, const char *user, const char *project, int64_t until_us)
{
    struct membership *membership = people_any_membership(people, user, project);

    if (membership)
        membership->until_us = until_us;
    return membership != NULL;
}

void people_put_uid(struct people *people, const struct local_uid_row *row)
{
    table_put_number(people->uids, (uint64_t)row->uid, arena_copy(people->arena, row->name));
}

const struct public_key_row *people_put_key(struct people *people, const struct public_key_row *row)
{
    const struct row from = {.kind = ROW_PUBLIC_KEY, .public_key = *row};
    struct row *copy = ARENA_NEW(people->arena, struct row);

    row_copy(copy, &from, people->arena);
    table_put_text(people->keys, row->public_key, &copy->public_key);
    return &copy->public_key;
}

const struct token_row *people_put_token(struct people *people, const struct token_row *row)
{
    const struct row from = {.kind = ROW_TOKEN, .token = *row};
    struct row *copy = ARENA_NEW(people->arena, struct row);

    row_copy(copy, &from, people->arena);
    table_put(people->tokens, row->digest.bytes, row->digest.size, &copy->token);
    return &copy->token;
}

void people_put_grant(struct people *people, const struct grant_row *row)
{
    const struct row from = {.kind = ROW_GRANT, .grant = *row};
    struct row *copy = ARENA_NEW(people->arena, struct row);

    row_copy(copy, &from, people->arena);
    table_put_number(people->grants, (uint64_t)row->id, &copy->grant);
}

const struct person *people_find(const struct people *people, const char *name, bool is_node)
{
    return find_person(people, name, is_node);
}

struct membership *people_any_membership(const struct people *people, const char *user,
                                         const char *project)
{
    const struct person *person = find_person(people, user, false);

    for (struct membership *each = person ? person->memberships : NULL; each; each = each->next)
        if (strcmp(each->project, project) == 0)
            return each;
    return NULL;
}

const struct membership *people_membership(const struct people *people, const char *user,
                                           const char *project)
{
    const struct membership *membership = people_any_membership(people, user, project);

    return membership && people_is_member_now(people, membership) ? membership : NULL;
}

const char *people_of_uid(const struct people *people, uint32_t uid)
{
    return table_get_number(people->uids, uid);
}

const struct public_key_row *people_find_key(const struct people *people, const char *key)
{
    return table_get_text(people->keys, key);
}

const struct token_row *people_find_token(const struct people *people, const struct digest *digest)
{
    return table_get(people->tokens, digest->bytes, sizeof(digest->bytes));
}

const struct grant_row *people_find_grant(const struct people *people, uint64_t id)
{
    return table_get_number(people->grants, id);
}

const struct public_key_row *people_next_key(const struct people *people, size_t *place)
{
    return table_next(people->keys, place);
}

const struct grant_row *people_next_grant(const struct people *people, size_t *place)
{
    return table_next(people->grants, place);
}

const struct person *people_next_person(const struct people *people, size_t *place)
{
    return table_next(people->persons, place);
}
