/* test_job_options.c - the options of a job, from all three places they come from */

#include "base/memory.h"
#include "base/parse.h"
#include "client/job_options.h"
#include "client/job_setters.h"
#include "tests/lib/runner.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MEBI (UINT64_C(1) << 20)

static bool read_words(const struct option_rule *rules, const char *const *words,
                       struct job_request *request, struct error *err)
{
    int count = 0, first;

    while (words[count])
        count++;
    return options_read(rules, count, (char **)words, request, &first, err);
}

#define READ(request, err, ...) \
    read_words(submit_options, (const char *[]){"submit", __VA_ARGS__, NULL}, request, err)

static void test_slurms_letters(void)
{
    struct job_request request = {0};
    struct error err = {0};

    CU_ASSERT_TRUE(READ(&request, &err, "-A", "p", "-p", "q", "-J", "n", "-N", "2-4", "-n", "8",
                        "-c", "3", "--ntasks-per-node=4", "-t", "1-02:03:04", "-o", "out", "-e",
                        "err", "-i", "in", "-D", "/d", "-w", "n1", "-x", "n2", "--exclusive", "-H",
                        "--nice", "--no-requeue", "-M", "a,b", "--export=NONE",
                        "--signal=B:USR1@120", "--open-mode=append", "--comment", "c", "-W", "-Q",
                        "-v", "--parsable", "--test-only", "--copies", "7"));
    CU_ASSERT_STRING_EQUAL(request.project, "p");
    CU_ASSERT_STRING_EQUAL(request.partition, "q");
    CU_ASSERT_STRING_EQUAL(request.name, "n");
    CU_ASSERT_EQUAL(request.nodes_least, 2);
    CU_ASSERT_EQUAL(request.nodes_most, 4);
    CU_ASSERT_EQUAL(request.tasks, 8);
    CU_ASSERT_EQUAL(request.cpus_per_task, 3);
    CU_ASSERT_EQUAL(request.tasks_per_node, 4);
    CU_ASSERT_EQUAL(request.limit_us, US_PER_DAY + 2 * US_PER_HOUR + 3 * US_PER_MINUTE + 4000000);
    CU_ASSERT_STRING_EQUAL(request.output, "out");
    CU_ASSERT_STRING_EQUAL(request.error, "err");
    CU_ASSERT_STRING_EQUAL(request.input, "in");
    CU_ASSERT_STRING_EQUAL(request.directory, "/d");
    CU_ASSERT_STRING_EQUAL(request.node_list, "n1");
    CU_ASSERT_STRING_EQUAL(request.node_exclude, "n2");
    CU_ASSERT_STRING_EQUAL(request.clusters, "a,b");
    CU_ASSERT_STRING_EQUAL(request.comment, "c");
    CU_ASSERT_STRING_EQUAL(request.export, "NONE");
    CU_ASSERT_EQUAL(request.nice, 100);
    CU_ASSERT_EQUAL(request.warning_signal, SIGUSR1);
    CU_ASSERT_EQUAL(request.warning_us, 120 * US_PER_SECOND);
    CU_ASSERT_EQUAL(request.copies, 7);
    CU_ASSERT(request.exclusive && request.hold && request.no_requeue && request.append &&
              request.warning_batch_only && request.wait && request.quiet && request.verbose &&
              request.parsable && request.test_only);
}

/* The memory that is asked for: per node, per core, whole node. */
static const struct {
    const char *words[4];
    uint64_t per_node;
    uint64_t per_cpu;
    bool whole;
} memories[] = {
    {{"submit", "--mem=4G"},                     4096 * MEBI, 0,           false},
    {{"submit", "--mem=100"},                    100 * MEBI,  0,           false},
    {{"submit", "--mem=100Mb"},                  100 * MEBI,  0,           false},
    {{"submit", "--mem=2gb"},                    2048 * MEBI, 0,           false},
    {{"submit", "--mem-per-cpu=300"},            0,           300 * MEBI,  false},
    {{"submit", "--mem=4G", "--mem-per-cpu=1G"}, 0,           1024 * MEBI, false},
    {{"submit", "--mem-per-cpu=1G", "--mem=4G"}, 4096 * MEBI, 0,           false},
    {{"submit", "--mem=0"},                      0,           0,           true },
    {{"submit", "--mem=0", "--mem=1M"},          MEBI,        0,           false},
    {{"submit", "--mem=0", "--mem-per-cpu=1M"},  0,           MEBI,        false},
};

static void test_memory(void)
{
    for (size_t i = 0; i < COUNT_OF(memories); i++) {
        const char *words[5] = {0};
        struct job_request request = {0};
        struct error err;

        memcpy(words, memories[i].words, sizeof(memories[i].words));
        CU_ASSERT_TRUE(read_words(submit_options, words, &request, &err));
        CU_ASSERT_EQUAL(request.memory_per_node, memories[i].per_node);
        CU_ASSERT_EQUAL(request.memory_per_cpu, memories[i].per_cpu);
        CU_ASSERT_EQUAL(request.whole_memory, memories[i].whole);
    }
}

static void test_values_that_need_care(void)
{
    struct job_request request = {0};
    struct error err = {0};

    CU_ASSERT_TRUE(READ(&request, &err, "--nice=-5", "--signal=SIGTERM", "--requeue"));
    CU_ASSERT_EQUAL(request.nice, -5);
    CU_ASSERT_EQUAL(request.warning_signal, SIGTERM);
    CU_ASSERT_EQUAL(request.warning_us, 60 * US_PER_SECOND);
    CU_ASSERT(!request.warning_batch_only && request.requeue && !request.no_requeue);
    CU_ASSERT_TRUE(READ(&request, &err, "--no-requeue", "-N", "3", "-t", "UNLIMITED"));
    CU_ASSERT(request.no_requeue && !request.requeue);
    CU_ASSERT_EQUAL(request.nodes_least, 3);
    CU_ASSERT_EQUAL(request.nodes_most, 3);
    CU_ASSERT_EQUAL(request.limit_us, PARSE_UNLIMITED);
    CU_ASSERT_TRUE(READ(&request, &err, "--tasks=21"));
    CU_ASSERT_EQUAL(request.tasks_per_node, 21);
    CU_ASSERT_TRUE(request.tasks_is_per_node);
    CU_ASSERT_FALSE(READ(&request, &err, "--nice=99999999999"));
    CU_ASSERT_FALSE(READ(&request, &err, "--nice=--5"));
    CU_ASSERT_FALSE(READ(&request, &err, "-N", "1-2-3"));
    CU_ASSERT_FALSE(READ(&request, &err, "--copies=100001"));
}

static void test_stage_size(void)
{
    static const char *const wrong[] = {"--stage-size=", "--stage-size=much", "--stage-size=-1"};
    struct job_request request = {0};
    struct error err = {0};

    CU_ASSERT_TRUE(READ(&request, &err, "--stage-size=40G"));
    CU_ASSERT_EQUAL(request.gear.stage_bytes, UINT64_C(40) << 30);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_FALSE(READ(&request, &err, wrong[i]));
}

static void test_switches(void)
{
    static const char *const wrong[] = {"--switches=0",           "--switches=two",
                                        "--switches=1@",          "--switches=1@0",
                                        "--switches=1@UNLIMITED", "--switches=20000"};
    const char *const environment[] = {"SBATCH_REQ_SWITCH=3", NULL};
    struct job_request request = {0};
    struct error err = {0};

    CU_ASSERT_TRUE(READ(&request, &err, "--switches=2"));
    CU_ASSERT_EQUAL(request.gear.switches, 2);
    CU_ASSERT_EQUAL(request.gear.switches_us, 0);
    CU_ASSERT_TRUE(READ(&request, &err, "--switches=1@1:30:00"));
    CU_ASSERT_EQUAL(request.gear.switches, 1);
    CU_ASSERT_EQUAL(request.gear.switches_us, 90 * US_PER_MINUTE);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_FALSE(READ(&request, &err, wrong[i]));
    CU_ASSERT_TRUE(
        job_options_environment(submit_options, (char *const *)environment, &request, &err));
    CU_ASSERT_EQUAL(request.gear.switches, 3);
}

/* The script came first: what the environment says is stronger, the command line strongest. */
static void test_precedence(void)
{
    const char *const environment[] = {"SBATCH_PARTITION=env",
                                       "SBATCH_ACCOUNT=env",
                                       "TEQUIO_SUBMIT_ACCOUNT=own",
                                       "SBATCH_TIMELIMIT=5",
                                       "SBATCH_MEM_PER_NODE=7",
                                       "SBATCH_JOB_NAME=",
                                       "SBATCHX_OUTPUT=no",
                                       "SBATCH_NO_SUCH_THING=1",
                                       "SBATCH_EXCLUSIVE=0",
                                       "SBATCH_WAIT=",
                                       "TEQUIO_SUBMIT_HOLD=1",
                                       "SBATCH_NTASKS_PER_NODE=3",
                                       NULL};
    struct job_request request = {.partition = "script", .comment = "script", .name = "script"};
    struct error err = {0};

    CU_ASSERT_TRUE(
        job_options_environment(submit_options, (char *const *)environment, &request, &err));
    CU_ASSERT_STRING_EQUAL(request.partition, "env");
    CU_ASSERT_STRING_EQUAL(request.project, "own");
    CU_ASSERT_STRING_EQUAL(request.comment, "script");
    CU_ASSERT_STRING_EQUAL(request.name, "");
    CU_ASSERT_EQUAL(request.limit_us, 5 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(request.memory_per_node, 7 * MEBI);
    CU_ASSERT_EQUAL(request.tasks_per_node, 3);
    CU_ASSERT(!request.exclusive && request.wait && request.hold && !request.output);
    CU_ASSERT_TRUE(READ(&request, &err, "--partition=line"));
    CU_ASSERT_STRING_EQUAL(request.partition, "line");
}

static void test_environment_is_refused_by_name(void)
{
    static const struct {
        const char *entry;
        const char *refusal;
    } cases[] = {
        {"SBATCH_TIMELIMIT=1:60", "environment variable SBATCH_TIMELIMIT: "                },
        {"SBATCH_CORE_SPEC=1",    "environment variable SBATCH_CORE_SPEC: not offered"     },
        {"SBATCH_PREFER=x",       "environment variable SBATCH_PREFER: not offered"        },
        {"TEQUIO_SUBMIT_TIEM=5",  "environment variable TEQUIO_SUBMIT_TIEM names no option"},
        {"TEQUIO_SUBMIT_NTASKS=", "environment variable TEQUIO_SUBMIT_NTASKS: "            },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *const environment[] = {cases[i].entry, NULL};
        struct job_request request = {0};
        struct error err = {0};

        CU_ASSERT_FALSE(
            job_options_environment(submit_options, (char *const *)environment, &request, &err));
        CU_ASSERT(strncmp(err.text, cases[i].refusal, strlen(cases[i].refusal)) == 0);
    }
}

static void test_what_has_no_effect_is_noted_once(void)
{
    struct job_request request = {0};
    struct error err = {0};
    CLEANUP(buffer_clear) struct buffer notes;

    buffer_init(&notes);
    job_options_note(&request, &notes);
    CU_ASSERT_STRING_EQUAL(notes.bytes, "");
    CU_ASSERT_TRUE(READ(&request, &err, "--mail-type=END", "--mail-type=FAIL",
                        "--mail-user=a@b; rm -rf /", "--network=x", "--power=level",
                        "--get-user-env", "--mem=0", "--tasks=2"));
    job_options_note(&request, &notes);
    CU_ASSERT_STRING_EQUAL(notes.bytes,
                           "--mail-type, --mail-user, --get-user-env, --network, --power: "
                           "taken, but without effect in this version\n"
                           "--tasks: means tasks per node, as in Slurm; write --ntasks for their "
                           "number\n"
                           "--mem=0: all memory of a node: takes whole nodes\n");
}

static void test_nodes_without_a_task_are_noted(void)
{
    struct job_request request = {0};
    struct error err = {0};
    CLEANUP(buffer_clear) struct buffer notes;

    buffer_init(&notes);
    CU_ASSERT_TRUE(READ(&request, &err, "-N", "2", "-n", "2"));
    job_options_note(&request, &notes);
    CU_ASSERT_STRING_EQUAL(notes.bytes, "");
    CU_ASSERT_TRUE(READ(&request, &err, "-N", "4", "-n", "2"));
    job_options_note(&request, &notes);
    CU_ASSERT_STRING_EQUAL(notes.bytes, "2 tasks cannot run on 4 nodes: takes 2\n");
}

/* Every row: a name that is unique, a letter that is unique, and its place inside the struct. */
static void check_table(const struct option_rule *rules)
{
    bool letters[256] = {false};

    for (const struct option_rule *rule = rules; rule->set; rule++) {
        CU_ASSERT(rule->offset < sizeof(struct job_request));
        CU_ASSERT_PTR_NOT_NULL(rule->name);
        CU_ASSERT(!rule->letter || !letters[(unsigned char)rule->letter]);
        letters[(unsigned char)rule->letter] = true;
        for (const struct option_rule *other = rules; other < rule; other++)
            CU_ASSERT(strcmp(rule->name, other->name) != 0);
        if (rule->set == set_ignored)
            CU_ASSERT(rule->offset - offsetof(struct job_request, ignored) < JOB_IGNORED_MAX);
    }
}

static void test_tables_are_sound(void)
{
    check_table(submit_options);
    check_table(run_options);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"Slurm's letters mean what they mean there", test_slurms_letters                  },
        {"the later of two ways to ask for memory",   test_memory                          },
        {"values that need care",                     test_values_that_need_care           },
        {"how much is fetched",                       test_stage_size                      },
        {"few switches, and how long to wait",        test_switches                        },
        {"command line over environment over script", test_precedence                      },
        {"a wrong variable is refused by its name",   test_environment_is_refused_by_name  },
        {"nodes without a task are noted",            test_nodes_without_a_task_are_noted  },
        {"what has no effect is noted once",          test_what_has_no_effect_is_noted_once},
        {"the tables are sound",                      test_tables_are_sound                },
        CU_TEST_INFO_NULL,
    };

    return run_suite("job_options", tests);
}
