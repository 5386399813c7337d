/* runtime_simulated_files.c - the files that simulated batch scripts write */

#include "tests/lib/runtime_simulated_inside.h"

#include <stdlib.h>
#include <string.h>

struct simulated_file {
    struct list_node of_node;
    char *path;
    struct buffer text;
};

static struct simulated_file *find(const struct runtime_simulated *simulated, const char *path)
{
    LIST_EACH(&simulated->files, node) {
        struct simulated_file *file = CONTAINER_OF(node, struct simulated_file, of_node);

        if (strcmp(file->path, path) == 0)
            return file;
    }
    return NULL;
}

void simulated_file_add(struct runtime_simulated *simulated, const char *path, const char *text)
{
    struct simulated_file *file = find(simulated, path);

    if (!file) {
        file = NEW(struct simulated_file);
        file->path = memory_copy(path);
        buffer_init(&file->text);
        list_add_last(&simulated->files, &file->of_node);
    }
    buffer_add_text(&file->text, text);
}

bool simulated_file_read(void *state, const struct output_file *wanted, struct buffer *buffer,
                         bool *ret_end, struct error *err)
{
    const struct simulated_file *file = find(state, wanted->path);
    size_t left;

    if (!*wanted->user)
        return fail(err, ERROR_INVALID, "nobody's file is read");
    if (!file)
        return fail(err, ERROR_NOT_FOUND, "%s: No such file or directory", wanted->path);
    left = wanted->offset < file->text.length ? file->text.length - wanted->offset : 0;
    *ret_end = left <= wanted->most;
    if (left > 0)
        buffer_add(buffer, file->text.bytes + wanted->offset, *ret_end ? left : wanted->most);
    return true;
}

/* Without links a name is the one it was opened by. */
bool simulated_file_find(void *state, const struct task_key *key, bool error_stream,
                         struct buffer *path)
{
    const struct simulated_set *set = simulated_find_set(state, key);

    if (!set || !*set->output || error_stream)
        return false;
    buffer_add_text(path, set->output);
    return true;
}

/* Its terminal echoes what is typed. */
bool simulated_input(void *state, const struct task_key *key, const struct task_input *input,
                     struct task_taken *ret_taken, struct error *err)
{
    struct simulated_set *set = simulated_find_set(state, key);
    size_t end = input->offset + input->size;

    if (!set || !simulated_is_live(set))
        return fail(err, ERROR_CONFLICT, "it does not run");
    if (!set->terminal)
        return fail(err, ERROR_INVALID, "it has no terminal");
    ret_taken->taken = end <= set->input.length && input->size > 0 &&
                       memcmp(set->input.bytes + input->offset, input->bytes, input->size) == 0;
    if (!ret_taken->taken && input->offset == set->input.length) {
        if (input->size > 0) {
            buffer_add(&set->input, input->bytes, input->size);
            buffer_add(&set->streams[0], input->bytes, input->size);
        }
        ret_taken->taken = true;
    }
    ret_taken->offset = set->input.length;
    return true;
}

void simulated_files_clear(struct runtime_simulated *simulated)
{
    LIST_EACH(&simulated->files, node) {
        struct simulated_file *file = CONTAINER_OF(node, struct simulated_file, of_node);

        list_remove(&simulated->files, node);
        buffer_clear(&file->text);
        free(file->path);
        free(file);
    }
}
