/* cmd_enroll.c - tequio enroll: become known to a network by a one-time token */

#include "base/digest.h"
#include "base/file.h"
#include "base/settings.h"
#include "client/command.h"
#include "client/output.h"
#include "client/session.h"
#include "client/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOKEN_BYTES = 32, TOKEN_TEXT = 2 * TOKEN_BYTES + 2 };

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

/* "-": out of standard input, where other users of this machine cannot read it. */
static bool take_token(const char *word, char ret_token[TOKEN_TEXT], struct error *err)
{
    if (strcmp(word, "-") != 0)
        snprintf(ret_token, TOKEN_TEXT, "%s", word);
    else if (!fgets(ret_token, TOKEN_TEXT, stdin))
        return fail(err, ERROR_INVALID, _("no token came from standard input"));
    ret_token[strcspn(ret_token, "\r\n")] = '\0';
    return true;
}

static Wire__Envelope *enrol(struct session *session, const char *token,
                             const struct key_pair *pair, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Enrol body = WIRE__ENROL__INIT;
    Wire__Envelope *answer;
    uint8_t bytes[TOKEN_BYTES];
    char public[SOCKET_KEY_TEXT];

    if (!hex_parse(token, bytes, sizeof(bytes), err)) {
        fail_in(err, _("the token"));
        return NULL;
    }
    memcpy(public, pair->public, sizeof(public));
    body.token = (ProtobufCBinaryData){.len = sizeof(bytes), .data = bytes};
    body.public_key = public;
    ask.body_case = WIRE__ENVELOPE__BODY_ENROL;
    ask.enrol = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_ENROLLED, err);
    memory_wipe(bytes, sizeof(bytes));
    return answer;
}

static void print_enrolled(const Wire__Enrolled *enrolled)
{
    fputs(_("you are "), stdout);
    output_text(enrolled->principal);
    for (size_t i = 0; i < enrolled->n_roles; i++) {
        fputs(i ? ", " : " (", stdout);
        output_text(enrolled->roles[i]);
    }
    puts(enrolled->n_roles ? ")" : "");
}

/* Of a key's characters only ' can be written around all others, "${" among them. */
static void print_line(struct buffer *text, const char *name, const char *address, const char *key)
{
    buffer_print(text, "%s = \"%s\"\n%s-key = '%s'\n", name, address, name, key);
}

/* So that the next command needs no --server, and reports are found; a file that is there is left as
 * it is. */
static bool save(const char *server, const char *server_key, const Wire__Enrolled *enrolled,
                 struct error *err)
{
    CLEANUP(memory_freep) char *path = client_settings_path("client.conf", err);
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error ignored;

    if (!path)
        return false;
    if (access(path, F_OK) == 0)
        return true;
    buffer_init(&text);
    buffer_add_text(&text, "# written by tequio enroll\n");
    print_line(&text, "server", server, server_key);
    if (settings_check_endpoint("accounting", enrolled->accounting, &ignored) &&
        key_text_is_valid(enrolled->accounting_key))
        print_line(&text, "accounting", enrolled->accounting, enrolled->accounting_key);
    if (!file_replace(path, text.bytes, text.length, 0600, err))
        return false;
    fprintf(stderr, _("tequio: wrote %s\n"), path);
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const struct key_pair *pair;
    const char *server;
    char token[TOKEN_TEXT];
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
    if (!take_token(argv[first], token, err))
        return false;
    pair = session_make_key(session, err);
    answer = pair ? enrol(session, token, pair, err) : NULL;
    memory_wipe(token, sizeof(token));
    if (!answer)
        return false;
    print_enrolled(answer->enrolled);
    return arguments.keep || !arguments.server_key ||
           save(server, arguments.server_key, answer->enrolled, err);
}

const struct command cmd_enroll = {
    .name = "enroll",
    .summary = N_("Become known to a network by a one-time token"),
    .operands = N_("TOKEN|-"),
    .options = options,
    .run = run,
};
