/* jobspec.c - what a job is asked to be: from the wire, checked, to the core's request and back */

#include "scheduler/jobspec.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "proto/component.h"
#include "proto/layout.h"
#include "proto/pattern.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/dependency.h"
#include "scheduler/core/features.h"
#include "scheduler/core/het.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SIGNAL_MAX 64

bool script_check(ProtobufCBinaryData script, struct error *err)
{
    const char *line;

    if (script.len == 0)
        return fail(err, ERROR_INVALID, "the batch script is empty");
    if (script.len > JOBSPEC_SCRIPT_MAX)
        return fail(err, ERROR_INVALID, "the batch script has %zu bytes; %u are the most",
                    script.len, JOBSPEC_SCRIPT_MAX);
    if (script.len < 2 || memcmp(script.data, "#!", 2) != 0)
        return fail(err, ERROR_INVALID,
                    "the batch script's first line must begin with #! and the path of an "
                    "interpreter, for example #!/bin/sh");
    if (memchr(script.data, '\0', script.len))
        return fail(err, ERROR_INVALID,
                    "the batch script contains a NUL byte: is it a program and not a script?");
    line = memchr(script.data, '\r', script.len);
    if (line && line + 1 < (const char *)script.data + script.len && line[1] == '\n')
        return fail(err, ERROR_INVALID,
                    "the batch script has DOS line ends (CR LF); convert them, for example with "
                    "dos2unix");
    return true;
}

static bool check_length(const char *what, const char *text, size_t most, struct error *err)
{
    size_t length = strlen(text);

    if (length <= most)
        return true;
    return fail(err, ERROR_INVALID, "%s has %zu bytes; %zu are the most", what, length, most);
}

/* Told here, while someone reads the answer. */
static bool check_pattern(const char *what, const char *pattern, struct error *err)
{
    return check_length(what, pattern, JOBSPEC_PATH_MAX, err) &&
           (pattern_check(pattern, err) || fail_in(err, "%s", what));
}

static bool check_name_if_given(const char *text, const char *what, struct error *err)
{
    return *text == '\0' || parse_name(text, what, JOBSPEC_ACCOUNT_MAX, err);
}

/* Of a list with commas. */
static bool check_names(const char *list, const char *what, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(list);
    char *rest = copy, *name;

    if (!check_length(what, list, JOBSPEC_LIST_MAX, err))
        return false;
    while (*list && (name = strsep(&rest, ",")))
        if (!parse_name(name, what, JOBSPEC_ACCOUNT_MAX, err))
            return false;
    return true;
}

static bool check_texts(const Wire__JobSpec *spec, struct error *err)
{
    if (*spec->name && spec->name[strspn(spec->name, " \t\r\n")] == '\0')
        return fail(err, ERROR_INVALID, "the job's name is blank");
    return check_length("the job's name", spec->name, JOBSPEC_NAME_MAX, err) &&
           check_name_if_given(spec->project, "project name", err) &&
           check_names(spec->partition, "partition name", err) &&
           check_name_if_given(spec->gpu_type, "type of GPU", err) &&
           check_length("the constraint", spec->features, FEATURE_TEXT_MAX, err) &&
           check_length("the list of licenses", spec->licenses, JOBSPEC_LIST_MAX, err) &&
           check_name_if_given(spec->reservation, "reservation name", err) &&
           check_name_if_given(spec->qos, "QOS name", err) &&
           check_length("the comment", spec->comment, JOBSPEC_COMMENT_MAX, err) &&
           check_length("the command", spec->command, JOBSPEC_COMMAND_MAX, err) &&
           check_pattern("the output pattern", spec->output, err) &&
           check_pattern("the error pattern", spec->error, err) &&
           check_pattern("the input pattern", spec->input, err) &&
           check_length("the directory", spec->directory, JOBSPEC_PATH_MAX, err) &&
           check_length("the container's image", spec->container, JOBSPEC_PATH_MAX, err) &&
           check_length("the virtual machine's image", spec->vm, JOBSPEC_PATH_MAX, err) &&
           check_length("the node list", spec->node_list, JOBSPEC_LIST_MAX, err) &&
           check_length("the list of excluded nodes", spec->node_exclude, JOBSPEC_LIST_MAX, err);
}

static bool check_paths(const Wire__JobSpec *spec, struct error *err)
{
    if (*spec->directory && *spec->directory != '/')
        return fail(err, ERROR_INVALID, "the directory %.100s is not a whole path, from /",
                    spec->directory);
    return true;
}

static bool check_variable(const char *variable, struct error *err)
{
    const char *sign = strchr(variable, '=');

    if (!sign || sign == variable)
        return fail(err, ERROR_INVALID, "environment: %.60s is not NAME=value", variable);
    if (memchr(variable, '\n', (size_t)(sign - variable)))
        return fail(err, ERROR_INVALID, "environment: a name contains a line end");
    return true;
}

static bool check_environment(const Wire__JobSpec *spec, struct error *err)
{
    size_t size = 0;

    if (spec->n_environment > JOBSPEC_VARIABLES_MAX)
        return fail(err, ERROR_INVALID, "the environment has %zu variables; %d are the most",
                    spec->n_environment, JOBSPEC_VARIABLES_MAX);
    for (size_t i = 0; i < spec->n_environment; i++) {
        if (!check_variable(spec->environment[i], err))
            return false;
        size += strlen(spec->environment[i]) + 1;
    }
    if (size > JOBSPEC_ENVIRONMENT_MAX)
        return fail(err, ERROR_INVALID,
                    "the environment has %zu bytes; %u are the most: export less (--export)", size,
                    JOBSPEC_ENVIRONMENT_MAX);
    return true;
}

static bool check_arguments(const Wire__JobSpec *spec, struct error *err)
{
    size_t size = 0;

    for (size_t i = 0; i < spec->n_arguments; i++)
        size += strlen(spec->arguments[i]) + 1;
    if (size > JOBSPEC_ARGUMENTS_MAX)
        return fail(err, ERROR_INVALID, "the arguments have %zu bytes; %u are the most", size,
                    JOBSPEC_ARGUMENTS_MAX);
    return true;
}

static bool check_clusters(const Wire__JobSpec *spec, struct error *err)
{
    if (spec->n_clusters > JOB_CLUSTERS_MAX)
        return fail(err, ERROR_INVALID, "%zu clusters named; %d are the most", spec->n_clusters,
                    JOB_CLUSTERS_MAX);
    for (size_t i = 0; i < spec->n_clusters; i++) {
        if (!parse_name(spec->clusters[i], "cluster name", JOBSPEC_ACCOUNT_MAX, err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(spec->clusters[i], spec->clusters[j]) == 0)
                return fail(err, ERROR_INVALID, "cluster %s is named twice", spec->clusters[i]);
    }
    return true;
}

static bool check_times(const Wire__JobSpec *spec, struct error *err)
{
    if (spec->limit_us < 0)
        return fail(err, ERROR_INVALID, "the time limit is below zero");
    if (spec->limit_us > PARSE_DURATION_MAX_US && spec->limit_us != INT64_MAX)
        return fail(err, ERROR_INVALID, "the time limit is longer than 10 years");
    if (spec->begin_us < 0)
        return fail(err, ERROR_INVALID, "the begin time is before 1970");
    if (spec->deadline_us < 0)
        return fail(err, ERROR_INVALID, "the deadline is before 1970");
    if (spec->limit_least_us < 0 || (spec->limit_us > 0 && spec->limit_least_us > spec->limit_us))
        return fail(err, ERROR_INVALID,
                    "the least time (--time-min) is not between 0 and the time limit");
    if (spec->warning_us < 0 || (spec->limit_us > 0 && spec->warning_us > spec->limit_us))
        return fail(err, ERROR_INVALID,
                    "the warning signal's time is not between 0 and the time limit");
    if (spec->warning_signal > SIGNAL_MAX)
        return fail(err, ERROR_INVALID, "there is no signal %" PRIu32, spec->warning_signal);
    return true;
}

static bool check_counts(const Wire__JobSpec *spec, struct error *err)
{
    const uint64_t memory_most = UINT64_C(1) << 60;

    if (spec->copies > JOBSPEC_COPIES_MAX)
        return fail(err, ERROR_INVALID, "%" PRIu32 " copies; %d are the most", spec->copies,
                    JOBSPEC_COPIES_MAX);
    if (spec->memory_per_node && spec->memory_per_cpu)
        return fail(err, ERROR_INVALID,
                    "memory per node and memory per cpu exclude each other: give one");
    if (spec->memory_per_node > memory_most || spec->memory_per_cpu > memory_most)
        return fail(err, ERROR_INVALID, "the memory asked for is above 1 EiB");
    if (spec->nodes_most && spec->nodes_least > spec->nodes_most)
        return fail(err, ERROR_INVALID,
                    "at least %" PRIu32 " nodes but at most %" PRIu32 ": the range runs backwards",
                    spec->nodes_least, spec->nodes_most);
    if (spec->nice < -10000 || spec->nice > 10000)
        return fail(err, ERROR_INVALID, "nice %" PRId32 " is not between -10000 and 10000",
                    spec->nice);
    return true;
}

static bool check_array(const Wire__JobSpec *spec, struct error *err)
{
    struct elements elements = {0};

    if (spec->array_row || spec->limit_cut_us || spec->interruption || *spec->samples ||
        *spec->last_word)
        return fail(err, ERROR_INVALID, "what the store keeps is not for the asker to say");
    if (*spec->array == '\0')
        return spec->array_limit == 0 ||
               fail(err, ERROR_INVALID, "a limit of running elements, and no array");
    if (spec->copies > 1)
        return fail(err, ERROR_INVALID, "copies and array exclude each other: give one");
    if (!elements_parse(spec->array, ELEMENTS_RUNS_MAX, &elements, err))
        return false;
    elements_clear(&elements);
    return true;
}

static bool check_host_list(const char *text, const char *what, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;

    if (*text == '\0')
        return true;
    list = hostlist_parse(text, err);
    return list ? true : fail_in(err, "%s", what);
}

static bool check_dependencies(const Wire__JobSpec *spec, struct error *err)
{
    if (spec->n_dependencies > DEPENDENCIES_MAX)
        return fail(err, ERROR_INVALID, "%zu dependencies; %d are the most", spec->n_dependencies,
                    DEPENDENCIES_MAX);
    for (size_t i = 0; i < spec->n_dependencies; i++) {
        const Wire__Dependency *dependency = spec->dependencies[i];

        if ((unsigned)dependency->kind >= DEPENDENCY_KIND_COUNT)
            return fail(err, ERROR_INVALID, "there is no dependency of kind %d",
                        (int)dependency->kind);
        if (dependency->state || dependency->from_us)
            return fail(err, ERROR_INVALID, "a dependency's state is not for the asker to say");
    }
    return true;
}

bool jobspec_check(const Wire__JobSpec *spec, struct error *err)
{
    return check_texts(spec, err) && check_paths(spec, err) && check_environment(spec, err) &&
           check_arguments(spec, err) && check_clusters(spec, err) && check_times(spec, err) &&
           check_counts(spec, err) && check_dependencies(spec, err) && check_array(spec, err) &&
           jobspec_check_components(spec, err) && jobspec_check_vm(spec, err) &&
           jobspec_check_stage(spec, err) && layout_check(spec->layout, err) &&
           check_host_list(spec->node_list, "node list", err) &&
           check_host_list(spec->node_exclude, "excluded nodes", err);
}

static char *copy_if_given(const char *text)
{
    return *text ? memory_copy(text) : NULL;
}

static struct constraints *constraints_from(const Wire__JobSpec *spec)
{
    struct constraints *constraints = NEW(struct constraints);

    *constraints = (struct constraints){
        .gpu_type = copy_if_given(spec->gpu_type),
        .gpus = spec->gpus,
        .gpus_per_node = spec->gpus_per_node,
        .gpus_per_task = spec->gpus_per_task,
        .cpus_per_gpu = spec->cpus_per_gpu,
        .memory_per_gpu = spec->memory_per_gpu,
        .features = jobspec_features(spec),
        .licenses = copy_if_given(spec->licenses),
        .switches = spec->switches,
        .switches_us = spec->switches_us,
        .stage_bytes = spec->stage_bytes,
    };
    if (constraints_any(constraints))
        return constraints;
    constraints_free(constraints);
    return NULL;
}

struct dependencies *jobspec_dependencies(const Wire__JobSpec *spec)
{
    struct dependencies *dependencies;

    if (spec->n_dependencies == 0)
        return NULL;
    dependencies = dependencies_new((uint32_t)spec->n_dependencies);
    dependencies->any = spec->dependency_any;
    dependencies->keep = spec->dependency_keep;
    for (size_t i = 0; i < spec->n_dependencies; i++) {
        const Wire__Dependency *from = spec->dependencies[i];

        dependencies->all[i] = (struct dependency){
            .kind = (enum dependency_kind)from->kind,
            .state = (enum dependency_state)from->state,
            .parent = from->job,
            .array = from->array,
            .delay_us = from->delay_us,
            .from_us = from->from_us,
        };
    }
    return dependencies;
}

/* With commas between them: a name has none. */
static char *join_names(char *const *names, size_t count)
{
    size_t size = 0;
    char *joined, *place;

    for (size_t i = 0; i < count; i++)
        size += strlen(names[i]) + 1;
    if (size == 0)
        return NULL;
    joined = place = memory_get(size, 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *place++ = ',';
        memcpy(place, names[i], strlen(names[i]));
        place += strlen(names[i]);
    }
    return joined;
}

static void split_names(const char *joined, struct arena *arena, char ***ret_names,
                        size_t *ret_count)
{
    char *rest = joined ? arena_copy(arena, joined) : NULL;
    size_t count = rest ? 1 : 0;

    for (const char *place = rest; place && (place = strchr(place, ',')); place++)
        count++;
    *ret_names = ARENA_NEW_ARRAY(arena, char *, count);
    *ret_count = count;
    for (size_t i = 0; i < count; i++)
        (*ret_names)[i] = strsep(&rest, ",");
}

void jobspec_to_request(const Wire__JobSpec *spec, struct request *ret_request)
{
    *ret_request = (struct request){
        .partition = copy_if_given(spec->partition),
        .node_list = copy_if_given(spec->node_list),
        .node_exclude = copy_if_given(spec->node_exclude),
        .comment = copy_if_given(spec->comment),
        .reservation = copy_if_given(spec->reservation),
        .qos = copy_if_given(spec->qos),
        .surcharge_ppm = spec->surcharge_ppm,
        .nodes_least = spec->nodes_least,
        .nodes_most = *spec->vm ? 1 : spec->nodes_most,
        .tasks = spec->tasks,
        .cpus_per_task = spec->cpus_per_task,
        .tasks_per_node = spec->tasks_per_node,
        .memory_per_node = spec->memory_per_node,
        .memory_per_cpu = spec->memory_per_cpu,
        .exclusive = spec->exclusive,
        .limit_us = spec->limit_us,
        .limit_least_us = spec->limit_least_us,
        .begin_us = spec->begin_us,
        .deadline_us = spec->deadline_us,
        .nice = spec->nice,
        .requeue = !spec->no_requeue,
        .dependencies = jobspec_dependencies(spec),
        .constraints = constraints_from(spec),
        .het = jobspec_components(spec),
        .clusters = join_names(spec->clusters, spec->n_clusters),
        .clusters_excluded = spec->clusters_excluded,
    };
}

static char *text_or_empty(char *text)
{
    return text ? text : (char *)"";
}

static void pack_dependencies(const struct dependencies *dependencies, struct arena *arena,
                              Wire__JobSpec *spec)
{
    if (!dependencies)
        return;
    spec->dependency_any = dependencies->any;
    spec->dependency_keep = dependencies->keep;
    spec->dependencies = ARENA_NEW_ARRAY(arena, Wire__Dependency *, dependencies->count);
    for (uint32_t i = 0; i < dependencies->count; i++) {
        const struct dependency *from = &dependencies->all[i];
        Wire__Dependency *to = ARENA_NEW(arena, Wire__Dependency);

        wire__dependency__init(to);
        to->kind = (Wire__DependencyKind)from->kind;
        to->state = (uint32_t)from->state;
        to->job = from->parent;
        to->array = from->array;
        to->delay_us = from->delay_us;
        to->from_us = from->from_us;
        spec->dependencies[spec->n_dependencies++] = to;
    }
}

static void pack_constraints(const struct constraints *constraints, Wire__JobSpec *spec)
{
    if (!constraints)
        return;
    spec->gpu_type = text_or_empty(constraints->gpu_type);
    spec->gpus = constraints->gpus;
    spec->gpus_per_node = constraints->gpus_per_node;
    spec->gpus_per_task = constraints->gpus_per_task;
    spec->cpus_per_gpu = constraints->cpus_per_gpu;
    spec->memory_per_gpu = constraints->memory_per_gpu;
    spec->features = text_or_empty(constraints->features);
    spec->licenses = text_or_empty(constraints->licenses);
    spec->switches = constraints->switches;
    spec->switches_us = constraints->switches_us;
    spec->stage_bytes = constraints->stage_bytes;
}

static void fill_spec(const struct request *request, struct arena *arena, Wire__JobSpec *spec)
{
    spec->partition = text_or_empty(request->partition);
    split_names(request->clusters, arena, &spec->clusters, &spec->n_clusters);
    spec->node_list = text_or_empty(request->node_list);
    spec->node_exclude = text_or_empty(request->node_exclude);
    spec->comment = text_or_empty(request->comment);
    spec->reservation = text_or_empty(request->reservation);
    spec->qos = text_or_empty(request->qos);
    spec->surcharge_ppm = request->surcharge_ppm;
    spec->nodes_least = request->nodes_least;
    spec->nodes_most = request->nodes_most;
    spec->tasks = request->tasks;
    spec->cpus_per_task = request->cpus_per_task;
    spec->tasks_per_node = request->tasks_per_node;
    spec->memory_per_node = request->memory_per_node;
    spec->memory_per_cpu = request->memory_per_cpu;
    spec->exclusive = request->exclusive;
    spec->limit_us = request->limit_us;
    spec->begin_us = request->begin_us;
    spec->nice = request->nice;
    spec->no_requeue = !request->requeue;
    spec->deadline_us = request->deadline_us;
    spec->limit_least_us = request->limit_least_us;
    spec->clusters_excluded = request->clusters_excluded;
    pack_constraints(request->constraints, spec);
    pack_dependencies(request->dependencies, arena, spec);
}

static void pack_components(const struct het *het, struct arena *arena, Wire__JobSpec *spec)
{
    if (!het)
        return;
    spec->n_components = het->count;
    spec->components = ARENA_NEW_ARRAY(arena, Wire__Component *, het->count);
    for (uint32_t i = 0; i < het->count; i++) {
        Wire__JobSpec own = WIRE__JOB_SPEC__INIT;

        fill_spec(&het->more[i], arena, &own);
        spec->components[i] = ARENA_NEW(arena, Wire__Component);
        *spec->components[i] = component_from_spec(&own);
    }
}

/* The row holds a JobSpec of which only these fields are set, and what `more` has. */
struct bytes request_pack(const struct request *request, Wire__JobSpec *more, struct arena *arena)
{
    Wire__JobSpec spec = *more;
    uint8_t *bytes;
    size_t size;

    fill_spec(request, arena, &spec);
    pack_components(request->het, arena, &spec);
    size = wire__job_spec__get_packed_size(&spec);
    bytes = arena_take(arena, size);
    wire__job_spec__pack(&spec, bytes);
    return (struct bytes){bytes, size};
}
