/* service_load.c - the store's rows back into core, ledger, people and identities */

#include "scheduler/service_inside.h"

#include "base/log.h"
#include "base/parse.h"
#include "scheduler/booking_rows.h"
#include "scheduler/core/preemption.h"
#include "scheduler/jobspec.h"
#include "scheduler/read_ahead.h"
#include "scheduler/sealing.h"
#include "scheduler/series_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* One walk over the tables. */
struct load {
    struct service *service;
    struct ledger *ledger;
    struct error *err; /* filled when `failed` */
    bool failed;
    struct row *parts; /* of all live jobs */
    size_t part_count, part_capacity, part_next;
    struct arena *part_arena;
    struct openings *openings; /* of the seals in what was used */
    uint64_t to_erase;         /* persons, and files to be wiped */
};

static bool load_failed(struct load *load)
{
    load->failed = true;
    return false;
}

/* --- books ---------------------------------------------------------------------------------------- */

/* Read already (store_marks), but only here is it seen whether it can be believed. */
static bool on_meta(struct load *load, const struct row *row)
{
    (void)load;
    (void)row;
    return true;
}

static bool on_institution(struct load *load, const struct row *row)
{
    given_put(load->service->given, row);
    core_restore_place(load->service->core,
                       &(struct share_place){row->institution.name, NULL, NULL});
    return ledger_add_institution(load->ledger, row->institution.name, load->err);
}

/* Who waits for that can do nothing. */
static bool on_erasure(struct load *load, const struct row *row)
{
    given_put(load->service->given, row);
    load->to_erase++;
    return true;
}

static bool on_seal(struct load *load, const struct row *row)
{
    ledger_seal(load->ledger, row->seal.name, row->seal.seal);
    return openings_add_row(load->openings, &row->seal) ||
           fail(load->err, ERROR_IO, "the seal of %s is not that of its salt", row->seal.name);
}

static bool on_project(struct load *load, const struct row *row)
{
    given_put(load->service->given, row);
    const struct project_row *project = &row->project;

    core_restore_place(load->service->core,
                       &(struct share_place){project->institution, project->name, NULL});
    return ledger_add_project(load->ledger, project->name, project->institution, load->err);
}

static bool on_grant(struct load *load, const struct row *row)
{
    people_put_grant(load->service->people, &row->grant);
    return true;
}

/* "GRT/17": grant 17; "TRF/18/17": grant 18 out of grant 17; "END/17". */
static const struct grant_row *find_grant(const struct people *people, const char *key,
                                          unsigned place)
{
    for (unsigned i = 0; key && i <= place; i++)
        key = strchr(key + (i > 0), '/');
    return key ? people_find_grant(people, strtoull(key + 1, NULL, 10)) : NULL;
}

static struct grant grant_of(const struct grant_row *of)
{
    return (struct grant){
        .id = (uint64_t)of->id,
        .institution = of->institution,
        .project = *of->project ? of->project : NULL,
        .amount_micro = of->amount,
        .start_us = of->start_us,
        .end_us = of->end_us,
    };
}

/* What was taken out of a grant: by a transfer the other grant, by an end what was left. */
static bool on_cut_txn(struct load *load, const struct row *row)
{
    bool transfer = row->txn.kind == TXN_TRANSFER;
    const struct grant_row *first = find_grant(load->service->people, row->txn.txn_key, 0);
    const struct grant_row *from =
        transfer ? find_grant(load->service->people, row->txn.txn_key, 1) : first;
    struct grant grant, to;
    int64_t amount;

    if (!first || !from || !txn_first_amount(row->txn.text, &amount))
        return fail(load->err, ERROR_IO, "transaction %s has no grant", row->txn.txn_key);
    grant = grant_of(from);
    to = grant_of(first);
    return ledger_restore_cut(load->ledger, &grant, amount, load->err) &&
           (!transfer || ledger_restore_grant(load->ledger, &to, row->txn.at_us, load->err));
}

static bool on_grant_txn(struct load *load, const struct row *row)
{
    const struct grant_row *of = find_grant(load->service->people, row->txn.txn_key, 0);
    struct grant grant;
    struct txn txn;

    if (row->txn.kind == TXN_TRANSFER || row->txn.kind == TXN_GRANT_END)
        return on_cut_txn(load, row);
    if (!of)
        return fail(load->err, ERROR_IO, "transaction %s has no grant", row->txn.txn_key);
    if (row->txn.head.size != DIGEST_SIZE)
        return fail(load->err, ERROR_IO, "transaction %s has no head", row->txn.txn_key);
    grant = grant_of(of);
    txn = booking_txn(&row->txn);
    return ledger_restore_txn(load->ledger, &txn, &grant, load->err);
}

static bool on_given(struct load *load, const struct row *row)
{
    return load_given(load->service, row, load->err);
}

static bool on_balance(struct load *load, const struct row *row)
{
    return ledger_restore_balance(load->ledger, row->balance.institution, row->balance.project,
                                  row->balance.charged, load->err);
}

static bool on_head(struct load *load, const struct row *row)
{
    const struct txn last = booking_txn(&row->txn);

    if (row->txn.head.size != DIGEST_SIZE)
        return fail(load->err, ERROR_IO, "transaction %" PRId64 " has no head", row->txn.id);
    return ledger_restore_head(load->ledger, &last, load->err);
}

static bool on_hold(struct load *load, const struct row *row)
{
    return ledger_restore_hold(load->ledger, (uint64_t)row->hold.job, (uint32_t)row->hold.attempt,
                               row->hold.project, row->hold.amount, load->err);
}

static bool on_usage(struct load *load, const struct row *row)
{
    const struct txn_row *usage = &row->txn;
    struct share_place place = {usage->institution, usage->project,
                                openings_name(load->openings, usage->user)};

    core_restore_usage(load->service->core, &place, usage->charged, usage->end_us);
    return true;
}

/* --- people ---------------------------------------------------------------------------------------- */

static bool on_principal(struct load *load, const struct row *row)
{
    const struct person *person = people_put(load->service->people, &row->principal);

    identify(load->service, person);
    return true;
}

static bool on_member(struct load *load, const struct row *row)
{
    people_join(load->service->people, &row->member);
    return true;
}

/* What there is no more was of somebody who is no principal any more. */
static bool on_closing(struct load *load, const struct row *row)
{
    register_close(load->service, row);
    return true;
}

static bool on_local_uid(struct load *load, const struct row *row)
{
    people_put_uid(load->service->people, &row->local_uid);
    return identities_bind_uid(load->service->identities, (uid_t)row->local_uid.uid,
                               row->local_uid.name, load->err);
}

static bool on_public_key(struct load *load, const struct row *row)
{
    struct identities *identities = load->service->identities;
    const struct public_key_row *key = people_put_key(load->service->people, &row->public_key);

    if (!identities_bind_key(identities, key->public_key, key->name, key->is_node, load->err))
        return false;
    if (key->revoked_us)
        identities_revoke_key(identities, key->public_key);
    return true;
}

static bool on_token(struct load *load, const struct row *row)
{
    people_put_token(load->service->people, &row->token);
    return true;
}

static bool on_node(struct load *load, const struct row *row)
{
    const struct node_row *from = &row->node;
    struct service *service = load->service;
    struct peer *peer;
    struct node node = {
        .name = (char *)from->name,
        .drained = from->drained,
        .drain_reason = *from->drain_reason ? (char *)from->drain_reason : NULL,
        .drain_by = *from->drain_by ? (char *)from->drain_by : NULL,
        .boot_id = (char *)from->boot_id,
        .cores = (uint32_t)from->cores,
        .threads = (uint32_t)from->threads,
        .packages = (uint32_t)from->packages,
        .numa_nodes = (uint32_t)from->numa_nodes,
        .gpus = (uint32_t)from->gpus,
        .memory_bytes = (uint64_t)from->memory,
        .emulated = from->emulated,
        .boot_us = from->boot_us,
        .own_features = *from->features ? (char *)(uintptr_t)from->features : NULL,
    };

    /* Its cluster was taken out of the configuration: the row waits for it to come back. */
    if (!inventory_find_cluster(core_inventory(service->core), from->cluster)) {
        log_warning("node=%s: no cluster %s in the configuration; going on without it", from->name,
                    from->cluster);
        return true;
    }
    if (!gpu_stock_parse(from->gpu_kinds, &node.gpu_stock, load->err) ||
        !core_restore_node(service->core, &node, from->cluster, load->err))
        return fail_in(load->err, "node %s", from->name);
    peer = peers_get(service->peers, from->name);
    peer->heard_us = service->boot_us; /* its time to come back starts now */
    if (from->topology.size == sizeof(peer->topology))
        memcpy(peer->topology, from->topology.bytes, sizeof(peer->topology));
    return true;
}

/* Parts of live jobs are read first; they come in the order of the jobs. */
static bool on_part(struct load *load, const struct row *row)
{
    if (load->part_count == load->part_capacity) {
        load->part_capacity = load->part_capacity ? 2 * load->part_capacity : 1024;
        load->parts = memory_resize(load->parts, load->part_capacity, sizeof(*load->parts));
    }
    row_copy(&load->parts[load->part_count++], row, load->part_arena);
    return true;
}

static char *copy_if_given(const char *text)
{
    return *text ? memory_copy(text) : NULL;
}

static void fill_part(struct part *part, struct job *job, const struct part_row *row)
{
    *part = (struct part){
        .job = job,
        .number = (uint32_t)row->part,
        .cores = (uint32_t)row->cores,
        .tasks = (uint32_t)row->tasks,
        .memory_bytes = (uint64_t)row->memory,
        .state = (enum part_state)row->state,
        .core_list = copy_if_given(row->core_list),
        .cpu_list = copy_if_given(row->cpu_list),
        .cpu_used_us = row->cpu_used_us,
        .memory_peak_bytes = (uint64_t)row->memory_peak,
        .gpus = (uint32_t)row->gpus,
        .gpu_list = copy_if_given(row->gpu_list),
    };
    snprintf(part->gpu_type, sizeof(part->gpu_type), "%s", row->gpu_type);
}

/* Take the job's parts from the list; free() the returned names' array. */
static const char **take_parts(struct load *load, struct job *job)
{
    size_t first = load->part_next, count = 0;
    const char **names;

    while (first + count < load->part_count &&
           load->parts[first + count].part.job == (int64_t)job->id)
        count++;
    load->part_next += count;
    job->part_count = (uint32_t)count;
    job->parts = NEW_ARRAY(struct part, count ? count : 1);
    names = NEW_ARRAY(const char *, count + 1);
    for (size_t i = 0; i < count; i++) {
        fill_part(&job->parts[i], job, &load->parts[first + i].part);
        names[i] = load->parts[first + i].part.node;
    }
    return names;
}

static struct job *job_from_row(const struct job_row *row, struct error *err)
{
    CLEANUP(job_freep) struct job *job = NEW(struct job);

    if (row->token.size != TOKEN_SIZE) {
        fail(err, ERROR_IO, "job %" PRId64 " has a launch token of %zu bytes", row->id,
             row->token.size);
        return NULL;
    }
    job->id = (uint64_t)row->id;
    if (!job_unpack(row->request, job, err)) {
        fail_in(err, "job %" PRId64, row->id);
        return NULL;
    }
    job->spec = (uint64_t)row->spec;
    job_set_names(job, row->name, row->user, row->project, row->institution);
    job->state = (enum job_state)row->state;
    if (job->state == JOB_RUNNING && job->interruption && job->interruption->suspended_us > 0)
        job->state = JOB_SUSPENDED;
    job->reason = (enum job_reason)row->reason;
    job->hold = (enum hold_kind)row->hold;
    job->attempt = (uint32_t)row->attempt;
    memcpy(job->token, row->token.bytes, TOKEN_SIZE);
    job->submit_us = row->submit_us;
    job->eligible_us = row->eligible_us;
    job->start_us = row->start_us;
    job->end_us = row->end_us;
    job->held_micro = row->held_micro;
    job->charged_micro = row->charged_micro;
    job->exit_code = (uint32_t)row->exit_code;
    job->exit_signal = (uint32_t)row->exit_signal;
    job->launch_failures = (uint32_t)row->launch_failures;
    job->cancelled = row->flags & JOB_FLAG_CANCELLED;
    job->requeue_after = row->flags & JOB_FLAG_REQUEUE_AFTER;
    job->ended_by = copy_if_given(row->ended_by);
    job->output = copy_if_given(row->output);
    job->error_output = copy_if_given(row->error_output);
    return STEAL(job);
}

static bool on_job(struct load *load, const struct row *row)
{
    CLEANUP(memory_freep) const char **nodes = NULL;
    struct job *job = job_from_row(&row->job, load->err);
    const char *cluster = *row->job.cluster ? row->job.cluster : NULL;
    const char *partition = *row->job.partition ? row->job.partition : NULL;

    if (!job)
        return false;
    nodes = take_parts(load, job);
    return core_restore_job(load->service->core, job, cluster, partition, nodes, load->err);
}

static bool on_series(struct load *load, const struct row *row)
{
    load_series(load->service, &row->series);
    return true;
}

/* --- the walk ------------------------------------------------------------------------------------------ */

typedef bool load_fn(struct load *load, const struct row *row);

struct step {
    enum query_kind query;
    enum row_kind row; /* QUERY_ALL */
    load_fn *on_row;
};

/* In an order in which each finds what it points to. */
static const struct step steps[] = {
    {QUERY_ALL,         ROW_META,        on_meta       },
    {QUERY_ALL,         ROW_ERASURE,     on_erasure    },
    {QUERY_ALL,         ROW_SEAL,        on_seal       },
    {QUERY_ALL,         ROW_INSTITUTION, on_institution},
    {QUERY_ALL,         ROW_PROJECT,     on_project    },
    {QUERY_ALL,         ROW_GRANT,       on_grant      },
    {QUERY_ALL,         ROW_SHARE,       on_given      },
    {QUERY_ALL,         ROW_WINDOW,      on_given      },
    {QUERY_ALL,         ROW_LIMIT,       on_given      },
    {QUERY_ALL,         ROW_RATE,        on_given      },
    {QUERY_TXNS_GRANT,  ROW_TXN,         on_grant_txn  },
    {QUERY_ALL,         ROW_BALANCE,     on_balance    },
    {QUERY_HEADS,       ROW_TXN,         on_head       },
    {QUERY_ALL,         ROW_HOLD,        on_hold       },
    {QUERY_ALL,         ROW_PRINCIPAL,   on_principal  },
    {QUERY_ALL,         ROW_MEMBER,      on_member     },
    {QUERY_ALL,         ROW_CLOSING,     on_closing    },
    {QUERY_ALL,         ROW_LOCAL_UID,   on_local_uid  },
    {QUERY_ALL,         ROW_PUBLIC_KEY,  on_public_key },
    {QUERY_ALL,         ROW_TOKEN,       on_token      },
    {QUERY_ALL,         ROW_NODE,        on_node       },
    {QUERY_PARTS_LIVE,  ROW_PART,        on_part       },
    {QUERY_JOBS_LIVE,   ROW_JOB,         on_job        },
    {QUERY_SERIES_LIVE, ROW_SERIES,      on_series     },
    {QUERY_USAGE,       ROW_TXN,         on_usage      },
};

static bool on_row(void *owner, size_t step, const struct row *row, bool good)
{
    struct load *load = owner;

    if (!good) {
        fail(load->err, ERROR_IO,
             "a row of table %s was changed by something else than tequio-scheduler: "
             "--check-store tells which",
             row_shape(row->kind)->table);
        return load_failed(load);
    }
    return steps[step].on_row(load, row) || load_failed(load);
}

/* What has faded to a thousandth weighs nothing. */
static int64_t oldest_usage(const struct service *service)
{
    int64_t half_life_us = service->settings->priority.half_life_us;

    return half_life_us > 0 ? service->now_us - 10 * half_life_us : 0;
}

static bool read_tables(struct load *load)
{
    struct query queries[COUNT_OF(steps)];

    for (size_t i = 0; i < COUNT_OF(steps); i++)
        queries[i] = (struct query){
            .kind = steps[i].query,
            .row = steps[i].row,
            .from = steps[i].query == QUERY_USAGE ? oldest_usage(load->service) : 0,
            .until = INT64_MAX,
        };
    return read_ahead(load->service->outside.store, queries, COUNT_OF(steps), on_row, load,
                      load->err) &&
           !load->failed;
}

/* The first transaction of each start. */
static bool raise_epoch(struct service *service, struct error *err)
{
    struct store *store = service->outside.store;
    struct batch batch;
    char text[24];
    bool good;

    snprintf(text, sizeof(text), "%" PRId64, service->marks.epoch + 1);
    batch_init(&batch);
    batch.epoch = service->marks.epoch;
    batch_add(&batch, WRITE_PUT,
              &(struct row){
                  .kind = ROW_META, .meta = {.name = "epoch", .value = {text, strlen(text)}}
    });
    good = store->commit(store, &batch, err);
    batch_clear(&batch);
    service->marks.epoch++;
    return good;
}

bool service_load(struct service *service, struct error *err)
{
    struct load load = {.service = service, .err = err};
    bool good;

    load.ledger = core_ledger_to_restore(service->core);
    load.part_arena = arena_new();
    load.openings = openings_new();
    good = read_tables(&load);
    openings_free(load.openings);
    arena_free(load.part_arena);
    free(load.parts);
    if (!good || !identify_local_operators(service, err) || !load_last_job(service, err))
        return false;
    if (load.to_erase > 0)
        log_warning("persons=%" PRIu64 " wait to be erased: stop the scheduler and type "
                    "tequio-scheduler --erase",
                    load.to_erase);
    core_restore_done(service->core, (uint64_t)service->marks.next_job, service->now_us);
    return raise_epoch(service, err);
}
