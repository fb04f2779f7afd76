/* Threads that sleep between calls and meet at barriers within one. */
#include "decoder.h"

#include <sched.h>
#include <stdlib.h>

#define SPINS 2000

void lc_wait_for_all(lc_decoder *d) {
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

static void work(lc_decoder *d, size_t thread) {
    if (d->reading)
        lc_read_share(d, thread);
    else
        lc_forward(d, thread);
    lc_wait_for_all(d);
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

void lc_together(lc_decoder *d) {
    if (d->shape.threads > 1) {
        pthread_mutex_lock(&d->mutex);
        d->calls++;
        pthread_cond_broadcast(&d->wake);
        pthread_mutex_unlock(&d->mutex);
    }
    work(d, 0);
}

int lc_start_threads(lc_decoder *d) {
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

void lc_end_threads(lc_decoder *d) {
    pthread_mutex_lock(&d->mutex);
    d->ending = 1;
    pthread_cond_broadcast(&d->wake);
    pthread_mutex_unlock(&d->mutex);
    for (int i = 0; i < d->started; i++) pthread_join(d->threads[i], NULL);
}
