/* test_identity.c - principals, their roles, and which key speaks for whom */

#include "proto/identity.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <string.h>

static struct principal person(const char *name, unsigned roles)
{
    return (struct principal){.name = (char *)name, .roles = roles};
}

static struct sender with_key(const char *key)
{
    struct sender sender = {.uid = (uid_t)-1};

    snprintf(sender.key, sizeof(sender.key), "%s", key);
    return sender;
}

static struct sender with_uid(uid_t uid)
{
    return (struct sender){.uid = uid};
}

static const char *name_of(const struct identities *identities, struct sender sender)
{
    return identities_of(identities, &sender)->name;
}

static void test_role_names(void)
{
    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1) {
        CU_ASSERT_STRING_NOT_EQUAL(role_name((enum role)role), "unknown");
        CU_ASSERT_EQUAL(role_parse(role_name((enum role)role)), role);
    }
    CU_ASSERT_EQUAL(role_parse("root"), 0);
    CU_ASSERT_EQUAL(role_parse(""), 0);
    CU_ASSERT_EQUAL(role_parse("Researcher"), 0);
    CU_ASSERT_STRING_EQUAL(role_name((enum role)0), "unknown");
    CU_ASSERT_STRING_EQUAL(role_name((enum role)(ROLE_USER | ROLE_AGENT)), "unknown");
}

static void test_nobody_is_a_stranger(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    const struct principal *stranger;
    struct key_pair pair;

    key_pair_make(&pair);
    stranger = identities_of(identities, &(struct sender){.uid = 1000});
    CU_ASSERT_STRING_EQUAL(stranger->name, "");
    CU_ASSERT_EQUAL(stranger->roles, ROLE_STRANGER);
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(pair.public)), "");
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_uid((uid_t)-1)), "");
    CU_ASSERT(identities_admit(identities, pair.public));
}

static void test_key_and_uid_speak_for_whom_they_are_bound_to(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal ana = person("ana", ROLE_USER);
    struct key_pair pair, other;
    struct error err;

    key_pair_make(&pair);
    key_pair_make(&other);
    identities_put(identities, &ana);
    CU_ASSERT(identities_bind_key(identities, pair.public, "ana", false, &err));
    CU_ASSERT(identities_bind_uid(identities, 1000, "ana", &err));
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(pair.public)), "ana");
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_uid(1000)), "ana");
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_uid(1001)), "");
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_uid(0)), "");
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(other.public)), "");

    /* Two keys for one, and the same again, are fine. */
    CU_ASSERT(identities_bind_key(identities, other.public, "ana", false, &err));
    CU_ASSERT(identities_bind_key(identities, other.public, "ana", false, &err));
    CU_ASSERT(identities_bind_uid(identities, 1000, "ana", &err));
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(other.public)), "ana");
}

static void test_uid_does_not_count_beside_a_key(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal ana = person("ana", ROLE_OPERATOR);
    struct sender sender;
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    identities_put(identities, &ana);
    CU_ASSERT(identities_bind_uid(identities, 1000, "ana", &err));
    sender = with_key(pair.public);
    sender.uid = 1000;
    CU_ASSERT_EQUAL(identities_of(identities, &sender)->roles, ROLE_STRANGER);
}

static void test_bind_refuses(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal ana = person("ana", ROLE_USER), luz = person("luz", ROLE_USER);
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    identities_put(identities, &ana);
    identities_put(identities, &luz);
    CU_ASSERT(!identities_bind_key(identities, pair.public, "nobody", false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(!identities_bind_key(identities, pair.public, "ana", true, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(!identities_bind_key(identities, "short", "ana", false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT(!identities_bind_key(identities, "", "ana", false, &err));
    CU_ASSERT(identities_bind_key(identities, pair.public, "ana", false, &err));
    CU_ASSERT(!identities_bind_key(identities, pair.public, "luz", false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(pair.public)), "ana");

    CU_ASSERT(!identities_bind_uid(identities, 5, "nobody", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT(!identities_bind_uid(identities, (uid_t)-1, "ana", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT(identities_bind_uid(identities, 5, "ana", &err));
    CU_ASSERT(!identities_bind_uid(identities, 5, "luz", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
}

static void test_nodes_and_people_have_names_apart(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal node = person("n1", ROLE_AGENT), user = person("n1", ROLE_USER);
    struct key_pair of_node, of_user;
    struct error err;

    node.cluster = (char *)"xiuh";
    key_pair_make(&of_node);
    key_pair_make(&of_user);
    identities_put(identities, &node);
    CU_ASSERT_PTR_NULL(identities_find(identities, "n1", false));
    CU_ASSERT(!identities_bind_uid(identities, 1000, "n1", &err));
    identities_put(identities, &user);
    CU_ASSERT(identities_bind_key(identities, of_node.public, "n1", true, &err));
    CU_ASSERT(identities_bind_key(identities, of_user.public, "n1", false, &err));
    CU_ASSERT_EQUAL(identities_of(identities, &(struct sender){.uid = 7})->roles, ROLE_STRANGER);
    CU_ASSERT_EQUAL(identities_find(identities, "n1", true)->roles, ROLE_AGENT);
    CU_ASSERT_STRING_EQUAL(identities_find(identities, "n1", true)->cluster, "xiuh");
    CU_ASSERT_EQUAL(identities_find(identities, "n1", false)->roles, ROLE_USER);
    CU_ASSERT_PTR_NULL(identities_find(identities, "n1", false)->cluster);
}

static void test_replacing_acts_at_once_and_in_place(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal luz = person("luz", ROLE_USER);
    const struct principal *first, *seen;
    struct sender sender;
    struct key_pair pair;
    struct error err;

    key_pair_make(&pair);
    first = identities_put(identities, &luz);
    CU_ASSERT(identities_bind_key(identities, pair.public, "luz", false, &err));
    sender = with_key(pair.public);
    luz.roles = ROLE_USER | ROLE_MANAGER;
    luz.institution = (char *)"unam";
    CU_ASSERT_PTR_EQUAL(identities_put(identities, &luz), first);
    seen = identities_of(identities, &sender);
    CU_ASSERT_EQUAL(seen->roles, ROLE_USER | ROLE_MANAGER);
    CU_ASSERT_STRING_EQUAL(seen->institution, "unam");

    /* With a copy of itself, as a handler does that changes one thing. */
    luz = *seen;
    luz.roles = ROLE_USER;
    identities_put(identities, &luz);
    CU_ASSERT_STRING_EQUAL(seen->institution, "unam");
    CU_ASSERT_EQUAL(seen->roles, ROLE_USER);
    luz.institution = NULL;
    identities_put(identities, &luz);
    CU_ASSERT_PTR_NULL(identities_find(identities, "luz", false)->institution);
}

static void test_revoked_key_never_comes_back(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    struct principal ana = person("ana", ROLE_OPERATOR);
    struct key_pair bound, unknown, good;
    struct error err;

    key_pair_make(&bound);
    key_pair_make(&unknown);
    key_pair_make(&good);
    identities_put(identities, &ana);
    CU_ASSERT(identities_bind_key(identities, bound.public, "ana", false, &err));
    CU_ASSERT(identities_bind_key(identities, good.public, "ana", false, &err));
    identities_revoke_key(identities, bound.public);
    identities_revoke_key(identities, unknown.public);
    identities_revoke_key(identities, bound.public);
    CU_ASSERT(!identities_admit(identities, bound.public));
    CU_ASSERT(!identities_admit(identities, unknown.public));
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(bound.public)), "");
    CU_ASSERT(!identities_bind_key(identities, bound.public, "ana", false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
    CU_ASSERT(!identities_bind_key(identities, unknown.public, "ana", false, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);

    CU_ASSERT(identities_admit(identities, good.public));
    CU_ASSERT_STRING_EQUAL(name_of(identities, with_key(good.public)), "ana");
}

static void test_many(void)
{
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    char name[32], cluster[32];
    struct error err;

    for (unsigned i = 0; i < 20000; i++) {
        struct principal node = person(name, ROLE_AGENT), user = person(name, ROLE_USER);

        snprintf(name, sizeof(name), "n%05u", i);
        snprintf(cluster, sizeof(cluster), "c%u", i % 7);
        node.cluster = cluster;
        identities_put(identities, &node);
        identities_put(identities, &user);
        CU_ASSERT_FATAL(identities_bind_uid(identities, i, name, &err));
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof(name), "n%05u", i);
        CU_ASSERT_STRING_EQUAL(name_of(identities, with_uid(i)), name);
    }
    CU_ASSERT_STRING_EQUAL(identities_find(identities, "n19999", true)->cluster, "c0");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"roles have names",                        test_role_names                         },
        {"nobody is a stranger",                    test_nobody_is_a_stranger               },
        {"keys and uids speak for their principal",
         test_key_and_uid_speak_for_whom_they_are_bound_to                                  },
        {"a uid does not count beside a key",       test_uid_does_not_count_beside_a_key    },
        {"what cannot be bound is refused",         test_bind_refuses                       },
        {"nodes and people have names apart",       test_nodes_and_people_have_names_apart  },
        {"replacing acts at once and in place",     test_replacing_acts_at_once_and_in_place},
        {"a revoked key never comes back",          test_revoked_key_never_comes_back       },
        {"20,000 of each are found",                test_many                               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("identity", tests);
}
