/* job_names.c - jobs as people name them: 17, 17-20, 123_4, 123_[5-9], 17+1 */

#include "client/job_names.h"

#include "base/parse.h"
#include "client/component.h"
#include "client/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void job_names_clear(struct job_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->all[i].elements);
    free(names->all);
    *names = (struct job_names){0};
}

static bool add_name(struct job_names *names, uint64_t job, const char *elements, size_t most,
                     struct error *err)
{
    if (names->count >= most)
        return fail(err, ERROR_INVALID, _("at most %zu jobs can be named at once"), most);
    names->all = memory_resize(names->all, names->count + 1, sizeof(*names->all));
    names->all[names->count++] = (struct job_name){job, memory_copy(elements)};
    return true;
}

static bool fail_word(const char *word, struct error *err)
{
    char shown[TEXT_SHOWN_SIZE];

    return fail(err, ERROR_INVALID,
                _("%s names no elements of an array: write 123_4 or 123_[0-9,20]"),
                text_show(word, shown));
}

/* One number, which ends at *rest. */
static bool read_number(const char *text, const char **rest, uint32_t *ret_number)
{
    size_t digits = strspn(text, "0123456789");
    char number[12];
    struct error ignored;

    if (digits == 0 || digits >= sizeof(number))
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    *rest = text + digits;
    return parse_u32(number, 0, INT32_MAX, ret_number, &ignored);
}

/* "4", "5-9", "0-20:5" */
static bool read_run(struct element_walk *walk)
{
    if (!read_number(walk->text, &walk->text, &walk->next))
        return false;
    walk->last = walk->next;
    walk->step = 1;
    if (*walk->text == '-' && !read_number(walk->text + 1, &walk->text, &walk->last))
        return false;
    if (*walk->text == ':' && !read_number(walk->text + 1, &walk->text, &walk->step))
        return false;
    if (*walk->text == ',' && walk->text[1] != '\0')
        walk->text++;
    else if (*walk->text != '\0')
        return false;
    walk->inside = true;
    return walk->last >= walk->next && walk->step > 0;
}

bool element_walk_next(struct element_walk *walk, uint32_t *ret_element, bool *ret_good)
{
    *ret_good = true;
    if (!walk->inside) {
        if (*walk->text == '\0')
            return false;
        *ret_good = read_run(walk);
        if (!*ret_good)
            return false;
    }
    *ret_element = walk->next;
    walk->inside = walk->last - walk->next >= walk->step;
    walk->next += walk->step;
    return true;
}

static bool check_elements(const char *elements, const char *word, struct error *err)
{
    struct element_walk walk = {.text = elements};

    if (*elements == '\0')
        return fail_word(word, err);
    while (*walk.text)
        if (!read_run(&walk))
            return fail_word(word, err);
    return true;
}

/* "123_4", "123_[5-9]"; the word is cut apart. */
static bool add_elements(struct job_names *names, char *word, char *bar, size_t most,
                         struct error *err)
{
    CLEANUP(memory_freep) char *whole = memory_copy(word);
    char *elements = bar + 1;
    size_t length = strlen(elements);
    uint64_t job;

    *bar = '\0';
    if (*elements == '[' && elements[length - 1] == ']') {
        elements[length - 1] = '\0';
        elements++;
    }
    return parse_job_id(word, &job, err) && check_elements(elements, whole, err) &&
           add_name(names, job, elements, most, err);
}

/* "17+1": a component of a heterogeneous job has a number of its own. */
static bool add_component(struct job_names *names, char *word, char *plus, size_t most,
                          struct error *err)
{
    uint32_t component;
    uint64_t job;

    *plus = '\0';
    if (!parse_job_id(word, &job, err) ||
        !parse_u32(plus + 1, 0, COMPONENTS_MAX - 1, &component, err))
        return fail_in(err, "%s+%s", word, plus + 1);
    return add_name(names, job + component, "", most, err);
}

static bool add_word(struct job_names *names, char *word, size_t most, struct error *err)
{
    char *bar = strchr(word, '_'), *dash = strchr(word, '-'), *plus = strchr(word, '+');
    uint64_t first, last;

    if (bar)
        return add_elements(names, word, bar, most, err);
    if (plus)
        return add_component(names, word, plus, most, err);
    if (dash)
        *dash = '\0';
    if (!parse_job_id(word, &first, err))
        return false;
    last = first;
    if (dash && !parse_job_id(dash + 1, &last, err))
        return false;
    if (last < first)
        return fail(err, ERROR_INVALID, _("%s-%s runs backwards"), word, dash + 1);
    for (uint64_t job = first; job <= last; job++)
        if (!add_name(names, job, "", most, err))
            return false;
    return true;
}

/* Up to the next comma outside of brackets. */
static char *cut_word(char **rest)
{
    char *word = *rest, *end;

    if (!word)
        return NULL;
    end = word + strcspn(word, ",[");
    if (*end == '[')
        end += strcspn(end, "]");
    end += strcspn(end, ",");
    *rest = *end ? end + 1 : NULL;
    *end = '\0';
    return word;
}

bool job_names_add(struct job_names *names, const char *text, size_t most, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(text);
    char *rest = copy, *word;

    while ((word = cut_word(&rest)))
        if (!add_word(names, word, most, err))
            return false;
    return true;
}

bool job_names_refs(const struct job_names *names, size_t most, struct job_ref **ret_refs,
                    size_t *ret_count, struct error *err)
{
    CLEANUP(memory_freep) struct job_ref *refs = NULL;
    size_t count = 0;

    for (size_t i = 0; i < names->count; i++) {
        const struct job_name *name = &names->all[i];
        struct element_walk walk = {.text = name->elements};
        uint32_t element = 0;
        bool is_whole = *name->elements == '\0', good;

        while (is_whole || element_walk_next(&walk, &element, &good)) {
            if (count == most)
                return fail(err, ERROR_INVALID, _("at most %zu jobs can be named at once"), most);
            refs = memory_resize(refs, count + 1, sizeof(*refs));
            refs[count++] = is_whole ? (struct job_ref){name->job, 0}
                                     : (struct job_ref){name->job + 1 + element, name->job};
            if (is_whole)
                break;
        }
    }
    *ret_refs = STEAL(refs);
    *ret_count = count;
    return true;
}

bool job_ref_read(const char *text, struct job_ref *ret_ref, struct error *err)
{
    CLEANUP(job_names_clear) struct job_names names = {0};
    CLEANUP(memory_freep) struct job_ref *refs = NULL;
    char shown[TEXT_SHOWN_SIZE];
    size_t count;

    if (!job_names_add(&names, text, 2, err) || !job_names_refs(&names, 2, &refs, &count, err))
        return false;
    if (count != 1)
        return fail(err, ERROR_INVALID, _("%s is more than one job: name one"),
                    text_show(text, shown));
    *ret_ref = refs[0];
    return true;
}

void job_name_print(const Wire__JobView *job, struct buffer *buffer)
{
    bool several = strpbrk(job->elements, "-,") != NULL;

    if (job->het_job) {
        buffer_print(buffer, "%" PRIu64 "+%" PRIu32, job->het_job, job->het_offset);
        return;
    }
    if (job->array == 0 || job->array == job->id) {
        buffer_print(buffer, "%" PRIu64, job->id);
        return;
    }
    if (!several) {
        buffer_print(buffer, "%" PRIu64 "_%s", job->array, job->elements);
        return;
    }
    buffer_print(buffer, "%" PRIu64 "_[%s", job->array, job->elements);
    if (job->array_limit > 0)
        buffer_print(buffer, "%%%" PRIu32, job->array_limit);
    buffer_add_char(buffer, ']');
}
