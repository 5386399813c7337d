/* corrections.c - what was corrected in a month: refunds, transfers, ends of grants (R15.csv) */

#include "accounting/corrections.h"

#include "accounting/core/ledger.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char csv_correction_columns[] = "inst_seq,txn_key,kind,posted_us,account,delta_usu";

/* Room for what sscanf() below reads: the widths are in its format. */
#define KEY_WIDTH     95
#define KIND_WIDTH    31
#define ACCOUNT_WIDTH 79

static bool is_correction(const char *kind)
{
    static const char *const kinds[] = {"refund", "transfer", "grant-end"};

    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

/* A project's budget if there is one in it, else the institution's; the leaf may not be ended. */
static const char *find_entry(const char *leaf, const char *end)
{
    const char *limit = strstr(leaf, "\nentry limit:");
    const char *first = strstr(leaf, "\nentry ");

    if (limit && limit < end)
        return limit;
    return first && first < end ? first : NULL;
}

void corrections_add_leaf(const char *leaf, uint64_t sequence, struct buffer *buffer)
{
    char key[KEY_WIDTH + 1], kind[KIND_WIDTH + 1], account[ACCOUNT_WIDTH + 1];
    const char *end = strstr(leaf, "\n\n");
    const char *entry = find_entry(leaf, end ? end : leaf + strlen(leaf));
    int64_t at_us, delta;

    if (sscanf(leaf, "txn 1 %95s %31s %*s %" SCNd64, key, kind, &at_us) != 3 ||
        !is_correction(kind) || !entry ||
        sscanf(entry, "\nentry %79s %" SCNd64, account, &delta) != 2)
        return;
    buffer_print(buffer, "%" PRIu64 ",%s,%s,%" PRId64 ",%s,%" PRId64 "\n", sequence, key, kind,
                 at_us, account, delta);
}

void corrections_from_leaves(const char *leaves, uint64_t first_sequence, struct buffer *buffer)
{
    uint64_t sequence = first_sequence;

    buffer_print(buffer, "%s\n", csv_correction_columns);
    while (*leaves) {
        const char *end = strstr(leaves, "\n\n");

        corrections_add_leaf(leaves, sequence++, buffer);
        if (!end)
            break;
        leaves = end + 2;
    }
}
