/* SPDX-License-Identifier: MIT
 * core/base/platform.h on the host: harts are threads, RAM is an anonymous mapping, the log is stderr.
 *
 * The heavy side of the asymmetric barrier. Every thread must pass a full fence between call and return. The first of
 * these ways that works here is used:
 *
 * 1. membarrier(2) PRIVATE_EXPEDITED does just that: it interrupts each CPU that runs a thread of ours; a thread that
 *    does not run passes a fence in the scheduler before it runs again.
 * 2. membarrier GLOBAL, on kernels before 4.14: waits until each CPU has been through the scheduler.
 * 3. Without membarrier (old kernels, seccomp filters): the caller moves itself to each CPU in turn on which the kernel
 *    lets it run, by every id that the kernel has room for: how many CPUs there are says nothing of their ids. When it
 *    runs there, the thread that ran there before no longer does, and the switch was a full fence. A thread that moved
 *    from a CPU not yet visited to one already visited was switched out on its way. So each thread has passed a fence.
 *    This is slow, but as strong as the others, and needs nothing from other threads.
 *
 * In all three the operating system makes a thread pass its fence, whether the thread spins, sleeps, is stopped or has
 * all its signals blocked: every hart answers, none is ever silent. */
#define _GNU_SOURCE
#include "platform.h"

#include <errno.h>
#include <limits.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "platform_host.h"

/* RAM's virtual base shares the physical address's low bits up to here: the largest page of the architectures. Where
 * there is not so much address space to choose from (ulimit -v): those of a huge page, or of a frame. */
static const uint64_t RAM_CONGRUENCES[] = {UINT64_C(1) << 30, CHUNK_FRAMES *FRAME_SIZE, FRAME_SIZE};
#define RAM_CONGRUENCE_COUNT (sizeof RAM_CONGRUENCES / sizeof RAM_CONGRUENCES[0])

/* Yields after which a waiting thread sleeps, and for how long: it then waits for a thread that the scheduler will
 * not choose while this one is runnable (a lower priority, another control group), or for a very long time. */
#define YIELDS_PER_SLEEP 256u
#define SLEEP_NS 50000

#define LOG_LINE_BYTES 1024

_Thread_local uint32_t platform_host_hart __attribute__((tls_model("initial-exec"))) = HART_NONE;
_Thread_local uint32_t platform_host_turns __attribute__((tls_model("initial-exec")));
void (*platform_host_hook)(const char *place);

static uint32_t hart_count = 1;
static struct phys_range ram_extent;
static unsigned char *ram_base;
static enum host_barrier barrier_kind = HOST_BARRIER_VISIT;

/* Harts. A number belongs to one thread at a time, from set to clear or to the thread's end, which a key's destructor
 * sees; or to one run of harts (harts.c), which lends it to a thread of its own. */

static _Atomic bool number_taken[HART_MAX];
static pthread_key_t number_key; /* of a thread that has one: not NULL */
static bool number_key_made;

/* Acquire, partner of the release in number_give: who gets the number sees all that was done under it. */
static bool number_take(uint32_t hart)
{
    return !atomic_exchange_explicit(&number_taken[hart], true, memory_order_acquire);
}

static void number_give(uint32_t hart)
{
    atomic_store_explicit(&number_taken[hart], false, memory_order_release);
}

static void thread_end(void *unused)
{
    (void)unused;
    platform_host_hart_clear();
}

/* Before main: a thread's first number may come at any time. */
__attribute__((constructor)) static void number_key_make(void)
{
    number_key_made = pthread_key_create(&number_key, thread_end) == 0;
}

enum host_hart_status platform_host_hart_set(uint32_t hart)
{
    if (hart >= hart_count) {
        return HOST_HART_BEYOND;
    }
    if (hart == platform_host_hart) {
        return HOST_HART_OK;
    }
    if (!number_take(hart)) {
        return HOST_HART_IN_USE;
    }
    if (!number_key_made || pthread_setspecific(number_key, number_taken) != 0) {
        number_give(hart);
        return HOST_HART_NO_MEMORY;
    }
    platform_host_hart_clear();
    platform_host_hart = hart;
    return HOST_HART_OK;
}

void platform_host_hart_clear(void)
{
    uint32_t hart = platform_host_hart;
    platform_host_hart = HART_NONE;
    if (hart != HART_NONE) {
        number_give(hart);
    }
}

const char *host_hart_text(enum host_hart_status status)
{
    static const char *const texts[HOST_HART_STATUS_COUNT] = {
        [HOST_HART_OK] = "done",
        [HOST_HART_BEYOND] = "there are not so many harts",
        [HOST_HART_IN_USE] = "another live thread is that hart",
        [HOST_HART_NO_MEMORY] = "no memory, or no key, to see the end of the thread by",
    };
    return (unsigned)status < HOST_HART_STATUS_COUNT ? texts[status] : "an unknown status";
}

bool platform_host_hart_count_set(uint32_t count)
{
    for (uint32_t hart = count; hart < HART_MAX; hart++) {
        if (atomic_load_explicit(&number_taken[hart], memory_order_relaxed)) { /* at rest */
            return false;
        }
    }
    if (count == 0 || count > HART_MAX) {
        return false;
    }
    hart_count = count;
    return true;
}

bool host_harts_lend(uint32_t count)
{
    const uint32_t own = platform_host_hart;
    uint32_t taken = 0;
    while (taken < count && taken < hart_count && (taken == own || number_take(taken))) {
        taken++;
    }
    if (taken < count) {
        host_harts_return(taken, own);
        return false;
    }
    platform_host_hart = HART_NONE;
    return true;
}

void host_harts_return(uint32_t count, uint32_t own)
{
    for (uint32_t hart = 0; hart < count; hart++) {
        if (hart != own) {
            number_give(hart);
        }
    }
    platform_host_hart = own;
}

uint32_t platform_hart_count(void)
{
    return hart_count;
}

void platform_host_yield(void)
{
    if (platform_host_turns / PLATFORM_HOST_TURNS_PER_YIELD % YIELDS_PER_SLEEP == 0) {
        struct timespec moment = {.tv_nsec = SLEEP_NS};
        (void)nanosleep(&moment, NULL);
    } else {
        (void)sched_yield();
    }
}

/* Interrupts: signals, but for those that a thread raises by what it does itself. */

static _Thread_local bool signals_off;
static _Thread_local sigset_t signals_before;

bool platform_interrupts_off(void)
{
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    sigset_t set, before;
    if (signals_off) {
        return false;
    }
    (void)sigfillset(&set);
    for (uint32_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        (void)sigdelset(&set, own[i]);
    }
    int error = pthread_sigmask(SIG_BLOCK, &set, &before);
    FRAME_ASSERT(error == 0);
    signals_before = before; /* nobody interrupts from here on */
    signals_off = true;
    return true;
}

void platform_interrupts_restore(bool were_on)
{
    if (were_on) {
        sigset_t set = signals_before;
        signals_off = false; /* while nobody interrupts */
        int error = pthread_sigmask(SIG_SETMASK, &set, NULL);
        FRAME_ASSERT(error == 0);
    }
}

/* The asymmetric barrier. */

static long membarrier(int command)
{
    return syscall(SYS_membarrier, command, 0, 0);
}

static bool barrier_try(enum host_barrier kind)
{
    switch (kind) {
    case HOST_BARRIER_EXPEDITED:
        return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
               membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
    case HOST_BARRIER_GLOBAL:
        return membarrier(MEMBARRIER_CMD_GLOBAL) == 0;
    default:
        return kind == HOST_BARRIER_VISIT;
    }
}

bool host_barrier_choose(enum host_barrier kind)
{
    if (!barrier_try(kind)) {
        return false;
    }
    barrier_kind = kind;
    return true;
}

enum host_barrier host_barrier_kind(void)
{
    return barrier_kind;
}

/* Before main: registering while there is one thread is quick, later it waits for a grace period. */
__attribute__((constructor)) static void barrier_init(void)
{
    for (uint32_t kind = 0; kind < HOST_BARRIER_COUNT; kind++) {
        if (host_barrier_choose((enum host_barrier)kind)) {
            return;
        }
    }
}

static void barrier_visit(void)
{
    cpu_set_t before[HOST_CPU_MAX / CPU_SETSIZE];
    cpu_set_t one[HOST_CPU_MAX / CPU_SETSIZE];
    /* The kernel itself says how many bytes its sets have; the C library's function does not pass that on. */
    memset(before, 0, sizeof(before));
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof(before), before);
    if (bytes <= 0) {
        platform_panic("barrier: the CPU affinity cannot be read: %s", strerror(errno));
    }
    uint32_t visited = 0;
    /* Downwards: ids that there are not, of which most are high, are tried while this hart still has its own CPU. */
    for (size_t cpu = (size_t)bytes * CHAR_BIT; cpu-- > 0;) {
        memset(one, 0, sizeof(one));
        CPU_SET_S(cpu, sizeof(one), one);
        /* Refused for a CPU that is off or outside the control group: then no thread of ours runs there either. */
        visited += sched_setaffinity(0, sizeof(one), one) == 0;
    }
    if (visited == 0 || sched_setaffinity(0, sizeof(before), before) != 0) {
        platform_panic("barrier: neither membarrier nor sched_setaffinity is permitted here: %s", strerror(errno));
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

bool platform_barrier_heavy(struct hart_set *silent)
{
    *silent = (struct hart_set){{0}};
    if (barrier_kind == HOST_BARRIER_VISIT) {
        barrier_visit();
        return true;
    }
    int command = barrier_kind == HOST_BARRIER_EXPEDITED ? MEMBARRIER_CMD_PRIVATE_EXPEDITED : MEMBARRIER_CMD_GLOBAL;
    if (membarrier(command) != 0) {
        platform_panic("barrier: membarrier worked at start-up and now fails: %s", strerror(errno));
    }
    return true;
}

/* RAM. */

void *host_ram_at(phys_addr_t addr)
{
    FRAME_DEBUG_ASSERT(addr.value - ram_extent.start.value < ram_extent.size);
    return ram_base + (addr.value - ram_extent.start.value);
}

void *platform_phys_to_virt(phys_addr_t addr)
{
    return host_ram_at(addr);
}

bool platform_ram_is_zero(void)
{
    return true;
}

/* The mapping proper: more than asked, then what stands over at both ends is given back. */
static unsigned char *map_congruent(uint64_t size, uint64_t congruent_to, uint64_t congruence)
{
    uint64_t slack = congruence - FRAME_SIZE; /* a mapping begins at a page, which is no less than a frame */
    if (size > SIZE_MAX - slack) {
        errno = ENOMEM;
        return NULL;
    }
    unsigned char *whole =
        mmap(NULL, size + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (whole == MAP_FAILED) {
        return NULL;
    }
    uint64_t lead = (congruent_to - (uintptr_t)whole) & (congruence - 1);
    if (lead > 0) {
        (void)munmap(whole, lead);
    }
    if (slack - lead > 0) {
        (void)munmap(whole + lead + size, slack - lead);
    }
    return whole + lead;
}

bool host_ram_map(struct phys_range extent, char *why, size_t why_bytes)
{
    if (ram_base != NULL) {
        (void)snprintf(why, why_bytes, "RAM is mapped already: a process has one machine at a time");
        return false;
    }
    uint64_t start = align_down_u64(extent.start.value, FRAME_SIZE);
    uint64_t end = align_up_u64(extent.start.value + extent.size, FRAME_SIZE);
    errno = ENOMEM; /* for an extent that ends at the last byte of the address space */
    unsigned char *base = NULL;
    for (size_t i = 0; end > start && base == NULL && i < RAM_CONGRUENCE_COUNT; i++) {
        base = map_congruent(end - start, start, RAM_CONGRUENCES[i]);
    }
    if (base == NULL) {
        (void)snprintf(
            why, why_bytes,
            "RAM from 0x%llx cannot be mapped: %llu bytes of address space, its holes with it, were asked for: %s",
            (unsigned long long)extent.start.value, (unsigned long long)(end - start), strerror(errno));
        return false;
    }
    ram_base = base;
    ram_extent = (struct phys_range){{start}, end - start};
    (void)host_ram_huge_pages(false);
    /* A core file should hold our bugs, not the machine's terabytes. */
    (void)madvise(ram_base, ram_extent.size, MADV_DONTDUMP);
    return true;
}

void host_ram_unmap(void)
{
    if (ram_base != NULL) {
        (void)munmap(ram_base, ram_extent.size);
    }
    ram_base = NULL;
    ram_extent = (struct phys_range){{0}, 0};
}

bool host_ram_clear(void)
{
    return ram_base != NULL && madvise(ram_base, ram_extent.size, MADV_DONTNEED) == 0;
}

bool host_ram_huge_pages(bool wanted)
{
    return ram_base != NULL && madvise(ram_base, ram_extent.size, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE) == 0;
}

static bool guard(uint64_t start, uint64_t end, char *why, size_t why_bytes)
{
    if (start >= end || mprotect(platform_phys_to_virt((phys_addr_t){start}), end - start, PROT_NONE) == 0) {
        return true;
    }
    (void)snprintf(why, why_bytes, "the hole at 0x%llx, %llu bytes, cannot be guarded: %s", (unsigned long long)start,
                   (unsigned long long)(end - start), strerror(errno));
    return false;
}

bool host_ram_guard_holes(const struct memory_map *map, char *why, size_t why_bytes)
{
    uint64_t hole = ram_extent.start.value;
    for (uint32_t i = 0; i < map->ram_count; i++) {
        struct phys_range ram = map->ram[i].range;
        if (!guard(hole, align_down_u64(ram.start.value, FRAME_SIZE), why, why_bytes)) {
            return false;
        }
        hole = align_up_u64(ram.start.value + ram.size, FRAME_SIZE);
    }
    return guard(hole, ram_extent.start.value + ram_extent.size, why, why_bytes);
}

void host_ram_forbid(struct phys_range range, bool forbidden)
{
    if (mprotect(platform_phys_to_virt(range.start), range.size, forbidden ? PROT_NONE : PROT_READ | PROT_WRITE) != 0) {
        platform_panic("RAM at 0x%llx, %llu bytes, cannot be protected: %s", (unsigned long long)range.start.value,
                       (unsigned long long)range.size, strerror(errno));
    }
}

/* Time, log, panic. */

uint64_t platform_time_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One write a line, so that the lines of two harts never mix. */
__attribute__((format(printf, 1, 0))) static void log_line(const char *format, va_list arguments)
{
    char line[LOG_LINE_BYTES];
    (void)vsnprintf(line, sizeof(line), format, arguments);
    (void)fprintf(stderr, "framelab: %s\n", line);
}

void platform_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
}

void platform_panic(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    log_line(format, arguments);
    va_end(arguments);
    abort();
}

/* The sleeping lock. */

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(struct platform_mutex), "a platform mutex holds a pthread mutex");
_Static_assert(_Alignof(pthread_mutex_t) <= _Alignof(struct platform_mutex), "and aligns it");

static pthread_mutex_t *mutex_of(struct platform_mutex *mutex)
{
    return (pthread_mutex_t *)(void *)mutex->storage;
}

bool platform_mutex_init(struct platform_mutex *mutex)
{
    return pthread_mutex_init(mutex_of(mutex), NULL) == 0;
}

void platform_mutex_lock(struct platform_mutex *mutex)
{
    if (pthread_mutex_lock(mutex_of(mutex)) != 0) {
        platform_panic("mutex: lock failed");
    }
}

bool platform_mutex_trylock(struct platform_mutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void platform_mutex_unlock(struct platform_mutex *mutex)
{
    if (pthread_mutex_unlock(mutex_of(mutex)) != 0) {
        platform_panic("mutex: unlock of a mutex that is not held");
    }
}
