/* enrol.c - make the agent's key known, with a one-time token */

#include "agent/enrol.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "proto/channel.h"

#include <string.h>
#include <unistd.h>

#define TOKEN_BYTES    32
#define TOKEN_FILE_MAX 4096
#define TIMEOUT_US     (30 * US_PER_SECOND)

bool enrol_key(const struct agent_settings *settings, struct key_pair *ret_pair, struct error *err)
{
    if (access(settings->key_file, F_OK) == 0)
        return key_pair_read(settings->key_file, ret_pair, err);
    key_pair_make(ret_pair);
    return key_pair_write(settings->key_file, ret_pair, err);
}

bool enrol_with(const struct agent_settings *settings, const struct key_pair *pair,
                const char *token, struct error *err)
{
    CLEANUP(channel_freep) struct channel *channel = NULL;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__Enrol enrol = WIRE__ENROL__INIT;
    uint8_t bytes[TOKEN_BYTES];

    if (!hex_parse(token, bytes, sizeof(bytes), err))
        return fail_in(err, "token");
    channel = channel_open(settings->scheduler, pair, settings->scheduler_key,
                           "tequio-agent " PACKAGE_VERSION, err);
    if (!channel)
        return false;
    enrol.token = (ProtobufCBinaryData){.len = sizeof(bytes), .data = bytes};
    enrol.public_key = (char *)pair->public;
    envelope.body_case = WIRE__ENVELOPE__BODY_ENROL;
    envelope.enrol = &enrol;
    answer = channel_ask(channel, &envelope, WIRE__ENVELOPE__BODY_ENROLLED, TIMEOUT_US, err);
    memory_wipe(bytes, sizeof(bytes));
    if (!answer)
        return fail_in(err, "enrolment");
    if (strcmp(answer->enrolled->principal, settings->node) != 0)
        return fail(
            err, ERROR_CONFLICT,
            "the token was for node %.64s, but this is %s, and its key is that node's now: set "
            "node in the configuration, or remove %s and enrol a new key with another token",
            answer->enrolled->principal, settings->node, settings->key_file);
    return true;
}

bool enrol_from_file(const struct agent_settings *settings, const struct key_pair *pair,
                     struct error *err)
{
    CLEANUP(memory_freep) char *done = memory_format("%s/enrolled", settings->state_directory);
    CLEANUP(buffer_clear) struct buffer token = {0};

    if (!settings->token_file || access(done, F_OK) == 0)
        return true;
    buffer_init(&token);
    if (!file_read(settings->token_file, TOKEN_FILE_MAX, &token, err))
        return fail_in(err, "token-file");
    token.bytes[strcspn(token.bytes, " \t\r\n")] = '\0';
    if (!enrol_with(settings, pair, token.bytes, err))
        return fail_in(err, "%s", settings->token_file);
    return file_replace(done, pair->public, strlen(pair->public), 0644, err);
}
