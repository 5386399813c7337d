/* vm_image.c - the image of a virtual machine: what a job names, and what is found there */

#include "agent/vm_image.h"

#include "base/buffer.h"
#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 2048 /* a kernel takes no more */

static char *path_of(const char *given, const char *folder, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    for (const char *place = given; *place; place++)
        if ((unsigned char)*place < ' ') {
            fail(err, ERROR_INVALID, "image %s: a control character is in its name",
                 text_show(given, shown));
            return NULL;
        }
    if (*given == '/')
        return memory_copy(given);
    if (strchr(given, '/') || *given == '.' || *given == '\0') {
        fail(err, ERROR_INVALID, "image %s: give a whole path, from /, or a name of the node's own",
             text_show(given, shown));
        return NULL;
    }
    if (!folder || !*folder) {
        fail(err, ERROR_NOT_FOUND, "image %s: the node has no images of its own (vm-images)",
             text_show(given, shown));
        return NULL;
    }
    return memory_format("%s/%s", folder, given);
}

/* *ret_path stays NULL where there is no such file, and `needed` is not said.  Whoever can write to the
 * folder must not lead out of it, nor to a pipe, of which nothing ever comes. */
static bool find_file(const char *folder, const char *name, bool needed, char **ret_path,
                      struct error *err)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", folder, name);
    CLEANUP(file_closep)
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat status;

    if (descriptor < 0 && errno == ENOENT && !needed)
        return true;
    if (descriptor < 0 && errno == ELOOP)
        return fail(err, ERROR_INVALID, "image %.120s: its %s is a link, and must be a file",
                    folder, name);
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return fail_errno(err, "image %.120s: its %s", folder, name);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, "image %.120s: its %s is no regular file", folder, name);
    *ret_path = STEAL(path);
    return true;
}

static bool read_arguments(const char *folder, struct vm_image *image, struct error *err)
{
    CLEANUP(memory_freep) char *path = NULL;
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    if (!find_file(folder, "arguments", false, &path, err) ||
        (path && !file_read(path, ARGUMENTS_MAX, &text, err)))
        return false;
    text.bytes[strcspn(text.bytes, "\n")] = '\0';
    image->arguments = memory_copy(text.bytes);
    return true;
}

/* --- qcow2 (QEMU's docs/interop/qcow2.txt): numbers are big-endian ------------------------------- */

enum { QCOW2_BACKING = 8, QCOW2_VERSION = 4, QCOW2_FEATURES = 72, QCOW2_HEADER = 80 };

#define QCOW2_DATA_FILE 4 /* of the features: the bytes are in a file beside it */

static uint64_t number_at(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* An image is one file: what it names further may be anything, on the network as well, and is not on
 * this node's list. */
static bool check_alone(const char *path, const unsigned char *header, size_t size,
                        struct error *err)
{
    if (size < QCOW2_FEATURES)
        return fail(err, ERROR_INVALID, "image %.120s is cut off in its header", path);
    if (number_at(header + QCOW2_BACKING, 8) != 0 ||
        (size == QCOW2_HEADER && number_at(header + QCOW2_VERSION, 4) >= 3 &&
         number_at(header + QCOW2_FEATURES, 8) & QCOW2_DATA_FILE))
        return fail(err, ERROR_INVALID,
                    "image %.120s needs another file: make it one (qemu-img convert)", path);
    return true;
}

/* By the first bytes of the file, never by its name. */
static bool look_at_disk(struct vm_image *image, struct error *err)
{
    static const char magic[] = {'Q', 'F', 'I', '\xfb'};
    CLEANUP(file_closep) int descriptor = -1;
    unsigned char first[QCOW2_HEADER];
    struct stat status;
    ssize_t size;

    if (!image->disk)
        return true;
    descriptor = open(image->disk, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0 || fstat(descriptor, &status) != 0)
        return fail_errno(err, "image %.120s", image->disk);
    if (!S_ISREG(status.st_mode))
        return fail(err, ERROR_INVALID, "image %.120s is no regular file", image->disk);
    size = read(descriptor, first, sizeof(first));
    image->qcow2 = size >= (ssize_t)sizeof(magic) && memcmp(first, magic, sizeof(magic)) == 0;
    return !image->qcow2 || check_alone(image->disk, first, (size_t)size, err);
}

/* --- a file or a folder --------------------------------------------------------------------------- */

static bool find_parts(char **path, struct vm_image *image, struct error *err)
{
    struct stat status;

    if (stat(*path, &status) != 0)
        return fail_errno(err, "image %.120s", *path);
    if (!S_ISDIR(status.st_mode)) {
        image->disk = STEAL(*path);
        return look_at_disk(image, err);
    }
    return find_file(*path, "kernel", true, &image->kernel, err) &&
           find_file(*path, "initrd", false, &image->initrd, err) &&
           read_arguments(*path, image, err) &&
           find_file(*path, "disk", false, &image->disk, err) && look_at_disk(image, err);
}

bool vm_image_find(const char *given, const char *folder, struct vm_image *ret_image,
                   struct error *err)
{
    CLEANUP(memory_freep) char *path = path_of(given, folder, err);
    CLEANUP(vm_image_clear) struct vm_image image = {0};

    if (!path || !find_parts(&path, &image, err))
        return false;
    *ret_image = image;
    image = (struct vm_image){0};
    return true;
}

void vm_image_clear(struct vm_image *image)
{
    free(image->disk);
    free(image->kernel);
    free(image->initrd);
    free(image->arguments);
    *image = (struct vm_image){0};
}

/* --- what is written ------------------------------------------------------------------------------ */

static const char *find_program(void)
{
    static const char *const places[] = {"/usr/bin/qemu-img", "/usr/local/bin/qemu-img"};

    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

bool vm_image_cover(const struct vm_image *image, const char *path, struct error *err)
{
    const char *program = find_program();
    char *const arguments[] = {(char *)"qemu-img",
                               (char *)"create",
                               (char *)"-q",
                               (char *)"-f",
                               (char *)"qcow2",
                               (char *)"-F",
                               (char *)(image->qcow2 ? "qcow2" : "raw"),
                               (char *)"-b",
                               image->disk,
                               (char *)(uintptr_t)path,
                               NULL};
    const char *set = getenv("TEQUIO_TASK_SET"); /* by which it is found where the job ends */
    CLEANUP(memory_freep) char *mark = memory_format("TEQUIO_TASK_SET=%s", set ? set : "");
    char *const environment[] = {mark, NULL};
    const struct child_request request = {
        .program = program,
        .arguments = arguments,
        .environment = environment,
        .input = -1,
        .output = -1,
        .error = STDERR_FILENO,
        .extra = -1,
    };
    pid_t child;
    int status;

    if (!program)
        return fail(err, ERROR_NOT_FOUND, "this node has no qemu-img");
    if (!child_start(&request, &child, err))
        return false;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status == 0 || fail(err, ERROR_IO, "qemu-img made no file over %.120s", image->disk);
}
