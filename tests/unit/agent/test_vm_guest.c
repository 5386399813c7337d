/* test_vm_guest.c - the guest's side of a job, etc/tequio-guest, without a machine around it
 *
 * Its disk is a file, its ports are terminals: those are for both directions, as the real ones are. */

#include "agent/vm_disk.h"
#include "agent/vm_domain.h"

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MARK        "0123456789abcdef0123456789abcdef"
#define DEADLINE_MS 30000

static char *const words[] = {(char *)"/bin/sh", (char *)"/spool/script", NULL};
static char *const nothing[] = {NULL};

struct guest {
    int masters[VM_PORT_COUNT];
    int slaves[VM_PORT_COUNT]; /* held open, so that what is written stays there to be read */
    struct buffer said[VM_PORT_COUNT];
    pid_t child;
};

static void make_folder(const char *name)
{
    CLEANUP(memory_freep) char *path = scratch_path(name);

    CU_ASSERT_FATAL(mkdir(path, 0755) == 0 || access(path, W_OK) == 0);
}

static void put(const char *name, const char *text, size_t size)
{
    free(scratch_file(name, text, size));
}

/* As the kernel shows a port: its name in a file, and a device of the same number. */
static void make_port(struct guest *guest, int number)
{
    CLEANUP(memory_freep) char *folder = memory_format("classes/virtio-ports/vport0p%d", number);
    CLEANUP(memory_freep) char *file = memory_format("%s/name", folder);
    CLEANUP(memory_freep)
    char *name = memory_format("tequio.%s\n", vm_port_name((enum vm_port)number));
    CLEANUP(memory_freep)
    char *device = memory_format("%s/devices/vport0p%d", scratch_directory(), number);
    struct termios raw;

    make_folder(folder);
    put(file, name, strlen(name));
    guest->masters[number] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CU_ASSERT_FATAL(guest->masters[number] >= 0 && grantpt(guest->masters[number]) == 0 &&
                    unlockpt(guest->masters[number]) == 0);
    guest->slaves[number] = open(ptsname(guest->masters[number]), O_RDWR | O_NOCTTY | O_CLOEXEC);
    CU_ASSERT_EQUAL_FATAL(tcgetattr(guest->slaves[number], &raw), 0);
    cfmakeraw(&raw);
    CU_ASSERT_EQUAL(tcsetattr(guest->slaves[number], TCSANOW, &raw), 0);
    unlink(device);
    CU_ASSERT_EQUAL_FATAL(symlink(ptsname(guest->masters[number]), device), 0);
    buffer_init(&guest->said[number]);
}

static void put_disk(const char *script)
{
    CLEANUP(buffer_clear) struct buffer text;
    CLEANUP(buffer_clear) struct buffer disk;
    const struct vm_job job = {
        .script = &text,
        .words = words,
        .script_path = "/spool/script",
        .environment = nothing,
        .directory = "/",
        .mark = MARK,
    };

    buffer_init(&text);
    buffer_init(&disk);
    buffer_add_text(&text, script);
    vm_disk_print(&job, &disk);
    put("devices/vdb", disk.bytes, disk.length);
}

/* script: NULL: the disk holds nothing of a job. */
static void start(struct guest *guest, const char *script)
{
    static const char *const folders[] = {
        "classes",           "classes/block",        "classes/block/vda",
        "classes/block/vdb", "classes/virtio-ports", "devices"};
    CLEANUP(memory_freep)
    char *program = memory_format("%s/etc/tequio-guest", getenv("TEQUIO_SOURCE"));
    CLEANUP(memory_freep)
    char *folder = memory_format("TEQUIO_GUEST_FOLDER=%s/job", scratch_directory());
    CLEANUP(memory_freep)
    char *classes = memory_format("TEQUIO_GUEST_CLASSES=%s/classes", scratch_directory());
    CLEANUP(memory_freep)
    char *devices = memory_format("TEQUIO_GUEST_DEVICES=%s/devices", scratch_directory());
    char *const arguments[] = {(char *)"sh", program, NULL};
    char *const variables[] = {(char *)"PATH=/usr/bin:/bin", folder, classes, devices, NULL};
    const struct child_request request = {
        .program = "/bin/sh",
        .arguments = arguments,
        .environment = variables,
        .input = -1,
        .output = -1,
        .error = -1, /* of the guest's own console */
        .extra = -1,
    };
    struct error err;

    for (size_t i = 0; i < COUNT_OF(folders); i++)
        make_folder(folders[i]);
    put("classes/block/vda/serial", "another\n", strlen("another\n"));
    put("classes/block/vdb/serial", "tequio-job\n", strlen("tequio-job\n"));
    for (int i = 0; i < VM_PORT_COUNT; i++)
        make_port(guest, i);
    if (script)
        put_disk(script);
    else
        put("devices/vdb", "none", strlen("none"));
    CU_ASSERT_FATAL(child_start(&request, &guest->child, &err));
}

static bool has(const struct guest *guest, int port, const char *text)
{
    const struct buffer *said = &guest->said[port];
    size_t size = strlen(text);

    return said->length >= size && memcmp(said->bytes + said->length - size, text, size) == 0;
}

/* Until that is the last that the port has said. */
static void await(struct guest *guest, int port, const char *text)
{
    struct pollfd ready = {.fd = guest->masters[port], .events = POLLIN};

    while (!has(guest, port, text)) {
        ssize_t got;

        CU_ASSERT_EQUAL_FATAL(poll(&ready, 1, DEADLINE_MS), 1);
        got = read(guest->masters[port], buffer_reserve(&guest->said[port], 4096), 4096);
        CU_ASSERT_FATAL(got > 0);
        guest->said[port].length += (size_t)got;
    }
    buffer_add_char(&guest->said[port], '\0');
    guest->said[port].length--;
}

static void finish(struct guest *guest)
{
    int status;

    CU_ASSERT_EQUAL(waitpid(guest->child, &status, 0), guest->child);
    for (int i = 0; i < VM_PORT_COUNT; i++) {
        close(guest->masters[i]);
        close(guest->slaves[i]);
        buffer_clear(&guest->said[i]);
    }
}

static void check_ended(const char *script, const char *said, const char *output, const char *error)
{
    CLEANUP(memory_freep) char *whole_output = memory_format("%s" MARK, output);
    CLEANUP(memory_freep) char *whole_error = memory_format("%s" MARK, error);
    struct guest guest = {0};

    start(&guest, script);
    await(&guest, VM_OUTPUT, MARK);
    await(&guest, VM_ERROR, MARK);
    await(&guest, VM_CONTROL, said);
    CU_ASSERT_STRING_EQUAL(guest.said[VM_CONTROL].bytes, said);
    CU_ASSERT_STRING_EQUAL(guest.said[VM_OUTPUT].bytes, whole_output);
    CU_ASSERT_STRING_EQUAL(guest.said[VM_ERROR].bytes, whole_error);
    finish(&guest);
}

static void test_ends(void)
{
    check_ended("echo one; echo two >&2; printf three; exit 43\n", "ready\nexit 43\n", "one\nthree",
                "two\n");
    check_ended("exit 137\n", "ready\nexit 137\n", "", "");
    check_ended("kill -9 $$\n", "ready\nsignal 9\n", "", "");
}

/* What the script does to the folder of the job does not keep the node waiting. */
static void test_folder_is_spoilt(void)
{
    CLEANUP(memory_freep)
    char *script = memory_format("rm -rf %s/job; exit 3\n", scratch_directory());

    check_ended(script, "ready\nexit 3\n", "", "");
}

static void test_signal(void)
{
    static const char line[] = "signal 10\n";
    struct guest guest = {0};
    struct error err;

    start(&guest, "trap 'echo warned; kill $!; exit 5' USR1\nsleep 600 & echo runs\n"
                  "while :; do wait; done\n");
    await(&guest, VM_OUTPUT, "runs\n");
    CU_ASSERT(file_write_all(guest.masters[VM_CONTROL], line, strlen(line), &err));
    await(&guest, VM_CONTROL, "ready\nexit 5\n");
    await(&guest, VM_OUTPUT, "runs\nwarned\n" MARK);
    finish(&guest);
}

static void test_no_job_on_the_disk(void)
{
    struct guest guest = {0};

    start(&guest, NULL);
    await(&guest, VM_CONTROL, "exit 125\n");
    CU_ASSERT_STRING_EQUAL(guest.said[VM_CONTROL].bytes, "exit 125\n");
    finish(&guest);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"output, error output and how it ended",    test_ends              },
        {"a script that removes its own folder",     test_folder_is_spoilt  },
        {"a signal is for the script and all of it", test_signal            },
        {"a disk without a job",                     test_no_job_on_the_disk},
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_guest", tests);
}
