/* SPDX-License-Identifier: MIT
 * The handler of faults. See fault.h. */
#include "fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "exit_status.h"
#include "platform.h"

static struct {
    uintptr_t start, end;
    uint64_t physical;
    void (*report)(void *context, uint64_t frame, uint32_t hart);
    void *context;
    struct sigaction before; /* what faults were before */
    _Atomic bool said;
} watched;

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    uintptr_t at = (uintptr_t)info->si_addr;
    if (at < watched.start || at >= watched.end) {
        (void)sigaction(signal_number, &watched.before, NULL); /* on return the fault comes again */
        return;
    }
    while (atomic_exchange_explicit(&watched.said, true, memory_order_relaxed)) {
        (void)pause(); /* another hart was first: it will end us */
    }
    watched.report(watched.context, (watched.physical + (at - watched.start)) >> FRAME_SHIFT, platform_hart_id());
    _exit(EXIT_STATUS_VIOLATED);
}

void fault_watch(struct phys_range range, void (*report)(void *context, uint64_t frame, uint32_t hart), void *context)
{
    watched.start = range.size > 0 ? (uintptr_t)platform_phys_to_virt(range.start) : 0; /* too little to plug */
    watched.end = watched.start + range.size;
    watched.physical = range.start.value;
    watched.report = report;
    watched.context = context;
    static bool caught;
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_fault;
    (void)sigemptyset(&action.sa_mask);
    if (!caught) {
        caught = sigaction(SIGSEGV, &action, &watched.before) == 0;
    }
}
