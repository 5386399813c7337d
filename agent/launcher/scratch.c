/* scratch.c - the jobs' TMPDIR: a directory for each part */

#include "agent/launcher/scratch.h"

#include "agent/launcher/sweep.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Out of the way under a name that no other has. */
static bool move_away(const struct spool *spool, int from, const char *name)
{
    char away[2 * RECORD_NAME_SIZE];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(away, sizeof(away), "%.*s.%jd.%09ld", RECORD_NAME_SIZE, name, (intmax_t)now.tv_sec,
             now.tv_nsec);
    return renameat(from, name, spool->removed, away) == 0;
}

static bool sweep_scratch(const struct spool *spool, const char *name, struct error *err)
{
    if (!move_away(spool, spool->scratch, name))
        return fail_errno(err, "move scratch of %s to removed", name);
    sweep_later(spool->removed);
    return true;
}

static void spare_name(const struct spare *spare, char ret_name[32])
{
    snprintf(ret_name, 32, "%" PRIu64, spare->number);
}

static bool take_spare(struct spool *spool, const char *name, uid_t user)
{
    char spare[32];
    size_t i = 0;

    while (i < spool->spare_count && spool->spares[i].user != user)
        i++;
    if (i == spool->spare_count)
        return false;
    spare_name(&spool->spares[i], spare);
    spool->spares[i] = spool->spares[--spool->spare_count];
    return renameat(spool->spare, spare, spool->scratch, name) == 0 &&
           fchmodat(spool->scratch, name, 0700, 0) == 0; /* the link's own: the name is root's */
}

bool scratch_make(struct spool *spool, const char *name, const struct account *account,
                  struct error *err)
{
    /* One that is there was left by a launcher that was killed while it removed the part. */
    if (faccessat(spool->scratch, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
        !sweep_scratch(spool, name, err))
        return false;
    if (take_spare(spool, name, account->uid))
        return true;
    if (mkdirat(spool->scratch, name, 0700) != 0)
        return fail_errno(err, "make scratch");
    if (spool->mapped &&
        fchownat(spool->scratch, name, account->uid, account->gid, AT_SYMLINK_NOFOLLOW) != 0)
        return fail_errno(err, "give scratch to %s", account->name);
    return true;
}

/* The user's own processes may still put something in, for their next part to find. */
static bool keep_spare(struct spool *spool, const char *name, int directory)
{
    struct spare spare = {.number = spool->spare_next};
    struct stat status;
    char kept[32];

    if (spool->spare_count == SPARES_MAX || fstat(directory, &status) != 0)
        return false;
    spare.user = status.st_uid;
    spare_name(&spare, kept);
    if (renameat(spool->scratch, name, spool->spare, kept) != 0)
        return false;
    spool->spares[spool->spare_count++] = spare;
    spool->spare_next++;
    return true;
}

bool scratch_remove(struct spool *spool, const char *name, struct error *err)
{
    CLEANUP(file_closep)
    int directory = openat(spool->scratch, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (directory < 0 && errno == ENOENT)
        return true;
    if (directory >= 0 && sweep_is_empty(directory) && keep_spare(spool, name, directory))
        return true;
    return unlinkat(spool->scratch, name, AT_REMOVEDIR) == 0 || sweep_scratch(spool, name, err);
}

void scratch_forget(const struct spool *spool)
{
    int again = openat(spool->spare, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = again < 0 ? NULL : fdopendir(again);

    if (!entries)
        return;
    for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            move_away(spool, spool->spare, entry->d_name);
    closedir(entries);
}

void scratch_clear(struct spool *spool)
{
    char name[32];

    for (size_t i = 0; i < spool->spare_count; i++) {
        spare_name(&spool->spares[i], name);
        unlinkat(spool->spare, name, AT_REMOVEDIR);
    }
    spool->spare_count = 0;
}
