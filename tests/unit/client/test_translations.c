/* test_translations.c - what is in the tables is found in the Spanish catalogue
 *
 * A text that no N_() marks would be printed in English for ever without anybody noticing. */

#include "base/memory.h"
#include "client/commands.h"
#include "tests/lib/runner.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same in both languages, or names. */
static bool may_be_equal(const char *text)
{
    static const char *const equal[] = {"", "TOKEN|-", "bash|zsh"};

    for (size_t i = 0; i < COUNT_OF(equal); i++)
        if (strcmp(text, equal[i]) == 0)
            return true;
    return strncmp(text, "operator, auditor", 17) == 0;
}

static void check(const char *text)
{
    bool translated = may_be_equal(text) || strcmp(gettext(text), text) != 0;

    CU_ASSERT_TRUE(translated);
    if (!translated)
        printf("# not translated: %s\n", text);
}

static void check_command(const struct command *command)
{
    check(command->summary);
    check(command->operands);
    for (const struct option_rule *rule = command->options; rule && rule->set; rule++)
        if (rule->help)
            check(rule->help);
    for (const struct command *const *child = command->children; child && *child; child++)
        check_command(*child);
}

static void test_tables_are_translated(void)
{
    for (size_t i = 0; commands[i]; i++)
        check_command(commands[i]);
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the tables are translated", test_tables_are_translated},
        CU_TEST_INFO_NULL,
    };
    const char *build = getenv("TEQUIO_BUILD");
    CLEANUP(memory_freep) char *folder = memory_format("%s/po", build ? build : ".");

    setenv("LANGUAGE", "es", 1);
    if (!setlocale(LC_ALL, "C.UTF-8")) {
        puts("1..0 # SKIP no locale C.UTF-8");
        return 0;
    }
    bindtextdomain("tequio", folder);
    textdomain("tequio");
    return run_suite("translations", tests);
}
