/* topology.h - the machine as hwloc sees it, or as a description says
 *
 * Planning is done on logical core indexes; the operating system's numbers appear only
 * at the edge (core 0-3 may be cpus 0,128,1,129,…).  A topology that is not this
 * machine's own (emulated: "synthetic:…", "xml:…") is planned on all the same, but
 * hwloc's binding calls would report success and do nothing: topology_binding()
 * then gives this machine's real cpus, counted round, or nothing.
 *
 * Owns: its arrays.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_TOPOLOGY_H
#define AGENT_TOPOLOGY_H

#include "agent/core/devices.h"
#include "agent/core/placement.h"
#include "agent/core/slots.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/idset.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_XML_MAX (4u << 20)

struct topology {
    uint32_t core_count;
    struct core_place *places; /* by logical index */
    struct idset **core_cpus;  /* the operating system's numbers of its hardware threads */
    uint32_t *core_packages;   /* by logical index; 0 where nobody knows */
    uint32_t *numa_numbers;    /* by core_place.numa below numa_nodes: the operating system's */
    uint32_t threads;
    uint32_t packages;
    uint32_t numa_nodes;
    uint32_t gpus;
    struct device *devices; /* the GPUs; room for DEVICES_MAX */
    uint64_t memory_bytes;
    bool emulated;           /* a description, not this machine */
    struct idset *real_cpus; /* what this process may use */
    char *xml;               /* hwloc XML version 2 */
    size_t xml_size;
    struct digest digest; /* SHA-256 of xml */
};

/* source: "machine", "synthetic:package:2 numa:1 core:4 pu:2", "xml:/path". */
struct topology *topology_read(const char *source, struct error *err);
void topology_free(struct topology *topology);
DEFINE_CLEANUP(struct topology *, topology_free)

/* As placement.h wants it. */
struct placement_machine topology_machine(const struct topology *topology);

/* The NUMA nodes of these cores, by the operating system's numbers. */
struct idset *topology_numas(const struct topology *topology, const struct idset *cores);

/* Their packages; hwloc's logical numbers. */
struct idset *topology_packages(const struct topology *topology, const struct idset *cores);

/* So many GPUs more, spread over the NUMA nodes: what the configuration says of a described
 * machine, or of one whose GPUs hwloc does not see. */
void topology_set_gpus(struct topology *topology, const char *type, uint32_t count);

/* The cpus of these cores, as the topology numbers them. */
struct idset *topology_cpus(const struct topology *topology, const struct idset *cores);

/* The real cpus to bind these cores (cpus, as the topology numbers them) to: the same, or on an
 * emulated topology cpu v of n real ones is number v mod n. */
struct idset *topology_binding(const struct topology *topology, const struct idset *cores);
struct idset *topology_real_cpus(const struct topology *topology, const struct idset *planned);

#endif
