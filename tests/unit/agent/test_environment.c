/* test_environment.c - what a job's processes find in their environment */

#include "agent/environment.h"

#include "tests/lib/runner.h"

#include <string.h>

static char *node_names[] = {(char *)"n1", (char *)"n2", (char *)"n3"};
static uint32_t node_cores[] = {8, 8, 4};
static uint32_t node_tasks[] = {2, 2, 1};

static void fill_launch(Wire__PartLaunch *launch)
{
    wire__part_launch__init(launch);
    launch->job = 17;
    launch->attempt = 1;
    launch->part = 1;
    launch->user = (char *)"ana";
    launch->name = (char *)"calor";
    launch->project = (char *)"fisica";
    launch->partition = (char *)"general";
    launch->cluster = (char *)"norte";
    launch->n_nodes = launch->n_node_cores = launch->n_node_tasks = 3;
    launch->nodes = node_names;
    launch->node_cores = node_cores;
    launch->node_tasks = node_tasks;
    launch->cores = 8;
    launch->tasks = 5;
    launch->memory = UINT64_C(2) << 30;
    launch->limit_us = INT64_C(60000000);
    launch->directory = (char *)"/home/ana";
}

static struct environment *make(const struct environment_facts *facts, char *const *submitted,
                                size_t count)
{
    struct environment_facts all = *facts;

    all.core_list = "0-7";
    all.cpu_list = "0-15";
    all.agent = "ipc:///run/agent.sock";
    all.host_file = "/hosts/17.1.1";
    all.libexec = "/libexec";
    return environment_of_tasks(&all, submitted, count);
}

static const struct {
    const char *name;
    const char *value;
} expected[] = {
    {"TEQUIO_JOB_ID",                  "17"                          },
    {"SLURM_JOB_ID",                   "17"                          },
    {"SLURM_JOBID",                    "17"                          },
    {"SLURM_JOB_NAME",                 "calor"                       },
    {"SLURM_JOB_NODELIST",             "n[1-3]"                      },
    {"SLURM_NODELIST",                 "n[1-3]"                      },
    {"SLURM_NNODES",                   "3"                           },
    {"SLURM_JOB_NUM_NODES",            "3"                           },
    {"SLURM_NTASKS",                   "5"                           },
    {"SLURM_NPROCS",                   "5"                           },
    {"SLURM_CPUS_PER_TASK",            NULL                          },
    {"SLURM_NTASKS_PER_NODE",          NULL                          },
    {"SLURM_TASKS_PER_NODE",           "2(x2),1"                     },
    {"SLURM_JOB_CPUS_PER_NODE",        "8(x2),4"                     },
    {"SLURM_CPUS_ON_NODE",             "8"                           },
    {"SLURMD_NODENAME",                "n2"                          },
    {"SLURM_NODEID",                   "1"                           },
    {"SLURM_SUBMIT_DIR",               "/home/ana"                   },
    {"SLURM_JOB_PARTITION",            "general"                     },
    {"SLURM_JOB_ACCOUNT",              "fisica"                      },
    {"SLURM_CLUSTER_NAME",             "norte"                       },
    {"SLURM_MEM_PER_NODE",             "2048"                        },
    {"SLURM_JOB_END_TIME",             "1060"                        },
    {"SLURM_RESTART_COUNT",            NULL                          },
    {"TEQUIO_CPU_LIST",                "0-15"                        },
    {"TEQUIO_CORE_LIST",               "0-7"                         },
    {"TEQUIO_AGENT",                   "ipc:///run/agent.sock"       },
    {"OMPI_MCA_plm_rsh_agent",         "/libexec/tequio-rsh"         },
    {"OMPI_MCA_orte_default_hostfile", "/hosts/17.1.1.ompi"          },
    {"HYDRA_HOST_FILE",                "/hosts/17.1.1.hydra"         },
    {"OMPI_MCA_osc",                   "^ucx"                        },
    {"OMPI_MCA_pml",                   NULL                          },
    {"OMPI_ALLOW_RUN_AS_ROOT",         NULL                          },
    {"PATH",                           "/usr/local/bin:/usr/bin:/bin"},
};

static void test_each_name(void)
{
    Wire__PartLaunch launch;
    struct environment_facts facts = {.launch = &launch, .start_us = INT64_C(1000000000)};
    CLEANUP(environment_freep) struct environment *environment = NULL;

    fill_launch(&launch);
    environment = make(&facts, NULL, 0);
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        const char *value = environment_get(environment, expected[i].name);

        if ((value == NULL) != (expected[i].value == NULL) ||
            (value && strcmp(value, expected[i].value) != 0))
            printf("# %s is %s\n", expected[i].name, value ? value : "not set");
        CU_ASSERT_EQUAL(value == NULL, expected[i].value == NULL);
        if (value && expected[i].value)
            CU_ASSERT_STRING_EQUAL(value, expected[i].value);
    }
}

static void test_what_was_asked_for_is_there(void)
{
    Wire__PartLaunch launch;
    struct environment_facts facts = {.launch = &launch, .emulated = true, .as_root = true};
    CLEANUP(environment_freep) struct environment *environment = NULL;

    fill_launch(&launch);
    launch.cpus_per_task = 4;
    launch.tasks_per_node = 2;
    launch.restarts = 1;
    environment = make(&facts, NULL, 0);
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_CPUS_PER_TASK"), "4");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_NTASKS_PER_NODE"), "2");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_RESTART_COUNT"), "1");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "OMPI_MCA_pml"), "ob1");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "OMPI_ALLOW_RUN_AS_ROOT"), "1");
    CU_ASSERT_PTR_NULL(environment_get(environment, "SLURM_JOB_END_TIME"));
}

/* Ours win; what cannot be a variable, and what is of another job, is left out. */
static void test_submitted_names(void)
{
    char *submitted[] = {
        (char *)"HOME=/home/ana",
        (char *)"A=B=C",
        (char *)"EMPTY=",
        (char *)"TWICE=1",
        (char *)"TWICE=2",
        (char *)"NOTHING",
        (char *)"=B",
        (char *)"",
        (char *)"LINE\nBREAK=1",
        (char *)"SLURM_JOB_ID=99",
        (char *)"SLURM_ARRAY_TASK_ID=4",
        (char *)"TEQUIO_CREDENTIAL=",
        (char *)"PATH=/opt/bin",
        (char *)"OMPI_MCA_osc=pt2pt",
        (char *)"OMPI_MCA_plm=slurm",
    };
    Wire__PartLaunch launch;
    struct environment_facts facts = {.launch = &launch};
    CLEANUP(environment_freep) struct environment *environment = NULL;
    const char *const *all;

    fill_launch(&launch);
    environment = make(&facts, submitted, COUNT_OF(submitted));
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "HOME"), "/home/ana");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "A"), "B=C");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "EMPTY"), "");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "TWICE"), "2");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_JOB_ID"), "17");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "PATH"), "/opt/bin");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "OMPI_MCA_osc"), "pt2pt");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "OMPI_MCA_plm"), "rsh");
    CU_ASSERT_PTR_NULL(environment_get(environment, "SLURM_ARRAY_TASK_ID"));
    CU_ASSERT_PTR_NULL(environment_get(environment, "TEQUIO_CREDENTIAL"));
    all = environment_all(environment);
    for (size_t i = 0; i < environment_count(environment); i++) {
        CU_ASSERT_PTR_NOT_NULL(strchr(all[i], '='));
        CU_ASSERT_PTR_NULL(strchr(all[i], '\n'));
    }
    CU_ASSERT_PTR_NULL(all[environment_count(environment)]);
}

static void test_element_of_an_array(void)
{
    Wire__ArrayElement element = WIRE__ARRAY_ELEMENT__INIT;
    Wire__PartLaunch launch;
    struct environment_facts facts = {.launch = &launch};
    CLEANUP(environment_freep) struct environment *environment = NULL;

    fill_launch(&launch);
    launch.element = &element;
    element.array = 12;
    element.element = 4;
    element.count = 3;
    element.most = 8;
    element.step = 4;
    environment = make(&facts, NULL, 0);
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_JOB_ID"), "17");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_ARRAY_JOB_ID"), "12");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_ARRAY_TASK_ID"), "4");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_ARRAY_TASK_COUNT"), "3");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_ARRAY_TASK_MIN"), "0");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_ARRAY_TASK_MAX"), "8");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "TEQUIO_ARRAY_TASK_STEP"), "4");
}

static void test_step_has_its_own_counts(void)
{
    Wire__PartLaunch launch;
    struct environment_facts facts = {
        .launch = &launch, .step = 3, .step_tasks = 2, .step_cpus_per_task = 4};
    CLEANUP(environment_freep) struct environment *environment = NULL;

    fill_launch(&launch);
    environment = make(&facts, NULL, 0);
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_NTASKS"), "2");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "SLURM_CPUS_PER_TASK"), "4");
    CU_ASSERT_STRING_EQUAL(environment_get(environment, "TEQUIO_STEP_ID"), "3");
}

static void test_threads(void)
{
    static const struct {
        const char *given; /* OMP_NUM_THREADS */
        uint32_t job, step;
        bool own_cores;
        const char *threads, *places;
    } cases[] = {
        {NULL,                0, 0, true,  NULL, NULL   },
        {NULL,                4, 4, true,  "4",  "cores"},
        {NULL,                4, 4, false, "4",  NULL   },
        {NULL,                1, 1, true,  "1",  NULL   },
        {"OMP_NUM_THREADS=4", 4, 2, true,  "2",  "cores"}, /* ours, of the job */
        {"OMP_NUM_THREADS=3", 4, 2, true,  "3",  "cores"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Wire__PartLaunch launch;
        struct environment_facts facts = {.launch = &launch,
                                          .step = 3,
                                          .step_cpus_per_task = cases[i].step,
                                          .own_cores = cases[i].own_cores};
        CLEANUP(environment_freep) struct environment *environment = NULL;
        char *submitted[] = {(char *)cases[i].given};
        const char *threads, *places;

        fill_launch(&launch);
        launch.cpus_per_task = cases[i].job;
        environment = make(&facts, submitted, cases[i].given ? 1 : 0);
        threads = environment_get(environment, "OMP_NUM_THREADS");
        places = environment_get(environment, "OMP_PLACES");
        CU_ASSERT_STRING_EQUAL(threads ? threads : "", cases[i].threads ? cases[i].threads : "");
        CU_ASSERT_STRING_EQUAL(places ? places : "", cases[i].places ? cases[i].places : "");
    }
}

static void test_repeated_numbers(void)
{
    static const struct {
        uint32_t numbers[4];
        size_t count;
        const char *text;
    } cases[] = {
        {{0},          0, ""         },
        {{2},          1, "2"        },
        {{2, 2},       2, "2(x2)"    },
        {{2, 1, 1, 2}, 4, "2,1(x2),2"},
        {{4, 4, 4, 1}, 4, "4(x3),1"  },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CLEANUP(buffer_clear) struct buffer text = {0};

        buffer_init(&text);
        print_repeated(cases[i].numbers, cases[i].count, &text);
        CU_ASSERT_STRING_EQUAL(text.bytes, cases[i].text);
    }
}

static void test_host_files(void)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    Wire__PartLaunch launch;

    fill_launch(&launch);
    buffer_init(&text);
    environment_host_file(&launch, false, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "n1 slots=2\nn2 slots=2\nn3 slots=1\n");
    buffer_reset(&text);
    environment_host_file(&launch, true, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "n1:2\nn2:2\nn3:1\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"each name",                          test_each_name                  },
        {"what was asked for is there",        test_what_was_asked_for_is_there},
        {"submitted names",                    test_submitted_names            },
        {"a step has its own counts",          test_step_has_its_own_counts    },
        {"an element of an array knows which", test_element_of_an_array        },
        {"threads",                            test_threads                    },
        {"repeated numbers",                   test_repeated_numbers           },
        {"host files",                         test_host_files                 },
        CU_TEST_INFO_NULL,
    };

    return run_suite("environment", tests);
}
