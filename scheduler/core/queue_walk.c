/* queue_walk.c - one waiting shape after another, over all streams */

#include "scheduler/core/queue.h"

/* The walk's order is in the turns that the streams note: one comparison serves both. */
static bool streams_before(const struct heap_node *a, const struct heap_node *b)
{
    return turn_is_before(&CONTAINER_OF(a, struct stream, of_walk)->turn,
                          &CONTAINER_OF(b, struct stream, of_walk)->turn);
}

/* What line_seek() hands back to us. */
struct asker {
    const struct walk *walk;
    const struct stream *stream;
};

static bool admits(const struct demand *demand, const void *context)
{
    const struct asker *asker = context;

    return asker->walk->admits(asker->stream, demand, asker->walk->context);
}

/* Note the stream's first shape after its turn (or of all): false where there is none. */
static bool go_on(const struct walk *walk, struct stream *stream, const struct turn *after)
{
    struct asker asker = {walk, stream};
    struct line_node *node = line_seek(&stream->lines[walk->order], after, admits, &asker);

    if (!node)
        return false;
    stream->turn = node->turn;
    stream->shape = CONTAINER_OF(node - walk->order, struct shape, of_lines);
    return true;
}

void walk_begin(struct walk *walk, struct queue *queue, enum turn_of order,
                walk_admits_fn *may_be_of_use, const void *context)
{
    bool same = queue->policy->queue == queue->policy->candidates;
    struct stream *stream;
    size_t place = 0;

    *walk = (struct walk){
        .queue = queue,
        .order = same ? TURN_QUEUE : order,
        .admits = may_be_of_use,
        .context = context,
    };
    heap_init(&walk->streams, streams_before);
    while ((stream = table_next(queue->streams, &place)))
        if (go_on(walk, stream, NULL))
            heap_add(&walk->streams, &stream->of_walk);
}

static struct stream *first_stream(const struct walk *walk)
{
    struct heap_node *first = heap_first(&walk->streams);

    return first ? CONTAINER_OF(first, struct stream, of_walk) : NULL;
}

/* Its last shape may have gone while the walk was there. */
static void leave_stream(struct walk *walk, struct stream *stream)
{
    heap_remove(&walk->streams, &stream->of_walk);
    queue_drop_empty(walk->queue, stream);
}

/* The first stream goes past the shape that is next in it. */
static void pass_by(struct walk *walk)
{
    struct stream *stream = first_stream(walk);
    struct turn turn = stream->turn;

    if (go_on(walk, stream, &turn))
        heap_move(&walk->streams, &stream->of_walk);
    else
        leave_stream(walk, stream);
}

struct shape *walk_next(struct walk *walk)
{
    struct stream *stream;

    if (walk->has_begun)
        pass_by(walk);
    walk->has_begun = true;
    while ((stream = first_stream(walk))) {
        /* There may be less to be had than when it was found. */
        if (walk->admits(stream, &stream->shape->demand, walk->context))
            return stream->shape;
        pass_by(walk);
    }
    walk->has_begun = false;
    return NULL;
}

void walk_end(struct walk *walk)
{
    struct stream *stream;

    while ((stream = first_stream(walk)))
        leave_stream(walk, stream);
    heap_clear(&walk->streams);
}
