/* SPDX-License-Identifier: MIT
 * The handler of faults. See fault.h. It uses nothing that a signal handler may not. */
#include "fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "platform.h"
#include "property.h"

static struct {
    uintptr_t start, end;
    uint64_t physical;
    int fd;
    const char *last_words;
    struct sigaction before; /* what faults were before */
    _Atomic bool said;
} watched;

static void say(const char *text)
{
    ssize_t written = write(watched.fd, text, strlen(text));
    (void)written; /* nobody is left to tell */
}

static void say_hexadecimal(uint64_t value)
{
    char digits[19] = "0x";
    for (int i = 0; i < 16; i++) {
        digits[2 + i] = "0123456789abcdef"[value >> (60 - 4 * i) & 15];
    }
    say(digits);
}

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
    say("violated: ");
    say(property_name(PROPERTY_RECLAMATION));
    say(" ");
    say(property_text(PROPERTY_RECLAMATION));
    say("\n  what:    touched after the arena's removal\n  address: ");
    say_hexadecimal(watched.physical + (at - watched.start));
    say("\n  hart:    ");
    say_hexadecimal(platform_hart_id());
    say("\n");
    say(watched.last_words);
    _exit(EXIT_STATUS_VIOLATED);
}

void fault_watch(struct phys_range range, int fd, const char *last_words)
{
    watched.start = range.size > 0 ? (uintptr_t)platform_phys_to_virt(range.start) : 0; /* too little to plug */
    watched.end = watched.start + range.size;
    watched.physical = range.start.value;
    watched.fd = fd;
    watched.last_words = last_words;
    static bool caught;
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_fault;
    (void)sigemptyset(&action.sa_mask);
    if (!caught) {
        caught = sigaction(SIGSEGV, &action, &watched.before) == 0;
    }
}
