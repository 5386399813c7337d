/* libvirt_domain.c - a domain, in libvirt's words */

#include "scheduler/cloud/libvirt_domain.h"

#include "base/digest.h"

#include <inttypes.h>
#include <string.h>

/* What stands for a processor: NULL: the driver has no choice. */
static const struct {
    const char *hypervisor, *type, *processor;
} hypervisors[] = {
    {"kvm",  "kvm",  "host-passthrough"},
    {"qemu", "qemu", "maximum"         },
    {"test", "test", NULL              },
};

static const size_t hypervisor_count = COUNT_OF(hypervisors);

bool libvirt_knows(const char *hypervisor)
{
    for (size_t i = 0; i < hypervisor_count; i++)
        if (strcmp(hypervisors[i].hypervisor, hypervisor) == 0)
            return true;
    return false;
}

void libvirt_mac(const char *mark, const char *node, char ret_mac[LIBVIRT_MAC_SIZE])
{
    struct digest digest = digest_of_two(mark, strlen(mark) + 1, node, strlen(node));

    /* 52: an address that its owner gives, not its maker, and of one machine. */
    snprintf(ret_mac, LIBVIRT_MAC_SIZE, "52:%02x:%02x:%02x:%02x:%02x", digest.bytes[0],
             digest.bytes[1], digest.bytes[2], digest.bytes[3], digest.bytes[4]);
}

static void put_element(struct buffer *text, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_print(text, "<%s>", name);
    buffer_add_markup(text, value);
    buffer_print(text, "</%s>\n", name);
}

/* --- its parts ---------------------------------------------------------------------------------- */

static void put_name(const struct libvirt_domain *domain, struct buffer *text)
{
    CLEANUP(memory_freep)
    char *name = memory_format("%s.%s", domain->settings->mark, domain->node);

    put_element(text, "name", name);
    put_element(text, "uuid", domain->uuid);
    buffer_print(text, "<metadata><%s:pool xmlns:%s='%s'>", LIBVIRT_MARK_PREFIX,
                 LIBVIRT_MARK_PREFIX, LIBVIRT_MARK_URI);
    buffer_add_markup(text, domain->settings->mark);
    buffer_print(text, "</%s:pool></metadata>\n", LIBVIRT_MARK_PREFIX);
}

static void put_pin(struct buffer *text, const char *element, const char *more,
                    const struct idset *processors)
{
    buffer_print(text, "<%s%s cpuset='", element, more);
    idset_print(processors, text);
    buffer_add_text(text, "'/>\n");
}

static void put_place(const struct libvirt_place *place, struct buffer *text)
{
    buffer_add_text(text, "<cputune>\n");
    for (size_t i = 0; i < place->count; i++) {
        char which[32];

        snprintf(which, sizeof(which), " vcpu='%zu'", i);
        put_pin(text, "vcpupin", which, place->processors[i]);
    }
    put_pin(text, "emulatorpin", "", place->all);
    buffer_add_text(text, "</cputune>\n");
    if (idset_count(place->nodes) == 0)
        return;
    buffer_add_text(text, "<numatune><memory mode='strict' nodeset='");
    idset_print(place->nodes, text);
    buffer_add_text(text, "'/></numatune>\n");
}

static void put_processor(const struct provider_settings *settings, const char *processor,
                          struct buffer *text)
{
    if (!processor)
        return;
    buffer_print(text,
                 "<cpu mode='%s'><topology sockets='1' dies='1' cores='%" PRIu32
                 "' threads='1'/></cpu>\n",
                 processor, settings->vcpus);
}

static void put_boot(const struct provider_settings *settings, struct buffer *text)
{
    buffer_add_text(text, "<os><type>hvm</type>");
    put_element(text, "kernel", settings->kernel);
    put_element(text, "initrd", settings->initrd);
    put_element(text, "cmdline", settings->kernel ? settings->arguments : NULL);
    if (!settings->kernel)
        buffer_add_text(text, "<boot dev='hd'/>");
    buffer_add_text(text, "</os>\n<features><acpi/></features>\n");
}

/* Images whose name ends so, and no others, are not taken byte by byte. */
static const char *format_of(const char *path)
{
    size_t length = strlen(path);

    return length > 6 && strcmp(path + length - 6, ".qcow2") == 0 ? "qcow2" : "raw";
}

/* What is written to the image goes to a file of the domain's own, which ends with it; the image
 * is the same for all. */
static void put_image(const char *image, struct buffer *text)
{
    buffer_print(text, "<disk type='file' device='disk'><driver name='qemu' type='%s'/>",
                 format_of(image));
    buffer_add_text(text, "<source file=\"");
    buffer_add_markup(text, image);
    buffer_add_text(text, "\"/><target dev='vda' bus='virtio'/><transient shareBacking='yes'/>"
                          "</disk>\n");
}

static void put_seed(const char *seed, const char *device, struct buffer *text)
{
    buffer_add_text(text, "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                          "<source file=\"");
    buffer_add_markup(text, seed);
    buffer_print(text, "\"/><target dev='%s' bus='virtio'/><readonly/></disk>\n", device);
}

static void put_network(const struct libvirt_domain *domain, struct buffer *text)
{
    static const char bridge[] = "bridge:";
    const char *network = domain->settings->network, *kind = "network";
    char mac[LIBVIRT_MAC_SIZE];

    if (strcmp(network, "none") == 0)
        return;
    if (strcmp(network, "auto") == 0)
        network = "default";
    if (strncmp(network, bridge, strlen(bridge)) == 0) {
        network += strlen(bridge);
        kind = "bridge";
    }
    libvirt_mac(domain->settings->mark, domain->node, mac);
    if (strcmp(network, "user") == 0) {
        buffer_add_text(text, "<interface type='user'>");
    } else {
        buffer_print(text, "<interface type='%s'><source %s=\"", kind, kind);
        buffer_add_markup(text, network);
        buffer_add_text(text, "\"/>");
    }
    buffer_print(text, "<mac address='%s'/><model type='virtio'/></interface>\n", mac);
}

/* The last two: a boot waits for nothing where it has random numbers; the console is for people. */
static void put_devices(const struct libvirt_domain *domain, struct buffer *text)
{
    const struct provider_settings *settings = domain->settings;

    buffer_add_text(text, "<devices>\n");
    if (settings->image)
        put_image(settings->image, text);
    if (domain->seed)
        put_seed(domain->seed, settings->image ? "vdb" : "vda", text);
    put_network(domain, text);
    buffer_add_text(text,
                    "<memballoon model='none'/>\n"
                    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
                    "<serial type='pty'/><console type='pty'/>\n"
                    "</devices>\n");
}

void libvirt_domain_print(const struct libvirt_domain *domain, struct buffer *text)
{
    const struct provider_settings *settings = domain->settings;
    size_t which = 0;

    while (which + 1 < hypervisor_count &&
           strcmp(hypervisors[which].hypervisor, settings->hypervisor) != 0)
        which++;
    buffer_print(text, "<domain type='%s'>\n", hypervisors[which].type);
    put_name(domain, text);
    buffer_print(text, "<memory unit='b'>%" PRIu64 "</memory>\n<vcpu>%" PRIu32 "</vcpu>\n",
                 settings->memory_bytes, settings->vcpus);
    if (domain->place)
        put_place(domain->place, text);
    put_processor(settings, hypervisors[which].processor, text);
    put_boot(settings, text);
    buffer_add_text(text, "<on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot>"
                          "<on_crash>destroy</on_crash>\n");
    put_devices(domain, text);
    buffer_add_text(text, "</domain>\n");
}
