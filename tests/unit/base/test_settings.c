/* test_settings.c - a configuration file means one thing, or the start is refused */

#include "base/memory.h"
#include "base/settings.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

DEFINE_CLEANUP(cfg_t *, cfg_free)

static int check_positive(cfg_t *file, cfg_opt_t *option)
{
    if (cfg_opt_getnint(option, 0) > 0)
        return 0;
    cfg_error(file, "%s = %ld is not above 0", cfg_opt_name(option), cfg_opt_getnint(option, 0));
    return -1;
}

static cfg_t *make_file(void)
{
    static cfg_opt_t limits[] = {CFG_INT("jobs", 7, CFGF_NONE), CFG_END()};
    static cfg_opt_t cluster[] = {
        CFG_STR("address", "", CFGF_NONE),
        CFG_INT("nodes", 1, CFGF_NONE),
        CFG_SEC("limits", limits, CFGF_NONE),
        CFG_END(),
    };
    cfg_opt_t options[] = {
        CFG_STR("name", "none", CFGF_NONE),
        CFG_INT("port", 1, CFGF_NONE),
        CFG_BOOL("flag", cfg_false, CFGF_NONE),
        CFG_STR_LIST("list", NULL, CFGF_NONE),
        CFG_SEC("cluster", cluster, CFGF_MULTI | CFGF_TITLE),
        CFG_SEC("limits", limits, CFGF_NONE),
        CFG_END(),
    };
    cfg_t *file = cfg_init(options, CFGF_NONE);

    cfg_set_validate_func(file, "port", check_positive);
    return file;
}

/* words NULL: good.  "@" in front of the words stands for the path of the file. */
static void check_bytes(const void *bytes, size_t size, mode_t mode, const char *words)
{
    CLEANUP(memory_freep) char *path = scratch_file("settings", bytes, size);
    CLEANUP(cfg_freep) cfg_t *file = make_file();
    CLEANUP(memory_freep) char *wanted = NULL;
    struct error err = {0};
    bool good;

    CU_ASSERT_EQUAL(chmod(path, mode), 0);
    good = settings_parse(file, path, &err);
    CU_ASSERT_EQUAL(good, words == NULL);
    if (words) {
        wanted = memory_format("%s%s", *words == '@' ? path : "", words + (*words == '@'));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, wanted));
    }
    if (good != (words == NULL) || (wanted && !strstr(err.text, wanted)))
        printf("# %s: %s\n", (const char *)bytes, err.text);
}

static void check(const char *text, const char *words)
{
    check_bytes(text, strlen(text), 0600, words);
}

static void test_values_are_read(void)
{
    static const char text[] = "# a comment with name = 'x'\n"
                               "name = 'it\\'s' // another\n"
                               "port = 7\n"
                               "list = {a, 'b', \"c\"}\n"
                               "list += {d}\n"
                               "cluster alpha { nodes = 2\n limits { jobs = 3 } }\n"
                               "cluster \"beta\" { nodes = 4 /* name = 1 */ }\n"
                               "limits { jobs = 9 }";
    CLEANUP(memory_freep) char *path = scratch_file("settings", text, strlen(text));
    CLEANUP(cfg_freep) cfg_t *file = make_file();
    struct error err = {0};
    cfg_t *alpha;

    CU_ASSERT_TRUE_FATAL(settings_parse(file, path, &err));
    CU_ASSERT_STRING_EQUAL(cfg_getstr(file, "name"), "it's");
    CU_ASSERT_EQUAL(cfg_getint(file, "port"), 7);
    CU_ASSERT_EQUAL(cfg_size(file, "list"), 4);
    CU_ASSERT_EQUAL(cfg_size(file, "cluster"), 2);
    alpha = cfg_getnsec(file, "cluster", 0);
    CU_ASSERT_STRING_EQUAL(cfg_title(alpha), "alpha");
    CU_ASSERT_EQUAL(cfg_getint(alpha, "nodes"), 2);
    CU_ASSERT_EQUAL(cfg_getint(cfg_getsec(alpha, "limits"), "jobs"), 3);
    CU_ASSERT_EQUAL(cfg_getint(cfg_getsec(file, "limits"), "jobs"), 9);
}

static void test_files_that_are_good(void)
{
    check("", NULL);
    check("\n\n# nothing\n", NULL);
    check("name = x", NULL); /* no newline at the end */
    check("name = x\r\nport = 2\r\n", NULL);
    check("cluster a { nodes = 1 } cluster b { nodes = 1 }", NULL);
    check("cluster a { limits { jobs = 1 } } limits { jobs = 1 }", NULL);
    check("name = \"tcp://[::1]:7101\" # name = x\n", NULL);
}

static void test_mistakes_are_found_where_they_are(void)
{
    check("nmae = x\n", "@:1: no such option 'nmae'");
    check("name = x\nport = 1\nhartbeat = 3\n", "@:3: no such option 'hartbeat'");
    check("cluster a {\n nodes = 1\n nods = 2\n}\n", "@:3: no such option 'nods'");
    check("port = abc\n", "@:1: ");
    check("port = 99999999999999999999999999\n", "@:1: ");
    check("name = x\nport = -4\n", "@:2: port = -4 is not above 0");
    check("flag = perhaps\n", "@:1: ");
    check("name =\n", "@");
    check("name", "@");
    check("cluster a {\n nodes = 1\n", "@:3: \"cluster a\" is not closed");
    check("cluster a { limits { jobs = 1 }", "@:1: \"cluster a\" is not closed");
    check("cluster a { limits { jobs = 1", "@:1: \"limits\" is not closed");
    check("list = {a, b", "@");
    check("name = x /* and so on", "@:1: a comment is not closed");
    check("name = x /*/", "@:1: a comment is not closed");
    check("}\n", "@:1: ");
    check("cluster { nodes = 1 }\n", "@:1: ");
    check("name = 'x\n", "@:2: a text is not closed");
    check("name = \"x\\", "@:1: a text is not closed");
    check("cluster 'a { }", "@:1: a text is not closed");
    check("include(\"other.conf\")\n", "@:1: no such option 'include'");
    check("= = =\n", "@:1: ");
}

static void test_environment_is_not_asked(void)
{
    check("name = \"${HOME}\"\n", "@:1: ${...} is not replaced");
    check("name = ${HOME}\n", "@:1: ${...} is not replaced");
    check("name = a${HOME}\n", "@:1: ${...} is not replaced");
    check("\nname = \"${HOME\"\n", "@:2: ${...} is not replaced");
    check("name = '${HOME}'\n", NULL);
    check("name = \"$HOME\"\n", NULL);
    check("name = \"5$\"\n", NULL);
}

static void test_nothing_is_taken_twice(void)
{
    check("name = x\nport = 1\nname = y\n", "@:3: \"name\" is given twice");
    check("name = x\nname = x\n", "@:2: \"name\" is given twice");
    check("cluster a { nodes = 1\n nodes = 2 }\n", "@:2: \"nodes\" is given twice");
    check("cluster a { nodes = 1 }\ncluster a { nodes = 2 }\n", "@:2: \"cluster a\" is given");
    check("cluster a { nodes = 1 }\ncluster 'a' { nodes = 2 }\n", "@:2: \"cluster a\" is given");
    check("limits { jobs = 1 }\nlimits { jobs = 2 }\n", "@:2: \"limits\" is given twice");
    check("cluster a {\n limits {}\n limits {} }\n", "@:3: \"limits\" is given twice");
    check("list = {a}\nlist = {b}\n", "@:2: \"list\" is given twice");
    check("/* name = a\n name = b */ name = 'name = c' // name = d\nname = e",
          "@:3: \"name\" is given twice");
}

static void test_bytes_that_are_no_text(void)
{
    check_bytes("name = x\0y", 10, 0600, "not a text in UTF-8");
    check_bytes("name = \xff\n", 9, 0600, "not a text in UTF-8");
    check_bytes("\x7f"
                "ELF\x02\x01\x01\0\0",
                9, 0600, "not a text in UTF-8");
    check("a{a{a{a{a{a{a{a{a{a{a{a{", "@");
}

static void test_files_that_others_may_change(void)
{
    check_bytes("", 0, 0644, NULL);
    check_bytes("", 0, 0666, "");
    check_bytes("", 0, 0660, "");
}

static void test_what_is_no_file(void)
{
    CLEANUP(memory_freep) char *fifo = scratch_path("fifo");
    CLEANUP(memory_freep) char *large = scratch_path("large");
    CLEANUP(cfg_freep) cfg_t *file = make_file();
    struct error err = {0};
    FILE *stream;

    CU_ASSERT_FALSE(settings_parse(file, scratch_directory(), &err));
    CU_ASSERT_FALSE(settings_parse(file, "/nonexistent/file", &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
    CU_ASSERT_EQUAL(mkfifo(fifo, 0600), 0);
    CU_ASSERT_FALSE(settings_parse(file, fifo, &err)); /* and is not waited for */
    stream = fopen(large, "w");
    CU_ASSERT_EQUAL(ftruncate(fileno(stream), (1 << 20) + 1), 0);
    CU_ASSERT_EQUAL(fchmod(fileno(stream), 0600), 0);
    fclose(stream);
    CU_ASSERT_FALSE(settings_parse(file, large, &err));
}

static void test_endpoints(void)
{
    static const struct {
        const char *value;
        bool good;
    } cases[] = {
        {"tcp://127.0.0.1:7101",     true },
        {"tcp://0.0.0.0:65535",      true },
        {"tcp://*:7101",             true },
        {"tcp://*:*",                true },
        {"tcp://[::1]:1",            true },
        {"tcp://[fe80::1%eth0.5]:1", false},
        {"tcp://login.uni.mx:7101",  true },
        {"ipc:///run/tequio/sock",   true },
        {"",                         false},
        {"tcp://",                   false},
        {"tcp://:7101",              false},
        {"tcp://127.0.0.1",          false},
        {"tcp://127.0.0.1:",         false},
        {"tcp://127.0.0.1:0",        false},
        {"tcp://127.0.0.1:65536",    false},
        {"tcp://127.0.0.1:-1",       false},
        {"tcp://127.0.0.1:7101/",    false},
        {"tcp://127.0.0.1:7101 ",    false},
        {"tcp://a b:7101",           false},
        {"tcp://a;b:7101",           false},
        {"tcp://eth0;10.0.0.1:7101", false},
        {"tcp://[::1:7101",          false},
        {"tcp://[]:7101",            false},
        {"tcp://::1:7101",           false},
        {"udp://127.0.0.1:7101",     false},
        {"127.0.0.1:7101",           false},
        {"http://x:80",              false},
        {"inproc://x",               false},
        {"ipc://",                   false},
        {"ipc:///",                  false},
        {"ipc://relative",           false},
        {"ipc://@abstract",          false},
        {"ipc://*",                  false},
        {"tcp://\x1b[2J:1",          false},
    };
    CLEANUP(memory_freep) char *path = NEW_ARRAY(char, 200);
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool good = settings_check_endpoint("listen", cases[i].value, &err);

        CU_ASSERT_EQUAL(good, cases[i].good);
        if (good != cases[i].good)
            printf("# %s\n", cases[i].value);
        if (!good) {
            CU_ASSERT(strncmp(err.text, "listen = ", 9) == 0);
            CU_ASSERT_PTR_NULL(strchr(err.text, '\x1b'));
        }
    }
    memset(path, 'x', 114);
    memcpy(path, "ipc:///", 7);
    CU_ASSERT_FALSE(settings_check_endpoint("listen", path, &err));
    path[113] = '\0';
    CU_ASSERT_TRUE(settings_check_endpoint("listen", path, &err));
}

static void test_several_endpoints(void)
{
    struct error err;

    CU_ASSERT_TRUE(settings_check_endpoints("server", "tcp://a:1, tcp://b:2,tcp://[::1]:3", &err));
    CU_ASSERT_TRUE(settings_check_endpoints("server", "ipc:///run/a", &err));
    CU_ASSERT_FALSE(settings_check_endpoints("server", "tcp://a:1,,tcp://b:2", &err));
    CU_ASSERT_FALSE(settings_check_endpoints("server", "tcp://a:1, nonsense", &err));
    CU_ASSERT_FALSE(settings_check_endpoints("server", "", &err));
    CU_ASSERT_FALSE(settings_check_endpoints("server", "tcp://a:1, ipc:///run/a", &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "each is a tcp://"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"values are read",                   test_values_are_read                  },
        {"files that are good",               test_files_that_are_good              },
        {"mistakes are found where they are", test_mistakes_are_found_where_they_are},
        {"the environment is not asked",      test_environment_is_not_asked         },
        {"nothing is taken twice",            test_nothing_is_taken_twice           },
        {"bytes that are no text",            test_bytes_that_are_no_text           },
        {"files that others may change",      test_files_that_others_may_change     },
        {"what is no file",                   test_what_is_no_file                  },
        {"endpoints",                         test_endpoints                        },
        {"several endpoints",                 test_several_endpoints                },
        CU_TEST_INFO_NULL,
    };

    return run_suite("settings", tests);
}
