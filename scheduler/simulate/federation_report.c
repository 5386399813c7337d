/* federation_report.c - what a network of sites gains, for people and for programs */

#include "base/parse.h"
#include "scheduler/simulate/federation.h"
#include "scheduler/simulate/report.h"
#include "scheduler/simulate/text.h"

#include <inttypes.h>
#include <string.h>

#define SECONDS_PER_HOUR 3600.0

/* Of all sites together. */
static struct federation_site sum_of(const struct federation *federation)
{
    struct federation_site sum = {
        .jobs = federation->jobs, .alone = federation->alone, .together = federation->together};

    for (uint32_t i = 0; i < federation->site_count; i++) {
        const struct federation_site *site = &federation->sites[i];

        sum.used_s += site->used_s;
        sum.lent_s += site->lent_s;
        sum.entitled += site->entitled;
        sum.late += site->late;
        if (site->longest_s > sum.longest_s)
            sum.longest_s = site->longest_s;
    }
    return sum;
}

/* How much less it became, of a hundred. */
static double fall(double alone, double together)
{
    return alone > 0 ? 100 * (1 - together / alone) : 0;
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_site(struct buffer *buffer, const char *name, const struct federation_site *site)
{
    buffer_print(buffer, "%-6s %8zu %10.0f %10.0f %9.1f %9.1f %12.0f %12.0f %12.0f\n", name,
                 site->jobs, site->alone.wait_s, site->together.wait_s, site->alone.slowdown,
                 site->together.slowdown, (double)site->used_s / SECONDS_PER_HOUR,
                 (double)site->lent_s / SECONDS_PER_HOUR,
                 (double)(site->lent_s - site->used_s) / SECONDS_PER_HOUR);
}

static void print_network(const struct federation *federation, struct buffer *buffer)
{
    CLEANUP(buffer_clear) struct buffer log;

    buffer_init(&log);
    buffer_add_escaped(&log, federation->log);
    buffer_print(buffer, _("%s, policy %s\n"), log.bytes, federation->policy);
    if (federation->settings.nodes > 0)
        buffer_print(
            buffer, _("%" PRIu32 " sites, each of %" PRIu32 " nodes with %" PRIu32 " processors\n"),
            federation->site_count, federation->settings.nodes,
            federation->settings.cores_per_node);
    else
        buffer_print(buffer, _("%" PRIu32 " sites, each of %" PRIu32 " processors\n"),
                     federation->site_count, federation->processors);
    buffer_print(buffer, _("%zu users with %zu jobs, of which %zu ask for their own site alone\n"),
                 federation->users, federation->jobs, federation->home_jobs);
}

/* Two lines of titles: the first says what two columns are about. */
static void print_titles(struct buffer *buffer)
{
    buffer_print(buffer, "\n%-6s %8s %21s %19s %38s\n", "", "", _("average wait (s)"),
                 _("bounded slowdown"), _("processor hours"));
    buffer_print(buffer, "%-6s %8s %10s %10s %9s %9s %12s %12s %12s\n", _("site"), _("jobs"),
                 _("alone"), _("together"), _("alone"), _("together"), _("elsewhere"), _("lent"),
                 _("net"));
}

static void print_promise(const struct federation *federation, const struct federation_site *sum,
                          struct buffer *buffer)
{
    int64_t within_s = federation->settings.guarantee_within_us / US_PER_SECOND;

    if (federation->settings.guarantee == 0)
        return;
    buffer_print(buffer,
                 _("Guaranteed: %" PRIu32 " nodes of each site within %" PRId64
                   " s. Owners' jobs that waited within it: %zu, the longest %" PRId64
                   " s, too long: %zu.\n"),
                 federation->settings.guarantee, within_s, sum->entitled, sum->longest_s,
                 sum->late);
}

void federation_print(const struct federation *federation, struct buffer *buffer)
{
    struct federation_site sum = sum_of(federation);

    print_network(federation, buffer);
    print_titles(buffer);
    for (uint32_t i = 0; i < federation->site_count; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%c%" PRIu32, REPLAY_CLUSTER, i + 1);
        print_site(buffer, name, &federation->sites[i]);
    }
    print_site(buffer, _("all"), &sum);
    buffer_print(buffer,
                 _("\nTogether the average wait is %.1f %% less, the bounded slowdown %.1f %%.\n"),
                 fall(federation->alone.wait_s, federation->together.wait_s),
                 fall(federation->alone.slowdown, federation->together.slowdown));
    print_promise(federation, &sum, buffer);
    buffer_add_text(buffer, federation->adds_up
                                ? _("What was lent and used, by the books, adds up.\n")
                                : _("What was lent and used, by the books, does NOT add up.\n"));
}

/* --- for programs ----------------------------------------------------------------------------- */

static void add_values(struct buffer *buffer, const struct federation_site *site)
{
    buffer_print(buffer,
                 "\"jobs\": %zu, \"alone\": {\"wait_s\": %.3f, \"slowdown\": %.6f}, "
                 "\"together\": {\"wait_s\": %.3f, \"slowdown\": %.6f}, "
                 "\"elsewhere_core_s\": %" PRId64 ", \"lent_core_s\": %" PRId64
                 ", \"net_core_s\": %" PRId64 ", \"owners_waited\": %zu, "
                 "\"owners_longest_s\": %" PRId64 ", \"owners_late\": %zu",
                 site->jobs, site->alone.wait_s, site->alone.slowdown, site->together.wait_s,
                 site->together.slowdown, site->used_s, site->lent_s, site->lent_s - site->used_s,
                 site->entitled, site->longest_s, site->late);
}

void federation_print_json(const struct federation *federation, struct buffer *buffer)
{
    const struct replay_settings *settings = &federation->settings;
    struct federation_site sum = sum_of(federation);

    buffer_add_text(buffer, "{\"log\": ");
    report_add_text(buffer, federation->log);
    buffer_add_text(buffer, ", \"policy\": ");
    report_add_text(buffer, federation->policy);
    buffer_print(buffer,
                 ", \"nodes_of_site\": %" PRIu32 ", \"processors_of_site\": %" PRIu32
                 ", \"users\": %zu, \"home_jobs\": %zu, \"guarantee\": %" PRIu32
                 ", \"within_s\": %" PRId64 ", \"seed\": %" PRIu64 ", \"cpu_s\": %.2f, "
                 "\"adds_up\": %s,\n \"all\": {",
                 settings->nodes, federation->processors, federation->users, federation->home_jobs,
                 settings->guarantee, settings->guarantee_within_us / US_PER_SECOND,
                 federation->seed, federation->together.cpu_s,
                 federation->adds_up ? "true" : "false");
    add_values(buffer, &sum);
    buffer_print(buffer, "},\n \"wait_fall_percent\": %.3f, \"slowdown_fall_percent\": %.3f,",
                 fall(federation->alone.wait_s, federation->together.wait_s),
                 fall(federation->alone.slowdown, federation->together.slowdown));
    buffer_add_text(buffer, "\n \"sites\": [");
    for (uint32_t i = 0; i < federation->site_count; i++) {
        buffer_print(buffer, "%s{\"site\": \"%c%" PRIu32 "\", ", i ? ",\n  " : "\n  ",
                     REPLAY_CLUSTER, i + 1);
        add_values(buffer, &federation->sites[i]);
        buffer_add_char(buffer, '}');
    }
    buffer_add_text(buffer, "]}\n");
}
