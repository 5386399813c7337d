/* cmd_completion.c - tequio completion: for the shell, out of the tables */

#include "client/commands.h"
#include "client/external.h"
#include "client/session.h"

#include <stdio.h>
#include <string.h>

static const struct option_rule options[] = {
    OPTION_HELP,
    OPTION_END,
};

static void print_names(const struct command *const *list)
{
    for (const struct command *const *command = list; *command; command++)
        printf("%s%s", command == list ? "" : " ", (*command)->name);
}

static void print_externals(void)
{
    CLEANUP(externals_clear) struct externals externals;

    externals_find(&externals);
    for (size_t i = 0; i < externals.count; i++)
        printf(" %s", externals.list[i].name);
}

static void print_option_names(const struct option_rule *rules)
{
    const char *separator = "";

    for (; rules->set; rules++)
        if (rules->help) {
            printf("%s--%s%s", separator, rules->name,
                   rules->argument && rules->argument[0] != '[' ? "=" : "");
            separator = " ";
        }
}

/* One branch of a shell's `case`: what may follow these commands. */
static void print_case(const char *path, const struct command *command)
{
    char own[128];

    snprintf(own, sizeof(own), "%s%s%s", path, *path ? " " : "", command->name);
    printf("        '%s') words='", own);
    if (command->children)
        print_names(command->children);
    else
        print_option_names(command->options);
    puts("' ;;");
    for (const struct command *const *child = command->children; child && *child; child++)
        print_case(own, *child);
}

static void print_words(void)
{
    puts("    case $place in");
    printf("        '') words='");
    print_names(commands);
    print_externals();
    puts("' ;;");
    for (const struct command *const *command = commands; *command; command++)
        print_case("", *command);
    puts("        *) words='' ;;\n    esac");
}

/* The words before the cursor that name commands. */
static const char bash_head[] = "_tequio() {\n"
                                "    local place='' words='' word i\n"
                                "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                                "        word=${COMP_WORDS[i]}\n"
                                "        case $word in -*) continue ;; esac\n"
                                "        case \"${place:+$place }$word\" in\n";
static const char bash_tail[] =
    "    COMPREPLY=()\n"
    "    while IFS= read -r word; do\n"
    "        COMPREPLY+=(\"$word\")\n"
    "    done < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
    "    [[ ${COMPREPLY[0]} == *= ]] && type compopt >/dev/null 2>&1 && compopt -o nospace\n"
    "    return 0\n"
    "}\n"
    "complete -o default -F _tequio tequio\n";

static void print_paths(const char *path, const struct command *const *list)
{
    for (const struct command *const *command = list; *command; command++) {
        char own[128];

        snprintf(own, sizeof(own), "%s%s%s", path, *path ? " " : "", (*command)->name);
        printf("            '%s') place='%s' ;;\n", own, own);
        if ((*command)->children)
            print_paths(own, (*command)->children);
    }
}

static void print_bash(void)
{
    fputs(bash_head, stdout);
    print_paths("", commands);
    puts("            *) break ;;\n        esac\n    done");
    print_words();
    fputs(bash_tail, stdout);
}

/* zsh understands the same, once told to. */
static void print_zsh(void)
{
    puts("autoload -Uz bashcompinit && bashcompinit");
    print_bash();
}

static bool run(struct session *session, int argc, char **argv, struct error *err)
{
    int first;

    (void)session;
    if (!command_options(options, argc, argv, NULL, &first, err))
        return false;
    if (argc - first != 1)
        return fail(err, ERROR_INVALID, _("say for which shell: bash or zsh"));
    if (strcmp(argv[first], "bash") == 0)
        print_bash();
    else if (strcmp(argv[first], "zsh") == 0)
        print_zsh();
    else
        return fail(err, ERROR_INVALID, _("no completion for %s: bash and zsh have one"),
                    argv[first]);
    return true;
}

const struct command cmd_completion = {
    .name = "completion",
    .summary = N_("Print completion for a shell"),
    .operands = "bash|zsh",
    .options = options,
    .run = run,
};
