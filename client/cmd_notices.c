/* cmd_notices.c - tequio notices: which thresholds of grants were crossed, as they are */

#include "client/cells.h"
#include "client/command.h"
#include "client/interrupt.h"
#include "client/session.h"
#include "proto/arena.h"

#include <poll.h>
#include <stdio.h>

#define LOOK_MS 1000

struct arguments {
    const char *institution;
    bool follow;
    struct output_options output;
};

static const struct option_rule options[] = {
    OPTION_TEXT(0, "institution", "NAME", struct arguments, institution, N_("of this institution")),
    OPTION_FLAG('f', "follow", struct arguments, follow,
                N_("go on and print each that comes, until interrupted")),
    OUTPUT_OPTIONS(struct arguments, output),
    OPTION_HELP_LONG,
    OPTION_END,
};

CELL_OF(id, Wire__NoticeView, CELL_NUMBER, id)
CELL_OF(at, Wire__NoticeView, CELL_TIME, at_us)
CELL_OF_TEXT(institution, Wire__NoticeView, institution)
CELL_OF_TEXT(project, Wire__NoticeView, project)
CELL_OF(percent, Wire__NoticeView, CELL_NUMBER, percent)
CELL_OF(granted, Wire__NoticeView, CELL_AMOUNT, granted)
CELL_OF(used, Wire__NoticeView, CELL_AMOUNT, used)
CELL_OF(sent, Wire__NoticeView, CELL_NUMBER, sent)
CELL_OF(waiting, Wire__NoticeView, CELL_NUMBER, waiting)

static const struct column columns[] = {
    {"id",          NULL,      "ID",          0, COLUMN_RIGHT, cell_id         },
    {"at",          "time",    "AT",          0, 0,            cell_at         },
    {"institution", NULL,      "INSTITUTION", 0, COLUMN_CUT,   cell_institution},
    {"project",     "account", "PROJECT",     0, COLUMN_CUT,   cell_project    },
    {"percent",     NULL,      "PERCENT",     0, COLUMN_RIGHT, cell_percent    },
    {"granted",     NULL,      "GRANTED",     0, COLUMN_RIGHT, cell_granted    },
    {"used",        NULL,      "USED",        0, COLUMN_RIGHT, cell_used       },
    {"sent",        NULL,      "SENT",        0, COLUMN_RIGHT, cell_sent       },
    {"waiting",     NULL,      "WAITING",     0, COLUMN_RIGHT, cell_waiting    },
    {NULL,          NULL,      NULL,          0, 0,            NULL            },
};

/* Those behind *after, which is then the last of them. */
static bool print_new(struct session *session, const struct arguments *arguments, uint64_t *after,
                      struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NoticesAsk body = WIRE__NOTICES_ASK__INIT;
    struct output output = {.columns = columns};

    if (arguments->institution)
        body.institution = arena_copy_utf8(arena, arguments->institution);
    body.after = *after;
    ask.body_case = WIRE__ENVELOPE__BODY_NOTICES_ASK;
    ask.notices_ask = &body;
    answer = session_ask_books(session, &ask, WIRE__ENVELOPE__BODY_NOTICE_TABLE, err);
    if (!answer)
        return false;
    output.rows = (const void *const *)answer->notice_table->notices;
    output.count = answer->notice_table->n_notices;
    if (output.count > 0)
        *after = answer->notice_table->notices[output.count - 1]->id;
    else if (*after > 0)
        return true;
    return output_print(&output, &arguments->output, err);
}

/* The titles come once, with the first. */
static bool follow(struct session *session, struct arguments *arguments, struct error *err)
{
    uint64_t after = 0;

    interrupt_block();
    while (interrupt_take() == 0) {
        uint64_t before = after;

        if (!print_new(session, arguments, &after, err))
            return false;
        if (after == before)
            (void)poll(NULL, 0, LOOK_MS);
        arguments->output.no_header = true;
        if (fflush(stdout) != 0)
            return fail_errno(err, _("write to standard output"));
    }
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    uint64_t after = 0;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err) ||
        !command_no_operands(argc, argv, first, err) ||
        !output_check(columns, &arguments.output, err))
        return false;
    if (arguments.follow)
        return follow(session, &arguments, err);
    return print_new(session, &arguments, &after, err);
}

const struct command cmd_notices = {
    .name = "notices",
    .summary = N_("Show which thresholds of grants were crossed"),
    .operands = "",
    .options = options,
    .run = run,
};
