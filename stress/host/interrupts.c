/* SPDX-License-Identifier: MIT
 * Interrupts of a hart on the host: a real signal, which a timer of the hart's own sends to its own thread. The timer
 * is set anew each time that it has gone off, to a moment drawn at random: before the handler runs, so that handlers
 * are interrupted too, while they are fewer than INTERRUPT_LEVELS, else after it. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "platform.h"
#include "random.h"

#define SIGNAL (SIGRTMIN + 3)

/* Nanoseconds between two signals. A handler takes one to ten microseconds; a hart must get on between two. */
#define APART_LEAST UINT64_C(2000)
#define APART_MOST UINT64_C(30000)

/* Written by its thread only, which its own handler may interrupt: so what both write is volatile. */
static _Thread_local struct {
    timer_t timer;
    struct random random;
    void (*handler)(void *context);
    void *context;
    volatile uint32_t level;
    volatile bool on;
} interrupts;

static void arm(void)
{
    uint64_t ns = random_between(&interrupts.random, APART_LEAST, APART_MOST);
    const struct itimerspec moment = {.it_value = {.tv_nsec = (long)ns}};
    (void)timer_settime(interrupts.timer, 0, &moment, NULL);
}

static void on_signal(int signal)
{
    (void)signal;
    int error = errno;
    if (interrupts.on) {
        uint32_t level = ++interrupts.level;
        if (level < INTERRUPT_LEVELS) {
            arm();
        }
        interrupts.handler(interrupts.context);
        interrupts.level = level - 1;
        if (level == INTERRUPT_LEVELS) {
            arm();
        }
    }
    errno = error;
}

bool hart_interrupts_begin(void (*handler)(void *context), void *context, uint64_t seed)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_NODEFER | SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGNAL};
    event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGNAL, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &interrupts.timer) != 0) {
        return false;
    }
    interrupts.random = random_stream(seed, 5);
    interrupts.handler = handler;
    interrupts.context = context;
    interrupts.level = 0;
    interrupts.on = true;
    arm();
    return true;
}

/* A signal that is on its way finds that nothing is to be done. */
void hart_interrupts_end(void)
{
    interrupts.on = false;
    (void)timer_delete(interrupts.timer);
}
