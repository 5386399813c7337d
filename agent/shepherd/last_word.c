/* last_word.c - why a job fails, in the words of what starts its batch script */

#include "agent/shepherd/last_word.h"

#include "base/file.h"

#include <ctype.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not through a link or a mount: a file system of the user's making could hold us up. */
static int open_word(const struct shepherd_order *order)
{
    const struct open_how how = {
        .flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV,
    };
    CLEANUP(memory_freep) char *path = memory_format("%s/" LAST_WORD_FILE, order->part_name);

    return (int)syscall(SYS_openat2, order->spool->scratch, path, &how, sizeof(how));
}

/* A second name could lead to somebody else's file. */
static bool is_own(const struct shepherd_order *order, int file)
{
    struct stat status;

    return fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
           (!order->spool->mapped || status.st_uid == order->account->uid);
}

void last_word_read(const struct shepherd_order *order, char *ret_text, size_t size)
{
    CLEANUP(file_closep) int file = open_word(order);
    ssize_t got;

    ret_text[0] = '\0';
    if (file < 0 || !is_own(order, file))
        return;
    got = read(file, ret_text, size - 1);
    ret_text[got > 0 ? got : 0] = '\0';
    for (char *sign = ret_text; *sign; sign++)
        if (iscntrl((unsigned char)*sign))
            *sign = ' ';
}
