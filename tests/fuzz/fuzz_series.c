/* fuzz_series.c - a series is refused, or all that is made with it stays within its bounds
 *
 * As text, as a node sends it; and, of a first byte that no text begins with, as the file that
 * shepherds add to. */

#include "agent/launcher/series_file.h"

#include "base/file.h"
#include "tests/fuzz/target.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OF_A_FILE = 0xff };

#define MOST (UINT64_C(1) << 56)

static void check_sound(const struct series *series)
{
    struct series_step total = series_total(series);
    struct error err;

    if (!series_check(series, &err) || series_span(series) < 1)
        abort();
    if (total.cpu_us >= MOST || total.memory_bytes >= MOST || total.read_bytes >= MOST ||
        total.written_bytes >= MOST || total.energy_mj >= MOST)
        abort();
}

static void check_back(const struct series *series)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series back;
    struct error err;

    buffer_init(&text);
    series_print(series, &text);
    if (text.length > SERIES_TEXT_MAX || !series_parse(text.bytes, &back, &err) ||
        series_span(&back) != series_span(series) ||
        series_total(&back).cpu_us != series_total(series).cpu_us ||
        series_total(&back).energy_mj != series_total(series).energy_mj)
        abort();
}

/* Whatever is done with it, it is one that could be sent. */
static void use(const struct series *series)
{
    static const int64_t starts_us[] = {0, INT64_C(1790000000) * 1000000, INT64_MAX};

    check_back(series);
    for (size_t i = 0; i < COUNT_OF(starts_us); i++) {
        struct series joined = *series, other;

        series_init(&other, starts_us[i]);
        series_end(&other, &(struct series_step){1, 2, 3, 4, 5}, 6);
        series_join(&other, series, i % 2);
        series_join(&joined, &other, i % 2);
        series_join(&joined, series, true);
        series_add(&joined, &(struct series_step){UINT64_MAX, UINT64_MAX, 0, 0, UINT64_MAX});
        if (joined.start_us > series->start_us)
            abort();
        check_sound(&joined);
        check_back(&joined);
        series_bound(&joined, 1, 1000);
        check_sound(&joined);
        if (series_total(&joined).cpu_us > (uint64_t)series_span(&joined) ||
            series_total(&joined).memory_bytes > 1000)
            abort();
    }
}

/* The same bytes as the file of part "fuzzed". */
static bool read_file(const uint8_t *bytes, size_t size, struct series *ret_series)
{
    char path[] = "/tmp/tequio-fuzz-series.XXXXXX";
    CLEANUP(file_closep) int folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY) : -1;
    CLEANUP(file_closep)
    int file = openat(folder, "fuzzed.series", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct error err;
    bool good;

    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        abort();
    good = series_file_read(folder, "fuzzed", ret_series);
    if (!series_file_remove(folder, "fuzzed", &err) || rmdir(path) != 0)
        abort();
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CLEANUP(buffer_clear) struct buffer text = {0};
    struct series series;
    struct error err = {0};

    buffer_init(&text);
    buffer_add(&text, bytes, size);
    if (size > 0 && bytes[0] == OF_A_FILE) {
        if (read_file(bytes + 1, size - 1, &series))
            use(&series);
    } else if (series_parse(text.bytes, &series, &err)) {
        use(&series);
    } else if (err.code != ERROR_INVALID || !*err.text) {
        abort();
    }
    return 0;
}
