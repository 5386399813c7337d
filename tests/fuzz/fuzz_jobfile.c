/* fuzz_jobfile.c - any job script is refused with a reason, or its directives are read */

#include "client/job_options.h"
#include "client/jobfile.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

static void read_options(const struct jobfile *file, const struct option_rule *rules)
{
    struct job_request request = {0};
    struct error err = {0};

    if (!jobfile_options(file, 0, rules, &request, &err) && (err.code == ERROR_NONE || !*err.text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct error err = {0};
    CLEANUP(jobfile_freep) struct jobfile *file = jobfile_parse("job.sh", bytes, size, &err);
    size_t kept;

    if (!file) {
        if (err.code == ERROR_NONE || !*err.text)
            abort();
        return 0;
    }
    read_options(file, submit_options);
    read_options(file, run_options);
    /* the script itself goes to the node as it was */
    if (memcmp(jobfile_bytes(file, &kept), bytes, size) != 0 || kept != size)
        abort();
    (void)jobfile_notes(file);
    return 0;
}
