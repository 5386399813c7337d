/* test_determinism.c - the same events, in another process: the same decisions byte for byte
 *
 * Two processes play one random history each, at once.  Their hash tables have keys of their own,
 * they are loaded at other addresses, and in one of them memory is handed out in another order and
 * with other bytes in it.  The first step at which their digests differ is told with what was done. */

#include "base/memory.h"
#include "base/parse.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/property/core_player.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the player is told, through the environment of its process. */
#define PLAY_SEED   "TEQUIO_PLAY_SEED"
#define PLAY_SHOWN  "TEQUIO_PLAY_SHOWN"
#define PLAY_OUTPUT "TEQUIO_PLAY_OUTPUT"

/* Each allocation of some size lies below the last, and nothing in it is zero by chance. */
static char *const otherwise[] = {
    (char *)"MALLOC_MMAP_THRESHOLD_=200",
    (char *)"MALLOC_MMAP_MAX_=60000",
    (char *)"MALLOC_PERTURB_=165",
    (char *)"TZ=Asia/Kathmandu",
};

struct player {
    pid_t pid;
    int output;
    char *bytes; /* all that it wrote */
};

/* --- one that plays -------------------------------------------------------------------------------- */

static uint64_t number_of(const char *name)
{
    const char *text = getenv(name);

    return text ? strtoull(text, NULL, 10) : 0;
}

static void test_play(void)
{
    CLEANUP(buffer_clear) struct buffer lines = {0};
    CLEANUP(buffer_clear) struct buffer text = {0};
    uint32_t shown = (uint32_t)number_of(PLAY_SHOWN);
    const struct buffer *output = shown > 0 ? &text : &lines;
    struct played played;

    buffer_init(&lines);
    buffer_init(&text);
    played = core_play(number_of(PLAY_SEED), shown, &lines, &text);
    CU_ASSERT(played.submitted > 100 && played.started > 100);
    CU_ASSERT(played.arrays > 20 && played.components > 5 && played.gpus > 10);
    CU_ASSERT(played.windows > 5 && played.limits > 10);
    printf("# preempted: %" PRIu32 "\n", played.preempted); /* not in every history */
    CU_ASSERT(write((int)number_of(PLAY_OUTPUT), output->bytes, output->length) ==
              (ssize_t)output->length);
}

static int play(void)
{
    static const CU_TestInfo tests[] = {
        {"play", test_play},
        CU_TEST_INFO_NULL,
    };

    return run_suite("player", tests);
}

/* --- two of them, compared ------------------------------------------------------------------------- */

/* In the child: what differs between the two, and nothing else. */
static void become_player(uint64_t seed, uint32_t shown, int output, bool is_other)
{
    char *own[8] = {memory_format(PLAY_SEED "=%" PRIu64, seed),
                    memory_format(PLAY_SHOWN "=%" PRIu32, shown),
                    memory_format(PLAY_OUTPUT "=%d", output)};
    char *arguments[] = {(char *)"player", NULL};

    for (size_t i = 0; is_other && i < COUNT_OF(otherwise); i++)
        own[3 + i] = otherwise[i];
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execve("/proc/self/exe", arguments, own);
    _exit(EXIT_FAILURE);
}

static void start(struct player *player, uint64_t seed, uint32_t shown, bool is_other)
{
    fflush(stdout);
    player->output = memfd_create("digests", 0);
    CU_ASSERT_FATAL(player->output >= 0);
    player->pid = fork();
    if (player->pid == 0)
        become_player(seed, shown, player->output, is_other);
    CU_ASSERT_FATAL(player->pid > 0);
}

static void finish(struct player *player)
{
    off_t size;
    int status;

    CU_ASSERT_FATAL(waitpid(player->pid, &status, 0) == player->pid);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    size = lseek(player->output, 0, SEEK_END);
    player->bytes = NEW_ARRAY(char, (size_t)size + 1);
    CU_ASSERT(size > 0 && pread(player->output, player->bytes, (size_t)size, 0) == size);
    close(player->output);
}

static void play_both(struct player players[2], uint64_t seed, uint32_t shown)
{
    for (int i = 0; i < 2; i++)
        start(&players[i], seed, shown, i > 0);
    for (int i = 0; i < 2; i++)
        finish(&players[i]);
}

static void forget_both(struct player players[2])
{
    free(players[0].bytes);
    free(players[1].bytes);
}

/* The first line that is not the same begins with the number of its step; 0: none. */
static uint32_t first_difference(const char *one, const char *other)
{
    while (*one) {
        size_t length = strcspn(one, "\n") + 1;

        if (strncmp(one, other, length) != 0)
            return (uint32_t)strtoul(one, NULL, 10);
        one += length;
        other += length;
    }
    return 0;
}

static void say(const char *text)
{
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        printf("#   %.*s\n", (int)length, text);
    }
}

static void say_step(uint64_t seed, uint32_t step)
{
    struct player players[2];

    play_both(players, seed, step);
    printf("# seed %" PRIu64 ", step %" PRIu32 ", one process:\n", seed, step);
    say(players[0].bytes);
    printf("# another:\n");
    say(players[1].bytes);
    forget_both(players);
}

static void test_same_decisions(void)
{
    struct test_random random = test_random_from_environment();
    struct player players[2];
    uint32_t step;

    play_both(players, random.seed, 0);
    CU_ASSERT_EQUAL(strlen(players[0].bytes), strlen(players[1].bytes));
    step = first_difference(players[0].bytes, players[1].bytes);
    CU_ASSERT_EQUAL(step, 0);
    if (step > 0)
        say_step(random.seed, step);
    forget_both(players);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the same events in another process: the same decisions byte for byte",
         test_same_decisions},
        CU_TEST_INFO_NULL,
    };

    return getenv(PLAY_SEED) ? play() : run_suite("determinism", tests);
}
