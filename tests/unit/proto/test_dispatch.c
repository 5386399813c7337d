/* test_dispatch.c - who is answered, and who is refused with which words */

#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/envelope.h"
#include "tests/lib/frame.h"
#include "tests/lib/runner.h"
#include "tests/unit/proto/dispatch_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the order of the roles, what became of the message. */
static void try_kind(struct bench *bench, Wire__Envelope__BodyCase kind, const struct handler *row)
{
    struct error err;

    for (unsigned role = 1; role & ROLE_ANYBODY; role <<= 1) {
        unsigned calls = bench->record.calls;
        struct sender from = peer(role, role);
        const Wire__Envelope *answer;

        if (role == ROLE_AGENT) { /* nodes have keys only */
            memset(from.key, 'a', SOCKET_KEY_TEXT - 1);
            identities_bind_key(bench->identities, from.key, "agent", true, &err);
        }
        CU_ASSERT(is_welcome(say_hello(bench, from, 1, 1)));
        answer = say_empty(bench, from, kind);
        if (kind == WIRE__ENVELOPE__BODY_AGENT_HELLO)
            CU_ASSERT(is_failure(answer, ERROR_INVALID, "this program 1 to 1"))
        else if (!row)
            CU_ASSERT(is_failure(answer, ERROR_INVALID, "is not answered here"))
        else if (!(row->roles & role))
            CU_ASSERT(is_failure(answer, ERROR_DENIED, role_name((enum role)role)))
        else
            CU_ASSERT(is_answer(answer))
        CU_ASSERT_EQUAL(bench->record.calls, calls + is_answer(answer));
    }
}

static void test_every_pair_of_kind_and_role(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    for (size_t i = 0; i < envelope_kind_count(); i++) {
        Wire__Envelope__BodyCase kind = envelope_kind(i);
        const struct handler *row = bench_handlers;

        while (row->kind && row->kind != kind)
            row++;
        if (kind != WIRE__ENVELOPE__BODY_HELLO && kind != WIRE__ENVELOPE__BODY_FAILURE)
            try_kind(&bench, kind, row->kind ? row : NULL);
    }
}

static void test_matrix_is_the_golden_one(void)
{
    CLEANUP(buffer_clear) struct buffer matrix, golden;
    char path[4096];
    struct error err;

    buffer_init(&matrix);
    buffer_init(&golden);
    snprintf(path, sizeof(path), "%s/tests/unit/proto/roles.golden", getenv("TEQUIO_SOURCE"));
    CU_ASSERT(file_read(path, 1 << 20, &golden, &err));
    dispatcher_print_matrix(bench_handlers, &matrix);
    CU_ASSERT_STRING_EQUAL(matrix.bytes, golden.bytes);
}

static void test_revocation_acts_on_the_next_message(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender from = peer((uid_t)-1, 1);
    struct key_pair pair;
    struct error err;

    bench_init(&bench);
    key_pair_make(&pair);
    snprintf(from.key, sizeof(from.key), "%s", pair.public);
    CU_ASSERT(identities_bind_key(bench.identities, pair.public, "operator", false, &err));
    CU_ASSERT(is_welcome(say_hello(&bench, from, 1, 1)));
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE)));
    identities_revoke_key(bench.identities, pair.public);
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE), ERROR_DENIED,
                         "revoked"));
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_STATUS_ASK), ERROR_DENIED,
                         "revoked"));
    CU_ASSERT(is_failure(say_hello(&bench, from, 1, 1), ERROR_DENIED, "revoked"));
    CU_ASSERT_EQUAL(bench.record.calls, 1);
}

static void test_new_role_acts_on_the_next_message(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct principal user = {.name = (char *)"researcher", .roles = ROLE_USER | ROLE_OPERATOR};
    struct sender from = peer(ROLE_USER, 1);

    bench_init(&bench);
    say_hello(&bench, from, 1, 1);
    CU_ASSERT(is_failure(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE), ERROR_DENIED,
                         "tequio admin backup is for operator; you are researcher"));
    identities_put(bench.identities, &user);
    CU_ASSERT(is_answer(say_empty(&bench, from, WIRE__ENVELOPE__BODY_BACKUP_MAKE)));
    CU_ASSERT_STRING_EQUAL(bench.record.asker, "researcher");
}

static void test_malformed_frame_is_answered(void)
{
    CLEANUP(bench_clear) struct bench bench;
    CLEANUP(buffer_clear) struct buffer frame;
    const Wire__Envelope *answer;

    bench_init(&bench);
    buffer_init(&frame);
    answer = say_bytes(&bench, peer(ROLE_USER, 1), "GET / HTTP/1.1\r\n\r\n", 18);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL(answer->body_case, WIRE__ENVELOPE__BODY_FAILURE);
    CU_ASSERT_EQUAL(answer->failure->code, ERROR_INVALID);
    CU_ASSERT_EQUAL(answer->request, 0);
    answer = say_bytes(&bench, peer(ROLE_USER, 1), "", 0);
    CU_ASSERT_EQUAL(answer->request, 0);

    frame_number(&frame, 1, 5); /* a version of the future */
    frame_number(&frame, 2, 31);
    frame_block(&frame, WIRE__ENVELOPE__BODY_STATUS_ASK, "", 0);
    CU_ASSERT(is_failure(say_bytes(&bench, peer(ROLE_USER, 1), frame.bytes, frame.length),
                         ERROR_INVALID, "protocol version 5"));
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 3);
    CU_ASSERT_EQUAL(dispatcher_requests(bench.dispatcher), 0);
}

static void test_failure_is_never_answered(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_FAILURE));
    say_hello(&bench, peer(ROLE_USER, 1), 1, 1);
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 1), WIRE__ENVELOPE__BODY_FAILURE));
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 2);
}

static void test_acknowledgement_of_what_was_never_sent(void)
{
    static const Wire__Envelope__BodyCase kinds[] = {
        WIRE__ENVELOPE__BODY_DONE, WIRE__ENVELOPE__BODY_WELCOME, WIRE__ENVELOPE__BODY_PART_REPORTED,
        WIRE__ENVELOPE__BODY_SUBMITTED, WIRE__ENVELOPE__BODY_INVENTORY_VERDICT};
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_OPERATOR, 1), 1, 1);
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_OPERATOR, 1), kinds[i]), ERROR_INVALID,
                             "is not answered here"));
    CU_ASSERT_EQUAL(bench.record.calls, 0);
}

static void test_later(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.later = true;
    CU_ASSERT_PTR_NULL(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT));
    CU_ASSERT_EQUAL(bench.record.calls, 1);
    CU_ASSERT_EQUAL(bench.record.request, 31);
    CU_ASSERT_EQUAL(bench.record.to.uid, ROLE_USER);
    CU_ASSERT_EQUAL(bench.record.to.route_size, 4);
    bench.record.refuse_with = ERROR_EXHAUSTED; /* a refusal is always at once */
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT),
                         ERROR_EXHAUSTED, "not now"));
}

static void test_handler_says_when_to_ask_again(void)
{
    CLEANUP(bench_clear) struct bench bench;
    const Wire__Envelope *answer;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.refuse_with = ERROR_EXHAUSTED;
    bench.record.retry_after_us = 250000;
    answer = say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT);
    CU_ASSERT(is_failure(answer, ERROR_EXHAUSTED, "not now"));
    CU_ASSERT_EQUAL(answer->failure->retry_after_us, 250000);
    CU_ASSERT(!answer->failure->hello);
    CU_ASSERT_EQUAL(dispatcher_refused(bench.dispatcher), 0);
}

static void test_answer_too_large(void)
{
    CLEANUP(bench_clear) struct bench bench;

    bench_init(&bench);
    say_hello(&bench, peer(ROLE_USER, 8), 1, 1);
    bench.record.large = 60000;
    CU_ASSERT(is_answer(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT)));
    CU_ASSERT_EQUAL(bench.decoded->submitted->n_first_ids, 60000);
    bench.record.large = 1000000;
    CU_ASSERT(is_failure(say_empty(&bench, peer(ROLE_USER, 8), WIRE__ENVELOPE__BODY_SUBMIT),
                         ERROR_EXHAUSTED, "ask for less"));
}

static void test_epoch_is_on_every_answer(void)
{
    CLEANUP(bench_clear) struct bench bench;
    struct sender from = peer(ROLE_USER, 1);

    bench_init(&bench);
    dispatcher_set_epoch(bench.dispatcher, 12);
    CU_ASSERT_EQUAL(say_empty(&bench, from, WIRE__ENVELOPE__BODY_SUBMIT)->epoch, 12);
    CU_ASSERT_EQUAL(say_hello(&bench, from, 1, 1)->epoch, 12);
    CU_ASSERT_EQUAL(say_empty(&bench, from, WIRE__ENVELOPE__BODY_SUBMIT)->epoch, 12);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"every pair of kind and role",         test_every_pair_of_kind_and_role           },
        {"the matrix is the golden one",        test_matrix_is_the_golden_one              },
        {"revocation acts on the next message", test_revocation_acts_on_the_next_message   },
        {"a new role acts on the next message", test_new_role_acts_on_the_next_message     },
        {"a malformed frame is answered",       test_malformed_frame_is_answered           },
        {"a failure is never answered",         test_failure_is_never_answered             },
        {"acknowledging what was never sent",   test_acknowledgement_of_what_was_never_sent},
        {"a handler may answer later",          test_later                                 },
        {"a handler says when to ask again",    test_handler_says_when_to_ask_again        },
        {"an answer too large is a failure",    test_answer_too_large                      },
        {"the epoch is on every answer",        test_epoch_is_on_every_answer              },
        CU_TEST_INFO_NULL,
    };

    return run_suite("dispatch", tests);
}
