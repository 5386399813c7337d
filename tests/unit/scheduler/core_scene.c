/* core_scene.c - a small network for the tests of the core */

#include "tests/unit/scheduler/core_scene.h"

#include <stdlib.h>
#include <string.h>

static struct core *make_core(const struct policy *policy, struct priority_settings priority)
{
    struct partition alpha[] = {
        {(char *)"batch", NULL, true,  true, US_PER_DAY,  US_PER_HOUR, CONTACT_KEEP,  0, 0, 0,
         PREEMPT_OFF,                                                                                       0, 0},
        {(char *)"lent",  NULL, false, true, US_PER_HOUR, US_PER_HOUR, CONTACT_LEASE,
         10 * US_PER_MINUTE,                                                             0, 0, PREEMPT_OFF, 0, 0},
    };
    struct partition beta[] = {
        {(char *)"batch", NULL, true, true, US_PER_DAY, US_PER_HOUR, CONTACT_KEEP, 0, 0, 0,
         PREEMPT_OFF, 0, 0},
    };
    struct cluster clusters[] = {
        {.name = (char *)"alpha",
         .institution = (char *)"unam",
         .factor_ppm = 1000000,
         .partition_count = COUNT_OF(alpha),
         .partitions = alpha},
        {.name = (char *)"beta",
         .institution = (char *)"unam",
         .factor_ppm = 2000000,
         .partition_count = COUNT_OF(beta),
         .partitions = beta },
    };
    struct core_settings settings = {
        .clusters = clusters,
        .cluster_count = COUNT_OF(clusters),
        .kill_wait_us = 30 * US_PER_SECOND,
        .keep_ended_us = 5 * US_PER_MINUTE,
        .launch_failures_most = 2,
        .policy = policy,
        .priority = priority,
        .backfill_depth = 10,
        .pending_most = 20,
        .pending_most_per_user = 15,
    };

    return core_new(&settings);
}

void scene_init(struct scene *scene)
{
    scene_init_with(scene, NULL, (struct priority_settings){0});
}

void scene_init_with(struct scene *scene, const struct policy *policy,
                     struct priority_settings priority)
{
    *scene = (struct scene){.core = make_core(policy, priority), .now_us = SCENE_START};
    effects_init(&scene->effects);
    buffer_init(&scene->text);
    scene_step(scene, (struct event){
                          .kind = EVENT_INSTITUTION_ADDED, .books = {"unam", NULL}
    });
    scene_step(scene, (struct event){
                          .kind = EVENT_PROJECT_ADDED, .books = {"unam", "astro"}
    });
    scene_step(scene, (struct event){
                          .kind = EVENT_GRANTED,
                          .grant = {1, "unam", NULL, 1000 * INT64_C(1000000), SCENE_START, 0}
    });
}

void scene_clear(struct scene *scene)
{
    core_free(scene->core);
    effects_clear(&scene->effects);
    buffer_clear(&scene->text);
}

void scene_step(struct scene *scene, struct event event)
{
    event.at_us = scene->now_us;
    effects_reset(&scene->effects);
    buffer_reset(&scene->text);
    core_step(scene->core, &event, &scene->effects);
    core_check_invariants(scene->core);
    for (size_t i = 0; i < scene->effects.count; i++)
        effect_print(&scene->effects, &scene->effects.all[i], &scene->text);
}

void scene_pass(struct scene *scene, int64_t duration_us)
{
    scene->now_us += duration_us;
    scene_step(scene, (struct event){.kind = EVENT_TIME_PASSED});
}

void scene_join(struct scene *scene, const char *node, uint32_t cores, const char *boot)
{
    scene_step(scene, (struct event){
                          .kind = EVENT_NODE_JOINED,
                          .node = {.name = node,
                                   .cluster = node[0] == 'b' ? "beta" : "alpha",
                                   .boot_id = boot,
                                   .cores = cores,
                                   .memory_bytes = (uint64_t)cores << 30}
    });
}

void scene_node(struct scene *scene, enum event_kind kind, const char *node)
{
    scene_step(scene, (struct event){
                          .kind = kind, .by = "root", .node_change = {node, "a test"}
    });
}

uint64_t scene_submit(struct scene *scene, struct request request)
{
    struct submission submission = {
        .first = core_next_job(scene->core),
        .copies = 1,
        .user = "ana",
        .project = "astro",
        .request = &request,
    };

    if (!core_check_request(scene->core, &request, "ana", "astro", 1, &scene->err))
        return 0;
    scene_step(scene, (struct event){.kind = EVENT_JOB_SUBMITTED, .submission = submission});
    return submission.first;
}

void scene_job(struct scene *scene, enum event_kind kind, uint64_t job, const char *by)
{
    scene_step(scene, (struct event){.kind = kind, .by = by, .job = job});
}

static void send_news(struct scene *scene, enum event_kind kind, struct part_news news)
{
    const struct job *job = scene_find(scene, news.job);
    uint8_t token[TOKEN_SIZE] = {0};

    if (job)
        memcpy(token, job->token, sizeof(token));
    news.token = token;
    news.attempt = job ? job->attempt : 1;
    scene_step(scene, (struct event){.kind = kind, .part = news});
}

void scene_news(struct scene *scene, enum event_kind kind, uint64_t job, uint32_t part)
{
    send_news(scene, kind,
              (struct part_news){.job = job, .part = part, .core_list = "0", .text = "broken"});
}

void scene_end(struct scene *scene, uint64_t job, uint32_t part, enum end_cause cause,
               uint32_t exit_code)
{
    const struct job *ended = scene_find(scene, job);

    send_news(scene, EVENT_PART_ENDED,
              (struct part_news){
                  .job = job,
                  .part = part,
                  .cause = cause,
                  .exit_code = exit_code,
                  .wall_used_us = ended->start_us ? scene->now_us - ended->start_us : 0,
              });
}

const struct job *scene_find(const struct scene *scene, uint64_t job)
{
    return core_find_job(scene->core, job);
}

bool scene_wants(const struct scene *scene, const char *effect)
{
    return strstr(scene->text.bytes, effect) != NULL;
}
