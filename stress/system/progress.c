/* SPDX-License-Identifier: MIT
 * One line of progress. See progress.h. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#include "format_into.h"
#include "platform.h"

/* Between two lines: often enough to be seen to move, and on a file not to fill it. */
#define TERMINAL_INTERVAL_NS UINT64_C(100000000)
#define FILE_INTERVAL_NS UINT64_C(5000000000)

static struct {
    bool terminal, shown;
    uint64_t interval_ns; /* 0: silent */
    uint64_t begun_ns, last_ns;
    char doing[160];
} state = {.doing = "starting"};

void progress_begin(bool wanted)
{
    state.terminal = isatty(STDERR_FILENO) == 1;
    state.interval_ns = state.terminal ? TERMINAL_INTERVAL_NS : wanted ? FILE_INTERVAL_NS : 0;
    state.begun_ns = platform_time_ns();
    state.last_ns = 0;
}

/* Seconds that the rest will take if it goes on like this. */
static double seconds_left(double done, double total, uint64_t now_ns)
{
    double taken = (double)(now_ns - state.begun_ns) / 1e9;
    return done > 0 ? taken / done * (total - done) : 0;
}

void progress_show(double done, double total, const char *format, ...)
{
    uint64_t now_ns = platform_time_ns();
    format_into(state.doing, format);
    if (state.interval_ns == 0 || now_ns - state.last_ns < state.interval_ns) {
        return;
    }
    state.last_ns = now_ns;
    double percent = total > 0 ? 100 * done / total : 0;
    (void)fprintf(stderr, "%s%3.0f %%, %.0f s left: %.100s%s", state.terminal ? "\r" : "", percent,
                  seconds_left(done, total, now_ns), state.doing, state.terminal ? "\033[K" : "\n");
    (void)fflush(stderr);
    state.shown = true;
}

const char *progress_doing(void)
{
    return state.doing;
}

void progress_end(void)
{
    if (state.shown && state.terminal) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
    state.shown = false;
    state.interval_ns = 0;
}
