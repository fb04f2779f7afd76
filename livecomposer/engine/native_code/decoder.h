/* A decoder and what its threads compute with. */
#ifndef LIVECOMPOSER_DECODER_H
#define LIVECOMPOSER_DECODER_H

#include "storage.h"

#include <pthread.h>
#include <stdatomic.h>

#define CHUNK 48 /* most tokens computed together: their activations stay in a core's cache */

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

/* Compute d->job, or read all weights if d->reading, with all threads. */
void lc_together(lc_decoder *d);
int lc_start_threads(lc_decoder *d);
void lc_end_threads(lc_decoder *d);

/* One thread's part of either. */
void lc_forward(lc_decoder *d, size_t thread);
void lc_read_share(lc_decoder *d, size_t thread);
void lc_wait_for_all(lc_decoder *d);

#endif
