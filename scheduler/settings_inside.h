/* settings_inside.h - the inside of the settings, for the files that read them
 *
 * Owns: nothing.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef SCHEDULER_SETTINGS_INSIDE_H
#define SCHEDULER_SETTINGS_INSIDE_H

#include "scheduler/settings.h"

struct cfg_t; /* libconfuse's */
struct cfg_opt_t;

/* settings_clusters.c: all `cluster` sections. */
bool settings_read_clusters(struct cfg_t *file, struct settings *settings, struct error *err);

/* settings_change.c: either may be NULL. */
bool settings_same_text(const char *one, const char *other);

/* settings_gear.c: `license` sections, and `feature` sections of a cluster. */
bool settings_read_licenses(struct cfg_t *file, struct license_stock **ret_licenses,
                            size_t *ret_count, struct error *err);
bool settings_read_gear(struct cfg_t *section, struct cluster *cluster, struct error *err);
void settings_clear_gear(struct cluster *cluster);
void settings_clear_licenses(struct license_stock *licenses, size_t count);
bool settings_same_gear(const struct cluster *one, const struct cluster *other);
bool settings_same_licenses(const struct license_stock *one, size_t one_count,
                            const struct license_stock *other, size_t other_count);

/* settings_books.c: `accounting` and `accounting-key`. */
void settings_add_books(struct cfg_opt_t *options, size_t *count);
bool settings_read_books(struct cfg_t *file, struct settings *settings, struct error *err);
void settings_clear_books(struct settings *settings); /* frees */
void settings_take_books(struct settings *settings, const struct settings *given);

/* settings_store.c: `state-directory`, `store` and `store-lease`. */
void settings_add_store(struct cfg_opt_t *options, size_t *count);
bool settings_read_store(struct cfg_t *file, struct settings *settings, struct error *err);
void settings_clear_store(struct settings *settings); /* frees */

/* settings_priority.c: the section `priority`. */
void settings_priority_defaults(struct priority_settings *priority);
bool settings_read_priority(struct cfg_t *file, struct settings *settings, struct error *err);

/* settings_policy.c: what they may have, in two tables of this size. */
#define SETTINGS_POLICY_OPTIONS 20
void settings_add_policy(struct cfg_opt_t *options, size_t *count, struct cfg_opt_t *limit,
                         struct cfg_opt_t *qos);

/* settings_cloud.c: all sections `cloud`, after the clusters; their options, in a table of this
 * size. */
#define SETTINGS_CLOUD_OPTIONS  32
#define SETTINGS_CLOUD_NAME_MAX 32
void settings_add_clouds(struct cfg_opt_t *options, size_t *count, struct cfg_opt_t *cloud);
bool settings_read_clouds(struct cfg_t *file, struct settings *settings, struct error *err);
void settings_clear_clouds(struct settings *settings); /* frees */
bool settings_same_clouds(const struct settings *settings, const struct settings *given);

/* settings_policy.c: what is not given stays as it is. */
bool settings_read_duration(struct cfg_t *section, const char *name, int64_t *duration_us,
                            struct error *err);

/* All sections `limit` and `qos`. */
bool settings_read_policy(struct cfg_t *file, struct settings *settings, struct error *err);
void settings_clear_policy(struct settings *settings); /* frees */
void settings_take_policy(struct settings *settings, const struct settings *given);

#endif
