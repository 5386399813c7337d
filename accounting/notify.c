/* notify.c - tell people when grants run out, by mail and webhook */

#include "accounting/notify.h"

#include "accounting/mail.h"
#include "accounting/store_reader.h"
#include "accounting/webhook.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/worker.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MOST_US  US_PER_HOUR
#define DELIVERY_MOST 32 /* of one turn */
#define TARGETS_MAX   64 /* for one institution */

struct notifier {
    const struct accounting_settings *settings;
    struct loop *loop;
    struct watch *watch;
    struct worker *worker;
    struct store_reader *reader; /* of the worker's thread, as the store is */
    struct notice_store *store;
    char *network;
    bool busy;

    /* What a turn did, for the loop's thread to log. */
    unsigned crossed, sent, failed;
    struct error err; /* the last one */
};

unsigned notice_level(const unsigned *thresholds, size_t count, int64_t granted_micro,
                      int64_t used_micro)
{
    unsigned level = 0;

    for (size_t i = 0; i < count; i++)
        if (granted_micro > 0 &&
            (__int128)used_micro * 100 >= (__int128)granted_micro * thresholds[i])
            level = thresholds[i];
    return level;
}

int64_t notice_wait_us(int64_t first_us, unsigned tries)
{
    int64_t wait_us = first_us;

    while (tries-- > 0 && wait_us < WAIT_MOST_US)
        wait_us *= 2;
    return wait_us < WAIT_MOST_US ? wait_us : WAIT_MOST_US;
}

/* --- on the worker's thread ------------------------------------------------------------------ */

/* Whoever is named for the institution, or for all ("*"). */
static size_t targets_of(const struct accounting_settings *settings, const char *institution,
                         struct notice_target targets[TARGETS_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < settings->notice_count && count + 2 <= TARGETS_MAX; i++) {
        const struct notice_section *section = &settings->notices[i];

        if (strcmp(section->institution, "*") != 0 &&
            strcmp(section->institution, institution) != 0)
            continue;
        if (*section->mail)
            targets[count++] = (struct notice_target){"mail", section->mail};
        if (*section->webhook)
            targets[count++] = (struct notice_target){"webhook", section->webhook};
    }
    return count;
}

static bool look(void *owner, const struct quota_row *row, struct error *err)
{
    struct notifier *notifier = owner;
    const struct accounting_settings *settings = notifier->settings;
    struct notice_target targets[TARGETS_MAX];
    struct notice notice = {
        .at_us = clock_wall_us(&clock_real),
        .percent = notice_level(settings->thresholds, settings->threshold_count, row->granted_micro,
                                row->used_micro),
        .granted_micro = row->granted_micro,
        .used_micro = row->used_micro,
    };
    unsigned before;
    size_t count;

    memory_put_text(notice.institution, sizeof(notice.institution), row->institution);
    memory_put_text(notice.project, sizeof(notice.project), row->project);
    if (!notice_store_level(notifier->store, &notice, &before, err))
        return false;
    if (notice.percent == before)
        return true;
    if (notice.percent < before)
        return notice_store_put(notifier->store, &notice, NULL, 0, err);
    count = targets_of(settings, notice.institution, targets);
    notifier->crossed++;
    return notice_store_put(notifier->store, &notice, targets, count, err);
}

static bool send_one(const struct notifier *notifier, const struct delivery *delivery,
                     struct error *err)
{
    const struct mail mail = {notifier->settings->sendmail, notifier->settings->notice_from,
                              notifier->network};

    if (strcmp(delivery->channel, "mail") == 0)
        return mail_send(&mail, delivery->address, &delivery->notice, err);
    return webhook_send(delivery->address, notifier->network, &delivery->notice, err);
}

/* A crash between the sending and its record sends once more: better twice than never. */
static bool deliver(struct notifier *notifier, const struct delivery *delivery)
{
    struct error why;
    int64_t now_us;
    bool good = send_one(notifier, delivery, &why);

    now_us = clock_wall_us(&clock_real);
    if (good) {
        notifier->sent++;
        return notice_store_sent(notifier->store, delivery->id, now_us, &notifier->err);
    }
    notifier->failed++;
    notifier->err = why;
    now_us += notice_wait_us(notifier->settings->notice_retry_us, delivery->tries);
    return notice_store_failed(notifier->store, delivery->id, now_us, why.text, &notifier->err);
}

static void work(void *owner)
{
    struct notifier *notifier = owner;
    struct delivery delivery;
    int64_t now_us = clock_wall_us(&clock_real);

    store_reader_changed(notifier->reader);
    /* Grants begin and end by the clock alone, so there is no waiting for a change. */
    if (!store_reader_quotas(notifier->reader, now_us, look, notifier, &notifier->err))
        notifier->failed++;
    now_us = clock_wall_us(&clock_real);
    for (int i = 0; i < DELIVERY_MOST; i++)
        if (!notice_store_due(notifier->store, now_us, &delivery, &notifier->err) ||
            !deliver(notifier, &delivery))
            break;
}

/* --- on the loop's thread -------------------------------------------------------------------- */

static void worked(void *owner)
{
    struct notifier *notifier = owner;

    notifier->busy = false;
    if (notifier->crossed + notifier->sent > 0)
        log_info("notices: crossed=%u sent=%u", notifier->crossed, notifier->sent);
    if (notifier->failed > 0)
        log_warning("notices: %u not sent, to be tried again: %s", notifier->failed,
                    notifier->err.text);
    notifier->crossed = notifier->sent = notifier->failed = 0;
}

static void on_time(void *owner)
{
    struct notifier *notifier = owner;

    if (notifier->busy)
        return;
    notifier->busy = true;
    worker_give(notifier->worker, work, worked, notifier);
}

struct notifier *notifier_new(const struct accounting_settings *settings, struct loop *loop,
                              struct error *err)
{
    CLEANUP(notifier_freep) struct notifier *notifier = NEW(struct notifier);
    CLEANUP(memory_freep) char *path = notice_store_path(settings->state_directory);

    notifier->settings = settings;
    notifier->loop = loop;
    notifier->reader = store_reader_open(settings->database, err);
    notifier->store = notifier->reader ? notice_store_open(path, err) : NULL;
    if (!notifier->store)
        return NULL;
    notifier->network = store_reader_meta(notifier->reader, "network");
    if (!notifier->network)
        notifier->network = memory_copy("");
    webhook_begin();
    notifier->worker = worker_new(loop);
    notifier->watch = loop_watch_interval(loop, settings->notice_interval_us, on_time, notifier);
    return STEAL(notifier);
}

void notifier_free(struct notifier *notifier)
{
    if (!notifier)
        return;
    loop_unwatch(notifier->loop, notifier->watch);
    worker_free(notifier->worker);
    notice_store_free(notifier->store);
    store_reader_free(notifier->reader);
    free(notifier->network);
    free(notifier);
}
