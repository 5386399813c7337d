/* test_gateway_settings.c - gateway.conf: read, completed, or refused with a reason */

#include "agent/gateway/settings.h"

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <string.h>
#include <sys/stat.h>

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
#define NEED                                                              \
    "scheduler = \"tcp://127.0.0.1:7101\"\nscheduler-key = \"" KEY "\"\n" \
    "shared-directory = \"/home/lent\"\npartition = \"lent\"\n"

static bool read_text(const char *text, struct gateway_settings *settings, struct error *err)
{
    CLEANUP(memory_freep) char *path = scratch_file("gateway.conf", text, strlen(text));

    chmod(path, 0600);
    return gateway_settings_read(settings, path, err);
}

static void test_what_is_left_out_is_completed(void)
{
    struct gateway_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(NEED, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.scheduler, "tcp://127.0.0.1:7101");
    CU_ASSERT_STRING_EQUAL(settings.commands, "/usr/bin");
    CU_ASSERT_STRING_EQUAL(settings.prefix, "");
    CU_ASSERT_PTR_NULL(settings.nodes);
    CU_ASSERT_PTR_NULL(settings.account);
    CU_ASSERT_EQUAL(settings.most_nodes, GATEWAY_NODES_MAX);
    CU_ASSERT_EQUAL(settings.longest_us, US_PER_DAY);
    CU_ASSERT_EQUAL(settings.wait_us, 10 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(settings.look_us, 5 * US_PER_SECOND);
    CU_ASSERT_EQUAL(settings.memory_bytes, 0);
    CU_ASSERT_FALSE(settings.sacct);
    gateway_settings_clear(&settings);
}

static void test_each_setting_is_read(void)
{
    static const char text[] = NEED
        "state-directory = \"/s\"\nlibexec = \"/x\"\nslurm-commands = \"/opt/bin\"\n"
        "slurm-conf = \"/c\"\nnodes = \"a[1-3]\"\nprefix = \"uni-\"\nfeatures = \"fast\"\n"
        "account = \"guests\"\nqos = \"low\"\nlongest = \"2h\"\nwait = \"30s\"\nlook = \"2s\"\n"
        "timeout = \"5s\"\nmost-nodes = 2\ncores = 8\nmemory = \"4G\"\nsacct = true\n"
        "log-level = \"debug\"\n";
    struct gateway_settings settings;
    struct error err;

    CU_ASSERT_FATAL(read_text(text, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.state_directory, "/s");
    CU_ASSERT_STRING_EQUAL(settings.shared_directory, "/home/lent");
    CU_ASSERT_STRING_EQUAL(settings.slurm_conf, "/c");
    CU_ASSERT_STRING_EQUAL(settings.nodes, "a[1-3]");
    CU_ASSERT_STRING_EQUAL(settings.prefix, "uni-");
    CU_ASSERT_STRING_EQUAL(settings.account, "guests");
    CU_ASSERT_STRING_EQUAL(settings.qos, "low");
    CU_ASSERT_EQUAL(settings.longest_us, 2 * US_PER_HOUR);
    CU_ASSERT_EQUAL(settings.wait_us, 30 * US_PER_SECOND);
    CU_ASSERT_EQUAL(settings.timeout_us, 5 * US_PER_SECOND);
    CU_ASSERT_EQUAL(settings.most_nodes, 2);
    CU_ASSERT_EQUAL(settings.cores, 8);
    CU_ASSERT_EQUAL(settings.memory_bytes, UINT64_C(4) << 30);
    CU_ASSERT(settings.sacct);
    CU_ASSERT_EQUAL(settings.log_level, LOG_DEBUG);
    gateway_settings_clear(&settings);
}

static const struct {
    const char *text;
    const char *words; /* of the refusal */
} wrong[] = {
    {"",                                                                                       "scheduler is not set"                },
    {NEED "colour = \"blue\"\n",                                                               "colour"                              },
    {NEED "partition = \"other\"\n",                                                           "partition"                           },
    {NEED "most-nodes = 0\n",                                                                  "most-nodes = 0 is not between 1 and" },
    {NEED "cores = -1\n",                                                                      "cores = -1 is not between 1 and"     },
    {NEED "nodes = \"a[1-\"\n",                                                                "nodes"                               },
    {NEED "memory = \"much\"\n",                                                               "memory"                              },
    {NEED "wait = \"0s\"\n",                                                                   "wait: \"0s\": a duration is at least"},
    {NEED "longest = \"UNLIMITED\"\n",                                                         "longest = UNLIMITED is too short or" },
    {NEED "libexec = \"x\"\n",                                                                 "libexec = \"x\" is no absolute path" },
    {NEED "libexec = \"/it's\"\n",                                                             "libexec"                             },
    {NEED "account = \"a b\"\n",                                                               "account"                             },
    {NEED "account = \"--uid=0\"\n",                                                           "account"                             },
    {NEED "log-level = \"loud\"\n",                                                            "log-level"                           },
    {"scheduler = \"tcp://127.0.0.1:7101\"\nshared-directory = \"/l\"\npartition = \"p\"\n",
     "scheduler-key"                                                                                                                 },
    {"scheduler = \"tcp://127.0.0.1:7101\"\nscheduler-key = \"" KEY "\"\npartition = \"p\"\n",
     "shared-directory is not set"                                                                                                   },
    {"scheduler = \"nowhere\"\nscheduler-key = \"" KEY "\"\nshared-directory = \"/l\"\n"
     "partition = \"p\"\n",                                                               "scheduler"                           },
};

static void test_what_is_wrong_is_refused(void)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct gateway_settings settings;
        struct error err;

        CU_ASSERT_FALSE(read_text(wrong[i].text, &settings, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, wrong[i].words));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "gateway.conf"));
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is left out is completed", test_what_is_left_out_is_completed},
        {"each setting is read",          test_each_setting_is_read         },
        {"what is wrong is refused",      test_what_is_wrong_is_refused     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("gateway_settings", tests);
}
