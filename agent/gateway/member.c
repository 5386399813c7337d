/* member.c - a lent node as the network knows it: its key, its door, its agent */

#include "agent/gateway/member.h"

#include "agent/agent.h"
#include "agent/enrol.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hostlist.h"
#include "base/parse.h"
#include "base/random.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER_MODE       0700
#define MESSAGES_PER_TURN 64

struct member {
    const struct member_site *site;
    struct agent_settings settings; /* those of an agent that its key is enrolled by */
    struct slurm_node node;
    struct key_pair pair;
    struct topology *topology;
    struct runtime runtime;
    struct socket *scheduler;
    struct agent *agent;
};

static bool to_scheduler(void *state, const void *bytes, size_t size)
{
    const struct member *member = state;

    return socket_send(member->scheduler, NULL, bytes, size);
}

static void dial_again(void *state)
{
    const struct member *member = state;

    socket_dial_again(member->scheduler);
}

/* Nobody is on the local socket of a node that is not this machine. */
static bool to_local(void *state, const struct sender *to, const void *bytes, size_t size)
{
    (void)state;
    (void)to;
    (void)bytes;
    (void)size;
    return false;
}

static void on_scheduler(void *owner)
{
    struct member *member = owner;
    struct sender sender;
    uint8_t *bytes;
    size_t size;

    for (int i = 0; i < MESSAGES_PER_TURN; i++) {
        if (socket_receive(member->scheduler, &sender, &bytes, &size) != 1)
            return;
        agent_from_scheduler(member->agent, bytes, size);
        free(bytes);
    }
}

static uint32_t all_cores(const struct member *member)
{
    return member->node.sockets * member->node.cores_each;
}

uint32_t member_cores(const struct member *member)
{
    uint32_t most = member->site->settings->cores;

    return all_cores(member) < most ? all_cores(member) : most;
}

uint64_t member_memory(const struct member *member)
{
    uint64_t most = member->site->settings->memory_bytes;

    return most > 0 && most < member->node.memory_bytes ? most : member->node.memory_bytes;
}

const char *member_name(const struct member *member)
{
    return member->settings.node;
}

static void fill_settings(struct member *member)
{
    const struct gateway_settings *from = member->site->settings;
    struct agent_settings *settings = &member->settings;

    settings->node = memory_format("%s%s", from->prefix, member->node.name);
    settings->scheduler = memory_copy(from->scheduler);
    settings->scheduler_key = memory_copy(from->scheduler_key);
    settings->state_directory = memory_format("%s/%s", from->state_directory, settings->node);
    settings->key_file = memory_format("%s/agent.key", settings->state_directory);
}

struct member *member_new(const struct member_site *site, const struct slurm_node *node,
                          struct error *err)
{
    CLEANUP(member_freep) struct member *member = NEW(struct member);
    CLEANUP(memory_freep) char *shape = NULL;

    member->site = site;
    member->node = *node;
    fill_settings(member);
    shape = memory_format("synthetic:package:%" PRIu32 " core:%" PRIu32 " pu:%" PRIu32,
                          node->sockets, node->cores_each, node->threads_each);
    member->topology = topology_read(shape, err);
    if (!member->topology || !parse_name(member->settings.node, "node name", 64, err) ||
        !file_make_directory(site->settings->state_directory, FOLDER_MODE, err) ||
        !file_make_directory(member->settings.state_directory, FOLDER_MODE, err) ||
        !enrol_key(&member->settings, &member->pair, err)) {
        fail_in(err, "node %s", node->name);
        return NULL;
    }
    return STEAL(member);
}

void member_free(struct member *member)
{
    if (!member)
        return;
    agent_free(member->agent);
    socket_free(member->scheduler);
    topology_free(member->topology);
    agent_settings_clear(&member->settings);
    memory_wipe(&member->pair, sizeof(member->pair));
    free(member);
}

bool member_enrol(struct member *member, const char *token, struct error *err)
{
    return enrol_with(&member->settings, &member->pair, token, err) ||
           fail_in(err, "node %s", member->settings.node);
}

bool member_start(struct member *member, const struct runtime *runtime, struct error *err)
{
    struct agent_facts facts = {
        .node = member->settings.node,
        .program = "tequio-gateway " PACKAGE_VERSION,
        .boot_id = member->site->boot_id,
        .boot_us = clock_wall_us(&clock_real) - clock_boot_us(&clock_real),
        .topology = member->topology,
        .features = member->site->settings->features,
        .reserved_cores = all_cores(member) - member_cores(member),
        .memory_bytes = member_memory(member),
        .lent = true,
        .agent = "",
        .libexec = member->site->settings->libexec,
    };
    const struct agent_seams seams = {
        .transport = {to_scheduler, to_local, dial_again, member},
        .runtime = &member->runtime,
        .clock = &clock_real,
        .directory = member->settings.state_directory,
    };

    member->runtime = *runtime;
    random_fill(facts.incarnation, sizeof(facts.incarnation));
    random_fill(&facts.seed, sizeof(facts.seed));
    member->scheduler =
        socket_dial(member->settings.scheduler, &member->pair, member->settings.scheduler_key, err);
    if (!member->scheduler || !(member->agent = agent_new(&facts, &seams, err)))
        return fail_in(err, "node %s", member->settings.node);
    agent_set_health(member->agent, true, "");
    agent_set_occupied(member->agent, "the site's Slurm was not asked yet");
    loop_watch_socket(member->site->loop, member->scheduler, on_scheduler, member);
    return true;
}

void member_set_occupied(struct member *member, const char *why)
{
    agent_set_occupied(member->agent, why);
}

bool member_turn(struct member *member, int64_t *ret_next_us, struct error *err)
{
    return agent_turn(member->agent, ret_next_us, err) ||
           fail_in(err, "node %s", member->settings.node);
}
