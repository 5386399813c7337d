/* test_libvirt_process.c - libvirt asked through a program, and what that program may do wrong */

#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "scheduler/cloud/provider.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct provider_settings usual = {
    .kind = (char *)"libvirt",
    .url = (char *)"test:///default",
    .hypervisor = (char *)"test",
    .kernel = (char *)"/boot/vmlinuz",
    .network = (char *)"auto",
    .storage = (char *)"default-pool",
    .mark = (char *)"tequio-mx-vm",
    .program = (char *)"/bin/false",
    .vcpus = 2,
    .memory_bytes = UINT64_C(64) << 20,
    .pin = true,
    .timeout_us = 20 * US_PER_SECOND,
};

struct scene {
    struct provider_settings settings;
    struct provider *provider;
    struct server_list list;
    char id[SERVER_ID_SIZE];
    struct error err;
};

static bool fails(struct scene *scene, bool good, enum error_code code, const char *text)
{
    if (!good && scene->err.code == code && strstr(scene->err.text, text))
        return true;
    printf("# %s: code %d, %s\n", good ? "good" : "failed", (int)scene->err.code, scene->err.text);
    return false;
}

static bool list(struct scene *scene)
{
    scene->list.count = 0;
    return scene->provider->list(scene->provider, &scene->list, &scene->err);
}

static bool make(struct scene *scene, const char *name)
{
    return scene->provider->make(scene->provider, name, "#!/bin/sh\n", scene->id, &scene->err);
}

static void begin(struct scene *scene, char *program)
{
    *scene = (struct scene){.settings = usual};
    scene->settings.program = program;
    scene->provider = provider_open(&scene->settings, &scene->err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene->provider);
}

static void end(struct scene *scene)
{
    server_list_clear(&scene->list);
    provider_free(scene->provider);
}

static void test_all_goes_through_the_program(void)
{
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep)
    char *program = memory_format("%s/scheduler/tequio-libvirt", build ? build : ".");
    struct server_size size;
    struct scene scene;

    begin(&scene, program);
    CU_ASSERT(scene.provider->measure(scene.provider, &size, &scene.err));
    CU_ASSERT_EQUAL(size.cores, 2);
    CU_ASSERT(list(&scene) && scene.list.count == 0);
    CU_ASSERT(make(&scene, "v1"));
    CU_ASSERT(fails(&scene, make(&scene, "v1"), ERROR_UNAVAILABLE, "already"));
    CU_ASSERT_FATAL(list(&scene) && scene.list.count == 1);
    CU_ASSERT_STRING_EQUAL(scene.list.all[0].name, "v1");
    CU_ASSERT_STRING_EQUAL(scene.list.all[0].id, scene.id);
    CU_ASSERT_EQUAL(scene.list.all[0].state, SERVER_ACTIVE);
    CU_ASSERT(scene.provider->remove(scene.provider, scene.id, &scene.err));
    CU_ASSERT(list(&scene) && scene.list.count == 0);
    end(&scene);
}

static char *script(const char *text)
{
    CLEANUP(memory_freep) char *whole = memory_format("#!/bin/sh\n%s\n", text);
    char *path = scratch_file("program", whole, strlen(whole));

    chmod(path, 0700);
    return path;
}

/* It writes who it is, and says nothing more. */
static void test_one_that_hangs_is_killed(void)
{
    CLEANUP(memory_freep) char *pid_file = scratch_path("pid");
    CLEANUP(memory_freep)
    char *text = memory_format("echo $$ >%s\nexec tail -f /dev/null", pid_file);
    CLEANUP(memory_freep) char *program = script(text);
    CLEANUP(buffer_clear) struct buffer pid;
    int64_t since_us = clock_boot_us(&clock_real);
    struct scene scene;
    uint32_t number = 0;

    buffer_init(&pid);
    begin(&scene, program);
    scene.settings.timeout_us = US_PER_SECOND / 2;
    CU_ASSERT(fails(&scene, list(&scene), ERROR_UNAVAILABLE,
                    "libvirt at test:///default: no answer in time"));
    CU_ASSERT(clock_boot_us(&clock_real) - since_us < 10 * US_PER_SECOND);
    CU_ASSERT(file_read(pid_file, 64, &pid, &scene.err));
    pid.bytes[strcspn(pid.bytes, "\n")] = '\0';
    CU_ASSERT(parse_u32(pid.bytes, 1, INT32_MAX, &number, &scene.err));
    CU_ASSERT(kill((pid_t)number, 0) != 0);
    end(&scene);
}

static void test_answers_that_are_none(void)
{
    static const struct {
        const char *script, *text;
    } cases[] = {
        {"exit 0",                                                                        "has ended"       },
        {"printf '\\377\\377\\377\\377' >&0; cat >/dev/null",                             "speaks of"       },
        {"printf '\\1\\0\\0\\0x' >&0; cat >/dev/null",                                    "that can be read"},
        {"printf '\\4\\0\\0\\0%s\\0%s' 00 a >&0; cat >/dev/null",                         "that can be read"},
        {"printf '\\3\\0\\0\\0%s\\0\\0\\5\\0\\0\\0%s\\0\\0x\\0' 0 0 >&0; cat >/dev/null",
         "makes no sense"                                                                                   },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(memory_freep) char *program = script(cases[i].script);
        struct scene scene;

        begin(&scene, program);
        scene.settings.timeout_us = 5 * US_PER_SECOND;
        CU_ASSERT(fails(&scene, list(&scene), ERROR_UNAVAILABLE, cases[i].text));
        end(&scene);
    }
}

static void test_no_such_program(void)
{
    struct provider_settings settings = usual;
    struct error err;

    settings.program = (char *)"/nowhere/tequio-libvirt";
    CU_ASSERT_PTR_NULL(provider_open(&settings, &err));
    CU_ASSERT(strstr(err.text, "/nowhere/tequio-libvirt is no program") != NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all goes through the program",         test_all_goes_through_the_program},
        {"one that hangs is killed",             test_one_that_hangs_is_killed    },
        {"answers that are none are told",       test_answers_that_are_none       },
        {"a program that is not there is named", test_no_such_program             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("libvirt_process", tests);
}
