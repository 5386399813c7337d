/* cgroup_devices.c - devices that a part may not open: by its list, or in version 2 by a program of the kernel's */

#include "agent/cgroup_inside.h"

#include "base/file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Three loads, the kind, four for each device, and the end. */
enum { BEFORE = 5, EACH = 4, BEHIND = 2 };

bool cgroup_v1_deny(int base, const char *part, const struct cgroup_limits *limits,
                    struct error *err)
{
    for (uint32_t i = 0; i < limits->denied_count; i++) {
        char text[48];

        snprintf(text, sizeof(text), "c %" PRIu32 ":%" PRIu32 " rwm", limits->denied[i].file_major,
                 limits->denied[i].file_minor);
        if (!group_write(base, part, "devices.deny", text))
            return fail_errno(err, "write %s to devices.deny", text);
    }
    return true;
}

/* What a program of this kind has to answer: 0 denies.  It is asked of each opening. */
static void write_program(struct bpf_insn *program, const struct cgroup_limits *limits)
{
    static const uint8_t load = BPF_LDX | BPF_MEM | BPF_W, skip = BPF_JMP32 | BPF_JNE | BPF_K,
                         set = BPF_ALU64 | BPF_MOV | BPF_K, end = BPF_JMP | BPF_EXIT;
    const struct bpf_insn before[BEFORE] = {
        {load,    BPF_REG_2,          BPF_REG_1,       offsetof(struct bpf_cgroup_dev_ctx, access_type),                   0},
        {BPF_ALU | BPF_AND | BPF_K,       BPF_REG_2, 0, 0,                                  0xffff                                                              },
        {load,       BPF_REG_3,                      BPF_REG_1,                      offsetof(struct bpf_cgroup_dev_ctx,                          major),0},
        {load,      BPF_REG_4,                        BPF_REG_1,                                    offsetof(struct bpf_cgroup_dev_ctx,                                                        minor),                                                                                                                    0},
        {skip, BPF_REG_2,                  0,                                 (int16_t)(EACH * (int)limits->denied_count),         BPF_DEVCG_DEV_CHAR},
    };
    struct bpf_insn *at = program + BEFORE;

    memcpy(program, before, sizeof(before));
    for (uint32_t i = 0; i < limits->denied_count; i++, at += EACH) {
        const struct bpf_insn each[EACH] = {
            {skip, BPF_REG_3, 0, EACH - 1, (int32_t)limits->denied[i].file_major},
            {skip, BPF_REG_4, 0, EACH - 2, (int32_t)limits->denied[i].file_minor},
            {set,  BPF_REG_0, 0, 0,        0                                    },
            {end,  0,         0, 0,        0                                    },
        };

        memcpy(at, each, sizeof(each));
    }
    at[0] = (struct bpf_insn){set, BPF_REG_0, 0, 0, 1};
    at[1] = (struct bpf_insn){end, 0, 0, 0, 0};
}

/* -1 when the kernel does not take it: see errno. */
static int load_program(const struct cgroup_limits *limits)
{
    size_t count = BEFORE + (size_t)EACH * limits->denied_count + BEHIND;
    CLEANUP(memory_freep) struct bpf_insn *program = NEW_ARRAY(struct bpf_insn, count);
    union bpf_attr attributes;

    write_program(program, limits);
    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)program;
    attributes.insn_cnt = (uint32_t)count;
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

bool cgroup_v2_can_deny(void)
{
    const struct cgroup_limits none = {.denied_count = 0};
    CLEANUP(file_closep) int program = load_program(&none);

    return program >= 0;
}

/* The program goes with the group. */
bool cgroup_v2_deny(int base, const char *part, const struct cgroup_limits *limits,
                    struct error *err)
{
    CLEANUP(file_closep) int group = openat(base, part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(file_closep) int program = group < 0 ? -1 : load_program(limits);
    union bpf_attr attributes;

    if (program < 0)
        return fail_errno(err, "load the program that denies devices");
    memset(&attributes, 0, sizeof(attributes));
    attributes.target_fd = (uint32_t)group;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof(attributes)) != 0)
        return fail_errno(err, "attach the program that denies devices");
    return true;
}
