/* test_vm_disk.c - the disk that a job's guest is given, read by a real tar and a real shell */

#include "agent/vm_disk.h"

#include "base/child.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const words[] = {(char *)"/bin/sh",
                              (char *)"-u",
                              (char *)"/spool/script",
                              (char *)"it's",
                              (char *)"$HOME `id` \"two\"\nlines",
                              NULL};
static char *const environment[] = {(char *)"PATH=/of/the/node",
                                    (char *)"TEQUIO_JOB_ID=17",
                                    (char *)"TEQUIO_VM_CPUS=0",
                                    (char *)"QUOTED=a'b; exit 9; 'c",
                                    (char *)"BASH_FUNC_f%%=() { exit 9; }",
                                    (char *)"1ST=no",
                                    (char *)"NOTHING",
                                    (char *)"XDG_SESSION=5",
                                    NULL};

static struct vm_job job_of(const struct buffer *script)
{
    return (struct vm_job){
        .script = script,
        .words = words,
        .script_path = "/spool/script",
        .environment = environment,
        .directory = "/no/such/folder",
        .mark = "0123",
    };
}

static void test_start(void)
{
    CLEANUP(buffer_clear) struct buffer script;
    CLEANUP(buffer_clear) struct buffer text;
    struct vm_job job = job_of(&script);

    buffer_init(&script);
    buffer_init(&text);
    vm_start_print(&job, &text);
    CU_ASSERT_STRING_EQUAL(text.bytes, "tequio_folder=$PWD\n"
                                       "umask 022\n"
                                       "export TEQUIO_JOB_ID='17'\n"
                                       "export QUOTED='a'\\''b; exit 9; '\\''c'\n"
                                       "cd '/no/such/folder' 2>/dev/null || cd /\n"
                                       "exec '/bin/sh' '-u' \"$tequio_folder/script\" 'it'\\''s' "
                                       "'$HOME `id` \"two\"\nlines'\n");
    buffer_reset(&text);
    job.joined = true;
    vm_start_print(&job, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text.bytes, "\nexec 2>&1\nexec '/bin/sh'"));
}

/* Unpacked and run as a guest does it; *ret_status as wait() gives it. */
static void run_disk(const struct buffer *disk, struct buffer *printed, int *ret_status)
{
    CLEANUP(memory_freep) char *path = scratch_file("disk", disk->bytes, disk->length);
    CLEANUP(memory_freep) char *output = scratch_file("printed", "", 0);
    CLEANUP(memory_freep)
    char *command =
        memory_format("cd %s && tar -xf %s && sh ./start >printed && cat mark >>printed",
                      scratch_directory(), path);
    char *const arguments[] = {(char *)"sh", (char *)"-c", command, NULL};
    char *const variables[] = {(char *)"PATH=/usr/bin:/bin", NULL};
    const struct child_request request = {
        .program = "/bin/sh",
        .arguments = arguments,
        .environment = variables,
        .input = -1,
        .output = -1,
        .error = STDERR_FILENO,
        .extra = -1,
    };
    struct error err;
    pid_t child;

    CU_ASSERT_FATAL(child_start(&request, &child, &err));
    CU_ASSERT_EQUAL(waitpid(child, ret_status, 0), child);
    CU_ASSERT(file_read(output, 4096, printed, &err));
}

static void check_disk(size_t script_size, const char *expected)
{
    CLEANUP(buffer_clear) struct buffer script;
    CLEANUP(buffer_clear) struct buffer disk;
    CLEANUP(buffer_clear) struct buffer printed;
    const struct vm_job job = job_of(&script);
    int status;

    buffer_init(&script);
    buffer_init(&disk);
    buffer_init(&printed);
    buffer_add_text(&script, "#!/bin/sh\nprintf '%s|' \"$1\" \"$2\" \"$TEQUIO_JOB_ID\" "
                             "\"$QUOTED\" \"$PWD\"\n#");
    while (script.length < script_size)
        buffer_add_char(&script, 'x');
    vm_disk_print(&job, &disk);
    CU_ASSERT_EQUAL(disk.length % 512, 0); /* as QEMU wants a disk */
    run_disk(&disk, &printed, &status);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_STRING_EQUAL(printed.bytes, expected);
}

static void test_unpacked_and_run(void)
{
    static const char expected[] = "it's|$HOME `id` \"two\"\nlines|17|a'b; exit 9; 'c|/|0123";

    for (size_t size = 511; size <= 513; size++) /* a block is full, or not, or one byte more */
        check_disk(size, expected);
    check_disk(4u << 20, expected);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"how the script is run, word by word",            test_start           },
        {"unpacked and run, all is as it was on the node", test_unpacked_and_run},
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_disk", tests);
}
