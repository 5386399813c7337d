/* reply.c - what goes back to the agent */

#include "agent/launcher/reply.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

void reply_fail(struct reply *reply, const struct error *err)
{
    struct answer *answer = &reply->answer;

    answer->code = (uint32_t)err->code;
    answer->size = 0;
    snprintf(answer->text, sizeof(answer->text), "%.*s", (int)sizeof(answer->text) - 1, err->text);
}

void reply_send(const struct reply *reply, int peer)
{
    struct iovec parts[] = {
        {(void *)(uintptr_t)&reply->answer, sizeof(reply->answer)},
        {(void *)(uintptr_t)reply->bytes,   reply->answer.size   },
    };
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = reply->answer.size > 0 ? 2 : 1};

    if (reply->descriptor >= 0) {
        struct cmsghdr *header = &control.align;

        message.msg_control = control.bytes;
        message.msg_controllen = sizeof(control.bytes);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &reply->descriptor, sizeof(int));
    }
    while (sendmsg(peer, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
        ;
}
