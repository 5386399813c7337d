/* main.c - tequio: the command line of the network */

#include "client/commands.h"
#include "client/output.h"
#include "client/session.h"
#include "client/text.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool run_command(const struct global_arguments *arguments, int argc, char **argv,
                        int *ret_status, struct error *err)
{
    CLEANUP(session_freep) struct session *session = session_new(arguments->server);

    if (!commands_run(session, argc, argv, err))
        return false;
    *ret_status = session_status(session);
    return true;
}

static bool run(int argc, char **argv, int *ret_status, struct error *err)
{
    struct global_arguments arguments = {0};
    int first;

    if (!options_read(global_options, argc, argv, &arguments, &first, err))
        return false;
    if (arguments.dump_options) {
        commands_dump();
        return true;
    }
    if (arguments.version) {
        printf("%s\n", PACKAGE_STRING);
        return true;
    }
    if (arguments.help) {
        commands_help();
        return true;
    }
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no command given; `tequio help` lists them"));
    return run_command(&arguments, argc - first, argv + first, ret_status, err);
}

static int complain(const struct error *err)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_escaped(&text, err->text);
    fprintf(stderr, "tequio: %s\n", text.bytes);
    return err->code == ERROR_NONE ? ERROR_INTERNAL : (int)err->code;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    int status = 0;
    bool quiet;

    output_begin();
    if (setlocale(LC_ALL, "")) {
        setlocale(LC_NUMERIC, "C"); /* a point is a point for whoever reads columns */
        bindtextdomain("tequio", LOCALEDIR);
        textdomain("tequio");
    }
    if (argc < 1) /* a caller may give no name at all */
        return ERROR_INVALID;
    if (!run(argc, argv, &status, &err)) {
        fflush(stdout); /* what was found before comes first */
        return complain(&err);
    }
    if (!output_end(&quiet, &err))
        return quiet ? (int)err.code : complain(&err);
    return status;
}
