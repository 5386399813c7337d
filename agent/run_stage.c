/* run_stage.c - what is brought before a job's script, and carried away after it */

#include "agent/run.h"

#include "agent/stage_item.h"
#include "base/base64.h"
#include "proto/staging.h"

#include <inttypes.h>

bool run_check_stages(const struct agent *agent, const Wire__PartLaunch *launch, struct error *err)
{
    if (launch->n_stage_in == 0 && launch->n_stage_out == 0)
        return true;
    if (agent->facts.lent)
        return fail(err, ERROR_INVALID,
                    "--stage-in and --stage-out: node %s is lent by a cluster with a scheduler of "
                    "its own, where no files are brought",
                    agent->facts.node);
    return staging_check(launch->stage_in, launch->n_stage_in, launch->stage_out,
                         launch->n_stage_out, err);
}

static void set_items(struct environment *environment, const char *prefix,
                      Wire__StageItem *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(memory_freep) char *name = memory_format("%s%zu", prefix, i + 1);

        CLEANUP(buffer_clear) struct buffer content;

        buffer_init(&content);
        if (items[i]->content.len > 0)
            base64_print(items[i]->content.data, items[i]->content.len, &content);
        environment_set(environment, name, "%s\n%s\n%s\n%s\n%s", items[i]->path, items[i]->url,
                        items[i]->digest, items[i]->executable ? "x" : "-", content.bytes);
    }
}

char *run_set_stages(const struct agent *agent, const Wire__PartLaunch *launch,
                     struct environment *environment)
{
    const struct agent_facts *facts = &agent->facts;

    if (!launch || (launch->n_stage_in == 0 && launch->n_stage_out == 0))
        return NULL;
    set_items(environment, STAGE_IN, launch->stage_in, launch->n_stage_in);
    set_items(environment, STAGE_OUT, launch->stage_out, launch->n_stage_out);
    if (facts->stage_protocols)
        environment_set(environment, STAGE_PROTOCOLS, "%s", facts->stage_protocols);
    if (facts->stage_bytes > 0)
        environment_set(environment, STAGE_BYTES, "%" PRIu64, facts->stage_bytes);
    if (facts->stage_silence_s > 0)
        environment_set(environment, STAGE_SILENCE, "%" PRIu32, facts->stage_silence_s);
    return memory_format("%s/tequio-stage", facts->libexec);
}
