/* test_runtime_slurm.c - task sets as jobs of a Slurm cluster, with commands that only look like its
 *
 * sbatch, squeue and the others are scripts on a folder of files, one a job; the real Slurm is asked
 * in tests/slurm. */

#include "agent/gateway/runtime_slurm.h"

#include "agent/gateway/handover.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEADLINE_US (30 * US_PER_SECOND)

static const struct task_key key = {.job = 17, .attempt = 1};

/* A site with two nodes, and an agent that listens. */
struct site {
    char *folder;
    struct loop *loop;
    struct gateway_settings settings;
    struct slurm_caller caller;
    struct runtime_slurm *slurm;
    struct runtime nodes[2];
    bool started, ended, failed, given_back;
    struct task_end end;
    char why[240];
    char room[2][200];
    unsigned looks;
    const bool *until;
};

static const struct slurm_node sizes[2] = {
    {.name = "a1", .sockets = 1, .cores_each = 4, .threads_each = 2},
    {.name = "a2", .sockets = 1, .cores_each = 4, .threads_each = 2},
};

static void stop_if_done(const struct site *site)
{
    if (site->until && *site->until)
        loop_stop(site->loop);
}

static void on_started(void *owner, const struct task_key *which, int64_t at_us)
{
    struct site *site = owner;

    CU_ASSERT_EQUAL(which->job, key.job);
    CU_ASSERT(at_us > 0);
    site->started = true;
    stop_if_done(site);
}

static void on_ended(void *owner, const struct task_key *which, const struct task_end *end)
{
    struct site *site = owner;

    (void)which;
    site->ended = true;
    site->end = *end;
    stop_if_done(site);
}

static void on_failed(void *owner, const struct task_key *which, const struct error *why)
{
    struct site *site = owner;

    (void)which;
    site->failed = true;
    snprintf(site->why, sizeof(site->why), "%s", why->text);
    stop_if_done(site);
}

static void on_given_back(void *owner, const struct task_key *which, const struct error *why)
{
    struct site *site = owner;

    site->given_back = true;
    on_failed(owner, which, why);
}

static void on_room(void *owner, size_t node, const char *why_not)
{
    struct site *site = owner;

    snprintf(site->room[node], sizeof(site->room[node]), "%s", why_not ? why_not : "");
    site->looks++;
}

static void on_late(void *owner)
{
    struct site *site = owner;

    CU_FAIL("not within the time");
    loop_stop(site->loop);
}

/* Until it is so: a flag that the news set. */
static void run_until(struct site *site, const bool *done)
{
    struct watch *late =
        loop_watch_time(site->loop, clock_boot_us(&clock_real) + DEADLINE_US, on_late, site);

    site->until = done;
    if (!*done)
        loop_run(site->loop);
    loop_unwatch(site->loop, late);
    site->until = NULL;
}

static void on_moment(void *owner)
{
    struct site *site = owner;

    loop_stop(site->loop);
}

static void run_for(struct site *site, int64_t time_us)
{
    loop_watch_time(site->loop, clock_boot_us(&clock_real) + time_us, on_moment, site);
    loop_run(site->loop);
}

/* --- the commands --------------------------------------------------------------------------------- */

static void write_command(const struct site *site, const char *name, const char *script)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/bin/%s", site->folder, name);
    CLEANUP(memory_freep)
    char *text = memory_format("#!/bin/sh\ncd %s/queue || exit 1\n%s", site->folder, script);
    struct error err;

    CU_ASSERT(file_replace(path, text, strlen(text), 0700, &err));
}

static const char sbatch[] =
    "echo called >>../calls\n"
    "for word; do case $word in --job-name=*) name=${word#*=} ;; esac; done\n"
    "id=$(($(ls | wc -l) + 1))\necho \"$*\" >../options\n"
    "echo \"$id|$name|PENDING|N/A|1|1\" >$id\n";

static void write_commands(const struct site *site)
{
    CLEANUP(memory_freep) char *answers = memory_format("%secho $id\n", sbatch);

    write_command(site, "sbatch", answers);
    write_command(site, "squeue", "cat ./* 2>/dev/null; :\n");
    write_command(site, "sinfo",
                  "echo 'a1|idle|0/8/0/8|2000|1|4|2'\necho 'a2|mixed|2/6/0/8|2000|1|4|2'\n");
    write_command(site, "scancel", "for id; do :; done\nsed -i 's/PENDING/CANCELLED/' $id\n");
    write_command(site, "scontrol",
                  "for id; do :; done\n"
                  "echo \"JobId=$id JobState=$(cut -d'|' -f3 $id) ExitCode=3:0 StartTime=1000 "
                  "EndTime=1007 X=\"\n");
}

/* What Slurm says of its job. */
static void set_state(const struct site *site, unsigned id, const char *state)
{
    CLEANUP(memory_freep)
    char *command = memory_format("sed -i 's/|[A-Z]*|[^|]*|1|1/|%s|1000|1|1/' %s/queue/%u", state,
                                  site->folder, id);

    CU_ASSERT_EQUAL(system(command), 0);
}

static unsigned count_lines(const struct site *site, const char *name)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/%s", site->folder, name);
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct error err;
    unsigned count = 0;

    buffer_init(&text);
    if (!file_read(path, 65536, &text, &err))
        return 0;
    for (size_t i = 0; i < text.length; i++)
        count += text.bytes[i] == '\n';
    return count;
}

/* As tequio-slurm-job does. */
static void mark_begun(const struct site *site)
{
    CLEANUP(memory_freep) char *folder = memory_format("%s/shared/jobs/17.1", site->folder);
    struct error err;

    CU_ASSERT(handover_write_begun(folder, 1, &err));
}

/* --- the site ---------------------------------------------------------------------------------------- */

static void open_runtime(struct site *site)
{
    const struct task_news news = {.on_started = on_started,
                                   .on_ended = on_ended,
                                   .on_failed = on_failed,
                                   .on_given_back = on_given_back,
                                   .owner = site};
    struct error err;

    site->slurm = runtime_slurm_new(&site->caller, sizes, 2, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(site->slurm);
    for (size_t i = 0; i < 2; i++) {
        site->nodes[i] = runtime_slurm_seam(site->slurm, i);
        site->nodes[i].listen(site->nodes[i].state, &news);
    }
    runtime_slurm_start(site->slurm, on_room, site);
}

static struct site *site_new(const char *name)
{
    struct site *site = NEW(struct site);
    CLEANUP(memory_freep) char *bin = NULL;
    CLEANUP(memory_freep) char *queue = NULL;

    site->folder = scratch_path(name);
    bin = memory_format("%s/bin", site->folder);
    queue = memory_format("%s/queue", site->folder);
    CU_ASSERT(mkdir(site->folder, 0700) == 0 && mkdir(bin, 0700) == 0 && mkdir(queue, 0700) == 0);
    site->settings = (struct gateway_settings){
        .shared_directory = memory_format("%s/shared", site->folder),
        .libexec = memory_copy("/libexec"),
        .commands = memory_copy(bin),
        .partition = memory_copy("lent"),
        .longest_us = US_PER_HOUR,
        .wait_us = US_PER_HOUR,
        .look_us = US_PER_SECOND / 10,
        .timeout_us = 10 * US_PER_SECOND,
    };
    write_commands(site);
    site->loop = loop_new();
    slurm_caller_init(&site->caller, site->loop, &site->settings);
    open_runtime(site);
    return site;
}

static void site_free(struct site *site)
{
    if (!site)
        return;
    runtime_slurm_free(site->slurm);
    slurm_caller_clear(&site->caller);
    loop_free(site->loop);
    gateway_settings_clear(&site->settings);
    free(site->folder);
    free(site);
}
DEFINE_CLEANUP(struct site *, site_free)

static bool make_part(struct site *site, uint32_t part, struct error *err)
{
    const struct part_limits limits = {.user = "ana",
                                       .project = "science",
                                       .parts = 2,
                                       .cores = 2,
                                       .tasks = 1,
                                       .memory_bytes = UINT64_C(1) << 30,
                                       .limit_us = 10 * US_PER_MINUTE};
    const struct task_key own = {.job = key.job, .attempt = key.attempt, .part = part};

    return site->nodes[part].part_make(site->nodes[part].state, &own, &limits, err);
}

static bool start(struct site *site, struct error *err)
{
    static const char *const none[] = {NULL};
    const struct task_start how = {.key = key,
                                   .script = "true\n",
                                   .script_size = 5,
                                   .arguments = none,
                                   .environment = none,
                                   .directory = "/home/ana",
                                   .output = "/home/ana/out",
                                   .limit_us = 10 * US_PER_MINUTE,
                                   .kill_wait_us = US_PER_SECOND};

    return site->nodes[0].start(site->nodes[0].state, &how, err);
}

static void begin(struct site *site)
{
    struct error err;

    CU_ASSERT_FATAL(make_part(site, 0, &err) && make_part(site, 1, &err));
    CU_ASSERT_FATAL(start(site, &err));
}

/* As kill -9 would, and the next gateway. */
static void crash(struct site *site)
{
    runtime_slurm_free(site->slurm);
    open_runtime(site);
}

/* --- tests ----------------------------------------------------------------------------------------------- */

static void test_a_job_goes_its_way(void)
{
    CLEANUP(site_freep) struct site *site = site_new("way");
    CLEANUP(memory_freep) char *options = memory_format("%s/options", site->folder);
    CLEANUP(buffer_clear) struct buffer said = {0};
    const struct task_key second = {.job = 17, .attempt = 1, .part = 1};
    struct error err;

    begin(site);
    run_for(site, 2 * US_PER_SECOND / 5);
    CU_ASSERT_FALSE(site->started);
    set_state(site, 1, "RUNNING");
    run_until(site, &site->started);
    CU_ASSERT_FALSE(site->nodes[1].part_remove(site->nodes[1].state, &second, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_CONFLICT);
    set_state(site, 1, "FAILED");
    run_until(site, &site->ended);
    CU_ASSERT_EQUAL(site->end.cause, TASK_BY_ITSELF);
    CU_ASSERT_EQUAL(site->end.exit_code, 3);
    CU_ASSERT_EQUAL(site->end.wall_used_us, 7 * US_PER_SECOND);
    CU_ASSERT(site->nodes[0].part_remove(site->nodes[0].state, &key, &err));
    CU_ASSERT(site->nodes[1].part_remove(site->nodes[1].state, &second, &err));
    site->nodes[0].forget(site->nodes[0].state, &key);
    buffer_init(&said);
    CU_ASSERT_FATAL(file_read(options, 65536, &said, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.bytes, "--nodes=2 --nodelist=a[1-2] --ntasks=2 "
                                              "--cpus-per-task=4 --ntasks-per-node=1 --mem=1024M "
                                              "--time=12 --no-requeue"));
}

static void test_slurmdbd_knows_what_was_used(void)
{
    CLEANUP(site_freep) struct site *site = site_new("used");

    site->settings.sacct = true;
    write_command(site, "sacct", "echo '1|00:09.500|'\necho '1.batch|00:09.500|3M'\n");
    begin(site);
    while (count_lines(site, "calls") == 0)
        run_for(site, US_PER_SECOND / 20);
    mark_begun(site);
    set_state(site, 1, "COMPLETED");
    run_until(site, &site->ended);
    CU_ASSERT(site->started);
    CU_ASSERT_EQUAL(site->end.cpu_used_us, 9500000);
    CU_ASSERT_EQUAL(site->end.memory_peak_bytes, 3 << 20);
}

static void test_a_lost_answer_submits_nothing_twice(void)
{
    CLEANUP(site_freep) struct site *site = site_new("lost");
    CLEANUP(memory_freep)
    char *lost = memory_format(
        "%secho 'sbatch: error: Socket timed out on send/recv' >&2\nexit 1\n", sbatch);

    write_command(site, "sbatch", lost);
    begin(site);
    run_for(site, 2 * US_PER_SECOND / 5);
    set_state(site, 1, "RUNNING");
    run_until(site, &site->started);
    CU_ASSERT_EQUAL(count_lines(site, "calls"), 1);
}

static void test_a_crash_while_it_is_submitted(void)
{
    CLEANUP(site_freep) struct site *site = site_new("crash");
    CLEANUP(memory_freep) char *slow = memory_format("%sexec sleep 60\n", sbatch);
    struct error err;

    write_command(site, "sbatch", slow);
    begin(site);
    while (count_lines(site, "calls") == 0)
        run_for(site, US_PER_SECOND / 20);
    crash(site);
    CU_ASSERT(start(site, &err)); /* the agent, by the scheduler's leave */
    run_for(site, 2 * US_PER_SECOND / 5);
    set_state(site, 1, "RUNNING");
    run_until(site, &site->started);
    CU_ASSERT_EQUAL(count_lines(site, "calls"), 1);
}

static void test_a_refusal_is_told_with_its_words(void)
{
    CLEANUP(site_freep) struct site *site = site_new("refusal");

    write_command(site, "sbatch", "echo 'sbatch: error: invalid account' >&2; exit 1\n");
    begin(site);
    run_until(site, &site->failed);
    CU_ASSERT_FALSE(site->given_back);
    CU_ASSERT_PTR_NOT_NULL(strstr(site->why, "invalid account"));
}

static void test_what_waits_too_long_is_given_back(void)
{
    CLEANUP(site_freep) struct site *site = site_new("waits");

    site->settings.wait_us = US_PER_SECOND / 2;
    begin(site);
    run_until(site, &site->failed);
    CU_ASSERT(site->given_back);
    CU_ASSERT_FALSE(site->started);
}

static void test_a_job_of_two_sites_is_refused(void)
{
    CLEANUP(site_freep) struct site *site = site_new("two");
    struct error err;

    CU_ASSERT_FATAL(make_part(site, 0, &err));
    CU_ASSERT_FALSE(start(site, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "part 1"));
    CU_ASSERT_EQUAL(count_lines(site, "calls"), 0);
}

static void test_the_sites_own_work_takes_room(void)
{
    CLEANUP(site_freep) struct site *site = site_new("room");

    run_for(site, 2 * US_PER_SECOND / 5);
    CU_ASSERT(site->looks > 0);
    CU_ASSERT_STRING_EQUAL(site->room[0], "");
    CU_ASSERT_PTR_NOT_NULL(strstr(site->room[1], "own work"));
    write_command(site, "sinfo", "echo 'a1|idle|0/8/0/8|2000|1|4|2'\necho nonsense\n");
    run_for(site, 2 * US_PER_SECOND / 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(site->room[0], "does not answer"));
    write_command(site, "sinfo", "echo 'a2|idle|0/8/0/8|2000|1|4|2'\n");
    run_for(site, 2 * US_PER_SECOND / 5);
    CU_ASSERT_STRING_EQUAL(site->room[1], "");
    CU_ASSERT_PTR_NOT_NULL(strstr(site->room[0], "any more"));
}

static void test_files_stay_in_their_users_folder(void)
{
    CLEANUP(site_freep) struct site *site = site_new("files");
    static const char *const paths[] = {"/../bob/out", "/home/../../x", "/..", "relative", "/a\nb"};
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    struct output_file file = {.user = "ana", .most = 10};
    struct error err;
    bool end;

    buffer_init(&bytes);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        file.path = paths[i];
        CU_ASSERT_FALSE(site->nodes[0].read_file(site->nodes[0].state, &file, &bytes, &end, &err));
        CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    }
    file.user = "..";
    file.path = "/out";
    CU_ASSERT_FALSE(site->nodes[0].read_file(site->nodes[0].state, &file, &bytes, &end, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
}

static void test_a_link_does_not_lead_out(void)
{
    CLEANUP(site_freep) struct site *site = site_new("links");
    CLEANUP(memory_freep) char *folder = memory_format("%s/shared/work/ana", site->folder);
    CLEANUP(memory_freep) char *link = memory_format("%s/etc", folder);
    CLEANUP(buffer_clear) struct buffer bytes = {0};
    const struct output_file file = {.user = "ana", .path = "/etc/passwd", .most = 10};
    struct error err;
    bool end;

    buffer_init(&bytes);
    CU_ASSERT(mkdir(folder, 0700) == 0 && symlink("/etc", link) == 0);
    CU_ASSERT_FALSE(site->nodes[0].read_file(site->nodes[0].state, &file, &bytes, &end, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_DENIED);
    CU_ASSERT_EQUAL(bytes.length, 0);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"a job goes its way",                  test_a_job_goes_its_way                 },
        {"slurmdbd knows what was used",        test_slurmdbd_knows_what_was_used       },
        {"a lost answer submits nothing twice", test_a_lost_answer_submits_nothing_twice},
        {"a crash while it is submitted",       test_a_crash_while_it_is_submitted      },
        {"a refusal is told with its words",    test_a_refusal_is_told_with_its_words   },
        {"what waits too long is given back",   test_what_waits_too_long_is_given_back  },
        {"a job of two sites is refused",       test_a_job_of_two_sites_is_refused      },
        {"the site's own work takes room",      test_the_sites_own_work_takes_room      },
        {"files stay in their user's folder",   test_files_stay_in_their_users_folder   },
        {"a link does not lead out",            test_a_link_does_not_lead_out           },
        CU_TEST_INFO_NULL,
    };

    return run_suite("runtime_slurm", tests);
}
