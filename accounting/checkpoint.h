/* checkpoint.h - the size and root of the network's log, as a signed note
 *
 * A checkpoint is a text of three lines (origin, size, root in base64), an empty one, and the
 * signature, in the form of the C2SP specifications "tlog-checkpoint" and "signed-note":
 *
 *     tequio/NETWORK
 *     1234
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 *     — tequio/NETWORK Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
 *
 * Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef ACCOUNTING_CHECKPOINT_H
#define ACCOUNTING_CHECKPOINT_H

#include "base/buffer.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/signature.h"

#include <stdbool.h>
#include <stdint.h>

#define CHECKPOINT_NAME       "checkpoint"
#define CHECKPOINT_ORIGIN_MAX 128
#define CHECKPOINT_MAX        4096 /* bytes of a note */

struct checkpoint {
    char origin[CHECKPOINT_ORIGIN_MAX];
    uint64_t leaves;
    struct digest root;
};

/* The three lines and the empty one; the signature of all of them behind it. */
void checkpoint_print(const struct checkpoint *checkpoint, struct buffer *buffer);
void checkpoint_sign(const struct signing_key *key, struct buffer *note);

/* Strictly that form, signed by that key and by nobody else. */
bool checkpoint_read(const char *note, size_t size, const uint8_t public_key[],
                     struct checkpoint *ret_checkpoint, struct error *err);

#endif
