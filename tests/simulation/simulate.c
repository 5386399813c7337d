/* simulate.c - run simulated worlds: one seed with its trace, or many as TAP */

#include "base/memory.h"
#include "base/options.h"
#include "tests/simulation/run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK      10 /* seeds of one TAP line */
#define TAIL_LINES 120

struct arguments {
    uint64_t seed, steps, seeds;
    bool trace, help;
};

/* clang-format off */
static const struct option_rule options[] = {
    OPTION_U64('s', "seed", "N", struct arguments, seed, "the (first) seed; 1 if not given"),
    OPTION_U64('n', "seeds", "N", struct arguments, seeds, "run so many seeds and print TAP, a line for ten"),
    OPTION_U64(0, "steps", "N", struct arguments, steps, "end the faults after N steps"),
    OPTION_FLAG('t', "trace", struct arguments, trace, "print the whole trace, also of a good seed"),
    OPTION_FLAG('h', "help", struct arguments, help, "print this text and exit"),
    OPTION_END,
};
/* clang-format on */

/* The last lines of a long text. */
static const char *tail_of(const struct buffer *text, unsigned lines)
{
    size_t place = text->length;

    while (place > 0 && lines > 0)
        if (text->bytes[--place] == '\n' && place + 1 < text->length)
            lines--;
    return text->bytes + place + (text->bytes[place] == '\n');
}

static bool run_one(const struct arguments *arguments, uint64_t seed)
{
    CLEANUP(buffer_clear) struct buffer ignored;
    struct run run = {.seed = seed, .steps = arguments->steps};

    buffer_init(&ignored);
    buffer_init(&run.trace);
    run_seed(&run);
    if (arguments->trace)
        fputs(run.trace.bytes, stdout);
    else if (!run.good)
        fputs(tail_of(&run.trace, TAIL_LINES), stdout);
    if (!run.good)
        printf("seed %" PRIu64 " is bad: %s\n", seed, run.first);
    else if (arguments->seeds == 0)
        printf("seed %" PRIu64 " is good: %" PRIu64 " steps, %" PRIu64 " jobs\n", seed,
               run.steps_done, run.jobs);
    buffer_clear(&run.trace);
    return run.good;
}

/* In a process of its own: an assertion that fails ends it, and the others go on. */
static bool run_apart(const struct arguments *arguments, uint64_t seed)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        bool good;

        dup2(STDERR_FILENO, STDOUT_FILENO);
        good = run_one(arguments, seed);
        fflush(stdout);
        exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_SUCCESS;
}

/* The seeds of one TAP line; says which are bad. */
static bool run_block(const struct arguments *arguments, uint64_t first)
{
    uint64_t end = arguments->seed + arguments->seeds;
    bool good = true;

    for (uint64_t seed = first; seed < first + BLOCK && seed < end; seed++) {
        if (run_apart(arguments, seed))
            continue;
        good = false;
        printf("# seed %" PRIu64 " is bad: simulate --seed %" PRIu64 " --trace\n", seed, seed);
        fflush(stdout);
    }
    return good;
}

static void start_block(const struct arguments *arguments, uint64_t line, pid_t *workers)
{
    pid_t worker;

    fflush(stdout);
    worker = fork();
    if (worker == 0)
        exit(run_block(arguments, arguments->seed + line * BLOCK) ? EXIT_SUCCESS : EXIT_FAILURE);
    workers[line] = worker;
}

/* As many lines at once as there are processors; they are printed in their order. */
static bool run_many(const struct arguments *arguments)
{
    uint64_t lines = (arguments->seeds + BLOCK - 1) / BLOCK, started = 0;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    CLEANUP(memory_freep) pid_t *workers = NEW_ARRAY(pid_t, lines);
    bool all = true;

    printf("1..%" PRIu64 "\n", lines);
    for (uint64_t line = 0; line < lines; line++) {
        uint64_t first = arguments->seed + line * BLOCK;
        int status = 0;
        bool good;

        while (started < lines && started < line + (uint64_t)(processors > 0 ? processors : 1))
            start_block(arguments, started++, workers);
        good = workers[line] > 0 && waitpid(workers[line], &status, 0) == workers[line] &&
               WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
        printf("%s %" PRIu64 " - seeds %" PRIu64 " to %" PRIu64 "\n", good ? "ok" : "not ok",
               line + 1, first, first + BLOCK - 1);
        all = all && good;
    }
    return all;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.seed = 1};
    struct error err;
    int first;

    if (!options_read(options, argc, argv, &arguments, &first, &err) || first < argc) {
        fprintf(stderr, "simulate: %s (see --help)\n",
                first < argc ? "it takes options only" : err.text);
        return 2;
    }
    if (arguments.help) {
        printf("Usage: simulate [OPTIONS]\n\n");
        options_print(options, 80, NULL);
        return EXIT_SUCCESS;
    }
    return (arguments.seeds ? run_many(&arguments) : run_one(&arguments, arguments.seed))
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}
