/* What is computed in vectors. Included once for each instruction set, with SET(name) giving each function its own name
 * there and LEVEL saying what the processor has: 1 AVX2, 2 AVX-512 with VNNI (and 32 registers), 0 else.
 *
 * Two formats. float32: sums of floats, in one fixed order whatever the number of tokens. int8: eight-bit weights, keys
 * and values times sixteen-bit activations, added up in 32-bit integers without overflow, hence exact in any order. */

ALWAYS v16 SET(select)(i16 where, v16 yes, v16 no) { return (v16)(((i16)yes & where) | ((i16)no & ~where)); }

ALWAYS v16 SET(load)(const float *from) {
    v16 x;
    memcpy(&x, from, sizeof x);
    return x;
}

/* sum += a[2 i] * x[0] + a[2 i + 1] * x[1] for i of 16; two of x lie in `pair`. */
ALWAYS i16 SET(add_pairs)(i16 sum, const int8_t *a, int32_t pair) {
#if LEVEL == 2
    __m512i wide = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)a));
    return (i16)_mm512_dpwssd_epi32((__m512i)sum, wide, _mm512_set1_epi32(pair));
#elif LEVEL == 1
    __m256i halves[2], x = _mm256_set1_epi32(pair);
    memcpy(halves, &sum, sizeof sum);
    for (int i = 0; i < 2; i++) {
        __m256i wide = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(a + 16 * i)));
        halves[i] = _mm256_add_epi32(halves[i], _mm256_madd_epi16(wide, x));
    }
    memcpy(&sum, halves, sizeof sum);
    return sum;
#else
    int16_t x[2];
    memcpy(x, &pair, sizeof x);
    for (int i = 0; i < 16; i++) sum[i] += (int32_t)a[2 * i] * x[0] + (int32_t)a[2 * i + 1] * x[1];
    return sum;
#endif
}

ALWAYS int32_t SET(pair_at)(const int16_t *x) {
    int32_t pair;
    memcpy(&pair, x, sizeof pair);
    return pair;
}

/* `blocks` * 16 rows of a panel, from `block` on, times `tokens` vectors of x. */
ALWAYS void SET(tile)(const matrix *m, size_t panel, int block, int blocks, const float *x, size_t stride, int tokens,
                      float *y, size_t y_stride) {
    const float *rows = (const float *)m->data + panel * PANEL * m->depth + 16 * block;
    v16 sum[4][6];
    UNROLL for (int r = 0; r < blocks; r++)
        UNROLL for (int t = 0; t < tokens; t++) sum[r][t] = (v16){0};
    for (size_t k = 0; k < m->depth; k++, rows += PANEL) {
        v16 weight[4];
        UNROLL for (int r = 0; r < blocks; r++) weight[r] = SET(load)(rows + 16 * r);
        UNROLL for (int t = 0; t < tokens; t++)
            UNROLL for (int r = 0; r < blocks; r++) sum[r][t] += weight[r] * x[t * stride + k];
    }
    UNROLL for (int r = 0; r < blocks; r++)
        UNROLL for (int t = 0; t < tokens; t++)
            memcpy(y + t * y_stride + 16 * (block + r), &sum[r][t], sizeof(v16));
}

ALWAYS void SET(byte_tile)(const matrix *m, size_t panel, int block, int blocks, const int16_t *x, const float *steps,
                           size_t stride, int tokens, float *y, size_t y_stride) {
    const int8_t *rows = (const int8_t *)m->data + panel * PANEL * m->depth + 32 * block;
    i16 sum[4][6];
    UNROLL for (int r = 0; r < blocks; r++)
        UNROLL for (int t = 0; t < tokens; t++) sum[r][t] = (i16){0};
    for (size_t k = 0; k < m->depth; k += 2, rows += 2 * PANEL) {
        if (blocks == 4) AHEAD(rows, 2 * PANEL);
        UNROLL for (int r = 0; r < blocks; r++)
            UNROLL for (int t = 0; t < tokens; t++)
                sum[r][t] = SET(add_pairs)(sum[r][t], rows + 32 * r, SET(pair_at)(x + t * stride + k));
    }
    UNROLL for (int r = 0; r < blocks; r++) {
        v16 scale = SET(load)(m->scales + panel * PANEL + 16 * (block + r));
        UNROLL for (int t = 0; t < tokens; t++) {
            v16 result = __builtin_convertvector(sum[r][t], v16) * (scale * steps[t]);
            memcpy(y + t * y_stride + 16 * (block + r), &result, sizeof result);
        }
    }
}

ALWAYS void SET(some)(const matrix *m, size_t panel, const activations *x, int at, int tokens, float *y, size_t y_stride) {
    const int blocks = LEVEL == 2 || tokens == 1 ? 4 : 1; /* as many sums as there are registers */
    const size_t from = (size_t)at * x->stride;
    y += (size_t)at * y_stride;
    for (int block = 0; block < 4; block += blocks) {
        if (m->format == LC_INT8)
            SET(byte_tile)(m, panel, block, blocks, x->rounded + from, x->steps + at, x->stride, tokens, y, y_stride);
        else
            SET(tile)(m, panel, block, blocks, x->exact + from, x->stride, tokens, y, y_stride);
    }
}

/* y (count, 64): a panel's rows times x (count, depth). */
static void SET(multiply)(const matrix *m, size_t panel, const activations *x, int count, float *y, size_t y_stride) {
    int at = 0;
    for (; at + 6 <= count; at += 6) SET(some)(m, panel, x, at, 6, y, y_stride);
    switch (count - at) {
    case 5: SET(some)(m, panel, x, at, 5, y, y_stride); break;
    case 4: SET(some)(m, panel, x, at, 4, y, y_stride); break;
    case 3: SET(some)(m, panel, x, at, 3, y, y_stride); break;
    case 2: SET(some)(m, panel, x, at, 2, y, y_stride); break;
    case 1: SET(some)(m, panel, x, at, 1, y, y_stride); break;
    }
}

/* Round `count` (a multiple of 16) numbers to whole steps, of which the largest is `most`; returns the step. */
static float SET(to_steps)(const float *x, size_t count, float most, int16_t *rounded) {
    v16 highest = {0};
    for (size_t i = 0; i < count; i += 16) {
        v16 size = (v16)((i16)SET(load)(x + i) & 0x7fffffff);
        highest = SET(select)(size > highest, size, highest);
    }
    float limit = 0;
    for (int i = 0; i < 16; i++) limit = highest[i] > limit ? highest[i] : limit;
    const float inverse = limit > 0 ? most / limit : 0;
    for (size_t i = 0; i < count; i += 16) {
        v16 scaled = SET(load)(x + i) * inverse;
        v16 half = (v16)(((i16)scaled & (int32_t)0x80000000) | (i16)((v16){0} + 0.5f));
        s16 whole = __builtin_convertvector(__builtin_convertvector(scaled + half, i16), s16);
        memcpy(rounded + i, &whole, sizeof whole);
    }
    return limit / most;
}

/* e to the power of x <= 0: 2^n * e^f with a polynomial for e^f (Cody & Waite 1980, chapter 6); 0 below e^-80. */
ALWAYS v16 SET(exponential)(v16 x) {
    i16 tiny = x < -80.0f;
    v16 scaled = SET(select)(tiny, (v16){0} - 80.0f, x) * 1.44269504f;
    i16 whole = __builtin_convertvector(scaled - 0.5f, i16); /* towards zero: the nearest, for scaled <= 0 */
    v16 f = (scaled - __builtin_convertvector(whole, v16)) * 0.693147181f;
    v16 p = f * 1.38888889e-3f + 8.33333333e-3f;
    p = p * f + 4.16666667e-2f;
    p = p * f + 1.66666667e-1f;
    p = p * f + 0.5f;
    p = p * f + 1.0f;
    p = p * f + 1.0f;
    v16 power = p * (v16)((whole + 127) << 23);
    return (v16)((i16)power & ~tiny);
}

/* Products of one query with the keys of the 16 slots from `at` on. */
ALWAYS v16 SET(products)(const store *keys, size_t head, const query *q, size_t at) {
    const size_t from = (head * keys->slots + at) * keys->depth;
    if (keys->format == LC_INT8) {
        const int8_t *data = (const int8_t *)keys->data + from;
        i16 sum[4] = {{0}, {0}, {0}, {0}};
        for (size_t d = 0; d < keys->depth; d += 8) { /* the depth is a multiple of 16 */
            AHEAD(data + 16 * d, 128);
            UNROLL for (size_t i = 0; i < 4; i++)
                sum[i] = SET(add_pairs)(sum[i], data + 16 * (d + 2 * i), SET(pair_at)(q->rounded + d + 2 * i));
        }
        v16 scale = SET(load)(keys->scales + head * keys->slots + at) * q->step;
        return __builtin_convertvector((sum[0] + sum[1]) + (sum[2] + sum[3]), v16) * scale;
    }
    const float *data = (const float *)keys->data + from;
    v16 sum[4] = {{0}, {0}, {0}, {0}};
    for (size_t d = 0; d < keys->depth; d += 4)
        UNROLL for (size_t i = 0; i < 4; i++) sum[i] += SET(load)(data + 16 * (d + i)) * q->exact[d + i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Scores of the slots [from, to) into `scores`, whose first is of slot `from & ~15`; -inf outside. Returns the highest. */
static float SET(scores_of)(const store *keys, size_t head, const query *q, int from, int to, float *scores) {
    const v16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int begin = from & ~15;
    v16 most = (v16){0} - INFINITY;
    for (int at = begin; at < to; at += 16) {
        v16 score = SET(products)(keys, head, q, (size_t)at);
        if (at < from || at + 16 > to) {
            v16 slot = lanes + (float)at;
            score = SET(select)((slot < (float)from) | (slot >= (float)to), (v16){0} - INFINITY, score);
        }
        most = SET(select)(score > most, score, most);
        memcpy(scores + (at - begin), &score, sizeof score);
    }
    float highest = most[0];
    for (int i = 1; i < 16; i++) highest = most[i] > highest ? most[i] : highest;
    return highest;
}

/* Values of `count` slots from `begin` on, each times its weight, over `total`: `groups` * 16 channels from `channel`. */
ALWAYS void SET(mix)(const store *values, size_t head, const query *weights, int begin, int count, float total,
                     size_t channel, int groups, float *out) {
    const size_t depth = values->depth, from = (head * values->slots + (size_t)begin) * depth;
    if (values->format == LC_INT8) {
        const int8_t *data = (const int8_t *)values->data + from + 2 * channel;
        i16 sum[4] = {{0}, {0}, {0}, {0}};
        for (int at = 0; at < count; at += 2, data += 2 * depth) {
            AHEAD(data, 128);
            UNROLL for (int g = 0; g < groups; g++)
                sum[g] = SET(add_pairs)(sum[g], data + 32 * g, SET(pair_at)(weights->rounded + at));
        }
        UNROLL for (int g = 0; g < groups; g++) {
            v16 result = __builtin_convertvector(sum[g], v16) * (weights->step / total);
            memcpy(out + channel + 16 * g, &result, sizeof result);
        }
        return;
    }
    const float *data = (const float *)values->data + from + channel;
    v16 sum[4] = {{0}, {0}, {0}, {0}};
    for (int at = 0; at < count; at++, data += depth)
        UNROLL for (int g = 0; g < groups; g++) sum[g] += SET(load)(data + 16 * g) * weights->exact[at];
    UNROLL for (int g = 0; g < groups; g++) {
        sum[g] /= total;
        memcpy(out + channel + 16 * g, &sum[g], sizeof sum[g]);
    }
}

/* What one query makes of the slots [from, to) of one head: out (depth of the values). `scores` is room for weights. */
static void SET(attend)(const store *keys, const store *values, size_t head, const query *q, int from, int to,
                        query *scores, float *out) {
    const int begin = from & ~15, count = ((to - begin) + 15) & ~15;
    const float most = SET(scores_of)(keys, head, q, from, to, scores->exact);
    v16 sum = {0};
    for (int at = 0; at < count; at += 16) {
        v16 weight = SET(exponential)(SET(load)(scores->exact + at) - most);
        sum += weight;
        if (values->format == LC_INT8) weight *= SET(load)(values->scales + head * values->slots + begin + at);
        memcpy(scores->exact + at, &weight, sizeof weight);
    }
    float total = 0;
    for (int i = 0; i < 16; i++) total += sum[i];
    if (values->format == LC_INT8)
        scores->step = SET(to_steps)(scores->exact, (size_t)count, steps_for((size_t)count), scores->rounded);
    size_t channel = 0;
    for (; channel + 64 <= values->depth; channel += 64)
        SET(mix)(values, head, scores, begin, to - begin, total, channel, 4, out);
    for (; channel < values->depth; channel += 16)
        SET(mix)(values, head, scores, begin, to - begin, total, channel, 1, out);
}

static uint64_t SET(read)(const void *from, size_t bytes) {
    u64 sum[4] = {{0}, {0}, {0}, {0}};
    for (size_t at = 0; at + 256 <= bytes; at += 256)
        UNROLL for (int i = 0; i < 4; i++) {
            u64 x;
            memcpy(&x, (const char *)from + at + 64 * i, sizeof x);
            sum[i] += x;
        }
    u64 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    return all[0] + all[1] + all[2] + all[3] + all[4] + all[5] + all[6] + all[7];
}

static const kernels SET(kernels) = {SET(multiply), SET(attend), SET(to_steps), SET(read), NAME};
