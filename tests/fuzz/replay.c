/* replay.c - run a fuzz target without a fuzzer: over its corpus, and over variations of it
 *
 * In place of libFuzzer's main() where that is not built in, so that `make check` keeps
 * every target alive with any compiler.  The corpus of fuzz_NAME is corpus/NAME/. */

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "tests/fuzz/target.h"
#include "tests/lib/random.h"
#include "tests/lib/runner.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INPUT_MOST = 1 << 20, INPUTS_MOST = 1000, CHANGES_MOST = 8, VARIATIONS = 10000 };

static struct buffer inputs[INPUTS_MOST];
static size_t input_count;

static int is_plain_name(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In the order of their names, so that a seed means the same everywhere. */
static void read_corpus(void)
{
    const char *source = getenv("TEQUIO_SOURCE");
    CLEANUP(memory_freep)
    char *folder = memory_format("%s/tests/fuzz/corpus/%s", source ? source : ".",
                                 strchr(program_invocation_short_name, '_') + 1);
    struct dirent **entries;
    int count = scandir(folder, &entries, is_plain_name, alphasort);

    CU_ASSERT_FATAL(count > 0 && count <= INPUTS_MOST);
    for (int i = 0; i < count; i++) {
        CLEANUP(memory_freep) char *path = memory_format("%s/%s", folder, entries[i]->d_name);
        struct error err;

        buffer_init(&inputs[input_count]);
        if (file_read(path, INPUT_MOST, &inputs[input_count], &err))
            input_count++;
        else
            CU_FAIL("an input of the corpus cannot be read");
        free(entries[i]);
    }
    free(entries);
}

/* In memory of exactly its size, so that the address sanitizer sees one byte too far. */
static void feed(const char *bytes, size_t size)
{
    CLEANUP(memory_freep) uint8_t *copy = memory_copy_bytes(bytes, size);

    CU_ASSERT_EQUAL(LLVMFuzzerTestOneInput(copy, size), 0);
}

static void test_the_corpus(void)
{
    read_corpus();
    for (size_t i = 0; i < input_count; i++)
        feed(inputs[i].bytes, inputs[i].length);
}

static void cut_out(struct buffer *input, size_t place, size_t size)
{
    memmove(input->bytes + place, input->bytes + place + size, input->length - place - size);
    input->length -= size;
}

static void put_in(struct buffer *input, size_t place, const char *bytes, size_t size)
{
    CLEANUP(memory_freep)
    char *tail = memory_copy_bytes(input->bytes + place, input->length - place);
    size_t tail_size = input->length - place;

    input->length = place;
    buffer_add(input, bytes, size);
    buffer_add(input, tail, tail_size);
}

/* One change of the kinds that find most: a bit, a byte, a piece less, a piece more. */
static void change(struct test_random *random, struct buffer *input)
{
    static const char *tokens[] = {"\xff", "0",  "-",  "[",  "]",
                                   ",",    "\n", "\"", "%n", "99999999999"};
    const struct buffer *other = &inputs[test_random_below(random, (uint32_t)input_count)];
    size_t place = test_random_below(random, (uint32_t)input->length + 1);
    size_t rest = input->length - place;
    const char *token;

    switch (test_random_below(random, 5)) {
    case 0:
        if (rest > 0)
            input->bytes[place] = (char)(input->bytes[place] ^ 1 << test_random_below(random, 8));
        break;
    case 1:
        if (rest > 0)
            input->bytes[place] = (char)test_random_next(random);
        break;
    case 2:
        cut_out(input, place, test_random_below(random, (uint32_t)(rest < 32 ? rest : 32) + 1));
        break;
    case 3:
        token = tokens[test_random_below(random, COUNT_OF(tokens))];
        put_in(input, place, token, strlen(token));
        break;
    default:
        put_in(input, place, other->bytes, test_random_below(random, (uint32_t)other->length + 1));
        break;
    }
}

static void test_variations(void)
{
    struct test_random random = test_random_from_environment();

    for (int round = 0; round < VARIATIONS && input_count > 0; round++) {
        const struct buffer *start = &inputs[test_random_below(&random, (uint32_t)input_count)];
        CLEANUP(buffer_clear) struct buffer input = {0};
        uint32_t changes = 1 + test_random_below(&random, CHANGES_MOST);

        buffer_init(&input);
        buffer_add(&input, start->bytes, start->length);
        for (uint32_t i = 0; i < changes; i++)
            change(&random, &input);
        feed(input.bytes, input.length);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the corpus",       test_the_corpus},
        {"variations of it", test_variations},
        CU_TEST_INFO_NULL,
    };
    int status = run_suite(program_invocation_short_name, tests);

    for (size_t i = 0; i < input_count; i++)
        buffer_clear(&inputs[i]);
    return status;
}
