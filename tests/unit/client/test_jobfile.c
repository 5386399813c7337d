/* test_jobfile.c - scripts as people write them, good and bad */

#include "base/memory.h"
#include "client/job_options.h"
#include "client/jobfile.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD "#!/bin/bash\n"

/* The whole text, and what must be in the refusal; the file is called "job.sh". */
static const struct {
    const char *text;
    const char *refusal;
} refused[] = {
    {"",                                        "empty"                               },
    {"echo hello\n",                            "job.sh:1: the first line"            },
    {"\n#!/bin/sh\necho\n",                     "job.sh:1: the first line"            },
    {"#!\necho\n",                              "no interpreter"                      },
    {"#!   \necho\n",                           "no interpreter"                      },
    {"#!",                                      "no interpreter"                      },
    {"\xef\xbb\xbf#!/bin/sh\necho\n",           "byte order mark"                     },
    {"#!/bin/sh\r\necho\r\n",                   "job.sh:1: lines end as in DOS"       },
    {HEAD "#SBATCH -n 2\r\necho\n",             "job.sh:2: lines end as in DOS"       },
    {HEAD,                                      "no command"                          },
    {HEAD "#SBATCH -n 2\n# only comments\n\n",  "no command"                          },
    {HEAD "#SBATCH --job-name=\"a b\necho\n",   "job.sh:2: the quote \" is not closed"},
    {HEAD "\n#SBATCH -J 'a\necho\n",            "job.sh:3: the quote ' is not closed" },
    {HEAD "#SBATCH \xe2\x80\x94mem=4G\necho\n",
     "job.sh:2: \"\xe2\x80\x94mem=4G\" begins with a dash"                            },
    {HEAD "#SBATCH \xe2\x80\x93n 4\necho\n",    "word processor"                      },
};

static void test_refuses_what_is_no_script(void)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct error err = {0};
        CLEANUP(jobfile_freep)
        struct jobfile *file =
            jobfile_parse("job.sh", refused[i].text, strlen(refused[i].text), &err);

        CU_ASSERT_PTR_NULL(file);
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT(strstr(err.text, refused[i].refusal) != NULL);
        if (!strstr(err.text, refused[i].refusal))
            printf("# case %zu says: %s\n", i, err.text);
    }
}

static void test_refuses_nul_bytes(void)
{
    static const char text[] = HEAD "echo one\necho \0two\n";
    struct error err = {0};

    CU_ASSERT_PTR_NULL(jobfile_parse("job.sh", text, sizeof(text) - 1, &err));
    CU_ASSERT(strstr(err.text, "job.sh:3: a NUL byte") != NULL);
}

static void test_first_line_is_as_long_as_the_kernel_reads(void)
{
    CLEANUP(buffer_clear) struct buffer text;
    struct error err = {0};
    struct jobfile *file;

    buffer_init(&text);
    buffer_add_text(&text, "#!/bin/");
    while (text.length < JOBFILE_INTERPRETER_MAX)
        buffer_add_char(&text, 'x');
    buffer_add_text(&text, "\necho\n");
    file = jobfile_parse("job.sh", text.bytes, text.length, &err);
    CU_ASSERT_PTR_NOT_NULL(file);
    jobfile_free(file);

    memmove(text.bytes + 8, text.bytes + 7, text.length - 8);
    text.bytes[7] = 'y';
    file = jobfile_parse("job.sh", text.bytes, text.length, &err);
    CU_ASSERT_PTR_NULL(file);
    CU_ASSERT(strstr(err.text, "256 bytes; Linux reads 255") != NULL);
}

/* How the directives are read: the lines after "#!/bin/bash", and what must come out, as
 * "name|nodes|tasks|cpus|notes". */
static const struct {
    const char *lines;
    const char *expected;
} read_so[] = {
  /* ours and Slurm's, spaces or tabs behind the word */
    {"#SBATCH -J a\necho\n",                                 "a|0|0|0|"          },
    {"#TEQUIO --job-name=a\necho\n",                         "a|0|0|0|"          },
    {"#SLURM -J a\necho\n",                                  "a|0|0|0|"          },
    {"#SBATCH\t-J\ta\necho\n",                               "a|0|0|0|"          },
    {"#SBATCH\necho\n",                                      "|0|0|0|"           },
 /* comments that only look like directives */
    {"##SBATCH -J a\necho\n",                                "|0|0|0|"           },
    {"#SBATCHX -J a\necho\n",                                "|0|0|0|"           },
    {" #SBATCH -J a\necho\n",                                "|0|0|0|"           },
    {"# SBATCH -J a\necho\n",                                "|0|0|0|2"          },
    {"#  TEQUIO -J a\necho\n",                               "|0|0|0|2"          },
    {"#sbatch -J a\necho\n",                                 "|0|0|0|2"          },
    {"#PBS -N a\necho\n",                                    "|0|0|0|2"          },
    {"#BSUB -J a\necho\n",                                   "|0|0|0|2"          },
 /* until the first command */
    {"\n# text\n\n#SBATCH -J a\necho\n",                     "a|0|0|0|"          },
    {"  # indented\n#SBATCH -J a\necho\n",                   "a|0|0|0|"          },
    {"set -e\n#SBATCH -J a\n",                               "|0|0|0|3"          },
    {"#SBATCH -n 2\nset -e\n\n#SBATCH -J a\n#SBATCH -J b\n", "|0|2|0|5"          },
    {"echo <<END\n#SBATCH-LIKE\nEND\n",                      "|0|0|0|"           },
 /* several on a line, later ones win */
    {"#SBATCH -J a -n 2 --nodes=3\necho\n",                  "a|3|2|0|"          },
    {"#SBATCH -J a\n#SBATCH -J b\necho\n",                   "b|0|0|0|"          },
    {"#SBATCH -n4\n#SBATCH -n 5 -n=6\necho\n",               "|0|6|0|"           },
 /* abbreviations */
    {"#SBATCH --job a --ntasks 4 --cpus-per-t 2\necho\n",    "a|0|4|2|"          },
 /* quotes, escapes, comments */
    {"#SBATCH --job-name=\"a b\"\necho\n",                   "a b|0|0|0|"        },
    {"#SBATCH --job-name='a \"b\"'\necho\n",                 "a \"b\"|0|0|0|"    },
    {"#SBATCH -J \"a 'b' \\\"c\\\"\"\necho\n",               "a 'b' \"c\"|0|0|0|"},
    {"#SBATCH -J a\\ b\necho\n",                             "a b|0|0|0|"        },
    {"#SBATCH -J \"\"\necho\n",                              "|0|0|0|"           },
    {"#SBATCH -J a # -n 9\necho\n",                          "a|0|0|0|"          },
    {"#SBATCH -J a#b\necho\n",                               "a#b|0|0|0|"        },
    {"#SBATCH -J a #\necho\n",                               "a|0|0|0|"          },
    {"#SBATCH # -J a\necho\n",                               "|0|0|0|"           },
 /* nothing is expanded, and that is said */
    {"#SBATCH -J $USER\necho\n",                             "$USER|0|0|0|2"     },
    {"#SBATCH -J ${A}b\necho\n",                             "${A}b|0|0|0|2"     },
    {"#SBATCH -J $(date)\necho\n",                           "$(date)|0|0|0|2"   },
    {"#SBATCH -J cost$\necho\n",                             "cost$|0|0|0|"      },
    {"#SBATCH -J '$USER'\necho\n",                           "$USER|0|0|0|"      },
    {"#SBATCH -J %j\necho\n",                                "%j|0|0|0|"         },
 /* the last line without its end */
    {"#SBATCH -J a\necho",                                   "a|0|0|0|"          },
};

/* The line numbers at the start of the notes: "2,5". */
static void add_lines(const char *notes, struct buffer *buffer)
{
    const char *separator = "";

    while (*notes) {
        const char *colon = strchr(notes, ':');

        CU_ASSERT_PTR_NOT_NULL_FATAL(colon);
        buffer_print(buffer, "%s%.*s", separator, (int)strcspn(colon + 1, ":"), colon + 1);
        separator = ",";
        notes += strcspn(notes, "\n");
        notes += *notes == '\n';
    }
}

static void test_directives_are_read_as_sbatch_does(void)
{
    for (size_t i = 0; i < COUNT_OF(read_so); i++) {
        CLEANUP(memory_freep) char *text = memory_format("%s%s", HEAD, read_so[i].lines);
        CLEANUP(buffer_clear) struct buffer seen;
        struct job_request request = {0};
        struct error err = {0};
        CLEANUP(jobfile_freep)
        struct jobfile *file = jobfile_parse("job.sh", text, strlen(text), &err);
        bool good = file && jobfile_options(file, 0, submit_options, &request, &err);

        buffer_init(&seen);
        if (good) {
            buffer_print(&seen, "%s|%u|%u|%u|", request.name ? request.name : "",
                         request.nodes_least, request.tasks, request.cpus_per_task);
            add_lines(jobfile_notes(file), &seen);
        }
        CU_ASSERT_STRING_EQUAL(good ? seen.bytes : err.text, read_so[i].expected);
        if (!good || strcmp(seen.bytes, read_so[i].expected) != 0)
            printf("# %s# gives %s\n", read_so[i].lines, good ? seen.bytes : err.text);
    }
}

/* A directive that is wrong is refused with its line. */
static const struct {
    const char *directive;
    const char *refusal;
} wrong[] = {
    {"--tiem=5",              "job.sh:3: unknown option --tiem: did you mean --time?"},
    {"--nvmps",               "job.sh:3: unknown option --nvmps"                     },
    {"-Z",                    "job.sh:3: unknown option -Z"                          },
    {"hetjobs",               "job.sh:3: \"hetjobs\" is no option"                   },
    {"-n 2 stray -c 3",       "job.sh:3: \"stray\" is no option"                     },
    {"-n",                    "needs a value"                                        },
    {"--help",                "no place in a script"                                 },
    {"-n 0",                  "\"0\" is not between"                                 },
    {"-n -4",                 "is not between"                                       },
    {"-n 4k",                 "not a whole number"                                   },
    {"-n 99999999999999999",  "is not between"                                       },
    {"-N 0",                  "is not between"                                       },
    {"-N 4-2",                "backwards"                                            },
    {"-N 2-",                 "whole number"                                         },
    {"-c 0",                  "is not between"                                       },
    {"--mem=-1",              "not a size"                                           },
    {"--mem=4Q",              "not a size"                                           },
    {"--mem-per-cpu=0",       "needs some memory"                                    },
    {"-t 0",                  "at least one second"                                  },
    {"-t -5",                 "not a duration"                                       },
    {"-t 1:60",               "0 to 59"                                              },
    {"-t 1-",                 "not a duration"                                       },
    {"-t 1:2:3:4",            "not a duration"                                       },
    {"-t 99999999-00:00:00",  "option -t"                                            },
    {"--begin=someday",       "option --begin"                                       },
    {"--signal=NOSUCH",       "option --signal"                                      },
    {"--signal=B:USR1@x",     "option --signal"                                      },
    {"--signal=R:USR1",       "reservation"                                          },
    {"--open-mode=sideways",  "append or truncate"                                   },
    {"--nice=many",           "option --nice"                                        },
    {"--exclusive=never",     "no kind of exclusive use"                             },
    {"--copies=0",            "is not between"                                       },
    {"--uid=17",              "option --uid: not offered"                            },
    {"-S 1",                  "option -S: not offered"                               },
    {"-d afterokay:1",        "did you mean afterok"                                 },
    {"--gres=fpga:1",         "gpu is the only such resource"                        },
    {"--gpus=a100:2,v100:1",  "one type of GPU for a job"                            },
    {"-G",                    "option -G needs a value"                              },
    {"--gpus-per-node",       "option --gpus-per-node needs a value"                 },
    {"--gpus-per-node=0",     "is not between"                                       },
    {"--gpus-per-task=a%b:1", "type of GPU"                                          },
    {"--mem-per-gpu=0",       "a GPU needs some memory"                              },
};

/* What stands behind "hetjob" is another component's, and is read for that one alone. */
static void test_components(void)
{
    static const char text[] = HEAD "#SBATCH -n 1 -J both\n#SBATCH hetjob\n#TEQUIO -n 8\n"
                                    "#SBATCH packjob # as it was called\n#SBATCH --tiem\necho\n";
    struct error err;
    CLEANUP(jobfile_freep) struct jobfile *file = jobfile_parse("job.sh", text, strlen(text), &err);
    struct job_request first = {0}, second = {0}, third = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_EQUAL(jobfile_components(file), 3);
    CU_ASSERT(jobfile_options(file, 0, submit_options, &first, &err));
    CU_ASSERT(jobfile_options(file, 1, submit_options, &second, &err));
    CU_ASSERT_EQUAL(first.tasks, 1);
    CU_ASSERT_STRING_EQUAL(first.name, "both");
    CU_ASSERT_EQUAL(second.tasks, 8);
    CU_ASSERT_PTR_NULL(second.name);
    CU_ASSERT_FALSE(jobfile_options(file, 2, submit_options, &third, &err));
    CU_ASSERT(strncmp(err.text, "job.sh:6: ", 10) == 0);
}

static void test_wrong_directives_are_named_with_their_line(void)
{
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CLEANUP(memory_freep)
        char *text = memory_format(HEAD "#SBATCH -J good\n#SBATCH %s\necho\n", wrong[i].directive);
        struct job_request request = {0};
        struct error err = {0};
        CLEANUP(jobfile_freep)
        struct jobfile *file = jobfile_parse("job.sh", text, strlen(text), &err);

        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        CU_ASSERT_FALSE(jobfile_options(file, 0, submit_options, &request, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
        CU_ASSERT(strncmp(err.text, "job.sh:3: ", 10) == 0);
        CU_ASSERT(strstr(err.text, wrong[i].refusal) != NULL);
        if (!strstr(err.text, wrong[i].refusal))
            printf("# %s says: %s\n", wrong[i].directive, err.text);
    }
}

/* --- files -------------------------------------------------------------------------------------- */

static void check_unreadable(const char *path, const char *refusal)
{
    struct error err = {0};
    struct jobfile *file = jobfile_read(path, &err);

    CU_ASSERT_PTR_NULL(file);
    CU_ASSERT(strstr(err.text, refusal) != NULL);
    jobfile_free(file);
}

static void test_only_regular_files_are_scripts(void)
{
    CLEANUP(memory_freep) char *fifo = scratch_path("fifo");
    CLEANUP(memory_freep) char *place = scratch_path("socket");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CU_ASSERT_EQUAL_FATAL(mkfifo(fifo, 0600), 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", place);
    CU_ASSERT_EQUAL(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    check_unreadable(fifo, "not a regular file"); /* and it does not wait for a writer */
    check_unreadable(place, "not a regular file");
    check_unreadable("/dev/zero", "not a regular file");
    check_unreadable(scratch_directory(), "is a directory");
    check_unreadable("/nonexistent/job.sh", "/nonexistent/job.sh");
    close(listener);
}

static void test_four_mebibytes_are_the_most(void)
{
    size_t size = JOBFILE_SIZE_MAX + 1;
    CLEANUP(memory_freep) char *text = memory_get(size, 1);
    CLEANUP(memory_freep) char *fits = NULL;
    CLEANUP(memory_freep) char *too_large = NULL;
    struct error err = {0};
    struct jobfile *file;

    memset(text, ':', size);
    memcpy(text, HEAD, strlen(HEAD));
    fits = scratch_file("fits", text, JOBFILE_SIZE_MAX);
    too_large = scratch_file("too-large", text, size);
    file = jobfile_read(fits, &err);
    CU_ASSERT_PTR_NOT_NULL(file);
    jobfile_free(file);
    check_unreadable(too_large, "4194304");
}

static void test_job_is_named_after_the_file(void)
{
    static const char text[] = HEAD "echo\n";
    struct error err = {0};
    struct jobfile *file = jobfile_parse("/some/where/job.sh", text, strlen(text), &err);
    size_t size;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_STRING_EQUAL(jobfile_name(file), "job.sh");
    CU_ASSERT_EQUAL(memcmp(jobfile_bytes(file, &size), text, strlen(text)), 0);
    CU_ASSERT_EQUAL(size, strlen(text));
    jobfile_free(file);
    file = jobfile_wrap("echo $HOME; exit 3", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_STRING_EQUAL(jobfile_name(file), "wrap");
    CU_ASSERT(strstr(jobfile_bytes(file, &size), "\necho $HOME; exit 3\n") != NULL);
    jobfile_free(file);
    CU_ASSERT_PTR_NULL(jobfile_wrap("   ", &err));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"what is no script is refused",                  test_refuses_what_is_no_script         },
        {"NUL bytes are refused",                         test_refuses_nul_bytes                 },
        {"the first line is as long as the kernel reads",
         test_first_line_is_as_long_as_the_kernel_reads                                          },
        {"directives are read as sbatch does",            test_directives_are_read_as_sbatch_does},
        {"a script may ask for several components",       test_components                        },
        {"wrong directives are named with their line",
         test_wrong_directives_are_named_with_their_line                                         },
        {"only regular files are scripts",                test_only_regular_files_are_scripts    },
        {"four mebibytes are the most",                   test_four_mebibytes_are_the_most       },
        {"the job is named after the file",               test_job_is_named_after_the_file       },
        CU_TEST_INFO_NULL,
    };

    return run_suite("jobfile", tests);
}
