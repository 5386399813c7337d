/* ran.c - what the jobs themselves told of their starts and ends, read on while they run */

#include "tests/crash/ran.h"

#include "base/memory.h"

#include <stdlib.h>

bool ran_open(struct ran *ran, const char *folder)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/ran", folder);

    *ran = (struct ran){.file = fopen(path, "re"), .ended = table_new()};
    return ran->file != NULL;
}

void ran_clear(struct ran *ran)
{
    if (ran->file)
        fclose(ran->file);
    table_free(ran->ended);
}

/* "+ID RESTARTS" and "-ID", as job.h says. */
void ran_read(struct ran *ran)
{
    char line[128];

    clearerr(ran->file);
    while (fgets(line, sizeof line, ran->file)) {
        ran->running += line[0] == '+' ? 1 : -1;
        if (ran->running > ran->most)
            ran->most = ran->running;
        if (line[0] == '-')
            table_put_number(ran->ended, strtoull(line + 1, NULL, 10), ran);
    }
}
