/* test_settings.c - client.conf, and what can be wrong with it */

#include "base/memory.h"
#include "client/settings.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"

static char *folder;
static char *path;

static void write_file(const char *text, mode_t mode)
{
    FILE *file;

    unlink(path);
    rmdir(path);
    file = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void test_a_file_is_read(void)
{
    struct client_settings settings;
    struct error err = {0};

    write_file("# comment\nserver = \"tcp://127.0.0.1:7102\"\nserver-key = \"" KEY "\"\n"
               "key-file = \"/k\"\naccounting = \"ipc:///a\"\ntimeout = 5",
               0600);
    CU_ASSERT_TRUE_FATAL(client_settings_read(&settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.server, "tcp://127.0.0.1:7102");
    CU_ASSERT_STRING_EQUAL(settings.server_key, KEY);
    CU_ASSERT_STRING_EQUAL(settings.key_file, "/k");
    CU_ASSERT_STRING_EQUAL(settings.accounting, "ipc:///a");
    CU_ASSERT_PTR_NULL(settings.accounting_key);
    CU_ASSERT_EQUAL(settings.timeout_s, 5);
    client_settings_clear(&settings);
}

/* A key may have any characters of Z85 in any order. */
static void test_a_key_may_look_like_a_variable(void)
{
    static const char key[] = "rq:rM>}U?@Lns47E1%kR.o@n${mmsL/@{H8]yf7x";
    CLEANUP(memory_freep) char *text = memory_format("server-key = '%s'\n", key);
    struct client_settings settings;
    struct error err = {0};

    write_file(text, 0600);
    CU_ASSERT_TRUE_FATAL(client_settings_read(&settings, &err));
    CU_ASSERT_STRING_EQUAL(settings.server_key, key);
    client_settings_clear(&settings);
}

static void test_without_a_file_there_are_defaults(void)
{
    struct client_settings settings;
    struct error err = {0};

    unlink(path);
    CU_ASSERT_TRUE_FATAL(client_settings_read(&settings, &err));
    CU_ASSERT(strncmp(settings.server, "ipc://", 6) == 0);
    CU_ASSERT_EQUAL(settings.timeout_s, 30);
    client_settings_clear(&settings);
    write_file("", 0600);
    CU_ASSERT_TRUE_FATAL(client_settings_read(&settings, &err));
    client_settings_clear(&settings);
}

static void test_mistakes_are_named_with_file_and_line(void)
{
    static const struct {
        const char *text;
        const char *refusal;
    } cases[] = {
        {"servr = \"x\"\n",            "client.conf:1"     },
        {"\nserver = \"http://x\"\n",  "client.conf:2"     },
        {"server = \"tcp://x\"\n",     "client.conf:1"     },
        {"server-key = \"short\"\n",   "not a public key"  },
        {"timeout = 0\n",              "between 1 and 3600"},
        {"timeout = 99999\n",          "between 1 and 3600"},
        {"timeout = many\n",           "client.conf:1"     },
        {"timeout = 5\ntimeout = 6\n", "client.conf:2"     },
        {"server = \"ipc:///a\n",      "client.conf"       },
        {"server = {\n",               "client.conf"       },
        {"\xff\xfe\n",                 "UTF-8"             },
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct client_settings settings;
        struct error err = {0};

        write_file(cases[i].text, 0600);
        CU_ASSERT_FALSE(client_settings_read(&settings, &err));
        CU_ASSERT(strstr(err.text, cases[i].refusal) != NULL);
        if (!strstr(err.text, cases[i].refusal))
            printf("# case %zu: %s\n", i, err.text);
    }
}

static void test_a_file_others_may_change_is_refused(void)
{
    struct client_settings settings;
    struct error err = {0};

    write_file("timeout = 5\n", 0666);
    CU_ASSERT_FALSE(client_settings_read(&settings, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
}

static void test_what_is_no_file_is_refused_at_once(void)
{
    struct client_settings settings;
    struct error err = {0};

    unlink(path);
    CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
    CU_ASSERT_FALSE(client_settings_read(&settings, &err));
    unlink(path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0700), 0);
    CU_ASSERT_FALSE(client_settings_read(&settings, &err));
    rmdir(path);
}

static void test_without_a_home_there_is_no_place(void)
{
    struct client_settings settings;
    struct error err = {0};

    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    CU_ASSERT_PTR_NULL(client_settings_path("key", &err));
    CU_ASSERT(strstr(err.text, "HOME is not set") != NULL);
    CU_ASSERT_TRUE_FATAL(client_settings_read(&settings, &err)); /* and nothing else is lost */
    client_settings_clear(&settings);
    setenv("HOME", "relative", 1);
    CU_ASSERT_PTR_NULL(client_settings_path("key", &err));
    setenv("HOME", "/home/x", 1);
    free(client_settings_path("key", &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a file is read",                             test_a_file_is_read                       },
        {"a key may look like a variable",             test_a_key_may_look_like_a_variable       },
        {"without a file there are defaults",          test_without_a_file_there_are_defaults    },
        {"mistakes are named with file and line",      test_mistakes_are_named_with_file_and_line},
        {"a file that others may change is refused",   test_a_file_others_may_change_is_refused  },
        {"what is no file is refused at once",         test_what_is_no_file_is_refused_at_once   },
        {"without a home there is no place for a key", test_without_a_home_there_is_no_place     },
        CU_TEST_INFO_NULL,
    };
    int status;

    setenv("XDG_CONFIG_HOME", scratch_directory(), 1);
    folder = scratch_path("tequio");
    mkdir(folder, 0700);
    path = scratch_path("tequio/client.conf");
    status = run_suite("settings", tests);
    free(folder);
    free(path);
    return status;
}
