/* test_request.c - the launcher believes nothing that was not checked */

#include "agent/launcher/record.h"
#include "agent/launcher/request_check.h"
#include "agent/runtime.h"
#include "base/clock.h"
#include "base/file.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"
#include "tests/unit/agent/launched.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* --- one field after the other ------------------------------------------------------------------- */

static union request make_part(void)
{
    union request request = {
        .make_part = {
                      .head = {REQUEST_MAGIC, REQUEST_MAKE_PART, 1, 7, 0, 1, 0},
                      .user = "ana",
                      .node = "n1",
                      .cpus = "0-3,8",
                      .memory_nodes = "0",
                      }
    };

    return request;
}

static union request start_batch(void)
{
    union request request = {
        .start = {
                  .head = {REQUEST_MAGIC, REQUEST_START, 1, 7, 0, 1, 0},
                  .tasks = 1,
                  .argument_count = 1,
                  .environment_count = 2,
                  .script_size = 10,
                  .limit_us = INT64_MAX,
                  }
    };

    return request;
}

static union request signal_request(void)
{
    union request request = {
        .signal = {.head = {REQUEST_MAGIC, REQUEST_SIGNAL, 1, 7, 0, 1, 0}, .signal = 15}
    };

    return request;
}

static union request read_request(void)
{
    union request request = {
        .read = {.head = {REQUEST_MAGIC, REQUEST_READ, 1, 7, 0, 1, 0}, .most = 100}
    };

    return request;
}

static union request read_file_request(void)
{
    union request request = read_request();

    request.head.kind = REQUEST_READ_FILE;
    snprintf(request.read_file.user, sizeof(request.read_file.user), "ana");
    snprintf(request.read_file.path, sizeof(request.read_file.path), "/home/ana/none");
    return request;
}

struct sample {
    union request request;
    size_t size;
};

#define GOOD_REQUESTS                                                \
    {                                                                \
        {make_part(), sizeof(struct request_make_part)},             \
            {start_batch(), sizeof(struct request_start)},           \
            {signal_request(), sizeof(struct request_signal)},       \
            {read_request(), sizeof(struct request_read)},           \
            {read_file_request(), sizeof(struct request_read_file)}, \
    }

static void test_good_requests_pass(void)
{
    const struct sample good[] = GOOD_REQUESTS;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CU_ASSERT(request_check(&good[i].request, good[i].size, &err));
}

/* No size but its own: neither cut, nor with something behind. */
static void test_sizes_are_exact(void)
{
    const struct sample good[] = GOOD_REQUESTS;
    struct error err;

    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t size = 0; size <= sizeof(union request); size++)
            CU_ASSERT_EQUAL(request_check(&good[i].request, size, &err), size == good[i].size);
}

static void test_kinds_that_are_none(void)
{
    struct error err;

    for (uint32_t kind = 0; kind < 100; kind++) {
        union request request = {
            .head = {REQUEST_MAGIC, kind, 1, 7, 0, 1, 0}
        };
        bool known = kind == REQUEST_REMOVE_PART || kind == REQUEST_HELLO || kind == REQUEST_FORGET;

        CU_ASSERT_EQUAL(request_check(&request, sizeof(request.head), &err), known);
    }
    union request request = {
        .head = {REQUEST_MAGIC, UINT32_MAX, 1, 7, 0, 1, 0}
    };
    CU_ASSERT(!request_check(&request, sizeof(request.head), &err));
    request.head = (struct request_head){REQUEST_MAGIC + 1, REQUEST_HELLO, 1, 7, 0, 1, 0};
    CU_ASSERT(!request_check(&request, sizeof(request.head), &err));
}

static bool passes(const union request *request, size_t size)
{
    struct error err = {.code = ERROR_NONE};
    bool passed = request_check(request, size, &err);

    CU_ASSERT(passed || err.code == ERROR_INVALID);
    return passed;
}

static void test_bad_parts(void)
{
    static const char *const names[] = {"", "..", "-x", "a/b", "a b", "a\nb", "a%n", "\xff"};
    static const char *const lists[] = {
        ",",   "1,",   "1-", "-1", "3-1", "a", "0-8192", "1;2", "0-99999999999999999999",
        "0 1", "../x", "0\n"};
    union request request;

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        request = make_part();
        snprintf(request.make_part.user, sizeof(request.make_part.user), "%s", names[i]);
        CU_ASSERT(!passes(&request, sizeof(request.make_part)));
        request = make_part();
        snprintf(request.make_part.node, sizeof(request.make_part.node), "%s", names[i]);
        CU_ASSERT_EQUAL(passes(&request, sizeof(request.make_part)), *names[i] == '\0');
    }
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        request = make_part();
        snprintf(request.make_part.cpus, sizeof(request.make_part.cpus), "%s", lists[i]);
        CU_ASSERT(!passes(&request, sizeof(request.make_part)));
        request = make_part();
        snprintf(request.make_part.memory_nodes, sizeof(request.make_part.memory_nodes), "%s",
                 lists[i]);
        CU_ASSERT(!passes(&request, sizeof(request.make_part)));
    }
    request = make_part();
    memset(request.make_part.user, 'a', sizeof(request.make_part.user));
    CU_ASSERT(!passes(&request, sizeof(request.make_part)));
    request = make_part();
    memset(request.make_part.cpus, '1', sizeof(request.make_part.cpus));
    CU_ASSERT(!passes(&request, sizeof(request.make_part)));
    request = make_part();
    request.make_part.memory_bytes = UINT64_MAX;
    CU_ASSERT(!passes(&request, sizeof(request.make_part)));
}

static void test_bad_starts(void)
{
    const struct {
        size_t place;
        uint64_t value;
        size_t size;
    } cases[] = {
        {offsetof(struct request_start, tasks),              0,                       4},
        {offsetof(struct request_start, tasks),              2,                       4}, /* of a batch script */
        {offsetof(struct request_start, tasks),              UINT32_MAX,              4},
        {offsetof(struct request_start, first_task),         UINT32_MAX,              4},
        {offsetof(struct request_start, argument_count),     REQUEST_WORDS_MAX + 1,   4},
        {offsetof(struct request_start, words_before),       REQUEST_WORDS_MAX,       4},
        {offsetof(struct request_start, environment_count),  UINT32_MAX,              4},
        {offsetof(struct request_start, script_size),        REQUEST_TEXT_MAX + 1,    4},
        {offsetof(struct request_start, warning_signal),     65,                      4},
        {offsetof(struct request_start, limit_us),           UINT64_MAX,              8},
        {offsetof(struct request_start, limit_us),           (uint64_t)INT64_MAX - 1, 8},
        {offsetof(struct request_start, warning_us),         UINT64_MAX,              8},
        {offsetof(struct request_start, kill_wait_us),       (uint64_t)1 << 63,       8},
        {offsetof(struct request_start, append),             2,                       1},
        {offsetof(struct request_start, kill_on_failure),    255,                     1},
        {offsetof(struct request_start, warning_batch_only), 2,                       1},
        {offsetof(struct request_start, per_task_cpus),      2,                       1},
        {offsetof(struct request_start, per_task_memory),    2,                       1},
        {offsetof(struct request_start, per_task_ranks),     3,                       1},
        {offsetof(struct request_start, memory_preferred),   2,                       1},
        {offsetof(struct request_start, tell_binding),       2,                       1},
        {offsetof(struct request_start, tasks_alone),        2,                       1},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        union request request = start_batch();

        memcpy((char *)&request + cases[i].place, &cases[i].value, cases[i].size);
        CU_ASSERT(!passes(&request, sizeof(request.start)));
    }
}

static void test_bad_others(void)
{
    union request request = start_batch();

    request.start.script_size = 0;
    request.start.argument_count = 0;
    CU_ASSERT(!passes(&request, sizeof(request.start))); /* a step without program */
    request.start.argument_count = 2, request.start.words_before = 1;
    CU_ASSERT(!passes(&request, sizeof(request.start))); /* a step has no interpreter */
    request = signal_request();
    request.signal.signal = SIGNAL_FREEZE;
    CU_ASSERT(passes(&request, sizeof(request.signal)));
    request.signal.signal = SIGNAL_THAW + 1;
    CU_ASSERT(!passes(&request, sizeof(request.signal)));
    request = signal_request();
    request.signal.batch_only = 2;
    CU_ASSERT(!passes(&request, sizeof(request.signal)));
    request = read_request();
    request.read.most = REQUEST_READ_MAX + 1;
    CU_ASSERT(!passes(&request, sizeof(request.read)));
    request = read_request();
    request.read.offset = UINT64_MAX;
    CU_ASSERT(!passes(&request, sizeof(request.read)));
    request = read_file_request();
    memset(request.read_file.path, '/', sizeof(request.read_file.path));
    CU_ASSERT(!passes(&request, sizeof(request.read_file)));
}

/* --- the texts of a start --------------------------------------------------------------------------- */

/* As runtime_texts.c puts them. */
static const char good_texts[] = "#!/bin/sh\n" /* script */
                                 "/home\0out\0\0in\0"
                                 "one argument\0"
                                 "A=b\0C=\0";

static void test_cpu_lists(void)
{
    CLEANUP(memory_freep) cpu_set_t *set = memory_get(1, CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT));
    size_t size = CPU_ALLOC_SIZE(REQUEST_CPU_LIMIT);
    struct error err;

    CU_ASSERT(cpu_list_parse("0-3,8,8191", set, &err));
    CU_ASSERT_EQUAL(CPU_COUNT_S(size, set), 6);
    CU_ASSERT(CPU_ISSET_S(8191, size, set));
    CU_ASSERT(!CPU_ISSET_S(4, size, set));
    CU_ASSERT(!cpu_list_parse("", set, &err));
    CU_ASSERT(!cpu_list_parse("8192", set, &err));
}

/* --- a real launcher, spoken to by a stranger ---------------------------------------------------------- */

struct stranger {
    struct launched launched;
    int socket;
};

static void stranger_open(struct stranger *stranger)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    launched_open_socket(&stranger->launched, NULL);
    stranger->socket = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    memcpy(address.sun_path, stranger->launched.socket, strlen(stranger->launched.socket));
    CU_ASSERT_EQUAL(connect(stranger->socket, (struct sockaddr *)&address, sizeof(address)), 0);
}

/* It serves others as before. */
static void stranger_clear(struct stranger *stranger)
{
    launched_run(&stranger->launched, 300, "#!/bin/sh\nexit 3\n");
    CU_ASSERT_EQUAL(launched_wait(&stranger->launched, 300, HAPPENED_ENDED)->end.exit_code, 3);
    close(stranger->socket);
    launched_clear(&stranger->launched);
}

/* Send, with `count` descriptors of `descriptor`, and take the answer's code. */
static uint32_t ask(const struct stranger *stranger, const void *bytes, size_t size, int descriptor,
                    size_t count)
{
    struct pollfd ready = {.fd = stranger->socket, .events = POLLIN};
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    union {
        char bytes[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    struct answer answer = {.code = UINT32_MAX};

    if (count > 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.align = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
                                         .cmsg_type = SCM_RIGHTS,
                                         .cmsg_len = CMSG_LEN(count * sizeof(int))};
        for (size_t i = 0; i < count; i++)
            memcpy(CMSG_DATA(&control.align) + i * sizeof(int), &descriptor, sizeof(int));
    }
    if (sendmsg(stranger->socket, &message, MSG_NOSIGNAL) < 0)
        return UINT32_MAX;
    if (poll(&ready, 1, 20000) != 1 || recv(stranger->socket, &answer, sizeof(answer),
                                            MSG_DONTWAIT | MSG_TRUNC) < (ssize_t)sizeof(answer))
        return UINT32_MAX;
    CU_ASSERT_EQUAL(answer.magic, REQUEST_MAGIC);
    return answer.code;
}

static int texts_memfd(const void *bytes, size_t size, bool sealed)
{
    int descriptor = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    struct error err;

    CU_ASSERT(file_write_all(descriptor, bytes, size, &err));
    if (sealed)
        CU_ASSERT_EQUAL(fcntl(descriptor, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK),
                        0);
    return descriptor;
}

static void check_cut_texts_failed(const struct stranger *stranger, const struct request_head *head)
{
    CLEANUP(memory_freep) char *path = memory_format("%s/tasks", stranger->launched.spool);
    CLEANUP(file_closep) int tasks = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    for (size_t cut = 1; cut < sizeof(good_texts) - 1; cut++) {
        const struct record_key key = {head->job, cut, head->attempt, head->part};
        struct record record = {.phase = RECORD_NONE};
        char name[RECORD_NAME_SIZE];
        struct error err;
        bool alive;

        record_name(&key, name);
        CU_ASSERT(record_read(tasks, name, &record, &alive, &err));
        CU_ASSERT_EQUAL(record.phase, RECORD_FAILED);
        CU_ASSERT_EQUAL(record.code, ERROR_INVALID);
    }
}

static void test_descriptors_that_are_not_texts(void)
{
    union request make = make_part(), start = start_batch();
    struct stranger stranger;
    int pipes[2], texts;

    stranger_open(&stranger);
    make.make_part.cpus[0] = make.make_part.memory_nodes[0] = make.make_part.node[0] = '\0';
    CU_ASSERT_EQUAL(ask(&stranger, &make, sizeof(make.make_part), -1, 0), ERROR_NONE);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), -1, 0), ERROR_INVALID);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), 0, 1), ERROR_INVALID);
    CU_ASSERT_EQUAL(pipe(pipes), 0);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), pipes[0], 1), ERROR_INVALID);
    close(pipes[0]);
    close(pipes[1]);
    texts = texts_memfd(good_texts, sizeof(good_texts) - 1, false); /* could change meanwhile */
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 1), ERROR_INVALID);
    close(texts);
    texts = texts_memfd("", 0, true);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 1), ERROR_INVALID);
    close(texts);
    for (size_t cut = 1; cut < sizeof(good_texts) - 1; cut++) { /* its shepherd will see */
        texts = texts_memfd(good_texts, cut, true);
        start.head.step = cut;
        CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 1), ERROR_NONE);
        close(texts);
    }
    start.head.step = 0;
    /* More descriptors than anybody asked for are closed, and the first is taken. */
    texts = texts_memfd(good_texts, sizeof(good_texts) - 1, true);
    for (int i = 0; i < 200; i++)
        ask(&stranger, &start, 10, texts, 4);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 4), ERROR_NONE);
    close(texts);
    CU_ASSERT(launched_remove(&stranger.launched, 7));
    check_cut_texts_failed(&stranger, &start.head);
    stranger_clear(&stranger);
}

static void test_requests_about_what_is_not_there(void)
{
    union request requests[] = {start_batch(), signal_request(), read_request(),
                                read_file_request()};
    const size_t sizes[] = {sizeof(struct request_start), sizeof(struct request_signal),
                            sizeof(struct request_read), sizeof(struct request_read_file)};
    union request remove = {
        .head = {REQUEST_MAGIC, REQUEST_REMOVE_PART, 1, 7, 0, 1, 0}
    };
    struct stranger stranger;
    int texts;

    stranger_open(&stranger);
    texts = texts_memfd(good_texts, sizeof(good_texts) - 1, true);
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        CU_ASSERT_EQUAL(ask(&stranger, &requests[i], sizes[i], texts, 1), ERROR_NOT_FOUND);
    CU_ASSERT_EQUAL(ask(&stranger, &remove, sizeof(remove.head), -1, 0), ERROR_NONE);
    close(texts);
    stranger_clear(&stranger);
}

/* CONFLICT would say that it was started: who has the lock may be a launcher that is dying. */
static void test_a_start_while_another_has_the_record(void)
{
    union request make = make_part(), start = start_batch();
    CLEANUP(memory_freep) char *path = NULL;
    struct stranger stranger;
    int record, texts;
    struct error err;

    stranger_open(&stranger);
    make.make_part.cpus[0] = make.make_part.memory_nodes[0] = make.make_part.node[0] = '\0';
    CU_ASSERT_EQUAL(ask(&stranger, &make, sizeof(make.make_part), -1, 0), ERROR_NONE);
    texts = texts_memfd(good_texts, sizeof(good_texts) - 1, true);
    path = memory_format("%s/tasks/7.1.0.0", stranger.launched.spool);
    record = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
    CU_ASSERT(record_lock(record, &err));
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 1), ERROR_UNAVAILABLE);
    close(record);
    CU_ASSERT_EQUAL(ask(&stranger, &start, sizeof(start.start), texts, 1), ERROR_NONE);
    close(texts);
    CU_ASSERT(launched_remove(&stranger.launched, 7));
    stranger_clear(&stranger);
}

/* Any bytes, and good requests with some of their bits turned. */
static void test_noise(void)
{
    struct test_random random = test_random_from_environment();
    const struct sample good[] = GOOD_REQUESTS;
    struct stranger stranger;
    int texts;

    stranger_open(&stranger);
    texts = texts_memfd(good_texts, sizeof(good_texts) - 1, true);
    for (int round = 0; round < 3000; round++) {
        uint32_t which = test_random_below(&random, COUNT_OF(good));
        union request request = good[which].request;
        size_t size = good[which].size;
        uint32_t code;

        if (test_random_chance(&random, 20)) {
            size = 1 + test_random_below(&random, sizeof(request));
            test_random_fill(&random, &request, size);
        } else {
            for (uint32_t i = 0; i <= test_random_below(&random, 4); i++) {
                uint32_t bit = test_random_below(&random, (uint32_t)size * 8);

                ((unsigned char *)&request)[bit / 8] ^= (unsigned char)(1u << bit % 8);
            }
        }
        if (request.head.kind == REQUEST_FORGET) /* has no answer */
            request.head.kind = REQUEST_HELLO;
        code = ask(&stranger, &request, size, texts, test_random_below(&random, 2));
        CU_ASSERT(code <= ERROR_INTERNAL);
        if (code != ERROR_NONE || request.head.kind != REQUEST_MAKE_PART)
            continue;
        request.head.kind = REQUEST_REMOVE_PART;
        CU_ASSERT_EQUAL(ask(&stranger, &request, sizeof(request.head), -1, 0), ERROR_NONE);
    }
    close(texts);
    stranger_clear(&stranger);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"good requests pass",                   test_good_requests_pass                  },
        {"sizes are exact",                      test_sizes_are_exact                     },
        {"kinds that are none",                  test_kinds_that_are_none                 },
        {"bad parts",                            test_bad_parts                           },
        {"bad starts",                           test_bad_starts                          },
        {"bad steps, signals and reads",         test_bad_others                          },
        {"cpu lists",                            test_cpu_lists                           },
        {"descriptors that are not texts",       test_descriptors_that_are_not_texts      },
        {"requests about what is not there",     test_requests_about_what_is_not_there    },
        {"a start while another has the record", test_a_start_while_another_has_the_record},
        {"noise",                                test_noise                               },
        CU_TEST_INFO_NULL,
    };

    return run_suite("request", tests);
}
