/* test_vm_relay.c - a guest's ports, played by a process that QEMU might be */

#include "agent/vm_relay.h"

#include "base/file.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "0123456789abcdef0123456789abcdef"

static_assert(sizeof(MARK) - 1 == VM_MARK_SIZE, "as long as one");

/* --- the guest ------------------------------------------------------------------------------------- */

struct guest {
    int ports[VM_PORT_COUNT];
};

static int connect_to(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int port = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", scratch_directory(), name);
    if (connect(port, (struct sockaddr *)&address, sizeof(address)) != 0)
        _exit(101);
    return port;
}

static void say(const struct guest *guest, enum vm_port port, const char *text)
{
    struct error err;

    if (!file_write_all(guest->ports[port], text, strlen(text), &err))
        _exit(102);
}

static void await(const struct guest *guest, const char *expected)
{
    char line[64] = "";

    if (read(guest->ports[VM_CONTROL], line, sizeof(line) - 1) <= 0 || strcmp(line, expected) != 0)
        _exit(103);
}

static void say_end(const struct guest *guest, const char *end)
{
    say(guest, VM_CONTROL, end);
    say(guest, VM_OUTPUT, MARK);
    say(guest, VM_ERROR, MARK);
}

/* --- the node -------------------------------------------------------------------------------------- */

typedef void play_fn(const struct guest *guest);

struct outcome {
    bool good;
    struct vm_end end;
    struct error err;
    char output[256];
    char error[256];
    int guest; /* its exit status */
};

static void read_file(const char *name, char ret_text[256])
{
    CLEANUP(memory_freep) char *path = scratch_path(name);
    FILE *file = fopen(path, "r");

    ret_text[file ? fread(ret_text, 1, 255, file) : 0] = '\0';
    if (file)
        fclose(file);
}

static int open_file(const char *name)
{
    CLEANUP(memory_freep) char *path = scratch_path(name);

    return open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void remove_sockets(void)
{
    for (int i = 0; i < VM_PORT_COUNT; i++) {
        CLEANUP(memory_freep) char *path = scratch_path(vm_port_name((enum vm_port)i));

        unlink(path);
    }
}

static pid_t start_guest(play_fn *play)
{
    pid_t child = fork();
    struct guest guest;

    if (child != 0)
        return child;
    for (int i = 0; i < VM_PORT_COUNT; i++)
        guest.ports[i] = connect_to(vm_port_name((enum vm_port)i));
    play(&guest);
    _exit(0);
}

static struct outcome run_patiently(play_fn *play, struct vm_patience patience)
{
    int outputs[2] = {open_file("out"), open_file("err")};
    struct outcome outcome = {0};
    struct vm_relay *relay;
    sigset_t signals;
    int descriptor;
    pid_t child;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    descriptor = signalfd(-1, &signals, SFD_CLOEXEC);
    remove_sockets();
    relay = vm_relay_new(scratch_directory(), MARK, outputs, &outcome.err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(relay);
    child = start_guest(play);
    outcome.good = vm_relay_run(relay, descriptor, &patience, &outcome.end, &outcome.err);
    vm_relay_free(relay);
    waitpid(child, &outcome.guest, 0);
    close(descriptor);
    close(outputs[0]);
    close(outputs[1]);
    read_file("out", outcome.output);
    read_file("err", outcome.error);
    return outcome;
}

static struct outcome run(play_fn *play)
{
    return run_patiently(play, (struct vm_patience){INT64_C(60000000), INT64_C(60000000)});
}

/* --- what is played -------------------------------------------------------------------------------- */

/* The end is known before all output is there. */
static void play_output(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\n");
    say(guest, VM_OUTPUT, "one 0123");
    say(guest, VM_ERROR, "two 0123456789abcdef0123456789abcde");
    say(guest, VM_CONTROL, "exit 43\n");
    say(guest, VM_ERROR, " three" MARK);
    say(guest, VM_OUTPUT, "456789abcdef01234567 and 01234567");
    say(guest, VM_OUTPUT, "0123456789abcdef");
    say(guest, VM_OUTPUT, "0123456789abcdef");
}

static void test_output(void)
{
    struct outcome seen = run(play_output);

    CU_ASSERT(seen.good && seen.guest == 0);
    CU_ASSERT_EQUAL(seen.end.exit_code, 43);
    CU_ASSERT_EQUAL(seen.end.exit_signal, 0);
    CU_ASSERT_STRING_EQUAL(seen.output, "one 0123456789abcdef01234567 and 01234567");
    CU_ASSERT_STRING_EQUAL(seen.error, "two 0123456789abcdef0123456789abcde three");
}

static void play_signal(const struct guest *guest)
{
    kill(getppid(), SIGUSR1); /* waits for the script */
    say(guest, VM_CONTROL, "rea");
    say(guest, VM_CONTROL, "dy\n");
    await(guest, "signal 10\n");
    kill(getppid(), SIGTERM);
    await(guest, "signal 15\n");
    say_end(guest, "signal 15\n");
}

static void test_signals(void)
{
    struct outcome seen = run(play_signal);

    CU_ASSERT(seen.good && seen.guest == 0);
    CU_ASSERT_EQUAL(seen.end.exit_signal, SIGTERM);
}

static void play_early_end(const struct guest *guest)
{
    kill(getppid(), SIGTERM);
    await(guest, ""); /* until it is ended */
}

static void test_early_end(void)
{
    struct outcome seen = run(play_early_end);

    CU_ASSERT(!seen.good);
    CU_ASSERT_EQUAL(seen.err.code, ERROR_CONFLICT);
    CU_ASSERT_EQUAL(seen.end.exit_signal, SIGTERM);
}

static void play_crash(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\n");
    close(guest->ports[VM_CONTROL]);
    say(guest, VM_OUTPUT, "its last words 01");
}

static void test_crash(void)
{
    struct outcome seen = run(play_crash);

    CU_ASSERT(!seen.good);
    CU_ASSERT_EQUAL(seen.err.code, ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.err.text, "has crashed"));
    CU_ASSERT_STRING_EQUAL(seen.output, "its last words 01");
}

static void play_nothing(const struct guest *guest)
{
    (void)guest;
}

static void test_no_guest_program(void)
{
    struct outcome seen = run(play_nothing);

    CU_ASSERT(!seen.good);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.err.text, "tequio-guest?"));
}

/* It waits until it is given up. */
static void play_silence(const struct guest *guest)
{
    say(guest, VM_OUTPUT, "a kernel boots");
    await(guest, "");
}

static void play_no_mark(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\nexit 3\n");
    say(guest, VM_OUTPUT, "it is there" MARK);
    await(guest, "");
}

static void test_silence(void)
{
    const struct vm_patience none = {100000, 100000};
    struct outcome seen = run_patiently(play_silence, none);

    CU_ASSERT(!seen.good);
    CU_ASSERT_EQUAL(seen.err.code, ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.err.text, "has not begun"));
    seen = run_patiently(play_no_mark, none);
    CU_ASSERT(!seen.good);
    CU_ASSERT_EQUAL(seen.err.code, ERROR_UNAVAILABLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.err.text, "exit status 3"));
    CU_ASSERT_STRING_EQUAL(seen.output, "it is there");
}

static void play_refusal(const struct guest *guest)
{
    say(guest, VM_CONTROL, "exit 125\n");
    await(guest, "");
}

static void play_endless(const struct guest *guest)
{
    for (int i = 0; i < 10; i++)
        say(guest, VM_CONTROL, "0123456789");
}

static void play_more(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\nexit 4\n");
    play_endless(guest);
    say(guest, VM_OUTPUT, MARK);
    say(guest, VM_ERROR, MARK);
}

static void test_ends_that_are_none(void)
{
    struct outcome seen = run(play_refusal);

    CU_ASSERT(!seen.good);
    CU_ASSERT_PTR_NOT_NULL(strstr(seen.err.text, "could not begin"));
    seen = run(play_more);
    CU_ASSERT(seen.good);
    CU_ASSERT_EQUAL(seen.end.exit_code, 4);
}

static void play_stop(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\nsignal 19\n");
}

static void play_nonsense(const struct guest *guest)
{
    say(guest, VM_CONTROL, "ready\nexit 256\n");
}

static void test_nonsense(void)
{
    CU_ASSERT(!run(play_nonsense).good);
    CU_ASSERT(!run(play_stop).good);
    CU_ASSERT(!run(play_endless).good);
}

static void test_long_path(void)
{
    CLEANUP(memory_freep)
    char *folder = memory_format("/tmp/%0100d", 0);
    const int outputs[2] = {1, 2};
    struct error err;

    CU_ASSERT_PTR_NULL(vm_relay_new(folder, MARK, outputs, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "too long for a socket"));
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"output byte for byte, whatever comes first",   test_output            },
        {"signals wait for the script, and go to it",    test_signals           },
        {"without a script, a signal ends the machine",  test_early_end         },
        {"of a machine that crashes, what it said last", test_crash             },
        {"an image without the guest's program",         test_no_guest_program  },
        {"lines that are none",                          test_nonsense          },
        {"a guest that keeps silent is given up",        test_silence           },
        {"an end before the script, and behind its end", test_ends_that_are_none},
        {"a folder too deep for a socket",               test_long_path         },
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_relay", tests);
}
