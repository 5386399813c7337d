/* audit_line.c - a line of the audit log in its chain */

#include "scheduler/audit_line.h"

#include "accounting/core/ledger.h"
#include "base/parse.h"

#include <inttypes.h>
#include <string.h>

static const char act_erased[] = "erased";

bool audit_line_is_erased(const struct audit_row *row)
{
    return *row->principal == '\0' && strcmp(row->act, act_erased) == 0;
}

struct digest audit_line_leaf(const struct audit_row *row)
{
    CLEANUP(buffer_clear) struct buffer canonical;
    struct digest leaf = {0};
    struct error ignored;

    buffer_init(&canonical);
    if (audit_line_is_erased(row)) {
        hex_parse(row->text, leaf.bytes, sizeof(leaf.bytes), &ignored);
        return leaf;
    }
    buffer_print(&canonical, "%" PRId64 "\n%" PRId64 "\n%s\n%s\n%s\n", row->id, row->at_us,
                 row->principal, row->act, row->text);
    return chain_leaf(canonical.bytes, canonical.length);
}

void audit_line_link(struct audit_row *row, struct store_marks *marks)
{
    struct digest leaf;

    row->id = ++marks->last_audit;
    leaf = audit_line_leaf(row);
    marks->audit_head = chain_next(&marks->audit_head, (uint64_t)row->id, &leaf);
    row->head = (struct bytes){marks->audit_head.bytes, DIGEST_SIZE};
}

/* --- whom it names --------------------------------------------------------------------------------- */

/* Where the text of an act has a person: in that word, or in the first that begins with the key. */
static const struct person_place {
    const char *act;
    const char *kind; /* what the text begins with; NULL: anything */
    size_t word;
    const char *key; /* NULL: none */
    bool or_node;
} person_places[] = {
    {"enrol",           NULL,      5, NULL,     false},
    {"key-revoke",      NULL,      2, NULL,     true },
    {"limit-set",       "member",  1, NULL,     false},
    {"limit-set",       "user",    1, NULL,     false},
    {"privacy-erase",   NULL,      0, NULL,     false},
    {"privacy-keep",    NULL,      0, NULL,     false},
    {"read",            NULL,      1, "user=",  false},
    {"register-change", "user",    1, NULL,     false},
    {"reservation-set", NULL,      0, "users=", false},
    {"share-set",       NULL,      0, NULL,     false},
    {"token-create",    "service", 1, NULL,     false},
    {"token-create",    "user",    1, NULL,     false},
    {"user-add",        NULL,      0, NULL,     false},
};

static bool is_word(const char *at, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(at, word, length) == 0;
}

/* Names with commas, each behind the places it is in: institution/project/user. */
static bool list_has(const char *list, size_t length, const char *name)
{
    const char *end = list + length;

    while (list <= end) {
        const char *comma = memchr(list, ',', (size_t)(end - list));
        const char *stop = comma ? comma : end;
        const char *slash = memrchr(list, '/', (size_t)(stop - list));
        const char *first = slash ? slash + 1 : list;

        if (is_word(first, (size_t)(stop - first), name))
            return true;
        list = stop + 1;
    }
    return false;
}

static bool place_names(const struct person_place *place, const char *text, const char *name)
{
    size_t key = place->key ? strlen(place->key) : 0;
    const char *at = text;

    if (place->kind && !is_word(text, strcspn(text, " "), place->kind))
        return false;
    for (size_t word = 0; *at && strncmp(at, "reason=", strlen("reason=")) != 0; word++) {
        size_t length = strcspn(at, " ");
        bool here = key > 0 ? word > 0 && strncmp(at, place->key, key) == 0 : word == place->word;

        if (here)
            return list_has(at + key, length - key, name);
        at += length + (at[length] == ' ');
    }
    return false;
}

/* Nodes do these, too, under their own names. */
static bool node_may_say(const char *act)
{
    static const char *const acts[] = {"denied", "enrol", "refused"};

    for (size_t i = 0; i < COUNT_OF(acts); i++)
        if (strcmp(acts[i], act) == 0)
            return true;
    return false;
}

static bool person_says(const struct audit_row *row, const char *name, bool node_too)
{
    return strcmp(row->principal, name) == 0 && strcmp(name, AUDIT_DAEMON) != 0 &&
           strcmp(row->act, "lost-report") != 0 && strcmp(row->act, "other-end") != 0 &&
           !(node_too && node_may_say(row->act));
}

bool audit_line_names(const struct audit_row *row, const char *name, bool node_too)
{
    if (audit_line_is_erased(row))
        return false;
    if (person_says(row, name, node_too))
        return true;
    for (size_t i = 0; i < COUNT_OF(person_places); i++)
        if (strcmp(person_places[i].act, row->act) == 0 &&
            !(node_too && person_places[i].or_node) &&
            place_names(&person_places[i], row->text, name))
            return true;
    return false;
}

/* --- erased ------------------------------------------------------------------------------------------ */

uint64_t audit_line_erased_count(const struct audit_row *row)
{
    const char *lines = strstr(row->text, " lines=");
    struct error ignored;
    uint64_t count = 0;

    if (strcmp(row->act, AUDIT_ERASE) != 0 || strcmp(row->principal, AUDIT_DAEMON) != 0 || !lines)
        return 0;
    return parse_u64(lines + strlen(" lines="), 0, UINT64_MAX, &count, &ignored) ? count : 0;
}

void audit_line_erase(struct audit_row *row, char ret_digest[AUDIT_DIGEST_TEXT])
{
    const struct digest leaf = audit_line_leaf(row);
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    hex_print(leaf.bytes, sizeof(leaf.bytes), &text);
    memory_put_text(ret_digest, AUDIT_DIGEST_TEXT, text.bytes);
    row->principal = "";
    row->act = act_erased;
    row->text = ret_digest;
}
