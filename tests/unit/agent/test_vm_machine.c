/* test_vm_machine.c - a machine's life over libvirt's own driver for tests
 *
 * test:///default is a host in memory, with libvirt's parser of domains, states and pins; only
 * nothing boots. */

#include "agent/vm_machine.h"

#include "agent/vm_domain.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <libvirt/libvirt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HOST "test:///default"

static void print_domain(struct buffer *text)
{
    struct vm_place place;
    struct error err;
    const struct vm_domain domain = {
        .name = "job-17",
        .hypervisor = "test",
        .memory_bytes = UINT64_C(64) << 20,
        .place = &place,
        .disk = "/tmp/disk",
        .job_disk = "/tmp/job",
        .folder = "/tmp",
    };

    buffer_init(text);
    CU_ASSERT_FATAL(vm_place_read("1;2-3", "", &place, &err));
    vm_domain_print(&domain, text);
    vm_place_clear(&place);
}

/* As libvirt has it: is virtual processor 1 where it shall be, and nowhere else? */
static bool is_pinned(virDomainPtr domain)
{
    unsigned char maps[2][1] = {{0}, {0}};

    return virDomainGetVcpuPinInfo(domain, 2, maps[0], 1, VIR_DOMAIN_AFFECT_CURRENT) == 2 &&
           maps[0][0] == 0x02 && maps[1][0] == 0x0c;
}

static void test_life(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    virConnectPtr host = virConnectOpen(HOST); /* the host lives as long as somebody is connected */
    struct vm_machine *machine;
    virDomainPtr domain;
    virDomainInfo info = {0};
    struct error err;

    CU_ASSERT_PTR_NOT_NULL_FATAL(host);
    print_domain(&text);
    machine = vm_machine_start(HOST, text.bytes, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    domain = virDomainLookupByName(host, "job-17");
    CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
    CU_ASSERT_EQUAL(virDomainGetInfo(domain, &info), 0);
    CU_ASSERT_EQUAL(info.state, VIR_DOMAIN_RUNNING);
    CU_ASSERT_EQUAL(info.nrVirtCpu, 2);
    CU_ASSERT_EQUAL(info.maxMem, 65536);
    CU_ASSERT(is_pinned(domain));
    virDomainFree(domain);
    vm_machine_free(machine);
    CU_ASSERT_PTR_NULL(virDomainLookupByName(host, "job-17"));
    virConnectClose(host);
}

static void test_ended_before(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    virConnectPtr host = virConnectOpen(HOST);
    struct vm_machine *machine;
    virDomainPtr domain;
    struct error err;

    print_domain(&text);
    machine = vm_machine_start(HOST, text.bytes, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    domain = virDomainLookupByName(host, "job-17");
    CU_ASSERT_EQUAL(virDomainDestroy(domain), 0);
    virDomainFree(domain);
    vm_machine_free(machine);
    virConnectClose(host);
}

static void test_failures(void)
{
    struct error err;

    CU_ASSERT_PTR_NULL(vm_machine_start(HOST, "<domain type='test'><name>x</name>", &err));
    CU_ASSERT_EQUAL(strncmp(err.text, "starting the virtual machine: ", 30), 0);
    CU_ASSERT_PTR_NULL(vm_machine_start("none:///there", "<domain/>", &err));
    CU_ASSERT_EQUAL(strncmp(err.text, "libvirt, or its driver for QEMU: ", 33), 0);
}

static void test_folder(void)
{
    CLEANUP(memory_freep) char *odd = scratch_path("a?b");
    CLEANUP(memory_freep) char *settings = scratch_path("etc/qemu.conf");
    CLEANUP(memory_freep) char *uri = NULL;
    CLEANUP(memory_freep)
    char *expected = memory_format("qemu:///embed?root=%s", scratch_directory());
    struct stat status;
    struct error err;

    CU_ASSERT_PTR_NULL(vm_machine_uri(odd, &err));
    uri = vm_machine_uri(scratch_directory(), &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
    CU_ASSERT_STRING_EQUAL(uri, expected);
    CU_ASSERT(stat(settings, &status) == 0 && (status.st_mode & 0777) == 0600);
    CU_ASSERT_STRING_EQUAL(getenv("XDG_CACHE_HOME"), scratch_directory());
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"it runs, pinned, and is gone",       test_life        },
        {"a machine that has ended by itself", test_ended_before},
        {"what cannot be started says why",    test_failures    },
        {"the driver's folder is made for it", test_folder      },
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_machine", tests);
}
