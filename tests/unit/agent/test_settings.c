/* test_settings.c - tequio-agent.conf: read, completed, or refused with a reason */

#include "agent/settings.h"

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <string.h>
#include <sys/stat.h>

#define KEY  "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define NEED "scheduler = \"tcp://127.0.0.1:7101\"\nscheduler-key = \"" KEY "\"\nnode = \"n1\"\n"

static bool read_text(const char *text, struct agent_settings *settings, struct error *err)
{
    CLEANUP(memory_freep) char *path = scratch_file("agent.conf", text, strlen(text));

    chmod(path, 0600);
    return agent_settings_read(settings, path, err);
}

static void test_what_is_left_out_is_completed(void)
{
    struct agent_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(NEED, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.scheduler, "tcp://127.0.0.1:7101");
    CU_ASSERT_STRING_EQUAL(settings.node, "n1");
    CU_ASSERT_STRING_EQUAL(settings.topology, "machine");
    CU_ASSERT_PTR_NULL(settings.launcher);
    CU_ASSERT(settings.bind);
    CU_ASSERT_FALSE(settings.own_name);
    CU_ASSERT_EQUAL(settings.memory_bytes, 0);
    CU_ASSERT_STRING_EQUAL(settings.key_file + strlen(settings.key_file) - 10, "/agent.key");
    agent_settings_clear(&settings);
}

static void test_each_setting_is_read(void)
{
    static const char text[] =
        NEED "state-directory = \"/s\"\nlauncher = \"/run/l\"\nspool = \"/spool\"\n"
             "local = \"ipc:///run/a\"\nlibexec = \"/x\"\ntopology = \"synthetic:core:4\"\n"
             "binding = \"none\"\nreserved-cores = 2\nprocesses-per-core = 99\nreserved-memory = "
             "\"2G\"\n"
             "memory = \"8192\"\nlog-level = \"debug\"\ntoken-file = \"/t\"\n";
    struct agent_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(text, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.key_file, "/s/agent.key");
    CU_ASSERT_STRING_EQUAL(settings.launcher, "/run/l");
    CU_ASSERT_STRING_EQUAL(settings.local, "ipc:///run/a");
    CU_ASSERT_STRING_EQUAL(settings.topology, "synthetic:core:4");
    CU_ASSERT_FALSE(settings.bind);
    CU_ASSERT(settings.own_name); /* several such nodes are on one machine */
    CU_ASSERT_EQUAL(settings.reserved_cores, 2);
    CU_ASSERT_EQUAL(settings.processes_per_core, 99);
    CU_ASSERT_EQUAL(settings.reserved_memory_bytes, UINT64_C(2) << 30);
    CU_ASSERT_EQUAL(settings.memory_bytes, UINT64_C(8) << 30);
    CU_ASSERT_EQUAL(settings.log_level, LOG_DEBUG);
    agent_settings_clear(&settings);
}

static void test_where_images_are(void)
{
    struct agent_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(NEED "vm-images = \"/i\"\n", &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.vm_images, "/i");
    agent_settings_clear(&settings);
    CU_ASSERT(!read_text(NEED "vm-images = \"i\"\n", &settings, &err));
}

static void test_key_comes_from_a_file(void)
{
    static const char *const forms[] = {
        KEY, KEY "\n", "public = " KEY "\n", "public = \"" KEY "\"\n", "\n  " KEY "  \n",
    };
    CLEANUP(memory_freep) char *path = scratch_path("scheduler.pub");
    CLEANUP(memory_freep)
    char *text = memory_format(
        "scheduler = \"tcp://127.0.0.1:7101\"\nnode = \"n1\"\nscheduler-key-file = \"%s\"\n", path);

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        CLEANUP(memory_freep)
        __attribute__((unused)) char *file =
            scratch_file("scheduler.pub", forms[i], strlen(forms[i]));
        struct agent_settings settings;
        struct error err;

        CU_ASSERT_FATAL(read_text(text, &settings, &err));
        CU_ASSERT_STRING_EQUAL(settings.scheduler_key, KEY);
        agent_settings_clear(&settings);
    }
}

static const struct {
    const char *text;
    const char *why;
} refused[] = {
    {"",                                                                                "scheduler is not set"},
    {"scheduler = \"tcp://127.0.0.1:7101\"\n",                                          "scheduler-key"       },
    {NEED "speed = 3\n",                                                                "speed"               },
    {NEED "node = \"n2\"\n",                                                            "node"                },
    {NEED "state-directory = \"relative\"\n",                                           "no absolute path"    },
    {NEED "reserved-cores = -1\n",                                                      "reserved-cores = -1" },
    {NEED "reserved-cores = 9999999\n",                                                 "is not between"      },
    {NEED "processes-per-core = -1\n",                                                  "is not between 0"    },
    {NEED "processes-per-core = 1000001\n",                                             "is not between 0"    },
    {NEED "reserved-memory = \"many\"\n",                                               "reserved-memory"     },
    {NEED "memory = \"-1\"\n",                                                          "memory"              },
    {NEED "binding = \"sockets\"\n",                                                    "binding"             },
    {NEED "host-name = \"mine\"\n",                                                     "host-name"           },
    {NEED "log-level = \"loud\"\n",                                                     "log-level"           },
    {NEED "local = \"tcp://127.0.0.1:1\"\n",                                            "ipc:///PATH"         },
    {NEED "scheduler-key-file = \"/nowhere\"\nnode = \n",                               ""                    },
    {"scheduler = \"http://x\"\nscheduler-key = \"" KEY "\"\n",                         "scheduler"           },
    {"scheduler = \"tcp://127.0.0.1:70000\"\nscheduler-key = \"" KEY "\"\n",            "scheduler"           },
    {"scheduler = \"tcp://127.0.0.1:1\"\nscheduler-key = \"short\"\n",                  "public key"          },
    {"scheduler = \"tcp://127.0.0.1:1\"\nscheduler-key = \"" KEY "\"\nnode = \"-x\"\n", "node"                },
    {"scheduler = \"tcp://127.0.0.1:1\"\nscheduler-key-file = \"/dev/null\"\n",         "/dev/null"           },
};

static void check_refused(const char *text, const char *why)
{
    struct agent_settings settings;
    struct error err = {0};
    bool done = read_text(text, &settings, &err);

    if (done || !strstr(err.text, why))
        printf("# %s: %s\n", text, done ? "was taken" : err.text);
    CU_ASSERT_FALSE(done);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, why));
    if (done)
        agent_settings_clear(&settings);
}

static void test_mistakes_stop_the_start(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        check_refused(refused[i].text, refused[i].why);
}

static void test_stages(void)
{
    struct agent_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(NEED "stage-protocols = \"https,file\"\nstage-size = \"10G\"\n"
                                   "stage-silence = \"2m\"\n",
                              &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.stage_protocols, "https,file");
    CU_ASSERT_EQUAL(settings.stage_bytes, UINT64_C(10) << 30);
    CU_ASSERT_EQUAL(settings.stage_silence_s, 120);
    agent_settings_clear(&settings);
}

static void test_bad_stages(void)
{
    check_refused(NEED "stage-protocols = \"ftp\"\n", "write some of https,http,sftp,file");
    check_refused(NEED "stage-protocols = \"\"\n", "stage-protocols");
    check_refused(NEED "stage-protocols = \"https,,http\"\n", "stage-protocols");
    check_refused(NEED "stage-size = \"big\"\n", "stage-size");
    check_refused(NEED "stage-silence = \"0\"\n", "stage-silence");
    check_refused(NEED "stage-silence = \"2-0\"\n", "stage-silence");
}

static void test_file_that_others_change_is_refused(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("open.conf", NEED, strlen(NEED));
    struct agent_settings settings;
    struct error err;

    chmod(path, 0666);
    CU_ASSERT_FALSE(agent_settings_read(&settings, path, &err));
    CU_ASSERT_FALSE(agent_settings_read(&settings, "/nowhere/agent.conf", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is left out is completed",        test_what_is_left_out_is_completed     },
        {"each setting is read",                 test_each_setting_is_read              },
        {"images are in a whole path",           test_where_images_are                  },
        {"the key comes from a file",            test_key_comes_from_a_file             },
        {"mistakes stop the start",              test_mistakes_stop_the_start           },
        {"stages",                               test_stages                            },
        {"stages that make no sense",            test_bad_stages                        },
        {"a file that others change is refused", test_file_that_others_change_is_refused},
        CU_TEST_INFO_NULL,
    };

    return run_suite("agent settings", tests);
}
