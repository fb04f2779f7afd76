/* See native.h. The main path is lc_run, which every thread goes through in `forward`. */
#include "native.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define ALWAYS static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 8")
#define PANEL 64 /* rows of a matrix that are stored together: 16 side by side, four times, for each input */
#define CHUNK 48 /* most tokens computed together: their activations stay in a core's cache */
#define AHEAD(at, bytes) /* what a loop will read some steps later; the processor's own guess ends at each page */ \
    UNROLL for (int line = 0; line < (bytes); line += 64) __builtin_prefetch((const char *)(at) + DISTANCE + line)
#define DISTANCE 2048
#define SPINS 2000

typedef float v16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef int16_t s16 __attribute__((vector_size(32)));
typedef uint64_t u64 __attribute__((vector_size(64)));

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
static const kernels *best_kernels(void) {
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

typedef struct {
    matrix qkv, out, up, down;
    store keys, values;
} layer;

typedef struct { /* what one thread writes while it computes */
    float *normed;    /* (CHUNK, width) */
    int16_t *rounded; /* (CHUNK, width or hidden) */
    float *steps;     /* (CHUNK) */
    float *fused;     /* (CHUNK, rows of one head's q, k and v) */
    query q, scores;  /* (head_width), (slots + 16) */
    float *mixed;     /* (head_width) */
    float *panel;     /* (CHUNK, PANEL) */
} scratch;

typedef struct {
    const int32_t *ids;
    int32_t count, slot, first, window;
    int64_t position;
    float *logits;
} job;

struct lc_decoder {
    lc_shape shape;
    const kernels *k;
    size_t width, hidden, fused_rows; /* padded */
    size_t head_width;                /* not padded */
    layer *layers;
    matrix unembed;
    float *embed;               /* (vocabulary, width) */
    float *x, *attended, *wide; /* (CHUNK, width), (CHUNK, width), (CHUNK, hidden) */
    float *result;              /* logits, padded to panels */
    double *frequencies;        /* (head_width / 2) */
    float *cosines, *sines;     /* (CHUNK, head_width / 2) */
    scratch *scratch;
    job job;
    int reading;
    uint64_t *sums; /* of what each thread read */
    /* threads */
    pthread_t *threads;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    unsigned long calls;
    int ending, started;
    atomic_int arrived;
    atomic_uint generation;
};

/* memory */

static void *take(size_t bytes) { /* zeroed */
    void *memory = NULL;
    bytes = (bytes / 64 + 1) * 64;
    if (posix_memalign(&memory, 64, bytes)) return NULL;
    return memset(memory, 0, bytes);
}

static size_t padded(size_t n, size_t to) { return (n + to - 1) / to * to; }

static int make_matrix(matrix *m, int format, size_t rows, size_t depth) {
    m->format = format;
    m->told_rows = rows;
    m->told_depth = depth;
    m->rows = padded(rows, PANEL);
    m->depth = padded(depth, 16);
    m->data = take(m->rows * m->depth * size_of(format));
    m->scales = take(m->rows * sizeof(float));
    return m->data && m->scales;
}

static int make_store(store *s, int format, size_t heads, size_t slots, size_t depth) {
    s->format = format;
    s->slots = slots;
    s->depth = depth;
    s->data = take(heads * slots * depth * size_of(format));
    s->scales = take(heads * slots * sizeof(float));
    return s->data && s->scales;
}

/* numbers to a format and back */

/* What one step of int8 is worth for `count` values; 1 for float32. */
static float scale_of(int format, const float *values, size_t count) {
    float most = 0;
    if (format != LC_INT8) return 1;
    for (size_t i = 0; i < count; i++) most = fmaxf(most, fabsf(values[i]));
    return most > 0 ? most / 127 : 1;
}

static void put(void *data, size_t at, int format, float value, float scale) {
    if (format == LC_FLOAT32)
        ((float *)data)[at] = value;
    else
        ((int8_t *)data)[at] = (int8_t)lrintf(value / scale);
}

/* Where (i, k) lies in blocks of `wide` i's: one k after the other, or in int8 one pair of k after the other. */
static size_t place(int format, size_t i, size_t k, size_t wide) {
    return format == LC_FLOAT32 ? k * wide + i : k / 2 * 2 * wide + 2 * i + k % 2;
}

static void load_row(matrix *m, size_t row, const float *values) {
    const float scale = m->scales[row] = scale_of(m->format, values, m->told_depth);
    const size_t at = row / PANEL * PANEL * m->depth;
    for (size_t k = 0; k < m->told_depth; k++)
        put(m->data, at + place(m->format, row % PANEL, k, PANEL), m->format, values[k], scale);
}

/* one forward pass, as each thread goes through it */

static void wait_for_all(lc_decoder *d) {
    const int threads = d->shape.threads;
    if (threads == 1) return;
    unsigned generation = atomic_load_explicit(&d->generation, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&d->arrived, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&d->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&d->generation, generation + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&d->generation, memory_order_acquire) == generation; spins++)
        if (spins > SPINS) sched_yield();
}

/* x / rms(x), each of `count` rows; the scale is in the weights. */
static void normalise(const lc_decoder *d, const float *x, int count, float *y) {
    const size_t width = (size_t)d->shape.width;
    for (int t = 0; t < count; t++, x += d->width, y += d->width) {
        double sum = 0;
        for (size_t i = 0; i < width; i++) sum += (double)x[i] * x[i];
        float factor = (float)(1 / sqrt(sum / (double)width + d->shape.eps));
        for (size_t i = 0; i < width; i++) y[i] = x[i] * factor;
    }
}

/* Rows as matrices want them: as they are, or in whole steps. */
static activations taken(const lc_decoder *d, const matrix *m, const float *x, size_t stride, int count, scratch *s) {
    activations a = {x, s->rounded, s->steps, stride};
    for (int t = 0; m->format == LC_INT8 && t < count; t++)
        s->steps[t] = d->k->to_steps(x + t * stride, m->depth, steps_for(m->depth), s->rounded + t * stride);
    return a;
}

static void turn(const lc_decoder *d, int64_t position, int count) {
    const size_t half = d->head_width / 2;
    for (int t = 0; t < count; t++)
        for (size_t i = 0; i < half; i++) {
            const double angle = (double)(position + t) * d->frequencies[i];
            d->cosines[(size_t)t * half + i] = (float)cos(angle);
            d->sines[(size_t)t * half + i] = (float)sin(angle);
        }
}

static void rotate(const lc_decoder *d, float *pairs, int t) {
    const size_t half = d->head_width / 2;
    for (size_t i = 0; i < half; i++) {
        const float c = d->cosines[(size_t)t * half + i], s = d->sines[(size_t)t * half + i];
        const float left = pairs[2 * i], right = pairs[2 * i + 1];
        pairs[2 * i] = left * c - right * s;
        pairs[2 * i + 1] = left * s + right * c;
    }
}

static void keep(store *keys, store *values, size_t head, size_t slot, size_t width, const float *k, const float *v) {
    const int format = keys->format;
    const size_t at = (head * keys->slots + slot / 16 * 16) * keys->depth;
    const float k_scale = keys->scales[head * keys->slots + slot] = scale_of(format, k, width);
    const float v_scale = values->scales[head * keys->slots + slot] = scale_of(format, v, width);
    for (size_t i = 0; i < width; i++) {
        put(keys->data, at + place(format, slot % 16, i, 16), format, k[i], k_scale);
        put(values->data, at + place(format, i, slot % 16, values->depth), format, v[i], v_scale);
    }
}

static void attend_head(lc_decoder *d, layer *l, size_t head, const activations *x, scratch *s) {
    const job *j = &d->job;
    const size_t width = d->head_width, panels = d->fused_rows / PANEL;
    const float scale = 1 / sqrtf((float)width);
    for (size_t p = 0; p < panels; p++)
        d->k->multiply(&l->qkv, head * panels + p, x, j->count, s->fused + p * PANEL, d->fused_rows);
    for (int t = 0; t < j->count; t++) {
        float *q = s->fused + (size_t)t * d->fused_rows;
        rotate(d, q, t);
        rotate(d, q + width, t);
        keep(&l->keys, &l->values, head, (size_t)(j->slot + t), width, q + width, q + 2 * width);
    }
    for (int t = 0; t < j->count; t++) {
        const int to = j->slot + t + 1, from = to - j->window > j->first ? to - j->window : j->first;
        for (size_t i = 0; i < width; i++) s->q.exact[i] = s->fused[(size_t)t * d->fused_rows + i] * scale;
        if (l->keys.format == LC_INT8)
            s->q.step = d->k->to_steps(s->q.exact, l->keys.depth, steps_for(l->keys.depth), s->q.rounded);
        d->k->attend(&l->keys, &l->values, head, &s->q, from, to, &s->scores, s->mixed);
        memcpy(d->attended + (size_t)t * d->width + head * width, s->mixed, width * sizeof(float));
    }
}

/* x += m y, or y = relu(m x)^2: one panel. */
static void add_panel(lc_decoder *d, const matrix *m, size_t panel, const activations *from, scratch *s) {
    d->k->multiply(m, panel, from, d->job.count, s->panel, PANEL);
    const size_t row = panel * PANEL, rows = m->told_rows - row < PANEL ? m->told_rows - row : PANEL;
    for (int t = 0; t < d->job.count; t++)
        for (size_t i = 0; i < rows; i++) d->x[(size_t)t * d->width + row + i] += s->panel[(size_t)t * PANEL + i];
}

static void widen_panel(lc_decoder *d, const matrix *m, size_t panel, const activations *from, scratch *s) {
    d->k->multiply(m, panel, from, d->job.count, s->panel, PANEL);
    const size_t row = panel * PANEL, rows = d->hidden - row < PANEL ? d->hidden - row : PANEL;
    for (int t = 0; t < d->job.count; t++) {
        const float *restrict h = s->panel + (size_t)t * PANEL;
        float *restrict wide = d->wide + (size_t)t * d->hidden + row;
        for (size_t i = 0; i < rows; i++) wide[i] = h[i] * (h[i] > 0 ? h[i] : 0);
    }
}

#define SHARE(count) /* each thread's own part of `count` things, in one run */ \
    size_t i = (count) * thread / threads, end = (count) * (thread + 1) / threads; i < end; i++

static void forward(lc_decoder *d, size_t thread) {
    scratch *s = &d->scratch[thread];
    const size_t threads = (size_t)d->shape.threads;
    const int count = d->job.count;
    activations a;
    for (int32_t n = 0; n < d->shape.layers; n++) {
        layer *l = &d->layers[n];
        normalise(d, d->x, count, s->normed);
        a = taken(d, &l->qkv, s->normed, d->width, count, s);
        for (SHARE((size_t)d->shape.heads)) attend_head(d, l, i, &a, s);
        wait_for_all(d);
        a = taken(d, &l->out, d->attended, d->width, count, s);
        for (SHARE(l->out.rows / PANEL)) add_panel(d, &l->out, i, &a, s);
        wait_for_all(d);
        normalise(d, d->x, count, s->normed);
        a = taken(d, &l->up, s->normed, d->width, count, s);
        for (SHARE(l->up.rows / PANEL)) widen_panel(d, &l->up, i, &a, s);
        wait_for_all(d);
        a = taken(d, &l->down, d->wide, d->hidden, count, s);
        for (SHARE(l->down.rows / PANEL)) add_panel(d, &l->down, i, &a, s);
        wait_for_all(d);
    }
    if (!d->job.logits) return;
    normalise(d, d->x + (size_t)(count - 1) * d->width, 1, s->normed);
    a = taken(d, &d->unembed, s->normed, d->width, 1, s);
    for (SHARE(d->unembed.rows / PANEL)) d->k->multiply(&d->unembed, i, &a, 1, d->result + i * PANEL, PANEL);
}

static void read_share(lc_decoder *d, size_t thread) {
    const size_t threads = (size_t)d->shape.threads;
    uint64_t sum = 0;
    for (int32_t n = 0; n <= d->shape.layers; n++) {
        const layer *l = &d->layers[n < d->shape.layers ? n : 0];
        const matrix *all[] = {&l->qkv, &l->out, &l->up, &l->down};
        const matrix *last[] = {&d->unembed};
        const matrix **these = n < d->shape.layers ? all : last;
        for (size_t m = 0; m < (n < d->shape.layers ? 4u : 1u); m++) {
            const size_t bytes = PANEL * these[m]->depth * size_of(these[m]->format);
            for (SHARE(these[m]->rows / PANEL)) sum += d->k->read((const char *)these[m]->data + i * bytes, bytes);
        }
    }
    d->sums[thread] = sum;
}

/* threads */

static void work(lc_decoder *d, size_t thread) {
    if (d->reading)
        read_share(d, thread);
    else
        forward(d, thread);
    wait_for_all(d);
}

typedef struct {
    lc_decoder *d;
    size_t thread;
} worker;

static void *work_on(void *argument) {
    worker me = *(worker *)argument;
    lc_decoder *d = me.d;
    free(argument);
    for (unsigned long done = 0;; done++) {
        pthread_mutex_lock(&d->mutex);
        while (d->calls == done && !d->ending) pthread_cond_wait(&d->wake, &d->mutex);
        int ending = d->ending;
        pthread_mutex_unlock(&d->mutex);
        if (ending) return NULL;
        work(d, me.thread);
    }
}

static void together(lc_decoder *d) {
    if (d->shape.threads > 1) {
        pthread_mutex_lock(&d->mutex);
        d->calls++;
        pthread_cond_broadcast(&d->wake);
        pthread_mutex_unlock(&d->mutex);
    }
    work(d, 0);
}

static int start_threads(lc_decoder *d) {
    for (d->started = 0; d->started < d->shape.threads - 1; d->started++) {
        worker *one = malloc(sizeof *one);
        if (!one) return 0;
        *one = (worker){d, (size_t)d->started + 1};
        if (pthread_create(&d->threads[d->started], NULL, work_on, one)) {
            free(one);
            return 0;
        }
    }
    return 1;
}

/* the interface */

static int make_layer(lc_decoder *d, layer *l) {
    const lc_shape *s = &d->shape;
    const size_t heads = (size_t)s->heads, slots = (size_t)s->slots, width = (size_t)s->width;
    return make_matrix(&l->qkv, s->weights, heads * d->fused_rows, width) &&
           make_matrix(&l->out, s->weights, width, width) &&
           make_matrix(&l->up, s->weights, (size_t)s->hidden, width) &&
           make_matrix(&l->down, s->weights, width, (size_t)s->hidden) &&
           make_store(&l->keys, s->cache, heads, slots, padded(d->head_width, 16)) &&
           make_store(&l->values, s->cache, heads, slots, padded(d->head_width, 16));
}

static int make_query(query *q, size_t count) {
    q->exact = take(count * sizeof(float));
    q->rounded = take(count * sizeof(int16_t));
    return q->exact && q->rounded;
}

static int make_scratch(lc_decoder *d, scratch *s) {
    const size_t head = padded(d->head_width, 16);
    s->normed = take(CHUNK * d->width * sizeof(float));
    s->rounded = take(CHUNK * (d->hidden > d->width ? d->hidden : d->width) * sizeof(int16_t));
    s->steps = take(CHUNK * sizeof(float));
    s->fused = take(CHUNK * d->fused_rows * sizeof(float));
    s->mixed = take(head * sizeof(float));
    s->panel = take(CHUNK * PANEL * sizeof(float));
    return make_query(&s->q, head) && make_query(&s->scores, (size_t)d->shape.slots + 16) && s->normed && s->rounded &&
           s->steps && s->fused && s->mixed && s->panel;
}

static int make(lc_decoder *d) {
    const lc_shape *s = &d->shape;
    d->k = best_kernels();
    d->width = padded((size_t)s->width, 16);
    d->hidden = padded((size_t)s->hidden, 16);
    d->head_width = (size_t)(s->width / s->heads);
    d->fused_rows = padded(3 * d->head_width, PANEL);
    d->layers = calloc((size_t)s->layers, sizeof(layer));
    d->scratch = calloc((size_t)s->threads, sizeof(scratch));
    d->threads = calloc((size_t)s->threads, sizeof(pthread_t));
    d->sums = calloc((size_t)s->threads, sizeof(uint64_t));
    d->embed = take((size_t)s->vocabulary * d->width * sizeof(float));
    d->x = take(CHUNK * d->width * sizeof(float));
    d->attended = take(CHUNK * d->width * sizeof(float));
    d->wide = take(CHUNK * d->hidden * sizeof(float));
    d->result = take(padded((size_t)s->vocabulary, PANEL) * sizeof(float));
    d->frequencies = take(d->head_width / 2 * sizeof(double));
    d->cosines = take(CHUNK * d->head_width / 2 * sizeof(float));
    d->sines = take(CHUNK * d->head_width / 2 * sizeof(float));
    if (!d->layers || !d->scratch || !d->threads || !d->sums || !d->embed || !d->x || !d->attended || !d->wide ||
        !d->result || !d->frequencies || !d->cosines || !d->sines ||
        !make_matrix(&d->unembed, s->weights, (size_t)s->vocabulary, (size_t)s->width))
        return 0;
    for (size_t i = 0; i < d->head_width / 2; i++)
        d->frequencies[i] = pow(s->rotary_base, -2.0 * (double)i / (double)d->head_width);
    for (int32_t n = 0; n < s->layers; n++)
        if (!make_layer(d, &d->layers[n])) return 0;
    for (int32_t n = 0; n < s->threads; n++)
        if (!make_scratch(d, &d->scratch[n])) return 0;
    return start_threads(d);
}

lc_decoder *lc_create(const lc_shape *shape) {
    lc_decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->shape = *shape;
    pthread_mutex_init(&d->mutex, NULL);
    pthread_cond_init(&d->wake, NULL);
    if (make(d)) return d;
    lc_free(d);
    return NULL;
}

static void free_matrix(matrix *m) {
    free(m->data);
    free(m->scales);
}

static void free_layer(layer *l) {
    matrix *matrices[] = {&l->qkv, &l->out, &l->up, &l->down};
    store *stores[] = {&l->keys, &l->values};
    for (int i = 0; i < 4; i++) free_matrix(matrices[i]);
    for (int i = 0; i < 2; i++) {
        free(stores[i]->data);
        free(stores[i]->scales);
    }
}

void lc_free(lc_decoder *d) {
    pthread_mutex_lock(&d->mutex);
    d->ending = 1;
    pthread_cond_broadcast(&d->wake);
    pthread_mutex_unlock(&d->mutex);
    for (int i = 0; i < d->started; i++) pthread_join(d->threads[i], NULL);
    for (int32_t n = 0; d->layers && n < d->shape.layers; n++) free_layer(&d->layers[n]);
    for (int32_t n = 0; d->scratch && n < d->shape.threads; n++) {
        scratch *s = &d->scratch[n];
        void *parts[] = {s->normed, s->rounded,   s->steps,        s->fused,         s->mixed,
                         s->panel,  s->q.exact,   s->q.rounded,    s->scores.exact,  s->scores.rounded};
        for (int i = 0; i < 10; i++) free(parts[i]);
    }
    free_matrix(&d->unembed);
    void *parts[] = {d->layers,   d->scratch, d->threads, d->sums,        d->embed,   d->x,
                     d->attended, d->wide,    d->result,  d->frequencies, d->cosines, d->sines};
    for (int i = 0; i < 12; i++) free(parts[i]);
    pthread_cond_destroy(&d->wake);
    pthread_mutex_destroy(&d->mutex);
    free(d);
}

void lc_load(lc_decoder *d, int32_t which, int32_t n, const float *rows) {
    const size_t width = (size_t)d->shape.width, head = 3 * d->head_width;
    layer *l = &d->layers[n];
    matrix *matrices[] = {&l->qkv, &l->out, &l->up, &l->down, &d->unembed};
    if (which == LC_EMBED) {
        for (size_t row = 0; row < (size_t)d->shape.vocabulary; row++)
            memcpy(d->embed + row * d->width, rows + row * width, width * sizeof(float));
        return;
    }
    matrix *m = matrices[which];
    const size_t count = which == LC_QKV ? (size_t)d->shape.heads * head : m->told_rows;
    for (size_t row = 0; row < count; row++) {
        size_t at = which == LC_QKV ? row / head * d->fused_rows + row % head : row;
        load_row(m, at, rows + row * m->told_depth);
    }
}

void lc_run(lc_decoder *d, const int32_t *ids, int32_t count, int64_t position, int32_t slot, int32_t first,
            int32_t window, float *logits) {
    for (int32_t at = 0; at < count; at += CHUNK) {
        const int32_t some = count - at < CHUNK ? count - at : CHUNK;
        for (int32_t t = 0; t < some; t++)
            memcpy(d->x + (size_t)t * d->width, d->embed + (size_t)ids[at + t] * d->width, d->width * sizeof(float));
        turn(d, position + at, some);
        d->job = (job){ids + at, some, slot + at, first, window, position + at, at + some == count ? logits : NULL};
        together(d);
    }
    memcpy(logits, d->result, (size_t)d->shape.vocabulary * sizeof(float));
}

static void move_store(store *s, size_t heads, size_t moved) {
    const size_t bytes = s->depth * size_of(s->format), kept = s->slots - moved;
    for (size_t head = 0; head < heads; head++) {
        char *data = (char *)s->data + head * s->slots * bytes;
        float *scales = s->scales + head * s->slots;
        memmove(data, data + moved * bytes, kept * bytes);
        memmove(scales, scales + moved, kept * sizeof(float));
    }
}

void lc_move(lc_decoder *d, int32_t moved) {
    for (int32_t n = 0; n < d->shape.layers; n++) {
        move_store(&d->layers[n].keys, (size_t)d->shape.heads, (size_t)moved);
        move_store(&d->layers[n].values, (size_t)d->shape.heads, (size_t)moved);
    }
}

uint64_t lc_read(lc_decoder *d) {
    uint64_t sum = 0;
    d->reading = 1;
    together(d);
    d->reading = 0;
    for (int32_t n = 0; n < d->shape.threads; n++) sum += d->sums[n];
    return sum;
}

static int64_t bytes_of(const matrix *m) { return (int64_t)(m->rows * m->depth * size_of(m->format)); }

int64_t lc_weight_bytes(const lc_decoder *d) {
    int64_t sum = bytes_of(&d->unembed);
    for (int32_t n = 0; n < d->shape.layers; n++) {
        const layer *l = &d->layers[n];
        sum += bytes_of(&l->qkv) + bytes_of(&l->out) + bytes_of(&l->up) + bytes_of(&l->down);
    }
    return sum;
}

const char *lc_instructions(void) { return best_kernels()->name; }
