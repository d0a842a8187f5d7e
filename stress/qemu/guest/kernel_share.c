/* SPDX-License-Identifier: MIT
 * Patterns of sharing, of which everybody knows what they cost: what a plugin that counts is judged by. See
 * kernel_options.h. Harts take turns, one step each, so that a line moves at every step at which it can. */
#include "harness.h"
#include "kernel_options.h"
#include "platform.h"

static struct line {
    _Alignas(CACHE_PAIR) _Atomic uint64_t word;
} shared, own[HART_MAX];

static void add_to(_Atomic uint64_t *word)
{
    atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}

/* Each step fetches the line from the hart before: one transfer. */
static void count_together(uint32_t hart)
{
    (void)hart;
    add_to(&shared.word);
}

/* Nothing moves. */
static void count_alone(uint32_t hart)
{
    add_to(&own[hart].word);
}

/* One writes, which invalidates the others' copies; each of them fetches it again. */
static void read_together(uint32_t hart)
{
    if (hart == 0) {
        atomic_store_explicit(&shared.word, 1, memory_order_relaxed);
    } else {
        (void)atomic_load_explicit(&shared.word, memory_order_relaxed);
    }
}

static const struct pattern {
    const char *name;
    void (*step)(uint32_t hart);
} patterns[] = {{"shared-counter", count_together}, {"own-counters", count_alone}, {"one-writer", read_together}};

static struct share {
    const struct pattern *pattern;
    uint64_t steps; /* of each hart */
    struct hart_barrier barrier;
} share;

static void take_turns(void *context, uint32_t hart)
{
    struct share *it = context;
    hart_barrier_wait(&it->barrier);
    for (uint64_t i = 0; i < it->steps; i++) {
        it->pattern->step(hart);
        schedule_relax();
    }
}

static void play(const struct pattern *pattern, uint32_t harts, uint64_t steps)
{
    share.pattern = pattern;
    share.steps = steps;
    hart_barrier_init(&share.barrier, harts);
    (void)harts_run(harts, take_turns, &share);
}

int kernel_share(const struct kernel_options *options)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        for (uint32_t k = 0; k < options->harts.count; k++) {
            const uint32_t harts = (uint32_t)options->harts.values[k];
            play(&patterns[i], harts, 2); /* warm-up */
            arch_mark(MARK_START);
            play(&patterns[i], harts, options->operations);
            arch_mark(MARK_TELL);
            console_line("# %s, %lu harts, %llu steps of each", patterns[i].name, (unsigned long)harts,
                         (unsigned long long)options->operations);
        }
    }
    return KERNEL_HOLDS;
}
