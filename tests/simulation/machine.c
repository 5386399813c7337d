/* machine.c - a node: the real agent on a simulated machine */

#include "tests/simulation/machine.h"

#include "base/digest.h"
#include "base/random.h"
#include "tests/lib/runtime_simulated_inside.h"
#include "tests/lib/scratch.h"
#include "tests/simulation/chance.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CORES_PER_NUMA 4
#define RESTART_MOST   INT64_C(30000000)
#define NEVER          INT64_MAX

static agenda_fn on_wake, on_restart;

/* --- what it is made of -------------------------------------------------------------------------- */

/* Two NUMA nodes or more, and nothing emulated: cpus are bound as planned. */
static struct topology *topology_make(uint32_t cores)
{
    struct topology *topology = NEW(struct topology);

    topology->core_count = topology->threads = cores;
    topology->places = NEW_ARRAY(struct core_place, cores);
    topology->core_cpus = NEW_ARRAY(struct idset *, cores);
    topology->numa_numbers = NEW_ARRAY(uint32_t, cores);
    topology->core_packages = NEW_ARRAY(uint32_t, cores);
    topology->real_cpus = idset_new();
    for (uint32_t i = 0; i < cores; i++) {
        uint32_t numa = i / CORES_PER_NUMA;

        topology->places[i] = (struct core_place){.package = numa, .numa = numa, .l3 = numa};
        topology->numa_numbers[numa] = topology->core_packages[i] = numa;
        topology->core_cpus[i] = idset_new();
        idset_add(topology->core_cpus[i], cores - 1 - i); /* not the logical number */
        idset_add(topology->real_cpus, i);
    }
    topology->packages = topology->numa_nodes = (cores + CORES_PER_NUMA - 1) / CORES_PER_NUMA;
    topology->xml = memory_format("<topology cores=\"%" PRIu32 "\"/>", cores);
    topology->xml_size = strlen(topology->xml);
    topology->digest = digest_of(topology->xml, topology->xml_size);
    return topology;
}

static void new_boot(struct machine *machine)
{
    host_clock_reboot(&machine->clock);
    machine->boots++;
    snprintf(machine->boot_id, sizeof(machine->boot_id),
             "00000000-0000-0000-0000-%08" PRIx32 "%04x",
             (uint32_t)test_random_next(&machine->random), machine->boots);
}

/* --- the agent's turn ------------------------------------------------------------------------------ */

static void put_wake(struct machine *machine, int64_t boot_us)
{
    int64_t at_us;

    if (boot_us == NEVER)
        return;
    at_us = host_clock_when(&machine->clock, boot_us);
    if (at_us >= machine->wake_us)
        return;
    machine->wake_us = at_us;
    agenda_add(machine->agenda, at_us, on_wake, machine, machine->life);
}

static void end_agent(struct machine *machine, const char *why)
{
    CLEANUP(memory_freep) char *journal = memory_format("%s/journal", machine->directory);

    trace_say(machine->trace, machine->is.name, "agent killed: %s", why);
    machine->turns++;
    agent_free(machine->agent);
    machine->agent = NULL;
    machine->life++;
    machine->wake_us = NEVER;
    machine->mute = machine->silenced = false;
    machine->disk.fail_in = 0;
    machine->down_us = machine->agenda->now_us;
    runtime_simulated_deafen(machine->simulated);
    disk_tear(&machine->disk, journal, &machine->random);
}

static void restart_later(struct machine *machine)
{
    agenda_add(machine->agenda,
               machine->agenda->now_us + chance_wait(&machine->random, RESTART_MOST), on_restart,
               machine, machine->life);
}

/* True: it is alive, and *ret_next_us is when it wants to be woken. */
static bool take_turn(struct machine *machine, int64_t *ret_next_us)
{
    struct error err;

    disk_use(&machine->disk);
    if (!agent_turn(machine->agent, ret_next_us, &err)) {
        end_agent(machine, "its disk fails");
        restart_later(machine);
        return false;
    }
    if (machine->silenced) {
        end_agent(machine, "before it could send");
        restart_later(machine);
        return false;
    }
    return true;
}

static void turn(struct machine *machine)
{
    int64_t next_us, runtime_us;

    machine->turns++;
    do {
        if (!take_turn(machine, &next_us))
            return;
    } while (runtime_simulated_turn(machine->simulated) > 0);
    runtime_us = runtime_simulated_next_us(machine->simulated);
    put_wake(machine, next_us < runtime_us ? next_us : runtime_us);
}

static void on_wake(void *owner, uint64_t life)
{
    struct machine *machine = owner;

    if (!machine->agent || life != machine->life)
        return;
    machine->wake_us = NEVER;
    machine->trace->who = machine->is.name;
    runtime_simulated_turn(machine->simulated);
    turn(machine);
}

static void receive(void *owner, const uint8_t *bytes, size_t size)
{
    struct machine *machine = owner;

    if (!machine->agent)
        return;
    machine->trace->who = machine->is.name;
    agent_from_scheduler(machine->agent, bytes, size);
    turn(machine);
}

static bool to_scheduler(void *state, const void *bytes, size_t size)
{
    struct machine *machine = state;

    if (machine->mute)
        machine->silenced = true;
    return !machine->mute && link_send(machine->link, bytes, size);
}

static bool to_local(void *state, const struct sender *to, const void *bytes, size_t size)
{
    (void)state;
    (void)to;
    (void)bytes;
    (void)size;
    return false; /* whoever asked is gone */
}

/* --- life ---------------------------------------------------------------------------------------------- */

static void fill_facts(struct machine *machine)
{
    machine->facts = (struct agent_facts){
        .node = machine->is.name,
        .program = "tequio-agent simulated",
        .boot_id = machine->boot_id,
        .boot_us = clock_wall_us(&machine->clock_seam) - clock_boot_us(&machine->clock_seam),
        .topology = machine->topology,
        .memory_bytes = machine->is.memory_bytes,
        .bind = true,
        .agent = "ipc:///nowhere",
        .libexec = "/nowhere",
        .seed = test_random_next(&machine->random),
    };
    random_fill(machine->facts.incarnation, sizeof(machine->facts.incarnation));
}

void machine_start(struct machine *machine)
{
    const struct agent_seams seams = {
        .transport = {.to_scheduler = to_scheduler, .to_local = to_local, .state = machine},
        .runtime = &machine->runtime,
        .clock = &machine->clock_seam,
        .directory = machine->directory,
    };
    struct error err;

    assert(machine->powered);
    if (machine->agent)
        return;
    machine->starts++;
    machine->life++;
    machine->down_us = machine->agenda->now_us;
    machine->trace->who = machine->is.name;
    fill_facts(machine);
    link_reconnect(machine->link);
    trace_say(machine->trace, machine->is.name, "agent starts");
    disk_use(&machine->disk);
    machine->agent = agent_new(&machine->facts, &seams, &err);
    if (!machine->agent) {
        findings_add(machine->findings, "%s: the agent does not start: %s", machine->is.name,
                     err.text);
        return;
    }
    turn(machine);
}

static void on_restart(void *owner, uint64_t life)
{
    struct machine *machine = owner;

    if (machine->powered && life == machine->life)
        machine_start(machine);
}

void machine_kill(struct machine *machine, enum death death)
{
    if (!machine->agent)
        return;
    if (death == DEATH_MUTE) {
        machine->mute = true;
    } else if (death == DEATH_DISK) {
        machine->disk.fail_in = 1 + test_random_below(&machine->random, 4);
    } else {
        end_agent(machine, "between two turns");
        restart_later(machine);
    }
}

void machine_power_off(struct machine *machine)
{
    if (machine->agent)
        end_agent(machine, "no power");
    trace_say(machine->trace, machine->is.name, "power off");
    machine->life++;
    machine->powered = false;
    runtime_simulated_reboot(machine->simulated);
    warden_reboot(machine->warden);
}

void machine_power_on(struct machine *machine)
{
    if (machine->powered)
        return;
    machine->powered = true;
    new_boot(machine);
    machine_start(machine);
}

void machine_lose_shepherd(struct machine *machine)
{
    if (machine->agent)
        return;
    LIST_EACH(&machine->simulated->sets, node) {
        const struct simulated_set *set = CONTAINER_OF(node, struct simulated_set, of_node);

        if (!simulated_is_live(set))
            continue;
        trace_say(machine->trace, machine->is.name, "a shepherd is killed");
        runtime_simulated_orphan(machine->simulated, &set->key);
        return;
    }
}

struct machine *machine_new(const struct machine_facts *facts, struct agenda *agenda,
                            struct findings *findings, struct network *network, uint64_t seed)
{
    struct machine *machine = NEW(struct machine);
    struct runtime inner;
    const struct link_end end = {
        .name = facts->name,
        .door = DOOR_AGENTS,
        .key = machine->is.key,
        .receive = receive,
        .owner = machine,
    };

    machine->is = *facts;
    machine->agenda = agenda;
    machine->trace = findings->trace;
    machine->findings = findings;
    machine->random = chance_stream(seed, 100);
    machine->wake_us = NEVER;
    machine->disk.keep = -1;
    host_clock_init(&machine->clock, agenda, test_random_between(&machine->random, -5000, 5000));
    machine->clock_seam = host_clock_seam(&machine->clock);
    machine->simulated = runtime_simulated_new(&machine->clock_seam, facts->plan, facts->owner);
    inner = runtime_simulated_seam(machine->simulated);
    machine->warden = warden_new(&inner, machine->is.name, findings, &agenda->now_us);
    machine->runtime = warden_seam(machine->warden);
    machine->topology = topology_make(facts->cores);
    machine->directory = scratch_path(facts->name);
    machine->link = network_dial(network, &end);
    machine->powered = true;
    new_boot(machine);
    mkdir(machine->directory, 0700);
    return machine;
}

static void remove_files(const char *directory)
{
    static const char *const names[] = {"journal", "lock", "journal.damaged-1"};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, names[i]);

        unlink(path);
    }
    rmdir(directory);
}

void machine_free(struct machine *machine)
{
    if (!machine)
        return;
    agent_free(machine->agent);
    runtime_simulated_free(machine->simulated);
    warden_free(machine->warden);
    topology_free(machine->topology);
    remove_files(machine->directory);
    free(machine->directory);
    free(machine);
}
