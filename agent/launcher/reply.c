/* reply.c - what goes back to the agent */

#include "agent/launcher/reply.h"

#include "base/passing.h"

#include <errno.h>
#include <stdint.h>
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
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = reply->answer.size > 0 ? 2 : 1};
    struct passing passing;

    passing_put(&passing, &message, reply->descriptor);
    while (sendmsg(peer, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno == EINTR)
        ;
}
