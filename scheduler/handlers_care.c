/* handlers_care.c - the database is copied and checked */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "scheduler/check.h"

#include <inttypes.h>
#include <string.h>

#define FINDINGS_MAX 1000
#define PATH_MOST    4000

/* --- BackupMake ----------------------------------------------------------------------------------------- */

struct backup_question {
    const char *path, *by;
};

static bool make_backup(struct reading *reading, struct error *err)
{
    const struct backup_question *question = reading->question;
    uint64_t size;

    if (!reading->store->backup(reading->store, question->path, &size, err))
        return false;
    ANSWER(&reading->answer, reading->arena, Wire__BackupMade, wire__backup_made, backup_made,
           WIRE__ENVELOPE__BODY_BACKUP_MADE)
        ->size = size;
    return true;
}

/* Who has a copy of everything stands in the log; who was refused one, does not. */
static bool note_backup(struct reading *reading, struct error *err)
{
    const struct backup_question *question = reading->question;

    (void)err;
    audit(reading->service, question->by, "backup", "%s", question->path);
    log_info("backup to %s by=%s", question->path, question->by);
    return true;
}

static bool on_backup_make(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;
    const char *path = ask->envelope->backup_make->path;
    struct backup_question *question;
    struct arena *arena;

    (void)answer;
    (void)keep;
    if (*path != '/')
        return fail(err, ERROR_INVALID, "%.200s: give the whole path, from /", path);
    if (strlen(path) > PATH_MOST)
        return fail(err, ERROR_INVALID, "the path has more than %d bytes", PATH_MOST);
    arena = arena_new();
    question = ARENA_NEW(arena, struct backup_question);
    question->path = arena_copy(arena, path);
    question->by = arena_copy(arena, ask->principal->name);
    return reading_start_task(service, ask, arena,
                              &(struct reading_task){make_backup, note_backup, question}, err);
}

/* --- StoreCheck ----------------------------------------------------------------------------------------- */

struct findings {
    Wire__StoreChecked *checked;
    struct arena *arena;
};

static void on_finding(void *owner, const char *text)
{
    struct findings *findings = owner;
    Wire__StoreChecked *checked = findings->checked;

    if (checked->n_findings < FINDINGS_MAX)
        checked->findings[checked->n_findings++] = arena_copy_utf8(findings->arena, text);
}

static bool check_store(struct reading *reading, struct error *err)
{
    struct findings findings = {.arena = reading->arena};

    findings.checked =
        ANSWER(&reading->answer, reading->arena, Wire__StoreChecked, wire__store_checked,
               store_checked, WIRE__ENVELOPE__BODY_STORE_CHECKED);
    findings.checked->findings = ARENA_NEW_ARRAY(reading->arena, char *, FINDINGS_MAX);
    return store_check(reading->store, on_finding, &findings, &findings.checked->rows, err);
}

static bool on_store_check(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                           struct error *err)
{
    struct service *service = owner;

    (void)answer;
    (void)keep;
    return reading_start(service, ask, arena_new(), check_store, NULL, err);
}

const struct handler care_handlers[] = {
    {WIRE__ENVELOPE__BODY_BACKUP_MAKE, ROLE_OPERATOR,                on_backup_make},
    {WIRE__ENVELOPE__BODY_STORE_CHECK, ROLE_OPERATOR | ROLE_AUDITOR, on_store_check},
    {0,                                0,                            NULL          },
};
