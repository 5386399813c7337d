/* jobspec_vm.c - a job whose script runs in a virtual machine */

#include "scheduler/jobspec.h"

#include "proto/feature.h"
#include "scheduler/core/features.h"

#include <inttypes.h>

/* It stands in parentheses, which only a whole expression leaves as they are. */
static bool check_constraint(const Wire__JobSpec *spec, struct error *err)
{
    CLEANUP(feature_rule_freep) struct feature_rule *rule = NULL;

    if (*spec->features)
        rule = feature_rule_parse(spec->features, err);
    return rule || *spec->features == '\0' || fail_in(err, "constraint");
}

bool jobspec_check_vm(const Wire__JobSpec *spec, struct error *err)
{
    if (*spec->vm == '\0')
        return true;
    if (*spec->container)
        return fail(err, ERROR_INVALID,
                    "a virtual machine (--vm) and a container (--container) exclude each other: "
                    "give one");
    if (spec->nodes_least > 1)
        return fail(err, ERROR_INVALID, "a virtual machine (--vm) is on one node, not on %" PRIu32,
                    spec->nodes_least);
    if (spec->n_components > 0)
        return fail(err, ERROR_INVALID,
                    "a heterogeneous job cannot run in a virtual machine (--vm)");
    if (*spec->input)
        return fail(err, ERROR_INVALID,
                    "a script in a virtual machine (--vm) reads no input file (--input)");
    return check_constraint(spec, err);
}

char *jobspec_features(const Wire__JobSpec *spec)
{
    if (*spec->vm == '\0')
        return *spec->features ? memory_copy(spec->features) : NULL;
    return *spec->features ? memory_format(FEATURE_VM "&(%s)", spec->features)
                           : memory_copy(FEATURE_VM);
}
