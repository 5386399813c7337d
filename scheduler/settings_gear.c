/* settings_gear.c - features, licences and switches, from the configuration */

#include "scheduler/settings_inside.h"

#include "base/hostlist.h"
#include "base/parse.h"
#include "scheduler/core/features.h"
#include "scheduler/core/licenses.h"
#include "scheduler/core/switch_tree.h"

#include <confuse.h>
#include <stdlib.h>
#include <string.h>

#define LICENSES_MOST 256

static char *copy_text(const char *text)
{
    return text ? memory_copy(text) : NULL;
}

static bool check_list(const char *what, const char *title, const char *text, struct error *err)
{
    CLEANUP(hostlist_freep) struct hostlist *list = NULL;

    if (!text)
        return true;
    list = hostlist_parse(text, err);
    if (!list)
        return fail_in(err, "%s %.64s", what, title);
    return hostlist_count(list) > 0 ||
           fail(err, ERROR_INVALID, "%s %.64s: an empty list; leave the line out", what, title);
}

/* --- licences --------------------------------------------------------------------------------- */

bool settings_read_licenses(cfg_t *file, struct license_stock **ret_licenses, size_t *ret_count,
                            struct error *err)
{
    unsigned count = cfg_size(file, "license");

    if (count > LICENSES_MOST)
        return fail(err, ERROR_INVALID, "%u licenses; %d are the most", count, LICENSES_MOST);
    *ret_licenses = NEW_ARRAY(struct license_stock, count);
    for (unsigned i = 0; i < count; i++) {
        cfg_t *section = cfg_getnsec(file, "license", i);
        long seats = cfg_getint(section, "count");

        if (!parse_name(cfg_title(section), "license", LICENSE_NAME_SIZE - 1, err))
            return false;
        if (seats < 1 || seats > LICENSE_SEATS_MAX)
            return fail(err, ERROR_INVALID, "license %s: count = %ld is not between 1 and %d",
                        cfg_title(section), seats, LICENSE_SEATS_MAX);
        (*ret_licenses)[(*ret_count)++] =
            (struct license_stock){memory_copy(cfg_title(section)), (uint32_t)seats};
    }
    return true;
}

void settings_clear_licenses(struct license_stock *licenses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(licenses[i].name);
    free(licenses);
}

bool settings_same_licenses(const struct license_stock *one, size_t one_count,
                            const struct license_stock *other, size_t other_count)
{
    for (size_t i = 0; one_count == other_count && i < one_count; i++)
        if (one[i].seats != other[i].seats || strcmp(one[i].name, other[i].name) != 0)
            return false;
    return one_count == other_count;
}

/* --- features --------------------------------------------------------------------------------- */

static bool read_features(cfg_t *section, struct cluster *cluster, struct error *err)
{
    unsigned count = cfg_size(section, "feature");

    if (count > FEATURES_MAX)
        return fail(err, ERROR_INVALID, "cluster %s has %u features; %d are the most",
                    cluster->name, count, FEATURES_MAX);
    cluster->features = NEW_ARRAY(struct feature, count);
    for (unsigned i = 0; i < count; i++) {
        cfg_t *feature = cfg_getnsec(section, "feature", i);
        const char *nodes = cfg_getstr(feature, "nodes");

        if (!parse_name(cfg_title(feature), "feature", FEATURE_NAME_MAX, err) ||
            !check_list("feature", cfg_title(feature), nodes, err))
            return false;
        cluster->features[cluster->feature_count++] =
            (struct feature){memory_copy(cfg_title(feature)), copy_text(nodes)};
    }
    return true;
}

/* --- switches --------------------------------------------------------------------------------- */

static bool read_switches(cfg_t *section, struct cluster *cluster, struct error *err)
{
    CLEANUP(switch_tree_freep) struct switch_tree *tree = NULL;
    unsigned count = cfg_size(section, "switch");

    if (count == 0)
        return true;
    cluster->switches = NEW_ARRAY(struct switch_rule, count);
    for (unsigned i = 0; i < count; i++) {
        cfg_t *rule = cfg_getnsec(section, "switch", i);

        cluster->switches[cluster->switch_count++] =
            (struct switch_rule){memory_copy(cfg_title(rule)), copy_text(cfg_getstr(rule, "nodes")),
                                 copy_text(cfg_getstr(rule, "switches"))};
    }
    tree = switch_tree_new(cluster->switches, count, err);
    return tree != NULL;
}

static void clear_switches(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->switch_count; i++) {
        free(cluster->switches[i].name);
        free(cluster->switches[i].nodes);
        free(cluster->switches[i].switches);
    }
    free(cluster->switches);
}

static bool same_switches(const struct cluster *one, const struct cluster *other)
{
    for (size_t i = 0; one->switch_count == other->switch_count && i < one->switch_count; i++)
        if (strcmp(one->switches[i].name, other->switches[i].name) != 0 ||
            !settings_same_text(one->switches[i].nodes, other->switches[i].nodes) ||
            !settings_same_text(one->switches[i].switches, other->switches[i].switches))
            return false;
    return one->switch_count == other->switch_count;
}

/* --- all of a cluster ------------------------------------------------------------------------- */

bool settings_read_gear(cfg_t *section, struct cluster *cluster, struct error *err)
{
    return (settings_read_licenses(section, &cluster->licenses, &cluster->license_count, err) &&
            read_features(section, cluster, err) && read_switches(section, cluster, err)) ||
           fail_in(err, "cluster %s", cluster->name);
}

void settings_clear_gear(struct cluster *cluster)
{
    settings_clear_licenses(cluster->licenses, cluster->license_count);
    for (size_t i = 0; i < cluster->feature_count; i++) {
        free(cluster->features[i].name);
        free(cluster->features[i].nodes);
    }
    free(cluster->features);
    clear_switches(cluster);
}

bool settings_same_gear(const struct cluster *one, const struct cluster *other)
{
    if (!settings_same_licenses(one->licenses, one->license_count, other->licenses,
                                other->license_count) ||
        !same_switches(one, other) || one->feature_count != other->feature_count)
        return false;
    for (size_t i = 0; i < one->feature_count; i++)
        if (strcmp(one->features[i].name, other->features[i].name) != 0 ||
            !settings_same_text(one->features[i].nodes, other->features[i].nodes))
            return false;
    return true;
}
