/* pmix_server.c - the PMIx library as a server: what is the only file to know it */

#include "agent/pmix_server.h"

#include "agent/pmix_server_inside.h"
#include "agent/topology_locality.h"
#include "base/buffer.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pmix.h>
#include <pmix_server.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct pmix_server {
    const struct pmix_job *job;
    int pipe[2];
    pmix_info_t *infos;
    size_t info_count, info_room;
};

static bool fail_pmix(struct error *err, const char *what, pmix_status_t status)
{
    return fail(err, ERROR_INTERNAL, "PMIx: %s: %s", what, PMIx_Error_string(status));
}

const char *pmix_server_name(const struct pmix_server *server)
{
    return server->job->name;
}

/* --- on our thread -------------------------------------------------------------------------------- */

int pmix_server_descriptor(const struct pmix_server *server)
{
    return server->pipe[0];
}

struct pmix_news *pmix_server_take(struct pmix_server *server)
{
    struct pmix_news *news;

    return read(server->pipe[0], &news, sizeof(struct pmix_news *)) == sizeof(struct pmix_news *)
               ? news
               : NULL;
}

/* --- calls that answer later: waited for ------------------------------------------------------------ */

struct waited {
    sem_t ready;
    pmix_status_t status;
};

static void on_done(pmix_status_t status, void *owner)
{
    struct waited *waited = owner;

    waited->status = status;
    sem_post(&waited->ready);
}

static pmix_status_t await(struct waited *waited, pmix_status_t status)
{
    if (status == PMIX_OPERATION_SUCCEEDED)
        return PMIX_SUCCESS;
    if (status != PMIX_SUCCESS)
        return status;
    while (sem_wait(&waited->ready) != 0)
        ;
    return waited->status;
}

/* --- what the ranks can ask it ------------------------------------------------------------------------ */

static pmix_info_t *next_info(struct pmix_server *server)
{
    assert(server->info_count < server->info_room);
    return &server->infos[server->info_count++];
}

static void put(struct pmix_server *server, const char *key, const void *value,
                pmix_data_type_t type)
{
    PMIx_Info_load(next_info(server), key, value, type);
}

static void put_number(struct pmix_server *server, const char *key, uint32_t number)
{
    put(server, key, &number, PMIX_UINT32);
}

static void print_ranks(const struct pmix_job *job, size_t node, struct buffer *text)
{
    for (uint32_t task = 0; task < job->tasks[node]; task++)
        buffer_print(text, "%s%" PRIu32, task > 0 ? "," : "", job->ranks[node][task]);
}

/* Which nodes there are, and which ranks each has, in the library's compressed form. */
static bool put_maps(struct pmix_server *server, struct error *err)
{
    const struct pmix_job *job = server->job;
    CLEANUP(buffer_clear) struct buffer names = {0};
    CLEANUP(buffer_clear) struct buffer ranks = {0};
    char *node_map = NULL, *rank_map = NULL;
    pmix_status_t status;

    buffer_init(&names);
    buffer_init(&ranks);
    for (size_t i = 0; i < job->count; i++) {
        buffer_print(&names, "%s%s", i > 0 ? "," : "", job->nodes[i]);
        if (i > 0)
            buffer_add_char(&ranks, ';');
        print_ranks(job, i, &ranks);
    }
    status = PMIx_generate_regex(names.bytes, &node_map);
    if (status == PMIX_SUCCESS)
        status = PMIx_generate_ppn(ranks.bytes, &rank_map);
    if (status != PMIX_SUCCESS)
        return fail_pmix(err, "describe the nodes", status);
    put(server, PMIX_NODE_MAP, node_map, PMIX_REGEX);
    put(server, PMIX_PROC_MAP, rank_map, PMIX_REGEX);
    return true;
}

static void put_step(struct pmix_server *server)
{
    const struct pmix_job *job = server->job;
    CLEANUP(buffer_clear) struct buffer peers = {0};
    pmix_rank_t leader = pmix_job_rank(job, 0);
    bool yes = true;

    buffer_init(&peers);
    print_ranks(job, job->index, &peers);
    put_number(server, PMIX_UNIV_SIZE, job->all);
    put_number(server, PMIX_JOB_SIZE, job->all);
    put_number(server, PMIX_MAX_PROCS, job->all);
    put_number(server, PMIX_LOCAL_SIZE, pmix_job_tasks(job));
    put_number(server, PMIX_NODE_SIZE, pmix_job_tasks(job));
    put_number(server, PMIX_NUM_NODES, (uint32_t)job->count);
    put_number(server, PMIX_JOB_NUM_APPS, 1);
    put(server, PMIX_JOBID, job->name, PMIX_STRING);
    put(server, PMIX_LOCAL_PEERS, peers.bytes, PMIX_STRING);
    put(server, PMIX_LOCALLDR, &leader, PMIX_PROC_RANK);
    put(server, PMIX_TMPDIR, job->directory, PMIX_STRING);
    put(server, PMIX_NSDIR, job->directory, PMIX_STRING);
    put(server, PMIX_TDIR_RMCLEAN, &yes, PMIX_BOOL);
}

enum { STEP_INFOS = 15, RANK_INFOS = 10 };

/* One rank; locality NULL: nothing is known of its place. */
static void put_rank(struct pmix_server *server, size_t node, uint32_t task, const char *locality)
{
    const struct pmix_job *job = server->job;
    pmix_data_array_t *array =
        NEW(pmix_data_array_t); /* the library's to free, like what is in it */
    pmix_info_t *infos = NEW_ARRAY(pmix_info_t, RANK_INFOS), *info = next_info(server);
    pmix_rank_t rank = job->ranks[node][task];
    uint16_t local = (uint16_t)task;
    uint32_t number = (uint32_t)node, none = 0;
    size_t count = 0;

    PMIx_Info_load(&infos[count++], PMIX_RANK, &rank, PMIX_PROC_RANK);
    PMIx_Info_load(&infos[count++], PMIX_APPNUM, &none, PMIX_UINT32);
    PMIx_Info_load(&infos[count++], PMIX_GLOBAL_RANK, &rank, PMIX_PROC_RANK);
    PMIx_Info_load(&infos[count++], PMIX_APP_RANK, &rank, PMIX_PROC_RANK);
    PMIx_Info_load(&infos[count++], PMIX_LOCAL_RANK, &local, PMIX_UINT16);
    PMIx_Info_load(&infos[count++], PMIX_NODE_RANK, &local, PMIX_UINT16);
    PMIx_Info_load(&infos[count++], PMIX_NODEID, &number, PMIX_UINT32);
    PMIx_Info_load(&infos[count++], PMIX_HOSTNAME, job->nodes[node], PMIX_STRING);
    if (locality) {
        PMIx_Info_load(&infos[count++], PMIX_CPUSET, job->cpus[task], PMIX_STRING);
        PMIx_Info_load(&infos[count++], PMIX_LOCALITY_STRING, locality, PMIX_STRING);
    }
    *array = (pmix_data_array_t){.type = PMIX_INFO, .size = count, .array = infos};
    snprintf(info->key, sizeof(info->key), "%s", PMIX_PROC_INFO_ARRAY);
    info->value.type = PMIX_DATA_ARRAY;
    info->value.data.darray = array;
}

static bool put_ranks(struct pmix_server *server, struct error *err)
{
    const struct pmix_job *job = server->job;
    uint32_t here = pmix_job_tasks(job);
    char **localities = NULL;

    if (job->cpus && !(localities = topology_locality(job->cpus, here, err)))
        return false;
    for (size_t node = 0; node < job->count; node++)
        for (uint32_t task = 0; task < job->tasks[node]; task++)
            put_rank(server, node, task,
                     node == job->index && localities ? localities[task] : NULL);
    for (uint32_t task = 0; localities && task < here; task++)
        free(localities[task]);
    free(localities);
    return true;
}

static bool register_step(struct pmix_server *server, struct error *err)
{
    const struct pmix_job *job = server->job;
    struct waited waited = {.status = PMIX_SUCCESS};
    pmix_status_t status;

    server->info_room = STEP_INFOS + job->all;
    server->infos = NEW_ARRAY(pmix_info_t, server->info_room);
    put_step(server);
    if (!put_maps(server, err) || !put_ranks(server, err))
        return false;
    sem_init(&waited.ready, 0, 0);
    status = await(&waited,
                   PMIx_server_register_nspace(job->name, (int)pmix_job_tasks(job), server->infos,
                                               server->info_count, on_done, &waited));
    return status == PMIX_SUCCESS || fail_pmix(err, "register the step", status);
}

/* --- life ------------------------------------------------------------------------------------------------ */

static bool start_library(struct pmix_server *server, struct error *err)
{
    const struct pmix_job *job = server->job;
    pmix_rank_t index = (pmix_rank_t)job->index;
    pmix_info_t infos[3] = {0};
    char name[300];
    pmix_status_t status;

    snprintf(name, sizeof(name), "server.%s", job->name);
    PMIx_Info_load(&infos[0], PMIX_SERVER_TMPDIR, job->directory, PMIX_STRING);
    PMIx_Info_load(&infos[1], PMIX_SERVER_RANK, &index, PMIX_PROC_RANK);
    PMIx_Info_load(&infos[2], PMIX_SERVER_NSPACE, name, PMIX_STRING);
    status = PMIx_server_init(pmix_calls(server->pipe[1], job->all), infos, COUNT_OF(infos));
    return status == PMIX_SUCCESS || fail_pmix(err, "start", status);
}

struct pmix_server *pmix_server_new(const struct pmix_job *job, struct error *err)
{
    struct pmix_server *server = NEW(struct pmix_server);

    server->job = job;
    if (pipe2(server->pipe, O_CLOEXEC) != 0) {
        fail_errno(err, "make a pipe");
    } else {
        fcntl(server->pipe[0], F_SETFL, O_NONBLOCK);
        if (start_library(server, err) && register_step(server, err))
            return server;
    }
    free(server); /* and the rest with the process */
    return NULL;
}

static bool register_rank(const pmix_proc_t *rank, struct error *err)
{
    struct waited waited = {.status = PMIX_SUCCESS};
    pmix_status_t status;

    sem_init(&waited.ready, 0, 0);
    status = await(&waited,
                   PMIx_server_register_client(rank, getuid(), getgid(), NULL, on_done, &waited));
    return status == PMIX_SUCCESS || fail_pmix(err, "register a rank", status);
}

char **pmix_server_environment(struct pmix_server *server, uint32_t rank, char *const *ours,
                               struct error *err)
{
    char **environment;
    pmix_status_t status;
    pmix_proc_t proc = {.rank = rank};
    size_t count = 0;

    snprintf(proc.nspace, sizeof(proc.nspace), "%s", server->job->name);
    if (!register_rank(&proc, err))
        return NULL;
    while (ours[count])
        count++;
    environment = NEW_ARRAY(char *, count + 1);
    for (size_t i = 0; i < count; i++)
        environment[i] = memory_copy(ours[i]);
    status = PMIx_server_setup_fork(&proc, &environment);
    if (status == PMIX_SUCCESS)
        return environment;
    fail_pmix(err, "set up a rank", status);
    return NULL; /* the process ends now */
}

void pmix_server_end(struct pmix_server *server)
{
    PMIx_server_finalize();
    close(server->pipe[0]);
    close(server->pipe[1]);
    free(server); /* what the ranks could ask for ends with the process */
}
