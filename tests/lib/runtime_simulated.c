/* runtime_simulated.c - a node that runs task sets in name only */

#include "tests/lib/runtime_simulated.h"

#include "tests/lib/runtime_simulated_inside.h"

#include <stdlib.h>
#include <string.h>

static int64_t now(const struct runtime_simulated *simulated)
{
    return clock_boot_us(simulated->clock);
}

bool simulated_same_part(const struct task_key *a, const struct task_key *b)
{
    return a->job == b->job && a->attempt == b->attempt && a->part == b->part;
}

struct simulated_part *simulated_find_part(const struct runtime_simulated *simulated,
                                           const struct task_key *key)
{
    LIST_EACH(&simulated->parts, node) {
        struct simulated_part *part = CONTAINER_OF(node, struct simulated_part, of_node);

        if (simulated_same_part(&part->key, key))
            return part;
    }
    return NULL;
}

struct simulated_set *simulated_find_set(const struct runtime_simulated *simulated,
                                         const struct task_key *key)
{
    LIST_EACH(&simulated->sets, node) {
        struct simulated_set *set = CONTAINER_OF(node, struct simulated_set, of_node);

        if (simulated_same_part(&set->key, key) && set->key.step == key->step)
            return set;
    }
    return NULL;
}

static void drop_set(struct runtime_simulated *simulated, struct simulated_set *set)
{
    for (uint32_t i = 0; set->task_cpus && i < set->tasks; i++)
        free(set->task_cpus[i]);
    free(set->task_cpus);
    free(set->arguments);
    free(set->environment);
    free(set->output);
    buffer_clear(&set->streams[0]);
    buffer_clear(&set->streams[1]);
    buffer_clear(&set->input);
    list_remove(&simulated->sets, &set->of_node);
    free(set);
}

static void drop_part(struct runtime_simulated *simulated, struct simulated_part *part)
{
    list_remove(&simulated->parts, &part->of_node);
    free(part->cpus);
    free(part);
}

bool simulated_is_live(const struct simulated_set *set)
{
    return set->phase != PHASE_ENDED;
}

/* --- the seam ------------------------------------------------------------------------------- */

static void listen_to(void *state, const struct task_news *news)
{
    struct runtime_simulated *simulated = state;

    simulated->news = *news;
    simulated->heard = true;
}

static bool is_there(const struct runtime_simulated *simulated, struct error *err)
{
    return !simulated->away || fail(err, ERROR_UNAVAILABLE, "launcher: connection closed");
}

static bool part_make(void *state, const struct task_key *key, const struct part_limits *limits,
                      struct error *err)
{
    struct runtime_simulated *simulated = state;
    struct simulated_part *part = simulated_find_part(simulated, key);

    if (!is_there(simulated, err))
        return false;
    if (simulated->refused_makes > 0) {
        simulated->refused_makes--;
        return fail(err, ERROR_NOT_FOUND, "no account for %s", limits->user);
    }
    if (!part) {
        part = NEW(struct simulated_part);
        part->key = *key;
        list_add_last(&simulated->parts, &part->of_node);
    }
    free(part->cpus);
    part->cpus = limits->cpus ? memory_copy(limits->cpus) : NULL;
    memcpy(part->credential, limits->credential, sizeof(part->credential));
    return true;
}

static void thaw(const struct runtime_simulated *simulated, struct simulated_set *set)
{
    if (set->frozen_us > 0)
        set->away_us += now(simulated) - set->frozen_us;
    set->frozen_us = 0;
}

static void end_set(struct runtime_simulated *simulated, struct simulated_set *set,
                    enum task_end_cause cause, uint32_t exit_code, uint32_t exit_signal)
{
    if (!simulated_is_live(set))
        return;
    thaw(simulated, set);
    set->phase = PHASE_ENDED;
    set->due_us = now(simulated);
    set->end = (struct task_end){
        .cause = cause,
        .exit_code = exit_code,
        .exit_signal = exit_signal,
        .wall_used_us = now(simulated) - set->started_us - set->away_us,
        .cpu_used_us = now(simulated) - set->started_us - set->away_us,
        .memory_peak_bytes = 1 << 20,
        .ended_us = clock_wall_us(simulated->clock),
    };
}

static bool part_remove(void *state, const struct task_key *key, struct error *err)
{
    struct runtime_simulated *simulated = state;
    struct simulated_part *part = simulated_find_part(simulated, key);

    if (!is_there(simulated, err))
        return false;
    if (simulated->resists > 0) {
        simulated->resists--;
        return fail(err, ERROR_CONFLICT, "a process is still there");
    }
    if (!part)
        return fail(err, ERROR_NOT_FOUND, "no such part");
    LIST_EACH(&simulated->sets, node) {
        struct simulated_set *set = CONTAINER_OF(node, struct simulated_set, of_node);

        if (simulated_same_part(&set->key, key))
            end_set(simulated, set, TASK_STOPPED, 0, 9);
    }
    drop_part(simulated, part);
    return true;
}

static char *join(const char *const *words, char between, size_t *ret_size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    for (size_t i = 0; words && words[i]; i++) {
        if (i > 0)
            buffer_add_char(&text, between);
        buffer_add_text(&text, words[i]);
    }
    buffer_add_char(&text, '\0');
    *ret_size = text.length;
    return buffer_steal(&text);
}

static void copy_start(struct simulated_set *set, const struct task_start *start)
{
    size_t size;

    set->tasks = start->tasks;
    set->arguments = join(start->arguments, ' ', &size);
    set->environment = join(start->environment, '\0', &set->environment_size);
    set->output = memory_copy(start->output ? start->output : "");
    if (!start->task_cpus)
        return;
    set->task_cpus = NEW_ARRAY(char *, start->tasks);
    for (uint32_t i = 0; i < start->tasks; i++)
        set->task_cpus[i] = memory_copy(start->task_cpus[i]);
}

static bool start_set(void *state, const struct task_start *start, struct error *err)
{
    struct runtime_simulated *simulated = state;
    struct simulated_set *set;

    if (!is_there(simulated, err))
        return false;
    if (simulated->refused_starts > 0) {
        simulated->refused_starts--;
        return fail(err, ERROR_IO, "no process can be made");
    }
    if (!simulated_find_part(simulated, &start->key))
        return fail(err, ERROR_NOT_FOUND, "no such part");
    if (simulated_find_set(simulated, &start->key))
        return fail(err, ERROR_CONFLICT, "it was started before");
    set = NEW(struct simulated_set);
    set->key = start->key;
    set->plan = simulated->plan ? simulated->plan(simulated->owner, start)
                                : (struct simulated_plan){.run_us = INT64_MAX};
    set->limit_us = start->limit_us;
    set->kill_wait_us = start->kill_wait_us;
    set->last_signal = -1;
    set->due_us = now(simulated);
    buffer_init(&set->streams[0]);
    buffer_init(&set->streams[1]);
    buffer_init(&set->input);
    set->terminal = start->terminal;
    copy_start(set, start);
    list_add_last(&simulated->sets, &set->of_node);
    simulated->starts++;
    return true;
}

static bool has_hook(void *state, uint64_t step)
{
    const struct runtime_simulated *simulated = state;

    return simulated->hooks[step == STEP_EPILOG];
}

static bool signal_set(void *state, const struct task_key *key, int number, bool batch_only,
                       struct error *err)
{
    struct runtime_simulated *simulated = state;
    struct simulated_set *set = simulated_find_set(simulated, key);

    (void)batch_only;
    if (!is_there(simulated, err))
        return false;
    if (!set || !simulated_is_live(set))
        return fail(err, ERROR_NOT_FOUND, "no such tasks");
    set->last_signal = number;
    if (number == 9) {
        end_set(simulated, set, TASK_BY_ITSELF, 0, 9);
    } else if (number == SIGNAL_FREEZE && set->phase == PHASE_RUNNING && set->frozen_us == 0) {
        set->frozen_us = now(simulated);
    } else if (number == SIGNAL_THAW) {
        thaw(simulated, set);
    } else if (number == 0 && set->phase != PHASE_ENDING) {
        thaw(simulated, set);
        set->phase = PHASE_ENDING;
        set->due_us = now(simulated) + (set->plan.stubborn ? set->kill_wait_us : 0);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): as many as runtime.h says */
static bool read_stream(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                        size_t most, struct buffer *buffer, bool *ret_end, struct error *err)
{
    struct runtime_simulated *simulated = state;
    const struct simulated_set *set = simulated_find_set(simulated, key);
    const struct buffer *stream = set ? &set->streams[error_stream] : NULL;
    size_t size;

    if (!set)
        return fail(err, ERROR_NOT_FOUND, "no such tasks");
    size = offset < stream->length ? stream->length - offset : 0;
    if (size > most)
        size = most;
    buffer_add(buffer, stream->bytes + (size > 0 ? offset : 0), size);
    *ret_end = !simulated_is_live(set) && offset + size >= stream->length;
    return true;
}

static void forget_set(void *state, const struct task_key *key)
{
    struct runtime_simulated *simulated = state;
    struct simulated_set *set = simulated_find_set(simulated, key);

    if (set && !simulated_is_live(set))
        drop_set(simulated, set);
}

static void list_sets(void *state, void (*found)(void *owner, const struct task_found *task),
                      void *owner)
{
    struct runtime_simulated *simulated = state;

    LIST_EACH(&simulated->sets, node) {
        struct simulated_set *set = CONTAINER_OF(node, struct simulated_set, of_node);
        const struct task_found task = {.key = set->key,
                                        .ended = !simulated_is_live(set) && !set->orphan};

        set->told = false; /* the one who asks has not heard it */
        found(owner, &task);
    }
}

struct runtime runtime_simulated_seam(struct runtime_simulated *simulated)
{
    return (struct runtime){
        .state = simulated,
        .listen = listen_to,
        .part_make = part_make,
        .part_remove = part_remove,
        .start = start_set,
        .has_hook = has_hook,
        .signal = signal_set,
        .input = simulated_input,
        .read = read_stream,
        .read_file = simulated_file_read,
        .find_file = simulated_file_find,
        .forget = forget_set,
        .list = list_sets,
    };
}

/* --- life ------------------------------------------------------------------------------------ */

struct runtime_simulated *runtime_simulated_new(const struct clock *clock, simulated_plan_fn *plan,
                                                void *owner)
{
    struct runtime_simulated *simulated = NEW(struct runtime_simulated);

    simulated->clock = clock;
    simulated->plan = plan;
    simulated->owner = owner;
    list_init(&simulated->parts);
    list_init(&simulated->sets);
    list_init(&simulated->files);
    return simulated;
}

void runtime_simulated_reboot(struct runtime_simulated *simulated)
{
    LIST_EACH(&simulated->sets, node)
        drop_set(simulated, CONTAINER_OF(node, struct simulated_set, of_node));
    LIST_EACH(&simulated->parts, node)
        drop_part(simulated, CONTAINER_OF(node, struct simulated_part, of_node));
}

void runtime_simulated_free(struct runtime_simulated *simulated)
{
    if (!simulated)
        return;
    runtime_simulated_reboot(simulated);
    simulated_files_clear(simulated);
    free(simulated);
}

void runtime_simulated_hooks(struct runtime_simulated *simulated, bool prolog, bool epilog)
{
    simulated->hooks[0] = prolog;
    simulated->hooks[1] = epilog;
}

void runtime_simulated_deafen(struct runtime_simulated *simulated)
{
    simulated->heard = false;
}

/* --- what happens ---------------------------------------------------------------------------- */

static int64_t later(int64_t time_us, int64_t length_us)
{
    return length_us < INT64_MAX - time_us ? time_us + length_us : INT64_MAX;
}

/* When something happens to the set next. */
static int64_t due_of(const struct simulated_set *set)
{
    int64_t from_us = set->started_us + set->away_us;
    int64_t run_us = later(from_us, set->plan.run_us), limit_us = later(from_us, set->limit_us);

    if (set->phase == PHASE_ENDED)
        return set->told ? INT64_MAX : set->due_us;
    if (set->phase != PHASE_RUNNING)
        return set->due_us;
    if (set->frozen_us > 0)
        return INT64_MAX;
    return run_us < limit_us ? run_us : limit_us;
}

static void step_set(struct runtime_simulated *simulated, struct simulated_set *set)
{
    const struct task_news *news = &simulated->news;
    struct task_key key = set->key; /* news may lead to the set's end */

    if (set->phase == PHASE_STARTING && set->plan.fails) {
        struct error why = {.code = ERROR_IO, .text = "the directory is not there"};
        bool back = set->plan.gives_back;

        drop_set(simulated, set);
        (back ? news->on_given_back : news->on_failed)(news->owner, &key, &why);
    } else if (set->phase == PHASE_STARTING) {
        set->phase = PHASE_RUNNING;
        set->started_us = now(simulated);
        news->on_started(news->owner, &key, clock_wall_us(simulated->clock));
    } else if (set->phase == PHASE_RUNNING) {
        bool limit = later(set->started_us + set->away_us, set->plan.run_us) > now(simulated);

        end_set(simulated, set, limit ? TASK_LIMIT : TASK_BY_ITSELF,
                limit ? 0 : set->plan.exit_code, limit ? 15 : 0);
    } else if (set->phase == PHASE_ENDING) {
        end_set(simulated, set, TASK_STOPPED, 0, set->plan.stubborn ? 9 : 15);
    } else {
        struct task_end end = set->end;

        set->told = true;
        news->on_ended(news->owner, &key, &end);
    }
}

size_t runtime_simulated_turn(struct runtime_simulated *simulated)
{
    size_t count = 0;
    bool more = simulated->heard;

    while (more) {
        struct simulated_set *due = NULL;

        LIST_EACH(&simulated->sets, node) {
            struct simulated_set *set = CONTAINER_OF(node, struct simulated_set, of_node);

            if (!due && due_of(set) <= now(simulated))
                due = set;
        }
        more = due != NULL;
        if (due) {
            step_set(simulated, due);
            count++;
        }
    }
    return count;
}

int64_t runtime_simulated_next_us(const struct runtime_simulated *simulated)
{
    int64_t next = INT64_MAX;

    LIST_EACH(&simulated->sets, node) {
        int64_t due = due_of(CONTAINER_OF(node, struct simulated_set, of_node));

        if (due < next)
            next = due;
    }
    return next;
}

void runtime_simulated_end(struct runtime_simulated *simulated, const struct task_key *key,
                           uint32_t exit_code, uint32_t exit_signal)
{
    struct simulated_set *set = simulated_find_set(simulated, key);

    if (set)
        end_set(simulated, set, TASK_BY_ITSELF, exit_code, exit_signal);
}

void runtime_simulated_lose(struct runtime_simulated *simulated, const struct task_key *key)
{
    struct simulated_set *set = simulated_find_set(simulated, key);

    if (set)
        drop_set(simulated, set);
}

void runtime_simulated_orphan(struct runtime_simulated *simulated, const struct task_key *key)
{
    struct simulated_set *set = simulated_find_set(simulated, key);

    if (!set || !simulated_is_live(set))
        return;
    end_set(simulated, set, TASK_UNKNOWN, 0, 9);
    set->orphan = true;
}

void runtime_simulated_write(struct runtime_simulated *simulated, const struct task_key *key,
                             bool error_stream, const char *text)
{
    struct simulated_set *set = simulated_find_set(simulated, key);

    if (set)
        buffer_add_text(&set->streams[error_stream], text);
    if (set && *set->output && !error_stream)
        simulated_file_add(simulated, set->output, text);
}

void runtime_simulated_resist(struct runtime_simulated *simulated, unsigned removes)
{
    simulated->resists = removes;
}

void runtime_simulated_refuse(struct runtime_simulated *simulated, unsigned makes, unsigned starts)
{
    simulated->refused_makes = makes;
    simulated->refused_starts = starts;
}

void runtime_simulated_leave(struct runtime_simulated *simulated, bool away)
{
    simulated->away = away;
}
