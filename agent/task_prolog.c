/* task_prolog.c - what a task's prolog wants done before the task starts */

#include "agent/task_prolog.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* What stands behind the word, or NULL when the line begins with another one. */
static char *behind(char *line, const char *word)
{
    size_t length = strlen(word);

    if (strncmp(line, word, length) != 0 || (line[length] != ' ' && line[length] != '\t'))
        return NULL;
    line += length;
    return line + strspn(line, " \t");
}

static void export_variable(char *variable)
{
    char *equals = strchr(variable, '=');

    if (!equals || equals == variable)
        return;
    *equals = '\0';
    setenv(variable, equals + 1, 1);
}

static void apply(char *line, FILE *out)
{
    char *exported = behind(line, "export");
    char *unset = behind(line, "unset");
    char *printed = behind(line, "print");

    if (exported)
        export_variable(exported);
    if (unset && *unset && !strchr(unset, '='))
        unsetenv(unset);
    if (printed)
        fprintf(out, "%s\n", printed);
}

void task_prolog_apply(FILE *lines, FILE *out)
{
    CLEANUP(memory_freep) char *line = NULL;
    size_t room = 0;

    while (getline(&line, &room, lines) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        apply(line, out);
    }
    fflush(out);
}
