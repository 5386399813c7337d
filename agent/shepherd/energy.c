/* energy.c - how much of the machine's energy a task set had, by RAPL */

#include "agent/shepherd/energy.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 256, PATH_SIZE = 512 };

#define ZONE "intel-rapl:" /* AMD's processors are called so, too */

/* The beginning of a small file; false: it can't be read. */
static bool read_text(const char *path, char ret_text[TEXT_SIZE])
{
    CLEANUP(file_closep) int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, ret_text, TEXT_SIZE - 1);

    if (got <= 0)
        return false;
    ret_text[got] = '\0';
    return true;
}

static bool read_zone(const struct energy *energy, const char *zone, const char *what,
                      char ret_text[TEXT_SIZE])
{
    char path[PATH_SIZE];

    return snprintf(path, sizeof(path), "%s/%s/%s", energy->folder, zone, what) <
               (int)sizeof(path) &&
           read_text(path, ret_text);
}

static bool read_count(const struct energy *energy, const char *zone, const char *what,
                       uint64_t *ret_count)
{
    char text[TEXT_SIZE], *end;

    if (!read_zone(energy, zone, what, text))
        return false;
    *ret_count = strtoull(text, &end, 10);
    return end != text;
}

/* Packages, and memory, which is beside them.  Cores and graphics are parts of packages; "psys" is all of
 * these and more. */
static bool is_counted(const struct energy *energy, const char *zone)
{
    char name[TEXT_SIZE];

    return strncmp(zone, ZONE, strlen(ZONE)) == 0 && strlen(zone) < ENERGY_NAME_SIZE &&
           read_zone(energy, zone, "name", name) &&
           (strncmp(name, "package-", strlen("package-")) == 0 || strcmp(name, "dram\n") == 0);
}

static void add_zone(struct energy *energy, const char *name)
{
    struct energy_zone *zone = &energy->zones[energy->count];

    if (energy->count == ENERGY_ZONES_MOST || !is_counted(energy, name) ||
        !read_count(energy, name, "energy_uj", &zone->seen_uj) ||
        !read_count(energy, name, "max_energy_range_uj", &zone->range_uj))
        return;
    snprintf(zone->name, sizeof(zone->name), "%.*s", ENERGY_NAME_SIZE - 1, name);
    energy->count++;
}

/* "cpu  user nice system idle iowait irq softirq steal …", in ticks. */
static uint64_t read_busy_us(const char *path)
{
    const uint64_t tick_us = (uint64_t)(US_PER_SECOND / sysconf(_SC_CLK_TCK));
    uint64_t ticks = 0;
    char text[TEXT_SIZE], *at = text + 3;

    if (!read_text(path, text) || strncmp(text, "cpu ", 4) != 0)
        return 0;
    for (int field = 0; field < 8; field++) {
        uint64_t number = strtoull(at, &at, 10);

        if (field != 3 && field != 4) /* idle, and idle while something waits for a disk */
            ticks += number;
    }
    return ticks * tick_us;
}

void energy_begin(struct energy *energy, const char *folder, const char *stat)
{
    DIR *directory = folder ? opendir(folder) : NULL;
    struct dirent *entry;

    *energy = (struct energy){.folder = folder, .stat = stat};
    if (!directory)
        return;
    while ((entry = readdir(directory)))
        add_zone(energy, entry->d_name);
    closedir(directory);
    if (energy->count > 0)
        energy->busy_us = read_busy_us(stat);
}

/* Of all zones since the last look. */
static uint64_t take_used(struct energy *energy)
{
    uint64_t used_uj = 0;

    for (uint32_t i = 0; i < energy->count; i++) {
        struct energy_zone *zone = &energy->zones[i];
        uint64_t now_uj;

        if (!read_count(energy, zone->name, "energy_uj", &now_uj))
            continue;
        if (now_uj >= zone->seen_uj)
            used_uj += now_uj - zone->seen_uj;
        else if (zone->range_uj >= zone->seen_uj) /* it has begun anew */
            used_uj += zone->range_uj - zone->seen_uj + now_uj;
        zone->seen_uj = now_uj;
    }
    return used_uj;
}

/* The machine's clock of busy time is coarser than the task set's: nobody has more than all. */
static double share_of(uint64_t own_us, uint64_t all_us)
{
    if (own_us == 0)
        return 0;
    return own_us < all_us ? (double)own_us / (double)all_us : 1;
}

uint64_t energy_look(struct energy *energy, uint64_t cpu_us)
{
    uint64_t busy_us, used_uj;

    if (energy->count == 0)
        return 0;
    used_uj = take_used(energy);
    busy_us = read_busy_us(energy->stat);
    energy->share_uj +=
        (uint64_t)((double)used_uj * share_of(cpu_us - energy->cpu_us, busy_us - energy->busy_us));
    energy->busy_us = busy_us;
    energy->cpu_us = cpu_us;
    return energy->share_uj / 1000;
}
