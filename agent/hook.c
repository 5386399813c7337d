/* hook.c - the site's own programs of a part: a prolog before its first task, an epilog after its last */

#include "agent/hook.h"

#include "agent/course.h"
#include "agent/environment.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MOST = 120 };

static const char *name_of(uint64_t step)
{
    return step == STEP_PROLOG ? "prolog" : "epilog";
}

/* Its first line, of what it has printed or else of its errors. */
static void add_words(const struct agent *agent, const struct task_set *set, struct buffer *text)
{
    const struct runtime *runtime = agent->seams.runtime;
    struct task_key key = part_key(set->part, set->step);
    CLEANUP(buffer_clear) struct buffer words = {0};
    struct error err;
    bool end;

    buffer_init(&words);
    for (int stream = 0; stream <= 1 && words.length == 0; stream++)
        (void)runtime->read(runtime->state, &key, stream == 1, 0, WORDS_MOST, &words, &end, &err);
    if (words.length == 0)
        return;
    words.bytes[strcspn(words.bytes, "\r\n")] = '\0';
    buffer_add_text(text, ": ");
    buffer_add_escaped(text, words.bytes);
}

/* One that was told to end has shown nothing. */
static bool has_failed(const struct task_set *set)
{
    return set->end.cause != TASK_STOPPED &&
           (set->end.cause != TASK_BY_ITSELF || task_end_code(&set->end) != 0);
}

static void say_end(const struct task_set *set, struct buffer *text)
{
    const struct task_end *end = &set->end;

    if (end->cause == TASK_LIMIT)
        buffer_add_text(text, "did not end in time");
    else if (end->exit_signal > 0)
        buffer_print(text, "was killed by signal %" PRIu32, end->exit_signal);
    else
        buffer_print(text, "failed with status %" PRIu32, end->exit_code);
}

static void say_trouble(const struct agent *agent, struct task_set *set, const char *why)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    buffer_print(&text, "%s of job %" PRIu64 " ", name_of(set->step), set->part->key.job);
    if (why)
        buffer_print(&text, "cannot start: %s", why);
    else
        say_end(set, &text);
    if (!why)
        add_words(agent, set, &text);
    free(set->trouble);
    set->trouble = buffer_steal(&text);
}

void hook_started(struct agent *agent, struct task_set *set)
{
    note_set(agent, set);
    log_info("job=%" PRIu64 " part=%" PRIu32 " %s started", set->part->key.job, set->part->key.part,
             name_of(set->step));
}

void hook_ended(struct agent *agent, struct task_set *set, const struct task_end *end,
                const struct error *why)
{
    set->state = SET_ENDED;
    set->end = *end;
    note_set(agent, set);
    if (has_failed(set)) {
        say_trouble(agent, set, why ? why->text : NULL);
        log_warning("node=%s %s; told the scheduler", agent->facts.node, set->trouble);
    } else {
        log_info("job=%" PRIu64 " part=%" PRIu32 " %s ended", set->part->key.job,
                 set->part->key.part, name_of(set->step));
    }
    course_act_now(agent, set->part);
}

/* None where there is none, nor for a part that went down with its machine. */
static enum hook_look begin(struct agent *agent, struct part *part, uint64_t step)
{
    const struct runtime *runtime = agent->seams.runtime;

    if (!runtime->has_hook(runtime->state, step) ||
        strcmp(part->boot_id, agent->facts.boot_id) != 0)
        return HOOK_PASSED;
    note_set(agent, part_add_set(part, step));
    course_act_now(agent, part);
    return HOOK_WAITS;
}

/* Program, account and limit are the node's own to set. */
static bool hand_over(const struct agent *agent, const struct task_set *set, struct error *err)
{
    const struct runtime *runtime = agent->seams.runtime;
    const struct part *part = set->part;
    const char *const arguments[] = {name_of(set->step), NULL};
    const struct environment_facts known = {
        .launch = part_launch(part),
        .core_list = part->core_list,
        .cpu_list = part->cpu_list,
        .start_us = part->started_us,
    };
    CLEANUP(environment_freep)
    struct environment *environment = environment_of_hook(&known, name_of(set->step));
    struct task_start start = {
        .key = part_key(part, set->step),
        .tasks = 1,
        .arguments = arguments,
        .directory = "/",
        .limit_us = INT64_MAX,
        .kill_wait_us = agent->kill_wait_us,
    };

    if (set->step == STEP_EPILOG)
        environment_set_end(environment, &part->end);
    start.environment = environment_all(environment);
    return runtime->start(runtime->state, &start, err);
}

/* A part that was never made has no use for an epilog. */
static enum hook_look start(struct agent *agent, struct task_set *set, struct error *err)
{
    struct task_end failed = {.exit_code = 127};

    if (hand_over(agent, set, err)) {
        set->handed = true;
        return HOOK_WAITS;
    }
    if (err->code == ERROR_UNAVAILABLE)
        return HOOK_HELD;
    if (err->code == ERROR_NOT_FOUND && set->step == STEP_EPILOG)
        failed.exit_code = 0;
    hook_ended(agent, set, &failed, err);
    return HOOK_WAITS;
}

enum hook_look hook_pass(struct agent *agent, struct part *part, uint64_t step, struct error *err)
{
    struct task_set *set = part_find_set(part, step);

    if (!set)
        return begin(agent, part, step);
    if (set->state != SET_ENDED && !set->handed && !set->found)
        return start(agent, set, err);
    if (set->state != SET_ENDED)
        return HOOK_WAITS;
    if (set->end.cause == TASK_STOPPED && step == STEP_PROLOG) {
        fail(err, ERROR_INTERNAL, "its prolog was ended");
        return HOOK_FAILED;
    }
    if (!has_failed(set))
        return HOOK_PASSED;
    if (!set->trouble) /* it ended under an agent before this one */
        say_trouble(agent, set, NULL);
    fail(err, ERROR_INTERNAL, "%s", set->trouble);
    return HOOK_FAILED;
}

void hook_give_up(struct agent *agent, struct part *part)
{
    struct task_set *prolog = part_find_set(part, STEP_PROLOG);

    if (prolog && prolog->state == SET_STARTING && !prolog->handed && !prolog->found)
        agent_drop_set(agent, prolog);
}

const char *hook_trouble(const struct part *part)
{
    static const uint64_t steps[] = {STEP_PROLOG, STEP_EPILOG};

    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        const struct task_set *set = part_find_set(part, steps[i]);

        if (set && set->trouble)
            return set->trouble;
    }
    return "";
}
