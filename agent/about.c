/* about.c - what a helper that runs before a job's program says of itself */

#include "agent/about.h"

#include "base/options.h"

#include <stdio.h>
#include <string.h>

bool about_asked(const struct about *about, int argc, char **argv)
{
    bool version = argc == 2 && strcmp(argv[1], "--version") == 0;
    bool help = argc == 2 && strcmp(argv[1], "--help") == 0;

    if (version)
        printf("%s %s\n", about->name, PACKAGE_VERSION);
    if (help)
        printf("usage: %s %s\n%s\n", about->name, about->usage, about->purpose);
    return version || help;
}

void about_usage(const struct about *about)
{
    fprintf(stderr, "usage: %s %s\n", about->name, about->usage);
}

bool about_is_all(const struct about *about, int argc, char **argv, int *ret_status)
{
    bool asked = about_asked(about, argc, argv);

    *ret_status = asked ? options_told(about->name) : 2;
    if (!asked && argc < 2)
        about_usage(about);
    return asked || argc < 2;
}
