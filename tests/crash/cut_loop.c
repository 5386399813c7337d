/* cut_loop.c - cut the links between sites and centre while jobs come and run; nothing may be lost
 *
 * cut_loop --cuts N --links N --nodes N --at-once N --endpoint E --port P --ports FILE --work FOLDER
 *
 * The agents of each site reach the scheduler, which listens on the port, by a link (links.h) whose
 * own port stands in FILE, one on each line.  When all nodes are up, submitters send jobs without
 * pause, and links are cut and healed, several at a time.  After each round, when all are healed,
 * sites and centre must soon agree: every node is up, and of every job that has ended the scheduler
 * knows it.  In the end what was answered is held against the history and against what the jobs
 * wrote (history_check.c).  TAP on standard output. */

#include "base/clock.h"
#include "base/memory.h"
#include "base/options.h"
#include "base/parse.h"
#include "tests/crash/history_check.h"
#include "tests/crash/links.h"
#include "tests/crash/live_jobs.h"
#include "tests/crash/ran.h"
#include "tests/crash/submitter.h"
#include "tests/lib/random.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUBMITTERS     2
#define PAUSE_MS       75 /* of each, between two jobs */
#define ROUND          10 /* cuts, until all are healed */
#define LOOK_US        50000
#define NODES_MOST_US  (60 * US_PER_SECOND)
#define AGREE_MOST_US  (60 * US_PER_SECOND)
#define AGREE_WITHIN_S 10

struct arguments {
    uint32_t cuts, links, nodes, at_once, port;
    const char *endpoint, *ports, *work;
};

static const struct option_rule options[] = {
    OPTION_U32('c', "cuts", "N", struct arguments, cuts, "how often"),
    OPTION_U32('l', "links", "N", struct arguments, links, "between sites and centre"),
    OPTION_U32('n', "nodes", "N", struct arguments, nodes, "of all sites together"),
    OPTION_U32('a', "at-once", "N", struct arguments, at_once, "jobs that the grant pays for"),
    OPTION_TEXT('e', "endpoint", "E", struct arguments, endpoint, "the scheduler's local socket"),
    OPTION_U32('p', "port", "P", struct arguments, port, "where it listens for agents"),
    OPTION_TEXT('o', "ports", "FILE", struct arguments, ports, "is written: those of the links"),
    OPTION_TEXT('w', "work", "FOLDER", struct arguments, work, "where the jobs write"),
    OPTION_END,
};

struct storm {
    const struct arguments *arguments;
    struct links *links;
    struct channel *channel;
    struct acks acks;
    int acks_pipe;
    struct ran ran;
    struct test_random random;
    int64_t heal_us[LINKS_MOST]; /* 0: it is whole */
    unsigned kinds[CUT_KIND_COUNT];
    struct kills kills;
};

static int64_t now_us(void)
{
    return clock_boot_us(&clock_real);
}

/* --- cuts ------------------------------------------------------------------------------------------ */

/* Collect answers, and heal what is due. */
static void pass_time(struct storm *storm, int64_t end_us)
{
    while (now_us() < end_us) {
        int64_t next_us = end_us;

        for (unsigned i = 0; i < storm->arguments->links; i++)
            if (storm->heal_us[i] > 0 && storm->heal_us[i] < next_us)
                next_us = storm->heal_us[i];
        acks_collect(&storm->acks, storm->acks_pipe, next_us - now_us());
        for (unsigned i = 0; i < storm->arguments->links; i++)
            if (storm->heal_us[i] > 0 && storm->heal_us[i] <= now_us()) {
                links_heal(storm->links, i);
                storm->heal_us[i] = 0;
            }
    }
}

/* Most are over before anybody takes notice; some last until the nodes are held for silent. */
static int64_t random_length_us(struct test_random *random)
{
    return test_random_chance(random, 12)
               ? test_random_between(random, 2 * US_PER_SECOND, 5 * US_PER_SECOND)
               : test_random_between(random, 30000, 700000);
}

static void cut_one(struct storm *storm)
{
    unsigned link = test_random_below(&storm->random, storm->arguments->links);
    enum cut_kind kind = test_random_below(&storm->random, CUT_KIND_COUNT);

    links_cut(storm->links, link, kind, test_random_chance(&storm->random, 50));
    storm->heal_us[link] = now_us() + random_length_us(&storm->random);
    storm->kinds[kind]++;
    ran_read(&storm->ran);
    storm->kills.count++;
    storm->kills.amid_jobs += storm->ran.running > 0;
    storm->kills.running += storm->ran.running;
    pass_time(storm, now_us() + test_random_between(&storm->random, 20000, 300000));
}

static void heal_all(struct storm *storm)
{
    int64_t last_us = 0;

    for (unsigned i = 0; i < storm->arguments->links; i++)
        if (storm->heal_us[i] > last_us)
            last_us = storm->heal_us[i];
    pass_time(storm, last_us + 1);
}

/* --- do they agree? -------------------------------------------------------------------------------- */

static unsigned count_up(struct storm *storm)
{
    static const char *const up[] = {"idle", "mixed", "allocated"};
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeList list = WIRE__NODE_LIST__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    struct error err;
    unsigned count = 0;

    ask.body_case = WIRE__ENVELOPE__BODY_NODE_LIST;
    ask.node_list = &list;
    answer = channel_ask(storm->channel, &ask, WIRE__ENVELOPE__BODY_NODE_LISTING, ASK_US, &err);
    for (size_t i = 0; answer && i < answer->node_listing->n_nodes; i++)
        for (size_t j = 0; j < COUNT_OF(up); j++)
            count += strcmp(answer->node_listing->nodes[i]->state, up[j]) == 0;
    return count;
}

static bool has_ended(void *owner, uint64_t job)
{
    const struct ran *ran = owner;

    return table_get_number(ran->ended, job) != NULL;
}

/* How long it took since all links are whole; longer than any limit where they never did. */
static int64_t wait_until_agreed(struct storm *storm)
{
    int64_t begin_us = now_us(), took_us = 0;

    ran_read(&storm->ran);
    while (took_us < AGREE_MOST_US &&
           (count_up(storm) < storm->arguments->nodes ||
            first_live_job(storm->channel, has_ended, &storm->ran) != 0)) {
        pass_time(storm, now_us() + LOOK_US);
        took_us = now_us() - begin_us;
    }
    return took_us;
}

static void cut_many(struct storm *storm)
{
    int64_t begin_us = now_us(), sum_us = 0;
    unsigned rounds = 0;

    while (storm->kills.count < storm->arguments->cuts) {
        int64_t took_us;

        for (unsigned i = 0; i < ROUND && storm->kills.count < storm->arguments->cuts; i++)
            cut_one(storm);
        heal_all(storm);
        took_us = wait_until_agreed(storm);
        rounds++;
        sum_us += took_us;
        if ((double)took_us / US_PER_SECOND > storm->kills.agreed_s)
            storm->kills.agreed_s = (double)took_us / US_PER_SECOND;
    }
    storm->kills.rate = (double)storm->acks.count * US_PER_SECOND / (double)(now_us() - begin_us);
    printf("# %u rounds; agreed %.2f s after the last cut of each was healed, %.2f s at most\n",
           rounds, (double)sum_us / US_PER_SECOND / (rounds ? rounds : 1), storm->kills.agreed_s);
}

/* --- all of it ------------------------------------------------------------------------------------- */

static bool write_ports(const struct storm *storm)
{
    CLEANUP(memory_freep) char *path = memory_format("%s.new", storm->arguments->ports);
    FILE *file = fopen(path, "we");

    if (!file)
        return false;
    for (unsigned i = 0; i < storm->arguments->links; i++)
        fprintf(file, "%u\n", links_port(storm->links, i));
    return fclose(file) == 0 && rename(path, storm->arguments->ports) == 0;
}

static bool wait_for_nodes(struct storm *storm)
{
    int64_t end_us = now_us() + NODES_MOST_US;

    while (count_up(storm) < storm->arguments->nodes && now_us() < end_us)
        pass_time(storm, now_us() + LOOK_US);
    return now_us() < end_us;
}

static void tell(const struct storm *storm)
{
    const struct kills *kills = &storm->kills;

    printf("# %u cuts, %.1f jobs running at each; %zu jobs acknowledged, %.0f a second\n#",
           kills->count, (double)kills->running / (kills->count ? kills->count : 1),
           storm->acks.count, kills->rate);
    for (unsigned kind = 0; kind < CUT_KIND_COUNT; kind++)
        printf(" %s: %u%s", cut_kind_name(kind), storm->kinds[kind],
               kind + 1 < CUT_KIND_COUNT ? "," : "\n");
}

static bool run_storm(struct storm *storm)
{
    const struct arguments *arguments = storm->arguments;
    int pipes[2], stop[2];

    if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(stop, O_CLOEXEC) != 0)
        return false;
    storm->acks_pipe = pipes[0];
    if (!wait_for_nodes(storm))
        return false;
    for (uint32_t i = 0; i < SUBMITTERS; i++)
        submitter_start(arguments->endpoint, arguments->work, PAUSE_MS, pipes[1], stop);
    close(pipes[1]);
    close(stop[0]);
    cut_many(storm);
    close(stop[1]); /* the submitters finish what they have begun */
    while (acks_collect(&storm->acks, pipes[0], US_PER_SECOND))
        ;
    close(pipes[0]);
    return true;
}

static bool run(struct storm *storm)
{
    const struct arguments *arguments = storm->arguments;
    struct error err;

    storm->links = links_start((uint16_t)arguments->port, arguments->links);
    storm->channel = channel_open(arguments->endpoint, NULL, NULL, "cut_loop", &err);
    if (!storm->links || !storm->channel || !ran_open(&storm->ran, arguments->work) ||
        !write_ports(storm) || !run_storm(storm)) {
        printf("Bail out! no links, no scheduler, or no nodes\n");
        return false;
    }
    tell(storm);
    return history_check(arguments->endpoint, arguments->work, &storm->acks, &storm->kills);
}

static void clear(struct storm *storm)
{
    acks_clear(&storm->acks);
    ran_clear(&storm->ran);
    channel_free(storm->channel);
    links_stop(storm->links);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.cuts = 10, .links = 1};
    struct storm storm = {.arguments = &arguments, .kills.agreed_within_s = AGREE_WITHIN_S};
    struct error err;
    int first;
    bool good;

    if (!options_read(options, argc, argv, &arguments, &first, &err)) {
        fprintf(stderr, "cut_loop: %s\n", err.text);
        return 2;
    }
    if (!arguments.endpoint || !arguments.ports || !arguments.work || arguments.port > UINT16_MAX ||
        arguments.links < 1 || arguments.links > LINKS_MOST || first != argc) {
        fprintf(stderr,
                "cut_loop: --endpoint, --port, --ports and --work are needed, and 1 to %d "
                "links\n",
                LINKS_MOST);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    storm.random = test_random_from_environment();
    storm.kills.at_once_paid = arguments.at_once;
    good = run(&storm);
    clear(&storm);
    return good ? 0 : 1;
}
