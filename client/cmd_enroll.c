/* cmd_enroll.c - tequio enroll: become known to a network by a one-time token */

#include "base/digest.h"
#include "base/file.h"
#include "client/command.h"
#include "client/output.h"
#include "client/session.h"
#include "client/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_BYTES = 32 };

struct arguments {
    const char *server_key;
    bool keep;
};

static const struct option_rule options[] = {
    OPTION_TEXT('k', "server-key", "KEY", struct arguments, server_key,
                N_("the scheduler's public key, as its administrator gave it")),
    OPTION_FLAG(0, "no-save", struct arguments, keep,
                N_("do not write server and key to client.conf")),
    OPTION_HELP,
    OPTION_END,
};

static bool enrol(struct session *session, const char *token, const struct key_pair *pair,
                  struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Enrol body = WIRE__ENROL__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    uint8_t bytes[TOKEN_BYTES];
    char public[SOCKET_KEY_TEXT];

    if (!hex_parse(token, bytes, sizeof(bytes), err))
        return fail_in(err, _("the token"));
    memcpy(public, pair->public, sizeof(public));
    body.token = (ProtobufCBinaryData){.len = sizeof(bytes), .data = bytes};
    body.public_key = public;
    ask.body_case = WIRE__ENVELOPE__BODY_ENROL;
    ask.enrol = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_ENROLLED, err);
    memory_wipe(bytes, sizeof(bytes));
    if (!answer)
        return false;
    fputs(_("you are "), stdout);
    output_text(answer->enrolled->principal);
    for (size_t i = 0; i < answer->enrolled->n_roles; i++) {
        fputs(i ? ", " : " (", stdout);
        output_text(answer->enrolled->roles[i]);
    }
    puts(answer->enrolled->n_roles ? ")" : "");
    return true;
}

/* So that the next command needs no --server; a file that is there is left as it is. */
static bool save(const char *server, const char *server_key, struct error *err)
{
    CLEANUP(memory_freep) char *path = client_settings_path("client.conf", err);
    CLEANUP(memory_freep) char *text = NULL;

    if (!path)
        return false;
    if (access(path, F_OK) == 0)
        return true;
    /* Of a key's characters only ' can be written around all others, "${" among them. */
    text = memory_format("# written by tequio enroll\nserver = \"%s\"\nserver-key = '%s'\n", server,
                         server_key);
    if (!file_replace(path, text, strlen(text), 0600, err))
        return false;
    fprintf(stderr, _("tequio: wrote %s\n"), path);
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    const struct key_pair *pair;
    const char *server;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no token given: your institution has one for you"));
    if (!command_no_operands(argc, argv, first + 1, err))
        return false;
    server = session_server(session, err);
    if (!server)
        return false;
    if (strncmp(server, "ipc://", 6) == 0)
        return fail(
            err, ERROR_INVALID,
            _("on a local socket nobody needs a key; --server tcp://... says where to enrol"));
    if (arguments.server_key && !key_text_is_valid(arguments.server_key))
        return fail(err, ERROR_INVALID, _("%s is not a public key: 40 characters of Z85"),
                    "--server-key");
    session_pin(session, arguments.server_key);
    pair = session_make_key(session, err);
    if (!pair || !enrol(session, argv[first], pair, err))
        return false;
    return arguments.keep || !arguments.server_key || save(server, arguments.server_key, err);
}

const struct command cmd_enroll = {
    .name = "enroll",
    .summary = N_("Become known to a network by a one-time token"),
    .operands = N_("TOKEN"),
    .options = options,
    .run = run,
};
