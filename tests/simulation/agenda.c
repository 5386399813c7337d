/* agenda.c - what happens when, in virtual time */

#include "tests/simulation/agenda.h"

#include "base/memory.h"

#include <stdlib.h>

struct entry {
    struct heap_node node;
    int64_t at_us;
    uint64_t number;
    agenda_fn *fn;
    void *owner;
    uint64_t word;
};

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
    const struct entry *first = CONTAINER_OF(a, struct entry, node);
    const struct entry *second = CONTAINER_OF(b, struct entry, node);

    return first->at_us != second->at_us ? first->at_us < second->at_us
                                         : first->number < second->number;
}

void agenda_init(struct agenda *agenda)
{
    *agenda = (struct agenda){0};
    heap_init(&agenda->heap, is_before);
}

void agenda_clear(struct agenda *agenda)
{
    struct heap_node *node;

    while ((node = heap_first(&agenda->heap))) {
        heap_remove(&agenda->heap, node);
        free(CONTAINER_OF(node, struct entry, node));
    }
    heap_clear(&agenda->heap);
}

void agenda_add(struct agenda *agenda, int64_t at_us, agenda_fn *fn, void *owner, uint64_t word)
{
    struct entry *entry = NEW(struct entry);

    entry->at_us = at_us > agenda->now_us ? at_us : agenda->now_us;
    entry->number = agenda->added++;
    entry->fn = fn;
    entry->owner = owner;
    entry->word = word;
    heap_add(&agenda->heap, &entry->node);
}

bool agenda_step(struct agenda *agenda, int64_t until_us)
{
    struct heap_node *node = heap_first(&agenda->heap);
    struct entry *entry = node ? CONTAINER_OF(node, struct entry, node) : NULL;

    if (!entry || entry->at_us > until_us) {
        agenda->now_us = until_us;
        return false;
    }
    heap_remove(&agenda->heap, node);
    agenda->now_us = entry->at_us;
    entry->fn(entry->owner, entry->word);
    free(entry);
    return true;
}
