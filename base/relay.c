/* relay.c - one thread makes, another takes, in order and only so far ahead */

#include "base/relay.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct relay {
    size_t places;
    relay_fn *make;
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
    struct relay *relay = argument;

    relay->make(relay->owner, relay);
    pthread_mutex_lock(&relay->lock);
    relay->returned = true;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

struct relay *relay_new(size_t places, relay_fn *make, void *owner)
{
    struct relay *relay = NEW(struct relay);
    sigset_t all, before;

    assert(places > 0);
    *relay = (struct relay){.places = places, .make = make, .owner = owner};
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->changed, NULL);

    /* Signals are the other thread's: this one inherits a mask that blocks them all. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&relay->thread, NULL, run, relay);
    if (errno != 0) {
        perror("cannot start a thread"); /* as with memory: nothing goes on without */
        abort();
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return relay;
}

void relay_free(struct relay *relay)
{
    if (!relay)
        return;
    pthread_mutex_lock(&relay->lock);
    relay->ending = true;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
    pthread_join(relay->thread, NULL);
    pthread_cond_destroy(&relay->changed);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

bool relay_begin(struct relay *relay, size_t *ret_place)
{
    bool more;

    pthread_mutex_lock(&relay->lock);
    while (!relay->ending && relay->made - relay->given_back == relay->places)
        pthread_cond_wait(&relay->changed, &relay->lock);
    more = !relay->ending;
    *ret_place = relay->made % relay->places;
    pthread_mutex_unlock(&relay->lock);
    return more;
}

void relay_end(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    relay->made++;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
}

bool relay_take(struct relay *relay, size_t *ret_place)
{
    bool more;

    pthread_mutex_lock(&relay->lock);
    while (!relay->returned && relay->made == relay->given_back)
        pthread_cond_wait(&relay->changed, &relay->lock);
    more = relay->made != relay->given_back;
    *ret_place = relay->given_back % relay->places;
    pthread_mutex_unlock(&relay->lock);
    return more;
}

void relay_give_back(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    assert(relay->made != relay->given_back);
    relay->given_back++;
    pthread_cond_broadcast(&relay->changed);
    pthread_mutex_unlock(&relay->lock);
}
