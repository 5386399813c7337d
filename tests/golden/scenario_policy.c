/* scenario_policy.c - the words of a scenario for limits, shares and qualities of service */

#include "tests/golden/scenario.h"

#include "base/parse.h"

#include <stdlib.h>
#include <string.h>

/* One name each is enough for a story. */
static char **names_of(const struct play *play, const char *word)
{
    char **names = NEW_ARRAY(char *, 2);

    if (value_of(play, word))
        names[0] = memory_copy(value_of(play, word));
    return names;
}

static enum qos_preempt mode_of(const struct play *play)
{
    enum qos_preempt mode = QOS_PREEMPT_REQUEUE;
    struct error err;

    if (value_of(play, "mode") && !qos_preempt_parse(value_of(play, "mode"), &mode, &err))
        stop(play, "%s", err.text);
    return mode;
}

void read_qos(struct play *play)
{
    struct qos_list *list = &play->settings.qoses;
    double factor = value_of(play, "factor") ? strtod(value_of(play, "factor"), NULL) : 1;

    list->all = memory_resize(list->all, list->count + 1, sizeof(*list->all));
    list->all[list->count++] = (struct qos){
        .name = memory_copy(need_word(play, 1)),
        .priority = (uint32_t)number_of(play, "priority", 0),
        .surcharge_ppm = (int32_t)(factor * 1e6 + 0.5) - 1000000,
        .is_default = has_word(play, "default"),
        .no_reserve = has_word(play, "no-reserve"),
        .deny_on_limit = has_word(play, "deny-on-limit"),
        .users = names_of(play, "user"),
        .projects = names_of(play, "project"),
        .institutions = names_of(play, "institution"),
        .default_for = names_of(play, "default-for"),
        .preempts = names_of(play, "preempt"),
        .opportunistic = has_word(play, "opportunistic"),
        .preempt_mode = mode_of(play),
        .preempt_grace_us = duration_of(play, "grace", 0),
        .preempt_exempt_us = duration_of(play, "exempt", 0),
    };
}

void read_weights(struct play *play)
{
    struct priority_settings *priority = &play->settings.priority;

    for (unsigned i = 0; i < PRIORITY_NICE; i++)
        priority->weights[i] = (uint32_t)number_of(play, priority_factor_name(i), 0);
    priority->weights[PRIORITY_NICE] = 1;
    priority->age_most_us = duration_of(play, "age-most", priority->age_most_us);
    priority->half_life_us = duration_of(play, "half-life", priority->half_life_us);
}

/* "project:bio per-user cores=4"; "none" takes it away. */
void fill_limit(const struct play *play, struct limit *limit)
{
    char *place = need_word(play, 1), *colon = strchr(place, ':');
    struct error err;

    if (colon)
        *colon = '\0';
    *limit = (struct limit){.name = colon ? colon + 1 : ""};
    limit->form = has_word(play, "per-user")  ? LIMIT_PER_USER
                  : has_word(play, "per-job") ? LIMIT_PER_JOB
                                              : LIMIT_TOTAL;
    if (!limit_of_parse(place, &limit->of, &err))
        stop(play, "%s", err.text);
    for (unsigned what = 0; what < LIMIT_WHAT_COUNT; what++) {
        const char *value = value_of(play, limit_what_name(what));

        if (!value)
            continue;
        limit->what = what;
        limit->amount = LIMIT_NONE;
        if ((strcmp(value, "none") != 0 &&
             !limit_amount_parse(what, value, &limit->amount, &err)) ||
            !limit_check(limit, &err))
            stop(play, "%s", err.text);
        return;
    }
    stop(play, "limit: of what?");
}

/* "unam/astro/ana shares=3". */
void fill_share(const struct play *play, struct share_change *share)
{
    char *place = NULL;

    share->institution = strtok_r(need_word(play, 1), "/", &place);
    share->project = strtok_r(NULL, "/", &place);
    share->user = strtok_r(NULL, "/", &place);
    if (!share->project)
        share->project = "";
    if (!share->user)
        share->user = "";
    share->shares = (uint32_t)number_of(play, "shares", 1);
}

static uint32_t price_of(const struct play *play, const char *word)
{
    const char *value = value_of(play, word);
    int64_t price_micro = 0;
    struct error err;

    if (value && !parse_amount(value, &price_micro, &err))
        stop(play, "%s", err.text);
    return (uint32_t)price_micro;
}

static void copy_value(const struct play *play, const char *word, char place[LEDGER_NAME_MAX + 1])
{
    const char *value = value_of(play, word);

    memory_put_text(place, LEDGER_NAME_MAX + 1, value ? value : "");
}

/* "rate 1 cluster=alpha qos=spare mode=max core=1.5 gpu=20 listed start=1h", and of one that ends
 * its number and end=. */
void fill_rate(const struct play *play, struct rate *rate)
{
    struct error err;

    *rate = (struct rate){
        .id = strtoull(need_word(play, 1), NULL, 10),
        .prices = {price_of(play, "core"), price_of(play, "gib"), price_of(play, "gpu"),
                   price_of(play, "node")},
        .listed = has_word(play, "listed"),
        .start_us = START_US + duration_of(play, "start", 0),
        .end_us = value_of(play, "end") ? START_US + duration_of(play, "end", 0) : 0,
    };
    copy_value(play, "cluster", rate->cluster);
    copy_value(play, "partition", rate->partition);
    copy_value(play, "qos", rate->qos);
    if (value_of(play, "mode") && !rate_mode_parse(value_of(play, "mode"), &rate->mode, &err))
        stop(play, "%s", err.text);
}
