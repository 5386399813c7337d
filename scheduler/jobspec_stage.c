/* jobspec_stage.c - a job with files that are brought before it and carried away after it */

#include "scheduler/jobspec.h"

#include "proto/staging.h"

bool jobspec_check_stage(const Wire__JobSpec *spec, struct error *err)
{
    if (spec->n_stage_in == 0 && spec->n_stage_out == 0)
        return true;
    if (*spec->vm)
        return fail(err, ERROR_INVALID,
                    "a script in a virtual machine (--vm) does not see the job's directory: "
                    "--stage-in and --stage-out are of no use to it");
    return staging_check(spec->stage_in, spec->n_stage_in, spec->stage_out, spec->n_stage_out, err);
}
