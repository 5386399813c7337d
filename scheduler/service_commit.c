/* service_commit.c - group commit: what one turn changed, written at once, then told
 *
 * While the worker writes one group the loop fills the other.  Letters and commands of a group
 * leave when its commit is done; a group without writes leaves when no commit is under way,
 * since its answers may show what the one before it changed. */

#include "scheduler/service_inside.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>

static struct group *other_group(struct service *service)
{
    return service->open == &service->groups[0] ? &service->groups[1] : &service->groups[0];
}

void group_put(struct service *service, const struct row *row)
{
    batch_add(&service->open->batch, WRITE_PUT, row);
}

/* The core's objects as they are now, each once. */
static void close_group(struct service *service, struct group *group)
{
    group_sort(group);
    for (size_t i = 0; i < group->job_count; i++) {
        const struct job *job = core_find_job(service->core, group->jobs[i]);

        if (job)
            save_job(service, job, &group->batch);
    }
    for (size_t i = 0; i < group->project_count; i++)
        save_balance(service, group->projects[i], &group->batch);
    group->batch.epoch = service->marks.epoch;
}

/* What could not be sent is lost here: who needs it asks again, commands come again. */
static void let_go(struct service *service, struct group *group)
{
    const struct transport *transport = service->outside.transport;

    for (size_t i = 0; i < group->letter_count; i++) {
        const struct letter *letter = &group->letters[i];

        transport->send(transport->state, letter->door, &letter->to,
                        group->bytes.bytes + letter->start, letter->size);
    }
    for (size_t i = 0; i < group->command_count; i++)
        launch_send(service, &group->commands[i]);
    for (size_t i = 0; i < group->remembered_count; i++)
        table_remove(service->recent, group->remembered[i]->key, sizeof(group->remembered[i]->key));
    group_reset(group);
}

/* On the worker's thread: nothing here is the loop's meanwhile. */
static void commit_work(void *owner)
{
    struct service *service = owner;
    struct store *store = service->outside.store;

    service->commit_error.code = ERROR_NONE;
    store->commit(store, &other_group(service)->batch, &service->commit_error);
}

static void commit_done(void *owner)
{
    struct service *service = owner;

    service->committing = false;
    if (service->commit_error.code != ERROR_NONE) {
        service->failure = service->commit_error;
        log_error("commit failed: %s; ending at once, the next start reads what is on the disk",
                  service->failure.text);
        return;
    }
    service->commits++;
    let_go(service, other_group(service));
}

void service_turn_end(struct service *service)
{
    struct group *group = service->open;

    if (service->committing || service->failure.code != ERROR_NONE || group_is_empty(group))
        return;
    if (!group_has_writes(group)) {
        service->open = other_group(service); /* what letting go brings about is the next one's */
        let_go(service, group);
        service_turn_end(service);
        return;
    }
    close_group(service, group);
    service->open = other_group(service);
    service->committing = true;
    service->outside.give(service->outside.state, BACKGROUND_COMMIT, commit_work, commit_done,
                          service);
}

bool service_is_idle(const struct service *service)
{
    return !service->committing && service->reading == 0 &&
           (service->failure.code != ERROR_NONE || group_is_empty(service->open));
}
