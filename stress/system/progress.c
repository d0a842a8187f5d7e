/* SPDX-License-Identifier: MIT
 * One line of progress. See progress.h. */
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "format_into.h"
#include "platform.h"

/* Between two lines: often enough to be seen to move, and on a file not to fill it: after a while a line a minute. */
#define TERMINAL_INTERVAL_NS UINT64_C(100000000)
#define FILE_INTERVAL_NS UINT64_C(5000000000)
#define LONG_INTERVAL_NS UINT64_C(60000000000)
#define LONG_NS UINT64_C(60000000000)

/* The part that must be done before it is reckoned how long the rest takes. */
#define SHARE_TOLD 0.05

static struct {
    bool terminal, shown;
    uint64_t interval_ns; /* 0: silent */
    uint64_t begun_ns, last_ns;
    double told_s; /* that were said to be left */
    char doing[160];
} state = {.doing = "starting"};

void progress_begin(bool wanted)
{
    state.terminal = isatty(STDERR_FILENO) == 1;
    state.interval_ns = state.terminal ? TERMINAL_INTERVAL_NS : wanted ? FILE_INTERVAL_NS : 0;
    state.begun_ns = platform_time_ns();
    state.last_ns = 0;
    state.told_s = INFINITY;
}

/* ", 12 s left", if it goes on like this; or nothing: as long as too little is done to tell, and where it would be more
 * than was said before, since the rest is slower. */
static const char *left_text(double done, double total, uint64_t now_ns, char *text, size_t text_bytes)
{
    double left = (double)(now_ns - state.begun_ns) / 1e9 / done * (total - done);
    text[0] = '\0';
    if (total > 0 && done >= SHARE_TOLD * total && left <= state.told_s) {
        state.told_s = left;
        (void)snprintf(text, text_bytes, ", %.0f s left", ceil(left));
    }
    return text;
}

/* What is done, of what is to be done; or how long it has taken, if that has no end. */
static void print_line(double done, double total, uint64_t now_ns)
{
    char part[80];
    if (total > 0) {
        char left[40];
        (void)snprintf(part, sizeof part, "%3.0f %%%s", 100 * done / total,
                       left_text(done, total, now_ns, left, sizeof left));
    } else {
        (void)snprintf(part, sizeof part, "after %.0f s", (double)(now_ns - state.begun_ns) / 1e9);
    }
    (void)fprintf(stderr, "%s%s: %.100s%s", state.terminal ? "\r" : "", part, state.doing,
                  state.terminal ? "\033[K" : "\n");
    (void)fflush(stderr);
}

void progress_show(double done, double total, const char *format, ...)
{
    uint64_t now_ns = platform_time_ns();
    format_into(state.doing, format);
    bool seldom = !state.terminal && now_ns - state.begun_ns > LONG_NS;
    if (state.interval_ns == 0 || now_ns - state.last_ns < (seldom ? LONG_INTERVAL_NS : state.interval_ns)) {
        return;
    }
    state.last_ns = now_ns;
    print_line(done, total, now_ns);
    state.shown = true;
}

const char *progress_doing(void)
{
    return state.doing;
}

void progress_wipe(void)
{
    if (state.shown && state.terminal) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
    }
    state.shown = false;
}

void progress_end(void)
{
    progress_wipe();
    state.interval_ns = 0;
}
