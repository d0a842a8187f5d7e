/* SPDX-License-Identifier: MIT
 * See calibrate.h. Hart 0 measures; hart 1, if there is a core for it, writes or reads the lines beforehand. Between
 * rounds the two meet at a barrier that spins, since what sleeps finds its caches cold. */
#include "calibrate.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "ck.h"
#include "frame_limits.h"
#include "harness.h"
#include "harts.h"
#include "platform.h"
#include "random.h"

#define ACCESSES 4096u /* a round, of lines that are there */
#define BOXES 16u
#define BOX_ACCESSES 4u
#define BOX_LIMIT 14u
#define LINES 256u /* that go from hart to hart: a half of the smallest first-level cache there is */
#define RELAXES 512u
#define BARRIERS 16u
#define CHAIN_BYTES (UINT64_C(256) << 20)
#define CHAIN_STEPS 1024u
#define WARM_ROUNDS 3u

/* Further from the next than a prefetcher looks. */
struct chain_line {
    _Alignas(4 * CACHE_PAIR) struct chain_line *next;
    _Atomic uint64_t word;
};

/* Takes numbers until it is full. */
struct box {
    _Alignas(CACHE_LINE) volatile uint32_t count, limit;
    volatile uint32_t numbers[14];
};

struct own_lines {
    struct box boxes[BOXES];
    _Alignas(CACHE_PAIR) _Atomic uint64_t counter;
#ifdef CK_F_STACK_POP_MPMC
    _Alignas(CACHE_PAIR) void *pair[2];
#endif
};

struct calibration {
    uint32_t rounds, harts;
    struct own_lines own;
    struct chain_line *lines;                /* LINES, linked in a random circle */
    struct chain_line *order[LINES];         /* the same, in the order of the circle */
    struct chain_line *chain;                /* CHAIN_BYTES of them, likewise */
    struct chain_line *l2_chain, *llc_chain; /* NULL: not measured */
    uint64_t *took_ns[COST_COUNT];
    _Alignas(CACHE_PAIR) _Atomic uint32_t arrived;
    _Alignas(CACHE_PAIR) _Atomic uint32_t round;
};

static const struct {
    const char *name;
    uint32_t accesses; /* a round */
} costs[COST_COUNT] = {[COST_HIT] = {"hit", ACCESSES},
                       [COST_RMW] = {"rmw", ACCESSES},
                       [COST_RMW_16] = {"rmw_16", ACCESSES},
                       [COST_FENCE] = {"fence", ACCESSES},
                       [COST_RELAX] = {"relax", RELAXES},
                       [COST_MISS] = {"miss", CHAIN_STEPS},
                       [COST_BARRIER] = {"barrier", BARRIERS},
                       [COST_TRANSFER] = {"transfer", LINES},
                       [COST_INVALIDATE] = {"invalidate", LINES},
                       [COST_L2] = {"l2", CHAIN_STEPS},
                       [COST_LLC] = {"llc", CHAIN_STEPS},
                       [COST_AHEAD] = {"ahead", LINES *AHEAD_ACCESSES}};

const char *calibrate_name(enum calibrate_cost cost)
{
    return costs[cost].name;
}

/* ---- what is timed ---- */

static inline void put(struct box *box, uint32_t number)
{
    uint32_t count = box->count;
    if (count < box->limit) {
        box->numbers[count] = number;
        box->count = count + 1;
    } else {
        box->count = 0;
    }
}

static void hit(struct calibration *calibration)
{
    for (uint32_t i = 0; i < ACCESSES / BOX_ACCESSES; i++) {
        put(&calibration->own.boxes[i % BOXES], i);
    }
}

static void rmw(struct calibration *calibration)
{
    for (uint32_t i = 0; i < ACCESSES; i++) {
        (void)atomic_fetch_add_explicit(&calibration->own.counter, 1, memory_order_seq_cst);
    }
}

#ifdef CK_F_STACK_POP_MPMC
static void rmw_16(struct calibration *calibration)
{
    for (uint32_t i = 0; i < ACCESSES; i++) {
        void *seen[2] = {calibration->own.pair[0], calibration->own.pair[1]};
        void *next[2] = {seen[1], seen[0]};
        (void)ck_pr_cas_ptr_2(calibration->own.pair, seen, next);
    }
}
#endif

static void fence(struct calibration *calibration)
{
    (void)calibration;
    for (uint32_t i = 0; i < ACCESSES; i++) {
        atomic_thread_fence(memory_order_seq_cst);
    }
}

static void relax(struct calibration *calibration)
{
    (void)calibration;
    for (uint32_t i = 0; i < RELAXES; i++) {
        platform_relax();
    }
}

/* What each load finds is where the next one goes. */
static struct chain_line *follow(struct chain_line *line, uint32_t steps)
{
    for (uint32_t i = 0; i < steps; i++) {
        line = *(struct chain_line *volatile *)&line->next;
    }
    return line;
}

static void miss(struct calibration *calibration)
{
    calibration->chain = follow(calibration->chain, CHAIN_STEPS);
}

static void miss_first(struct calibration *calibration)
{
    calibration->l2_chain = follow(calibration->l2_chain, CHAIN_STEPS);
}

static void miss_second(struct calibration *calibration)
{
    calibration->llc_chain = follow(calibration->llc_chain, CHAIN_STEPS);
}

static void barrier(struct calibration *calibration)
{
    (void)calibration;
    for (uint32_t i = 0; i < BARRIERS; i++) {
        struct hart_set silent;
        (void)platform_barrier_heavy(&silent);
    }
}

static void transfer(struct calibration *calibration)
{
    calibration->lines = follow(calibration->lines, LINES);
}

static void add_to_lines(struct calibration *calibration)
{
    struct chain_line *line = calibration->lines;
    for (uint32_t i = 0; i < LINES; i++) {
        (void)atomic_fetch_add_explicit(&line->word, 1, memory_order_seq_cst);
        line = line->next;
    }
}

static void ahead(struct calibration *calibration)
{
    for (uint32_t i = 0; i < LINES; i++) {
        (void)atomic_load_explicit(&calibration->order[i]->word, memory_order_relaxed);
        for (uint32_t k = 0; k < (AHEAD_ACCESSES - 2) / BOX_ACCESSES; k++) {
            put(&calibration->own.boxes[(i + k) % BOXES], i);
        }
    }
}

static void (*const timed[COST_COUNT])(struct calibration *calibration) = {
    [COST_HIT] = hit,         [COST_RMW] = rmw,
#ifdef CK_F_STACK_POP_MPMC
    [COST_RMW_16] = rmw_16,
#endif
    [COST_FENCE] = fence,     [COST_RELAX] = relax,       [COST_MISS] = miss,
    [COST_BARRIER] = barrier, [COST_TRANSFER] = transfer, [COST_INVALIDATE] = add_to_lines,
    [COST_L2] = miss_first,   [COST_LLC] = miss_second,   [COST_AHEAD] = ahead};

static bool takes_two(enum calibrate_cost cost)
{
    return cost == COST_TRANSFER || cost == COST_INVALIDATE || cost == COST_AHEAD;
}

static bool is_measured(const struct calibration *calibration, enum calibrate_cost cost)
{
    return timed[cost] != NULL && (calibration->harts > 1 || !takes_two(cost)) &&
           (cost != COST_L2 || calibration->l2_chain != NULL) && (cost != COST_LLC || calibration->llc_chain != NULL);
}

/* ---- two harts in turn ---- */

static void meet(struct calibration *calibration)
{
    uint32_t round = atomic_load_explicit(&calibration->round, memory_order_acquire);
    if (atomic_fetch_add_explicit(&calibration->arrived, 1, memory_order_acq_rel) + 1 == calibration->harts) {
        atomic_store_explicit(&calibration->arrived, 0, memory_order_relaxed); /* the next line publishes it */
        atomic_store_explicit(&calibration->round, round + 1, memory_order_release);
        return;
    }
    while (atomic_load_explicit(&calibration->round, memory_order_acquire) == round) {
        platform_relax();
    }
}

/* Before a transfer the other hart writes the lines, before an invalidation both have read them. */
static void prepare(struct calibration *calibration, enum calibrate_cost cost, uint32_t hart)
{
    if ((cost == COST_TRANSFER || cost == COST_AHEAD) && hart == 1) {
        add_to_lines(calibration);
    }
    if (cost == COST_INVALIDATE) {
        (void)follow(calibration->lines, LINES);
    }
}

static void measure(struct calibration *calibration, enum calibrate_cost cost, uint32_t hart)
{
    for (uint32_t round = 0; round < calibration->rounds + WARM_ROUNDS; round++) {
        meet(calibration);
        prepare(calibration, cost, hart);
        meet(calibration);
        if (hart == 0) {
            uint64_t start_ns = platform_time_ns();
            timed[cost](calibration);
            uint64_t ns = platform_time_ns() - start_ns;
            calibration->took_ns[cost][round < WARM_ROUNDS ? 0 : round - WARM_ROUNDS] = ns;
        }
    }
    meet(calibration);
}

static void run_hart(void *context, uint32_t hart)
{
    struct calibration *calibration = context;
    for (uint32_t cost = 0; cost < COST_COUNT; cost++) {
        if (is_measured(calibration, (enum calibrate_cost)cost)) {
            measure(calibration, (enum calibrate_cost)cost, hart);
        }
    }
}

/* ---- all of it ---- */

/* One circle through all lines, in random order (Sattolo's shuffle, of the lines' successors). */
static struct chain_line *make_circle(uint64_t count)
{
    struct chain_line *lines = aligned_alloc(_Alignof(struct chain_line), count * sizeof *lines);
    struct random random = random_stream(1, count);
    for (uint64_t i = 0; i < count && lines != NULL; i++) {
        lines[i].next = &lines[i];
        lines[i].word = 0;
    }
    for (uint64_t i = count; lines != NULL && i-- > 1;) {
        uint64_t other = random_below(&random, i);
        struct chain_line *keep = lines[i].next;
        lines[i].next = lines[other].next;
        lines[other].next = keep;
    }
    return lines;
}

static int compare_ns(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static struct cost_sample summary(uint64_t *took_ns, uint32_t rounds, uint32_t accesses)
{
    qsort(took_ns, rounds, sizeof *took_ns, compare_ns);
    return (struct cost_sample){.median_ps = took_ns[rounds / 2] * 1000 / accesses,
                                .q1_ps = took_ns[rounds / 4] * 1000 / accesses,
                                .q3_ps = took_ns[rounds * 3 / 4] * 1000 / accesses,
                                .rounds = rounds};
}

/* An invalidation is what a read-modify-write took longer than on a line of the hart's own. */
static void subtract(struct cost_sample *sample, uint64_t ps)
{
    uint64_t *values[] = {&sample->median_ps, &sample->q1_ps, &sample->q3_ps};
    for (uint32_t i = 0; i < 3; i++) {
        *values[i] = *values[i] > ps ? *values[i] - ps : 0;
    }
}

static void summarise(struct calibration *calibration, struct cost_sample samples[COST_COUNT])
{
    for (uint32_t cost = 0; cost < COST_COUNT; cost++) {
        bool measured = is_measured(calibration, (enum calibrate_cost)cost);
        samples[cost] = measured ? summary(calibration->took_ns[cost], calibration->rounds, costs[cost].accesses)
                                 : (struct cost_sample){.rounds = 0};
    }
    subtract(&samples[COST_INVALIDATE], samples[COST_RMW].median_ps);
}

bool calibrate_run(uint32_t rounds, struct cache_sizes sizes, struct cost_sample samples[COST_COUNT])
{
    struct calibration *calibration = aligned_alloc(_Alignof(struct calibration), sizeof *calibration);
    uint64_t *took_ns = calloc((size_t)COST_COUNT * rounds, sizeof *took_ns);
    struct chain_line *lines = make_circle(LINES), *chain = make_circle(CHAIN_BYTES / sizeof *chain);
    struct chain_line *l2_chain = make_circle(sizes.l2_bytes / 2 / sizeof *chain);
    struct chain_line *llc_chain = make_circle(sizes.llc_bytes / 8 / sizeof *chain);
    bool good = calibration != NULL && took_ns != NULL && lines != NULL && chain != NULL;
    if (good) {
        *calibration = (struct calibration){.rounds = rounds,
                                            .harts = harts_cores() > 1 ? 2 : 1,
                                            .lines = lines,
                                            .chain = chain,
                                            .l2_chain = sizes.l2_bytes > 0 ? l2_chain : NULL,
                                            .llc_chain = sizes.llc_bytes > 0 ? llc_chain : NULL};
        calibration->order[0] = lines;
        for (uint32_t i = 1; i < LINES; i++) {
            calibration->order[i] = calibration->order[i - 1]->next;
        }
        for (uint32_t i = 0; i < BOXES; i++) {
            calibration->own.boxes[i].count = 0;
            calibration->own.boxes[i].limit = BOX_LIMIT;
        }
        for (uint32_t cost = 0; cost < COST_COUNT; cost++) {
            calibration->took_ns[cost] = took_ns + (size_t)cost * rounds;
        }
        good = harts_provide(calibration->harts) && harts_run(calibration->harts, run_hart, calibration);
    }
    if (good) {
        summarise(calibration, samples);
    }
    free(llc_chain);
    free(l2_chain);
    free(chain);
    free(lines);
    free(took_ns);
    free(calibration);
    return good;
}
