/* energy.h - how much of the machine's energy a task set had, by RAPL
 *
 * The kernel counts the energy of each package, and of its memory, in files of powercap that only root
 * reads.  A task set has of what was used between two looks the share that it had of the processors' busy
 * time: what runs side by side shares what was used, and nothing is told twice.  A machine that
 * does nothing uses energy for nobody.
 *
 * The counters begin anew after some 60 to 260 kilojoules: look at least each ENERGY_LOOK_US.
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SHEPHERD_ENERGY_H
#define AGENT_SHEPHERD_ENERGY_H

#include "base/parse.h"

#include <stdint.h>

#define ENERGY_LOOK_US (30 * US_PER_SECOND)

enum { ENERGY_ZONES_MOST = 32, ENERGY_NAME_SIZE = 32 };

struct energy_zone {
    char name[ENERGY_NAME_SIZE]; /* of its folder */
    uint64_t range_uj;           /* behind this it begins anew */
    uint64_t seen_uj;
};

struct energy {
    const char *folder; /* of powercap; NULL: not known */
    const char *stat;
    struct energy_zone zones[ENERGY_ZONES_MOST];
    uint32_t count;   /* 0: nothing is known here */
    uint64_t busy_us; /* of all processors, at the last look */
    uint64_t cpu_us;  /* of the task set */
    uint64_t share_uj;
};

/* Which zones there are; folder: /sys/class/powercap, stat: /proc/stat. */
void energy_begin(struct energy *energy, const char *folder, const char *stat);

/* What the task set had in all so far, in millijoules; cpu_us: the time of processors that it has used in all. */
uint64_t energy_look(struct energy *energy, uint64_t cpu_us);

#endif
