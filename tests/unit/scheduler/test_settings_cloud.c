/* test_settings_cloud.c - what sections `cloud` may say, and how a mistake is named */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/unit/scheduler/settings_scene.h"

#include <stdio.h>
#include <stdlib.h>

#define CLOUD(name, cluster, nodes, url, more)                                          \
    "cloud \"" name "\" { cluster = \"" cluster "\" nodes = \"" nodes "\" url = \"" url \
    "\" image = \"i\" flavor = \"f\" credential = \"/c\" " more "}\n"
#define KEYSTONE "https://k/v3"
#define DOOR     "scheduler = \"tcp://s:7101\" "

static void test_clouds(void)
{
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(settings_read_text(
        CLUSTER CLOUD("c", "sur", "m[1-3]", KEYSTONE, DOOR "idle = \"1m\""), &settings, &err));
    CU_ASSERT_EQUAL(settings.cloud_count, 1);
    CU_ASSERT_STRING_EQUAL(settings.clouds[0].provider.mark, "tequio-tequio-c");
    CU_ASSERT_STRING_EQUAL(settings.clouds[0].provider.network, "auto");
    CU_ASSERT_EQUAL(settings.clouds[0].idle_us, US_PER_MINUTE);
    CU_ASSERT_EQUAL(settings.clouds[0].boot_limit_us, 15 * US_PER_MINUTE);
    settings_clear(&settings);
    CU_ASSERT(
        settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, ""), "scheduler is missing"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, DOOR "idle = \"1x\""),
                              "cloud c: idle"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, DOOR "idle = \"1ms\""),
                              "cloud c: idle"));
    CU_ASSERT(
        settings_refuse(CLUSTER CLOUD("c", "norte", "m1", KEYSTONE, DOOR), "no cluster norte"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", "ftp://k", DOOR),
                              "is no https:// address"));
    CU_ASSERT(
        settings_refuse(CLUSTER CLOUD("c", "sur", "m1", "https://k/", DOOR), "without \"/\""));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m[1-9999]", KEYSTONE, DOOR), "1 to 4096"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, "scheduler = \"s\""),
                              "scheduler"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m[1-3]", KEYSTONE, DOOR)
                                  CLOUD("d", "sur", "m3", KEYSTONE, DOOR),
                              "node m3 is of cloud c and of cloud d"));
}

#define HOST_OF(more) "cloud \"c\" { cluster = sur nodes = m1 provider = libvirt " DOOR more " }\n"
#define SIZE          "vcpus = 4 memory = 8G "
#define LOCAL         "uri = \"qemu:///system\" image = \"/i.qcow2\" "

static void test_hosts_of_libvirt(void)
{
    static const char *const wrong[][2] = {
        {"image = \"/i\"",                     "uri is missing"            },
        {SIZE "uri = \"qemu\" image = \"/i\"", "is none of libvirt's"      },
        {SIZE "uri = \"qemu:///system\"",      "image or kernel is missing"},
        {LOCAL SIZE "initrd = \"/i\"",         "initrd is of no use"       },
        {LOCAL SIZE "arguments = \"quiet\"",   "arguments is of no use"    },
        {LOCAL SIZE "hypervisor = xen",        "neither kvm nor qemu"      },
        {LOCAL SIZE "pin = perhaps",           "neither true nor false"    },
        {LOCAL "vcpus = 0 memory = 8G",        "vcpus"                     },
        {LOCAL "vcpus = many memory = 8G",     "vcpus"                     },
        {LOCAL "vcpus = 4 memory = 1K",        "too little or too much"    },
        {LOCAL "vcpus = 4 memory = lots",      "memory"                    },
        {LOCAL SIZE "timeout = 2h",            "timeout = 2h is too short" },
        {LOCAL SIZE "flavor = m1",             "flavor means nothing to"   },
        {LOCAL SIZE "url = \"https://k/v3\"",  "url means nothing to"      },
        {LOCAL "memory = 8G",                  "vcpus is missing"          },
        {LOCAL "vcpus = 4",                    "memory is missing"         },
    };
    const struct provider_settings *provider;
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(settings_read_text(CLUSTER HOST_OF(LOCAL SIZE), &settings, &err));
    provider = &settings.clouds[0].provider;
    CU_ASSERT_STRING_EQUAL(provider->url, "qemu:///system");
    CU_ASSERT_STRING_EQUAL(provider->hypervisor, "kvm");
    CU_ASSERT_STRING_EQUAL(provider->storage, "default");
    CU_ASSERT(provider->vcpus == 4 && provider->memory_bytes == UINT64_C(8) << 30);
    CU_ASSERT(provider->pin && provider->timeout_us == US_PER_MINUTE);
    settings_clear(&settings);
    CU_ASSERT_FATAL(
        settings_read_text(CLUSTER HOST_OF(LOCAL SIZE "pin = no timeout = 5s"), &settings, &err));
    CU_ASSERT(!settings.clouds[0].provider.pin);
    settings_clear(&settings);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CLEANUP(memory_freep) char *text = memory_format(CLUSTER HOST_OF("%s"), wrong[i][0]);

        CU_ASSERT(settings_refuse(text, wrong[i][1]));
    }
}

/* And of the other kind not what is libvirt's. */
static void test_a_cloud_is_of_one_kind(void)
{
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, DOOR "vcpus = 4"),
                              "vcpus means nothing to"));
    CU_ASSERT(settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, DOOR "pin = true"),
                              "pin means nothing to"));
    CU_ASSERT(
        settings_refuse(CLUSTER CLOUD("c", "sur", "m1", KEYSTONE, DOOR "uri = \"qemu:///system\""),
                        "uri means nothing to"));
    CU_ASSERT(settings_refuse(CLUSTER "cloud \"c\" { provider = vmware }",
                              "neither openstack nor libvirt"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"clouds and their mistakes",           test_clouds                },
        {"hosts of libvirt and their mistakes", test_hosts_of_libvirt      },
        {"a cloud is of one kind",              test_a_cloud_is_of_one_kind},
        CU_TEST_INFO_NULL,
    };

    return run_suite("settings_cloud", tests);
}
