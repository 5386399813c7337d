/* limit.c - a limit: of whom, counted how, of what, and how much */

#include "scheduler/core/limit.h"

#include "base/memory.h"
#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define AMOUNT_MOST (INT64_C(1) << 50)

static const char *const ofs[] = {"network", "institution", "project",   "member", "user",
                                  "qos",     "cluster",     "partition", "lent"};
static_assert(COUNT_OF(ofs) == LIMIT_OF_COUNT, "one name for each place");

static const char *const forms[] = {"total", "per-user", "per-job"};
static_assert(COUNT_OF(forms) == LIMIT_FORM_COUNT, "one name for each form");

/* In which forms each is counted. */
static const struct {
    const char *name;
    bool together, alone;
} things[] = {
    {"jobs",         true,  false},
    {"submitted",    true,  false},
    {"cores",        true,  true },
    {"nodes",        true,  true },
    {"memory",       true,  true },
    {"core-minutes", true,  true },
    {"wall",         false, true },
    {"gpus",         true,  true },
};
static_assert(COUNT_OF(things) == LIMIT_WHAT_COUNT, "one row for each");

/* --- names ------------------------------------------------------------------------------------ */

const char *limit_of_name(enum limit_of of)
{
    assert(of < LIMIT_OF_COUNT);
    return ofs[of];
}

const char *limit_form_name(enum limit_form form)
{
    assert(form < LIMIT_FORM_COUNT);
    return forms[form];
}

const char *limit_what_name(enum limit_what what)
{
    assert(what < LIMIT_WHAT_COUNT);
    return things[what].name;
}

bool limit_of_parse(const char *text, enum limit_of *ret_of, struct error *err)
{
    for (unsigned i = 0; i < LIMIT_OF_COUNT; i++)
        if (strcmp(ofs[i], text) == 0) {
            *ret_of = (enum limit_of)i;
            return true;
        }
    return fail(err, ERROR_INVALID,
                "limits of %.40s: they are of network, institution, project, member, user, qos, "
                "cluster, partition or lent",
                text);
}

bool limit_is_of_place(enum limit_of of)
{
    return of == LIMIT_OF_CLUSTER || of == LIMIT_OF_PARTITION || of == LIMIT_OF_LENT;
}

bool limit_form_parse(const char *text, enum limit_form *ret_form, struct error *err)
{
    for (unsigned i = 0; i < LIMIT_FORM_COUNT; i++)
        if (strcmp(forms[i], text) == 0) {
            *ret_form = (enum limit_form)i;
            return true;
        }
    return fail(err, ERROR_INVALID, "limit %.40s: total, per-user or per-job", text);
}

bool limit_what_parse(const char *text, enum limit_what *ret_what, struct error *err)
{
    for (unsigned i = 0; i < LIMIT_WHAT_COUNT; i++)
        if (strcmp(things[i].name, text) == 0) {
            *ret_what = (enum limit_what)i;
            return true;
        }
    return fail(
        err, ERROR_INVALID,
        "a limit of %.40s: what is limited are jobs, submitted, cores, gpus, nodes, memory, "
        "core-minutes and wall",
        text);
}

/* --- checks ----------------------------------------------------------------------------------- */

bool limit_check(const struct limit *limit, struct error *err)
{
    bool alone = limit->form == LIMIT_PER_JOB;
    bool is_place = limit_is_of_place(limit->of);

    if ((limit->of == LIMIT_OF_NETWORK) != (*limit->name == '\0'))
        return fail(err, ERROR_INVALID, "a limit of %s %s", ofs[limit->of],
                    *limit->name ? "takes no name" : "needs its name");
    if (alone ? !things[limit->what].alone : !things[limit->what].together)
        return fail(err, ERROR_INVALID, "%s cannot be limited %s", things[limit->what].name,
                    alone ? "per job" : "but per job");
    if (limit->form == LIMIT_PER_USER &&
        (limit->of == LIMIT_OF_USER || limit->of == LIMIT_OF_MEMBER))
        return fail(err, ERROR_INVALID, "a person's limit is total or per-job, not per-user");
    if (limit->what == LIMIT_SUBMITTED && is_place)
        return fail(err, ERROR_INVALID,
                    "submitted jobs cannot be limited by %s: a job that waits is of none yet",
                    ofs[limit->of]);
    return true;
}

bool limit_amount_parse(enum limit_what what, const char *text, int64_t *ret_amount,
                        struct error *err)
{
    uint64_t number = 0;

    if (what == LIMIT_WALL)
        return parse_duration(text, ret_amount, err);
    if (what == LIMIT_MEMORY ? !parse_size(text, UINT64_C(1) << 20, &number, err)
                             : !parse_u64(text, 0, AMOUNT_MOST, &number, err))
        return false;
    if (what == LIMIT_CORE_SECONDS)
        number *= 60;
    if (number > INT64_MAX / 2)
        return fail(err, ERROR_INVALID, "%.40s is too much", text);
    *ret_amount = (int64_t)number;
    return true;
}

void limit_amount_print(enum limit_what what, int64_t amount, struct buffer *buffer)
{
    if (what == LIMIT_WALL)
        print_duration(amount, buffer);
    else if (what == LIMIT_MEMORY)
        print_size((uint64_t)amount, buffer);
    else if (what == LIMIT_CORE_SECONDS)
        buffer_print(buffer, "%" PRId64, (amount + 59) / 60);
    else
        buffer_print(buffer, "%" PRId64, amount);
}

bool limit_read(const char *text, enum limit_what *ret_what, int64_t *ret_amount, struct error *err)
{
    const char *sign = strchr(text, '=');
    char name[32];

    if (!sign || (size_t)(sign - text) >= sizeof(name))
        return fail(err, ERROR_INVALID, "%.60s is no limit: write WHAT=AMOUNT, as cores=100", text);
    memcpy(name, text, (size_t)(sign - text));
    name[sign - text] = '\0';
    return limit_what_parse(name, ret_what, err) &&
           (limit_amount_parse(*ret_what, sign + 1, ret_amount, err) || fail_in(err, "%s", name));
}

/* --- reasons ----------------------------------------------------------------------------------- */

enum reason_group {
    ASSOC_GROUP,
    ASSOC_OWN,
    ASSOC_JOB,
    QOS_GROUP,
    QOS_USER,
    QOS_JOB,
    REASON_GROUP_COUNT
};

/* As Slurm spells them; NULL: cannot be. */
static const char *const assoc_group[REASON_LIMIT_WHATS] = {
    "AssocGrpJobsLimit",           "AssocGrpSubmitJobsLimit", "AssocGrpCpuLimit",
    "AssocGrpNodeLimit",           "AssocGrpMemLimit",        "AssocGrpCPURunMinutesLimit",
    [LIMIT_GPUS] = "AssocGrpGRES",
};
static const char *const assoc_own[REASON_LIMIT_WHATS] = {
    "AssocMaxJobsLimit",           "AssocMaxSubmitJobLimit", "AssocGrpCpuLimit",
    "AssocGrpNodeLimit",           "AssocGrpMemLimit",       "AssocGrpCPURunMinutesLimit",
    [LIMIT_GPUS] = "AssocGrpGRES",
};
static const char *const assoc_job[REASON_LIMIT_WHATS] = {
    [LIMIT_CORES] = "AssocMaxCpuPerJobLimit",
    [LIMIT_NODES] = "AssocMaxNodePerJobLimit",
    [LIMIT_MEMORY] = "AssocMaxMemPerJob",
    [LIMIT_CORE_SECONDS] = "AssocMaxCpuMinutesPerJobLimit",
    [LIMIT_WALL] = "AssocMaxWallDurationPerJobLimit",
    [LIMIT_GPUS] = "AssocMaxGRESPerJob",
};
static const char *const qos_group[REASON_LIMIT_WHATS] = {
    "QOSGrpJobsLimit",           "QOSGrpSubmitJobsLimit", "QOSGrpCpuLimit",
    "QOSGrpNodeLimit",           "QOSGrpMemLimit",        "QOSGrpCPURunMinutesLimit",
    [LIMIT_GPUS] = "QOSGrpGRES",
};
static const char *const qos_user[REASON_LIMIT_WHATS] = {
    "QOSMaxJobsPerUserLimit",           "QOSMaxSubmitJobPerUserLimit", "QOSMaxCpuPerUserLimit",
    "QOSMaxNodePerUserLimit",           "QOSMaxMemoryPerUser",         "QOSMaxCpuRunMinutesPerUser",
    [LIMIT_GPUS] = "QOSMaxGRESPerUser",
};
static const char *const qos_job[REASON_LIMIT_WHATS] = {
    [LIMIT_CORES] = "QOSMaxCpuPerJobLimit",
    [LIMIT_NODES] = "QOSMaxNodePerJobLimit",
    [LIMIT_MEMORY] = "QOSMaxMemoryPerJob",
    [LIMIT_CORE_SECONDS] = "QOSMaxCpuMinutesPerJobLimit",
    [LIMIT_WALL] = "QOSMaxWallDurationPerJobLimit",
    [LIMIT_GPUS] = "QOSMaxGRESPerJob",
};
static const char *const *const reasons[] = {assoc_group, assoc_own, assoc_job,
                                             qos_group,   qos_user,  qos_job};
static_assert(COUNT_OF(reasons) == REASON_GROUP_COUNT, "one row for each group");
static_assert(LIMIT_WHAT_COUNT <= REASON_LIMIT_WHATS, "numbers are reserved for so many");
static_assert(REASON_LIMIT_FIRST + REASON_GROUP_COUNT * REASON_LIMIT_WHATS - 1 == REASON_LIMIT_LAST,
              "and for so many groups");

enum job_reason limit_reason(enum limit_of of, enum limit_form form, enum limit_what what)
{
    bool is_qos = of == LIMIT_OF_QOS || of == LIMIT_OF_PARTITION;
    enum reason_group group;

    if (of == LIMIT_OF_LENT)
        return REASON_LENT;
    if (form == LIMIT_PER_JOB)
        group = is_qos ? QOS_JOB : ASSOC_JOB;
    else if (is_qos)
        group = form == LIMIT_PER_USER ? QOS_USER : QOS_GROUP;
    else if (form == LIMIT_PER_USER || of == LIMIT_OF_USER || of == LIMIT_OF_MEMBER)
        group = ASSOC_OWN;
    else
        group = ASSOC_GROUP;
    return (enum job_reason)(REASON_LIMIT_FIRST + group * REASON_LIMIT_WHATS + what);
}

bool reason_is_limit(enum job_reason reason)
{
    return (reason >= REASON_LIMIT_FIRST && reason <= REASON_LIMIT_LAST) || reason == REASON_LENT;
}

const char *limit_reason_name(enum job_reason reason)
{
    unsigned number = (unsigned)reason - REASON_LIMIT_FIRST;
    unsigned group = number / REASON_LIMIT_WHATS;
    const char *name =
        group < COUNT_OF(reasons) ? reasons[group][number % REASON_LIMIT_WHATS] : NULL;

    return name ? name : "AssocLimit"; /* of a version that knows more */
}
