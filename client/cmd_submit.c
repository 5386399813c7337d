/* cmd_submit.c - tequio submit: hand over jobs */

#include "base/parse.h"
#include "client/binding.h"
#include "client/command.h"
#include "client/follow.h"
#include "client/output.h"
#include "client/reasons.h"
#include "client/session.h"
#include "client/submission.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* The command line: the job's options, those of its other components, and the operands. */
struct line {
    int argc;
    char **argv;
    struct job_request request;
    struct component_lines components;
};

/* Takes the file. */
static bool add(struct submission *submission, struct jobfile *file, const struct line *line,
                int first_argument, struct error *err)
{
    const struct submission_source source = {
        .file = file,
        .rules = submit_options,
        .argc = line->argc,
        .argv = line->argv,
        .more = line->components.all,
        .more_count = line->components.count,
        .arguments = line->argv + first_argument,
        .argument_count = line->argc - first_argument,
    };

    return file && submission_add(submission, &source, err);
}

/* A script and its arguments, several scripts, a command, or standard input. */
static bool add_all(struct submission *submission, const struct line *line, struct error *err)
{
    const struct job_request *request = &line->request;
    int argc = line->argc, first = line->components.first_operand;
    char **argv = line->argv;

    if (request->wrap && first < argc)
        return fail(err, ERROR_INVALID, _("--wrap has its command; %s is left over"), argv[first]);
    if (request->wrap)
        return add(submission, jobfile_wrap(request->wrap, err), line, argc, err);
    if (first == argc && isatty(STDIN_FILENO))
        return fail(err, ERROR_INVALID, _("no script given, and standard input is a terminal"));
    if (first == argc)
        return add(submission, jobfile_read("-", err), line, argc, err);
    if (!request->each)
        return add(submission, jobfile_read(argv[first], err), line, first + 1, err);
    for (int i = first; i < argc; i++)
        if (!add(submission, jobfile_read(argv[i], err), line, argc, err))
            return false;
    return true;
}

static void print_notes(const char *notes)
{
    while (*notes) {
        size_t length = strcspn(notes, "\n");

        fprintf(stderr, "tequio: %.*s\n", (int)length, notes);
        notes += length + (notes[length] == '\n');
    }
}

/* "Submitted batch job 17": what tools look for. */
static void print_ids(const struct job_request *request, uint64_t first)
{
    uint64_t last = first + (request->copies > 1 ? request->copies - 1 : 0);
    const char *cluster = request->clusters && !strchr(request->clusters, ',') &&
                                  strcasecmp(request->clusters, "all") != 0
                              ? request->clusters
                              : NULL;

    if (!request->parsable)
        printf(last > first ? "Submitted batch jobs %" PRIu64 : "Submitted batch job %" PRIu64,
               first);
    else
        printf("%" PRIu64, first);
    if (last > first)
        printf("-%" PRIu64, last);
    if (cluster && request->parsable)
        printf(";%s", cluster);
    else if (cluster)
        printf(" on cluster %s", cluster);
    putchar('\n');
}

static bool wait_for_all(struct session *session, const struct submission *submission,
                         const Wire__Submitted *submitted, struct error *err)
{
    int worst = 0;

    fflush(stdout);
    for (size_t i = 0; i < submitted->n_first_ids; i++) {
        const struct job_request *request = submission_request(submission, i);
        uint32_t copies = request->copies ? request->copies : 1;

        for (uint32_t copy = 0; copy < copies; copy++) {
            struct follow follow = {.job = submitted->first_ids[i] + copy, .quiet = request->quiet};
            int status = 0;

            if (!follow_job(session, &follow, &status, err))
                return false;
            worst = status > worst ? status : worst;
        }
    }
    session_set_status(session, worst);
    return true;
}

/* Each with what would become of it, where there was time to find out. */
static bool print_test(const Wire__Submitted *submitted, struct error *err)
{
    static const struct output_options plain = {0};

    for (size_t i = 0; i < submitted->n_notes; i++) {
        const Wire__JobReasons *reasons = i == 0 ? submitted->reasons : NULL;

        if (i > 0 && i <= submitted->n_more)
            reasons = submitted->more[i - 1];
        output_text(submitted->notes[i]);
        putchar('\n');
        if (reasons && !reasons_print(reasons, &plain, err))
            return false;
    }
    return true;
}

static void print_details(const struct submission *submission, size_t i)
{
    const struct job_request *request = submission_request(submission, i);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_print(&text,
                 _("nodes %" PRIu32 "-%" PRIu32 ", tasks %" PRIu32 ", cores per task %" PRIu32),
                 request->nodes_least, request->nodes_most, request->tasks, request->cpus_per_task);
    buffer_add_text(&text, _(" (0: not given), memory "));
    print_size(request->memory_per_node ? request->memory_per_node : request->memory_per_cpu,
               &text);
    buffer_add_text(&text, _(", limit "));
    if (request->limit_us == PARSE_UNLIMITED)
        buffer_add_text(&text, "UNLIMITED");
    else
        print_duration(request->limit_us, &text);
    fprintf(stderr, "tequio: %s\n", text.bytes);
}

/* Before anything runs, or is submitted. */
static bool show_binding(struct session *session, struct submission *submission, struct error *err)
{
    const struct output_options plain = {0};

    for (size_t i = 0; i < submission_count(submission); i++)
        if (submission_spec(submission, i)->n_components > 0)
            return fail(err, ERROR_INVALID, _("--show-binding shows jobs of one component"));
    for (size_t i = 0; i < submission_count(submission); i++)
        if (!binding_show_spec(session, submission_spec(submission, i), &plain, err))
            return false;
    return true;
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(submission_freep) struct submission *submission = submission_new();
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct line line = {.argc = argc, .argv = argv};
    const struct job_request *request;

    if (!components_read(submit_options, argc, argv, &line.request, &line.components, err) ||
        !add_all(submission, &line, err))
        return false;
    request = submission_request(submission, 0);
    if (!request->quiet)
        print_notes(submission_notes(submission));
    for (size_t i = 0; request->verbose && i < submission_count(submission); i++)
        print_details(submission, i);
    if (request->show_binding)
        return show_binding(session, submission, err);
    answer = submission_send(submission, session, request->request_key, request->test_only, err);
    if (!answer)
        return false;
    if (request->test_only)
        return print_test(answer->submitted, err);
    if (answer->submitted->n_first_ids != submission_count(submission))
        return fail(err, ERROR_INTERNAL, _("the scheduler tells the numbers of %zu jobs, not %zu"),
                    answer->submitted->n_first_ids, submission_count(submission));
    for (size_t i = 0; i < submission_count(submission); i++)
        print_ids(submission_request(submission, i), answer->submitted->first_ids[i]);
    return !request->wait || wait_for_all(session, submission, answer->submitted, err);
}

const struct command cmd_submit = {
    .name = "submit",
    .summary = N_("Submit job scripts"),
    .operands = N_("[SCRIPT [ARGUMENT...]]"),
    .options = submit_options,
    .run = run,
};
