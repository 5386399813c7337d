/* ends.c - an MPI program that ends in the ways programs end
 *
 *   ends well|abort|crash|leave|vanish|pipe|torn|spawn|wait [RANK]
 *
 * Each rank adds its number to a sum over all, and tells "RANK of SIZE sum SUM cpus CPUS"; then
 * rank RANK (default the last) does what it is told to while the others wait for it in a barrier;
 * rank 0 spawns, aborts when another is torn, and all wait for ever.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void tell(int rank, int size)
{
    long mine = rank, sum = 0;
    cpu_set_t cpus;

    MPI_Allreduce(&mine, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    printf("%d of %d sum %ld cpus", rank, size, sum);
    sched_getaffinity(0, sizeof(cpus), &cpus);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET((size_t)cpu, &cpus))
            printf(" %d", cpu);
    putchar('\n');
    fflush(stdout);
}

/* Which the launcher may refuse: then MPI ends us. */
static void spawn(const char *program)
{
    MPI_Comm children;

    MPI_Comm_spawn(program, MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, MPI_COMM_SELF, &children,
                   MPI_ERRCODES_IGNORE);
}

/* As if it had written to rank 0 when that was gone already, of which its server hears later. */
static void tear(int rank, int chosen)
{
    const struct timespec later = {.tv_nsec = 100000000};
    int word = 0;

    if (rank == chosen) {
        MPI_Send(&word, 1, MPI_INT, 0, 0, MPI_COMM_WORLD);
        raise(SIGPIPE);
    }
    if (rank == 0) {
        MPI_Recv(&word, 1, MPI_INT, chosen, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        nanosleep(&later, NULL);
        MPI_Abort(MPI_COMM_WORLD, 42);
    }
}

_Noreturn static void wait_for_ever(void)
{
    puts("waiting");
    fflush(stdout);
    for (;;)
        pause();
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "well";
    int rank, size, chosen;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    tell(rank, size);
    chosen = argc > 2 ? (int)strtol(argv[2], NULL, 10) : size - 1;
    if (rank == chosen && strcmp(way, "abort") == 0)
        MPI_Abort(MPI_COMM_WORLD, 42);
    if (rank == chosen && strcmp(way, "crash") == 0)
        raise(SIGSEGV);
    if (rank == chosen && strcmp(way, "leave") == 0)
        exit(7);
    if (rank == chosen && strcmp(way, "vanish") == 0)
        _exit(0);
    if (rank == chosen && strcmp(way, "pipe") == 0)
        raise(SIGPIPE);
    if (strcmp(way, "torn") == 0)
        tear(rank, chosen);
    if (rank == 0 && strcmp(way, "spawn") == 0)
        spawn(argv[0]);
    if (strcmp(way, "wait") == 0)
        wait_for_ever();
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    return 0;
}
