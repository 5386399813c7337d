/* test_settings.c - the configuration of tequio-accounting: read whole, or refused with the place */

#include "accounting/settings.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_text(struct accounting_settings *settings, const char *text, struct error *err)
{
    CLEANUP(memory_freep) char *path = scratch_file("accounting.conf", text, strlen(text));

    return accounting_settings_read(settings, path, err);
}

static void test_defaults(void)
{
    struct accounting_settings settings;
    struct error err = {.text = ""};

    CU_ASSERT_FATAL(read_text(&settings, "", &err));
    CU_ASSERT_STRING_EQUAL(settings.database, LOCALSTATEDIR "/lib/tequio/scheduler/tequio.db");
    CU_ASSERT_STRING_EQUAL(settings.listen, "");
    CU_ASSERT_STRING_EQUAL(settings.listen_local, "ipc://" RUNSTATEDIR "/tequio/accounting.sock");
    CU_ASSERT_STRING_EQUAL(settings.zone, "America/Mexico_City");
    CU_ASSERT(settings.local_operators);
    accounting_settings_clear(&settings);
    CU_ASSERT_PTR_NULL(settings.database);
}

static void test_everything_can_be_set(void)
{
    struct accounting_settings settings;
    struct error err = {.text = ""};

    CU_ASSERT_FATAL(read_text(&settings,
                              "database = \"/a/b.db\"\nstate-directory = \"/c\"\n"
                              "listen = \"tcp://127.0.0.1:7103\"\nlisten-local = \"\"\n"
                              "key-file = \"/d\"\nsigning-key-file = \"/e\"\n"
                              "local-operators = false\nzone = \"UTC\"\nlog-level = \"debug\"\n",
                              &err));
    CU_ASSERT_STRING_EQUAL(settings.database, "/a/b.db");
    CU_ASSERT_STRING_EQUAL(settings.state_directory, "/c");
    CU_ASSERT_STRING_EQUAL(settings.listen, "tcp://127.0.0.1:7103");
    CU_ASSERT_STRING_EQUAL(settings.key_file, "/d");
    CU_ASSERT_STRING_EQUAL(settings.signing_key_file, "/e");
    CU_ASSERT(!settings.local_operators);
    CU_ASSERT_STRING_EQUAL(settings.log_level, "debug");
    accounting_settings_clear(&settings);
}

static void test_mistakes_are_told(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"date-base = \"x\"",                            "accounting.conf:1: no such option 'date-base'"},
        {"zone = \"../../etc/passwd\"",                  "zone = '../../etc/passwd' is not a name"      },
        {"zone = \"/etc/passwd\"",                       "is not a name like"                           },
        {"zone = \"\"",                                  "zone = '' is not a name"                      },
        {"zone = \"America/Nowhere\"",                   "is not installed"                             },
        {"listen-local = \"\"",                          "nobody could ask"                             },
        {"listen = \"127.0.0.1:7103\"",                  "listen"                                       },
        {"listen-local = \"socket\"",                    "listen-local"                                 },
        {"log-level = \"loud\"",                         "loud"                                         },
        {"local-operators = maybe",                      "accounting.conf:1"                            },
        {"zone = \"UTC\"\nzone = \"UTC\"\nnot ended = ", "accounting.conf"                              },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct accounting_settings settings;
        struct error err = {.text = ""};

        if (read_text(&settings, cases[i].text, &err)) {
            printf("# \"%s\" was taken\n", cases[i].text);
            CU_ASSERT(false);
            accounting_settings_clear(&settings);
        } else if (!strstr(err.text, cases[i].words)) {
            printf("# \"%s\": %s\n", cases[i].text, err.text);
            CU_ASSERT(false);
        }
    }
}

static void test_a_missing_file(void)
{
    struct accounting_settings settings;
    struct error err;

    CU_ASSERT(!accounting_settings_read(&settings, "/nonexistent/accounting.conf", &err));
    CU_ASSERT(strstr(err.text, "/nonexistent/accounting.conf") != NULL);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"an empty file gives the defaults",   test_defaults             },
        {"everything can be set",              test_everything_can_be_set},
        {"mistakes are told with their place", test_mistakes_are_told    },
        {"a missing file is told by its name", test_a_missing_file       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("accounting settings", tests);
}
