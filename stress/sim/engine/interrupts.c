/* SPDX-License-Identifier: MIT
 * Which harts have their interrupts off. See interrupts.h. */
#include "interrupts.h"

#include <string.h>

#include "frame_limits.h"
#include "run.h"

static bool off[HART_MAX];

bool interrupts_off(void)
{
    uint32_t self = run_self();
    bool were_on = self != RUN_NOBODY && !off[self];
    if (were_on) {
        off[self] = true;
    }
    return were_on;
}

void interrupts_on(void)
{
    uint32_t self = run_self();
    if (self != RUN_NOBODY) {
        off[self] = false;
    }
}

bool interrupts_are_on(uint32_t hart)
{
    return !off[hart];
}

void interrupts_reset(void)
{
    memset(off, 0, sizeof off);
}
