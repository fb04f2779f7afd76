/* See native.h. */
#include "decoder.h"

#include <stdlib.h>

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

static void load_row(matrix *m, size_t row, const float *values) {
    const float scale = m->scales[row] = scale_of(m->format, values, m->told_depth);
    const size_t at = row / PANEL * PANEL * m->depth;
    for (size_t k = 0; k < m->told_depth; k++)
        put(m->data, at + place(m->format, row % PANEL, k, PANEL), m->format, values[k], scale);
}

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
    d->k = lc_best_kernels();
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
    return lc_start_threads(d);
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
    lc_end_threads(d);
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

static void turn(const lc_decoder *d, int64_t position, int count) {
    const size_t half = d->head_width / 2;
    for (int t = 0; t < count; t++)
        for (size_t i = 0; i < half; i++) {
            const double angle = (double)(position + t) * d->frequencies[i];
            d->cosines[(size_t)t * half + i] = (float)cos(angle);
            d->sines[(size_t)t * half + i] = (float)sin(angle);
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
        lc_together(d);
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
    lc_together(d);
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

const char *lc_instructions(void) { return lc_best_kernels()->name; }
