/* submission.c - jobs from scripts: read, checked, sent as one request */

#include "client/submission.h"

#include "base/digest.h"
#include "client/session.h"
#include "client/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUBMISSION_JOBS_MAX = 4096 };

struct entry {
    struct jobfile *file;
    struct job_request request;
    Wire__JobSpec spec;
};

struct submission {
    struct arena *arena;
    struct buffer notes;
    size_t count;
    struct entry **entries;
};

struct submission *submission_new(void)
{
    struct submission *submission = NEW(struct submission);

    submission->arena = arena_new();
    buffer_init(&submission->notes);
    return submission;
}

static void entry_free(struct entry *entry)
{
    if (!entry)
        return;
    jobfile_free(entry->file);
    free(entry);
}
DEFINE_CLEANUP(struct entry *, entry_free)

void submission_free(struct submission *submission)
{
    if (!submission)
        return;
    for (size_t i = 0; i < submission->count; i++)
        entry_free(submission->entries[i]);
    free(submission->entries);
    buffer_clear(&submission->notes);
    arena_free(submission->arena);
    free(submission);
}

/* Script, environment, command line: what is read later wins. */
static bool read_request(const struct submission_source *source, struct job_request *request,
                         struct error *err)
{
    int first;

    return jobfile_options(source->file, 0, source->rules, request, err) &&
           job_options_environment(source->rules, environ, request, err) &&
           options_read(source->rules, source->argc, source->argv, request, &first, err);
}

/* What the other components ask for: their block of the script, then their part of the line. */
static bool add_components(struct submission *submission, struct entry *entry,
                           const struct submission_source *source, struct error *err)
{
    uint32_t blocks = jobfile_components(source->file) - 1;
    uint32_t count = blocks > source->more_count ? blocks : source->more_count;
    int first;

    if (count >= COMPONENTS_MAX)
        return fail(err, ERROR_INVALID, _("%u components; %d are the most"), count + 1,
                    COMPONENTS_MAX);
    if (count > 0)
        entry->spec.components =
            arena_get(submission->arena, count, sizeof(*entry->spec.components));
    for (uint32_t i = 0; i < count; i++) {
        struct job_request *request = arena_get(submission->arena, 1, sizeof(*request));

        if (!jobfile_options(source->file, i + 1, source->rules, request, err))
            return false;
        if (i < source->more_count && !options_read(source->rules, source->more[i].argc,
                                                    source->more[i].argv, request, &first, err))
            return fail_in(err, _("component %u"), i + 1);
        component_take_own(&entry->request, request);
        entry->spec.components[i] =
            component_make(&entry->request, request, submission->arena, err);
        if (!entry->spec.components[i])
            return fail_in(err, _("component %u"), i + 1);
        entry->spec.n_components++;
    }
    return true;
}

bool submission_add(struct submission *submission, const struct submission_source *source,
                    struct error *err)
{
    CLEANUP(entry_freep) struct entry *entry = NEW(struct entry);
    struct job_words words = {
        .title = jobfile_name(source->file),
        .arguments = source->arguments,
        .count = source->argument_count,
        .environment = environ,
    };

    entry->file = source->file;
    if (submission->count >= SUBMISSION_JOBS_MAX)
        return fail(err, ERROR_EXHAUSTED, _("at most %d scripts can be submitted at once"),
                    SUBMISSION_JOBS_MAX);
    buffer_add_text(&submission->notes, jobfile_notes(source->file));
    if (!read_request(source, &entry->request, err))
        return false;
    job_options_note(&entry->request, &submission->notes);
    if (!job_spec_fill(&entry->request, &words, submission->arena, &submission->notes, &entry->spec,
                       err) ||
        !add_components(submission, entry, source, err))
        return false;
    entry->spec.script = (uint32_t)submission->count;
    submission->entries =
        memory_resize(submission->entries, submission->count + 1, sizeof(*submission->entries));
    submission->entries[submission->count++] = STEAL(entry);
    return true;
}

const char *submission_notes(const struct submission *submission)
{
    return submission->notes.bytes;
}

const struct job_request *submission_request(const struct submission *submission, size_t index)
{
    return &submission->entries[index]->request;
}

Wire__JobSpec *submission_spec(struct submission *submission, size_t index)
{
    return &submission->entries[index]->spec;
}

size_t submission_count(const struct submission *submission)
{
    return submission->count;
}

static bool fill_key(const char *text, uint8_t key[SESSION_KEY_SIZE], ProtobufCBinaryData *place,
                     struct error *err)
{
    if (!text) {
        *place = session_new_key(key);
        return true;
    }
    if (!hex_parse(text, key, SESSION_KEY_SIZE, err))
        return fail_in(err, "--request-key");
    *place = (ProtobufCBinaryData){.len = SESSION_KEY_SIZE, .data = key};
    return true;
}

Wire__Envelope *submission_send(struct submission *submission, struct session *session,
                                const char *key_text, bool test_only, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Submit body = WIRE__SUBMIT__INIT;
    uint8_t key[SESSION_KEY_SIZE];

    if (!fill_key(key_text, key, &body.key, err))
        return NULL;
    body.n_jobs = submission->count;
    body.jobs = arena_get(submission->arena, submission->count, sizeof(*body.jobs));
    body.n_scripts = submission->count;
    body.scripts = arena_get(submission->arena, submission->count, sizeof(*body.scripts));
    for (size_t i = 0; i < submission->count; i++) {
        size_t size;
        const void *bytes = jobfile_bytes(submission->entries[i]->file, &size);

        body.jobs[i] = &submission->entries[i]->spec;
        body.scripts[i] = (ProtobufCBinaryData){.len = size, .data = (uint8_t *)bytes};
    }
    body.test_only = test_only;
    ask.body_case = WIRE__ENVELOPE__BODY_SUBMIT;
    ask.submit = &body;
    return session_ask(session, &ask, WIRE__ENVELOPE__BODY_SUBMITTED, err);
}
