/* socket_path.c - Unix sockets by their path in the file system */

#include "base/socket_path.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 256

static struct sockaddr_un address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
    return address;
}

bool socket_path_check(const char *path, struct error *err)
{
    const size_t most = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

    if (path[0] != '/')
        return fail(err, ERROR_INVALID, "%s: a local socket needs an absolute path", path);
    if (strlen(path) > most)
        return fail(err, ERROR_INVALID, "%s: the path of a local socket has at most %zu bytes",
                    path, most);
    return true;
}

int socket_path_connect(const char *path)
{
    CLEANUP(file_closep) int descriptor = -1;
    struct sockaddr_un address = address_of(path);
    int connected;

    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 ||
        connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0)
        return -1;
    connected = descriptor;
    descriptor = -1;
    return connected;
}

/* Only a refusal says that nobody listens: a full queue says that someone does. */
static bool has_listener(const char *path)
{
    int descriptor = socket_path_connect(path);

    if (descriptor < 0)
        return errno != ECONNREFUSED;
    close(descriptor);
    return true;
}

static bool clear(const char *path, struct error *err)
{
    struct stat status;

    if (lstat(path, &status) < 0)
        return errno == ENOENT || fail_errno(err, "look at %s", path);
    if (!S_ISSOCK(status.st_mode))
        return fail(err, ERROR_CONFLICT, "%s is there and is not a socket", path);
    if (has_listener(path))
        return fail(err, ERROR_CONFLICT, "another program listens on %s", path);
    if (unlink(path) < 0)
        return fail_errno(err, "remove the old socket %s", path);
    return true;
}

/* Anyone here may connect: who it is says the kernel, and what they may, dispatch(). */
int socket_path_listen(const char *path, struct error *err)
{
    CLEANUP(file_closep) int descriptor = -1;
    struct sockaddr_un address = address_of(path);
    int listener;

    if (!socket_path_check(path, err) || !clear(path, err))
        return -1;
    descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0 ||
        bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
        chmod(path, 0666) < 0 || listen(descriptor, BACKLOG) < 0) {
        fail_errno(err, "listen on %s", path);
        return -1;
    }
    listener = descriptor;
    descriptor = -1;
    return listener;
}
