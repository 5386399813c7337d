/* job.c - the job that submitters send: all that it does follows from its number */

#include "tests/crash/job.h"

#include "base/memory.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ENDS       8 /* 0 to 5 are exit codes */
#define MOST_LINES 64

char *job_script(const char *folder)
{
    return memory_format("#!/bin/sh\n"
                         "id=$SLURM_JOB_ID line=0\n"
                         "echo \"+$id $SLURM_RESTART_COUNT\" >>'%s/ran'\n"
                         "echo job $id begins\n"
                         "if [ $((id %% 9)) = 0 ]; then sleep 2; else sleep 0.$((id %% 4)); fi\n"
                         "while [ $line -lt $((id %% %d)) ]; do\n"
                         "    line=$((line + 1))\n"
                         "    echo line $line of job $id\n"
                         "done\n"
                         "echo \"-$id\" >>'%s/ran'\n"
                         "case $((id %% %d)) in\n"
                         "    6) kill -KILL $$ ;;\n"
                         "    7) kill -TERM $$ ;;\n"
                         "    *) exit $((id %% %d)) ;;\n"
                         "esac\n",
                         folder, MOST_LINES, folder, ENDS, ENDS);
}

char *job_output_path(const char *folder)
{
    return memory_format("%s/%%j.out", folder);
}

struct job_end job_end_of(uint64_t id)
{
    switch (id % ENDS) {
    case 6:
        return (struct job_end){.signal = SIGKILL};
    case 7:
        return (struct job_end){.signal = SIGTERM};
    default:
        return (struct job_end){.code = (uint32_t)(id % ENDS)};
    }
}

char *job_output_of(uint64_t id)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);

    if (!stream)
        abort();
    fprintf(stream, "job %" PRIu64 " begins\n", id);
    for (uint64_t line = 1; line <= id % MOST_LINES; line++)
        fprintf(stream, "line %" PRIu64 " of job %" PRIu64 "\n", line, id);
    fclose(stream);
    return text;
}
