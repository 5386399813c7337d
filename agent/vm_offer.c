/* vm_offer.c - can jobs have virtual machines on this node? */

#include "agent/vm_offer.h"

#include "base/memory.h"
#include "proto/feature.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

enum { PLACES_MAX = 5 };

/* QEMU's name of what the kernel calls this machine. */
static const char *machine_of(const struct utsname *names)
{
    static const char *const others[][2] = {
        {"i686",    "i386" },
        {"ppc64le", "ppc64"},
    };

    for (size_t i = 0; i < COUNT_OF(others); i++)
        if (strcmp(names->machine, others[i][0]) == 0)
            return others[i][1];
    return names->machine;
}

/* place: a pattern of glob(3), in which %s is the machine. */
static bool is_at(const char *root, const char *place, const char *machine)
{
    const char *after = strstr(place, "%s");
    CLEANUP(memory_freep)
    char *pattern = after ? memory_format("%s%.*s%s%s", root, (int)(after - place), place, machine,
                                          after + strlen("%s"))
                          : memory_format("%s%s", root, place);
    glob_t found;
    bool there = glob(pattern, GLOB_NOSORT, NULL, &found) == 0;

    if (there)
        globfree(&found);
    return there;
}

bool vm_offer_check(const char *root, struct error *err)
{
    static const struct {
        const char *what;
        const char *places[PLACES_MAX];
    } parts[] = {
        {"qemu-img",                  {"/usr/bin/qemu-img", "/usr/local/bin/qemu-img"}        },
        {"QEMU for this processor",
         {"/usr/bin/qemu-system-%s", "/usr/local/bin/qemu-system-%s", "/usr/libexec/qemu-kvm"}},
        {"libvirt's driver for QEMU",
         {"/usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so",
          "/usr/lib/libvirt/connection-driver/libvirt_driver_qemu.so",
          "/usr/lib64/libvirt/connection-driver/libvirt_driver_qemu.so",
          "/usr/local/lib*/libvirt/connection-driver/libvirt_driver_qemu.so",
          "/usr/local/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so"}                },
    };
    struct utsname names;

    if (uname(&names) != 0)
        return fail_errno(err, "the name of this machine");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        bool there = false;

        for (size_t j = 0; j < PLACES_MAX && parts[i].places[j] && !there; j++)
            there = is_at(root, parts[i].places[j], machine_of(&names));
        if (!there)
            return fail(err, ERROR_NOT_FOUND, "this node has not got %s", parts[i].what);
    }
    return true;
}

char *vm_offer_features(const char *features)
{
    CLEANUP(memory_freep) char *copy = memory_copy(features ? features : "");
    char *rest = copy;
    const char *name;

    if (!features || !*features)
        return memory_copy(FEATURE_VM);
    while ((name = strsep(&rest, ",")))
        if (strcmp(name, FEATURE_VM) == 0)
            return memory_copy(features);
    return memory_format("%s," FEATURE_VM, features);
}
