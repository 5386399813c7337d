/* vm_domain.c - the virtual machine of a job, in libvirt's words */

#include "agent/vm_domain.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define QEMU_URI "http://libvirt.org/schemas/domain/qemu/1.0" /* libvirt.org/drvqemu.html */

/* What QEMU keeps of translated code where it emulates; it would take a gigabyte. */
#define TRANSLATED_MIB 64

/* --- a place -------------------------------------------------------------------------------------- */

static size_t count_lists(const char *text)
{
    size_t count = 1;

    for (; *text; text++)
        count += *text == ';';
    return count;
}

static bool read_cpus(char *rest, struct vm_place *place, struct error *err)
{
    char *list;

    while ((list = strsep(&rest, ";"))) {
        struct idset *cpus = idset_parse(list, err);

        if (!cpus)
            return fail_in(err, "processors of the virtual machine");
        place->cpus[place->count++] = cpus;
        idset_add_all(place->all, cpus);
    }
    return true;
}

bool vm_place_read(const char *cpus, const char *nodes, struct vm_place *ret_place,
                   struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(cpus);
    CLEANUP(vm_place_clear) struct vm_place place = {0};
    size_t count = count_lists(cpus);

    if (count > VM_PROCESSORS_MAX)
        return fail(err, ERROR_INVALID,
                    "a virtual machine has %d processors at most, and the job has %zu cores here: "
                    "ask for fewer",
                    VM_PROCESSORS_MAX, count);
    place.cpus = NEW_ARRAY(struct idset *, count);
    place.all = idset_new();
    if (!read_cpus(copy, &place, err))
        return false;
    if (*nodes && !(place.nodes = idset_parse(nodes, err)))
        return fail_in(err, "NUMA nodes of the virtual machine");
    *ret_place = place;
    place = (struct vm_place){0};
    return true;
}

void vm_place_clear(struct vm_place *place)
{
    for (size_t i = 0; i < place->count; i++)
        idset_free(place->cpus[i]);
    free(place->cpus);
    idset_free(place->all);
    idset_free(place->nodes);
    *place = (struct vm_place){0};
}

/* --- its parts ------------------------------------------------------------------------------------ */

static bool is(const char *hypervisor, const struct vm_domain *domain)
{
    return strcmp(domain->hypervisor, hypervisor) == 0;
}

static void put_element(struct buffer *text, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_print(text, "<%s>", name);
    buffer_add_markup(text, value);
    buffer_print(text, "</%s>\n", name);
}

static void put_set(struct buffer *text, const char *before, const struct idset *set,
                    const char *after)
{
    buffer_add_text(text, before);
    idset_print(set, text);
    buffer_add_text(text, after);
}

static void put_place(const struct vm_place *place, struct buffer *text)
{
    put_set(text, "<vcpu placement='static' cpuset='", place->all, "'>");
    buffer_print(text, "%zu</vcpu>\n<cputune>\n", place->count);
    for (size_t i = 0; i < place->count; i++) {
        buffer_print(text, "<vcpupin vcpu='%zu'", i);
        put_set(text, " cpuset='", place->cpus[i], "'/>\n");
    }
    put_set(text, "<emulatorpin cpuset='", place->all, "'/>\n</cputune>\n");
    if (place->nodes)
        put_set(text, "<numatune><memory mode='strict' nodeset='", place->nodes,
                "'/></numatune>\n");
}

static void put_boot(const struct vm_domain *domain, struct buffer *text)
{
    buffer_add_text(text, "<os><type>hvm</type>\n");
    if (domain->kernel) {
        put_element(text, "kernel", domain->kernel);
        put_element(text, "initrd", domain->initrd);
        put_element(text, "cmdline", domain->arguments);
    } else {
        buffer_add_text(text, "<boot dev='hd'/>\n");
    }
    buffer_add_text(text, "</os>\n<features><acpi/>");
    if (is("qemu", domain))
        buffer_print(text, "<tcg><tb-cache unit='MiB'>%d</tb-cache></tcg>", TRANSLATED_MIB);
    buffer_add_text(text, "</features>\n");
    if (is("kvm", domain))
        buffer_add_text(text, "<cpu mode='host-passthrough'/>\n");
    else if (is("qemu", domain))
        buffer_add_text(text, "<cpu mode='maximum'/>\n");
    buffer_add_text(text, "<on_poweroff>destroy</on_poweroff>\n<on_reboot>destroy</on_reboot>\n"
                          "<on_crash>destroy</on_crash>\n");
}

static void put_disk(const char *path, const char *format, const char *device, const char *more,
                     struct buffer *text)
{
    if (!path)
        return;
    buffer_print(text,
                 "<disk type='file' device='disk'><driver name='qemu' type='%s'/>"
                 "<source file=\"",
                 format);
    buffer_add_markup(text, path);
    buffer_print(text, "\"/><target dev='%s' bus='virtio'/>%s</disk>\n", device, more);
}

const char *vm_port_name(enum vm_port port)
{
    static const char *const names[VM_PORT_COUNT] = {"output", "error", "control"};

    return names[port];
}

/* tequio-vm listens, QEMU connects: who comes later than the machine's start was not QEMU. */
static void put_ports(const struct vm_domain *domain, struct buffer *text)
{
    for (int port = 0; port < VM_PORT_COUNT; port++) {
        const char *name = vm_port_name((enum vm_port)port);

        buffer_add_text(text, "<channel type='unix'><source mode='connect' path=\"");
        buffer_add_markup(text, domain->folder);
        buffer_print(text, "/%s\"/><target type='virtio' name='tequio.%s'/></channel>\n", name,
                     name);
    }
}

/* Its network is what any process of the user has: connections from here to elsewhere. */
static void put_devices(const struct vm_domain *domain, struct buffer *text)
{
    buffer_add_text(text, "<devices>\n");
    put_disk(domain->disk, "qcow2", "vda", "", text);
    put_disk(domain->job_disk, "raw", "vdb", "<serial>" VM_JOB_DISK "</serial><readonly/>", text);
    put_ports(domain, text);
    buffer_add_text(text,
                    "<interface type='user'><model type='virtio'/></interface>\n"
                    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
                    "<controller type='usb' model='none'/>\n<memballoon model='none'/>\n"
                    "</devices>\n");
}

void vm_domain_print(const struct vm_domain *domain, struct buffer *text)
{
    buffer_print(text, "<domain type='%s' xmlns:qemu='" QEMU_URI "'>\n", domain->hypervisor);
    put_element(text, "name", domain->name);
    buffer_print(text, "<memory unit='KiB'>%" PRIu64 "</memory>\n", domain->memory_bytes >> 10);
    put_place(domain->place, text);
    put_boot(domain, text);
    put_devices(domain, text);
    if (domain->mark) {
        buffer_add_text(text, "<qemu:commandline><qemu:env name='TEQUIO_TASK_SET' value=\"");
        buffer_add_markup(text, domain->mark);
        buffer_add_text(text, "\"/></qemu:commandline>\n");
    }
    buffer_add_text(text, "</domain>\n");
}
