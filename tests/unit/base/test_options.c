/* test_options.c - a command line is read as people mean it, or refused with a hint */

#include "base/memory.h"
#include "base/options.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *name;
    const char *output;
    const char *exclusive;
    uint32_t nodes;
    uint64_t memory;
    int64_t time_us;
    bool quiet;
    bool verbose;
    bool wait;
};

static const struct option_rule rules[] = {
    OPTION_TEXT('J', "job-name", "NAME", struct arguments, name, "call it NAME"),
    OPTION_TEXT('o', "output", "FILE", struct arguments, output, "write what it prints to FILE"),
    OPTION_TEXT(0, "exclusive", "[WHO]", struct arguments, exclusive, "share nodes with nobody"),
    OPTION_U32('N', "nodes", "[OF:]N", struct arguments, nodes, "so many nodes"),
    OPTION_U64('m', "memory", "N", struct arguments, memory, "so many bytes"),
    OPTION_DURATION('t', "time", "LIMIT", struct arguments, time_us, "no longer than LIMIT"),
    OPTION_FLAG('q', "quiet", struct arguments, quiet, "say nothing"),
    OPTION_FLAG('v', NULL, struct arguments, verbose, "say more"),
    OPTION_FLAG(0, "wait-all-nodes", struct arguments, wait, "wait for all"),
    OPTION_FLAG(0, "wait", struct arguments, wait, "wait for the end"),
    OPTION_END,
};

/* A command line in one text, and what came of it: the fields that are set and the
 * operands, or the refusal. */
static void describe(const char *line, struct buffer *buffer)
{
    CLEANUP(memory_freep) char *words = memory_format("tequio %s", line);
    struct arguments arguments = {0};
    char *argv[32] = {0};
    int argc = 0, first = -1;
    struct error err = {0};
    char *rest = NULL;

    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    if (!options_read(rules, argc, argv, &arguments, &first, &err)) {
        buffer_add_text(buffer, err.text);
        return;
    }
    if (arguments.name)
        buffer_print(buffer, "J=%s ", arguments.name);
    if (arguments.output)
        buffer_print(buffer, "o=%s ", arguments.output);
    if (arguments.exclusive)
        buffer_print(buffer, "e=%s ", arguments.exclusive);
    if (arguments.nodes)
        buffer_print(buffer, "N=%" PRIu32 " ", arguments.nodes);
    if (arguments.memory)
        buffer_print(buffer, "m=%" PRIu64 " ", arguments.memory);
    if (arguments.time_us)
        buffer_print(buffer, "t=%" PRId64 " ", arguments.time_us / US_PER_SECOND);
    buffer_print(buffer, "%s%s%s:", arguments.quiet ? "q" : "", arguments.verbose ? "v" : "",
                 arguments.wait ? "w" : "");
    for (int i = first; i < argc; i++)
        buffer_print(buffer, " %s", argv[i]);
}

struct line_case {
    const char *line;
    const char *seen;
};

static void check_lines(const struct line_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buffer_clear) struct buffer seen;

        buffer_init(&seen);
        describe(cases[i].line, &seen);
        CU_ASSERT_STRING_EQUAL(seen.bytes, cases[i].seen);
        if (strcmp(seen.bytes, cases[i].seen) != 0)
            printf("# %s: %s\n", cases[i].line, seen.bytes);
    }
}

static void test_lines(void)
{
    static const struct line_case cases[] = {
        {"",                        ":"                       },
        {"job.sh",                  ": job.sh"                },
        {"--nodes=4",               "N=4 :"                   },
        {"--nodes 4 job.sh",        "N=4 : job.sh"            },
        {"-N4",                     "N=4 :"                   },
        {"-N 4",                    "N=4 :"                   },
        {"-N=4",                    "N=4 :"                   },
        {"--node 4",                "N=4 :"                   },
        {"--no=4",                  "N=4 :"                   },
        {"-q",                      "q:"                      },
        {"-qv",                     "qv:"                     },
        {"-qvN4",                   "N=4 qv:"                 },
        {"-qN 4 x",                 "N=4 q: x"                },
        {"--quiet --wait",          "qw:"                     }, /* exact wins */
        {"--wait-a",                "w:"                      },
        {"-N1 -N2 --nodes=3",       "N=3 :"                   }, /* the last one holds */
        {"-t 1:30",                 "t=90 :"                  },
        {"-m 18446744073709551615", "m=18446744073709551615 :"},
        {"--output=",               "o= :"                    },
        {"--output=a=b",            "o=a=b :"                 },
        {"-o --quiet",              "o=--quiet :"             }, /* as getopt_long() */
        {"-o -- x",                 "o=-- : x"                },
        {"--exclusive",             "e= :"                    },
        {"--exclusive user",        "e= : user"               },
        {"--exclusive=user",        "e=user :"                },
        {"-- -rf",                  ": -rf"                   },
        {"-q -- -q --nodes",        "q: -q --nodes"           },
        {"run -N 4",                ": run -N 4"              }, /* that is run's */
        {"-",                       ": -"                     },
        {"- -q",                    ": - -q"                  },
        {"-q --",                   "q:"                      },
        {"--",                      ":"                       },
        {"-- --",                   ": --"                    },
    };

    check_lines(cases, COUNT_OF(cases));
}

static void test_refusals(void)
{
    static const struct line_case cases[] = {
        {"--nods 4",     "unknown option --nods: did you mean --nodes?"                  },
        {"--quite",      "unknown option --quite: did you mean --quiet?"                 },
        {"--frobnicate", "unknown option --frobnicate"                                   },
        {"--nods=4",     "unknown option --nods: did you mean --nodes?"                  },
        {"--=4",         "unknown option --"                                             },
        {"--nodesx",     "unknown option --nodesx: did you mean --nodes?"                },
        {"-x",           "unknown option -x"                                             },
        {"-qx",          "unknown option -x in \"qx\""                                   },
        {"-5",           "unknown option -5"                                             },
        {"-\xc3\xb1",    "unknown option -? in \"\xc3\xb1\""                             },
        {"-\xff",        "unknown option -? in \"\\xff\""                                },
        {"--\xff",       "unknown option --\\xff"                                        },
        {"--a\x1b[2J",   "unknown option --a\\x1b[2J"                                    },
        {"--wai",        "option --wai may be --wait-all-nodes or --wait"                },
        {"--nodes",      "option --nodes needs a value: [OF:]N"                          },
        {"-N",           "option -N needs a value: [OF:]N"                               },
        {"-qN",          "option -N needs a value: [OF:]N"                               },
        {"--quiet=yes",  "option --quiet takes no value"                                 },
        {"-q=yes",       "option -q takes no value"                                      },
        {"--nodes=",     "option --nodes: \"\" is not a whole number"                    },
        {"--nodes=-1",   "option --nodes: \"-1\" is not between 0 and 4294967295"        },
        {"-N4294967296", "option -N: \"4294967296\" is not between 0 and 4294967295"     },
        {"--nodes x",    "option --nodes: \"x\" is not a whole number"                   },
        {"-t 1:60",      "option -t: \"1:60\": seconds after the first field are 0 to 59"},
    };

    check_lines(cases, COUNT_OF(cases));
}

static void test_long_names_are_cut_in_the_refusal(void)
{
    CLEANUP(memory_freep) char *line = NEW_ARRAY(char, 5001);
    CLEANUP(buffer_clear) struct buffer seen;

    memset(line, 'x', 5000);
    memcpy(line, "--", 2);
    buffer_init(&seen);
    describe(line, &seen);
    CU_ASSERT(strncmp(seen.bytes, "unknown option --xxx", 20) == 0);
    CU_ASSERT(seen.length < 120);
}

static void test_no_arguments_at_all(void)
{
    struct arguments arguments = {0};
    char *argv[] = {NULL};
    struct error err;
    int first = -1;

    CU_ASSERT_TRUE(options_read(rules, 0, argv, &arguments, &first, &err));
    CU_ASSERT_EQUAL(first, 0);
}

static const struct option_rule shown[] = {
    OPTION_U32('N', "nodes", "N", struct arguments, nodes, "use N nodes, each of them whole"),
    OPTION_TEXT(0, "exclusive", "[WHO]", struct arguments, exclusive, "share with nobody"),
    OPTION_FLAG('v', NULL, struct arguments, verbose, "say more"),
    OPTION_TEXT(0, "a-name-that-is-longer-than-the-column", "FILE", struct arguments, output,
                "help"),
    OPTION_END,
};

static char *shout(const char *text)
{
    return strcmp(text, "say more") == 0 ? (char *)(uintptr_t) "decir m\xc3\xa1s"
                                         : (char *)(uintptr_t)text;
}

/* What options_print() writes to standard output. */
static void print_to(struct buffer *buffer, int width, char *(*translate)(const char *text))
{
    CLEANUP(memory_freep) char *path = scratch_path("help");
    int before = dup(STDOUT_FILENO);
    char bytes[4096];
    FILE *file;

    fflush(stdout);
    CU_ASSERT_PTR_NOT_NULL_FATAL(freopen(path, "w", stdout));
    options_print(shown, width, translate);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    file = fopen(path, "r");
    buffer_add(buffer, bytes, fread(bytes, 1, sizeof(bytes), file));
    fclose(file);
}

static void test_help(void)
{
    CLEANUP(buffer_clear) struct buffer wide;
    CLEANUP(buffer_clear) struct buffer narrow;

    buffer_init(&wide);
    buffer_init(&narrow);
    print_to(&wide, 80, NULL);
    CU_ASSERT_STRING_EQUAL(wide.bytes, "  -N, --nodes=N          use N nodes, each of them whole\n"
                                       "      --exclusive[=WHO]  share with nobody\n"
                                       "  -v                     say more\n"
                                       "      --a-name-that-is-longer-than-the-column=FILE\n"
                                       "                         help\n");
    print_to(&narrow, 45, shout);
    CU_ASSERT_STRING_EQUAL(narrow.bytes, "  -N, --nodes=N          use N nodes, each of\n"
                                         "                         them whole\n"
                                         "      --exclusive[=WHO]  share with nobody\n"
                                         "  -v                     decir m\xc3\xa1s\n"
                                         "      --a-name-that-is-longer-than-the-column=FILE\n"
                                         "                         help\n");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"lines",                             test_lines                            },
        {"refusals",                          test_refusals                         },
        {"long names are cut in the refusal", test_long_names_are_cut_in_the_refusal},
        {"no arguments at all",               test_no_arguments_at_all              },
        {"help",                              test_help                             },
        CU_TEST_INFO_NULL,
    };

    return run_suite("options", tests);
}
