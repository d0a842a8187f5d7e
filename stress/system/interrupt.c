/* SPDX-License-Identifier: MIT
 * Ctrl-C. See interrupt.h. */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

_Atomic bool interrupted;

static void note_signal(int number)
{
    (void)number;
    atomic_store_explicit(&interrupted, true, memory_order_relaxed);
}

void interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}
