/* pmix_talk.c - what the ranks tell each other, here and on other nodes */

#include "agent/pmix_inside.h"
#include "base/clock.h"
#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MEET_US  (5 * US_PER_MINUTE)  /* to reach the server above */
#define LEAVE_US (10 * US_PER_SECOND) /* until it knows that we go */

/* Of a rank here, for what one on another node has to tell. */
struct ask {
    struct list_node of_shim;
    uint32_t number;
    struct pmix_news *news;
};

/* --- to other servers --------------------------------------------------------------------------- */

static struct pmix_note note_to(const struct shim *shim, enum pmix_note_kind kind, size_t node)
{
    return (struct pmix_note){
        .kind = kind, .from = (uint32_t)shim->job.index, .to = (uint32_t)node};
}

static void send_fence(void *owner, size_t node, bool up, const struct buffer *bytes)
{
    struct shim *shim = owner;
    struct pmix_note note = note_to(shim, up ? PMIX_NOTE_UP : PMIX_NOTE_DOWN, node);

    note.bytes = bytes->bytes;
    note.size = bytes->length;
    pmix_link_send(shim->link, &note);
}

static void finish_fence(void *owner, void *local, const void *bytes, size_t size)
{
    (void)owner;
    pmix_news_answer(local, true, bytes, size);
}

static void ask_modex(struct shim *shim, struct pmix_news *news)
{
    size_t node = pmix_job_node_of(&shim->job, news->rank);
    struct pmix_note note = note_to(shim, PMIX_NOTE_MODEX_ASK, node);
    struct ask *ask;

    if (!shim->link || node == shim->job.count || node == shim->job.index) {
        pmix_news_answer(news, false, NULL, 0);
        return;
    }
    ask = NEW(struct ask);
    ask->number = note.number = ++shim->last_ask;
    ask->news = news;
    list_add_last(&shim->asks, &ask->of_shim);
    note.status = news->rank;
    pmix_link_send(shim->link, &note);
}

static void answer_modex(struct shim *shim, struct pmix_news *news)
{
    struct pmix_note note = note_to(shim, PMIX_NOTE_MODEX, news->node);

    note.number = news->number;
    note.status = news->good ? 0 : 1;
    note.bytes = news->bytes;
    note.size = news->size;
    pmix_link_send(shim->link, &note);
    pmix_news_free(news);
}

void talk_end_all(struct shim *shim, int status)
{
    struct pmix_note note = note_to(shim, PMIX_NOTE_END, 0);

    note.status = (uint32_t)status;
    if (shim->link)
        pmix_link_send(shim->link, &note);
}

/* --- of other servers ----------------------------------------------------------------------------- */

static void on_modex(struct shim *shim, const struct pmix_note *note)
{
    LIST_EACH(&shim->asks, node) {
        struct ask *ask = CONTAINER_OF(node, struct ask, of_shim);

        if (ask->number != note->number)
            continue;
        pmix_news_answer(ask->news, note->status == 0, note->bytes, note->size);
        list_remove(&shim->asks, node);
        free(ask);
        return;
    }
}

static void on_note(void *owner, size_t node, const struct pmix_note *note)
{
    struct shim *shim = owner;
    struct error err;
    bool good = true;

    if (note->kind == PMIX_NOTE_UP)
        good = pmix_fences_up(shim->fences, node, note->bytes, note->size, &err);
    else if (note->kind == PMIX_NOTE_DOWN)
        good = pmix_fences_down(shim->fences, note->bytes, note->size, &err);
    else if (note->kind == PMIX_NOTE_MODEX_ASK)
        pmix_server_fetch(shim->server, note->status, note->from, note->number);
    else if (note->kind == PMIX_NOTE_MODEX)
        on_modex(shim, note);
    else if (note->kind == PMIX_NOTE_END)
        shim_end_ranks(shim, (int)(note->status & 0xff));
    else if (note->kind == PMIX_NOTE_LEFT) {
        shim->children_left++;
        pmix_fences_leave(shim->fences, node);
        pmix_link_acknowledge(shim->link, node);
    }
    if (!good)
        shim_end_step(shim, 1, "%s: %s", shim->job.nodes[node], err.text);
}

static void on_trouble(void *owner, const struct error *why)
{
    shim_end_step(owner, 125, "%s", why->text);
}

static void on_met(void *owner, const char *address)
{
    struct shim *shim = owner;
    struct error err;

    if (!pmix_link_dial(shim->link, address, &err))
        on_trouble(shim, &err);
}

static bool all_have_met(void *owner)
{
    const struct shim *shim = owner;

    return pmix_link_has_children(shim->link);
}

/* --- of the library --------------------------------------------------------------------------------- */

static void on_abort(struct shim *shim, struct pmix_news *news)
{
    int code = news->status & 0xff;

    shim_end_step(shim, code ? code : 1, "rank %" PRIu32 " called MPI_Abort with %d%s%s",
                  news->rank, news->status, *news->text ? ": " : "", news->text);
    pmix_news_answer(news, true, NULL, 0);
}

static void note_speaking(struct shim *shim, const struct pmix_news *news)
{
    for (uint32_t task = 0; task < pmix_job_tasks(&shim->job); task++)
        if (pmix_job_rank(&shim->job, task) == news->rank)
            shim->speaking[task] = news->kind == PMIX_NEWS_JOINED;
}

static void take(struct shim *shim, struct pmix_news *news)
{
    if (news->kind == PMIX_NEWS_ABORT) {
        on_abort(shim, news);
    } else if (news->kind == PMIX_NEWS_FENCE && shim->fences) {
        pmix_fences_enter(shim->fences, &news->ranks, news->bytes, news->size, news);
    } else if (news->kind == PMIX_NEWS_FENCE) {
        pmix_news_answer(news, true, news->bytes, news->size);
    } else if (news->kind == PMIX_NEWS_MODEX) {
        ask_modex(shim, news);
    } else if (news->kind == PMIX_NEWS_FOUND) {
        answer_modex(shim, news);
    } else if (news->kind == PMIX_NEWS_SPAWN) {
        fprintf(stderr,
                PMIX_NAME ": rank %" PRIu32 " asked for more ranks (MPI_Comm_spawn): there are "
                          "none to be had here; start the program with mpirun\n",
                news->rank);
        pmix_news_free(news);
    } else {
        note_speaking(shim, news);
        pmix_news_free(news);
    }
}

void talk_take_news(struct shim *shim)
{
    struct pmix_news *news;

    while ((news = pmix_server_take(shim->server)))
        take(shim, news);
}

/* --- life --------------------------------------------------------------------------------------------- */

bool talk_start(struct shim *shim, struct error *err)
{
    const struct pmix_link_calls link = {
        .on_note = on_note, .on_trouble = on_trouble, .owner = shim};
    const struct pmix_fence_calls fences = {
        .send = send_fence, .finish = finish_fence, .owner = shim};
    const struct pmix_meet_calls meet = {
        .on_met = on_met, .is_done = all_have_met, .on_trouble = on_trouble, .owner = shim};
    CLEANUP(buffer_clear) struct buffer address = {0};

    list_init(&shim->asks);
    if (shim->job.count == 1)
        return true;
    buffer_init(&address);
    shim->patience_us = clock_boot_us(&clock_real) + MEET_US;
    shim->fences = pmix_fences_new(&shim->job, &fences);
    shim->link = pmix_link_new(shim->loop, &shim->job, &link, err);
    if (!shim->link || !pmix_link_address(shim->link, &address, err))
        return false;
    shim->meet = pmix_meet_new(shim->loop, &shim->job, address.bytes, &meet, err);
    return shim->meet != NULL;
}

void talk_end(struct shim *shim)
{
    pmix_link_free(STEAL(shim->link));
    pmix_fences_free(STEAL(shim->fences));
}

/* Servers below us still need us, and whoever is above must hear that we have gone in peace. */
bool talk_leave(struct shim *shim)
{
    int64_t now = clock_boot_us(&clock_real);
    struct pmix_note note;

    if (!shim->link)
        return true;
    pmix_fences_leave(shim->fences, shim->job.index);
    if (shim->children_left < pmix_job_children(&shim->job))
        return false;
    if (shim->job.index == 0)
        return true;
    if (!shim->told_left) {
        note = note_to(shim, PMIX_NOTE_LEFT, pmix_job_parent(&shim->job));
        pmix_link_send(shim->link, &note);
        shim->told_left = true;
        if (pmix_link_has_parent(shim->link))
            shim->patience_us = now + LEAVE_US;
    }
    return pmix_link_is_told(shim->link);
}
