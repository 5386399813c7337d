/* settings_policy.c - limits and qualities of service, from the configuration */

#include "scheduler/settings_inside.h"

#include "base/parse.h"

#include <assert.h>
#include <confuse.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST   64
#define QOS_MOST    256
#define LIMITS_MOST 100000

/* --- limits ------------------------------------------------------------------------------------ */

static bool add_limit(struct settings *settings, const struct limit *limit, struct error *err)
{
    if (settings->limit_count == LIMITS_MOST)
        return fail(err, ERROR_INVALID, "more than %d limits", LIMITS_MOST);
    if (!limit_check(limit, err))
        return false;
    settings->limits =
        memory_resize(settings->limits, settings->limit_count + 1, sizeof(*settings->limits));
    settings->limits[settings->limit_count] = *limit;
    settings->limits[settings->limit_count++].name = memory_copy(limit->name);
    return true;
}

/* total = {"cores=100", "jobs=20"} and the other forms. */
static bool read_forms(cfg_t *section, struct limit limit, struct settings *settings,
                       struct error *err)
{
    for (unsigned form = 0; form < LIMIT_FORM_COUNT; form++) {
        const char *name = limit_form_name(form);

        limit.form = form;
        for (unsigned i = 0; i < cfg_size(section, name); i++)
            if (!limit_read(cfg_getnstr(section, name, i), &limit.what, &limit.amount, err) ||
                !add_limit(settings, &limit, err))
                return fail_in(err, "%s", name);
    }
    return true;
}

/* "network", or "project:bio". */
static bool read_place(const char *title, struct limit *limit, struct error *err)
{
    const char *colon = strchr(title, ':');
    char of[32];

    snprintf(of, sizeof(of), "%.*s", colon ? (int)(colon - title) : 31, title);
    limit->name = colon ? colon + 1 : "";
    return limit_of_parse(of, &limit->of, err);
}

static bool read_limit(cfg_t *section, struct settings *settings, struct error *err)
{
    struct limit limit;

    return (read_place(cfg_title(section), &limit, err) &&
            read_forms(section, limit, settings, err)) ||
           fail_in(err, "limit %.80s", cfg_title(section));
}

/* --- qualities of service ------------------------------------------------------------------------ */

static bool read_names(cfg_t *section, const char *name, char ***ret_names, struct error *err)
{
    unsigned count = cfg_size(section, name);

    *ret_names = NEW_ARRAY(char *, count + 1);
    for (unsigned i = 0; i < count; i++) {
        const char *value = cfg_getnstr(section, name, i);

        if (!parse_name(value, name, NAME_MOST, err))
            return false;
        (*ret_names)[i] = memory_copy(value);
    }
    return true;
}

bool settings_read_duration(cfg_t *section, const char *name, int64_t *duration_us,
                            struct error *err)
{
    const char *text = cfg_getstr(section, name);

    return !text || parse_duration(text, duration_us, err) || fail_in(err, "%s", name);
}

static bool read_numbers(cfg_t *section, struct qos *qos, struct error *err)
{
    long priority = cfg_getint(section, "priority");
    double factor = cfg_getfloat(section, "usage-factor");

    if (priority < 0 || priority > QOS_PRIORITY_MAX)
        return fail(err, ERROR_INVALID, "priority = %ld is not between 0 and %d", priority,
                    QOS_PRIORITY_MAX);
    if (!(factor >= 0 && factor <= QOS_FACTOR_MOST))
        return fail(err, ERROR_INVALID, "usage-factor = %g is not between 0 and %d", factor,
                    QOS_FACTOR_MOST);
    qos->priority = (uint32_t)priority;
    qos->surcharge_ppm = (int32_t)(factor * 1e6 + 0.5) - 1000000;
    qos->no_reserve = cfg_getbool(section, "no-reserve");
    qos->deny_on_limit = cfg_getbool(section, "deny-on-limit");
    qos->is_default = cfg_getbool(section, "default");
    qos->opportunistic = cfg_getbool(section, "opportunistic");
    return qos_preempt_parse(cfg_getstr(section, "preempt-mode"), &qos->preempt_mode, err) &&
           settings_read_duration(section, "preempt-grace", &qos->preempt_grace_us, err) &&
           settings_read_duration(section, "preempt-exempt", &qos->preempt_exempt_us, err);
}

static bool fill_qos(cfg_t *section, struct qos *qos, struct error *err)
{
    const char *name = cfg_title(section);

    qos->name = memory_copy(name);
    return parse_name(name, "QOS name", NAME_MOST, err) && read_numbers(section, qos, err) &&
           read_names(section, "users", &qos->users, err) &&
           read_names(section, "projects", &qos->projects, err) &&
           read_names(section, "institutions", &qos->institutions, err) &&
           read_names(section, "default-for", &qos->default_for, err) &&
           read_names(section, "preempt", &qos->preempts, err);
}

static bool read_qos(cfg_t *section, struct settings *settings, struct error *err)
{
    struct qos_list *list = &settings->qoses;
    struct limit limit = {.of = LIMIT_OF_QOS, .name = cfg_title(section)};

    return (fill_qos(section, &list->all[list->count++], err) &&
            read_forms(section, limit, settings, err)) ||
           fail_in(err, "qos %.80s", cfg_title(section));
}

/* One default of all, one of each project; and whom it pushes aside is there. */
static bool check_qoses(const struct qos_list *list, struct error *err)
{
    const struct qos *otherwise = NULL;

    for (size_t i = 0; i < list->count; i++) {
        const struct qos *qos = &list->all[i];

        if (qos->is_default && otherwise)
            return fail(err, ERROR_INVALID, "qos %s and qos %s are both the default",
                        otherwise->name, qos->name);
        if (qos->is_default)
            otherwise = qos;
        for (size_t j = 0; qos->default_for[j]; j++)
            if (qos_default(list, qos->default_for[j]) != qos)
                return fail(err, ERROR_INVALID, "qos %s: project %s has another default already",
                            qos->name, qos->default_for[j]);
        for (size_t j = 0; qos->preempts[j]; j++)
            if (!qos_find(list, qos->preempts[j]))
                return fail(err, ERROR_INVALID, "qos %s: preempt: there is no qos %s", qos->name,
                            qos->preempts[j]);
    }
    otherwise = qos_find_circle(list);
    return !otherwise ||
           fail(err, ERROR_INVALID,
                "qos %s: preempt: in the end its jobs push aside each other: take one "
                "of the names out",
                otherwise->name);
}

bool settings_read_policy(struct cfg_t *file, struct settings *settings, struct error *err)
{
    unsigned count = cfg_size(file, "qos");

    if (count > QOS_MOST)
        return fail(err, ERROR_INVALID, "%u sections qos; %d are the most", count, QOS_MOST);
    settings->qoses.all = NEW_ARRAY(struct qos, count + 1);
    for (unsigned i = 0; i < count; i++)
        if (!read_qos(cfg_getnsec(file, "qos", i), settings, err))
            return false;
    for (unsigned i = 0; i < cfg_size(file, "limit"); i++)
        if (!read_limit(cfg_getnsec(file, "limit", i), settings, err))
            return false;
    return check_qoses(&settings->qoses, err);
}

void settings_clear_policy(struct settings *settings)
{
    for (size_t i = 0; i < settings->limit_count; i++)
        free((char *)(uintptr_t)settings->limits[i].name);
    free(settings->limits);
    settings->limits = NULL;
    settings->limit_count = 0;
    qos_list_clear(&settings->qoses);
}

void settings_take_policy(struct settings *settings, const struct settings *given)
{
    settings_clear_policy(settings);
    qos_list_copy(&settings->qoses, &given->qoses);
    settings->limits = NEW_ARRAY(struct limit, given->limit_count + 1);
    for (size_t i = 0; i < given->limit_count; i++) {
        settings->limits[i] = given->limits[i];
        settings->limits[i].name = memory_copy(given->limits[i].name);
    }
    settings->limit_count = given->limit_count;
}

/* --- the tables --------------------------------------------------------------------------------- */

#define LIMIT_FORMS                                                                              \
    CFG_STR_LIST("total", NULL, CFGF_NODEFAULT), CFG_STR_LIST("per-user", NULL, CFGF_NODEFAULT), \
        CFG_STR_LIST("per-job", NULL, CFGF_NODEFAULT)

/* Sections of a title each, in a table of their own: the one they come in copies them. */
void settings_add_policy(struct cfg_opt_t *options, size_t *count, struct cfg_opt_t *limit,
                         struct cfg_opt_t *qos)
{
    const cfg_opt_t limits[] = {LIMIT_FORMS, CFG_END()};
    const cfg_opt_t qualities[] = {
        LIMIT_FORMS,
        CFG_INT("priority", 0, CFGF_NONE),
        CFG_FLOAT("usage-factor", 1.0, CFGF_NONE),
        CFG_BOOL("default", cfg_false, CFGF_NONE),
        CFG_BOOL("no-reserve", cfg_false, CFGF_NONE),
        CFG_BOOL("deny-on-limit", cfg_false, CFGF_NONE),
        CFG_STR_LIST("default-for", NULL, CFGF_NODEFAULT),
        CFG_STR_LIST("users", NULL, CFGF_NODEFAULT),
        CFG_STR_LIST("projects", NULL, CFGF_NODEFAULT),
        CFG_STR_LIST("institutions", NULL, CFGF_NODEFAULT),
        CFG_STR_LIST("preempt", NULL, CFGF_NODEFAULT),
        CFG_STR("preempt-mode", "requeue", CFGF_NONE),
        CFG_STR("preempt-grace", NULL, CFGF_NONE),
        CFG_STR("preempt-exempt", NULL, CFGF_NONE),
        CFG_BOOL("opportunistic", cfg_false, CFGF_NONE),
        CFG_END(),
    };
    const int flags = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;

    static_assert(sizeof(limits) <= SETTINGS_POLICY_OPTIONS * sizeof(cfg_opt_t), "room for all");
    static_assert(sizeof(qualities) <= SETTINGS_POLICY_OPTIONS * sizeof(cfg_opt_t), "room for all");
    memcpy(limit, limits, sizeof(limits));
    memcpy(qos, qualities, sizeof(qualities));
    options[(*count)++] = (cfg_opt_t)CFG_SEC("limit", limit, flags);
    options[(*count)++] = (cfg_opt_t)CFG_SEC("qos", qos, flags);
}
