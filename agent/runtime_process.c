/* runtime_process.c - task sets as processes of this machine */

#include "agent/runtime_process_inside.h"

#include "agent/launcher/series_file.h"
#include "agent/runtime_texts.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define FORGET_AGAIN_US US_PER_SECOND

static void forget_later(struct runtime_process *process);

/* --- the seam ---------------------------------------------------------------------------------------------- */

static void take_news(void *state, const struct task_news *news)
{
    struct runtime_process *process = state;

    process->news = *news;
}

static struct request_head head_of(const struct task_key *key, enum request_kind kind)
{
    return (struct request_head){
        .kind = kind,
        .job = key->job,
        .step = key->step,
        .attempt = key->attempt,
        .part = key->part,
    };
}

static bool ask(struct runtime_process *process, struct request_head *request, size_t size,
                struct error *err)
{
    const struct launcher_request whole = {request, size, -1, NULL};
    struct launcher_answer answer;

    if (!launcher_link_ask(process->link, &whole, &answer, err))
        return false;
    file_closep(&answer.descriptor);
    return true;
}

static bool put_text(char *place, size_t size, const char *text, const char *what,
                     struct error *err)
{
    if ((size_t)snprintf(place, size, "%s", text ? text : "") < size)
        return true;
    return fail(err, ERROR_INVALID, "%s has more than %zu bytes", what, size - 1);
}

static bool part_make(void *state, const struct task_key *part, const struct part_limits *limits,
                      struct error *err)
{
    struct request_make_part request = {
        .head = head_of(part, REQUEST_MAKE_PART),
        .memory_bytes = limits->memory_bytes,
        .processes_most = limits->processes_most,
        .denied_count = limits->denied_count,
    };

    if (!put_text(request.user, sizeof(request.user), limits->user, "user", err) ||
        !put_text(request.node, sizeof(request.node), limits->node, "node", err) ||
        !put_text(request.cpus, sizeof(request.cpus), limits->cpus, "cpu list", err) ||
        !put_text(request.memory_nodes, sizeof(request.memory_nodes), limits->memory_nodes,
                  "list of memory nodes", err))
        return false;
    if (limits->denied_count > REQUEST_DEVICES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " devices are to be denied, %d are the most",
                    limits->denied_count, REQUEST_DEVICES_MAX);
    if (limits->denied_count > 0)
        memcpy(request.denied, limits->denied, limits->denied_count * sizeof(*limits->denied));
    if (limits->credential)
        memcpy(request.credential, limits->credential, sizeof(request.credential));
    return ask(state, &request.head, sizeof(request), err);
}

static bool part_remove(void *state, const struct task_key *part, struct error *err)
{
    struct request_head request = head_of(part, REQUEST_REMOVE_PART);

    return ask(state, &request, sizeof(request), err);
}

/* A launcher that was killed before it could answer may have started it all the same. */
static enum record_use use_of(const struct runtime_process *process, const struct task_key *key)
{
    struct record_key record = record_key_of(key);
    char name[RECORD_NAME_SIZE];

    record_name(&record, name);
    return record_use(process->tasks, name);
}

static bool is_watched(const struct runtime_process *process, const struct task_key *key)
{
    struct record_key record = record_key_of(key);
    char name[RECORD_NAME_SIZE];

    record_name(&record, name);
    return table_get_text(process->by_name, name) != NULL;
}

/* Ask again only when it is sure that the first time came to nothing.  A conflict means that it
 * was started, by an agent before this one: its news are ours now. */
static bool ask_start(struct runtime_process *process, const struct task_key *key,
                      struct request_start *request, int texts, int *ret_shepherd,
                      struct error *err)
{
    const struct launcher_request whole = {&request->head, sizeof(*request), texts, NULL};
    struct launcher_answer answer;

    *ret_shepherd = -1;
    for (int i = 0; i < 2; i++) {
        if (launcher_link_ask(process->link, &whole, &answer, err)) {
            *ret_shepherd = answer.descriptor;
            return true;
        }
        if (err->code == ERROR_CONFLICT)
            return true;
        if (err->code != ERROR_UNAVAILABLE)
            return false;
        switch (use_of(process, key)) {
        case RECORD_USED:
            return true;
        case RECORD_CLAIMED:
            return false; /* the caller asks again when it is known which */
        case RECORD_UNUSED:
            break;
        }
    }
    return false;
}

static bool start(void *state, const struct task_start *task_start, struct error *err)
{
    struct runtime_process *process = state;
    const struct task_key *key = &task_start->key;
    enum record_use use = use_of(process, key);
    CLEANUP(file_closep) int texts = -1;
    struct request_start request;
    int shepherd = -1;

    if (is_watched(process, key))
        return fail(err, ERROR_CONFLICT, "job %" PRIu64 " step %" PRIu64 " was started already",
                    key->job, key->step);
    if (use == RECORD_CLAIMED)
        return fail(err, ERROR_UNAVAILABLE, "job %" PRIu64 " step %" PRIu64 " is just starting",
                    key->job, key->step);
    if (use == RECORD_USED) {
        watch_shepherd(process, watch_add(process, key), shepherd);
        return true; /* by an agent before this one, or a launcher that was killed then */
    }
    texts = runtime_texts_make(task_start, &request, err);
    if (texts < 0)
        return false;
    request.head = head_of(key, REQUEST_START);
    if (!ask_start(process, key, &request, texts, &shepherd, err))
        return false;
    watch_shepherd(process, watch_add(process, key), shepherd);
    return true;
}

static bool has_hook(void *state, uint64_t step)
{
    const struct runtime_process *process = state;
    uint32_t facts = launcher_link_facts(process->link);

    return (facts & (step == STEP_PROLOG ? FACT_PROLOG : FACT_EPILOG)) != 0;
}

static bool send_signal(void *state, const struct task_key *key, int number, bool batch_only,
                        struct error *err)
{
    struct request_signal request = {
        .head = head_of(key, REQUEST_SIGNAL),
        .signal = (uint32_t)number,
        .batch_only = batch_only,
    };

    return ask(state, &request.head, sizeof(request), err);
}

static bool give_input(void *state, const struct task_key *key, const struct task_input *input,
                       struct task_taken *ret_taken, struct error *err)
{
    struct runtime_process *process = state;
    struct request_input request = {
        .head = head_of(key, REQUEST_INPUT),
        .offset = input->offset,
        .writer = input->writer,
        .rows = input->rows,
        .columns = input->columns,
        .size = (uint32_t)input->size,
    };
    CLEANUP(buffer_clear) struct buffer size;
    const struct launcher_request whole = {&request.head, sizeof(request), -1, &size};
    struct launcher_answer answer;

    buffer_init(&size);
    if (input->size > 0)
        memcpy(request.bytes, input->bytes, input->size);
    if (!launcher_link_ask(process->link, &whole, &answer, err))
        return false;
    if (size.length != sizeof(ret_taken->offset))
        return fail(err, ERROR_INTERNAL, "launcher: an answer to input of %zu bytes", size.length);
    ret_taken->taken = answer.end;
    memcpy(&ret_taken->offset, size.bytes, sizeof(ret_taken->offset));
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): as many as runtime.h says */
static bool read_output(void *state, const struct task_key *key, bool error_stream, uint64_t offset,
                        size_t most, struct buffer *buffer, bool *ret_end, struct error *err)
{
    struct runtime_process *process = state;
    struct request_read request = {
        .head = head_of(key, REQUEST_READ),
        .offset = offset,
        .most = most < REQUEST_READ_MAX ? (uint32_t)most : REQUEST_READ_MAX,
        .error_stream = error_stream,
    };
    const struct launcher_request whole = {&request.head, sizeof(request), -1, buffer};
    struct launcher_answer answer;

    if (!launcher_link_ask(process->link, &whole, &answer, err))
        return false;
    *ret_end = answer.end;
    return true;
}

static bool read_file(void *state, const struct output_file *file, struct buffer *buffer,
                      bool *ret_end, struct error *err)
{
    struct runtime_process *process = state;
    struct request_read_file request = {
        .read = {.head = {.kind = REQUEST_READ_FILE},
                 .offset = file->offset,
                 .most = file->most < REQUEST_READ_MAX ? (uint32_t)file->most : REQUEST_READ_MAX},
    };
    const struct launcher_request whole = {&request.read.head, sizeof(request), -1, buffer};
    struct launcher_answer answer;

    if (!put_text(request.user, sizeof(request.user), file->user, "user", err) ||
        !put_text(request.path, sizeof(request.path), file->path, "path", err) ||
        !launcher_link_ask(process->link, &whole, &answer, err))
        return false;
    *ret_end = answer.end;
    return true;
}

static bool find_file(void *state, const struct task_key *key, bool error_stream,
                      struct buffer *path)
{
    const struct runtime_process *process = state;
    struct record_key record = record_key_of(key);
    char name[RECORD_NAME_SIZE], found[RECORD_PATH_SIZE];
    struct error ignored;

    record_name(&record, name);
    if (!record_read_path(process->tasks, name, error_stream, found, &ignored) || found[0] != '/')
        return false;
    buffer_add_text(path, found);
    return true;
}

static bool measured(void *state, const struct task_key *part, struct series *ret_series)
{
    const struct runtime_process *process = state;
    struct record_key record = record_key_of(part);
    char name[RECORD_NAME_SIZE];

    record_name(&record, name);
    *strrchr(name, '.') = '\0';
    return series_file_read(process->tasks, name, ret_series);
}

static bool tell_forget(struct runtime_process *process, const struct task_key *key)
{
    struct request_head request = head_of(key, REQUEST_FORGET);

    return launcher_link_tell(process->link, &request, sizeof(request));
}

static bool is_forgotten(const struct runtime_process *process, const struct task_key *key)
{
    struct record_key record = record_key_of(key);
    char name[RECORD_NAME_SIZE];

    record_name(&record, name);
    return faccessat(process->tasks, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

static void on_forgets_due(void *owner)
{
    struct runtime_process *process = owner;
    size_t kept = 0, told = 0;

    process->forget_timer = NULL;
    for (size_t i = 0; i < process->forget_count; i++)
        if (!is_forgotten(process, &process->forgets[i]))
            process->forgets[kept++] = process->forgets[i];
    process->forget_count = kept;
    while (told < kept && tell_forget(process, &process->forgets[told]))
        told++;
    process->forgets_told = told;
    forget_later(process);
}

static void forget_later(struct runtime_process *process)
{
    if (process->forget_count > 0 && !process->forget_timer)
        process->forget_timer = loop_watch_time(
            process->loop, clock_boot_us(&clock_real) + FORGET_AGAIN_US, on_forgets_due, process);
}

/* Records that nobody forgets would stay for ever.  A launcher that is killed takes with it what it was
 * told and had not read yet: each is told again until its record is gone.  Where there is no launcher
 * the first alone is tried. */
static void forget(void *state, const struct task_key *key)
{
    struct runtime_process *process = state;

    process->forgets = memory_resize(process->forgets, process->forget_count + 1, sizeof(*key));
    process->forgets[process->forget_count++] = *key;
    if (process->forgets_told == process->forget_count - 1 && tell_forget(process, key))
        process->forgets_told++;
    forget_later(process);
}

/* --- after a restart ------------------------------------------------------------------------------------------ */

static bool find_task(struct runtime_process *process, const char *name,
                      struct task_found *ret_found)
{
    char boot_id[RECORD_BOOT_ID_SIZE];
    struct record record;
    struct watched *watched;
    struct record_key key;
    struct error err;
    bool alive;

    if (!record_name_parse(name, &key) || record_use(process->tasks, name) == RECORD_UNUSED ||
        !record_read(process->tasks, name, &record, &alive, &err))
        return false;
    *ret_found = (struct task_found){
        .key = {key.job, key.attempt, key.part, key.step},
        .ended = record.phase >= RECORD_FAILED,
    };
    if (table_get_text(process->by_name, name))
        return true;
    watched = watch_add(process, &ret_found->key);
    watched->started = record.phase == RECORD_RUNNING || record.phase == RECORD_ENDED;
    record_boot_id(boot_id);
    watched->rebooted = !alive && !ret_found->ended && record.boot_id[0] != '\0' &&
                        strcmp(record.boot_id, boot_id) != 0;
    ret_found->ended = ret_found->ended || watched->rebooted;
    if (alive)
        watch_shepherd(process, watched, record_open_shepherd(process->tasks, name));
    else
        watch_look_later(process, watched, 0);
    return true;
}

static void list(void *state, void (*found)(void *owner, const struct task_found *task),
                 void *owner)
{
    struct runtime_process *process = state;
    int again = openat(process->tasks, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *records = again < 0 ? NULL : fdopendir(again);
    struct task_found task;

    if (!records)
        return;
    for (struct dirent *entry = readdir(records); entry; entry = readdir(records))
        if (find_task(process, entry->d_name, &task))
            found(owner, &task);
    closedir(records);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static bool watch_records(struct runtime_process *process, struct error *err)
{
    const char *spool = launcher_link_spool(process->link);
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks", spool);
    struct epoll_event event = {.events = EPOLLIN};

    process->tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process->tasks < 0)
        return fail_errno(err, "%s", path);
    process->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (process->notices < 0 || inotify_add_watch(process->notices, path, IN_MODIFY) < 0)
        return fail_errno(err, "watch %s", path);
    process->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (process->epoll < 0 ||
        epoll_ctl(process->epoll, EPOLL_CTL_ADD, process->notices, &event) != 0)
        return fail_errno(err, "watch %s", path);
    process->ready = loop_watch_descriptor(process->loop, process->epoll, watch_on_ready, process);
    return true;
}

struct runtime_process *runtime_process_new(struct loop *loop,
                                            const struct runtime_process_options *options,
                                            struct error *err)
{
    CLEANUP(runtime_process_freep) struct runtime_process *process = NEW(struct runtime_process);

    process->loop = loop;
    process->tasks = process->notices = process->epoll = -1;
    list_init(&process->all);
    list_init(&process->due);
    list_init(&process->again);
    process->by_name = table_new();
    process->link = launcher_link_new(loop, options);
    if (!launcher_link_hello(process->link, err) || !watch_records(process, err))
        return NULL;
    return STEAL(process);
}

void runtime_process_free(struct runtime_process *process)
{
    if (!process)
        return;
    LIST_EACH(&process->all, node)
        watch_remove(process, CONTAINER_OF(node, struct watched, of_process));
    loop_unwatch(process->loop, process->ready);
    loop_unwatch(process->loop, process->timer);
    loop_unwatch(process->loop, process->forget_timer);
    file_closep(&process->epoll);
    file_closep(&process->notices);
    file_closep(&process->tasks);
    launcher_link_free(process->link);
    free(process->forgets);
    table_free(process->by_name);
    free(process);
}

struct runtime runtime_process_seam(struct runtime_process *process)
{
    return (struct runtime){
        .state = process,
        .listen = take_news,
        .part_make = part_make,
        .part_remove = part_remove,
        .start = start,
        .has_hook = has_hook,
        .signal = send_signal,
        .input = give_input,
        .read = read_output,
        .read_file = read_file,
        .find_file = find_file,
        .measured = measured,
        .forget = forget,
        .list = list,
    };
}

uint32_t runtime_process_facts(const struct runtime_process *process)
{
    return launcher_link_facts(process->link);
}
