/* vm_machine.c - a virtual machine of this process alone, by libvirt */

#include "agent/vm_machine.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/thread.h"

#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <linux/kvm.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PROCESSORS_MAX (4u << 20) /* bytes of /proc/cpuinfo */

struct vm_machine {
    virConnectPtr connection;
    virDomainPtr domain;
    pthread_t news;
    bool listens; /* `news` runs */
    atomic_bool over;
};

static bool fail_libvirt(struct error *err, const char *what)
{
    const virError *last = virGetLastError();
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_escaped(&text, last && last->message ? last->message : "it does not say why");
    return fail(err, ERROR_UNAVAILABLE, "%s: %.180s", what, text.bytes);
}

/* The library would print them. */
static void on_error(void *owner, virErrorPtr error)
{
    (void)owner;
    (void)error;
}

/* --- the driver's folder -------------------------------------------------------------------------- */

/* QEMU stays what it is started as, where it is started: the user, the groups, the security labels
 * and the limits of the job are all that there is.  Nothing is asked of daemons. */
static bool write_settings(const char *folder, struct error *err)
{
    static const char settings[] = "stdio_handler = \"file\"\n"
                                   "security_driver = \"none\"\n"
                                   "security_default_confined = 0\n"
                                   "dynamic_ownership = 0\n"
                                   "remember_owner = 0\n"
                                   "namespaces = []\n"
                                   "cgroup_controllers = []\n";
    CLEANUP(memory_freep) char *path = memory_format("%s/etc", folder);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    buffer_add_text(&text, settings);
    if (geteuid() == 0) /* else it is the user's own in any case */
        buffer_add_text(&text, "user = \"root\"\ngroup = \"root\"\n");
    if (!file_make_directory(path, 0700, err))
        return false;
    free(path);
    path = memory_format("%s/etc/qemu.conf", folder);
    return file_replace(path, text.bytes, text.length, 0600, err);
}

/* The library keeps some things where a person's programs do, and has words of its own for whoever
 * looks for them. */
static void set_environment(const char *folder)
{
    static const char *const names[] = {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"};
    CLEANUP(memory_freep) char *log = memory_format("3:file:%s/messages", folder);

    for (size_t i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], folder, 1);
    setenv("LIBVIRT_LOG_OUTPUTS", log, 1);
}

char *vm_machine_uri(const char *folder, struct error *err)
{
    set_environment(folder);
    if (strpbrk(folder, "?&%#")) {
        fail(err, ERROR_INVALID, "%.120s: libvirt reads ? & %% # in a path otherwise", folder);
        return NULL;
    }
    return write_settings(folder, err) ? memory_format("qemu:///embed?root=%s", folder) : NULL;
}

/* --- which kind ----------------------------------------------------------------------------------- */

/* There are kernels that offer KVM on processors without support for it, and then run nothing but
 * guests that know of that. */
static bool processor_helps(void)
{
#if defined(__x86_64__) || defined(__i386__)
    CLEANUP(buffer_clear) struct buffer text;
    struct error ignored;

    buffer_init(&text);
    return file_read("/proc/cpuinfo", PROCESSORS_MAX, &text, &ignored) &&
           (strstr(text.bytes, " vmx") || strstr(text.bytes, " svm"));
#else
    return true;
#endif
}

const char *vm_machine_hypervisor(void)
{
    CLEANUP(file_closep) int descriptor = open("/dev/kvm", O_RDWR | O_CLOEXEC);

    return descriptor >= 0 && ioctl(descriptor, KVM_GET_API_VERSION, 0) == KVM_API_VERSION &&
                   processor_helps()
               ? "kvm"
               : "qemu";
}

/* --- news of QEMU --------------------------------------------------------------------------------- */

static void *listen_for_news(void *owner)
{
    struct vm_machine *machine = owner;

    while (!atomic_load(&machine->over))
        if (virEventRunDefaultImpl() < 0)
            break;
    return NULL;
}

static void on_time(int timer, void *owner)
{
    (void)owner;
    virEventRemoveTimeout(timer);
}

static void stop_listening(struct vm_machine *machine)
{
    if (!machine->listens)
        return;
    atomic_store(&machine->over, true);
    virEventAddTimeout(0, on_time, NULL, NULL); /* else the thread waits for the next news */
    pthread_join(machine->news, NULL);
}

/* --- life ----------------------------------------------------------------------------------------- */

static bool open_library(struct vm_machine *machine, const char *uri, struct error *err)
{
    virSetErrorFunc(NULL, on_error);
    if (virInitialize() != 0 || virEventRegisterDefaultImpl() != 0)
        return fail_libvirt(err, "libvirt");
    if (!thread_start(&machine->news, listen_for_news, machine, err))
        return false;
    machine->listens = true;
    machine->connection = virConnectOpen(uri);
    return machine->connection || fail_libvirt(err, "libvirt, or its driver for QEMU");
}

struct vm_machine *vm_machine_start(const char *uri, const char *domain, struct error *err)
{
    CLEANUP(vm_machine_freep) struct vm_machine *machine = NEW(struct vm_machine);

    if (!open_library(machine, uri, err))
        return NULL;
    machine->domain = virDomainCreateXML(machine->connection, domain, 0);
    if (!machine->domain) {
        fail_libvirt(err, "starting the virtual machine");
        return NULL;
    }
    return STEAL(machine);
}

void vm_machine_free(struct vm_machine *machine)
{
    if (!machine)
        return;
    if (machine->domain) {
        (void)virDomainDestroy(machine->domain); /* or the guest was faster */
        virDomainFree(machine->domain);
    }
    if (machine->connection)
        virConnectClose(machine->connection);
    stop_listening(machine);
    free(machine);
}
