/* handlers_privacy.c - a person asks to be forgotten, or who looked at them
 *
 * Here is seen whether they can be forgotten; it is done by `--erase` (erasing.h). */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/erasing.h"
#include "scheduler/token.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define WAITS_MOST 8
#define LINES_MOST 8000 /* of the log that is shown */

/* A month, wherever it begins: what ended before belongs to one that is over. */
#define PERIOD_MOST_US (32 * US_PER_DAY)

bool is_to_be_erased(const struct service *service, const char *name)
{
    const struct row key = {.kind = ROW_ERASURE, .erasure = {.name = name}};

    return given_find(service->given, &key) != NULL;
}

bool check_not_erased(const struct service *service, const char *name, struct error *err)
{
    return !is_to_be_erased(service, name) ||
           fail(err, ERROR_CONFLICT,
                "%.64s is to be erased by tequio-scheduler --erase: take another name, or wait "
                "for that",
                name);
}

struct erase_question {
    const char *name, *by, *reason;
    bool dry_run;
    struct arena *arena;
    Wire__PrivacyErasing *erasing;
    int64_t last_end_us;
    uint64_t named; /* transactions with the name itself */
};

static void add_wait(struct erase_question *question, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void add_wait(struct erase_question *question, const char *format, ...)
{
    Wire__PrivacyErasing *erasing = question->erasing;
    char text[240];
    va_list arguments;

    if (erasing->n_waits == WAITS_MOST)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    erasing->waits[erasing->n_waits++] = arena_copy_utf8(question->arena, text);
}

/* --- what the database says, on the other thread ------------------------------------------------------ */

static bool on_txn(void *owner, const struct row *row, bool good)
{
    struct erase_question *question = owner;

    (void)row;
    (void)good;
    question->named++;
    return true;
}

static bool on_job(void *owner, const struct row *row, bool good)
{
    struct erase_question *question = owner;

    (void)good;
    question->erasing->jobs++;
    if (row->job.end_us > question->last_end_us)
        question->last_end_us = row->job.end_us;
    return true;
}

static bool read_jobs(struct reading *reading, struct error *err)
{
    struct erase_question *question = reading->question;
    struct store *store = reading->store;
    const struct query jobs = {
        .kind = QUERY_JOBS_OF_USER, .lane = LANE_SLOW, .text = question->name};
    const struct query txns = {
        .kind = QUERY_TXNS_NAMING, .lane = LANE_SLOW, .text = question->name};

    question->erasing =
        ANSWER(&reading->answer, reading->arena, Wire__PrivacyErasing, wire__privacy_erasing,
               privacy_erasing, WIRE__ENVELOPE__BODY_PRIVACY_ERASING);
    question->erasing->waits = ARENA_NEW_ARRAY(reading->arena, char *, WAITS_MOST);
    return store->query(store, &jobs, on_job, question, err) &&
           store->query(store, &txns, on_txn, question, err);
}

/* --- what is in the way --------------------------------------------------------------------------------- */

static void wait_for_jobs(const struct service *service, struct erase_question *question)
{
    uint64_t count = 0, first = 0;

    for (const struct job *job = core_job_after(service->core, 0); job;
         job = core_job_after(service->core, job->id)) {
        if (strcmp(job->user, question->name) != 0)
            continue;
        if (job_state_is_final(job->state)) { /* perhaps since the database was read */
            if (job->end_us > question->last_end_us)
                question->last_end_us = job->end_us;
            continue;
        }
        first = first ? first : job->id;
        count++;
    }
    if (count > 0)
        add_wait(question,
                 "%" PRIu64 " jobs wait or run, the first is %" PRIu64
                 ": cancel them, or let them end",
                 count, first);
}

static void wait_for_offices(const struct service *service, struct erase_question *question)
{
    const struct person *person = people_find(service->people, question->name, false);

    if (person->row.roles & ~(int64_t)ROLE_USER)
        add_wait(question,
                 "%s has an office in the network, and what is done in office is not "
                 "forgotten",
                 question->name);
    if (is_local_operator(service, question->name))
        add_wait(question, "%s is the operator of this machine", question->name);
    for (const struct membership *each = person->memberships; each; each = each->next)
        if (each->manager && people_is_member_now(service->people, each))
            add_wait(question, "%s manages project %s: give that to somebody else", question->name,
                     each->project);
}

static void wait_for_reservations(const struct service *service, struct erase_question *question)
{
    const struct row *row;

    for (size_t place = 0; (row = given_next(service->given, &place));)
        if (row->kind == ROW_WINDOW && text_names(row->window.users, question->name))
            add_wait(question, "reservation %s is for %s: change or remove it", row->window.name,
                     question->name);
}

static void wait_for_books(const struct service *service, struct erase_question *question)
{
    int64_t until_us = question->last_end_us + PERIOD_MOST_US;
    time_t seconds = (time_t)(until_us / US_PER_SECOND);
    struct tm date;
    char text[16];

    if (question->last_end_us > 0 && service->now_us < until_us && gmtime_r(&seconds, &date)) {
        strftime(text, sizeof(text), "%Y-%m-%d", &date);
        add_wait(question, "the month of the last job is in no report yet: ask again from %s on",
                 text);
    }
    if (question->named > 0)
        add_wait(question,
                 "%" PRIu64 " transactions from before there were seals name %s, and the "
                 "chain cannot lose that",
                 question->named, question->name);
}

/* --- PrivacyErase --------------------------------------------------------------------------------------- */

static void note_erasure(struct service *service, const struct erase_question *question)
{
    const struct row row = {
        .kind = ROW_ERASURE,
        .erasure = {question->name, question->reason, question->by, service->now_us}
    };

    audit(service, question->by, "privacy-erase", "%s reason=%s", question->name, question->reason);
    group_put(service, &row);
    given_put(service->given, &row);
    identify(service, people_find(service->people, question->name, false));
    log_info("a person is to be erased by tequio-scheduler --erase, by=%s", question->by);
}

/* Themselves, the operator, or a manager of all that they are of. */
static bool may_erase(const struct service *service, const char *name, const char *by)
{
    const struct person *person = people_find(service->people, by, false);
    unsigned roles = person ? (unsigned)person->row.roles : 0;

    return strcmp(name, by) == 0 || is_local_operator(service, by) || roles & ROLE_OPERATOR ||
           (roles & ROLE_MANAGER && is_of_institution(service, name, person->row.institution));
}

/* What was true when it was asked may have changed while the database was read. */
static bool answer_erase(struct reading *reading, struct error *err)
{
    struct service *service = reading->service;
    struct erase_question *question = reading->question;

    if (!people_find(service->people, question->name, false) ||
        !may_erase(service, question->name, question->by))
        return fail(err, ERROR_DENIED, "meanwhile %.64s may not ask for that any more",
                    question->by);
    question->arena = reading->arena;
    wait_for_jobs(service, question);
    wait_for_offices(service, question);
    wait_for_reservations(service, question);
    wait_for_books(service, question);
    if (question->erasing->n_waits > 0 || question->dry_run)
        return true;
    if (!is_to_be_erased(service, question->name))
        note_erasure(service, question);
    question->erasing->noted = true;
    return true;
}

/* One text for who is not there and who is not theirs. */
static bool check_theirs(struct service *service, const struct ask *ask, struct error *err)
{
    const char *name = ask->envelope->privacy_erase->user;
    const struct principal *by = ask->principal;
    bool manages = by->roles & ROLE_MANAGER && is_of_institution(service, name, by->institution);

    if (people_find(service->people, name, false) &&
        (strcmp(name, by->name) == 0 || by->roles & ROLE_OPERATOR || manages))
        return true;
    return deny(service, ask, err,
                "there is no %.64s, or they are not of your institution alone: themselves, a "
                "manager or the operator may ask for that",
                name);
}

/* Those of whom it was asked can do nothing any more: somebody else cancels it. */
static bool cancel_erasure(struct service *service, const struct ask *ask, Wire__Envelope *answer,
                           struct arena *keep, struct error *err)
{
    const Wire__PrivacyErase *wire = ask->envelope->privacy_erase;
    const struct row row = {.kind = ROW_ERASURE, .erasure = {.name = wire->user}};

    if (wire->dry_run)
        return fail(err, ERROR_INVALID, "--cancel and --dry-run do not go together");
    if (!is_to_be_erased(service, wire->user))
        return fail(err, ERROR_NOT_FOUND, "nobody asked that %.64s be erased", wire->user);
    audit(service, ask->principal->name, "privacy-keep", "%s reason=%s", wire->user, wire->reason);
    batch_add(&service->open->batch, WRITE_REMOVE, &row);
    given_remove(service->given, &row);
    identify(service, people_find(service->people, wire->user, false));
    log_info("a person is not to be erased after all, by=%s", ask->principal->name);
    ANSWER(answer, keep, Wire__PrivacyErasing, wire__privacy_erasing, privacy_erasing,
           WIRE__ENVELOPE__BODY_PRIVACY_ERASING)
        ->cancelled = true;
    return true;
}

static bool on_privacy_erase(void *owner, struct ask *ask, Wire__Envelope *answer,
                             struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__PrivacyErase *wire = ask->envelope->privacy_erase;
    struct erase_question *question;
    struct arena *arena;

    if (!service_paces(service, ask, PACE_QUERY, err) ||
        !parse_name(wire->user, "person", LEDGER_NAME_MAX, err) ||
        !reason_fits(wire->reason, err) || !check_theirs(service, ask, err))
        return false;
    if (!wire->dry_run && *wire->reason == '\0')
        return fail(err, ERROR_INVALID, "say why (--reason): it stays in the audit log");
    if (wire->cancel)
        return cancel_erasure(service, ask, answer, keep, err);
    arena = arena_new();
    question = ARENA_NEW(arena, struct erase_question);
    *question = (struct erase_question){
        .name = arena_copy(arena, wire->user),
        .by = arena_copy(arena, ask->principal->name),
        .reason = arena_copy(arena, wire->reason),
        .dry_run = wire->dry_run,
    };
    return reading_start_task(service, ask, arena,
                              &(struct reading_task){read_jobs, answer_erase, question}, err);
}

/* --- PrivacyLogAsk -------------------------------------------------------------------------------------- */

struct log_question {
    const char *user;
    int64_t since_us;
    const char **places; /* as read_concerns() has them */
    struct arena *arena;
    Wire__PrivacyLog *log;
    uint64_t count; /* of all; the newest LINES_MOST are in the log, as a ring */
};

static char *part(struct arena *arena, const char *text)
{
    return arena_copy(arena, strcmp(text, "-") == 0 ? "" : text);
}

static bool on_line(void *owner, const struct row *row, bool good)
{
    struct log_question *question = owner;
    const struct audit_row *line = &row->audit;
    struct arena *arena = question->arena;
    Wire__PrivacyRead **shown = &question->log->rows[question->count % LINES_MOST];
    struct read_line parts;

    if (!good || strcmp(line->act, READ_ACT) != 0 || line->at_us < question->since_us ||
        !read_line_parse(line->text, &parts) ||
        !read_concerns(&parts, question->user, question->places))
        return true;
    if (question->count++ < LINES_MOST) {
        *shown = ARENA_NEW(arena, Wire__PrivacyRead);
        question->log->n_rows++;
    }
    wire__privacy_read__init(*shown);
    (*shown)->at_us = line->at_us;
    (*shown)->reader = arena_copy_utf8(arena, line->principal);
    (*shown)->what = arena_copy_utf8(arena, parts.what);
    (*shown)->user = part(arena, parts.user);
    (*shown)->project = part(arena, parts.project);
    (*shown)->institution = part(arena, parts.institution);
    (*shown)->cluster = part(arena, parts.cluster);
    return true;
}

/* The oldest first. */
static void straighten(struct log_question *question)
{
    Wire__PrivacyLog *log = question->log;
    size_t first = question->count % LINES_MOST;
    Wire__PrivacyRead **rows;

    if (question->count <= LINES_MOST)
        return;
    log->older = question->count - LINES_MOST;
    rows = ARENA_NEW_ARRAY(question->arena, Wire__PrivacyRead *, LINES_MOST);
    memcpy(rows, log->rows + first, (LINES_MOST - first) * sizeof(*rows));
    memcpy(rows + LINES_MOST - first, log->rows, first * sizeof(*rows));
    log->rows = rows;
}

static bool read_log(struct reading *reading, struct error *err)
{
    struct log_question *question = reading->question;
    const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = ROW_AUDIT};

    question->arena = reading->arena;
    question->log = ANSWER(&reading->answer, reading->arena, Wire__PrivacyLog, wire__privacy_log,
                           privacy_log, WIRE__ENVELOPE__BODY_PRIVACY_LOG);
    question->log->rows = ARENA_NEW_ARRAY(reading->arena, Wire__PrivacyRead *, LINES_MOST);
    if (!reading->store->query(reading->store, &query, on_line, question, err))
        return false;
    straighten(question);
    return true;
}

static const char **places_of(const struct service *service, const char *user, struct arena *arena)
{
    const struct person *person = people_find(service->people, user, false);
    const struct ledger *ledger = core_ledger(service->core);
    const char **places;
    size_t count = 0;

    for (const struct membership *each = person ? person->memberships : NULL; each;
         each = each->next)
        count++;
    places = ARENA_NEW_ARRAY(arena, const char *, 2 * count + 1);
    count = 0;
    for (const struct membership *each = person ? person->memberships : NULL; each;
         each = each->next) {
        const char *institution = ledger_institution_of(ledger, each->project);

        places[count++] = arena_copy(arena, each->project);
        places[count++] = arena_copy(arena, institution ? institution : "");
    }
    return places;
}

static bool on_privacy_log_ask(void *owner, struct ask *ask, Wire__Envelope *answer,
                               struct arena *keep, struct error *err)
{
    struct service *service = owner;
    const Wire__PrivacyLogAsk *wire = ask->envelope->privacy_log_ask;
    struct log_question *question;
    struct arena *arena;

    (void)answer;
    (void)keep;
    if (!service_paces(service, ask, PACE_QUERY, err) ||
        !parse_name(wire->user, "person", LEDGER_NAME_MAX, err))
        return false;
    if (strcmp(wire->user, ask->principal->name) != 0 &&
        !(ask->principal->roles & (ROLE_AUDITOR | ROLE_OPERATOR)))
        return deny(service, ask, err, "only %.64s and auditors may see who looked at them",
                    wire->user);
    arena = arena_new();
    question = ARENA_NEW(arena, struct log_question);
    question->user = arena_copy(arena, wire->user);
    question->since_us = wire->since_us;
    question->places = places_of(service, wire->user, arena);
    return reading_start(service, ask, arena, read_log, question, err);
}

const struct handler privacy_handlers[] = {
    {WIRE__ENVELOPE__BODY_PRIVACY_ERASE,   ROLE_USER | ROLE_MANAGER | ROLE_OPERATOR,
     on_privacy_erase                                                                                  },
    {WIRE__ENVELOPE__BODY_PRIVACY_LOG_ASK, ROLE_PEOPLE,                              on_privacy_log_ask},
    {0,                                    0,                                        NULL              },
};
