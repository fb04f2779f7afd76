/* How matrices, keys and values lie in memory, and what may be computed from them. */
#ifndef LIVECOMPOSER_STORAGE_H
#define LIVECOMPOSER_STORAGE_H

#include "native.h"

#include <math.h>
#include <string.h>

#define ALWAYS static inline __attribute__((always_inline))
#define PANEL 64 /* rows of a matrix that are stored together: 16 side by side, four times, for each input */

typedef struct {
    int format;
    size_t rows, depth; /* padded: rows to a panel, depth to 16 */
    size_t told_rows, told_depth;
    void *data;    /* float32 (panels, depth, PANEL), int8 (panels, depth / 2, PANEL, 2) */
    float *scales; /* (rows); of int8 */
} matrix;

typedef struct { /* keys or values of one layer; `depth` is a head's width, padded to 16 */
    int format;
    size_t slots, depth;
    void *data;    /* keys (heads, slots / 16, depth, 16), values (heads, slots, depth); in int8, ... */
    float *scales; /* ... (.., depth / 2, 16, 2) and (.., slots / 2, depth, 2), with scales (heads, slots) */
} store;

typedef struct { /* rows of numbers, `stride` apart, and of int8's counterparts in whole steps */
    const float *exact;
    const int16_t *rounded;
    const float *steps;
    size_t stride;
} activations;

typedef struct { /* one such row */
    float *exact;
    int16_t *rounded;
    float step;
} query;

typedef struct {
    void (*multiply)(const matrix *, size_t, const activations *, int, float *, size_t);
    void (*attend)(const store *, const store *, size_t, const query *, int, int, query *, float *);
    float (*to_steps)(const float *, size_t, float, int16_t *);
    uint64_t (*read)(const void *, size_t);
    const char *name;
} kernels;

ALWAYS size_t size_of(int format) { return format == LC_FLOAT32 ? 4 : 1; }

/* The most steps of an activation that cannot overflow 32 bits when `depth` of them meet weights of 127. */
ALWAYS float steps_for(size_t depth) {
    size_t most = INT32_MAX / (127 * depth);
    return most > INT16_MAX ? INT16_MAX : (float)most;
}

const kernels *lc_best_kernels(void);

/* What one step of int8 is worth for `count` values; 1 for float32. */
ALWAYS float scale_of(int format, const float *values, size_t count) {
    float most = 0;
    if (format != LC_INT8) return 1;
    for (size_t i = 0; i < count; i++) most = fmaxf(most, fabsf(values[i]));
    return most > 0 ? most / 127 : 1;
}

ALWAYS void put(void *data, size_t at, int format, float value, float scale) {
    if (format == LC_FLOAT32)
        ((float *)data)[at] = value;
    else
        ((int8_t *)data)[at] = (int8_t)lrintf(value / scale);
}

/* Where (i, k) lies in blocks of `wide` i's: one k after the other, or in int8 one pair of k after the other. */
ALWAYS size_t place(int format, size_t i, size_t k, size_t wide) {
    return format == LC_FLOAT32 ? k * wide + i : k / 2 * 2 * wide + 2 * i + k % 2;
}

#endif
