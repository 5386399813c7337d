/* vm_offer.h - can jobs have virtual machines on this node?
 *
 * What they are made with is looked for where packages put it; nothing is started, since libvirt
 * takes seconds to look at QEMU.
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_VM_OFFER_H
#define AGENT_VM_OFFER_H

#include "base/error.h"

#include <stdbool.h>

/* root: what stands before each path, "" but for tests.  False: *err says what is missing. */
bool vm_offer_check(const char *root, struct error *err);

/* A node's features (NULL: none) and that of such nodes, once; free() it. */
char *vm_offer_features(const char *features) __attribute__((malloc, returns_nonnull));

#endif
