/* directive.c - one #TEQUIO or #SBATCH line, cut into words */

#include "client/directive.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/parse.h"
#include "client/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const families[] = {"#TEQUIO", "#SBATCH", "#SLURM"};

/* As word processors write "--": non-breaking hyphen to horizontal bar, and the minus sign. */
static const char *const dashes[] = {"\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",
                                     "\xe2\x80\x94", "\xe2\x80\x95", "\xe2\x88\x92"};

const char *directive_options(const char *line)
{
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        size_t length = strlen(families[i]);

        if (strncmp(line, families[i], length) == 0 &&
            (line[length] == '\0' || line[length] == ' ' || line[length] == '\t'))
            return line + length;
    }
    return NULL;
}

static bool starts_with_dash(const char *word)
{
    for (size_t i = 0; i < COUNT_OF(dashes); i++)
        if (strncmp(word, dashes[i], strlen(dashes[i])) == 0)
            return true;
    return false;
}

/* Inside quotes until the same quote; *place is on the opening one, and then behind the other. */
static bool take_quoted(const char **place, struct buffer *word, struct error *err)
{
    char quote = *(*place)++;

    for (; **place && **place != quote; (*place)++) {
        if (quote == '"' && **place == '\\' && ((*place)[1] == '"' || (*place)[1] == '\\'))
            (*place)++;
        buffer_add_char(word, **place);
    }
    if (!**place)
        return fail(err, ERROR_INVALID, _("the quote %c is not closed"), quote);
    (*place)++;
    return true;
}

static bool take_word(const char **place, struct buffer *word, struct directive *directive,
                      struct error *err)
{
    while (**place && !isspace((unsigned char)**place)) {
        if (**place == '"' || **place == '\'') {
            if (!take_quoted(place, word, err))
                return false;
            continue;
        }
        if (**place == '\\' && (*place)[1])
            (*place)++;
        else if (**place == '$' && (isalpha((unsigned char)(*place)[1]) || (*place)[1] == '{' ||
                                    (*place)[1] == '(' || (*place)[1] == '_'))
            directive->has_variable = true;
        buffer_add_char(word, *(*place)++);
    }
    return true;
}

static void add_word(struct directive *directive, const char *text)
{
    size_t count = (size_t)directive->count;

    directive->words = memory_resize(directive->words, count + 2, sizeof(*directive->words));
    directive->words[count] = memory_copy(text);
    directive->words[count + 1] = NULL;
    directive->count++;
}

bool directive_parse(const char *text, struct directive *ret_directive, struct error *err)
{
    CLEANUP(buffer_clear) struct buffer word;
    struct directive directive = {0};
    char shown[TEXT_SHOWN_SIZE];

    buffer_init(&word);
    add_word(&directive, "#");
    for (;;) {
        bool taken;

        while (isspace((unsigned char)*text))
            text++;
        if (!*text || *text == '#')
            break;
        buffer_reset(&word);
        taken = take_word(&text, &word, &directive, err);
        if (taken && starts_with_dash(word.bytes))
            taken = fail(err, ERROR_INVALID,
                         _("%s begins with a dash that a word processor made: write --"),
                         text_show(word.bytes, shown));
        if (!taken) {
            directive_clear(&directive);
            return false;
        }
        add_word(&directive, word.bytes);
    }
    *ret_directive = directive;
    return true;
}

void directive_clear(struct directive *directive)
{
    for (int i = 0; i < directive->count; i++)
        free(directive->words[i]);
    free(directive->words);
    *directive = (struct directive){0};
}
