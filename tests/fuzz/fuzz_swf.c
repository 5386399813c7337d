/* fuzz_swf.c - a log of jobs is refused with a reason, or every number is within its bounds */

#include "scheduler/simulate/swf.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void check(const struct swf_job *job)
{
    if (job->number < 0 || job->submit_s < 0 || job->submit_s > SWF_TIME_MAX)
        abort();
    if (job->run_s < -1 || job->run_s > SWF_DURATION_MAX || job->limit_s < -1 ||
        job->limit_s > SWF_DURATION_MAX)
        abort();
    if (job->processors < -1 || job->processors > SWF_PROCESSORS_MAX ||
        job->processors_asked < -1 || job->processors_asked > SWF_PROCESSORS_MAX)
        abort();
    if (job->user < -1 || job->user > INT32_MAX || job->group < -1 || job->group > INT32_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    int descriptor = memfd_create("log", MFD_CLOEXEC);
    CLEANUP(swf_freep) struct swf *swf = NULL;
    struct error err = {0};
    struct swf_job job;
    int read;

    if (descriptor < 0 || write(descriptor, bytes, size) != (ssize_t)size ||
        lseek(descriptor, 0, SEEK_SET) != 0)
        abort();
    swf = swf_open_descriptor(descriptor, "log", &err);
    if (!swf)
        abort();
    while ((read = swf_next(swf, &job, &err)) == 1)
        check(&job);
    if (read == -1 && (!*err.text || (err.code != ERROR_INVALID && err.code != ERROR_IO)))
        abort();
    if (swf_header(swf)->processors < 0 || swf_header(swf)->processors > SWF_PROCESSORS_MAX)
        abort();
    return 0;
}
