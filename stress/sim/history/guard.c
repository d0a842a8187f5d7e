/* SPDX-License-Identifier: MIT
 * Looks at every event of an execution. See guard.h. */
#include "guard.h"

#include <string.h>

#include "epoch_look.h"
#include "model.h"
#include "platform.h"
#include "run.h"

static struct {
    struct model before; /* a copy of the model, with our event */
    const struct model *behind;
    struct ledger *ledger;
    void (*on_violation)(void);
    uintptr_t second_start;
    uint64_t second_bytes;
    struct guard_plan plan;
    const unsigned *in_section; /* of the hart to be held up */
    uint32_t in_section_events, held_events;
    bool held, was_held;
} guard;

static bool touches_memory(const struct event *event)
{
    return event->kind <= EVENT_RMW;
}

static void complain(uint32_t hart, const struct event *event)
{
    (void)verdict_violate(&guard.ledger->verdict, PROPERTY_RECLAMATION, hart, UINT64_MAX,
                          "an access to 0x%llx, %llu bytes into an arena that is out of service",
                          (unsigned long long)event->address,
                          (unsigned long long)(event->address - guard.second_start));
    guard.on_violation();
}

static void let_go(void)
{
    if (guard.held) {
        guard.held = false;
        run_wake(guard.plan.hold_hart);
    }
}

static void hold_up(void)
{
    if (*guard.in_section == 0 || ++guard.in_section_events != guard.plan.hold_at) {
        return;
    }
    for (uint32_t hart = 0; hart < run_count(); hart++) {
        if (hart != guard.plan.hold_hart && run_state(hart) == RUN_READY) {
            guard.held = true;
            guard.was_held = true;
            run_park();
            return;
        }
    }
}

static value_t look(uint32_t hart, const struct event *event)
{
    if (guard.ledger->second_out && event->address - guard.second_start < guard.second_bytes && touches_memory(event)) {
        complain(hart, event);
    }
    if (hart == guard.plan.hold_hart) {
        hold_up();
    } else if (guard.held && ++guard.held_events >= guard.plan.hold_events) {
        let_go();
    }
    return guard.behind->event(hart, event);
}

void guard_begin(struct ledger *ledger, const struct guard_plan *plan, void (*on_violation)(void))
{
    const struct small_machine *machine = ledger->machine;
    memset(&guard, 0, sizeof guard);
    guard.ledger = ledger;
    guard.on_violation = on_violation;
    guard.second_start = (uintptr_t)platform_phys_to_virt(machine->second.start);
    guard.second_bytes = machine->second.size;
    guard.plan = *plan;
    guard.in_section = plan->hold_hart < machine->harts ? epoch_look(machine->fa, plan->hold_hart) : NULL;
    if (guard.in_section == NULL) {
        guard.plan.hold_hart = RUN_NOBODY;
    }
    guard.behind = model;
    guard.before = *model;
    guard.before.event = look;
    model = &guard.before;
}

bool guard_end(void)
{
    model = guard.behind;
    return guard.was_held;
}

void guard_hart_ended(void)
{
    let_go();
}
