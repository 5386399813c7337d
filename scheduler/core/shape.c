/* shape.c - what waiting jobs ask for, once for all that ask for the same */

#include "scheduler/core/shape.h"

#include "base/buffer.h"
#include "scheduler/core/constraints.h"
#include "scheduler/core/het_seek.h"
#include "scheduler/core/request.h"

#include <stdlib.h>
#include <string.h>

static struct job *job_of(const struct heap_node *node)
{
    return CONTAINER_OF(node, struct job, of_shape);
}

static bool is_older(const struct heap_node *a, const struct heap_node *b)
{
    return job_of(a)->id < job_of(b)->id;
}

struct job *shape_first(const struct shape *shape)
{
    return job_of(heap_first(&shape->jobs));
}

bool shape_is_before(const struct shape *a, const struct shape *b)
{
    return turn_is_before(&a->of_lines[TURN_QUEUE].turn, &b->of_lines[TURN_QUEUE].turn);
}

const struct request *shape_request(const struct shape *shape)
{
    return &shape_first(shape)->request;
}

struct need shape_need(const struct shape *shape)
{
    return (struct need){
        .request = shape_request(shape),
        .only = shape->only,
        .except = shape->except,
        .avoid = shape->avoid,
        .window = shape->window,
        .features = shape->features,
        .licenses = shape->licenses,
        .switches_until_us = job_switches_until(shape_first(shape)),
        .more = shape->more,
        .association = shape_first(shape)->association,
    };
}

bool shape_is_special(const struct shape *shape)
{
    const struct constraints *constraints = shape_request(shape)->constraints;

    return shape->only || shape->except || shape->avoid || shape->window || shape->features ||
           shape->licenses || shape->more || (constraints && constraints->gpu_type);
}

struct shape_key shape_key_of(const struct job *job)
{
    CLEANUP(buffer_clear) struct buffer whole;
    struct shape_key key;
    struct digest digest;

    buffer_init(&whole);
    buffer_add_u32(&whole, job->avoid ? job->avoid->index + 1 : 0);
    buffer_add_u64(&whole, (uint64_t)job->predicted_us << 1 | job->any_switches);
    buffer_add_u64(&whole, job->array && job->array->throttle ? job->array_id : 0);
    buffer_add_u64(&whole, job->request.het ? job->id : 0); /* what is read from it stays with it */
    buffer_add(&whole, job->user, strlen(job->user) + 1);
    buffer_add(&whole, job->project, strlen(job->project) + 1);
    request_add_key(&job->request, &whole);
    digest = digest_of(whole.bytes, whole.length);
    memcpy(key.bytes, digest.bytes, sizeof(key.bytes));
    return key;
}

/* The lists were read before, when the request was checked. */
static struct hostlist *read_list(const char *text)
{
    struct error ignored;

    return text ? hostlist_parse(text, &ignored) : NULL;
}

static void read_constraints(struct shape *shape, const struct constraints *constraints)
{
    struct license_list licenses;
    struct error ignored;

    if (!constraints)
        return;
    if (constraints->features)
        shape->features = feature_rule_parse(constraints->features, &ignored);
    if (constraints->licenses && license_list_parse(constraints->licenses, &licenses, &ignored))
        shape->licenses = memory_copy_bytes(&licenses, sizeof(licenses));
}

struct shape *shape_new(struct job *job, size_t lane_count, unsigned order_count)
{
    struct shape *shape =
        memory_get(1, sizeof(*shape) + order_count * sizeof(*shape->of_lines) + lane_count);

    heap_init(&shape->jobs, is_older);
    heap_add(&shape->jobs, &job->of_shape);
    shape->only = read_list(job->request.node_list);
    shape->except = read_list(job->request.node_exclude);
    shape->avoid = job->avoid;
    shape->window = job->window;
    read_constraints(shape, job->request.constraints);
    shape->more = het_needs_new(&job->request, job->avoid, job->window);
    shape->more_count = het_size(&job->request) - 1;
    shape->possible = (uint8_t *)&shape->of_lines[order_count];
    return shape;
}

void shape_free(struct shape *shape)
{
    if (!shape)
        return;
    heap_clear(&shape->jobs);
    hostlist_free(shape->only);
    hostlist_free(shape->except);
    feature_rule_free(shape->features);
    free(shape->licenses);
    het_needs_free(shape->more, shape->more_count);
    free(shape);
}
