/* qos.c - qualities of service: how urgent a job is, what it costs, whom it may push aside */

#include "scheduler/core/qos.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = {"requeue", "cancel", "suspend"};
static_assert(COUNT_OF(modes) == QOS_PREEMPT_COUNT, "one name for each mode");

const char *qos_preempt_name(enum qos_preempt mode)
{
    assert(mode < QOS_PREEMPT_COUNT);
    return modes[mode];
}

bool qos_preempt_parse(const char *text, enum qos_preempt *ret_mode, struct error *err)
{
    for (unsigned i = 0; i < QOS_PREEMPT_COUNT; i++)
        if (strcmp(modes[i], text) == 0) {
            *ret_mode = (enum qos_preempt)i;
            return true;
        }
    return fail(err, ERROR_INVALID, "preempt-mode %.40s: requeue, cancel or suspend", text);
}

/* --- copies ------------------------------------------------------------------------------------ */

static char **copy_names(char *const *names)
{
    size_t count = 0;
    char **copy;

    while (names && names[count])
        count++;
    copy = NEW_ARRAY(char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_copy(names[i]);
    return copy;
}

static void free_names(char **names)
{
    for (size_t i = 0; names && names[i]; i++)
        free(names[i]);
    free(names);
}

void qos_list_copy(struct qos_list *to, const struct qos_list *from)
{
    *to = (struct qos_list){from->count, NEW_ARRAY(struct qos, from->count + 1)};
    for (size_t i = 0; i < from->count; i++) {
        struct qos *qos = &to->all[i];

        *qos = from->all[i];
        qos->name = memory_copy(qos->name);
        qos->users = copy_names(qos->users);
        qos->projects = copy_names(qos->projects);
        qos->institutions = copy_names(qos->institutions);
        qos->default_for = copy_names(qos->default_for);
        qos->preempts = copy_names(qos->preempts);
    }
}

void qos_list_clear(struct qos_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->all[i].name);
        free_names(list->all[i].users);
        free_names(list->all[i].projects);
        free_names(list->all[i].institutions);
        free_names(list->all[i].default_for);
        free_names(list->all[i].preempts);
    }
    free(list->all);
    *list = (struct qos_list){0};
}

/* --- which ------------------------------------------------------------------------------------- */

static bool has_name(char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool is_empty(char *const *names)
{
    return !names || !names[0];
}

const struct qos *qos_find(const struct qos_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->all[i].name, name) == 0)
            return &list->all[i];
    return NULL;
}

const struct qos *qos_default(const struct qos_list *list, const char *project)
{
    const struct qos *otherwise = NULL;

    for (size_t i = 0; i < list->count; i++) {
        if (has_name(list->all[i].default_for, project))
            return &list->all[i];
        if (list->all[i].is_default)
            otherwise = &list->all[i];
    }
    return otherwise;
}

bool qos_admits(const struct qos *qos, const struct qos_user *who)
{
    if (is_empty(qos->users) && is_empty(qos->projects) && is_empty(qos->institutions))
        return true;
    return has_name(qos->users, who->user) || has_name(qos->projects, who->project) ||
           has_name(qos->institutions, who->institution);
}

bool qos_preempts(const struct qos *qos, const struct qos *other)
{
    return has_name(qos->preempts, other->name);
}

/* --- circles ----------------------------------------------------------------------------------- */

/* Who can be reached from there is marked. */
static void mark_all_below(const struct qos_list *list, const struct qos *qos, bool *marks)
{
    for (size_t i = 0; i < list->count; i++) {
        if (marks[i] || !qos_preempts(qos, &list->all[i]))
            continue;
        marks[i] = true;
        mark_all_below(list, &list->all[i], marks);
    }
}

const struct qos *qos_find_circle(const struct qos_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        CLEANUP(memory_freep) bool *marks = NEW_ARRAY(bool, list->count);

        mark_all_below(list, &list->all[i], marks);
        if (marks[i])
            return &list->all[i];
    }
    return NULL;
}

static bool fail_unknown(const struct qos_list *list, const char *asked, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer names;

    buffer_init(&names);
    for (size_t i = 0; i < list->count; i++)
        buffer_print(&names, "%s%s", i ? ", " : "", list->all[i].name);
    return fail(err, ERROR_NOT_FOUND, "Invalid qos specification: no QOS %.64s%s%.120s", asked,
                list->count ? "; there are " : "", names.bytes);
}

bool qos_choose(const struct qos_list *list, const char *asked, const struct qos_user *who,
                const struct qos **ret_qos, struct error *err)
{
    const struct qos *qos = asked ? qos_find(list, asked) : qos_default(list, who->project);

    if (asked && !qos)
        return fail_unknown(list, asked, err);
    if (qos && !qos_admits(qos, who))
        return fail(err, ERROR_DENIED,
                    "Invalid qos specification: QOS %.64s is not for %.64s in project %.64s",
                    qos->name, who->user, who->project);
    *ret_qos = qos;
    return true;
}
