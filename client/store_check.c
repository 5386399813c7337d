/* store_check.c - ask the scheduler to check its whole database */

#include "client/store_check.h"

#include "base/parse.h"
#include "client/command.h"

Wire__Envelope *store_check_ask(struct session *session, const struct option_rule *options,
                                int argc, char **argv, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StoreCheck body = WIRE__STORE_CHECK__INIT;
    int first;

    if (!command_options(options, argc, argv, NULL, &first, err) ||
        !command_no_operands(argc, argv, first, err))
        return NULL;
    ask.body_case = WIRE__ENVELOPE__BODY_STORE_CHECK;
    ask.store_check = &body;
    return session_ask_waiting(session, &ask, WIRE__ENVELOPE__BODY_STORE_CHECKED, US_PER_HOUR, err);
}

bool store_check_is_good(const Wire__StoreChecked *checked, struct error *err)
{
    size_t count = checked->n_findings;

    if (count == 0)
        return true;
    return fail(err, ERROR_CONFLICT,
                P_("%zu finding in the database", "%zu findings in the database", count), count);
}
