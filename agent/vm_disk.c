/* vm_disk.c - what a guest is given: the job's script and how to run it, as a disk */

#include "agent/vm_disk.h"

#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

/* --- how it is run -------------------------------------------------------------------------------- */

/* Nothing inside single quotes means anything to a shell, but for the quote itself. */
static void put_quoted(const char *word, struct buffer *text)
{
    buffer_add_char(text, '\'');
    for (; *word; word++)
        if (*word == '\'')
            buffer_add_text(text, "'\\''");
        else
            buffer_add_char(text, *word);
    buffer_add_char(text, '\'');
}

static bool is_name(const char *variable, size_t length)
{
    if (length == 0 || (*variable >= '0' && *variable <= '9'))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_", variable[i]))
            return false;
    return true;
}

/* Places and programs of the node, which the guest has its own of; "…_": all that begin so. */
static bool is_of_node(const char *variable, size_t length)
{
    static const char *const names[] = {
        "HOME",
        "LD_",
        "LOGNAME",
        "OLDPWD",
        "PATH",
        "PWD",
        "SHELL",
        "TEQUIO_CREDENTIAL",
        "TEQUIO_SCRATCH",
        "TEQUIO_AGENT",
        "TEQUIO_HOSTFILE",
        "TEQUIO_VM_",
        "TEQUIO_TASK_SET",
        "TMPDIR",
        "USER",
        "XDG_",
        "OMPI_MCA_",
        "PRTE_MCA_",
        "HYDRA_",
    };

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t size = strlen(names[i]);

        if (names[i][size - 1] == '_' ? length > size && strncmp(variable, names[i], size) == 0
                                      : length == size && strncmp(variable, names[i], size) == 0)
            return true;
    }
    return false;
}

static void put_variable(const char *variable, struct buffer *text)
{
    size_t length = strcspn(variable, "=");

    if (!is_name(variable, length) || is_of_node(variable, length) || !variable[length])
        return;
    buffer_print(text, "export %.*s=", (int)length, variable);
    put_quoted(variable + length + 1, text);
    buffer_add_char(text, '\n');
}

/* It begins where `script` is. */
void vm_start_print(const struct vm_job *job, struct buffer *text)
{
    buffer_add_text(text, "tequio_folder=$PWD\numask 022\n");
    for (char *const *variable = job->environment; *variable; variable++)
        put_variable(*variable, text);
    buffer_add_text(text, "cd ");
    put_quoted(job->directory, text);
    buffer_add_text(text, " 2>/dev/null || cd /\n");
    if (job->joined)
        buffer_add_text(text, "exec 2>&1\n");
    buffer_add_text(text, "exec");
    for (char *const *word = job->words; *word; word++) {
        buffer_add_char(text, ' ');
        if (job->script_path && strcmp(*word, job->script_path) == 0)
            buffer_add_text(text, "\"$tequio_folder/script\"");
        else
            put_quoted(*word, text);
    }
    buffer_add_char(text, '\n');
}

/* --- the disk ------------------------------------------------------------------------------------- */

/* IEEE Std 1003.1, pax: "ustar Interchange Format". */
struct tar_header {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char changed[12];
    char checksum[8];
    char kind;
    char link[100];
    char magic[6];
    char version[2];
    char user[32];
    char group[32];
    char device_major[8];
    char device_minor[8];
    char prefix[155];
    char unused[12];
};

static_assert(sizeof(struct tar_header) == BLOCK, "as tar has it");

static void put_zeros(size_t count, struct buffer *disk)
{
    memset(buffer_reserve(disk, count), 0, count);
    disk->length += count;
}

/* Of the header's bytes, with blanks for the sum itself. */
static unsigned sum_of(const struct tar_header *header)
{
    const unsigned char *bytes = (const unsigned char *)header;
    unsigned sum = 0;

    for (size_t i = 0; i < sizeof(*header); i++)
        sum += bytes[i];
    return sum;
}

static void put_file(const char *name, const char *bytes, size_t size, struct buffer *disk)
{
    struct tar_header header = {
        .kind = '0', .magic = "ustar", .version = {'0', '0'}
    };

    snprintf(header.name, sizeof(header.name), "%s", name);
    snprintf(header.mode, sizeof(header.mode), "%07o", 0755U);
    snprintf(header.uid, sizeof(header.uid), "%07o", 0U);
    snprintf(header.gid, sizeof(header.gid), "%07o", 0U);
    snprintf(header.size, sizeof(header.size), "%011zo", size);
    snprintf(header.changed, sizeof(header.changed), "%011o", 0U);
    memset(header.checksum, ' ', sizeof(header.checksum));
    snprintf(header.checksum, sizeof(header.checksum) - 1, "%06o", sum_of(&header));
    buffer_add(disk, &header, sizeof(header));
    buffer_add(disk, bytes, size);
    put_zeros((BLOCK - size % BLOCK) % BLOCK, disk);
}

void vm_disk_print(const struct vm_job *job, struct buffer *disk)
{
    CLEANUP(buffer_clear) struct buffer start;

    buffer_init(&start);
    vm_start_print(job, &start);
    put_file("start", start.bytes, start.length, disk);
    put_file("script", job->script->bytes, job->script->length, disk);
    put_file("mark", job->mark, strlen(job->mark), disk);
    put_zeros(2 * (size_t)BLOCK, disk);
}
