/* operator.h - who sets up the books and looks after the nodes
 *
 * Owns: its client.  Borrows: agenda, checks.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef TESTS_SIMULATION_OPERATOR_H
#define TESTS_SIMULATION_OPERATOR_H

#include "base/memory.h"
#include "tests/simulation/checks.h"
#include "tests/simulation/client.h"

#include <stdbool.h>
#include <stdint.h>

#define OPERATOR_UID 1000

struct operator;

/* Who may submit, and for what; amounts in micro service units, 0: no grant of its own. */
struct operator_user {
    const char *name;
    uint32_t uid;
    const char *project;
};

struct operator_project {
    const char *name;
    const char *institution;
    int64_t granted;
};

struct operator* operator_new(struct checks *checks, struct network *network, uint64_t seed);
void operator_free(struct operator* operator);
DEFINE_CLEANUP(struct operator*, operator_free)

/* Each is one ask; they are sent one after another. */
void operator_add_institution(struct operator* operator, const char * name, int64_t granted);
void operator_add_project(struct operator* operator, const struct operator_project * project);
void operator_add_user(struct operator* operator, const struct operator_user * user);
void operator_grant(struct operator* operator, const char * institution, const char *project,
                    int64_t amount);
void operator_drain(struct operator* operator, const char * node);
void operator_resume(struct operator* operator, const char * node);
void operator_declare_lost(struct operator* operator, const char * node);
void operator_release_all(struct operator* operator); /* whatever is held */
void operator_cancel(struct operator* operator, uint64_t job);
void operator_requeue(struct operator* operator, uint64_t job);

/* All asks are answered. */
void operator_set_weather(struct operator* operator, const struct weather * weather);

bool operator_is_done(const struct operator* operator);

#endif
