/* notes_read.c - the agent's journal, read back record by record */

#include "agent/agent_inside.h"
#include "agent/step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What is left of a record.  Reading behind its end gives zeros and is seen at the end. */
struct cursor {
    const uint8_t *bytes;
    size_t left;
    bool overrun;
};

static const uint8_t *take(struct cursor *cursor, size_t size)
{
    static const uint8_t zeros[64];
    const uint8_t *bytes = cursor->bytes;

    if (size > cursor->left) {
        cursor->overrun = true;
        cursor->left = 0;
        return size <= sizeof(zeros) ? zeros : NULL;
    }
    cursor->bytes += size;
    cursor->left -= size;
    return bytes;
}

static uint8_t take_byte(struct cursor *cursor)
{
    return *take(cursor, 1);
}

static uint32_t take_u32(struct cursor *cursor)
{
    const uint8_t *bytes = take(cursor, 4);

    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint64_t take_u64(struct cursor *cursor)
{
    uint64_t high = take_u32(cursor);

    return high << 32 | take_u32(cursor);
}

static struct task_key take_key(struct cursor *cursor)
{
    struct task_key key = {0};

    key.job = take_u64(cursor);
    key.attempt = take_u32(cursor);
    key.part = take_u32(cursor);
    return key;
}

/* A text that fills the next `size` bytes; free() it. */
static char *take_text(struct cursor *cursor, size_t size)
{
    const uint8_t *bytes = take(cursor, size);
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    if (bytes && !cursor->overrun)
        buffer_add(&text, bytes, size);
    return buffer_steal(&text);
}

static void replace_text(struct cursor *cursor, char **place)
{
    free(*place);
    *place = take_text(cursor, take_u32(cursor));
}

static void take_state(struct cursor *cursor, struct part *part)
{
    uint8_t state = take_byte(cursor);
    uint8_t refused;

    if (state >= TASK_STATE_COUNT)
        cursor->overrun = true;
    else
        part->state = (enum task_state)state;
    part->ready_boot_us = (int64_t)take_u64(cursor);
    part->told_boot_us = (int64_t)take_u64(cursor);
    part->started_us = (int64_t)take_u64(cursor);
    part->end.cpu_used_us = (int64_t)take_u64(cursor);
    part->end.memory_peak_bytes = take_u64(cursor);
    part->end.wall_used_us = (int64_t)take_u64(cursor);
    part->end.ended_us = (int64_t)take_u64(cursor);
    part->end.cause = (enum task_end_cause)take_u32(cursor);
    part->end.exit_code = take_u32(cursor);
    part->end.exit_signal = take_u32(cursor);
    refused = take_byte(cursor);
    part->refused = refused != 0;
    part->given_back = refused == 2;
    replace_text(cursor, &part->text);
    replace_text(cursor, &part->output);
    replace_text(cursor, &part->error_output);
}

static bool check_end(const struct cursor *cursor, const char *what, struct error *err)
{
    if (cursor->overrun)
        return fail(err, ERROR_INVALID, "a %s that is too short", what);
    return true;
}

/* --- one function for each kind ------------------------------------------------------------ */

static bool read_identity(struct agent *agent, struct cursor *cursor, struct error *err)
{
    const uint8_t *lineage = take(cursor, LINEAGE_SIZE);
    uint64_t epoch = take_u64(cursor);

    if (!check_end(cursor, "lineage", err))
        return false;
    if (agent->has_lineage && memcmp(agent->lineage, lineage, LINEAGE_SIZE) != 0)
        agent_clear_gone(agent);
    memcpy(agent->lineage, lineage, LINEAGE_SIZE);
    agent->has_lineage = true;
    agent->epoch = epoch;
    return true;
}

static bool read_launch(struct cursor *cursor, struct part *part, struct error *err)
{
    message_free(part->launch);
    part->launch = message_decode(cursor->bytes, cursor->left, err);
    if (!part->launch)
        return false;
    if (part->launch->body_case != WIRE__ENVELOPE__BODY_PART_LAUNCH ||
        part->launch->part_launch->token.len != TOKEN_SIZE)
        return fail(err, ERROR_INVALID, "a part without its launch");
    memcpy(part->token, part->launch->part_launch->token.data, TOKEN_SIZE);
    return true;
}

static bool fill_part(struct agent *agent, struct cursor *cursor, struct part *part,
                      struct error *err)
{
    CLEANUP(memory_freep) char *cores = NULL;
    CLEANUP(idset_freep) struct idset *cpus = NULL;
    CLEANUP(buffer_clear) struct buffer text = {0};

    take_state(cursor, part);
    memcpy(part->credential, take(cursor, CREDENTIAL_SIZE), CREDENTIAL_SIZE);
    memcpy(part->lineage, take(cursor, LINEAGE_SIZE), LINEAGE_SIZE);
    memcpy(part->boot_id, take(cursor, BOOT_ID_SIZE), BOOT_ID_SIZE);
    part->boot_id[BOOT_ID_SIZE - 1] = '\0';
    cores = take_text(cursor, take_u32(cursor));
    if (!check_end(cursor, "part", err) || !read_launch(cursor, part, err))
        return false;
    idset_free(part->cores);
    part->cores = idset_parse(cores, err);
    if (!part->cores)
        return false;
    cpus = topology_cpus(agent->facts.topology, part->cores);
    buffer_init(&text);
    idset_print(cpus, &text);
    free(part->cpu_list);
    part->cpu_list = buffer_steal(&text);
    free(part->core_list);
    part->core_list = STEAL(cores);
    return true;
}

static bool read_part(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *known = agent_find_part(agent, &key);
    CLEANUP(part_freep) struct part *part = known ? NULL : part_new(&key);

    if (!fill_part(agent, cursor, known ? known : part, err))
        return fail_in(err, "job %" PRIu64, key.job);
    if (!known)
        agent_add_part(agent, STEAL(part));
    return true;
}

static bool read_state(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);

    if (part)
        take_state(cursor, part);
    return check_end(cursor, "state", err);
}

static bool read_report(struct agent *agent, struct cursor *cursor, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    const uint8_t *lineage = take(cursor, LINEAGE_SIZE);
    struct report *report;

    if (!check_end(cursor, "report", err))
        return false;
    envelope = message_decode(cursor->bytes, cursor->left, err);
    if (!envelope)
        return false;
    if (envelope->body_case != WIRE__ENVELOPE__BODY_PART_REPORT)
        return fail(err, ERROR_INVALID, "a report that is none");
    report = report_read(envelope->part_report, lineage, err);
    if (!report)
        return false;
    list_add_last(&agent->reports, &report->of_agent);
    return true;
}

static bool read_reported(struct agent *agent, struct cursor *cursor, struct error *err)
{
    uint64_t number = take_u64(cursor);

    LIST_EACH(&agent->reports, node) {
        struct report *report = CONTAINER_OF(node, struct report, of_agent);

        if (report->number != number)
            continue;
        list_remove(&agent->reports, node);
        report_free(report);
    }
    return check_end(cursor, "receipt", err);
}

static bool read_forgotten(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);

    if (part)
        agent_drop_part(agent, part);
    agent_add_gone(agent, &key);
    return check_end(cursor, "part that was forgotten", err);
}

static bool read_set(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);
    uint64_t step = take_u64(cursor);
    uint8_t state = take_byte(cursor);
    struct task_set *set;

    if (state > SET_ENDED)
        return fail(err, ERROR_INVALID, "tasks in state %u", state);
    if (!part)
        return true;
    set = part_find_set(part, step);
    if (!set)
        set = part_add_set(part, step);
    set->state = (enum set_state)state;
    set->end.exit_code = take_u32(cursor);
    set->end.exit_signal = take_u32(cursor);
    return check_end(cursor, "task set", err);
}

static bool read_set_forgotten(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);
    uint64_t asker = take_u32(cursor);
    CLEANUP(memory_freep) char *text = take_text(cursor, cursor->left);
    CLEANUP(idset_freep) struct idset *numbers = idset_parse(text, err);

    if (!numbers || !check_end(cursor, "list of steps", err))
        return false;
    if (!part)
        return true;
    for (uint32_t n = idset_first(numbers); n != IDSET_NONE; n = idset_after(numbers, n)) {
        struct task_set *set = part_find_set(part, asker << 32 | n);

        part_forget_step(part, asker << 32 | n);
        if (set)
            agent_drop_set(agent, set);
    }
    return true;
}

static bool read_step(struct agent *agent, struct cursor *cursor, struct error *err)
{
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);
    uint64_t id = take_u64(cursor);
    uid_t uid = take_u32(cursor);
    struct step *step;

    if (!check_end(cursor, "step", err))
        return false;
    envelope = message_decode(cursor->bytes, cursor->left, err);
    if (!envelope)
        return false;
    if (envelope->body_case != WIRE__ENVELOPE__BODY_STEP_START)
        return fail(err, ERROR_INVALID, "a step that is none");
    if (!part)
        return true;
    step = step_new(part, id, envelope->step_start, uid, err);
    if (!step)
        return false;
    list_add_last(&part->steps, &step->of_part);
    if ((uint32_t)id > part->steps_made)
        part->steps_made = (uint32_t)id;
    return true;
}

static struct step *take_step(struct agent *agent, struct cursor *cursor)
{
    struct task_key key = take_key(cursor);
    const struct part *part = agent_find_part(agent, &key);
    uint64_t id = take_u64(cursor);

    return part ? step_find(&part->steps, id) : NULL;
}

static bool read_step_part(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct step *step = take_step(agent, cursor);
    uint32_t number = take_u32(cursor);
    uint8_t state = take_byte(cursor);
    uint32_t exit_code = take_u32(cursor);
    struct step_part *step_part = step ? step_find_part(step, number) : NULL;

    if (state > STEP_PART_ENDED)
        return fail(err, ERROR_INVALID, "a part of a step in state %u", state);
    if (step_part) {
        step_part->state = (enum step_part_state)state;
        step_part->exit_code = exit_code;
    }
    return check_end(cursor, "part of a step", err);
}

static bool read_step_forgotten(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct step *step = take_step(agent, cursor);

    if (step) {
        list_remove(&step->part->steps, &step->of_part);
        step_free(step);
    }
    return check_end(cursor, "step that was forgotten", err);
}

static bool read_turn(struct agent *agent, struct cursor *cursor, struct error *err)
{
    struct task_key key = take_key(cursor);
    struct part *part = agent_find_part(agent, &key);
    uint32_t turn = take_u32(cursor), done = take_u32(cursor);

    if (part) {
        part->turn = turn;
        part->turn_done = done;
    }
    return check_end(cursor, "turn", err);
}

typedef bool read_fn(struct agent *agent, struct cursor *cursor, struct error *err);

/* By the record's first byte. */
static read_fn *const readers[] = {
    NULL,           read_identity,       read_part, read_state,         read_report,
    read_reported,  read_forgotten,      read_set,  read_set_forgotten, read_step,
    read_step_part, read_step_forgotten, read_turn,
};

bool note_read(void *owner, const uint8_t *bytes, size_t size, struct error *err)
{
    struct cursor cursor = {.bytes = bytes, .left = size};
    uint8_t kind = take_byte(&cursor);

    if (kind == 0 || kind >= COUNT_OF(readers))
        return fail(err, ERROR_INVALID, "kind %u is not known: was it written by a later release?",
                    kind);
    return readers[kind](owner, &cursor, err);
}
