/* test_vm_image.c - what is an image, and what is none */

#include "agent/vm_image.h"

#include "base/memory.h"
#include "tests/lib/runner.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *name, const char *text)
{
    free(scratch_file(name, text, strlen(text)));
}

/* A disk of QEMU's format, of version 3. */
static void put_qcow2(const char *name, unsigned char backing, unsigned char features, size_t size)
{
    unsigned char header[80] = {'Q', 'F', 'I', 0xfb, 0, 0, 0, 3};

    header[15] = backing;
    header[79] = features;
    free(scratch_file(name, header, size));
}

static bool find(const char *given, struct vm_image *ret_image, struct error *err)
{
    return vm_image_find(given, scratch_directory(), ret_image, err);
}

static void test_disks(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("plain.qcow2");
    struct vm_image image;
    struct error err;

    put("plain.qcow2", "raw, whatever it is called");
    put_qcow2("other.img", 0, 0, 80);
    put("short", "QF");
    CU_ASSERT_FATAL(find("plain.qcow2", &image, &err));
    CU_ASSERT_STRING_EQUAL(image.disk, path);
    CU_ASSERT(!image.qcow2 && !image.kernel);
    vm_image_clear(&image);
    CU_ASSERT_FATAL(find("other.img", &image, &err));
    CU_ASSERT(image.qcow2);
    vm_image_clear(&image);
    CU_ASSERT_FATAL(vm_image_find(path, NULL, &image, &err)); /* a path needs no folder */
    CU_ASSERT_STRING_EQUAL(image.disk, path);
    vm_image_clear(&image);
    CU_ASSERT_FATAL(find("short", &image, &err));
    CU_ASSERT(!image.qcow2);
    vm_image_clear(&image);
}

static void test_folder(void)
{
    CLEANUP(memory_freep) char *folder = scratch_path("whole");
    struct vm_image image;
    struct error err;

    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    CU_ASSERT(!find("whole", &image, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "its kernel: No such file"));
    put("whole/kernel", "k");
    CU_ASSERT_FATAL(find("whole", &image, &err));
    CU_ASSERT_STRING_EQUAL(image.arguments, "");
    CU_ASSERT(!image.initrd && !image.disk);
    vm_image_clear(&image);
    put("whole/initrd", "i");
    put("whole/arguments", "console=ttyS0 quiet\nand no more\n");
    put_qcow2("whole/disk", 0, 0, 80);
    CU_ASSERT_FATAL(find("whole", &image, &err));
    CU_ASSERT_STRING_EQUAL(image.arguments, "console=ttyS0 quiet");
    CU_ASSERT(image.initrd && image.disk && image.qcow2);
    vm_image_clear(&image);
}

static void test_parts_that_are_no_files(void)
{
    static const char *const parts[] = {"kernel", "initrd", "arguments", "disk"};
    CLEANUP(memory_freep) char *folder = scratch_path("parts");
    CLEANUP(memory_freep) char *kernel = scratch_path("parts/kernel");
    struct vm_image image;
    struct error err;

    CU_ASSERT_EQUAL_FATAL(mkdir(folder, 0755), 0);
    put("elsewhere", "e");
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        CLEANUP(memory_freep) char *path = memory_format("%s/%s", folder, parts[i]);

        if (i > 0)
            put("parts/kernel", "k");
        CU_ASSERT_EQUAL(symlink("../elsewhere", path), 0);
        CU_ASSERT(!find("parts", &image, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is a link, and must be a file"));
        CU_ASSERT_EQUAL(unlink(path), 0);
        CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
        CU_ASSERT(!find("parts", &image, &err)); /* and does not wait */
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "is no regular file"));
        CU_ASSERT_EQUAL(unlink(path), 0);
    }
    put("parts/kernel", "k");
    CU_ASSERT_FATAL(find("parts", &image, &err));
    CU_ASSERT_STRING_EQUAL(image.kernel, kernel);
    vm_image_clear(&image);
}

/* Whatever it is: it would be opened without having been looked at. */
static void test_what_needs_another_file(void)
{
    struct vm_image image = {0};
    struct error err;

    put_qcow2("backed", 1, 0, 80);
    put_qcow2("apart", 0, 4, 80);
    put_qcow2("dirty", 0, 1, 80);
    put_qcow2("cut", 0, 0, 20);
    CU_ASSERT(!find("backed", &image, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "needs another file"));
    CU_ASSERT(!find("apart", &image, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "needs another file"));
    CU_ASSERT(!find("cut", &image, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cut off"));
    CU_ASSERT_FATAL(find("dirty", &image, &err)); /* which QEMU mends */
    vm_image_clear(&image);
}

static void test_none(void)
{
    static const struct {
        const char *given, *says;
    } cases[] = {
        {"missing",       "No such file"             },
        {"/no/such/file", "No such file"             },
        {"",              "give a whole path"        },
        {"..",            "give a whole path"        },
        {"../etc",        "give a whole path"        },
        {"a/b",           "give a whole path"        },
        {"/dev/null",     "no regular file"          },
        {"/a\nb",         "a control character is in"},
    };
    struct vm_image image = {0};
    struct error err;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        CU_ASSERT(!find(cases[i].given, &image, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        CU_ASSERT_PTR_NULL(image.disk);
    }
    CU_ASSERT(!vm_image_find("name", "", &image, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "no images of its own"));
}

static void test_cover(void)
{
    CLEANUP(memory_freep) char *path = scratch_path("cover");
    CLEANUP(memory_freep) char *again = scratch_path("none/cover");
    struct vm_image image;
    struct error err;
    struct stat status;

    if (access("/usr/bin/qemu-img", X_OK) != 0)
        return; /* what is told without it is in tests/integration */
    put("base", "its bytes");
    CU_ASSERT_FATAL(find("base", &image, &err));
    CU_ASSERT(vm_image_cover(&image, path, &err));
    CU_ASSERT(stat(path, &status) == 0 && status.st_size > 0);
    CU_ASSERT(!vm_image_cover(&image, again, &err));
    vm_image_clear(&image);
    CU_ASSERT(!find("cover", &image, &err)); /* it needs the file below */
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"disks, by what is in them",          test_disks                  },
        {"a folder with a kernel",             test_folder                 },
        {"parts that are links or pipes",      test_parts_that_are_no_files},
        {"what needs another file is none",    test_what_needs_another_file},
        {"what is no image, and why",          test_none                   },
        {"a file over the disk takes changes", test_cover                  },
        CU_TEST_INFO_NULL,
    };

    return run_suite("vm_image", tests);
}
