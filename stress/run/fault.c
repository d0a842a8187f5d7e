/* SPDX-License-Identifier: MIT
 * The handler of faults. See fault.h. */
#include "fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "exit_status.h"
#include "platform.h"

static const struct {
    int number;
    const char *what;
} SIGNALS[] = {{SIGSEGV, "an access to no memory (SIGSEGV)"},
               {SIGBUS, "an access to no memory (SIGBUS)"},
               {SIGFPE, "a division by zero (SIGFPE)"},
               {SIGILL, "an illegal instruction (SIGILL)"},
               {SIGABRT, "an assertion, or a panic, which stands on stderr (SIGABRT)"}};
#define SIGNAL_COUNT (sizeof SIGNALS / sizeof SIGNALS[0])

static struct {
    uintptr_t start, end;
    uint64_t physical;
    struct fault_reports reports;
    struct sigaction before[SIGNAL_COUNT]; /* what signals were before */
    _Atomic bool said;
} watched;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    size_t i = 0;
    while (SIGNALS[i].number != number) {
        i++;
    }
    while (atomic_exchange_explicit(&watched.said, true, memory_order_relaxed)) {
        (void)pause(); /* another hart was first: it will end us */
    }
    uintptr_t at = (uintptr_t)info->si_addr;
    if (number == SIGSEGV && at >= watched.start && at < watched.end) {
        watched.reports.touched(watched.reports.context, (watched.physical + (at - watched.start)) >> FRAME_SHIFT,
                                platform_hart_id());
        _exit(EXIT_STATUS_VIOLATED);
    }
    watched.reports.crashed(watched.reports.context, SIGNALS[i].what, platform_hart_id());
    (void)sigaction(number, &watched.before[i], NULL); /* on return the fault comes again; abort() sees to itself */
}

void fault_watch(struct phys_range range, const struct fault_reports *reports)
{
    static bool caught;
    watched.start = range.size > 0 ? (uintptr_t)platform_phys_to_virt(range.start) : 0; /* too little to plug */
    watched.end = watched.start + range.size;
    watched.physical = range.start.value;
    watched.reports = *reports;
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_fault;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT && !caught; i++) {
        (void)sigaction(SIGNALS[i].number, &action, &watched.before[i]);
    }
    caught = true;
}
