/* message.c - what it costs to encode and decode messages, and to dispatch them
 *
 * usage: message [ROUNDS]
 *
 * Prints one line for each measurement: name, value, unit. */

#include "base/parse.h"
#include "proto/dispatch.h"
#include "proto/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define JOBS 1000 /* in a listing */

/* An envelope, packed. */
struct sample {
    const char *name;
    struct buffer bytes;
    uint64_t rounds;
};

/* Processor time: what else runs on the machine does not count. */
static double used_ns(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return 1e9 * (double)used.tv_sec + (double)used.tv_nsec;
}

static void report(const char *what, const struct sample *sample, double start_ns)
{
    printf("%s_%s %.1f ns\n", what, sample->name, (used_ns() - start_ns) / (double)sample->rounds);
}

static void make_report(struct buffer *bytes)
{
    Wire__PartReport report = WIRE__PART_REPORT__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;
    uint8_t token[16] = "0123456789abcde";

    report.incarnation = (ProtobufCBinaryData){sizeof(token), token};
    report.sequence = 123456;
    report.job = 987654321;
    report.attempt = 1;
    report.token = (ProtobufCBinaryData){sizeof(token), token};
    report.event = WIRE__PART_EVENT__PART_EVENT_STARTED;
    report.at_us = INT64_C(1790000000000000);
    report.core_list = (char *)"0-31";
    report.cpu_list = (char *)"0-31,64-95";
    report.output = (char *)"/home/ana/run/slurm-987654321.out";
    envelope.request = 4242;
    envelope.epoch = 3;
    envelope.body_case = WIRE__ENVELOPE__BODY_PART_REPORT;
    envelope.part_report = &report;
    message_encode(&envelope, bytes);
}

static void make_why(struct buffer *bytes)
{
    Wire__JobWhy why = WIRE__JOB_WHY__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;

    why.job = 987654321;
    envelope.request = 4242;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_WHY;
    envelope.job_why = &why;
    message_encode(&envelope, bytes);
}

static void make_listing(struct buffer *bytes)
{
    static Wire__JobView views[JOBS];
    static Wire__JobView *jobs[JOBS];
    Wire__JobListing listing = WIRE__JOB_LISTING__INIT;
    Wire__Envelope envelope = WIRE__ENVELOPE__INIT;

    for (size_t i = 0; i < JOBS; i++) {
        Wire__JobView *view = jobs[i] = &views[i];

        wire__job_view__init(view);
        view->id = 1000000 + i;
        view->name = (char *)"lattice-qcd-thermal";
        view->user = (char *)"ana";
        view->project = (char *)"qcd-2026";
        view->institution = (char *)"unam";
        view->cluster = (char *)"xiuhcoatl";
        view->partition = (char *)"long";
        view->state = (char *)"PENDING";
        view->state_code = (char *)"PD";
        view->reason = (char *)"Resources";
        view->nodes = 16;
        view->cores = 1024;
        view->tasks = 1024;
        view->memory = UINT64_C(4) << 40;
        view->submit_us = view->eligible_us = INT64_C(1790000000000000);
        view->limit_us = 86400 * US_PER_SECOND;
        view->priority = 123456;
    }
    listing.jobs = jobs;
    listing.n_jobs = JOBS;
    envelope.body_case = WIRE__ENVELOPE__BODY_JOB_LISTING;
    envelope.job_listing = &listing;
    message_encode(&envelope, bytes);
}

static const uint8_t *bytes_of(const struct sample *sample)
{
    return (const uint8_t *)sample->bytes.bytes;
}

static void measure_decoding(const struct sample *sample)
{
    struct error err;
    double start_ns = used_ns();
    size_t heap;

    for (uint64_t i = 0; i < sample->rounds; i++)
        if (!scan_message(&wire__envelope__descriptor, bytes_of(sample), sample->bytes.length,
                          &heap, &err))
            exit(1);
    report("scan", sample, start_ns);

    start_ns = used_ns();
    for (uint64_t i = 0; i < sample->rounds; i++) {
        Wire__Envelope *envelope = message_decode(bytes_of(sample), sample->bytes.length, &err);

        if (!envelope)
            exit(1);
        message_free(envelope);
    }
    report("decode", sample, start_ns);
}

/* protobuf-c alone, with malloc() and without any check. */
static void measure_bare(const struct sample *sample)
{
    double start_ns = used_ns();

    for (uint64_t i = 0; i < sample->rounds; i++) {
        Wire__Envelope *envelope =
            wire__envelope__unpack(NULL, sample->bytes.length, bytes_of(sample));

        if (!envelope)
            exit(1);
        wire__envelope__free_unpacked(envelope, NULL);
    }
    report("bare_unpack", sample, start_ns);
}

static void measure_encoding(const struct sample *sample)
{
    CLEANUP(buffer_clear) struct buffer bytes;
    CLEANUP(message_freep) Wire__Envelope *envelope = NULL;
    struct error err;
    double start_ns;

    buffer_init(&bytes);
    envelope = message_decode(bytes_of(sample), sample->bytes.length, &err);
    if (!envelope)
        exit(1);
    start_ns = used_ns();
    for (uint64_t i = 0; i < sample->rounds; i++) {
        buffer_reset(&bytes);
        message_encode(envelope, &bytes);
    }
    report("encode", sample, start_ns);
}

static bool on_ask(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                   struct error *err)
{
    (void)owner;
    (void)ask;
    (void)err;
    answer->body_case = WIRE__ENVELOPE__BODY_DONE;
    answer->done = ARENA_NEW(keep, Wire__Done);
    wire__done__init(answer->done);
    return true;
}

static bool on_welcome(void *owner, struct ask *ask, Wire__Envelope *answer, struct arena *keep,
                       struct error *err)
{
    (void)owner;
    (void)ask;
    (void)answer;
    (void)keep;
    (void)err;
    return true;
}

/* From the bytes of an ask to the bytes of its answer, with many sessions open. */
static void measure_dispatch(const struct sample *sample)
{
    static const struct handler handlers[] = {
        {WIRE__ENVELOPE__BODY_JOB_WHY,  ROLE_ANYBODY, on_ask},
        {WIRE__ENVELOPE__BODY__NOT_SET, 0,            NULL  },
    };
    static const uint8_t hello[] = {0x08, 1, 0x62, 4, 0x08, 1, 0x10, 1};
    CLEANUP(identities_freep) struct identities *identities = identities_new();
    CLEANUP(dispatcher_freep)
    struct dispatcher *dispatcher = dispatcher_new(handlers, identities, on_welcome, NULL);
    CLEANUP(buffer_clear) struct buffer answer;
    struct sender from = {.uid = 1000, .route_size = 5};
    double start_ns;

    buffer_init(&answer);
    for (uint32_t i = 0; i < 20000; i++) {
        memcpy(from.route, &i, sizeof(i));
        dispatch(dispatcher, &from, hello, sizeof(hello), 1, &answer);
    }
    if (dispatcher_sessions(dispatcher) != 20000)
        exit(1);
    start_ns = used_ns();
    for (uint64_t i = 0; i < sample->rounds; i++) {
        uint32_t route = (uint32_t)(i * 7919 % 20000);

        memcpy(from.route, &route, sizeof(route));
        dispatch(dispatcher, &from, bytes_of(sample), sample->bytes.length, 2, &answer);
    }
    report("dispatch", sample, start_ns);
    if (dispatcher_refused(dispatcher) != 0)
        exit(1);
}

int main(int argc, char **argv)
{
    struct sample samples[] = {{.name = "job_why"}, {.name = "part_report"}, {.name = "listing"}};
    uint64_t rounds = 1000000;
    struct error err;

    if (argc > 2 || (argc == 2 && !parse_u64(argv[1], 1, 1000000000, &rounds, &err))) {
        fprintf(stderr, "usage: message [ROUNDS]\n");
        return 2;
    }
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        buffer_init(&samples[i].bytes);
        samples[i].rounds = rounds;
    }
    samples[2].rounds = rounds / JOBS + 1;
    make_why(&samples[0].bytes);
    make_report(&samples[1].bytes);
    make_listing(&samples[2].bytes);
    for (size_t i = 0; i < COUNT_OF(samples); i++) {
        printf("size_%s %zu bytes\n", samples[i].name, samples[i].bytes.length);
        measure_encoding(&samples[i]);
        measure_bare(&samples[i]);
        measure_decoding(&samples[i]);
    }
    measure_dispatch(&samples[0]);
    for (size_t i = 0; i < COUNT_OF(samples); i++)
        buffer_clear(&samples[i].bytes);
    return 0;
}
