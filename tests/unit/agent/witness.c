/* witness.c - use just so much of the processor and of memory; run by jobs of test_runtime_witness.c
 *
 * witness MILLISECONDS MEGABYTES: a child uses a quarter of the time, its parent the rest.  The
 * kernel's own counts say when it is enough. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t used_us(int who)
{
    struct rusage usage;

    getrusage(who, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void burn_until(int64_t most_us)
{
    volatile unsigned sum = 0;

    while (used_us(RUSAGE_SELF) < most_us)
        for (unsigned i = 0; i < 10000; i++)
            sum = sum + i;
}

int main(int argc, char **argv)
{
    int64_t whole_us = argc > 2 ? strtol(argv[1], NULL, 10) * 1000 : 0;
    size_t size = argc > 2 ? (size_t)strtol(argv[2], NULL, 10) << 20 : 0;
    char *bytes = malloc(size + 1);
    pid_t child;

    for (size_t i = 0; i < size; i += 1024)
        ((volatile char *)bytes)[i] = 1;
    child = fork();
    if (child == 0) {
        burn_until(whole_us / 4);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    free(bytes); /* that takes time, too */
    burn_until(whole_us - used_us(RUSAGE_CHILDREN));
    return 0;
}
