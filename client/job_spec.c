/* job_spec.c - what was asked for, as the message that asks for it */

#include "client/job_spec.h"

#include "base/parse.h"
#include "base/table.h"
#include "client/dependency.h"
#include "client/text.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define COMMAND_MAX 4096 /* bytes, as the scheduler keeps */

/* --- environment ---------------------------------------------------------------------------- */

/* Variables about the job that we may be in: they are wrong in another one.  Where to find the
 * scheduler is right in both. */
static bool is_about_this_job(const char *entry)
{
    static const char *const kept[] = {"TEQUIO_SERVER", "TEQUIO_SERVER_KEY", "TEQUIO_ACCOUNTING",
                                       "TEQUIO_ACCOUNTING_KEY", "TEQUIO_KEY"};
    size_t length = strcspn(entry, "=");

    for (size_t i = 0; i < COUNT_OF(kept); i++)
        if (strlen(kept[i]) == length && strncmp(kept[i], entry, length) == 0)
            return false;
    return strncmp(entry, "SLURM_", 6) == 0 || strncmp(entry, "TEQUIO_", 7) == 0 ||
           strncmp(entry, "SBATCH_", 7) == 0 || strncmp(entry, "PMIX_", 5) == 0 ||
           strncmp(entry, "OMPI_", 5) == 0;
}

struct export
{
    struct arena *arena;
    char **entries;
    size_t count;
    size_t bytes;
    size_t dropped;
    struct table *places; /* by name: of its entry, from 1 on */
};

/* Each name once: what comes later counts. */
static void add_entry(struct export *export, const char *entry)
{
    size_t name = strcspn(entry, "=");
    uintptr_t place;

    if (name == 0 || entry[name] != '=')
        return; /* no variable at all */
    if (!text_is_utf8(entry, strlen(entry)) || strcspn(entry, "\n") < name) {
        export->dropped++;
        return;
    }
    place = (uintptr_t)table_get(export->places, entry, name);
    if (place) {
        export->bytes -= strlen(export->entries[place - 1]) + 8;
    } else {
        export->entries = memory_resize(export->entries, export->count + 1, sizeof(char *));
        place = ++export->count;
        table_put(export->places, entry, name, (void *)place);
    }
    export->entries[place - 1] = arena_copy(export->arena, entry);
    export->bytes += strlen(entry) + 8;
}

static void add_all(struct export *export, char *const *environment)
{
    for (; *environment; environment++)
        if (!is_about_this_job(*environment))
            add_entry(export, *environment);
}

/* One word of --export: NAME or NAME=VALUE. */
static bool add_word(struct export *export, const char *word, char *const *environment,
                     struct error *err)
{
    size_t length = strcspn(word, "=");

    if (length == 0)
        return fail(err, ERROR_INVALID, _("--export: a name is missing before ="));
    if (word[length] == '=') {
        if (!text_is_utf8(word, strlen(word)))
            return fail(err, ERROR_INVALID, _("--export: %.*s is not UTF-8"), (int)length, word);
        add_entry(export, word);
        return true;
    }
    for (; *environment; environment++)
        if (strncmp(*environment, word, length) == 0 && (*environment)[length] == '=') {
            add_entry(export, *environment);
            return true;
        }
    return true; /* Slurm passes over names that are not set, and so do scripts */
}

static bool add_list(struct export *export, const char *list, char *const *environment,
                     struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(list);
    char *rest = copy, *word;

    while ((word = strsep(&rest, ",")))
        if (strcasecmp(word, "ALL") == 0)
            add_all(export, environment);
        else if (*word && strcasecmp(word, "NONE") != 0 && strcasecmp(word, "NIL") != 0 &&
                 !add_word(export, word, environment, err))
            return false;
    return true;
}

/* Without --export's NONE the shell needs at least these to be usable. */
static void add_basic(struct export *export, char *const *environment)
{
    static const char *const basic[] = {"HOME=", "USER=", "LOGNAME=", "PATH=", "SHELL=", "LANG="};

    for (; *environment; environment++)
        for (size_t i = 0; i < COUNT_OF(basic); i++)
            if (strncmp(*environment, basic[i], strlen(basic[i])) == 0)
                add_entry(export, *environment);
}

bool job_spec_environment(const char *export, char *const *environment, struct arena *arena,
                          struct job_environment *ret_environment, struct error *err)
{
    CLEANUP(table_freep) struct table *places = table_new();
    struct export found = {.arena = arena, .places = places};
    CLEANUP(memory_freep) char **entries = NULL;
    bool none = export && (strcasecmp(export, "NONE") == 0 || strcasecmp(export, "NIL") == 0);
    bool listed = true;

    if (!export || strcasecmp(export, "ALL") == 0) {
        add_all(&found, environment);
    } else {
        add_basic(&found, environment);
        listed = none || add_list(&found, export, environment, err);
    }
    entries = found.entries;
    if (!listed)
        return false;
    if (found.bytes > JOB_ENVIRONMENT_MAX)
        return fail(err, ERROR_EXHAUSTED,
                    _("the environment has %zu bytes, %u may travel with a job: "
                      "say --export=NONE or name what it needs"),
                    found.bytes, JOB_ENVIRONMENT_MAX);
    *ret_environment = (struct job_environment){
        .entries = arena_get(arena, found.count + 1, sizeof(char *)),
        .count = found.count,
        .dropped = found.dropped,
    };
    if (found.count)
        memcpy(ret_environment->entries, entries, found.count * sizeof(char *));
    return true;
}

/* --- the rest ------------------------------------------------------------------------------- */

static bool check_text(const char *what, const char *text, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    if (!text || text_is_utf8(text, strlen(text)))
        return true;
    return fail(err, ERROR_INVALID, _("%s %s is not UTF-8"), what, text_show(text, shown));
}

static bool check_texts(const struct job_request *request, const char *name, struct error *err)
{
    const struct {
        const char *what;
        const char *text;
    } texts[] = {
        {"--job-name",    name                 },
        {"--account",     request->project     },
        {"--partition",   request->partition   },
        {"--qos",         request->qos         },
        {"--clusters",    request->clusters    },
        {"--comment",     request->comment     },
        {"--reservation", request->reservation },
        {"--nodelist",    request->node_list   },
        {"--exclude",     request->node_exclude},
        {"--output",      request->output      },
        {"--error",       request->error       },
        {"--input",       request->input       },
        {"--container",   request->container   },
        {"--vm",          request->vm          },
        {"--chdir",       request->directory   },
        {"--dependency",  request->dependency  },
    };

    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (!check_text(texts[i].what, texts[i].text, err))
            return false;
    if (strlen(name) > JOB_NAME_MAX)
        return fail(err, ERROR_INVALID, _("--job-name: the name has %zu bytes, at most %d"),
                    strlen(name), JOB_NAME_MAX);
    return true;
}

static bool fill_directory(const struct job_request *request, struct arena *arena,
                           Wire__JobSpec *spec, struct error *err)
{
    CLEANUP(memory_freep) char *here = getcwd(NULL, 0);

    if (request->directory && request->directory[0] == '/') {
        spec->directory = arena_copy(arena, request->directory);
        return true;
    }
    if (!here)
        return fail_errno(err, _("the present directory"));
    if (!check_text(_("the present directory"), here, err))
        return false;
    spec->directory = request->directory ? arena_format(arena, "%s/%s", here, request->directory)
                                         : arena_copy(arena, here);
    return true;
}

/* --clusters: names with commas; "all" and "any" are the same as none.  With ^ before them, and
 * in --exclude-clusters, those that are not wanted. */
static void fill_clusters(const struct job_request *request, struct arena *arena,
                          Wire__JobSpec *spec)
{
    const char *clusters =
        request->clusters_excluded ? request->clusters_excluded : request->clusters;
    char *rest, *name;

    if (!clusters || strcasecmp(clusters, "all") == 0 || strcasecmp(clusters, "any") == 0)
        return;
    spec->clusters_excluded = request->clusters_excluded || *clusters == '^';
    rest = arena_copy(arena, *clusters == '^' ? clusters + 1 : clusters);
    spec->clusters = arena_get(arena, strlen(clusters) + 1, sizeof(char *));
    while ((name = strsep(&rest, ",")))
        if (*name)
            spec->clusters[spec->n_clusters++] = name;
}

/* What was typed, for `tequio show`: as much of it as is kept. */
static char *command_line(const struct job_words *words, struct arena *arena)
{
    CLEANUP(buffer_clear) struct buffer line;
    size_t size;
    char *text;

    buffer_init(&line);
    buffer_add_text(&line, words->title);
    for (int i = 0; i < words->count && line.length < COMMAND_MAX; i++)
        buffer_print(&line, " %s", words->arguments[i]);
    text = arena_copy_utf8(arena, line.bytes);
    size = strlen(text);
    if (size > COMMAND_MAX) {
        size = COMMAND_MAX;
        while (size > 0 && (text[size] & 0xc0) == 0x80) /* within a letter */
            size--;
        text[size] = '\0';
    }
    return text;
}

static bool fill_arguments(const struct job_words *words, struct arena *arena, Wire__JobSpec *spec,
                           struct error *err)
{
    spec->arguments = arena_get(arena, (size_t)words->count + 1, sizeof(char *));
    for (int i = 0; i < words->count; i++) {
        if (!check_text(_("the argument"), words->arguments[i], err))
            return false;
        spec->arguments[spec->n_arguments++] = words->arguments[i];
    }
    return true;
}

static char *or_empty(const char *text, struct arena *arena)
{
    return text ? arena_copy(arena, text) : arena_copy(arena, "");
}

static void fill_texts(const struct job_request *request, struct arena *arena, Wire__JobSpec *spec)
{
    spec->project = or_empty(request->project, arena);
    spec->qos = or_empty(request->qos, arena);
    spec->partition = or_empty(request->partition, arena);
    spec->node_list = or_empty(request->node_list, arena);
    spec->node_exclude = or_empty(request->node_exclude, arena);
    spec->comment = or_empty(request->comment, arena);
    spec->reservation = or_empty(request->reservation, arena);
    spec->output = or_empty(request->output, arena);
    spec->error = or_empty(request->error, arena);
    spec->input = or_empty(request->input, arena);
    spec->container = or_empty(request->container, arena);
    spec->vm = or_empty(request->vm, arena);
}

/* "0-15:4%2", with the brackets that some write around it. */
static bool fill_array(const char *text, struct arena *arena, Wire__JobSpec *spec,
                       struct error *err)
{
    char *elements, *most;
    size_t length;

    if (!text)
        return true;
    elements = arena_copy_utf8(arena, text);
    most = strchr(elements, '%');
    if (most)
        *most++ = '\0';
    if (most && !parse_u32(most, 1, UINT32_MAX, &spec->array_limit, err))
        return fail_in(err, _("%% is followed by how many may run at a time"));
    length = strlen(elements);
    if (length >= 2 && elements[0] == '[' && elements[length - 1] == ']') {
        elements[length - 1] = '\0';
        elements++;
    }
    if (*elements == '\0')
        return fail(err, ERROR_INVALID, _("no elements: write 0-15 or 1,3,7"));
    spec->array = elements;
    return true;
}

static void fill_numbers(const struct job_request *request, Wire__JobSpec *spec)
{
    spec->nodes_least = request->nodes_least;
    spec->nodes_most = request->nodes_most;
    spec->tasks = request->tasks;
    spec->cpus_per_task = request->cpus_per_task;
    spec->tasks_per_node = request->tasks_per_node;
    spec->memory_per_node = request->memory_per_node;
    spec->memory_per_cpu = request->memory_per_cpu;
    spec->exclusive = request->exclusive || request->whole_memory;
    spec->limit_us = request->limit_us;
    spec->begin_us = request->begin_us;
    spec->limit_least_us = request->limit_least_us;
    spec->deadline_us = request->deadline_us;
    spec->nice = request->nice;
    spec->hold = request->hold;
    spec->no_requeue = request->no_requeue;
    spec->append = request->append;
    spec->copies = request->copies;
    spec->warning_signal = request->warning_signal;
    spec->warning_us = request->warning_us;
    spec->warning_batch_only = request->warning_batch_only;
}

bool job_spec_fill_component(const struct job_request *request, struct arena *arena,
                             Wire__JobSpec *spec, struct error *err)
{
    if (!check_texts(request, "", err))
        return false;
    spec->partition = or_empty(request->partition, arena);
    spec->node_list = or_empty(request->node_list, arena);
    spec->node_exclude = or_empty(request->node_exclude, arena);
    fill_numbers(request, spec);
    job_gear_fill(&request->gear, arena, spec);
    return true;
}

bool job_spec_fill(const struct job_request *request, const struct job_words *words,
                   struct arena *arena, struct buffer *notes, Wire__JobSpec *ret_spec,
                   struct error *err)
{
    Wire__JobSpec spec = WIRE__JOB_SPEC__INIT;
    const char *name = request->name ? request->name : words->title;
    struct job_environment environment;

    if (!check_texts(request, name, err) || !fill_directory(request, arena, &spec, err) ||
        !job_stage_fill(&request->stage, arena, &spec, err) ||
        !fill_arguments(words, arena, &spec, err) ||
        !job_spec_environment(request->export, words->environment, arena, &environment, err))
        return false;
    spec.environment = environment.entries;
    spec.n_environment = environment.count;
    if (environment.dropped)
        buffer_print(notes,
                     P_("%zu variable of the environment is not UTF-8 and stays here\n",
                        "%zu variables of the environment are not UTF-8 and stay here\n",
                        environment.dropped),
                     environment.dropped);
    spec.name = arena_copy(arena, name);
    spec.command = command_line(words, arena);
    fill_texts(request, arena, &spec);
    fill_numbers(request, &spec);
    fill_clusters(request, arena, &spec);
    job_gear_fill(&request->gear, arena, &spec);
    spec.layout = job_layout_wire(&request->layout, arena);
    if (!fill_array(request->array, arena, &spec, err))
        return fail_in(err, "--array");
    spec.dependency_keep = request->dependency_keep;
    if (request->dependency && !dependency_read(request->dependency, arena, &spec, err))
        return fail_in(err, "--dependency");
    *ret_spec = spec;
    return true;
}
