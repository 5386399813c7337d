/* constraints.c - what some jobs ask for beside cores, memory and time */

#include "scheduler/core/constraints.h"

#include "base/parse.h"
#include "scheduler/core/features.h"
#include "scheduler/core/gpus.h"
#include "scheduler/core/licenses.h"
#include "scheduler/core/request.h"
#include "scheduler/core/switch_tree.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GPUS_OF_JOB_MAX (1u << 20)
#define STAGE_BYTES_MAX (UINT64_C(1) << 60)

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

struct constraints *constraints_copy(const struct constraints *constraints)
{
    struct constraints *copy;

    if (!constraints)
        return NULL;
    copy = NEW(struct constraints);
    *copy = *constraints;
    copy->gpu_type = copy_text(constraints->gpu_type);
    copy->features = copy_text(constraints->features);
    copy->licenses = copy_text(constraints->licenses);
    return copy;
}

void constraints_free(struct constraints *constraints)
{
    if (!constraints)
        return;
    free(constraints->gpu_type);
    free(constraints->features);
    free(constraints->licenses);
    free(constraints);
}

bool constraints_any(const struct constraints *constraints)
{
    return constraints &&
           (constraints->gpu_type || constraints->gpus || constraints->gpus_per_node ||
            constraints->gpus_per_task || constraints->cpus_per_gpu ||
            constraints->memory_per_gpu || constraints->features || constraints->licenses ||
            constraints->switches || constraints->stage_bytes);
}

static void add_key_text(struct buffer *buffer, const char *text)
{
    if (text)
        buffer_add(buffer, text, strlen(text) + 1);
    buffer_add_char(buffer, text ? '+' : '-');
}

void constraints_add_key(const struct constraints *constraints, struct buffer *buffer)
{
    if (!constraints)
        return;
    buffer_add_u64(buffer, (uint64_t)constraints->gpus_per_node << 32 | constraints->gpus_per_task);
    add_key_text(buffer, constraints->gpu_type);
    add_key_text(buffer, constraints->features);
    add_key_text(buffer, constraints->licenses);
    buffer_add_u32(buffer, constraints->switches);
    buffer_add_u64(buffer, (uint64_t)constraints->switches_us);
    buffer_add_u64(buffer, constraints->stage_bytes);
}

/* --- what is given ---------------------------------------------------------------------------- */

static bool asks_gpus(const struct constraints *constraints)
{
    return constraints->gpus || constraints->gpus_per_node || constraints->gpus_per_task;
}

static bool check_gpus(const struct request *request, struct error *err)
{
    const struct constraints *given = request->constraints;

    if (given->gpu_type && !parse_name(given->gpu_type, "type of GPU", GPU_TYPE_SIZE - 1, err))
        return false;
    if (given->gpus > GPUS_OF_JOB_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " GPUs are more than %u", given->gpus,
                    GPUS_OF_JOB_MAX);
    if (given->gpus_per_node > GPUS_MAX || given->gpus_per_task > GPUS_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " GPUs per %s are more than %d",
                    given->gpus_per_node > GPUS_MAX ? given->gpus_per_node : given->gpus_per_task,
                    given->gpus_per_node > GPUS_MAX ? "node" : "task", GPUS_MAX);
    if (!asks_gpus(given) && (given->gpu_type || given->cpus_per_gpu || given->memory_per_gpu))
        return fail(err, ERROR_INVALID,
                    "something is asked for per GPU, but no GPU: add --gpus, --gpus-per-node or "
                    "--gpus-per-task");
    if (given->cpus_per_gpu > NODE_CORES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " cores per GPU are more than %d",
                    given->cpus_per_gpu, NODE_CORES_MAX);
    if (given->cpus_per_gpu && request->cpus_per_task > 1)
        return fail(err, ERROR_INVALID, "give cores per GPU or per task, not both");
    if (given->memory_per_gpu > REQUEST_MEMORY_MAX)
        return fail(err, ERROR_INVALID, "more memory than 1 PiB");
    if (given->memory_per_gpu && (request->memory_per_node || request->memory_per_cpu))
        return fail(err, ERROR_INVALID, "give memory per GPU or per node or core, not both");
    return true;
}

static bool check_switches(const struct constraints *given, struct error *err)
{
    if (given->switches > SWITCHES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " switches are more than %d", given->switches,
                    SWITCHES_MAX);
    if (given->switches_us < 0 || given->switches_us > PARSE_DURATION_MAX_US)
        return fail(err, ERROR_INVALID, "the wait for switches is not between 0 and ten years");
    return given->switches > 0 || given->switches_us == 0 ||
           fail(err, ERROR_INVALID, "a wait for switches, and no number of them");
}

static bool check_stage(const struct constraints *given, struct error *err)
{
    return given->stage_bytes <= STAGE_BYTES_MAX ||
           fail(err, ERROR_INVALID, "more than 1 EiB to fetch");
}

bool constraints_check(const struct request *request, struct error *err)
{
    CLEANUP(feature_rule_freep) struct feature_rule *rule = NULL;
    const struct constraints *given = request->constraints;
    struct license_list licenses;

    if (!given)
        return true;
    if (given->features && !(rule = feature_rule_parse(given->features, err)))
        return false;
    if (given->licenses && !license_list_parse(given->licenses, &licenses, err))
        return false;
    return check_gpus(request, err) && check_switches(given, err) && check_stage(given, err);
}

/* --- what follows from it --------------------------------------------------------------------- */

static bool fail_parts(uint32_t gpus, uint32_t each, const char *what, struct error *err)
{
    uint32_t above = (gpus / each + 1) * each;

    return fail(err, ERROR_INVALID,
                "%" PRIu32 " GPUs are no multiple of %" PRIu32 " per %s: ask for %" PRIu32
                " or %" PRIu32,
                gpus, each, what, gpus > each ? gpus / each * each : each, above);
}

/* GPUs altogether and each time say how many tasks or nodes there are. */
bool constraints_begin(struct request *request, struct error *err)
{
    const struct constraints *given = request->constraints;

    if (!given || given->gpus == 0)
        return true;
    if (given->gpus_per_task > 0 && given->gpus % given->gpus_per_task > 0)
        return fail_parts(given->gpus, given->gpus_per_task, "task", err);
    if (given->gpus_per_node > 0 && given->gpus % given->gpus_per_node > 0)
        return fail_parts(given->gpus, given->gpus_per_node, "node", err);
    if (given->gpus_per_task > 0 && request->tasks == 0)
        request->tasks = given->gpus / given->gpus_per_task;
    if (given->gpus_per_node > 0 && request->nodes_least == 0 && request->nodes_most == 0)
        request->nodes_least = request->nodes_most = given->gpus / given->gpus_per_node;
    return true;
}

/* GPUs altogether, and nothing said of how they are dealt out. */
static bool deal_gpus(struct request *request, struct error *err)
{
    struct constraints *given = request->constraints;
    uint32_t gpus = given->gpus, nodes = request->nodes_least;
    bool one = request->tasks_per_node == 0 || request->tasks <= request->tasks_per_node;

    if (nodes == request->nodes_most && gpus % nodes == 0) {
        given->gpus_per_node = gpus / nodes;
    } else if (gpus % request->tasks == 0) {
        given->gpus_per_task = gpus / request->tasks;
    } else if (nodes == 1 && one) {
        request->nodes_most = 1;
        given->gpus_per_node = gpus;
    } else {
        uint32_t above = (gpus / nodes + 1) * nodes;

        return fail(err, ERROR_INVALID,
                    "%" PRIu32 " GPUs cannot be dealt out evenly to %" PRIu32 " tasks or %" PRIu32
                    " nodes: ask for %" PRIu32 " (%" PRIu32 " on each of %" PRIu32 " nodes)",
                    gpus, request->tasks, nodes, above, above / nodes, nodes);
    }
    return true;
}

/* They say it twice: it must be the same. */
static bool join_gpus(struct request *request, struct error *err)
{
    struct constraints *given = request->constraints;
    uint32_t nodes, tasks;

    if (given->gpus_per_task > 0) {
        tasks = given->gpus / given->gpus_per_task;
        if (tasks == request->tasks)
            return true;
        return fail(err, ERROR_INVALID,
                    "%" PRIu32 " GPUs and %" PRIu32 " per task are %" PRIu32
                    " tasks, but there are %" PRIu32 ": ask for %" PRIu64 " GPUs",
                    given->gpus, given->gpus_per_task, tasks, request->tasks,
                    (uint64_t)request->tasks * given->gpus_per_task);
    }
    nodes = given->gpus / given->gpus_per_node;
    if (nodes < request->nodes_least || nodes > request->nodes_most)
        return fail(err, ERROR_INVALID,
                    "%" PRIu32 " GPUs and %" PRIu32 " per node are %" PRIu32 " nodes, but %" PRIu32
                    " to %" PRIu32 " are asked for",
                    given->gpus, given->gpus_per_node, nodes, request->nodes_least,
                    request->nodes_most);
    request->nodes_least = request->nodes_most = nodes;
    return true;
}

/* Of each node and each task: then each task's share says how many tasks a node has. */
static bool join_tasks(struct request *request, struct error *err)
{
    struct constraints *given = request->constraints;
    uint32_t tasks = given->gpus_per_node / given->gpus_per_task;

    if (tasks == 0)
        return fail(err, ERROR_INVALID, "%" PRIu32 " GPUs per task, but only %" PRIu32 " per node",
                    given->gpus_per_task, given->gpus_per_node);
    if (request->tasks_per_node == 0 || request->tasks_per_node > tasks)
        request->tasks_per_node = tasks;
    given->gpus_per_task = 0;
    if ((uint64_t)request->tasks_per_node * request->nodes_most >= request->tasks)
        return true;
    return fail(err, ERROR_INVALID,
                "%" PRIu32 " tasks do not fit on %" PRIu32 " nodes with %" PRIu32
                " tasks per node, as their GPUs say",
                request->tasks, request->nodes_most, request->tasks_per_node);
}

static uint64_t divide_up(uint64_t amount, uint64_t by)
{
    return amount / by + (amount % by > 0);
}

/* Cores and memory per GPU, said of tasks, nodes and cores. */
static bool spread_gpus(struct request *request, struct error *err)
{
    struct constraints *given = request->constraints;
    uint64_t gpus = given->gpus_per_task ? (uint64_t)given->gpus_per_task * request->tasks
                                         : (uint64_t)given->gpus_per_node * request->nodes_least;

    if (given->cpus_per_gpu) {
        uint64_t cores = divide_up(gpus * given->cpus_per_gpu, request->tasks);

        if (cores > NODE_CORES_MAX || cores * request->tasks > UINT32_MAX / 2)
            return fail(err, ERROR_INVALID,
                        "%" PRIu32 " cores for each of %" PRIu64 " GPUs are too many",
                        given->cpus_per_gpu, gpus);
        request->cpus_per_task = (uint32_t)cores;
    }
    if (given->memory_per_gpu && given->gpus_per_task)
        request->memory_per_cpu =
            divide_up(given->memory_per_gpu * given->gpus_per_task, request->cpus_per_task);
    else if (given->memory_per_gpu)
        request->memory_per_node = given->memory_per_gpu * given->gpus_per_node;
    given->cpus_per_gpu = 0;
    given->memory_per_gpu = 0;
    return true;
}

bool constraints_complete(struct request *request, struct error *err)
{
    struct constraints *given = request->constraints;

    if (!given)
        return true;
    if (given->gpus && !given->gpus_per_node && !given->gpus_per_task && !deal_gpus(request, err))
        return false;
    if (given->gpus && (given->gpus_per_node || given->gpus_per_task) && !join_gpus(request, err))
        return false;
    given->gpus = 0;
    if (given->gpus_per_node && given->gpus_per_task && !join_tasks(request, err))
        return false;
    if (!spread_gpus(request, err))
        return false;
    if (constraints_any(given))
        return true;
    constraints_free(given);
    request->constraints = NULL;
    return true;
}
