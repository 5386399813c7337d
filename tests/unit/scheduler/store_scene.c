/* store_scene.c - stores to test: filled, opened, edited behind their backs */

#include "tests/unit/scheduler/store_scene.h"

#include "accounting/core/ledger.h"
#include "base/file.h"
#include "scheduler/check.h"
#include "scheduler/store.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"
#include "tests/unit/scheduler/service_bench.h"
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *new_directory(void)
{
    static unsigned count;
    char name[32];
    char *path;

    snprintf(name, sizeof(name), "store%u", count++);
    path = scratch_path(name);
    mkdir(path, 0700);
    return path;
}

struct store *open_store(const char *directory)
{
    struct error err;
    struct store *store = store_sqlite_open(directory, "net", &err);

    if (!store)
        printf("# %s\n", err.text);
    return store;
}

bool opens_not(const char *directory, enum error_code code, const char *words)
{
    struct error err;
    CLEANUP(store_freep) struct store *store = store_sqlite_open(directory, "net", &err);

    if (!store && err.code == code && strstr(err.text, words))
        return true;
    printf("# %s\n", store ? "it opens" : err.text);
    return false;
}

/* SQL that the store itself would never run. */
bool tamper(const char *directory, const char *sql)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tequio.db", directory);
    sqlite3 *database;
    char *text = NULL;
    bool good;

    sqlite3_open(path, &database);
    good = sqlite3_exec(database, sql, NULL, NULL, &text) == SQLITE_OK;
    if (!good)
        printf("# %s: %s\n", sql, text);
    sqlite3_free(text);
    sqlite3_close(database);
    return good;
}

/* --- a row of each kind --------------------------------------------------------------------------------- */

/* Every number, text and bytes different; `variant` makes other rows of the kind. */
struct row make_row(enum row_kind kind, int variant, struct arena *arena)
{
    const struct row_shape *shape = row_shape(kind);
    struct row row = {.kind = kind};

    for (unsigned i = 0; i < shape->column_count; i++) {
        const struct column *column = &shape->columns[i];

        if (column->kind == COLUMN_NUMBER)
            *row_number(&row, column) = 10 * (int64_t)i + variant;
        else if (column->kind == COLUMN_TEXT)
            *row_text(&row, column) = arena_format(arena, "%s'%d;--", column->name, variant);
        else
            *row_bytes(&row, column) = (struct bytes){
                arena_format(arena, "%s%c%d", column->name, 0, variant), strlen(column->name) + 2};
    }
    return row;
}

/* What rows point to must be there, and some columns are bounded by the schema. */
void fit_row(struct row *row, int variant)
{
    switch (row->kind) {
    case ROW_META:
        row->meta.name = variant ? "b" : "a";
        break;
    case ROW_PROJECT:
        row->project.institution = "i";
        break;
    case ROW_MEMBER:
        row->member.project = "p";
        break;
    case ROW_SPEC:
        row->spec.script = 100;
        break;
    case ROW_JOB:
        row->job.spec = 100;
        row->job.state = 4;
        break;
    case ROW_PART:
        row->part.job = 100;
        break;
    case ROW_GRANT:
        row->grant.institution = "i";
        break;
    case ROW_TXN:
        row->txn.kind = TXN_CHARGE;
        row->txn.txn_key = row->txn.text = "";
        break;
    default:
        break;
    }
}

static void add_parents(struct batch *batch)
{
    const struct row rows[] = {
        {.kind = ROW_INSTITUTION, .institution = {.name = "i", .title = "", .ror = ""}        },
        {.kind = ROW_PROJECT,     .project = {.name = "p", .institution = "i", .title = ""}   },
        {.kind = ROW_SCRIPT,      .script = {.id = 100, .digest = {"d", 1}, .bytes = {"b", 1}}},
        {.kind = ROW_SPEC,        .spec = {.id = 100, .script = 100, .bytes = {"", 0}}        },
        {.kind = ROW_JOB,
         .job = {.id = 100,
                 .spec = 100,
                 .name = "",
                 .user = "",
                 .project = "",
                 .institution = "",
                 .ended_by = "",
                 .output = "",
                 .error_output = "",
                 .cluster = "",
                 .partition = "",
                 .node_list = "",
                 .state = 4}                                                                  },
        {.kind = ROW_TXN,
         .txn = {.id = 100,
                 .chain = 1,
                 .sequence = 1,
                 .institution = "i",
                 .txn_key = "k",
                 .text = "",
                 .project = "",
                 .user = "",
                 .cluster = "",
                 .partition = "",
                 .state = ""}                                                                 },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++)
        batch_add(batch, WRITE_PUT, &rows[i]);
}

bool commit(struct store *store, struct batch *batch)
{
    struct error err;

    if (store->commit(store, batch, &err))
        return true;
    printf("# %s\n", err.text);
    return false;
}

/* Two rows of each kind, and their parents. */
bool fill(struct store *store)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(batch_clear) struct batch batch;

    batch_init(&batch);
    add_parents(&batch);
    for (int kind = 0; kind < ROW_KIND_COUNT; kind++)
        for (int variant = 0; variant < 2; variant++) {
            struct row row = make_row((enum row_kind)kind, variant, arena);

            fit_row(&row, variant);
            batch_add(&batch, WRITE_PUT, &row);
        }
    return commit(store, &batch);
}

bool on_row(void *owner, const struct row *row, bool good)
{
    struct dump *dump = owner;

    dump->rows++;
    dump->bad += !good;
    row_add_canonical(row, false, &dump->bytes);
    return true;
}

/* All rows of all kinds; false when they cannot even be read. */
bool dump_all(struct store *store, struct dump *dump)
{
    struct error err;

    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct query query = {.kind = QUERY_ALL, .row = (enum row_kind)kind};

        if (!store->query(store, &query, on_row, dump, &err))
            return false;
        dump->ends[kind] = dump->bytes.length;
    }
    return true;
}

static bool sum_row(void *owner, const struct row *row, bool good)
{
    static const uint8_t key[MAC_KEY_SIZE];
    struct dump *dump = owner;
    unsigned __int128 number;
    uint8_t mac[MAC_SIZE];

    dump->rows++;
    dump->bad += !good;
    if (row->kind == ROW_META)
        return true; /* lineage and tally: of this store alone */
    buffer_reset(&dump->bytes);
    row_add_canonical(row, false, &dump->bytes);
    mac_of(key, dump->bytes.bytes, dump->bytes.length, mac);
    memcpy(&number, mac, sizeof(number));
    dump->sum += number;
    return true;
}

bool store_sum(struct store *store, struct dump *dump)
{
    struct error err;

    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        const struct query query = {.kind = QUERY_ALL, .row = (enum row_kind)kind};

        if (!store->query(store, &query, sum_row, dump, &err))
            return false;
    }
    return true;
}

/* The first kind in which they differ; ROW_KIND_COUNT: they are the same. */
enum row_kind first_difference(const struct dump *a, const struct dump *b)
{
    size_t start = 0;

    for (int kind = 0; kind < ROW_KIND_COUNT; kind++) {
        if (a->ends[kind] != b->ends[kind] ||
            memcmp(a->bytes.bytes + start, b->bytes.bytes + start, a->ends[kind] - start) != 0)
            return (enum row_kind)kind;
        start = a->ends[kind];
    }
    return ROW_KIND_COUNT;
}

void put_file(const char *directory, const char *name, const void *bytes, size_t size, mode_t mode)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", directory, name);
    struct error err;

    CU_ASSERT(file_replace(path, bytes, size, mode, &err));
}

void note_finding(void *owner, const char *text)
{
    struct buffer *findings = owner;

    buffer_print(findings, "%s\n", text);
}

/* words NULL: nothing is wrong. */
bool check_finds(const char *directory, const char *words)
{
    CLEANUP(store_freep) struct store *store = open_store(directory);
    CLEANUP(buffer_clear) struct buffer findings = {0};
    struct error err;
    uint64_t rows;

    buffer_init(&findings);
    if (store && store_check(store, note_finding, &findings, &rows, &err) &&
        (words ? strstr(findings.bytes, words) != NULL : findings.length == 0))
        return true;
    printf("# \"%s\" is not in: %s", words ? words : "nothing", findings.bytes);
    return false;
}

char *read_whole(const char *path, size_t *ret_size)
{
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct error err;

    buffer_init(&bytes);
    if (!file_read(path, 64 << 20, &bytes, &err))
        return NULL;
    *ret_size = bytes.length;
    return buffer_steal(&bytes);
}

/* The database of a network in which jobs ran; free() the directory's name. */
char *make_history(void)
{
    struct bench bench;
    struct caller *ana, *node;
    char *directory;

    bench_init(&bench);
    bench_books(&bench, "ana");
    ana = bench_person(&bench, "ana", NULL, NULL, NULL);
    node = bench_node_key(&bench, "n1", "sur");
    CU_ASSERT(bench_join(&bench, node, "n1"));
    CU_ASSERT(bench_submit(&bench, ana, 5) == 1);
    for (int i = 0; i < 3; i++)
        CU_ASSERT(bench_run_job(&bench, node, 0));
    directory = memory_copy(bench.directory);
    bench_clear(&bench);
    return directory;
}
