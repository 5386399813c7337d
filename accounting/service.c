/* service.c - answers who asks for reports */

#include "accounting/service.h"

#include "accounting/bundle.h"
#include "accounting/notice_store.h"
#include "accounting/period.h"
#include "accounting/report.h"
#include "accounting/tree_log.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parse.h"
#include "proto/dispatch.h"
#include "proto/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE_MAX    (512u << 10) /* bytes of a file in one answer */
#define BUNDLES_KEPT 16
#define FRESH_US     (2 * US_PER_SECOND) /* a provisional bundle is as good as new */

struct kept_bundle {
    struct bundle *bundle;
    char *institution;
    struct period period;
    int64_t made_us; /* boot clock */
    bool provisional;
};

struct service {
    const struct accounting_settings *settings;
    const struct signing_key *key;
    const struct clock *clock;
    struct store_reader *reader;
    struct identities *identities;
    struct dispatcher *dispatcher;
    char *network;
    char *reports; /* folder of the bundles that never change */
    struct tree_log *log;
    struct notice_store *notices;
    unsigned next; /* place in `kept` that is given up next */
    struct kept_bundle kept[BUNDLES_KEPT];
};

static bool on_welcome(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    struct service *service = owner;

    (void)ask;
    (void)err;
    answer->welcome->network = arena_copy(keep, service->network);
    answer->welcome->program = arena_copy(keep, "tequio-accounting " PACKAGE_VERSION);
    answer->welcome->wall_us = clock_wall_us(service->clock);
    return true;
}

static void drop(struct kept_bundle *kept)
{
    bundle_free(kept->bundle);
    free(kept->institution);
    *kept = (struct kept_bundle){0};
}

static struct kept_bundle *find_kept(struct service *service, const char *institution,
                                     const struct period *period)
{
    for (size_t i = 0; i < BUNDLES_KEPT; i++) {
        struct kept_bundle *kept = &service->kept[i];

        if (kept->bundle && strcmp(kept->institution, institution) == 0 &&
            strcmp(kept->period.name, period->name) == 0)
            return kept;
    }
    return NULL;
}

/* The bundle of an ended month from its folder, or NULL when it was never made. */
static struct bundle *read_final(struct service *service, const char *institution,
                                 const struct period *period, struct error *err)
{
    CLEANUP(memory_freep) char *name = bundle_name(service->network, institution, period, false);
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", service->reports, name);
    struct bundle *bundle;
    struct stat status;

    if (stat(path, &status) != 0)
        return NULL;
    bundle = bundle_read(path, err);
    if (bundle) {
        free(bundle->name);
        bundle->name = STEAL(name);
    }
    return bundle;
}

/* Of the log, when the month before was reported for good; 0: it was not. */
static uint64_t leaves_before(struct service *service, const char *institution,
                              const struct period *period)
{
    CLEANUP(buffer_clear) struct buffer note;
    CLEANUP(memory_freep) char *name = NULL;
    CLEANUP(memory_freep) char *path = NULL;
    struct checkpoint checkpoint;
    struct period before;
    struct error ignored;

    buffer_init(&note);
    period_of(period->start_us - 1, &before);
    name = bundle_name(service->network, institution, &before, false);
    path = memory_format("%s/%s/" CHECKPOINT_NAME, service->reports, name);
    if (!file_read(path, CHECKPOINT_MAX, &note, &ignored) ||
        !checkpoint_read(note.bytes, note.length, service->key->public, &checkpoint, &ignored))
        return 0;
    return checkpoint.leaves;
}

static bool prove(struct service *service, struct report *report, struct error *err)
{
    const struct tree_source source = tree_log_source(service->log);

    uint64_t leaves;

    if (!tree_log_follow(service->log, service->reader, err))
        return false;
    leaves = tree_log_leaves(service->log);
    /* Of a month that has ended the checkpoint is the same for all institutions. */
    if (!report->provisional &&
        !store_reader_last(service->reader, report->period.end_us, &leaves, err))
        return false;
    return report_prove(report, &source, leaves,
                        leaves_before(service, report->institution, &report->period), err);
}

/* Make the bundle; one of an ended month is on disk before anybody sees it. */
static struct bundle *make(struct service *service, const char *institution,
                           const struct period *period, bool *ret_provisional, struct error *err)
{
    CLEANUP(report_freep) struct report *report = NULL;
    CLEANUP(bundle_freep) struct bundle *bundle = NULL;

    report = report_make(service->reader, institution, period, clock_wall_us(service->clock), err);
    if (!report || !prove(service, report, err))
        return NULL;
    bundle = bundle_make(report, service->key);
    if (!report->provisional && !bundle_write(bundle, service->reports, err))
        return NULL;
    *ret_provisional = report->provisional;
    log_info("institution=%s period=%s report made%s", institution, period->name,
             report->provisional ? " (provisional)" : "");
    return STEAL(bundle);
}

static const struct bundle *get_bundle(struct service *service, const char *institution,
                                       const struct period *period, bool fresh, struct error *err)
{
    struct kept_bundle *kept = find_kept(service, institution, period);
    int64_t now_us = clock_boot_us(service->clock);
    struct bundle *bundle;
    bool provisional = false;

    if (kept && (!kept->provisional || !fresh || now_us - kept->made_us < FRESH_US))
        return kept->bundle;
    err->code = ERROR_NONE;
    bundle = read_final(service, institution, period, err);
    if (!bundle && err->code == ERROR_NONE)
        bundle = make(service, institution, period, &provisional, err);
    if (!bundle)
        return NULL;
    if (!kept)
        kept = &service->kept[service->next++ % BUNDLES_KEPT];
    drop(kept);
    *kept = (struct kept_bundle){
        .bundle = bundle,
        .institution = memory_copy(institution),
        .period = *period,
        .made_us = now_us,
        .provisional = provisional,
    };
    return bundle;
}

static bool may_read(const struct principal *principal, const char *institution, struct error *err)
{
    if (principal->roles & (ROLE_OPERATOR | ROLE_AUDITOR))
        return true;
    if ((principal->roles & ROLE_MANAGER) && principal->institution &&
        strcmp(principal->institution, institution) == 0)
        return true;
    return fail(err, ERROR_DENIED, "%s may not read the reports of %s", principal->name,
                institution);
}

static void fill_piece(const Wire__ReportAsk *ask, const struct bundle *bundle, struct arena *keep,
                       Wire__Envelope *answer)
{
    const struct bundle_file *file = &bundle->files[ask->file];
    Wire__ReportFile *piece = arena_get(keep, 1, sizeof *piece);
    uint64_t left = file->bytes.length - ask->offset;

    wire__report_file__init(piece);
    piece->bundle = arena_copy(keep, bundle->name);
    piece->name = arena_copy(keep, file->name);
    piece->files = (uint32_t)bundle->count;
    piece->size = file->bytes.length;
    piece->offset = ask->offset;
    piece->bytes.len = left < PIECE_MAX ? (size_t)left : PIECE_MAX;
    piece->bytes.data = (uint8_t *)file->bytes.bytes + ask->offset;
    answer->body_case = WIRE__ENVELOPE__BODY_REPORT_FILE;
    answer->report_file = piece;
}

static bool on_report(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                      struct error *err)
{
    struct service *service = owner;
    const Wire__ReportAsk *wanted = ask->envelope->report_ask;
    const struct bundle *bundle;
    struct period period;

    if (!parse_name(wanted->institution, "institution", LEDGER_NAME_MAX, err) ||
        !may_read(ask->principal, wanted->institution, err))
        return false;
    if (!*wanted->period)
        period_of(clock_wall_us(service->clock), &period);
    else if (!period_parse(wanted->period, &period, err))
        return false;
    if (period.start_us > clock_wall_us(service->clock))
        return fail(err, ERROR_INVALID, "%s has not begun yet", period.name);
    bundle = get_bundle(service, wanted->institution, &period, !*wanted->bundle, err);
    if (!bundle)
        return false;
    if (*wanted->bundle && strcmp(wanted->bundle, bundle->name) != 0)
        return fail(err, ERROR_CONFLICT, "the report was made anew meanwhile: ask again");
    if (wanted->file >= bundle->count || wanted->offset > bundle->files[wanted->file].bytes.length)
        return fail(err, ERROR_INVALID, "the report has no file %u that long", wanted->file);
    if (wanted->file == 0 && wanted->offset == 0)
        log_info("institution=%s period=%s report read by=%s", wanted->institution, period.name,
                 ask->principal->name);
    fill_piece(wanted, bundle, keep, answer);
    return true;
}

/* --- notices ---------------------------------------------------------------------------------- */

#define NOTICES_MAX 1000 /* of one answer */

struct notice_answer {
    Wire__NoticeTable *table;
    struct arena *keep;
};

static void add_notice(void *owner, const struct notice *notice)
{
    struct notice_answer *answer = owner;
    Wire__NoticeView *view = arena_get(answer->keep, 1, sizeof(*view));

    wire__notice_view__init(view);
    view->id = notice->id;
    view->at_us = notice->at_us;
    view->institution = arena_copy(answer->keep, notice->institution);
    view->project = arena_copy(answer->keep, notice->project);
    view->percent = notice->percent;
    view->granted = notice->granted_micro;
    view->used = notice->used_micro;
    view->sent = notice->sent;
    view->waiting = notice->waiting;
    answer->table->notices[answer->table->n_notices++] = view;
}

/* A manager is shown those of the own institution; an operator or auditor all. */
static bool on_notices(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    struct service *service = owner;
    const Wire__NoticesAsk *wanted = ask->envelope->notices_ask;
    const char *institution = wanted->institution;
    struct notice_answer into = {arena_get(keep, 1, sizeof(*into.table)), keep};

    if (!*institution && !(ask->principal->roles & (ROLE_OPERATOR | ROLE_AUDITOR)))
        institution = ask->principal->institution ? ask->principal->institution : "";
    if ((*institution || !(ask->principal->roles & (ROLE_OPERATOR | ROLE_AUDITOR))) &&
        (!parse_name(institution, "institution", LEDGER_NAME_MAX, err) ||
         !may_read(ask->principal, institution, err)))
        return false;
    wire__notice_table__init(into.table);
    into.table->notices = arena_get(keep, NOTICES_MAX, sizeof(*into.table->notices));
    if (!notice_store_list(service->notices,
                           &(struct notice_query){institution, wanted->after, NOTICES_MAX},
                           add_notice, &into, err))
        return false;
    answer->body_case = WIRE__ENVELOPE__BODY_NOTICE_TABLE;
    answer->notice_table = into.table;
    return true;
}

static const struct handler handlers[] = {
    {WIRE__ENVELOPE__BODY_REPORT_ASK,  ROLE_MANAGER | ROLE_OPERATOR | ROLE_AUDITOR, on_report },
    {WIRE__ENVELOPE__BODY_NOTICES_ASK, ROLE_MANAGER | ROLE_OPERATOR | ROLE_AUDITOR, on_notices},
    {WIRE__ENVELOPE__BODY__NOT_SET,    0,                                           NULL      },
};

/* A name that no person can have: names of people have no spaces. */
#define LOCAL_OPERATOR "operator of this machine"

/* Root and this service's own user are operators on the local socket, whoever they are besides:
 * both could read the database anyway. */
static bool add_local_operator(struct service *service, uid_t uid, struct error *err)
{
    struct sender sender = {.uid = uid};
    const struct principal *known = identities_of(service->identities, &sender);
    struct principal operator= {.name = (char *)LOCAL_OPERATOR, .roles = ROLE_OPERATOR};

    if (!(known->roles & ROLE_STRANGER)) {
        operator= * known;
        operator.roles |= ROLE_OPERATOR;
        identities_put(service->identities, &operator);
        return true;
    }
    identities_put(service->identities, &operator);
    return identities_bind_uid(service->identities, uid, operator.name, err);
}

/* Whom the database knows now, in place of whom it knew: sessions go on.  Whoever could not
 * be read is a stranger, and refused. */
static bool load_identities(struct service *service, struct error *err)
{
    identities_clear(service->identities);
    return store_reader_identities(service->reader, service->identities, err) &&
           (!service->settings->local_operators ||
            (add_local_operator(service, 0, err) && add_local_operator(service, geteuid(), err)));
}

static void refresh(struct service *service)
{
    struct error err;

    if (store_reader_changed(service->reader) && !load_identities(service, &err))
        log_warning("%s, refusing whom it does not name", err.text);
}

struct service *service_new(const struct accounting_settings *settings,
                            const struct signing_key *key, struct store_reader *reader,
                            const struct clock *clock, struct error *err)
{
    CLEANUP(service_freep) struct service *service = NEW(struct service);
    CLEANUP(memory_freep) char *log = NULL;
    CLEANUP(memory_freep) char *notices = notice_store_path(settings->state_directory);

    service->settings = settings;
    service->key = key;
    service->clock = clock;
    service->reader = reader;
    service->identities = identities_new();
    service->network = store_reader_meta(reader, "network");
    if (!service->network)
        service->network = memory_copy("");
    service->reports = memory_format("%s/reports", settings->state_directory);
    log = memory_format("%s/log.hashes", settings->state_directory);
    if (!file_make_directory(service->reports, 0755, err) || !load_identities(service, err) ||
        !(service->log = tree_log_open(log, err)) ||
        !(service->notices = notice_store_open(notices, err)))
        return NULL;
    service->dispatcher = dispatcher_new(handlers, service->identities, on_welcome, service);
    return STEAL(service);
}

void service_free(struct service *service)
{
    if (!service)
        return;
    for (size_t i = 0; i < BUNDLES_KEPT; i++)
        drop(&service->kept[i]);
    dispatcher_free(service->dispatcher);
    identities_free(service->identities);
    store_reader_free(service->reader);
    tree_log_free(service->log);
    notice_store_free(service->notices);
    free(service->network);
    free(service->reports);
    free(service);
}

bool service_admits(void *owner, const char *key)
{
    struct service *service = owner;

    refresh(service);
    return identities_admit(service->identities, key);
}

bool service_take(struct service *service, const struct sender *sender, const uint8_t *bytes,
                  size_t size, struct buffer *answer)
{
    refresh(service);
    return dispatch(service->dispatcher, sender, bytes, size, clock_boot_us(service->clock),
                    answer);
}
