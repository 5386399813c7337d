/* proof.c - where a report stands in the network's log */

#include "accounting/proof.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

bool proofs_make(const struct tree_source *source, struct proofs *proofs)
{
    uint64_t leaves = proofs->checkpoint.leaves;

    return tree_root(source, leaves, &proofs->checkpoint.root) &&
           (!proofs->has_leaf || tree_prove_leaf(source, leaves, proofs->index, &proofs->leaf)) &&
           (!proofs->before || tree_prove_growth(source, proofs->before, leaves, &proofs->growth));
}

static void add_hashes(const struct tree_proof *proof, struct buffer *buffer)
{
    for (size_t i = 0; i < proof->count; i++) {
        hex_print(proof->hashes[i].bytes, DIGEST_SIZE, buffer);
        buffer_add_char(buffer, '\n');
    }
}

void proofs_print(const struct proofs *proofs, struct buffer *buffer)
{
    uint64_t leaves = proofs->checkpoint.leaves;

    if (proofs->has_leaf) {
        buffer_print(buffer, "leaf %" PRIu64 " %" PRIu64 "\n", proofs->index, leaves);
        add_hashes(&proofs->leaf, buffer);
    }
    if (proofs->before) {
        buffer_print(buffer, "growth %" PRIu64 " %" PRIu64 "\n", proofs->before, leaves);
        add_hashes(&proofs->growth, buffer);
    }
}

/* Lines of 64 hexadecimal digits, as many as there are. */
static const char *read_hashes(const char *text, struct tree_proof *proof)
{
    struct error ignored;
    char line[DIGEST_HEX];

    while (proof->count < TREE_PROOF_MAX && strcspn(text, "\n") == DIGEST_HEX - 1) {
        snprintf(line, sizeof(line), "%.*s", DIGEST_HEX - 1, text);
        if (!hex_parse(line, proof->hashes[proof->count].bytes, DIGEST_SIZE, &ignored))
            break;
        proof->count++;
        text += DIGEST_HEX - 1;
        text += *text == '\n';
    }
    return text;
}

bool proofs_read(const char *text, struct proofs *ret_proofs, struct error *err)
{
    struct proofs proofs = {.checkpoint = ret_proofs->checkpoint};
    CLEANUP(buffer_clear) struct buffer again;
    const char *place = text;
    uint64_t leaves;
    int end = 0;

    buffer_init(&again);
    if (sscanf(place, "leaf %" SCNu64 " %" SCNu64 "\n%n", &proofs.index, &leaves, &end) == 2 &&
        end) {
        proofs.has_leaf = true;
        place = read_hashes(place + end, &proofs.leaf);
    }
    end = 0;
    if (sscanf(place, "growth %" SCNu64 " %" SCNu64 "\n%n", &proofs.before, &leaves, &end) == 2 &&
        end)
        read_hashes(place + end, &proofs.growth);
    /* Whatever was not understood is not there when it is printed again. */
    proofs_print(&proofs, &again);
    if (strcmp(again.bytes, text) != 0)
        return fail(err, ERROR_INVALID, PROOFS_NAME " is not the proofs of this checkpoint");
    *ret_proofs = proofs;
    return true;
}
