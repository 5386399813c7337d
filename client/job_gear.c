/* job_gear.c - how GPUs, features, licences and few switches are asked for */

#include "client/job_gear.h"

#include "base/parse.h"
#include "client/job_options.h"
#include "client/text.h"

#include <string.h>
#include <strings.h>

#define MEGABYTE      (UINT64_C(1) << 20)
#define GPUS_MOST     1048576
#define SWITCHES_MOST 16384

/* "[TYPE:]N" or, as Slurm has it, "TYPE" alone. */
static bool read_gpus(const char *text, struct job_gear *gear, uint32_t *ret_count,
                      struct error *err)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : strlen(text);

    if (strchr(text, ','))
        return fail(err, ERROR_INVALID, _("%s: one type of GPU for a job; submit two jobs"), text);
    if (!colon && text[strspn(text, "0123456789")] == '\0') {
        *gear->gpu_type = '\0';
        return parse_u32(text, 1, GPUS_MOST, ret_count, err);
    }
    *ret_count = 1;
    if (colon && !parse_u32(colon + 1, 1, GPUS_MOST, ret_count, err))
        return false;
    if (length >= sizeof(gear->gpu_type))
        return fail(err, ERROR_INVALID, _("%s: no type of GPU has so long a name"), text);
    memcpy(gear->gpu_type, text, length);
    gear->gpu_type[length] = '\0';
    return parse_name(gear->gpu_type, _("type of GPU"), sizeof(gear->gpu_type) - 1, err);
}

bool set_gpus(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return read_gpus(text, &request->gear, &request->gear.gpus, err);
}

bool set_gpus_per_node(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return read_gpus(text, &request->gear, &request->gear.gpus_per_node, err);
}

bool set_gpus_per_task(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return read_gpus(text, &request->gear, &request->gear.gpus_per_task, err);
}

/* "gpu", "gpu:2", "gpu:a100:2", "none": on each node. */
bool set_gres(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (strcasecmp(text, "none") == 0) {
        request->gear.gpus_per_node = 0;
        *request->gear.gpu_type = '\0';
        return true;
    }
    if (strncmp(text, "gres/", 5) == 0)
        text += 5;
    if (strcmp(text, "gpu") == 0)
        return read_gpus("1", &request->gear, &request->gear.gpus_per_node, err);
    if (strncmp(text, "gpu:", 4) == 0)
        return read_gpus(text + 4, &request->gear, &request->gear.gpus_per_node, err);
    return fail(err, ERROR_INVALID,
                _("%s: gpu is the only such resource here: write gpu:2 or gpu:TYPE:2"), text);
}

bool set_memory_per_gpu(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    if (!parse_size(text, MEGABYTE, &request->gear.memory_per_gpu, err))
        return false;
    return request->gear.memory_per_gpu > 0 ||
           fail(err, ERROR_INVALID, _("a GPU needs some memory"));
}

/* "N[@TIME]" */
bool set_switches(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;
    const char *at = strchr(text, '@');
    CLEANUP(memory_freep) char *count = memory_copy(text);

    if (at)
        count[at - text] = '\0';
    request->gear.switches_us = 0;
    if (!parse_u32(count, 1, SWITCHES_MOST, &request->gear.switches, err))
        return false;
    if (!at)
        return true;
    if (!parse_duration(at + 1, &request->gear.switches_us, err))
        return false;
    return request->gear.switches_us <= PARSE_DURATION_MAX_US ||
           fail(err, ERROR_INVALID, _("%s: an end of the wait must be given"), text);
}

/* A bare number is megabytes, as of memory. */
bool set_stage_size(void *place, const char *text, struct error *err)
{
    struct job_request *request = place;

    return parse_size(text, MEGABYTE, &request->gear.stage_bytes, err);
}

static char *or_empty(const char *text, struct arena *arena)
{
    return arena_copy(arena, text ? text : "");
}

void job_gear_fill(const struct job_gear *gear, struct arena *arena, Wire__JobSpec *spec)
{
    spec->gpu_type = arena_copy(arena, gear->gpu_type);
    spec->gpus = gear->gpus;
    spec->gpus_per_node = gear->gpus_per_node;
    spec->gpus_per_task = gear->gpus_per_task;
    spec->cpus_per_gpu = gear->cpus_per_gpu;
    spec->memory_per_gpu = gear->memory_per_gpu;
    spec->features = or_empty(gear->constraint, arena);
    spec->licenses = or_empty(gear->licenses, arena);
    spec->switches = gear->switches;
    spec->switches_us = gear->switches_us;
    spec->stage_bytes = gear->stage_bytes;
}
