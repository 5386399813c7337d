/* licenses.h - licences of programs: counted over the network or over one cluster
 *
 * A licence is a name and a number of seats, from the configuration.  A job holds its seats from
 * its placing to its end.  Where a cluster has a licence of the name, its jobs take
 * that, else the network's.  Seats are reserved for the first job that waits as nodes are: who
 * comes behind it takes them only until its time, or takes what it leaves.
 *
 * Owns: the pool.  Borrows: jobs and clusters.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_CORE_LICENSES_H
#define SCHEDULER_CORE_LICENSES_H

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "scheduler/core/inventory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LICENSE_NAME_SIZE 64 /* with its NUL */
#define LICENSES_OF_JOB   8
#define LICENSE_SEATS_MAX 1000000

/* What a job wants: each name once, by name. */
struct license_list {
    uint32_t count;
    struct {
        char name[LICENSE_NAME_SIZE];
        uint32_t seats;
    } all[LICENSES_OF_JOB];
};

/* "matlab:2,ansys": one seat where no number is given. */
bool license_list_parse(const char *text, struct license_list *ret_list, struct error *err);

struct job;
struct request;
struct licenses;

/* Of the network, and of each cluster what its description says. */
struct licenses *licenses_new(const struct license_stock *network, size_t count,
                              const struct inventory *inventory);
void licenses_free(struct licenses *licenses);
DEFINE_CLEANUP(struct licenses *, licenses_free)

/* Is there a cluster for the request where it could ever have all of them?  The error says what
 * would do. */
bool licenses_check(const struct licenses *licenses, const struct license_list *list,
                    const struct request *request, const struct inventory *inventory,
                    struct error *err);

/* Could they be had in the cluster, if nobody held any? */
bool licenses_possible(const struct licenses *licenses, const struct license_list *list,
                       const struct cluster *cluster);

/* Are they to be had there now until end_us, without those that are reserved? */
bool licenses_free_now(const struct licenses *licenses, const struct license_list *list,
                       const struct cluster *cluster, int64_t end_us);

/* When they will be, as the holders are expected to end: now_us if they are; INT64_MAX: never. */
int64_t licenses_free_at(const struct licenses *licenses, const struct license_list *list,
                         const struct cluster *cluster, int64_t now_us);

/* Keep them for somebody from start_us on, until they are dropped. */
void licenses_reserve(struct licenses *licenses, const struct license_list *list,
                      const struct cluster *cluster, int64_t start_us);
void licenses_drop(struct licenses *licenses);

/* The job holds what it asks for in its cluster, from now on; and no more.  Nothing for a job
 * that asks for none. */
void licenses_take(struct licenses *licenses, const struct job *job);
void licenses_give(struct licenses *licenses, const struct job *job);

/* How many seats a placed job holds, of all licences. */
uint64_t licenses_of(const struct licenses *licenses, const struct job *job);

/* The first that is short in the cluster now, for who explains; NULL: none is. */
const char *licenses_short(const struct licenses *licenses, const struct license_list *list,
                           const struct cluster *cluster, uint32_t *ret_wanted, uint32_t *ret_free);

/* Each licence: its name, its cluster (NULL: the network's), its seats and those in use.  False:
 * no more. */
bool licenses_at(const struct licenses *licenses, size_t index, const char **ret_name,
                 const struct cluster **ret_cluster, uint32_t *ret_seats, uint32_t *ret_used);

#endif
