/* options.c - one table for a command line and its help */

#include "base/options.h"

#include "base/memory.h"
#include "base/parse.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LEFT_MAX   30 /* columns for an option before its help goes to the next line */
#define LEFT_SPACE 2
#define HELP_LEAST 20 /* columns of help, however narrow the terminal */

bool option_set_text(void *place, const char *text, struct error *err)
{
    (void)err;
    *(const char **)place = text ? text : "";
    return true;
}

bool option_set_flag(void *place, const char *text, struct error *err)
{
    (void)text;
    (void)err;
    *(bool *)place = true;
    return true;
}

bool option_set_u32(void *place, const char *text, struct error *err)
{
    return parse_u32(text ? text : "1", 0, UINT32_MAX, place, err);
}

bool option_set_u64(void *place, const char *text, struct error *err)
{
    return parse_u64(text ? text : "1", 0, UINT64_MAX, place, err);
}

bool option_set_duration(void *place, const char *text, struct error *err)
{
    return parse_duration(text ? text : "", place, err);
}

static bool is_end(const struct option_rule *rule)
{
    return !rule->name && !rule->letter;
}

/* "[N]", but not "[TYPE:]N". */
static bool may_lack_argument(const struct option_rule *rule)
{
    const char *end = rule->argument ? strchr(rule->argument, ']') : NULL;

    return end && rule->argument[0] == '[' && end[1] == '\0';
}

/* Where we are in the arguments. */
struct reading {
    const struct option_rule *rules;
    int argc;
    char **argv;
    int next; /* the argument to read next */
    void *place;
};

static bool fail_unknown(const struct option_rule *rules, const char *name, size_t length,
                         struct error *err)
{
    CLEANUP(memory_freep) char *asked = memory_format("%.*s", (int)length, name);
    CLEANUP(memory_freep) const char **names = NULL;
    char shown[TEXT_SHOWN_SIZE];
    const char *nearest;
    size_t count = 0;

    for (const struct option_rule *rule = rules; !is_end(rule); rule++) {
        names = memory_resize(names, count + 2, sizeof(char *));
        if (rule->name)
            names[count++] = rule->name;
        names[count] = NULL;
    }
    nearest = names ? nearest_name(asked, names) : NULL;
    text_show(asked, shown);
    shown[strlen(shown) - 1] = '\0'; /* with -- in place of the quotes */
    if (nearest)
        return fail(err, ERROR_INVALID, "unknown option --%s: did you mean --%s?", shown + 1,
                    nearest);
    return fail(err, ERROR_INVALID, "unknown option --%s", shown + 1);
}

/* The rule of a long name or of its only beginning. */
static const struct option_rule *find_long(const struct option_rule *rules, const char *name,
                                           size_t length, struct error *err)
{
    const struct option_rule *found = NULL;

    for (const struct option_rule *rule = rules; !is_end(rule); rule++) {
        if (!rule->name || length == 0 || strncmp(rule->name, name, length) != 0)
            continue;
        if (strlen(rule->name) == length)
            return rule;
        if (found) {
            fail(err, ERROR_INVALID, "option --%.*s may be --%s or --%s", (int)length, name,
                 found->name, rule->name);
            return NULL;
        }
        found = rule;
    }
    if (!found) {
        fail_unknown(rules, name, length, err);
        return NULL;
    }
    return found;
}

static bool set(struct reading *reading, const struct option_rule *rule, const char *shown,
                const char *text, struct error *err)
{
    if (rule->set((char *)reading->place + rule->offset, text, err))
        return true;
    return fail_in(err, "option %s", shown);
}

/* Its value follows as the next argument, whatever that looks like. */
static bool set_from_next(struct reading *reading, const struct option_rule *rule,
                          const char *shown, struct error *err)
{
    if (reading->next == reading->argc)
        return fail(err, ERROR_INVALID, "option %s needs a value: %s", shown, rule->argument);
    return set(reading, rule, shown, reading->argv[reading->next++], err);
}

static bool read_long(struct reading *reading, const char *name, struct error *err)
{
    size_t length = strcspn(name, "=");
    const char *value = name[length] ? name + length + 1 : NULL;
    const struct option_rule *rule = find_long(reading->rules, name, length, err);
    char shown[TEXT_SHOWN_SIZE];

    if (!rule)
        return false;
    snprintf(shown, sizeof(shown), "--%s", rule->name);
    if (value && !rule->argument)
        return fail(err, ERROR_INVALID, "option %s takes no value", shown);
    if (value || !rule->argument || may_lack_argument(rule))
        return set(reading, rule, shown, value, err);
    return set_from_next(reading, rule, shown, err);
}

static const struct option_rule *find_letter(const struct option_rule *rules, char letter)
{
    for (; !is_end(rules); rules++)
        if (rules->letter && rules->letter == letter)
            return rules;
    return NULL;
}

/* "-q", several as in "-qv", and with a value "-n4", "-n=4" or "-n 4". */
static bool read_letters(struct reading *reading, const char *letters, struct error *err)
{
    const char *all = letters;

    for (; *letters; letters++) {
        const struct option_rule *rule = find_letter(reading->rules, *letters);
        const char shown[] = {'-', *letters, '\0'};
        const char letter[] = {(unsigned char)*letters < 0x80 ? *letters : '?', '\0'};
        char unknown[TEXT_SHOWN_SIZE];

        if (!rule && !all[1] && *letter != '?')
            return fail(err, ERROR_INVALID, "unknown option -%s", letter);
        if (!rule)
            return fail(err, ERROR_INVALID, "unknown option -%s in %s", letter,
                        text_show(all, unknown));
        if (!rule->argument) {
            if (letters[1] == '=')
                return fail(err, ERROR_INVALID, "option %s takes no value", shown);
            if (!set(reading, rule, shown, NULL, err))
                return false;
            continue;
        }
        if (letters[1])
            return set(reading, rule, shown, letters + (letters[1] == '=' ? 2 : 1), err);
        if (may_lack_argument(rule))
            return set(reading, rule, shown, NULL, err);
        return set_from_next(reading, rule, shown, err);
    }
    return true;
}

bool options_read(const struct option_rule *rules, int argc, char **argv, void *place,
                  int *ret_first, struct error *err)
{
    struct reading reading = {
        .rules = rules,
        .argc = argc,
        .argv = argv,
        .next = 1,
        .place = place,
    };

    while (reading.next < argc) {
        const char *argument = argv[reading.next];
        bool good;

        if (argument[0] != '-' || !argument[1])
            break; /* an operand; "-" alone is one too */
        reading.next++;
        if (strcmp(argument, "--") == 0)
            break;
        good = argument[1] == '-' ? read_long(&reading, argument + 2, err)
                                  : read_letters(&reading, argument + 1, err);
        if (!good)
            return false;
    }
    *ret_first = reading.next < argc ? reading.next : argc;
    return true;
}

/* Columns of a text: characters, of which each here is one wide. */
static int columns_of(const char *text, size_t size)
{
    int count = 0;

    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            count++;
    return count;
}

static void print_left(const struct option_rule *rule, struct buffer *buffer)
{
    const char *argument = rule->argument;

    buffer_reset(buffer);
    buffer_add_text(buffer, "  ");
    if (rule->letter)
        buffer_print(buffer, "-%c", rule->letter);
    else
        buffer_add_text(buffer, "  ");
    if (!rule->name) {
        if (argument)
            buffer_print(buffer, " %s", argument);
        return;
    }
    buffer_print(buffer, "%s --%s", rule->letter ? "," : " ", rule->name);
    if (argument && argument[0] == '[')
        buffer_print(buffer, "[=%s", argument + 1);
    else if (argument)
        buffer_print(buffer, "=%s", argument);
}

/* Words from column `left` on, as many to a line as fit before `width`. */
static void print_help(const char *help, int left, int width)
{
    int column = left;

    while (*help) {
        size_t size = strcspn(help, " ");
        int columns = columns_of(help, size);

        if (column > left && column + 1 + columns > width) {
            printf("\n%*s", left, "");
            column = left;
        } else if (column > left) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)size, help);
        column += columns;
        help += size;
        help += strspn(help, " ");
    }
    putchar('\n');
}

void options_print(const struct option_rule *rules, int width, char *(*translate)(const char *text))
{
    CLEANUP(buffer_clear) struct buffer left;
    int column = 0;

    buffer_init(&left);
    for (const struct option_rule *rule = rules; !is_end(rule); rule++) {
        int columns;

        print_left(rule, &left);
        columns = columns_of(left.bytes, left.length) + LEFT_SPACE;
        if (columns > column && columns <= LEFT_MAX)
            column = columns;
    }
    if (width < column + HELP_LEAST)
        width = column + HELP_LEAST;
    for (const struct option_rule *rule = rules; !is_end(rule); rule++) {
        int columns;

        print_left(rule, &left);
        columns = columns_of(left.bytes, left.length);
        printf("%s", left.bytes);
        if (columns + LEFT_SPACE > column)
            printf("\n%*s", column, "");
        else
            printf("%*s", column - columns, "");
        print_help(translate ? translate(rule->help) : rule->help, column, width);
    }
}

int options_told(const char *program)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return 0;
    fprintf(stderr, "%s: standard output: %s\n", program, strerror(errno));
    return ERROR_IO;
}

int options_told_version(const char *program)
{
    printf("%s %s\n", program, PACKAGE_VERSION);
    return options_told(program);
}
