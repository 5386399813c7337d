/* features.c - what nodes are like, in words, and which of them a job wants */

#include "scheduler/core/features.h"

#include "base/parse.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* --- lists -------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t count_names(const char *list)
{
    size_t count = *list != '\0';

    for (; *list; list++)
        count += *list == ',';
    return count;
}

static size_t cut(char *list, const char **names)
{
    size_t count = 0;
    char *name;

    while ((name = strsep(&list, ",")))
        if (*name)
            names[count++] = name;
    return count;
}

char *features_join(const char *a, const char *b)
{
    CLEANUP(memory_freep) char *first = memory_copy(a);
    CLEANUP(memory_freep) char *second = memory_copy(b);
    CLEANUP(memory_freep)
    const char **names = NEW_ARRAY(const char *, count_names(a) + count_names(b) + 1);
    CLEANUP(buffer_clear) struct buffer text = {0};
    size_t count = cut(first, names);

    count += cut(second, names + count);
    if (count > 1)
        qsort(names, count, sizeof(*names), compare_names);
    buffer_init(&text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            buffer_print(&text, "%s%s", text.length > 0 ? "," : "", names[i]);
    return buffer_steal(&text);
}

bool features_check(const char *features, struct error *err)
{
    CLEANUP(memory_freep) char *copy = memory_copy(features);
    char *rest = copy, *name;

    if (count_names(features) > FEATURES_MAX)
        return fail(err, ERROR_INVALID, "%zu features; %d are the most of one node",
                    count_names(features), FEATURES_MAX);
    while (*features && (name = strsep(&rest, ",")))
        if (!parse_name(name, "feature", FEATURE_NAME_MAX, err))
            return false;
    return true;
}

bool features_have(const char *features, const char *name, size_t length)
{
    while (*features) {
        size_t size = strcspn(features, ",");

        if (size == length && memcmp(features, name, length) == 0)
            return true;
        features += size + (features[size] == ',');
    }
    return false;
}

/* --- rules -------------------------------------------------------------------------------------- */

enum term_kind { TERM_NAME, TERM_NOT, TERM_AND, TERM_OR };

struct term {
    enum term_kind kind;
    uint32_t name;
};

enum verdict_known { VERDICT_UNKNOWN, VERDICT_ADMITS, VERDICT_REFUSES };

/* Terms in the order in which they are reckoned: operands before their operator. */
struct feature_rule {
    size_t term_count;
    struct term terms[FEATURE_TERM_MAX];
    size_t name_count;
    char *names[FEATURE_TERM_MAX];
    size_t class_count;
    uint8_t *known; /* by class number */
};

struct reader {
    struct feature_rule *rule;
    const char *text, *place;
    unsigned depth;
    struct error *err;
};

static bool read_either(struct reader *reader);

static char next_sign(struct reader *reader)
{
    while (isspace((unsigned char)*reader->place))
        reader->place++;
    return *reader->place;
}

static bool add_term(struct reader *reader, enum term_kind kind, uint32_t name)
{
    struct feature_rule *rule = reader->rule;

    if (rule->term_count == FEATURE_TERM_MAX)
        return fail(reader->err, ERROR_INVALID, "more than %d names and signs", FEATURE_TERM_MAX);
    rule->terms[rule->term_count++] = (struct term){kind, name};
    return true;
}

/* What Slurm knows beside this, in words that say what to write instead. */
static bool fail_sign(const struct reader *reader, char sign)
{
    struct error *err = reader->err;

    if (sign == '*')
        return fail(err, ERROR_INVALID,
                    "counts of nodes for a feature (name*2) are not offered: all nodes of a job "
                    "meet the whole expression");
    if (sign == '[' || sign == ']')
        return fail(err, ERROR_INVALID,
                    "[a|b], the same feature on all nodes, is not offered: name one of them, or "
                    "write a|b");
    if (sign == '\0')
        return fail(err, ERROR_INVALID, "a feature's name is missing at the end");
    return fail(err, ERROR_INVALID,
                "'%.20s' where a feature's name should be; write names with & | ! ( )",
                reader->place);
}

static bool read_name(struct reader *reader)
{
    struct feature_rule *rule = reader->rule;
    const char *start = reader->place;
    size_t length = strcspn(start, " \t\n&|!()[]*,");
    CLEANUP(memory_freep) char *name = NULL;

    if (length == 0)
        return fail_sign(reader, *start);
    name = memory_copy_bytes(start, length + 1);
    name[length] = '\0';
    if (!parse_name(name, "feature", FEATURE_NAME_MAX, reader->err) ||
        !add_term(reader, TERM_NAME, (uint32_t)rule->name_count))
        return false;
    rule->names[rule->name_count++] = STEAL(name);
    reader->place += length;
    return true;
}

static bool read_one(struct reader *reader)
{
    char sign = next_sign(reader);

    if (sign == '!') {
        reader->place++;
        /* As deep as there are signs: bounded by what add_term() takes. */
        if (++reader->depth > FEATURE_TERM_MAX)
            return fail(reader->err, ERROR_INVALID, "too many signs in a row");
        return read_one(reader) && add_term(reader, TERM_NOT, 0);
    }
    if (sign != '(')
        return read_name(reader);
    reader->place++;
    if (++reader->depth > FEATURE_TERM_MAX)
        return fail(reader->err, ERROR_INVALID, "too many parentheses");
    if (!read_either(reader))
        return false;
    if (next_sign(reader) != ')')
        return fail(reader->err, ERROR_INVALID, "a ( without its )");
    reader->place++;
    return true;
}

static bool read_both(struct reader *reader)
{
    if (!read_one(reader))
        return false;
    while (next_sign(reader) == '&') {
        reader->place++;
        if (!read_one(reader) || !add_term(reader, TERM_AND, 0))
            return false;
    }
    return true;
}

static bool read_either(struct reader *reader)
{
    if (!read_both(reader))
        return false;
    while (next_sign(reader) == '|') {
        reader->place++;
        if (!read_both(reader) || !add_term(reader, TERM_OR, 0))
            return false;
    }
    return true;
}

struct feature_rule *feature_rule_parse(const char *text, struct error *err)
{
    CLEANUP(feature_rule_freep) struct feature_rule *rule = NEW(struct feature_rule);
    struct reader reader = {.rule = rule, .text = text, .place = text, .err = err};
    bool good = strlen(text) <= FEATURE_TEXT_MAX;

    if (!good)
        fail(err, ERROR_INVALID, "longer than %d bytes", FEATURE_TEXT_MAX);
    good = good && read_either(&reader);
    if (good && next_sign(&reader) != '\0') {
        char sign = *reader.place;

        good = false;
        if (sign == '*' || sign == '[' || sign == ']')
            fail_sign(&reader, sign);
        else
            fail(err, ERROR_INVALID, "'%.20s' after the end: & or | is missing", reader.place);
    }
    if (good)
        return STEAL(rule);
    fail_in(err, "constraint '%.60s'", text);
    return NULL;
}

void feature_rule_free(struct feature_rule *rule)
{
    if (!rule)
        return;
    for (size_t i = 0; i < rule->name_count; i++)
        free(rule->names[i]);
    free(rule->known);
    free(rule);
}

bool feature_rule_admits(const struct feature_rule *rule, const char *features)
{
    bool values[FEATURE_TERM_MAX];
    size_t count = 0;

    for (size_t i = 0; i < rule->term_count; i++) {
        const struct term *term = &rule->terms[i];

        if (term->kind == TERM_NAME) {
            const char *name = rule->names[term->name];

            values[count++] = features_have(features, name, strlen(name));
            continue;
        }
        assert(count >= (term->kind == TERM_NOT ? 1u : 2u));
        if (term->kind == TERM_NOT) {
            values[count - 1] = !values[count - 1];
            continue;
        }
        count--;
        values[count - 1] = term->kind == TERM_AND ? values[count - 1] && values[count]
                                                   : values[count - 1] || values[count];
    }
    assert(count == 1);
    return values[0];
}

bool feature_rule_admits_class(struct feature_rule *rule, uint32_t class_number,
                               const char *features)
{
    if (class_number >= rule->class_count) {
        size_t count = (size_t)class_number + 16;

        rule->known = memory_resize(rule->known, count, sizeof(*rule->known));
        memset(rule->known + rule->class_count, VERDICT_UNKNOWN, count - rule->class_count);
        rule->class_count = count;
    }
    if (rule->known[class_number] == VERDICT_UNKNOWN)
        rule->known[class_number] =
            feature_rule_admits(rule, features) ? VERDICT_ADMITS : VERDICT_REFUSES;
    return rule->known[class_number] == VERDICT_ADMITS;
}

const char *feature_rule_name(const struct feature_rule *rule, size_t index)
{
    return index < rule->name_count ? rule->names[index] : NULL;
}
