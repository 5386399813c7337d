/* worker.c - one thread for what blocks */

#include "base/worker.h"

#include "base/list.h"
#include "base/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct work {
    struct list_node node;
    work_fn *run;
    done_fn *done;
    void *owner;
};

struct worker {
    struct loop *loop;
    struct watch *watch;
    int event; /* eventfd: readable when something is finished */
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct list waiting;
    struct list finished;
    bool busy;
    bool ending;
};

/* Take the first work, waiting for one; NULL at the end. */
static struct work *next_work(struct worker *worker)
{
    struct list_node *node;

    while (!(node = list_first(&worker->waiting)) && !worker->ending)
        pthread_cond_wait(&worker->changed, &worker->lock);
    if (!node)
        return NULL;
    list_remove(&worker->waiting, node);
    return CONTAINER_OF(node, struct work, node);
}

static void *run_all(void *argument)
{
    struct worker *worker = argument;
    struct work *work;

    pthread_mutex_lock(&worker->lock);
    while ((work = next_work(worker))) {
        worker->busy = true;
        pthread_mutex_unlock(&worker->lock);
        work->run(work->owner);
        pthread_mutex_lock(&worker->lock);
        worker->busy = false;
        list_add_last(&worker->finished, &work->node);
        pthread_cond_broadcast(&worker->changed);
        eventfd_write(worker->event, 1);
    }
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}

static struct work *take_finished(struct worker *worker)
{
    struct list_node *node;

    pthread_mutex_lock(&worker->lock);
    node = list_first(&worker->finished);
    if (node)
        list_remove(&worker->finished, node);
    pthread_mutex_unlock(&worker->lock);
    return node ? CONTAINER_OF(node, struct work, node) : NULL;
}

/* A callback may give more work, so it runs without the lock. */
static void on_finished(void *owner)
{
    struct worker *worker = owner;
    eventfd_t count = 0; /* of what finished since the last read: what comes meanwhile waits */
    struct work *work;

    eventfd_read(worker->event, &count);
    while (count-- > 0 && (work = take_finished(worker))) {
        work->done(work->owner);
        free(work);
    }
}

struct worker *worker_new(struct loop *loop)
{
    struct worker *worker = NEW(struct worker);

    worker->loop = loop;
    list_init(&worker->waiting);
    list_init(&worker->finished);
    pthread_mutex_init(&worker->lock, NULL);
    pthread_cond_init(&worker->changed, NULL);
    worker->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->event < 0) {
        perror("cannot make an eventfd"); /* as with memory: nothing goes on without */
        abort();
    }
    worker->watch = loop_watch_descriptor(loop, worker->event, on_finished, worker);
    worker->thread = thread_new(run_all, worker);
    return worker;
}

/* True when a finished work waits for its callback, false when nothing is left at all. */
static bool wait_for_finished(struct worker *worker)
{
    bool finished;

    pthread_mutex_lock(&worker->lock);
    while (!(finished = list_first(&worker->finished)) &&
           (worker->busy || list_first(&worker->waiting)))
        pthread_cond_wait(&worker->changed, &worker->lock);
    pthread_mutex_unlock(&worker->lock);
    return finished;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    while (wait_for_finished(worker))
        on_finished(worker);

    pthread_mutex_lock(&worker->lock);
    worker->ending = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);

    loop_unwatch(worker->loop, worker->watch);
    close(worker->event);
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

void worker_give(struct worker *worker, work_fn *run, done_fn *done, void *owner)
{
    struct work *work = NEW(struct work);

    *work = (struct work){.run = run, .done = done, .owner = owner};
    pthread_mutex_lock(&worker->lock);
    assert(!worker->ending);
    list_add_last(&worker->waiting, &work->node);
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->lock);
}
