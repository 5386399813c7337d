/* store_postgres_leader.c - one scheduler at a time holds the lease */

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "scheduler/store_postgres_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_MS 250 /* a standby looks so often whether it is its turn */

/* The lock of a term is held by the session of its holder: the number of the lease, and in its
 * lower half the term. */
#define LOCK_OF_TERM "(4857623 * 4294967296 + $1)"

struct leadership {
    struct postgres *keeper; /* its session has the lock */
    char *holder;
    int64_t term, lease_us;
    pthread_t thread;
    bool keeps;  /* the thread is there */
    int ends[2]; /* a pipe: its other end is closed when the thread is to end */
    void (*on_lost)(void *owner, const char *text);
    void *owner;
};

/* What table leader says. */
struct lease {
    int64_t term, left_ms;
    bool filling;
    char holder[128];
};

static bool read_lease(struct postgres *keeper, struct lease *ret_lease, struct error *err)
{
    CLEANUP(postgres_rows_freep)
    struct postgres_rows *rows = postgres_ask_alone(
        keeper,
        "SELECT term, (extract(epoch FROM lease_until - clock_timestamp()) * 1000)::bigint,"
        " filling::int::bigint, holder FROM leader",
        NULL, err);

    if (!rows)
        return false;
    if (postgres_row_count(rows) != 1)
        return fail(err, ERROR_IO, "%s: table leader is not as tequio-scheduler left it",
                    postgres_name(keeper));
    *ret_lease = (struct lease){
        .term = postgres_number_at(rows, 0, 0),
        .left_ms = postgres_number_at(rows, 0, 1),
        .filling = postgres_number_at(rows, 0, 2) != 0,
    };
    memory_put_text(ret_lease->holder, sizeof(ret_lease->holder), postgres_text_at(rows, 0, 3));
    return true;
}

static bool ask_of_term(struct postgres *keeper, const char *sql, int64_t term, bool *ret_yes,
                        struct error *err)
{
    CLEANUP(postgres_values_clear) struct postgres_values values;
    int64_t number;

    postgres_values_init(&values);
    postgres_add_number(&values, term);
    if (!postgres_ask_number(keeper, sql, &values, 0, &number, err))
        return false;
    *ret_yes = number != 0;
    return true;
}

static bool try_lock(struct postgres *keeper, int64_t term, bool *ret_locked, struct error *err)
{
    return ask_of_term(keeper, "SELECT pg_try_advisory_lock(" LOCK_OF_TERM ")::int::bigint", term,
                       ret_locked, err);
}

static bool unlock(struct postgres *keeper, int64_t term, struct error *err)
{
    bool was_locked;

    return ask_of_term(keeper, "SELECT pg_advisory_unlock(" LOCK_OF_TERM ")::int::bigint", term,
                       &was_locked, err);
}

/* The next term is ours, if nobody took it meanwhile.  `alone`: the last holder's session is no
 * more, its lease need not end. */
static bool take_term(struct leadership *leadership, int64_t term, bool alone, bool *ret_taken,
                      struct error *err)
{
    CLEANUP(postgres_values_clear) struct postgres_values values;
    int64_t taken;

    postgres_values_init(&values);
    postgres_add_number(&values, term);
    postgres_add_number(&values, alone);
    postgres_add_text(&values, leadership->holder);
    postgres_add_number(&values, leadership->lease_us);
    if (!postgres_ask_number(leadership->keeper,
                             "UPDATE leader SET term = term + 1, holder = $3,"
                             " lease_until = clock_timestamp() + $4 * interval '1 microsecond'"
                             " WHERE term = $1 AND ($2 = 1 OR lease_until < clock_timestamp())"
                             " RETURNING term",
                             &values, 0, &taken, err))
        return false;
    *ret_taken = taken == term + 1;
    return true;
}

/* The lock of the next term first: two that come at once do not both write to the table. */
static bool try_to_lead(struct leadership *leadership, const struct lease *lease, bool *ret_taken,
                        struct error *err)
{
    struct postgres *keeper = leadership->keeper;
    bool alone, next = false;

    *ret_taken = false;
    if (!try_lock(keeper, lease->term, &alone, err))
        return false;
    if ((alone || lease->left_ms <= 0) && !try_lock(keeper, lease->term + 1, &next, err))
        return false;
    if (next && !take_term(leadership, lease->term, alone, ret_taken, err))
        return false;
    if (next && !*ret_taken && !unlock(keeper, lease->term + 1, err))
        return false;
    leadership->term = lease->term + 1;
    return !alone || unlock(keeper, lease->term, err);
}

static bool fail_led(const struct postgres *keeper, const struct lease *lease, struct error *err)
{
    return fail(err, ERROR_CONFLICT, "another tequio-scheduler (%s) works on %s: stop it first",
                lease->holder, postgres_name(keeper));
}

/* Returns when this scheduler holds the lease; until then a signal ends the process as ever. */
static bool become(struct leadership *leadership, const struct store_place *place,
                   struct error *err)
{
    bool taken, told = false;
    struct lease lease;

    for (;;) {
        if (!read_lease(leadership->keeper, &lease, err))
            return false;
        if (lease.filling && !place->fills)
            return postgres_fail_filling(leadership->keeper, err);
        if (!try_to_lead(leadership, &lease, &taken, err))
            return false;
        if (taken)
            return true;
        if (!place->waits)
            return fail_led(leadership->keeper, &lease, err);
        if (!told)
            log_info("standby: %s works on %s; waiting until it has gone", lease.holder,
                     postgres_name(leadership->keeper));
        told = true;
        poll(NULL, 0, LOOK_MS);
    }
}

/* --- keeping it ------------------------------------------------------------------------------------ */

/* False with *ret_lost: somebody else has it.  False without: it could not be asked. */
static bool renew(struct leadership *leadership, bool *ret_lost, struct error *err)
{
    CLEANUP(postgres_values_clear) struct postgres_values values;
    int64_t term;

    *ret_lost = false;
    postgres_values_init(&values);
    postgres_add_number(&values, leadership->term);
    postgres_add_number(&values, leadership->lease_us);
    if (!postgres_revive(leadership->keeper, err) ||
        !postgres_ask_number(leadership->keeper,
                             "UPDATE leader SET"
                             " lease_until = clock_timestamp() + $2 * interval '1 microsecond'"
                             " WHERE term = $1 RETURNING term",
                             &values, -1, &term, err))
        return false;
    *ret_lost = term != leadership->term;
    return !*ret_lost ||
           fail(err, ERROR_CONFLICT, "another scheduler has taken over the lease of %s",
                postgres_name(leadership->keeper));
}

static void *keep(void *owner)
{
    struct leadership *leadership = owner;
    struct pollfd end = {.fd = leadership->ends[0], .events = POLLIN};
    int64_t kept_us = clock_boot_us(&clock_real);
    struct error err;
    bool lost = false;

    while (!lost && poll(&end, 1, (int)(leadership->lease_us / 3000)) == 0) {
        if (renew(leadership, &lost, &err)) {
            kept_us = clock_boot_us(&clock_real);
            continue;
        }
        log_warning("lease: %s", err.text);
        lost = lost || clock_boot_us(&clock_real) - kept_us > leadership->lease_us;
    }
    if (lost)
        leadership->on_lost(leadership->owner, err.text);
    return NULL;
}

static bool start_keeping(struct leadership *leadership, struct error *err)
{
    if (pipe2(leadership->ends, O_CLOEXEC) != 0)
        return fail_errno(err, "pipe");
    leadership->keeps = thread_start(&leadership->thread, keep, leadership, err);
    return leadership->keeps;
}

static char *holder_name(void)
{
    char host[64] = "?";

    gethostname(host, sizeof(host) - 1);
    return memory_format("%s pid %ld", host, (long)getpid());
}

DEFINE_CLEANUP(struct leadership *, leadership_end)

bool leadership_take(struct postgres_store *store, const struct store_place *place,
                     struct error *err)
{
    CLEANUP(leadership_endp) struct leadership *leadership = NEW(struct leadership);

    *leadership = (struct leadership){
        .holder = holder_name(),
        .lease_us = place->lease_us ? place->lease_us : STORE_LEASE_US,
        .ends = {-1, -1},
        .on_lost = place->on_lost,
        .owner = place->owner,
    };
    leadership->keeper =
        postgres_open(place->where, POSTGRES_SCHEMA, (unsigned)(leadership->lease_us / 3000), err);
    if (!leadership->keeper || !become(leadership, place, err) || !start_keeping(leadership, err))
        return false;
    store->term = leadership->term;
    store->leadership = STEAL(leadership);
    return true;
}

/* With its session the lock ends, by which the next one knows. */
void leadership_end(struct leadership *leadership)
{
    if (!leadership)
        return;
    file_closep(&leadership->ends[1]);
    if (leadership->keeps)
        pthread_join(leadership->thread, NULL);
    file_closep(&leadership->ends[0]);
    postgres_free(leadership->keeper);
    free(leadership->holder);
    free(leadership);
}
