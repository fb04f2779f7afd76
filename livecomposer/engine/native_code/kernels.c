/* The kernels for each instruction set, and which of them this processor takes. */
#include "storage.h"

#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define UNROLL _Pragma("GCC unroll 8")
#define AHEAD(at, bytes) /* what a loop will read some steps later; the processor's own guess ends at each page */ \
    UNROLL for (int line = 0; line < (bytes); line += 64) __builtin_prefetch((const char *)(at) + DISTANCE + line)
#define DISTANCE 4096

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef int16_t s16 __attribute__((vector_size(32)));
typedef uint64_t u64 __attribute__((vector_size(64)));

#define SET(name) name##_plain
#define LEVEL 0
#define NAME "plain"
#include "kernels.h"
#undef SET
#undef LEVEL
#undef NAME

#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2")
#endif
#define SET(name) name##_avx2
#define LEVEL 1
#define NAME "avx2"
#include "kernels.h"
#undef SET
#undef LEVEL
#undef NAME
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,bmi,bmi2,prefer-vector-width=512")
#endif
#define SET(name) name##_avx512
#define LEVEL 2
#define NAME "avx512"
#include "kernels.h"
#undef SET
#undef LEVEL
#undef NAME
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif

/* The best that this processor has, or the one that LIVECOMPOSER_INSTRUCTIONS names, for tests and for doubts. */
const kernels *lc_best_kernels(void) {
    const char *wanted = getenv("LIVECOMPOSER_INSTRUCTIONS");
#if defined(__x86_64__)
    __builtin_cpu_init();
    const int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vnni");
    if (avx512 && (!wanted || !strcmp(wanted, kernels_avx512.name))) return &kernels_avx512;
    const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2 && (!wanted || !strcmp(wanted, kernels_avx2.name))) return &kernels_avx2;
#endif
    (void)wanted;
    return &kernels_plain;
}
