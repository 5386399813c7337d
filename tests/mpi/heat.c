/* heat.c - how heat spreads over a plate, on as many nodes as there are: an MPI program whose
 * answer is known
 *
 *   mpirun heat [POINTS [TIME]]
 *
 * It solves du/dt = d2u/dx2 + d2u/dy2 on the unit square, u = 0 on its edge, from
 * u(x, y, 0) = sin(pi x) sin(pi y), by explicit steps on a grid of POINTS x POINTS (default 128)
 * up to TIME (default 0.05).  The plate is cut into blocks, one for each rank; neighbours
 * exchange their edges before each step.  The exact solution is u(x, y, 0) exp(-2 pi^2 t): the
 * largest difference from it must shrink as 1 / POINTS^2, and is checked.
 *
 * Each rank tells where it is: node, cpus it may use, and what the agent said of them.
 * Exit status 0: the answer is right.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#include <math.h>
#include <mpi.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINTS_LEAST 8
#define POINTS_MOST  4096
#define PLACE_SIZE   512
#define PI           3.14159265358979323846

enum side { WEST, EAST, SOUTH, NORTH, SIDE_COUNT };

/* A rank's block: rows 1..rows and columns 1..columns are its own, around them is a frame of
 * the neighbours' points (or of the plate's cold edge). */
struct block {
    MPI_Comm plate;
    int rank;
    int points; /* of the whole plate, in each direction */
    int rows, columns;
    int first_row, first_column; /* of the plate, from 1 */
    int neighbours[SIDE_COUNT];
    MPI_Datatype column;
    double *now, *next;
};

static double *at(const struct block *block, double *values, int row, int column)
{
    return &values[(size_t)row * (size_t)(block->columns + 2) + (size_t)column];
}

/* Which of `count` points the part `index` of `parts` has: as even as can be. */
static void share(int count, int parts, int index, int *ret_first, int *ret_count)
{
    int more = count % parts;

    *ret_count = count / parts + (index < more ? 1 : 0);
    *ret_first = index * (count / parts) + (index < more ? index : more) + 1;
}

static void *get(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory)
        MPI_Abort(MPI_COMM_WORLD, 2);
    return memory;
}

static void make_block(struct block *block, int points)
{
    int ranks, sizes[2] = {0, 0}, wraps[2] = {0, 0}, place[2];
    size_t room;

    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Dims_create(ranks, 2, sizes);
    MPI_Cart_create(MPI_COMM_WORLD, 2, sizes, wraps, 1, &block->plate);
    MPI_Comm_rank(block->plate, &block->rank);
    MPI_Cart_coords(block->plate, block->rank, 2, place);
    MPI_Cart_shift(block->plate, 0, 1, &block->neighbours[SOUTH], &block->neighbours[NORTH]);
    MPI_Cart_shift(block->plate, 1, 1, &block->neighbours[WEST], &block->neighbours[EAST]);
    block->points = points;
    share(points, sizes[0], place[0], &block->first_row, &block->rows);
    share(points, sizes[1], place[1], &block->first_column, &block->columns);
    MPI_Type_vector(block->rows, 1, block->columns + 2, MPI_DOUBLE, &block->column);
    MPI_Type_commit(&block->column);
    room = (size_t)(block->rows + 2) * (size_t)(block->columns + 2);
    block->now = get(room, sizeof(double));
    block->next = get(room, sizeof(double));
}

static void free_block(struct block *block)
{
    free(block->now);
    free(block->next);
    MPI_Type_free(&block->column);
    MPI_Comm_free(&block->plate);
}

/* Where a row or column of this block lies on the plate, 0 .. 1. */
static double position(const struct block *block, int first, int index)
{
    return (double)(first + index - 1) / (double)(block->points + 1);
}

static double exact(const struct block *block, int row, int column, double time)
{
    double y = position(block, block->first_row, row);
    double x = position(block, block->first_column, column);

    return sin(PI * x) * sin(PI * y) * exp(-2 * PI * PI * time);
}

static void warm_up(struct block *block)
{
    for (int row = 1; row <= block->rows; row++)
        for (int column = 1; column <= block->columns; column++)
            *at(block, block->now, row, column) = exact(block, row, column, 0);
}

static void exchange(struct block *block)
{
    double *values = block->now;
    int rows = block->rows, columns = block->columns;

    MPI_Sendrecv(at(block, values, rows, 1), columns, MPI_DOUBLE, block->neighbours[NORTH], 0,
                 at(block, values, 0, 1), columns, MPI_DOUBLE, block->neighbours[SOUTH], 0,
                 block->plate, MPI_STATUS_IGNORE);
    MPI_Sendrecv(at(block, values, 1, 1), columns, MPI_DOUBLE, block->neighbours[SOUTH], 1,
                 at(block, values, rows + 1, 1), columns, MPI_DOUBLE, block->neighbours[NORTH], 1,
                 block->plate, MPI_STATUS_IGNORE);
    MPI_Sendrecv(at(block, values, 1, columns), 1, block->column, block->neighbours[EAST], 2,
                 at(block, values, 1, 0), 1, block->column, block->neighbours[WEST], 2,
                 block->plate, MPI_STATUS_IGNORE);
    MPI_Sendrecv(at(block, values, 1, 1), 1, block->column, block->neighbours[WEST], 3,
                 at(block, values, 1, columns + 1), 1, block->column, block->neighbours[EAST], 3,
                 block->plate, MPI_STATUS_IGNORE);
}

/* ratio = dt / h^2; stable up to 1/4. */
static void step(struct block *block, double ratio)
{
    double *swap = block->now;

    exchange(block);
    for (int row = 1; row <= block->rows; row++) {
        const double *below = at(block, block->now, row - 1, 0);
        const double *here = at(block, block->now, row, 0);
        const double *above = at(block, block->now, row + 1, 0);
        double *result = at(block, block->next, row, 0);

        for (int i = 1; i <= block->columns; i++)
            result[i] =
                here[i] + ratio * (below[i] + above[i] + here[i - 1] + here[i + 1] - 4 * here[i]);
    }
    block->now = block->next;
    block->next = swap;
}

static double worst_error(struct block *block, double time)
{
    double worst = 0, all = 0;

    for (int row = 1; row <= block->rows; row++) {
        for (int column = 1; column <= block->columns; column++) {
            double error =
                fabs(*at(block, block->now, row, column) - exact(block, row, column, time));

            if (error > worst)
                worst = error;
        }
    }
    MPI_Allreduce(&worst, &all, 1, MPI_DOUBLE, MPI_MAX, block->plate);
    return all;
}

/* --- where the ranks are ---------------------------------------------------------------------- */

/* "0-3,8": the cpus that the kernel lets this process use. */
static void print_cpus(char *text, size_t size)
{
    size_t used = 0;
    cpu_set_t cpus;

    CPU_ZERO(&cpus);
    *text = '\0';
    if (sched_getaffinity(0, sizeof(cpus), &cpus) != 0)
        return;
    for (int first = 0; first < CPU_SETSIZE && used < size; first++) {
        int last = first;

        if (!CPU_ISSET((size_t)first, &cpus))
            continue;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET((size_t)last + 1, &cpus))
            last++;
        used += (size_t)snprintf(text + used, size - used, last > first ? "%s%d-%d" : "%s%d",
                                 used > 0 ? "," : "", first, last);
        first = last;
    }
}

static void tell_places(const struct block *block)
{
    char place[PLACE_SIZE], cpus[200], host[128] = "", *places = NULL;
    const char *planned = getenv("TEQUIO_CPU_LIST");
    const char *node = getenv("TEQUIO_NODENAME");
    int ranks;

    MPI_Comm_size(block->plate, &ranks);
    gethostname(host, sizeof(host) - 1);
    print_cpus(cpus, sizeof(cpus));
    snprintf(place, sizeof(place), "node %.60s (host %.60s) cpus %.120s planned %.120s",
             node ? node : "-", host, cpus, planned ? planned : "-");
    if (block->rank == 0)
        places = get((size_t)ranks, PLACE_SIZE);
    MPI_Gather(place, PLACE_SIZE, MPI_CHAR, places, PLACE_SIZE, MPI_CHAR, 0, block->plate);
    for (int i = 0; places && i < ranks; i++)
        printf("rank %d: %s\n", i, places + (size_t)i * PLACE_SIZE);
    free(places);
}

/* --- the whole -------------------------------------------------------------------------------- */

static bool read_arguments(int argc, char **argv, int *ret_points, double *ret_time)
{
    char *end = NULL;

    *ret_points = 128;
    *ret_time = 0.05;
    if (argc > 1)
        *ret_points = (int)strtol(argv[1], &end, 10);
    if (argc > 1 && (*end || *ret_points < POINTS_LEAST || *ret_points > POINTS_MOST))
        return false;
    if (argc > 2)
        *ret_time = strtod(argv[2], &end);
    return argc <= 3 && !(argc > 2 && (*end || !(*ret_time > 0) || *ret_time > 1));
}

/* With dt = h^2 / 4 the wave decays by exp(-(2 pi^2 + pi^4 h^2 / 3) t) in place of exp(-2 pi^2 t),
 * up to terms of h^4: that is the difference to expect at the hottest point.  Twice as much is
 * wrong. */
static double tolerance(const struct block *block, double time)
{
    double h = 1.0 / (block->points + 1);

    return 2 * (PI * PI * PI * PI / 3) * h * h * time * exp(-2 * PI * PI * time);
}

static bool solve(struct block *block, double time)
{
    double h = 1.0 / (block->points + 1);
    long steps = lround(time / (h * h / 4));
    double reached, error, started;
    int ranks;

    if (steps < 1)
        steps = 1;
    reached = (double)steps * h * h / 4;
    warm_up(block);
    MPI_Barrier(block->plate);
    started = MPI_Wtime();
    for (long i = 0; i < steps; i++)
        step(block, 0.25);
    error = worst_error(block, reached);
    MPI_Comm_size(block->plate, &ranks);
    if (block->rank == 0)
        printf("heat on %d x %d points, %d ranks, %ld steps to t = %.4f: %.3f s\n"
               "largest difference from the exact solution: %.3e (at most %.3e): %s\n",
               block->points, block->points, ranks, steps, reached, MPI_Wtime() - started, error,
               tolerance(block, reached), error <= tolerance(block, reached) ? "right" : "WRONG");
    return error <= tolerance(block, reached);
}

int main(int argc, char **argv)
{
    struct block block = {0};
    double time;
    int points;
    bool right;

    MPI_Init(&argc, &argv);
    if (!read_arguments(argc, argv, &points, &time)) {
        fprintf(stderr, "usage: heat [POINTS [TIME]]: %d to %d points, a time of up to 1\n",
                POINTS_LEAST, POINTS_MOST);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    make_block(&block, points);
    tell_places(&block);
    right = solve(&block, time);
    free_block(&block);
    MPI_Finalize();
    return right ? 0 : 1;
}
