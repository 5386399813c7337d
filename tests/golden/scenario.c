/* scenario.c - play a scenario to the core and print what it does
 *
 * usage: scenario FILE
 *
 * One line is one event, with its time in seconds; lines without a time describe the
 * network (before the first event) or ask something.  "#" begins a comment.
 *
 *     settings kill-wait=30s keep-ended=5m depth=100 failures=2 policy=easy
 *     cluster alpha institution=unam factor=1000000 speed=1000000
 *     partition alpha batch default limit=1d default-limit=1h nodes=n[1-4] lease=10m
 *     license matlab 5
 *     license fluent 2 cluster=alpha
 *     feature alpha ib nodes=n[1-2]
 *     switch alpha leaf1 nodes=n[1-2]
 *     switch alpha core switches=leaf[1-4]
 *     weights age=1000 fair-share=10000 qos=500
 *     qos high priority=100 factor=2 user=ana default no-reserve deny-on-limit
 *     0   institution unam
 *     0   project astro institution=unam
 *     0   grant 1 institution=unam amount=100 end=3600
 *     0   join n1 cluster=alpha cores=4 memory=8G boot=a
 *     10  submit user=ana project=astro tasks=4 limit=10m
 *     10  submit tasks=1 : tasks=4 partition=gpu gpus-per-node=1
 *     11  started 1
 *     70  ended 1 exit=1 wall=59s
 *     80  limit project:astro per-user cores=4
 *     90  share unam/astro shares=3
 *     jobs
 *     why 2
 *     priority
 *
 * Timers of the core run when they are due.  The invariants are checked after each step. */

#include "tests/golden/scenario.h"

#include "base/file.h"
#include "base/parse.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het.h"
#include "scheduler/core/policy.h"
#include "scheduler/core/preemption.h"

#include <stdlib.h>
#include <string.h>

/* --- events ------------------------------------------------------------------------------- */

static void step(struct play *play, struct event *event)
{
    event->at_us = play->now_us;
    effects_reset(&play->effects);
    core_step(play->core, event, &play->effects);
    core_check_invariants(play->core);
    for (size_t i = 0; i < play->effects.count; i++) {
        buffer_add_text(&play->text, "    ");
        effect_print(&play->effects, &play->effects.all[i], &play->text);
    }
}

static void pass_time(struct play *play, int64_t until_us)
{
    while (core_next_time(play->core) <= until_us) {
        struct event event = {.kind = EVENT_TIME_PASSED};

        if (core_next_time(play->core) > play->now_us)
            play->now_us = core_next_time(play->core);
        say_time(play, play->now_us);
        buffer_add_text(&play->text, " time\n");
        step(play, &event);
    }
    play->now_us = until_us;
}

static void submit(struct play *whole)
{
    size_t next;
    struct play first = component_of(whole, 1, &next), *play = &first;
    const char *user = value_of(play, "user"), *project = value_of(play, "project");
    CLEANUP(elements_clear) struct elements elements = {0};
    const char *array = value_of(play, "array");
    struct request request;
    struct error err;
    struct event event = {
        .kind = EVENT_JOB_SUBMITTED,
        .submission = {.first = core_next_job(play->core),
                       .copies = (uint32_t)number_of(play, "copies", 1),
                       .name = value_of(play, "name") ? value_of(play, "name") : "test",
                       .user = user ? user : "ana",
                       .project = project ? project : "astro",
                       .request = &request,
                       .elements = array ? &elements : NULL,
                       .throttle = (uint32_t)number_of(play, "most", 0),
                       .hold = has_word(play, "hold")},
    };

    if (array && !elements_parse(array, ELEMENTS_RUNS_MAX, &elements, &err))
        stop(play, "%s", err.text);
    fill_request(play, &request);
    fill_components(whole, next, &request);
    if (core_check_request(play->core, &request, event.submission.user, event.submission.project,
                           event.submission.copies, &err) &&
        (!array || core_check_elements(play->core, &request, &elements, event.submission.user,
                                       event.submission.project, &err)))
        step(whole, &event);
    else
        buffer_print(&whole->text, "    refused: %s: %s\n", error_code_name(err.code), err.text);
    clear_request(&request);
}

static bool check_job(struct play *play, enum event_kind kind, uint64_t job, struct error *err)
{
    switch (kind) {
    case EVENT_JOB_CANCELLED:
        return core_check_cancel(play->core, job, err);
    case EVENT_JOB_HELD:
        return core_check_hold(play->core, job, err);
    case EVENT_JOB_RELEASED:
        return core_check_release(play->core, job, has_word(play, "admin"), err);
    case EVENT_JOB_SUSPENDED:
        return core_check_suspend(play->core, job, err);
    case EVENT_JOB_RESUMED:
        return core_check_resume(play->core, job, err);
    default:
        return core_check_requeue(play->core, job, err);
    }
}

static void change_job(struct play *play, enum event_kind kind)
{
    struct event event = {.kind = kind, .by = has_word(play, "admin") ? "root" : "ana"};
    CLEANUP(elements_clear) struct elements elements = {0};
    bool by_admin = has_word(play, "admin");
    const struct job *head;
    struct error err;

    event.job = job_of(play, need_word(play, 1), &elements);
    head = core_find_job(play->core, event.job);
    if (elements.count > 0)
        event.elements = &elements;
    if (event.elements && (!head || !job_is_head(head)))
        stop(play, "%s is no array", need_word(play, 1));
    if (event.elements ? core_check_array(play->core, kind, head, event.elements, by_admin, &err)
                       : check_job(play, kind, event.job, &err))
        step(play, &event);
    else
        buffer_print(&play->text, "    refused: %s: %s\n", error_code_name(err.code), err.text);
}

/* limit 17 most=4 */
static void limit_array(struct play *play, enum event_kind kind)
{
    struct event event = {.kind = kind, .by = "ana"};
    struct error err;

    event.limit.array = job_of(play, need_word(play, 1), NULL);
    event.limit.most = (uint32_t)number_of(play, "most", 0);
    if (core_check_limit(play->core, event.limit.array, &err))
        step(play, &event);
    else
        buffer_print(&play->text, "    refused: %s: %s\n", error_code_name(err.code), err.text);
}

static enum end_cause cause_of(const struct play *play)
{
    const char *text = value_of(play, "cause");

    for (int i = 0; text && i < END_CAUSE_COUNT; i++)
        if (strcmp(text, end_cause_name((enum end_cause)i)) == 0)
            return (enum end_cause)i;
    if (text)
        stop(play, "no cause %s", text);
    return END_BY_ITSELF;
}

static void part_news(struct play *play, enum event_kind kind)
{
    uint8_t token[TOKEN_SIZE] = {0};
    struct event event = {.kind = kind};
    const struct job *job;

    event.part.job = job_of(play, need_word(play, 1), NULL);
    job = core_find_job(play->core, event.part.job);
    if (job && !has_word(play, "forged"))
        memcpy(token, job->token, TOKEN_SIZE);
    event.part = (struct part_news){
        .job = event.part.job,
        .attempt = (uint32_t)number_of(play, "attempt", job ? job->attempt : 1),
        .part = (uint32_t)number_of(play, "part", 0),
        .token = token,
        .cause = cause_of(play),
        .exit_code = (uint32_t)number_of(play, "exit", 0),
        .exit_signal = (uint32_t)number_of(play, "signal", 0),
        .wall_used_us = duration_of(play, "wall", 0),
        .started_ago_us = duration_of(play, "ago", 0),
        .given_back = has_word(play, "given-back"),
        .text = value_of(play, "text"),
        .trouble = value_of(play, "trouble"),
        .turn = (uint32_t)number_of(play, "turn",
                                    job && job->interruption ? job->interruption->turn : 0),
        .core_list = value_of(play, "at"),
    };
    step(play, &event);
}

static void change_node(struct play *play, enum event_kind kind)
{
    struct event event = {
        .kind = kind,
        .by = "root",
        .node_change = {.name = need_word(play, 1), .reason = value_of(play, "reason")},
    };

    step(play, &event);
}

static void join(struct play *play)
{
    const char *boot = value_of(play, "boot");
    struct event event = {
        .kind = EVENT_NODE_JOINED,
        .node = {.name = need_word(play, 1),
                 .cluster =
                     value_of(play, "cluster") ? value_of(play, "cluster") : play->clusters[0].name,
                 .boot_id = boot ? boot : "a",
                 .cores = (uint32_t)number_of(play, "cores", 4),
                 .features = value_of(play, "features"),
                 .memory_bytes = size_of(play, "memory")},
    };
    const char *gpus = value_of(play, "gpus");
    struct error err;

    if (gpus && !gpu_stock_parse(gpus, &event.node.gpu_stock, &err))
        stop(play, "%s", err.text);
    event.node.gpus = gpu_stock_total(&event.node.gpu_stock);

    step(play, &event);
}

static void add_books(struct play *play, enum event_kind kind)
{
    const char *name = need_word(play, 1);
    struct event event = {.kind = kind, .books = {.institution = name}};

    if (kind == EVENT_PROJECT_ADDED) {
        event.books.project = name;
        event.books.institution = value_of(play, "institution");
    }
    step(play, &event);
}

static void grant(struct play *play)
{
    const char *amount = value_of(play, "amount");
    struct event event = {
        .kind = EVENT_GRANTED,
        .grant = {.id = strtoull(need_word(play, 1), NULL, 10),
                  .institution = value_of(play, "institution"),
                  .project = value_of(play, "project"),
                  .start_us = START_US + (int64_t)number_of(play, "start", 0) * US_PER_SECOND,
                  .end_us = START_US + (int64_t)number_of(play, "end", 0) * US_PER_SECOND},
    };
    struct error err;

    if (!amount || !parse_amount(amount, &event.grant.amount_micro, &err))
        stop(play, "grant: amount=SU");
    if (!value_of(play, "end"))
        event.grant.end_us = 0;
    step(play, &event);
}

/* reserve NAME nodes=n[1-2] (or count=2) from=30m for=1h repeat=daily users=ana,eva maintenance */
static void reserve(struct play *play)
{
    CLEANUP(buffer_clear) struct buffer nodes;
    struct event event = {.kind = EVENT_WINDOW_SET, .by = "root"};
    struct error err;
    bool good = true;

    buffer_init(&nodes);
    window_of(play, &event.window);
    if (!event.window.nodes) {
        good = core_choose_nodes(play->core, &event.window, value_of(play, "partition"),
                                 (uint32_t)number_of(play, "count", 0), &nodes, &err);
        event.window.nodes = nodes.bytes;
    }
    if (good && core_check_window(play->core, &event.window, &err))
        step(play, &event);
    else
        buffer_print(&play->text, "    refused: %s: %s\n", error_code_name(err.code), err.text);
}

static void unreserve(struct play *play)
{
    step(play, &(struct event){
                   .kind = EVENT_WINDOW_REMOVED,
                   .by = "root",
                   .window = {.name = need_word(play, 1)},
               });
}

static void other(struct play *play, enum event_kind kind)
{
    struct event event = {.kind = kind};
    struct error err;

    switch (kind) {
    case EVENT_JOB_SUBMITTED:
        submit(play);
        break;
    case EVENT_NODE_JOINED:
        join(play);
        break;
    case EVENT_GRANTED:
        grant(play);
        break;
    case EVENT_WINDOW_SET:
        reserve(play);
        break;
    case EVENT_WINDOW_REMOVED:
        unreserve(play);
        break;
    case EVENT_LIMIT_SET:
        fill_limit(play, &event.limit_set);
        step(play, &event);
        break;
    case EVENT_SHARE_SET:
        fill_share(play, &event.share);
        step(play, &event);
        break;
    case EVENT_RATE_ADDED:
        fill_rate(play, &event.rate);
        if (rates_check(core_rates(play->core), &event.rate, play->now_us, &err))
            step(play, &event);
        else
            buffer_print(&play->text, "    refused: %s: %s\n", error_code_name(err.code), err.text);
        break;
    case EVENT_RATE_ENDED:
        fill_rate(play, &event.rate);
        step(play, &event);
        break;
    default:
        step(play, &event);
        break;
    }
}

static const struct {
    enum event_kind first, last;
    void (*play)(struct play *play, enum event_kind kind);
} actions[] = {
    {EVENT_JOB_CANCELLED,     EVENT_JOB_REQUEUED,  change_job },
    {EVENT_ARRAY_LIMITED,     EVENT_ARRAY_LIMITED, limit_array},
    {EVENT_NODE_SILENT,       EVENT_NODE_RESUMED,  change_node},
    {EVENT_PART_READY,        EVENT_PART_REFUSED,  part_news  },
    {EVENT_INSTITUTION_ADDED, EVENT_PROJECT_ADDED, add_books  },
    {EVENT_JOB_SUSPENDED,     EVENT_JOB_RESUMED,   change_job },
    {EVENT_PART_PAUSED,       EVENT_PART_RESUMED,  part_news  },
    {EVENT_JOB_SUBMITTED,     EVENT_TIME_PASSED,   other      },
};

static void play_event(struct play *play, const char *time)
{
    double at = strtod(time, NULL);
    int64_t at_us = START_US + (int64_t)(at * (double)US_PER_SECOND + 0.5);
    unsigned kind = 0, action = 0;

    if (!play->core)
        play->core = core_new(&play->settings);
    if (at_us < play->now_us)
        stop(play, "time goes back");
    pass_time(play, at_us);
    while (kind < EVENT_KIND_COUNT &&
           strcmp(event_kind_name((enum event_kind)kind), play->words[0]) != 0)
        kind++;
    if (kind == EVENT_KIND_COUNT)
        stop(play, "no event %s", play->words[0]);
    say_time(play, at_us);
    for (size_t i = 0; i < play->count; i++)
        buffer_print(&play->text, " %s", play->words[i]);
    buffer_add_char(&play->text, '\n');
    while (kind < (unsigned)actions[action].first || kind > (unsigned)actions[action].last)
        action++;
    actions[action].play(play, (enum event_kind)kind);
}

static const struct {
    const char *word;
    bool question;
    void (*run)(struct play *play);
} commands[] = {
    {"settings",  false, read_settings },
    {"cluster",   false, read_cluster  },
    {"partition", false, read_partition},
    {"license",   false, read_license  },
    {"feature",   false, read_feature  },
    {"switch",    false, read_switch   },
    {"weights",   false, read_weights  },
    {"qos",       false, read_qos      },
    {"jobs",      true,  say_jobs      },
    {"nodes",     true,  say_nodes     },
    {"why",       true,  say_why       },
    {"priority",  true,  say_priority  },
    {"balance",   true,  say_balance   },
};

static void play_line(struct play *play, char *line)
{
    char *place = NULL, *time = NULL;

    play->count = 0;
    for (char *word = strtok_r(line, " \t", &place); word && word[0] != '#';
         word = strtok_r(NULL, " \t", &place)) {
        if (!time && play->count == 0 && strchr("0123456789", word[0]))
            time = word;
        else if (play->count < WORDS_MAX)
            play->words[play->count++] = word;
    }
    if (play->count == 0)
        return;
    if (time) {
        play_event(play, time);
        return;
    }
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].word, play->words[0]) != 0)
            continue;
        if (commands[i].question != (play->core != NULL))
            stop(play, "%s: %s the first event", play->words[0],
                 play->core ? "only before" : "only after");
        commands[i].run(play);
        return;
    }
    stop(play, "no command %s", play->words[0]);
}

int main(int argc, char **argv)
{
    CLEANUP(buffer_clear) struct buffer file;
    struct play play = {
        .settings = {.kill_wait_us = 30 * US_PER_SECOND,
                     .keep_ended_us = 5 * US_PER_MINUTE,
                     .launch_failures_most = 3,
                     .backfill_depth = 100,
                     .finish_gain_us = 10 * US_PER_MINUTE,
                     .switch_wait_us = 5 * US_PER_MINUTE,
                     .pending_most = 1000,
                     .pending_most_per_user = 1000},
        .now_us = START_US,
    };
    char *place = NULL;
    struct error err;

    buffer_init(&file);
    buffer_init(&play.text);
    effects_init(&play.effects);
    play.settings.clusters = play.clusters;
    if (argc != 2) {
        fprintf(stderr, "usage: scenario FILE\n");
        return 2;
    }
    if (!file_read(argv[1], 1 << 20, &file, &err)) {
        fprintf(stderr, "scenario: %s\n", err.text);
        return 2;
    }
    for (char *line = file.bytes; line; line = place) {
        place = strchr(line, '\n');
        if (place)
            *place++ = '\0';
        play.line++;
        play_line(&play, line);
    }
    fwrite(play.text.bytes, 1, play.text.length, stdout);
    clear_network(&play);
    return fflush(stdout) == 0 ? 0 : 1;
}
