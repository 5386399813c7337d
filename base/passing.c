/* passing.c - a descriptor that goes with a message over a local socket */

#include "base/passing.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

void passing_put(struct passing *passing, struct msghdr *message, int descriptor)
{
    struct cmsghdr *header = &passing->room.align;

    if (descriptor < 0)
        return;
    memset(passing, 0, sizeof(*passing));
    message->msg_control = passing->room.bytes;
    message->msg_controllen = CMSG_SPACE(sizeof(int));
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
}

void passing_expect(struct passing *passing, struct msghdr *message)
{
    message->msg_control = passing->room.bytes;
    message->msg_controllen = sizeof(passing->room.bytes);
}

int passing_take(struct msghdr *message)
{
    int kept = -1;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
         header = CMSG_NXTHDR(message, header)) {
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < count; i++) {
            int descriptor;

            memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            if (kept < 0)
                kept = descriptor;
            else
                close(descriptor);
        }
    }
    return kept;
}
