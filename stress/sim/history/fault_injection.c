/* SPDX-License-Identifier: MIT
 * Looks at every event of an execution. See fault_injection.h. */
#include "fault_injection.h"

#include <string.h>

#include "epoch_look.h"
#include "model.h"
#include "platform.h"
#include "run.h"

static struct {
    struct model before; /* a copy of the model, with our event */
    const struct model *behind;
    struct history *history;
    void (*on_violation)(void);
    uintptr_t second_start;
    uint64_t second_bytes;
    struct injection_plan plan;
    const unsigned *in_section; /* of the hart to be held up */
    uint32_t in_section_events, held_events;
    bool held, was_held;
} injection;

static bool touches_memory(const struct event *event)
{
    return event->kind <= EVENT_RMW;
}

static void complain(uint32_t hart, const struct event *event)
{
    (void)verdict_violate(&injection.history->verdict, PROPERTY_RECLAMATION, hart, UINT64_MAX,
                          "an access to 0x%llx, %llu bytes into an arena that is out of service",
                          (unsigned long long)event->address,
                          (unsigned long long)(event->address - injection.second_start));
    injection.on_violation();
}

static void let_go(void)
{
    if (injection.held) {
        injection.held = false;
        run_wake(injection.plan.hold_hart);
    }
}

static void hold_up(void)
{
    if (*injection.in_section == 0 || ++injection.in_section_events != injection.plan.hold_at) {
        return;
    }
    for (uint32_t hart = 0; hart < run_count(); hart++) {
        if (hart != injection.plan.hold_hart && run_state(hart) == RUN_READY) {
            injection.held = true;
            injection.was_held = true;
            run_park();
            return;
        }
    }
}

static value_t look(uint32_t hart, const struct event *event)
{
    if (injection.history->second_out && event->address - injection.second_start < injection.second_bytes &&
        touches_memory(event)) {
        complain(hart, event);
    }
    if (hart == injection.plan.hold_hart) {
        hold_up();
    } else if (injection.held && ++injection.held_events >= injection.plan.hold_events) {
        let_go();
    }
    return injection.behind->event(hart, event);
}

void injection_begin(struct history *history, const struct injection_plan *plan, void (*on_violation)(void))
{
    const struct small_machine *machine = history->machine;
    memset(&injection, 0, sizeof injection);
    injection.history = history;
    injection.on_violation = on_violation;
    injection.second_start = (uintptr_t)platform_phys_to_virt(machine->second.start);
    injection.second_bytes = machine->second.size;
    injection.plan = *plan;
    injection.in_section = plan->hold_hart < machine->harts ? epoch_look(machine->fa, plan->hold_hart) : NULL;
    if (injection.in_section == NULL) {
        injection.plan.hold_hart = RUN_NOBODY;
    }
    injection.behind = model;
    injection.before = *model;
    injection.before.event = look;
    model = &injection.before;
}

bool injection_end(void)
{
    model = injection.behind;
    return injection.was_held;
}

void injection_hart_ended(void)
{
    let_go();
}
