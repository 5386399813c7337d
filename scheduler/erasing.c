/* erasing.c - a person's name taken out of the database */

#include "scheduler/erasing.h"

#include "accounting/core/seal.h"
#include "base/log.h"
#include "base/random.h"
#include "base/table.h"
#include "scheduler/audit_line.h"
#include "scheduler/erasing_inside.h"

#include <inttypes.h>
#include <string.h>

#define TOLD_EACH 10000 /* rows */

static bool commit(struct erasing *erasing)
{
    erasing->batch.epoch = erasing->marks->epoch;
    erasing->broken = !erasing->store->commit(erasing->store, &erasing->batch, &erasing->err);
    batch_reset(&erasing->batch);
    return !erasing->broken;
}

bool erasing_write(struct erasing *erasing, enum write_verb verb, const struct row *row)
{
    batch_add(&erasing->batch, verb, row);
    return erasing->batch.count < erasing->way->chunk || commit(erasing);
}

bool erasing_flush(struct erasing *erasing)
{
    return erasing->batch.count == 0 || commit(erasing);
}

static void tell(const struct erasing_way *way, const struct erasing_stage *stage)
{
    if (way->told)
        way->told(way->owner, stage);
}

/* What was changed behind our back must not get a MAC of ours by being written anew. */
static bool on_row(void *owner, const struct row *row, bool good)
{
    struct erasing *erasing = owner;

    if (erasing->stage.rows++ % TOLD_EACH == 0) {
        erasing->stage.table = row_shape(row->kind)->table;
        tell(erasing->way, &erasing->stage);
    }
    if (!good)
        fail(&erasing->err, ERROR_IO,
             "a row of table %s was changed by something else than tequio-scheduler",
             row_shape(row->kind)->table);
    erasing->failed = !good || !erasing->each(erasing, row);
    return !erasing->failed;
}

bool erasing_walk(struct erasing *erasing, const struct query *query, erasing_fn *each)
{
    erasing->each = each;
    erasing->stage.rows = 0;
    return erasing->store->query(erasing->store, query, on_row, erasing, &erasing->err) &&
           !erasing->failed;
}

static bool walk_all(struct erasing *erasing, enum row_kind kind, erasing_fn *each)
{
    const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = kind};

    return erasing_walk(erasing, &query, each);
}

/* --- who they were ----------------------------------------------------------------------------------- */

static bool is_membership(const struct closing_row *closing, const char *name)
{
    size_t length = strlen(name);

    return strcmp(closing->what, "member") == 0 && strncmp(closing->name, name, length) == 0 &&
           closing->name[length] == '/';
}

/* That of a member is for "project/user". */
static bool is_limit_of(const struct limit_row *limit, const char *name)
{
    const char *slash = strrchr(limit->name, '/');

    if (strcmp(limit->scope, "member") == 0)
        return slash && strcmp(slash + 1, name) == 0;
    return strcmp(limit->scope, "user") == 0 && strcmp(limit->name, name) == 0;
}

static bool is_theirs(const struct row *row, const char *name)
{
    switch (row->kind) {
    case ROW_MEMBER:
        return strcmp(row->member.user, name) == 0;
    case ROW_PRINCIPAL:
        return !row->principal.is_node && strcmp(row->principal.name, name) == 0;
    case ROW_LOCAL_UID:
        return strcmp(row->local_uid.name, name) == 0;
    case ROW_PUBLIC_KEY:
        return !row->public_key.is_node && strcmp(row->public_key.name, name) == 0;
    case ROW_TOKEN:
        return !row->token.is_node && strcmp(row->token.name, name) == 0;
    case ROW_REQUEST:
        return strcmp(row->request.principal, name) == 0;
    case ROW_SHARE:
        return strcmp(row->share.user, name) == 0;
    case ROW_LIMIT:
        return is_limit_of(&row->limit, name);
    case ROW_CLOSING:
        return is_membership(&row->closing, name);
    default:
        return false;
    }
}

static bool remove_theirs(struct erasing *erasing, const struct row *row)
{
    return !is_theirs(row, erasing->name) || erasing_write(erasing, WRITE_REMOVE, row);
}

/* A key or a uid of nobody lets no scheduler start: the person goes last. */
static const enum row_kind kinds_of_person[] = {ROW_MEMBER, ROW_LOCAL_UID, ROW_PUBLIC_KEY,
                                                ROW_TOKEN,  ROW_REQUEST,   ROW_SHARE,
                                                ROW_LIMIT,  ROW_CLOSING,   ROW_PRINCIPAL};

static bool remove_person(struct erasing *erasing)
{
    for (size_t i = 0; i < COUNT_OF(kinds_of_person); i++)
        if (!walk_all(erasing, kinds_of_person[i], remove_theirs))
            return false;
    return true;
}

static bool look(struct erasing *erasing, const struct row *row)
{
    if (row->kind == ROW_PRINCIPAL && row->principal.is_node &&
        strcmp(row->principal.name, erasing->name) == 0)
        erasing->node_too = true;
    return true;
}

/* A row that cannot be believed is found before anything is written. */
static bool look_at_all(struct erasing *erasing)
{
    static const enum row_kind others[] = {ROW_SEAL, ROW_SPEC, ROW_AUDIT};
    const struct query jobs = {
        .kind = QUERY_JOBS_OF_USER, .lane = LANE_SLOW, .text = erasing->name};

    for (size_t i = 0; i < COUNT_OF(kinds_of_person); i++)
        if (!walk_all(erasing, kinds_of_person[i], look))
            return false;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (!walk_all(erasing, others[i], look))
            return false;
    return erasing_walk(erasing, &jobs, look);
}

/* --- what was written down of them ------------------------------------------------------------------ */

static bool is_of_name(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@", c);
}

bool text_names(const char *text, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = text; (at = strstr(at, name)); at++) {
        const char *behind = at + length;
        bool ends = !is_of_name(*behind) || (*behind == '.' && !is_of_name(behind[1]));

        if (ends && (at == text || !is_of_name(at[-1])))
            return true;
    }
    return false;
}

static bool erase_line(struct erasing *erasing, const struct row *row)
{
    struct row erased = {.kind = ROW_AUDIT, .audit = row->audit};
    char digest[AUDIT_DIGEST_TEXT];

    erasing->told += audit_line_erased_count(&row->audit);
    erasing->lines += audit_line_is_erased(&row->audit);
    if (!audit_line_names(&row->audit, erasing->name, erasing->node_too))
        return true;
    audit_line_erase(&erased.audit, digest);
    erasing->lines++;
    return erasing_write(erasing, WRITE_REPLACE, &erased);
}

/* --- the whole --------------------------------------------------------------------------------------- */

/* Who submitted nothing since there are seals gets one, before the first job has it: an attempt after
 * this one finds the same. */
static bool find_seal(struct erasing *erasing)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct row row = {.kind = ROW_SEAL, .seal = {.name = erasing->name}};
    uint8_t salt[SEAL_SALT_SIZE];
    bool found;

    if (!erasing->store->find(erasing->store, &row, arena, &found, &erasing->err))
        return false;
    random_fill(salt, sizeof(salt));
    if (found) {
        memory_put_text(erasing->seal, sizeof(erasing->seal), row.seal.seal);
        return true;
    }
    seal_make(erasing->name, salt, erasing->seal);
    row.seal.made_us = erasing->way->now_us;
    row.seal.salt = (struct bytes){salt, sizeof(salt)};
    row.seal.seal = erasing->seal;
    return erasing_write(erasing, WRITE_PUT, &row) && erasing_flush(erasing);
}

static bool is_none_of_theirs(struct erasing *erasing, const struct row *row)
{
    return strcmp(row->job.user, erasing->name) != 0 ||
           fail(&erasing->err, ERROR_CONFLICT, "job %" PRId64 " of theirs has not ended",
                row->job.id);
}

/* With the seal goes the note, and one comes that the files are to be wiped: in one transaction,
 * however much was written before. */
static bool end(struct erasing *erasing)
{
    CLEANUP(memory_freep)
    char *text = memory_format("person jobs=%" PRIu64 " lines=%" PRIu64, erasing->jobs,
                               erasing->lines > erasing->told ? erasing->lines - erasing->told : 0);
    const struct row gone[] = {
        {.kind = ROW_SEAL,    .seal = {.name = erasing->name}   },
        {.kind = ROW_ERASURE, .erasure = {.name = erasing->name}},
    };
    const struct row wipe = {
        .kind = ROW_ERASURE, .erasure = {"", "", "", erasing->way->now_us}
    };
    struct row line = {
        .kind = ROW_AUDIT,
        .audit = {.at_us = erasing->way->now_us,
                  .principal = AUDIT_DAEMON,
                  .act = AUDIT_ERASE,
                  .text = text}
    };

    if (!erasing_flush(erasing))
        return false;
    for (size_t i = 0; i < COUNT_OF(gone); i++)
        batch_add(&erasing->batch, WRITE_REMOVE, &gone[i]);
    audit_line_link(&line.audit, erasing->marks);
    batch_add(&erasing->batch, WRITE_PUT, &line);
    batch_add(&erasing->batch, WRITE_PUT, &wipe);
    return commit(erasing);
}

static bool erase(struct erasing *erasing)
{
    const struct query live = {.kind = QUERY_JOBS_LIVE, .lane = LANE_SLOW};

    return erasing_walk(erasing, &live, is_none_of_theirs) && look_at_all(erasing) &&
           find_seal(erasing) && erase_jobs(erasing) && remove_person(erasing) &&
           walk_all(erasing, ROW_AUDIT, erase_line) && end(erasing);
}

/* False when a commit failed: then nothing more may be asked of the store. */
static bool erase_one(struct store *store, struct store_marks *marks, const char *name,
                      const struct erasing_way *way, struct erasing_stage stage, struct error *err)
{
    struct erasing erasing = {
        .store = store,
        .marks = marks,
        .name = name,
        .way = way,
        .stage = stage,
        .specs = table_new(),
        .scripts = table_new(),
    };
    bool good;

    batch_init(&erasing.batch);
    good = erase(&erasing);
    batch_clear(&erasing.batch);
    table_free(erasing.specs);
    table_free(erasing.scripts);
    if (good)
        log_info("a person is erased: jobs=%" PRIu64 " lines=%" PRIu64, erasing.jobs,
                 erasing.lines);
    else if (!erasing.broken)
        log_error("%s is not erased: %s", name, erasing.err.text);
    *err = erasing.err;
    return !erasing.broken;
}

struct noted {
    struct arena *arena;
    struct noted_name {
        const char *name;
        struct noted_name *next;
    } * first;
    bool wipes;
};

static bool on_noted(void *owner, const struct row *row, bool good)
{
    struct noted *noted = owner;
    struct noted_name *name;

    if (!good)
        return true; /* the check finds it */
    if (*row->erasure.name == '\0') {
        noted->wipes = true;
        return true;
    }
    name = ARENA_NEW(noted->arena, struct noted_name);
    name->name = arena_copy(noted->arena, row->erasure.name);
    name->next = noted->first;
    noted->first = name;
    return true;
}

static bool wipe(struct store *store, const struct store_marks *marks, struct error *err)
{
    const struct row note = {.kind = ROW_ERASURE, .erasure = {.name = ""}};
    CLEANUP(batch_clear) struct batch batch;

    batch_init(&batch);
    if (store->wipe && !store->wipe(store, err))
        return fail_in(err, "%s: names that were erased may still be in its files", store->name);
    batch.epoch = marks->epoch;
    batch_add(&batch, WRITE_REMOVE, &note);
    return store->commit(store, &batch, err);
}

static bool read_noted(struct store *store, struct noted *noted, struct error *err)
{
    const struct query query = {.kind = QUERY_ALL, .lane = LANE_SLOW, .row = ROW_ERASURE};

    noted->first = NULL;
    return store->query(store, &query, on_noted, noted, err);
}

bool erase_all(struct store *store, const struct erasing_way *way, struct erased *ret_erased,
               struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct noted noted = {.arena = arena};
    struct erasing_stage stage = {0};
    struct store_marks marks;

    *ret_erased = (struct erased){0};
    if (!store->marks(store, &marks, err) || !read_noted(store, &noted, err))
        return false;
    for (const struct noted_name *each = noted.first; each; each = each->next)
        stage.persons++;
    for (const struct noted_name *each = noted.first; each; each = each->next) {
        stage.person = ++ret_erased->persons;
        if (!erase_one(store, &marks, each->name, way, stage, err))
            return false;
    }
    if (!read_noted(store, &noted, err))
        return false;
    for (const struct noted_name *each = noted.first; each; each = each->next)
        ret_erased->waiting++;
    ret_erased->persons -= ret_erased->waiting;
    if (!noted.wipes)
        return true;
    tell(way, &(struct erasing_stage){0});
    return wipe(store, &marks, err);
}
