/* task_gpus.c - the GPUs of each task of a node, as one text in the environment */

#include "agent/task_gpus.h"

#include <stdlib.h>
#include <string.h>

static bool copy(const char *text, size_t length, char place[TASK_GPUS_SIZE])
{
    if (length >= TASK_GPUS_SIZE)
        return false;
    memcpy(place, text, length);
    place[length] = '\0';
    return true;
}

bool task_gpus_find(const char *text, uint32_t local, struct task_gpus *ret_gpus)
{
    size_t length, first;

    for (; text && local > 0; local--) {
        text = strchr(text, ';');
        text += text != NULL;
    }
    if (!text)
        return false;
    length = strcspn(text, ";");
    first = strcspn(text, "/;");
    return first < length && copy(text, first, ret_gpus->cuda) &&
           copy(text + first + 1, length - first - 1, ret_gpus->rocr);
}

void task_gpus_set(const char *variable, uint32_t local)
{
    struct task_gpus gpus;

    if (!task_gpus_find(getenv(variable), local, &gpus))
        return;
    setenv("CUDA_VISIBLE_DEVICES", gpus.cuda, 1);
    setenv("GPU_DEVICE_ORDINAL", gpus.cuda, 1);
    setenv("ROCR_VISIBLE_DEVICES", gpus.rocr, 1);
}
