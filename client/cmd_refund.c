/* cmd_refund.c - tequio refund: give back what an ended job was charged */

#include "base/parse.h"
#include "client/command.h"
#include "client/session.h"
#include "client/setters.h"
#include "proto/arena.h"

#include <stdio.h>

struct arguments {
    int64_t amount;
    const char *reason;
};

static const struct option_rule options[] = {
    OPTION_WITH('n', "amount", "AMOUNT", struct arguments, amount, set_amount,
                N_("service units; all that is left of the charge when not given")),
    OPTION_TEXT('r', "reason", "TEXT", struct arguments, reason, N_("why, for the books")),
    OPTION_HELP,
    OPTION_END,
};

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Refund body = WIRE__REFUND__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct arguments arguments = {0};
    uint8_t key[SESSION_KEY_SIZE];
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no job given"));
    if (!command_no_operands(argc, argv, first + 1, err) ||
        !parse_u64(argv[first], 1, INT64_MAX, &body.job, err) ||
        !is_given(arguments.reason, "--reason", err))
        return false;
    body.key = session_new_key(key);
    body.amount = arguments.amount;
    body.reason = arena_copy_utf8(arena, arguments.reason);
    ask.body_case = WIRE__ENVELOPE__BODY_REFUND;
    ask.refund = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_DONE, err);
    return answer != NULL;
}

const struct command cmd_refund = {
    .name = "refund",
    .summary = N_("Give back what an ended job was charged"),
    .operands = N_("JOB"),
    .options = options,
    .run = run,
};
