/* sha256.c - SHA-256 by the processor's own instructions, where it has them */

#include "base/sha256.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* What the instructions work on: the state's words as two vectors, from the highest word on. */
struct state {
    __m128i abef, cdgh;
};

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

/* Four rounds with the words w of the message. */
WITH_SHA static void four_rounds(struct state *state, __m128i w, const uint32_t *k)
{
    __m128i sum = _mm_add_epi32(w, _mm_load_si128((const __m128i *)(const void *)k));

    state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, sum);
    state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

WITH_SHA static void take_block(struct state *state, const uint8_t *block)
{
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    struct state before = *state;
    __m128i w[4], next;

    for (unsigned i = 0; i < 4; i++) {
        w[i] = _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * (size_t)i));
        w[i] = _mm_shuffle_epi8(w[i], big_endian);
        four_rounds(state, w[i], constants + 4 * (size_t)i);
    }
    for (unsigned i = 4; i < 16; i++) {
        next = _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4));
        next = _mm_sha256msg2_epu32(next, w[3]);
        four_rounds(state, next, constants + 4 * (size_t)i);
        w[0] = w[1];
        w[1] = w[2];
        w[2] = w[3];
        w[3] = next;
    }
    state->abef = _mm_add_epi32(state->abef, before.abef);
    state->cdgh = _mm_add_epi32(state->cdgh, before.cdgh);
}

WITH_SHA static void take_blocks(uint32_t words[8], const uint8_t *blocks, size_t count)
{
    struct state state = {
        .abef = _mm_set_epi32((int)words[0], (int)words[1], (int)words[4], (int)words[5]),
        .cdgh = _mm_set_epi32((int)words[2], (int)words[3], (int)words[6], (int)words[7]),
    };

    for (size_t i = 0; i < count; i++)
        take_block(&state, blocks + SHA256_BLOCK * i);
    words[0] = (uint32_t)_mm_extract_epi32(state.abef, 3);
    words[1] = (uint32_t)_mm_extract_epi32(state.abef, 2);
    words[2] = (uint32_t)_mm_extract_epi32(state.cdgh, 3);
    words[3] = (uint32_t)_mm_extract_epi32(state.cdgh, 2);
    words[4] = (uint32_t)_mm_extract_epi32(state.abef, 1);
    words[5] = (uint32_t)_mm_extract_epi32(state.abef, 0);
    words[6] = (uint32_t)_mm_extract_epi32(state.cdgh, 1);
    words[7] = (uint32_t)_mm_extract_epi32(state.cdgh, 0);
}

static bool ask_processor(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1) &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Asked once, as a virtual machine leaves to its host for the answer.  It is the same for ever
 * and for all threads: which of them writes it first is all one. */
static bool has_instructions(void)
{
    enum { UNKNOWN, YES, NO };
    static atomic_int known = UNKNOWN;
    int answer = atomic_load_explicit(&known, memory_order_relaxed);

    if (answer == UNKNOWN) {
        answer = ask_processor() ? YES : NO;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == YES;
}

bool sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    if (!has_instructions())
        return false;
    take_blocks(state, blocks, count);
    return true;
}

#else

bool sha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count)
{
    (void)state;
    (void)blocks;
    (void)count;
    return false;
}

#endif
