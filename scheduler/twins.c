/* twins.c - questions that copies of this process answer, a few at a time */

#include "scheduler/twins.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/list.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define TWINS_MOST   2
#define WAITING_MOST 64
#define PATIENCE_US  INT64_C(6000000)
#define ANSWER_MOST  (1U << 20)
#define CHUNK        65536
/* Making copies takes at most this part of the loop's time. */
#define SHARE 20

struct question {
    struct list_node of_list;
    struct twins *twins;
    twin_fn *work;
    twin_done_fn *done;
    void *owner;
    struct twin twin;
    struct watch *reads, *late;
    struct buffer answer;
};

struct twins {
    struct loop *loop;
    struct list running, waiting, refused;
    struct watch *timer;
    int64_t next_us; /* when the next copy may be made */
};

struct twins *twins_new(struct loop *loop)
{
    struct twins *twins = NEW(struct twins);

    twins->loop = loop;
    list_init(&twins->running);
    list_init(&twins->waiting);
    list_init(&twins->refused);
    return twins;
}

static struct question *question_of(struct list_node *node)
{
    return CONTAINER_OF(node, struct question, of_list);
}

static void free_question(struct question *question)
{
    buffer_clear(&question->answer);
    free(question);
}

static void free_all(struct list *list)
{
    struct list_node *node;

    while ((node = list_first(list))) {
        list_remove(list, node);
        free_question(question_of(node));
    }
}

void twins_free(struct twins *twins)
{
    if (!twins)
        return;
    LIST_EACH(&twins->running, node) {
        struct question *question = question_of(node);

        loop_unwatch(twins->loop, question->reads);
        loop_unwatch(twins->loop, question->late);
        twin_end(&question->twin);
    }
    loop_unwatch(twins->loop, twins->timer);
    free_all(&twins->running);
    free_all(&twins->waiting);
    free_all(&twins->refused);
    free(twins);
}

static watch_fn on_time;

static void look_again(struct twins *twins, int64_t at_us)
{
    loop_unwatch(twins->loop, twins->timer);
    twins->timer = loop_watch_time(twins->loop, at_us, on_time, twins);
}

static void tell(struct question *question)
{
    question->done(question->owner, (const uint8_t *)question->answer.bytes,
                   question->answer.length);
    free_question(question);
}

static void on_reaped(void *owner, pid_t pid, int wait_status)
{
    (void)owner; /* its answer was taken before */
    (void)pid;
    (void)wait_status;
}

static void finish(struct question *question)
{
    struct twins *twins = question->twins;

    loop_unwatch(twins->loop, question->reads);
    loop_unwatch(twins->loop, question->late);
    list_remove(&twins->running, &question->of_list);
    twin_kill(&question->twin);
    (void)loop_watch_child(twins->loop, question->twin.pid, on_reaped, twins);
    tell(question);
    if (twins->waiting.count > 0)
        look_again(twins, twins->next_us);
}

static void on_late(void *owner)
{
    struct question *question = owner;

    question->late = NULL; /* it calls once */
    finish(question);
}

static void on_bytes(void *owner)
{
    struct question *question = owner;
    char *place = buffer_reserve(&question->answer, CHUNK);
    ssize_t length = read(question->twin.descriptor, place, CHUNK);

    if (length < 0 && errno == EINTR)
        return;
    if (length > 0)
        question->answer.length += (size_t)length;
    if (length <= 0 || question->answer.length > ANSWER_MOST)
        finish(question);
}

static void start(struct twins *twins, struct question *question)
{
    int64_t before_us = clock_boot_us(&clock_real), after_us;
    struct error ignored;

    if (!twin_start(question->work, question->owner, &question->twin, &ignored)) {
        tell(question);
        return;
    }
    after_us = clock_boot_us(&clock_real);
    twins->next_us = after_us + SHARE * (after_us - before_us);
    list_add_last(&twins->running, &question->of_list);
    question->reads =
        loop_watch_descriptor(twins->loop, question->twin.descriptor, on_bytes, question);
    question->late = loop_watch_time(twins->loop, after_us + PATIENCE_US, on_late, question);
}

static struct question *take_first(struct list *list)
{
    struct list_node *node = list_first(list);

    list_remove(list, node);
    return question_of(node);
}

static void on_time(void *owner)
{
    struct twins *twins = owner;

    twins->timer = NULL; /* it calls once */
    while (twins->refused.count > 0)
        tell(take_first(&twins->refused));
    while (twins->waiting.count > 0 && twins->running.count < TWINS_MOST &&
           clock_boot_us(&clock_real) >= twins->next_us)
        start(twins, take_first(&twins->waiting));
    if (twins->waiting.count > 0 && twins->running.count < TWINS_MOST)
        look_again(twins, twins->next_us);
}

void twins_ask(struct twins *twins, twin_fn *work, twin_done_fn *done, void *owner)
{
    struct question *question = NEW(struct question);
    bool full = twins->waiting.count >= WAITING_MOST;

    *question = (struct question){.twins = twins, .work = work, .done = done, .owner = owner};
    buffer_init(&question->answer);
    list_add_last(full ? &twins->refused : &twins->waiting, &question->of_list);
    look_again(twins, clock_boot_us(&clock_real));
}
