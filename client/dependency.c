/* dependency.c - what --dependency says */

#include "client/dependency.h"

#include "base/parse.h"
#include "client/job_names.h"
#include "client/text.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum { DEPENDENCIES_MOST = 1024, DELAY_MINUTES_MOST = 5260320 };

static const struct {
    const char *name;
    Wire__DependencyKind kind;
} kinds[] = {
    {"after",      WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER       },
    {"afterany",   WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_ANY   },
    {"afterok",    WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_OK    },
    {"afternotok", WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_NOT_OK},
    {"aftercorr",  WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_CORR  },
    {"singleton",  WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_SINGLETON   },
};

static bool find_kind(const char *name, Wire__DependencyKind *ret_kind, struct error *err)
{
    const char *names[COUNT_OF(kinds) + 1] = {0};
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        names[i] = kinds[i].name;
        if (strcasecmp(name, kinds[i].name) == 0) {
            *ret_kind = kinds[i].kind;
            return true;
        }
    }
    nearest = nearest_name(name, names);
    return nearest
               ? fail(err, ERROR_INVALID, _("%s is no kind of dependency; did you mean %s?"),
                      text_show(name, shown), nearest)
               : fail(err, ERROR_INVALID,
                      _("%s is no kind of dependency: write after, afterany, afterok, afternotok, "
                        "aftercorr or singleton"),
                      text_show(name, shown));
}

/* "17" or, after a start, "17+5". */
static bool add_job(char *text, Wire__DependencyKind kind, struct arena *arena, Wire__JobSpec *spec,
                    struct error *err)
{
    Wire__Dependency *dependency = ARENA_NEW(arena, Wire__Dependency);
    char *plus = strchr(text, '+');
    uint32_t minutes = 0;
    struct job_ref job;

    if (spec->n_dependencies == DEPENDENCIES_MOST)
        return fail(err, ERROR_INVALID, _("more than %d dependencies"), DEPENDENCIES_MOST);
    if (plus && kind != WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER)
        return fail(err, ERROR_INVALID, _("%s: only after takes +MINUTES"), text);
    if (plus)
        *plus = '\0';
    if (plus && !parse_u32(plus + 1, 0, DELAY_MINUTES_MOST, &minutes, err))
        return false;
    wire__dependency__init(dependency);
    dependency->kind = kind;
    dependency->delay_us = minutes * US_PER_MINUTE;
    spec->dependencies[spec->n_dependencies++] = dependency;
    if (!job_ref_read(text, &job, err))
        return false;
    dependency->job = job.job;
    dependency->array = job.array;
    return true;
}

static bool add_singleton(const char *rest, struct arena *arena, Wire__JobSpec *spec,
                          struct error *err)
{
    Wire__Dependency *dependency = ARENA_NEW(arena, Wire__Dependency);

    if (rest)
        return fail(err, ERROR_INVALID, _("singleton names no job"));
    if (spec->n_dependencies == DEPENDENCIES_MOST)
        return fail(err, ERROR_INVALID, _("more than %d dependencies"), DEPENDENCIES_MOST);
    wire__dependency__init(dependency);
    dependency->kind = WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_SINGLETON;
    spec->dependencies[spec->n_dependencies++] = dependency;
    return true;
}

/* "afterok:17:18", "singleton" or "17". */
static bool add_term(char *term, struct arena *arena, Wire__JobSpec *spec, struct error *err)
{
    Wire__DependencyKind kind = WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_AFTER_ANY;
    char *rest = term, *job;

    if (*term == '\0')
        return fail(err, ERROR_INVALID, _("a dependency is missing between the separators"));
    if (!strchr("0123456789", *term)) {
        char *name = strsep(&rest, ":");

        if (!find_kind(name, &kind, err))
            return false;
        if (kind == WIRE__DEPENDENCY_KIND__DEPENDENCY_KIND_SINGLETON)
            return add_singleton(rest, arena, spec, err);
        if (!rest)
            return fail(err, ERROR_INVALID, _("%s: a job is missing: write %s:JOB"), name, name);
    }
    while ((job = strsep(&rest, ":")))
        if (!add_job(job, kind, arena, spec, err))
            return false;
    return true;
}

bool dependency_read(const char *text, struct arena *arena, Wire__JobSpec *spec, struct error *err)
{
    bool any = strchr(text, '?') != NULL;
    char *rest = arena_copy(arena, text), *term;

    if (any && strchr(text, ','))
        return fail(err, ERROR_INVALID,
                    _("a comma means all of them, ? one of them: they do not go together"));
    spec->dependency_any = any;
    spec->dependencies = ARENA_NEW_ARRAY(arena, Wire__Dependency *, DEPENDENCIES_MOST);
    while ((term = strsep(&rest, any ? "?" : ",")))
        if (!add_term(term, arena, spec, err))
            return false;
    return true;
}
