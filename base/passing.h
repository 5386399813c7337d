/* passing.h - a descriptor that goes with a message over a local socket
 *
 * As unix(7) has it (SCM_RIGHTS).
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef BASE_PASSING_H
#define BASE_PASSING_H

#include <sys/socket.h>

#define PASSING_MOST 4 /* come with a message; the kernel closes what is above */

/* What the message points to, until it is sent or taken. */
struct passing {
    union {
        char bytes[CMSG_SPACE(PASSING_MOST * sizeof(int))];
        struct cmsghdr align;
    } room;
};

/* Before sendmsg().  -1: none goes with it. */
void passing_put(struct passing *passing, struct msghdr *message, int descriptor);

/* Before recvmsg(), and after it: the first descriptor that came, the caller's, or -1.  Others
 * were not asked for: they are closed. */
void passing_expect(struct passing *passing, struct msghdr *message);
int passing_take(struct msghdr *message);

#endif
