/* test_file.c - reading with a limit, replacing whole, and who may touch a file */

#include "base/file.h"

#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_reads_what_is_there(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("whole", "a\0b\n", 4);
    CLEANUP(buffer_clear) struct buffer buffer;
    struct error err;

    buffer_init(&buffer);
    buffer_add_text(&buffer, "before:");
    CU_ASSERT_TRUE(file_read(path, 4, &buffer, &err));
    CU_ASSERT_EQUAL(buffer.length, 11);
    CU_ASSERT_EQUAL(memcmp(buffer.bytes, "before:a\0b\n", 12), 0);
}

static void test_reads_files_that_do_not_know_their_size(void)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    struct error err;

    buffer_init(&buffer);
    CU_ASSERT_TRUE(file_read("/proc/self/status", 1 << 16, &buffer, &err));
    CU_ASSERT_EQUAL(strncmp(buffer.bytes, "Name:", 5), 0);
    buffer_reset(&buffer);
    CU_ASSERT_FALSE(file_read("/proc/self/status", 10, &buffer, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_EQUAL(buffer.length, 0);
}

static bool refuses(const char *path, size_t most, enum error_code code, const char *words)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    struct error err = {0};
    bool read;

    buffer_init(&buffer);
    buffer_add_text(&buffer, "kept");
    read = file_read(path, most, &buffer, &err);
    return !read && err.code == code && strstr(err.text, words) && strstr(err.text, path) &&
           strcmp(buffer.bytes, "kept") == 0;
}

static void test_refuses_what_is_no_plain_file(void)
{
    CLEANUP(memory_freep) char *pipe = scratch_path("pipe");
    CLEANUP(memory_freep) char *missing = scratch_path("missing");
    CLEANUP(memory_freep) char *large = scratch_file("large", "12345", 5);

    CU_ASSERT_EQUAL(mkfifo(pipe, 0600), 0);
    CU_ASSERT_TRUE(refuses(pipe, 100, ERROR_INVALID, "not a regular file")); /* and returns */
    CU_ASSERT_TRUE(refuses(scratch_directory(), 100, ERROR_INVALID, "is a directory"));
    CU_ASSERT_TRUE(refuses("/dev/zero", 100, ERROR_INVALID, "not a regular file"));
    CU_ASSERT_TRUE(refuses(missing, 100, ERROR_NOT_FOUND, "No such file"));
    CU_ASSERT_TRUE(refuses(large, 4, ERROR_INVALID, "has 5 bytes, at most 4"));
}

static bool holds(const char *path, const char *text, mode_t mode)
{
    CLEANUP(buffer_clear) struct buffer buffer;
    struct stat status;
    struct error err;

    buffer_init(&buffer);
    return file_read(path, 1000, &buffer, &err) && strcmp(buffer.bytes, text) == 0 &&
           stat(path, &status) == 0 && (status.st_mode & 07777) == mode;
}

static void test_replace_makes_and_replaces(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("replaced");
    CLEANUP(memory_freep) char *temporary = scratch_path("replaced.tmp");
    struct error err;

    umask(0077); /* the mode is the one asked for all the same */
    CU_ASSERT_TRUE(file_replace(path, "one", 3, 0644, &err));
    CU_ASSERT_TRUE(holds(path, "one", 0644));
    CU_ASSERT_TRUE(file_replace(path, "", 0, 0600, &err));
    CU_ASSERT_TRUE(holds(path, "", 0600));
    CU_ASSERT_NOT_EQUAL(access(temporary, F_OK), 0);
}

static void test_replace_is_not_led_astray(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("target");
    CLEANUP(memory_freep) char *temporary = scratch_path("target.tmp");
    CLEANUP(memory_freep) char *victim = scratch_file("victim", "safe", 4);
    struct error err;

    CU_ASSERT_EQUAL(chmod(victim, 0600), 0);
    CU_ASSERT_EQUAL(symlink(victim, temporary), 0);
    CU_ASSERT_TRUE(file_replace(path, "new", 3, 0600, &err));
    CU_ASSERT_TRUE(holds(path, "new", 0600));
    CU_ASSERT_TRUE(holds(victim, "safe", 0600));
}

static void test_replace_leaves_pipes_and_devices(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("replaced-pipe");
    CLEANUP(file_closep) int reader = -1;
    struct stat status;
    struct error err;
    char bytes[4] = "";

    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    CU_ASSERT_TRUE(file_replace(path, "new", 3, 0600, &err));
    CU_ASSERT_EQUAL(read(reader, bytes, sizeof(bytes) - 1), 3);
    CU_ASSERT_STRING_EQUAL(bytes, "new");
    CU_ASSERT_EQUAL(stat(path, &status), 0);
    CU_ASSERT(S_ISFIFO(status.st_mode));
}

static void test_a_failed_replace_leaves_the_old_one(void)
{
    CLEANUP(memory_freep) char *path = scratch_file("old", "old", 3);
    CLEANUP(memory_freep) char *temporary = scratch_path("old.tmp");
    CLEANUP(memory_freep) char *nowhere = scratch_path("no/such/place");
    struct rlimit before, small;
    struct error err;

    CU_ASSERT_EQUAL(chmod(path, 0600), 0);
    CU_ASSERT_FALSE(file_replace(nowhere, "x", 1, 0600, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, nowhere));

    /* A limit on the size of files is a full disk that needs no disk. */
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){.rlim_cur = 8, .rlim_max = before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    CU_ASSERT_FALSE(file_replace(path, "longer than eight", 17, 0600, &err));
    setrlimit(RLIMIT_FSIZE, &before);
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    CU_ASSERT_TRUE(holds(path, "old", 0600));
    CU_ASSERT_NOT_EQUAL(access(temporary, F_OK), 0);
}

static const struct {
    mode_t file;
    mode_t directory;
    bool secret;
    const char *refusal; /* NULL: it is fine */
} modes[] = {
    {0600, 0700, true,  NULL                      },
    {0400, 0755, true,  NULL                      },
    {0640, 0700, true,  "others may read"         },
    {0604, 0700, true,  "others may read"         },
    {0620, 0700, true,  "others may change"       },
    {0601, 0700, true,  "others may read"         },
    {0600, 0770, true,  "others may replace files"},
    {0600, 0702, true,  "others may replace files"},
    {0644, 0755, false, NULL                      },
    {0664, 0755, false, "others may change"       },
    {0646, 0755, false, "others may change"       },
    {0644, 0777, false, "others may replace files"},
};

static void test_private_means_private(void)
{
    CLEANUP(memory_freep) char *folder = scratch_path("keys");
    CLEANUP(memory_freep) char *path = NULL;

    CU_ASSERT_EQUAL(mkdir(folder, 0700), 0);
    path = scratch_file("keys/key", "k", 1);
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        struct error err = {0};
        bool fine;

        CU_ASSERT_EQUAL(chmod(path, modes[i].file), 0);
        CU_ASSERT_EQUAL(chmod(folder, modes[i].directory), 0);
        fine = file_check_private(path, modes[i].secret, &err);
        CU_ASSERT_EQUAL(fine, modes[i].refusal == NULL);
        if (modes[i].refusal) {
            CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
            CU_ASSERT_PTR_NOT_NULL(strstr(err.text, modes[i].refusal));
        }
    }
}

static void test_private_looks_behind_links(void)
{
    CLEANUP(memory_freep) char *open_folder = scratch_path("open");
    CLEANUP(memory_freep) char *safe = scratch_file("safe", "k", 1);
    CLEANUP(memory_freep) char *link_in_open = scratch_path("open/link");
    CLEANUP(memory_freep) char *missing = scratch_path("missing-key");
    struct error err = {0};

    CU_ASSERT_EQUAL(chmod(safe, 0600), 0);
    CU_ASSERT_EQUAL(mkdir(open_folder, 0700), 0);
    CU_ASSERT_EQUAL(symlink(safe, link_in_open), 0);
    CU_ASSERT_TRUE(file_check_private(link_in_open, true, &err));
    CU_ASSERT_EQUAL(chmod(open_folder, 0777), 0);
    CU_ASSERT_FALSE(file_check_private(link_in_open, true, &err));
    CU_ASSERT_FALSE(file_check_private(missing, true, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_NOT_FOUND);
}

static void test_makes_a_directory_once(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("made");
    CLEANUP(memory_freep) char *deep = scratch_path("not/there");
    CLEANUP(memory_freep) char *file = scratch_file("plain", "", 0);
    CLEANUP(memory_freep) char *link = scratch_path("link-to-made");
    struct stat status;
    struct error err;

    umask(0022);
    CU_ASSERT_TRUE(file_make_directory(path, 0700, &err));
    CU_ASSERT_TRUE(file_make_directory(path, 0700, &err));
    CU_ASSERT(stat(path, &status) == 0 && S_ISDIR(status.st_mode));
    CU_ASSERT_EQUAL(status.st_mode & 07777, 0700);
    CU_ASSERT_FALSE(file_make_directory(deep, 0700, &err));
    CU_ASSERT_FALSE(file_make_directory(file, 0700, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT_EQUAL(symlink(path, link), 0);
    CU_ASSERT_FALSE(file_make_directory(link, 0700, &err));
    CU_ASSERT_EQUAL(chmod(path, 0777), 0);
    CU_ASSERT_FALSE(file_make_directory(path, 0700, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
}

static void test_writes_all_through_a_pipe(void)
{
    char text[100];
    struct error err;
    int ends[2];

    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    CU_ASSERT_TRUE(file_write_all(ends[1], "hello", 5, &err));
    CU_ASSERT_EQUAL(read(ends[0], text, sizeof(text)), 5);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    CU_ASSERT_FALSE(file_write_all(ends[1], "hello", 5, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_IO);
    close(ends[1]);
}

static void test_closes_what_is_open(void)
{
    int none = -1;
    int open_one = open("/dev/null", O_RDONLY | O_CLOEXEC);

    int stolen = file_steal(&open_one);

    CU_ASSERT_EQUAL(open_one, -1);
    file_closep(&none);
    file_closep(&open_one);
    CU_ASSERT_NOT_EQUAL(fcntl(stolen, F_GETFD), -1);
    file_closep(&stolen);
    CU_ASSERT_EQUAL(fcntl(stolen, F_GETFD), -1);
}

static void test_raises_the_soft_limit(void)
{
    struct rlimit before, now;

    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    now = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &now), 0);
    CU_ASSERT_EQUAL(file_raise_limit(), before.rlim_max);
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_NOFILE, &now), 0);
    CU_ASSERT_EQUAL(now.rlim_cur, before.rlim_max);
    setrlimit(RLIMIT_NOFILE, &before);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"reads what is there",                 test_reads_what_is_there                    },
        {"reads files of unknown size",         test_reads_files_that_do_not_know_their_size},
        {"refuses what is no plain file",       test_refuses_what_is_no_plain_file          },
        {"replace makes and replaces",          test_replace_makes_and_replaces             },
        {"replace is not led astray",           test_replace_is_not_led_astray              },
        {"replace leaves pipes and devices",    test_replace_leaves_pipes_and_devices       },
        {"a failed replace leaves the old one", test_a_failed_replace_leaves_the_old_one    },
        {"private means private",               test_private_means_private                  },
        {"private looks behind links",          test_private_looks_behind_links             },
        {"makes a directory once",              test_makes_a_directory_once                 },
        {"writes all through a pipe",           test_writes_all_through_a_pipe              },
        {"closes what is open",                 test_closes_what_is_open                    },
        {"raises the soft limit",               test_raises_the_soft_limit                  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("file", tests);
}
