/* SPDX-License-Identifier: MIT
 * Who is a hart: numbers are given to one thread at a time, and to none beyond the count; the allocator refuses a
 * thread that was given none, and nothing comes of its calls. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "framelab.h"
#include "hart_cache.h"
#include "machine.h"
#include "play_harts.h"

#define MIB UINT64_C(0x100000)
#define HARTS 2u
#define MEMORY_BYTES (32 * MIB)
#define HOTPLUG_BYTES (4 * MIB)
#define OUTSIDE_THREADS 2u
#define ROUNDS 50000u

static const char *const specs[] = {
    "lockfree", "lockfree,magazine=0", "baseline", "baseline,lock=mcs", "baseline:origin",
};
#define SPEC_COUNT (sizeof specs / sizeof specs[0])

static struct host_machine machine;
static char why[256];

/* ---- threads that do one thing ---- */

static void *call(void *argument)
{
    void (*const *body)(void) = argument;
    (*body)();
    return NULL;
}

/* In a thread of its own, which has no number when it begins. */
static void in_thread(void (*body)(void))
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call, &body), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static struct {
    pthread_t thread;
    uint32_t hart;
    enum host_hart_status status;
    struct hart_barrier barrier;
    bool lives;
} holder;

static void *hold(void *unused)
{
    (void)unused;
    holder.status = platform_host_hart_set(holder.hart);
    hart_barrier_wait(&holder.barrier);
    hart_barrier_wait(&holder.barrier);
    return NULL; /* the number goes with the thread */
}

/* From here to the other, another thread lives that asked for this number. */
static enum host_hart_status holder_begin(uint32_t hart)
{
    holder.hart = hart;
    hart_barrier_init(&holder.barrier, 2);
    assert_int_equal(pthread_create(&holder.thread, NULL, hold, NULL), 0);
    holder.lives = true;
    hart_barrier_wait(&holder.barrier);
    return holder.status;
}

static void holder_end(void)
{
    holder.lives = false;
    hart_barrier_wait(&holder.barrier);
    assert_int_equal(pthread_join(holder.thread, NULL), 0);
}

/* Also after a test that failed half way. */
static int without_number(void **state)
{
    (void)state;
    if (holder.lives) {
        holder_end();
    }
    platform_host_hart_clear();
    return platform_host_hart_count_set(4) ? 0 : 1;
}

/* ---- numbers ---- */

static uint32_t number_seen;

static void see_number(void)
{
    number_seen = platform_hart_id();
}

static void a_thread_begins_as_no_hart(void **state)
{
    (void)state;
    assert_int_equal(platform_hart_id(), HART_NONE);
    assert_int_equal(platform_host_hart_set(0), HOST_HART_OK);
    in_thread(see_number);
    assert_int_equal(number_seen, HART_NONE);
    assert_int_equal(platform_hart_id(), 0);
}

static void P1_a_number_beyond_the_count_is_refused(void **state)
{
    (void)state;
    assert_int_equal(platform_host_hart_set(4), HOST_HART_BEYOND);
    assert_int_equal(platform_host_hart_set(HART_MAX), HOST_HART_BEYOND);
    assert_int_equal(platform_host_hart_set(HART_NONE), HOST_HART_BEYOND);
    assert_int_equal(platform_hart_id(), HART_NONE);
    assert_int_equal(platform_host_hart_set(3), HOST_HART_OK);
    assert_int_equal(platform_host_hart_set(4), HOST_HART_BEYOND);
    assert_int_equal(platform_hart_id(), 3);
    assert_string_equal(host_hart_text(HOST_HART_BEYOND), "there are not so many harts");
    assert_string_equal(host_hart_text(HOST_HART_STATUS_COUNT), "an unknown status");
}

static void P1_a_number_in_use_is_refused_until_its_thread_ends(void **state)
{
    (void)state;
    assert_int_equal(holder_begin(1), HOST_HART_OK);
    enum host_hart_status nobody = platform_host_hart_set(1);
    uint32_t after_nobody = platform_hart_id();
    enum host_hart_status other = platform_host_hart_set(2);
    enum host_hart_status again = platform_host_hart_set(1);
    uint32_t kept = platform_hart_id();
    holder_end();
    assert_int_equal(nobody, HOST_HART_IN_USE);
    assert_int_equal(after_nobody, HART_NONE);
    assert_int_equal(other, HOST_HART_OK);
    assert_int_equal(again, HOST_HART_IN_USE);
    assert_int_equal(kept, 2);
    assert_int_equal(platform_host_hart_set(1), HOST_HART_OK);
    assert_int_equal(platform_host_hart_set(1), HOST_HART_OK); /* it is so already */
}

/* By taking another, and by clear. */
static void a_number_given_back_is_free(void **state)
{
    (void)state;
    assert_int_equal(platform_host_hart_set(1), HOST_HART_OK);
    assert_int_equal(platform_host_hart_set(2), HOST_HART_OK);
    assert_int_equal(holder_begin(1), HOST_HART_OK);
    holder_end();
    assert_int_equal(holder_begin(2), HOST_HART_IN_USE);
    holder_end();
    platform_host_hart_clear();
    platform_host_hart_clear();
    assert_int_equal(platform_hart_id(), HART_NONE);
    assert_int_equal(holder_begin(2), HOST_HART_OK);
    holder_end();
}

static void the_count_stays_above_numbers_in_use(void **state)
{
    (void)state;
    assert_int_equal(platform_host_hart_set(0), HOST_HART_OK);
    assert_int_equal(holder_begin(3), HOST_HART_OK);
    bool three = platform_host_hart_count_set(3);
    uint32_t count = platform_hart_count();
    bool five = platform_host_hart_count_set(5);
    holder_end();
    assert_false(three);
    assert_int_equal(count, 4);
    assert_true(five);
    assert_true(platform_host_hart_count_set(3));
    assert_false(platform_host_hart_count_set(0));
    assert_false(platform_host_hart_count_set(HART_MAX + 1));
    assert_int_equal(platform_hart_count(), 3);
}

/* ---- numbers of a run ---- */

static struct {
    _Atomic uint32_t ran, wrong;
} lent;

/* Meanwhile nobody else is one of them, though the one who lends them is none. */
static void look_who_is_who(void *context, uint32_t hart)
{
    (void)context;
    lent.ran++;
    lent.wrong += platform_hart_id() != hart;
    if (hart == 0) {
        lent.wrong += holder_begin(0) != HOST_HART_IN_USE;
        holder_end();
        lent.wrong += holder_begin(1) != HOST_HART_IN_USE;
        holder_end();
        lent.wrong += holder_begin(2) != HOST_HART_OK;
        holder_end();
    }
}

static void run_and_look(void)
{
    uint32_t own = platform_hart_id();
    lent.ran = lent.wrong = 0;
    assert_true(harts_run(2, look_who_is_who, NULL));
    assert_int_equal(lent.ran, 2);
    assert_int_equal(lent.wrong, 0);
    assert_int_equal(platform_hart_id(), own);
}

static void a_run_has_its_numbers_while_it_lasts(void **state)
{
    (void)state;
    run_and_look(); /* by nobody */
    for (uint32_t hart = 0; hart < 2; hart++) {
        assert_int_equal(platform_host_hart_set(hart), HOST_HART_OK);
        run_and_look();
        assert_int_equal(holder_begin(1 - hart), HOST_HART_OK); /* free when no run is on */
        holder_end();
        assert_int_equal(holder_begin(hart), HOST_HART_IN_USE);
        holder_end();
    }
    assert_int_equal(holder_begin(3), HOST_HART_OK); /* a thread that has no part in it */
    holder_end();
}

static void count_who_ran(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    lent.ran++;
}

static void P1_no_run_with_a_number_in_use_or_beyond(void **state)
{
    (void)state;
    assert_int_equal(platform_host_hart_set(0), HOST_HART_OK);
    assert_int_equal(holder_begin(3), HOST_HART_OK);
    lent.ran = 0;
    bool five = harts_run(5, count_who_ran, NULL);
    bool four = harts_run(4, count_who_ran, NULL);
    uint32_t ran = lent.ran, own = platform_hart_id();
    holder_end();
    assert_false(five);
    assert_false(four);
    assert_int_equal(ran, 0);
    assert_int_equal(own, 0);
    for (uint32_t hart = 1; hart < 4; hart++) { /* none of them stayed taken */
        assert_int_equal(holder_begin(hart), HOST_HART_OK);
        holder_end();
    }
}

/* ---- an allocator ---- */

static void open_with(const char *spec)
{
    struct frame_allocator_config config;
    const struct host_machine_options options = {.memory_bytes = MEMORY_BYTES, .harts = HARTS, .nodes = 1};
    if (!frame_allocator_config_parse(&config, framelab_variants, spec, HARTS, why, sizeof why) ||
        !host_machine_open(&machine, &options, why, sizeof why) ||
        !host_machine_boot(&machine, &config, HOTPLUG_BYTES, why, sizeof why)) {
        fail_msg("%s: %s", spec, why);
    }
}

static int close_it(void **state)
{
    (void)state;
    if (machine.map != NULL) {
        host_machine_close(&machine);
    }
    return 0;
}

static void expect_sound(uint64_t allocated)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(machine.fa, &account));
    assert_int_equal(account.allocated, allocated);
}

/* The status of every call that has one, and what the rest answer; by a thread without a number. */
#define ANSWERS_MAX 32u
static struct {
    pfn_t owned; /* a frame that hart 0 holds */
    struct frame_run run;
    enum frame_status answers[ANSWERS_MAX];
    uint32_t count;
    bool others_refuse, wrote, audit_told;
} asked;

static void note(enum frame_status status)
{
    FRAME_ASSERT(asked.count < ANSWERS_MAX);
    asked.answers[asked.count++] = status;
}

static void ask_allocations(struct frame_allocator *fa)
{
    static const uint64_t sizes[] = {1, 3, 512, 1024, 1500};
    const pfn_t untouched = pfn(77);
    pfn_t frame = untouched;
    struct frame_run run = frame_run(untouched, 77);
    note(frame_alloc_one(fa, &frame));
    note(frame_alloc_one_zeroed(fa, &frame));
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        note(frame_alloc_contiguous(fa, (struct frame_layout){sizes[i] << FRAME_SHIFT, 1}, &run));
        note(frame_alloc_contiguous_zeroed(fa, (struct frame_layout){sizes[i] << FRAME_SHIFT, 1}, &run));
    }
    note(frame_at_addr(fa, frame_addr(asked.owned), &frame));
    asked.wrote = frame.value != 77 || run.first.value != 77 || run.count != 77;
}

static void ask_everything(void)
{
    struct frame_allocator *fa = machine.fa;
    struct frame_hart_events events = {1, 1, 1, 1, 1};
    struct frame_stats stats;
    asked.count = 0;
    ask_allocations(fa);
    note(frame_ref(fa, asked.owned));
    note(frame_unref(fa, asked.owned));
    note(frame_free_one(fa, asked.owned));
    note(frame_free_run(fa, asked.run));
    note(frame_free_contiguous(fa, asked.run.first, (struct frame_layout){asked.run.count << FRAME_SHIFT, 1}));
    note(frame_arena_add(fa, machine.hotplug, 0));
    note(frame_arena_remove(fa, asked.owned));
    frame_hart_events(fa, &events);
    asked.others_refuse = frame_ref_count(fa, asked.owned) == 0 && !frame_allocator_drain(fa) && !frame_zero_idle(fa) &&
                          events.global_takes + events.global_gives + events.bypasses + events.drains == 0;
    frame_allocator_stats(fa, &stats);
    asked.audit_told = stats.frames_total > 0 && frame_max_alignment(fa) > 0 && frame_allocator_validate(fa, NULL);
}

static void P1_every_call_refuses_who_is_no_hart(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        open_with(specs[i]);
        assert_int_equal(frame_alloc_one(machine.fa, &asked.owned), FRAME_OK);
        assert_int_equal(frame_alloc_contiguous(machine.fa, (struct frame_layout){2 * MIB, 1}, &asked.run), FRAME_OK);
        platform_host_hart_clear();
        ask_everything();
        play_hart(0);
        for (uint32_t a = 0; a < asked.count; a++) {
            assert_int_equal(asked.answers[a], FRAME_BAD_HART);
        }
        assert_int_equal(asked.count, 20);
        assert_true(asked.others_refuse);
        assert_false(asked.wrote);
        assert_true(asked.audit_told);
        expect_sound(1 + asked.run.count);
        assert_int_equal(frame_free_one(machine.fa, asked.owned), FRAME_OK);
        assert_int_equal(frame_free_run(machine.fa, asked.run), FRAME_OK);
        (void)close_it(NULL);
    }
}

/* ---- threads that never say who they are ---- */

static struct {
    _Atomic uint8_t *owned; /* a flag for each frame of RAM */
    uint64_t first;
    _Atomic uint64_t got, twice, answered_else;
    struct hart_barrier barrier; /* of the outside threads: they begin together */
} crowd;

static void own(struct frame_run run, int change)
{
    for (uint64_t f = run.first.value; f < frame_run_end(run); f++) {
        crowd.twice += atomic_fetch_add(&crowd.owned[f - crowd.first], change) != (change > 0 ? 0 : 1);
    }
}

/* Allocates and frees what it gets, if anything. */
static void pair(uint64_t frames)
{
    struct frame_run run;
    enum frame_status status =
        frame_alloc_contiguous(machine.fa, (struct frame_layout){frames << FRAME_SHIFT, 1}, &run);
    if (status == FRAME_OK) {
        crowd.got++;
        own(run, 1);
        own(run, -1);
        status = frame_free_run(machine.fa, run);
    }
    crowd.answered_else += status != FRAME_BAD_HART;
}

static void *outside_thread(void *unused)
{
    static const uint64_t sizes[] = {1, 1, 8, 512};
    (void)unused;
    hart_barrier_wait(&crowd.barrier);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pair(sizes[round % 4]);
        if (round % 64 == 0) {
            (void)frame_allocator_drain(machine.fa);
            (void)frame_zero_idle(machine.fa);
        }
    }
    return NULL;
}

static void outside_threads_begin(pthread_t threads[OUTSIDE_THREADS])
{
    assert_int_equal(machine.fa->harts[-1].drain, 1); /* or the test would not fail, but crash */
    struct phys_range extent = memory_map_extent(machine.map);
    crowd.first = frame_containing(extent.start).value;
    crowd.owned = calloc((extent.size >> FRAME_SHIFT) + 1, sizeof *crowd.owned);
    assert_non_null(crowd.owned);
    crowd.got = crowd.twice = crowd.answered_else = 0;
    hart_barrier_init(&crowd.barrier, OUTSIDE_THREADS);
    for (uint32_t i = 0; i < OUTSIDE_THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, outside_thread, NULL), 0);
    }
}

static void outside_threads_end(const pthread_t threads[OUTSIDE_THREADS])
{
    for (uint32_t i = 0; i < OUTSIDE_THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    free(crowd.owned);
}

/* All of RAM is as it was, but for the sentinel. */
static void expect_untouched(const unsigned char *before)
{
    struct phys_range extent = memory_map_extent(machine.map);
    const unsigned char *now = platform_phys_to_virt(extent.start);
    size_t sentinel = (size_t)((const unsigned char *)&machine.fa->harts[-1] - now);
    size_t behind = sentinel + sizeof(struct hart);
    assert_true(behind < extent.size);
    assert_memory_equal(before, now, sentinel);
    assert_memory_equal(before + behind, now + behind, extent.size - behind);
}

static void P1_threads_that_do_not_say_who_they_are_get_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        open_with(specs[i]);
        pthread_t threads[OUTSIDE_THREADS];
        struct phys_range extent = memory_map_extent(machine.map);
        unsigned char *before = malloc(extent.size);
        assert_non_null(before);
        memcpy(before, platform_phys_to_virt(extent.start), extent.size);
        outside_threads_begin(threads);
        outside_threads_end(threads);
        assert_int_equal(crowd.twice, 0);
        assert_int_equal(crowd.got, 0);
        assert_int_equal(crowd.answered_else, 0);
        expect_untouched(before);
        expect_sound(0);
        free(before);
        (void)close_it(NULL);
    }
}

/* Nor does hart 0 lose anything that works beside them. */
static void P1_P2_a_hart_beside_threads_that_are_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < SPEC_COUNT; i++) {
        open_with(specs[i]);
        pthread_t threads[OUTSIDE_THREADS];
        outside_threads_begin(threads);
        uint64_t pairs = 0;
        for (; pairs < ROUNDS; pairs++) {
            pair(pairs % 4 == 0 ? 512 : 1);
        }
        outside_threads_end(threads);
        assert_int_equal(crowd.twice, 0);
        assert_int_equal(crowd.got, pairs);
        assert_int_equal(crowd.answered_else, pairs);
        expect_sound(0);
        (void)close_it(NULL);
    }
}

/* ---- who opens it ---- */

static enum frame_status built;

static void build(void)
{
    struct frame_allocator_config config;
    struct frame_allocator *fa;
    frame_allocator_config_init(&config, framelab_variants[0], HARTS);
    built = frame_allocator_init(&fa, &config, machine.boot, machine.map);
}

static void an_allocator_knows_all_harts_there_are(void **state)
{
    (void)state;
    open_with(specs[0]);
    in_thread(build);
    assert_int_equal(built, FRAME_BAD_HART);
    assert_true(platform_host_hart_count_set(HARTS + 1));
    build();
    assert_int_equal(built, FRAME_BAD_CONFIG);
    (void)close_it(NULL);
}

static struct frame_allocator *opened;

static void open_and_use(void)
{
    pfn_t frame;
    opened = framelab_open("lockfree", MEMORY_BYTES, HARTS);
    number_seen = platform_hart_id();
    if (opened != NULL) {
        bool works = frame_alloc_one(opened, &frame) == FRAME_OK && frame_free_one(opened, frame) == FRAME_OK;
        framelab_close(opened);
        opened = works ? opened : NULL;
    }
}

static void who_opens_is_hart_0(void **state)
{
    (void)state;
    open_and_use();
    assert_non_null(opened);
    assert_int_equal(number_seen, 0);
    assert_int_equal(platform_hart_id(), HART_NONE); /* closed */
    in_thread(open_and_use);                         /* another */
    assert_non_null(opened);
    assert_int_equal(number_seen, 0);
}

static void who_cannot_be_hart_0_opens_nothing(void **state)
{
    static const uint32_t in_the_way[] = {0, HARTS};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(platform_host_hart_count_set(HARTS + 1));
        assert_int_equal(holder_begin(in_the_way[i]), HOST_HART_OK);
        open_and_use();
        holder_end();
        assert_null(opened);
        assert_int_equal(platform_hart_id(), HART_NONE);
        open_and_use();
        assert_non_null(opened);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_thread_begins_as_no_hart, without_number),
        cmocka_unit_test_setup(P1_a_number_beyond_the_count_is_refused, without_number),
        cmocka_unit_test_setup(P1_a_number_in_use_is_refused_until_its_thread_ends, without_number),
        cmocka_unit_test_setup(a_number_given_back_is_free, without_number),
        cmocka_unit_test_setup(the_count_stays_above_numbers_in_use, without_number),
        cmocka_unit_test_setup(a_run_has_its_numbers_while_it_lasts, without_number),
        cmocka_unit_test_setup(P1_no_run_with_a_number_in_use_or_beyond, without_number),
        cmocka_unit_test_setup_teardown(P1_every_call_refuses_who_is_no_hart, without_number, close_it),
        cmocka_unit_test_setup_teardown(P1_threads_that_do_not_say_who_they_are_get_nothing, without_number, close_it),
        cmocka_unit_test_setup_teardown(P1_P2_a_hart_beside_threads_that_are_none, without_number, close_it),
        cmocka_unit_test_setup_teardown(an_allocator_knows_all_harts_there_are, without_number, close_it),
        cmocka_unit_test_setup_teardown(who_opens_is_hart_0, without_number, close_it),
        cmocka_unit_test_setup_teardown(who_cannot_be_hart_0_opens_nothing, without_number, close_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
