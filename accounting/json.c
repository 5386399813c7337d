/* json.c - how JSON is written in a report and its manifest */

#include "accounting/json.h"

#include "base/memory.h"
#include "base/parse.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

json_t *json_of_amount(int64_t amount_micro)
{
    CLEANUP(buffer_clear) struct buffer text;

    buffer_init(&text);
    print_amount(amount_micro, &text);
    return json_string(text.bytes);
}

void json_print(json_t *root, struct buffer *buffer)
{
    char *text;

    assert(root);
    text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    buffer_add_text(buffer, text);
    buffer_add_char(buffer, '\n');
    free(text);
    json_decref(root);
}
