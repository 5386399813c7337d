/* test_libvirt.c - domains over libvirt's own driver for tests
 *
 * test:///default is a host in memory, with libvirt's parser of domains, states, pins and storage;
 * only nothing boots. */

#include "base/memory.h"
#include "base/parse.h"
#include "scheduler/cloud/libvirt_host.h"
#include "tests/lib/runner.h"

#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK    "tequio-mx-vm"
#define STORAGE "default-pool"
#define UUID    "00112233-4455-4677-8899-aabbccddeeff"

static const struct provider_settings usual = {
    .kind = (char *)"libvirt",
    .url = (char *)"test:///default",
    .hypervisor = (char *)"test",
    .kernel = (char *)"/boot/vmlinuz",
    .network = (char *)"auto",
    .storage = (char *)STORAGE,
    .mark = (char *)MARK,
    .program = (char *)"/bin/false",
    .vcpus = 2,
    .memory_bytes = UINT64_C(64) << 20,
    .pin = true,
    .timeout_us = 20 * US_PER_SECOND,
};

/* The host lives as long as somebody is connected to it. */
struct scene {
    struct provider_settings settings;
    virConnectPtr host;
    struct provider *provider;
    struct server_list list;
    char id[SERVER_ID_SIZE];
    struct error err;
};

static void begin(struct scene *scene)
{
    *scene = (struct scene){.settings = usual};
    scene->host = virConnectOpen("test:///default");
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->host);
    scene->provider = libvirt_host_open(&scene->settings);
}

static void end(struct scene *scene)
{
    server_list_clear(&scene->list);
    scene->provider->free(scene->provider);
    virConnectClose(scene->host);
}

static bool make(struct scene *scene, const char *name)
{
    return scene->provider->make(scene->provider, name, "#!/bin/sh\n", scene->id, &scene->err);
}

static bool fails(struct scene *scene, bool good, enum error_code code, const char *text)
{
    if (!good && scene->err.code == code && strstr(scene->err.text, text))
        return true;
    printf("# %s: code %d, %s\n", good ? "good" : "failed", (int)scene->err.code, scene->err.text);
    return false;
}

static size_t count(struct scene *scene)
{
    scene->list.count = 0;
    CU_ASSERT(scene->provider->list(scene->provider, &scene->list, &scene->err));
    return scene->list.count;
}

static bool has_volume(struct scene *scene, const char *name)
{
    virStoragePoolPtr pool = virStoragePoolLookupByName(scene->host, STORAGE);
    virStorageVolPtr volume = virStorageVolLookupByName(pool, name);
    bool found = volume;

    if (volume)
        virStorageVolFree(volume);
    virStoragePoolFree(pool);
    return found;
}

static bool has_seed(struct scene *scene, const char *id)
{
    CLEANUP(memory_freep) char *name = memory_format(MARK ".%s.iso", id);

    return has_volume(scene, name);
}

static void test_a_domain_is_made_and_removed(void)
{
    struct scene scene;
    char first[SERVER_ID_SIZE];

    begin(&scene);
    CU_ASSERT_EQUAL(count(&scene), 0);
    CU_ASSERT(make(&scene, "v1"));
    memory_put_text(first, sizeof(first), scene.id);
    CU_ASSERT(make(&scene, "v2"));
    CU_ASSERT_STRING_NOT_EQUAL(first, scene.id);
    CU_ASSERT_EQUAL_FATAL(count(&scene), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct server *server = &scene.list.all[i];
        bool is_first = strcmp(server->id, first) == 0;

        CU_ASSERT_STRING_EQUAL(server->name, is_first ? "v1" : "v2");
        CU_ASSERT(is_first || strcmp(server->id, scene.id) == 0);
        CU_ASSERT_EQUAL(server->state, SERVER_ACTIVE);
        CU_ASSERT(has_seed(&scene, server->id));
    }
    CU_ASSERT(scene.provider->remove(scene.provider, first, &scene.err));
    CU_ASSERT(!has_seed(&scene, first) && has_seed(&scene, scene.id));
    CU_ASSERT(scene.provider->remove(scene.provider, first, &scene.err));
    CU_ASSERT_EQUAL_FATAL(count(&scene), 1);
    CU_ASSERT_STRING_EQUAL(scene.list.all[0].id, scene.id);
    end(&scene);
}

static void test_of_one_name_there_is_one(void)
{
    struct scene scene;

    begin(&scene);
    CU_ASSERT(make(&scene, "v1"));
    CU_ASSERT(fails(&scene, make(&scene, "v1"), ERROR_UNAVAILABLE, MARK ".v1 already"));
    CU_ASSERT_EQUAL(count(&scene), 1);
    end(&scene);
}

/* The virtual processors of all domains v…; others are pinned to nothing. */
static void look_at_pins(struct scene *scene, int *ret_pinned, bool *ret_twice)
{
    unsigned char seen[64] = {0};
    int processors = 8 * (int)sizeof(seen);
    virDomainPtr *domains;
    int found = virConnectListAllDomains(scene->host, &domains, 0);

    *ret_pinned = 0;
    *ret_twice = false;
    for (int i = 0; i < found; i++) {
        unsigned char maps[8][sizeof(seen)] = {{0}};
        bool is_pinned = strncmp(virDomainGetName(domains[i]), MARK ".v", strlen(MARK) + 2) == 0;
        int vcpus =
            is_pinned ? virDomainGetVcpuPinInfo(domains[i], 8, maps[0], sizeof(seen), 0) : 0;

        for (int j = 0; j < vcpus * processors; j++) {
            int cpu = j % processors;

            if (!VIR_CPU_USABLE(maps[0], (int)sizeof(seen), j / processors, cpu))
                continue;
            *ret_twice = *ret_twice || VIR_CPU_USED(seen, cpu);
            VIR_USE_CPU(seen, cpu);
        }
        *ret_pinned += vcpus;
        virDomainFree(domains[i]);
    }
    free(domains);
}

/* Until the host is full: then there is no room, and that is said so. */
static void test_each_processor_has_a_core_of_its_own(void)
{
    struct scene scene;
    char first[SERVER_ID_SIZE];
    int made = 0, pinned;
    bool twice, good = true;

    begin(&scene);
    while (good && made < 64) {
        CLEANUP(memory_freep) char *name = memory_format("v%d", made);

        good = make(&scene, name);
        if (made == 0)
            memory_put_text(first, sizeof(first), scene.id);
        made += good;
    }
    look_at_pins(&scene, &pinned, &twice);
    CU_ASSERT(fails(&scene, good, ERROR_EXHAUSTED, "the host has no room: 2 cores"));
    CU_ASSERT(made >= 2);
    CU_ASSERT_EQUAL(pinned, 2 * made);
    CU_ASSERT(!twice);
    scene.settings.pin = false;
    CU_ASSERT(make(&scene, "floats"));
    CU_ASSERT_EQUAL(count(&scene), (size_t)made + 1);
    CU_ASSERT(scene.provider->remove(scene.provider, first, &scene.err));
    scene.settings.pin = true;
    CU_ASSERT(make(&scene, "v-again"));
    look_at_pins(&scene, &pinned, &twice);
    CU_ASSERT_EQUAL(pinned, 2 * made);
    CU_ASSERT(!twice);
    end(&scene);
}

/* --- who else is there --------------------------------------------------------------------------- */

static void add_domain(struct scene *scene, const char *name, const char *mark)
{
    CLEANUP(memory_freep)
    char *text = memory_format("<domain type='test'><name>%s</name><memory>4096</memory>"
                               "<metadata><t:pool xmlns:t='urn:tequio:pool'>%s</t:pool></metadata>"
                               "<os><type>hvm</type></os></domain>",
                               name, mark);
    virDomainPtr domain = virDomainCreateXML(scene->host, text, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
    virDomainFree(domain);
}

static void test_domains_of_others_are_theirs(void)
{
    struct scene scene;

    begin(&scene);
    add_domain(&scene, MARK ".a", "tequio-mx");        /* our name, another's mark */
    add_domain(&scene, MARK "2.a", MARK "2");          /* a pool of nearly our name */
    add_domain(&scene, "web", MARK);                   /* our mark, another's name */
    add_domain(&scene, "tequio-mx.vm.a", "tequio-mx"); /* another pool's */
    CU_ASSERT_EQUAL(count(&scene), 0);
    add_domain(&scene, MARK ".gone", MARK); /* of a scheduler that was killed */
    CU_ASSERT_EQUAL_FATAL(count(&scene), 1);
    CU_ASSERT_STRING_EQUAL(scene.list.all[0].name, "gone");
    end(&scene);
}

static void test_states(void)
{
    struct scene scene;
    virDomainPtr domain;

    begin(&scene);
    CU_ASSERT(make(&scene, "v1"));
    domain = virDomainLookupByName(scene.host, MARK ".v1");
    CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
    CU_ASSERT_EQUAL(virDomainSuspend(domain), 0);
    CU_ASSERT_EQUAL_FATAL(count(&scene), 1);
    CU_ASSERT_EQUAL(scene.list.all[0].state, SERVER_OFF);
    CU_ASSERT_EQUAL(virDomainResume(domain), 0);
    CU_ASSERT_EQUAL_FATAL(count(&scene), 1);
    CU_ASSERT_EQUAL(scene.list.all[0].state, SERVER_ACTIVE);
    CU_ASSERT_EQUAL(virDomainDestroy(domain), 0);
    CU_ASSERT_EQUAL(count(&scene), 0);
    CU_ASSERT(!has_seed(&scene, scene.id)); /* with it goes its disk */
    virDomainFree(domain);
    end(&scene);
}

static void add_volume(struct scene *scene, const char *name)
{
    CLEANUP(memory_freep)
    char *text = memory_format("<volume><name>%s</name><capacity>2048</capacity></volume>", name);
    virStoragePoolPtr pool = virStoragePoolLookupByName(scene->host, STORAGE);
    virStorageVolPtr volume = virStorageVolCreateXML(pool, text, 0);

    CU_ASSERT_PTR_NOT_NULL_FATAL(volume);
    virStorageVolFree(volume);
    virStoragePoolFree(pool);
}

static void test_disks_without_a_domain_are_tidied_up(void)
{
    static const char *const others[] = {
        MARK ".iso",         MARK "2." UUID ".iso",    "x" MARK "." UUID ".iso",
        MARK "." UUID ".qc", "tequio-mx." UUID ".iso",
    };
    struct scene scene;

    begin(&scene);
    for (size_t i = 0; i < COUNT_OF(others); i++)
        add_volume(&scene, others[i]);
    add_volume(&scene, MARK "." UUID ".iso");
    CU_ASSERT(make(&scene, "v1"));
    CU_ASSERT_EQUAL(count(&scene), 1);
    CU_ASSERT(!has_seed(&scene, UUID) && has_seed(&scene, scene.id));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        CU_ASSERT(has_volume(&scene, others[i]));
    end(&scene);
}

/* --- what a domain is ---------------------------------------------------------------------------- */

/* What libvirt's parser has understood. */
static void test_descriptions(void)
{
    static const struct {
        const char *network, *image, *kernel, *initrd, *arguments;
        const char *has[3];
    } cases[] = {
        {"auto",
         "/a/b.qcow2",                    NULL,
         NULL,                                          NULL,
         {"<source network='default'/>", "type='qcow2'", "<transient shareBacking='yes'/>"}                              },
        {"none",       "/a/b&'\"<c>.img", NULL,   NULL, NULL,                {"type='raw'", "<boot dev='hd'/>", "b&amp;"}},
        {"user",
         NULL,                            "/k",
         "/i",                                          "quiet a=\"<b>&c\"",
         {"<interface type='user'>", "<initrd>/i</initrd>", "&lt;b&gt;&amp;c"}                                           },
        {"bridge:br0",
         NULL,                            "/k'&",
         NULL,                                          NULL,
         {"<source bridge='br0'/>", "&amp;</kernel>", "<readonly/>"}                                                     },
        {"lan&\"'",
         NULL,                            "/k",
         NULL,                                          NULL,
         {"<source network=", "<vcpu placement='static'>2</vcpu>", "mac address='52:"}                                   },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *text = NULL;
        struct scene scene;
        virDomainPtr domain;

        begin(&scene);
        scene.settings.network = (char *)(uintptr_t)cases[i].network;
        scene.settings.image = (char *)(uintptr_t)cases[i].image;
        scene.settings.kernel = (char *)(uintptr_t)cases[i].kernel;
        scene.settings.initrd = (char *)(uintptr_t)cases[i].initrd;
        scene.settings.arguments = (char *)(uintptr_t)cases[i].arguments;
        if (!make(&scene, "v1"))
            printf("# %s\n", scene.err.text);
        domain = virDomainLookupByUUIDString(scene.host, scene.id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
        text = virDomainGetXMLDesc(domain, 0);
        for (size_t j = 0; j < COUNT_OF(cases[i].has); j++)
            if (!strstr(text, cases[i].has[j])) {
                printf("# %zu: no %s in\n# %s\n", i, cases[i].has[j], text);
                CU_ASSERT(false);
            }
        virDomainFree(domain);
        end(&scene);
    }
}

/* --- errors -------------------------------------------------------------------------------------- */

static void test_errors_say_what_to_do(void)
{
    struct scene scene;
    struct server_size size;

    begin(&scene);
    CU_ASSERT(scene.provider->measure(scene.provider, &size, &scene.err));
    CU_ASSERT_EQUAL(size.cores, 2);
    CU_ASSERT_EQUAL(size.memory_bytes, UINT64_C(64) << 20);
    scene.settings.vcpus = 60000;
    CU_ASSERT(fails(&scene, scene.provider->measure(scene.provider, &size, &scene.err),
                    ERROR_INVALID, "the host has but"));
    scene.settings.vcpus = 2;
    scene.settings.storage = (char *)"nowhere";
    CU_ASSERT(fails(&scene, make(&scene, "v1"), ERROR_NOT_FOUND, "nowhere"));
    CU_ASSERT_EQUAL(count(&scene), 0);
    scene.settings.storage = (char *)STORAGE;
    CU_ASSERT(fails(&scene, make(&scene, "a/b"), ERROR_INVALID, "a/b"));
    CU_ASSERT_EQUAL(count(&scene), 0);
    CU_ASSERT(!has_seed(&scene, scene.id));
    end(&scene);
}

static void test_a_host_that_is_not_there(void)
{
    struct provider_settings settings = usual;
    struct scene scene = {0};

    settings.url = (char *)"test:///nowhere/at/all.xml";
    scene.provider = libvirt_host_open(&settings);
    CU_ASSERT(fails(&scene, scene.provider->list(scene.provider, &scene.list, &scene.err),
                    ERROR_UNAVAILABLE, "test:///nowhere"));
    settings.url = (char *)"test:///default"; /* it comes back */
    CU_ASSERT_EQUAL(count(&scene), 0);
    scene.provider->free(scene.provider);
    server_list_clear(&scene.list);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a domain is made, found and removed",    test_a_domain_is_made_and_removed        },
        {"of one name there is never a second",    test_of_one_name_there_is_one            },
        {"each processor has a core of its own",   test_each_processor_has_a_core_of_its_own},
        {"domains of others are theirs",           test_domains_of_others_are_theirs        },
        {"states are taken for what they are",     test_states                              },
        {"disks without a domain are tidied up",   test_disks_without_a_domain_are_tidied_up},
        {"libvirt understands the descriptions",   test_descriptions                        },
        {"errors say what to do",                  test_errors_say_what_to_do               },
        {"a host that is not there may come back", test_a_host_that_is_not_there            },
        CU_TEST_INFO_NULL,
    };

    return run_suite("libvirt", tests);
}
