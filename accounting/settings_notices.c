/* settings_notices.c - whom to tell when grants run out, and when */

#include "accounting/settings_notices.h"

#include "accounting/mail.h"
#include "accounting/webhook.h"
#include "base/memory.h"
#include "base/parse.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

static bool take_thresholds(cfg_t *file, struct accounting_settings *settings, struct error *err)
{
    unsigned count = cfg_size(file, "notice-thresholds");

    if (count > NOTICE_THRESHOLDS_MAX)
        return fail(err, ERROR_INVALID, "notice-thresholds has %u numbers, %d are the most", count,
                    NOTICE_THRESHOLDS_MAX);
    for (unsigned i = 0; i < count; i++) {
        long percent = cfg_getnint(file, "notice-thresholds", i);

        if (percent < 1 || percent > 1000 ||
            (i > 0 && percent <= (long)settings->thresholds[i - 1]))
            return fail(err, ERROR_INVALID,
                        "notice-thresholds: %ld is not a percentage of 1 to 1000 above the one "
                        "before",
                        percent);
        settings->thresholds[i] = (unsigned)percent;
    }
    settings->threshold_count = count;
    return true;
}

static bool take_duration(cfg_t *file, const char *name, int64_t *ret_us, struct error *err)
{
    if (!parse_duration(cfg_getstr(file, name), ret_us, err))
        return fail_in(err, "%s", name);
    if (*ret_us >= US_PER_SECOND && *ret_us <= US_PER_DAY)
        return true;
    return fail(err, ERROR_INVALID, "%s = %s is not between 1s and 1d", name,
                cfg_getstr(file, name));
}

static bool take_section(cfg_t *section, struct notice_section *notice, struct error *err)
{
    const char *institution = cfg_title(section), *mail = cfg_getstr(section, "mail");
    const char *webhook = cfg_getstr(section, "webhook");

    if (strcmp(institution, "*") != 0 &&
        !parse_name(institution, "institution", LEDGER_NAME_MAX, err))
        return false;
    if (*mail && !mail_address_is_good(mail))
        return fail(err, ERROR_INVALID, "notice %s: mail = '%.100s' is not one address",
                    institution, mail);
    if (*webhook && !webhook_address_is_good(webhook))
        return fail(err, ERROR_INVALID,
                    "notice %s: webhook = '%.100s' does not begin with https:// or http://",
                    institution, webhook);
    if (!*mail && !*webhook)
        return fail(err, ERROR_INVALID, "notice %s: neither mail nor webhook: nobody is told",
                    institution);
    *notice =
        (struct notice_section){memory_copy(institution), memory_copy(mail), memory_copy(webhook)};
    return true;
}

bool settings_take_notices(cfg_t *file, struct accounting_settings *settings, struct error *err)
{
    unsigned count = cfg_size(file, "notice");

    if (!take_thresholds(file, settings, err) ||
        !take_duration(file, "notice-interval", &settings->notice_interval_us, err) ||
        !take_duration(file, "notice-retry", &settings->notice_retry_us, err))
        return false;
    if (*settings->sendmail != '/')
        return fail(err, ERROR_INVALID, "notice-sendmail = '%.100s' is not an absolute path",
                    settings->sendmail);
    if (!mail_address_is_good(settings->notice_from))
        return fail(err, ERROR_INVALID, "notice-from = '%.100s' is not one address",
                    settings->notice_from);
    settings->notices = NEW_ARRAY(struct notice_section, count + 1);
    for (; settings->notice_count < count; settings->notice_count++)
        if (!take_section(cfg_getnsec(file, "notice", (unsigned)settings->notice_count),
                          &settings->notices[settings->notice_count], err))
            return false;
    return true;
}

void settings_clear_notices(struct accounting_settings *settings)
{
    for (size_t i = 0; i < settings->notice_count; i++) {
        free(settings->notices[i].institution);
        free(settings->notices[i].mail);
        free(settings->notices[i].webhook);
    }
    free(settings->notices);
    free(settings->sendmail);
    free(settings->notice_from);
}
