/* cmd_audit.c - tequio audit check: does what must always hold of the books hold */

#include "client/command.h"
#include "client/output.h"
#include "client/store_check.h"

#include <stdio.h>
#include <string.h>

/* A finding belongs to the first whose mark it has; the last has all others.  As in
 * docs/accounting.md. */
static const struct {
    const char *name;
    const char *mark; /* what a finding begins with; "" = anything */
    const char *text;
} invariants[] = {
    {"I1",    "I1: ",      N_("the entries of each transaction sum to zero")               },
    {"I2",    "I2: ",      N_("balances and holds are the sums of what made them")         },
    {"I3",    "I3: ",      N_("no institution was admitted more than it was granted")      },
    {"I4",    "I4: ",      N_("each job was charged what was posted for it")               },
    {"I5",    "I5: ",      N_("each attempt is posted once")                               },
    {"I6",    "I6: ",      N_("each posting tells of its job")                             },
    {"I7",    "I7: ",      N_("each charge is cores x time x factor, rounded once")        },
    {"I8",    "I8: ",      N_("the ledger and the records of use add up to the same")      },
    {"I10",   "I10: ",     N_("no number is missing among the transactions of all")        },
    {"I12",   "I12: ",     N_("each factor is that of the rate card of its start")         },
    {"I13",   "I13: ",     N_("no attempt used more processor time than its cores have")   },
    {"I14",   "I14: ",     N_("no project was admitted more than its own grants")          },
    {"I15",   "I15: ",     N_("each record of use belongs to a project of its institution")},
    {"I16",   "I16: ",     N_("all transactions replayed give the root of each chain")     },
    {"I17",   "I17: ",     N_("who has a seal is in the books by it alone")                },
    {"chain", "chain of ", N_("each institution's chain is whole")                         },
    {"audit", "the chain", N_("the chain of the audit log is whole")                       },
    {"rows",  "",          N_("every row is as it was written, and none is missing")       },
};

static size_t invariant_of(const char *finding)
{
    size_t i = 0;

    while (strncmp(finding, invariants[i].mark, strlen(invariants[i].mark)) != 0)
        i++;
    return i;
}

static void print_findings(const Wire__StoreChecked *checked, size_t invariant)
{
    for (size_t i = 0; i < checked->n_findings; i++) {
        if (invariant_of(checked->findings[i]) != invariant)
            continue;
        fputs("        ", stdout);
        output_text(checked->findings[i]);
        putchar('\n');
    }
}

static void print_all(const Wire__StoreChecked *checked)
{
    size_t counts[COUNT_OF(invariants)] = {0};

    for (size_t i = 0; i < checked->n_findings; i++)
        counts[invariant_of(checked->findings[i])]++;
    for (size_t i = 0; i < COUNT_OF(invariants); i++) {
        printf("%-6s  %-5s  %s\n", counts[i] ? _("FAILED") : "ok", invariants[i].name,
               _(invariants[i].text));
        print_findings(checked, i);
    }
}

static const struct option_rule options[] = {
    OPTION_HELP,
    OPTION_END,
};

static bool run_check(struct session *session, int argc, char **argv, struct error *err)
{
    CLEANUP(message_freep)
    Wire__Envelope *answer = store_check_ask(session, options, argc, argv, err);

    if (!answer)
        return false;
    print_all(answer->store_checked);
    return store_check_is_good(answer->store_checked, err);
}

static const struct command audit_check = {
    .name = "check",
    .summary = N_("Check what must always hold of the books"),
    .operands = "",
    .options = options,
    .run = run_check,
};

static const struct command *const children[] = {&audit_check, NULL};

const struct command cmd_audit = {
    .name = "audit",
    .summary = N_("Check the books"),
    .operands = "",
    .children = children,
};
