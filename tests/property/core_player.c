/* core_player.c - a history of all kinds of requests and events, with a digest of each of its steps */

#include "tests/property/core_player.h"

#include "base/digest.h"
#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/request.h"
#include "tests/property/core_agents.h"
#include "tests/property/core_history.h"

#include <inttypes.h>
#include <string.h>

#define STEPS        220 /* under each policy */
#define WHY_EACH     8
#define ELEMENTS     24
#define WINDOW_NAMES 3

static const char *const users[] = {"ana", "beto", "eva"};
static const char *const projects[] = {"astro", "bio", "cfd"};
static const char *const window_names[WINDOW_NAMES] = {"course", "night", "repair"};

struct player {
    struct world *world;
    struct buffer record;
    struct digest chain;
    uint32_t step;
    struct played played;
};

static uint32_t below(struct player *player, uint32_t limit)
{
    return test_random_below(player->world->random, limit);
}

/* --- more than core_history.c has ------------------------------------------------------------------ */

static void any_elements(struct player *player, struct elements *elements)
{
    uint32_t first = below(player, ELEMENTS), number = 1 + below(player, 3);

    for (uint32_t i = first; i < ELEMENTS; i += number)
        elements_append(elements, i);
}

static void ask_for_more(struct player *player, struct request *request)
{
    const struct world *world = player->world;

    if (below(player, 3) == 0)
        request->qos = memory_copy(below(player, 2) ? "high" : "low");
    if (below(player, 4) == 0)
        request->deadline_us = world->now_us + (30 + below(player, 600)) * US_PER_MINUTE;
    if (below(player, 4) == 0 && request->limit_us > 0 && request->limit_us < INT64_MAX)
        request->limit_least_us = request->limit_us / 3 + 1;
    if (below(player, 5) == 0)
        request->reservation = memory_copy(window_names[below(player, WINDOW_NAMES)]);
}

static void count_request(struct player *player, const struct request *request, bool is_array)
{
    player->played.submitted++;
    player->played.arrays += is_array;
    player->played.components += request->het != NULL;
    player->played.gpus += request->constraints && constraints_gpus(request->constraints, 1) > 0;
}

static void submit(struct player *player)
{
    struct world *world = player->world;
    CLEANUP(elements_clear) struct elements elements = {0};
    CLEANUP(request_clear) struct request request;
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(world->core),
                       .copies = 1,
                       .name = "more",
                       .user = users[below(player, COUNT_OF(users))],
                       .project = projects[below(player, COUNT_OF(projects))],
                       .predicted_us = below(player, 2) ? 0 : below(player, 3600) * US_PER_SECOND,
                       .request = &request},
    };
    const struct submission *submission = &event.submission;
    struct error err;

    history_fill_request(world, &request);
    ask_for_more(player, &request);
    if (!request.het && below(player, 2)) {
        any_elements(player, &elements);
        event.submission.elements = &elements;
        event.submission.throttle = below(player, 2) ? 0 : 1 + below(player, 4);
    }
    if (submission->first + 2 * ELEMENTS >= WORLD_JOBS ||
        !core_check_request(world->core, &request, submission->user, submission->project, 1,
                            &err) ||
        (submission->elements && !core_check_elements(world->core, &request, &elements,
                                                      submission->user, submission->project, &err)))
        return;
    count_request(player, &request, submission->elements != NULL);
    world_step(world, &event);
}

static void set_window(struct player *player)
{
    static const char *const lists[] = {"a[1-2]", "a3", "a[1-3]"};
    struct world *world = player->world;
    const char *name = window_names[below(player, WINDOW_NAMES)];
    int64_t start_us = world->now_us + below(player, 7200) * US_PER_SECOND;
    struct event event = {
        .kind = EVENT_WINDOW_SET,
        .by = "root",
        .window = {.name = name,
                   .cluster = "alpha",
                   .nodes = lists[below(player, COUNT_OF(lists))],
                   .start_us = start_us,
                   .end_us = start_us + (10 + below(player, 200)) * US_PER_MINUTE,
                   .repeat = below(player, 3) ? WINDOW_ONCE : WINDOW_DAILY,
                   .users = below(player, 2) ? "ana,beto" : "",
                   .projects = "bio",
                   .institutions = ""},
    };
    struct error err;

    if (core_window(world->core, name) && below(player, 2)) {
        event = (struct event){.kind = EVENT_WINDOW_REMOVED, .by = "root"};
        event.window.name = name;
    } else if (strcmp(name, "repair") == 0) {
        event.window.maintenance = true;
        event.window.users = event.window.projects = "";
    }
    if (event.kind == EVENT_WINDOW_SET && !core_check_window(world->core, &event.window, &err))
        return;
    player->played.windows += event.kind == EVENT_WINDOW_SET;
    world_step(world, &event);
}

static void set_limit(struct player *player)
{
    static const struct limit limits[] = {
        {LIMIT_OF_NETWORK,   "",            LIMIT_TOTAL,    LIMIT_CORES,        14       },
        {LIMIT_OF_PROJECT,   "bio",         LIMIT_TOTAL,    LIMIT_JOBS,         2        },
        {LIMIT_OF_USER,      "eva",         LIMIT_TOTAL,    LIMIT_NODES,        2        },
        {LIMIT_OF_QOS,       "high",        LIMIT_PER_USER, LIMIT_CORES,        4        },
        {LIMIT_OF_CLUSTER,   "alpha",       LIMIT_TOTAL,    LIMIT_GPUS,         2        },
        {LIMIT_OF_PARTITION, "alpha/batch", LIMIT_PER_USER, LIMIT_CORE_SECONDS, 12 * 3600},
    };
    struct world *world = player->world;
    struct limit limit = limits[below(player, COUNT_OF(limits))];
    struct error err;

    if (below(player, 3) == 0)
        limit.amount = LIMIT_NONE;
    if (world->limit_count == COUNT_OF(world->limits) || !limit_check(&limit, &err))
        return;
    player->played.limits++;
    world_limit(world, &limit);
}

static void act(struct player *player)
{
    uint32_t dice = below(player, 100);

    if (dice < 75)
        history_act(player->world);
    else if (dice < 92)
        submit(player);
    else if (dice < 96)
        set_window(player);
    else
        set_limit(player);
}

/* --- what is recorded ------------------------------------------------------------------------------ */

static void record_blockers(struct player *player, const struct job *job)
{
    struct blocker blockers[BLOCKER_MAX];
    unsigned count = core_why(player->world->core, job->id, blockers);

    for (unsigned i = 0; i < count; i++)
        buffer_print(&player->record, "  %s %s | %s | %s | %" PRId64 "\n",
                     job_reason_name(blockers[i].reason), blockers[i].place, blockers[i].needs,
                     blockers[i].has, blockers[i].free_us);
}

static void record_state(struct player *player)
{
    struct world *world = player->world;
    const struct job *job = NULL;

    buffer_print(&player->record, "next %" PRId64 "\n", core_next_time(world->core));
    while ((job = core_job_after(world->core, job ? job->id : 0))) {
        job_print_name(job, &player->record);
        buffer_print(&player->record, " %s %s %" PRId64 "\n", job_state_name(job->state),
                     job_reason_name(job->reason), job->planned_us);
        if (player->step % WHY_EACH == 0 && job->state == JOB_PENDING)
            record_blockers(player, job);
    }
}

static void add_line(struct player *player, struct buffer *lines)
{
    player->chain = digest_of_two(player->chain.bytes, DIGEST_SIZE, player->record.bytes,
                                  player->record.length);
    buffer_print(lines, "%" PRIu32 " ", player->step);
    hex_print(player->chain.bytes, DIGEST_SIZE, lines);
    buffer_add_char(lines, '\n');
}

static void count_effects(struct player *player)
{
    const char *at = player->record.bytes;

    for (const char *found = at; (found = strstr(found, "\nlaunch ")); found++)
        player->played.started++;
    for (const char *found = at; (found = strstr(found, "Preempted")); found++)
        player->played.preempted++;
}

static void play_under(struct player *player, const struct policy *policy,
                       struct test_random *random, uint32_t shown, struct buffer *lines,
                       struct buffer *text)
{
    player->world = world_new(random, policy, true);
    player->world->record = &player->record;
    player->world->refusals = true;
    for (unsigned i = 0; i < STEPS; i++) {
        player->step++;
        buffer_reset(&player->record);
        act(player);
        record_state(player);
        count_effects(player);
        add_line(player, lines);
        if (player->step == shown)
            buffer_add(text, player->record.bytes, player->record.length);
    }
    world_free(player->world);
}

struct played core_play(uint64_t seed, uint32_t shown, struct buffer *lines, struct buffer *text)
{
    struct test_random random = test_random_from_seed(seed);
    struct player player = {.step = 0};

    buffer_init(&player.record);
    for (size_t i = 0; policy_at(i); i++)
        play_under(&player, policy_at(i), &random, shown, lines, text);
    buffer_clear(&player.record);
    return player.played;
}
