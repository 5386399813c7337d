/* runtime_simulated_look.c - what a test may see of a simulated node */

#include "tests/lib/runtime_simulated.h"

#include "tests/lib/runtime_simulated_inside.h"

#include <string.h>

size_t runtime_simulated_parts(const struct runtime_simulated *simulated)
{
    return simulated->parts.count;
}

size_t runtime_simulated_live(const struct runtime_simulated *simulated)
{
    size_t count = 0;

    LIST_EACH(&simulated->sets, node)
        count += simulated_is_live(CONTAINER_OF(node, struct simulated_set, of_node));
    return count;
}

size_t runtime_simulated_starts(const struct runtime_simulated *simulated)
{
    return simulated->starts;
}

const char *runtime_simulated_cpus(const struct runtime_simulated *simulated,
                                   const struct task_key *part)
{
    const struct simulated_part *found = simulated_find_part(simulated, part);

    return found ? found->cpus : NULL;
}

bool runtime_simulated_credential(const struct runtime_simulated *simulated,
                                  const struct task_key *part, uint8_t ret_credential[16])
{
    const struct simulated_part *found = simulated_find_part(simulated, part);

    if (found)
        memcpy(ret_credential, found->credential, sizeof(found->credential));
    return found != NULL;
}

const char *runtime_simulated_task_cpus(const struct runtime_simulated *simulated,
                                        const struct task_key *key, uint32_t task)
{
    const struct simulated_set *set = simulated_find_set(simulated, key);

    return set && set->task_cpus && task < set->tasks ? set->task_cpus[task] : NULL;
}

const char *runtime_simulated_variable(const struct runtime_simulated *simulated,
                                       const struct task_key *key, const char *name)
{
    const struct simulated_set *set = simulated_find_set(simulated, key);
    size_t size = strlen(name);

    if (!set)
        return NULL;
    for (size_t i = 0; i < set->environment_size; i += strlen(set->environment + i) + 1)
        if (strncmp(set->environment + i, name, size) == 0 && set->environment[i + size] == '=')
            return set->environment + i + size + 1;
    return NULL;
}

const char *runtime_simulated_output(const struct runtime_simulated *simulated,
                                     const struct task_key *key)
{
    const struct simulated_set *set = simulated_find_set(simulated, key);

    return set ? set->output : NULL;
}

const char *runtime_simulated_arguments(const struct runtime_simulated *simulated,
                                        const struct task_key *key)
{
    const struct simulated_set *set = simulated_find_set(simulated, key);

    return set ? set->arguments : NULL;
}

int runtime_simulated_last_signal(const struct runtime_simulated *simulated,
                                  const struct task_key *key)
{
    const struct simulated_set *set = simulated_find_set(simulated, key);

    return set ? set->last_signal : -1;
}
