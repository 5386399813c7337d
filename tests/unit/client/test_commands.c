/* test_commands.c - the table of commands, and how one is found */

#include "base/memory.h"
#include "client/commands.h"
#include "client/job_setters.h"
#include "client/session.h"
#include "tests/lib/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_table_is_sorted_and_found(void)
{
    for (size_t i = 0; commands[i]; i++) {
        CU_ASSERT_PTR_EQUAL(commands_find(commands[i]->name), commands[i]);
        if (i > 0)
            CU_ASSERT(strcmp(commands[i - 1]->name, commands[i]->name) < 0);
    }
    CU_ASSERT_PTR_EQUAL(commands_find("enrol"), commands_find("enroll"));
    CU_ASSERT_PTR_NULL(commands_find("sub"));
    CU_ASSERT_PTR_NULL(commands_find(""));
}

/* Each command can be asked for help, has a summary, and a table that can be read. */
static void check_command(const struct command *command)
{
    bool letters[256] = {false}, has_help = false;

    CU_ASSERT_PTR_NOT_NULL(command->summary);
    CU_ASSERT_PTR_NOT_NULL(command->operands);
    CU_ASSERT_NOT_EQUAL(command->run == NULL, command->children == NULL);
    for (const struct command *const *child = command->children; child && *child; child++)
        check_command(*child);
    if (command->children)
        return;
    for (const struct option_rule *rule = command->options; rule->set; rule++) {
        CU_ASSERT_PTR_NOT_NULL(rule->name);
        CU_ASSERT(!rule->letter || !letters[(unsigned char)rule->letter]);
        letters[(unsigned char)rule->letter] = true;
        has_help |= rule->set == option_help;
        if (!rule->help)
            CU_ASSERT(command->options == submit_options || command->options == run_options);
        for (const struct option_rule *other = command->options; other < rule; other++)
            CU_ASSERT(strcmp(rule->name, other->name) != 0);
    }
    CU_ASSERT_TRUE(has_help);
}

static void test_every_command_is_complete(void)
{
    for (size_t i = 0; commands[i]; i++)
        check_command(commands[i]);
}

static void check_refused(const char *const *words, const char *refusal)
{
    CLEANUP(session_freep) struct session *session = session_new(NULL);
    char *argv[8] = {0}, *made[8] = {0}; /* argv is put into another order */
    struct error err = {0};
    int argc = 0;

    for (; words[argc]; argc++)
        argv[argc] = made[argc] = memory_copy(words[argc]);
    CU_ASSERT_FALSE(commands_run(session, argc, argv, &err));
    CU_ASSERT_EQUAL(err.code, ERROR_INVALID);
    CU_ASSERT(strstr(err.text, refusal) != NULL);
    if (!strstr(err.text, refusal))
        printf("# %s: %s\n", words[0], err.text);
    for (size_t i = 0; i < COUNT_OF(made); i++)
        free(made[i]);
}

static void test_mistakes_are_told(void)
{
    check_refused((const char *[]){"submt", NULL}, "did you mean `tequio submit`?");
    check_refused((const char *[]){"qeue", NULL}, "did you mean `tequio queue`?");
    check_refused((const char *[]){"no-such-command-here", NULL}, "unknown command");
    check_refused((const char *[]){"../bin/sh", NULL}, "unknown command");
    check_refused((const char *[]){"", NULL}, "unknown command");
    check_refused((const char *[]){"\033[31m", NULL}, "\\x1b[31m");
    check_refused((const char *[]){"key", NULL}, "no command given");
    check_refused((const char *[]){"key", "tokn", NULL}, "did you mean `tequio key token`?");
    check_refused((const char *[]){"admin", "user", "addx", NULL},
                  "did you mean `tequio admin user add`?");
    check_refused((const char *[]){"queue", "--no-such-option", NULL}, "unknown option");
    check_refused((const char *[]){"queue", "left", NULL}, "\"left\" is left over");
    check_refused((const char *[]){"queue", "--jobs", NULL}, "needs a value");
    check_refused((const char *[]){"cancel", NULL}, "no job given");
    check_refused((const char *[]){"wait", NULL}, "no job given");
    check_refused((const char *[]){"hold", NULL}, "no job given");
    check_refused((const char *[]){"cancel", "4294967296x", NULL}, "not a job id");
    check_refused((const char *[]){"drain", "n1", NULL}, "--reason");
    check_refused((const char *[]){"drain", "n[5-1]", "--reason", "x", NULL}, "n[5-1]");
    check_refused((const char *[]){"run", NULL}, "no command given");
    check_refused((const char *[]){"report", NULL}, "no institution given");
    check_refused((const char *[]){"show", NULL}, "no job given");
    check_refused((const char *[]){"completion", "csh", NULL}, "bash and zsh");
    check_refused((const char *[]){"admin", "grant", "add", "--amount", "5", NULL}, "to whom");
    check_refused((const char *[]){"admin", "backup", "here.db", NULL}, "whole path");
    check_refused((const char *[]){"key", "revoke", "short", NULL}, "not a public key");
}

/* Operands and options in any order; "--" ends the options. */
struct arguments {
    bool flag;
    const char *text;
};

static const struct option_rule rules[] = {
    OPTION_FLAG('f', "flag", struct arguments, flag, "flag"),
    OPTION_TEXT('t', "text", "TEXT", struct arguments, text, "text"),
    OPTION_END,
};

static const struct {
    const char *words[7];
    bool flag;
    const char *text;
    const char *operands; /* joined with '|' */
} orders[] = {
    {{"c"},                            false, "",  ""    },
    {{"c", "a", "b"},                  false, "",  "a|b" },
    {{"c", "-f", "a"},                 true,  "",  "a"   },
    {{"c", "a", "-f"},                 true,  "",  "a"   },
    {{"c", "a", "-t", "x", "b", "-f"}, true,  "x", "a|b" },
    {{"c", "a", "--text=x", "b"},      false, "x", "a|b" },
    {{"c", "--", "-f", "a"},           false, "",  "-f|a"},
    {{"c", "a", "--", "-f"},           false, "",  "a|-f"},
    {{"c", "-", "-f"},                 true,  "",  "-"   },
    {{"c", "a", "--"},                 false, "",  "a"   },
};

static void test_options_may_stand_behind_operands(void)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        CLEANUP(buffer_clear) struct buffer joined;
        struct arguments arguments = {0};
        char *argv[8] = {0};
        struct error err;
        int argc = 0, first;

        buffer_init(&joined);
        for (; orders[i].words[argc]; argc++)
            argv[argc] = (char *)orders[i].words[argc];
        CU_ASSERT_TRUE(command_options(rules, argc, argv, &arguments, &first, &err));
        for (int j = first; j < argc; j++)
            buffer_print(&joined, "%s%s", j > first ? "|" : "", argv[j]);
        CU_ASSERT_STRING_EQUAL(joined.bytes, orders[i].operands);
        CU_ASSERT_EQUAL(arguments.flag, orders[i].flag);
        CU_ASSERT_STRING_EQUAL(arguments.text ? arguments.text : "", orders[i].text);
    }
}

int main(void)
{
    static const CU_TestInfo tests[] = {
        {"the table is sorted, and each is found", test_table_is_sorted_and_found        },
        {"every command is complete",              test_every_command_is_complete        },
        {"mistakes are told",                      test_mistakes_are_told                },
        {"options may stand behind operands",      test_options_may_stand_behind_operands},
        CU_TEST_INFO_NULL,
    };

    return run_suite("commands", tests);
}
