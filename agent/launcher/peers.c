/* peers.c - who may talk to the launcher, and one request at a time from them */

#include "agent/launcher/peers.h"

#include "base/file.h"
#include "base/log.h"
#include "base/passing.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int fail_listen(const char *path, struct error *err)
{
    fail_errno(err, "listen on %s", path);
    return -1;
}

/* Made under another name: once it is there, it answers, and only to the agent. */
int peers_listen(const char *path, uid_t agent, struct error *err)
{
    CLEANUP(file_closep) int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *made = address.sun_path;

    if (listener < 0)
        return fail_listen(path, err);
    if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s.new", path) >=
        sizeof(address.sun_path)) {
        fail(err, ERROR_INVALID, "socket %s: the path is too long", path);
        return -1;
    }
    unlink(made); /* of one that was killed here */
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        chmod(made, 0600) != 0 || (geteuid() == 0 && lchown(made, agent, (gid_t)-1) != 0) ||
        listen(listener, LAUNCHER_PEERS_MAX) != 0 || rename(made, path) != 0)
        return fail_listen(path, err);
    return file_steal(&listener);
}

static void take_peer(struct launcher *launcher, uid_t agent)
{
    CLEANUP(file_closep)
    int peer = accept4(launcher->peers[PEER_LISTENER], NULL, NULL, SOCK_CLOEXEC);
    struct ucred who = {.uid = (uid_t)-1}; /* nobody, where the kernel does not say */
    socklen_t size = sizeof(who);
    size_t place = PEER_FIRST;

    if (peer < 0)
        return;
    if (getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.uid != agent) {
        log_warning("uid=%lu pid=%ld is not the agent, connection closed", (unsigned long)who.uid,
                    (long)who.pid);
        return;
    }
    while (place < LAUNCHER_PEERS_MAX && launcher->peers[place] >= 0)
        place++;
    if (place == LAUNCHER_PEERS_MAX) {
        log_warning("%d connections are open already, another one is closed",
                    (int)(place - PEER_FIRST));
        return;
    }
    launcher->peers[place] = file_steal(&peer);
}

/* False when the peer is gone. */
static bool take_request(struct launcher *launcher, int peer)
{
    CLEANUP(file_closep) int descriptor = -1;
    union request request = {0};
    struct iovec part = {&request, sizeof(request)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct passing passing;
    ssize_t size;

    /* MSG_TRUNC: the real size, also of one that is too long. */
    passing_expect(&passing, &message);
    size = recvmsg(peer, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT | MSG_TRUNC);
    if (size <= 0)
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    descriptor = passing_take(&message);
    serve(launcher, peer, &request, (size_t)size, descriptor);
    return true;
}

/* One that was started by the agent ends with it; with a socket there may be another agent. */
static bool has_somebody(const struct launcher *launcher)
{
    bool anyone = launcher->peers[PEER_LISTENER] >= 0;

    for (size_t i = PEER_FIRST; i < LAUNCHER_PEERS_MAX; i++)
        anyone = anyone || launcher->peers[i] >= 0;
    return anyone;
}

bool peers_turn(struct launcher *launcher, uid_t agent)
{
    struct pollfd ready[LAUNCHER_PEERS_MAX];

    for (size_t i = 0; i < LAUNCHER_PEERS_MAX; i++)
        ready[i] = (struct pollfd){.fd = launcher->peers[i], .events = POLLIN};
    if (poll(ready, LAUNCHER_PEERS_MAX, -1) < 0)
        return errno == EINTR;
    if (ready[PEER_SIGNALS].revents)
        return false; /* told to end; what runs goes on */
    if (ready[PEER_LISTENER].revents)
        take_peer(launcher, agent);
    for (size_t i = PEER_FIRST; i < LAUNCHER_PEERS_MAX; i++) {
        if (ready[i].revents && !take_request(launcher, launcher->peers[i])) {
            close(launcher->peers[i]);
            launcher->peers[i] = -1;
        }
    }
    return has_somebody(launcher);
}
