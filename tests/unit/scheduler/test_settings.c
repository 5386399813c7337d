/* test_settings.c - what tequio-scheduler.conf may say, and how a mistake is named */

#include "base/file.h"
#include "base/parse.h"
#include "scheduler/core/policy.h"
#include "scheduler/settings.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/settings_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_the_least_that_works(void)
{
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(settings_read_text(CLUSTER, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.network, "tequio");
    CU_ASSERT_EQUAL(settings.heartbeat_us, 5 * US_PER_SECOND);
    CU_ASSERT_EQUAL(settings.silent_after_us, 30 * US_PER_SECOND);
    CU_ASSERT(settings.local_operators);
    CU_ASSERT_PTR_NULL(settings.endpoints[DOOR_ADMINS]);
    CU_ASSERT_EQUAL(settings.cluster_count, 1);
    CU_ASSERT_EQUAL(settings.clusters[0].factor_ppm, 1000000);
    CU_ASSERT(settings.clusters[0].partitions[0].is_default);
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[0].limit_us, US_PER_DAY);
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[0].default_limit_us, US_PER_DAY);
    settings_clear(&settings);
}

#define KEY_TEXT "'01234567890123456789012345678901234567$#'"

static void test_books(void)
{
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(settings_read_text(
        CLUSTER "accounting = \"tcp://b:7104\"\naccounting-key = " KEY_TEXT "\n", &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.books, "tcp://b:7104");
    CU_ASSERT_STRING_EQUAL(settings.books_key, "01234567890123456789012345678901234567$#");
    settings_clear(&settings);
    CU_ASSERT(settings_refuse(CLUSTER "accounting = \"tcp://b:7104\"\n", "belong together"));
    CU_ASSERT(settings_refuse(CLUSTER "accounting-key = " KEY_TEXT "\n", "belong together"));
    CU_ASSERT(settings_refuse(CLUSTER "accounting = \"tcp://*:7104\"\naccounting-key = " KEY_TEXT
                                      "\n",
                              "where others reach it"));
    CU_ASSERT(settings_refuse(CLUSTER "accounting = \"tcp://b:0\"\naccounting-key = " KEY_TEXT "\n",
                              "port"));
    CU_ASSERT(settings_refuse(CLUSTER "accounting = \"tcp://b:1\"\naccounting-key = \"short\"\n",
                              "is not a public key"));
}

static void test_everything_is_read(void)
{
    struct settings settings;
    struct error err;
    static const char text[] =
        "network = \"mx\"\nstate-directory = \"/var/x\"\nkey-file = \"/etc/k\"\n"
        "listen-agents = \"tcp://127.0.0.1:*\"\nlisten-clients = \"\"\n"
        "listen-admins = \"tcp://[::1]:7103\"\nlisten-local = \"ipc:///run/s\"\n"
        "log-level = \"debug\"\nlocal-operators = false\nheartbeat = \"1s\"\n"
        "node-suspect-after = \"3s\"\nnode-silent-after = \"6s\"\nkill-wait = \"5s\"\n"
        "policy = \"multifactor\"\npriority { age = 5 half-life = \"3d\" }\n"
        "keep-ended = \"1h30m\"\npending-jobs = 7\nsubmissions-per-second = 9\n"
        "cluster \"a\" { institution = \"uni\" factor = 0.25\n"
        "  partition \"one\" { default = true nodes = \"n[1-3]\" limit = \"2h\""
        " default-limit = \"30m\" priority = 9 }\n"
        "  partition \"two\" { up = false contact = \"lease\" lease = \"5m\" } }";

    CU_ASSERT_FATAL(settings_read_text(text, &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.key_file, "/etc/k");
    CU_ASSERT_PTR_NULL(settings.endpoints[DOOR_CLIENTS]);
    CU_ASSERT_STRING_EQUAL(settings.endpoints[DOOR_ADMINS], "tcp://[::1]:7103");
    CU_ASSERT_EQUAL(settings.log_level, LOG_DEBUG);
    CU_ASSERT(!settings.local_operators);
    CU_ASSERT_EQUAL(settings.keep_ended_us, 90 * US_PER_MINUTE);
    CU_ASSERT_EQUAL(settings.pending_most, 7);
    CU_ASSERT_PTR_EQUAL(settings.policy, policy_find("multifactor"));
    CU_ASSERT_EQUAL(settings.priority.weights[PRIORITY_AGE], 5);
    CU_ASSERT_EQUAL(settings.priority.weights[PRIORITY_FAIR_SHARE], 10000);
    CU_ASSERT_EQUAL(settings.priority.half_life_us, 3 * US_PER_DAY);
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[0].priority, 9);
    CU_ASSERT_EQUAL(settings.submissions_per_second, 9);
    CU_ASSERT_EQUAL(settings.clusters[0].factor_ppm, 250000);
    CU_ASSERT_STRING_EQUAL(settings.clusters[0].partitions[0].nodes, "n[1-3]");
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[0].default_limit_us, 30 * US_PER_MINUTE);
    CU_ASSERT(!settings.clusters[0].partitions[1].up);
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[1].contact, CONTACT_LEASE);
    CU_ASSERT_EQUAL(settings.clusters[0].partitions[1].lease_us, 5 * US_PER_MINUTE);
    settings_clear(&settings);
}

static void test_weights_are_checked(void)
{
    CU_ASSERT(settings_refuse("priority { age = -1 }\n" CLUSTER, "age = -1 is not between 0 and"));
    CU_ASSERT(settings_refuse("priority { half-life = \"1s\" }\n" CLUSTER,
                              "half-life = 1s is not between"));
    CU_ASSERT(settings_refuse("priority { luck = 1 }\n" CLUSTER, "conf:1: no such option 'luck'"));
}

static void test_mistakes_are_named(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"",                                                                                  "no cluster"                              },
        {"netwrok = \"x\"\n" CLUSTER,                                                         "conf:1: no such option 'netwrok'"        },
        {"network = \"x\"\nnetwork = \"y\"\n" CLUSTER,                                        "conf:2: "                                },
        {"network = \"\"\n" CLUSTER,                                                          "conf:1: "                                },
        {"network = \"two words\"\n" CLUSTER,                                                 "conf:1: "                                },
        {"\nheartbeat = \"0\"\n" CLUSTER,                                                     "conf:2: heartbeat"                       },
        {"heartbeat = \"-5s\"\n" CLUSTER,                                                     "conf:1: heartbeat"                       },
        {"heartbeat = \"2h\"\n" CLUSTER,                                                      "heartbeat = 2h is not between"           },
        {"heartbeat = \"20s\"\n" CLUSTER,                                                     "must increase in this order"             },
        {"kill-wait = \"soon\"\n" CLUSTER,                                                    "conf:1: kill-wait"                       },
        {"pending-jobs = 0\n" CLUSTER,                                                        "pending-jobs = 0 is not between 1 and"   },
        {"pending-jobs = 99999999999\n" CLUSTER,                                              "conf:1: "                                },
        {"pending-jobs = many\n" CLUSTER,                                                     "conf:1: "                                },
        {"local-operators = perhaps\n" CLUSTER,                                               "conf:1: "                                },
        {"policy = \"chance\"\n" CLUSTER,                                                     "policy = chance is none of default, fcfs"},
        {"log-level = \"loud\"\n" CLUSTER,                                                    "conf:1: "                                },
        {"state-directory = \"here\"\n" CLUSTER,                                              "not a whole path"                        },
        {"listen-agents = \"tcp://*:0\"\n" CLUSTER,                                           "the port is 1 to 65535"                  },
        {"listen-agents = \"tcp://*:65536\"\n" CLUSTER,                                       "the port is 1 to 65535"                  },
        {"listen-agents = \"http://x:80\"\n" CLUSTER,                                         "neither tcp://"                          },
        {"listen-agents = \"ipc:///run/x\"\n" CLUSTER,                                        "for the network"                         },
        {"listen-local = \"tcp://*:7\"\n" CLUSTER,                                            "local one"                               },
        {"listen-clients = \"\"\nlisten-local = \"\"\n" CLUSTER,                              "nobody could ask"                        },
        {"cluster \"a\" { partition \"p\" { } }\n",                                           "whose is it?"                            },
        {"cluster \"a\" { institution = \"u\" }\n",                                           "has 0 partitions"                        },
        {"cluster \"a b\" { institution = \"u\" partition \"p\" { } }\n",                     "cluster name"                            },
        {"cluster \"a\" { institution = \"u\" partition \"p/q\" { } }\n",                     "partition name"                          },
        {CLUSTER CLUSTER,                                                                     "conf:5: "                                },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { } partition \"p\" { } }\n",
         "conf:1: "                                                                                                                     },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { } partition \"q\" { } }\n",
         "has 0 default partitions"                                                                                                     },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { default = true }"
         " partition \"q\" { default = true } }\n",                                  "has 2 default partitions"                },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { nodes = \"\" } }\n",
         "without nodes"                                                                                                                },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { nodes = \"n[5-1]\" } }\n",
         "conf:1: "                                                                                                                     },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { limit = \"0\" } }\n",         "conf:1: "                                },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { limit = \"UNLIMITED\" } }\n",
         "limit"                                                                                                                        },
        {"cluster \"a\" { institution = \"u\""
         " partition \"p\" { limit = \"1h\" default-limit = \"2h\" } }\n",           "is longer than limit"                    },
        {"cluster \"a\" { institution = \"u\" partition \"p\" { contact = \"fence\" } }\n",
         "neither keep nor lease"                                                                                                       },
        {"cluster \"a\" { institution = \"u\" factor = -1 partition \"p\" { } }\n",           "factor"                                  },
        {"cluster \"a\" { institution = \"u\" factor = nan partition \"p\" { } }\n",          "conf:1: "                                },
        {"cluster \"a\" { institution = \"u\" partition \"p\" {\n",                           "conf:"                                   },
        {"include(\"/etc/passwd\")\n" CLUSTER,                                                "conf:1: "                                },
        {"\x7f\x45\x4c\x46\x02\x01\xff\xfe\n",                                                "UTF-8"                                   },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        CU_ASSERT(settings_refuse(cases[i].text, cases[i].words));
}

static void test_guarantees(void)
{
    static const struct {
        const char *text, *names;
    } refused[] = {
        {"guarantee = 4 partition \"p\" { }",                                                 "a: guarantee needs owners-first = true"},
        {"owners-first = true guarantee = -1 partition \"p\" { }",                            "-1 is not between 0 and"               },
        {"owners-first = true guarantee = 4 guarantee-within = \"soon\" partition \"p\" { }",
         "cluster a: guarantee-within"                                                                                                },
        {"owners-first = true guarantee = 4 partition \"p\" { tier = 1 }",                    "tier, as p has"                        },
    };
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(
        settings_read_text("cluster \"a\" { institution = u owners-first = true guarantee = 4 "
                           "guarantee-within = \"5m\" partition \"p\" { } }",
                           &settings, &err));
    CU_ASSERT_EQUAL(settings.clusters[0].guarantee, 4);
    CU_ASSERT_EQUAL(settings.clusters[0].guarantee_within_us, 5 * US_PER_MINUTE);
    settings_clear(&settings);
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        CLEANUP(memory_freep)
        char *text = memory_format("cluster \"a\" { institution = u %s }", refused[i].text);

        CU_ASSERT(settings_refuse(text, refused[i].names));
    }
    CU_ASSERT(
        settings_refuse("policy = conservative cluster \"a\" { institution = u owners-first = "
                        "true guarantee = 4 partition \"p\" { } }",
                        "needs a policy with EASY backfill"));
}

static void test_speeds(void)
{
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(
        settings_read_text("finish-gain = \"1h\"\ncluster \"a\" { institution = u speed = 2.5 "
                           "partition \"p\" { } }\n" CLUSTER,
                           &settings, &err));
    CU_ASSERT_EQUAL(settings.finish_gain_us, US_PER_HOUR);
    CU_ASSERT_EQUAL(settings.clusters[0].speed_ppm, 2500000);
    CU_ASSERT_EQUAL(settings.clusters[1].speed_ppm, 1000000);
    settings_clear(&settings);
    CU_ASSERT_FATAL(settings_read_text(
        "cluster \"a\" { institution = u stage-rate = 100M partition \"p\" { } }\n" CLUSTER,
        &settings, &err));
    CU_ASSERT_EQUAL(settings.clusters[0].stage_rate, 100 << 20);
    CU_ASSERT_EQUAL(settings.clusters[1].stage_rate, 0);
    settings_clear(&settings);
    CU_ASSERT(
        settings_refuse("cluster \"a\" { institution = u stage-rate = 0 partition \"p\" { } }",
                        "cluster a: stage-rate = 0: leave it out"));
    CU_ASSERT(
        settings_refuse("cluster \"a\" { institution = u stage-rate = fast partition \"p\" { } }",
                        "cluster a: stage-rate: "));
    CU_ASSERT(settings_refuse("cluster \"a\" { institution = u speed = 0.0 partition \"p\" { } }",
                              "cluster a: speed = 0 is not between 0.01 and 100"));
    CU_ASSERT(settings_refuse("cluster \"a\" { institution = u speed = 101.0 partition \"p\" { } }",
                              "cluster a: speed = 101 is not between"));
}

static void test_switches(void)
{
    static const char tree[] =
        "switch-wait = \"10m\"\ncluster \"a\" { institution = u partition \"p\" { }\n"
        " switch \"leaf1\" { nodes = \"n[1-32]\" }\n switch \"leaf2\" { nodes = \"n[33-64]\" }\n"
        " switch \"core\" { switches = \"leaf[1-2]\" } }";
    struct settings settings;
    struct error err;

    CU_ASSERT_FATAL(settings_read_text(tree, &settings, &err));
    CU_ASSERT_EQUAL(settings.switch_wait_us, 10 * US_PER_MINUTE);
    CU_ASSERT_EQUAL_FATAL(settings.clusters[0].switch_count, 3);
    CU_ASSERT_STRING_EQUAL(settings.clusters[0].switches[1].nodes, "n[33-64]");
    CU_ASSERT_STRING_EQUAL(settings.clusters[0].switches[2].switches, "leaf[1-2]");
    settings_clear(&settings);
    CU_ASSERT(
        settings_refuse("cluster \"a\" { institution = u partition \"p\" { }\n"
                        " switch \"s\" { nodes = \"n[1-2]\" }\n switch \"t\" { nodes = \"n2\" } }",
                        "cluster a: node n2 is under both s and t"));
    CU_ASSERT(settings_refuse("cluster \"a\" { institution = u partition \"p\" { }\n"
                              " switch \"s\" { swiches = \"t\" } }",
                              "conf:2: no such option 'swiches'"));
    CU_ASSERT(settings_refuse("switch-wait = \"0\"\n" CLUSTER, "conf:1: switch-wait"));
}

static void test_a_last_line_without_its_end(void)
{
    struct settings settings;
    struct error err;

    CU_ASSERT(settings_read_text(CLUSTER "network = \"x\"", &settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.network, "x");
    settings_clear(&settings);
}

static void test_the_file_must_be_ours(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("open", CLUSTER, sizeof(CLUSTER) - 1);
    CLEANUP(memory_freep) char *missing = scratch_path("missing");
    struct settings settings;
    struct error err;

    chmod(path, 0666);
    settings_init(&settings);
    CU_ASSERT(!settings_read(&settings, path, &err));
    CU_ASSERT(strstr(err.text, "may change") != NULL);
    CU_ASSERT(!settings_read(&settings, missing, &err));
    CU_ASSERT(!settings_read(&settings, scratch_directory(), &err));
    settings_clear(&settings);
}

/* What of the second may be taken while the first is in force; `later` is what may not. */
static const struct {
    const char *first, *second, *later;
} changes[] = {
    {"",                                                        "",                                                        ""                     },
    {"",                                                        "pending-jobs = 7\nlog-level = debug\n",                   ""                     },
    {"",                                                        "network = \"other\"\n",                                   "network"              },
    {"kill-wait = 9s\nheartbeat = 5s\n",                        "kill-wait = 8s\nheartbeat = 4s\n",
     "heartbeat, kill-wait"                                                                                                                       },
    {"policy = \"fcfs\"\n",                                     "listen-admins = \"tcp://*:7\"\n",                         "listen-admins, policy"},
    {"",                                                        "cluster \"x\" { institution = u partition \"p\" { } }\n", "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n", "",                                                        "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = v partition \"p\" { } }\n",                                                            "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u guarantee-within = 1h partition \"p\" { } }\n",                                      "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u speed = 2.0 partition \"p\" { } }\n",                                                "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u factor = 2.0 partition \"p\" { } }\n",                                               "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u partition \"q\" { } }\n",                                                            "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u partition \"p\" { } switch \"s\" { nodes = \"n1\" } }\n",                            "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u partition \"p\" { nodes = \"n1\" } }\n",                                             "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u partition \"p\" { contact = lease } }\n",                                            "x"                    },
    {"cluster \"x\" { institution = u partition \"p\" { } }\n",
     "cluster \"x\" { institution = u partition \"p\" { limit = 5h up = false } }\n",                                      ""                     },
};

static void test_what_may_change_is_taken(void)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        CLEANUP(memory_freep) char *first = memory_format("%s" CLUSTER, changes[i].first);
        CLEANUP(memory_freep) char *second = memory_format("%s" CLUSTER, changes[i].second);
        CLEANUP(settings_clear) struct settings settings, given;
        CLEANUP(buffer_clear) struct buffer later;
        struct error err;

        buffer_init(&later);
        CU_ASSERT_TRUE(settings_read_text(first, &settings, &err) &&
                       settings_read_text(second, &given, &err));
        CU_ASSERT_TRUE(settings_change(&settings, &given, &later, &err));
        CU_ASSERT_STRING_EQUAL(later.bytes, changes[i].later);
        CU_ASSERT_EQUAL(settings.pending_most, given.pending_most);
        CU_ASSERT_EQUAL(settings.log_level, given.log_level);
        CU_ASSERT_EQUAL(settings.kill_wait_us, i == 3 ? 9 * US_PER_SECOND : given.kill_wait_us);
    }
}

static void test_limits_of_partitions_change(void)
{
    CLEANUP(settings_clear) struct settings settings, given;
    CLEANUP(buffer_clear) struct buffer later;
    const struct partition *partition;
    struct error err;

    buffer_init(&later);
    CU_ASSERT_TRUE(settings_read_text(CLUSTER, &settings, &err));
    CU_ASSERT_TRUE(settings_read_text("cluster \"sur\" { institution = \"uni\" partition \"p\" {"
                                      " up = false limit = 5h default-limit = 1h } }\n",
                                      &given, &err));
    CU_ASSERT_TRUE(settings_change(&settings, &given, &later, &err));
    partition = &settings.clusters[0].partitions[0];
    CU_ASSERT_FALSE(partition->up);
    CU_ASSERT_EQUAL(partition->limit_us, 5 * US_PER_HOUR);
    CU_ASSERT_EQUAL(partition->default_limit_us, US_PER_HOUR);
    CU_ASSERT_EQUAL(later.length, 0);
}

static void test_limits_and_qualities(void)
{
    CLEANUP(settings_clear) struct settings settings, given;
    CLEANUP(buffer_clear) struct buffer later;
    struct error err;

    buffer_init(&later);
    CU_ASSERT_TRUE(settings_read_text(
        CLUSTER "limit \"project:bio\" { total = {\"cores=100\", \"memory=4G\"}"
                " per-user = {\"jobs=3\"} }\n"
                "qos \"high\" { priority = 7 usage-factor = 2.5 users = {\"ana\"}"
                " no-reserve = true per-job = {\"wall=1h\"} }\n",
        &settings, &err));
    CU_ASSERT_EQUAL(settings.qoses.count, 1);
    CU_ASSERT_EQUAL(settings.limit_count, 4);
    CU_ASSERT(settings.qoses.all[0].surcharge_ppm == 1500000 && settings.qoses.all[0].no_reserve);
    CU_ASSERT_STRING_EQUAL(settings.qoses.all[0].users[0], "ana");
    CU_ASSERT(settings.limits[0].of == LIMIT_OF_QOS && settings.limits[0].what == LIMIT_WALL &&
              settings.limits[0].amount == US_PER_HOUR);
    CU_ASSERT(settings.limits[1].amount == 100 && settings.limits[1].form == LIMIT_TOTAL);
    CU_ASSERT_TRUE(
        settings_read_text(CLUSTER "limit \"network\" { total = {\"jobs=9\"} }\n", &given, &err));
    CU_ASSERT_TRUE(settings_change(&settings, &given, &later, &err));
    CU_ASSERT(settings.limit_count == 1 && settings.qoses.count == 0);
}

static void test_wrong_limits_are_named(void)
{
    static const char *const texts[][2] = {
        {"limit \"moon\" { total = {\"jobs=1\"} }\n",                          "limits of moon"      },
        {"limit \"network\" { total = {\"jobs\"} }\n",                         "WHAT=AMOUNT"         },
        {"limit \"network\" { total = {\"wall=1h\"} }\n",                      "cannot be limited"   },
        {"limit \"user:ana\" { per-user = {\"jobs=1\"} }\n",                   "total or per-job"    },
        {"limit \"cluster:a\" { total = {\"submitted=1\"} }\n",                "of none yet"         },
        {"qos \"a\" { usage-factor = -1.0 }\n",                                "usage-factor"        },
        {"qos \"a\" { preempt = {\"b\"} }\n",                                  "there is no qos b"   },
        {"qos \"a\" { preempt = {\"b\"} }\nqos \"b\" { preempt = {\"a\"} }\n",
         "push aside each other"                                                                     },
        {"qos \"a\" { preempt-exempt = \"soon\" }\n",                          "preempt-exempt"      },
        {"qos \"a\" { preempt-mode = \"kill\" }\n",                            "requeue, cancel"     },
        {"qos \"a\" { default = true }\nqos \"b\" { default = true }\n",       "are both the default"},
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        CLEANUP(memory_freep) char *text = memory_format("%s%s", CLUSTER, texts[i][0]);
        CLEANUP(settings_clear) struct settings settings;
        struct error err = {0};

        CU_ASSERT_FALSE(settings_read_text(text, &settings, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, texts[i][1]));
        if (!strstr(err.text, texts[i][1]))
            printf("# %s\n", err.text);
    }
}

/* Agents go on with the heartbeat that they were told: what counts on it must not be shorter. */
static void test_what_does_not_fit_is_refused_whole(void)
{
    CLEANUP(settings_clear) struct settings settings, given;
    CLEANUP(buffer_clear) struct buffer later;
    struct error err;

    buffer_init(&later);
    CU_ASSERT_TRUE(settings_read_text("heartbeat = 10s\n" CLUSTER, &settings, &err));
    CU_ASSERT_TRUE(
        settings_read_text("heartbeat = 1s\nnode-suspect-after = 2s\nnode-silent-after = 4s\n"
                           "pending-jobs = 7\n" CLUSTER,
                           &given, &err));
    CU_ASSERT_FALSE(settings_change(&settings, &given, &later, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "needs a start"));
    CU_ASSERT_EQUAL(settings.suspect_after_us, 15 * US_PER_SECOND);
    CU_ASSERT(settings.pending_most != 7);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the least that works",                test_the_least_that_works              },
        {"books",                               test_books                             },
        {"everything is read",                  test_everything_is_read                },
        {"mistakes are named, with their line", test_mistakes_are_named                },
        {"weights are checked",                 test_weights_are_checked               },
        {"switches",                            test_switches                          },
        {"guarantees of clusters",              test_guarantees                        },
        {"speeds of clusters",                  test_speeds                            },
        {"a last line without its end",         test_a_last_line_without_its_end       },
        {"the file must be ours",               test_the_file_must_be_ours             },
        {"what may change is taken",            test_what_may_change_is_taken          },
        {"limits of partitions change",         test_limits_of_partitions_change       },
        {"limits and qualities of service",     test_limits_and_qualities              },
        {"wrong limits are named",              test_wrong_limits_are_named            },
        {"what does not fit is refused whole",  test_what_does_not_fit_is_refused_whole},
        CU_TEST_INFO_NULL,
    };

    return run_suite("settings", tests);
}
