/* test_launcher_config.c - the launcher's settings, and whom they make of a principal */

#include "agent/launcher/account.h"
#include "agent/launcher/config.h"
#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_text(struct config *config, const char *text, struct error *err)
{
    CLEANUP(memory_freep) char *path = scratch_file("launcher.conf", text, strlen(text));

    chmod(path, 0644);
    config_init(config);
    return config_read(config, path, err);
}

static void test_all_settings(void)
{
    static const char text[] =
        "# all of them\n"
        "socket = /run/x.socket   # the socket\n"
        "\tagent-user = agent\n"
        "spool = /run/spool\nscratch = /var/scratch\npowercap = /sys/other\n"
        "output-most = 2G\nleast-uid = 500\ncgroups = no\nno-new-privileges = no\n"
        "limit core unlimited\nlimit nofile 4096\nlimit nofile 8192\n"
        "map ana same\nmap * guest\n\n";
    struct config config;
    struct error err;

    CU_ASSERT(read_text(&config, text, &err));
    CU_ASSERT_STRING_EQUAL(config.socket, "/run/x.socket");
    CU_ASSERT_STRING_EQUAL(config.agent_user, "agent");
    CU_ASSERT_STRING_EQUAL(config.spool, "/run/spool");
    CU_ASSERT_STRING_EQUAL(config.scratch, "/var/scratch");
    CU_ASSERT_STRING_EQUAL(config.powercap, "/sys/other");
    CU_ASSERT_EQUAL(config.least_uid, 500);
    CU_ASSERT_EQUAL(config.output_most, UINT64_C(2) << 30);
    CU_ASSERT(!config.cgroups);
    CU_ASSERT(!config.no_new_privileges);
    CU_ASSERT_EQUAL(config.limit_count, 2);
    CU_ASSERT_EQUAL(config.limits[0].value, RLIM_INFINITY);
    CU_ASSERT_EQUAL(config.limits[1].value, 8192);
    CU_ASSERT_EQUAL(config.map_count, 2);
    CU_ASSERT_STRING_EQUAL(config.maps[1].principal, "*");
    config_clear(&config);
}

/* Each says where, and what would be right. */
static void test_bad_lines(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"sockets = /x\n",                    ":1: no setting \"sockets\", did you mean \"socket\"?"},
        {"\n\nspool /x\n",                    ":3: lines are"                                       },
        {"spool =\n",                         ":1: lines are"                                       },
        {"spool = /a b\n",                    ":1: lines are"                                       },
        {"cgroups = maybe\n",                 "say yes or no"                                       },
        {"least-uid = 0\n",                   "least-uid"                                           },
        {"least-uid = -5\n",                  "least-uid"                                           },
        {"least-uid = many\n",                "least-uid"                                           },
        {"map ana\n",                         ":1: lines are"                                       },
        {"map ana bea cia\n",                 ":1: lines are"                                       },
        {"scratch = /a\nscratch = /b\n",      ":2: scratch is set twice"                            },
        {"map ana bea\nmap ana cia\n",        ":2: ana is mapped twice"                             },
        {"map a/b bea\n",                     "principal"                                           },
        {"map ana ../x\n",                    "account"                                             },
        {"limit cores 1\n",                   "there are as core"                                   },
        {"limit core -1\n",                   "limit core"                                          },
        {"limit core 99999999999999999999\n", "limit core"                                          },
    };
    struct config config;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT(!read_text(&config, cases[i].text, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        config_clear(&config);
    }
}

static void test_a_file_that_others_can_change(void)
{
    static const char text[] = "map * guest\n";
    CLEANUP(memory_freep) char *path = scratch_file("open.conf", text, strlen(text));
    struct config config;
    struct error err;

    chmod(path, 0666);
    config_init(&config);
    CU_ASSERT(!config_read(&config, path, &err));
    CU_ASSERT_EQUAL(config.map_count, 0);
    config_clear(&config);
    config_init(&config);
    CU_ASSERT(!config_read(&config, "/no/such/launcher.conf", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    config_clear(&config);
}

/* Whom principals become; "" : nobody. */
static void check_accounts(const char *text, const char *const pairs[][2], size_t count)
{
    struct accounts accounts = {0};
    struct config config;
    struct error err;

    CU_ASSERT(read_text(&config, text, &err));
    for (size_t i = 0; i < 2 * count; i++) { /* the second time from what was kept */
        struct account account = {.name = ""};
        bool found = account_find(&accounts, &config, pairs[i % count][0], &account, &err);

        CU_ASSERT_EQUAL(found, *pairs[i % count][1] != '\0');
        CU_ASSERT_STRING_EQUAL(account.name, pairs[i % count][1]);
        CU_ASSERT(found || err.code == ERROR_DENIED);
        if (found) {
            CU_ASSERT(account.uid >= config.least_uid);
            CU_ASSERT(account.group_count >= 1);
            CU_ASSERT_EQUAL(account.uid, getpwnam(account.name)->pw_uid);
        }
    }
    accounts_clear(&accounts);
    config_clear(&config);
}

static void test_accounts(void)
{
    static const char *const with_default[][2] = {
        {"ana",   "nobody"},
        {"root",  "nobody"},
        {"boss",  ""      },
        {"demon", ""      },
        {"ghost", ""      },
    };
    static const char *const same[][2] = {
        {"nobody",          "nobody"},
        {"root",            ""      },
        {"daemon",          ""      },
        {"no-such-account", ""      },
    };
    static const char *const named[][2] = {
        {"ana", "nobody"},
        {"bea", ""      },
        {"*",   ""      }
    };

    check_accounts("map boss root\nmap demon daemon\nmap ghost no-such-account\nmap * nobody\n",
                   with_default, COUNT_OF(with_default));
    check_accounts("map * same\n", same, COUNT_OF(same));
    check_accounts("map ana nobody\n", named, COUNT_OF(named));
    check_accounts("",
                   (const char *const[][2]){
                       {"ana", ""}
    },
                   1);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"all settings",                  test_all_settings                 },
        {"bad lines are named",           test_bad_lines                    },
        {"a file that others can change", test_a_file_that_others_can_change},
        {"accounts of principals",        test_accounts                     },
        CU_TEST_INFO_NULL,
    };

    return run_suite("launcher_config", tests);
}
