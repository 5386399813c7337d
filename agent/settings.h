/* settings.h - what tequio-agent.conf says
 *
 * A wrong setting stops the start: nothing is clamped or ignored.
 *
 * Owns: its texts.  Threads: none.
 *
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef AGENT_SETTINGS_H
#define AGENT_SETTINGS_H

#include "base/error.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_PATH SYSCONFDIR "/tequio/agent.conf"

struct agent_settings {
    char *scheduler;     /* endpoint */
    char *scheduler_key; /* Z85 */
    char *node;          /* default: the host's name */
    char *key_file;      /* ours; made at the first start */
    char *state_directory;
    char *token_file; /* one-time token to enrol with; or NULL */
    char *launcher;   /* its socket; NULL: start one of our own */
    char *launcher_program;
    char *launcher_config; /* the own launcher's; or NULL */
    char *spool;           /* the own launcher's */
    char *local;           /* endpoint for processes inside jobs */
    char *libexec;         /* where tequio-rsh is */
    char *health_check;    /* a program; NULL: none */
    int64_t health_every_us;
    char *topology;        /* "machine", "synthetic:…", "xml:…" */
    char *features;        /* names with commas; or NULL */
    char *vm_images;       /* folder; NULL: no virtual machines */
    char *stage_protocols; /* names with commas; or NULL */
    uint64_t stage_bytes;  /* 0: any */
    uint32_t stage_silence_s;
    uint32_t gpu_count; /* sections `gpu`: they stand for what hwloc sees */
    struct gpu_section {
        char type[32];
        uint32_t count;
        char *files; /* gpu_files.h; NULL: whoever may open them can */
    } * gpus;
    bool bind;
    bool own_name; /* jobs see `node` as the host's name */
    uint32_t reserved_cores;
    uint32_t processes_per_core; /* threads count, too; 0: no limit */
    uint64_t reserved_memory_bytes;
    uint64_t memory_bytes; /* 0: as the topology says */
    enum log_level log_level;
};

/* What the file leaves out is as documented in tequio-agent.conf(5). */
bool agent_settings_read(struct agent_settings *settings, const char *path, struct error *err);
void agent_settings_clear(struct agent_settings *settings);

/* A scheduler's public key from a file: a line "public = KEY", or the key alone. */
bool agent_settings_read_key(const char *path, char **ret_key, struct error *err);

#endif
