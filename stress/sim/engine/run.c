/* SPDX-License-Identifier: MIT
 * Harts as fibres. See run.h. The caller of run_harts is one more fibre, the home: it starts the first hart and is
 * switched to when the run ends. A hart that is abandoned or frozen is never switched to again; its stack is simply
 * started anew in the next run, which is safe because nothing that a hart calls owns anything but memory of the
 * simulated machine. */
#include "run.h"

#include <stddef.h>
#include <stdlib.h>

#include "fibre.h"
#include "frame_limits.h"
#include "model.h"
#include "platform.h"

static struct {
    struct fibre fibre[HART_MAX];
    enum run_state state[HART_MAX];
    struct fibre home;
    uint32_t made; /* fibres that have a stack */
    uint32_t count;
    uint32_t alive; /* neither done nor frozen */
    enum run_end end;
    void (*body)(void *context, uint32_t hart);
    void (*again)(void *context, uint32_t hart); /* of who begins anew */
    void *context;
} run;

uint32_t run_current = RUN_NOBODY;
uintptr_t run_own_stack;

static void set_current(uint32_t hart)
{
    run_current = hart;
    run_own_stack = hart != RUN_NOBODY ? (uintptr_t)run.fibre[hart].stack : 0;
}

uint32_t run_count(void)
{
    return run.count;
}

enum run_state run_state(uint32_t hart)
{
    return run.state[hart];
}

void run_switch(uint32_t hart)
{
    if (hart != run_current) {
        struct fibre *from = &run.fibre[run_current];
        set_current(hart);
        fibre_switch(from, &run.fibre[hart]);
    }
}

uint32_t run_aside(void)
{
    uint32_t hart = run_current;
    set_current(RUN_NOBODY);
    return hart;
}

void run_back(uint32_t hart)
{
    set_current(hart);
}

static void go_home(enum run_end end)
{
    struct fibre *from = &run.fibre[run_current];
    run.end = end;
    set_current(RUN_NOBODY);
    fibre_switch(from, &run.home);
}

/* The calling hart cannot go on: whoever the model names does. */
static void leave(void)
{
    uint32_t next = run.alive > 0 ? model->next() : RUN_NOBODY;
    if (next == RUN_NOBODY) {
        go_home(run.alive > 0 ? RUN_STUCK : RUN_FINISHED);
    } else {
        run_switch(next);
    }
}

static void fibre_end(void)
{
    run.state[run_current] = RUN_DONE;
    run.alive--;
    leave();
    abort(); /* nobody switches to a hart that is done */
}

static void fibre_body(void)
{
    run.body(run.context, run_current);
    fibre_end();
}

static void fibre_body_again(void)
{
    run.again(run.context, run_current);
    fibre_end();
}

/* Its first frame lies above all that runs here, which is left for good. */
void run_again(void (*body)(void *context, uint32_t hart))
{
    struct fibre nobody;
    run.again = body;
    fibre_start(&run.fibre[run_current], fibre_body_again);
    fibre_switch(&nobody, &run.fibre[run_current]);
    abort();
}

void run_park(void)
{
    uint32_t me = run_current;
    run.state[me] = RUN_PARKED;
    leave();
}

void run_wake(uint32_t hart)
{
    run.state[hart] = RUN_READY;
    model->wake(hart, run_current);
}

void run_freeze(uint32_t hart)
{
    run.state[hart] = RUN_FROZEN;
    run.alive--;
    if (hart == run_current) {
        leave();
        abort();
    }
}

_Noreturn void run_abandon(void)
{
    go_home(RUN_ABANDONED);
    abort();
}

enum run_end run_harts(uint32_t count, void (*body)(void *context, uint32_t hart), void *context)
{
    FRAME_ASSERT(run_current == RUN_NOBODY && count > 0 && count <= HART_MAX);
    for (; run.made < count; run.made++) {
        if (!fibre_make(&run.fibre[run.made], RUN_STACK_BYTES)) {
            platform_panic("simulator: no memory for the stack of hart %u", run.made);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        fibre_start(&run.fibre[i], fibre_body);
        run.state[i] = RUN_READY;
    }
    run.count = count;
    run.alive = count;
    run.body = body;
    run.context = context;
    set_current(model->begin(count));
    fibre_switch(&run.home, &run.fibre[run_current]);
    model->end();
    return run.end;
}
