/* SPDX-License-Identifier: MIT
 * The workloads: what they ask of an allocator, how often, in which order, and that they notice what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "default_fdt.h"
#include "framelab.h"
#include "histogram.h"
#include "random.h"
#include "workload.h"

#define HARTS 3u
#define MEMORY_BYTES (UINT64_C(64) << 20)

struct fixture {
    struct workload workload;
    struct population population;
    _Alignas(CACHE_PAIR) uint64_t state[201]; /* what a hundred rounds leave, at most */
    void *memory;                             /* of the population, or NULL */
    void *state_memory;                       /* of a larger state, or NULL */
    struct histogram latency[HARTS][WORKLOAD_PHASE_MAX], outcomes[HARTS][OUTCOME_COUNT];
    struct workload_hart hart[HARTS];
};

static struct fixture *fixture_make(struct frame_allocator *allocator, const char *name, uint64_t frames,
                                    uint64_t requests)
{
    struct fixture *fixture = aligned_alloc(CACHE_PAIR, align_up_u64(sizeof *fixture, CACHE_PAIR));
    assert_non_null(fixture);
    memset(fixture, 0, sizeof *fixture);
    uint64_t slots = workload_slots(requests, HARTS);
    fixture->workload = (struct workload){.allocator = allocator,
                                          .frames = frames,
                                          .align_bytes = FRAME_SIZE,
                                          .requests = requests,
                                          .turns = 1,
                                          .harts = HARTS,
                                          .seed = 7,
                                          .slots = calloc(slots, sizeof(pfn_t)),
                                          .state = fixture->state,
                                          .hart = fixture->hart};
    assert_non_null(fixture->workload.slots);
    assert_true(workload_parse(&fixture->workload.choice, name, strlen(name)));
    uint64_t state_bytes = workload_state_bytes(&fixture->workload);
    if (state_bytes > sizeof fixture->state) {
        fixture->state_memory = aligned_alloc(CACHE_PAIR, align_up_u64(state_bytes, CACHE_PAIR));
        fixture->workload.state = fixture->state_memory;
        assert_non_null(fixture->state_memory);
    }
    if (strcmp(name, "burst") == 0) {
        fixture->workload.choice.options[0] = requests; /* one alone: as much is out at once as of bulk */
    }
    for (uint32_t i = 0; i < HARTS; i++) {
        fixture->hart[i].latency = fixture->latency[i];
        fixture->hart[i].outcomes = fixture->outcomes[i];
    }
    return fixture;
}

static uint64_t requests_of(const char *name, uint64_t usable_frames, uint32_t harts, uint64_t frames)
{
    struct workload_choice choice;
    assert_true(workload_parse(&choice, name, strlen(name)));
    const struct workload_shape shape = {
        .usable_frames = usable_frames, .frames = frames, .harts = harts, .harts_most = harts};
    return workload_requests(&choice, &shape);
}

static void fixture_free(struct fixture *fixture)
{
    free(fixture->workload.slots);
    free(fixture->memory);
    free(fixture->state_memory);
    free(fixture);
}

/* What is told, by the last workload that was asked. */
static char telling[8192];

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    size_t used = strlen(telling);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(telling + used, sizeof telling - used, format, arguments);
    va_end(arguments);
}

/* What is told is JSON, and its numbers by themselves are the options that sweep: readers take them for these. */
static void assert_told(const struct workload *workload)
{
    (void)strcpy(telling, "{\"\":0");
    workload_tell(workload, tell);
    tell("}");
    json_t *json = json_loads(telling, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    int numbers = -1;
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        numbers += json_is_number(value);
    }
    for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX; i++) {
        numbers -= workload->choice.kind->options[i].sweeps;
    }
    assert_int_equal(numbers, 0);
    json_decref(json);
}

static void assert_all_back(struct frame_allocator *allocator)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(allocator, &account));
    assert_int_equal(account.allocated, 0);
    assert_int_equal(account.free + account.cached, account.total);
}

/* ---- over real allocators ---- */

/* Those that need no aged memory. */
static const char *const young_kinds[] = {"bulk",      "rand",  "repeat",           "zeroed", "purge", "exit",
                                          "fault:0:1", "burst", "threadtest:16384", "cow",    "pipe",  "larson",
                                          "adversary", "walk"};
#define YOUNG_KINDS (sizeof young_kinds / sizeof young_kinds[0])
#define HOARDING_KINDS 10 /* the first of them: they hold all that they ask for at once */

/* Whether this build, and a request of so many frames, have the workload; asked of its name with options. */
static bool has_kind(const char *text, uint64_t frames)
{
    struct workload_choice choice;
    assert_true(workload_parse(&choice, text, strlen(text)));
    return (!choice.kind->single || frames == 1) && (!choice.kind->refcounts || frame_counts_references());
}

static bool is_one_of(const char *text, const char *const *names)
{
    while (*names != NULL && strncmp(text, *names, strlen(*names)) != 0) {
        names++;
    }
    return *names != NULL;
}

/* Nobody waits for others before he frees: one alone asks for too much. */
static const char *const bursty_kinds[] = {"burst", "threadtest", NULL};
/* Of these both operations of a pair are timed, each by itself. */
static const char *const kinds_of_pairs[] = {"burst", "threadtest", "pipe", "larson", "adversary", "walk", NULL};

static void every_kind_gives_all_back(void **state)
{
    const char *variant = *state;
    static const uint64_t sizes[] = {1, 3, 8, 512};
    struct frame_allocator *allocator = framelab_open(variant, MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct frame_stats stats;
    frame_allocator_stats(allocator, &stats);
    for (uint32_t k = 0; k < YOUNG_KINDS; k++) {
        for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            if (!has_kind(young_kinds[k], sizes[i])) {
                continue;
            }
            uint64_t requests = requests_of(young_kinds[k], stats.frames_total, HARTS, sizes[i]);
            struct fixture *fixture = fixture_make(allocator, young_kinds[k], sizes[i], requests);
            assert_true(workload_run(&fixture->workload));
            assert_null(workload_failure(&fixture->workload));
            for (uint32_t hart = 0; hart < HARTS; hart++) {
                assert_true(fixture->hart[hart].phase_ns[0] > 0);
            }
            assert_all_back(allocator);
            assert_told(&fixture->workload);
            fixture_free(fixture);
        }
    }
    framelab_close(allocator);
}

/* Asking for more than there is: the failure is reported with its place, and nothing is lost by it. */
static void exhaustion_is_reported(void **state)
{
    const char *variant = *state;
    struct frame_allocator *allocator = framelab_open(variant, MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct frame_stats stats;
    frame_allocator_stats(allocator, &stats);
    for (uint32_t k = 0; k < HOARDING_KINDS; k++) {
        uint32_t harts = is_one_of(young_kinds[k], bursty_kinds) ? 1 : HARTS;
        if (!has_kind(young_kinds[k], 1)) {
            continue;
        }
        struct fixture *fixture = fixture_make(allocator, young_kinds[k], 1, stats.frames_total / harts + 1);
        fixture->workload.harts = harts;
        assert_true(workload_run(&fixture->workload));
        const struct workload_hart *failed = workload_failure(&fixture->workload);
        assert_non_null(failed);
        assert_int_equal(failed->status, FRAME_NO_MEMORY);
        assert_true(failed->failed_at < fixture->workload.requests);
        assert_all_back(allocator);
        fixture_free(fixture);
    }
    framelab_close(allocator);
}

/* The traces never hold much; they fail where there is nothing. */
static void traces_report_exhaustion(void **state)
{
    struct frame_allocator *allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
    static pfn_t all[MEMORY_BYTES / FRAME_SIZE];
    uint64_t count = 0;
    assert_non_null(allocator);
    while (frame_alloc_one(allocator, &all[count]) == FRAME_OK) {
        count++;
    }
    for (uint32_t k = HOARDING_KINDS; k < YOUNG_KINDS; k++) {
        struct fixture *fixture = fixture_make(allocator, young_kinds[k], 1, 100);
        assert_true(workload_run(&fixture->workload));
        const struct workload_hart *failed = workload_failure(&fixture->workload);
        assert_non_null(failed);
        assert_int_equal(failed->status, FRAME_NO_MEMORY);
        assert_int_equal(failed->failed_at, 0);
        fixture_free(fixture);
    }
    while (count > 0) {
        assert_int_equal(frame_free_one(allocator, all[--count]), FRAME_OK);
    }
    assert_all_back(allocator);
    framelab_close(allocator);
}

static void latency_counts_every_operation(void **state)
{
    (void)state;
    struct frame_allocator *allocator = framelab_open("baseline", MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    for (uint32_t k = 0; k < YOUNG_KINDS; k++) {
        const char *kind = young_kinds[k];
        if (!has_kind(kind, 1)) {
            continue;
        }
        struct fixture *fixture = fixture_make(allocator, kind, 1, 1000);
        fixture->workload.time_each = true;
        assert_true(workload_run(&fixture->workload));
        assert_null(workload_failure(&fixture->workload));
        for (uint32_t phase = 0; phase < workload_phase_count(fixture->workload.choice.kind); phase++) {
            uint64_t samples = 0; /* who makes them is a matter of the workload */
            for (uint32_t hart = 0; hart < HARTS; hart++) {
                samples += fixture->latency[hart][phase].samples;
            }
            assert_int_equal(samples, workload_operations(&fixture->workload) * HARTS *
                                          (is_one_of(kind, kinds_of_pairs) ? 2 : 1));
        }
        fixture_free(fixture);
    }
    framelab_close(allocator);
}

/* McKenney's allocator cache: of bursts of L, a cache of two magazines of M lets none through up to 2 M, and beyond
 * that the part of each that it has no room for, a magazine at a time. */
static void bursts_reach_the_global_allocator_beyond_the_cache(void **state)
{
    char variant[64];
    const uint64_t bursts = 100, magazine = 3;
    (void)snprintf(variant, sizeof variant, "%s,magazine=3", (const char *)*state);
    for (uint64_t length = 1; length <= 24; length++) {
        struct frame_allocator *allocator = framelab_open(variant, MEMORY_BYTES, HARTS);
        struct fixture *fixture = fixture_make(allocator, "burst", 1, bursts * length);
        struct frame_stats before, after;
        fixture->workload.choice.options[0] = length;
        assert_true(workload_run(&fixture->workload)); /* fills the caches */
        frame_allocator_stats(allocator, &before);
        assert_true(workload_run(&fixture->workload));
        frame_allocator_stats(allocator, &after);
        uint64_t beyond = length > 2 * magazine ? (length - 2 * magazine + magazine - 1) / magazine : 0;
        assert_int_equal(after.global_takes - before.global_takes, HARTS * bursts * beyond);
        assert_int_equal(after.global_gives - before.global_gives, HARTS * bursts * beyond);
        fixture_free(fixture);
        framelab_close(allocator);
    }
}

/* Global accesses that a trace of 2 * REQUESTS operations a hart makes, all harts together. */
static uint64_t trace_accesses(const char *variant, uint32_t magazine, uint32_t magazines, const char *kind,
                               uint64_t requests)
{
    char spec[64];
    (void)snprintf(spec, sizeof spec, "%s,magazine=%u,magazines=%u", variant, magazine, magazines);
    struct frame_allocator *allocator = framelab_open(spec, MEMORY_BYTES, HARTS);
    struct fixture *fixture = fixture_make(allocator, kind, 1, requests);
    struct frame_stats before, after;
    assert_true(workload_run(&fixture->workload)); /* the state in which it begins is that of a trace */
    frame_allocator_stats(allocator, &before);
    assert_true(workload_run(&fixture->workload));
    frame_allocator_stats(allocator, &after);
    assert_null(workload_failure(&fixture->workload));
    fixture_free(fixture);
    framelab_close(allocator);
    return after.global_takes + after.global_gives - before.global_takes - before.global_gives;
}

/* Bonwick's magazines: with two of M at most one access in M operations. The adversary finds the worst of turning
 * round: one in M + 2, or of every second operation with one magazine alone, however large it is. */
static void traces_reach_the_global_allocator_as_magazines_allow(void **state)
{
    enum { REQUESTS = 1000 };
    for (uint32_t magazine = 1; magazine <= 64; magazine = magazine * 2 + 1) {
        uint64_t turns = trace_accesses(*state, magazine, 2, "adversary", REQUESTS);
        uint64_t walks = trace_accesses(*state, magazine, 2, "walk", REQUESTS);
        uint64_t most = UINT64_C(1) * HARTS * ((2 * REQUESTS + magazine - 1) / magazine);
        assert_in_range(turns, HARTS * (2 * REQUESTS / (magazine + 2) - 4), most);
        assert_in_range(walks, 0, most);
        assert_in_range(trace_accesses(*state, magazine, 1, "adversary", REQUESTS),
                        HARTS * (REQUESTS - UINT64_C(4) * magazine), HARTS * REQUESTS);
    }
}

/* ---- aged memory ---- */

#define ROUNDS 20u

/* Gives the fixture what those need that age. */
static void fixture_age(struct fixture *fixture, uint64_t memory_bytes, uint32_t turns)
{
    static struct memory_map map;
    map.ram[0].range = (struct phys_range){{DEFAULT_FDT_RAM_BASE}, memory_bytes};
    map.ram_count = 1;
    struct frame_stats stats;
    frame_allocator_stats(fixture->workload.allocator, &stats);
    fixture->memory = aligned_alloc(CACHE_PAIR, population_bytes(&map, stats.frames_total));
    assert_non_null(fixture->memory);
    population_init(&fixture->population, fixture->workload.allocator, &map, stats.frames_total, 7, fixture->memory);
    assert_int_equal(fixture->population.usable, stats.frames_total);
    fixture->workload.population = &fixture->population;
    fixture->workload.turns = turns;
    assert_true(workload_state_bytes(&fixture->workload) <= sizeof fixture->state);
}

static struct fixture *run_aged(struct frame_allocator *allocator, uint64_t memory_bytes, const char *kind,
                                uint32_t turns, bool time_each)
{
    struct frame_stats stats;
    frame_allocator_stats(allocator, &stats);
    uint64_t requests = requests_of(kind, stats.frames_total, HARTS, 1);
    struct fixture *fixture = fixture_make(allocator, kind, 1, requests);
    fixture_age(fixture, memory_bytes, turns);
    fixture->workload.time_each = time_each;
    assert_true(workload_run(&fixture->workload));
    assert_null(workload_failure(&fixture->workload));
    assert_all_back(allocator);
    assert_told(&fixture->workload);
    return fixture;
}

static const struct population_spread *spreads_of(const struct fixture *frag)
{
    return (const struct population_spread *)(const void *)frag->state;
}

static void aged_kinds_give_all_back(void **state)
{
    struct frame_allocator *allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct fixture *frag = run_aged(allocator, MEMORY_BYTES, "frag", ROUNDS, false);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        double free_share = spreads_of(frag)[round].free_share;
        assert_true(free_share >= 0 && free_share <= 0.55 + 0.01); /* of 45 % nothing can be free */
        assert_true(spreads_of(frag)[round].migrations <= frag->population.usable * 45 / 100);
    }
    struct fixture *fill = run_aged(allocator, MEMORY_BYTES, "fill", 3, true);
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        for (uint32_t phase = 0; phase < workload_phase_count(workload_find("fill")); phase++) {
            assert_int_equal(fill->latency[hart][phase].samples, workload_operations(&fill->workload));
            assert_true(fill->hart[hart].phase_ns[phase] > 0);
        }
    }
    fixture_free(frag);
    fixture_free(fill);
    framelab_close(allocator);
}

/* The bar of the published figure: free memory gathers in whole chunks. In memory so large that the chunk or two that
 * each hart has begun do not count. */
static void frag_coalesces_whole_chunks(void **state)
{
    static const uint64_t memory_bytes = UINT64_C(1) << 30;
    struct frame_allocator *allocator = framelab_open(*state, memory_bytes, HARTS);
    assert_non_null(allocator);
    struct fixture *frag = run_aged(allocator, memory_bytes, "frag", 100, false);
    assert_true(spreads_of(frag)[99].free_share >= 0.46);
    fixture_free(frag);
    framelab_close(allocator);
}

/* Against a count frame by frame, for so many frames that some chunks are hit and some stay free. */
static void whole_chunks_are_counted(void **state)
{
    (void)state;
    struct frame_allocator *allocator = framelab_open("baseline", MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct fixture *fixture = fixture_make(allocator, "frag", 1, 1);
    fixture_age(fixture, MEMORY_BYTES, 1);
    struct population *population = &fixture->population;
    double empty = population_look(population).free_share;
    static bool taken[MEMORY_BYTES / FRAME_SIZE];
    uint64_t chunks_hit = 0;
    memset(taken, 0, sizeof taken);
    while (population->count < 2000) {
        assert_int_equal(frame_alloc_one(allocator, &population->frames[population->count]), FRAME_OK);
        population->count++;
    }
    for (uint64_t i = 0; i < population->count; i++) {
        uint64_t chunk = population->frames[i].value / CHUNK_FRAMES - DEFAULT_FDT_RAM_BASE / FRAME_SIZE / CHUNK_FRAMES;
        /* A chunk of which some frames are metadata or firmware's was not whole before. */
        chunks_hit += !taken[chunk] && population->unusable[chunk] == 0;
        taken[chunk] = true;
    }
    double share = population_look(population).free_share;
    double lost = (double)(chunks_hit * CHUNK_FRAMES) / (double)population->usable;
    assert_true(chunks_hit > 0 && share < empty);
    assert_true(share > empty - lost - 1e-9 && share < empty - lost + 1e-9);
    for (uint64_t i = 0; i < population->count; i++) {
        assert_int_equal(frame_free_one(allocator, population->frames[i]), FRAME_OK);
    }
    fixture_free(fixture);
    framelab_close(allocator);
}

/* 600 frames out in four chunks need two; what lies in the other two is to be moved. */
static void migrations_of_a_compaction_are_counted(void **state)
{
    (void)state;
    static const uint32_t out[] = {3, 500, 92, 5};
    struct frame_allocator *allocator = framelab_open("baseline", MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct fixture *fixture = fixture_make(allocator, "frag", 1, 1);
    fixture_age(fixture, MEMORY_BYTES, 1);
    struct population *population = &fixture->population;
    assert_int_equal(population_look(population).migrations, 0);
    uint64_t chunk = 0;
    for (uint32_t i = 0; i < 4; i++, chunk++) {
        while (population->unusable[chunk] != 0) {
            chunk++;
        }
        for (uint32_t k = 0; k < out[i]; k++) {
            population->frames[population->count++] =
                pfn((population->chunks.pieces[0].first + chunk) * CHUNK_FRAMES + k);
        }
    }
    assert_int_equal(population_look(population).migrations, 3 + 5);
    fixture_free(fixture);
    framelab_close(allocator);
}

/* All that was there is still there, and any may come to stand at the end. */
static void scattering_keeps_what_there_is(void **state)
{
    (void)state;
    enum { COUNT = 1000, TAIL = 100 };
    static pfn_t frames[COUNT];
    static bool seen[COUNT];
    struct population population = {.frames = frames, .count = COUNT, .random = random_stream(3, 0)};
    uint64_t from_below = 0;
    for (uint64_t i = 0; i < COUNT; i++) {
        frames[i] = pfn(i);
    }
    population_scatter(&population, TAIL);
    for (uint64_t i = 0; i < COUNT; i++) {
        assert_true(frames[i].value < COUNT && !seen[frames[i].value]);
        seen[frames[i].value] = true;
        from_below += i >= COUNT - TAIL && frames[i].value < COUNT - TAIL;
    }
    assert_in_range(from_below, TAIL * 3 / 4, TAIL); /* nine of ten */
}

/* ---- at the limits ---- */

/* Drained, no frame is kept from the hart that wants all; else what two harts have in two magazines each, of which one
 * at least is full. */
static void exhaust_tells_what_is_stranded(void **state)
{
    (void)state;
    static const struct {
        const char *variant;
        uint64_t least, most; /* left in each round */
    } cases[] = {{"baseline,magazine=32", 0, 0},
                 {"lockfree,magazine=32", 0, 0},
                 {"baseline,magazine=32,drain=off", UINT64_C(2) * 32, UINT64_C(2) * 2 * 32},
                 {"baseline,magazine=0,drain=off", 0, 0}};
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame_allocator *allocator = framelab_open(cases[i].variant, MEMORY_BYTES, HARTS);
        assert_non_null(allocator);
        struct fixture *exhaust = run_aged(allocator, MEMORY_BYTES, "exhaust", 2 * HARTS, true);
        for (uint32_t round = 0; round < 2 * HARTS; round++) {
            assert_in_range(exhaust->state[round], cases[i].least, cases[i].most);
        }
        for (uint32_t hart = 0; hart < HARTS; hart++) { /* each was refused twice, and drained before if it does */
            assert_int_equal(exhaust->outcomes[hart][OUTCOME_FAIL].samples, 2);
            assert_int_equal(exhaust->outcomes[hart][OUTCOME_DRAIN].samples > 0, i < 2);
        }
        fixture_free(exhaust);
        framelab_close(allocator);
    }
}

/* What lockfree's harts have in local chunks is stranded, too, and drained, too. */
static void local_chunks_are_stranded_too(void **state)
{
    (void)state;
    struct frame_allocator *allocator = framelab_open("lockfree,magazine=32,drain=off", MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct fixture *exhaust = run_aged(allocator, MEMORY_BYTES, "exhaust", 1, false);
    struct frame_stats stats;
    frame_allocator_stats(allocator, &stats);
    assert_true(exhaust->state[0] > UINT64_C(2) * 2 * 32 && exhaust->state[0] <= stats.frames_in_caches);
    fixture_free(exhaust);
    framelab_close(allocator);
}

static uint32_t holds, releases, held_hart;

static bool note_hold(const struct frame_allocator *allocator, uint32_t hart)
{
    (void)allocator;
    holds++;
    held_hart = hart;
    return true;
}

static bool note_release(uint32_t hart)
{
    return ++releases == 1 && hart == held_hart;
}

/* The hart beside the others is stopped once, goes on once and, should a round fail, in the end; then all is back. */
static void stopped_stops_the_hart_beside(void **state)
{
    struct frame_allocator *allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    struct fixture *fixture = fixture_make(allocator, "stopped", 1, 300);
    struct workload *workload = &fixture->workload;
    fixture_age(fixture, MEMORY_BYTES, 9);
    workload->harts = HARTS - 1;
    workload->hold = note_hold;
    workload->let_go = note_release;
    holds = releases = 0;
    assert_true(workload_run(workload));
    assert_null(workload_failure(workload));
    assert_int_equal(holds, 1);
    assert_int_equal(held_hart, HARTS - 1);
    assert_int_equal(releases, 2);
    assert_told(workload);
    assert_ptr_equal(strstr(telling, ",\"stopped\":{\"held\":true,\"from\":3,\"until\":6,\"limbo\":["),
                     telling + strlen("{\"\":0"));
    const char *at = strstr(telling, "\"round_ns\":[");
    assert_non_null(at);
    for (uint32_t round = 0; round < 9; round++) {
        at = strpbrk(at + 1, "[,");
        assert_true(strtoull(at + 1, NULL, 10) > 0);
    }
    assert_all_back(allocator);
    fixture_free(fixture);
    framelab_close(allocator);
}

/* ---- paths ---- */

static void a_path_is_told_by_what_changed(void **state)
{
    (void)state;
    const struct frame_hart_events before = {7, 7, 7, 7, 0};
    static const struct {
        struct frame_hart_events after;
        enum frame_status status;
        enum outcome outcome;
    } cases[] = {
        {{7, 7, 7, 7, 0}, FRAME_OK, OUTCOME_HIT},   {{8, 7, 7, 7, 0}, FRAME_OK, OUTCOME_REFILL},
        {{7, 8, 7, 7, 0}, FRAME_OK, OUTCOME_SPILL}, {{8, 7, 8, 7, 0}, FRAME_OK, OUTCOME_BYPASS},
        {{9, 9, 7, 8, 0}, FRAME_OK, OUTCOME_DRAIN}, {{9, 9, 7, 8, 0}, FRAME_NO_MEMORY, OUTCOME_FAIL},
    };
    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(outcome_of(&before, &cases[i].after, cases[i].status), cases[i].outcome);
    }
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        assert_true(strlen(outcome_text((enum outcome)i)) > 0);
    }
}

/* Every operation goes one way, and those that went to the global allocator are as many as it counted. */
static void paths_add_up(void **state)
{
    struct frame_allocator *allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
    assert_non_null(allocator);
    enum { REQUESTS = 1000 };
    struct fixture *fixture = fixture_make(allocator, "bulk", 1, REQUESTS);
    struct frame_stats before, after;
    frame_allocator_stats(allocator, &before);
    fixture->workload.time_each = true;
    assert_true(workload_run(&fixture->workload));
    frame_allocator_stats(allocator, &after);
    uint64_t outcomes[OUTCOME_COUNT] = {0}, all = 0;
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        for (uint32_t outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
            outcomes[outcome] += fixture->outcomes[hart][outcome].samples;
            all += fixture->outcomes[hart][outcome].samples;
        }
    }
    assert_int_equal(all, UINT64_C(2) * REQUESTS * HARTS);
    assert_int_equal(outcomes[OUTCOME_REFILL], after.global_takes - before.global_takes);
    assert_int_equal(outcomes[OUTCOME_SPILL], after.global_gives - before.global_gives);
    assert_true(outcomes[OUTCOME_REFILL] > 0 && outcomes[OUTCOME_SPILL] > 0);
    assert_int_equal(outcomes[OUTCOME_DRAIN] + outcomes[OUTCOME_FAIL], 0);
    fixture_free(fixture);
    framelab_close(allocator);
}

/* ---- over the null allocator, whose numbers are known ---- */

/* bulk leaves the slots as they were filled; rand the same numbers, elsewhere, on other harts too; by the seed. */
static void rand_shuffles_across_harts(void **state)
{
    (void)state;
    enum { REQUESTS = 1000 };
    struct fixture *bulk = fixture_make(NULL, "bulk", 1, REQUESTS);
    struct fixture *first = fixture_make(NULL, "rand", 1, REQUESTS);
    struct fixture *second = fixture_make(NULL, "rand", 1, REQUESTS);
    assert_true(workload_run(&bulk->workload) && workload_run(&first->workload) && workload_run(&second->workload));
    uint64_t stride = workload_slots(REQUESTS, HARTS) / HARTS;
    static bool seen[HARTS * REQUESTS];
    uint32_t moved = 0;
    memset(seen, 0, sizeof seen);
    for (uint64_t i = 0; i < HARTS * REQUESTS; i++) {
        uint64_t at = i / REQUESTS * stride + i % REQUESTS;
        uint64_t value = first->workload.slots[at].value;
        assert_int_equal(bulk->workload.slots[at].value, i);
        assert_int_equal(second->workload.slots[at].value, value);
        assert_true(value < HARTS * REQUESTS && !seen[value]);
        seen[value] = true;
        moved += value / REQUESTS != i / REQUESTS;
    }
    /* Two thirds move to another of three harts; far from none and from all. */
    assert_in_range(moved, HARTS * REQUESTS / 2, HARTS * REQUESTS * 5 / 6);
    fixture_free(bulk);
    fixture_free(first);
    fixture_free(second);
}

/* bulk frees in reverse order: the last one freed is the first one allocated. repeat frees what it just got. */
static void order_of_frees(void **state)
{
    (void)state;
    struct fixture *bulk = fixture_make(NULL, "bulk", 4, 100);
    assert_true(workload_run(&bulk->workload));
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        assert_int_equal(bulk->hart[hart].null.last_freed, hart * 400);
        assert_int_equal(bulk->hart[hart].null.next, (hart + 1) * 400);
    }
    struct fixture *repeat = fixture_make(NULL, "repeat", 4, 100);
    assert_true(workload_run(&repeat->workload));
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        assert_int_equal(repeat->hart[hart].null.next, hart * 400 + 800); /* N kept and N in pairs */
        assert_int_equal(repeat->hart[hart].null.last_freed, hart * 400); /* the kept ones go last, in reverse */
    }
    fixture_free(bulk);
    fixture_free(repeat);
}

/* Every frame comes zeroed, and those that were out before have to be. */
static void zeroed_asks_for_zeroes(void **state)
{
    enum { REQUESTS = 100 };
    static const uint64_t sizes[] = {1, 8};
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct frame_allocator *allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
        assert_non_null(allocator);
        struct fixture *fixture = fixture_make(allocator, "zeroed", sizes[i], REQUESTS);
        struct frame_stats stats;
        assert_true(workload_run(&fixture->workload) && workload_run(&fixture->workload));
        frame_allocator_stats(allocator, &stats);
        assert_int_equal(stats.frames_known_zero + stats.frames_zeroed, 2 * HARTS * REQUESTS * sizes[i]);
        fixture_free(fixture);
        framelab_close(allocator);
    }
}

static void request_count_is_the_published_one(void **state)
{
    (void)state;
    assert_int_equal(requests_of("bulk", UINT64_C(1) << 21, 1, 1), 1 << 20);
    assert_int_equal(requests_of("bulk", UINT64_C(1) << 21, 4, 512), 512);
    assert_int_equal(requests_of("bulk", 1000, 2, 3), 83);
    assert_int_equal(requests_of("bulk", 1000, 2, 251), 0);
}

/* Whole bursts, one at least: the same on every platform, since this is where all have it from. */
static void requests_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *workload;
        uint64_t most, requests;
    } cases[] = {{"bulk", 0, 500},      {"bulk", 100, 100},     {"bulk", 1000, 500},     {"burst:64", 16, 64},
                 {"burst:64", 100, 64}, {"burst:64", 128, 128}, {"burst:64", 0, 960},    {"burst:1000", 16, 1000},
                 {"burst:1001", 16, 0}, {"burst:1001", 0, 0},   {"pipe", 0, 500},        {"larson:9:7", 0, 497},
                 {"larson:9:7", 3, 7},  {"cow:3", 0, 249},      {"cow:3", 100, 99},      {"cow:300", 0, 0},
                 {"fault:0", 0, 500},   {"fault:0", 7, 7},      {"fault:10", 0, 0},      {"frag", 10, 45},
                 {"fill", 3, 3},        {"fill", 0, 5},         {"exhaust:7", 100, 100}, {"adversary", 400, 400}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct workload_choice choice;
        assert_true(workload_parse(&choice, cases[i].workload, strlen(cases[i].workload)));
        const struct workload_shape shape = {
            .usable_frames = 1000, .frames = 1, .requests_most = cases[i].most, .harts = 1, .harts_most = 1};
        assert_int_equal(workload_requests(&choice, &shape), cases[i].requests);
    }
}

/* ---- the table ---- */

static void workloads_are_named_and_complete(void **state)
{
    (void)state;
    uint32_t count = 0;
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++, count++) {
        assert_ptr_equal(workload_find((*kind)->name), *kind);
        assert_true(workload_phase_count(*kind) > 0);
        assert_non_null((*kind)->summary);
        assert_non_null((*kind)->run);
        assert_true(!(*kind)->rounds || (*kind)->options[0].name != NULL);
        uint32_t swept = 0;
        bool last = true;
        for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX && (*kind)->options[i].name != NULL; i++) {
            const struct workload_option *option = &(*kind)->options[i];
            assert_true(option->least <= option->preset && option->preset <= option->most);
            assert_true(last || !option->sweeps); /* those that sweep come first */
            last = option->sweeps;
            swept += option->sweeps;
        }
        for (uint32_t phase = 0; phase < workload_phase_count(*kind);
             phase++) { /* or its rows could not be told apart */
            uint32_t told = 0;
            for (const char *at = (*kind)->phases[phase]; *at != '\0'; at++) {
                told += *at == '#';
            }
            assert_int_equal(told, swept);
        }
    }
    assert_true(count >= 19);
    assert_null(workload_find("bulky"));
    assert_null(workload_find(""));
}

static void a_choice_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name; /* NULL: it is none */
        uint64_t option;
    } cases[] = {
        {"rand", "rand", 0},     {"burst", "burst", 16}, {"burst:7", "burst", 7}, {"frag:10000", "frag", 10000},
        {"burst:0", NULL, 0},    {"burst:x", NULL, 0},   {"burst:", NULL, 0},     {"burst:1000001", NULL, 0},
        {"burst:7:8", NULL, 0},  {"rand:1", NULL, 0},    {"bulky", NULL, 0},      {"", NULL, 0},
        {"frag:10001", NULL, 0}, {":7", NULL, 0}};
    struct workload_choice choice;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(workload_parse(&choice, cases[i].text, strlen(cases[i].text)), cases[i].name != NULL);
        if (cases[i].name != NULL) {
            assert_string_equal(choice.kind->name, cases[i].name);
            assert_int_equal(choice.options[0], cases[i].option);
        }
    }
    assert_true(workload_parse(&choice, "burst:7,rand", 7)); /* up to there */
    char name[WORKLOAD_TEXT_BYTES];
    assert_string_equal(workload_phase_name(&choice, 0, name), "of 7");
    assert_true(workload_parse(&choice, "fill", 4));
    assert_string_equal(workload_phase_name(&choice, 7, name), "free 99%");
}

/* More than one option that sweeps, a # each; and a name that is too long is cut. */
static void a_phase_tells_all_that_sweeps(void **state)
{
    (void)state;
    static const struct workload_kind kind = {
        .phases = {"alloc # of #", "a name of a phase that is longer than a name may be, up to this number: #"},
        .options = {{"a", "", 0, 9, 1, true}, {"b", "", 0, 9, 1, true}, {"c", "", 0, 9, 1, false}}};
    const struct workload_choice choice = {&kind, {2, 3, 1}};
    char name[WORKLOAD_TEXT_BYTES];
    assert_string_equal(workload_phase_name(&choice, 0, name), "alloc 2 of 3");
    assert_int_equal(strlen(workload_phase_name(&choice, 1, name)), WORKLOAD_TEXT_BYTES - 1);
}

/* ---- the controls and the histogram ---- */

static void cas_takes_time_in_proportion(void **state)
{
    (void)state;
    uint64_t few = control_cas_ns(20000);
    uint64_t many = control_cas_ns(2000000);
    assert_true(few > 0);
    assert_true(many > few * 5); /* of 100: whoever is preempted in the few still passes */
}

static void turns_of_the_cores_control_take_time(void **state)
{
    (void)state;
    uint64_t few = control_core_ns(20000);
    uint64_t many = control_core_ns(4000000);
    assert_true(few > 0);
    assert_true(many > few * 5); /* of 200; as above */
}

/* Every hart, before and after: twice what half the turns take. None if it was not asked for. */
static void every_hart_runs_the_cores_control(void **state)
{
    (void)state;
    struct fixture *fixture = fixture_make(NULL, "bulk", 1, 10);
    uint64_t asked[HARTS];
    fixture->workload.core_turns = 2000000;
    assert_true(workload_run(&fixture->workload));
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        asked[hart] = fixture->hart[hart].core_ns;
    }
    fixture->workload.core_turns = 0;
    assert_true(workload_run(&fixture->workload));
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        assert_true(asked[hart] > 100000); /* no core does ten turns in a nanosecond */
        assert_true(fixture->hart[hart].core_ns < asked[hart]);
    }
    fixture_free(fixture);
}

static void histogram_matches_sorted_samples(void **state)
{
    (void)state;
    enum { SAMPLES = 10000 };
    static struct histogram histogram;
    static uint64_t samples[SAMPLES];
    struct random random = random_stream(3, 0);
    histogram_clear(&histogram);
    for (uint32_t i = 0; i < SAMPLES; i++) {
        samples[i] = i * UINT64_C(37); /* ascending already */
        histogram_add(&histogram, samples[i]);
    }
    static const uint32_t points[] = {1, 5000, 9900, 9990, 10000};
    for (uint32_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        uint64_t exact = samples[((uint64_t)SAMPLES * points[i] + 9999) / 10000 - 1];
        uint64_t told = histogram_quantile(&histogram, points[i]);
        assert_true(told >= exact && told <= exact + exact / HISTOGRAM_STEPS + 1);
    }
    assert_int_equal(histogram_quantile(&histogram, 10000), histogram.max);
    /* Every value lands in a bucket that exists, and buckets never go back. */
    uint32_t before = 0;
    for (uint32_t bit = 0; bit < 64; bit++) {
        uint64_t value = (UINT64_C(1) << bit) + random_below(&random, UINT64_C(1) << bit);
        uint32_t bucket = histogram_bucket(value);
        assert_true(bucket < HISTOGRAM_BUCKETS && bucket >= before);
        before = bucket;
    }
}

static void histogram_merges(void **state)
{
    (void)state;
    static struct histogram a, b;
    histogram_clear(&a);
    histogram_clear(&b);
    assert_int_equal(histogram_quantile(&a, 5000), 0);
    for (uint64_t i = 1; i <= 10; i++) {
        histogram_add(i <= 5 ? &a : &b, i);
    }
    histogram_merge(&a, &b);
    assert_int_equal(a.samples, 10);
    assert_int_equal(a.max, 10);
    assert_int_equal(histogram_quantile(&a, 5000), 5);
    assert_int_equal(histogram_quantile(&a, 9990), 10);
}

int main(void)
{
    char baseline[] = "baseline", seed[] = "baseline:origin", lockfree[] = "lockfree", bare[] = "lockfree,magazine=0";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(every_kind_gives_all_back, baseline),
        cmocka_unit_test_prestate(every_kind_gives_all_back, seed),
        cmocka_unit_test_prestate(every_kind_gives_all_back, lockfree),
        cmocka_unit_test_prestate(every_kind_gives_all_back, bare),
        cmocka_unit_test_prestate(exhaustion_is_reported, baseline),
        cmocka_unit_test_prestate(exhaustion_is_reported, seed),
        cmocka_unit_test_prestate(exhaustion_is_reported, lockfree),
        cmocka_unit_test_prestate(traces_report_exhaustion, baseline),
        cmocka_unit_test_prestate(traces_report_exhaustion, lockfree),
        cmocka_unit_test_prestate(aged_kinds_give_all_back, baseline),
        cmocka_unit_test_prestate(aged_kinds_give_all_back, seed),
        cmocka_unit_test_prestate(aged_kinds_give_all_back, lockfree),
        cmocka_unit_test_prestate(frag_coalesces_whole_chunks, lockfree),
        cmocka_unit_test(whole_chunks_are_counted),
        cmocka_unit_test(migrations_of_a_compaction_are_counted),
        cmocka_unit_test(exhaust_tells_what_is_stranded),
        cmocka_unit_test(local_chunks_are_stranded_too),
        cmocka_unit_test_prestate(stopped_stops_the_hart_beside, baseline),
        cmocka_unit_test_prestate(stopped_stops_the_hart_beside, lockfree),
        cmocka_unit_test(a_path_is_told_by_what_changed),
        cmocka_unit_test_prestate(paths_add_up, baseline),
        cmocka_unit_test_prestate(paths_add_up, lockfree),
        cmocka_unit_test(scattering_keeps_what_there_is),
        cmocka_unit_test(latency_counts_every_operation),
        cmocka_unit_test_prestate(bursts_reach_the_global_allocator_beyond_the_cache, baseline),
        cmocka_unit_test_prestate(bursts_reach_the_global_allocator_beyond_the_cache, lockfree),
        cmocka_unit_test_prestate(traces_reach_the_global_allocator_as_magazines_allow, baseline),
        cmocka_unit_test_prestate(traces_reach_the_global_allocator_as_magazines_allow, lockfree),
        cmocka_unit_test(rand_shuffles_across_harts),
        cmocka_unit_test(order_of_frees),
        cmocka_unit_test_prestate(zeroed_asks_for_zeroes, baseline),
        cmocka_unit_test_prestate(zeroed_asks_for_zeroes, lockfree),
        cmocka_unit_test(request_count_is_the_published_one),
        cmocka_unit_test(requests_are_cut),
        cmocka_unit_test(workloads_are_named_and_complete),
        cmocka_unit_test(a_choice_is_read),
        cmocka_unit_test(a_phase_tells_all_that_sweeps),
        cmocka_unit_test(cas_takes_time_in_proportion),
        cmocka_unit_test(turns_of_the_cores_control_take_time),
        cmocka_unit_test(every_hart_runs_the_cores_control),
        cmocka_unit_test(histogram_matches_sorted_samples),
        cmocka_unit_test(histogram_merges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
