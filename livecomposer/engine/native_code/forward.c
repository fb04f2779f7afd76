/* One forward pass, as each thread goes through it in lc_forward. */
#include "decoder.h"

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

void lc_forward(lc_decoder *d, size_t thread) {
    scratch *s = &d->scratch[thread];
    const size_t threads = (size_t)d->shape.threads;
    const int count = d->job.count;
    activations a;
    for (int32_t n = 0; n < d->shape.layers; n++) {
        layer *l = &d->layers[n];
        normalise(d, d->x, count, s->normed);
        a = taken(d, &l->qkv, s->normed, d->width, count, s);
        for (SHARE((size_t)d->shape.heads)) attend_head(d, l, i, &a, s);
        lc_wait_for_all(d);
        a = taken(d, &l->out, d->attended, d->width, count, s);
        for (SHARE(l->out.rows / PANEL)) add_panel(d, &l->out, i, &a, s);
        lc_wait_for_all(d);
        normalise(d, d->x, count, s->normed);
        a = taken(d, &l->up, s->normed, d->width, count, s);
        for (SHARE(l->up.rows / PANEL)) widen_panel(d, &l->up, i, &a, s);
        lc_wait_for_all(d);
        a = taken(d, &l->down, d->wide, d->hidden, count, s);
        for (SHARE(l->down.rows / PANEL)) add_panel(d, &l->down, i, &a, s);
        lc_wait_for_all(d);
    }
    if (!d->job.logits) return;
    normalise(d, d->x + (size_t)(count - 1) * d->width, 1, s->normed);
    a = taken(d, &d->unembed, s->normed, d->width, 1, s);
    for (SHARE(d->unembed.rows / PANEL)) d->k->multiply(&d->unembed, i, &a, 1, d->result + i * PANEL, PANEL);
}

void lc_read_share(lc_decoder *d, size_t thread) {
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
