/* pmix_server_calls.c - what the PMIx library calls, on its own thread */

#include "agent/pmix_server.h"
#include "agent/pmix_server_inside.h"

#include <pmix_server.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The library's callbacks have no owner: the only server of the process. */
static int news_pipe = -1;  /* NOLINT: set once, before the library has a thread */
static uint32_t rank_count; /* NOLINT: the same */

static void free_news(struct pmix_news *news)
{
    free(news->ranks.list);
    free(news->bytes);
    free(news);
}

static pmix_status_t tell(struct pmix_news *news)
{
    if (write(news_pipe, &news, sizeof(struct pmix_news *)) == sizeof(struct pmix_news *))
        return PMIX_SUCCESS;
    free_news(news);
    return PMIX_ERROR;
}

static struct pmix_news *news_of(enum pmix_news_kind kind, uint32_t rank)
{
    struct pmix_news *news = NEW(struct pmix_news);

    news->kind = kind;
    news->rank = rank;
    return news;
}

/* --- a rank's life ---------------------------------------------------------------------------- */

static pmix_status_t on_connected(const pmix_proc_t *rank, void *object, pmix_info_t infos[],
                                  size_t count, pmix_op_cbfunc_t done, void *owner)
{
    (void)object;
    (void)infos;
    (void)count;
    (void)done;
    (void)owner;
    (void)tell(news_of(PMIX_NEWS_JOINED, rank->rank));
    return PMIX_OPERATION_SUCCEEDED;
}

static pmix_status_t on_finalized(const pmix_proc_t *rank, void *object, pmix_op_cbfunc_t done,
                                  void *owner)
{
    (void)object;
    (void)done;
    (void)owner;
    (void)tell(news_of(PMIX_NEWS_FINISHED, rank->rank));
    return PMIX_OPERATION_SUCCEEDED;
}

/* NOLINTNEXTLINE(readability-function-size): as many as the library says */
static pmix_status_t on_abort(const pmix_proc_t *rank, void *object, int status,
                              const char message[], pmix_proc_t ranks[], size_t count,
                              pmix_op_cbfunc_t done, void *owner)
{
    struct pmix_news *news = news_of(PMIX_NEWS_ABORT, rank->rank);

    (void)object;
    (void)ranks;
    (void)count;
    news->status = status;
    snprintf(news->text, sizeof(news->text), "%s", message ? message : "");
    news->answer = (void *)(uintptr_t)done;
    news->answer_owner = owner;
    return tell(news);
}

/* NOLINTNEXTLINE(readability-function-size): as many as the library says */
static pmix_status_t on_spawn(const pmix_proc_t *rank, const pmix_info_t infos[], size_t count,
                              const pmix_app_t programs[], size_t program_count,
                              pmix_spawn_cbfunc_t done, void *owner)
{
    (void)infos;
    (void)count;
    (void)programs;
    (void)program_count;
    (void)done;
    (void)owner;
    (void)tell(news_of(PMIX_NEWS_SPAWN, rank->rank));
    return PMIX_ERR_NOT_SUPPORTED;
}

/* --- what the ranks tell each other ------------------------------------------------------------- */

static int compare_ranks(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* The same on all nodes, however they say it. */
static struct pmix_ranks sorted_ranks(const pmix_proc_t ranks[], size_t count)
{
    struct pmix_ranks sorted = {0};

    for (size_t i = 0; i < count; i++)
        if (ranks[i].rank == PMIX_RANK_WILDCARD)
            return sorted;
    if (count >= rank_count)
        return sorted;
    sorted.list = NEW_ARRAY(uint32_t, count + 1);
    for (size_t i = 0; i < count; i++)
        sorted.list[sorted.count++] = ranks[i].rank;
    qsort(sorted.list, count, sizeof(uint32_t), compare_ranks);
    return sorted;
}

/* NOLINTNEXTLINE(readability-function-size): as many as the library says */
static pmix_status_t on_fence(const pmix_proc_t ranks[], size_t count, const pmix_info_t infos[],
                              size_t info_count, char *data, size_t size, pmix_modex_cbfunc_t done,
                              void *owner)
{
    struct pmix_news *news = news_of(PMIX_NEWS_FENCE, 0);

    (void)infos;
    (void)info_count;
    news->ranks = sorted_ranks(ranks, count);
    news->bytes = (uint8_t *)data; /* ours to free */
    news->size = size;
    news->answer = (void *)(uintptr_t)done;
    news->answer_owner = owner;
    return tell(news);
}

static pmix_status_t on_modex(const pmix_proc_t *rank, const pmix_info_t infos[], size_t count,
                              pmix_modex_cbfunc_t done, void *owner)
{
    struct pmix_news *news = news_of(PMIX_NEWS_MODEX, rank->rank);

    (void)infos;
    (void)count;
    news->answer = (void *)(uintptr_t)done;
    news->answer_owner = owner;
    return tell(news);
}

static void on_found(pmix_status_t status, char *data, size_t size, void *owner)
{
    struct pmix_news *news = owner;

    news->good = status == PMIX_SUCCESS;
    if (news->good && size > 0) {
        news->bytes = memory_copy_bytes(data, size);
        news->size = size;
    }
    (void)tell(news);
}

void pmix_server_fetch(struct pmix_server *server, uint32_t rank, uint32_t node, uint32_t number)
{
    struct pmix_news *news = news_of(PMIX_NEWS_FOUND, rank);
    pmix_proc_t proc = {.rank = rank};

    memory_put_text(proc.nspace, sizeof(proc.nspace), pmix_server_name(server));
    news->node = node;
    news->number = number;
    if (PMIx_server_dmodex_request(&proc, on_found, news) != PMIX_SUCCESS)
        on_found(PMIX_ERR_NOT_FOUND, NULL, 0, news);
}

/* --- answers ------------------------------------------------------------------------------------ */

static void free_bytes(void *bytes)
{
    free(bytes);
}

void pmix_news_answer(struct pmix_news *news, bool good, const void *bytes, size_t size)
{
    pmix_status_t status = good ? PMIX_SUCCESS : PMIX_ERR_NOT_FOUND;

    if (news->kind == PMIX_NEWS_ABORT) {
        pmix_op_cbfunc_t done = (pmix_op_cbfunc_t)(uintptr_t)news->answer;

        if (done)
            done(PMIX_SUCCESS, news->answer_owner);
    } else {
        pmix_modex_cbfunc_t done = (pmix_modex_cbfunc_t)(uintptr_t)news->answer;
        char *copy = good && size > 0 ? memory_copy_bytes(bytes, size) : NULL;

        done(status, copy, copy ? size : 0, news->answer_owner, free_bytes, copy);
    }
    free_news(news);
}

void pmix_news_free(struct pmix_news *news)
{
    free_news(news);
}

/* --- all of them ---------------------------------------------------------------------------------- */

void *pmix_calls(int pipe, uint32_t all)
{
    static pmix_server_module_t calls = {
        .client_connected2 = on_connected,
        .client_finalized = on_finalized,
        .abort = on_abort,
        .spawn = on_spawn,
        .fence_nb = on_fence,
        .direct_modex = on_modex,
    };

    news_pipe = pipe;
    rank_count = all;
    return &calls;
}
