/* test_vm_domain.c - what libvirt is told of a job's virtual machine */

#include "agent/vm_domain.h"

#include "base/memory.h"
#include "tests/lib/runner.h"

#include <string.h>

static const char emulated[] =
    "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n"
    "<name>job-17</name>\n"
    "<memory unit='KiB'>524288</memory>\n"
    "<vcpu placement='static' cpuset='0-2,8'>2</vcpu>\n"
    "<cputune>\n"
    "<vcpupin vcpu='0' cpuset='0,8'/>\n"
    "<vcpupin vcpu='1' cpuset='1-2'/>\n"
    "<emulatorpin cpuset='0-2,8'/>\n"
    "</cputune>\n"
    "<numatune><memory mode='strict' nodeset='1,3'/></numatune>\n"
    "<os><type>hvm</type>\n"
    "<kernel>/images/k</kernel>\n"
    "<initrd>/images/i</initrd>\n"
    "<cmdline>console=ttyS0</cmdline>\n"
    "</os>\n"
    "<features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>\n"
    "<cpu mode='maximum'/>\n"
    "<on_poweroff>destroy</on_poweroff>\n"
    "<on_reboot>destroy</on_reboot>\n"
    "<on_crash>destroy</on_crash>\n"
    "<devices>\n"
    "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/>"
    "<source file=\"/s/disk\"/><target dev='vda' bus='virtio'/></disk>\n"
    "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
    "<source file=\"/s/job\"/><target dev='vdb' bus='virtio'/>"
    "<serial>tequio-job</serial><readonly/></disk>\n"
    "<channel type='unix'><source mode='connect' path=\"/s/output\"/>"
    "<target type='virtio' name='tequio.output'/></channel>\n"
    "<channel type='unix'><source mode='connect' path=\"/s/error\"/>"
    "<target type='virtio' name='tequio.error'/></channel>\n"
    "<channel type='unix'><source mode='connect' path=\"/s/control\"/>"
    "<target type='virtio' name='tequio.control'/></channel>\n"
    "<interface type='user'><model type='virtio'/></interface>\n"
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
    "<controller type='usb' model='none'/>\n"
    "<memballoon model='none'/>\n"
    "</devices>\n"
    "<qemu:commandline><qemu:env name='TEQUIO_TASK_SET' value=\"17.1.0.0@/s\"/>"
    "</qemu:commandline>\n"
    "</domain>\n";

struct scene {
    struct vm_place place;
    struct vm_domain domain;
    struct buffer text;
    struct error err;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){0};
    CU_ASSERT_FATAL(vm_place_read("0,8;1-2", "1,3", &scene->place, &scene->err));
    scene->domain = (struct vm_domain){
        .name = "job-17",
        .hypervisor = "qemu",
        .memory_bytes = UINT64_C(512) << 20,
        .place = &scene->place,
        .disk = "/s/disk",
        .kernel = "/images/k",
        .initrd = "/images/i",
        .arguments = "console=ttyS0",
        .job_disk = "/s/job",
        .folder = "/s",
        .mark = "17.1.0.0@/s",
    };
    buffer_init(&scene->text);
}

static void end(struct scene *scene)
{
    buffer_clear(&scene->text);
    vm_place_clear(&scene->place);
}

static bool says(const struct scene *scene, const char *text)
{
    return strstr(scene->text.bytes, text) != NULL;
}

static void test_golden(void)
{
    struct scene scene;

    begin(&scene);
    vm_domain_print(&scene.domain, &scene.text);
    CU_ASSERT_STRING_EQUAL(scene.text.bytes, emulated);
    end(&scene);
}

static void test_own_disk(void)
{
    struct scene scene;

    begin(&scene);
    scene.domain.kernel = NULL;
    scene.domain.hypervisor = "kvm";
    scene.domain.mark = NULL;
    vm_domain_print(&scene.domain, &scene.text);
    CU_ASSERT(says(&scene, "<domain type='kvm'"));
    CU_ASSERT(says(&scene, "<boot dev='hd'/>"));
    CU_ASSERT(says(&scene, "<cpu mode='host-passthrough'/>"));
    CU_ASSERT(!says(&scene, "<initrd>") && !says(&scene, "<cmdline>"));
    CU_ASSERT(!says(&scene, "tb-cache") && !says(&scene, "qemu:env"));
    end(&scene);
}

static void test_without(void)
{
    struct scene scene;

    begin(&scene);
    idset_free(STEAL(scene.place.nodes));
    scene.domain.disk = scene.domain.initrd = NULL;
    vm_domain_print(&scene.domain, &scene.text);
    CU_ASSERT(!says(&scene, "numatune"));
    CU_ASSERT(!says(&scene, "<initrd>"));
    CU_ASSERT(!says(&scene, "vda") && says(&scene, "vdb"));
    end(&scene);
}

/* Text stays text, in elements and in attributes of either quote. */
static void test_no_injection(void)
{
    static const char bad[] = "/x\"'/></disk><disk>&lt;<!--";
    struct scene scene;

    begin(&scene);
    scene.domain.name = scene.domain.disk = scene.domain.kernel = scene.domain.initrd = bad;
    scene.domain.arguments = scene.domain.job_disk = scene.domain.folder = scene.domain.mark = bad;
    vm_domain_print(&scene.domain, &scene.text);
    CU_ASSERT(!says(&scene, "/></disk><disk>"));
    CU_ASSERT(!says(&scene, "<!--"));
    CU_ASSERT(!says(&scene, "&lt;&lt;"));
    CU_ASSERT(says(&scene, "<name>/x&quot;"));
    CU_ASSERT(says(&scene, "&amp;lt;&lt;!--"));
    end(&scene);
}

static void test_bad_places(void)
{
    static const struct {
        const char *cpus, *nodes;
    } cases[] = {
        {"",     "0"       },
        {"0;;1", ""        },
        {"0;",   ""        },
        {"0;1-", ""        },
        {"0'/>", ""        },
        {"0",    "0'/><x/>"},
        {"0",    ","       },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct vm_place place = {0};
        struct error err;

        CU_ASSERT(!vm_place_read(cases[i].cpus, cases[i].nodes, &place, &err));
        CU_ASSERT_PTR_NULL(place.cpus);
    }
}

static void test_too_many_processors(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct vm_place place = {0};
    struct error err;

    buffer_init(&text);
    for (int i = 0; i < 255; i++)
        buffer_print(&text, "%s%d", i > 0 ? ";" : "", i);
    CU_ASSERT_FATAL(vm_place_read(text.bytes, "", &place, &err));
    CU_ASSERT_EQUAL(place.count, 255);
    vm_place_clear(&place);
    buffer_add_text(&text, ";255");
    CU_ASSERT(!vm_place_read(text.bytes, "", &place, &err));
    CU_ASSERT_STRING_EQUAL(err.text,
                           "a virtual machine has 255 processors at most, and the job has "
                           "256 cores here: ask for fewer");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a machine with a kernel, word by word", test_golden             },
        {"a disk that starts itself",             test_own_disk           },
        {"what there is not, is not told",        test_without            },
        {"no text becomes an element",            test_no_injection       },
        {"places that are none are refused",      test_bad_places         },
        {"more processors than a PC has",         test_too_many_processors},
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_domain", tests);
}
