/* limit_array.c - tequio limit array: how many elements of an array may run at a time */

#include "client/limit_array.h"
#include "base/parse.h"
#include "client/change.h"

#include <strings.h>

static bool read_limit(const char *text, uint32_t *ret_limit, struct error *err)
{
    *ret_limit = 0;
    if (strcasecmp(text, "none") == 0)
        return true;
    return parse_u32(text, 1, UINT32_MAX, ret_limit, err) ||
           fail_in(err, _("how many may run at a time, or none for no limit"));
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct change_arguments arguments = {0};
    struct change change = {.verb = WIRE__JOB_VERB__JOB_VERB_LIMIT, .done = _("job %s limited")};
    int first;

    if (!command_options(change_options, argc, argv, &arguments, &first, err))
        return false;
    if (argc - first < 2)
        return fail(err, ERROR_INVALID, _("write: tequio limit array NUMBER JOB..."));
    change.reason = arguments.reason;
    change.quiet = arguments.quiet;
    return read_limit(argv[first], &change.limit, err) &&
           change_jobs(session, &change, argc - first - 1, argv + first + 1, err);
}

const struct command limit_array = {
    .name = "array",
    .summary = N_("Set how many elements of an array may run at a time"),
    .operands = N_("NUMBER|none JOB..."),
    .options = change_options,
    .run = run,
};
