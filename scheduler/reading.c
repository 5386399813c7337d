/* reading.c - what is too long for the loop's thread: history, usage, backup, check */

#include "scheduler/service_inside.h"

#include <stdlib.h>

#define READINGS_MAX     256
#define READING_AGAIN_US 200000

static void reading_work(void *owner)
{
    struct reading *reading = owner;

    reading->good = reading->work(reading, &reading->err);
}

static void reading_done(void *owner)
{
    struct reading *reading = owner;
    struct service *service = reading->service;

    service->reading--;
    reading->good = reading->good && (!reading->then || reading->then(reading, &reading->err));
    if (reading->good)
        service_answer(service, reading->door, &reading->to, reading->request, &reading->answer);
    else
        service_answer_failure(service, reading->door, &reading->to, reading->request,
                               &reading->err);
    arena_free(reading->arena);
    free(reading);
}

bool reading_start(struct service *service, struct ask *ask, struct arena *arena, reading_fn *work,
                   void *question, struct error *err)
{
    return reading_start_task(service, ask, arena, &(struct reading_task){work, NULL, question},
                              err);
}

bool reading_start_task(struct service *service, struct ask *ask, struct arena *arena,
                        const struct reading_task *task, struct error *err)
{
    struct reading *reading;

    if (service->reading >= READINGS_MAX) {
        arena_free(arena);
        ask->retry_after_us = READING_AGAIN_US;
        return fail(err, ERROR_UNAVAILABLE, "%d long reads are under way: ask again", READINGS_MAX);
    }
    reading = NEW(struct reading);
    *reading = (struct reading){
        .service = service,
        .store = service->outside.store,
        .arena = arena,
        .work = task->work,
        .then = task->then,
        .question = task->question,
        .answer = WIRE__ENVELOPE__INIT,
        .door = service->door,
        .to = ask->to,
        .request = ask->request,
    };
    service->reading++;
    ask->later = true;
    service->outside.give(service->outside.state, BACKGROUND_READ, reading_work, reading_done,
                          reading);
    return true;
}

static void *take(void *arena, size_t size)
{
    return arena_take(arena, size);
}

static void leave(void *arena, void *memory)
{
    (void)arena;
    (void)memory; /* it goes with the arena */
}

ProtobufCAllocator arena_allocator(struct arena *arena)
{
    return (ProtobufCAllocator){.alloc = take, .free = leave, .allocator_data = arena};
}
