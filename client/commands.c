/* commands.c - the commands of tequio: finding, running, explaining */

#include "client/commands.h"

#include "base/memory.h"
#include "base/parse.h"
#include "client/external.h"
#include "client/output.h"
#include "client/output_inside.h"
#include "client/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_WIDTH 80

extern const struct command cmd_admin, cmd_attach, cmd_audit, cmd_cancel, cmd_clusters,
    cmd_completion, cmd_drain, cmd_enroll, cmd_fetch, cmd_grant, cmd_help, cmd_history, cmd_hold,
    cmd_institution, cmd_key, cmd_limit, cmd_logs, cmd_nodes, cmd_notices, cmd_priority,
    cmd_privacy, cmd_project, cmd_qos, cmd_queue, cmd_quota, cmd_rate, cmd_refund, cmd_release,
    cmd_report, cmd_requeue, cmd_reservation, cmd_resume, cmd_run, cmd_share, cmd_show, cmd_submit,
    cmd_suspend, cmd_usage, cmd_user, cmd_version, cmd_wait, cmd_why;

const struct command *const commands[] = {
    &cmd_admin,       /* admin */
    &cmd_attach,      /* attach */
    &cmd_audit,       /* audit */
    &cmd_cancel,      /* cancel */
    &cmd_clusters,    /* clusters */
    &cmd_completion,  /* completion */
    &cmd_drain,       /* drain */
    &cmd_enroll,      /* enroll */
    &cmd_fetch,       /* fetch */
    &cmd_grant,       /* grant */
    &cmd_help,        /* help */
    &cmd_history,     /* history */
    &cmd_hold,        /* hold */
    &cmd_institution, /* institution */
    &cmd_key,         /* key */
    &cmd_limit,       /* limit */
    &cmd_logs,        /* logs */
    &cmd_nodes,       /* nodes */
    &cmd_notices,     /* notices */
    &cmd_priority,    /* priority */
    &cmd_privacy,     /* privacy */
    &cmd_project,     /* project */
    &cmd_qos,         /* qos */
    &cmd_queue,       /* queue */
    &cmd_quota,       /* quota */
    &cmd_rate,        /* rate */
    &cmd_refund,      /* refund */
    &cmd_release,     /* release */
    &cmd_report,      /* report */
    &cmd_requeue,     /* requeue */
    &cmd_reservation, /* reservation */
    &cmd_resume,      /* resume */
    &cmd_run,         /* run */
    &cmd_share,       /* share */
    &cmd_show,        /* show */
    &cmd_submit,      /* submit */
    &cmd_suspend,     /* suspend */
    &cmd_usage,       /* usage */
    &cmd_user,        /* user */
    &cmd_version,     /* version */
    &cmd_wait,        /* wait */
    &cmd_why,         /* why */
    NULL,
};

const struct option_rule global_options[] = {
    OPTION_TEXT('s', "server", "ENDPOINT", struct global_arguments, server,
                N_("ask this scheduler: ipc:///PATH or tcp://ADDRESS:PORT")),
    OPTION_FLAG('V', "version", struct global_arguments, version, N_("print the version and end")),
    OPTION_FLAG('h', "help", struct global_arguments, help, N_("show this help and end")),
    OPTION_FLAG(0, "dump-options", struct global_arguments, dump_options, NULL),
    OPTION_END,
};

bool option_help(void *place, const char *text, struct error *err)
{
    (void)place;
    (void)text;
    return fail(err, ERROR_NONE, "help");
}

bool command_options(const struct option_rule *rules, int argc, char **argv, void *place,
                     int *ret_first, struct error *err)
{
    CLEANUP(memory_freep) char **operands = NEW_ARRAY(char *, (size_t)argc + 1);
    int count = 0, start = 0;
    char nowhere;

    if (!place) /* a table of --help alone sets nothing, but has a place */
        place = &nowhere;
    while (start < argc) {
        int first;

        if (!options_read(rules, argc - start, argv + start, place, &first, err)) {
            refusal_translate(err);
            return false;
        }
        first += start;
        if (first - 1 > start && first < argc && strcmp(argv[first - 1], "--") == 0) {
            for (; first < argc; first++)
                operands[count++] = argv[first];
            break;
        }
        if (first < argc)
            operands[count++] = argv[first];
        start = first;
    }
    *ret_first = argc - count;
    memcpy(argv + *ret_first, operands, (size_t)count * sizeof(char *));
    return true;
}

bool command_no_operands(int argc, char **argv, int first, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (first == argc)
        return true;
    return fail(err, ERROR_INVALID, _("%s is left over: no operand is expected"),
                text_show(argv[first], shown));
}

/* --- finding -------------------------------------------------------------------------------- */

static int compare(const void *name, const void *place)
{
    return strcmp(name, (*(const struct command *const *)place)->name);
}

const struct command *commands_find(const char *name)
{
    const struct command *const *found;

    if (strcmp(name, "enrol") == 0)
        name = "enroll";
    found = bsearch(name, commands, COUNT_OF(commands) - 1, sizeof(commands[0]), compare);
    return found ? *found : NULL;
}

static const struct command *find_child(const struct command *command, const char *name)
{
    for (const struct command *const *child = command->children; *child; child++)
        if (strcmp((*child)->name, name) == 0)
            return *child;
    return NULL;
}

static bool fail_unknown(const char *prefix, const char *name, const struct command *const *among,
                         struct error *err)
{
    CLEANUP(externals_clear) struct externals externals = {0};
    const char *names[64] = {0};
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;
    size_t count = 0;

    if (among == commands)
        externals_find(&externals);
    for (; count < COUNT_OF(names) - 1 && among[count]; count++)
        names[count] = among[count]->name;
    for (size_t i = 0; count < COUNT_OF(names) - 1 && i < externals.count; i++)
        names[count++] = externals.list[i].name;
    nearest = nearest_name(name, names);
    if (nearest)
        return fail(err, ERROR_INVALID, _("unknown command %s: did you mean `tequio %s%s`?"),
                    text_show(name, shown), prefix, nearest);
    return fail(err, ERROR_INVALID, _("unknown command %s; `tequio %s--help` lists them"),
                text_show(name, shown), prefix);
}

/* --- help ----------------------------------------------------------------------------------- */

static int help_width(void)
{
    size_t width = output_terminal_width();

    return width > 0 && width < HELP_WIDTH ? (int)width : HELP_WIDTH;
}

/* Rows without a text are understood, but not offered. */
static void print_options(const struct option_rule *rules)
{
    CLEANUP(memory_freep) struct option_rule *shown = NULL;
    size_t count = 0;

    for (; rules->set; rules++) {
        if (!rules->help)
            continue;
        shown = memory_resize(shown, count + 2, sizeof(*shown));
        shown[count++] = *rules;
        shown[count] = (struct option_rule)OPTION_END;
    }
    if (count > 0)
        options_print(shown, help_width(), gettext);
}

static void print_list(const struct command *const *list)
{
    int width = 0;

    for (const struct command *const *command = list; *command; command++)
        if ((int)strlen((*command)->name) > width)
            width = (int)strlen((*command)->name);
    for (const struct command *const *command = list; *command; command++)
        printf("  %-*s  %s\n", width, (*command)->name, _((*command)->summary));
}

static void print_externals(void)
{
    CLEANUP(externals_clear) struct externals externals;

    externals_find(&externals);
    if (externals.count > 0)
        printf("\n%s\n", _("Programs that are commands too:"));
    for (size_t i = 0; i < externals.count; i++)
        printf("  %-10s  %s\n", externals.list[i].name, _(externals.list[i].summary));
}

void commands_help(void)
{
    printf("%s\n\n%s\n", _("Usage: tequio [OPTION...] COMMAND [ARGUMENT...]"), _("Commands:"));
    print_list(commands);
    print_externals();
    printf("\n%s\n", _("Options before the command:"));
    print_options(global_options);
    printf("\n%s\n", _("`tequio help COMMAND` tells more, and so does `man tequio-COMMAND`."));
}

/* path: the names before the command's own, each with a space behind. */
static void print_help(const char *path, const struct command *command)
{
    if (command->children) {
        printf(_("Usage: tequio %s%s COMMAND [ARGUMENT...]\n"), path, command->name);
        printf("\n%s\n\n", _(command->summary));
        print_list(command->children);
        return;
    }
    printf(_("Usage: tequio %s%s [OPTION...]"), path, command->name);
    printf("%s%s\n\n%s\n\n", *command->operands ? " " : "",
           *command->operands ? _(command->operands) : "", _(command->summary));
    print_options(command->options);
}

/* A program of its own tells itself how it is used. */
static bool help_external(char *name, struct error *err)
{
    char option[] = "--help";
    char *words[] = {name, option, NULL};

    if (external_run(words, err) || err->code != ERROR_NOT_FOUND)
        return false;
    return fail_unknown("", name, commands, err);
}

bool commands_help_on(int argc, char **argv, struct error *err)
{
    const struct command *command = commands_find(argv[0]);
    CLEANUP(buffer_clear) struct buffer path = {0};

    if (!command)
        return help_external(argv[0], err);
    buffer_init(&path);
    for (int i = 1; i < argc && command->children; i++) {
        const struct command *child = find_child(command, argv[i]);

        buffer_print(&path, "%s ", command->name);
        if (!child)
            return fail_unknown(path.bytes, argv[i], command->children, err);
        command = child;
    }
    print_help(path.bytes, command);
    return true;
}

/* --- running -------------------------------------------------------------------------------- */

static bool is_help(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0 || strcmp(text, "help") == 0;
}

/* A command of commands: the next word chooses. */
static bool run_child(const struct command **place, struct buffer *path, int argc, char **argv,
                      struct error *err)
{
    const struct command *command = *place, *child;

    if (argc < 2)
        return fail(err, ERROR_INVALID, _("no command given; `tequio %s%s --help` lists them"),
                    path->bytes, command->name);
    if (is_help(argv[1]))
        return fail(err, ERROR_NONE, "help");
    child = find_child(command, argv[1]);
    buffer_print(path, "%s ", command->name);
    if (!child)
        return fail_unknown(path->bytes, argv[1], command->children, err);
    *place = child;
    return true;
}

bool commands_run(struct session *session, int argc, char **argv, struct error *err)
{
    const struct command *command = commands_find(argv[0]);
    CLEANUP(buffer_clear) struct buffer path = {0};
    bool good = true;

    if (!command && !external_run(argv, err))
        return err->code == ERROR_NOT_FOUND ? fail_unknown("", argv[0], commands, err) : false;
    if (!command)
        return true;
    buffer_init(&path);
    while (good && command->children) {
        good = run_child(&command, &path, argc, argv, err);
        argc--;
        argv++;
    }
    good = good && command->run(session, argc, argv, err);
    if (good || err->code != ERROR_NONE)
        return good;
    print_help(path.bytes, command);
    return true;
}

/* --- for tests/lint ------------------------------------------------------------------------- */

static void dump(const char *name, const struct option_rule *rule)
{
    for (; rule->set; rule++)
        if (rule->help)
            printf("%s\t%s%c\t--%s\t%s\n", name, rule->letter ? "-" : "",
                   rule->letter ? rule->letter : ' ', rule->name,
                   rule->argument ? rule->argument : "");
}

/* What a command's commands take is on its own page. */
static void dump_command(const char *name, const struct command *command)
{
    if (command->options)
        dump(name, command->options);
    if (command->children)
        for (const struct command *const *child = command->children; *child; child++)
            dump_command(name, *child);
}

void commands_dump(void)
{
    for (const struct command *const *command = commands; *command; command++)
        dump_command((*command)->name, *command);
}
