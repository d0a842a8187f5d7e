/* SPDX-License-Identifier: MIT
 * The host platform: the asymmetric barrier really is one, whichever kind; RAM is where and what it says; harts are
 * who they say they are, however many. */
#define _GNU_SOURCE
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "frame_limits.h"
#include "harts.h"
#include "platform.h"
#include "platform_host.h"

#define WHY_BYTES 256
#define GIB UINT64_C(0x40000000)

/* ---- the asymmetric barrier: Dekker's race, the fence on one side only ---- */

static struct {
    _Alignas(128) _Atomic uint32_t light;
    _Alignas(128) _Atomic uint32_t heavy;
    _Alignas(128) uint32_t light_saw;
    _Alignas(128) uint32_t heavy_saw;
    _Alignas(128) _Atomic uint32_t met;
    uint32_t rounds;
    uint32_t both_missed;
    bool fence; /* false: the negative control */
} dekker;

static void dekker_light(void)
{
    atomic_store_explicit(&dekker.light, 1, memory_order_relaxed);
    platform_barrier_light();
    dekker.light_saw = atomic_load_explicit(&dekker.heavy, memory_order_relaxed);
}

static void dekker_heavy(void)
{
    atomic_store_explicit(&dekker.heavy, 1, memory_order_relaxed);
    if (dekker.fence) {
        struct hart_set silent;
        assert_true(platform_barrier_heavy(&silent));
    } else {
        platform_barrier_light();
    }
    dekker.heavy_saw = atomic_load_explicit(&dekker.light, memory_order_relaxed);
}

/* Both harts come here at one time, as nearly as can be: a sleeping barrier would let them go too far apart. */
static void dekker_meet(uint32_t *meetings)
{
    *meetings += 2;
    atomic_fetch_add(&dekker.met, 1);
    while (atomic_load(&dekker.met) < *meetings) {
        platform_relax();
    }
}

static void dekker_body(void *context, uint32_t hart)
{
    (void)context;
    uint32_t meetings = 0;
    for (uint32_t round = 0; round < dekker.rounds; round++) {
        if (hart == 0) {
            atomic_store(&dekker.light, 0);
            atomic_store(&dekker.heavy, 0);
        }
        dekker_meet(&meetings);
        if (hart == 0) {
            dekker_light();
        } else {
            dekker_heavy();
        }
        dekker_meet(&meetings);
        if (hart == 0) {
            dekker.both_missed += dekker.light_saw == 0 && dekker.heavy_saw == 0;
        }
    }
}

static uint32_t dekker_run(uint32_t rounds, bool fence)
{
    dekker.rounds = rounds;
    dekker.fence = fence;
    dekker.both_missed = 0;
    dekker.met = 0;
    assert_true(harts_run(2, dekker_body, NULL));
    return dekker.both_missed;
}

static void barrier_orders(enum host_barrier kind, uint32_t rounds)
{
    enum host_barrier before = host_barrier_kind();
    if (!host_barrier_choose(kind)) {
        print_message("barrier %d: not offered by this machine\n", (int)kind);
        skip();
    }
    assert_int_equal(host_barrier_kind(), kind);
    assert_int_equal(dekker_run(rounds, true), 0);
    assert_true(host_barrier_choose(before));
}

static void barrier_expedited(void **state)
{
    (void)state;
    barrier_orders(HOST_BARRIER_EXPEDITED, 20000);
}

static void barrier_global(void **state)
{
    (void)state;
    barrier_orders(HOST_BARRIER_GLOBAL, 20);
}

static void barrier_visit(void **state)
{
    (void)state;
    barrier_orders(HOST_BARRIER_VISIT, 500);
}

/* ---- every hart answers, whatever it does ---- */

static struct {
    struct hart_barrier begun, ended; /* hart 1 sleeps at the second */
    _Atomic uint32_t over;            /* hart 2 spins until then, all signals blocked */
    uint32_t silent;
} answers;

static void answers_body(void *context, uint32_t hart)
{
    const enum host_barrier *kind = context;
    sigset_t all, before;
    (void)sigfillset(&all);
    hart_barrier_wait(&answers.begun);
    if (hart == 2) {
        (void)pthread_sigmask(SIG_BLOCK, &all, &before);
        while (atomic_load(&answers.over) == 0) {
        }
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    } else if (hart == 0) {
        for (uint32_t i = 0; i < (*kind == HOST_BARRIER_GLOBAL ? 3u : 20u); i++) {
            struct hart_set silent;
            memset(&silent, 0xff, sizeof silent);
            bool all_answered = platform_barrier_heavy(&silent);
            answers.silent += !all_answered || hart_set_count(&silent) != 0;
        }
        atomic_store(&answers.over, 1);
    }
    hart_barrier_wait(&answers.ended);
}

static void every_hart_answers(void **state)
{
    (void)state;
    enum host_barrier before = host_barrier_kind();
    for (enum host_barrier kind = 0; kind < HOST_BARRIER_COUNT; kind++) {
        if (host_barrier_choose(kind)) {
            memset(&answers, 0, sizeof answers);
            hart_barrier_init(&answers.begun, 3);
            hart_barrier_init(&answers.ended, 3);
            assert_true(harts_run(3, answers_body, &kind));
            assert_int_equal(answers.silent, 0);
        }
    }
    assert_true(host_barrier_choose(before));
}

/* A kind that works must have been found before main. */
static void barrier_is_chosen(void **state)
{
    (void)state;
    struct hart_set silent;
    assert_true(platform_barrier_heavy(&silent));
    assert_true(host_barrier_kind() < HOST_BARRIER_COUNT);
}

/* CPUs that somebody asked to be moved to, a bit each: this program's function comes before the C library's. */
static _Atomic bool visited[HOST_CPU_MAX];

int sched_setaffinity(pid_t thread, size_t bytes, const cpu_set_t *set) /* NOLINT(readability-inconsistent*) */
{
    for (size_t cpu = 0; cpu < bytes * CHAR_BIT && cpu < HOST_CPU_MAX; cpu++) {
        if (CPU_ISSET_S(cpu, bytes, set)) {
            atomic_store(&visited[cpu], true);
        }
    }
    return (int)syscall(SYS_sched_setaffinity, thread, bytes, set);
}

/* A machine may have two CPUs whose ids are 0 and 24. So each id is tried that the kernel's own sets have room for,
 * whose bytes it says. */
static void barrier_visits_every_id(void **state)
{
    (void)state;
    enum host_barrier before = host_barrier_kind();
    cpu_set_t set[HOST_CPU_MAX / CPU_SETSIZE];
    struct hart_set silent;
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    assert_true(bytes > 0);
    memset(visited, 0, sizeof visited);
    assert_true(host_barrier_choose(HOST_BARRIER_VISIT));
    assert_true(platform_barrier_heavy(&silent));
    assert_true(host_barrier_choose(before));
    for (size_t cpu = 0; cpu < (size_t)bytes * CHAR_BIT; cpu++) {
        assert_true(atomic_load(&visited[cpu]));
    }
    assert_true(atomic_load(&visited[24]));
}

/* ---- RAM ---- */

static struct phys_range range(uint64_t start, uint64_t size)
{
    return (struct phys_range){{start}, size};
}

static unsigned char *at(uint64_t addr)
{
    return platform_phys_to_virt((phys_addr_t){addr});
}

static void ram_is_congruent_and_zero(void **state)
{
    (void)state;
    char why[WHY_BYTES];
    assert_true(host_ram_map(range(0x80200000, 3 * GIB), why, sizeof why));
    assert_int_equal((uintptr_t)at(0x80200000) % GIB, 0x80200000 % GIB);
    assert_ptr_equal(at(0x80200000) + 2 * GIB, at(0x80200000 + 2 * GIB));
    assert_true(platform_ram_is_zero());
    assert_int_equal(*at(0x80200000), 0);
    *at(0x80200000) = 1;
    *at(0x80200000 + 3 * GIB - 1) = 2;
    assert_true(host_ram_clear());
    assert_int_equal(*at(0x80200000), 0);
    assert_int_equal(*at(0x80200000 + 3 * GIB - 1), 0);
    host_ram_unmap();
}

/* Sixteen terabytes with RAM at both ends: nothing is reserved for what is not touched. */
static void ram_may_be_terabytes(void **state)
{
    (void)state;
    char why[WHY_BYTES];
    uint64_t size = UINT64_C(16) << 40;
    assert_true(host_ram_map(range(GIB, size), why, sizeof why));
    *at(GIB) = 1;
    *at(size) = 2;
    assert_int_equal(*at(size), 2);
    host_ram_unmap();
}

/* The signal that ends a process which calls `body`; 0 if it returns. */
static int signal_of(void (*body)(void *context), void *context)
{
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGSEGV, SIG_DFL); /* also where a sanitizer or cmocka caught it */
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        body(context);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* 16 MiB of RAM under a limit that leaves 24, or 16 and a little, or too little. */
static void map_in_little_space(void *context)
{
    char why[WHY_BYTES] = "";
    uint64_t pages = 0, room = *(const uint64_t *)context;
    FILE *file = fopen("/proc/self/statm", "r");
    bool known = file != NULL && fscanf(file, "%lu", &pages) == 1 && fclose(file) == 0;
    const struct rlimit limit = {pages * FRAME_SIZE + room, RLIM_INFINITY};
    bool limited = known && setrlimit(RLIMIT_AS, &limit) == 0;
    bool mapped = host_ram_map(range(0x80000000, 16 << 20), why, sizeof why);
    bool good = mapped ? room > 16 << 20 && *at(0x80000000) == 0
                       : room < 16 << 20 && strstr(why, "16777216 bytes of address space") != NULL;
    if (!limited || !good) {
        abort();
    }
}

static void ram_asks_for_no_more_than_there_is(void **state)
{
    static uint64_t rooms[] = {24 << 20, (16 << 20) + (1 << 17), 8 << 20};
    (void)state;
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        assert_int_equal(signal_of(map_in_little_space, &rooms[i]), 0);
    }
}

static void ram_refuses_in_one_line(void **state)
{
    (void)state;
    char why[WHY_BYTES] = "";
    assert_false(host_ram_map(range(0, UINT64_C(1) << 60), why, sizeof why));
    assert_non_null(strstr(why, "cannot be mapped"));
    assert_null(strchr(why, '\n'));
    assert_false(host_ram_map(range(0, UINT64_MAX), why, sizeof why));
    assert_true(host_ram_map(range(0, GIB), why, sizeof why));
    assert_false(host_ram_map(range(0, GIB), why, sizeof why));
    assert_non_null(strstr(why, "already"));
    host_ram_unmap();
}

static void touch_address(void *context)
{
    *at(*(const uint64_t *)context) = 1;
}

static void panic(void *context)
{
    (void)context;
    platform_panic("this is the panic that the test asked for");
}

/* P3: a hole cannot even be touched. */
static void P3_holes_fault(void **state)
{
    (void)state;
    char why[WHY_BYTES];
    struct memory_map *map = calloc(1, sizeof *map);
    assert_non_null(map);
    map->ram_count = 2;
    map->ram[0].range = range(0x1000, 0x2000);
    map->ram[1].range = range(0x8000, 0x1000);
    assert_true(host_ram_map(range(0x1000, 0x8000), why, sizeof why));
    assert_true(host_ram_guard_holes(map, why, sizeof why));
    uint64_t inside[] = {0x1000, 0x2fff, 0x8000, 0x8fff};
    uint64_t outside[] = {0x3000, 0x7fff};
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        assert_int_equal(signal_of(touch_address, &inside[i]), 0);
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(signal_of(touch_address, &outside[i]), SIGSEGV);
    }
    host_ram_unmap();
    free(map);
}

static void panic_aborts(void **state)
{
    (void)state;
    assert_int_equal(signal_of(panic, NULL), SIGABRT);
}

/* ---- harts ---- */

static struct {
    _Atomic uint32_t ran[HART_MAX];
    _Atomic uint32_t wrong;
    _Atomic uint32_t arrived;
    struct hart_barrier barrier;
    uint32_t count;
} crowd;

static void crowd_body(void *context, uint32_t hart)
{
    atomic_fetch_add(&crowd.ran[hart], 1);
    crowd.wrong += platform_hart_id() != hart || context != &crowd;
    for (uint32_t round = 1; round <= 3; round++) {
        atomic_fetch_add(&crowd.arrived, 1);
        hart_barrier_wait(&crowd.barrier);
        crowd.wrong += atomic_load(&crowd.arrived) != round * crowd.count;
        hart_barrier_wait(&crowd.barrier);
    }
}

/* Many more harts than cores, run after run: all at one time, each once, by its own number. */
static void harts_may_outnumber_cores(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 3, 64, 2, 16};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        memset(&crowd, 0, sizeof crowd);
        crowd.count = counts[i];
        hart_barrier_init(&crowd.barrier, crowd.count);
        assert_true(harts_run(crowd.count, crowd_body, &crowd));
        for (uint32_t hart = 0; hart < HART_MAX; hart++) {
            assert_int_equal(crowd.ran[hart], hart < crowd.count);
        }
        assert_int_equal(crowd.wrong, 0);
    }
    assert_int_equal(platform_hart_id(), HART_NONE); /* as before the runs: test_harts.c has more */
    assert_true(harts_cores() >= 1);
    assert_false(harts_run(HART_MAX + 1, crowd_body, &crowd));
}

static struct {
    _Atomic uint32_t next_ticket, serving;
    uint64_t sum;
} ticket;

static void ticket_body(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    for (uint32_t i = 0; i < 500; i++) {
        uint32_t mine = atomic_fetch_add(&ticket.next_ticket, 1);
        while (atomic_load(&ticket.serving) != mine) {
            platform_relax();
        }
        ticket.sum++;
        atomic_store(&ticket.serving, mine + 1);
    }
}

/* A FIFO spinlock shared by eight times as many harts as cores: the one whose turn it is rarely runs. */
static void relax_lets_others_run(void **state)
{
    (void)state;
    uint32_t harts = harts_cores() * 8 < HART_MAX ? harts_cores() * 8 : HART_MAX;
    uint64_t begin_ns = platform_time_ns();
    assert_true(harts_run(harts, ticket_body, NULL));
    assert_int_equal(ticket.sum, 500 * harts);
    print_message("%u harts, %u cores: %llu ns a turn\n", harts, harts_cores(),
                  (unsigned long long)((platform_time_ns() - begin_ns) / ticket.sum));
}

static struct platform_mutex mutex;
static uint64_t mutex_sum;

static void mutex_body(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    for (uint32_t i = 0; i < 10000; i++) {
        platform_mutex_lock(&mutex);
        mutex_sum++;
        platform_mutex_unlock(&mutex);
    }
}

static void mutex_excludes(void **state)
{
    (void)state;
    assert_true(platform_mutex_init(&mutex));
    assert_true(harts_run(8, mutex_body, NULL));
    assert_int_equal(mutex_sum, 80000);
}

/* Without a fence the same race must be lost now and then, or the three tests above show nothing. */
static void barrier_test_can_fail(void **state)
{
    (void)state;
    if (harts_cores() < 2) {
        print_message("one core: no store is ever late\n");
        skip();
    }
    uint32_t both_missed = 0;
    for (uint32_t try = 0; try < 50 && both_missed == 0; try++) {
        both_missed = dekker_run(20000, false);
    }
    assert_true(both_missed > 0);
}

int main(void)
{
    if (!platform_host_hart_count_set(HART_MAX)) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(barrier_is_chosen),
        cmocka_unit_test(barrier_visits_every_id),
        cmocka_unit_test(barrier_expedited),
        cmocka_unit_test(barrier_global),
        cmocka_unit_test(barrier_visit),
        cmocka_unit_test(every_hart_answers),
        cmocka_unit_test(barrier_test_can_fail),
        cmocka_unit_test(ram_is_congruent_and_zero),
        cmocka_unit_test(ram_may_be_terabytes),
        cmocka_unit_test(ram_asks_for_no_more_than_there_is),
        cmocka_unit_test(ram_refuses_in_one_line),
        cmocka_unit_test(P3_holes_fault),
        cmocka_unit_test(panic_aborts),
        cmocka_unit_test(harts_may_outnumber_cores),
        cmocka_unit_test(relax_lets_others_run),
        cmocka_unit_test(mutex_excludes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
