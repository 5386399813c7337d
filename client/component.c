/* component.c - the components of a heterogeneous job, as they are asked for */

#include "client/component.h"

#include "client/job_spec.h"
#include "client/text.h"
#include "proto/component.h"

#include <stddef.h>
#include <string.h>

void component_take_own(struct job_request *first, const struct job_request *request)
{
    if (request->wrap)
        first->wrap = request->wrap;
    if (request->request_key)
        first->request_key = request->request_key;
    first->each |= request->each;
    first->parsable |= request->parsable;
    first->wait |= request->wait;
    first->test_only |= request->test_only;
    first->show_binding |= request->show_binding;
    first->quiet |= request->quiet;
    first->verbose |= request->verbose;
    first->label |= request->label;
}

bool components_read(const struct option_rule *rules, int argc, char **argv,
                     struct job_request *place, struct component_lines *ret_lines,
                     struct error *err)
{
    int *place_of_first = &ret_lines->first_operand, first;

    ret_lines->count = 0;
    if (!options_read(rules, argc, argv, place, place_of_first, err))
        return false;
    while (*place_of_first < argc && strcmp(argv[*place_of_first], ":") == 0) {
        struct component_line *line = &ret_lines->all[ret_lines->count];
        struct job_request own = {0}; /* read again, behind the script's */

        if (++ret_lines->count >= COMPONENTS_MAX)
            return fail(err, ERROR_INVALID, _("more than %d components"), COMPONENTS_MAX);
        line->argv = argv + *place_of_first;
        if (!options_read(rules, argc - *place_of_first, line->argv, &own, &first, err))
            return fail_in(err, _("component %u"), ret_lines->count);
        component_take_own(place, &own);
        line->argc = first;
        *place_of_first += first;
    }
    return true;
}

/* --- what is the whole job's -------------------------------------------------------------------- */

#define OF_JOB(option, field)                       \
    {                                               \
        option, offsetof(struct job_request, field) \
    }

static const struct {
    const char *option;
    size_t offset;
} texts[] = {
    OF_JOB("--account", project),
    OF_JOB("--qos", qos),
    OF_JOB("--clusters", clusters),
    OF_JOB("--exclude-clusters", clusters_excluded),
    OF_JOB("--job-name", name),
    OF_JOB("--comment", comment),
    OF_JOB("--output", output),
    OF_JOB("--error", error),
    OF_JOB("--input", input),
    OF_JOB("--chdir", directory),
    OF_JOB("--export", export),
    OF_JOB("--dependency", dependency),
    OF_JOB("--array", array),
    OF_JOB("--container", container),
    OF_JOB("--vm", vm),
    OF_JOB("--reservation", reservation),
    OF_JOB("--licenses", gear.licenses),
};

static bool check_texts(const struct job_request *first, const struct job_request *request,
                        struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const char *own = *(const char *const *)((const char *)request + texts[i].offset);
        const char *jobs = *(const char *const *)((const char *)first + texts[i].offset);

        if (own && (!jobs || strcmp(own, jobs) != 0))
            return fail(err, ERROR_INVALID,
                        _("%s holds for the whole job: give it with the first component"),
                        texts[i].option);
    }
    return true;
}

static bool check_rest(const struct job_request *first, const struct job_request *request,
                       struct error *err)
{
    const struct {
        const char *option;
        bool differs;
    } rest[] = {
        {"--time",                       request->limit_us && request->limit_us != first->limit_us                  },
        {"--time-min",                   request->limit_least_us && request->limit_least_us != first->limit_least_us},
        {"--begin",                      request->begin_us && request->begin_us != first->begin_us                  },
        {"--deadline",                   request->deadline_us && request->deadline_us != first->deadline_us         },
        {"--switches",                   request->gear.switches && request->gear.switches != first->gear.switches   },
        {"--stage-size",
         request->gear.stage_bytes && request->gear.stage_bytes != first->gear.stage_bytes                          },
        {"--nice",                       request->nice && request->nice != first->nice                              },
        {"--hold",                       request->hold && !first->hold                                              },
        {"--requeue",                    request->requeue && !first->requeue                                        },
        {"--no-requeue",                 request->no_requeue && !first->no_requeue                                  },
        {"--open-mode",                  request->append && !first->append                                          },
        {"--signal",                     request->warning_signal && request->warning_signal != first->warning_signal},
        {"--stage-in",                   request->stage.in_count > 0                                                },
        {"--stage-out",                  request->stage.out_count > 0                                               },
        {"--copies",                     request->copies > 1                                                        },
        {"--cpu-bind and other layouts", request->layout.given                                                      },
    };

    for (size_t i = 0; i < COUNT_OF(rest); i++)
        if (rest[i].differs)
            return fail(err, ERROR_INVALID,
                        _("%s holds for the whole job: give it with the first component"),
                        rest[i].option);
    return true;
}

Wire__Component *component_make(const struct job_request *first, const struct job_request *request,
                                struct arena *arena, struct error *err)
{
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    Wire__Component *component = ARENA_NEW(arena, Wire__Component);

    if (!check_texts(first, request, err) || !check_rest(first, request, err))
        return NULL;
    if (!job_spec_fill_component(request, arena, &spec, err))
        return NULL;
    *component = component_from_spec(&spec);
    return component;
}
