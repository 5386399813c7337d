/* notes.c - what the agent writes into its journal, and reads back
 *
 * A record is one byte that says its kind, fixed numbers (big-endian), and for launches and
 * reports the packed message, which has its own checks. */

#include "agent/agent_inside.h"
#include "agent/step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum note_kind {
    NOTE_IDENTITY = 1,        /* lineage, epoch */
    NOTE_PART = 2,            /* key, state, times, credential, lineage, boot id, cores, launch */
    NOTE_STATE = 3,           /* key, state, times, end, texts */
    NOTE_REPORT = 4,          /* lineage, packed report */
    NOTE_REPORTED = 5,        /* number */
    NOTE_FORGOTTEN = 6,       /* key */
    NOTE_SET = 7,             /* key, step, state, exit code, signal */
    NOTE_SET_FORGOTTEN = 8,   /* key, asking part, numbers as text */
    NOTE_STEP = 9,            /* key, id, uid, packed StepStart */
    NOTE_STEP_PART = 10,      /* key, id, part, state, exit code */
    NOTE_STEP_FORGOTTEN = 11, /* key, id */
    NOTE_TURN = 12,           /* key, turn that was asked for, turn that is done */
};

/* --- writing ------------------------------------------------------------------------------ */

/* A launch must be known after a power loss, so that it is not carried out a second time, and
 * whose commands to follow.  All else is of processes that end with the machine. */
static void add(struct agent *agent, struct buffer *buffer)
{
    enum note_kind kind = (enum note_kind)buffer->bytes[0];

    if (agent->replaying)
        return;
    if (kind == NOTE_PART || kind == NOTE_IDENTITY)
        journal_add(agent->journal, buffer->bytes, buffer->length);
    else
        journal_add_later(agent->journal, buffer->bytes, buffer->length);
}

static void start(struct buffer *buffer, enum note_kind kind)
{
    buffer_init(buffer);
    buffer_add_char(buffer, (char)kind);
}

static void add_key(struct buffer *buffer, const struct task_key *key)
{
    buffer_add_u64(buffer, key->job);
    buffer_add_u32(buffer, key->attempt);
    buffer_add_u32(buffer, key->part);
}

static void add_text(struct buffer *buffer, const char *text)
{
    buffer_add_u32(buffer, (uint32_t)strlen(text));
    buffer_add_text(buffer, text);
}

static void add_state(struct buffer *buffer, const struct part *part)
{
    buffer_add_char(buffer, (char)part->state);
    buffer_add_u64(buffer, (uint64_t)part->ready_boot_us);
    buffer_add_u64(buffer, (uint64_t)part->told_boot_us);
    buffer_add_u64(buffer, (uint64_t)part->started_us);
    buffer_add_u64(buffer, (uint64_t)part->end.cpu_used_us);
    buffer_add_u64(buffer, part->end.memory_peak_bytes);
    buffer_add_u64(buffer, (uint64_t)part->end.wall_used_us);
    buffer_add_u64(buffer, (uint64_t)part->end.ended_us);
    buffer_add_u32(buffer, part->end.cause);
    buffer_add_u32(buffer, part->end.exit_code);
    buffer_add_u32(buffer, part->end.exit_signal);
    buffer_add_char(buffer, part->given_back ? 2 : part->refused ? 1 : 0);
    add_text(buffer, part->text);
    add_text(buffer, part->output);
    add_text(buffer, part->error_output);
}

void note_identity(struct agent *agent)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_IDENTITY);
    buffer_add(&buffer, agent->lineage, LINEAGE_SIZE);
    buffer_add_u64(&buffer, agent->epoch);
    add(agent, &buffer);
}

void note_part(struct agent *agent, const struct part *part)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};
    CLEANUP(buffer_clear) struct buffer cores = {0};

    buffer_init(&cores);
    idset_print(part->cores, &cores);
    start(&buffer, NOTE_PART);
    add_key(&buffer, &part->key);
    add_state(&buffer, part);
    buffer_add(&buffer, part->credential, CREDENTIAL_SIZE);
    buffer_add(&buffer, part->lineage, LINEAGE_SIZE);
    buffer_add(&buffer, part->boot_id, BOOT_ID_SIZE);
    buffer_add_u32(&buffer, (uint32_t)cores.length);
    buffer_add(&buffer, cores.bytes, cores.length);
    message_encode(part->launch, &buffer);
    add(agent, &buffer);
}

void note_state(struct agent *agent, const struct part *part)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_STATE);
    add_key(&buffer, &part->key);
    add_state(&buffer, part);
    add(agent, &buffer);
}

void note_turn(struct agent *agent, const struct part *part)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_TURN);
    add_key(&buffer, &part->key);
    buffer_add_u32(&buffer, part->turn);
    buffer_add_u32(&buffer, part->turn_done);
    add(agent, &buffer);
}

void note_report(struct agent *agent, struct report *report)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    Wire__PartReport wire;

    report_fill(report, &wire);
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    envelope.part_report = &wire;
    start(&buffer, NOTE_REPORT);
    buffer_add(&buffer, report->lineage, LINEAGE_SIZE);
    message_encode(&envelope, &buffer);
    add(agent, &buffer);
}

void note_reported(struct agent *agent, const struct report *report)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_REPORTED);
    buffer_add_u64(&buffer, report->number);
    add(agent, &buffer);
}

static void note_gone(struct agent *agent, const struct task_key *key)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_FORGOTTEN);
    add_key(&buffer, key);
    add(agent, &buffer);
}

void note_forgotten(struct agent *agent, const struct part *part)
{
    note_gone(agent, &part->key);
}

void note_set(struct agent *agent, const struct task_set *set)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_SET);
    add_key(&buffer, &set->part->key);
    buffer_add_u64(&buffer, set->step);
    buffer_add_char(&buffer, (char)set->state);
    buffer_add_u32(&buffer, set->end.exit_code);
    buffer_add_u32(&buffer, set->end.exit_signal);
    add(agent, &buffer);
}

static void note_numbers(struct agent *agent, const struct part *part, uint32_t asker,
                         const struct idset *numbers)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_SET_FORGOTTEN);
    add_key(&buffer, &part->key);
    buffer_add_u32(&buffer, asker);
    idset_print(numbers, &buffer);
    add(agent, &buffer);
}

void note_set_forgotten(struct agent *agent, const struct part *part, uint64_t step)
{
    CLEANUP(idset_freep) struct idset *number = idset_new();

    idset_add(number, (uint32_t)step);
    note_numbers(agent, part, (uint32_t)(step >> 32), number);
}

void note_step(struct agent *agent, const struct step *step)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_STEP);
    add_key(&buffer, &step->part->key);
    buffer_add_u64(&buffer, step->id);
    buffer_add_u32(&buffer, step->uid);
    message_encode(step->ask, &buffer);
    add(agent, &buffer);
}

void note_step_part(struct agent *agent, const struct step_part *step_part)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};
    const struct step *step = step_part->step;

    start(&buffer, NOTE_STEP_PART);
    add_key(&buffer, &step->part->key);
    buffer_add_u64(&buffer, step->id);
    buffer_add_u32(&buffer, step_part->part);
    buffer_add_char(&buffer, (char)step_part->state);
    buffer_add_u32(&buffer, step_part->exit_code);
    add(agent, &buffer);
}

void note_step_forgotten(struct agent *agent, const struct step *step)
{
    CLEANUP(buffer_clear) struct buffer buffer = {0};

    start(&buffer, NOTE_STEP_FORGOTTEN);
    add_key(&buffer, &step->part->key);
    buffer_add_u64(&buffer, step->id);
    add(agent, &buffer);
}

static void note_whole_step(struct agent *agent, const struct step *step)
{
    note_step(agent, step);
    for (size_t i = 0; i < step->count; i++)
        if (step->parts[i].state != STEP_PART_ASKED)
            note_step_part(agent, &step->parts[i]);
}

static void note_forgotten_sets(struct agent *agent, const struct part *part)
{
    for (uint32_t asker = 0; asker < part_launch(part)->n_nodes; asker++) {
        const struct idset *numbers = table_get_number(part->forgotten, asker);

        if (numbers)
            note_numbers(agent, part, asker, numbers);
    }
}

void note_all(void *owner)
{
    struct agent *agent = owner;

    if (agent->has_lineage)
        note_identity(agent);
    for (size_t i = 0; i < agent->gone_count; i++)
        note_gone(agent, &agent->gone[(agent->gone_next + i) % agent->gone_count]);
    LIST_EACH(&agent->parts, node) {
        const struct part *part = CONTAINER_OF(node, struct part, of_agent);

        note_part(agent, part);
        if (part->turn > 0)
            note_turn(agent, part);
        note_forgotten_sets(agent, part);
        LIST_EACH(&part->steps, step)
            note_whole_step(agent, CONTAINER_OF(step, struct step, of_part));
        LIST_EACH(&part->sets, set)
            note_set(agent, CONTAINER_OF(set, struct task_set, of_part));
    }
    LIST_EACH(&agent->reports, node)
        note_report(agent, CONTAINER_OF(node, struct report, of_agent));
}
