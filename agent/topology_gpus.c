/* topology_gpus.c - the GPUs that hwloc sees: one for each card, with its type and place */

#include "agent/topology_inside.h"

#include <ctype.h>
#include <hwloc.h>
#include <string.h>

/* What draws the console of a server is no GPU for jobs. */
static const unsigned consoles[] = {
    0x1a03, /* ASPEED */
    0x102b, /* Matrox */
    0x1013, /* Cirrus */
    0x1234, /* a virtual machine's */
};

static unsigned vendor_of(hwloc_obj_t device)
{
    hwloc_obj_t card = device->parent;

    return card && card->type == HWLOC_OBJ_PCI_DEVICE ? card->attr->pcidev.vendor_id : 0;
}

static bool is_for_jobs(hwloc_obj_t device)
{
    unsigned vendor = vendor_of(device);

    if (device->attr->osdev.type != HWLOC_OBJ_OSDEV_GPU &&
        device->attr->osdev.type != HWLOC_OBJ_OSDEV_COPROC)
        return false;
    for (size_t i = 0; i < sizeof(consoles) / sizeof(consoles[0]); i++)
        if (consoles[i] == vendor)
            return false;
    return true;
}

/* "NVIDIA A100-SXM4-40GB" is a100-sxm4-40gb: small letters, and who made it is left out. */
static void name_type(const char *model, char type[DEVICE_TYPE_SIZE])
{
    static const char *const makers[] = {"nvidia ", "amd ", "tesla ", "geforce ", "intel "};
    size_t length = 0;

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
        if (strncasecmp(model, makers[i], strlen(makers[i])) == 0)
            model += strlen(makers[i]);
    for (; *model && length + 1 < DEVICE_TYPE_SIZE; model++) {
        if (isalnum((unsigned char)*model))
            type[length++] = (char)tolower((unsigned char)*model);
        else if (length > 0 && type[length - 1] != '-')
            type[length++] = '-';
    }
    while (length > 0 && type[length - 1] == '-')
        length--;
    type[length] = '\0';
}

static void fill_type(hwloc_obj_t device, struct device *gpu)
{
    const char *model = hwloc_obj_get_info_by_name(device, "GPUModel");

    if (!model)
        model = hwloc_obj_get_info_by_name(device, "CoProcModel");
    if (!model && device->subtype && strcmp(device->subtype, "OpenCL") != 0 &&
        strcmp(device->subtype, "CUDA") != 0)
        model = device->subtype;
    if (model)
        name_type(model, gpu->type);
    if (!*gpu->type)
        memcpy(gpu->type, "gpu", sizeof("gpu"));
}

/* The place of the first core that is near it. */
static uint32_t numa_near(const struct topology *topology, hwloc_obj_t device)
{
    hwloc_obj_t near = device;
    int cpu;

    while (near && !near->cpuset)
        near = near->parent;
    if (!near || near->type == HWLOC_OBJ_MACHINE || !(near->cpuset))
        return DEVICE_NOWHERE;
    cpu = hwloc_bitmap_first(near->cpuset);
    for (uint32_t i = 0; cpu >= 0 && i < topology->core_count; i++)
        if (idset_has(topology->core_cpus[i], (uint32_t)cpu))
            return topology->places[i].numa;
    return DEVICE_NOWHERE;
}

static enum device_maker maker_of(hwloc_obj_t device)
{
    switch (vendor_of(device)) {
    case 0x10de:
        return DEVICE_OF_NVIDIA;
    case 0x1002:
        return DEVICE_OF_AMD;
    default:
        return DEVICE_OF_ANYBODY;
    }
}

/* A driver may show a card under several names: the one that knows the model counts. */
void topology_read_gpus(struct topology *topology, struct hwloc_topology *loaded)
{
    hwloc_obj_t device = NULL, cards[DEVICES_MAX];

    topology->devices = NEW_ARRAY(struct device, DEVICES_MAX);
    while ((device = hwloc_get_next_osdev(loaded, device)) != NULL) {
        uint32_t place = 0;

        if (!is_for_jobs(device))
            continue;
        while (place < topology->gpus && cards[place] != device->parent)
            place++;
        if (place == DEVICES_MAX)
            return;
        if (place == topology->gpus) {
            cards[place] = device->parent;
            topology->devices[topology->gpus++] =
                (struct device){.maker = maker_of(device), .numa = numa_near(topology, device)};
            fill_type(device, &topology->devices[place]);
        } else if (strcmp(topology->devices[place].type, "gpu") == 0) {
            fill_type(device, &topology->devices[place]);
        }
    }
}
