/* The decoder of livecomposer/model/decoder.py for one sequence on a CPU: what passes between C and its caller.
 *
 * All memory is taken in lc_create and given back in lc_free; lc_run takes none. Nothing here is safe to call from two
 * threads at once for one decoder. Results do not depend on how ids are chunked, nor on the number of threads, to the bit.
 */
#ifndef LIVECOMPOSER_NATIVE_H
#define LIVECOMPOSER_NATIVE_H

#include <stddef.h>
#include <stdint.h>

enum { LC_FLOAT32, LC_INT8 };                                /* formats of weights, keys and values */
enum { LC_QKV, LC_OUT, LC_UP, LC_DOWN, LC_UNEMBED, LC_EMBED }; /* matrices */

typedef struct lc_decoder lc_decoder;

typedef struct {
    int32_t layers, width, heads, hidden, vocabulary, slots, weights, cache, threads;
    float eps, rotary_base;
} lc_shape;

/* A decoder without weights; NULL where memory or threads are wanting. `slots` is a multiple of 16. */
lc_decoder *lc_create(const lc_shape *shape);
void lc_free(lc_decoder *d);

/* Take over `rows` (out, in) of one matrix; `layer` counts for those of the blocks. The rows of LC_QKV are ordered by
 * head, then q, k, v, with the pairs that a rotation turns side by side. Norms' scales are multiplied in. */
void lc_load(lc_decoder *d, int32_t matrix, int32_t layer, const float *rows);

/* Take in `count` ids, the first of which is at `position` and in slot `slot`; a token sees at most `window` slots, none
 * before `first`. `logits` (vocabulary) is for the id after the last. */
void lc_run(lc_decoder *d, const int32_t *ids, int32_t count, int64_t position, int32_t slot, int32_t first,
            int32_t window, float *logits);

/* Move what is in the slots from `moved` (a multiple of 16) on to the front. */
void lc_move(lc_decoder *d, int32_t moved);

/* Read every weight that lc_run reads for one id, once, with as many threads, doing nothing with it: the floor. */
uint64_t lc_read(lc_decoder *d);

/* Bytes of those weights, and the name of the instruction set that is used. */
int64_t lc_weight_bytes(const lc_decoder *d);
const char *lc_instructions(void);

#endif
