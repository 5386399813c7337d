/* service_bench.c - the real service with a simulated network and clock, and a real store */

#include "tests/unit/scheduler/service_bench.h"

#include "base/parse.h"
#include "base/random.h"
#include "base/worker.h"
#include "tests/lib/scratch.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct work {
    struct list_node node;
    work_fn *work;
    done_fn *done;
    void *owner;
};

struct message {
    struct list_node node;
    enum door door;
    struct sender to;
    Wire__Envelope *envelope;
};

/* --- seams -------------------------------------------------------------------------------------------- */

static bool keep_message(void *state, enum door door, const struct sender *to, const void *bytes,
                         size_t size)
{
    struct bench *bench = state;
    struct message *message = NEW(struct message);
    struct error err;

    message->door = door;
    message->to = *to;
    message->envelope = message_decode(bytes, size, &err);
    if (!message->envelope) {
        printf("# the service sent what cannot be read: %s\n", err.text);
        abort();
    }
    list_add_last(&bench->messages, &message->node);
    return true;
}

static void keep_work(void *state, enum background which, work_fn *work, done_fn *done, void *owner)
{
    struct bench *bench = state;
    struct work *item = NEW(struct work);

    (void)which;
    *item = (struct work){.work = work, .done = done, .owner = owner};
    list_add_last(&bench->works, &item->node);
}

static void drop_message(struct bench *bench, struct message *message)
{
    list_remove(&bench->messages, &message->node);
    message_free(message->envelope);
    free(message);
}

/* --- life ------------------------------------------------------------------------------------------------ */

static void add_cluster(struct cluster *cluster, const char *name, size_t partitions)
{
    static const char *const names[] = {"batch", "long"};

    *cluster = (struct cluster){
        .name = memory_copy(name),
        .institution = memory_copy("uni"),
        .factor_ppm = 1000000,
        .partition_count = partitions,
        .partitions = NEW_ARRAY(struct partition, partitions),
    };
    for (size_t i = 0; i < partitions; i++)
        cluster->partitions[i] = (struct partition){
            .name = memory_copy(names[i]),
            .is_default = i == 0,
            .up = true,
            .limit_us = US_PER_DAY,
            .default_limit_us = US_PER_HOUR,
            .lease_us = 10 * US_PER_MINUTE,
        };
}

static void start(struct bench *bench)
{
    struct error err = {.text = ""};
    struct outside outside = {
        .transport = &bench->transport,
        .clock = &bench->clock,
        .give = keep_work,
        .state = bench,
    };

    bench->store = store_sqlite_open(bench->directory, bench->settings.network, &err);
    outside.store = bench->store;
    if (bench->store)
        bench->service = service_new(&bench->settings, &outside, &err);
    if (!bench->service) {
        printf("# the service does not start: %s\n", err.text);
        abort();
    }
}

static void end(struct bench *bench)
{
    struct list_node *node;

    while ((node = list_first(&bench->works))) {
        struct work *work = CONTAINER_OF(node, struct work, node);

        list_remove(&bench->works, node);
        free(work);
    }
    while ((node = list_first(&bench->messages)))
        drop_message(bench, CONTAINER_OF(node, struct message, node));
    service_free(bench->service);
    store_free(bench->store);
    bench->service = NULL;
    bench->store = NULL;
}

void bench_init(struct bench *bench)
{
    static unsigned count;
    char name[32];

    snprintf(name, sizeof(name), "state%u", count++);
    bench_init_at(bench, scratch_path(name));
}

void bench_init_at(struct bench *bench, char *directory)
{
    *bench = (struct bench){
        .wall_us = 3 * US_PER_SECOND,
        .root = {.door = DOOR_LOCAL, .sender = {.route_size = 4}},
    };
    bench->directory = directory;
    mkdir(bench->directory, 0700);
    settings_init(&bench->settings);
    bench->settings.cluster_count = 2;
    bench->settings.clusters = NEW_ARRAY(struct cluster, 2);
    add_cluster(&bench->settings.clusters[0], "sur", 2);
    add_cluster(&bench->settings.clusters[1], "norte", 1);
    clock_simulated_init(&bench->time);
    bench->clock = clock_simulated_seam(&bench->time);
    bench->transport = (struct transport){.send = keep_message, .state = bench};
    list_init(&bench->works);
    list_init(&bench->messages);
    start(bench);
}

void bench_clear(struct bench *bench)
{
    bench_run(bench);
    end(bench);
    settings_clear(&bench->settings);
    free(bench->directory);
}

void bench_restart(struct bench *bench)
{
    end(bench);
    bench->root.greeted = false;
    for (unsigned i = 0; i < bench->people_count; i++)
        bench->people[i].greeted = false;
    start(bench);
}

bool bench_work(struct bench *bench)
{
    struct list_node *node = list_first(&bench->works);
    struct work *work;

    if (!node)
        return false;
    work = CONTAINER_OF(node, struct work, node);
    list_remove(&bench->works, node);
    work->work(work->owner);
    work->done(work->owner);
    free(work);
    return true;
}

void bench_turn(struct bench *bench)
{
    service_turn_end(bench->service);
}

void bench_run(struct bench *bench)
{
    do
        service_turn_end(bench->service);
    while (bench_work(bench) || !service_is_idle(bench->service));
}

void bench_pass(struct bench *bench, int64_t time_us)
{
    int64_t end_us = bench->time.boot_us + time_us;

    bench_run(bench);
    for (;;) {
        int64_t next_us = service_next_time(bench->service);

        if (next_us > end_us)
            break;
        if (next_us > bench->time.boot_us)
            clock_simulated_pass(&bench->time, next_us - bench->time.boot_us);
        service_pass_time(bench->service);
        bench_run(bench);
    }
    clock_simulated_pass(&bench->time, end_us - bench->time.boot_us);
}

/* --- asking ------------------------------------------------------------------------------------------------- */

static void deliver(struct bench *bench, struct caller *caller, Wire__Envelope *ask)
{
    CLEANUP(buffer_clear) struct buffer bytes;

    buffer_init(&bytes);
    ask->request = ++bench->last_request;
    message_encode(ask, &bytes);
    service_receive(bench->service, caller->door, &caller->sender, (uint8_t *)bytes.bytes,
                    bytes.length);
}

static void greet(struct bench *bench, struct caller *caller)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__Hello hello = WIRE__HELLO__INIT;

    hello.version_least = hello.version_most = PROTOCOL_VERSION;
    hello.program = (char *)"bench";
    ask.body_case = WIRE__ENVELOPE__BODY_HELLO;
    ask.hello = &hello;
    deliver(bench, caller, &ask);
    caller->greeted = true;
}

uint64_t bench_send(struct bench *bench, struct caller *caller, Wire__Envelope *ask)
{
    if (!caller->greeted)
        greet(bench, caller);
    deliver(bench, caller, ask);
    return ask->request;
}

static bool is_to(const struct message *message, const struct caller *caller)
{
    return message->door == caller->door && message->to.route_size == caller->sender.route_size &&
           memcmp(message->to.route, caller->sender.route, message->to.route_size) == 0;
}

Wire__Envelope *bench_take(struct bench *bench, const struct caller *caller, uint64_t request,
                           Wire__Envelope__BodyCase kind)
{
    LIST_EACH(&bench->messages, node) {
        struct message *message = CONTAINER_OF(node, struct message, node);
        Wire__Envelope *envelope = message->envelope;

        if (!is_to(message, caller) ||
            (request ? envelope->request != request : envelope->body_case != kind))
            continue;
        message->envelope = NULL;
        drop_message(bench, message);
        return envelope;
    }
    return NULL;
}

Wire__Envelope *bench_ask(struct bench *bench, struct caller *caller, Wire__Envelope *ask)
{
    uint64_t request = bench_send(bench, caller, ask);

    bench_run(bench);
    return bench_take(bench, caller, request, WIRE__ENVELOPE__BODY__NOT_SET);
}

bool bench_does(struct bench *bench, struct caller *caller, Wire__Envelope *ask,
                Wire__Envelope__BodyCase expected)
{
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(bench, caller, ask);

    if (answer && answer->body_case == expected)
        return true;
    if (!answer)
        printf("# %s: no answer\n", message_name(ask->body_case));
    else if (answer->body_case == WIRE__ENVELOPE__BODY_FAILURE)
        printf("# %s: %s\n", message_name(ask->body_case), answer->failure->text);
    else
        printf("# %s: answered by %s\n", message_name(ask->body_case),
               message_name(answer->body_case));
    return false;
}

bool bench_refuses(struct bench *bench, struct caller *caller, Wire__Envelope *ask,
                   enum error_code code, const char *words)
{
    CLEANUP(message_freep) Wire__Envelope *answer = bench_ask(bench, caller, ask);

    if (!answer || answer->body_case != WIRE__ENVELOPE__BODY_FAILURE) {
        printf("# %s: not refused but %s\n", message_name(ask->body_case),
               answer ? message_name(answer->body_case) : "silent");
        return false;
    }
    if (answer->failure->code == (uint32_t)code && strstr(answer->failure->text, words))
        return true;
    printf("# %s: refused with %u: %s\n", message_name(ask->body_case), answer->failure->code,
           answer->failure->text);
    return false;
}
