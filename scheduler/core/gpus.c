/* gpus.c - GPUs by type, as counts */

#include "scheduler/core/gpus.h"

#include "base/memory.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

uint32_t gpu_stock_find(const struct gpu_stock *stock, const char *type)
{
    for (uint32_t i = 0; i < stock->kind_count; i++)
        if (strcmp(stock->kinds[i].type, type) == 0)
            return i;
    return GPU_KINDS_MAX;
}

/* A new type in its place. */
static bool insert(struct gpu_stock *stock, const char *type, struct error *err)
{
    uint32_t place = stock->kind_count;

    if (!parse_name(type, "type of GPU", GPU_TYPE_SIZE - 1, err))
        return false;
    if (stock->kind_count == GPU_KINDS_MAX)
        return fail(err, ERROR_INVALID, "more than %d types of GPU on one node", GPU_KINDS_MAX);
    while (place > 0 && strcmp(stock->kinds[place - 1].type, type) > 0) {
        stock->kinds[place] = stock->kinds[place - 1];
        place--;
    }
    stock->kinds[place] = (struct gpu_kind){.count = 0};
    memcpy(stock->kinds[place].type, type, strlen(type));
    stock->kind_count++;
    return true;
}

bool gpu_stock_add(struct gpu_stock *stock, const char *type, uint32_t count, struct error *err)
{
    uint32_t place = gpu_stock_find(stock, type);

    if (count == 0)
        return fail(err, ERROR_INVALID, "no GPU of type %.31s: leave it out", type);
    if (count > GPUS_MAX || (place < GPU_KINDS_MAX && stock->kinds[place].count + count > GPUS_MAX))
        return fail(err, ERROR_INVALID, "%" PRIu32 " GPUs of type %.31s are more than %d", count,
                    type, GPUS_MAX);
    if (place == GPU_KINDS_MAX) {
        if (!insert(stock, type, err))
            return false;
        place = gpu_stock_find(stock, type);
    }
    stock->kinds[place].count += count;
    return true;
}

static bool add_word(struct gpu_stock *stock, char *word, struct error *err)
{
    char *colon = strchr(word, ':');
    uint32_t count = 1;

    if (colon) {
        *colon = '\0';
        if (!parse_u32(colon + 1, 1, GPUS_MAX, &count, err))
            return fail_in(err, "%.31s", word);
    }
    return gpu_stock_add(stock, word, count, err);
}

bool gpu_stock_parse(const char *text, struct gpu_stock *ret_stock, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    struct gpu_stock stock = {0};
    char *rest = copy, *word;

    while (*text && (word = strsep(&rest, ",")))
        if (!add_word(&stock, word, err))
            return false;
    *ret_stock = stock;
    return true;
}

void gpu_stock_print(const struct gpu_stock *stock, struct buffer *buffer)
{
    for (uint32_t i = 0; i < stock->kind_count; i++)
        buffer_print(buffer, "%s%s:%" PRIu32, i > 0 ? "," : "", stock->kinds[i].type,
                     stock->kinds[i].count);
}

static int compare_kinds(const struct gpu_kind *a, const struct gpu_kind *b)
{
    int order = strcmp(a->type, b->type);

    return order ? order : (a->count > b->count) - (a->count < b->count);
}

int gpu_stock_compare(const struct gpu_stock *a, const struct gpu_stock *b)
{
    if (a->kind_count != b->kind_count)
        return a->kind_count < b->kind_count ? -1 : 1;
    for (uint32_t i = 0; i < a->kind_count; i++) {
        int order = compare_kinds(&a->kinds[i], &b->kinds[i]);

        if (order != 0)
            return order;
    }
    return 0;
}

bool gpu_stock_equal(const struct gpu_stock *a, const struct gpu_stock *b)
{
    return gpu_stock_compare(a, b) == 0;
}

uint32_t gpu_stock_total(const struct gpu_stock *stock)
{
    uint32_t total = 0;

    for (uint32_t i = 0; i < stock->kind_count; i++)
        total += stock->kinds[i].count;
    return total;
}
