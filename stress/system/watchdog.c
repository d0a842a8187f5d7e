/* SPDX-License-Identifier: MIT
 * The watchdog: a thread that waits for a condition with a deadline. See watchdog.h. */
#include "watchdog.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "exit_status.h"

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    struct timespec deadline;
    double seconds;
    void (*report)(void *context);
    void *context;
    bool running, stop;
} watchdog = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *watch(void *unused)
{
    (void)unused;
    int error = 0;
    pthread_mutex_lock(&watchdog.lock);
    while (!watchdog.stop && error != ETIMEDOUT) {
        error = pthread_cond_timedwait(&watchdog.changed, &watchdog.lock, &watchdog.deadline);
    }
    if (!watchdog.stop) {
        (void)fprintf(stderr, "framelab: watchdog: not done after %.3g seconds\n", watchdog.seconds);
        watchdog.report(watchdog.context);
        _exit(EXIT_STATUS_WATCHDOG); /* no handlers: what they would wait for may be what hangs */
    }
    pthread_mutex_unlock(&watchdog.lock);
    return NULL;
}

static bool start_thread(void)
{
    /* Signals are for the harts' side of the program, not for this thread. */
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&watchdog.thread, NULL, watch, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool watchdog_start(double seconds, void (*report)(void *context), void *context)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) {
        return false;
    }
    bool ready = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                 pthread_cond_init(&watchdog.changed, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!ready || clock_gettime(CLOCK_MONOTONIC, &watchdog.deadline) != 0) {
        return false;
    }
    double whole = (double)(time_t)seconds;
    watchdog.deadline.tv_sec += (time_t)seconds;
    watchdog.deadline.tv_nsec += (long)((seconds - whole) * 1e9);
    if (watchdog.deadline.tv_nsec >= 1000000000L) {
        watchdog.deadline.tv_nsec -= 1000000000L;
        watchdog.deadline.tv_sec++;
    }
    watchdog.seconds = seconds;
    watchdog.report = report;
    watchdog.context = context;
    watchdog.stop = false;
    watchdog.running = start_thread();
    return watchdog.running;
}

void watchdog_stop(void)
{
    if (!watchdog.running) {
        return;
    }
    pthread_mutex_lock(&watchdog.lock);
    watchdog.stop = true;
    pthread_cond_signal(&watchdog.changed);
    pthread_mutex_unlock(&watchdog.lock);
    (void)pthread_join(watchdog.thread, NULL);
    (void)pthread_cond_destroy(&watchdog.changed);
    watchdog.running = false;
}
