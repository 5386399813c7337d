/* slurm_call.c - Slurm's commands, called as the gateway calls them */

#include "agent/gateway/slurm_call.h"

#include "agent/gateway/slurm_text.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void slurm_caller_init(struct slurm_caller *caller, struct loop *loop,
                       const struct gateway_settings *settings)
{
    const struct passwd *account = getpwuid(geteuid());
    size_t count = 0;

    *caller = (struct slurm_caller){.loop = loop, .settings = settings};
    caller->environment[count++] =
        memory_format("PATH=%s:/usr/local/bin:/usr/bin:/bin", settings->commands);
    caller->environment[count++] = memory_copy("SLURM_TIME_FORMAT=" SLURM_TIME_FORMAT);
    caller->environment[count++] = memory_copy("LC_ALL=C");
    if (settings->slurm_conf)
        caller->environment[count++] = memory_format("SLURM_CONF=%s", settings->slurm_conf);
    if (account) {
        caller->environment[count++] = memory_format("HOME=%s", account->pw_dir);
        caller->environment[count++] = memory_format("USER=%s", account->pw_name);
        caller->environment[count++] = memory_format("LOGNAME=%s", account->pw_name);
    }
}

void slurm_caller_clear(struct slurm_caller *caller)
{
    for (size_t i = 0; i < COUNT_OF(caller->environment); i++)
        free(caller->environment[i]);
    *caller = (struct slurm_caller){0};
}

struct command *slurm_call(const struct slurm_caller *caller, const char *program,
                           const char *const *arguments, command_fn *on_end, void *owner)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", caller->settings->commands, program);
    CLEANUP(memory_freep) const char **all = NULL;
    struct command_request request = {
        .environment = (const char *const *)caller->environment,
        .most_us = caller->settings->timeout_us,
        .on_end = on_end,
        .owner = owner,
    };
    size_t count = 0;

    while (arguments[count])
        count++;
    all = NEW_ARRAY(const char *, count + 2);
    all[0] = path;
    for (size_t i = 0; i < count; i++)
        all[1 + i] = arguments[i];
    request.arguments = all;
    return command_start(caller->loop, &request);
}

bool slurm_is_away(const char *words)
{
    static const char *const signs[] = {
        "Unable to contact slurm controller",
        "Unable to establish controller machine",
        "Socket timed out",
        "Zero Bytes were transmitted",
        "Connection refused",
        "Unexpected message received",
        "Slurm backup controller in standby mode",
        "temporarily unable to accept job",
        "Resource temporarily unavailable",
        "Munge encode failed",
        "Invalid authentication credential",
        "did not end within",
        "ended with signal",
    };

    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (strstr(words, signs[i]))
            return true;
    return false;
}
