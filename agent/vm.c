/* vm.c - tequio-vm: a job's script inside a virtual machine
 *
 * `tequio-vm IMAGE INTERPRETER [ARGUMENT]...` starts a machine from the image, on the job's cores and
 * with its memory, hands the script over, passes on what it writes and the signals that come, and
 * ends as the script ends.  It runs as the job's user, in the job's cgroup, and so does QEMU: neither
 * the agent nor the launcher speaks to a hypervisor.  Why so is in docs/decisions/vm-jobs.md. */

#include "agent/about.h"
#include "agent/vm_disk.h"
#include "agent/vm_domain.h"
#include "agent/vm_image.h"
#include "agent/vm_machine.h"
#include "agent/vm_relay.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/options.h"
#include "base/parse.h"
#include "base/random.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME        "tequio-vm"
#define NO_IMAGE    127
#define NO_MACHINE  125
#define SCRIPT_MAX  (5u << 20)
#define MEMORY_MOST (UINT64_C(1) << 60)

/* What QEMU and libvirt take of the job's memory for themselves: a fixed part, and the tables for
 * the guest's. */
#define MEMORY_APART (UINT64_C(192) << 20)
#define MEMORY_SHARE 64
#define MEMORY_LEAST (UINT64_C(64) << 20) /* of a guest */

/* A machine that is emulated may take minutes to boot. */
static const struct vm_patience patience = {
    .ready_us = INT64_C(600) * US_PER_SECOND,
    .end_us = INT64_C(60) * US_PER_SECOND,
};

extern char **environ;

struct call {
    char *folder; /* in the job's scratch directory: all that the machine needs */
    char *script_path;
    char *job_disk;
    char *cover; /* over the image's disk; NULL: it has none */
    char mark[VM_MARK_SIZE + 1];
    uint64_t memory_bytes; /* the guest's */
    struct vm_place place;
    struct vm_image image;
};

static void call_clear(struct call *call)
{
    free(call->folder);
    free(call->script_path);
    free(call->job_disk);
    free(call->cover);
    vm_place_clear(&call->place);
    vm_image_clear(&call->image);
}

/* --- what the agent and the launcher say ---------------------------------------------------------- */

static bool take(const char *name, const char **ret_value, struct error *err)
{
    *ret_value = getenv(name);
    return *ret_value ||
           fail(err, ERROR_INVALID,
                "%s is not set: the agent starts this program, for a job with --vm", name);
}

static bool read_memory(const char *text, uint64_t *ret_bytes, struct error *err)
{
    uint64_t all, apart;

    if (!parse_u64(text, 0, MEMORY_MOST, &all, err))
        return fail_in(err, "memory of the job");
    apart = MEMORY_APART + all / MEMORY_SHARE;
    if (all < apart + MEMORY_LEAST)
        return fail(err, ERROR_EXHAUSTED,
                    "the job has %" PRIu64 " MiB of memory, a virtual machine needs %" PRIu64
                    " MiB at least: ask for more (--mem)",
                    all >> 20, (MEMORY_APART + MEMORY_LEAST + (UINT64_C(8) << 20)) >> 20);
    *ret_bytes = (all - apart) & ~((UINT64_C(1) << 20) - 1);
    return true;
}

static bool read_facts(struct call *call, struct error *err)
{
    const char *cpus, *nodes, *memory, *scratch, *credential, *slash;

    if (!take("TEQUIO_VM_CPUS", &cpus, err) || !take("TEQUIO_VM_NODES", &nodes, err) ||
        !take("TEQUIO_VM_MEMORY", &memory, err) || !take("TEQUIO_SCRATCH", &scratch, err) ||
        !take("TEQUIO_CREDENTIAL", &credential, err) ||
        !vm_place_read(cpus, nodes, &call->place, err) ||
        !read_memory(memory, &call->memory_bytes, err))
        return false;
    /* The launcher put the script and the credential into one directory (runtime_process.h). */
    slash = strrchr(credential, '/');
    call->script_path =
        memory_format("%.*s/script", slash ? (int)(slash - credential) : 0, credential);
    call->folder = memory_format("%s/vm", scratch);
    call->job_disk = memory_format("%s/job", call->folder);
    return true;
}

/* --- its folder ----------------------------------------------------------------------------------- */

static void make_mark(char ret_mark[VM_MARK_SIZE + 1])
{
    unsigned char bytes[VM_MARK_SIZE / 2];

    random_fill(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        snprintf(ret_mark + 2 * i, 3, "%02x", bytes[i]);
}

/* One file for both: what comes first must stay first, so that only one port is used. */
static bool outputs_are_one(void)
{
    struct stat output, error;

    return fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &error) == 0 &&
           output.st_dev == error.st_dev && output.st_ino == error.st_ino;
}

static bool write_job_disk(const struct call *call, char *const *words, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer script = {0};
    CLEANUP(buffer_clear) struct buffer disk = {0};
    CLEANUP(memory_freep) char *directory = getcwd(NULL, 0);
    const struct vm_job job = {
        .script = &script,
        .words = words,
        .script_path = call->script_path,
        .environment = environ,
        .directory = directory ? directory : "/",
        .mark = call->mark,
        .joined = outputs_are_one(),
    };

    buffer_init(&script);
    buffer_init(&disk);
    if (!file_read(call->script_path, SCRIPT_MAX, &script, err))
        return false;
    vm_disk_print(&job, &disk);
    return file_replace(call->job_disk, disk.bytes, disk.length, 0600, err);
}

static bool fill_folder(struct call *call, char *const *words, struct error *err)
{
    make_mark(call->mark);
    if (mkdir(call->folder, 0700) != 0)
        return fail_errno(err, "%.120s", call->folder);
    if (!write_job_disk(call, words, err))
        return false;
    if (!call->image.disk)
        return true;
    call->cover = memory_format("%s/disk", call->folder);
    return vm_image_cover(&call->image, call->cover, err);
}

/* --- the machine ---------------------------------------------------------------------------------- */

static struct vm_machine *start(const struct call *call, struct error *err)
{
    CLEANUP(memory_freep) char *uri = vm_machine_uri(call->folder, err);
    CLEANUP(memory_freep) char *name = NULL;
    CLEANUP(buffer_clear) struct buffer text;
    const char *job = getenv("TEQUIO_JOB_ID");
    struct vm_domain domain = {
        .hypervisor = vm_machine_hypervisor(),
        .memory_bytes = call->memory_bytes,
        .place = &call->place,
        .disk = call->cover,
        .kernel = call->image.kernel,
        .initrd = call->image.initrd,
        .arguments = call->image.arguments,
        .job_disk = call->job_disk,
        .folder = call->folder,
        .mark = getenv("TEQUIO_TASK_SET"),
    };

    buffer_init(&text);
    if (!uri)
        return NULL;
    name = memory_format("job-%s", job ? job : "");
    domain.name = name;
    vm_domain_print(&domain, &text);
    return vm_machine_start(uri, text.bytes, err);
}

/* All but those that nobody can hold off, those that tell of a mistake of ours, and a child's end. */
static int hold_signals(void)
{
    static const int others[] = {SIGSEGV, SIGBUS,  SIGFPE,  SIGILL,  SIGABRT, SIGTRAP,
                                 SIGSYS,  SIGCHLD, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t signals;

    sigfillset(&signals);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        sigdelset(&signals, others[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int fail_with(int status, const struct error *err)
{
    fprintf(stderr, NAME ": node %s: %s\n",
            getenv("TEQUIO_NODENAME") ? getenv("TEQUIO_NODENAME") : "?", err->text);
    return status;
}

/* When this returns nothing of the machine is left. */
static int run_machine(const struct call *call, int signals, struct vm_end *ret_end)
{
    static const int outputs[] = {STDOUT_FILENO, STDERR_FILENO};
    CLEANUP(vm_relay_freep) struct vm_relay *relay = NULL;
    CLEANUP(vm_machine_freep) struct vm_machine *machine = NULL;
    struct error err;

    relay = vm_relay_new(call->folder, call->mark, outputs, &err);
    if (!relay || !(machine = start(call, &err)) ||
        !vm_relay_run(relay, signals, &patience, ret_end, &err))
        return fail_with(NO_MACHINE, &err);
    return ret_end->exit_code;
}

static int run(const char *image, char *const *words)
{
    CLEANUP(call_clear) struct call call = {0};
    int signals = hold_signals();
    struct vm_end end = {0};
    struct error err;
    int status;

    if (!read_facts(&call, &err))
        return fail_with(NO_MACHINE, &err);
    if (!vm_image_find(image, getenv("TEQUIO_VM_IMAGES"), &call.image, &err))
        return fail_with(NO_IMAGE, &err);
    if (!fill_folder(&call, words, &err))
        return fail_with(NO_MACHINE, &err);
    status = run_machine(&call, signals, &end);
    if (end.exit_signal > 0)
        child_end_alike(end.exit_signal);
    return status;
}

int main(int argc, char **argv)
{
    static const struct about about = {
        .name = NAME,
        .usage = "IMAGE INTERPRETER [ARGUMENT]...",
        .purpose =
            "Inside a job with --vm: runs its script in a virtual machine made from IMAGE, on the\n"
            "job's cores and with its memory.  The agent starts it: see tequio-submit(1).",
    };

    if (about_asked(&about, argc, argv))
        return options_told(NAME);
    if (argc < 3) {
        about_usage(&about);
        return 2;
    }
    return run(argv[1], argv + 2);
}
