/* nodes_topology.c - `tequio nodes --topology NODE` */

#include "client/nodes_topology.h"

#include "client/machine.h"
#include "client/output.h"
#include "client/session.h"

#include <stdio.h>
#include <string.h>

/* What a node named its devices is no word to the terminal. */
static void print_lines(char *lines)
{
    char *rest = lines, *line;

    while ((line = strsep(&rest, "\n")))
        if (*line) {
            output_text(line);
            putchar('\n');
        }
}

bool nodes_show_topology(struct session *session, const char *node, bool svg, struct error *err)
{
    Wire__Envelope ask = WIRE__ENVELOPE__INIT;
    Wire__NodeList body = WIRE__NODE_LIST__INIT;
    CLEANUP(message_freep) Wire__Envelope *answer = NULL;
    CLEANUP(machine_freep) struct machine *machine = NULL;
    CLEANUP(buffer_clear) struct buffer drawing = {0};
    const Wire__NodeListing *listing;

    if (!node)
        return fail(err, ERROR_INVALID, _("--topology: name a node"));
    body.nodes = (char *)(uintptr_t)node;
    body.topology = true;
    ask.body_case = WIRE__ENVELOPE__BODY_NODE_LIST;
    ask.node_list = &body;
    answer = session_ask(session, &ask, WIRE__ENVELOPE__BODY_NODE_LISTING, err);
    if (!answer)
        return false;
    listing = answer->node_listing;
    if (listing->topology.len == 0)
        return fail(err, ERROR_NOT_FOUND, _("the topology of node %s is not known yet"), node);
    machine = machine_parse((const char *)listing->topology.data, listing->topology.len, err);
    if (!machine)
        return fail_in(err, "%s", node);
    buffer_init(&drawing);
    if (svg)
        machine_print_svg(machine, node, &drawing);
    else
        machine_print(machine, &drawing);
    if (svg)
        fwrite(drawing.bytes, 1, drawing.length, stdout);
    else
        print_lines(drawing.bytes);
    return true;
}
