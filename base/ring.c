/* ring.c - one thread makes, another takes, in order and only so far ahead */

#include "base/ring.h"

#include "base/thread.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct ring {
    size_t places;
    ring_fn *make;
    void *owner;
    pthread_t thread;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    size_t made, given_back; /* so many so far */
    bool returned;           /* the maker */
    bool ending;
};

static void *run(void *argument)
{
    struct ring *ring = argument;

    ring->make(ring->owner, ring);
    pthread_mutex_lock(&ring->lock);
    ring->returned = true;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    return NULL;
}

struct ring *ring_new(size_t places, ring_fn *make, void *owner)
{
    struct ring *ring = NEW(struct ring);

    assert(places > 0);
    *ring = (struct ring){.places = places, .make = make, .owner = owner};
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->changed, NULL);
    ring->thread = thread_new(run, ring);
    return ring;
}

void ring_free(struct ring *ring)
{
    if (!ring)
        return;
    pthread_mutex_lock(&ring->lock);
    ring->ending = true;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
    pthread_join(ring->thread, NULL);
    pthread_cond_destroy(&ring->changed);
    pthread_mutex_destroy(&ring->lock);
    free(ring);
}

bool ring_begin(struct ring *ring, size_t *ret_place)
{
    bool more;

    pthread_mutex_lock(&ring->lock);
    while (!ring->ending && ring->made - ring->given_back == ring->places)
        pthread_cond_wait(&ring->changed, &ring->lock);
    more = !ring->ending;
    *ret_place = ring->made % ring->places;
    pthread_mutex_unlock(&ring->lock);
    return more;
}

void ring_end(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->made++;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}

bool ring_take(struct ring *ring, size_t *ret_place)
{
    bool more;

    pthread_mutex_lock(&ring->lock);
    while (!ring->returned && ring->made == ring->given_back)
        pthread_cond_wait(&ring->changed, &ring->lock);
    more = ring->made != ring->given_back;
    *ret_place = ring->given_back % ring->places;
    pthread_mutex_unlock(&ring->lock);
    return more;
}

void ring_give_back(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    assert(ring->made != ring->given_back);
    ring->given_back++;
    pthread_cond_broadcast(&ring->changed);
    pthread_mutex_unlock(&ring->lock);
}
