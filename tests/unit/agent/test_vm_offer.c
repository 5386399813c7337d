/* test_vm_offer.c - where jobs can have virtual machines */

#include "agent/vm_offer.h"

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static void put(const char *name)
{
    free(scratch_file(name, "", 0));
}

static void make_folders(void)
{
    static const char *const folders[] = {
        "usr",
        "usr/bin",
        "usr/lib",
        "usr/lib/some-linux-gnu",
        "usr/lib/some-linux-gnu/libvirt",
        "usr/lib/some-linux-gnu/libvirt/connection-driver",
    };

    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        CLEANUP(memory_freep) char *path = scratch_path(folders[i]);

        CU_ASSERT_EQUAL_FATAL(mkdir(path, 0755), 0);
    }
}

static bool lacks(const char *what)
{
    struct error err = {0};

    return !vm_offer_check(scratch_directory(), &err) && strstr(err.text, what);
}

static void test_missing(void)
{
    struct utsname names;
    struct error err;

    CU_ASSERT_EQUAL_FATAL(uname(&names), 0);
    if (strcmp(names.machine, "x86_64") != 0)
        return; /* QEMU may call it otherwise */
    make_folders();
    CU_ASSERT(lacks("has not got qemu-img"));
    put("usr/bin/qemu-img");
    put("usr/bin/qemu-system-of-another-processor");
    CU_ASSERT(lacks("has not got QEMU"));
    put("usr/bin/qemu-system-x86_64");
    CU_ASSERT(lacks("has not got libvirt's driver"));
    put("usr/lib/some-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so");
    CU_ASSERT(vm_offer_check(scratch_directory(), &err));
}

static void test_features(void)
{
    static const char *const cases[][2] = {
        {NULL,     "vm"    },
        {"",       "vm"    },
        {"a,b",    "a,b,vm"},
        {"vmx",    "vmx,vm"},
        {"vm",     "vm"    },
        {"a,vm,b", "a,vm,b"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *features = vm_offer_features(cases[i][0]);

        CU_ASSERT_STRING_EQUAL(features, cases[i][1]);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is missing is told",           test_missing },
        {"one feature more, and never twice", test_features},
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_offer", tests);
}
