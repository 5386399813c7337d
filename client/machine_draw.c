/* machine_draw.c - a node's topology as lines, and as a picture */

#include "client/machine.h"

#include <stdlib.h>
#include <string.h>

/* --- lines -------------------------------------------------------------------------------------- */

/* What is drawn one step below: of an object that is not shown itself, what it holds. */
static void gather_shown(const struct machine *machine, const struct machine ***list, size_t *count)
{
    for (size_t i = 0; i < machine->count; i++) {
        const struct machine *child = machine->children[i];

        if (!machine_is_shown(child))
            continue;
        if (child->type == MACHINE_OTHER || child->type == MACHINE_CORE) {
            gather_shown(child, list, count);
            continue;
        }
        *list = memory_resize(*list, *count + 1, sizeof(const struct machine *));
        (*list)[(*count)++] = child;
    }
}

static void print_below(const struct machine *machine, const char *margin, struct buffer *buffer)
{
    CLEANUP(memory_freep) const struct machine **list = NULL;
    CLEANUP(buffer_clear) struct buffer cores = {0};
    size_t count = 0;

    buffer_init(&cores);
    machine_cores(machine, &cores);
    gather_shown(machine, &list, &count);
    if (cores.length > 0)
        buffer_print(buffer, "%s%s %s\n", margin, count > 0 ? "├─" : "└─", cores.bytes);
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        CLEANUP(memory_freep) char *wider = memory_format("%s%s", margin, last ? "   " : "│  ");

        buffer_print(buffer, "%s%s ", margin, last ? "└─" : "├─");
        machine_title(list[i], buffer);
        buffer_add_char(buffer, '\n');
        print_below(list[i], wider, buffer);
    }
}

void machine_print(const struct machine *machine, struct buffer *buffer)
{
    machine_title(machine, buffer);
    buffer_add_char(buffer, '\n');
    print_below(machine, "", buffer);
}

/* --- a picture -------------------------------------------------------------------------------------- */

enum { GAP = 8, LINE = 18, LETTER = 7, COLUMNS = 4 };

struct box {
    const struct machine *machine;
    char *title, *cores; /* cores: "" for none */
    unsigned x, y, width, height;
    struct box *inside;
    size_t count;
};

static const char *const colours[MACHINE_TYPE_COUNT] = {
    [MACHINE_WHOLE] = "#ffffff",  [MACHINE_PACKAGE] = "#eeeeee", [MACHINE_DIE] = "#e6e6e6",
    [MACHINE_GROUP] = "#f4f0e6",  [MACHINE_NUMA] = "#dfeedd",    [MACHINE_CACHE] = "#dde6f4",
    [MACHINE_DEVICE] = "#f6dfd4",
};

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static char *text_by(void (*print)(const struct machine *machine, struct buffer *buffer),
                     const struct machine *machine)
{
    CLEANUP(buffer_clear) struct buffer text = {0};

    buffer_init(&text);
    print(machine, &text);
    return buffer_steal(&text);
}

/* Boxes inside in rows of COLUMNS, each row as high as its highest. */
static void place_inside(struct box *box)
{
    unsigned x = GAP, y = box->height, row = 0;

    for (size_t i = 0; i < box->count; i++) {
        struct box *inner = &box->inside[i];

        if (i > 0 && i % COLUMNS == 0) {
            x = GAP;
            y += row + GAP;
            row = 0;
        }
        inner->x = x;
        inner->y = y;
        x += inner->width + GAP;
        row = larger(row, inner->height);
        box->width = larger(box->width, x);
    }
    if (box->count > 0)
        box->height = y + row + GAP;
}

static void make_box(const struct machine *machine, struct box *box)
{
    CLEANUP(memory_freep) const struct machine **list = NULL;

    *box = (struct box){
        .machine = machine,
        .title = text_by(machine_title, machine),
        .cores = text_by(machine_cores, machine),
    };
    gather_shown(machine, &list, &box->count);
    box->inside = NEW_ARRAY(struct box, box->count + 1);
    box->width =
        (unsigned)larger((unsigned)strlen(box->title), (unsigned)strlen(box->cores)) * LETTER +
        2 * GAP;
    box->height = LINE + GAP + (*box->cores ? LINE : 0);
    for (size_t i = 0; i < box->count; i++)
        make_box(list[i], &box->inside[i]);
    place_inside(box);
}

static void clear_box(struct box *box)
{
    for (size_t i = 0; i < box->count; i++)
        clear_box(&box->inside[i]);
    free(box->inside);
    free(box->title);
    free(box->cores);
}

static void draw_text(const char *text, unsigned x, unsigned y, struct buffer *buffer)
{
    buffer_print(buffer, "<text x=\"%u\" y=\"%u\">", x, y);
    buffer_add_markup(buffer, text);
    buffer_add_text(buffer, "</text>\n");
}

static void draw_box(const struct box *box, unsigned x, unsigned y, struct buffer *buffer)
{
    x += box->x;
    y += box->y;
    buffer_print(buffer,
                 "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\" "
                 "stroke=\"#444444\"/>\n",
                 x, y, box->width, box->height, colours[box->machine->type]);
    draw_text(box->title, x + GAP, y + LINE, buffer);
    if (*box->cores)
        draw_text(box->cores, x + GAP, y + 2 * LINE, buffer);
    for (size_t i = 0; i < box->count; i++)
        draw_box(&box->inside[i], x, y, buffer);
}

void machine_print_svg(const struct machine *machine, const char *node, struct buffer *buffer)
{
    struct box box;

    make_box(machine, &box);
    buffer_print(buffer,
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
                 "font-family=\"monospace\" font-size=\"11\">\n<title>",
                 box.width + 2 * GAP, box.height + LINE + 2 * GAP);
    buffer_add_markup(buffer, node);
    buffer_add_text(buffer, "</title>\n");
    draw_text(node, GAP, LINE, buffer);
    draw_box(&box, GAP, LINE + GAP, buffer);
    buffer_add_text(buffer, "</svg>\n");
    clear_box(&box);
}
