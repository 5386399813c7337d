/* warden.c - stands between an agent and its runtime, and sees that nothing is done twice */

#include "tests/simulation/warden.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The key's bytes without padding. */
struct set_name {
    uint64_t job, step;
    uint32_t attempt, part;
};

static struct set_name name_of(const struct task_key *key)
{
    return (struct set_name){
        .job = key->job, .step = key->step, .attempt = key->attempt, .part = key->part};
}

static bool is_same_part(const struct task_key *a, const struct task_key *b)
{
    return a->job == b->job && a->attempt == b->attempt && a->part == b->part;
}

static struct warded *find(const struct warden *warden, const struct task_key *key)
{
    LIST_EACH(&warden->parts, node) {
        struct warded *warded = CONTAINER_OF(node, struct warded, of_warden);

        if (is_same_part(&warded->key, key))
            return warded;
    }
    return NULL;
}

static void drop(struct warden *warden, struct warded *warded)
{
    list_remove(&warden->parts, &warded->of_warden);
    idset_free(warded->cpus);
    free(warded);
}

/* --- the seam ------------------------------------------------------------------------------------ */

static void on_started(void *owner, const struct task_key *key, int64_t at_us)
{
    const struct warden *warden = owner;

    warden->news.on_started(warden->news.owner, key, at_us);
}

static void on_ended(void *owner, const struct task_key *key, const struct task_end *end)
{
    const struct warden *warden = owner;

    warden->news.on_ended(warden->news.owner, key, end);
}

/* Nothing has run: an agent that died before it could note so may ask again. */
static void on_failed(void *owner, const struct task_key *key, const struct error *why)
{
    struct warden *warden = owner;
    struct set_name name = name_of(key);

    table_remove(warden->started, &name, sizeof(name));
    warden->news.on_failed(warden->news.owner, key, why);
}

static void on_given_back(void *owner, const struct task_key *key, const struct error *why)
{
    struct warden *warden = owner;
    struct set_name name = name_of(key);

    table_remove(warden->started, &name, sizeof(name));
    warden->news.on_given_back(warden->news.owner, key, why);
}

static void listen_to(void *state, const struct task_news *news)
{
    struct warden *warden = state;
    const struct task_news own = {
        .on_started = on_started,
        .on_ended = on_ended,
        .on_failed = on_failed,
        .on_given_back = on_given_back,
        .owner = warden,
    };

    warden->news = *news;
    warden->inner.listen(warden->inner.state, &own);
}

static void check_cpus(struct warden *warden, const struct warded *made)
{
    LIST_EACH(&warden->parts, node) {
        const struct warded *other = CONTAINER_OF(node, struct warded, of_warden);

        if (other != made && !idset_disjoint(other->cpus, made->cpus))
            findings_add(warden->findings,
                         "%s: job %" PRIu64 " attempt %" PRIu32 " got cpus that job %" PRIu64
                         " attempt %" PRIu32 " has",
                         warden->node, made->key.job, made->key.attempt, other->key.job,
                         other->key.attempt);
    }
}

static bool part_make(void *state, const struct task_key *key, const struct part_limits *limits,
                      struct error *err)
{
    struct warden *warden = state;
    struct warded *warded = find(warden, key);
    struct error bad;

    if (!warden->inner.part_make(warden->inner.state, key, limits, err))
        return false;
    if (!warded) {
        warded = NEW(struct warded);
        warded->key = *key;
        warded->made_us = *warden->now_us;
        list_add_last(&warden->parts, &warded->of_warden);
    }
    idset_free(warded->cpus);
    warded->cpus = limits->cpus ? idset_parse(limits->cpus, &bad) : NULL;
    if (!warded->cpus) {
        findings_add(warden->findings, "%s: job %" PRIu64 " got no cpus", warden->node, key->job);
        warded->cpus = idset_new();
    }
    check_cpus(warden, warded);
    return true;
}

static bool part_remove(void *state, const struct task_key *key, struct error *err)
{
    struct warden *warden = state;
    struct warded *warded = find(warden, key);

    if (!warden->inner.part_remove(warden->inner.state, key, err))
        return false;
    if (warded)
        drop(warden, warded);
    return true;
}

static bool start(void *state, const struct task_start *start, struct error *err)
{
    struct warden *warden = state;
    struct set_name name = name_of(&start->key);

    if (!warden->inner.start(warden->inner.state, start, err))
        return false;
    warden->starts++;
    if (table_get(warden->started, &name, sizeof(name)))
        findings_add(warden->findings,
                     "%s: job %" PRIu64 " attempt %" PRIu32 " part %" PRIu32 " step %" PRIu64
                     " was started twice",
                     warden->node, name.job, name.attempt, name.part, name.step);
    table_put(warden->started, &name, sizeof(name), warden);
    return true;
}

static bool has_hook(void *state, uint64_t step)
{
    struct warden *warden = state;

    return warden->inner.has_hook(warden->inner.state, step);
}

static bool signal_set(void *state, const struct task_key *key, int number, bool batch_only,
                       struct error *err)
{
    struct warden *warden = state;

    return warden->inner.signal(warden->inner.state, key, number, batch_only, err);
}

/* NOLINTNEXTLINE(readability-function-size): as many as runtime.h says */
static bool read_stream(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                        size_t most, struct buffer *buffer, bool *ret_end, struct error *err)
{
    struct warden *warden = state;

    return warden->inner.read(warden->inner.state, key, error_stream, offset, most, buffer, ret_end,
                              err);
}

static bool read_file(void *state, const struct output_file *file, struct buffer *buffer,
                      bool *ret_end, struct error *err)
{
    const struct warden *warden = state;

    return warden->inner.read_file(warden->inner.state, file, buffer, ret_end, err);
}

static bool find_file(void *state, const struct task_key *key, bool error_stream,
                      struct buffer *path)
{
    const struct warden *warden = state;

    return warden->inner.find_file(warden->inner.state, key, error_stream, path);
}

static void forget(void *state, const struct task_key *key)
{
    struct warden *warden = state;

    warden->inner.forget(warden->inner.state, key);
}

static void list_sets(void *state, void (*found)(void *owner, const struct task_found *task),
                      void *owner)
{
    struct warden *warden = state;

    warden->inner.list(warden->inner.state, found, owner);
}

struct runtime warden_seam(struct warden *warden)
{
    return (struct runtime){
        .state = warden,
        .listen = listen_to,
        .part_make = part_make,
        .part_remove = part_remove,
        .start = start,
        .has_hook = has_hook,
        .signal = signal_set,
        .read = read_stream,
        .read_file = read_file,
        .find_file = find_file,
        .forget = forget,
        .list = list_sets,
    };
}

/* --- life ------------------------------------------------------------------------------------------ */

struct warden *warden_new(const struct runtime *inner, const char *node, struct findings *findings,
                          const int64_t *now_us)
{
    struct warden *warden = NEW(struct warden);

    warden->inner = *inner;
    warden->findings = findings;
    warden->node = node;
    warden->now_us = now_us;
    warden->started = table_new();
    list_init(&warden->parts);
    return warden;
}

void warden_reboot(struct warden *warden)
{
    LIST_EACH(&warden->parts, node)
        drop(warden, CONTAINER_OF(node, struct warded, of_warden));
}

void warden_free(struct warden *warden)
{
    if (!warden)
        return;
    warden_reboot(warden);
    table_free(warden->started);
    free(warden);
}

bool warden_has_started(const struct warden *warden, uint64_t job, uint32_t attempt)
{
    const struct set_name name = {.job = job, .attempt = attempt};

    return table_get(warden->started, &name, sizeof(name)) != NULL;
}
