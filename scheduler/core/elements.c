/* elements.c - which elements of a job array: a set of numbers, as few runs of them */

#include "scheduler/core/elements.h"

#include "base/parse.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void elements_clear(struct elements *elements)
{
    free(elements->runs);
    *elements = (struct elements){0};
}

static void reserve(struct elements *elements, size_t count)
{
    if (count <= elements->capacity)
        return;
    elements->capacity = count > 2 * elements->capacity ? count : 2 * elements->capacity;
    elements->runs = memory_resize(elements->runs, elements->capacity, sizeof(*elements->runs));
}

void elements_copy(struct elements *to, const struct elements *from)
{
    *to = (struct elements){.run_count = from->run_count, .count = from->count};
    if (from->run_count == 0)
        return;
    to->capacity = from->run_count;
    to->runs = memory_copy_bytes(from->runs, from->run_count * sizeof(*from->runs));
}

static uint32_t run_size(const struct element_run *run)
{
    return (run->last - run->first) / run->step + 1;
}

static bool run_has(const struct element_run *run, uint32_t element)
{
    return run->first <= element && element <= run->last && (element - run->first) % run->step == 0;
}

static void insert_run(struct elements *elements, size_t place, struct element_run run)
{
    reserve(elements, elements->run_count + 1);
    memmove(&elements->runs[place + 1], &elements->runs[place],
            (elements->run_count - place) * sizeof(*elements->runs));
    elements->runs[place] = run;
    elements->run_count++;
}

static void delete_run(struct elements *elements, size_t place)
{
    elements->run_count--;
    memmove(&elements->runs[place], &elements->runs[place + 1],
            (elements->run_count - place) * sizeof(*elements->runs));
}

/* The first run that does not end before the element. */
static size_t find_run(const struct elements *elements, uint32_t element)
{
    size_t low = 0, high = elements->run_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (elements->runs[middle].last < element)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- questions ---------------------------------------------------------------------------------- */

bool elements_has(const struct elements *elements, uint32_t element)
{
    size_t place = find_run(elements, element);

    return place < elements->run_count && run_has(&elements->runs[place], element);
}

uint32_t elements_first(const struct elements *elements)
{
    return elements->run_count ? elements->runs[0].first : ELEMENT_NONE;
}

uint32_t elements_last(const struct elements *elements)
{
    return elements->run_count ? elements->runs[elements->run_count - 1].last : ELEMENT_NONE;
}

uint32_t elements_after(const struct elements *elements, uint32_t element)
{
    size_t place = find_run(elements, element + 1);
    const struct element_run *run = &elements->runs[place];
    uint32_t steps;

    if (place == elements->run_count)
        return ELEMENT_NONE;
    if (element < run->first)
        return run->first;
    steps = (element - run->first) / run->step + 1;
    return run->first + steps * run->step;
}

uint32_t elements_step(const struct elements *elements)
{
    return elements->run_count == 1 ? elements->runs[0].step : 1;
}

/* --- changes ------------------------------------------------------------------------------------ */

/* A second element makes a run of any step, a third goes on with it. */
void elements_append(struct elements *elements, uint32_t element)
{
    struct element_run *last =
        elements->run_count ? &elements->runs[elements->run_count - 1] : NULL;

    assert(!last || element > last->last);
    elements->count++;
    if (last && last->first == last->last) {
        last->step = element - last->first;
        last->last = element;
        return;
    }
    if (last && element - last->last == last->step) {
        last->last = element;
        return;
    }
    /* Two that are far apart were no run, where the second begins a better one. */
    if (last && last->last - last->first == last->step && last->step > 1 &&
        element - last->last < last->step) {
        struct element_run next = {last->last, element, element - last->last};

        *last = (struct element_run){last->first, last->first, 1};
        insert_run(elements, elements->run_count, next);
        return;
    }
    insert_run(elements, elements->run_count, (struct element_run){element, element, 1});
}

/* Nothing of the run is at the element: between two of its steps it is taken apart there. */
static size_t open_gap(struct elements *elements, size_t place, uint32_t element)
{
    struct element_run *run = &elements->runs[place];
    uint32_t before;
    struct element_run rest;

    if (place == elements->run_count || element < run->first)
        return place;
    before = run->first + (element - run->first) / run->step * run->step;
    rest = (struct element_run){before + run->step, run->last, run->step};
    run->last = before;
    if (run->first == run->last)
        run->step = 1;
    if (rest.first == rest.last)
        rest.step = 1;
    insert_run(elements, place + 1, rest);
    return place + 1;
}

static bool goes_with(const struct element_run *run, uint32_t step)
{
    return run->first == run->last || run->step == step;
}

/* The run there and the one before it become one, where they are as far apart as their
 * elements are. */
static void merge(struct elements *elements, size_t place)
{
    struct element_run *run, *before;
    uint32_t step;

    if (place == 0 || place >= elements->run_count)
        return;
    run = &elements->runs[place];
    before = run - 1;
    step = run->first - before->last;
    if (!goes_with(before, step) || !goes_with(run, step) ||
        (step > 1 && before->first == before->last && run->first == run->last))
        return;
    before->last = run->last;
    before->step = step;
    delete_run(elements, place);
}

bool elements_add(struct elements *elements, uint32_t element)
{
    size_t place = find_run(elements, element);

    if (place < elements->run_count && run_has(&elements->runs[place], element))
        return false;
    place = open_gap(elements, place, element);
    insert_run(elements, place, (struct element_run){element, element, 1});
    elements->count++;
    merge(elements, place + 1);
    merge(elements, place);
    merge(elements, place); /* what was split may be whole again */
    merge(elements, place - 1);
    return true;
}

bool elements_remove(struct elements *elements, uint32_t element)
{
    size_t place = find_run(elements, element);
    struct element_run *run = &elements->runs[place], rest;

    if (place == elements->run_count || !run_has(run, element))
        return false;
    elements->count--;
    rest = (struct element_run){element + run->step, run->last, run->step};
    if (run->first == run->last) {
        delete_run(elements, place);
        return true;
    }
    if (element == run->last) {
        run->last -= run->step;
    } else if (element == run->first) {
        run->first += run->step;
    } else {
        run->last = element - run->step;
        if (rest.first == rest.last)
            rest.step = 1;
        insert_run(elements, place + 1, rest);
        run = &elements->runs[place];
    }
    if (run->first == run->last)
        run->step = 1;
    return true;
}

static void append_run(struct elements *elements, struct element_run run)
{
    if (run.first == run.last) {
        elements_append(elements, run.first);
        return;
    }
    insert_run(elements, elements->run_count, run);
    elements->count += run_size(&run);
}

void elements_cut(struct elements *elements, const struct elements *wanted,
                  struct elements *ret_cut)
{
    struct elements kept = {0}, cut = {0};

    for (size_t i = 0; i < elements->run_count; i++) {
        const struct element_run *run = &elements->runs[i];
        size_t place = find_run(wanted, run->first);
        const struct element_run *other = &wanted->runs[place];

        /* Whole runs stay whole. */
        if (place == wanted->run_count || other->first > run->last) {
            append_run(&kept, *run);
            continue;
        }
        if (other->first <= run->first && run->last <= other->last && other->step == 1) {
            append_run(&cut, *run);
            continue;
        }
        for (uint32_t element = run->first; element <= run->last; element += run->step)
            elements_append(elements_has(wanted, element) ? &cut : &kept, element);
    }
    elements_clear(elements);
    elements_clear(ret_cut);
    *elements = kept;
    *ret_cut = cut;
}

/* --- text --------------------------------------------------------------------------------------- */

static bool parse_number(const char **text, uint32_t most, const char *what, uint32_t *ret_number,
                         struct error *err)
{
    size_t digits = strspn(*text, "0123456789");
    char number[12];

    if (digits == 0)
        return fail(err, ERROR_INVALID,
                    "array elements: a number is wanted at '%.20s', as in 0-15 or 1,3,7 or 0-15:4",
                    *text);
    if (digits >= sizeof(number))
        return fail(err, ERROR_INVALID, "array elements: %.20s is above %" PRIu32, *text, most);
    memcpy(number, *text, digits);
    number[digits] = '\0';
    if (!parse_u32(number, 0, most, ret_number, err))
        return fail_in(err, "%s", what);
    *text += digits;
    return true;
}

static bool parse_run(const char **text, struct element_run *run, struct error *err)
{
    if (!parse_number(text, ELEMENT_MAX, "array elements", &run->first, err))
        return false;
    *run = (struct element_run){run->first, run->first, 1};
    if (**text != '-')
        return true;
    (*text)++;
    if (!parse_number(text, ELEMENT_MAX, "array elements", &run->last, err))
        return false;
    if (run->last < run->first)
        return fail(err, ERROR_INVALID,
                    "array elements: %" PRIu32 "-%" PRIu32 " runs backwards; %" PRIu32 "-%" PRIu32
                    " is meant?",
                    run->first, run->last, run->last, run->first);
    if (**text == ':') {
        (*text)++;
        if (!parse_number(text, ELEMENT_MAX, "array step", &run->step, err))
            return false;
        if (run->step == 0)
            return fail(err, ERROR_INVALID, "array elements: a step of 0; 1 is the least");
    }
    run->last = run->first + (run->last - run->first) / run->step * run->step;
    if (run->first == run->last)
        run->step = 1;
    return true;
}

static int compare_runs(const void *a, const void *b)
{
    const struct element_run *first = a, *second = b;

    return first->first < second->first ? -1 : first->first > second->first;
}

/* A run that lies between the steps of another goes in one by one. */
static bool join_run(struct elements *elements, const struct element_run *run, size_t runs_most,
                     struct error *err)
{
    if (elements->run_count == 0 || run->first > elements_last(elements)) {
        insert_run(elements, elements->run_count, *run);
        elements->count += run_size(run);
        return true;
    }
    for (uint32_t element = run->first; element <= run->last; element += run->step) {
        if (!elements_add(elements, element))
            return fail(err, ERROR_INVALID, "array element %" PRIu32 " is named twice", element);
        if (elements->run_count > runs_most)
            return fail(err, ERROR_INVALID, "array elements: more than %zu ranges", runs_most);
    }
    return true;
}

static bool join_runs(struct elements *named, size_t runs_most, struct elements *ret_elements,
                      struct error *err)
{
    struct elements all = {0};

    qsort(named->runs, named->run_count, sizeof(*named->runs), compare_runs);
    for (size_t i = 0; i < named->run_count; i++) {
        if (!join_run(&all, &named->runs[i], runs_most, err)) {
            elements_clear(&all);
            return false;
        }
    }
    *ret_elements = all;
    return true;
}

bool elements_parse(const char *text, size_t runs_most, struct elements *ret_elements,
                    struct error *err)
{
    CLEANUP(elements_clear) struct elements named = {0};

    for (;;) {
        struct element_run run;

        if (!parse_run(&text, &run, err))
            return false;
        if (named.run_count == runs_most)
            return fail(err, ERROR_INVALID, "array elements: more than %zu ranges", runs_most);
        insert_run(&named, named.run_count, run);
        if (*text == '\0')
            break;
        if (*text != ',')
            return fail(err, ERROR_INVALID, "array elements: '%.20s' is not understood", text);
        text++;
    }
    return join_runs(&named, runs_most, ret_elements, err);
}

static void print_run(const struct element_run *run, struct buffer *buffer)
{
    buffer_print(buffer, "%" PRIu32, run->first);
    if (run->first == run->last)
        return;
    if (run->last - run->first == run->step && run->step > 1) {
        buffer_print(buffer, ",%" PRIu32, run->last);
        return;
    }
    buffer_print(buffer, "-%" PRIu32, run->last);
    if (run->step > 1)
        buffer_print(buffer, ":%" PRIu32, run->step);
}

void elements_print(const struct elements *elements, struct buffer *buffer)
{
    for (size_t i = 0; i < elements->run_count; i++) {
        if (i > 0)
            buffer_add_char(buffer, ',');
        print_run(&elements->runs[i], buffer);
    }
}
