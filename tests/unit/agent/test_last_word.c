/* test_last_word.c - what is taken for a job's last word, out of a directory of its user */

#include "agent/shepherd/last_word.h"

#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scene {
    struct spool spool;
    struct account account;
    struct shepherd_order order;
    char text[32];
};

static const char *word_of(struct scene *scene)
{
    memset(scene->text, 'x', sizeof(scene->text));
    last_word_read(&scene->order, scene->text, sizeof(scene->text));
    return scene->text;
}

static void scene_init(struct scene *scene)
{
    char *part;

    *scene = (struct scene){.account = {.uid = getuid()}};
    scene->spool = (struct spool){.mapped = true};
    scene->spool.scratch = open(scratch_directory(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scene->order = (struct shepherd_order){
        .spool = &scene->spool, .account = &scene->account, .part_name = "7.1.0"};
    part = scratch_path("7.1.0");
    CU_ASSERT_FATAL(mkdir(part, 0700) == 0 || errno == EEXIST);
    CU_ASSERT_EQUAL_FATAL(chdir(part), 0);
    free(part);
}

static void scene_clear(struct scene *scene)
{
    unlink(LAST_WORD_FILE);
    CU_ASSERT_EQUAL(chdir("/"), 0);
    close(scene->spool.scratch);
}

static void say(const char *name, const char *text)
{
    FILE *file = fopen(name, "we");

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static void test_letters(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    say(LAST_WORD_FILE, "no such file");
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "no such file");
    say(LAST_WORD_FILE, "a\x1b[2Jb\nc");
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "a [2Jb c");
    say(LAST_WORD_FILE, "0123456789012345678901234567890123456789");
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "0123456789012345678901234567890");
}

static void test_only_a_plain_file(void)
{
    CLEANUP(scene_clear) struct scene scene;

    scene_init(&scene);
    say("other", "other");
    CU_ASSERT_EQUAL(symlink("other", LAST_WORD_FILE), 0);
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    unlink(LAST_WORD_FILE);
    CU_ASSERT_EQUAL(link("other", LAST_WORD_FILE), 0);
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    unlink("other");
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "other");
    scene.account.uid++;
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    scene.account.uid--;
    unlink(LAST_WORD_FILE);
    CU_ASSERT_EQUAL(mkfifo(LAST_WORD_FILE, 0600), 0);
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    unlink(LAST_WORD_FILE);
    CU_ASSERT_EQUAL(mkdir(LAST_WORD_FILE, 0700), 0);
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
    rmdir(LAST_WORD_FILE);
    scene.order.part_name = "../7.1.0";
    say(LAST_WORD_FILE, "out");
    CU_ASSERT_STRING_EQUAL(word_of(&scene), "");
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"letters that can be shown",                test_letters          },
        {"only a plain file of the own user counts", test_only_a_plain_file},
        CU_TEST_INFO_NULL,
    };

    return run_suite("last_word", tests);
}
