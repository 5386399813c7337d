/* libvirt_main.c - tequio-libvirt: speaks to one libvirt host, for the scheduler
 *
 * Standard input is a socket of the scheduler's (libvirt_talk.h); when it is closed, this ends.
 * A call that hangs ends it, too, so that nothing stays behind of a scheduler that was killed. */

#include "base/file.h"
#include "base/parse.h"
#include "scheduler/cloud/libvirt_host.h"
#include "scheduler/cloud/libvirt_talk.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEDULER STDIN_FILENO

struct question {
    struct provider *provider;
    const struct buffer *message;
    size_t place;
    struct buffer *result; /* behind the error */
};

static bool on_measure(struct question *question, struct error *err)
{
    struct server_size size;

    if (!question->provider->measure(question->provider, &size, err))
        return false;
    talk_add_number(question->result, size.cores);
    talk_add_number(question->result, size.memory_bytes);
    return true;
}

static bool on_list(struct question *question, struct error *err)
{
    CLEANUP(server_list_clear) struct server_list list = {0};

    if (!question->provider->list(question->provider, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        talk_add(question->result, list.all[i].name);
        talk_add(question->result, list.all[i].id);
        talk_add_number(question->result, list.all[i].state);
        talk_add_number(question->result, list.all[i].no_room);
        talk_add(question->result, list.all[i].fault);
    }
    return true;
}

static bool on_make(struct question *question, struct error *err)
{
    const char *name = talk_next(question->message, &question->place);
    const char *user_data = talk_next(question->message, &question->place);
    char id[SERVER_ID_SIZE];

    if (!name || !user_data)
        return fail(err, ERROR_INTERNAL, "a server without a name or user data");
    if (!question->provider->make(question->provider, name, user_data, id, err))
        return false;
    talk_add(question->result, id);
    return true;
}

static bool on_remove(struct question *question, struct error *err)
{
    const char *id = talk_next(question->message, &question->place);

    if (!id)
        return fail(err, ERROR_INTERNAL, "a server without an id");
    return question->provider->remove(question->provider, id, err);
}

static const struct {
    const char *verb;
    bool (*answer)(struct question *question, struct error *err);
} verbs[] = {
    {"measure", on_measure},
    {"list",    on_list   },
    {"make",    on_make   },
    {"remove",  on_remove },
};

static bool answer(struct question *question, struct error *err)
{
    const char *verb = talk_next(question->message, &question->place);

    for (size_t i = 0; verb && i < COUNT_OF(verbs); i++)
        if (strcmp(verbs[i].verb, verb) == 0)
            return verbs[i].answer(question, err);
    return fail(err, ERROR_INTERNAL, "no such question");
}

static bool reply(const struct error *problem, const struct buffer *result, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer message;

    buffer_init(&message);
    talk_add_number(&message, problem ? problem->code : ERROR_NONE);
    talk_add(&message, problem ? problem->text : "");
    if (!problem)
        buffer_add(&message, result->bytes, result->length);
    return talk_send(SCHEDULER, &message, TALK_FOREVER, err);
}

static bool serve_one(struct provider *provider, const struct provider_settings *settings,
                      struct error *err)
{
    CLEANUP(buffer_clear) struct buffer message;
    CLEANUP(buffer_clear) struct buffer result;
    struct question question = {.provider = provider, .message = &message, .result = &result};
    struct error problem;
    bool good;

    buffer_init(&message);
    buffer_init(&result);
    if (!talk_receive(SCHEDULER, &message, TALK_FOREVER, err))
        return false;
    alarm((unsigned)(settings->timeout_us / US_PER_SECOND) + 1); /* nobody waits longer */
    good = answer(&question, &problem);
    memory_wipe(message.bytes, message.length);
    alarm(0);
    return reply(good ? NULL : &problem, &result, err);
}

int main(void)
{
    CLEANUP(buffer_clear) struct buffer message;
    struct provider_settings settings;
    struct provider *provider;
    struct error err;

    buffer_init(&message);
    setsid(); /* no terminal on which ssh could ask for a password */
    signal(SIGPIPE, SIG_IGN);
    if (!talk_receive(SCHEDULER, &message, TALK_FOREVER, &err) ||
        !talk_take_settings(&message, &settings)) {
        fprintf(stderr, "tequio-libvirt is started by tequio-scheduler: see "
                        "tequio-scheduler.conf(5)\n");
        return EXIT_FAILURE;
    }
    provider = libvirt_host_open(&settings);
    if (reply(NULL, &(struct buffer){.bytes = (char[]){""}}, &err))
        while (serve_one(provider, &settings, &err))
            continue;
    provider->free(provider);
    return EXIT_SUCCESS; /* the scheduler has ended, or wants no more */
}
