/* random.c - random bytes that nobody can guess */

#include "base/random.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* Cheap after the first time, and safe from any thread. */
static void be_ready(void)
{
    if (sodium_init() < 0)
        abort(); /* the kernel gives no random bytes: no key would be a secret */
}

void random_fill(void *bytes, size_t size)
{
    be_ready();
    randombytes_buf(bytes, size);
}

uint32_t random_below(uint32_t limit)
{
    assert(limit > 0);

    be_ready();
    return randombytes_uniform(limit);
}
