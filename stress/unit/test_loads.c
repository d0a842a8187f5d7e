/* SPDX-License-Identifier: MIT
 * The loads that hurt, under an oracle: who allocates which frame, who frees it, and how often. Hart caches are off,
 * and what stands between core and the variant sees every allocation and every free, with the hart that asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "default_fdt.h"
#include "framelab.h"
#include "hart_cache.h"
#include "refcounts.h"
#include "workload_phase.h"

#define HARTS_MOST 6u
#define MEMORY_BYTES (UINT64_C(64) << 20)
#define FRAMES (MEMORY_BYTES / FRAME_SIZE)
#define FIRST_FRAME (DEFAULT_FDT_RAM_BASE / FRAME_SIZE)

/* Counts of runs, whatever their length. Atomic: harts are threads. */
static struct oracle {
    const struct variant *variant; /* that is asked */
    uint32_t owner[FRAMES];        /* of a frame that is out the hart that has it, + 1; else 0 */
    uint64_t taken[HARTS_MOST];
    uint64_t moved[HARTS_MOST][HARTS_MOST]; /* taken by, freed by */
    uint64_t out[HARTS_MOST], out_most[HARTS_MOST];
    uint64_t huge, wrong;
    void (*on_take)(uint32_t hart);
} oracle;

/* Harts are threads. */
#define ADD(count, n) __atomic_add_fetch(&(count), n, __ATOMIC_RELAXED)

static void note_take(uint32_t hart, struct frame_run run)
{
    for (uint64_t i = 0; i < run.count; i++) {
        uint32_t *owner = &oracle.owner[run.first.value + i - FIRST_FRAME];
        if (__atomic_exchange_n(owner, hart + 1, __ATOMIC_RELAXED) != 0) {
            (void)ADD(oracle.wrong, 1);
        }
    }
    (void)ADD(oracle.taken[hart], 1);
    (void)ADD(oracle.huge, run.count == CHUNK_FRAMES);
    uint64_t out = ADD(oracle.out[hart], 1);
    oracle.out_most[hart] = out > oracle.out_most[hart] ? out : oracle.out_most[hart]; /* its own alone */
}

static void note_give(uint32_t hart, struct frame_run run)
{
    uint32_t first = 0;
    for (uint64_t i = 0; i < run.count; i++) {
        uint32_t owner = __atomic_exchange_n(&oracle.owner[run.first.value + i - FIRST_FRAME], 0, __ATOMIC_RELAXED);
        if (owner == 0) {
            (void)ADD(oracle.wrong, 1);
            return;
        }
        first = i == 0 ? owner - 1 : first;
    }
    (void)ADD(oracle.moved[first][hart], 1);
    __atomic_sub_fetch(&oracle.out[first], 1, __ATOMIC_RELAXED);
}

static uint32_t take(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    uint32_t got = oracle.variant->take(global, caller, kind, firsts, count);
    for (uint32_t i = 0; i < got; i++) {
        note_take(caller.hart, frame_run(firsts[i], UINT64_C(1) << kind.order));
    }
    if (oracle.on_take != NULL && got > 0) {
        oracle.on_take(caller.hart);
    }
    return got;
}

static void give(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        note_give(caller.hart, frame_run(firsts[i], UINT64_C(1) << kind.order));
    }
    oracle.variant->give(global, caller, kind, firsts, count);
}

static bool take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first)
{
    bool got = oracle.variant->take_run(global, caller, request, first);
    if (got) {
        note_take(caller.hart, frame_run(*first, request.count));
    }
    return got;
}

static void give_run(struct global *global, struct caller caller, struct frame_run run)
{
    note_give(caller.hart, run);
    oracle.variant->give_run(global, caller, run);
}

/* ---- a load under it ---- */

struct load {
    struct frame_allocator *allocator;
    struct variant watched;
    struct workload workload;
    struct workload_hart hart[HARTS_MOST];
    struct histogram latency[HARTS_MOST][WORKLOAD_PHASE_MAX];
};

static struct load load;

/* Opens `variant` without caches for `harts` of two NUMA nodes, and puts the oracle before it. */
static void load_open(const char *variant, uint32_t harts)
{
    static _Alignas(8) unsigned char fdt[DEFAULT_FDT_BYTES_MAX];
    const struct default_fdt_options options = {.memory_bytes = MEMORY_BYTES, .harts = harts, .nodes = 2};
    char spec[64];
    (void)snprintf(spec, sizeof spec, "%s,magazine=0,run-magazine=0", variant);
    assert_int_equal(default_fdt_write(fdt, sizeof fdt, &options), 0);
    memset(&oracle, 0, sizeof oracle);
    load = (struct load){.allocator = framelab_open_fdt(spec, fdt, sizeof fdt, harts)};
    assert_non_null(load.allocator);
    load.watched = *load.allocator->variant;
    oracle.variant = load.allocator->variant;
    assert_true(load.watched.take != NULL && load.watched.give != NULL);
    load.watched.take = take;
    load.watched.give = give;
    load.watched.take_run = take_run;
    load.watched.give_run = give_run;
    load.allocator->variant = &load.watched;
}

/* Runs `text`, a workload with its options. */
static void load_start(const char *text, uint32_t harts, uint64_t requests)
{
    struct workload *workload = &load.workload;
    *workload = (struct workload){.allocator = load.allocator,
                                  .frames = 1,
                                  .align_bytes = FRAME_SIZE,
                                  .requests = requests,
                                  .turns = 1,
                                  .harts = harts,
                                  .seed = 7,
                                  .slots = calloc(workload_slots(requests, harts), sizeof(pfn_t)),
                                  .hart = load.hart};
    assert_true(workload_parse(&workload->choice, text, strlen(text)));
    uint64_t state_bytes = align_up_u64(workload_state_bytes(workload) + 1, CACHE_PAIR);
    workload->state = aligned_alloc(CACHE_PAIR, state_bytes);
    assert_true(workload->slots != NULL && workload->state != NULL);
    for (uint32_t i = 0; i < harts; i++) {
        load.hart[i].latency = load.latency[i];
    }
    assert_true(workload_run(workload));
}

/* All is back, and each frame was handed out and freed once a time. */
static void load_close(void)
{
    struct frame_account account;
    uint64_t taken = 0, moved = 0;
    assert_int_equal(oracle.wrong, 0);
    for (uint32_t i = 0; i < HARTS_MOST; i++) {
        taken += oracle.taken[i];
        for (uint32_t k = 0; k < HARTS_MOST; k++) {
            moved += oracle.moved[i][k];
        }
    }
    assert_int_equal(taken, moved);
    load.allocator->variant = oracle.variant;
    assert_true(frame_allocator_validate(load.allocator, &account));
    assert_int_equal(account.allocated, 0);
    free(load.workload.slots);
    free(load.workload.state);
    framelab_close(load.allocator);
}

static void load_run(const char *variant, const char *text, uint32_t harts, uint64_t requests)
{
    load_open(variant, harts);
    load_start(text, harts, requests);
    assert_null(workload_failure(&load.workload));
}

/* What the workload tells. */
static char telling[256];

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    size_t used = strlen(telling);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(telling + used, sizeof telling - used, format, arguments);
    va_end(arguments);
}

static void assert_tells(const char *text)
{
    telling[0] = '\0';
    workload_tell(&load.workload, tell);
    assert_non_null(strstr(telling, text));
}

/* ---- meetings ---- */

static bool met[HARTS_MOST][2];

/* All come to a first meeting well, and one of them, at once, to a second not. */
static void run_two_meetings(struct workload *workload, uint32_t hart)
{
    met[hart][0] = meet(workload, true);
    met[hart][1] = meet(workload, hart != 0);
}

/* What a meeting says is the same for all: who leaves it late does not hear of what failed since. */
static void a_meeting_is_the_same_for_all(void **state)
{
    static const struct workload_kind kind = {.name = "two", .phases = {"none"}, .run = run_two_meetings};
    struct workload_hart hart[HARTS_MOST];
    struct workload workload = {.choice = {.kind = &kind}, .harts = HARTS_MOST, .hart = hart};
    (void)state;
    assert_true(harts_provide(HARTS_MOST));
    for (uint32_t run = 0; run < 2000; run++) {
        assert_true(workload_run(&workload));
        for (uint32_t i = 0; i < HARTS_MOST; i++) {
            assert_true(met[i][0] && !met[i][1]);
        }
    }
}

/* ---- pipe ---- */

/* Every frame goes from a hart that allocates to the one that its ring leads to, and is freed there, once. */
static void pipe_hands_over_every_frame_once(void **state)
{
    static const struct {
        uint32_t percent, harts, producers;
    } cases[] = {{0, 4, 1}, {50, 4, 2}, {100, 4, 3}, {50, 5, 2}, {70, 6, 4}, {50, 2, 1}, {0, 2, 1}, {100, 1, 1}};
    static const uint32_t batches[] = {1, 7, 256};
    char text[64];
    for (uint32_t i = 0; i < 3 * sizeof cases / sizeof cases[0]; i++) {
        const uint32_t harts = cases[i / 3].harts, producers = cases[i / 3].producers, batch = batches[i % 3];
        const uint32_t consumers = harts > 1 ? harts - producers : 1;
        const uint32_t rings = producers > consumers ? producers : consumers;
        const uint64_t requests = 1003, pairs = requests * harts;
        uint64_t expected[HARTS_MOST][HARTS_MOST] = {{0}};
        for (uint32_t ring = 0; ring < rings; ring++) {
            uint32_t to = harts > 1 ? producers + ring % consumers : 0;
            expected[ring % producers][to] += pairs / rings + (ring < pairs % rings);
        }
        (void)snprintf(text, sizeof text, "pipe:%u:%u", cases[i / 3].percent, batch);
        load_run(*state, text, harts, requests);
        assert_memory_equal(oracle.moved, expected, sizeof expected);
        (void)snprintf(text, sizeof text, "\"pipe\":{\"producers\":%u,\"consumers\":%u,\"batch\":%u}", producers,
                       consumers, batch);
        assert_tells(text);
        load_close();
    }
}

/* No more is out than what the rings hold and what the two sides have in their hands. */
static void pipe_is_bounded_by_its_rings(void **state)
{
    load_run(*state, "pipe:50:32", 4, 3000);
    for (uint32_t hart = 0; hart < 2; hart++) {
        assert_in_range(oracle.out_most[hart], 32, 256);
    }
    load_close();
}

/* A hart that gets nothing is told of; those that wait for it do not wait for ever, and what lay in rings is back. */
static void pipe_ends_when_memory_does(void **state)
{
    static pfn_t all[FRAMES];
    uint64_t count = 0;
    load_open(*state, 4);
    while (frame_alloc_one(load.allocator, &all[count]) == FRAME_OK) {
        count++;
    }
    for (uint32_t i = 0; i < 100; i++) { /* for two producers that have up to 256 out each */
        assert_int_equal(frame_free_one(load.allocator, all[--count]), FRAME_OK);
    }
    load_start("pipe:50:256", 4, 1000);
    const struct workload_hart *failed = workload_failure(&load.workload);
    assert_non_null(failed);
    assert_int_equal(failed->status, FRAME_NO_MEMORY);
    while (count > 0) {
        assert_int_equal(frame_free_one(load.allocator, all[--count]), FRAME_OK);
    }
    load_close();
}

/* ---- purge, exit ---- */

/* k harts free, of every hart's frames the clusters that are theirs. */
static void purge_is_of_k_harts(void **state)
{
    const uint32_t harts = 5, cluster = 32;
    const uint64_t requests = 333;
    char text[64];
    for (uint32_t k = 1; k <= harts + 1; k++) {
        const uint32_t freeing = k < harts ? k : harts;
        uint64_t expected[HARTS_MOST][HARTS_MOST] = {{0}};
        for (uint64_t at = 0; at < harts * requests; at++) {
            expected[at % harts][at / cluster % freeing]++;
        }
        (void)snprintf(text, sizeof text, "purge:%u", k);
        load_run(*state, text, harts, requests);
        assert_memory_equal(oracle.moved, expected, sizeof expected);
        (void)snprintf(text, sizeof text, "\"purge\":{\"freeing\":%u}", freeing);
        assert_tells(text);
        load_close();
    }
}

/* One hart frees all that a process took: the last process's is hart 0, another's the first of the next. */
static void exit_is_of_one_hart_a_process(void **state)
{
    static const struct {
        uint32_t threads, harts, processes;
    } cases[] = {{0, 5, 1}, {1, 5, 5}, {2, 5, 3}, {2, 6, 3}, {5, 5, 1}, {9, 5, 1}, {3, 1, 1}};
    const uint64_t requests = 100;
    char text[64];
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const uint32_t harts = cases[i].harts;
        const uint32_t threads = cases[i].threads != 0 && cases[i].threads < harts ? cases[i].threads : harts;
        uint64_t expected[HARTS_MOST][HARTS_MOST] = {{0}};
        for (uint32_t hart = 0; hart < harts; hart++) {
            uint32_t next = (hart / threads + 1) * threads;
            expected[hart][next < harts ? next : 0] = requests;
        }
        (void)snprintf(text, sizeof text, "exit:%u", cases[i].threads);
        load_run(*state, text, harts, requests);
        assert_memory_equal(oracle.moved, expected, sizeof expected);
        (void)snprintf(text, sizeof text, "\"exit\":{\"processes\":%u}", cases[i].processes);
        assert_tells(text);
        load_close();
    }
}

/* Who frees nothing has the same time as who frees all: the phase is over when all is free. */
static void all_wait_for_the_end(void **state)
{
    load_run(*state, "exit", 4, 1000);
    for (uint32_t hart = 0; hart < 4; hart++) {
        assert_true(load.hart[hart].phase_ns[1] > 0);
    }
    load_close();
}

/* ---- larson, threadtest ---- */

/* Slots are filled once and replaced N times; with more than one life they come to other harts, which free what is in
 * them; with one they do not. */
static void larson_replaces_and_hands_on(void **state)
{
    const uint32_t harts = 4;
    const uint64_t slots = 50, requests = 1200;
    for (uint32_t lives = 1; lives <= 4; lives += 3) {
        char text[64];
        (void)snprintf(text, sizeof text, "larson:%llu:%u", (unsigned long long)slots, lives);
        load_run(*state, text, harts, requests);
        for (uint32_t hart = 0; hart < harts; hart++) {
            assert_int_equal(oracle.taken[hart], slots + requests);
            assert_int_equal(oracle.out[hart], 0);
            uint64_t moved = 0;
            for (uint32_t to = 0; to < harts; to++) {
                moved += to != hart ? oracle.moved[hart][to] : 0;
            }
            /* Of an array that goes on all that was not replaced before; of 50 slots in 300 pairs next to all are. */
            assert_in_range(moved, lives > 1 ? (lives - 1) * slots * 9 / 10 : 0, (lives - 1) * slots);
        }
        assert_tells(lives == 1 ? "\"larson\":{\"slots\":50,\"lives\":1}" : "\"larson\":{\"slots\":50,\"lives\":4}");
        load_close();
    }
}

static uint32_t leaves;

static bool count_leave(struct global *global, struct caller caller, uint32_t owner)
{
    (void)caller;
    (void)owner;
    (void)global;
    __atomic_add_fetch(&leaves, 1, __ATOMIC_RELAXED);
    return false;
}

static uint32_t nodes_of[HARTS_MOST];

static void note_node(void *context, uint32_t hart)
{
    (void)context;
    nodes_of[hart] = frame_hart_node(load.allocator);
}

/* At the end of each life but the last a hart's memory is emptied, as its thread ends; and it is of its node again. */
static void larson_ends_threads(void **state)
{
    (void)state;
    for (uint32_t lives = 1; lives <= 5; lives += 2) {
        char text[64];
        load_open("baseline", 3);
        load.watched.local_drain = count_leave;
        leaves = 0;
        (void)snprintf(text, sizeof text, "larson:20:%u", lives);
        load_start(text, 3, 100);
        assert_null(workload_failure(&load.workload));
        assert_int_equal(leaves, 3 * (lives - 1));
        assert_true(harts_run(3, note_node, NULL));
        for (uint32_t hart = 0; hart < 3; hart++) { /* as the tree has it: in blocks */
            assert_int_equal(nodes_of[hart], hart * 2 / 3);
        }
        load_close();
    }
}

/* Each hart has its part of the objects out at once, no more, and frees what it took itself. */
static void threadtest_shares_the_objects(void **state)
{
    for (uint32_t harts = 1; harts <= 5; harts++) {
        const uint64_t objects = 300, burst = objects / harts, requests = burst * 7;
        load_run(*state, "threadtest:300", harts, requests);
        for (uint32_t hart = 0; hart < harts; hart++) {
            assert_int_equal(oracle.moved[hart][hart], requests);
            assert_int_equal(oracle.out_most[hart], burst);
        }
        load_close();
    }
}

/* Whole rounds; as many as --requests allows, one at least; no more objects than half of memory. */
static void threadtest_is_cut_to_rounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t harts;
        uint64_t most, requests;
    } cases[] = {{1, 0, 500}, {1, 399, 300}, {1, 10, 100}, {3, 0, 165}, {3, 100, 99}, {3, 32, 33}, {4, 30, 25}};
    struct workload_choice choice;
    assert_true(workload_parse(&choice, "threadtest:100", 14));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct workload_shape shape = {.usable_frames = 1000,
                                             .frames = 1,
                                             .requests_most = cases[i].most,
                                             .harts = cases[i].harts,
                                             .harts_most = cases[i].harts};
        assert_int_equal(workload_requests(&choice, &shape), cases[i].requests);
    }
    choice.options[0] = 5000; /* of a thousand frames half */
    const struct workload_shape shape = {.usable_frames = 1000, .frames = 1, .harts = 2, .harts_most = 2};
    assert_int_equal(workload_requests(&choice, &shape), 250);
}

/* ---- fault, cow ---- */

static void fault_has_its_share_of_huge_pages(void **state)
{
    static const struct {
        uint32_t share;
        uint64_t huge; /* of three harts with 40 faults each */
    } cases[] = {{0, 0}, {5, 6}, {25, 30}, {50, 60}};
    char text[64];
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        load_open(*state, 3);
        (void)snprintf(text, sizeof text, "fault:%u:0", cases[i].share);
        load_start(text, 3, 40);
        assert_null(workload_failure(&load.workload));
        uint64_t had = cases[i].huge < 20 ? cases[i].huge : oracle.huge; /* memory has some thirty chunks */
        assert_int_equal(oracle.huge, had);
        assert_in_range(oracle.huge, cases[i].huge < 20 ? cases[i].huge : 20, cases[i].huge);
        (void)snprintf(text, sizeof text, "\"fault\":{\"huge\":%llu,\"fallbacks\":%llu}", (unsigned long long)had,
                       (unsigned long long)(cases[i].huge - had));
        assert_tells(text);
        for (uint32_t hart = 0; hart < 3; hart++) {
            assert_int_equal(oracle.taken[hart], 40);
            assert_int_equal(oracle.moved[hart][hart], 40);
        }
        load_close();
    }
}

/* Where no huge page is left each fault that asks for one gets a frame. */
static void fault_falls_back(void **state)
{
    static pfn_t all[FRAMES], kept[FRAMES];
    uint64_t count = 0, kept_count = 0;
    load_open(*state, 2);
    while (frame_alloc_one(load.allocator, &all[count]) == FRAME_OK) {
        count++;
    }
    for (uint64_t i = 0; i < count; i++) { /* one of each four stays out */
        if (all[i].value % 4 == 0) {
            kept[kept_count++] = all[i];
        } else {
            assert_int_equal(frame_free_one(load.allocator, all[i]), FRAME_OK);
        }
    }
    load_start("fault:100:3", 2, 200);
    assert_null(workload_failure(&load.workload));
    assert_tells("\"fault\":{\"huge\":0,\"fallbacks\":400}");
    while (kept_count > 0) {
        assert_int_equal(frame_free_one(load.allocator, kept[--kept_count]), FRAME_OK);
    }
    load_close();
}

static struct {
    uint64_t frames, children; /* a hart's own, and how many have references to each */
    uint64_t took[HARTS_MOST];
    struct hart_barrier barrier;
    uint64_t wrong;
} forked;

/* At its first copy each hart waits until all are there: then every reference is taken, and none is dropped. */
static void look_at_first_copy(uint32_t hart)
{
    if (++forked.took[hart] != forked.frames + 1) {
        return;
    }
    hart_barrier_wait(&forked.barrier);
    uint64_t stride = workload_slots(load.workload.requests, 1);
    for (uint64_t i = 0; i < forked.frames; i++) {
        pfn_t frame = load.workload.slots[hart * stride + i];
        const struct arena *arena = oracle.variant->find(load.allocator->global, hart, frame);
        const struct refcount_view view = refcount_view_of(arena); /* frame_ref_count would be nested here */
        if (count_read(&view, frame) != 1 + forked.children) {
            (void)ADD(forked.wrong, 1);
        }
    }
    hart_barrier_wait(&forked.barrier);
}

/* Each frame is shared by as many as asked for, copied as often, and freed by its owner. */
static void cow_shares_and_copies(void **state)
{
    char text[64];
    for (uint32_t harts = 1; harts <= 4; harts += 3) {
        for (uint32_t children = 1; children <= 6; children++) {
            const uint64_t requests = 60;
            memset(&forked, 0, sizeof forked);
            forked.frames = requests / children;
            forked.children = children;
            hart_barrier_init(&forked.barrier, harts);
            load_open(*state, harts);
            oracle.on_take = look_at_first_copy;
            (void)snprintf(text, sizeof text, "cow:%u", children);
            load_start(text, harts, requests);
            assert_null(workload_failure(&load.workload));
            assert_int_equal(forked.wrong, 0);
            for (uint32_t hart = 0; hart < harts; hart++) {
                assert_int_equal(oracle.moved[hart][hart], forked.frames + requests);
            }
            load_close();
        }
    }
}

/* Over no allocator, where frames are numbers that say whose they are: the last reference that a hart drops is to the
 * last frame of the hart as many before it as there are children. */
static void cow_refers_to_other_harts(void **state)
{
    enum { HARTS = 4, REQUESTS = 60 };
    char text[64];
    (void)state;
    assert_true(harts_provide(HARTS));
    for (uint32_t children = 1; children <= 6; children++) {
        load = (struct load){.allocator = NULL};
        (void)snprintf(text, sizeof text, "cow:%u", children);
        load_start(text, HARTS, REQUESTS);
        for (uint32_t hart = 0; hart < HARTS; hart++) {
            uint64_t parent = (hart + 2 * HARTS - children) % HARTS;
            assert_int_equal(load.hart[hart].null.last_freed, parent * REQUESTS + REQUESTS / children - 1);
        }
        free(load.workload.slots);
        free(load.workload.state);
    }
}

/* A build without counts says so at the first reference, and all is back. */
static void cow_needs_counts(void **state)
{
    load_open(*state, 3);
    load_start("cow", 3, 50);
    const struct workload_hart *failed = workload_failure(&load.workload);
    assert_non_null(failed);
    assert_int_equal(failed->status, FRAME_TOO_MANY_REFS);
    assert_int_equal(failed->failed_at, 0);
    load_close();
}

int main(void)
{
    static char baseline[] = "baseline", lockfree[] = "lockfree";
    const struct CMUnitTest with_counts[] = {
        cmocka_unit_test_prestate(cow_shares_and_copies, baseline),
        cmocka_unit_test_prestate(cow_shares_and_copies, lockfree),
    };
    const struct CMUnitTest without_counts[] = {
        cmocka_unit_test_prestate(cow_needs_counts, baseline),
        cmocka_unit_test_prestate(cow_needs_counts, lockfree),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cow_refers_to_other_harts),
        cmocka_unit_test(a_meeting_is_the_same_for_all),
        cmocka_unit_test_prestate(pipe_hands_over_every_frame_once, baseline),
        cmocka_unit_test_prestate(pipe_hands_over_every_frame_once, lockfree),
        cmocka_unit_test_prestate(pipe_is_bounded_by_its_rings, lockfree),
        cmocka_unit_test_prestate(pipe_ends_when_memory_does, baseline),
        cmocka_unit_test_prestate(pipe_ends_when_memory_does, lockfree),
        cmocka_unit_test_prestate(purge_is_of_k_harts, baseline),
        cmocka_unit_test_prestate(purge_is_of_k_harts, lockfree),
        cmocka_unit_test_prestate(exit_is_of_one_hart_a_process, baseline),
        cmocka_unit_test_prestate(exit_is_of_one_hart_a_process, lockfree),
        cmocka_unit_test_prestate(all_wait_for_the_end, baseline),
        cmocka_unit_test_prestate(larson_replaces_and_hands_on, baseline),
        cmocka_unit_test_prestate(larson_replaces_and_hands_on, lockfree),
        cmocka_unit_test(larson_ends_threads),
        cmocka_unit_test_prestate(threadtest_shares_the_objects, baseline),
        cmocka_unit_test_prestate(threadtest_shares_the_objects, lockfree),
        cmocka_unit_test(threadtest_is_cut_to_rounds),
        cmocka_unit_test_prestate(fault_has_its_share_of_huge_pages, baseline),
        cmocka_unit_test_prestate(fault_has_its_share_of_huge_pages, lockfree),
        cmocka_unit_test_prestate(fault_falls_back, baseline),
        cmocka_unit_test_prestate(fault_falls_back, lockfree),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (frame_counts_references() ? cmocka_run_group_tests(with_counts, NULL, NULL)
                                               : cmocka_run_group_tests(without_counts, NULL, NULL));
}
