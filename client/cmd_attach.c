/* cmd_attach.c - tequio attach: see what a running step prints, and type into it */

#include "base/parse.h"
#include "client/command.h"
#include "client/follow.h"
#include "client/job_names.h"
#include "client/jobs.h"
#include "client/session.h"
#include "client/step_output.h"
#include "client/typing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_US (US_PER_SECOND / 2) /* so soon it is seen that the person has left */

struct arguments {
    bool look;
    bool label;
};

static const struct option_rule options[] = {
    OPTION_FLAG('n', "no-input", struct arguments, look, N_("only look: type nothing into it")),
    OPTION_FLAG('l', "label", struct arguments, label,
                N_("put the task's number before each line")),
    OPTION_HELP,
    OPTION_END,
};

struct target {
    struct job_ref job;
    uint64_t step; /* 0: whichever runs */
};

/* "17", "17.2", "123_4.1" */
static bool read_target(const char *text, struct target *ret_target, struct error *err)
{
    CLEANUP(memory_freep) char *job = memory_copy(text);
    char *point = strchr(job, '.');

    *ret_target = (struct target){.step = 0};
    if (point)
        *point++ = '\0';
    if (point && !parse_u64(point, 1, UINT64_MAX, &ret_target->step, err))
        return fail_in(err, _("step"));
    return job_ref_read(job, &ret_target->job, err);
}

static Wire__Envelope *list_steps(struct session *session, const struct target *target,
                                  struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__StepList body = WIRE__STEP_LIST__INIT;

    body.job = target->job.job;
    body.array = target->job.array;
    ask.body_case = WIRE__ENVELOPE__BODY_STEP_LIST;
    ask.step_list = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_STEP_LISTING, err);
}

/* Of those that run, one with a terminal rather than another, and the later; NULL: none. */
static const Wire__StepView *find_step(const Wire__StepListing *listing, uint64_t wanted)
{
    const Wire__StepView *found = NULL;

    for (size_t i = 0; i < listing->n_steps; i++) {
        const Wire__StepView *step = listing->steps[i];

        if (wanted != 0 && step->step == wanted)
            return step;
        if (wanted == 0 && !step->ended && (!found || step->terminal || !found->terminal))
            found = step;
    }
    return found;
}

/* Until it has ended, or the person has left. */
static bool show(struct session *session, struct step_output *output, struct typing *typing,
                 bool *ret_left, struct error *err)
{
    bool news;

    *ret_left = false;
    while (!step_output_is_complete(output) && !*ret_left) {
        if (!step_output_take(output, session, LOOK_US, &news, err))
            return false;
        *ret_left = typing && typing_is_over(typing);
    }
    return true;
}

/* The job may have ended with it, and its node has forgotten both. */
static bool take_end_of_job(struct session *session, const struct target *target, int64_t wait_us,
                            bool *ret_ended, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__JobWait body = WIRE__JOB_WAIT__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;

    body.job = target->job.job;
    body.array = target->job.array;
    body.wait_us = wait_us;
    ask.body_case = WIRE__ENVELOPE__BODY_JOB_WAIT;
    ask.job_wait = &body;
    answer = session_ask_waiting(session, &ask, WIRE__ENVELOPE__BODY_JOB_ENDED, wait_us, err);
    *ret_ended = answer && !answer->job_ended->timeout && answer->job_ended->job;
    if (*ret_ended)
        session_set_status(session, job_exit_status(answer->job_ended->job));
    return answer != NULL;
}

/* All that it printed was seen: its end is known at once, of itself or of the job. */
static bool take_end(struct session *session, const struct target *target, struct error *err)
{
    bool ended = false;

    while (!ended) {
        CLEANUP(message_freep) Wire__Envelope *answer = list_steps(session, target, err);
        const Wire__StepView *step = answer ? find_step(answer->step_listing, target->step) : NULL;

        if (step && step->ended) {
            session_set_status(session, (int)(step->exit_code & 0xff));
            return true;
        }
        if (!take_end_of_job(session, target, LOOK_US, &ended, err))
            return false;
    }
    return true;
}

/* What could not be read any more; no failure when the job has ended. */
static bool give_up(struct session *session, const struct target *target, struct error *err)
{
    struct error why = *err;
    bool ended;

    if (!take_end_of_job(session, target, LOOK_US, &ended, err))
        return false;
    if (!ended) {
        *err = why;
        return false;
    }
    fprintf(stderr, _("tequio: job %" PRIu64 " has ended; `tequio logs` has all that it wrote\n"),
            target->job.job);
    return true;
}

static bool attach(struct session *session, const struct arguments *arguments,
                   struct target *target, const Wire__StepView *step, struct typing *typing,
                   struct error *err)
{
    const struct step_output_options wish = {
        .job = target->job.job,
        .array = target->job.array,
        .step = step->step,
        .parts = step->parts,
        .part_count = step->n_parts,
        .label = arguments->label,
        .terminal = step->terminal,
        .outside = true,
    };
    CLEANUP(step_output_freep) struct step_output *output = step_output_new(&wish);
    bool types = step->terminal && !step->ended && !arguments->look;
    bool left;

    target->step = step->step;
    if (types) {
        fprintf(stderr, _("tequio: step %" PRIu64 ".%" PRIu64 ", %s; Ctrl-] leaves it\n"),
                target->job.job, step->step, step->program);
        typing_into(typing, &(struct typing_place){.job = target->job.job,
                                                   .array = target->job.array,
                                                   .step = step->step});
    }
    if (!show(session, output, types ? typing : NULL, &left, err))
        return give_up(session, target, err);
    if (!left)
        return take_end(session, target, err);
    fprintf(stderr, _("\ntequio: left step %" PRIu64 ".%" PRIu64 "\n"), target->job.job,
            step->step);
    return true;
}

/* No step: what the job's script prints. */
static bool follow(struct session *session, const struct target *target, struct error *err)
{
    const struct follow wish = {
        .job = target->job.job,
        .array = target->job.array,
        .output = true,
    };
    int status;

    if (!follow_job(session, &wish, &status, err))
        return false;
    session_set_status(session, status);
    return true;
}

static bool attach_to(struct session *session, const struct arguments *arguments,
                      struct target *target, struct error *err)
{
    const struct typing_options wish = {.detachable = true};
    CLEANUP(typing_endp) struct typing *typing = typing_start(session, &wish, err);
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    const Wire__StepView *step;

    if (!typing)
        return false;
    answer = list_steps(session, target, err);
    if (!answer)
        return false;
    step = find_step(answer->step_listing, target->step);
    if (step)
        return attach(session, arguments, target, step, typing, err);
    if (target->step != 0)
        return fail(err, ERROR_NOT_FOUND,
                    _("job %" PRIu64 " has no step %" PRIu64 " (any more) on its first node"),
                    target->job.job, target->step);
    return follow(session, target, err);
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    struct arguments arguments = {0};
    struct target target;
    int first;

    if (!command_options(options, argc, argv, &arguments, &first, err))
        return false;
    if (first == argc)
        return fail(err, ERROR_INVALID, _("no job given"));
    return read_target(argv[first], &target, err) &&
           command_no_operands(argc, argv, first + 1, err) &&
           attach_to(session, &arguments, &target, err);
}

const struct command cmd_attach = {
    .name = "attach",
    .summary = N_("See what a running step prints, and type into it"),
    .operands = N_("JOB[.STEP]"),
    .options = options,
    .run = run,
};
